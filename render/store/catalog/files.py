"""The catalog's data files as DuckDB sees them: in a directory as they lie there, elsewhere through the store."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from fsspec import AbstractFileSystem

from render import contracts, errors
from render.store import layout
from render.store.objects import ObjectStore

if TYPE_CHECKING:
    import duckdb
    from deltalake import DeltaTable


Files = Mapping[str, int]
"""Size in bytes by path in the store. None of the files ever changes."""


def of(store: ObjectStore, name: str, snapshot: DeltaTable, within: tuple[str, pa.Array] | None = None) -> Files:
    """The data files of a table's snapshot: size in bytes by path in the store.

    ``within`` is a column and values: files whose statistics say that they hold none of these are left out. Raises
    :class:`render.errors.StoreError` for a table whose files do not hold all of its rows and only those.
    """
    if "deletionVectors" in (snapshot.protocol().reader_features or ()) or snapshot.metadata().partition_columns:
        raise errors.StoreError(
            f"The catalog table {name} in {store.url} has deletion vectors or partitions, which are not read here: "
            "compact it with delta.enableDeletionVectors = false, or publish its batches into a table of their own."
        )
    added = snapshot.get_add_actions()
    sizes = dict(zip(added["path"].to_pylist(), added["size_bytes"].to_pylist(), strict=True))
    if within:
        column, values = within
        least, most = pc.min_max(values).values()
        some = [(column, ">=", least.as_py()), (column, "<=", most.as_py())]
        kept = {uri.rpartition("/")[2] for uri in snapshot.file_uris(file_pruning_predicate=some)}
        sizes = {path: size for path, size in sizes.items() if path.rpartition("/")[2] in kept}
    return {f"{layout.table(name)}/{path}": size for path, size in sizes.items()}


def listed(store: ObjectStore, files: Files) -> str:
    """The files as a list of SQL."""
    base = f"{store.url}/" if local(store) else f"{CatalogFiles.protocol}://"
    return "[" + ", ".join("'" + f"{base}{path}".replace("'", "''") + "'" for path in files) + "]"


def uniform(name: str, snapshot: DeltaTable) -> bool:
    """Whether each data file has all columns of the table's contract, by what the log says of its statistics.

    Files that were written before the table got a column do not have it.
    """
    counts = pa.table(snapshot.get_add_actions(flatten=True))
    plain = [field.name for field in contracts.load(name).arrow_schema() if not pa.types.is_nested(field.type)]
    told = [f"null_count.{column}" for column in plain]
    return all(one in counts.column_names and not counts[one].null_count for one in told)


def rows(connection: duckdb.DuckDBPyConnection, store: ObjectStore, name: str, files: Files, *, uniform: bool) -> str:
    """SQL for the rows of a table's files; null is what a column holds in a file that does not have it."""
    if uniform:
        return f"select * from read_parquet({listed(store, files)})"  # noqa: S608 of this program's own names
    nothing = connection.from_arrow(contracts.load(name).arrow_schema().empty_table())
    columns = ", ".join(
        f'null::{kind} as "{column}"' for column, kind in zip(nothing.columns, nothing.types, strict=True)
    )
    found = f"select * from read_parquet({listed(store, files)}, union_by_name = true)"  # noqa: S608 of its own names
    return f"select {columns} where false union all by name {found}"


def open_to(connection: duckdb.DuckDBPyConnection, store: ObjectStore, files: Files) -> None:
    """Let a DuckDB instance read these files as :func:`listed` names them."""
    if not local(store):
        connection.register_filesystem(CatalogFiles(store, files))


def local(store: ObjectStore) -> bool:
    """Whether DuckDB reads the store's files by itself."""
    return store.uri(layout.CATALOG).startswith("file:")


class CatalogFiles(AbstractFileSystem):
    """A file system that opens the given files for reading, through a store of any kind, and nothing else."""

    protocol = "nightreel"
    cachable = False

    def __init__(self, store: ObjectStore, files: Files) -> None:
        super().__init__()
        self._store = store
        self._bytes = files

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        name = path.removeprefix(f"{self.protocol}://")
        if name not in self._bytes:
            raise FileNotFoundError(name)
        return {"name": name, "size": self._bytes[name], "type": "file"}

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        info = self.info(path)
        return [info if detail else info["name"]]

    def modified(self, path: str) -> datetime:
        return datetime.fromtimestamp(0, UTC)

    def open(self, path: str, mode: str = "rb", **_: Any) -> _File:  # type: ignore[override]
        if mode != "rb":
            raise PermissionError("The catalog is only read.")
        return _File(self._store.open(self.info(path)["name"]))


class _File(io.BufferedIOBase):
    """A file that several threads read at once, as DuckDB does: each has a position of its own.

    It closes what it reads from when it is dropped, since DuckDB drops its files without closing them.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._one_at_a_time = threading.Lock()
        self._of_thread = threading.local()

    def read(self, size: int | None = -1, /) -> bytes:
        with self._one_at_a_time:
            self._source.seek(self.tell())
            data = self._source.read(-1 if size is None else size)
        self._of_thread.position = self.tell() + len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        with self._one_at_a_time:
            self._source.seek(self.tell())
            self._of_thread.position = self._source.seek(offset, whence)
        return self.tell()

    def tell(self) -> int:
        return getattr(self._of_thread, "position", 0)

    def close(self) -> None:
        self._source.close()
        super().close()
