"""The way of the data, told once: intake → plan → render → publish → report.

The command line calls these steps one after another; the DAGs call the same steps as tasks. Each step reads
what it needs from storage and leaves its result there, so any of them may be repeated after a crash.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Concatenate, ParamSpec, TypeVar, overload
from uuid import uuid4

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from render import contracts, errors, media
from render import manifest as manifests
from render.engines import registry
from render.farm.access import OPEN, Access
from render.farm.control import ON_REQUEST, Control
from render.model import (
    Batch,
    Decision,
    End,
    Fault,
    Job,
    JobResult,
    ManifestFile,
    RefusedManifest,
    Row,
    Understanding,
)
from render.planning import ends, history, reuse
from render.planning.plan import plan as plan_rows
from render.planning.settlement import Settlement, give_up
from render.settings import Settings
from render.status import BatchStatus, Status, clips_made, latest_of, status_of
from render.store import batches, catalog, clips, intakes, layout, receipts, tables, tombstones
from render.store.objects import ObjectStore, open_store
from render.telemetry import context, instruments, spans

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

PIECE = 4096
"""Clips that are published at once: their records take some tens of KiB each."""
CANCEL_POLL_SECONDS = 2.0
"""How often a running batch looks whether it was cancelled from elsewhere."""

Now = Callable[[], datetime]
"""Gives the time, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Something happened in a batch: for progress bars and logs."""

    batch: str
    shard: int
    result: JobResult
    uri: str
    """Where the finished clip is; empty when it failed."""
    left: int
    """Clips of the shard that have not ended yet."""


OnProgress = Callable[[Progress], None]


def ignore(_: Any) -> None:
    """Take no notice."""


def _step(function: Callable[Concatenate[Settings, str, P], R]) -> Callable[Concatenate[Settings, str, P], R]:
    """A step of a batch: log lines meanwhile say so, and it is a span of the batch's trace."""

    @functools.wraps(function)
    def step(settings: Settings, batch_id: str, *args: P.args, **kwargs: P.kwargs) -> R:
        parent = spans.of_batch(_opened(settings).url, batch_id) if spans.on() else spans.NONE
        with context.bound(batch=batch_id), spans.span(function.__name__, parent=parent, batch=batch_id):
            return function(settings, batch_id, *args, **kwargs)

    return step


@overload
def intake(
    settings: Settings,
    *,
    manifest: str,
    passing: bool = False,
    run_key: str,
    now: datetime,
    limit: int | None = None,
    where: str | None = None,
) -> Batch: ...


@overload
def intake(
    settings: Settings, *, manifest: str | None = None, inbox: str | None = None, run_key: str, now: datetime
) -> Batch | None: ...


