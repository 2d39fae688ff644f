"""Taking clips down: a tombstone first, then their objects, the catalog, and the pages that show them.

Whatever a crash leaves undone the same command completes. :mod:`render.store.tombstones` tells how it goes beside
workers and publishers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from render import errors
from render.experiments import gather, names
from render.experiments import report as page
from render.model import Tombstone
from render.store import batches, catalog, layout, tombstones
from render.store.objects import ObjectStore

LONGEST_REASON = 1000
"""Characters."""
LONGEST_NAME = 200
"""Characters of the name of who takes a clip down."""
_AT_ONCE = 16
"""Requests under way at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a takedown of some clips comes to."""

    clips: tuple[str, ...]
    """Their fingerprints."""
    tombstones: Mapping[str, Tombstone]
    """Of those that were taken down before, by fingerprint."""
    objects: int
    """That lie there of them."""
    bytes: int
    batches: Mapping[str, int]
    """Rows that want one of them, by batch: by the catalog, and by the plans of batches that are not published yet."""
    experiments: tuple[str, ...]
    """Of these rows."""

    @property
    def rows(self) -> int:
        """In all batches."""
        return sum(self.batches.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What a takedown has done."""

    tombstones: tuple[Tombstone, ...]
    """Those that count, one a clip: an older one stays."""
    removed: int
    """Objects, in every version that the storage keeps."""
    batches: Mapping[str, int]
    """As in :class:`Reach`."""
    reports: tuple[str, ...]
    """URIs of the pages that were written anew."""

    @property
    def rows(self) -> int:
        """In all batches."""
        return sum(self.batches.values())


def of_batch(store: ObjectStore, batch_id: str) -> list[str]:
    """The fingerprints of all clips that a batch wants, sorted.

    Raises :class:`render.errors.NotFound` if it is not there or not planned.
    """
    batches.load(store, batch_id)
    return sorted(batches.plan_table(store, batch_id, ["fingerprint"])["fingerprint"].unique().to_pylist())


def reach(store: ObjectStore, fingerprints: Iterable[str]) -> Reach:
    """Say what a takedown of these clips would come to; writes nothing.

    Raises :class:`render.errors.NotFound` for a clip of which nothing is known, neither an object nor a row.
    """
    clips = tuple(dict.fromkeys(fingerprints))
    wanted = pa.array(clips, pa.string())
    gone = tombstones.of(store, wanted)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="takedown") as pool:
        entries = list(pool.map(lambda clip: list(store.entries(layout.clip(clip))), clips))
    rows = pa.concat_tables([_published(store, wanted), *_planned(store, wanted)], promote_options="permissive")
    published = catalog.clips_of(store, wanted, columns=[])["fingerprint"].to_pylist()
    lying = {clip for clip, found in zip(clips, entries, strict=True) if found}
    if unknown := set(clips) - gone.keys() - lying - {*published, *rows["fingerprint"].to_pylist()}:
        raise errors.NotFound(
            f"There is no clip {min(unknown)} in {store.url}, nor a row that wants it: look its fingerprint up, or "
            "name its store."
        )
    return Reach(
        clips=clips,
        tombstones=gone,
        objects=sum(map(len, entries)),
        bytes=sum(entry.bytes for entry in chain(*entries)),
        batches=dict(sorted(Counter(rows["batch"].to_pylist()).items())),
        experiments=tuple(sorted(filter(None, rows["experiment"].unique().to_pylist()))),
    )


def withdraw(store: ObjectStore, fingerprints: Iterable[str], *, reason: str, by: str, now: datetime) -> Withdrawal:
    """Take these clips down for good: no row is served by one any more, and none is made again.

    Given again it completes what a crash has left, and else changes nothing: who, when and why stay as they were said
    first. Raises :class:`render.errors.InputError` for a reason or a name that cannot be kept and
    :class:`render.errors.NotFound` as :func:`reach` does, both before anything is written;
    :class:`render.errors.StoreError`.
    """
    reason, by = _line(reason, "reason", LONGEST_REASON), _line(by, "name of who takes it down", LONGEST_NAME)
    at = now.astimezone(UTC).isoformat()
    clips = reach(store, fingerprints).clips
    said = tombstones.put(
        store, [Tombstone(fingerprint=clip, withdrawn_at=at, withdrawn_by=by, reason=reason) for clip in clips]
    )
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="takedown") as pool:
        removed = sum(pool.map(lambda clip: store.purge(layout.clip(clip)), clips))
    catalog.withdraw(store, list(said.values()))
    reached = reach(store, clips)  # a batch that came meanwhile and knew nothing of the tombstones is seen now
    return Withdrawal(
        tombstones=tuple(said.values()),
        removed=removed,
        batches=reached.batches,
        reports=tuple(_rewritten(store, reached, now)),
    )


def _line(text: str, what: str, longest: int) -> str:
    text = text.strip()
    if not text or not text.isprintable() or len(text) > longest:
        raise errors.InputError(f"Give a {what}, as one line of 1 to {longest:,} characters: it is kept for good.")
    return text


def _published(store: ObjectStore, fingerprints: pa.Array) -> pa.Table:
    """The catalog's rows that want these clips, but for those of batches that are gone or not published whole."""
    found = catalog.requests_of(store, fingerprints, columns=["batch", "experiment", "fingerprint"])
    here: set[str] = set()
    if found.num_rows:
        here = {*batches.list_ids(store)} - {*batches.unpublished(store)}
    return found.filter(pc.is_in(found["batch"], pa.array(here, pa.string())))


def _planned(store: ObjectStore, fingerprints: pa.Array) -> Iterator[pa.Table]:
    """The rows of each batch that is not published yet that want these clips."""
    for batch in batches.unpublished(store):
        planned = batches.plan_table(store, batch, ["experiment", "fingerprint"])
        found = planned.filter(pc.is_in(planned["fingerprint"], fingerprints))
        yield found.add_column(0, "batch", pa.repeat(batch, found.num_rows))


def _rewritten(store: ObjectStore, reached: Reach, now: datetime) -> Iterator[str]:
    """Write the pages anew that may show the clips; give their URIs."""
    for batch in reached.batches:
        if store.exists(layout.report(batch)):
            yield page.write(store, gather.of_batch(store, batch), now=now)
    for experiment in reached.experiments:
        if store.exists(f"{layout.REPORTS}/{names.alone(experiment)}/index.html"):
            with suppress(errors.NotFound):  # its batches are gone
                yield page.write(store, gather.of_experiment(store, experiment), now=now)
