"""What happens in a worker process: a group of jobs becomes clips, whatever goes wrong becomes a reason.

Also the module that Dask workers preload (``dask worker --preload render.farm.worker``).
"""

from __future__ import annotations

import asyncio
import atexit
import errno
import functools
import logging
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from render import errors, scratch
from render.engines import registry
from render.engines.contract import Bench, Cancel, Engine
from render.farm import clip, preload
from render.farm.backlog import SLICE_SECONDS, Tried
from render.farm.pulse import Pulse
from render.model import Failure, Footage, Job, JobResult, ReasonKind
from render.store import clips, tombstones
from render.store.objects import ObjectStore, open_store
from render.telemetry import context, export, instruments, spans
from render.telemetry.stages import Stages

if TYPE_CHECKING:
    from distributed import Worker

BEGAN = "nightreel-began"
"""Dask's event topic on which a worker says that it begins a group, so that the right one is blamed if it dies."""

MOVED = "nightreel-moved"
"""Dask's event topic on which a worker says from time to time that its group gets on."""

MAY_PASS = (errors.StoreError, errors.MediaError, OSError, MemoryError)

NO_ROOM = os.strerror(errno.ENOSPC)
"""How a full disk is called in every error that it leads to, ffmpeg's too."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a worker needs beside the jobs. Credentials it takes from its own environment."""

    store_url: str
    batch: str
    scratch: Path
    cache: Path
    usd_per_cpu_hour: float
    single_writer: bool = False


@dataclass(frozen=True, slots=True)
class Whence:
    """Where a job comes from: for logs and traces, and of no account for the clip."""

    shard: int
    parent: str
    """The traceparent of the shard's span; empty if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a group came to. Jobs without an outcome were not begun: their worker has given them back."""

    outcomes: Sequence[Tried]
    seconds: float
    """How long it took."""


def dask_setup(worker: Worker) -> None:
    """Prepare the process before its first task: called by Dask."""
    # A Ctrl-C goes to all processes of the terminal; what it means for the batch is for the controller to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _device()
    preload.dask_setup(worker)
    instruments.WORKER_MEMORY.observe(worker.monitor.get_process_memory)
    if limit := worker.memory_manager.memory_limit:
        instruments.WORKER_MEMORY_LIMIT.observe(lambda: limit)


async def dask_teardown(worker: Worker) -> None:  # noqa: ARG001
    """Send what was measured, before the process ends: called by Dask."""
    await asyncio.to_thread(export.flush)


def work(jobs: Sequence[Job], orders: Orders, stall_seconds: float, whence: Sequence[Whence]) -> Done:
    """The Dask task: :func:`make_clips`, announced to whoever waits for it.

    If nothing moves for ``stall_seconds``, this process ends. ``whence`` says of each job where it comes from.
    """
    from distributed import get_worker

    worker = get_worker()
    key = str(worker.get_current_task())
    worker.log_event(BEGAN, {"key": key})
    began = time.monotonic()
    with Pulse(stall_seconds, lambda: worker.log_event(MOVED, {"key": key})) as pulse:
        told = {job.fingerprint: one for job, one in zip(jobs, whence, strict=True)}
        outcomes = make_clips(jobs, orders, task=key, moved=pulse.beat, whence=told)
    return Done(outcomes=outcomes, seconds=time.monotonic() - began)


def make_clips(
    jobs: Sequence[Job],
    orders: Orders,
    *,
    task: str = "",
    moved: Callable[[], None] = lambda: None,
    whence: Mapping[str, Whence] = MappingProxyType({}),
) -> list[Tried]:
    """Make and commit the clips of like jobs, one outcome for each job that was begun, in order.

    When a slice of time is used up, or a job has failed and was not refused, those that would be next are left alone.
    ``task`` names this work, for :func:`cancel`; ``moved`` is called when something got done; ``whence`` says where
    jobs come from, by fingerprint. Clips that have a record are not made again. Every failure is an outcome with its
    reason; the only exception is :class:`render.errors.Cancelled`. The engine stays open in this process for the next
    group.
    """
    outcomes: list[Tried] = []
    began, left = time.monotonic(), iter(jobs)
    with _cancellable(task) as flag, context.bound(batch=orders.batch, engine=jobs[0].engine):
        while some := list(islice(left, _at_once(jobs[0].engine))):
            outcomes += _make(some, orders, flag, moved, whence)
            failed = any(outcome.result.state == "failed" and not outcome.refused for outcome in outcomes)
            if failed or time.monotonic() - began > SLICE_SECONDS:
                break
    return outcomes


