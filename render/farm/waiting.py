"""Why the jobs of a batch wait: from what storage says of its rows, and what a scheduler knows of its jobs.

Without I/O and without a clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from render.farm.dispatch import offered
from render.farm.survey import Place, Survey, Task
from render.model import Decision


class Why(StrEnum):
    """Why a row without an end waits."""

    AT_WORK = "at work"
    GIVEN = "given"
    BEHIND = "behind"
    QUEUED = "queued"
    LACKING = "lacking"
    NO_WORKER = "no worker"
    AGAIN = "again"
    UNSENT = "unsent"
    COLLECTED = "collected"
    SHARD = "shard"
    NO_RUN = "no run"
    UNKNOWN = "unknown"
    FAILED = "failed"
    MADE = "made"
    DUPLICATE = "duplicate"
    PLAN = "plan"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Rows that wait for the same."""

    why: Why
    about: str = ""
    """The worker, the resource, the error or the address that it is about."""
    rows: int = 1
    since: float | None = None
    """When the first of them came to wait so: seconds since 1970; None if that is not known."""
    clips: int = 0
    """Clips of other batches that go before them; counts for BEHIND only."""
    after: str = ""
    """The error after which they are tried again, where they are on the cluster."""
    shards: tuple[int, ...] = ()
    """That they are of, sorted."""

    @property
    def text(self) -> str:
        """In words, without numbers that change by themselves."""
        again = f", tried again after: {self.after}" if self.after else ""
        return _TEXTS[self.why].format(about=self.about, clips=f"{self.clips:,}") + again


_TEXTS = {
    Why.AT_WORK: "in the making on {about}",
    Why.GIVEN: "next on {about}, which is at work on another",
    Why.BEHIND: "in the cluster's queue, behind {clips} more urgent of other batches",
    Why.QUEUED: "in the cluster's queue: its workers are busy",
    Why.LACKING: "no worker offers {about}",
    Why.NO_WORKER: "the cluster at {about} has no worker at all",
    Why.AGAIN: "to be tried again after: {about}",
    Why.UNSENT: "not sent yet: the run sends more as workers come free",
    Why.COLLECTED: "its worker is through; the run is about to take note",
    Why.SHARD: "nobody has begun the shard (Airflow has not come to it, or its task has ended)",
    Why.NO_RUN: "no run is at work on it at {about}",
    Why.UNKNOWN: "not known: {about}",
    Why.FAILED: "failed, counts when the shard is done: {about}",
    Why.MADE: "the clip is made, counts when the shard is done",
    Why.DUPLICATE: "the same clip as another row that waits",
    Why.PLAN: "planning was interrupted, or is about to end",
    Why.CANCELLED: "the batch is cancelled: clips that are begun are finished, all others end as failed",
}

Needs = Callable[[str], Mapping[str, float] | None]
"""What an engine needs of a worker, by its name; None if that is not known here."""


def reasons(
    waiting: pa.Table, survey: Survey | None, *, needs: Needs, unknown: str = "", cancelled: bool = False
) -> list[Reason]:
    """Why each row waits: rows that wait for the same together, those that are nearest to their end first.

    ``waiting`` has a record for each row without an end: ``fingerprint``, ``engine``, ``decision``, ``shard`` (null for
    a row that is to be settled without rendering) and ``made`` (whether its clip is there). ``survey`` is None where
    no scheduler could be asked; ``unknown`` says why. The rows of all reasons together are as many as are waiting.
    """
    if cancelled:
        return [Reason(why=Why.CANCELLED, rows=waiting.num_rows)] if waiting.num_rows else []
    known = _known(survey)
    waits = pc.and_(pc.invert(waiting["made"]), pc.equal(waiting["decision"], Decision.RENDER))
    single = pc.and_(waits, pc.is_in(waiting["fingerprint"], pa.array(known, pa.string())))
    found = [*_each(waiting.filter(single), known)]
    rest = (
        waiting.filter(pc.invert(single))
        .group_by(["shard", "engine", "decision", "made"])
        .aggregate([([], "count_all")])
    )
    found += [
        replace(_of(alike, survey, needs, unknown), rows=alike["count_all"], shards=_shards(alike))
        for alike in rest.to_pylist()
    ]
    return _grouped(found)


