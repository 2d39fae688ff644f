"""From job results to receipts: a shard is settled when its last job has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc

from render import errors
from render.model import ClipRecord, End, Job, JobResult, PlannedRow, ReasonKind, Receipt
from render.planning import ends
from render.planning.urgency import urgency
from render.store import batches, clips, receipts, tables, tombstones
from render.store.objects import ObjectStore


def give_up(store: ObjectStore, batch: str, shard: int, *, now: datetime) -> None:
    """End a cancelled batch's shard: rows whose clip was made meanwhile by its verdict, the others as failed."""
    stamp = ends.Stamp(batch=batch, shard=shard, attempt=uuid4().hex[:12], finished_at=now.isoformat())
    rows = _waiting(store, batch, shard)
    failed = set(_ended(store, batch, shard, failed=True))
    wanted = {plan.fingerprint for plan in rows}
    records, gone = clips.find_many(store, wanted), tombstones.of(store, pa.array(wanted, pa.string()))
    given: list[Receipt] = []
    for plan in rows:
        if record := records.get(plan.fingerprint):
            given += ends.served([plan], record, stamp)
        elif tombstone := gone.get(plan.fingerprint):
            given += ends.withdrawn([plan], tombstone, stamp)
        elif plan.row.row not in failed:
            given += ends.failed(
                [plan],
                reason="The batch was cancelled.",
                kind=ReasonKind.CANCELLED,
                fix="Run the manifest again to render it.",
                stamp=stamp,
            )
    if given:
        receipts.write(store, batch, shard, stamp.attempt, tables.receipt_table(given))


@dataclass(slots=True)
class _Book:
    """One shard's rows by fingerprint, and the receipts that its ended jobs gave."""

    shard: int
    open: dict[str, list[PlannedRow]]
    receipts: list[Receipt] = field(default_factory=list)


class Settlement:
    """Gives out the jobs of several shards and turns their results into receipts.

    A shard's plan is read when its first job is asked for, and let go when its receipts are written: memory is
    bounded by the shards in flight.
    """

    def __init__(self, store: ObjectStore, batch: str, shards: Sequence[int], *, now: Callable[[], datetime]) -> None:
        self.store = store
        self.batch = batch
        self.shards = shards
        self.now = now
        self.attempt = uuid4().hex[:12]
        self._book_of: dict[str, _Book] = {}

    def jobs(self) -> Iterator[Job]:
        """Yield the jobs still to be made, shard by shard; rows that failed before are tried again."""
        for shard in self.shards:
            book = _Book(shard=shard, open={})
            for plan in _waiting(self.store, self.batch, shard):
                book.open.setdefault(plan.fingerprint, []).append(plan)
            self._book_of.update(dict.fromkeys(book.open, book))
            yield from [rows[0].job for rows in book.open.values()]

    def urgency(self, job: Job) -> int:
        """How urgent a job is that was given out and has not ended."""
        return urgency(plan.row for plan in self._book_of[job.fingerprint].open[job.fingerprint])

    def origin(self, fingerprint: str) -> tuple[int, str]:
        """The shard and the engine of a job that was given out and has not ended."""
        book = self._book_of[fingerprint]
        return book.shard, book.open[fingerprint][0].row.engine

    def settle(self, result: JobResult) -> tuple[int, ClipRecord | None, int]:
        """Take a job's result in; give its shard, its clip's record if it has one, and how many jobs are left of it.

        Writes the shard's receipts with the last result of the shard.
        """
        book = self._book_of.pop(result.fingerprint)
        rows = book.open.pop(result.fingerprint)
        record = None
        if result.state == "failed":
            kind = result.reason_kind or ReasonKind.INFRASTRUCTURE
            book.receipts += ends.failed(
                rows, reason=result.reason, kind=kind, fix=result.fix, stamp=self._stamp(book.shard)
            )
        elif record := clips.find(self.store, result.fingerprint) if result.state != "withdrawn" else None:
            book.receipts += ends.served(rows, record, self._stamp(book.shard))
        else:
            tombstone = tombstones.find(self.store, result.fingerprint)
            if tombstone is None:
                raise errors.StoreError(f"The worker says that clip {result.fingerprint} exists, but it has no record.")
            book.receipts += ends.withdrawn(rows, tombstone, self._stamp(book.shard))
        if not book.open:
            receipts.write(self.store, self.batch, book.shard, self.attempt, tables.receipt_table(book.receipts))
        return book.shard, record, len(book.open)

    def _stamp(self, shard: int) -> ends.Stamp:
        return ends.Stamp(batch=self.batch, shard=shard, attempt=self.attempt, finished_at=self.now().isoformat())


def _waiting(store: ObjectStore, batch: str, shard: int) -> list[PlannedRow]:
    """Give the shard's rows that have no end or failed, most urgent first."""
    over = set(_ended(store, batch, shard, failed=False))
    rows = [plan for plan in batches.read_plan(store, batch, shard) if plan.row.row not in over]
    return sorted(rows, key=lambda plan: (-urgency([plan.row]), plan.row.row))


def _ended(store: ObjectStore, batch: str, shard: int, *, failed: bool) -> list[int]:
    """The shard's rows that have failed, or those that have come to another end."""
    ended = receipts.read_shard(store, batch, shard)
    return ended["row"].filter(pc.equal(pc.equal(ended["end"], End.FAILED), failed)).to_pylist()
