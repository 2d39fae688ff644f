"""Rows of a snapshot by the values of a column, found by DuckDB with the data files' statistics and Bloom filters."""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from render import contracts, errors
from render.store.catalog import files
from render.store.objects import ObjectStore

if TYPE_CHECKING:
    import duckdb
    from deltalake import DeltaTable

_ROWS = 16_384
"""Rows of a piece of a table that is read whole."""


def read(
    store: ObjectStore, name: str, snapshot: DeltaTable, columns: Sequence[str], *, where: tuple[str, pa.Array]
) -> pa.Table:
    """The given columns of a table's rows, in no order; ``where`` is a column, and which of its values are wanted.

    Raises :class:`render.errors.StoreError`.
    """
    given = ", ".join(f'"{column}"' for column in columns)
    found = ask(store, name, snapshot, f"select {given} from found", where=where)  # noqa: S608 of its own names
    if found is None:
        schema = contracts.load(name).arrow_schema()
        return pa.schema([schema.field(column) for column in columns]).empty_table()
    return found


def ask(
    store: ObjectStore,
    name: str,
    snapshot: DeltaTable,
    sql: str,
    *,
    where: tuple[str, pa.Array],
    tables: Mapping[str, pa.Table] | None = None,
) -> pa.Table | None:
    """What a question of this program says of ``found``, the rows that ``where`` wants, beside other ``tables``.

    None if no data file can hold such a row. Raises :class:`render.errors.StoreError`.
    """
    import duckdb

    column, values = where
    kept = files.of(store, name, snapshot, within=where) if len(values) else {}
    if not kept:
        return None
    uniform = files.uniform(name, snapshot)
    try:
        with _connection(store, kept) as connection:
            every = files.rows(connection, store, name, kept, uniform=uniform)
            rows = f'select * from ({every}) semi join wanted using ("{column}")'  # noqa: S608 of its own names
            for given, table in {"wanted": pa.table({column: values}), **(tables or {})}.items():
                connection.register(given, table)
            return connection.sql(f"with found as ({rows}) {sql}").to_arrow_table()
    except duckdb.Error as error:
        raise errors.StoreError(f"The catalog table {snapshot.table_uri} cannot be read: {error}") from error


def pieces(
    store: ObjectStore, name: str, snapshot: DeltaTable, columns: Sequence[str], *, within: tuple[str, pa.Array]
) -> Iterator[pa.RecordBatch]:
    """The given columns of every row of those data files that can hold a row with one of the values ``within``.

    For so many values that to join them takes longer than to look at each row. Raises
    :class:`render.errors.StoreError`.
    """
    import duckdb

    kept = files.of(store, name, snapshot, within=within)
    if not kept:
        return
    given = ", ".join(f'"{column}"' for column in columns)
    try:
        with _connection(store, kept) as connection:
            every = files.rows(connection, store, name, kept, uniform=files.uniform(name, snapshot))
            yield from connection.sql(f"select {given} from ({every})").to_arrow_reader(_ROWS)  # noqa: S608 of its own names
    except (duckdb.Error, OSError, pa.ArrowException) as error:
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
