"""SQL over the catalog: DuckDB in memory on snapshots of the Delta tables, without a way to files or the network."""

from __future__ import annotations

import atexit
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, partial
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render import contracts, errors
from render.model import End, Figure, ReasonKind
from render.store import layout
from render.store.catalog import delta, files, scan
from render.store.fingerprints import Index
from render.store.objects import ObjectStore

if TYPE_CHECKING:
    import duckdb

_RESERVED = frozenset({"end", "check"})
"""Columns whose names are words of SQL: they are written in double quotes."""
_OF_DUCKDB = re.compile(r"\nDid you mean \"(pg_|duckdb_|pragma_)[^\n]*")
"""Its advice to ask its own tables."""


def query(store: ObjectStore, sql: str) -> pa.Table:
    """What one SELECT (or DESCRIBE, SUMMARIZE, SHOW TABLES) says of requests, clips, checks and the view results.

    Each table is read as it stands when the query begins; tables that were never published are empty. What was opened
    for a query serves the next one of this process, until something is published. Raises
    :class:`render.errors.QueryError` with DuckDB's message and the names of tables and columns,
    :class:`render.errors.StoreError` if the catalog cannot be read.
    """
    import duckdb

    with _connection(store) as connection:
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise errors.QueryError(
                    "A query is one SELECT (or DESCRIBE, SUMMARIZE, SHOW TABLES), and nothing else."
                )
            found = connection.sql(statements[0].query).to_arrow_table()
        except duckdb.ParserException as error:
            words = " and ".join(
                f'"{word}"' for word in sorted(_RESERVED) if re.search(rf"\b{word}\b", sql, re.IGNORECASE)
            )
            quoted = f"Columns whose names are words of SQL need double quotes: {words}. " if words else ""
            raise errors.QueryError(f"{error}\n\n{quoted}DESCRIBE lists a table's columns.") from error
        except duckdb.PermissionException as error:
            raise errors.QueryError(
                "A query reads the tables of the catalog and nothing else: no files, no network, no settings."
            ) from error
        except duckdb.Error as error:
            raise errors.QueryError(f"{_OF_DUCKDB.sub('', str(error))}\n\n{_hint(connection)}") from error
    doubled = sorted({name for name in found.column_names if found.column_names.count(name) > 1})
    if doubled:
        raise errors.QueryError(f"Two columns of the answer are called {', '.join(doubled)}: name them apart with AS.")
    return _plain(found)


def tables(store: ObjectStore) -> dict[str, pa.Schema]:
    """The columns of every table and view that a query can name; metadata give unit and description."""
    with _connection(store) as connection:
        view = connection.sql("from results limit 0").to_arrow_table().schema
    return {name: contracts.load(name).arrow_schema() for name in delta.TABLES} | {"results": view}


def is_empty(store: ObjectStore) -> bool:
    """Whether no batch was ever published."""
    return delta.load(store, "requests") is None


def find_clip(store: ObjectStore, sha256: str) -> str | None:
    """The fingerprint of the published clip whose video file has this hash; None if there is none."""
    snapshot = delta.load(store, "clips")
    if snapshot is None:
        return None
    found = scan.read(store, "clips", snapshot, ["fingerprint"], where=("sha256", pa.array([sha256])))
    return min(found["fingerprint"].to_pylist(), default=None)


def rows_ended(store: ObjectStore, batch_id: str) -> int:
    """How many rows of the batch the catalog knows the end of."""
    return ends_of(store, [batch_id])[batch_id].total()


def ends_of(store: ObjectStore, batch_ids: Collection[str]) -> dict[str, Counter[End]]:
    """How many rows of each of the batches the catalog knows each end of."""
    ends: dict[str, Counter[End]] = {batch_id: Counter() for batch_id in batch_ids}
    snapshot = delta.load(store, "requests") if batch_ids else None
    if snapshot is not None:
        rows = scan.read(store, "requests", snapshot, ["batch", "end"], where=("batch", pa.array(list(batch_ids))))
        for group in rows.group_by(["batch", "end"]).aggregate([([], "count_all")]).to_pylist():
            if group["end"] is not None:
                ends[group["batch"]][End(group["end"])] = group["count_all"]
    return ends


