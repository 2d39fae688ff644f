"""What a report, a bundle or an export shows: a batch or an experiment as plain data, grouped for comparing.

:func:`view` is pure; :func:`of_batch` and :func:`of_experiment` gather what it needs from the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from render import errors
from render.checks import policy
from render.experiments.counts import Counts, count
from render.experiments.lines import Line, lines, variants
from render.model import Batch, ClipRecord, Decision, End, Fault, Outcome, PlannedRow, ReasonKind, Receipt, Row
from render.store import batches, catalog, clips, receipts, tables

if TYPE_CHECKING:
    from render.store.objects import ObjectStore

DELIVERED = frozenset({End.PUBLISHED, End.REUSED})
"""Ends whose clip may be handed on."""

MENDABLE = frozenset({End.REJECTED, End.FAILED, End.WITHDRAWN})
"""Ends after which a row has no clip to hand on until another batch makes one."""

_MOST_NAMES = 20

MOST_ROWS = 10_000
"""A batch of more rows is not shown whole: a browser could not, and the catalog answers questions about it."""

WATCHABLE = DELIVERED | {End.HELD, None}
"""Ends whose clip the report plays: a held one waits for somebody to watch it, one without an end for its shard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One valid row of a batch, how it ended, and the clip that serves it."""

    batch: str
    row: Row
    end: End | None
    """None while the batch has not settled it."""
    why: str
    """What the plan said of it, in plain language."""
    fingerprint: str
    reason: str = ""
    kind: ReasonKind | None = None
    fix: str = ""
    record: ClipRecord | None = None

    @property
    def delivered(self) -> bool:
        """Whether its clip may be handed on, and is there."""
        return self.end in DELIVERED and self.record is not None and "clip" in self.record.objects

    @property
    def watchable(self) -> bool:
        """Whether the report plays its clip."""
        return self.end in WATCHABLE and self.record is not None and "clip" in self.record.objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a row was held, rejected, withdrawn or failed. A malformed row has one for each fault."""

    batch: str
    row: int
    end: End
    reason: str
    fix: str
    kind: ReasonKind | None
    column: str = ""
    value: str = ""
    experiment: str = ""
    """As far as a malformed row says it."""
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """The rows of one experiment, laid out for comparing."""

    name: str
    variants: tuple[str, ...]
    """In order of appearance."""
    entries: tuple[Entry, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that a report shows."""

    title: str
    """The batch's id, or the experiment's name."""
    subject: str
    """"batch" or "experiment"."""
    batches: tuple[Batch, ...]
    """Newest first."""
    counts: Counts
    experiments: tuple[Experiment, ...]
    problems: tuple[Problem, ...]
    left_out: int = 0
    """Rows that are counted, but stand neither in the experiments nor among the problems: those after the others."""

    @property
    def malformed(self) -> tuple[Problem, ...]:
        """The rows that never became entries, the reasons of one that has several faults joined."""
        valid = {(entry.batch, entry.row.row) for entry in self.entries}
        rows: dict[tuple[str, int], list[Problem]] = {}
        for problem in self.problems:
            if (problem.batch, problem.row) not in valid:
                rows.setdefault((problem.batch, problem.row), []).append(problem)
        return tuple(replace(own[0], reason=" ".join(one.reason for one in own)) for own in rows.values())

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every valid row, experiment by experiment."""
        return tuple(entry for experiment in self.experiments for entry in experiment.entries)


def view(
    batch: Batch,
    planned: Iterable[PlannedRow],
    faults: Iterable[Fault],
    ends: Iterable[Receipt],
    records: Mapping[str, ClipRecord],
) -> View:
    """Join a batch's plan, quarantine, receipts and clip records (by fingerprint) into what is shown."""
    ended = {receipt.row: receipt for receipt in ends}
    entries: list[Entry] = []
    faulty: dict[tuple[int, str, str], Fault] = {}
    for one in sorted(planned, key=lambda one: one.row.row):
        entries.append(_entry(batch, one, ended.get(one.row.row), records))
        if one.fault is not None:
            faulty[one.fault.row, one.fault.column, one.fault.reason] = replace(
                one.fault, experiment=one.row.experiment, variant=one.row.variant
            )
    for fault in faults:
        faulty.setdefault((fault.row, fault.column, fault.reason), fault)
    return _view(batch.id, "batch", (batch,), entries, _problems(batch, entries, faulty.values(), ended))


def newest(experiment: str, views: Sequence[View]) -> View:
    """The newest request of each row of an experiment, out of the views of its batches, newest batch first.

    Two rows are the same request when all that can change their clip is written the same, wherever they stand in
    their manifests. A row without a clip to hand on is over, too, once a later batch of its manifest has a row of its
    variant in its place: that is how it was mended. Malformed rows, whose variant may be what is wrong, are those of
    the newest batch.
    """
    kept: list[Entry] = []
    seen: set[tuple[object, ...]] = set()
    for one in views:
        own = [entry for entry in one.entries if entry.row.experiment == experiment]
        kept += [
            entry
            for entry in own
            if _request(entry.row) not in seen and not (entry.end in MENDABLE and _place(one, entry) in seen)
        ]
        seen |= {key for entry in own for key in (_request(entry.row), _place(one, entry))}
    places = {(entry.batch, entry.row.row) for entry in kept}
    places |= {(one.batch, one.row) for one in views[0].malformed} if views else set()
    used = {batch for batch, _ in places}
    return _view(
        experiment,
        "experiment",
        tuple(batch for one in views for batch in one.batches if batch.id in used),
        kept,
        tuple(problem for one in views for problem in one.problems if (problem.batch, problem.row) in places),
    )


def of_batch(store: ObjectStore, batch_id: str) -> View:
    """Gather a batch, of a very long one the first :data:`MOST_ROWS` rows, and the counts of all.

    Raises :class:`render.errors.NotFound` if it is not there or not planned yet.
    """
    batch = batches.load(store, batch_id)
    faults = batches.read_quarantine(store, batch_id)
    ended = receipts.read(store, batch_id)
    rows = batches.plan_table(store, batch_id, ["row"])["row"]
    if len(rows) <= MOST_ROWS:
        return _gathered(store, batch, batches.read_plan(store, batch_id), faults, ended)
    last = rows.take(pc.select_k_unstable(rows, MOST_ROWS, [("row", "ascending")]))[-1]
    pieces = batches.plan_pieces(store, batch_id)
    first = [one for piece in pieces for one in tables.planned_rows(piece.filter(pc.less_equal(piece["row"], last)))]
    counts = _counts(rows, faults, ended)
    near = ended.filter(pc.less_equal(ended["row"], last))
    shown = _gathered(store, batch, first, [fault for fault in faults if fault.row <= last.as_py()], near)
    return replace(shown, counts=replace(counts, made=shown.counts.made), left_out=counts.rows - shown.counts.rows)


def of_experiment(store: ObjectStore, experiment: str) -> View:
    """Gather the newest request of each row of an experiment, over all planned batches.

    Raises :class:`render.errors.NotFound` with the known names if no batch has it.
    """
    views: list[View] = []
    known: set[str] = set()
    found = [batches.load(store, one) for one in _batches_of(store, experiment)]
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
        raise errors.NotFound(f"There is no experiment {experiment!r} in {store.url}.{meant} Known: {shown}.")
    return newest(experiment, views)


def _batches_of(store: ObjectStore, experiment: str) -> list[str]:
    """The batches in which the catalog knows the experiment, and the planned ones that are not published yet."""
    text = experiment.replace("'", "''")
    sql = f"select distinct batch from requests where experiment = '{text}'"  # noqa: S608 (quoted above)
    published = set(catalog.query(store, sql)["batch"].to_pylist())
    return [
        one
        for one in batches.list_ids(store)
        if one in published or (batches.finished(store, one) is None and batches.plan_summary(store, one) is not None)
    ]


def _counts(rows: pa.ChunkedArray, faults: Iterable[Fault], ended: pa.Table) -> Counts:
    """The counts of a batch whose plan has these rows, and whose quarantine has these faults."""
    kinds: dict[int, ReasonKind] = {}
    for fault in faults:
        kinds.setdefault(fault.row, fault.kind)
    quarantined = pa.array(list(kinds), pa.int64())
    total = len(rows) + pc.sum(pc.invert(pc.is_in(quarantined, rows.combine_chunks())), min_count=0).as_py()
    alike = ended.group_by(["end", "reason_kind"]).aggregate([([], "count_all")]).to_pylist()
    pairs: list[tuple[End | None, ReasonKind | None]] = []
    for one in alike:
        pairs += [(End(one["end"]), one["reason_kind"] and ReasonKind(one["reason_kind"]))] * one["count_all"]
    unsettled = quarantined.filter(pc.invert(pc.is_in(quarantined, ended["row"].combine_chunks())))
    pairs += [(End.REJECTED, kinds[row]) for row in unsettled.to_pylist()]
    return count([*pairs, *[(None, None)] * (total - len(pairs))])


def _gathered(
    store: ObjectStore, batch: Batch, planned: Iterable[PlannedRow], faults: Iterable[Fault], ended: pa.Table
) -> View:
    """The view of these rows, of which ``ended`` has the receipts."""
    planned, ends = list(planned), list(tables.receipts(ended))
    failed = {one.row for one in ends if one.end is End.FAILED}
    wanted = [one.fingerprint for one in planned if one.row.row not in failed and one.decision is not Decision.REFUSE]
    return view(batch, planned, faults, ends, clips.find_many(store, wanted))


def _request(row: Row) -> tuple[object, ...]:
    return (
        row.variant,
        *(row.prompt, row.negative_prompt, row.scene, row.style, row.shots, row.engine),
        *(row.duration_ms, row.width, row.height, row.fps, row.seed),
    )


def _place(view: View, entry: Entry) -> tuple[object, ...]:
    """Where a batch's row stands; what comes into an inbox has no place that a later batch could fill again."""
    [batch] = view.batches
    return (batch.id if batch.inbox else batch.source, entry.row.row, entry.row.variant)


def _entry(batch: Batch, one: PlannedRow, receipt: Receipt | None, records: Mapping[str, ClipRecord]) -> Entry:
    end, reason, kind, fix = None, "", None, ""
    if receipt is not None:
        end, reason, kind, fix = receipt.end, receipt.reason, receipt.reason_kind, receipt.fix
    elif one.decision is Decision.REFUSE:
        end = End.REJECTED
    if one.fault is not None:
        reason, kind, fix = one.fault.reason, kind or one.fault.kind, fix or one.fault.fix
    return Entry(
        batch=batch.id,
        row=one.row,
        end=end,
        why=one.why,
        fingerprint=one.fingerprint,
        reason=reason,
        kind=kind,
        fix=fix,
        record=_serving(one, receipt, records),
    )


def _serving(one: PlannedRow, receipt: Receipt | None, records: Mapping[str, ClipRecord]) -> ClipRecord | None:
    """The clip that serves a row, or is made for one without an end, unless a check is going to reject it.

    Nor is there one for a row without an end whose policy this program does not know.
    """
    record = records.get(one.fingerprint)
    if record is None or receipt is not None:
        return record
    try:
        rules = policy.load(one.row.policy)
    except errors.NotFound:
        return None
    return None if policy.judge(rules, record.figures).outcome is Outcome.REJECT else record


def _problems(
    batch: Batch, entries: Sequence[Entry], faults: Iterable[Fault], ended: Mapping[int, Receipt]
) -> tuple[Problem, ...]:
    found = []
    for fault in faults:
        receipt = ended.get(fault.row)
        found.append(
            Problem(
                batch=batch.id,
                row=fault.row,
                end=receipt.end if receipt else End.REJECTED,
                reason=fault.reason,
                fix=fault.fix,
                kind=fault.kind,
                column=fault.column,
                value=fault.value,
                experiment=fault.experiment,
                variant=fault.variant,
            )
        )
    told = {problem.row for problem in found}
    for entry in entries:
        if entry.end is None or entry.end in DELIVERED or entry.row.row in told:
            continue
        found.append(
            Problem(
                batch=batch.id,
                row=entry.row.row,
                end=entry.end,
                reason=entry.reason,
                fix=entry.fix,
                kind=entry.kind,
                experiment=entry.row.experiment,
                variant=entry.row.variant,
            )
        )
    return tuple(sorted(found, key=lambda problem: problem.row))


def _view(
    title: str,
    subject: str,
    batches: tuple[Batch, ...],
    entries: Sequence[Entry],
    problems: tuple[Problem, ...],
) -> View:
    own: dict[str, list[Entry]] = {}
    for entry in entries:
        own.setdefault(entry.row.experiment, []).append(entry)
    valid = {(entry.batch, entry.row.row) for entry in entries}
    malformed = {(one.batch, one.row): one for one in reversed(problems) if (one.batch, one.row) not in valid}
    return View(
        title=title,
        subject=subject,
        batches=batches,
        counts=count(
            [*((entry.end, entry.kind) for entry in entries), *((one.end, one.kind) for one in malformed.values())],
            made=sum(entry.end is None and entry.watchable for entry in entries),
        ),
        experiments=tuple(
            Experiment(name=name, variants=variants(mine), entries=tuple(mine), lines=lines(mine))
            for name, mine in own.items()
        ),
        problems=problems,
    )
