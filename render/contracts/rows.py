"""Rows in Arrow tables, in the columns that open the plan's contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

import pyarrow as pa

from render.contracts.contract import load
from render.model import Row, Shot

ROW_COLUMNS = tuple(field.name for field in fields(Row))


@cache
def row_schema() -> pa.Schema:
    """The columns of a table of rows."""
    plan = load("plan").arrow_schema()
    return pa.schema([plan.field(name) for name in ROW_COLUMNS])


def to_rows(table: pa.Table | pa.RecordBatch) -> Iterator[Row]:
    """The rows in a table that has their columns, among others."""
    return map(row_of, table.select(ROW_COLUMNS).to_pylist())


def row_of(record: Mapping[str, Any]) -> Row:
    """The row in a record that has its columns, among others."""
    plain = {name: record[name] for name in ROW_COLUMNS}
    return Row(**plain | {"shots": tuple(Shot(**shot) for shot in plain["shots"]), "tags": dict(plain["tags"])})
