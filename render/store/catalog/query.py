"""SQL over the catalog: DuckDB in memory on snapshots of the Delta tables, without a way to files or the network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from render import contracts, errors
from render.model import End
from render.store import layout
from render.store.catalog import delta
from render.store.objects import ObjectStore

if TYPE_CHECKING:
    import duckdb

_RESERVED = frozenset({"end", "check"})
"""Columns whose names are words of SQL: they are written in double quotes."""
_OF_DUCKDB = re.compile(r"\nDid you mean \"(pg_|duckdb_|pragma_)[^\n]*")
"""Its advice to ask its own tables."""


def query(store: ObjectStore, sql: str) -> pa.Table:
    """What one SELECT (or DESCRIBE, SUMMARIZE, SHOW TABLES) says of requests, clips, checks and the view results.

    Each table is read as it stands when the query begins; tables that were never published are empty. Raises
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
            words = " and ".join(f'"{word}"' for word in sorted(_RESERVED))
            hint = (
                f"The columns {words} are words of SQL: write them in double quotes. DESCRIBE lists a table's columns."
            )
            raise errors.QueryError(f"{error}\n\n{hint}") from error
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
    return min(delta.read(snapshot, ["fingerprint"], "sha256", [sha256])["fingerprint"].to_pylist(), default=None)


def rows_ended(store: ObjectStore, batch_id: str) -> int:
    """How many rows of the batch the catalog knows the end of."""
    return ends_of(store, [batch_id])[batch_id].total()


def ends_of(store: ObjectStore, batch_ids: Collection[str]) -> dict[str, Counter[End]]:
    """How many rows of each of the batches the catalog knows each end of."""
    ends: dict[str, Counter[End]] = {batch_id: Counter() for batch_id in batch_ids}
    snapshot = delta.load(store, "requests") if batch_ids else None
    if snapshot is not None:
        rows = delta.read(snapshot, ["batch", "end"], "batch", batch_ids)
        for group in rows.group_by(["batch", "end"]).aggregate([([], "count_all")]).to_pylist():
            if group["end"] is not None:
                ends[group["batch"]][End(group["end"])] = group["count_all"]
    return ends


def clips_of_prompts(store: ObjectStore, prompts: Collection[str], *, columns: Sequence[str]) -> list[dict[str, Any]]:
    """The published clips of these prompts: ``prompt``, ``engine`` and the given columns of each."""
    snapshot = delta.load(store, "clips") if prompts else None
    if snapshot is None:
        return []
    return delta.read(snapshot, ["prompt", "engine", *columns], "prompt", sorted(prompts)).to_pylist()


@contextmanager
def _connection(store: ObjectStore) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own with the catalog in it, closed to the world: no other file, no network, no setting."""
    import duckdb

    from render.store.catalog.files import CatalogFiles

    tables = {name: _files(store, name) for name in delta.TABLES}
    files = CatalogFiles(store, {path: size for sizes in tables.values() for path, size in sizes.items()})
    base = store.uri(layout.CATALOG).removesuffix(f"/{layout.CATALOG}").replace("'", "''")
    view = resources.files("render.store.catalog").joinpath("results.sql").read_text(encoding="utf-8")
    with duckdb.connect(":memory:") as connection:
        connection.register_filesystem(files)
        for name, sizes in tables.items():
            if sizes:
                connection.execute(f"create view {name} as from read_parquet({_literal(map(files.address, sizes))})")
            else:
                connection.register(name, contracts.load(name).arrow_schema().empty_table())
        connection.execute(view.replace("$store", f"'{base}'"))
        allowed = _literal(files.address(path) for sizes in tables.values() for path in sizes)
        connection.execute(
            f"set timezone = 'UTC'; set allowed_paths = {allowed}; set enable_external_access = false; "
            "set python_enable_replacements = false; set lock_configuration = true"
        )
        yield connection


def _files(store: ObjectStore, name: str) -> dict[str, int]:
    """The data files of a table's newest snapshot: size in bytes by path in the store."""
    snapshot = delta.load(store, name)
    if snapshot is None:
        return {}
    if "deletionVectors" in (snapshot.protocol().reader_features or ()):
        raise errors.StoreError(
            f"The catalog table {name} in {store.url} has deletion vectors, which are not read here: compact it, and "
            "turn them off with delta.enableDeletionVectors = false."
        )
    added = pa.table(snapshot.get_add_actions(flatten=True)).select(["path", "size_bytes"]).to_pylist()
    return {f"{layout.table(name)}/{file['path']}": file["size_bytes"] for file in added}


def _literal(texts: Iterable[str]) -> str:
    """A list of texts as it stands in SQL."""
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"


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
