import numpy as np
import pytest

from render.engines.world import families, physics
from render.engines.world.families import football, goal
from render.engines.world.families.balls import FOOTBALL
from render.engines.world.families.football import scored
from render.engines.world.families.goal import THICK
from render.engines.world.reading import read
from render.engines.world.scene import Action, Scene

FPS = 24


def played(*actions, seed, seconds=2.0, cloths=True):
    scene = Scene(family="football", actions=tuple(Action(name=name) for name in actions))
    stage = families.build(scene, seed=seed, seconds=seconds)
    motion = physics.simulate(
        stage.solids,
        floor=stage.ground_substance,
        frames=round(seconds * FPS),
        fps=FPS,
        cloths=stage.cloths if cloths else (),
    )
    return stage, motion, motion.poses[:, motion.names.index("ball 1"), :3].astype(float)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("action", "thing"), [("post", "post"), ("bar", "crossbar")])
def test_a_shot_comes_off_the_frame(action, thing, seed):
    _, motion, path = played(action, seed=seed, cloths=False)
    assert any({contact.first, contact.second} == {"ball 1", thing} for contact in motion.contacts)
    assert not scored(path)


def test_a_ball_that_misses_the_goal_is_never_in_it():
    scene = read("The football misses the goal")
    assert set(football._ways(scene, np.random.default_rng(1), 6)) <= {"post", "bar"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4])
def test_the_net_bulges_and_holds_the_ball(seed):
    _, motion, path = played("in", seed=seed)
    assert scored(path)
    assert path[:, 0].max() < goal.DEEP + 0.4, "it does not get through"
    over = int(np.argmax(path[:, 0] > 0))
    assert np.linalg.norm(np.diff(path, axis=0), axis=1)[over + 12 :].max() * FPS < 7.0, "it has lost its speed"
    way = np.concatenate([sheet.vertices - sheet.vertices[over] for sheet in motion.sheets], axis=1)
    assert 0.1 < np.linalg.norm(way[over : over + 10], axis=2).max() < 1.2


def test_the_goal_has_its_measures():
    named = {solid.name: solid for solid in goal.frame()}
    inner = named["left post"].position[1] - named["right post"].position[1] - goal.THICK
    assert inner == pytest.approx(7.32)
    assert named["crossbar"].position[2] - goal.THICK / 2 == pytest.approx(2.44)


@pytest.mark.parametrize(
    ("prompt", "action"),
    [
        ("A football hits the post and bounces away", "post"),
        ("A football flies into the top corner of the goal, the net bulges", "in"),
        ("A free kick misses, off the crossbar", "bar"),
    ],
)
def test_prompts_that_ask_for_it(prompt, action):
    scene = read(prompt)
    assert (scene.family, scene.fallback) == ("football", False)
    assert scene.words.share > 0.9
    assert action in {each.name for each in scene.actions}


def test_a_ball_on_the_line_is_not_in():
    line = THICK / 2
    for x, goes_in in ((line + 0.9 * FOOTBALL.radius, False), (line + 1.1 * FOOTBALL.radius, True)):
        path = np.array([(-1.0, 0.0, 0.5), (0.0, 0.0, 0.5), (x, 0.0, 0.5)])
        assert scored(path) == goes_in
    (lines,) = (solid for solid in goal.pitch() if solid.name == "lines")
    assert lines.look.vertices[:, 0].max() == pytest.approx(line)


def test_a_football_in_a_stadium_is_watched_from_its_stands():
    scene = read("A football hits the post in a packed stadium")
    assert scene.setting == "stadium"
    assert scene.words.ignored == ()
    assert "packed" in read("A football hits the post in a packed park").words.ignored
    stage = families.build(scene, seed=1, seconds=2)
    assert stage.ambience == ("stadium",)
    assert any(solid.name.startswith("spectators") for solid in stage.solids)
