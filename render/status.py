"""Where batches stand: how every row ended, or that it waits. Read from storage alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from render.model import (
    STAND_IN,
    Batch,
    ClipRecord,
    Decision,
    End,
    Fault,
    PlannedRow,
    ReasonKind,
    Receipt,
    RefusedManifest,
)
from render.store import batches, catalog, clips, layout, receipts
from render.store.objects import ObjectStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipStatus:
    """A row that became a job, or is served by an earlier clip."""

    row: int
    experiment: str
    variant: str
    fingerprint: str
    shard: int | None
    end: End | None
    """None while it waits."""
    reason: str
    reason_kind: ReasonKind | None
    fix: str
    uri: str
    """Absolute URI of the clip, which a waiting row may have already; empty while there is none."""
    seconds: float
    """Of video."""
    render_seconds: float
    """Wall-clock seconds that the clip took when it was made; 0 while there is none."""
    cpu_seconds: float
    cost: float
    """US dollars that this row cost in this batch: 0 for a reused clip."""
    stand_in: bool
    """Whether the clip shows something else, since its engine cannot show what the prompt asks for."""

    @property
    def remark(self) -> str:
        """Why it ended so, and what people must know of the clip; empty if nothing."""
        return "; ".join(part for part in (self.reason, STAND_IN if self.stand_in else "") if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A batch as its people see it."""

    batch: str
    manifest: str
    """The manifest's URL; of several, their folder."""
    run_key: str
    """The logical date or the id of the run that took it in."""
    inbox: bool
    """Whether it is what had arrived in an inbox."""
    limit: int | None = None
    """Only so many of the first rows were wanted; None for all."""
    where: str | None = None
    """Only the rows of this SQL expression were wanted; None for all."""
    refused: tuple[RefusedManifest, ...] = ()
    """Files of the inbox that could not be used; their rows are in no count."""
    store: str
    state: str
    """"taken in", "planned", "under way" (a clip of it is made), "finished" or "cancelled"."""
    rows: int
    waiting: int
    """Rows without an end yet."""
    ends: Mapping[End, int]
    """All six, always."""
    quarantined: tuple[Fault, ...]
    """Rows that never became jobs; in ``ends`` they count as rejected."""
    clips: tuple[ClipStatus, ...]
    shards: Mapping[int, tuple[int, int]]
    """By shard: rows ended, rows in all."""
    report: str
    """URI of the report; empty until it is written."""
    elapsed_seconds: float
    """From intake to the last receipt; of a run, its own wall-clock time."""

    def as_json(self) -> dict[str, object]:
        """Give plain data for ``--json``."""
        return {
            **asdict(replace(self, quarantined=(), clips=(), shards={}, refused=())),
            "refused": [{"url": refused.file.url, "reason": refused.reason} for refused in self.refused],
            "ends": {end.value: self.ends.get(end, 0) for end in End},
            "quarantined": [_fault_json(fault) for fault in self.quarantined],
            "clips": [asdict(clip) for clip in self.clips],
            "shards": [{"shard": shard, "ended": ended, "rows": rows} for shard, (ended, rows) in self.shards.items()],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStatus:
    """One batch among others."""

    batch: str
    created_at: str
    """When it took its manifests in: ISO 8601, UTC."""
    state: str
    """As in :class:`Status`."""
    manifest: str
    """As in :class:`Status`."""
    rows: int | None
    """None until it is planned."""
    clips: int | None
    """That it has to render; None until it is planned."""
    made: int | None
    """Of these, the clips that are made; None if it is finished or cancelled, where ``ends`` tell more."""
    ends: Mapping[End, int]
    """Of its rows in the catalog; all six, always."""


def _fault_json(fault: Fault) -> dict[str, object]:
    plain = asdict(fault)
    return {"reason_kind": plain.pop("kind"), **plain}


def status_of(store: ObjectStore, batch_id: str) -> Status:
    """Read where a batch stands.

    Raises :class:`render.errors.NotFound` for a batch that was never taken in.
    """
    batch = batches.load(store, batch_id)
    summary = batches.plan_summary(store, batch_id)
    ended = {receipt.row: receipt for receipt in receipts.read(store, batch_id)}
    planned = [plan for plan in batches.read_plan(store, batch_id) if plan.fault is None] if summary else []
    quarantined = tuple(batches.read_quarantine(store, batch_id)) if summary else ()
    served = {receipt.fingerprint for receipt in ended.values() if receipt.fingerprint}
    made = {plan.fingerprint for plan in planned if plan.decision is Decision.RENDER}
    records = {
        record.job.fingerprint: replace(record, figures=(), events=(), captions=())  # they are most of a record
        for record in clips.find_each(store, served | made)
    }
    rows = len(planned) + len({fault.row for fault in quarantined})
    shards: dict[int, tuple[int, int]] = {}
    for plan in planned:
        if plan.shard is not None:
            over, of = shards.get(plan.shard, (0, 0))
            shards[plan.shard] = (over + (plan.row.row in ended), of + 1)
    shown = tuple(
        _clip(store, batch_id, plan, ended.get(plan.row.row), records.get(plan.fingerprint)) for plan in planned
    )
    return Status(
        batch=batch_id,
        manifest=batch.source,
        run_key=batch.run_key,
        inbox=batch.inbox,
        limit=batch.limit,
        where=batch.where,
        refused=(*batch.refused, *(summary.refused if summary else ())),
        store=store.url,
        state=_mark(store, batch_id) or _progress(summary, made=len(made & records.keys())),
        rows=rows,
        waiting=rows - len(ended),
        ends=Counter(receipt.end for receipt in ended.values()),
        quarantined=quarantined,
        clips=shown,
        shards=dict(sorted(shards.items())),
        report=store.uri(layout.report(batch_id)) if store.exists(layout.report(batch_id)) else "",
        elapsed_seconds=_elapsed(batch, ended.values()),
    )


def latest_of(store: ObjectStore, most: int) -> tuple[list[BatchStatus], int]:
    """The ``most`` batches that were taken in last, newest first, and how many there are in all."""
    known = batches.newest(store)
    ends = catalog.ends_of(store, [batch.id for batch in known[:most]])
    found = []
    for batch in known[:most]:
        summary = batches.plan_summary(store, batch.id)
        mark = _mark(store, batch.id)
        made = clips_made(store, batch.id) if summary and not mark else None
        found.append(
            BatchStatus(
                batch=batch.id,
                created_at=batch.created_at,
                state=mark or _progress(summary, made=made or 0),
                manifest=batch.source,
                rows=summary.manifest_rows if summary else None,
                clips=sum(summary.shards.values()) if summary else None,
                made=made,
                ends={end: ends[batch.id][end] for end in End},
            )
        )
    return found, len(known)


def clips_made(store: ObjectStore, batch_id: str) -> int:
    """How many of the clips that the batch has to render are made."""
    wanted = (one.fingerprint for one in batches.read_plan(store, batch_id) if one.decision is Decision.RENDER)
    return clips.count(store, wanted)


def _clip(
    store: ObjectStore, batch: str, plan: PlannedRow, receipt: Receipt | None, record: ClipRecord | None
) -> ClipStatus:
    if receipt and receipt.end is End.FAILED:
        record = None  # what a later batch made does not serve it
    paid_here = record is not None and record.batch == batch and plan.decision is Decision.RENDER
    return ClipStatus(
        row=plan.row.row,
        experiment=plan.row.experiment,
        variant=plan.row.variant,
        fingerprint=plan.fingerprint,
        shard=plan.shard,
        end=receipt.end if receipt else None,
        reason=receipt.reason if receipt else "",
        reason_kind=receipt.reason_kind if receipt else None,
        fix=receipt.fix if receipt else "",
        uri=store.uri(record.objects["clip"].path) if record else "",
        seconds=plan.job.seconds,
        render_seconds=record.render_seconds if record else 0.0,
        cpu_seconds=record.cpu_seconds if record else 0.0,
        cost=record.cost_usd if record and paid_here else 0.0,
        stand_in=bool(record and record.understanding and record.understanding.fallback),
    )


def _mark(store: ObjectStore, batch_id: str) -> str:
    """The state of a batch that is over; empty for another."""
    if store.exists(layout.cancelled(batch_id)):
        return "cancelled"
    return "finished" if store.exists(layout.finished(batch_id)) else ""


def _progress(summary: batches.PlanSummary | None, *, made: int) -> str:
    """The state of a batch that is not over."""
    if summary is None:
        return "taken in"
    return "under way" if made else "planned"


def _elapsed(batch: Batch, ended: Iterable[Receipt]) -> float:
    last = max((receipt.finished_at for receipt in ended if receipt.finished_at), default=batch.created_at)
    return (datetime.fromisoformat(last) - datetime.fromisoformat(batch.created_at)).total_seconds()
