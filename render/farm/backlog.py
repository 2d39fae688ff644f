"""What is still to be made: groups jobs, and decides after each try whether, when and with whom a job is tried again.

A state machine without I/O and without a clock: instants come in as arguments.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from render.engines.contract import Capabilities
from render.model import Job, JobResult, ReasonKind

DEATHS = 2
"""A job that kills this many workers by itself is given up."""

UNEXPLAINED = 5
"""A group that was on a dying worker this often without having begun is held for the cause all the same."""

LOOKAHEAD = 256
"""Jobs that are held back at least, if there are so many, before groups go out that are not full."""

SLICE_SECONDS = 1.0
"""Work that a group is to hold where its jobs are short: it takes so much to make the sending cheap."""

MOST_JOBS = 256
"""Of a group that is larger than its engine asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one try of a job came to."""

    result: JobResult
    may_pass: bool = False
    """For a failure: whether another try can help."""
    refused: bool = False
    """For a failure: whether it is about this job alone and says nothing of the engine's health."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Like jobs that go to one worker together: as many as the engine wants at once, or several times as many."""

    jobs: tuple[Job, ...]
    order: int
    """Position of its first job; lower runs earlier."""
    resources: Mapping[str, float] = field(default_factory=dict)
    sent: int = 0
    """How often these jobs were sent before."""

    def key(self, batch: str, store_url: str) -> str:
        """The same batch of the same store, jobs and count of tries have the same key, in whichever process."""
        jobs = hashlib.sha256("".join([store_url, *(job.fingerprint for job in self.jobs)]).encode()).hexdigest()
        return f"clips-{batch}-{jobs[:32]}-{self.sent}"


