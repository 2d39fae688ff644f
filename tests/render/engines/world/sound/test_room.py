import numpy as np
import pytest

from render.engines.contract import SAMPLE_RATE
from render.engines.world.sound import room
from render.engines.world.stage import Room

HALL = Room(size=(30.0, 20.0, 9.0), absorption=0.25)
CHAMBER = Room(size=(5.0, 4.0, 2.8), absorption=0.4)
YARD = Room(size=(20.0, 20.0, 4.0), absorption=0.3, open=True)
SOURCE, EYE, RIGHT = (0.0, 0.0, 1.0), (0.0, -1.5, 1.5), (1.0, 0.0, 0.0)


def answer(where, source=SOURCE, eye=EYE):
    return room.response(where, source, eye, RIGHT)


def falling(response):
    """Seconds to fall by 60 dB, from the fall between −5 and −25 dB of the energy that is still to come."""
    left = np.cumsum(np.square(response[::-1].astype(float)).sum(1))[::-1]
    decibels = 10 * np.log10(left / left[0] + 1e-12)
    return 3 * (np.argmax(decibels < -25) - np.argmax(decibels < -5)) / SAMPLE_RATE


@pytest.mark.parametrize("where", [HALL, CHAMBER])
def test_a_room_decays_as_sabine_says(where):
    assert falling(answer(where)) == pytest.approx(room.decay(where), rel=0.3)


def test_the_first_reflection_is_the_floors_and_comes_after_the_direct_sound():
    first = np.argmax(np.abs(answer(YARD)).max(1) > 0.05) / SAMPLE_RATE
    direct, mirrored = np.hypot(1.5, 0.5), np.hypot(1.5, 2.5)
    assert first == pytest.approx((mirrored - direct) / 343, abs=0.001)


def test_an_open_place_has_faint_far_echoes_and_open_country_none():
    yard, country = answer(YARD), answer(None)
    late = slice(round(0.02 * SAMPLE_RATE), None)
    assert np.abs(country[late]).max() < 0.002
    assert 0.005 < np.abs(yard[late]).max() < 0.1


def test_a_dry_open_place_gives_back_less_than_a_room():
    hall, yard = (np.square(answer(where)[round(0.02 * SAMPLE_RATE) :]).sum() for where in (HALL, YARD))
    assert hall > 20 * yard


def test_the_same_place_answers_the_same_and_both_ears_differ():
    one, two = answer(HALL), answer(HALL)
    assert np.array_equal(one, two)
    assert np.corrcoef(one.T)[0, 1] < 0.9


def test_what_is_outside_the_room_is_heard_inside():
    assert np.isfinite(answer(CHAMBER, source=(9.0, 0.0, -1.0), eye=(0.0, -30.0, 8.0))).all()


def test_reverberation_moves_nothing_and_keeps_the_length():
    dry = np.zeros((SAMPLE_RATE, 2), np.float32)
    dry[1000] = 1
    wet = room.reverberate(dry, answer(HALL))
    assert wet.shape == dry.shape
    assert np.abs(wet[:1000]).max() < 1e-5
    assert np.abs(wet[1000 : 1000 + SAMPLE_RATE // 4]).max() > 0.01
    assert not room.reverberate(np.zeros_like(dry), answer(HALL)).any()
