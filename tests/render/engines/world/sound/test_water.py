import numpy as np
import pytest

from render.engines.contract import SAMPLE_RATE
from render.engines.world import particles
from render.engines.world.sound import water
from render.engines.world.sound.listener import Listener
from render.engines.world.sound.noise import stream
from render.engines.world.stage import Puffs, Wave
from render.engines.world.waves import height

SAMPLES = 6 * SAMPLE_RATE
SWELL = (Wave(wavelength=10.0, heading=0.0, amplitude=0.5, phase=0.0),)


def level(sound, width=0.1):
    """RMS in pieces of ``width`` seconds."""
    piece = round(width * SAMPLE_RATE)
    return np.sqrt(np.square(sound[: len(sound) // piece * piece].astype(float)).reshape(-1, piece * 2).mean(1))


def ears(studio):
    return Listener([studio.camera()] * 144, fps=24)


def drops(times, position=(2.0, 0.0, 0.0), lasts=0.4):
    """A cloud that throws drops up at some times."""

    def cloud(time):
        count = sum(40 for start in times if start <= time < start + lasts)
        return Puffs(
            positions=np.full((count, 3), position, np.float32),
            velocities=np.full((count, 3), (0.0, 0.0, 3.0), np.float32),
            radii=np.full(count, 0.01, np.float32),
            colours=np.ones((count, 3), np.float32),
            opacity=np.ones(count, np.float32),
            glow=np.zeros(count, np.float32),
        )

    return cloud


def test_surf_is_loud_when_the_water_rises_at_the_rock(studio):
    stage = studio.stage(waves=SWELL, shores=((2.0, 1.0, 1.0),))
    loud = level(water.surf(stage, ears(studio), samples=SAMPLES, seed=1))
    times = (np.arange(len(loud)) + 0.5) * 0.1
    rising = np.gradient(height(SWELL, 2.0, 1.0, times), 0.1)
    assert np.corrcoef(loud, np.maximum(rising, 0))[0, 1] > 0.5
    assert loud[rising > 0].mean() > 1.5 * loud[rising < 0].mean()


def test_slow_motion_slows_the_waves(studio):
    def turns(tempo):
        stage = studio.stage(waves=SWELL, shores=((2.0, 1.0, 1.0),), tempo=tempo)
        loud = level(water.surf(stage, ears(studio), samples=SAMPLES, seed=1))
        return np.abs(np.fft.rfft(loud - loud.mean()))[1:].argmax() + 1

    assert turns(0.4) < turns(1.0)


def test_the_sea_is_louder_the_higher_its_waves_and_land_is_dry(studio):
    low, high = (
        water.sea(studio.stage(waves=(Wave(wavelength=8, heading=0, amplitude=a, phase=0),)), samples=SAMPLES, seed=1)
        for a in (0.05, 0.6)
    )
    assert level(high).mean() > 4 * level(low).mean()
    assert not water.sea(studio.stage(), samples=SAMPLES, seed=1).any()
    assert not water.surf(studio.stage(shores=((0, 0, 1),)), ears(studio), samples=SAMPLES, seed=1).any()


@pytest.mark.parametrize("tempo", [1.0, 0.5])
def test_each_splash_is_found_when_it_is_seen(tempo):
    found = water.bursts(drops([0.733, 1.9]), 6.0, tempo)
    assert [time for time, _, _ in found] == pytest.approx([0.733 / tempo, 1.9 / tempo], abs=0.003)
    assert found[0][2] == pytest.approx((2.0, 0.0, 0.0))


def test_a_splash_sounds_from_its_place_at_its_time(studio):
    sound = water.splashes([drops([1.0])], studio.stage(), ears(studio), samples=SAMPLES, seed=1)
    assert studio.onset(sound) == pytest.approx(1.003, abs=0.004)
    right, left = (np.square(sound[:, ear].astype(float)).sum() for ear in (1, 0))
    assert right > 1.5 * left


def test_no_drops_no_splash(studio):
    sound = water.splashes([drops([])], studio.stage(), ears(studio), samples=SAMPLES, seed=1)
    assert not sound.any()


def test_a_large_splash_is_louder_and_longer():
    small, large = (water.splash(strength, stream(1, "splash")) for strength in (0.2, 1.0))
    assert np.abs(large).max() > 3 * np.abs(small).max()
    assert len(large) > 1.5 * len(small)
    assert np.abs(large[-48:]).max() < 0.01


def test_a_hull_is_heard_when_the_water_moves_along_it(studio):
    boat = studio.solid("boat", substance="wood", size=0.5, floats=True)
    stage = studio.stage([boat], waves=SWELL)
    times = np.arange(144) / 24

    def lapping(way):
        motion = studio.motion(names=("boat",), poses=np.pad(way, ((0, 0), (0, 4)))[:, None].astype(np.float32))
        return level(water.hulls(stage, motion, ears(studio), fps=24, samples=SAMPLES, seed=1)).mean()

    rides = np.stack([0 * times, 0 * times, height(SWELL, 0.0, 0.0, times)], 1)
    held = rides * (1, 1, 0)
    sails = rides + np.stack([1.5 * times, 0 * times, 0 * times], 1)
    assert lapping(held) > 3 * lapping(rides)
    assert lapping(sails) > 3 * lapping(rides)
    assert lapping(sails + np.array((0.0, 0.0, 2.0))) == 0.0, "in the air no water touches it"
    still = studio.stage([studio.solid("rock", launch=None)], waves=SWELL)
    assert not water.hulls(still, studio.motion(), ears(studio), fps=24, samples=SAMPLES, seed=1).any()


@pytest.mark.parametrize("way", [particles.splash, particles.crown, particles.spray])
def test_whatever_throws_drops_is_known_by_its_name(way):
    impact = particles.Impact(time=0.5, position=(0.0, 0.0, 0.0), velocity=(0.0, 0.0, 3.0), size=0.05)
    assert way([impact], rng=np.random.default_rng(1)).name in water.THROWN


def test_a_product_that_splashes_is_heard(studio):
    impact = particles.Impact(time=0.5, position=(0.0, 0.0, 0.0), velocity=(0.0, 0.0, -3.0), size=0.05)
    stage = studio.stage([], particles=(particles.crown([impact], rng=np.random.default_rng(1)),))
    sound = studio.render(stage, studio.motion(), seconds=2.0)
    assert studio.onset(sound) == pytest.approx(0.51, abs=0.03)
