"""A batch's own records: what it took in, what it plans, that it is finished. Each is written once, put-if-absent."""

from __future__ import annotations

import posixpath
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from render import errors, media
from render.ahead import ahead
from render.model import Batch, Decision, PlannedRow, RefusedManifest
from render.store import layout, quarantine, spool, tables
from render.store.objects import ObjectStore
from render.store.quarantine import FaultCount, Faults
from render.store.records import RecordFormat

ROWS_AT_ONCE = 8192
"""Planned rows that are Python objects at the same time."""
GROUP_ROWS = 32_768
"""Most rows of a row group of a plan."""
_FEW_BYTES = 65_536
"""Most that the dictionary of a column takes in a row group; one of more values is written without."""
_AT_ONCE = 16
"""Requests under way at once where many records are looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    """What a plan comes to, so that nobody reads it row by row for a count."""

    attempt: str
    """Names the plan's and the quarantine's file."""
    rows: int
    """Valid rows."""
    quarantined: int
    """Rows that never become jobs: malformed or refused."""
    decisions: Mapping[str, int]
    """Valid rows by decision; every decision is there."""
    shards: Mapping[int, int]
    """Clips to be rendered, by shard."""
    reasons: Mapping[str, int]
    """Clips to be rendered, by why no earlier one serves."""
    estimate_cost_usd: float
    """Of all clips to be rendered."""
    estimate_cpu_seconds: float
    estimate_video_seconds: float
    faults: tuple[FaultCount, ...] = ()
    """Why rows are quarantined: by kind and column, most rows first."""
    tags: tuple[str, ...] = ()
    """Names of the tags of valid rows, sorted: columns that the contract does not know, and those of ``tags``."""
    refused: tuple[RefusedManifest, ...] = ()
    """Files of the inbox that could not be used any more when their rows were read."""
    revisions: Mapping[str, str] = field(default_factory=lambda: {"media": "an unknown revision"})
    """What the clips to be rendered are planned for: the revision of each engine, and of ``media``."""

    @property
    def manifest_rows(self) -> int:
        """All rows of the manifest: refused ones are valid and quarantined."""
        return self.rows + self.quarantined - self.decisions[Decision.REFUSE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The mark of a published batch."""

    summary: Mapping[str, Any]
    """What the pipeline says of it; anything that JSON can hold."""


RECORD = RecordFormat(Batch, version=1, title="batch intake record")
"""How the record of what a batch took is written."""
_PLAN = RecordFormat(PlanSummary, version=1, title="plan record")
_FINISHED = RecordFormat(Finished, version=1, title="finished batch's mark")


def create(store: ObjectStore, batch: Batch) -> bool:
    """Record what the batch takes in; False if the batch is there already (then :func:`load` says what it took)."""
    return store.put_if_absent(layout.intake(batch.id), RECORD.dump(batch))


def load(store: ObjectStore, batch_id: str) -> Batch:
    """The batch's intake record. Raises :class:`render.errors.Unknown` with the newest batches' ids."""
    path = layout.intake(batch_id)
    try:
        data = store.get(path)
    except errors.NotFound:
        known = ", ".join(list_ids(store)[-5:]) or "none"
        raise errors.Unknown(f"There is no batch {batch_id!r} in {store.url}. The last ones: {known}.") from None
    return RECORD.load(data, store.uri(path))


def list_ids(store: ObjectStore) -> list[str]:
    """Ids of all batches, sorted."""
    return store.folders(layout.BATCHES)


def records(store: ObjectStore, ids: Iterable[str]) -> list[Batch]:
    """The intake records of those of these batches that have one."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="batches") as pool:
        found = pool.map(lambda batch_id: _load(store, layout.intake(batch_id), RECORD), ids)
        return [batch for batch in found if batch is not None]


def newest(store: ObjectStore) -> list[Batch]:
    """The intake records of all batches, the one that was taken in last first."""
    return sorted(records(store, list_ids(store)), key=lambda batch: (batch.created_at, batch.id), reverse=True)


def newest_unfinished(store: ObjectStore, content: str) -> Batch | None:
    """The batch of this content that was taken in last and is neither finished nor cancelled; None without one."""
    ids = [batch_id for batch_id in list_ids(store) if batch_id.endswith(f"-{content[:12]}")]
    unfinished = _those(store, _those(store, ids, layout.finished, False), layout.cancelled, False)
    same = [batch for batch in records(store, unfinished) if batch.content == content]
    return max(same, key=lambda batch: (batch.created_at, batch.id), default=None)


def unpublished(store: ObjectStore) -> list[str]:
    """Ids of the planned batches that are not marked as published, sorted."""
    return _those(store, _those(store, list_ids(store), layout.finished, False), layout.plan_record, True)


def _those(store: ObjectStore, ids: Sequence[str], record: Callable[[str], str], there: bool) -> list[str]:
    """Those of these batches whose record of this kind is there, or is not."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="batches") as pool:
        found = pool.map(lambda batch_id: store.exists(record(batch_id)), ids)
        return [batch_id for batch_id, exists in zip(ids, found, strict=True) if exists is there]


