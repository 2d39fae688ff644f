"""Casts lose nothing, and say which values would."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.manifest import casts

UTC_TIME = pa.timestamp("us", tz="UTC")
SHOTS = pa.list_(pa.struct([("prompt", pa.string()), ("seconds", pa.float64())]))
TAGS = pa.map_(pa.string(), pa.string())
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def cast(values: pa.Array, target: pa.DataType) -> tuple[list[Any], list[bool]]:
    fitting, bad = casts.cast(casts.plain(values), target)
    assert fitting.type == target
    fitting.validate(full=True)
    return fitting.to_pylist(), bad.to_pylist()


@pytest.mark.parametrize(
    ("values", "target", "fitting"),
    [
        (pa.array([640, None], pa.int64()), pa.int32(), [640, None]),
        (pa.array([640.0, math.nan]), pa.int32(), [640, None]),
        (pa.array([Decimal("640.00")]), pa.int32(), [640]),
        (pa.array(["640", " 640.0 ", "", "1e3"]), pa.int32(), [640, 640, None, 1000]),
        (pa.array([2**62], pa.uint64()), pa.int64(), [2**62]),
        (pa.array([4], pa.int8()), pa.float64(), [4.0]),
        (pa.array(["4.5", None, " "]), pa.float64(), [4.5, None, None]),
        (pa.array([None, None]), pa.string(), [None, None]),
        (pa.array(["a", None], pa.large_string()), pa.string(), ["a", None]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), pa.string(), ["a", "b", "a"]),
        (pa.array(["a", None], pa.string_view()), pa.string(), ["a", None]),
        (pa.array([b"a"]), pa.string(), ["a"]),
        (pa.array([1, 2]), pa.string(), ["1", "2"]),
        (pa.array(["e\u0301"]), pa.string(), ["\u00e9"]),
        (pa.array(["2026-12-01T13:00:00+01:00", "2026-12-01 12:00", "2026-12-01T12:00Z"]), UTC_TIME, [NOON] * 3),
        (pa.array([NOON.replace(tzinfo=None)], pa.timestamp("ns")), UTC_TIME, [NOON]),
        (pa.array([date(2026, 12, 1)]), UTC_TIME, [NOON.replace(hour=0)]),
        (pa.array([[{"prompt": "p"}], []]), SHOTS, [[{"prompt": "p", "seconds": None}], None]),
        (pa.array(['[{"prompt": "p", "seconds": 2}]']), SHOTS, [[{"prompt": "p", "seconds": 2.0}]]),
        (pa.array([["a", "b"]]), TAGS, [[("a", "true"), ("b", "true")]]),
        (pa.array([{"a": 1, "b": None}]), TAGS, [[("a", "1")]]),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())), TAGS, [[("k", "1")]]),
    ],
)
def test_what_fits_is_taken(values: pa.Array, target: pa.DataType, fitting: list[Any]) -> None:
    assert cast(values, target) == (fitting, [False] * len(values))


@pytest.mark.parametrize(
    ("values", "target"),
    [
        (pa.array([2**40, -(2**40)]), pa.int32()),
        (pa.array([2**63], pa.uint64()), pa.int64()),
        (pa.array([0.5, math.inf, 1e300]), pa.int64()),
        (pa.array([True]), pa.int32()),
        (pa.array(["x", "nan", "1_000"]), pa.int32()),
        (pa.array(["x", "nan"]), pa.float64()),
        (pa.array([True]), pa.float64()),
        (pa.array([1.5]), pa.string()),
        (pa.array([b"\xff"]), pa.string()),
        (pa.array(["soon", "2026-13-01"]), UTC_TIME),
        (pa.array([1]), UTC_TIME),
        (pa.array([2**62], pa.timestamp("us")), UTC_TIME),
        (pa.array([[[["a"]]], [[]]], pa.list_(pa.list_(pa.list_(pa.string())))), SHOTS),
        (pa.array([[[("a", {})]]], pa.list_(pa.map_(pa.string(), pa.map_(pa.string(), pa.int8())))), SHOTS),
        (pa.array([["a"]], pa.list_(pa.string_view())), pa.float64()),
        (pa.ExtensionArray.from_storage(pa.json_(), pa.array(["1"])), SHOTS),
        (pa.ListArray.from_arrays([0, 1], pa.ExtensionArray.from_storage(pa.json_(), pa.array(["1"]))), UTC_TIME),
        (pa.array(["{", "3", '[{"unknown": 1}]', '["a"]', "[" * 100_000, "null"]), SHOTS),
        (pa.array([1]), TAGS),
        (pa.array(["[1]"]), TAGS),
    ],
)
def test_what_does_not_fit_is_pointed_at(values: pa.Array, target: pa.DataType) -> None:
    assert cast(values, target) == ([None] * len(values), [True] * len(values))


@pytest.mark.parametrize("target", [pa.string(), pa.int32(), pa.float64(), UTC_TIME, SHOTS, TAGS], ids=str)
def test_text_that_is_not_utf_8_is_pointed_at(target: pa.DataType) -> None:
    """Arrow trusts the bytes of a Parquet file to be the text that its schema says."""
    values = pa.array([b"\xff", None, b"\xed\xa0\x80"]).view(pa.string())
    assert cast(values, target) == ([None] * 3, [True, False, True])
    assert casts.as_text(values).to_pylist() == ["ff", None, "eda080"]


@pytest.mark.parametrize("items", [pa.array(["a"], pa.string_view()), pa.array(["1"]).cast(pa.json_())], ids=str)
def test_an_empty_list_is_no_value_whatever_its_items_are(items: pa.Array) -> None:
    """Arrow's functions do not take lists of every type; of a slice only what is in it counts."""
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 1, 1], pa.int32()), items).slice(1)
    assert cast(lists, UTC_TIME) == ([None, None], [False, False])


