"""Gathers what a view shows from the store: a batch, or an experiment over all its batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render import errors
from render.experiments.counts import Counts, count
from render.experiments.totals import PLANNED, Totals, of_entries, of_receipts
from render.experiments.view import DELIVERED, LeftOut, View, entry_of, newest, view
from render.model import Batch, Decision, End, Fault, PlannedRow, ReasonKind
from render.store import batches, catalog, clips, receipts, tables
from render.store.quarantine import Faults

if TYPE_CHECKING:
    from render.store.objects import ObjectStore

MOST_ROWS = 10_000
"""A batch of more rows is not shown whole: a browser could not, and the catalog answers questions about it."""

FEW = 4096
"""So many clips are looked for one by one; of more, only those whose folders are there."""

_MOST_NAMES = 20
_PLANNED = (*PLANNED, "experiment", "variant")


def of_batch(store: ObjectStore, batch_id: str) -> View:
    """Gather a batch, of a very long one the first :data:`MOST_ROWS` rows, and the counts and sums of all.

    Raises :class:`render.errors.NotFound` if it is not there or not planned yet.
    """
    batch = batches.load(store, batch_id)
    faults = batches.read_quarantine(store, batch_id)
    ended = receipts.read(store, batch_id)
    planned = batches.plan_table(store, batch_id, _PLANNED)
    rows = pa.table({"row": pa.chunked_array([*planned["row"].chunks, *faults.table["row"].chunks]).unique()})
    if rows.num_rows <= MOST_ROWS:
        return _gathered(store, batch, batches.read_plan(store, batch_id), faults, ended)
    last = rows["row"].take(pc.select_k_unstable(rows, MOST_ROWS, [("row", "ascending")]))[-1]
    near = ended.filter(pc.less_equal(ended["row"], last))
    listed = _gathered(
        store,
        batch,
        _planned_rows(store, batch_id, lambda piece: pc.less_equal(piece["row"], last)),
        Faults(faults.table.filter(pc.less_equal(faults.table["row"], last))),
        near,
    )
    others, made = _totals_of_others(store, batch, planned.filter(pc.greater(planned["row"], last)), ended, listed)
    counts = replace(_counts(planned["row"], faults, ended), made=listed.counts.made + made)
    groups = _experiments(planned)
    return replace(
        listed,
        counts=counts,
        experiments=tuple(
            replace(one, rows=groups[one.name][0], variants=groups[one.name][1]) for one in listed.experiments
        ),
        left_out=LeftOut(
            rows=counts.rows - listed.counts.rows,
            problems=_problems(faults, ended) - len(listed.problems),
            experiments=len(groups) - len(listed.experiments),
            totals=others,
        ),
    )


def of_experiment(store: ObjectStore, experiment: str) -> View:
    """Gather the newest request of each row of an experiment, over all planned batches.

    Raises :class:`render.errors.Unknown` with the known names if no batch has it.
    """
    views: list[View] = []
    known: set[str] = set()
    found = batches.records(store, _batches_of(store, experiment))
    for batch in sorted(found, key=lambda one: (one.created_at, one.id), reverse=True):
        planned = []
        for piece in batches.plan_pieces(store, batch.id):
            known.update(piece["experiment"].unique().to_pylist())
            planned += tables.planned_rows(piece.filter(pc.equal(piece["experiment"], experiment)))
        faults = [fault for fault in batches.read_quarantine(store, batch.id) if fault.experiment == experiment]
        if planned or faults:
            views.append(_gathered(store, batch, planned, faults, receipts.read(store, batch.id)))
    if not views:
        known.update(catalog.query(store, "select distinct experiment from requests")["experiment"].to_pylist())
        names = sorted(filter(None, known))
        meant = "".join(f" Is {name!r} meant?" for name in get_close_matches(experiment, names, 1, cutoff=0.7))
        shown = ", ".join(names[:_MOST_NAMES]) or "none yet: run a batch first"
        raise errors.Unknown(f"There is no experiment {experiment!r} in {store.url}.{meant} Known: {shown}.")
    return newest(experiment, views)


def _batches_of(store: ObjectStore, experiment: str) -> list[str]:
    """The batches in which the catalog knows the experiment, and the planned ones that are not published yet."""
    text = experiment.replace("'", "''")
    sql = f"select distinct batch from requests where experiment = '{text}'"  # noqa: S608 (quoted above)
    published = {*catalog.query(store, sql)["batch"].to_pylist()} & {*batches.list_ids(store)}
    return sorted(published | {*batches.unpublished(store)})


def _counts(rows: pa.ChunkedArray, faults: Faults, ended: pa.Table) -> Counts:
    """The counts of a batch whose plan has these rows, and whose quarantine has these faults."""
    first = np.flatnonzero(np.diff(faults.table["row"].to_numpy(), prepend=-1))
    quarantined, kinds = (faults.table[name].take(first) for name in ("row", "kind"))
    total = len(rows) + _true(pc.invert(pc.is_in(quarantined, rows.combine_chunks())))
    alike = ended.group_by(["end", "reason_kind"]).aggregate([([], "count_all")]).to_pylist()
    pairs: list[tuple[End | None, ReasonKind | None]] = []
    for one in alike:
        pairs += [(End(one["end"]), one["reason_kind"] and ReasonKind(one["reason_kind"]))] * one["count_all"]
    unsettled = pc.invert(pc.is_in(quarantined, ended["row"].combine_chunks()))
    pairs += [(End.REJECTED, ReasonKind(kind)) for kind in kinds.filter(unsettled).to_pylist()]
    return count([*pairs, *[(None, None)] * (total - len(pairs))])


def _planned_rows(
    store: ObjectStore, batch_id: str, wanted: Callable[[pa.RecordBatch], pa.Array]
) -> Iterator[PlannedRow]:
    """The batch's planned rows that are wanted, of each piece of its plan."""
    for piece in batches.plan_pieces(store, batch_id):
        yield from tables.planned_rows(piece.filter(wanted(piece)))