def cancel(tasks: Collection[str]) -> None:
    """Ask what this process is making under these names to stop at its next chunk."""
    with _lock:
        for at_work, flag in _at_work:
            if at_work in tasks:
                flag.set()


_lock = threading.Lock()
_at_work: list[tuple[str, Cancel]] = []
_open_engines = ExitStack()
atexit.register(_open_engines.close)


def _at_once(engine: str) -> int:
    try:
        return registry.capabilities(engine).group_size
    except errors.EngineMissing:  # which is said of each job by itself
        return 1


def _make(
    jobs: Sequence[Job],
    orders: Orders,
    flag: Cancel,
    moved: Callable[[], None],
    whence: Mapping[str, Whence],
) -> list[Tried]:
    """Give an outcome for each of the jobs, which the engine is given at once."""
    outcomes: dict[str, Tried] = {}
    clocks: dict[str, Stages] = defaultdict(Stages)
    try:
        store = _store(orders.store_url, orders.single_writer)
        for job in jobs:
            if tombstones.find(store, job.fingerprint):
                outcomes[job.fingerprint] = _withdrawn(job)
            elif clips.find(store, job.fingerprint):
                outcomes[job.fingerprint] = Tried(result=JobResult(fingerprint=job.fingerprint, state="found"))
            moved()
        if missing := [job for job in jobs if job.fingerprint not in outcomes]:
            clocks.update((job.fingerprint, Stages()) for job in missing)
            for outcome in _render(missing, orders, store, flag, moved, clocks=clocks, whence=whence):
                outcomes[outcome.result.fingerprint] = outcome
    except errors.Cancelled:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is these jobs' reason
        for job in jobs:
            if job.fingerprint not in outcomes:
                with _about(job, whence):
                    outcomes[job.fingerprint] = _failed(job, error)
    for job in jobs:
        _tell(job, outcomes[job.fingerprint].result, clocks[job.fingerprint], orders, whence)
    return [outcomes[job.fingerprint] for job in jobs]


def _about(job: Job, whence: Mapping[str, Whence]) -> AbstractContextManager[object]:
    """Log lines of the block are about this job."""
    origin = whence.get(job.fingerprint)
    return context.bound(shard=origin.shard if origin else None, clip=job.fingerprint)


def _tell(job: Job, result: JobResult, clock: Stages, orders: Orders, whence: Mapping[str, Whence]) -> None:
    """Tell of a try that is over, in the log and in what is measured."""
    origin = whence.get(job.fingerprint)
    about: dict[str, str | int] = {
        "batch": orders.batch,
        "clip": job.fingerprint,
        "engine": job.engine,
        "state": result.state,
    }
    spans.job(
        clock,
        parent=(origin.parent if origin else "") or spans.of_batch(orders.store_url, orders.batch),
        failure=result.reason,
        **about | ({"shard": origin.shard} if origin else {}),
    )
    took = clock.spells()
    for stage, spell in took.items():
        instruments.STAGE_DURATION.record(spell.seconds, stage=stage, engine=job.engine)
    if result.state != "failed":
        told = ", ".join(f"{name} {spell.seconds:.2f} s" for name, spell in took.items())
        with _about(job, whence):
            log.info("Clip %s%s", result.state, told and f": {told}")


def _render(
    jobs: Sequence[Job],
    orders: Orders,
    store: ObjectStore,
    flag: Cancel,
    moved: Callable[[], None],
    *,
    clocks: dict[str, Stages],
    whence: Mapping[str, Whence],
) -> Iterator[Tried]:
    """Give an outcome for each job as it is over, and put the clock of its stages among ``clocks``."""
    name = jobs[0].engine
    engine = open_engine(name, jobs[0].engine_revision, orders.scratch, orders.cache)
    moved()
    left = {job.fingerprint for job in jobs}
    with _not_without_being_asked(name, flag):
        with clip.blamed_on(name):
            items = engine.generate(jobs, cancel=flag, progress=lambda _job, _share: moved())
        meter = clip.Meter()
        for item in clip.drawn_from(name, items):
            left.discard(item.job.fingerprint)
            clocks[item.job.fingerprint] = meter.stages
            meter.stages.so_far("render")
            with _about(item.job, whence):
                tried = _finished(item, engine=engine, orders=orders, store=store, flag=flag, meter=meter, moved=moved)
            yield tried
            meter = clip.Meter()
    if left:
        raise errors.EngineError(f"Engine {name} gave nothing for {len(left)} of {len(jobs)} jobs.")


