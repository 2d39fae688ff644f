"""Where manifests lie: one file or a folder of them, behind any fsspec URL, confined to the roots that are allowed."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from render.errors import ManifestError, StoreError
from render.model import ManifestFile
from render.settings import carries_secret

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

BLOCK = 1 << 20
"""Bytes that are hashed at once."""
PASSING = {errno.EIO, errno.EREMOTEIO, errno.EBUSY, errno.ENETUNREACH, errno.EHOSTUNREACH}
"""What file systems say when the service is at fault; s3fs, too, for the answers 500 and 503."""
_TELLING = ("size", "mtime", "ino", "ETag", "etag", "LastModified", "last_modified", "updated", "md5Hash")
"""What file systems tell of a file's content in a listing, by their own names for it."""
OTHERS = {".json", ".jsonl", ".txt", ".tsv", ".xls", ".xlsx", ".ods", ".md", ".toml"}
"""Endings of files that people take for manifests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file or folder on its file system."""

    filesystem: AbstractFileSystem
    path: str

    @property
    def url(self) -> str:
        """Absolute, with its protocol; a local file's in the usual escapes."""
        return Path(self.path).as_uri() if _is_local(self.filesystem) else self.filesystem.unstrip_protocol(self.path)

    def open(self) -> IO[bytes]:
        """Open for reading. Raises :class:`render.errors.ManifestError`, also for a pipe or a device."""
        with explained(self.url):
            if self.filesystem.info(self.path)["type"] == "other":
                raise ManifestError(
                    f"{self.url} is a pipe or a device, which cannot be read twice. Write it to a file, and give that."
                )
            return cast("IO[bytes]", self.filesystem.open(self.path, "rb"))


class explained:  # noqa: N801 - reads as a sentence: with explained(url)
    """Turn whatever a file system raises into an error that names the file.

    It is a :class:`render.errors.StoreError` if another try may mend it, else a :class:`render.errors.ManifestError`.
    """

    def __init__(self, url: str, done: str = "read") -> None:
        self.url = url
        self.done = done

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, ManifestError | StoreError) or not isinstance(error, Exception):
            return
        if _may_pass(error):
            raise StoreError(
                f"{self.url} cannot be {self.done}: {_first_line(error)}. Try again; if it stays so, check the address "
                "and the network."
            ) from error
        match error:
            case FileNotFoundError():
                why = "there is no such file or folder. Check the path."
            case PermissionError():
                why = "access is denied. Check the file's permissions or your store credentials."
            case ImportError():
                why = f"this kind of URL needs another package: {error}. Install it, or use a path or an s3:// URL."
            case pa.ArrowException() | UnicodeDecodeError() | OSError(errno=None) if "crypt" in str(error):
                why = f"it is encrypted ({_first_line(error)}). Write it without encryption."
            case pa.ArrowInvalid() if Path(self.url).suffix.lower() in OTHERS:
                why = "it is no Parquet file. Give a Parquet file, a folder of them, a .csv or a brief (.yaml)."
            case pa.ArrowInvalid():
                why = f"{_first_line(error)}. Check the path, and whether the file is a whole Parquet file."
            case MemoryError():
                why = f"{_first_line(error)}. Write it in row groups of fewer rows, or use a machine with more memory."
            case pa.ArrowException() | UnicodeDecodeError() | OSError(errno=None):
                why = f"{_first_line(error)}. Check whether the file is whole and not damaged, or write it again."
            case _:
                why = f"{_first_line(error)}. Check the address, and your credentials for it and the network."
        raise ManifestError(f"{self.url} cannot be {self.done}: {why}") from error


def _may_pass(error: Exception) -> bool:
    """Whether the way to the file is at fault, not the file."""
    from botocore import exceptions as s3

    passing = (ConnectionError, TimeoutError, s3.ConnectionError, s3.HTTPClientError)
    return isinstance(error, passing) or (isinstance(error, OSError) and error.errno in PASSING)


def locate(url: str | Path, roots: Sequence[str] = ()) -> Place:
    """The place that ``url`` names. Raises :class:`render.errors.ManifestError`, also if it is not below a root."""
    from fsspec.core import url_to_fs

    if carries_secret(str(url)):
        raise ManifestError(
            "The manifest's address carries a user name, a password or a query, and batches keep addresses. Give "
            "credentials by the store's usual environment variables or profiles, or fetch the file first."
        )
    with explained(str(url)):
        if not str(url).strip() or "\0" in str(url):
            raise ValueError("the path is empty or no path at all")
        filesystem, path = url_to_fs(_named(str(url)))
    place = Place(filesystem=filesystem, path=path)
    if roots and not any(_is_below(place, root) for root in roots):
        raise ManifestError(
            f"{place.url} is not below an allowed place ({', '.join(roots)}). "
            "Move the manifest there, or add its folder to the setting manifest_roots."
        )
    return place


