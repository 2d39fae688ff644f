"""Tombstones: which clips were taken down, by whom, when and why. Each is put once, and stays.

They are the first thing that a takedown writes. Whoever makes, reuses or publishes a clip looks for its tombstone after
it has written, and a takedown looks for the clip after it has put the tombstone: one of the two sees the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc

from render import errors
from render.model import Tombstone
from render.store import layout
from render.store.objects import ObjectStore
from render.store.records import RecordFormat

_FORMAT = RecordFormat(Tombstone, version=1, title="tombstone")
_AT_ONCE = 16
"""Requests under way at once where many tombstones are read or put."""
_MOST_KEPT = 16_384
_kept: dict[tuple[str, str], Tombstone] = {}
"""Those that this process has read, by store and fingerprint: they never change."""


def put(store: ObjectStore, tombstones: Iterable[Tombstone]) -> dict[str, Tombstone]:
    """Record that these clips are taken down; give the tombstones that count by fingerprint: older ones stay."""

    def put_one(tombstone: Tombstone) -> Tombstone:
        if store.put_if_absent(layout.tombstone(tombstone.fingerprint), _FORMAT.dump(tombstone)):
            return tombstone
        return _get(store, tombstone.fingerprint)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tombstones") as pool:
        return {one.fingerprint: one for one in pool.map(put_one, tombstones)}


def find(store: ObjectStore, fingerprint: str) -> Tombstone | None:
    """The clip's tombstone; None if it was not taken down."""
    try:
        return _get(store, fingerprint)
    except errors.NotFound:
        return None


def known(store: ObjectStore) -> pa.Array:
    """The fingerprints of all clips that were taken down, by one listing."""
    names = (path.rpartition("/")[2].removesuffix(".json") for path in store.list(layout.TOMBSTONES))
    return pa.array(filter(layout.is_fingerprint, names), pa.string())


def of(store: ObjectStore, fingerprints: pa.Array | pa.ChunkedArray) -> dict[str, Tombstone]:
    """The tombstones of those of these clips that have one, by fingerprint; each is read once in a process."""
    if not len(fingerprints):
        return {}
    there = known(store)
    taken_down = there.filter(pc.is_in(there, fingerprints)) if len(there) else there
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tombstones") as pool:
        return {one.fingerprint: one for one in pool.map(lambda name: _listed(store, name), taken_down.to_pylist())}


def _listed(store: ObjectStore, fingerprint: str) -> Tombstone:
    """A tombstone that is there."""
    found = _kept.get((store.url, fingerprint))
    if found is None:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        found = _kept[store.url, fingerprint] = _get(store, fingerprint)
    return found


def _get(store: ObjectStore, fingerprint: str) -> Tombstone:
    path = layout.tombstone(fingerprint)
    return _FORMAT.load(store.get(path), store.uri(path))