def intake(
    settings: Settings,
    *,
    manifest: str | None = None,
    passing: bool = False,
    inbox: str | None = None,
    run_key: str,
    now: datetime,
    limit: int | None = None,
    where: str | None = None,
) -> Batch | None:
    """Record which manifests a run takes, once; every later step and every retry reads that record.

    ``manifest`` (a Parquet file or folder, a brief or a CSV) by-passes the inbox, and an unfinished batch of the
    same content is resumed, unless what it planned cannot be made by this program any more: then it is cancelled, and a
    new one begun. ``passing`` says that a brief or CSV will be gone after the run, so that nobody is sent to
    it. Without a manifest, the batch is what lies in ``inbox`` (default ``<store>/inbox``) and no other batch took,
    however many runs take at once; a file there that cannot be read is recorded as refused. None if that is nothing:
    then nothing is recorded either. The same run key gives the same batch: of an inbox whatever lies there by now, of
    a manifest while its bytes are the same.
    Raises :class:`render.errors.InputError` for a manifest or a filter that cannot be used, and for a store on which
    two runs at once could overwrite each other's clips, unless the settings say that there is one writer only.
    """
    store = _opened(settings)
    if not settings.single_writer and not store.has_put_if_absent():
        raise errors.InputError(
            f"{store.url} overwrites what is to be put only if it is absent, so two runs at once could lose clips. "
            "Choose a service that honours If-None-Match (`nightreel doctor --store URL` tries it), or set "
            "NIGHTREEL_SINGLE_WRITER=true if no two commands ever write to it at once."
        )
    if manifest is None:
        return _from_inbox(settings, store, inbox or store.uri(layout.INBOX), run_key=run_key, now=now)
    given = manifests.find(manifest, roots=_roots(settings, store), most_rows=settings.manifest_rows)
    files, converted = list(given.files), given.converted
    if where is not None:
        with given.readable() as readable:
            any(judged.count for judged in manifests.rows(readable, limit=1, where=where))
    content = _content(files, limit=limit, where=where)
    batch = batches.newest_unfinished(store, content)
    if batch:
        summary = batches.plan_summary(store, batch.id)
        own = converted is not None and batch.manifests[0].url == store.uri(layout.manifest(batch.id))
        if summary is None and not own and batch.manifests != tuple(files):
            batch = None  # it would be planned from files elsewhere, which may be gone
        elif summary and outdated(summary) and pending_shards(settings, batch.id):
            cancel(settings, batch.id, now=now)
            batch = None
    if batch is None:
        identity = _identity(run_key, content)
        draft = ""
        if converted is not None:
            draft = "" if passing else files[0].url
            files = [replace(files[0], url=store.uri(layout.manifest(identity)))]
        batch = Batch(
            id=identity,
            run_key=run_key,
            content=content,
            manifests=tuple(files),
            draft=draft,
            limit=limit,
            where=where,
            created_at=now.isoformat(),
        )
        batches.create(store, batch)
        batch = batches.load(store, identity)
    if converted is not None:  # after the record, so that whoever resumes the batch puts it there if we die before
        store.put_if_absent(layout.manifest(batch.id), converted)
    with context.bound(batch=batch.id):
        log.info("Taken in: %d manifests, %d refused", len(batch.manifests), len(batch.refused))
    return batch


def _from_inbox(settings: Settings, store: ObjectStore, inbox: str, *, run_key: str, now: datetime) -> Batch | None:
    """Take what lies in the inbox and nobody took; look again as long as another run takes at the same moment."""
    while True:
        known = intakes.settle(store)
        if taken := known.batch_of(run_key):
            return _taken(store, run_key, taken)
        files, refused = manifests.take(
            inbox, taken=known.files, roots=_roots(settings, store), most_rows=settings.manifest_rows
        )
        if not files and not refused:
            return None
        content = _content(files, limit=None, where=None)
        identity = _identity(run_key, content)
        if identity in known.batches:  # of another run, whose key differs in what an id leaves out
            identity = _identity(f"{hashlib.sha256(run_key.encode()).hexdigest()[:16]}-{run_key}", content)
        batch = Batch(
            id=identity,
            run_key=run_key,
            content=content,
            manifests=tuple(files),
            refused=tuple(refused),
            inbox=True,
            limit=None,
            where=None,
            created_at=now.isoformat(),
        )
        if intakes.append(store, known, batch):
            return batch


def _taken(store: ObjectStore, run_key: str, batch_id: str) -> Batch:
    try:
        return batches.load(store, batch_id)
    except errors.NotFound as error:
        raise errors.NotFound(
            f"The run {run_key!r} took batch {batch_id}, whose folder was deleted from {store.url}. Restore it, or put "
            "its manifests into the inbox under another name, since they count as taken, and start a new run."
        ) from error


def watch(settings: Settings, *, inbox: str | None = None) -> Callable[[], list[ManifestFile]]:
    """Look at an inbox (default ``<store>/inbox``); each call gives what is new there since, and no batch took.

    A call writes nothing. It raises :class:`render.errors.NightreelError` while the inbox or the store cannot be had.
    """
    store = _opened(settings)
    looking = manifests.Watch(inbox or store.uri(layout.INBOX), _roots(settings, store))
    return lambda: looking.look(lambda: intakes.load(store).files)