def requests_of(store: ObjectStore, fingerprints: pa.Array, *, columns: Sequence[str]) -> pa.Table:
    """The published requests for these clips: the given columns of each, in no order."""
    snapshot = delta.load(store, "requests") if len(fingerprints) else None
    if snapshot is None:
        schema = contracts.load("requests").arrow_schema()
        return pa.schema([schema.field(name) for name in columns]).empty_table()
    return scan.read(store, "requests", snapshot, columns, where=("fingerprint", fingerprints))


def clips_of_prompts(store: ObjectStore, prompts: pa.Array, *, columns: Sequence[str]) -> pa.Table:
    """The published clips of these prompts: ``prompt``, ``engine`` and the given columns of each."""
    return _clips(store, ["prompt", "engine", *columns], where=("prompt", prompts))


def made_by(store: ObjectStore, fingerprints: pa.Array) -> pa.Array:
    """The batch that made each of these clips; null for a clip that was never published."""
    snapshot = delta.load(store, "clips") if len(fingerprints) else None
    if snapshot is None:
        return pa.nulls(len(fingerprints), pa.string())
    index = Index(fingerprints)
    numbers: dict[str, int] = {}
    made = np.full(len(index.first), -1, np.int32)
    for piece in scan.pieces(store, "clips", snapshot, ["fingerprint", "batch"], within=("fingerprint", fingerprints)):
        found = index.find(piece["fingerprint"])
        makers = piece["batch"].dictionary_encode()
        number = np.array([numbers.setdefault(name, len(numbers)) for name in makers.dictionary.to_pylist()], np.int32)
        made[found[found >= 0]] = number[makers.indices.to_numpy()[found >= 0]]
    made = made[index.of_row]
    return pa.array(numbers, pa.string()).take(pa.array(made, mask=made < 0))


def clips_of(store: ObjectStore, fingerprints: pa.Array, *, columns: Sequence[str]) -> pa.Table:
    """Those of these clips that were published: ``fingerprint`` and the given columns of each, in no order."""
    return _clips(store, ["fingerprint", *columns], where=("fingerprint", fingerprints))


def figures_of(store: ObjectStore, fingerprints: pa.Array) -> dict[str, list[Figure]]:
    """What was measured of those of these clips that were published, by fingerprint."""
    snapshot = delta.load(store, "checks") if len(fingerprints) else None
    found: dict[str, list[Figure]] = {}
    if snapshot is not None:
        columns = ["fingerprint", "check", "name", "value", "unit"]
        for one in scan.read(store, "checks", snapshot, columns, where=("fingerprint", fingerprints)).to_pylist():
            found.setdefault(one.pop("fingerprint"), []).append(Figure(**one))
    return found


def measured(store: ObjectStore, fingerprints: pa.Array) -> pa.Array:
    """Those of these clips of which figures were published."""
    snapshot = delta.load(store, "checks") if len(fingerprints) else None
    where, sql = ("fingerprint", fingerprints), "select distinct fingerprint from found"
    found = None if snapshot is None else scan.ask(store, "checks", snapshot, sql, where=where)
    return fingerprints[:0] if found is None else found["fingerprint"].combine_chunks()


def reviewed(store: ObjectStore, fingerprints: pa.Array) -> pa.Table:
    """The rows of these clips that a person approved, there or in an earlier batch, or refused.

    Columns ``fingerprint``, ``experiment``, ``policy``, ``batch`` and ``row``, in no order.
    """
    columns = ["fingerprint", "experiment", "policy", "batch", "row"]
    found = requests_of(store, fingerprints, columns=[*columns, "reason_kind"])
    return found.filter(pc.fill_null(pc.equal(found["reason_kind"], ReasonKind.REVIEW), False)).select(columns)


