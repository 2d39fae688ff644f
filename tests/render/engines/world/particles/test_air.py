import numpy as np
import pytest

from render.engines.world.particles.air import GRAVITY, Wind, fly, lottery, rain_speed, settling_speed

GUNN_KINZER = {0.6: 2.46, 1.0: 4.03, 1.6: 5.65, 2.0: 6.49, 2.6: 7.57, 3.0: 8.06, 4.0: 8.83, 5.0: 9.09, 5.8: 9.17}
"""Terminal speed in m/s by diameter in millimetres, measured: Gunn and Kinzer, J. Meteorology 6, 1949, table 2."""


def test_raindrops_fall_as_measured():
    for diameter, measured in GUNN_KINZER.items():
        assert rain_speed(np.array(diameter)) == pytest.approx(measured, rel=0.04)


def test_finer_drops_settle_slower_without_a_jump():
    speeds = settling_speed(np.geomspace(0.01, 6.0, 2000))
    assert (np.diff(speeds) >= 0).all()
    assert (np.diff(speeds) < 0.05).all()


def test_without_air_a_throw_is_a_parabola():
    age = np.array((0.3, 0.7))
    at, going = fly(np.zeros((2, 3)), np.tile((3.0, 0.0, 4.0), (2, 1)), age, terminal=np.full(2, 1e5), wind=np.zeros(3))
    assert at[:, 0] == pytest.approx(3 * age, rel=1e-3)
    assert at[:, 2] == pytest.approx(4 * age - GRAVITY * age**2 / 2, rel=1e-3)
    assert going[:, 2] == pytest.approx(4 - GRAVITY * age, rel=1e-3)


def test_in_air_it_ends_at_its_terminal_speed_with_the_wind():
    _, going = fly(
        np.zeros((1, 3)),
        np.array([[0, 9.0, 9.0]]),
        np.array((60.0,)),
        terminal=np.array((4.0,)),
        wind=np.array((2.0, 0, 0)),
    )
    assert going[0] == pytest.approx((2, 0, -4))


def test_velocity_is_the_change_of_position():
    start, thrown, wind = np.zeros((1, 3)), np.array([[1.0, 2.0, 3.0]]), np.array((2.0, -1.0, 0.0))
    at = [fly(start, thrown, np.array((t,)), terminal=np.array((2.0,)), wind=wind) for t in (0.399, 0.4, 0.401)]
    assert (at[2][0] - at[0][0]) / 0.002 == pytest.approx(at[1][1], rel=1e-4)


def test_wind_carries_as_far_as_it_blows():
    wind = Wind.of((4.0, -2.0, 0.0), np.random.default_rng(2))
    times = np.linspace(0, 30, 30001)
    blown = np.cumsum(wind.velocity(times)[:-1], axis=0) * 1e-3
    assert blown[-1] == pytest.approx(wind.carried(30.0), rel=1e-3)
    assert wind.carried(0.0) == pytest.approx((0, 0, 0))
    assert np.linalg.norm(wind.velocity(np.arange(0, 900, 0.1)), axis=1).std() / np.hypot(4, 2) == pytest.approx(
        0.25, rel=0.1
    )


def test_the_lottery_is_even_and_repeats():
    one, two = np.divmod(np.arange(40000), 200)
    drawn = lottery(one, two, 5)
    assert (lottery(one, two, 5) == drawn).all()
    assert abs(np.corrcoef(drawn, lottery(one, two, 6))[0, 1]) < 0.02
    assert np.histogram(drawn, 20, (0, 1))[0] == pytest.approx(np.full(20, 2000), rel=0.1)
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.02
