"""What a report, a bundle or an export shows: a batch or an experiment as plain data, grouped for comparing.

Pure functions; :mod:`render.experiments.gather` has what they need from the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from render import errors
from render.checks import policy
from render.experiments.counts import Counts, count
from render.experiments.lines import Line, lines, variants
from render.experiments.totals import Totals, of_entries
from render.model import Batch, ClipRecord, Decision, End, Fault, Outcome, PlannedRow, ReasonKind, Receipt, Row

DELIVERED = frozenset({End.PUBLISHED, End.REUSED})
"""Ends whose clip may be handed on."""

MENDABLE = frozenset({End.REJECTED, End.FAILED, End.WITHDRAWN})
"""Ends after which a row has no clip to hand on until another batch makes one."""

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
    cost_usd: float = 0.0
    """What its clip took where it was made for this row and is gone since, as when it was taken down; else 0."""
    cpu_seconds: float = 0.0

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
    rows: int
    """All of them, those that the view leaves out too."""
    variants: int
    """Of all rows."""
    entries: tuple[Entry, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """The rows of a very long batch that a view counts, but lists neither in its experiments nor as problems."""

    rows: int
    problems: int
    experiments: int
    """Of which no row is listed."""
    totals: Totals


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
    left_out: LeftOut | None = None

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

    def totals(self, seen: Callable[[Entry], bool] = attrgetter("watchable")) -> Totals:
        """Sums over the clips of all rows; of a listed one, ``seen`` says whether its clip is counted."""
        here = {batch.id for batch in self.batches}
        listed = of_entries(
            self.entries, seen=seen, spent=lambda record: self.subject != "batch" or record.batch in here
        )
        return listed + self.left_out.totals if self.left_out else listed


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
        entries.append(entry_of(batch, one, ended.get(one.row.row), records))
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


def entry_of(batch: Batch, one: PlannedRow, receipt: Receipt | None, records: Mapping[str, ClipRecord]) -> Entry:
    """One planned row, how it ended if it did, and the clip that serves it if that is among the records."""
    end, reason, kind, fix = None, "", None, ""
    if receipt is not None:
        end, reason, kind, fix = receipt.end, receipt.reason, receipt.reason_kind, receipt.fix
    elif one.decision is Decision.REFUSE:
        end = End.REJECTED
    if one.fault is not None:
        reason, kind, fix = one.fault.reason, kind or one.fault.kind, fix or one.fault.fix
    gone = one.decision is Decision.RENDER and end is not End.FAILED and one.fingerprint not in records
    lost = receipt if gone else None
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
        cost_usd=lost.cost_usd if lost else 0.0,
        cpu_seconds=lost.cpu_seconds if lost else 0.0,
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
            Experiment(name=name, rows=len(mine), variants=len(variants(mine)), entries=tuple(mine), lines=lines(mine))
            for name, mine in own.items()
        ),
        problems=problems,
    )
