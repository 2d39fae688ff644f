import math

import numpy as np
import pytest

from render.engines.world import waves
from render.engines.world.stage import Wave


def sea(seed=1, **changes):
    given = {"wind": 9.0, "fetch": 40_000.0, "heading": 0.4} | changes
    return waves.wind_sea(rng=np.random.default_rng(seed), **given)


def test_a_wind_raises_the_waves_that_jonswap_measured():
    made = sea(count=80)
    # Kahma and Calkoen (J. Phys. Oceanogr. 22, 1992), all their data: ε = 5.2e-7 X^0.9, both in units of U and g.
    measured = 4 * math.sqrt(5.2e-7 * (9.81 * 40_000 / 81) ** 0.9) * 81 / 9.81
    assert waves.significant_height(made) == pytest.approx(measured, rel=0.12)
    highest = max(made, key=lambda wave: wave.amplitude)
    assert highest.frequency == pytest.approx(waves.peak(9.0, 40_000.0), rel=0.12)
    assert [wave.wavelength for wave in made] == sorted((wave.wavelength for wave in made), reverse=True)


def test_more_wind_raises_higher_and_longer_waves():
    calm, storm = sea(wind=4.0), sea(wind=18.0)
    assert waves.significant_height(storm) > 3 * waves.significant_height(calm)
    assert storm[0].wavelength > 2 * calm[0].wavelength


def test_waves_spread_about_the_wind_least_at_the_peak():
    def off(made):
        return np.array([[math.remainder(wave.heading - 0.4, 2 * math.pi), wave.wavelength] for wave in made])

    all_ = np.concatenate([off(sea(seed)) for seed in range(20)])
    top = 2 * math.pi * 9.81 / waves.peak(9.0, 40_000.0) ** 2
    near, far = np.abs(np.log(all_[:, 1] / top)) < 0.3, all_[:, 1] < top / 8
    assert abs(all_[:, 0].mean()) < 0.1
    assert all_[far, 0].std() > 1.5 * all_[near, 0].std()


@pytest.mark.parametrize("depth", [math.inf, 30.0, 4.0, 0.5])
def test_wavelength_and_frequency_agree(depth):
    for rate in (0.5, 1.3, 4.0):
        wave = Wave(wavelength=waves.wavelength(rate, depth), heading=0, amplitude=1, phase=0, depth=depth)
        assert wave.frequency == pytest.approx(rate, rel=1e-6)


def test_shallow_water_lets_waves_run_at_the_root_of_g_times_depth():
    wave = Wave(wavelength=400.0, heading=0, amplitude=1, phase=0, depth=2.0)
    assert wave.frequency / wave.number == pytest.approx(math.sqrt(9.81 * 2.0), rel=1e-3)
    assert waves.significant_height(sea(depth=2.0)) < 0.8 * waves.significant_height(sea())


def test_crests_arrive_at_the_period():
    wave = Wave(wavelength=20.0, heading=0.3, amplitude=0.5, phase=1.0)
    times = [time for time, _ in waves.arrivals([wave], 3.0, 4.0, 40.0)]
    assert np.diff(times) == pytest.approx(2 * math.pi / wave.frequency, abs=0.011)
    assert waves.height([wave], 3.0, 4.0, np.array(times)) == pytest.approx(0.5, abs=1e-3)


def test_a_ring_starts_as_its_dent_and_spreads_by_dispersion():
    reach, seconds, rows, columns = 8.0, 10.0, 201, 801
    table = waves.ring_table(0.1, reach=reach, rows=rows, seconds=seconds, columns=columns)
    ways, times = np.linspace(0, reach, columns), np.linspace(0, seconds, rows)
    dent = -(1 - (ways / 0.1) ** 2) * np.exp(-((ways / 0.1) ** 2))
    assert table[0] == pytest.approx(dent, abs=0.02)
    volume = (table * ways).sum(1) * (ways[1] - ways[0])
    assert np.abs(volume).max() < 2e-3
    # Far from its start a wave of number k stands where r = (group speed) t; for gravity waves r = t √(g/k) / 2, and
    # at a fixed time the local wavelength is 8π r² / (g t²).
    t = 60
    row, time = table[t], times[t]
    zero = ways[:-1][(row[:-1] < 0) != (row[1:] < 0)]
    zero = zero[(zero > 0.7) & (zero < 2.0)]
    middles, halves = (zero[2:] + zero[:-2]) / 2, zero[2:] - zero[:-2]
    assert len(middles) >= 3
    assert halves == pytest.approx(8 * math.pi * middles**2 / (9.81 * time**2), rel=0.12)


def test_ripples_are_as_steep_as_asked_and_run_with_the_wind():
    modes, rate = waves.ripples(rng=np.random.default_rng(3), side=4.0, cells=64, longest=1.5, slope=0.1, heading=0.0)
    now = waves.ripple_slopes(modes, rate, 4.0, 2.0)
    assert now.shape == (64, 64, 2)
    assert np.sqrt((now**2).sum(-1).mean()) == pytest.approx(0.1, rel=0.15)
    assert now[..., 0].std() > 1.2 * now[..., 1].std()
    assert np.abs(now.mean((0, 1))).max() < 1e-6
    later = waves.ripple_slopes(modes, rate, 4.0, 2.05)
    match = [(np.roll(now, shift, axis=0) * later).sum() for shift in (1, -1)]
    assert match[0] > match[1]


def test_a_surface_is_as_steep_as_its_wind_makes_it():
    assert waves.slope_of_wind(10.0) ** 2 == pytest.approx(0.0512)
    assert waves.slope_of_wind((6.0, 8.0, 0.0)) == waves.slope_of_wind(10.0)
