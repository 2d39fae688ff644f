"""What rolls, slides or falls off a table begins on it and ends below it, and is as much as the prompt says."""

import numpy as np
import pytest

from render.engines.world import families, physics
from render.engines.world.families import furniture
from render.engines.world.reading import read

pytestmark = pytest.mark.usefixtures("compiled")


@pytest.mark.parametrize(
    ("prompt", "count"),
    [
        ("A red ball rolls off a table", 1),
        ("A can rolls off a wooden table", 1),
        ("Two crates slide off a table", 2),
        ("A block falls off a table", 1),
        ("A tennis ball rolls off a table", 1),
        ("A steel ball and a rubber ball roll off a table", 2),
        ("Ten balls roll off a table", 10),
    ],
)
def test_what_goes_off_a_table_is_on_it_and_then_below_it(prompt, count):
    scene = read(prompt)
    assert scene.words.share == 1.0
    stage = families.build(scene, seed=2, seconds=4.0)
    moving = [solid for solid in stage.solids if solid.launch]
    assert len(moving) == count
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=96, fps=24)
    lanes = [motion.names.index(solid.name) for solid in moving]
    heights = motion.poses[:96, lanes, 2]
    assert (heights[0] > furniture.TABLE).all()
    assert (heights[-1] < furniture.TABLE).all()
    overlap = [
        np.linalg.norm(motion.poses[0, a, :3] - motion.poses[0, b, :3]) < 0.05 for a in lanes for b in lanes if a != b
    ]
    assert not any(overlap)


def test_a_table_that_nothing_goes_off_is_not_said_to_be_shown():
    assert "table" in read("A ball falls near a table").words.ignored