def test_tags_are_text_by_name_whatever_map_they_come_in() -> None:
    values = pa.array([[("a", None), ("b", "c")], [("", "x")], []], TAGS)
    assert cast(values, TAGS) == ([[("b", "c")], None, []], [False, True, False])


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_whole_numbers_keep_their_value_or_are_refused(values: list[int | None]) -> None:
    fitting, bad = cast(pa.array(values, pa.int64()), pa.int32())
    for value, fit, wrong in zip(values, fitting, bad, strict=True):
        small = value is not None and -(2**31) <= value < 2**31
        assert (fit, wrong) == (value if small else None, value is not None and not small)


@given(st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True)))
def test_floats_become_whole_numbers_only_if_they_are(values: list[float | None]) -> None:
    fitting, bad = cast(pa.array(values, pa.float64()), pa.int64())
    for value, fit, wrong in zip(values, fitting, bad, strict=True):
        if value is None or math.isnan(value):
            assert (fit, wrong) == (None, False)
        else:
            assert wrong == (not (value.is_integer() and -(2**63) <= value < 2**63))
            assert wrong or fit == value


cells = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)


@given(cells, st.sampled_from([pa.int32(), pa.float64(), pa.string(), UTC_TIME, SHOTS, TAGS]))
def test_no_value_of_any_type_ends_in_a_traceback(cell: Any, target: pa.DataType) -> None:
    try:
        values = pa.array([cell])
    except (pa.ArrowException, UnicodeError):
        return
    fitting, bad = cast(values, target)
    assert not (bad[0] and fitting[0] is not None)
    texts = casts.as_text(casts.plain(values)).to_pylist()
    assert texts[0] is None or isinstance(texts[0], str)


def test_values_that_are_alike_are_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that is wrong in the same way in all its rows takes a few casts, not two for each row."""
    tried: list[int] = []
    whole = casts._whole
    monkeypatch.setattr(casts, "_whole", lambda array, ways: tried.append(len(array)) or whole(array, ways))
    values, bad = casts.cast(pa.array(["soon", "4", None, "late"] * 10_000), pa.int32())
    assert values.to_pylist() == [None, 4, None, None] * 10_000
    assert bad.to_pylist() == [True, False, False, True] * 10_000
    assert len(tried) < 10