@_step
def plan(settings: Settings, batch_id: str, *, now: datetime) -> batches.PlanSummary:
    """Validate the batch's rows, settle what needs no rendering, cut the rest into shards. Done once.

    A plan that is already there is kept: a resumed batch renders what it first planned.
    """
    store = _opened(settings)
    batch = batches.load(store, batch_id)
    summary = batches.plan_summary(store, batch_id)
    if summary is None:
        refused: list[RefusedManifest] = []
        if batch.inbox:
            judged = manifests.rows_of(batch.manifests, refused)
        else:
            judged = manifests.rows(batch.manifests, limit=batch.limit, where=batch.where)
        planned, faults = _planned(settings, store, judged)
        settings.scratch.mkdir(parents=True, exist_ok=True)
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
    on_fault: Callable[[Fault], None] = ignore,
    on_scene: Callable[[Row, Understanding], None] | None = None,
) -> batches.PlanSummary:
    """Say what a run of this manifest would do and cost; writes nothing to the store.

    ``on_fault`` is called for each fault of each row that would be quarantined, in the order of rows; then
    ``on_scene`` for each row to be rendered whose engine knows before what it would show.
    """
    store = _opened(settings)
    given = manifests.find(manifest, roots=_roots(settings, store), most_rows=settings.manifest_rows)
    with given.readable() as readable:
        planned, faults = _planned(settings, store, manifests.rows(readable, limit=limit, where=where))
    for fault in batches.quarantined(planned, faults):
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


def render(
    settings: Settings,
    batch_id: str,
    shards: Sequence[int],
    *,
    address: str,
    access: Access = OPEN,
    now: Now,
    control: Control | None = None,
    on_progress: OnProgress = ignore,
) -> None:
    """Make the clips of these shards on the Dask cluster at ``address`` and write each shard's receipts.

    ``access`` says how the cluster lets us in, and which of its workers are used.

    Rows that have an end already are left alone, except failed ones, which are tried again. What a crash leaves
    undone is found again by its clip records. A batch that is cancelled meanwhile drains, its rows end, and
    :class:`render.errors.Cancelled` is raised.
    """
    from render.farm import dispatch
    from render.farm.worker import Whence

    store = _opened(settings)
    planned = batches.plan_of(store, batch_id)
    if why := outdated(planned):
        raise errors.InputError(
            f"Batch {batch_id} cannot be gone on with. {why} End it with `nightreel cancel {batch_id}`, and run its "
            "manifests again: clips that exist as they would be made now are reused."
        )
    if store.exists(layout.cancelled(batch_id)):
        raise _gone(store, batch_id, shards, now())
    control = control or Control()
    settlement = Settlement(store, batch_id, shards, now=now)
    waiting = {shard: planned.shards.get(shard, 0) for shard in shards}
    try:
        with (
            context.bound(batch=batch_id),
            instruments.QUEUE_DEPTH.share() as show_depth,
            spans.Branches("shard", parent=spans.of_batch(store.url, batch_id), batch=batch_id) as branches,
            _drained_by_cancelling(store, batch_id, control),
        ):
            show_depth(sum(waiting.values()))

            def whence(job: Job) -> Whence:
                shard, _ = settlement.origin(job.fingerprint)
                return Whence(shard, branches.of(shard))

            def settle(result: JobResult) -> None:
                _, engine = settlement.origin(result.fingerprint)
                shard, record, left = settlement.settle(result)
                waiting[shard] = left
                show_depth(sum(waiting.values()))
                if not left:
                    branches.end(shard)
                instruments.JOBS.add(1, state=result.state, engine=engine)
                uri = store.uri(record.objects["clip"].path) if record else ""
                with context.bound(shard=shard, clip=result.fingerprint, engine=engine):
                    on_progress(Progress(batch=batch_id, shard=shard, result=result, uri=uri, left=left))

            dispatch.run(
                address,
                settlement.jobs(),
                store_url=settings.store,
                batch=batch_id,
                settings=settings,
                access=access,
                shards=shards,
                control=control,
                urgency=settlement.urgency,
                whence=whence,
                on_result=settle,
            )
    except errors.BatchStopped as stop:
        if not store.exists(layout.cancelled(batch_id)):
            raise
        raise _gone(store, batch_id, shards, now()) from stop


