"""The families on water: varied by seed, the same for one seed, and stirred by what the scene asks for."""

import numpy as np
import pytest

from render.engines.world import families, light, physics, waves
from render.engines.world.families import boat, waterside
from render.engines.world.scene import Action, Scene, Subject

WATERS = ("boat", "lake", "ocean", "stream")


def stage(family, seed=1, **scene):
    return families.build(Scene(family=family, **scene), seed=seed, seconds=6.0)


@pytest.mark.parametrize("family", WATERS)
def test_a_seed_makes_one_water_and_another_seed_another(family):
    one, same, other = stage(family), stage(family), stage(family, seed=2)
    assert one.waves == same.waves
    assert [solid.position for solid in one.solids] == [solid.position for solid in same.solids]
    assert one.waves != other.waves
    assert one.light.azimuth != other.light.azimuth
    assert np.isfinite(one.shot.points).all()


@pytest.mark.parametrize("family", ["boat", "ocean"])
def test_a_storm_raises_higher_waves_than_a_calm(family):
    calm, storm = (stage(family, mood="calm"), stage(family, weather="storm"))
    assert waves.significant_height(storm.waves) > 3 * waves.significant_height(calm.waves)


def test_boats_float_as_many_and_as_they_are_asked_for():
    made = stage("boat", subjects=(Subject(kind="buoy", count=3, colours=("red",)),))
    floating = [solid for solid in made.solids if solid.floats]
    assert len(floating) == 3
    assert all(solid.name.startswith("buoy") for solid in floating)
    assert len({solid.material.base for solid in floating}) == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("weather", ["", "storm"])
@pytest.mark.parametrize("kind", ["paper boat", "rowing boat", "sailing boat", "buoy"])
def test_a_boat_stays_upright(kind, weather, seed):
    made = stage("boat", subjects=(Subject(kind=kind),), weather=weather, seed=seed)
    motion = physics.simulate(made.solids, floor=None, frames=72, fps=24, waves=made.waves, wind=made.wind)
    lane = motion.names.index(kind)
    x, y = motion.poses[:, lane, 3], motion.poses[:, lane, 4]
    assert (1 - 2 * (x**2 + y**2)).min() > 0.7


def test_each_stone_that_falls_into_the_lake_starts_a_ring_where_and_when_it_meets_the_water():
    made = stage("lake", actions=(Action(name="stones"),))
    stones = [solid for solid in made.solids if solid.launch is not None]
    assert len(stones) == len(made.rings) >= 2
    for stone, ring in zip(stones, made.rings, strict=True):
        x, y, high = stone.launch.position
        assert ring.position == (x, y)
        assert ring.time - stone.launch.time == pytest.approx((2 * high / 9.81) ** 0.5)


def test_rain_on_the_lake_falls_and_draws_rings():
    made = stage("lake", weather="rain")
    assert [cloud.name for cloud in made.particles] == ["rain"]
    assert sum(0 < ring.time < 6 for ring in made.rings) > 60
    assert stage("lake", actions=(Action(name="stones"),)).light != made.light


def test_stones_that_are_named_fall_into_the_lake_in_the_rain_too():
    made = stage("lake", weather="rain", subjects=(Subject(kind="stone", count=3),))
    assert sum(solid.launch is not None for solid in made.solids) == 3
    assert len(made.rings) > 30


def test_spray_flies_when_crests_reach_rocks():
    made = stage("ocean", weather="storm")
    spray, _ = made.particles  # and rain
    cloud = spray.emit(None)  # it knows its crests beforehand
    counts = [len(cloud(time).positions) for time in np.arange(0, 6, 0.1)]
    assert max(counts) > 50


def test_the_stream_runs_down_its_bed():
    assert np.mean([np.cos(wave.heading) for wave in stage("stream").waves]) > 0.5
    quick, slow = stage("stream", actions=(Action(name="rush"),)), stage("stream")
    assert waves.significant_height(quick.waves) > waves.significant_height(slow.waves)


@pytest.mark.parametrize("seconds", [0.25, 0.5, 1.0, 3.0])
def test_stones_meet_the_lake_one_by_one_however_short_the_clip_is(seconds):
    """A second of slow motion is a quarter of a second of the scene."""
    scene = Scene(family="lake", actions=(Action(name="stones"),), subjects=(Subject(kind="stone", count=3),))
    times = sorted(ring.time for ring in families.build(scene, seed=1, seconds=seconds).rings)
    assert len(times) == 3
    assert times[0] < 0.6 * seconds
    assert np.diff(times).min() > 0.05 * seconds


@pytest.mark.parametrize("weather", ["", "storm"])
def test_nights_over_water_are_blue_and_exposed_to_be_seen(weather):
    night, day = (
        waterside.sky(Scene(family="boat", light=hour, weather=weather), turned=0.0) for hour in ("night", "day")
    )
    for colour in (night.zenith, night.horizon, night.ambient):
        assert colour[2] > 1.3 * colour[0]
    assert night.exposure > 1.5 * light.LIGHTS["night"].exposure
    assert day == light.under(light.LIGHTS["day"], weather)


def test_a_storm_hides_the_stars():
    stormy, clear = (light.under(light.LIGHTS["night"], weather).stars for weather in ("storm", ""))
    assert stormy < 0.1 * clear


def test_a_sail_bellies_so_that_its_light_changes_bit_by_bit():
    sail = boat._sail([(0.2, 0.0, 0.6), (-1.1, 0.1, 0.6), (0.2, 0.0, 2.8)], belly=0.2)
    assert np.allclose(np.linalg.norm(sail.normals, axis=1), 1.0, atol=1e-4)
    one_side = sail.normals[: len(sail.normals) // 2].astype(float)
    assert np.degrees(np.arccos((one_side @ one_side.T).clip(-1, 1))).max() > 45
    assert np.ptp(sail.vertices[:, 1]) > 0.15
