"""Every kind of particle: its cloud is a pure function of time, bounded, and moves as its velocities say."""

import types

import numpy as np
import pytest

from render.engines.world import particles
from render.engines.world.particles import Impact

STILL = types.SimpleNamespace(contacts=())
BOX = {"low": (-3.0, -2.0, 0.0), "high": (3.0, 4.0, 5.0)}
STRUCK = [Impact(time=0.5, position=(1.0, 2.0, 0.0), velocity=(0.0, 0.0, 4.0), size=0.3)]
FELL = [Impact(time=0.5, position=(1.0, 2.0, 0.0), velocity=(0.0, 0.0, -3.0), size=0.05)]
KINDS = {
    "rain": (lambda **given: particles.rain(**BOX, **given, wind=(3.0, 0.0, 0.0)), 25_000),
    "snow": (lambda **given: particles.snow(**BOX, **given, wind=(3.0, 0.0, 0.0)), 5_000),
    "leaves": (lambda **given: particles.leaves(**BOX, **given, seconds=4.0, wind=(3.0, 0.0, 0.0)), 150),
    "spray": (lambda **given: particles.spray(STRUCK, **given), 260),
    "splash": (lambda **given: particles.splash(FELL, **given), 220),
    "dust": (lambda **given: particles.dust(STRUCK, **given), 14),
    "smoke": (lambda **given: particles.smoke((0, 0, 1), **given), 160),
    "fire": (lambda **given: particles.fire((0, 0, 0), **given)[0], 560),
}


def cloud_of(kind, seed=4, motion=STILL):
    make, _ = KINDS[kind]
    return make(rng=np.random.default_rng(seed)).emit(motion)


def columns(puffs):
    return [puffs.positions, puffs.velocities, puffs.radii, puffs.colours, puffs.opacity, puffs.glow]


@pytest.mark.parametrize("kind", KINDS)
def test_clouds_are_functions_of_time(kind):
    cloud, again = cloud_of(kind), cloud_of(kind)
    forth = [cloud(t) for t in (0.6, 0.7, 3.0)]
    back = [again(t) for t in (3.0, 0.7, 0.6)][::-1]
    for one, two in zip(forth, back, strict=True):
        for first, second in zip(columns(one), columns(two), strict=True):
            assert first.dtype == np.float32
            assert np.array_equal(first, second)
    other = cloud_of(kind, seed=5)(0.6)
    assert other.positions.shape != forth[0].positions.shape or (other.positions != forth[0].positions).any()


