"""Which requests have come further than the catalog says: by columns as row by row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import catalog_makers
import pyarrow as pa
import store_makers as makers
from hypothesis import given
from hypothesis import strategies as st

from render.model import End, ReasonKind
from render.store.catalog import progress

NOW = datetime(2026, 11, 29, tzinfo=UTC)
ROWS = 6
ONE = catalog_makers.requests([makers.planned(number) for number in range(ROWS)])

states = st.fixed_dictionaries(
    {
        "end": st.sampled_from([None, *End]),
        "reason_kind": st.sampled_from([None, ReasonKind.REVIEW, ReasonKind.ENGINE]),
        "reason": st.sampled_from([None, "boom", "bang"]),
        "finished_at": st.sampled_from([None, NOW, NOW + timedelta(microseconds=1)]),
        "tags": st.sampled_from([[], [("market", "de")], [("market", "fr")]]),
    }
)
tables = st.lists(st.tuples(st.integers(0, ROWS - 1), states), max_size=ROWS, unique_by=lambda one: one[0])


def table(changes: list[tuple[int, dict[str, Any]]]) -> pa.Table:
    records = ONE.to_pylist(maps_as_pydicts="strict")
    return pa.Table.from_pylist([records[row] | state for row, state in changes], schema=ONE.schema)


def readable(rows: pa.Table, stored: pa.Table) -> list[dict[str, Any]]:
    before = {record["row"]: record for record in stored.to_pylist()}
    return [
        record
        for record in rows.to_pylist()
        if (old := before.get(record["row"])) is None or (record != old and rank(record) >= rank(old))
    ]


def rank(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """Ended at all, not failed, taken down, decided by a person, last."""
    end, finished = record["end"], record["finished_at"]
    reviewed = record["reason_kind"] == ReasonKind.REVIEW
    kinds = end is not None, end != End.FAILED, end == End.WITHDRAWN, reviewed
    return *kinds, finished.timestamp() if finished else 0.0


@given(tables, tables, st.integers(1, 3))
def test_by_columns_as_row_by_row(rows: list[Any], stored: list[Any], piece: int) -> None:
    given_, before = table(rows), table(stored)
    with patch.object(progress, "_PIECE", piece):
        assert progress.ahead(given_, before).to_pylist() == readable(given_, before)
