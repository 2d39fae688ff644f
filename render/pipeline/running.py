"""All steps of a batch after its intake, one after another, as a command does them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from render import errors
from render.farm.control import ON_REQUEST, Control
from render.pipeline.planning import pending_shards, plan
from render.pipeline.publishing import publish, report
from render.pipeline.rendering import OnProgress, render
from render.pipeline.step import Now, ignore
from render.settings import Settings
from render.status import BatchStatus, Status, clips_made, latest_of, status_of
from render.store import batches
from render.store.objects import store_of


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
    store = store_of(settings)
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


def status(settings: Settings, batch_id: str) -> Status:
    """Say how every row of the batch ended, or that it waits."""
    return status_of(store_of(settings), batch_id)


def latest(settings: Settings, most: int) -> tuple[list[BatchStatus], int]:
    """Give the ``most`` batches that were taken in last, newest first, and how many there are in all."""
    return latest_of(store_of(settings), most)


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
