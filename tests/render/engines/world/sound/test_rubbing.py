import numpy as np
import pytest

from render.engines.contract import SAMPLE_RATE
from render.engines.world.physics import Rub
from render.engines.world.sound import rubbing
from render.engines.world.sound.listener import Listener


def rub(start=0.5, seconds=1.0, *, force=5.0, slip=0.0, roll=0.0, first="ball", x=(0.0, 0.0)):
    count = round(seconds * 250) + 1
    share = np.linspace(0, 1, count)
    return Rub(
        first=first,
        second="floor",
        times=(start + share * seconds).astype(np.float32),
        positions=np.stack([x[0] + (x[1] - x[0]) * share, 0 * share, 0 * share], axis=1).astype(np.float32),
        force=np.full(count, force, np.float32),
        slip=(slip * np.ones(count)).astype(np.float32),
        roll=(roll * np.ones(count)).astype(np.float32),
    )


def heard(studio, rubs, seconds=2.0, **stage):
    ears = Listener([studio.camera()] * 48, fps=24)
    return rubbing.render(rubs, studio.stage(**stage), ears, samples=round(seconds * SAMPLE_RATE), seed=5)


def rms(sound):
    return float(np.sqrt(np.mean(np.square(sound.astype(float)))))


def centre(sound):
    power = np.abs(np.fft.rfft(sound.astype(float))) ** 2
    return float((power * np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)).sum() / power.sum())


@pytest.mark.parametrize("how", [{"roll": 2.0}, {"slip": 2.0}])
def test_it_is_heard_while_it_lasts_and_not_outside(studio, how):
    sound = heard(studio, [rub(**how)])
    outside = np.concatenate([sound[: round(0.5 * SAMPLE_RATE)], sound[round(1.52 * SAMPLE_RATE) :]])
    assert not outside.any()
    assert rms(sound[round(0.55 * SAMPLE_RATE) : round(1.45 * SAMPLE_RATE)]) > 0.0015
    ends = np.concatenate([sound[round(a * SAMPLE_RATE) :][:48] for a in (0.503, 1.502)])
    assert np.abs(ends).max() < 0.35 * np.abs(sound).max(), "no click where it starts and ends"


def test_what_rests_is_silent(studio):
    assert not heard(studio, [rub(force=50.0)]).any()


@pytest.mark.parametrize("kind", ["roll", "slip"])
def test_faster_is_louder_and_brighter(studio, kind):
    slow, fast = (heard(studio, [rub(**{kind: speed})])[:, 0] for speed in (0.5, 4.0))
    assert rms(fast) > 3 * rms(slow)
    assert centre(fast) > 1.3 * centre(slow)


def test_sliding_is_brighter_than_rolling(studio):
    assert centre(heard(studio, [rub(slip=1.0)])[:, 0]) > 1.5 * centre(heard(studio, [rub(roll=1.0)])[:, 0])


def test_it_goes_along_with_the_body(studio):
    sound = heard(studio, [rub(roll=6.0, x=(-4.0, 4.0))])
    early, late = (np.square(sound[round(a * SAMPLE_RATE) : round((a + 0.3) * SAMPLE_RATE)]).sum(0) for a in (0.5, 1.2))
    assert early[0] > 2 * early[1]
    assert late[1] > 2 * late[0]


def test_slow_motion_stretches_it(studio):
    sound = heard(studio, [rub(start=0.25, seconds=0.5, roll=2.0)], tempo=0.5)
    loud = np.flatnonzero(np.abs(sound).max(1) > 0) / SAMPLE_RATE
    assert loud[0] == pytest.approx(0.5, abs=0.01)
    assert loud[-1] == pytest.approx(1.5, abs=0.01)


def test_of_many_the_strongest_are_heard(studio):
    many = [rub(roll=0.01, first=f"pebble {k}") for k in range(60)]
    strong = rub(roll=3.0)
    assert rms(heard(studio, [*many, strong])) >= 0.98 * rms(heard(studio, [strong]))


def test_single_moments_and_what_comes_too_late_are_left_out(studio):
    short = rub(seconds=0.0, roll=2.0)
    assert len(short.times) == 1
    assert not heard(studio, [short, rub(start=3.0, roll=2.0)]).any()
