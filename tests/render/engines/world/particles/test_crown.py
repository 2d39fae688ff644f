"""A splash's crown: it starts with its impact, rises in a ring, flies freely and falls back into the water."""

import numpy as np
import pytest

from render.engines.world import particles
from render.engines.world.particles import Impact

AT = np.array((1.0, 2.0))
FELL = Impact(time=0.5, position=(*AT, 0.0), velocity=(0.0, 0.0, -2.4), size=0.03)


def crown(seed=4, impacts=(FELL,)):
    return particles.crown(impacts, rng=np.random.default_rng(seed)).emit(None)


def test_it_starts_with_the_impact_and_is_over_when_all_has_fallen_back():
    cloud = crown()
    assert len(cloud(0.5).radii) == 0
    assert len(cloud(0.52).radii) > 500
    assert len(cloud(2.2).radii) == 0


def test_it_rises_in_a_ring_that_widens_round_what_falls_in():
    cloud = crown()
    widths, heights = [], []
    for time in (0.53, 0.56, 0.60):
        puffs = cloud(time)
        away = np.linalg.norm(puffs.positions[:, :2] - AT, axis=1)
        assert away.min() > 0.9 * FELL.size
        widths.append(np.median(away))
        heights.append(puffs.positions[:, 2].max())
    assert widths == sorted(widths)
    assert heights == sorted(heights)
    assert heights[-1] < 2.4**2 / (2 * 9.81), "no water flies higher than what fell could throw it"


def test_what_flies_moves_as_its_velocity_says_and_the_same_time_gives_the_same():
    one, two = crown(), crown()
    early, late = one(0.6), one(0.6005)
    kept = min(len(early.radii), len(late.radii))
    if len(early.radii) == len(late.radii):
        moved = (late.positions - early.positions) / 0.0005
        assert np.abs(moved - early.velocities)[:kept].max() < 0.05
    two(1.0)
    assert np.array_equal(two(0.6).positions, early.positions)
    assert not np.array_equal(crown(seed=5)(0.6).positions[:50], early.positions[:50])


@pytest.mark.parametrize("time", [0.51, 0.6, 0.9])
def test_no_drop_is_below_the_water(time):
    puffs = crown()(time)
    assert (puffs.positions[:, 2] > 0).all()
    assert ((puffs.opacity >= 0) & (puffs.opacity <= 1)).all()


@pytest.mark.parametrize("age", [0.03, 0.06, 0.1])
def test_what_falls_in_is_seen_through_the_front_of_the_sheet(age):
    puffs = crown()(FELL.time + age)
    front = puffs.positions[:, 1] < AT[1]
    where, radii, opacity = puffs.positions[front], puffs.radii[front], puffs.opacity[front]
    passed = []
    for x in np.linspace(-0.6, 0.6, 15) * FELL.size + AT[0]:
        for z in np.linspace(0.2, 1.5, 15) * FELL.size:
            met = np.hypot(where[:, 0] - x, where[:, 2] - z) < radii
            passed.append(np.prod(1 - opacity[met]))
    assert np.mean(passed) > 0.25
