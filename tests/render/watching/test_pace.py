"""How fast a batch goes, and when it ends."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from render.watching.pace import WINDOW_SECONDS, pace

START = 1_795_969_000.0
instants = st.lists(st.floats(-1e4, 1e5).map(lambda after: START + after), max_size=30)
lefts = st.integers(0, 10**7)
nows = st.floats(0, 1e5).map(lambda after: START + after)


@given(instants, lefts, nows)
def test_no_rate_and_no_time_is_negative_whatever_clocks_say(ended: list[float], left: int, now: float):
    found = pace(ended, left=left, start=START, now=now)
    assert all(one is None or one >= 0 for one in (found.lately, found.overall, found.seconds_left))
    assert (found.lately is None) == (found.overall is None) == (not ended)
    assert left or found.seconds_left == 0


@given(instants, lefts, lefts, nows)
def test_the_more_is_left_the_later_it_ends(ended: list[float], few: int, many: int, now: float):
    assume(few <= many)
    sooner, later = (pace(ended, left=left, start=START, now=now).seconds_left for left in (few, many))
    if later is None:
        assert sooner is None or few == 0
    else:
        assert sooner is not None
        assert sooner <= later


@given(instants, st.integers(1, 10**6), nows)
def test_a_clip_that_ends_now_puts_the_end_off_by_nothing(ended: list[float], left: int, now: float):
    before = pace(ended, left=left, start=START, now=now).seconds_left
    after = pace([*ended, now], left=left - 1, start=START, now=now).seconds_left
    assume(before is not None)
    assert after is not None
    assert after <= before


def test_of_an_even_stream_the_end_is_foretold():
    now = START + 3600
    found = pace([START + 10 * number for number in range(1, 361)], left=90, start=START, now=now)
    assert found.overall == pytest.approx(6)
    assert found.lately == pytest.approx(6)
    assert found.seconds_left == pytest.approx(900)


def test_what_was_before_a_pause_is_no_part_of_lately():
    """A run that is resumed the next morning does not make its night's rate a reason for hope or despair."""
    morning = START + 8 * 3600
    ended = [START + number for number in range(600)] + [morning + 6 * number for number in range(11)]
    found = pace(ended, left=100, start=START, now=morning + 60)
    assert found.lately == pytest.approx(10)
    assert found.seconds_left == pytest.approx(600)


def test_when_nothing_ends_any_more_no_end_is_claimed():
    found = pace([START + 1], left=5, start=START, now=START + 1 + WINDOW_SECONDS)
    assert (found.lately, found.seconds_left) == (0, None)
    assert pace([], left=5, start=START, now=START + 9).seconds_left is None
