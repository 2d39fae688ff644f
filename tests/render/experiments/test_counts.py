import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.experiments.counts import count, sentence
from render.model import End, ReasonKind

ENDS = st.lists(st.tuples(st.sampled_from([*End, None]), st.sampled_from([*ReasonKind, None])), max_size=60)
LONG = "16 rows: 10 published, 1 reused, 5 rejected — 3 of them malformed, 1 refused by policy, 1 stopped by a check."


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ([], "No rows."),
        ([(End.PUBLISHED, None)], "1 row: 1 published."),
        ([(End.REUSED, None)] * 1200, "1,200 rows: 1,200 reused."),
        ([(End.REJECTED, ReasonKind.POLICY)], "1 row: 1 rejected — refused by policy."),
        ([(End.REJECTED, ReasonKind.INVALID)] * 2, "2 rows: 2 rejected — all of them malformed."),
        (
            [
                *[(End.PUBLISHED, None)] * 10,
                (End.REUSED, None),
                *[(End.REJECTED, ReasonKind.INVALID)] * 3,
                (End.REJECTED, ReasonKind.POLICY),
                (End.REJECTED, ReasonKind.CHECK),
            ],
            LONG,
        ),
        ([(None, None), (End.HELD, ReasonKind.CHECK)], "2 rows: 1 held, 1 not finished yet."),
    ],
)
def test_the_sentence_says_the_counts(ends, said):
    assert sentence(count(ends)) == said


@given(ENDS)
def test_the_numbers_of_any_sentence_add_up(ends):
    counts = count(ends)
    said = sentence(counts)
    assert said.endswith(".")
    assert said.count(":") == (1 if ends else 0)
    assert set(counts.ends) == set(End)
    assert sum(counts.ends.values()) + counts.unfinished == counts.rows == len(ends)
    if not ends:
        return
    whole, _, why = said.partition(" — ")
    total, *parts = [int(number) for number in re.findall(r"\d+", whole)]
    assert total == len(ends) == sum(parts)
    if reasons := [int(number) for number in re.findall(r"\d+", why)]:
        assert sum(reasons) == counts.ends[End.REJECTED]
