"""Rows of a snapshot by the values of a column, found by DuckDB with the data files' statistics and Bloom filters."""

from __future__ import annotations

import atexit
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from render import errors
from render.store.catalog import files
from render.store.objects import ObjectStore

if TYPE_CHECKING:
    import duckdb
    from deltalake import DeltaTable


def read(
    store: ObjectStore,
    name: str,
    snapshot: DeltaTable,
    columns: Sequence[str],
    *,
    where: tuple[str, Collection[str]],
) -> pa.Table:
    """The given columns of a table's rows, in no order; ``where`` is a column, and which of its values are wanted.

    Raises :class:`render.errors.StoreError`.
    """
    import duckdb

    column, values = where
    schema = pa.schema(snapshot.schema().to_arrow())
    found = files.of(store, name, snapshot, within=where) if values else {}
    if not found:
        return pa.schema([schema.field(name) for name in columns]).empty_table()
    given = ", ".join(f'"{name}"' for name in columns)
    wanted = f'(select unnest($1::varchar[]) as "{column}")'
    sql = f'select {given} from read_parquet({files.listed(store, found)}) semi join {wanted} using ("{column}")'  # noqa: S608 of this program's own names
    try:
        with _connection(store, found) as connection:
            return connection.sql(sql, params=[list(values)]).to_arrow_table()
    except duckdb.Error as error:
        raise errors.StoreError(f"The catalog table {snapshot.table_uri} cannot be read: {error}") from error


@contextmanager
def _connection(store: ObjectStore, found: files.Files) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    if files.local(store):
        with _instance().cursor() as cursor:
            yield cursor
    else:
        with duckdb.connect(":memory:") as connection:
            files.open_to(connection, store, found)
            yield connection


@cache
def _instance() -> duckdb.DuckDBPyConnection:
    """One for all reads of local files, since to make one takes as long as to read."""
    import duckdb

    return duckdb.connect(":memory:")


atexit.register(_instance.cache_clear)
