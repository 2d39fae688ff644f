"""Files that appear whole or not at all, and copies that are what their record says."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from render import errors
from render.model import StoredObject

if TYPE_CHECKING:
    from render.store.objects import ObjectStore


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """A path beside ``target`` to write to; it becomes the target when the block ends well, else goes."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise errors.NightreelError(f"{target} cannot be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def put(data: bytes, target: Path) -> bool:
    """Write the bytes unless the file has them already; say whether it was written."""
    if target.is_file() and target.read_bytes() == data:
        return False
    with written_whole(target) as part:
        part.write_bytes(data)
    return True


def fetch(store: ObjectStore, stored: StoredObject, target: Path) -> bool:
    """Copy an object out of the store unless the file is that object already; say whether it was written.

    Raises :class:`render.errors.CorruptObject` if the copy does not match the recorded hash.
    """
    if target.is_file() and target.stat().st_size == stored.bytes and _sha256(target) == stored.sha256:
        return False
    with written_whole(target) as part:
        store.fetch_file(stored.path, part)
        if _sha256(part) != stored.sha256:
            raise corrupt(store, stored)
    return True


def corrupt(store: ObjectStore, stored: StoredObject) -> errors.CorruptObject:
    """The error for an object whose bytes are not those of its record."""
    return errors.CorruptObject(
        f"{store.uri(stored.path)} is not what its clip record says (its SHA-256 differs). Restore it from a backup, "
        "or delete the clip's folder and run its batch again."
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
