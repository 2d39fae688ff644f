"""Sends a batch's jobs to a Dask cluster in a window, and hears how each one ended.

What is sent next is decided in :mod:`render.farm.backlog`; this module is its hands and ears.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from render import errors
from render.engines import registry
from render.farm import cluster, worker
from render.farm.access import OPEN, Access
from render.farm.backlog import Backlog, Group, Tried
from render.farm.control import ON_REQUEST, Control
from render.model import Job, JobResult, ReasonKind
from render.settings import Settings
from render.store.objects import open_store
from render.telemetry import instruments

if TYPE_CHECKING:
    from distributed import Client, Future, Scheduler
    from distributed.scheduler import TaskState

log = logging.getLogger(__name__)

TICK_SECONDS = 0.2
LOOK_SECONDS = 2.0
"""How often the cluster's workers are counted."""
PATIENCE_SECONDS = 120.0
"""How long work may lie without a worker that could take it; a local worker is back within seconds."""
CANCEL_SECONDS = 5.0
ORDERS = 1 << 20
"""Jobs of a flight that are told apart by their order, in a priority of fewer than 63 bits."""
CONTROLS = "nightreel-controls"
"""Dask's event topic on which a controller says what it is at work on, for whoever asks the scheduler."""
TROUBLE = "nightreel-trouble"
"""Dask's event topic on which a controller says why a try of a job was in vain."""
TOLD = 300
"""Most characters of a reason that are said there."""
FORGOTTEN = "fire-and-forget"
"""Dask's name for who wants what is to go on without its controller."""
HUNG = 0.8
"""Share of the stall timeout for which nothing moved before a death that was the timeout's: news take their time."""


def run(
    address: str,
    jobs: Iterable[Job],
    *,
    store_url: str,
    batch: str,
    settings: Settings,
    access: Access = OPEN,
    shards: Sequence[int] | None = None,
    control: Control | None = None,
    urgency: Callable[[Job], int] = lambda _: 0,
    whence: Callable[[Job], worker.Whence] = lambda _: worker.Whence(0, ""),
    on_result: Callable[[JobResult], None],
) -> None:
    """Have every job made by the cluster at ``address``; ``on_result`` is called in this thread for each that ended.

    ``shards``: those that the jobs are of, for whoever asks the cluster who is at work on them; None for all.
    ``access`` says how it lets us in, and which of its workers are used.
    ``jobs`` is read as room comes free, so a batch may be of any length; each fingerprint may come once. Whose
    ``urgency`` (of fewer than 40 bits) is higher goes first on the whole cluster, equal ones in the order of ``jobs``.
    Logs and traces of a job say ``whence`` it comes. Returns when every job has ended.
    Raises :class:`render.errors.BatchStopped` when some have not: after a drain, equal errors in a row, a
    scheduler that was lost, or without a worker that offers what an engine needs; running the batch again resumes
    it. Raises :class:`render.errors.Cancelled` after ``control.cancel()``, and :class:`render.errors.SchedulerAway`
    if no scheduler answers. An exception, a Ctrl-C too, first cancels what runs; after ``control.leave()``, and if
    this process dies, what the cluster was given goes on: the same group of jobs given again is not begun anew, and a
    job that is grouped otherwise finds its clip, or makes it once more if it is still in the making.
    """
    from distributed.utils import silence_logging_cmgr

    control = control or Control()
    backlog = Backlog(
        jobs,
        capabilities=registry.capabilities,
        tries=settings.tries,
        backoff_seconds=settings.backoff_seconds,
        stop_after=settings.stop_after_engine_errors,
    )
    orders = worker.Orders(
        store_url=open_store(store_url).url,
        batch=batch,
        scratch=settings.scratch,
        cache=settings.cache,
        usd_per_cpu_hour=settings.usd_per_cpu_hour,
        single_writer=settings.single_writer,
    )
    # What Dask logs of its own troubles is no news to whoever reads ours.
    with silence_logging_cmgr(logging.CRITICAL), cluster.connect(address, access=access) as client:
        flight = _Flight(
            client,
            backlog,
            orders,
            urgency,
            access.needs,
            whence=whence,
            window=settings.window,
            stall_seconds=settings.stall_seconds,
            shards=shards,
        )
        flight.announce()
        try:
            flight.go(control, on_result)
        except errors.SchedulerLost:
            raise
        except BaseException:
            if control.cancelled or not control.left:
                flight.cancel()
            raise