def files(url: str | Path, roots: Sequence[str] = ()) -> list[ManifestFile]:
    """The manifest's files in name order, each with the hash of its bytes.

    ``url`` is one Parquet file, or a folder of which every ``*.parquet`` is taken (not those in its folders).
    Raises :class:`render.errors.ManifestError` if there is none, one cannot be read, or one is not below ``roots``.
    """
    place = locate(url, roots)
    with explained(place.url):
        place.filesystem.invalidate_cache()
        if place.filesystem.isdir(place.path):
            found = [part for part in _files(place) if is_parquet(part.path)]
            if not found:
                raise ManifestError(
                    f"The folder {place.url} holds no *.parquet file. Put a manifest there; a CSV or a brief is given "
                    "by its own path."
                )
        elif place.filesystem.exists(place.path):
            found = [place]
        else:
            raise FileNotFoundError(place.path)
    return [_hashed(part, roots) for part in found]


def arrived(inbox: str | Path, roots: Sequence[str] = ()) -> list[ManifestFile]:
    """The files of an inbox in name order, Parquet or not; none if the inbox is empty or is not there yet.

    Pipes, devices and links that lead nowhere are left alone, and so is what begins with a dot or an underscore.
    """
    place = locate(inbox, roots)
    with explained(place.url):
        place.filesystem.invalidate_cache()
        found = _files(place) if place.filesystem.isdir(place.path) else []
        found = [part for part in found if part.filesystem.isfile(part.path)]
    return [_hashed(part, roots) for part in found]


def listed(inbox: str | Path, roots: Sequence[str] = ()) -> dict[str, Hashable]:
    """The URLs of an inbox's files, each with what the listing tells of its content; none where there is no inbox yet.

    One that holds thousands of files costs no more than its listing. Raises as :func:`arrived` does.
    """
    place = locate(inbox, roots)
    with explained(place.url):
        place.filesystem.invalidate_cache()
        entries = place.filesystem.ls(place.path, detail=True) if place.filesystem.isdir(place.path) else []
    return {
        Place(filesystem=place.filesystem, path=entry["name"]).url: tuple(str(entry.get(name)) for name in _TELLING)
        for entry in entries
        if entry["type"] != "directory" and not _is_hidden(entry["name"])
    }


def hashed(url: str, roots: Sequence[str] = ()) -> ManifestFile | None:
    """The file of an inbox with the hash of its bytes; None for a pipe, a device, a folder or one that is gone."""
    place = locate(url, roots)
    with explained(place.url):
        place.filesystem.invalidate_cache()
        if not place.filesystem.isfile(place.path):
            return None
    return _hashed(place, roots)


def digest(place: Place) -> tuple[str, int]:
    """SHA-256 of a file, as hex, and its length in bytes."""
    sha, length = hashlib.sha256(), 0
    with explained(place.url), place.open() as file:
        while block := file.read(BLOCK):
            sha.update(block)
            length += len(block)
    return sha.hexdigest(), length


def _hashed(place: Place, roots: Sequence[str]) -> ManifestFile:
    locate(place.url, roots)  # a link in a folder may lead out of the roots
    sha256, length = digest(place)
    return ManifestFile(url=place.url, sha256=sha256, bytes=length)


def is_parquet(url: str) -> bool:
    """Whether a file's name says that it is Parquet."""
    return url.lower().endswith(".parquet")


def _files(folder: Place) -> list[Place]:
    """The files directly in a folder, in name order, without hidden ones."""
    names = sorted(entry["name"] for entry in folder.filesystem.ls(folder.path, detail=True))
    seen = [name for name in names if not _is_hidden(name)]
    places = [Place(filesystem=folder.filesystem, path=name) for name in seen]
    return [place for place in places if not folder.filesystem.isdir(place.path)]


def _is_hidden(path: str) -> bool:
    return path.rstrip("/").rsplit("/", 1)[-1].startswith((".", "_"))


def _named(url: str) -> str:
    """What fsspec finds under an address: it takes the escapes of ``file://`` and ``..`` for names."""
    if url.startswith("file://"):
        url = unquote(urlsplit(url).path)
    return os.path.normpath(url) if "://" not in url and ".." in Path(url).parts else url


def _is_local(filesystem: AbstractFileSystem) -> bool:
    return "file" in ((filesystem.protocol,) if isinstance(filesystem.protocol, str) else filesystem.protocol)


def _is_below(place: Place, root: str) -> bool:
    """Whether a place lies in or below ``root``; links of the local file system are followed first."""
    from fsspec.core import url_to_fs

    filesystem, path = url_to_fs(root)
    if filesystem.protocol != place.filesystem.protocol:
        return False
    if _is_local(filesystem):
        return Path(place.path).resolve().is_relative_to(Path(path).resolve())
    parts, above = place.path.strip("/").split("/"), path.strip("/").split("/")
    return ".." not in parts and parts[: len(above)] == above


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
