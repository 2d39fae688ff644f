import functools

import numpy as np
import pytest

from render.engines.world import families, physics
from render.engines.world.camera import paths
from render.engines.world.families import flight
from render.engines.world.families.basketball import RIM_HEIGHT, fell_in
from render.engines.world.filming import film
from render.engines.world.scene import Action, CameraWish, Scene
from render.engines.world.shot import Move


@functools.cache
def played(*actions, seed, seconds=3.0, **asked):
    scene = Scene(family="basketball", actions=tuple(Action(name=name) for name in actions), **asked)
    stage = families.build(scene, seed=seed, seconds=seconds)
    motion = physics.simulate(
        stage.solids, floor=stage.ground_substance, frames=round(seconds * 24), fps=24, cloths=stage.cloths
    )
    return stage, motion


def touched(motion, name="ball"):
    return {thing for c in motion.contacts if name in (c.first, c.second) for thing in (c.first, c.second)} - {name}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("action", "goes_in", "touches", "spares"),
    [
        ("swish", True, set(), {"rim", "backboard"}),
        ("board", False, {"backboard"}, set()),
        ("rim", False, {"rim"}, set()),
        ("bank", True, {"backboard"}, set()),
    ],
)
def test_a_shot_turns_out_as_asked(action, goes_in, touches, spares, seed):
    _, motion = played(action, seed=seed)
    assert fell_in(motion.poses[:, motion.names.index("ball"), :3]) == goes_in
    assert touches <= touched(motion)
    assert not spares & touched(motion)


def test_the_net_takes_the_ball_s_way_and_hangs_again():
    stage, motion = played("swish", seed=1)
    (net,) = motion.sheets
    ways = net.vertices - net.vertices[0]
    assert np.abs(ways).max() > 0.05, "it gives way"
    assert np.abs(net.vertices[:, :15] - net.vertices[0, :15]).max() < 1e-5, "it is tied to the rim"
    seam = net.vertices.reshape(len(net.vertices), *stage.cloths[0].rest.shape)
    assert np.abs(seam[:, :, 0] - seam[:, :, -1]).max() < 0.01, "it does not open"


@pytest.mark.parametrize("seconds", [0.5, 6.0, 60.0])
def test_something_goes_on_for_the_whole_length(seconds, monkeypatch):
    monkeypatch.setattr(flight, "turning_out", lambda *_, draw, **__: draw())
    stage = families.build(Scene(family="basketball"), seed=4, seconds=seconds)
    starts = [solid.launch.time for solid in stage.solids if solid.launch]
    assert starts[0] == 0.0
    assert np.diff([*starts, seconds]).max() < 5.0


@pytest.mark.parametrize("aspect", [16 / 9, 9 / 16, 1.0])
def test_hoop_and_ball_are_in_the_picture(aspect):
    stage, motion = played("board", seed=2)
    (camera, *_) = film(stage, motion, wish=CameraWish(), style=Move.STATIC, aspect=aspect, frames=72, fps=24, seed=2)
    hoop = np.array(((0.2, -0.9, RIM_HEIGHT), (0.4, 0.9, RIM_HEIGHT + 0.9)))
    seen = np.concatenate([hoop, paths(stage.shot, stage.solids, motion, fps=24)])
    assert np.abs(camera.project(seen, aspect)).max() < 1.0
    board = camera.project(np.array(((0.4, -0.9, 3.0), (0.4, 0.9, 3.0))), aspect)
    assert np.ptp(board[:, 0]) > 0.12, "and not lost in it"


@pytest.mark.parametrize("setting", ["court", "yard", "gym"])
def test_it_stands_where_asked(setting):
    stage, _ = played("swish", seed=1, setting=setting, seconds=0.5)
    assert ("gym" in stage.ambience) == (setting == "gym")