def finish(store: ObjectStore, batch_id: str, summary: Mapping[str, Any]) -> bool:
    """Mark the batch as published, with a summary that JSON can hold; False if it was marked before."""
    return store.put_if_absent(layout.finished(batch_id), _FINISHED.dump(Finished(summary=summary)))


def finished(store: ObjectStore, batch_id: str) -> Mapping[str, Any] | None:
    """The summary of a finished batch; None while it is not finished."""
    mark = _load(store, layout.finished(batch_id), _FINISHED)
    return None if mark is None else mark.summary


def summarise(planned: pa.Table, faults: pa.Table | None = None) -> PlanSummary:
    """Sum up a plan that is not kept; its attempt is empty. Both tables are as :func:`write_plan` takes them."""
    return _summary("", planned, quarantine.tally(quarantine.of_plan(planned, faults)))


def write_plan(
    store: ObjectStore,
    batch_id: str,
    planned: pa.Table,
    faults: pa.Table | None = None,
    refused: Iterable[RefusedManifest] = (),
    *,
    scratch: Path | None = None,
) -> PlanSummary:
    """Keep the batch's plan and return the summary of the plan that counts: this one, or that of a faster writer.

    ``planned`` is a table of the plan contract, in the rows' order. ``faults`` is one of the quarantine contract with
    those of malformed rows; the faults of refused rows are added from the plan. Plan and quarantine are one attempt:
    both files are written first, then ``plan.json`` names them. They are written into a
    :func:`render.store.spool.folder` of ``scratch`` first.
    """
    attempt = secrets.token_hex(8)
    with spool.folder(scratch, "plan") as folder:
        file = folder / "plan.parquet"
        with spool.room(scratch):
            _write_by_shard(planned, file)
        store.put_file(layout.plan(batch_id, attempt), file)
        file = folder / "quarantine.parquet"
        with spool.room(scratch):
            tally = quarantine.write(quarantine.of_plan(planned, faults), file)
        store.put_file(layout.quarantine(batch_id, attempt), file)
    summary = replace(_summary(attempt, planned, tally), refused=tuple(refused))
    if store.put_if_absent(layout.plan_record(batch_id), _PLAN.dump(summary)):
        return summary
    winner = plan_of(store, batch_id)
    if winner.attempt != attempt:
        store.delete(layout.plan(batch_id, attempt))
        store.delete(layout.quarantine(batch_id, attempt))
    return winner


def plan_summary(store: ObjectStore, batch_id: str) -> PlanSummary | None:
    """The summary of the batch's plan; None while it is not planned."""
    return _load(store, layout.plan_record(batch_id), _PLAN)


def plan_of(store: ObjectStore, batch_id: str) -> PlanSummary:
    """The summary of a plan that must exist; else :class:`render.errors.NotFound`."""
    summary = plan_summary(store, batch_id)
    if summary is None:
        raise errors.NotFound(f"Batch {batch_id!r} in {store.url} has no plan yet: run it again to resume it.")
    return summary


def read_plan(store: ObjectStore, batch_id: str, shard: int | None = None) -> Iterator[PlannedRow]:
    """The batch's planned rows by shard, then row; those without a shard last. ``shard`` reads no other's rows.

    Rows come as they are read, so a plan of any length fits in memory. Raises :class:`render.errors.NotFound`
    if the batch is not planned.
    """
    for piece in plan_pieces(store, batch_id, shard=shard):
        yield from tables.planned_rows(piece)


