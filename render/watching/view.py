"""A batch at one moment, as whoever watches it sees it: made of what storage and the scheduler say."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render.farm.waiting import Needs, Reason, Why, reasons
from render.model import Decision, End, ReasonKind, RefusedManifest
from render.status import Status, refused_json
from render.watching.pace import Pace, pace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from render.farm.survey import Survey

OFFENDERS = 3
"""Clips that are named as the slowest, as those tried most often, and as those that failed last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardView:
    """How far a shard is."""

    shard: int
    done: int
    """Clips that are made or have failed."""
    clips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Rows of one variant and engine that failed for one reason; of all, where the batch was cancelled."""

    variant: str
    """Empty for all of them, as is ``engine``."""
    engine: str
    reason: str
    """Of the first of them."""
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offender:
    """A clip that stands out."""

    name: str
    fingerprint: str
    about: str
    """The engine, or what went wrong."""
    amount: float
    """Seconds of rendering, tries, or seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What there is to see of a batch; all but ``at`` and ``pace`` is the same until something happens."""

    batch: str
    store: str
    """Its URL."""
    at: float
    """When it was looked at: seconds since 1970."""
    state: str
    """As in :class:`render.status.Status`."""
    rows: int
    waiting: int
    ends: Mapping[End, int]
    clips: int
    """To be rendered."""
    done: int
    """Of these, the clips that are made or have failed."""
    shards: Sequence[ShardView]
    pace: Pace
    cpu_seconds: float
    """Of the clips that the batch has rendered."""
    cost: float
    """US dollars."""
    reasons: Sequence[Reason]
    refused: Sequence[RefusedManifest]
    """Files of the inbox that could not be used."""
    failures: Sequence[Failures]
    """Most rows first."""
    failed_last: Sequence[Offender]
    """The newest first; ``amount`` is when."""
    slowest: Sequence[Offender]
    most_tried: Sequence[Offender]
    """Those that were tried in vain, as far as the scheduler tells."""
    scheduler: str
    """Its address; empty if none could be asked."""
    workers: int | None
    """None if no scheduler could be asked."""
    report: str

    @property
    def over(self) -> bool:
        """Whether nothing more happens: it is finished, or cancelled and every row has its end."""
        return self.state == "finished" or (self.state == "cancelled" and not self.waiting)

    @property
    def expected_end(self) -> float | None:
        """Seconds since 1970; None if that cannot be said."""
        unknown = self.over or self.unattended or self.pace.seconds_left is None
        return None if unknown else self.at + (self.pace.seconds_left or 0.0)

    @property
    def publishing(self) -> bool:
        """Whether only the catalog and the report are left to be written, be a run at work on them or not."""
        return self.state in {"planned", "under way"} and not self.waiting

    @property
    def unattended(self) -> bool:
        """Whether, as far as anybody tells, no run is at work on rows that wait: it may have stopped."""
        return any(one.why in {Why.NO_RUN, Why.UNKNOWN} for one in self.reasons)

    def same_as(self, other: View | None) -> bool:
        """Whether nothing has happened between the two."""
        return other is not None and self._lasting() == other._lasting()

    def as_json(self) -> dict[str, object]:
        """Plain data for a line of JSON."""
        shown = asdict(self) | {
            "at": _instant(self.at),
            "ends": {end.value: self.ends.get(end, 0) for end in End},
            "expected_end": _instant(self.expected_end),
            "reasons": [
                {"why": one.why.value, "text": one.text, "rows": one.rows, "since": _instant(one.since)}
                | {"shards": list(one.shards)}
                for one in self.reasons
            ],
            "refused": refused_json(self.refused),
            "failed_last": [asdict(one) | {"amount": _instant(one.amount)} for one in self.failed_last],
        }
        for name, amount in {"failed_last": "at", "slowest": "render_seconds", "most_tried": "tries"}.items():
            shown[name] = [{amount if key == "amount" else key: one[key] for key in one} for one in shown[name]]
        return shown

    def _lasting(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if name not in {"at", "pace"}}


def view(status: Status, survey: Survey | None, *, start: float, now: float, needs: Needs, unknown: str = "") -> View:
    """Put together what is seen now. ``start``: when the batch was taken in; ``unknown``: why ``survey`` is None."""
    table = status.clips.table
    rendered = table.filter(pc.equal(table["decision"], Decision.RENDER))
    done = pc.or_(pc.not_equal(rendered["uri"], ""), rendered["end"].is_valid())
    early = _failed_early(rendered.filter(pc.invert(done)), survey)
    over = pc.or_(done, pc.is_in(rendered["row"], pa.array([one.row for one in early], rendered["row"].type)))
    ended = np.concatenate([_instants(rendered.filter(done)), [one.at for one in early]])
    clips, made = rendered.num_rows, pc.sum(over, min_count=0).as_py()
    served = rendered.filter(pc.not_equal(rendered["uri"], ""))
    ended_so = table.filter(pc.equal(table["end"], End.FAILED))
    given_up = pc.fill_null(pc.equal(ended_so["reason_kind"], ReasonKind.CANCELLED), False)
    failed = ended_so.filter(pc.invert(given_up))
    return View(
        batch=status.batch,
        store=status.store,
        at=now,
        state=status.state,
        rows=status.rows,
        waiting=status.waiting,
        ends=dict(status.ends),
        clips=clips,
        done=made,
        shards=_shards(rendered, over),
        pace=pace(ended, left=clips - made, start=start, now=now),
        cpu_seconds=pc.sum(served["cpu_seconds"], min_count=0).as_py(),
        cost=pc.sum(table["cost"], min_count=0).as_py(),
        reasons=reasons(_waiting(table), survey, needs=needs, unknown=unknown, cancelled=status.state == "cancelled"),
        refused=status.refused,
        failures=[*_failures(failed, early), *_given_up(ended_so.filter(given_up))],
        failed_last=_failed_last(failed, early),
        slowest=_slowest(served),
        most_tried=_most_tried(rendered, survey),
        scheduler=survey.address if survey else "",
        workers=len(survey.workers) if survey else None,
        report=status.report,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Early:
    """A row whose clip has failed for good, of which storage says nothing until its shard is done."""

    row: int
    variant: str
    engine: str
    offender: Offender

    @property
    def at(self) -> float:
        return self.offender.amount

    @property
    def reason(self) -> str:
        return self.offender.about


def _failed_early(waiting: pa.Table, survey: Survey | None) -> list[_Early]:
    if survey is None:
        return []
    at_work = {fingerprint for task in survey.tasks for fingerprint in task.fingerprints}
    told = {one.fingerprint: one for one in survey.current if one.over and one.fingerprint not in at_work}
    rows = waiting.filter(pc.is_in(waiting["fingerprint"], pa.array(told, pa.string()))).to_pylist()
    return [
        _Early(
            row=row["row"],
            variant=row["variant"],
            engine=row["engine"],
            offender=_offender(row, told[row["fingerprint"]].reason, told[row["fingerprint"]].at),
        )
        for row in rows
    ]


def _instants(rows: pa.Table) -> NDArray[np.float64]:
    """When these rows ended, in seconds since 1970, as far as that is known."""
    texts = rows["ended_at"].filter(pc.not_equal(rows["ended_at"], ""))
    return texts.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy() / 1e6


def _shards(rendered: pa.Table, over: pa.ChunkedArray) -> list[ShardView]:
    counted = pa.table({"shard": rendered["shard"], "over": over}).group_by("shard")
    summed = counted.aggregate([("over", "sum"), ("over", "count")]).sort_by("shard")
    return [ShardView(shard=one["shard"], done=one["over_sum"], clips=one["over_count"]) for one in summed.to_pylist()]


def _waiting(table: pa.Table) -> pa.Table:
    waits = table.filter(table["end"].is_null())
    columns = ["fingerprint", "engine", "decision", "shard"]
    return waits.select(columns).append_column("made", pc.not_equal(waits["uri"], ""))


def _failures(failed: pa.Table, early: Sequence[_Early]) -> list[Failures]:
    """Count alike failures; reasons that differ in numbers only are one."""
    alike: defaultdict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for one in failed.group_by(["variant", "engine", "reason"]).aggregate([([], "count_all")]).to_pylist():
        alike[one["variant"], one["engine"], _alike(one["reason"])][one["reason"]] += one["count_all"]
    for row in early:
        alike[row.variant, row.engine, _alike(row.reason)][row.reason] += 1
    found = [
        Failures(variant=variant, engine=engine, reason=min(some), rows=some.total())
        for (variant, engine, _), some in alike.items()
    ]
    return sorted(found, key=lambda one: (-one.rows, one.variant, one.engine, one.reason))


def _given_up(cancelled: pa.Table) -> list[Failures]:
    """The rows that failed for nothing but the batch's being cancelled."""
    reasons = cancelled["reason"].unique().to_pylist()
    return [Failures(variant="", engine="", reason=min(reasons), rows=cancelled.num_rows)] if reasons else []


