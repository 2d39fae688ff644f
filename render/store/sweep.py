"""Orphans: objects that no record names, since their writer died. A grace tells them from what is being written.

It is counted by the storage's clock, and never shorter than :data:`LEAST_S`: a commit that takes half as long looks
whether its objects are still there (:data:`render.store.clips.SLOW_S`).

Batches sweep what they left of their own clips and plans when they are published. This finds the rest: attempts at
clips of batches that were never run again, plans that never counted, what a probe of the store left, checkpoints of the
log of intakes that a newer one makes needless.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid4

from render import errors
from render.store import batches, clips, layout, tombstones
from render.store.objects import Entry, ObjectStore

LEAST_S = 3600.0
"""Seconds of the shortest grace."""


class Kind(StrEnum):
    """What an orphan is."""

    CLIP = "clip attempt"
    PLAN = "plan attempt"
    BATCH = "batch remnant"
    """A batch's folder without its intake record."""
    WITHDRAWN = "remnant of a withdrawn clip"
    """Whatever lies in the folder of a clip that was taken down: its takedown died, or a worker was about to commit."""
    CHECKPOINT = "old checkpoint"
    """Of the log of intakes; the newest one is kept."""
    PROBE = "store probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """Objects that belong together and that nothing names."""

    kind: Kind
    path: str
    """The folder, or the object if it is one."""
    objects: tuple[str, ...]
    bytes: int
    modified: float
    """When the youngest object was written: seconds since 1970."""


def find(store: ObjectStore, *, older_than_s: float) -> Iterator[Orphan]:
    """Every orphan of which each object is older than this, in the order of the layout.

    What is left of a withdrawn clip has no grace: nobody may commit it. The clips of one of 256 folders are in memory
    at once. What lies in the store beside the layout is not looked at, nor are clips whose record cannot be read.
    Raises :class:`ValueError` for a grace below :data:`LEAST_S`.
    """
    if older_than_s < LEAST_S:
        raise ValueError(f"A grace of {older_than_s} s is shorter than {LEAST_S} s.")
    latest = _clock(store) - older_than_s
    for orphan in (*_probes(store), *_checkpoints(store), *_of_batches(store)):
        if orphan.modified < latest:
            yield orphan
    gone = frozenset(tombstones.known(store).to_pylist())
    for folder in store.folders(layout.CLIPS):
        for orphan in _of_clips(store, store.entries(f"{layout.CLIPS}/{folder}"), gone):
            if orphan.modified < latest or orphan.kind is Kind.WITHDRAWN:
                yield orphan


def remove(store: ObjectStore, orphan: Orphan) -> bool:
    """Delete an orphan's objects, unless a record names it by now; say whether they were deleted.

    Of a withdrawn clip every version goes that the storage keeps: for that this process needs the right.
    """
    if orphan.kind is Kind.WITHDRAWN:
        store.purge(orphan.path)
        return True
    if orphan.kind is Kind.CLIP:
        _, _, fingerprint, attempt = orphan.path.split("/")
        if not clips.loose(clips.find(store, fingerprint), [attempt]):
            return False
    if orphan.kind is Kind.PLAN:
        batch = orphan.path.split("/")[1]
        if not batches.loose_plans(batch, batches.plan_summary(store, batch), [orphan.path]):
            return False
    if orphan.kind is Kind.BATCH and store.exists(layout.intake(orphan.path.split("/")[1])):
        return False
    for path in orphan.objects:
        store.delete(path)
    return True


def _clock(store: ObjectStore) -> float:
    """What time it is for the storage: seconds since 1970."""
    path = f"{layout.PROBES}/{uuid4().hex}"
    try:
        store.put(path, b"")
        return next(entry.modified for entry in store.entries(layout.PROBES) if entry.path == path)
    finally:
        store.delete(path)


def _probes(store: ObjectStore) -> Iterator[Orphan]:
    for entry in store.entries(layout.PROBES):
        yield _orphan(Kind.PROBE, entry.path, [entry])


def _checkpoints(store: ObjectStore) -> Iterator[Orphan]:
    found = {known: entry for entry in store.entries(layout.INTAKES) if (known := layout.intake_known(entry.path))}
    for known in sorted(found)[:-1]:
        yield _orphan(Kind.CHECKPOINT, found[known].path, [found[known]])


def _of_batches(store: ObjectStore) -> Iterator[Orphan]:
    for name in filter(layout.is_batch, store.folders(layout.BATCHES)):
        entries = {entry.path: entry for entry in store.entries(layout.batch(name))}
        if layout.intake(name) not in entries:
            if entries:  # some S3 services show an emptied folder for a while
                yield _orphan(Kind.BATCH, layout.batch(name), list(entries.values()))
            continue
        if attempts := batches.loose_plans(name, None, entries):
            for path in batches.loose_plans(name, batches.plan_summary(store, name), attempts):
                yield _orphan(Kind.PLAN, path, [entries[path]])


def _of_clips(store: ObjectStore, entries: Iterable[Entry], gone: Collection[str]) -> Iterator[Orphan]:
    """The orphans in a folder of clips; ``gone`` are the clips that were taken down."""
    left: dict[str, list[Entry]] = defaultdict(list)
    by_clip: dict[str, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    recorded = set()
    for entry in entries:
        _, _, fingerprint, *rest = entry.path.split("/")
        if not layout.is_fingerprint(fingerprint):
            continue
        if fingerprint in gone:
            left[fingerprint].append(entry)
        elif entry.path == layout.clip_record(fingerprint):
            recorded.add(fingerprint)
        elif len(rest) == 2:
            by_clip[fingerprint][rest[0]].append(entry)
    for fingerprint, remnant in sorted(left.items()):
        yield _orphan(Kind.WITHDRAWN, layout.clip(fingerprint), remnant)
    for fingerprint, attempts in sorted(by_clip.items()):
        if fingerprint in recorded and len(attempts) == 1:
            continue  # a record is put when its objects are there: it names them
        try:
            record = clips.find(store, fingerprint)
        except errors.CorruptObject:
            continue
        for attempt in clips.loose(record, sorted(attempts)):
            yield _orphan(Kind.CLIP, f"{layout.clip(fingerprint)}/{attempt}", attempts[attempt])


def _orphan(kind: Kind, path: str, entries: list[Entry]) -> Orphan:
    return Orphan(
        kind=kind,
        path=path,
        objects=tuple(entry.path for entry in entries),
        bytes=sum(entry.bytes for entry in entries),
        modified=max(entry.modified for entry in entries),
    )