@pytest.mark.parametrize("kind", KINDS)
def test_clouds_are_bounded_and_sound(kind):
    cloud, most = cloud_of(kind), KINDS[kind][1]
    for time in (-1.0, 0.55, 0.7, 2.0, 500.0):
        puffs = cloud(time)
        assert len({len(column) for column in columns(puffs)}) == 1
        assert len(puffs.positions) <= most
        assert all(np.isfinite(column).all() for column in columns(puffs))
        assert (puffs.radii >= 0).all()
        assert ((puffs.opacity >= 0) & (puffs.opacity <= 1)).all()
        if puffs.normals is not None:
            assert np.linalg.norm(puffs.normals, axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("kind", ["rain", "snow"])
def test_steady_falls_move_as_their_velocities_say(kind):
    cloud = cloud_of(kind)
    one, two = cloud(1.0), cloud(1.002)
    n = 5000
    step = two.positions[:n] - one.positions[:n]
    same = np.abs(step).max(1) < 0.2
    assert same.mean() > 0.95
    off = np.abs(step[same] / 0.002 - one.velocities[:n][same])
    assert np.percentile(off, 99) < 0.15


def test_rain_falls_at_the_terminal_speed_of_its_size():
    puffs = cloud_of("rain")(2.0)
    drops = puffs.radii[:5000] * 2e3
    assert -puffs.velocities[:5000, 2] == pytest.approx(9.65 - 10.3 * np.exp(-0.6 * drops), rel=1e-4)
    assert puffs.velocities[:5000, 0] == pytest.approx(3.0)


def test_rain_is_even_over_the_box_and_splashes_where_it_lands():
    puffs = cloud_of("rain")(7.0)
    heights = np.histogram(puffs.positions[:5000, 2], 5, (0, 5))[0]
    assert heights == pytest.approx(np.full(5, 1000), rel=0.12)
    droplets = puffs.positions[5000:]
    assert len(droplets) > 200
    assert (droplets[:, 2] < 0.25).all()
    assert (droplets[:, 2] > 0).all()


def test_snow_stays_in_its_box():
    at = cloud_of("snow")(123.0).positions
    assert (at >= np.array(BOX["low"]) - 1e-4).all()
    assert (at <= np.array(BOX["high"]) + 1e-4).all()


@pytest.mark.parametrize("kind", ["spray", "splash", "dust"])
def test_nothing_flies_before_the_impact_or_long_after(kind):
    cloud = cloud_of(kind)
    assert len(cloud(0.49).positions) == 0
    assert len(cloud(0.6).positions) > 10
    assert len(cloud(9.0).positions) == 0


def test_a_crown_is_round_and_its_jet_comes_later():
    cloud = cloud_of("splash")
    crown = cloud(0.56).positions - np.array((1, 2, 0))
    assert np.abs(crown[:, :2].mean(0)).max() < 0.04
    assert np.hypot(crown[:, 0], crown[:, 1]).min() > 0.04
    jet = cloud(0.5 + 0.42).positions - np.array((1, 2, 0))
    assert (np.hypot(jet[:, 0], jet[:, 1]) < 0.06).any()


def test_dust_rises_where_bodies_are_found_to_strike():
    """What strikes may be known only when all bodies have moved."""

    def found(motion):
        return [Impact(time=1.0, position=at, velocity=(0.0, 0.0, 1.6), size=0.2) for at in motion.contacts]

    made = particles.dust(found, rng=np.random.default_rng(1))
    puffs = made.emit(types.SimpleNamespace(contacts=((3.0, 0.0, 0.0),)))(1.2)
    assert len(puffs.positions) == 14
    assert puffs.positions[:, 0].mean() == pytest.approx(3.0, abs=0.3)
    assert (puffs.positions[:, 2] > 0).all()
    assert len(made.emit(STILL)(1.2).positions) == 0


def test_smoke_widens_rises_and_goes_with_the_wind():
    made = particles.smoke((0, 0, 1), rng=np.random.default_rng(1), wind=(2.0, 0, 0)).emit(STILL)
    puffs = made(30.0)
    high = puffs.positions[:, 2]
    assert high.min() > 0.9
    assert np.corrcoef(high, puffs.radii)[0, 1] > 0.99
    assert np.corrcoef(high, puffs.positions[:, 0])[0, 1] > 0.9
    low, top = high < np.median(high), high >= np.median(high)
    assert puffs.velocities[low, 2].mean() > 1.3 * puffs.velocities[top, 2].mean()


def flame(**given):
    return particles.fire((0, 0, 0), rng=np.random.default_rng(1), width=0.5, power=60.0, **given)


def test_a_flame_is_as_high_as_measured_and_cools_upwards():
    made = flame(sparks=0)[0].emit(STILL)
    tops = [np.percentile(made(t).positions[:, 2], 95) for t in np.arange(0, 4, 0.1)]
    measured = 0.235 * 60**0.4 - 1.02 * 0.5
    assert np.mean(tops) == pytest.approx(measured, rel=0.25)
    assert np.std(tops) > 0.01
    puffs = made(2.0)
    assert np.corrcoef(puffs.positions[:, 2], puffs.glow)[0, 1] < -0.7
    assert (puffs.glow > 0).all()


def test_sparks_fly_from_where_and_when_wood_cracks():
    fire, _ = flame(count=1)
    cloud, cracks = fire.emit(STILL), fire.cracks(20.0)
    assert 20 < len(cracks) < 120
    assert all(0 <= crack.time < 20 and 0 < crack.strength <= 1 for crack in cracks)
    hard = max(cracks, key=lambda crack: crack.strength)
    before, after = cloud(hard.time - 1e-3), cloud(hard.time + 0.01)
    assert len(after.positions) >= len(before.positions) + 4
    away = np.linalg.norm(after.positions - np.array(hard.position), axis=1)
    assert (away < 0.05).sum() >= 4


def test_firelight_breathes_and_does_not_flicker_like_noise():
    _, lamp = flame()
    light = np.array([lamp.flicker(time) for time in np.arange(0, 10, 1 / 24)])
    assert light.mean() == pytest.approx(1.0, abs=0.1)
    assert 0.04 < light.std() < 0.3
    assert light.min() > 0.4
    smooth = light - light.mean()
    assert (smooth[1:] * smooth[:-1]).sum() / (smooth**2).sum() > 0.7, "each frame is near the one before"
