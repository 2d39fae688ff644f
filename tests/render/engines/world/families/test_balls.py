"""The balls of games fall in their own size and stuff."""

import pytest

from render.engines.world import families
from render.engines.world.families.balls import BALLS
from render.engines.world.materials import COLOURS
from render.engines.world.reading import read


@pytest.mark.parametrize("kind", BALLS)
def test_a_game_s_ball_that_falls_is_the_game_s_own(kind):
    stage = families.build(read(f"Three {kind}s fall on a marble floor"), seed=1, seconds=3.0)
    fallen = [solid for solid in stage.solids if solid.launch]
    assert [(ball.size, ball.substance) for ball in fallen] == [((BALLS[kind].radius,), BALLS[kind].substance)] * 3
    worn = [solid for solid in stage.solids if solid.rides]
    assert len(worn) == (3 if BALLS[kind].trim else 0)


@pytest.mark.parametrize("kind", BALLS)
def test_it_has_the_colour_that_it_is_named_in(kind):
    stage = families.build(read(f"A blue {kind} falls on a marble floor"), seed=1, seconds=3.0)
    assert [solid.material.base for solid in stage.solids if solid.launch] == [COLOURS["blue"]]


def test_the_camera_comes_near_where_only_small_ones_fall():
    small, large = (
        families.build(read(f"Three {kind}s fall on a marble floor"), seed=1, seconds=3.0)
        for kind in ("tennis ball", "football")
    )
    assert small.shot.points.max() < large.shot.points.max() / 2
    assert max(solid.launch.position[2] for solid in small.solids if solid.launch) < 1.5
