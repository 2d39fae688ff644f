"""A store in a directory: every object is written whole, made durable, then moved or linked into its place.

Half-written files lie in ``<store>/.tmp`` and are locked by their writer for as long as it lives, so that what
a killed process left can be told from what a living one is still writing.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from fsspec.core import strip_protocol

from render import errors
from render.store.objects import PIECE, Entry, ObjectStore, confine, confine_folder, hidden
from render.telemetry import instruments

TEMPORARY = ".tmp"
_TRIES = 20


class DirectoryStore(ObjectStore):
    """Objects are files. Safe for any number of threads and processes, on one machine or on a shared filesystem."""

    lists_at_once = 1  # threads that read directories wait for Python's lock at each name

    def __init__(self, url: str) -> None:
        self._root = Path(str(strip_protocol(url))).absolute()
        self.url = str(self._root)
        if re.search(r"%[0-9A-Fa-f]{2}|[\r\n]", self.url):
            raise errors.InputError(
                f"The store {self.url!r} cannot hold a catalog: Delta Lake misreads line breaks, and what "
                "looks like an escape (%2F). Name a directory without them."
            )
        if self._root.exists() and not self._root.is_dir():
            raise errors.InputError(f"The store {self.url} is a file: name a directory.")
        self.sweep_temporary()

    def uri(self, path: str) -> str:
        return (self._root / confine(path)).as_uri()

    def get(self, path: str) -> bytes:
        with self.open(path) as file:
            return file.read()

    def open(self, path: str) -> BinaryIO:
        with self._faults(path):
            return (self._root / confine(path)).open("rb")

    def put(self, path: str, data: bytes) -> None:
        with self._write_faults(path), self._temporary() as file:
            file.write(data)
            self._place(file, path, os.replace)

    def put_file(self, path: str, local: Path) -> None:
        with self._write_faults(path), local.open("rb") as source, self._temporary() as file:
            shutil.copyfileobj(source, file, PIECE)
            self._place(file, path, os.replace)

    def put_if_absent(self, path: str, data: bytes) -> bool:
        target = self._root / confine(path)
        with self._write_faults(path):
            if target.exists():
                return False
            with self._temporary() as file:
                file.write(data)
                try:
                    self._place(file, path, os.link)
                except FileExistsError:
                    return False
        return True

    def has_put_if_absent(self) -> bool:
        return True  # a link is made by one of many, or by none where the filesystem has no links: then nothing is put

    def size(self, path: str) -> int:
        with self._faults(path):
            target = self._root / confine(path)
            if target.is_dir():
                raise FileNotFoundError(path)
            return target.stat().st_size

    def folders(self, prefix: str = "") -> list[str]:
        folder = self._root / confine_folder(prefix)
        try:
            with self._faults(prefix), os.scandir(folder) as entries:
                return sorted(entry.name for entry in entries if entry.name[0] != "." and entry.is_dir())
        except errors.NotFound:
            return []

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        folder = self._root / confine_folder(prefix)
        unlisted: list[OSError] = []  # told when all else is given: what can be reached can be removed
        for parent, folders, files in os.walk(folder, onerror=unlisted.append):
            folders[:] = [name for name in folders if not hidden(name)]
            for name in files:
                if not hidden(name):
                    path = Path(parent) / name
                    try:
                        found = path.stat()
                    except OSError as error:
                        unlisted.append(error)
                        continue
                    yield Entry(path.relative_to(self._root).as_posix(), found.st_size, found.st_mtime)
        for error in unlisted:
            with suppress(errors.NotFound), self._faults(prefix):  # there is none, or it is gone meanwhile
                raise error

    def delete(self, path: str) -> None:
        target = self._root / confine(path)
        with self._write_faults(path):
            target.unlink(missing_ok=True)
            for parent in target.parents:
                if parent == self._root:
                    break
                try:
                    parent.rmdir()
                except OSError:
                    break

    def sweep_temporary(self, older_than_s: float = 86_400.0, *, count_only: bool = False) -> int:
        swept = 0
        folder = self._root / TEMPORARY
        for path in folder.glob("*") if folder.is_dir() else ():
            with suppress(OSError), path.open("rb") as piece:  # swept by another process, or a living writer's
                if path.name.rpartition("~")[0] == socket.gethostname():
                    fcntl.flock(piece, fcntl.LOCK_EX | fcntl.LOCK_NB)
                elif time.time() - path.stat().st_mtime <= older_than_s:
                    continue
                swept += 1
                if not count_only:  # under the lock, for which a writer that has just made it waits, and sees it gone
                    path.unlink()
        return swept

    @contextmanager
    def _temporary(self) -> Iterator[BinaryIO]:
        """A new file under lock. It is gone at the end, whether it was moved, linked or neither."""
        folder = self._root / TEMPORARY
        while True:
            _make_folders(folder)
            path = folder / f"{socket.gethostname()}~{secrets.token_hex(8)}"
            file = path.open("xb")
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink:
                break
            file.close()  # a sweeper came between the opening and the lock
        try:
            yield file
        finally:
            path.unlink(missing_ok=True)
            file.close()

    def _place(self, file: BinaryIO, path: str, move: Callable[[str, Path], None]) -> None:
        """Make the file durable, bring it to its place, and make that durable."""
        target = self._root / confine(path)
        file.flush()
        os.fsync(file.fileno())
        for last in range(_TRIES, 0, -1):
            try:
                _make_folders(target.parent)
                move(file.name, target)
                break
            except FileNotFoundError:  # delete() took the emptied folder away
                if last == 1:
                    raise
        _sync(target.parent)

    @contextmanager
    def _faults(self, path: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise errors.NotFound(f"There is no object {path} in the store {self.url}.") from error
        except OSError as error:
            instruments.STORAGE_ERRORS.add(1, operation="read", error_type=type(error).__name__)
            raise errors.StoreError(f"The store {self.url} cannot be read at {path}: {error}") from error

    @contextmanager
    def _write_faults(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            instruments.STORAGE_ERRORS.add(1, operation="write", error_type=type(error).__name__)
            raise errors.StoreError(
                f"The store {self.url} cannot be written at {path}: {error}. Check space and permissions."
            ) from error


def _make_folders(folder: Path) -> None:
    """Make a folder and its parents, each durable in the one above."""
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    with suppress(FileNotFoundError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
