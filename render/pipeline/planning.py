"""The second step: what is to be made of a batch's rows, and what it costs."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc

from render import errors, media
from render import manifest as manifests
from render.engines import registry
from render.model import Decision, Fault, RefusedManifest, Row, Understanding
from render.pipeline.step import roots, step
from render.planning import ends, history, reuse
from render.planning.plan import plan as plan_rows
from render.settings import Settings
from render.store import batches, quarantine, receipts, spool, tables
from render.store.objects import ObjectStore, store_of

log = logging.getLogger(__name__)

_FAULTS_AT_ONCE = 131_072
"""Faults that go to disk together."""


@step
def plan(settings: Settings, batch_id: str, *, now: datetime) -> batches.PlanSummary:
    """Validate the batch's rows, settle what needs no rendering, cut the rest into shards. Done once.

    A plan that is already there is kept: a resumed batch renders what it first planned.
    """
    store = store_of(settings)
    batch = batches.load(store, batch_id)
    summary = batches.plan_summary(store, batch_id)
    if summary is None:
        refused: list[RefusedManifest] = []
        if batch.inbox:
            judged = manifests.rows_of(batch.manifests, refused)
        else:
            judged = manifests.rows(batch.manifests, limit=batch.limit, where=batch.where)
        planned, faults = _planned(settings, store, judged, scratch=settings.scratch)
        summary = batches.write_plan(store, batch_id, planned, faults, refused, scratch=settings.scratch)
        made = sum(summary.shards.values())
        log.info("Planned: %d clips in %d shards, %d quarantined", made, len(summary.shards), summary.quarantined)
    _settle_planned(store, batch_id, now)
    return summary


def preview(
    settings: Settings,
    manifest: str,
    *,
    limit: int | None = None,
    where: str | None = None,
    on_fault: Callable[[Fault], None] | None = None,
    on_scene: Callable[[Row, Understanding], None] | None = None,
) -> batches.PlanSummary:
    """Say what a run of this manifest would do and cost; writes nothing to the store.

    ``on_fault`` is called for each fault of each row that would be quarantined, in the order of rows; then
    ``on_scene`` for each row to be rendered whose engine knows before what it would show.
    """
    store = store_of(settings)
    given = manifests.find(manifest, roots=roots(settings, store), most_rows=settings.manifest_rows)
    with given.readable() as readable:
        planned, faults = _planned(settings, store, manifests.rows(readable, limit=limit, where=where))
    if on_fault:
        for piece in quarantine.of_plan(planned, faults):
            for fault in quarantine.Faults(piece):
                on_fault(fault)
    if on_scene:
        for one in tables.planned_rows(planned.filter(pc.equal(planned["decision"], Decision.RENDER))):
            if seen := registry.find(one.row.engine).foresee(one.job):
                on_scene(one.row, seen)
    return batches.summarise(planned, faults)


def outdated(summary: batches.PlanSummary) -> str:
    """Why this program cannot make what was planned as it was planned, in a sentence; empty if it can.

    Engines and media change; a clip made by another revision than its fingerprint says would be another clip.
    """
    for name, planned in summary.revisions.items():
        try:
            present = media.REVISION if name == "media" else registry.find(name).capabilities.revision
        except errors.EngineMissing:
            present = "none"
        if planned != present:
            return f"It was planned for {name} {planned}, and this program has {present}."
    return ""


def pending_shards(settings: Settings, batch_id: str) -> list[int]:
    """Give the shards in which a row has no end yet."""
    store = store_of(settings)
    planned = batches.plan_table(store, batch_id, ["row", "shard"])
    ended = receipts.read(store, batch_id)["row"].combine_chunks()
    waiting = planned["shard"].filter(pc.invert(pc.is_in(planned["row"], ended)))
    return sorted(waiting.drop_null().unique().to_pylist())


def _planned(
    settings: Settings, store: ObjectStore, judged: Iterable[manifests.Judged], *, scratch: Path | None = None
) -> tuple[pa.Table, pa.Table | None]:
    """Plan the good rows; give the faults of the others, which wait in files in ``scratch`` too."""
    faults: list[pa.Table] = []
    held: list[pa.Table] = []

    def put_away() -> None:
        if (waiting := spool.on_disk(held, scratch)) is not None:
            faults.append(waiting)
        held.clear()

    def good() -> Iterator[pa.Table]:
        for piece in judged:
            if piece.faults.num_rows:
                held.append(piece.faults)
            if sum(one.num_rows for one in held) >= _FAULTS_AT_ONCE:
                put_away()
            yield piece.good
        if held:
            put_away()

    planned = plan_rows(
        good(),
        lookup=lambda fingerprints: history.made_by(store, fingerprints),
        withdrawn=lambda fingerprints: history.withdrawn(store, fingerprints),
        explain=lambda rows, chosen: history.explain(store, rows, chosen),
        media_revision=media.REVISION,
        usd_per_cpu_hour=settings.usd_per_cpu_hour,
        jobs_per_shard=settings.jobs_per_shard,
        scratch=scratch,
    )
    return planned, pa.concat_tables(faults) if faults else None


def _settle_planned(store: ObjectStore, batch_id: str, now: datetime) -> None:
    """Write the receipts of the rows that the plan itself ended, unless they are there."""
    if receipts.read_shard(store, batch_id, None).num_rows:
        return
    stamp = ends.Stamp(batch=batch_id, shard=None, attempt=uuid4().hex[:12], finished_at=now.isoformat())
    reused = reuse.settle(store, batch_id, stamp)
    if reused.num_rows or batches.plan_of(store, batch_id).quarantined:
        rejected = ends.rejected(batches.quarantine_pieces(store, batch_id), stamp)
        receipts.write_pieces(store, batch_id, None, stamp.attempt, itertools.chain(rejected, [reused]))
