"""The third step: the clips are made on a Dask cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from render import errors
from render.farm.access import OPEN, Access
from render.farm.control import Control
from render.model import Job, JobResult
from render.pipeline.planning import outdated
from render.pipeline.step import Now, ignore
from render.planning.settlement import Settlement, give_up
from render.settings import Settings
from render.store import batches, layout
from render.store.objects import ObjectStore, store_of
from render.telemetry import context, instruments, spans

CANCEL_POLL_SECONDS = 2.0
"""How often a running batch looks whether it was cancelled from elsewhere."""


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

    store = store_of(settings)
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