class _Flight:
    """What is on the cluster at this moment."""

    def __init__(
        self,
        client: Client,
        backlog: Backlog,
        orders: worker.Orders,
        urgency: Callable[[Job], int],
        needs: Callable[[Mapping[str, float]], dict[str, float]],
        *,
        whence: Callable[[Job], worker.Whence],
        window: int,
        stall_seconds: float,
        shards: Sequence[int] | None,
    ) -> None:
        self._client = client
        self._shards = None if shards is None else list(shards)
        self._backlog = backlog
        self._orders = orders
        self._urgency = urgency
        self._whence = whence
        self._needs = needs
        self._window = window
        self._stall_seconds = stall_seconds
        self._out: dict[str, tuple[Future, Group]] = {}
        self._done: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._began: Counter[str] = Counter()
        self._moved_at: dict[str, float] = {}
        self._workers: list[Mapping[str, float]] = []
        self._seen: list[Mapping[str, float]] = []
        self._looked_at = self._served_at = float("-inf")
        self._unserved: Counter[str] = Counter()
        self._withdrawn = False

    def announce(self) -> None:
        """Say to whoever asks the scheduler what this flight is at work on."""
        own = {"client": self._client.id, "shards": self._shards}
        self._say(CONTROLS, own | {"needs": self._needs({})})

    def go(self, control: Control, on_result: Callable[[JobResult], None]) -> None:
        """Send, wait and collect until nothing is left."""
        self._client.subscribe_topic(worker.BEGAN, self._note_began)
        self._client.subscribe_topic(worker.MOVED, self._note_moved)
        self._served_at = time.monotonic()
        while True:
            if control.cancelled:
                raise errors.Cancelled("The batch was cancelled; what was finished is kept.")
            if control.left:
                raise errors.BatchStopped(ON_REQUEST)
            self._backlog.draining |= control.draining
            if self._backlog.draining and not self._withdrawn:
                self._withdraw()
            self._look()
            self._fill()
            if not self._out and self._backlog.empty:
                break
            for key in self._wait():
                for result in self._settle(key) if key in self._out else ():
                    on_result(result)
        self._conclude(control)

    def cancel(self) -> None:
        """Take back what waits and stop what runs of this flight, as far as the cluster can still be reached.

        Also what a controller of its shards that is gone has left there. What another flight of the same batch wants
        too is stopped as well; that one begins it again.
        """
        if self._client.status != "running":
            return
        futures = [future for future, _ in self._out.values()]
        orders = self._orders

        def ask() -> None:
            with suppress(Exception):  # a lost cluster has nothing to cancel
                self._take_back(futures)
                self._client.run(worker.cancel, {*self._out}, on_error="ignore")
            with suppress(Exception):  # a scheduler of an older version knows no such question
                if left := self._client.run_on_scheduler(_left, orders.batch, orders.store_url, self._shards):
                    self._let_go(left)
                    self._client.run(worker.cancel, {*left}, on_error="ignore")

        asking = threading.Thread(target=ask, name="cancel", daemon=True)
        asking.start()
        asking.join(CANCEL_SECONDS)

    def _fill(self) -> None:
        while len(self._out) < self._window * len(self._workers):
            group = self._backlog.next(time.monotonic())
            if group is None:
                return
            needs = self._needs(group.resources)
            if offered(needs, self._seen):
                self._send(group)
            else:
                need = ", ".join(f"{name}={amount:g}" for name, amount in needs.items())
                self._unserved[need] += len(group.jobs)

    def _send(self, group: Group) -> None:
        from distributed import fire_and_forget

        key = group.key(self._orders.batch, self._orders.store_url)
        future = self._client.submit(
            worker.work,
            list(group.jobs),
            self._orders,
            self._stall_seconds,
            list(map(self._whence, group.jobs)),
            key=key,
            pure=False,
            retries=0,
            priority=max(map(self._urgency, group.jobs)) * ORDERS - min(group.order, ORDERS - 1),
            resources=self._needs(group.resources) or None,
        )
        fire_and_forget(future)  # it goes on though this process dies
        if group.sent:
            instruments.RETRIES.add(len(group.jobs), engine=group.jobs[0].engine)
        self._out[key] = (future, group)
        self._call_when_done(key, future)

    def _call_when_done(self, key: str, future: Future) -> None:
        future.add_done_callback(lambda _: self._done.put(key))

    def _withdraw(self) -> None:
        """Take back what no worker has begun."""
        self._withdrawn = True
        idle = [key for key in self._out if not self._began[key]]
        self._take_back([self._out[key][0] for key in idle])
        for key in idle:
            _, group = self._out.pop(key)
            self._backlog.again(group, time.monotonic())

    def _take_back(self, futures: list[Future]) -> None:
        """Cancel these, but for those that another flight wants too."""
        self._let_go([one.key for one in futures])
        self._client.cancel(futures)

    def _let_go(self, keys: Sequence[Any]) -> None:
        """Undo fire_and_forget, for which there is no public call: what comes after a task's end would stay."""
        self._client._send_to_scheduler({"op": "client-releases-keys", "keys": keys, "client": FORGOTTEN})

    def _wait(self) -> list[str]:
        """Keys of futures that ended, as soon as there is one; none after a tick."""
        ended = []
        with suppress(queue.Empty):
            ended.append(self._done.get(timeout=TICK_SECONDS))
            while True:
                ended.append(self._done.get_nowait())
        return ended

    def _settle(self, key: str) -> list[JobResult]:
        from distributed.scheduler import KilledWorker

        future, group = self._out[key]
        now = time.monotonic()
        vain: dict[str, str] = {}
        try:
            done = future.result(timeout=LOOK_SECONDS)
        except TimeoutError:  # the worker that held the result died: it is made again, or found
            self._call_when_done(key, future)
            return []
        except KilledWorker as death:
            log.warning("A worker died with %d clips at work or waiting; they are tried again", len(group.jobs))
            deaths = min(self._began[key], death.allowed_failures + 1)
            if deaths and now - self._moved_at[key] > HUNG * self._stall_seconds:
                results = self._backlog.stalled(group, seconds=self._stall_seconds, now=now)
                vain = dict.fromkeys(_fingerprints(group), "It hung, or was on a worker with one that did.")
            else:
                results = self._backlog.lost(group, deaths=deaths, now=now)
                vain = dict.fromkeys(_fingerprints(group), "Its worker died.")
        except errors.Cancelled:
            self._backlog.again(group, now)
            results = []
        except Exception as error:
            if future.status in {"cancelled", "lost"} or self._client.status != "running":
                raise self._scheduler_lost() from error
            outcomes = [_undelivered(job, error) for job in group.jobs]
            vain = _failures(outcomes)
            results = self._backlog.tried(group, outcomes, now)
        else:
            vain = _failures(done.outcomes)
            results = self._backlog.tried(group, done.outcomes, now, seconds=done.seconds)
        self._tell(vain, results)
        del self._out[key]
        self._began.pop(key, None)
        self._moved_at.pop(key, None)
        self._let_go([key])
        future.release()
        return results

    def _tell(self, vain: Mapping[str, str], results: Sequence[JobResult]) -> None:
        """Say which jobs were tried in vain and why, and which of them have ended so."""
        ended = {result.fingerprint: result for result in results}
        for fingerprint, reason in vain.items():
            result = ended.get(fingerprint)
            told = {"fingerprint": fingerprint, "reason": (result.reason if result else reason)[:TOLD]}
            self._say(TROUBLE, told | {"over": result is not None})

    def _say(self, topic: str, what: dict[str, Any]) -> None:
        """Log an event on the scheduler; one that is lost is news to nobody."""
        with suppress(OSError, TimeoutError):
            own = {"batch": self._orders.batch, "store": self._orders.store_url}
            self._client.log_event(topic, own | what)

    def _look(self) -> None:
        """Count the workers from time to time, and do not wait forever for one that never comes."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_SECONDS and self._workers:
            return
        if self._client.status != "running":
            raise self._scheduler_lost()
        try:
            known = self._client.scheduler_info(n_workers=-1)["workers"]
        except (OSError, TimeoutError) as error:
            raise self._scheduler_lost() from error
        self._looked_at = now
        self._workers = [entry["resources"] for entry in known.values()]
        self._backlog.workers = max(1, len(self._workers))
        self._seen += [offer for offer in self._workers if offer not in self._seen]
        if self._workers and all(
            offered(self._needs(group.resources), self._workers) for _, group in self._out.values()
        ):
            self._served_at = now
        elif now - self._served_at > PATIENCE_SECONDS:
            raise errors.BatchStopped(
                f"For {PATIENCE_SECONDS:g} s the cluster has had no worker for the work that waits. "
                "Start workers, then run the same command again: it resumes."
            )

    def _conclude(self, control: Control) -> None:
        """Say why it is over if it is not complete."""
        if last := self._backlog.stopped:
            raise (errors.EngineStopped if last.reason_kind is ReasonKind.ENGINE else errors.BatchStopped)(
                f"Stopped, because the same error came again and again: {last.reason} "
                "Mend its cause, then run the same command again: it resumes."
            )
        if self._unserved:
            lacking = "; ".join(
                f"no worker offers {need}, {count} clips need it" for need, count in self._unserved.items()
            )
            raise errors.BatchStopped(
                f"The batch is incomplete: {lacking}. Start a worker with "
                f'`--resources "{next(iter(self._unserved))}"`, then run the same command again: it resumes.'
            )
        if control.draining and self._backlog.left():
            raise errors.BatchStopped(ON_REQUEST)

    def _scheduler_lost(self) -> errors.SchedulerLost:
        return errors.SchedulerLost(
            "The Dask scheduler was lost. Finished clips are kept; start it again if it was not this machine's own, "
            "then run the same command again: it resumes."
        )

    def _note_began(self, event: tuple[float, Any]) -> None:
        key = event[1]["key"]
        if key in self._out:
            self._moved_at[key] = time.monotonic()
            self._began[key] += 1

    def _note_moved(self, event: tuple[float, Any]) -> None:
        key = event[1]["key"]
        if key in self._out:
            self._moved_at[key] = time.monotonic()
            self._began[key] = self._began[key] or 1  # before this flight came


def jobs_of(task: TaskState) -> tuple[tuple[str, ...], worker.Orders] | None:
    """The fingerprints of a task's jobs and its orders; None for a task that is not ours."""
    given = _arguments(task)
    return (tuple(job.fingerprint for job in given[0]), given[1]) if given else None


