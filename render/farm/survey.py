"""What a Dask scheduler knows of a batch: which jobs it has and where they are, who is at work on it, what went wrong.

:func:`ask` runs a function of ours in the scheduler's process and gives plain data; nothing there is changed.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from render import errors
from render.farm import cluster
from render.farm.dispatch import CONTROLS, FORGOTTEN, ORDERS, TROUBLE, jobs_of
from render.farm.worker import BEGAN

if TYPE_CHECKING:
    from distributed import Client, Scheduler
    from distributed.scheduler import TaskState, WorkerState

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
"""How long a scheduler may take to answer."""


class Place(StrEnum):
    """Where a group of jobs is on the cluster."""

    AT_WORK = "at work"
    """A worker makes its clips, one after another."""
    GIVEN = "given"
    """It lies at a worker that is at work on something else."""
    QUEUED = "queued"
    """It waits on the scheduler."""
    OVER = "over"
    """Its controller has not taken in yet what it came to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A group of the batch's jobs."""

    fingerprints: tuple[str, ...]
    place: Place
    worker: str = ""
    """That it is at; empty if it is queued."""
    since: float | None = None
    """When its worker began it: seconds since 1970 by the scheduler's clock; None if that is not known."""
    needs: Mapping[str, float]
    """Resources that a worker must offer."""
    behind: int = 0
    """Of one that waits: clips of other batches that wait, too, and go first, since they are more urgent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why the last try of a job was in vain."""

    fingerprint: str
    reason: str
    over: bool
    """Whether it has failed; else it is tried again."""
    at: float
    """Seconds since 1970, by the scheduler's clock."""
    tries: int
    """That were in vain, as far as the scheduler remembers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the scheduler knew at one moment."""

    address: str
    workers: Mapping[str, Mapping[str, float]]
    """By name: what they offer."""
    tasks: tuple[Task, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    """The last one of each job, in the order of time."""
    controllers: tuple[frozenset[int] | None, ...] = ()
    """Who is at work on the batch: the shards of each; None where they are not known."""
    since: float = 0.0
    """When the first of these came; 0 if that is not known."""
    needs: Mapping[str, float] = field(default_factory=dict)
    """Resources that they ask of a worker whatever the job is."""

    @property
    def current(self) -> list[Trouble]:
        """The troubles of those who are at work: what failed under another run is tried again by the next."""
        return [one for one in self.troubles if self.controllers and one.at >= self.since]

    @property
    def knows(self) -> bool:
        """Whether the scheduler has anything of the batch."""
        return bool(self.tasks or self.controllers or self.troubles)


class Asker:
    """Asks one scheduler again and again. A context manager."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._client: Client | None = None

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the scheduler; the next question connects anew."""
        from distributed.utils import silence_logging_cmgr

        client, self._client = self._client, None
        if client is not None:
            with silence_logging_cmgr(logging.CRITICAL):
                client.close(timeout=1)

    def ask(self, batch: str, store_url: str) -> Survey:
        """What the scheduler knows of a batch of a store, by the store's own URL.

        Raises :class:`render.errors.SchedulerAway` if it does not answer in time, or not as it should.
        """
        from distributed.utils import silence_logging_cmgr

        try:
            with silence_logging_cmgr(logging.CRITICAL):  # what Dask logs of its troubles is said by our error
                if self._client is None or self._client.status != "running":
                    self.close()
                    self._client = cluster.connect(self.address, seconds=CONNECT_SECONDS, name=cluster.WATCHER)
                return self._client.sync(
                    self._client._run_on_scheduler, _survey, batch, store_url, callback_timeout=ANSWER_SECONDS
                )
        except errors.InputError:  # away, or not to be entered without files that are named
            raise
        except Exception as error:
            self.close()
            said = f"{type(error).__name__}: {error}" if str(error) else f"nothing within {ANSWER_SECONDS:g} s"
            raise errors.SchedulerAway(
                f"The Dask scheduler at {self.address} does not say what it has ({said.splitlines()[0]}). "
                "It needs the same version of Nightreel as this machine."
            ) from error


def _survey(batch: str, store_url: str, *, dask_scheduler: Scheduler) -> Survey:
    """Run in the scheduler's process."""
    began = {event["key"]: (at, event.get("worker")) for at, event in dask_scheduler.get_events(BEGAN)}
    ours: list[tuple[TaskState, tuple[str, ...]]] = []
    foreign: Counter[tuple[float, str]] = Counter()
    """Clips of other batches, and tasks of others, that wait: by their urgency and the worker that they lie at."""
    for task in dask_scheduler.tasks.values():
        jobs = jobs_of(task)
        if jobs and (jobs[1].batch, jobs[1].store_url) == (batch, store_url):
            ours.append((task, jobs[0]))
        elif (place := _place(task, began)) in {Place.QUEUED, Place.GIVEN}:
            foreign[_urgency(task), _worker(task)] += len(jobs[0]) if jobs else 1
    tasks = []
    for task, fingerprints in ours:
        place, worker = _place(task, began), _worker(task)
        at, on = began.get(task.key, (None, None))
        tasks.append(
            Task(
                fingerprints=fingerprints,
                place=place,
                worker=worker,
                since=at if task.processing_on and on == task.processing_on.address else None,
                needs=dict(task.resource_restrictions or {}),
                behind=_behind(task, foreign) if place in {Place.QUEUED, Place.GIVEN} else 0,
            )
        )
    controllers, since, needs = _controllers(dask_scheduler, batch, store_url, [task for task, _ in ours])
    return Survey(
        address=dask_scheduler.address,
        workers={_name(worker): dict(worker.resources) for worker in dask_scheduler.workers.values()},
        tasks=tuple(tasks),
        troubles=_troubles(dask_scheduler, batch, store_url),
        controllers=controllers,
        since=since,
        needs=needs,
    )


def _place(task: TaskState, began: Mapping[Any, tuple[float, str | None]]) -> Place:
    if worker := task.processing_on:
        alone = len(worker.processing) <= worker.nthreads  # of what it began long ago nothing may be known any more
        at_work = began.get(task.key, (0.0, None))[1] == worker.address or alone
        return Place.AT_WORK if at_work else Place.GIVEN
    return Place.QUEUED if task.state in {"queued", "no-worker", "waiting"} else Place.OVER


def _worker(task: TaskState) -> str:
    return _name(task.processing_on) if task.processing_on else ""


def _behind(task: TaskState, foreign: Mapping[tuple[float, str], int]) -> int:
    """How many of the foreign clips go first: on its worker, or anywhere if it lies at none."""
    own, worker = _urgency(task), _worker(task)
    return sum(clips for (urgency, at), clips in foreign.items() if urgency > own and worker in {at, ""})


def _urgency(task: TaskState) -> float:
    """As it was given to :func:`render.farm.dispatch.run`; Dask turns its sign."""
    return -(task.priority[0] // ORDERS) if task.priority else 0


def _name(worker: WorkerState) -> str:
    name = str(worker.name)
    return name.rpartition("://")[2] if "://" in name else f"worker {name}" if name.isdigit() else name


def _troubles(scheduler: Scheduler, batch: str, store_url: str) -> tuple[Trouble, ...]:
    last: dict[str, Trouble] = {}
    for at, event in scheduler.get_events(TROUBLE):
        if (event["batch"], event["store"]) != (batch, store_url):
            continue
        fingerprint = event["fingerprint"]
        before = last.pop(fingerprint, None)
        again = before is not None and not before.over
        last[fingerprint] = Trouble(
            fingerprint=fingerprint,
            reason=event["reason"],
            over=event["over"],
            at=at,
            tries=before.tries + 1 if before and again else 1,
        )
    return tuple(last.values())


def _controllers(
    scheduler: Scheduler, batch: str, store_url: str, tasks: Sequence[TaskState]
) -> tuple[tuple[frozenset[int] | None, ...], float, dict[str, float]]:
    """Who announced itself and is there, and who else wants what there is of the batch.

    Gives their shards, when the first of them came, and what they ask of any worker.
    """
    needs: dict[str, float] = {}
    said: dict[str, tuple[float, frozenset[int] | None]] = {}
    for at, event in scheduler.get_events(CONTROLS):
        if (event["batch"], event["store"]) == (batch, store_url) and event["client"] in scheduler.clients:
            shards = event["shards"]
            needs |= event["needs"]
            said[event["client"]] = at, None if shards is None else frozenset(shards)
    for task in tasks:
        for client in task.who_wants or ():
            if client.client_key != FORGOTTEN:
                said.setdefault(client.client_key, (0.0, None))
    return tuple(shards for _, shards in said.values()), min((at for at, _ in said.values()), default=0.0), needs