def plan_pieces(
    store: ObjectStore, batch_id: str, *, shard: int | None = None, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Like :func:`read_plan`, as pieces of a table of the plan contract; ``columns`` reads no others."""
    path = layout.plan(batch_id, plan_of(store, batch_id).attempt)
    with store.open(path) as file, pq.ParquetFile(file) as parquet:
        groups = list(range(parquet.num_row_groups)) if shard is None else _groups_of(parquet, shard)
        yield from parquet.iter_batches(ROWS_AT_ONCE, row_groups=groups, columns=columns) if groups else ()


def plan_table(store: ObjectStore, batch_id: str, columns: Sequence[str]) -> pa.Table:
    """These columns of the batch's whole plan, by shard, then row; those without a shard last."""
    path = layout.plan(batch_id, plan_of(store, batch_id).attempt)
    with store.open(path) as file, pq.ParquetFile(file) as parquet:
        return parquet.read(columns=list(columns))


def quarantine_pieces(store: ObjectStore, batch_id: str) -> Iterator[pa.RecordBatch]:
    """Like :func:`read_quarantine`, as pieces of a table of the quarantine contract."""
    path = layout.quarantine(batch_id, plan_of(store, batch_id).attempt)
    with store.open(path) as file, pq.ParquetFile(file) as parquet:
        yield from parquet.iter_batches(quarantine.AT_ONCE)


def read_quarantine(store: ObjectStore, batch_id: str) -> Faults:
    """Every fault of every row that never became a job, by row: malformed and refused ones."""
    path = layout.quarantine(batch_id, plan_of(store, batch_id).attempt)
    with store.open(path) as file:
        return quarantine.read(file)


def seconds(planned: pa.Table) -> pa.ChunkedArray:
    """Length of each row's finished picture in seconds, as :attr:`render.model.Form.seconds` tells it."""
    frames = pc.divide(pc.add(pc.multiply(planned["duration_ms"].cast(pa.int64()), planned["fps"]), 500), 1000)
    return pc.divide(pc.max_element_wise(frames, 1).cast(pa.float64()), planned["fps"])


def loose_plans(batch_id: str, plan: PlanSummary | None, paths: Iterable[str]) -> list[str]:
    """Those of a batch's objects that are attempts at its plan which ``plan.json``, if it is there, does not name."""
    folders = {posixpath.dirname(of(batch_id, "any")) for of in (layout.plan, layout.quarantine)}
    kept = {of(batch_id, plan.attempt) for of in (layout.plan, layout.quarantine)} if plan else set()
    return [path for path in paths if posixpath.dirname(path) in folders and path not in kept]


def sweep_plans(store: ObjectStore, batch_id: str) -> list[str]:
    """Remove the plan attempts that ``plan.json`` does not name, left by writers that died; return their paths."""
    plan = plan_of(store, batch_id)
    loose = loose_plans(batch_id, plan, store.list(layout.batch(batch_id)))
    for path in loose:
        store.delete(path)
    return loose


_OF_JOBS = ["engine", "engine_revision", "shard", "why", "duration_ms", "fps"]
_OF_JOBS += ["estimate_cost_usd", "estimate_cpu_seconds"]


def _summary(attempt: str, planned: pa.Table, tally: quarantine.Tally) -> PlanSummary:
    decisions = _counts(planned["decision"])
    rendered = np.flatnonzero(pc.equal(planned["decision"], Decision.RENDER))
    jobs = spool.Reader(planned.select(_OF_JOBS)).take(rendered)
    profiles = jobs.group_by(["engine", "engine_revision"]).aggregate([])
    return PlanSummary(
        attempt=attempt,
        rows=planned.num_rows,
        quarantined=tally.rows,
        decisions={str(decision): decisions.get(decision, 0) for decision in Decision},
        shards=dict(sorted(_counts(jobs["shard"]).items())),
        reasons=_counts(jobs["why"]),
        estimate_cost_usd=pc.sum(jobs["estimate_cost_usd"], min_count=0).as_py(),
        estimate_cpu_seconds=pc.sum(jobs["estimate_cpu_seconds"], min_count=0).as_py(),
        estimate_video_seconds=pc.sum(seconds(jobs), min_count=0).as_py(),
        faults=tally.counts(),
        tags=tuple(sorted(_tag_names(planned["tags"]))),
        revisions={"media": media.REVISION}
        | dict(zip(*(column.to_pylist() for column in profiles.columns), strict=True)),
    )


def _counts(column: pa.ChunkedArray) -> dict[Any, int]:
    """How often each value is there, the most frequent first."""
    counts = Counter({entry["values"]: entry["counts"] for entry in column.value_counts().to_pylist()})
    return dict(counts.most_common())


def _tag_names(tags: pa.ChunkedArray) -> set[str]:
    return {name for chunk in tags.chunks for name in chunk.keys.unique().to_pylist()}


def _write_by_shard(planned: pa.Table, file: Path) -> None:
    """Write Parquet with row groups that hold rows of one shard only, so that a shard is read without the others."""
    shards = pc.fill_null(planned["shard"], np.iinfo(np.int32).max).to_numpy()
    order = np.argsort(shards, kind="stable")
    each = np.split(order, np.flatnonzero(np.diff(shards[order])) + 1)
    groups = (own[start : start + GROUP_ROWS] for own in each for start in range(0, len(own), GROUP_ROWS))
    with pq.ParquetWriter(
        file,
        planned.schema,
        compression="zstd",
        write_statistics=["shard"],
        dictionary_pagesize_limit=_FEW_BYTES,
    ) as writer:
        for rows in ahead(spool.Reader(planned).take, groups):
            writer.write_table(rows)


def _groups_of(parquet: pq.ParquetFile, shard: int) -> list[int]:
    """The row groups that hold the shard, by their statistics."""
    names = [parquet.schema.column(leaf).path for leaf in range(parquet.metadata.num_columns)]
    leaf = names.index("shard")
    found = []
    for group in range(parquet.num_row_groups):
        statistics = parquet.metadata.row_group(group).column(leaf).statistics
        if statistics is not None and statistics.has_min_max and statistics.min <= shard <= statistics.max:
            found.append(group)
    return found


def _load(store: ObjectStore, path: str, form: RecordFormat[Any]) -> Any:
    try:
        return form.load(store.get(path), store.uri(path))
    except errors.NotFound:
        return None