class Backlog:
    """Holds a bounded part of a stream of jobs: take groups with :meth:`next`, tell it how each one went."""

    def __init__(
        self,
        jobs: Iterable[Job],
        *,
        capabilities: Callable[[str], Capabilities],
        tries: int,
        backoff_seconds: float,
        stop_after: int,
        most_waiting: int = 64,
    ) -> None:
        """``most_waiting``: groups that may wait for another try before no fresh ones are begun."""
        self._stream = enumerate(jobs)
        self._capabilities = capabilities
        self._tries = tries
        self._backoff_seconds = backoff_seconds
        self._stop_after = stop_after
        self._most_waiting = most_waiting
        self._filling: dict[tuple, list[tuple[int, Job]]] = {}
        self._pace: dict[tuple, float] = {}
        self._waiting: list[tuple[float, int, int, Group]] = []
        self._tie = itertools.count()
        self._failures: Counter[str] = Counter()
        self._deaths: Counter[str] = Counter()
        self._unexplained: Counter[str] = Counter()
        self._streak: tuple[str, int] = ("", 0)
        self._exhausted = False
        self.workers = 1
        """To be kept up to date: among so many the last jobs are shared out in ever smaller groups."""
        self.draining = False
        """Set to begin nothing any more."""
        self.stopped: JobResult | None = None
        """Why the batch has to stop, once equal errors have piled up: the last of them."""

    @property
    def empty(self) -> bool:
        """Nothing is left to be taken, now or later."""
        return self.draining or (self._exhausted and not self._filling and not self._waiting)

    def left(self) -> bool:
        """Whether any job was never taken or waits for another try; to be asked at the end, after a drain."""
        return bool(self._waiting or self._filling or next(self._stream, None))

    def next(self, now: float) -> Group | None:
        """Take a group: one whose wait is over, else a fresh one; None if there is none at this moment."""
        if self.draining:
            return None
        if self._waiting and self._waiting[0][0] <= now:
            return heapq.heappop(self._waiting)[-1]
        return self._fresh() if len(self._waiting) < self._most_waiting else None

    def tried(
        self, group: Group, outcomes: Sequence[Tried], now: float, *, seconds: float | None = None
    ) -> list[JobResult]:
        """Take note of a group's outcomes; gives the results of the jobs that have ended.

        Jobs without an outcome were not begun. ``seconds`` is what the others took in all, if that is known.
        """
        by_job = {outcome.result.fingerprint: outcome for outcome in outcomes}
        if seconds is not None and outcomes:
            self._pace[_alike(group.jobs[0])] = seconds / len(outcomes)
        results, untouched = [], []
        for job in group.jobs:
            outcome = by_job.get(job.fingerprint)
            if outcome is None:
                untouched.append((group.order, job))
                continue
            self._failures[job.fingerprint] += 1
            count = self._failures[job.fingerprint]
            if outcome.result.state == "failed" and outcome.may_pass and count < self._tries:
                self._wait(_single(group, job), now + self._backoff_seconds * 2 ** (count - 1))
            else:
                self._note(outcome)
                results.append(self._end(replace(outcome.result, tries=count)))
        if untouched:
            self._filling.setdefault(_alike(group.jobs[0]), [])[:0] = untouched
        return results

    def stalled(self, group: Group, *, seconds: float, now: float) -> list[JobResult]:
        """Take note that a group's worker was ended, since nothing had moved for so long; gives results as others do.

        Which job of several hung is not known: each is tried by itself, and none is blamed.
        """
        if len(group.jobs) > 1:
            self._each_alone(group, now)
            return []
        hung = JobResult(
            fingerprint=group.jobs[0].fingerprint,
            state="failed",
            reason=f"It hung: for {seconds:g} s nothing moved, so its worker was ended.",
            reason_kind=ReasonKind.ENGINE,
            fix="Run the batch again; if the reason stays the same, show it to whoever maintains the engine, or raise "
            "the setting stall_seconds if the engine may be silent for longer.",
        )
        return self.tried(group, [Tried(result=hung, may_pass=True)], now)

    def lost(self, group: Group, *, deaths: int, now: float) -> list[JobResult]:
        """Take note that a group's worker died; gives the results of the jobs that have ended.

        ``deaths``: how many workers died while they worked on this very group; 0 when it only stood in line.
        """
        first = group.jobs[0].fingerprint
        if deaths == 0:
            self._unexplained[first] += 1
            if self._unexplained[first] < UNEXPLAINED:
                self._wait(replace(group, sent=group.sent + 1), now)
                return []
            deaths = 1
        if len(group.jobs) > 1:
            self._each_alone(group, now)
            return []
        self._deaths[first] += deaths
        if self._deaths[first] < DEATHS:
            self._wait(_single(group, group.jobs[0]), now)
            return []
        failed = Tried(
            result=JobResult(
                fingerprint=first,
                state="failed",
                reason=f"It killed its worker {_times(self._deaths[first])}; most likely there was not enough memory.",
                reason_kind=ReasonKind.INFRASTRUCTURE,
                fix="Ask for a smaller size or a shorter clip, or give the workers more memory (fewer workers).",
                tries=self._failures[first] + self._deaths[first],
            )
        )
        self._note(failed)
        return [self._end(failed.result)]

    def again(self, group: Group, now: float) -> None:
        """Put back a group that was interrupted through no fault of its own."""
        self._wait(replace(group, sent=group.sent + 1), now)

    def _each_alone(self, group: Group, now: float) -> None:
        for job in group.jobs:
            self._wait(_single(group, job), now)

    def _wait(self, group: Group, until: float) -> None:
        heapq.heappush(self._waiting, (until, group.order, next(self._tie), group))

    def _end(self, result: JobResult) -> JobResult:
        for counter in (self._failures, self._deaths, self._unexplained):
            counter.pop(result.fingerprint, None)
        return result

    def _note(self, outcome: Tried) -> None:
        """Count equal failures in a row; where they pile up, something common to all jobs is broken."""
        if outcome.refused:
            return
        if outcome.result.state != "failed":
            self._streak = ("", 0)
            return
        alike = re.sub(r"[0-9a-f]{8,}|\d+", "#", outcome.result.reason)
        self._streak = (alike, self._streak[1] + 1 if alike == self._streak[0] else 1)
        if self._streak[1] >= self._stop_after:
            self.stopped = outcome.result
            self.draining = True

    def _fresh(self) -> Group | None:
        while not self._exhausted:
            try:
                order, job = next(self._stream)
            except StopIteration:
                self._exhausted = True
                break
            alike = _alike(job)
            held = self._filling.setdefault(alike, [])
            held.append((order, job))
            size = self._size(alike, self._capabilities(job.engine))
            enough = size * self.workers if size > 1 else 1
            if len(held) >= enough:
                return self._cut(alike)
            if sum(map(len, self._filling.values())) >= max(LOOKAHEAD, 2 * enough):
                break
        return self._cut(next(iter(self._filling))) if self._filling else None

    def _cut(self, alike: tuple) -> Group:
        """Take a group off like jobs: a good size, but no more than one worker's share."""
        held = self._filling[alike]
        can = self._capabilities(held[0][1].engine)
        size = min(self._size(alike, can), math.ceil(len(held) / self.workers))
        order, jobs = held[0][0], tuple(job for _, job in held[:size])
        del held[:size]
        if not held:
            del self._filling[alike]
        return Group(jobs=jobs, order=order, resources=can.resources)

    def _size(self, alike: tuple, can: Capabilities) -> int:
        """How many jobs a group should have: what the engine wants, as often as it fits into a slice."""
        pace = self._pace.get(alike, SLICE_SECONDS) * can.group_size
        times = min(MOST_JOBS // can.group_size, int(SLICE_SECONDS / max(pace, 1e-9)))
        return can.group_size * max(1, times)


def _alike(job: Job) -> tuple:
    return job.engine, job.engine_revision, job.width, job.height, job.fps, job.duration_ms


def _single(group: Group, job: Job) -> Group:
    return replace(group, jobs=(job,), sent=group.sent + 1)


def _times(count: int) -> str:
    return {2: "twice"}.get(count, f"{count} times")
