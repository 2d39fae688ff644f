"""Manifests as tables: built from lists of values, and written as Parquet."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from render import contracts
from render.manifest import casts, sources

MAX_COLUMNS = 1_000
"""Columns of a manifest, counting each inside a nested one."""


@cache
def known_columns() -> frozenset[str]:
    """The columns that the manifest contract names."""
    return frozenset(column.name for column in contracts.load("manifest").columns)


def too_wide(columns: int) -> str:
    """What to say of a manifest that has more than :data:`MAX_COLUMNS`."""
    return (
        f"has {columns:,} columns, counting those inside others, and {MAX_COLUMNS:,} are the most. Leave out those "
        "that no row needs."
    )


def build(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """A manifest out of plain values, by column; the contract's columns come first, in its order.

    A column in which every value fits has the contract's type, any other is text: whether a value is right is
    judged row by row when the manifest is read.
    """
    typed = {
        column.name: _typed(columns[column.name], column.type)
        for column in contracts.load("manifest").columns
        if column.name in columns
    }
    return pa.table(
        typed | {name: _typed(values, pa.string()) for name, values in columns.items() if name not in typed}
    )


def to_bytes(table: pa.Table) -> bytes:
    """The table as Parquet: the same table gives the same bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", row_group_size=65_536)
    return sink.getvalue().to_pybytes()


def write(table: pa.Table, url: str | Path) -> None:
    """Write a manifest as Parquet to any fsspec URL; it appears whole or not at all.

    Raises :class:`render.errors.InputError` if that fails, or for an address that carries a secret.
    """
    place, data = sources.locate(url), to_bytes(table)
    with sources.explained(place.url, "written"):
        if not isinstance(place.filesystem, LocalFileSystem):
            place.filesystem.pipe_file(place.path, data)
            return
        target = Path(place.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            part.write_bytes(data)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def _typed(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    array = _inferred(values)
    fitting, bad = casts.cast(array, kind)
    return casts.as_text(array) if pc.any(bad).as_py() else fitting


def _inferred(values: Sequence[Any]) -> pa.Array:
    """The values in the type that they share, else as text."""
    try:
        return casts.plain(pa.array(values))
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return pa.array([None if value is None else casts.text(value) for value in values], pa.string())
