"""How rows end that earlier batches' clips serve, by the figures that were stored when those were made, or served."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render.checks import policy
from render.model import Decision, End, PlannedRow, ReasonKind, Receipt
from render.planning import approvals, ends
from render.planning.history import FEW
from render.store import batches, catalog, clips, tables, tombstones
from render.store.objects import ObjectStore

_COLUMNS = ("row", "policy", "fingerprint", "why", "decision")


def settle(store: ObjectStore, batch_id: str, stamp: ends.Stamp) -> pa.Table:
    """Receipts of the rows that the plan reuses clips for, each by its own policy's verdict or a person's approval.

    A clip that was taken down, be it since the plan, serves none: its rows are withdrawn. The records of a few clips
    are read. Of more the catalog's word counts for those whose figures it has and that pass; the others' records are
    read.
    """
    planned = batches.plan_table(store, batch_id, _COLUMNS)
    gone = tombstones.of(store, planned["fingerprint"])
    dead = pc.is_in(planned["fingerprint"], pa.array(gone, pa.string()))
    reused = planned.filter(pc.and_not(pc.equal(planned["decision"], Decision.REUSE), dead))
    settled = pc.is_in(planned["decision"], pa.array([Decision.REUSE, Decision.WITHDRAWN], pa.string()))
    withdrawn = [
        receipt
        for row in _rows(store, batch_id, planned["row"].filter(pc.and_(dead, settled)).combine_chunks())
        for receipt in ends.withdrawn([row], gone[row.fingerprint], stamp)
    ]
    sure = _sure(store, batch_id, reused)
    doubtful = reused["row"].filter(pc.invert(sure)).combine_chunks()
    by_records = list(_by_records(store, _rows(store, batch_id, doubtful), stamp))
    found = tables.receipt_table([*withdrawn, *approvals.carried_over(store, batch_id, by_records)])
    return pa.concat_tables([found, _by_columns(store, reused.filter(sure), found.schema, stamp)])


def _sure(store: ObjectStore, batch_id: str, reused: pa.Table) -> pa.Array:
    """Which rows pass by what the catalog knows; none where there are few, whose records are as quick to read.

    Their clips are in the catalog and lie there, and nobody may have made them anew without having published that.
    """
    sure = np.zeros(reused.num_rows, np.bool_)
    if reused.num_rows > FEW:
        wanted = reused["fingerprint"].unique()
        there = wanted.filter(pc.and_(clips.lie_there(store, wanted), catalog.made_by(store, wanted).is_valid()))
        for rendered in _unpublished(store, batch_id):
            there = there.filter(pc.invert(pc.is_in(there, rendered)))
        for name in reused["policy"].unique().to_pylist():
            own = pc.equal(reused["policy"], name)
            limits = [(one.check, one.figure, one.min, one.max) for one in policy.load(name).limits]
            passing = catalog.within(store, there, limits)
            sure |= pc.and_(own, pc.is_in(reused["fingerprint"], passing)).to_numpy()
    return pa.array(sure)


def _unpublished(store: ObjectStore, batch_id: str) -> Iterator[pa.Array]:
    """The clips that each other batch renders which is not published yet: the catalog has them from before, if at all.

    Only a clip that somebody has deleted by hand is rendered again; then the catalog names objects that are gone.
    """
    for other in batches.unpublished(store):
        if other != batch_id:
            planned = batches.plan_table(store, other, ["fingerprint", "decision"])
            yield planned["fingerprint"].filter(pc.equal(planned["decision"], Decision.RENDER)).combine_chunks()


def _by_columns(store: ObjectStore, passed: pa.Table, schema: pa.Schema, stamp: ends.Stamp) -> pa.Table:
    columns = ["path", "render_seconds", "cpu_seconds", "fallback"]
    made = catalog.clips_of(store, passed["fingerprint"].unique(), columns=columns)
    shared = {
        "batch": stamp.batch,
        "end": End.REUSED,
        "fix": "",
        "shard": stamp.shard,
        "attempt": stamp.attempt,
        "finished_at": stamp.finished_at,
        "reason_kind": None,
        "cost_usd": 0.0,
    }
    columns = {
        name: pa.repeat(pa.scalar(value, schema.field(name).type), passed.num_rows) for name, value in shared.items()
    }
    columns |= {"row": passed["row"], "fingerprint": passed["fingerprint"], "reason": passed["why"]}
    clip = made.take(pc.index_in(passed["fingerprint"], made["fingerprint"].combine_chunks()))
    columns |= {name: clip[name] for name in ("path", "render_seconds", "cpu_seconds")}
    columns["stand_in"] = pc.fill_null(clip["fallback"], False)
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)


def _rows(store: ObjectStore, batch_id: str, rows: pa.Array) -> Iterator[PlannedRow]:
    for piece in batches.plan_pieces(store, batch_id) if len(rows) else ():
        yield from tables.planned_rows(piece.filter(pc.is_in(piece["row"], rows)))


def _by_records(store: ObjectStore, rows: Iterator[PlannedRow], stamp: ends.Stamp) -> Iterator[Receipt]:
    waiting: dict[str, list[PlannedRow]] = defaultdict(list)
    for row in rows:
        waiting[row.fingerprint].append(row)
    for record in clips.find_each(store, list(waiting)):
        yield from ends.served(waiting.pop(record.job.fingerprint), record, stamp)
    gone = tombstones.of(store, pa.array(waiting, pa.string()))
    for fingerprint, left in waiting.items():
        if tombstone := gone.get(fingerprint):  # put since the look before
            yield from ends.withdrawn(left, tombstone, stamp)
            continue
        yield from ends.failed(
            left,
            reason="The clip that was to serve it has been deleted since the plan.",
            kind=ReasonKind.INFRASTRUCTURE,
            fix="Run the manifest again to render it.",
            stamp=stamp,
        )
