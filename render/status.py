"""Where batches stand: how every row ended, or that it waits. Read from storage alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, overload

import pyarrow as pa
import pyarrow.compute as pc

from render import contracts
from render.model import STAND_IN, Batch, ClipRecord, Decision, End, Fault, ReasonKind, Receipt, RefusedManifest
from render.store import batches, catalog, clips, layout, receipts, tables
from render.store.objects import ObjectStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipStatus:
    """A row that became a job, or is served by an earlier clip."""

    row: int
    experiment: str
    variant: str
    fingerprint: str
    engine: str
    decision: Decision
    """Never "refuse": refused rows are quarantined."""
    shard: int | None
    end: End | None
    """None while it waits."""
    ended_at: str
    """When it ended, of a waiting row when its clip was made: ISO 8601, UTC; empty before."""
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
    def name(self) -> str:
        """The clip by the row that it is made for."""
        return f"row {self.row} {self.experiment}/{self.variant}"

    @property
    def remark(self) -> str:
        """Why it ended so, and what people must know of the clip; empty if nothing."""
        return "; ".join(filter(None, (self.reason.rstrip("."), STAND_IN))) if self.stand_in else self.reason


class Clips(Sequence[ClipStatus]):
    """The rows of a batch that became jobs or are served, each made of columns when it is asked for."""

    def __init__(self, table: pa.Table) -> None:
        """``table`` has a column for each field of :class:`ClipStatus`."""
        self._table = table

    @property
    def table(self) -> pa.Table:
        """The columns, for what goes over a batch of any length."""
        return self._table

    def __len__(self) -> int:
        return self._table.num_rows

    def __iter__(self) -> Iterator[ClipStatus]:
        for piece in self._table.to_batches(batches.ROWS_AT_ONCE):
            yield from map(_clip, piece.to_pylist())

    @overload
    def __getitem__(self, index: int) -> ClipStatus: ...
    @overload
    def __getitem__(self, index: slice) -> Clips: ...
    def __getitem__(self, index: int | slice) -> ClipStatus | Clips:
        places = range(len(self))[index]
        if isinstance(places, int):
            return _clip(self._table.slice(places, 1).to_pylist()[0])
        return Clips(self._table.take(pa.array(places, pa.int64())))

    def first(self, most: int) -> Clips:
        """So many of them, by row."""
        return Clips(self._table.take(pc.select_k_unstable(self._table, most, [("row", "ascending")])))

    def without(self, ends: Collection[End]) -> Clips:
        """Those that have come to none of these ends."""
        return Clips(self._table.filter(pc.invert(pc.is_in(self._table["end"], pa.array(list(ends), pa.string())))))

    @property
    def made(self) -> int:
        """How many have a clip."""
        return pc.sum(pc.not_equal(self._table["uri"], ""), min_count=0).as_py()

    @property
    def rendered(self) -> int:
        """How many have a clip that the batch had to render, whoever did."""
        return Clips(self._table.filter(self._table["shard"].is_valid())).made

    @property
    def made_and_waiting(self) -> int:
        """How many have a clip and no end yet."""
        return Clips(self._table.filter(self._table["end"].is_null())).made

    @property
    def stand_ins(self) -> int:
        """How many clips, each counted once, show something else than what the prompt asks for."""
        return pc.count_distinct(self._table["fingerprint"].filter(self._table["stand_in"])).as_py()


def _clip(record: dict[str, Any]) -> ClipStatus:
    record["decision"] = Decision(record["decision"])
    record["end"] = None if record["end"] is None else End(record["end"])
    record["reason_kind"] = None if record["reason_kind"] is None else ReasonKind(record["reason_kind"])
    return ClipStatus(**record)


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
    quarantined: Sequence[Fault]
    """Rows that never became jobs; in ``ends`` they count as rejected."""
    clips: Clips
    shards: Mapping[int, tuple[int, int]]
    """By shard: rows ended, rows in all."""
    report: str
    """URI of the report; empty until it is written."""
    elapsed_seconds: float
    """From intake to the last receipt that is no person's decision; of a run, its own wall-clock time."""

    def as_json(self) -> dict[str, object]:
        """Give plain data for ``--json``."""
        return {
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "refused": refused_json(self.refused),
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
    refused: tuple[RefusedManifest, ...] = ()
    """As in :class:`Status`."""

    def as_json(self) -> dict[str, object]:
        """Give plain data for ``--json``."""
        return {**asdict(self), "refused": refused_json(self.refused)}


def refused_json(refused: Sequence[RefusedManifest]) -> list[dict[str, str]]:
    """Plain data of each refused file."""
    return [{"url": one.file.url, "reason": one.reason} for one in refused]


def _fault_json(fault: Fault) -> dict[str, object]:
    plain = asdict(fault)
    return {"reason_kind": plain.pop("kind"), **plain}


def status_of(store: ObjectStore, batch_id: str, known: dict[str, ClipRecord] | None = None) -> Status:
    """Read where a batch stands.

    ``known`` holds by fingerprint the records of clips that an earlier look has found, which are not read again; it is
    brought up to date.
    Raises :class:`render.errors.NotFound` for a batch that was never taken in.
    """
    batch = batches.load(store, batch_id)
    summary = batches.plan_summary(store, batch_id)
    planned = batches.plan_table(store, batch_id, _PLANNED) if summary else _nothing_planned()
    planned = planned.filter(pc.not_equal(planned["decision"], Decision.REFUSE))
    ended = receipts.read(store, batch_id)
    quarantined = batches.read_quarantine(store, batch_id) if summary else ()
    shown = Clips(_rows(store, batch_id, planned, ended, {} if known is None else known))
    rows = planned.num_rows + (summary.quarantined if summary else 0)
    return Status(
        batch=batch_id,
        manifest=batch.source,
        run_key=batch.run_key,
        inbox=batch.inbox,
        limit=batch.limit,
        where=batch.where,
        refused=_refused(batch, summary),
        store=store.url,
        state=_mark(store, batch_id) or _progress(summary, made=shown.rendered),
        rows=rows,
        waiting=rows - ended.num_rows,
        ends=Counter({End(one["values"]): one["counts"] for one in ended["end"].value_counts().to_pylist()}),
        quarantined=quarantined,
        clips=shown,
        shards=_shards(planned, ended),
        report=store.uri(layout.report(batch_id)) if store.exists(layout.report(batch_id)) else "",
        elapsed_seconds=_elapsed(batch, ended),
    )


_PLANNED = ("row", "experiment", "variant", "fingerprint", "engine", "shard", "decision", "duration_ms", "fps")
LOOKED_FOR = 4096
"""Most clips of rows without an end that are looked for, in the order of the plan; later ones count when their shard
has its receipts."""


def _nothing_planned() -> pa.Table:
    return contracts.load("plan").arrow_schema().empty_table().select(_PLANNED)


def _rows(
    store: ObjectStore, batch_id: str, planned: pa.Table, ended: pa.Table, known: dict[str, ClipRecord]
) -> pa.Table:
    """The columns of :class:`Clips`, by the receipts; of rows without one by the records of clips that are there."""
    receipt = ended.take(pc.index_in(planned["row"], ended["row"].combine_chunks()))
    waiting = pc.fill_null(receipts.untold(receipt), True)
    there = _there(store, batch_id, planned.filter(waiting), known)
    columns = {name: planned[name] for name in _PLANNED[:7]}
    columns |= {name: receipt[name] for name in ("end", "reason_kind")}
    columns |= {name: pc.fill_null(receipt[name], "") for name in ("reason", "fix")}
    for name in ("path", "render_seconds", "cpu_seconds", "cost_usd", "stand_in"):
        columns[name] = pc.replace_with_mask(
            receipt[name].combine_chunks(), waiting.combine_chunks(), there[name].combine_chunks()
        )
    told = receipt["finished_at"].combine_chunks()
    made = pc.replace_with_mask(told, waiting.combine_chunks(), there["finished_at"].combine_chunks())
    columns["ended_at"] = pc.coalesce(told, made)
    path, base = columns.pop("path"), store.uri(layout.CATALOG).removesuffix(layout.CATALOG)
    columns["uri"] = pc.if_else(pc.equal(path, ""), "", pc.binary_join_element_wise(base, path, ""))
    columns["cost"] = pc.if_else(pc.equal(planned["decision"], Decision.RENDER), columns.pop("cost_usd"), 0.0)
    columns["seconds"] = batches.seconds(planned)
    return pa.table(columns)


def _there(store: ObjectStore, batch_id: str, waiting: pa.Table, known: dict[str, ClipRecord]) -> pa.Table:
    """What the receipts of these rows of the plan would say of their clips now."""
    wanted = waiting["fingerprint"].unique()[:LOOKED_FOR]
    nothing = Receipt(batch=batch_id, row=0, end=End.FAILED)
    found = {record.job.fingerprint: record for record in clips.find_each(store, wanted.to_pylist(), known)}
    known.clear()
    known.update(found)
    if not found:
        return tables.receipt_table([nothing]).take(pa.array([0] * waiting.num_rows, pa.int64()))
    made = tables.receipt_table(
        [
            nothing,
            *(
                replace(
                    nothing,
                    fingerprint=record.job.fingerprint,
                    finished_at=record.created_at,
                    path=record.objects["clip"].path,
                    render_seconds=record.render_seconds,
                    cpu_seconds=record.cpu_seconds,
                    cost_usd=record.cost_usd if record.batch == batch_id else 0.0,
                    stand_in=record.understanding is not None and record.understanding.fallback,
                )
                for record in found.values()
            ),
        ]
    )
    return made.take(pc.fill_null(pc.index_in(waiting["fingerprint"], made["fingerprint"].combine_chunks()), 0))


def _shards(planned: pa.Table, ended: pa.Table) -> dict[int, tuple[int, int]]:
    over = pc.is_in(planned["row"], ended["row"].combine_chunks())
    rows = pa.table({"shard": planned["shard"], "over": over}).filter(planned["shard"].is_valid())
    counted = rows.group_by("shard").aggregate([("over", "sum"), ("over", "count")]).sort_by("shard")
    return {one["shard"]: (one["over_sum"], one["over_count"]) for one in counted.to_pylist()}


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
                refused=_refused(batch, summary),
            )
        )
    return found, len(known)


