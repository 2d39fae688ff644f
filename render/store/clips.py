"""The commit protocol of clips: upload an attempt, verify it, then put its record if there is none.

``clip.json`` makes a clip exist and names the attempt whose objects it consists of. Whoever loses a race, or dies
before that one put, leaves an attempt that nothing refers to: it is never trusted, and swept. A clip that was taken
down (:mod:`render.store.tombstones`) does not exist any more, whatever lies there still.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render import errors
from render.model import Caption, ClipRecord, Event, Figure, Job, StoredObject, Tombstone, Understanding
from render.store import layout, tombstones
from render.store.fingerprints import Index
from render.store.objects import ObjectStore
from render.store.records import RecordFormat
from render.telemetry import instruments

VERSION = 1
"""Of the clip records that this program writes."""
SLOW_S = 1800.0
"""Seconds after which a commit asks whether its objects are still there: a sweep may have taken them for orphans."""
PIECE = 512
"""Clip records, some tens of KiB each, that are in memory at once where a batch of any length is gone through."""

_FORMAT = RecordFormat(ClipRecord, version=VERSION, title="clip record")
_ATTEMPT = re.compile(r".+-[0-9a-f]{16}")
_AT_ONCE = 16
"""Requests under way at once where many records are looked up."""


def new_attempt(batch: str) -> str:
    """A name for an attempt of this batch that no other process will choose."""
    return f"{batch}-{secrets.token_hex(8)}"


def is_attempt(name: str) -> bool:
    """Whether a folder's name is one that :func:`new_attempt` gives."""
    return _ATTEMPT.fullmatch(name) is not None


def loose(record: ClipRecord | None, folders: Iterable[str]) -> list[str]:
    """Those of a clip's folders that hold an attempt which its record, if there is one, does not name."""
    return [name for name in folders if is_attempt(name) and (record is None or record.attempt != name)]


def commit(
    store: ObjectStore,
    *,
    job: Job,
    batch: str,
    files: Mapping[str, Path],
    engine_simulated: bool,
    figures: Sequence[Figure],
    understanding: Understanding | None,
    events: Sequence[Event],
    captions: Sequence[Caption],
    render_seconds: float,
    cpu_seconds: float,
    cost_usd: float,
    worker: str,
    created_at: str,
    attempt: str | None = None,
) -> ClipRecord:
    """Make the clip exist and return its record: this call's, or that of an earlier or faster winner.

    ``files`` holds the local file of each role of :data:`render.store.layout.ROLES`; "clip" must be among them.
    ``attempt`` (see :func:`new_attempt`) lets the caller tell whether it won: then ``record.attempt`` equals it. An
    attempt that no record can name is removed again: none was put yet, or another attempt's is there. While it is
    unknown whether the record was put, or will be, the attempt stays, for a sweep to judge. Raises
    :class:`render.errors.Withdrawn` for a clip that was taken down, also while it was committed: then nothing of it
    stays, where this process may remove objects. :class:`render.errors.StoreError` if the store fails,
    :class:`render.errors.CorruptObject` if it holds other bytes than were sent; :class:`ValueError` for a figure that
    is not a finite number.
    """
    if "clip" not in files:
        raise ValueError("A clip cannot be committed without its file of role 'clip'.")
    if tombstone := tombstones.find(store, job.fingerprint):
        raise withdrawn(tombstone)
    attempt = attempt or new_attempt(batch)
    paths = {role: layout.clip_object(job.fingerprint, attempt, role) for role in files}
    nameless, began = True, time.time()
    try:
        record = ClipRecord(
            version=VERSION,
            job=job,
            attempt=attempt,
            batch=batch,
            objects={role: _upload(store, paths[role], local) for role, local in files.items()},
            engine_simulated=engine_simulated,
            figures=tuple(figures),
            understanding=understanding,
            events=tuple(events),
            captions=tuple(captions),
            render_seconds=render_seconds,
            cpu_seconds=cpu_seconds,
            cost_usd=cost_usd,
            worker=worker,
            created_at=created_at,
        )
        data = _FORMAT.dump(record)
        nameless = False  # storage may put the record when this process has long given up waiting for an answer
        won = store.put_if_absent(layout.clip_record(job.fingerprint), data)
        if tombstone := tombstones.find(store, job.fingerprint):  # put before the record, or it sees the record
            nameless = not won
            with suppress(errors.StoreError):  # who may not remove anything leaves it to the takedown, or to the sweep
                store.purge(layout.clip(job.fingerprint))
            raise withdrawn(tombstone)
        if won and time.time() - began > SLOW_S and not all(map(store.exists, paths.values())):
            store.delete(layout.clip_record(job.fingerprint))
            nameless = True
            raise errors.StoreError(
                f"The objects of clip {job.fingerprint} are gone again after their upload. Try again."
            )
        if won:
            return record
        winner = get(store, job.fingerprint)
        nameless = bool(loose(winner, [attempt]))
        return winner
    finally:
        if nameless:
            with suppress(errors.StoreError):  # a sweep finds it
                for path in paths.values():
                    store.delete(path)


def find(store: ObjectStore, fingerprint: str) -> ClipRecord | None:
    """The record of a clip; None if the clip does not exist."""
    path = layout.clip_record(fingerprint)
    try:
        return _FORMAT.load(store.get(path), store.uri(path))
    except errors.NotFound:
        return None


