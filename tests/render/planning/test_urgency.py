"""Urgency orders jobs by priority, then by deadline, whichever batch they are of."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from render.model import Row
from render.planning.urgency import urgency

ROW = Row(row=0, experiment="e", variant="a", prompt="A ball")
DEADLINES = st.just("") | st.datetimes().map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}+00:00".zfill(25))
ROWS = st.builds(
    lambda priority, deadline: replace(ROW, priority=priority, deadline=deadline), st.integers(-1000, 1000), DEADLINES
)


def test_priority_goes_before_deadline_and_a_deadline_before_none():
    asked = [(1, ""), (0, "2026-11-29T02:00:00+00:00"), (0, "2026-11-29T02:01:00+00:00"), (0, ""), (-1, "2026-01-01")]
    found = [urgency([replace(ROW, priority=priority, deadline=deadline)]) for priority, deadline in asked]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)


def test_of_several_rows_the_most_urgent_one_counts():
    rows = [replace(ROW, priority=priority) for priority in (-3, 7, 0)]
    assert urgency(rows) == urgency(rows[1:2])


@given(ROWS, ROWS)
def test_a_higher_priority_always_comes_first_and_the_number_is_small(one: Row, other: Row):
    if one.priority > other.priority:
        assert urgency([one]) > urgency([other])
    assert abs(urgency([one])) < 1 << 39


def test_what_is_beyond_counts_as_the_most():
    assert urgency([replace(ROW, priority=2**31 - 1)]) == urgency([replace(ROW, priority=1000)])
    assert urgency([replace(ROW, priority=-(2**31))]) == urgency([replace(ROW, priority=-1000)])
