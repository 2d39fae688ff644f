"""What a commit needs of a store, tried on it: some services accept a condition and ignore it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from render import errors
from render.cli.findings import Finding, Health, nearest

if TYPE_CHECKING:
    from render.settings import Settings
    from render.store.objects import ObjectStore

RACERS = 8
LISTED = 5
LARGE = 20 << 20
"""Bytes of a file that an S3 store sends in parts."""


def examine(settings: Settings) -> Iterator[Finding]:
    """Write to the store, race on it, and leave it as it was."""
    from render.store.objects import open_store

    store = open_store(settings.store)
    folder = Path(store.url)
    new = "://" not in store.url and not folder.exists()
    there = nearest(folder)
    faults: list[str] = []
    shared: list[str] = []
    try:
        faults += [*_reading(store), *_listing(store), *_parts(store)]
        shared += _racing(store)
    except errors.NightreelError as error:
        faults.append(str(error))
    found = f"{store.url}: {'; '.join(faults + shared)}"
    if faults:
        yield Finding(
            name="store",
            health=Health.MISSING,
            found=found,
            fix="Let this account read, write, list and delete, or choose another --store.",
        )
    elif shared:
        yield Finding(
            name="store",
            health=Health.WARNING if settings.single_writer else Health.MISSING,
            found=found,
            fix="Never let two commands write to it at once."
            if settings.single_writer
            else "Choose another --store, or set NIGHTREEL_SINGLE_WRITER=true if no two commands ever write at once.",
        )
    else:
        found = f"{store.url}: reads, writes, also in parts, lists and deletes; put-if-absent has one winner"
        if new:
            found += "; it is not there yet, the first run makes it"
            _remove_emptied(folder, there)
        yield Finding(name="store", health=Health.OK, found=found)
        if "://" in store.url:
            yield _versions(store)


def _versions(store: ObjectStore) -> Finding:
    """Whether the bucket keeps what is deleted, which a takedown has to remove, too."""
    try:
        kept = store.keeps_versions()
    except errors.StoreError as error:  # it may not remove one
        fix = "Let those who take clips down remove versions (s3:DeleteObjectVersion)."
        return Finding(name="versions", health=Health.WARNING, found=f"kept: {error}", fix=fix)
    if kept is None:
        fix = "Let those who take clips down list versions (s3:ListBucketVersions): what a bucket keeps is to go, too."
        return Finding(name="versions", health=Health.WARNING, found="cannot be told: they are not listed", fix=fix)
    found = "kept by the bucket; `nightreel withdraw` removes a clip's, too" if kept else "not kept by the bucket"
    return Finding(name="versions", health=Health.OK, found=found)


def _path() -> str:
    from render.store import layout

    return f"{layout.PROBES}/{uuid4().hex}"


def _reading(store: ObjectStore) -> Iterator[str]:
    """An object that is written, overwritten and deleted is at once what it was made."""
    path = _path()
    try:
        for data in (b"plain", b"another"):
            store.put(path, data)
            if store.get(path) != data:
                yield "a written object reads back differently"
    finally:
        store.delete(path)
    if store.exists(path):
        yield "a deleted object is still there"


def _listing(store: ObjectStore) -> Iterator[str]:
    """A listing shows at once what is there, and what is gone no more."""
    from render.store import layout

    paths = {_path() for _ in range(LISTED)}
    try:
        for path in paths:
            store.put(path, b"listed")
        if paths - set(store.list(layout.PROBES)):
            yield "a written object is not listed"
    finally:
        for path in paths:
            store.delete(path)
    if paths & set(store.list(layout.PROBES)):
        yield "a deleted object is still listed"


def _parts(store: ObjectStore) -> Iterator[str]:
    """A large file arrives whole."""
    path = _path()
    with tempfile.NamedTemporaryFile() as local:
        local.truncate(LARGE)
        local.write(path.encode())
        local.flush()
        try:
            store.put_file(path, Path(local.name))
            with store.open(path) as back, Path(local.name).open("rb") as sent:
                if back.read() != sent.read():
                    yield "a large file reads back differently"
        finally:
            store.delete(path)


def _racing(store: ObjectStore) -> Iterator[str]:
    """The storage itself lets one of many writers win."""
    if not store.has_put_if_absent():
        yield "it does not know, or does not heed, that something is to be put only if it is absent"
        return
    path = _path()
    payloads = [f"racer {number}".encode() for number in range(RACERS)]
    try:
        with ThreadPoolExecutor(RACERS) as pool:
            won = list(pool.map(lambda data: store.put_if_absent(path, data), payloads))
        if sum(won) != 1:
            yield f"put-if-absent has {sum(won)} winners of {RACERS} instead of 1"
        elif store.get(path) != payloads[won.index(True)]:
            yield "put-if-absent was overwritten by a loser"
    finally:
        store.delete(path)


def _remove_emptied(folder: Path, there: Path) -> None:
    """Take away the folders that the probe made, down to one that was there."""
    from render.store.directory import TEMPORARY

    with suppress(OSError):  # somebody has begun to use it meanwhile
        (folder / TEMPORARY).rmdir()
        while folder != there:
            folder.rmdir()
            folder = folder.parent