def _experiments(planned: pa.Table) -> dict[str, tuple[int, int]]:
    """How many rows and variants each experiment has."""
    counted = planned.group_by("experiment").aggregate([([], "count_all"), ("variant", "count_distinct")])
    return {one["experiment"]: (one["count_all"], one["variant_count_distinct"]) for one in counted.to_pylist()}


def _problems(faults: Faults, ended: pa.Table) -> int:
    """How many problems a view of all rows would list: each fault, and each other row that may not be handed on."""
    handed = pc.is_in(ended["end"], pa.array(list(DELIVERED), pa.string()))
    faulty = pc.is_in(ended["row"], faults.table["row"].combine_chunks())
    told = faults.table.select(["row", "column", "reason"]).unify_dictionaries()
    return told.group_by(told.column_names).aggregate([]).num_rows + _true(pc.invert(pc.or_(handed, faulty)))


def _totals_of_others(
    store: ObjectStore, batch: Batch, others: pa.Table, ended: pa.Table, listed: View
) -> tuple[Totals, int]:
    """Sums over the clips of the rows that are not listed, and how many of these have a clip but no end yet."""
    receipt = ended.take(pc.index_in(others["row"], ended["row"].combine_chunks()))
    counted = pa.array({entry.fingerprint for entry in listed.entries if entry.watchable}, pa.string())
    paid = pa.array({entry.fingerprint for entry in listed.entries if entry.record}, pa.string())
    told, served = of_receipts(store, batch.id, others, receipt, counted=counted, paid=paid)
    silent = pc.fill_null(receipts.untold(receipt), True)
    untold = pc.and_(pc.not_equal(others["decision"], Decision.REFUSE), silent)
    wanted = others.filter(untold)["fingerprint"].unique()
    if len(wanted) > FEW:
        wanted = wanted.filter(clips.lie_there(store, wanted))
    records = clips.find_many(store, wanted.to_pylist())
    if not records:
        return told, 0
    rows = others.filter(pc.and_(untold, pc.is_in(others["fingerprint"], pa.array(records, pa.string()))))["row"]
    ends = {one.row: one for one in tables.receipts(ended.filter(pc.is_in(ended["row"], rows.combine_chunks())))}
    found = _planned_rows(store, batch.id, lambda piece: pc.is_in(piece["row"], rows.combine_chunks()))
    entries = [entry_of(batch, one, ends.get(one.row.row), records) for one in found]
    before = set(wanted.filter(pc.is_in(wanted, served)).to_pylist())
    watched = before | set(counted.to_pylist())
    spent = before | set(paid.to_pylist())
    looked_up = of_entries(
        entries,
        seen=lambda entry: entry.fingerprint not in watched,
        spent=lambda record: record.batch == batch.id and record.job.fingerprint not in spent,
    )
    return told + looked_up, sum(entry.end is None and entry.watchable for entry in entries)


def _true(which: pa.ChunkedArray) -> int:
    return pc.sum(which, min_count=0).as_py()


def _gathered(
    store: ObjectStore, batch: Batch, planned: Iterable[PlannedRow], faults: Iterable[Fault], ended: pa.Table
) -> View:
    """The view of these rows, of which ``ended`` has the receipts."""
    planned, ends = list(planned), list(tables.receipts(ended))
    failed = {one.row for one in ends if one.end is End.FAILED}
    wanted = [one.fingerprint for one in planned if one.row.row not in failed and one.decision is not Decision.REFUSE]
    return view(batch, planned, faults, ends, clips.find_many(store, wanted))
