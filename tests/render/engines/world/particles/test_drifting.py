"""Leaves: they fall as fast as they weigh, lie in calm air, and are moved and lifted by wind."""

import numpy as np
import pytest

from render.engines.world import geometry, particles
from render.engines.world.materials import Material
from render.engines.world.stage import Shape, Solid

BOX = {"low": (-4.0, -4.0, 0.0), "high": (4.0, 4.0, 5.0)}


def cloud_of(*, wind=0.0, seconds=4.0, seed=3, **given):
    rng = np.random.default_rng(seed)
    return particles.leaves(rng=rng, **BOX, seconds=seconds, wind=(wind, 0.0, 0.0), **given).emit(None)


def test_in_calm_air_leaves_come_down_as_leaves_do_and_then_lie_nearly_flat():
    lying, flying = (cloud_of(falls=share, seconds=6.0)(6.0) for share in (0.0, 1.0))
    assert (lying.positions[:, 2] < 0.02).all()
    assert np.abs(lying.normals[:, 2]).mean() > 0.9
    assert np.abs(lying.velocities).max() < 0.01
    aloft = flying.positions[:, 2] > 0.3
    sinking = flying.velocities[aloft & (np.abs(flying.velocities[:, 2]) > 0.2), 2]
    assert -2.5 < sinking.mean() < -0.5


def test_stalks_lie_in_their_leaves():
    puffs = cloud_of(wind=5.0)(2.0)
    assert np.abs((puffs.stalks * puffs.normals).sum(1)).max() < 1e-4
    assert np.linalg.norm(puffs.stalks, axis=1) == pytest.approx(1, abs=1e-4)


def test_wind_carries_leaves_along_and_picks_up_some_that_lay():
    cloud = cloud_of(wind=6.0, falls=0.0)
    looks = [cloud(time) for time in np.arange(0.5, 4.0, 0.25)]
    assert np.mean([look.velocities[:, 0].mean() for look in looks]) > 0.5
    high = np.array([look.positions[:, 2] for look in looks])
    assert (high[0] < 0.02).mean() > 0.2
    risen = (high > 0.15).any(0)
    assert risen.mean() > 0.1
    back = (high[-1] < 0.05) & risen
    assert back.any(), "what was lifted lies down again"


def test_a_breath_of_wind_leaves_them_where_they_lie():
    cloud = cloud_of(wind=0.8, falls=0.0)
    assert np.abs(cloud(3.9).positions - cloud(0.1).positions).max() < 0.02


def bar():
    """A block of 0.8 m by 0.8 m, 3 m high."""
    look = geometry.box((0.4, 0.4, 1.5))
    return Solid(
        name="block", shape=Shape.BOX, size=(0.4, 0.4, 1.5), substance="wood", material=Material(),
        position=(1.0, 0.5, 1.5), look=look,
    )  # fmt: skip


def test_leaves_go_round_what_stands_in_their_way():
    free, hindered = (cloud_of(wind=6.0, falls=1.0, count=1500, solids=solids) for solids in ((), (bar(),)))

    def inside(cloud):
        """How often leaves are in it that did not start there."""
        places = np.stack([cloud(time).positions for time in np.arange(0.0, 4.0, 0.05)])
        within = (np.abs(places - (1.0, 0.5, 1.5)) < (0.32, 0.32, 1.4)).all(2)
        return within[:, ~within[0]].sum()

    assert inside(free) > 5
    assert inside(hindered) < 0.2 * inside(free)
    assert np.isfinite(hindered(4.0).positions).all()
