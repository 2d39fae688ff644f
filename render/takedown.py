"""Taking clips down: a tombstone first, then their objects, the catalog, and the pages that show them.

Whatever a crash or trouble leaves undone the same command completes, and no step waits for another's success: least of
all the objects, which go before anything that may fail, take long or be too much. :mod:`render.store.tombstones` tells
how it goes beside workers and publishers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from render import contracts, errors
from render.experiments import gather
from render.experiments import report as page
from render.experiments.view import View
from render.model import Decision, End, Tombstone
from render.store import batches, catalog, layout, receipts, tombstones
from render.store.objects import Entry, ObjectStore

LONGEST_REASON = 1000
"""Characters."""
LONGEST_NAME = 200
"""Characters of the name of who takes a clip down."""
_OF_ROW = ("batch", "experiment", "fingerprint", "end")
_AT_ONCE = 16
"""Requests under way at once."""
_MOST_TOLD = 10
"""Troubles that are told at once."""


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
    unread: tuple[str, ...]
    """What could not be read, and why: more rows may want one of them."""

    @property
    def rows(self) -> int:
        """In all batches."""
        return sum(self.batches.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What a takedown has done."""

    tombstones: tuple[Tombstone, ...]
    """Those that count, one a clip: an older one stays."""
    before: tuple[Tombstone, ...]
    """Of these, the older ones: what was said this time is not kept."""
    removed: int
    """Objects, in every version that the storage keeps."""
    batches: Mapping[str, int]
    """Rows that are withdrawn by now, by batch, or will be when their batch goes on; other ends are kept."""
    reports: tuple[str, ...]
    """URIs of the pages that were written anew; those of batches and experiments that are gone went, too."""

    @property
    def rows(self) -> int:
        """In all batches."""
        return sum(self.batches.values())


def of_batch(store: ObjectStore, batch_id: str) -> list[str]:
    """The fingerprints of all clips that a batch wants, sorted; a row that was refused wants none.

    Raises :class:`render.errors.NotFound` if it is not there or not planned.
    """
    batches.load(store, batch_id)
    return sorted(_wanting(store, batch_id, ["fingerprint"])["fingerprint"].unique().to_pylist())


def reach(store: ObjectStore, fingerprints: Iterable[str]) -> Reach:
    """Say what a takedown of these clips would come to; writes nothing.

    Raises :class:`render.errors.NotFound` for a clip of which nothing is known, neither an object nor a row.
    """
    clips = tuple(dict.fromkeys(fingerprints))
    _known(store, clips)
    troubles = _Troubles()
    rows, entries = _rows(store, clips, troubles), list(chain(*_lying(store, clips)))
    return Reach(
        clips=clips,
        tombstones=tombstones.of(store, pa.array(clips, pa.string())),
        objects=len(entries),
        bytes=sum(entry.bytes for entry in entries),
        batches=_by_batch(rows),
        unread=troubles.told,
    )


def withdraw(store: ObjectStore, fingerprints: Iterable[str], *, reason: str, by: str, now: datetime) -> Withdrawal:
    """Take these clips down for good: no row is served by one any more, and none is made again.

    Given again it completes what a crash has left, and else changes nothing: who, when and why stay as they were said
    first. Raises :class:`render.errors.InputError` for a reason or a name that cannot be kept and
    :class:`render.errors.NotFound` as :func:`reach` does, both before anything is written;
    :class:`render.errors.StoreError` with all that could not be done, when all else is, or before anything is written
    with all that could not be read, if nothing else knows a clip.
    """
    reason, by = kept(reason, by)
    at = now.astimezone(UTC).isoformat()
    clips = tuple(dict.fromkeys(fingerprints))
    _known(store, clips)
    given = [Tombstone(fingerprint=clip, withdrawn_at=at, withdrawn_by=by, reason=reason) for clip in clips]
    said = tombstones.put(store, given)
    troubles = _Troubles()
    removed, reports = 0, []
    with troubles.of("Objects"):
        removed = _purged(store, clips)
    with troubles.of("The catalog"):
        catalog.withdraw(store, list(said.values()))
    rows = _rows(store, clips, troubles)  # a batch that came meanwhile and knew nothing of the tombstones is seen now
    for path, gathered in _pages(store, rows):
        with troubles.of(store.uri(path)):
            reports += _rewritten(store, path, gathered, now)
    troubles.tell("The clips are withdrawn, but not all is done.")
    ended = pc.fill_null(pc.equal(rows["end"], End.WITHDRAWN), True)
    return Withdrawal(
        tombstones=tuple(said.values()),
        before=tuple(said[one.fingerprint] for one in given if said[one.fingerprint] != one),
        removed=removed,
        batches=_by_batch(rows.filter(ended)),
        reports=tuple(reports),
    )