def _known(survey: Survey | None) -> dict[str, Reason]:
    """Why those wait of which the scheduler has heard: where they are, else what went wrong."""
    if survey is None:
        return {}
    found: dict[str, Reason] = {}
    troubles = {trouble.fingerprint: trouble for trouble in survey.current}
    for trouble in survey.current:
        why = Why.FAILED if trouble.over else Why.AGAIN
        found[trouble.fingerprint] = Reason(why=why, about=trouble.reason, since=trouble.at)
    for task in survey.tasks:
        here = _of_task(task, survey)
        for fingerprint in task.fingerprints:
            trouble = troubles.get(fingerprint)
            found[fingerprint] = replace(here, after=trouble.reason) if trouble and not trouble.over else here
    return found


def _of_task(task: Task, survey: Survey) -> Reason:
    match task.place:
        case Place.AT_WORK:
            return Reason(why=Why.AT_WORK, about=task.worker, since=task.since)
        case Place.OVER:
            return Reason(why=Why.COLLECTED)
    if lack := _lack(task.needs, survey):
        return lack
    if task.behind:
        return Reason(why=Why.BEHIND, clips=task.behind)
    return Reason(why=Why.GIVEN, about=task.worker) if task.place is Place.GIVEN else Reason(why=Why.QUEUED)


def _lack(needs: Mapping[str, float], survey: Survey) -> Reason | None:
    """That the cluster has no worker for it."""
    if not survey.workers:
        return Reason(why=Why.NO_WORKER, about=survey.address)
    if not offered(needs, survey.workers.values()):
        return Reason(why=Why.LACKING, about=", ".join(f"{name}={amount:g}" for name, amount in needs.items()))
    return None


def _of(alike: Mapping[str, Any], survey: Survey | None, needs: Needs, unknown: str) -> Reason:
    """Why rows wait of which the scheduler has not heard."""
    if alike["made"]:
        return Reason(why=Why.MADE)
    if alike["decision"] == Decision.DUPLICATE and alike["shard"] is not None:
        return Reason(why=Why.DUPLICATE)
    if alike["shard"] is None:
        return Reason(why=Why.PLAN)
    if survey is None:
        return Reason(why=Why.UNKNOWN, about=unknown)
    if not survey.controllers:
        return Reason(why=Why.NO_RUN, about=survey.address)
    if not any(shards is None or alike["shard"] in shards for shards in survey.controllers):
        return Reason(why=Why.SHARD)
    return _lack({**survey.needs, **(needs(alike["engine"]) or {})}, survey) or Reason(why=Why.UNSENT)


def _each(waiting: pa.Table, known: Mapping[str, Reason]) -> Iterator[Reason]:
    for row in waiting.select(["fingerprint", "shard"]).to_pylist():
        yield replace(known[row["fingerprint"]], shards=_shards(row))


def _shards(row: Mapping[str, Any]) -> tuple[int, ...]:
    return () if row["shard"] is None else (row["shard"],)


def _grouped(found: list[Reason]) -> list[Reason]:
    alike: defaultdict[tuple, list[Reason]] = defaultdict(list)
    for one in found:
        alike[one.why, one.about, one.after].append(one)
    order = list(Why)
    together = [
        replace(
            some[0],
            rows=sum(one.rows for one in some),
            since=min((one.since for one in some if one.since is not None), default=None),
            clips=max(one.clips for one in some),
            shards=tuple(sorted({shard for one in some for shard in one.shards})),
        )
        for some in alike.values()
    ]
    return sorted(together, key=lambda one: (order.index(one.why), -one.rows, one.about))