def _finished(
    item: Footage | Failure,
    *,
    engine: Engine,
    orders: Orders,
    store: ObjectStore,
    flag: Cancel,
    meter: clip.Meter,
    moved: Callable[[], None],
) -> Tried:
    job = item.job
    moved()
    if isinstance(item, Failure):
        return _failed(job, (errors.EngineRefused if item.permanent else errors.EngineError)(item.reason))
    try:
        with (
            scratch.private(orders.scratch, job.fingerprint[:12]) as folder,
            _not_without_being_asked(job.engine, flag),
        ):
            won = clip.make(
                item,
                capabilities=engine.capabilities,
                store=store,
                batch=orders.batch,
                folder=folder,
                device=engine.bench.device,
                usd_per_cpu_hour=orders.usd_per_cpu_hour,
                cancel=flag,
                meter=meter,
                moved=moved,
            )
    except errors.Cancelled:
        raise
    except errors.Withdrawn:
        return _withdrawn(job)
    except Exception as error:  # noqa: BLE001 - the others of the group go on
        return _failed(job, error)
    return Tried(result=JobResult(fingerprint=job.fingerprint, state="made" if won else "found"))


def _withdrawn(job: Job) -> Tried:
    return Tried(result=JobResult(fingerprint=job.fingerprint, state="withdrawn"))


def _failed(job: Job, error: Exception) -> Tried:
    """Sort an error: who has to act, and whether another try can help."""
    log.info("Clip failed: %s", error, exc_info=error)
    kind, may_pass, refused = ReasonKind.INFRASTRUCTURE, isinstance(error, MAY_PASS), False
    reason = str(error) if isinstance(error, errors.NightreelError) else clip.described(error)
    match error:
        case errors.EngineRefused():
            kind, refused = ReasonKind.ENGINE, True
            fix = "Change the row as the reason says, or choose another engine."
        case errors.EngineMissing():
            kind = ReasonKind.ENGINE
            fix = "Give the workers the same version of Nightreel and the same extras as this machine."
        case errors.EngineError():
            kind = ReasonKind.ENGINE
            may_pass = error.__cause__ is None or isinstance(error.__cause__, (*MAY_PASS, RuntimeError))
            fix = "Run the batch again; if the reason stays the same, show it to whoever maintains the engine."
        case errors.StoreError() if NO_ROOM in reason:
            fix = "Make room on the disk of the store, then run the batch again."
        case errors.StoreError():
            fix = "Look after the store (`nightreel doctor`), then run the batch again."
        case errors.MediaError() | OSError() if NO_ROOM in reason:
            fix = "Make room on the disk of the worker's scratch (setting scratch), then run the batch again."
        case errors.MediaError() | OSError() | MemoryError():
            fix = "Look after the worker's disk and memory, then run the batch again."
        case _:
            fix = "This looks like a fault in Nightreel: report it with this reason."
    result = JobResult(fingerprint=job.fingerprint, state="failed", reason=reason, reason_kind=kind, fix=fix)
    return Tried(result=result, may_pass=may_pass, refused=refused)


@functools.cache
def open_engine(name: str, revision: str, scratch_root: Path, cache: Path) -> Engine:
    """The engine, opened once a process and closed at its end; what it compiles is kept in ``cache``.

    Raises :class:`render.errors.EngineMissing` if it is not here in that revision, and
    :class:`render.errors.EngineError` if it cannot be opened.
    """
    kind = registry.find(name)
    if kind.capabilities.revision != revision:
        raise errors.EngineMissing(
            f"The batch was planned for engine {name} {revision}, this worker has {kind.capabilities.revision}."
        )
    cache.mkdir(parents=True, exist_ok=True)
    folder = scratch.of_process(scratch_root) / f"engine-{name}"
    folder.mkdir(exist_ok=True)
    with clip.blamed_on(name):
        return _open_engines.enter_context(kind(Bench(device=_device(), scratch=folder, cache=cache)))


@functools.cache
def _store(url: str, single_writer: bool) -> ObjectStore:
    """The store, opened once a process: its connections are kept."""
    return open_store(url, single_writer=single_writer)


@functools.cache
def _device() -> str:
    import torch

    torch.set_num_threads(1)
    return "cuda:0" if torch.cuda.is_available() else "cpu"


@contextmanager
def _cancellable(task: str) -> Iterator[Cancel]:
    entry = (task, Cancel())
    with _lock:
        _at_work.append(entry)
    try:
        yield entry[1]
    finally:
        with _lock:
            _at_work.remove(entry)


@contextmanager
def _not_without_being_asked(engine: str, flag: Cancel) -> Iterator[None]:
    """Turn an engine's own cancelling into its error: the job would be tried again without end."""
    try:
        yield
    except errors.Cancelled as error:
        flag.check()
        raise errors.EngineError(f"Engine {engine} stopped without being asked to: {error}") from error
