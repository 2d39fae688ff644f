"""What waits on this machine's disk: rows until it is decided what becomes of them, and files in the making."""

from __future__ import annotations

import errno
import mmap
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile, gettempdir
from typing import BinaryIO
from weakref import WeakSet

import numpy as np
import pyarrow as pa

from render import errors, scratch

_mapped: WeakSet[mmap.mmap] = WeakSet()
"""The files that tables of this process are read from."""
_mapping = threading.Lock()
_FULL = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))


def on_disk(tables: Iterable[pa.Table], root: Path | None = None) -> pa.Table | None:
    """The rows of these tables, as one table that is read from a file where it is used; None without a table.

    The file is in a :func:`folder`. It has no name, and is gone when nothing refers to the table any more.
    """
    writer = None
    with folder(root, "rows") as here, _nameless(here, root) as file:
        for table in tables:
            with room(root):
                writer = writer or pa.ipc.new_stream(file, table.schema)
                writer.write_table(table)
        if writer is None:
            return None
        with room(root):
            writer.close()
            file.flush()
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with _mapping:
        _mapped.add(mapped)
    release()
    return pa.ipc.open_stream(pa.py_buffer(mapped)).read_all()


@contextmanager
def folder(root: Path | None, purpose: str) -> Iterator[Path]:
    """A new folder in the scratch directory ``root``, by default where temporary files are; gone with the block.

    What a process leaves that dies meanwhile is swept by the next that has a folder there. Raises
    :class:`render.errors.StoreError` if there is no room for it, and :class:`render.errors.SettingsError` if it cannot
    be made.
    """
    with ExitStack() as stack:
        try:
            with room(root):
                made = stack.enter_context(
                    scratch.private(root, purpose) if root else TemporaryDirectory(prefix=f"{purpose}-")
                )
        except OSError as error:
            where, setting = _place(root)
            raise errors.SettingsError(
                f"Nothing can be written in {where}: {error.strerror or error}. Set {setting} to a folder of yours."
            ) from error
        yield Path(made)


@contextmanager
def room(root: Path | None) -> Iterator[None]:
    """Turn a full disk meanwhile into a :class:`render.errors.StoreError` that says where to make room."""
    try:
        yield
    except Exception as error:
        if not any(full in str(error) for full in _FULL):  # delta-rs tells no number
            raise
        where, setting = _place(root)
        raise errors.StoreError(
            f"There is no room for files in the making in {where}. Make some, or set {setting} to a folder of another "
            "disk."
        ) from error


def _place(root: Path | None) -> tuple[str, str]:
    """Where files in the making are, and the setting that says so."""
    return (str(root), "NIGHTREEL_SCRATCH") if root else (gettempdir(), "TMPDIR")


@contextmanager
def _nameless(here: Path, root: Path | None) -> Iterator[BinaryIO]:
    """A file for the time of the block; what it could not write it may try to write once more at the end."""
    with room(root):
        file = TemporaryFile(dir=here)  # noqa: SIM115 - what the block raises does not go through room()
    try:
        yield file
    finally:
        with room(root):
            file.close()


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