def _arguments(task: TaskState) -> Sequence[Any]:
    """What :func:`render.farm.worker.work` is given by a task; nothing for one that is not ours."""
    given: Any = getattr(task.run_spec, "args", None)
    return given if given and len(given) > 3 and isinstance(given[1], worker.Orders) else ()


def _left(batch: str, store_url: str, shards: Sequence[int] | None, *, dask_scheduler: Scheduler) -> list[Any]:
    """Run in the scheduler's process: the tasks of these shards (None: of all) whose controllers are gone."""
    return [
        task.key
        for task in dask_scheduler.tasks.values()
        if (given := _arguments(task))
        and (given[1].batch, given[1].store_url) == (batch, store_url)
        and (shards is None or any(whence.shard in shards for whence in given[3]))
        and {client.client_key for client in task.who_wants or ()} == {FORGOTTEN}
    ]


def offered(needs: Mapping[str, float], workers: Iterable[Mapping[str, float]]) -> bool:
    """Whether one of these workers, each by its resources, has what is needed."""
    return any(all(offer.get(name, 0) >= amount for name, amount in needs.items()) for offer in workers)


def _fingerprints(group: Group) -> list[str]:
    return [job.fingerprint for job in group.jobs]


def _failures(outcomes: Iterable[Tried]) -> dict[str, str]:
    """Why tries failed, by fingerprint."""
    return {one.result.fingerprint: one.result.reason for one in outcomes if one.result.state == "failed"}


def _undelivered(job: Job, error: Exception) -> Tried:
    """A task that Dask could not run at all."""
    return Tried(
        result=JobResult(
            fingerprint=job.fingerprint,
            state="failed",
            reason=f"The worker could not run the job: {type(error).__name__}: {error}",
            reason_kind=ReasonKind.INFRASTRUCTURE,
            fix="Give the workers the same version of Nightreel and its packages as this machine.",
        ),
        may_pass=True,
    )
