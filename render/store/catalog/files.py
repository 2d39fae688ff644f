"""The catalog's data files as DuckDB sees them: a file system that opens the given files for reading, nothing else."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO

from fsspec import AbstractFileSystem

from render.store.objects import ObjectStore


class CatalogFiles(AbstractFileSystem):
    """Files by path, with their sizes in bytes, read through a store of any kind. None of them ever changes."""

    protocol = "nightreel"
    cachable = False

    def __init__(self, store: ObjectStore, bytes_by_path: Mapping[str, int]) -> None:
        super().__init__()
        self._store = store
        self._bytes = bytes_by_path

    def address(self, path: str) -> str:
        """How a file is written in SQL."""
        return f"{self.protocol}://{path}"

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        name = path.removeprefix(self.address(""))
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
    """A file that closes what it reads from when it is dropped, since DuckDB drops its files without closing them."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def read(self, size: int | None = -1, /) -> bytes:
        return self._source.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._source.seek(offset, whence)

    def tell(self) -> int:
        return self._source.tell()

    def close(self) -> None:
        self._source.close()
        super().close()