def get(store: ObjectStore, fingerprint: str) -> ClipRecord:
    """The record of a clip that must exist.

    Else :class:`render.errors.NotFound`, which is :class:`render.errors.Withdrawn` for a clip that was taken down.
    """
    record = find(store, fingerprint)
    if tombstone := tombstones.find(store, fingerprint):
        raise withdrawn(tombstone)
    if record is None:
        raise errors.NotFound(f"There is no clip {fingerprint} in {store.url}: render it, or name its store.")
    return record


def withdrawn(tombstone: Tombstone) -> errors.Withdrawn:
    """What is said to whoever asks for a clip that was taken down."""
    return errors.Withdrawn(f"Clip {tombstone.fingerprint} was {tombstone.sentence}. {Tombstone.FIX}")


def find_each(
    store: ObjectStore, fingerprints: Iterable[str], known: Mapping[str, ClipRecord] | None = None
) -> Iterator[ClipRecord]:
    """The records of those of these clips that exist and were not taken down, in order; few are in memory at once.

    ``known`` holds records by fingerprint that were found before; they are not read again, since none ever changes.
    """
    known = known or {}
    wanted = _not_withdrawn(store, fingerprints)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="clip-records") as pool:
        while piece := list(islice(wanted, PIECE)):
            found = pool.map(lambda fingerprint: known.get(fingerprint) or find(store, fingerprint), piece)
            yield from (record for record in found if record is not None)


def count(store: ObjectStore, fingerprints: Iterable[str]) -> int:
    """How many of these clips exist and were not taken down; their records are not read."""
    wanted = _not_withdrawn(store, fingerprints)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="clip-records") as pool:
        return sum(pool.map(lambda fingerprint: store.exists(layout.clip_record(fingerprint)), wanted))


def _not_withdrawn(store: ObjectStore, fingerprints: Iterable[str]) -> Iterator[str]:
    """Those that were not taken down when the first is asked for, in order, each once."""
    gone = frozenset(tombstones.known(store).to_pylist())
    return (fingerprint for fingerprint in dict.fromkeys(fingerprints) if fingerprint not in gone)


def lie_there(store: ObjectStore, fingerprints: pa.Array) -> pa.Array:
    """Which of these clips have a folder, by listing all folders: for so many that to ask for each takes longer."""
    index = Index(fingerprints)
    there = np.zeros(len(index.first), np.bool_)

    def look(prefix: str) -> None:
        found = index.find(pa.array(store.folders(f"{layout.CLIPS}/{prefix}"), pa.string()))
        there[found[found >= 0]] = True

    prefixes = pc.utf8_slice_codeunits(fingerprints, 0, layout.PREFIX).unique()
    with ThreadPoolExecutor(store.lists_at_once, thread_name_prefix="clip-folders") as pool:
        list(pool.map(look, prefixes.to_pylist()))
    return pa.array(there[index.of_row])


def find_many(store: ObjectStore, fingerprints: Iterable[str]) -> dict[str, ClipRecord]:
    """The records of those of these clips that exist and were not taken down, by fingerprint."""
    return {record.job.fingerprint: record for record in find_each(store, fingerprints)}


def sweep_attempts(store: ObjectStore, fingerprints: Iterable[str]) -> list[str]:
    """Remove the attempts at these clips that no record refers to, of whichever batch; return their paths, sorted.

    Clips without a record are left alone, since a worker may be about to commit.
    """

    def sweep(fingerprint: str) -> list[str]:
        record = find(store, fingerprint)
        if record is None:
            return []
        left = loose(record, store.folders(layout.clip(fingerprint)))
        for attempt in left:
            for role in layout.ROLES:  # all that an attempt can hold; a directory store drops the emptied folder too
                store.delete(layout.clip_object(fingerprint, attempt, role))
        return [f"{layout.clip(fingerprint)}/{attempt}" for attempt in left]

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sweep-attempts") as pool:
        return sorted(path for paths in pool.map(sweep, dict.fromkeys(fingerprints)) for path in paths)


def verify(store: ObjectStore, record: ClipRecord) -> list[str]:
    """What is wrong with the clip's stored objects, a sentence each; empty if every byte is as recorded."""
    faults = []
    for role, stored in sorted(record.objects.items()):
        try:
            size = store.size(stored.path)
            if size != stored.bytes:
                faults.append(f"{role}: {store.uri(stored.path)} has {size} bytes, its record says {stored.bytes}.")
            elif store.sha256(stored.path) != stored.sha256:
                faults.append(f"{role}: the bytes of {store.uri(stored.path)} do not match the hash in its record.")
        except errors.NotFound:
            faults.append(f"{role}: {store.uri(stored.path)} is missing.")
    return faults


def _upload(store: ObjectStore, path: str, local: Path) -> StoredObject:
    with local.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    store.put_file(path, local)
    try:
        arrived = store.sha256(path) == sha256
    except errors.NotFound as error:  # swept, since another attempt has made the clip meanwhile
        raise errors.StoreError(f"{store.uri(path)} is gone again after its upload. Try again.") from error
    if not arrived:
        instruments.STORAGE_ERRORS.add(1, operation="write", error_type="CorruptObject")
        raise errors.CorruptObject(f"{store.uri(path)} does not hold the {size} bytes that were sent. Try again.")
    return StoredObject(path=path, sha256=sha256, bytes=size, media_type=layout.media_type(path))
