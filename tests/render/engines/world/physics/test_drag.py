import math
from dataclasses import replace

import numpy as np
import pytest

from render.engines.world import physics
from render.engines.world.families import flight
from render.engines.world.materials import Material
from render.engines.world.stage import Launch, Shape, Solid

BALL = Solid(
    name="ball", shape=Shape.SPHERE, size=(0.0335,), substance="tennis ball", material=Material(), drag=0.5, lift=0.75
)


def way(launch, seconds=2.0, fps=50):
    """``[frames, 3]`` of the ball, with nothing to fall on."""
    return (
        physics.simulate([replace(BALL, launch=launch)], floor=None, frames=round(seconds * fps), fps=fps)
        .poses[:, 0, :3]
        .astype(float)
    )


def test_a_ball_that_falls_through_air_nears_its_terminal_speed():
    fall = way(Launch(time=0.0, position=(0.0, 0.0, 400.0)), seconds=5.0)
    mass = 366 * 4 / 3 * math.pi * 0.0335**3
    terminal = math.sqrt(2 * mass * 9.81 / (1.2 * 0.5 * math.pi * 0.0335**2))
    speed = (fall[-2, 2] - fall[-1, 2]) * 50
    assert speed == pytest.approx(terminal * math.tanh(9.81 * 4.97 / terminal), rel=0.01)


@pytest.mark.parametrize(("spin", "bends"), [((0, 200.0, 0), -1), ((0, -200.0, 0), 1), ((0.0, 0.0, 0.0), 0)])
def test_topspin_dips_and_backspin_carries(spin, bends):
    still, spun = (
        way(Launch(time=0.0, position=(0, 0, 9), velocity=(20.0, 0, 0), spin=s), 0.6) for s in ((0, 0, 0), spin)
    )
    assert np.sign(np.round(spun[-1, 2] - still[-1, 2], 2)) == bends
    assert spun[-1, 1] == pytest.approx(0.0, abs=0.01)


def test_an_aimed_ball_gets_where_it_is_aimed_at():
    target = (9.0, 1.0, 2.0)
    launch = flight.aim(BALL, (0.0, 0.0, 1.0), target, 18.0, (5.0, 120.0, 40.0))
    flown = way(launch, fps=500, seconds=0.6)
    assert np.linalg.norm(flown - target, axis=1).min() < 0.03