def _alike(reason: str) -> str:
    return re.sub(r"[0-9a-f]{8,}|\d+", "#", reason)


def _failed_last(failed: pa.Table, early: Sequence[_Early]) -> list[Offender]:
    last = failed.take(pc.select_k_unstable(failed, OFFENDERS, [("ended_at", "descending")]))
    found = [
        _offender(row, row["reason"], datetime.fromisoformat(row["ended_at"]).timestamp()) for row in last.to_pylist()
    ]
    return sorted([*found, *(row.offender for row in early)], key=lambda one: -one.amount)[:OFFENDERS]


def _slowest(served: pa.Table) -> list[Offender]:
    rows = served.take(pc.select_k_unstable(served, OFFENDERS, [("render_seconds", "descending")])).to_pylist()
    return [_offender(row, row["engine"], row["render_seconds"]) for row in rows]


def _most_tried(rendered: pa.Table, survey: Survey | None) -> list[Offender]:
    troubles = sorted(survey.troubles if survey else (), key=lambda one: -one.tries)[:OFFENDERS]
    worst = pa.array([one.fingerprint for one in troubles], pa.string())
    rows = {row["fingerprint"]: row for row in rendered.filter(pc.is_in(rendered["fingerprint"], worst)).to_pylist()}
    return [_offender(rows[one.fingerprint], one.reason, one.tries) for one in troubles if one.fingerprint in rows]


def _offender(row: Mapping[str, str], about: str, amount: float) -> Offender:
    name = f"row {row['row']} {row['experiment']}/{row['variant']}"
    return Offender(name=name, fingerprint=row["fingerprint"], about=about, amount=amount)


def _instant(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
