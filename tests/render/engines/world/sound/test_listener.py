import numpy as np
import pytest

from render.engines.contract import SAMPLE_RATE
from render.engines.world.sound import listener
from render.engines.world.sound.listener import Listener

FPS = 24


@pytest.fixture
def ears(studio):
    return Listener([studio.camera()] * 48, fps=FPS)


def tone(seconds, hertz=1000.0):
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)


def test_a_near_source_has_its_true_delay_and_a_far_one_is_capped(ears):
    heard = ears.hear([0, 0, 0], [(0, -2.5, 1.5), (0, -2.3, 1.5), (0, 40, 1.5)])
    assert heard.delay == pytest.approx([0.5 / 343, 0.7 / 343, listener.LONGEST_DELAY])
    assert heard.distance == pytest.approx([0.5, 0.7, 43])


def test_farther_is_quieter_and_the_sides_share_one_power(ears):
    near, far, left, right = ears.hear([0] * 4, [(0, 0, 1.5), (0, 9, 1.5), (-3, -3, 1.5), (3, -3, 1.5)]).gains
    assert near.sum() > 1.5 * far.sum()
    assert near[0] == pytest.approx(near[1])
    assert left[0] > 4 * left[1]
    assert left == pytest.approx(right[::-1])
    assert np.linalg.norm(left) == pytest.approx(np.linalg.norm(near)), "equal power"


def test_the_far_ear_is_later_by_the_way_round_the_head(ears):
    left, ahead, right = ears.hear([0] * 3, [(-9, -3, 1.5), (0, 5, 1.5), (9, -3, 1.5)]).later
    assert left[0] == right[1] == 0
    assert left[1] == pytest.approx(right[0])
    assert 0.0006 < left[1] < 0.0007
    assert list(ahead) == [0, 0]


def test_a_strike_starts_to_the_sample_and_at_the_near_ear_first(ears):
    out = np.zeros((SAMPLE_RATE, 2), np.float32)
    ears.strike(out, np.ones(10), 0.25, (2.0, -3.0, 1.5))
    first = [int(np.argmax(out[:, ear] != 0)) for ear in (0, 1)]
    assert first[1] == round((0.25 + 2 / 343 if 2 / 343 < 0.003 else 0.253) * SAMPLE_RATE)
    assert first[0] - first[1] == round(0.0875 / 343 * (np.pi / 2 + 1) * SAMPLE_RATE)
    assert out[first[1], 1] > 3 * out[first[0], 0]


def test_sounds_beyond_the_ends_are_left_out(ears):
    out = np.zeros((1000, 2), np.float32)
    ears.strike(out, np.ones(100), 1.0, (0, 0, 0))
    ears.follow(out, np.ones(100), [1.0, 1.1], [(0, 0, 0)] * 2)
    assert not out.any()
    ears.strike(out, np.ones(4000), 0.0, (0, 0, 0))
    ears.follow(out, np.ones(4000), [-0.01, 0.1], [(0, 0, 0)] * 2)
    assert out[-1].all()


def test_what_comes_nearer_sounds_higher_by_its_speed(ears, studio):
    times = np.linspace(0, 1, 251)
    speed = 34.3
    for sign, pitch in ((-1, 1 / (1 - 0.1)), (1, 1 / (1 + 0.1))):
        way = np.stack([0 * times, 60 + sign * speed * times, 1.5 + 0 * times], axis=1)
        out = np.zeros((SAMPLE_RATE, 2), np.float32)
        ears.follow(out, tone(1.0), times, way)
        middle = out[SAMPLE_RATE // 2 : SAMPLE_RATE * 3 // 4, 0]
        assert middle.any()
        loudest = np.argmax(np.abs(np.fft.rfft(middle * np.hanning(len(middle))))) * 4
        assert loudest == pytest.approx(1000 * pitch, abs=6)


def test_a_passing_source_goes_from_side_to_side(ears):
    times = np.linspace(0, 1, 251)
    way = np.stack([-6 + 12 * times, 0 * times, 1.5 + 0 * times], axis=1)
    out = np.zeros((SAMPLE_RATE, 2), np.float32)
    ears.follow(out, tone(1.0), times, way)
    power = np.square(out.reshape(10, -1, 2)).mean(1)
    assert power[1, 0] > 3 * power[1, 1]
    assert power[8, 1] > 3 * power[8, 0]
    assert np.argmax(power.sum(1)) in {4, 5}


def test_a_camera_that_moves_is_smooth_and_a_cut_is_a_cut(studio):
    cameras = [studio.camera(x=0.1 * k) for k in range(10)] + [studio.camera(x=50.0)] * 10
    ears = Listener(cameras, fps=10)
    places, _ = ears.eyes([0.05, 0.25, 0.95, 1.05])
    assert places[:, 0] == pytest.approx([0.05, 0.25, 0.9, 50.0])


def test_no_camera_is_an_error_that_says_so():
    with pytest.raises(ValueError, match="camera for each frame"):
        Listener([], fps=24)
