"""Rows that wait on disk until it is decided what becomes of them."""

from __future__ import annotations

import errno
import mmap
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from weakref import WeakSet

import numpy as np
import pyarrow as pa

from render import errors

_mapped: WeakSet[mmap.mmap] = WeakSet()
"""The files that tables of this process are read from."""
_mapping = threading.Lock()
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def on_disk(tables: Iterable[pa.Table], folder: Path | None = None) -> pa.Table | None:
    """The rows of these tables, as one table that is read from a file where it is used; None without a table.

    The file is in ``folder``, by default where temporary files are. It has no name, and is gone when nothing refers to
    the table any more. Raises :class:`render.errors.StoreError` if there is no room for it.
    """
    writer = None
    with room(folder), TemporaryFile(dir=folder) as file:
        for table in tables:
            writer = writer or pa.ipc.new_stream(file, table.schema)
            writer.write_table(table)
        if writer is None:
            return None
        writer.close()
        file.flush()
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with _mapping:
        _mapped.add(mapped)
    release()
    return pa.ipc.open_stream(pa.py_buffer(mapped)).read_all()


@contextmanager
def room(folder: Path | None) -> Iterator[None]:
    """Turn a full disk meanwhile into a :class:`render.errors.StoreError` that says where to make room."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        where, other = (folder, "NIGHTREEL_SCRATCH") if folder else (gettempdir(), "TMPDIR")
        raise errors.StoreError(
            f"There is no room for a plan in the making in {where}. Make some, or set {other} to a folder of another "
            "disk."
        ) from error


class Reader:
    """Takes rows out of a large table, piece by piece, so that little of what is on disk is in memory at once."""

    def __init__(self, table: pa.Table) -> None:
        self._pieces = table.to_batches()
        self._starts = np.cumsum([0, *(piece.num_rows for piece in self._pieces)])
        self._schema = table.schema
        release()

    def take(self, rows: np.ndarray) -> pa.Table:
        """The rows at these positions, which ascend."""
        piece = np.searchsorted(self._starts, rows, side="right") - 1
        found = []
        for one in np.unique(piece):
            found.append(self._pieces[one].take(pa.array(rows[piece == one] - self._starts[one])))
            release()
        return pa.Table.from_batches(found, self._schema)


def release() -> None:
    """Keep nothing in this process's memory of what tables are on disk: it is read again where it is used again.

    Nor what Arrow keeps for tables to come.
    """
    with _mapping:
        every = list(_mapped)
    for mapped in every:
        mapped.madvise(mmap.MADV_DONTNEED)
    pa.default_memory_pool().release_unused()