def _gone(store: ObjectStore, batch_id: str, shards: Sequence[int], now: datetime) -> errors.Cancelled:
    """End what is left of a cancelled batch's shards, and say so."""
    for shard in shards:
        give_up(store, batch_id, shard, now=now)
    return errors.Cancelled(f"Batch {batch_id} was cancelled. Its finished clips are kept.")


@_step
def publish(settings: Settings, batch_id: str, *, sweep: bool = True) -> dict[str, int]:
    """Bring the batch's rows that have ended into the catalog, and sweep what crashes left of attempts at its clips.

    The clips that the catalog has are not looked at again, but for the sweep, which a batch that is finished, and of
    which nothing was rendered since, can do without.

    Gives how many ``rows`` there are, how many are ``waiting`` for their end, and how many have come to each.
    The tables pass their contracts' expectations first. Clips come in pieces, the rows last, then a look at what was
    taken down meanwhile. Publishing twice changes nothing.
    """
    store = _opened(settings)
    batch = batches.load(store, batch_id)
    planned, ended = batches.plan_table(store, batch_id, catalog.WANTED), receipts.read(store, batch_id)
    faults = batches.read_quarantine(store, batch_id)
    requests = _sound(batch_id, "requests", catalog.requests_table(batch, planned, faults, ended))
    published = _published(store, ended)
    records = clips.find_each(store, _but(ended["fingerprint"], published))
    while piece := list(islice(records, PIECE)):
        made = _sound(batch_id, "clips", catalog.clips_table(piece))
        catalog.publish_clips(store, made, _sound(batch_id, "checks", catalog.checks_table(piece)))
    catalog.publish_requests(store, batch_id, requests)
    catalog.withdraw(store, list(tombstones.of(store, planned["fingerprint"]).values()))
    settings.scratch.mkdir(parents=True, exist_ok=True)
    catalog.relieve(store, scratch=settings.scratch)
    if sweep:
        reused = planned["fingerprint"].filter(pc.equal(planned["decision"], Decision.REUSE))
        clips.sweep_attempts(store, _but(ended["fingerprint"], published.filter(pc.is_in(published, reused))))
        batches.sweep_plans(store, batch_id)
        store.sweep_temporary()
    log.info("Published: %d rows", requests.num_rows)
    counts = Counter({one["values"]: one["counts"] for one in requests["end"].value_counts().to_pylist()})
    return {"rows": requests.num_rows, "waiting": counts[None]} | {end.value: counts[end.value] for end in End}


def _published(store: ObjectStore, ended: pa.Table) -> pa.Array:
    """The clips of these receipts that the catalog has, and so their figures: it is given those first.

    One that was deleted and made anew has another path there.
    """
    wanted = ended["fingerprint"].unique()
    known = catalog.clips_of(store, wanted.filter(pc.not_equal(wanted, "")), columns=["path"])
    stored = (
        known["path"].combine_chunks().take(pc.index_in(ended["fingerprint"], known["fingerprint"].combine_chunks()))
    )
    return ended["fingerprint"].filter(pc.fill_null(pc.equal(ended["path"], stored), False)).unique()


def _but(fingerprints: pa.ChunkedArray, those: pa.Array) -> list[str]:
    """These clips, each once, without those."""
    every = fingerprints.unique()
    return sorted(filter(None, every.filter(pc.invert(pc.is_in(every, those))).to_pylist()))