def clips_made(store: ObjectStore, batch_id: str) -> int:
    """How many of the clips that the batch has to render are made, as far as they are looked for."""
    planned = batches.plan_table(store, batch_id, ["row", "fingerprint", "decision"])
    wanted = planned.filter(pc.equal(planned["decision"], Decision.RENDER))
    ended = receipts.read(store, batch_id)
    served = ended["row"].filter(pc.not_equal(ended["path"], "")).combine_chunks()
    over = pc.is_in(wanted["row"], served)
    waiting = wanted["fingerprint"].filter(pc.invert(over))[:LOOKED_FOR]
    return pc.sum(over, min_count=0).as_py() + clips.count(store, waiting.to_pylist())


def _refused(batch: Batch, summary: batches.PlanSummary | None) -> tuple[RefusedManifest, ...]:
    return (*batch.refused, *(summary.refused if summary else ()))


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


def _elapsed(batch: Batch, ended: pa.Table) -> float:
    """Up to the last end of the batch's own: people take their time to decide, and a takedown may come years later."""
    reviewed = pc.fill_null(pc.equal(ended["reason_kind"], ReasonKind.REVIEW), False)
    own = pc.invert(pc.or_(reviewed, pc.equal(ended["end"], End.WITHDRAWN)))
    last = max(filter(None, ended["finished_at"].filter(own).unique().to_pylist()), default=batch.created_at)
    return (datetime.fromisoformat(last) - datetime.fromisoformat(batch.created_at)).total_seconds()