def within(
    store: ObjectStore, fingerprints: pa.Array, limits: Sequence[tuple[str, str, float | None, float | None]]
) -> pa.Array:
    """Those of these clips for which every limit has its figure, within it.

    A limit is a check, the name of a figure, and the least and the greatest value that it may have, if there are such.
    """
    snapshot = delta.load(store, "checks") if len(fingerprints) else None
    if not limits or snapshot is None:
        return fingerprints if not limits else fingerprints[:0]
    names = ("check", "name", "least", "most")
    kinds = (pa.string(), pa.string(), pa.float64(), pa.float64())
    columns = zip(names, kinds, zip(*limits, strict=True), strict=True)
    asked = pa.table({name: pa.array(values, kind) for name, kind, values in columns})
    sql = f"""
        select fingerprint from found join limits using ("check", name)
        where value >= coalesce(least, '-inf') and value <= coalesce(most, 'inf')
        group by fingerprint having count(*) = {len(limits)}
    """  # noqa: S608 of this program's own names
    found = scan.ask(store, "checks", snapshot, sql, where=("fingerprint", fingerprints), tables={"limits": asked})
    return fingerprints[:0] if found is None else found["fingerprint"].combine_chunks()


def _clips(store: ObjectStore, columns: Sequence[str], *, where: tuple[str, pa.Array]) -> pa.Table:
    snapshot = delta.load(store, "clips") if len(where[1]) else None
    if snapshot is None:
        schema = contracts.load("clips").arrow_schema()
        return pa.schema([schema.field(name) for name in columns]).empty_table()
    return scan.read(store, "clips", snapshot, columns, where=where)


@contextmanager
def _connection(store: ObjectStore) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the catalog as it stands now, closed to the world: no other file, no network, no setting."""
    with ThreadPoolExecutor(len(delta.TABLES)) as pool:
        tables = tuple(pool.map(partial(_files, store), delta.TABLES))
    with _database(store, tables).cursor() as connection:
        yield connection


@lru_cache(maxsize=1)
def _database(
    store: ObjectStore, tables: tuple[tuple[bool, tuple[tuple[str, int], ...]], ...]
) -> duckdb.DuckDBPyConnection:
    """The catalog of these files, by table. The last one is kept: to make one takes as long as many a query."""
    import duckdb

    base = store.uri(layout.CATALOG).removesuffix(f"/{layout.CATALOG}").replace("'", "''")
    view = resources.files("render.store.catalog").joinpath("results.sql").read_text(encoding="utf-8")
    everything = {path: size for _, found in tables for path, size in found}
    connection = duckdb.connect(":memory:")
    files.open_to(connection, store, everything)
    for name, (uniform, found) in zip(delta.TABLES, tables, strict=True):
        if found:
            rows = files.rows(connection, store, name, dict(found), uniform=uniform)
            connection.execute(f"create view {name} as {rows}")
        else:
            connection.register("nothing", contracts.load(name).arrow_schema().empty_table())
            connection.execute(f"create table {name} as from nothing")
            connection.unregister("nothing")
    connection.execute(view.replace("$store", f"'{base}'"))
    connection.execute(
        f"set allowed_paths = {files.listed(store, everything)}; set enable_external_access = false; "
        "set global timezone = 'UTC'; set parquet_metadata_cache = true; "
        "set python_enable_replacements = false; set lock_configuration = true"
    )
    return connection


atexit.register(_database.cache_clear)


def _files(store: ObjectStore, name: str) -> tuple[bool, tuple[tuple[str, int], ...]]:
    """The data files of a table's newest snapshot: whether they are uniform; path in the store, size in bytes."""
    snapshot = delta.load(store, name)
    if snapshot is None:
        return True, ()
    return files.uniform(name, snapshot), tuple(files.of(store, name, snapshot).items())


def _hint(connection: duckdb.DuckDBPyConnection) -> str:
    """The tables with their columns, as a query has to write them."""
    found: dict[str, list[str]] = {}
    names = "select table_name, column_name from duckdb_columns() where not internal order by table_oid, column_index"
    for table, column in connection.execute(names).fetchall():
        found.setdefault(table, []).append(f'"{column}"' if column in _RESERVED else column)
    lines = [f"  {table}: {', '.join(columns)}" for table, columns in found.items()]
    return "\n".join(["There is:", *lines])


def _plain(found: pa.Table) -> pa.Table:
    """Decimals, which sums over integers give, as the integers or floats that every reader takes."""
    for position, field in enumerate(found.schema):
        if pa.types.is_decimal(field.type):
            column = found.column(position)
            try:
                column = column.cast(pa.int64() if field.type.scale == 0 else pa.float64())
            except pa.ArrowInvalid:  # beyond 64 bits
                column = column.cast(pa.float64())
            found = found.set_column(position, field.name, column)
    return found