def _sound(batch_id: str, name: str, table: pa.Table) -> pa.Table:
    """The same table, if it keeps its contract."""
    if violations := contracts.validate(contracts.load(name), table):
        first = violations[0]
        raise errors.NightreelError(
            f"Batch {batch_id} is not published: {len(violations)} values of table {name} break its contract, "
            f"first row {first.row}, column {first.column} = {first.value!r}: {first.reason}"
        )
    return table


@_step
def report(settings: Settings, batch_id: str, *, now: datetime) -> str:
    """Write the batch's report; give the page's URI.

    The batch is marked as finished if every row has its end, in the catalog too: else a later run takes it up again.
    """
    from render.experiments import gather
    from render.experiments import report as page

    store = _opened(settings)
    uri, _ = page.write_current(store, lambda: gather.of_batch(store, batch_id), now=now)
    state = status(settings, batch_id)
    over = not state.waiting and catalog.rows_ended(store, batch_id) == state.rows
    if over and batches.finish(store, batch_id, {"finished_at": now.isoformat()}):
        _tell_of_the_end(store, state, now)
    return uri


def _tell_of_the_end(store: ObjectStore, state: Status, now: datetime) -> None:
    ends_of_rows = {end: count for end, count in state.ends.items() if count}
    log.info("Finished: %s", ", ".join(f"{count} {end}" for end, count in ends_of_rows.items()))
    instruments.BATCHES.add(1)
    spans.finish_batch(
        store.url,
        state.batch,
        began=datetime.fromisoformat(batches.load(store, state.batch).created_at),
        ended=now,
        attributes={f"nightreel.rows.{end}": count for end, count in ends_of_rows.items()},
    )


def status(settings: Settings, batch_id: str) -> Status:
    """Say how every row of the batch ended, or that it waits."""
    return status_of(_opened(settings), batch_id)


def latest(settings: Settings, most: int) -> tuple[list[BatchStatus], int]:
    """Give the ``most`` batches that were taken in last, newest first, and how many there are in all."""
    return latest_of(_opened(settings), most)


def cancel(settings: Settings, batch_id: str, *, now: datetime) -> bool:
    """End the batch: its running process drains, what was made counts, other rows fail.

    False if it is over already, and stays as it is.
    """
    store = _opened(settings)
    batches.load(store, batch_id)
    if store.exists(layout.finished(batch_id)):
        return False
    ended_here = store.put_if_absent(layout.cancelled(batch_id), orjson.dumps({"cancelled_at": now.isoformat()}))
    try:
        shards = plan(settings, batch_id, now=now).shards
    except errors.InputError:
        return ended_here  # never planned, and its manifest is not there any more as it was: no row has to end
    for shard in shards:
        give_up(store, batch_id, shard, now=now)
    publish(settings, batch_id)
    report(settings, batch_id, now=now)
    return ended_here


def run(
    settings: Settings,
    batch_id: str,
    *,
    now: Now,
    control: Control | None = None,
    on_plan: Callable[[batches.PlanSummary, int, int], None] = lambda _summary, _made, _settled: None,
    on_progress: OnProgress = ignore,
) -> Status:
    """Go the rest of the way with a batch that was taken in: plan, render, publish, report.

    ``on_plan`` is told the plan, how many of the clips to be rendered an earlier run of the batch has made, and how
    many belong to shards in which every row has its end.
    """
    start = time.monotonic()
    store = _opened(settings)
    resumed = batches.plan_summary(store, batch_id) is not None
    summary = plan(settings, batch_id, now=now())
    unsettled = pending_shards(settings, batch_id)
    settled = sum(number for shard, number in summary.shards.items() if shard not in unsettled)
    on_plan(summary, clips_made(store, batch_id) if resumed else 0, settled)
    cancelled = None
    if unsettled:
        _stop_if_asked(control)
        with _cluster(settings) as address:
            try:
                render(
                    settings, batch_id, unsettled, address=address, now=now, control=control, on_progress=on_progress
                )
            except errors.Cancelled as stop:
                cancelled = stop
    publish(settings, batch_id)
    report(settings, batch_id, now=now())
    if cancelled:
        raise cancelled
    return replace(status(settings, batch_id), elapsed_seconds=round(time.monotonic() - start, 3))