class _Troubles:
    """What could not be done on the way: it is told at the end, and keeps nothing else."""

    def __init__(self) -> None:
        self._told: dict[str, Exception] = {}

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Go on after the block, whatever it raises."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever keeps a page must not keep the clip's objects
            said = str(error) if isinstance(error, errors.NightreelError) else f"{type(error).__name__}: {error}"
            self._told.setdefault(f"{what}: {said.rstrip('.')}.", error)

    @property
    def told(self) -> tuple[str, ...]:
        """A sentence for each, but for those beyond the first ten, which are counted."""
        told = tuple(self._told)
        more = (f"{len(told) - _MOST_TOLD:,} more.",) if len(told) > _MOST_TOLD else ()
        return told[:_MOST_TOLD] + more

    def tell(self, so: str) -> None:
        """Raise :class:`render.errors.StoreError` if there was any: ``so`` it is, and the same command mends it."""
        if not self._told:
            return
        raise errors.StoreError(f"{so} {' '.join(self.told)} Give this again when that is mended.") from ExceptionGroup(
            "a takedown", list(self._told.values())
        )


def kept(reason: str, by: str) -> tuple[str, str]:
    """The reason and the name as a tombstone keeps them.

    Raises :class:`render.errors.InputError` for what cannot be kept.
    """
    return _line(reason, "reason", LONGEST_REASON), _line(by, "name of who takes it down", LONGEST_NAME)


def _line(text: str, what: str, longest: int) -> str:
    text = text.strip()
    if not text or not text.isprintable() or len(text) > longest:
        raise errors.InputError(f"Give a {what}, as one line of 1 to {longest:,} characters: it is kept for good.")
    return text


def _known(store: ObjectStore, clips: Sequence[str]) -> None:
    """Raise :class:`render.errors.NotFound` for a clip of which nothing is known; what is dear is asked last.

    Raises :class:`render.errors.StoreError` for one that may stand in what cannot be read.
    """
    troubles = _Troubles()
    before = {*tombstones.known(store).to_pylist()}
    unknown = [clip for clip in clips if clip not in before]
    unknown = [clip for clip, found in zip(unknown, _lying(store, unknown), strict=True) if not found]
    if unknown:
        with troubles.of("Clips of the catalog"):
            published = catalog.clips_of(store, pa.array(unknown, pa.string()), columns=[])["fingerprint"]
            unknown = sorted({*unknown} - {*published.to_pylist()})
    if unknown:
        unknown = sorted({*unknown} - {*_rows(store, unknown, troubles)["fingerprint"].to_pylist()})
    if unknown:
        troubles.tell(f"Whether there is a clip {unknown[0]} in {store.url}, or a row that wants it, is not known.")
        raise errors.NotFound(
            f"There is no clip {unknown[0]} in {store.url}, nor a row that wants it: look its fingerprint up, or "
            "name its store."
        )


