"""Compaction of a catalog table: the rows of its small files in large ones, beside writers and readers.

The commit is written here, as the Delta protocol asks for it: an object of the log that is put if it is absent, and
names the files that it takes away and those that hold their rows now. delta-rs' own is not used, for two of them both
succeed though they take the same files away, and then every row of these is there twice: its check for conflicts
leaves out removals that change no data.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from render import errors
from render.store import layout, spool
from render.store.catalog import delta, files
from render.store.objects import ObjectStore

if TYPE_CHECKING:
    from deltalake import DeltaTable

PLAIN_WRITER_VERSION = 2
"""Tables that ask more of their writers have been changed by another program, and are left to it."""
_TRIES = 20
_FAILURES = 3


def compactable(snapshot: DeltaTable, size: int) -> int:
    """How many files are smaller than ``size`` bytes, if compaction to it would make at most half as many; else 0."""
    if not _plain(snapshot):
        return 0
    small = [given for given in snapshot.get_add_actions()["size_bytes"].to_pylist() if given < size]
    return len(small) if len(small) >= 2 * ceil(sum(small) / size) else 0


def compact(store: ObjectStore, name: str, size: int, *, scratch: Path | None = None) -> bool:
    """Rewrite a table's files that are smaller than ``size`` bytes into files of about that size; no row changes.

    They are made in ``scratch``, else where this machine keeps temporary files. Gives whether any were rewritten:
    commits of others that take the same files away go first. Raises :class:`render.errors.StoreError`, or an error of
    delta-rs, for trouble with the storage.
    """
    snapshot = delta.load(store, name)
    if snapshot is None or not compactable(snapshot, size):
        return False
    groups = _groups(files.of(store, name, snapshot), size)
    return any([_replaced(store, name, snapshot, group, size=size, scratch=scratch) for group in groups])  # noqa: C419 - all of them


def _plain(snapshot: DeltaTable) -> bool:
    return snapshot.protocol().min_writer_version <= PLAIN_WRITER_VERSION


def _groups(sizes: files.Files, size: int) -> Iterator[list[str]]:
    """Paths of small files that are one large file together, two at least."""
    group, filled = [], 0
    for path in sorted(path for path, given in sizes.items() if given < size):
        if filled + sizes[path] > size and group:
            if len(group) > 1:
                yield group
            group, filled = [], 0
        group.append(path)
        filled += sizes[path]
    if len(group) > 1:
        yield group


def _replaced(
    store: ObjectStore, name: str, snapshot: DeltaTable, paths: Sequence[str], *, size: int, scratch: Path | None
) -> bool:
    """Put new files in the place of these, unless another commit takes one of them away; say whether it was done."""
    added = _rewritten(store, name, snapshot, paths, size=size, scratch=scratch)
    mine = {f"{layout.table(name)}/{add['path']}" for add in added}
    failures = 0
    for _ in range(_TRIES):
        newest = delta.load(store, name)
        assert newest is not None
        known = files.of(store, name, newest)
        if mine <= known.keys():  # by a try whose answer was lost
            return True
        if not known.keys() >= set(paths) or newest.schema() != snapshot.schema() or not _plain(newest):
            return False  # what was written is stale, and removed as such
        commit = _commit({path.removeprefix(f"{layout.table(name)}/"): known[path] for path in paths}, added)
        try:
            if store.put_if_absent(f"{layout.table(name)}/_delta_log/{newest.version() + 1:020}.json", commit):
                return True
        except errors.StoreError:
            failures += 1
            if failures == _FAILURES:
                raise
    return False


def _rewritten(
    store: ObjectStore, name: str, snapshot: DeltaTable, paths: Sequence[str], *, size: int, scratch: Path | None
) -> list[dict[str, Any]]:
    """Write the rows of these files, ``size`` bytes or less, into a new one beside them; give the log's entry for it.

    A table of its own in a local folder is what makes them: so they are written, and counted, as all others are.
    """
    from deltalake import write_deltalake

    rows = _rows(store, paths, pa.schema(snapshot.schema().to_arrow()))
    with spool.folder(scratch, "compaction") as folder:
        with spool.room(scratch):
            write_deltalake(folder, rows, writer_properties=delta.written(name), target_file_size=2 * size)
        [log] = (folder / "_delta_log").glob("*.json")
        added = [entry["add"] for line in log.read_bytes().splitlines() if "add" in (entry := orjson.loads(line))]
        for add in added:
            store.put_file(f"{layout.table(name)}/{add['path']}", folder / add["path"])
    return added


def _rows(store: ObjectStore, paths: Sequence[str], schema: pa.Schema) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        for path in paths:
            with store.open(path) as file, pq.ParquetFile(file) as parquet:
                for batch in parquet.iter_batches():
                    there = pa.Table.from_batches([batch])
                    for field in schema:
                        if field.name not in there.column_names:  # which the table got later
                            there = there.append_column(field.name, pa.nulls(there.num_rows, field.type))
                    yield from there.select(schema.names).cast(schema).to_batches()

    return pa.RecordBatchReader.from_batches(schema, batches())


def _commit(removed: Mapping[str, int], added: Sequence[Mapping[str, Any]]) -> bytes:
    """The log's entry, a line of JSON for each action; ``removed`` has sizes by path in the table."""
    now = int(time.time() * 1000)
    actions: list[dict[str, Any]] = [
        {"commitInfo": {"timestamp": now, "operation": "OPTIMIZE", "operationParameters": {}}}
    ]
    actions += [
        {
            "remove": {
                "path": path,
                "dataChange": False,
                "deletionTimestamp": now,
                "extendedFileMetadata": True,
                "partitionValues": {},
                "size": size,
            }
        }
        for path, size in removed.items()
    ]
    actions += [{"add": {**add, "dataChange": False}} for add in added]
    return b"\n".join(map(orjson.dumps, actions))