def pending_shards(settings: Settings, batch_id: str) -> list[int]:
    """Give the shards in which a row has no end yet."""
    store = _opened(settings)
    planned = batches.plan_table(store, batch_id, ["row", "shard"])
    ended = receipts.read(store, batch_id)["row"].combine_chunks()
    waiting = planned["shard"].filter(pc.invert(pc.is_in(planned["row"], ended)))
    return sorted(waiting.drop_null().unique().to_pylist())


def _opened(settings: Settings) -> ObjectStore:
    return open_store(settings.store, single_writer=settings.single_writer)


def _roots(settings: Settings, store: ObjectStore) -> tuple[str, ...]:
    """Where manifests may lie; anywhere if there are none."""
    return (*settings.manifest_roots, store.url) if settings.manifest_roots else ()


def _planned(
    settings: Settings, store: ObjectStore, judged: Iterable[manifests.Judged]
) -> tuple[pa.Table, list[Fault]]:
    """Plan the good rows; give the faults of the others."""
    faults: list[Fault] = []

    def good() -> Iterator[pa.Table]:
        for piece in judged:
            faults.extend(piece.faults)
            yield piece.good

    planned = plan_rows(
        good(),
        lookup=lambda fingerprints: history.made_by(store, fingerprints),
        withdrawn=lambda fingerprints: history.withdrawn(store, fingerprints),
        explain=lambda rows, chosen: history.explain(store, rows, chosen),
        media_revision=media.REVISION,
        usd_per_cpu_hour=settings.usd_per_cpu_hour,
        jobs_per_shard=settings.jobs_per_shard,
    )
    return planned, faults


def _settle_planned(store: ObjectStore, batch_id: str, now: datetime) -> None:
    """Write the receipts of the rows that the plan itself ended, unless they are there."""
    if receipts.read_shard(store, batch_id, None).num_rows:
        return
    stamp = ends.Stamp(batch=batch_id, shard=None, attempt=uuid4().hex[:12], finished_at=now.isoformat())
    settled = tables.receipt_table(ends.rejected(batches.read_quarantine(store, batch_id), stamp))
    settled = pa.concat_tables([settled, reuse.settle(store, batch_id, stamp)])
    if settled.num_rows:
        receipts.write(store, batch_id, None, stamp.attempt, settled)


def _content(files: Sequence[ManifestFile], *, limit: int | None, where: str | None) -> str:
    """Hash what a batch is about: its manifests' bytes, in order, and which of their rows are wanted."""
    return hashlib.sha256(orjson.dumps([[file.sha256 for file in files], limit, where])).hexdigest()


def _identity(run_key: str, content: str) -> str:
    """The id of the batch of this content that a run takes."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', run_key).strip('-')[:120]}-{content[:12]}"


def _stop_if_asked(control: Control | None) -> None:
    """Stop before a farm is started for nothing, if that is asked for."""
    if control and control.draining:
        raise errors.BatchStopped(ON_REQUEST)


@contextmanager
def _cluster(settings: Settings) -> Iterator[str]:
    """Give the address of the cluster that the settings name, or of a local one for this run."""
    from render.farm import cluster

    if settings.scheduler:
        yield settings.scheduler
    else:
        with cluster.local(settings) as address:
            yield address


@contextmanager
def _drained_by_cancelling(store: ObjectStore, batch_id: str, control: Control) -> Iterator[None]:
    """Drain when another process cancels the batch."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(CANCEL_POLL_SECONDS):
            with suppress(errors.StoreError):  # what the next look may find otherwise
                if store.exists(layout.cancelled(batch_id)):
                    control.drain()
                    return

    watcher = threading.Thread(target=watch, name="cancel-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
