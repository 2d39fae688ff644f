"""The one seam through which every object is read and written: a directory or an S3 bucket behind one contract.

Paths are relative to the store, POSIX, and stay inside it. A new kind of store subclasses :class:`ObjectStore`
and passes the suite in ``tests/contract/store_suite.py``.
"""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar, TypeVar

from fsspec.utils import get_protocol

from render import errors
from render.settings import Settings, carries_secret

Item = TypeVar("Item")

PIECE = 1 << 20
"""Bytes read at once when an object is hashed or copied."""
_ONE_SLASH = re.compile(r"(s3a?|gs|gcs|az|abfs|https?):/(?!/)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One object as a listing shows it."""

    path: str
    bytes: int
    modified: float
    """When it was written, by the storage's clock: seconds since 1970."""


class ObjectStore(ABC):
    """Objects by path. Every object appears whole or not at all; listings are never cached.

    Missing objects raise :class:`render.errors.NotFound`, trouble with the storage
    :class:`render.errors.StoreError`, paths that leave the store :class:`render.errors.InputError`.
    """

    url: str
    """Where the store is, without a slash at its end."""
    lists_at_once: ClassVar[int] = 16
    """Listings that are worth having under way at once."""

    @abstractmethod
    def uri(self, path: str) -> str:
        """The absolute address of an object: ``file://…`` or ``s3://…``."""

    @abstractmethod
    def get(self, path: str) -> bytes:
        """The whole object."""

    @abstractmethod
    def open(self, path: str) -> BinaryIO:
        """The object as a seekable file for reading; the caller closes it."""

    @abstractmethod
    def put(self, path: str, data: bytes) -> None:
        """Write the object whole, over any that is there."""

    @abstractmethod
    def put_file(self, path: str, local: Path) -> None:
        """Upload a local file, over any object that is there."""

    @abstractmethod
    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Write the object whole unless there is one; say whether this call wrote it. One of many callers wins."""

    @abstractmethod
    def has_put_if_absent(self) -> bool:
        """Whether the storage itself lets one of many writers win, tried on it; else only one may write at a time."""

    def keeps_versions(self) -> bool | None:
        """Whether what is deleted stays as an older version, tried on the storage; None if it does not tell."""
        return False

    @abstractmethod
    def size(self, path: str) -> int:
        """Bytes of the object."""

    @abstractmethod
    def folders(self, prefix: str = "") -> list[str]:
        """Names of the folders directly in a folder, sorted; some S3 services show an emptied one for a while."""

    @abstractmethod
    def entries(self, prefix: str = "") -> Iterable[Entry]:
        """All objects under a folder, at any depth, in no order; hidden ones (``.name``) are left out.

        Raises :class:`render.errors.StoreError` if a folder cannot be listed, on a directory when all others are.
        """

    @abstractmethod
    def delete(self, path: str) -> None:
        """Remove the object; it is no error if there is none."""

    def purge(self, prefix: str) -> int:
        """Remove all objects under a folder for good, in every version that the storage keeps; say how many there were.

        Raises :class:`render.errors.StoreError` if one of them may not be listed or removed, when all others are.
        """
        removed = 0

        def remove(entry: Entry) -> None:
            nonlocal removed
            self.delete(entry.path)
            removed += 1

        each(remove, self.entries(prefix))
        return removed

    @abstractmethod
    def sweep_temporary(self, older_than_s: float = 86_400.0, *, count_only: bool = False) -> int:
        """Remove what writers that died have left half-written, unless it is to be counted only; say how many pieces.

        ``older_than_s``: seconds after which a piece is held for dead where its writer cannot be asked.
        """

    def list(self, prefix: str = "") -> list[str]:
        """Paths of all objects under a folder, at any depth, sorted; hidden ones (``.name``) are left out."""
        return sorted(entry.path for entry in self.entries(prefix))

    def delta_options(self) -> dict[str, str] | None:
        """What delta-rs must be told, beside the address, to reach the store as this does: credentials are in it."""
        return None

    def exists(self, path: str) -> bool:
        """Whether there is such an object."""
        try:
            self.size(path)
        except errors.NotFound:
            return False
        return True

    def fetch_file(self, path: str, local: Path) -> None:
        """Download the object to a local file, which appears whole or not at all."""
        part = local.with_name(f".{local.name}.part")
        try:
            with self.open(path) as source, part.open("wb") as target:
                while piece := source.read(PIECE):
                    target.write(piece)
            part.replace(local)
        except OSError as error:
            raise errors.StoreError(f"{self.uri(path)} cannot be copied to {local}: {error}") from error
        finally:
            part.unlink(missing_ok=True)

    def sha256(self, path: str) -> str:
        """Hash of the object's bytes as they are stored now: 64 lower-case hex digits."""
        digest = hashlib.sha256()
        with self.open(path) as source:
            try:
                while piece := source.read(PIECE):
                    digest.update(piece)
            except OSError as error:
                raise errors.StoreError(f"{self.uri(path)} cannot be read to its end: {error}") from error
        return digest.hexdigest()


def each(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    """Do it to every item, and then raise the first :class:`render.errors.StoreError` that it met."""
    met: list[errors.StoreError] = []
    for item in items:
        try:
            work(item)
        except errors.StoreError as error:
            met.append(error)
    if met:
        raise met[0]


def confine(path: str) -> str:
    """``path`` itself, if it is relative, POSIX and stays in the store; else :class:`render.errors.InputError`."""
    names = path.split("/")
    if not path or any(not name or name.startswith(".") or "\\" in name or "\0" in name for name in names):
        raise errors.InputError(
            f"{path!r} is not a path in the store: use names divided by single slashes, none of which "
            "is empty, starts with a dot or contains a backslash."
        )
    return path


def confine_folder(prefix: str) -> str:
    """A folder's path without its last slash; empty for the whole store."""
    return confine(prefix.rstrip("/")) if prefix else ""


def hidden(path: str) -> bool:
    """Whether a listing leaves this path out."""
    return any(name.startswith(".") for name in path.split("/"))


def store_of(settings: Settings) -> ObjectStore:
    """The store that the settings name, as :func:`open_store` opens it."""
    return open_store(settings.store, single_writer=settings.single_writer)


def store_for_commits(settings: Settings) -> ObjectStore:
    """The store that the settings name, if commits of two processes at once are safe there; it is tried.

    Raises :class:`render.errors.InputError` if they are not, unless the settings say that there is one writer only.
    """
    store = store_of(settings)
    if not settings.single_writer and not store.has_put_if_absent():
        raise errors.InputError(
            f"{store.url} overwrites what is to be put only if it is absent, so two runs at once could lose clips. "
            "Choose a service that honours If-None-Match (`nightreel doctor --store URL` tries it), or set "
            "NIGHTREEL_SINGLE_WRITER=true if no two commands ever write to it at once."
        )
    return store


def open_store(url: str, *, single_writer: bool = False) -> ObjectStore:
    """The store at a directory's path or an fsspec URL. Opening writes nothing; a directory's dead leftovers are swept.

    ``single_writer`` says that nobody else writes to it meanwhile: then it may be one without put-if-absent.
    Raises :class:`render.errors.InputError` for a URL that names no directory or bucket, or one where an object
    cannot be put only if it is absent: without that no commit is safe.
    """
    if carries_secret(url):
        raise errors.InputError(
            "The store's address carries a user name, a password or a query, and the catalog keeps addresses. Give "
            "credentials by the usual AWS environment variables or profiles."
        )
    if slip := _ONE_SLASH.match(url):
        raise errors.InputError(f"The store {url!r} is neither a directory nor a bucket. Is {slip[1]}:// meant?")
    match get_protocol(url):
        case "file" | "local":
            from render.store.directory import DirectoryStore

            return DirectoryStore(url)
        case "s3" | "s3a":
            from render.store.s3 import S3Store

            return S3Store(url, single_writer=single_writer)
        case other:
            raise errors.InputError(
                f"A store cannot be kept at {url!r}: {other}:// has no safe way to put an object only if it is "
                "absent. Use a directory or s3://bucket/folder."
            )
