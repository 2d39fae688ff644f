"""Upkeep of the Delta tables, beside writers and readers: large files for small ones, and those nobody needs away.

Compaction moves rows and changes none. An append that is made meanwhile stands beside it; of two commits that take the
same file away one gives up. A file that a commit took away, or that a
writer left without a commit, is removed when that is longer ago than a grace: who still reads an older snapshot, or is
about to commit, has that long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from render import errors
from render.store import layout, tombstones
from render.store.catalog import compaction, delta, files
from render.store.objects import ObjectStore

if TYPE_CHECKING:
    from deltalake import DeltaTable

LEAST_H = 1
"""Hours of the shortest grace: far longer than a query or a commit takes."""
FILE_BYTES = 128 << 20
"""What compaction fills a file up to."""
SMALL_BYTES = 4 << 20
"""Up to this size files are compacted by publishers already, as soon as there are many."""
MANY = 64
"""Small files: each costs every later publisher and query a look into it."""
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What there is to do in a table, or what was done."""

    table: str
    files: int
    """Data files of the newest snapshot, before anything is done."""
    small: int
    """Those of them that are worth to be compacted."""
    compacted: bool
    """Whether they were; other writers may have been faster each time."""
    stale: int
    """Files that no snapshot within the grace needs; what is compacted now comes to them later."""
    stale_bytes: int
    removed: bool
    """Whether they were removed."""
    untold: int = 0
    """Rows that showed a clip which was taken down; they say so by now if anything was done."""


def relieve(store: ObjectStore, *, scratch: Path | None = None) -> None:
    """Compact small files where there are many; what a publisher does when its rows are there.

    Files are made in ``scratch``. Trouble with it or with the storage is none of the publisher's: the next one
    compacts.
    """
    from deltalake.exceptions import DeltaError

    for name in delta.TABLES:
        with suppress(DeltaError, OSError, errors.StoreError, errors.SettingsError):
            snapshot = delta.load(store, name)
            if snapshot is not None and compaction.compactable(snapshot, SMALL_BYTES) >= MANY:
                compaction.compact(store, name, SMALL_BYTES, scratch=scratch)


def withdraw_late(store: ObjectStore, untold: Mapping[str, pa.Array]) -> None:
    """Withdraw the rows that :func:`render.store.catalog.delta.untold` tells: a publisher died before it looked.

    Raises :class:`render.errors.StoreError`.
    """
    clips = pa.chunked_array(list(untold.values()), pa.string()).unique()
    delta.withdraw(store, list(tombstones.of(store, clips).values()))


def tidy(store: ObjectStore, *, older_than_h: int, do: bool, scratch: Path | None = None) -> Iterator[Upkeep]:
    """Compact each table, write its checkpoint and remove stale files, if ``do`` says so; else say what there is to do.

    First rows that still show a clip which was taken down are withdrawn (:func:`withdraw_late`).
    ``older_than_h`` is the grace in hours; files are made in ``scratch``. Raises :class:`ValueError` for a grace below
    :data:`LEAST_H`, :class:`render.errors.StoreError` for trouble with the store.
    """
    if older_than_h < LEAST_H:
        raise ValueError(f"A grace of {older_than_h} h is shorter than {LEAST_H} h.")
    untold = delta.untold(store)
    if do:
        withdraw_late(store, untold)
    for name in delta.TABLES:
        if (snapshot := delta.load(store, name)) is not None:
            done = _tidy(store, name, snapshot, older_than_h, do=do, scratch=scratch)
            yield replace(done, untold=len(untold.get(name, ())))


def _tidy(
    store: ObjectStore,
    name: str,
    snapshot: DeltaTable,
    older_than_h: int | None,
    *,
    do: bool,
    scratch: Path | None = None,
) -> Upkeep:
    """With a grace of None the table's own counts (``delta.deletedFileRetentionDuration``, else a week)."""
    from deltalake.exceptions import DeltaError

    def shorten(newest: DeltaTable) -> None:
        newest.create_checkpoint()
        newest.cleanup_metadata()

    def remove(newest: DeltaTable, *, count_only: bool = False) -> list[str]:
        return newest.vacuum(older_than_h, dry_run=count_only, enforce_retention_duration=False, full=True)

    sizes = files.of(store, name, snapshot)
    small = compaction.compactable(snapshot, FILE_BYTES)
    try:
        compacted = do and bool(small) and compaction.compact(store, name, FILE_BYTES, scratch=scratch)
        lying = {entry.path: entry.bytes for entry in store.entries(layout.table(name))}
        stale = remove(snapshot, count_only=True)
        removed = do and bool(stale) and _done(store, name, remove)
        if do:
            _done(store, name, shorten)
    except (DeltaError, OSError) as error:
        raise errors.StoreError(
            f"The catalog table {name} in {store.url} cannot be tidied: {delta.said(error)}"
        ) from error
    return Upkeep(
        table=name,
        files=len(sizes),
        small=small,
        compacted=compacted,
        stale=len(stale),
        stale_bytes=sum(lying.get(f"{layout.table(name)}/{path}", 0) for path in stale),
        removed=removed,
    )


def _done(store: ObjectStore, name: str, work: Callable[[DeltaTable], object]) -> bool:
    """Do it on the newest snapshot, and again on a newer one if another commit was faster; say whether it was done."""
    from deltalake.exceptions import CommitFailedError

    for _ in range(_TRIES):
        newest = delta.load(store, name)
        assert newest is not None
        try:
            work(newest)
        except CommitFailedError:
            continue
        return True
    return False
