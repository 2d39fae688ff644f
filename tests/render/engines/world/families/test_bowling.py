import functools

import numpy as np
import pytest

from render.engines.world import families, physics
from render.engines.world.families.bowling import RADIUS
from render.engines.world.scene import Scene, Subject
from render.engines.world.stage import Shape
from render.engines.world.substances import SUBSTANCES


@functools.cache
def played(*subjects, seed=1, seconds=3.0):
    stage = families.build(Scene(family="bowling", subjects=subjects), seed=seed, seconds=seconds)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=round(seconds * 24), fps=24)
    return stage, motion


def uprights(motion):
    """``[frames, pins]``: how upright each pin stands, 1 to -1."""
    lanes = [k for k, name in enumerate(motion.names) if name.startswith("pin")]
    x, y = motion.poses[:, lanes, 3].astype(float), motion.poses[:, lanes, 4].astype(float)
    return 1 - 2 * (x**2 + y**2)


@pytest.mark.parametrize("seed", range(4))
def test_the_pins_stand_until_the_ball_knocks_them_over(seed):
    _, motion = played(seed=seed)
    first = min(c.time for c in motion.contacts if c.first == "ball 1" and c.second.startswith("pin"))
    before, after = uprights(motion)[: int(first * 24)], uprights(motion)[-1]
    assert before.min() > 0.999
    assert (after < 0.7).sum() >= 5
    height = motion.poses[:, motion.names.index("ball 1"), 2][: int(first * 24)]
    assert height == pytest.approx(RADIUS, abs=0.01), "the ball stays on the lane"


def test_the_ball_slides_first_and_hooks():
    _, motion = played(seed=1)
    rubs = [rub for rub in motion.rubs if "ball 1" in (rub.first, rub.second) and "floor" in (rub.first, rub.second)]
    assert rubs[0].slip[:20].mean() > 1.0
    way = motion.poses[:12, motion.names.index("ball 1"), :2].astype(float)
    heading = np.diff(way[:, 1]) / np.diff(way[:, 0])
    assert abs(heading[-1] - heading[0]) > 0.01


def test_a_pin_weighs_what_the_rules_say():
    stage, _ = played(seconds=0.5)
    pin = next(solid for solid in stage.solids if solid.name == "pin 1")
    model = physics.model.compile_model([pin], floor="lane", rate=1000)
    assert pin.shape == Shape.HULL
    assert model.body("pin 1").mass[0] == pytest.approx(1.58, abs=0.12)
    assert 7.0 < SUBSTANCES["bowling ball"].density * 4 / 3 * np.pi * RADIUS**3 < 7.5


def test_pins_and_balls_are_counted():
    stage, _ = played(Subject(kind="pin", count=6), Subject(kind="ball", count=2), seconds=2.0)
    names = [solid.name for solid in stage.solids if solid.launch]
    assert sum(name.startswith("pin") for name in names) == 6
    assert sum(name.startswith("ball") for name in names) == 2


@pytest.mark.parametrize("seconds", [0.5, 8.0, 60.0])
def test_balls_come_for_the_whole_length(seconds):
    stage = families.build(Scene(family="bowling"), seed=2, seconds=seconds)
    starts = [solid.launch.time for solid in stage.solids if solid.launch and solid.name.startswith("ball")]
    assert np.diff([*starts, seconds]).max() < 8.5
