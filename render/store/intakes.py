"""The log of what was taken from inboxes: runs at once agree by it on who took which manifest.

Entry n, put if absent, is the record of the n-th batch. Who wants to put one has read all before it; who finds its
number taken reads again. So no two batches hold the same manifest, and a batch is taken as soon as its entry is there:
the same record in its own folder follows, put by its writer or, if that died, by whoever takes next. A mark beside the
entry says that it was put: where the record is missing then, or that of an older entry, somebody deleted the batch, and
it stays so.

Checkpoints sum up what is known, so that few records are read however long the log is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from render import errors
from render.model import Batch, ManifestFile
from render.store import batches, layout
from render.store.objects import ObjectStore
from render.store.records import RecordFormat

MANY = 128
"""Records read one by one that are worth a checkpoint."""
_AT_ONCE = 16
_LOOKS = 5
"""How often the newest checkpoint is looked for: each time a newer one came, a sweep may take the one that was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What batches have taken, from inboxes and otherwise."""

    entries: int = 0
    """Length of the log."""
    batches: frozenset[str] = frozenset()
    files: frozenset[ManifestFile] = frozenset()
    """What they took in or refused."""
    runs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By run key when its first batch was made, and that batch's id."""

    def batch_of(self, run_key: str) -> str | None:
        """The batch that the run of this key took in first; None if it has taken none."""
        return self.runs[run_key][1] if run_key in self.runs else None


_KNOWN = RecordFormat(Known, version=1, title="checkpoint of the log of intakes")


def load(store: ObjectStore) -> Known:
    """What is known now. Raises :class:`render.errors.StoreError` for a log with a hole in it."""
    return _read(store)[0]


def settle(store: ObjectStore) -> Known:
    """What is known now, after the last batch has got its record if its writer died, and a checkpoint if it pays."""
    known, entries, read = _read(store)
    for batch in entries[-1:]:
        _create(store, known.entries, batch)
    if read >= MANY:
        store.put_if_absent(layout.intake_checkpoint(known.entries, len(known.batches)), _KNOWN.dump(known))
    return known


def append(store: ObjectStore, known: Known, batch: Batch) -> bool:
    """Take what the batch holds and nothing does that :func:`settle` knows; False, and nothing done, if that is old."""
    if not store.put_if_absent(layout.intake_entry(known.entries + 1), batches.RECORD.dump(batch)):
        return False
    _create(store, known.entries + 1, batch)
    return True


def _create(store: ObjectStore, number: int, batch: Batch) -> None:
    """Put the record of this entry's batch, unless it was there once."""
    mark = layout.intake_recorded(number)
    if not store.exists(mark):
        batches.create(store, batch)
        store.put_if_absent(mark, b"{}")


def _read(store: ObjectStore) -> tuple[Known, list[Batch], int]:
    """What is known, the entries since the checkpoint, and how many records were read for it."""
    base, last = _newest(store)
    entries = _entries(store, base.entries + 1, last)
    seen = base.batches | {batch.id for batch in entries}
    others = batches.records(store, [batch_id for batch_id in batches.list_ids(store) if batch_id not in seen])
    return _with(base, last, [*entries, *others]), entries, len(entries) + len(others)


def _newest(store: ObjectStore) -> tuple[Known, int]:
    """The newest checkpoint, empty if there is none, and the number of the last entry."""
    gone = ""
    for _ in range(_LOOKS):
        path, last = _seen(store)
        if not path:
            return Known(), last
        try:
            return _KNOWN.load(store.get(path), store.uri(path)), last
        except errors.NotFound:
            gone = path
    raise errors.StoreError(f"{store.uri(gone)} is listed, but not there. Try again.")


def _seen(store: ObjectStore) -> tuple[str, int]:
    """The path of the newest checkpoint, empty if there is none, and the number of the last entry."""
    last = 0
    for folder in reversed(store.folders(layout.INTAKES)):
        paths = store.list(f"{layout.INTAKES}/{folder}")
        last = max([last, *(number for path in paths if (number := layout.intake_number(path)))])
        if known := max((found for path in paths if (found := layout.intake_known(path))), default=None):
            return layout.intake_checkpoint(*known), max(last, known[0])
    return "", last


def _entries(store: ObjectStore, first: int, last: int) -> list[Batch]:
    def entry(number: int) -> Batch:
        path = layout.intake_entry(number)
        try:
            return batches.RECORD.load(store.get(path), store.uri(path))
        except errors.NotFound as error:
            raise errors.StoreError(
                f"{store.uri(path)} is missing from the log of intakes, so what was taken is not known. Restore it "
                "from the bucket's older versions or from a backup."
            ) from error

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="intakes") as pool:
        return list(pool.map(entry, range(first, last + 1)))


def _with(base: Known, last: int, more: Iterable[Batch]) -> Known:
    runs, files, ids = dict(base.runs), set(base.files), set(base.batches)
    for batch in more:
        mine = (batch.created_at, batch.id)
        runs[batch.run_key] = min(runs.get(batch.run_key, mine), mine)
        files.update(batch.manifests, (refused.file for refused in batch.refused))
        ids.add(batch.id)
    return Known(entries=last, batches=frozenset(ids), files=frozenset(files), runs=runs)