def _lying(store: ObjectStore, clips: Iterable[str]) -> list[list[Entry]]:
    """The objects that lie there of each of these clips."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="takedown") as pool:
        return list(pool.map(lambda clip: list(store.entries(layout.clip(clip))), clips))


def _purged(store: ObjectStore, clips: Sequence[str]) -> int:
    """Remove all objects of these clips, in every version; say how many there were.

    Raises :class:`render.errors.StoreError` if some may not be removed, when all others are.
    """
    kept: dict[str, errors.StoreError] = {}

    def purge(clip: str) -> int:
        try:
            return store.purge(layout.clip(clip))
        except errors.StoreError as error:
            kept[clip] = error
            return 0

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="takedown") as pool:
        removed = sum(pool.map(purge, clips))
    if kept:
        clip, error = min(kept.items())
        raise errors.StoreError(
            f"{error} Of {len(kept)} of {len(clips)} clips, such as {clip[:12]}, some still lie there: give this again "
            "as one who may list and delete their versions."
        ) from error
    return removed


def _rows(store: ObjectStore, clips: Sequence[str], troubles: _Troubles) -> pa.Table:
    """The rows that want these clips: ``batch``, ``experiment``, ``fingerprint``, ``end`` (null for one that waits).

    Those of batches that are gone are among them, without ``batch``. What cannot be read is left out, and is among the
    ``troubles`` then.
    """
    wanted, unpublished = pa.array(clips, pa.string()), list[str]()
    schema = contracts.load("requests").arrow_schema()
    pieces = [pa.schema([schema.field(name) for name in _OF_ROW]).empty_table()]
    with troubles.of("Rows of the catalog"):
        unpublished = batches.unpublished(store)
        pieces.append(_published(store, wanted, unpublished))
    for batch in unpublished:
        with troubles.of(f"Rows of batch {batch}"):
            pieces.append(_planned(store, batch, wanted))
    return pa.concat_tables(pieces, promote_options="permissive")


def _by_batch(rows: pa.Table) -> dict[str, int]:
    return dict(sorted(Counter(rows["batch"].drop_null().to_pylist()).items()))


def _wanting(store: ObjectStore, batch: str, columns: Sequence[str]) -> pa.Table:
    """These columns of the plan's rows that want a clip."""
    planned = batches.plan_table(store, batch, [*columns, "decision"])
    return planned.filter(pc.not_equal(planned["decision"], Decision.REFUSE)).drop_columns("decision")


def _published(store: ObjectStore, fingerprints: pa.Array, unpublished: Sequence[str]) -> pa.Table:
    """The catalog's rows that want these clips, but for those of batches that are not published whole."""
    found = catalog.requests_of(store, fingerprints, columns=_OF_ROW)
    found = found.filter(pc.invert(pc.is_in(found["batch"], pa.array(unpublished, pa.string()))))
    here = pc.is_in(found["batch"], pa.array(batches.list_ids(store) if found.num_rows else [], pa.string()))
    return found.set_column(0, "batch", pc.if_else(here, found["batch"], pa.scalar(None, pa.string())))


def _planned(store: ObjectStore, batch: str, fingerprints: pa.Array) -> pa.Table:
    """The rows of a batch that is not published yet that want these clips."""
    found = _wanting(store, batch, ["row", "experiment", "fingerprint"])
    found = found.filter(pc.is_in(found["fingerprint"], fingerprints))
    found = found.add_column(0, "batch", pa.repeat(batch, found.num_rows))
    if not found.num_rows:
        return found.drop_columns("row")
    ended = receipts.read(store, batch)
    end = ended["end"].take(pc.index_in(found["row"], ended["row"].combine_chunks()))
    return found.drop_columns("row").append_column("end", end)


def _pages(store: ObjectStore, rows: pa.Table) -> Iterator[tuple[str, Callable[[], View]]]:
    """The pages that may show the clips of these rows: the path, and what gathers anew what it shows."""
    for batch in _by_batch(rows):
        yield layout.report(batch), partial(gather.of_batch, store, batch)
    for experiment in sorted(filter(None, rows["experiment"].unique().to_pylist())):
        yield page.of_experiment(experiment), partial(gather.of_experiment, store, experiment)


def _rewritten(store: ObjectStore, path: str, gathered: Callable[[], View], now: datetime) -> list[str]:
    """Write this page anew if it is there, or remove it if what it shows is gone; give its URI if it was written."""
    if not store.exists(path):
        return []
    try:
        return [page.write_current(store, gathered, now=now)[0]]
    except errors.Unknown:
        page.remove(store, path)
        return []
