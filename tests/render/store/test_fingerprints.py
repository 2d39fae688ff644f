"""Fingerprints are found among others as their text says, whatever numbers stand for them."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.store import fingerprints
from render.store.fingerprints import Index

ONES = st.tuples(st.integers(0, 40), st.integers(0, 63)).map(lambda one: f"{one[0] << 4 * one[1]:064x}"[-64:])
OTHERS = ONES | st.sampled_from(["", "clip", "A" * 64, "é" * 32, "0" * 63, "0" * 65])


@given(st.lists(ONES, max_size=30), st.lists(OTHERS, max_size=30), st.integers(0, 3))
def test_an_index_finds_what_is_equal_and_nothing_else(ones, others, skipped):
    """Also in arrays that are parts of others."""
    index = Index(pa.array(["0" * 64] * skipped + ones, pa.string())[skipped:])
    assert [ones[index.first[number]] for number in index.of_row] == ones
    assert sorted(ones[at] for at in index.first) == sorted(set(ones))
    assert all(ones.index(ones[at]) == at for at in index.first)
    found = index.find(pa.array(["x"] * skipped + others, pa.string())[skipped:])
    assert [None if at < 0 else ones[index.first[at]] for at in found] == [
        one if one in ones else None for one in others
    ]


def test_fingerprints_of_one_key_are_told_apart(monkeypatch):
    """By another key for each; what is looked for and has the key of another one is not taken for it."""
    keys = fingerprints._keys
    monkeypatch.setattr(
        fingerprints, "_keys", lambda words, salt: keys(words, salt) if salt > 2 else np.zeros(len(words), np.uint64)
    )
    a, b, c = (letter * 64 for letter in "abc")
    index = Index(pa.array([a, b, a]))
    assert index.of_row[0] == index.of_row[2] != index.of_row[1]
    assert index.find(pa.array([b, c]))[0] == index.of_row[1]
    single = Index(pa.array([a, a]))
    assert single.find(pa.array([c, a])).tolist() == [-1, 0]


def test_what_is_no_fingerprint_is_not_numbered():
    with pytest.raises(ValueError, match="64 digits"):
        Index(pa.array(["a" * 63, "b" * 65]))
