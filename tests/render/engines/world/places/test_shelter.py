"""What stands keeps rain and snow off what is under it."""

import numpy as np
import pytest

from render.engines.world import families, geometry, particles
from render.engines.world.materials import MATERIALS
from render.engines.world.places import scenery, shelter
from render.engines.world.scene import Scene
from render.engines.world.stage import Launch, Shape, Solid

SIDE = 12.0
LOW = np.array((-6.0, -6.0))


def roof(at=(0.0, 0.0, 3.0), half=(2.0, 1.5, 0.1), turn=(1.0, 0.0, 0.0, 0.0), **others):
    return Solid(
        name="roof",
        shape=Shape.BOX,
        size=half,
        substance="wood",
        material=MATERIALS["wood"],
        position=at,
        turn=turn,
        **others,
    )


def heights(*solids):
    return shelter.of(solids, low=LOW, side=SIDE)


def at(over, x, y):
    return float(over(np.array([x]), np.array([y]))[0])


def test_it_is_as_high_as_what_stands_and_only_there():
    over = heights(roof())
    assert at(over, 0.0, 0.0) == pytest.approx(3.1)
    assert at(over, 1.8, -1.3) == pytest.approx(3.1)
    assert at(over, 2.3, 0.0) == at(over, 0.0, 1.8) == at(over, 90.0, 0.0) == 0.0


def test_a_turned_one_and_a_look_of_its_own_and_many_small_leaves():
    quarter = (np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5))
    assert at(heights(roof(turn=quarter)), 0.0, 1.8) == pytest.approx(3.1)
    tent = geometry.lathe([(0.0, 0.0), (3.0, 0.0), (0.0, 2.0)])
    over = heights(scenery.prop("tent", tent, MATERIALS["cloth"]))
    assert at(over, 0.0, 0.0) == pytest.approx(2.0, abs=0.15)
    assert at(over, 1.5, 0.0) == pytest.approx(1.0, abs=0.15)
    crown = geometry.foliage(1.5, np.random.default_rng(1), leaves=2500)
    over = heights(scenery.prop("crown", crown, MATERIALS["grass"], (0.0, 0.0, 4.0)))
    x, y = np.random.default_rng(2).uniform(-0.7, 0.7, (2, 500))
    assert (over(x, y) > 4.0).mean() > 0.8


@pytest.mark.parametrize("edge", [0.1, 0.12, 0.17, 0.23, 0.3, 0.5, 0.9, 1.2, 1.4, 1.6])
@pytest.mark.parametrize("angle", [0.0, 0.5])
def test_a_flat_roof_is_without_holes_whatever_its_triangles(edge, angle):
    count = int(4.0 / edge) + 1
    x, y = (each.ravel() * edge - count * edge / 2 for each in np.mgrid[: count + 1, : count + 1])
    first = (np.arange(count)[:, None] * (count + 1) + np.arange(count)).reshape(-1, 1)
    faces = np.concatenate([first + np.array(ways) for ways in ((0, count + 1, count + 2), (0, count + 2, 1))])
    look = geometry.smooth(np.stack([x, y, 0 * x], -1), faces)
    over = heights(scenery.prop("roof", look, MATERIALS["wood"], (0.03, 0.05, 2.0), angle=angle))
    places = np.random.default_rng(1).uniform(-1.3, 1.3, (2, 4000))
    assert over(*places) == pytest.approx(2.0)


def test_what_moves_and_what_lies_flat_keeps_nothing_off():
    flat = roof(at=(0.0, 0.0, 0.0), half=(5.0, 5.0, 0.01))
    falling = roof(launch=Launch(time=0.0, position=(0.0, 0.0, 3.0)))
    assert not heights(flat, falling).heights.any()


@pytest.mark.parametrize("way", [particles.rain, particles.snow])
def test_none_is_under_a_roof_and_as_many_as_ever_are_beside_it(way):
    box = {"low": (-6.0, -6.0, 0.0), "high": (6.0, 6.0, 8.0), "count": 6000}
    over = heights(roof())
    for wind in ((0.0, 0.0, 0.0), (0.8, 0.0, 0.0)):
        free, kept = (
            way(rng=np.random.default_rng(1), wind=wind, **box, **more).emit(None)(2.3) for more in ({}, {"roof": over})
        )

        def under(puffs, x=0.0):
            off = np.abs(puffs.positions - (x, 0.0, 1.4)) < (0.6, 1.1, 1.3)
            return int(off.all(1).sum())

        assert under(free) > 20
        assert under(kept) == 0
        assert under(kept, 5.0) == pytest.approx(under(free, 5.0), rel=0.5)
        assert kept.repeats is not None
        assert min(kept.repeats) > 1000


def test_drops_splash_on_the_roof_where_they_meet_it_and_not_below():
    over = heights(roof())
    box = {"low": (-6.0, -6.0, 0.0), "high": (6.0, 6.0, 8.0), "count": 8000}
    cloud = particles.rain(rng=np.random.default_rng(1), wind=(0.3, 0.0, 0.0), roof=over, **box).emit(None)
    on = 0
    for time in (1.0, 1.7, 2.9):
        puffs = cloud(time)
        slow = puffs.velocities[:, 2] > -2.0
        x, y, z = puffs.positions[slow].T
        inside = (np.abs(x) < 1.5) & (np.abs(y) < 1.2)
        assert (z[inside] > 3.0).all()
        on += int(inside.sum())
    assert on > 30


@pytest.mark.parametrize(("setting", "weather"), [("forest", "rain"), ("park", "snow"), ("street", "storm")])
def test_nothing_falls_through_what_stands_in_a_place(setting, weather):
    stage = families.build(Scene(family="objects", setting=setting, weather=weather), seed=3, seconds=1.0)
    (fall,) = (each.emit(None) for each in stage.particles if each.name in {"rain", "snow"})
    puffs = fall(0.7)
    x, y, z = puffs.positions.astype(float).T
    over = shelter.of(stage.solids, low=(x.min(), y.min()), side=float(max(np.ptp(x), np.ptp(y))))
    falls = puffs.velocities[:, 2] < (-2.5 if weather != "snow" else -0.5)
    assert ((z < over(x, y) - 0.3) & falls).mean() < 0.05, "but for what blows in from the sides"
    assert (over(x, y) > 1.0).any()
