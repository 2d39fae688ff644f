"""Held rows wait for a person: what waits, what somebody decided, and what the decision makes of the batch.

A decision is recorded first (:func:`decide`), and then carried out (:func:`finish`), which may be done again after a
crash at any point. Of two people who decide on a row, the first counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from render import errors, pipeline
from render.checks import policy
from render.model import Decision, End, Figure, Outcome, Review
from render.planning import ends
from render.settings import Settings
from render.store import batches, catalog, clips, layout, receipts, reviews, tables
from render.store.objects import ObjectStore, store_of

LONGEST_NAME = 200
"""Characters of the name of a person who decides."""
LONGEST_COMMENT = 2000
"""Characters of a comment."""
_SHOWN = 5
_AT_ONCE = 16
_PLANNED = ("row", "experiment", "variant", "prompt", "policy", "fingerprint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A row that waits for a person."""

    row: int
    experiment: str
    variant: str
    prompt: str
    policy: str
    fingerprint: str
    check: str
    """The check that holds it, as its policy judges now; empty where it would not, or where the clip is gone."""
    reason: str
    fix: str
    uri: str
    """Absolute URI of the clip; empty if it is gone."""
    review: Review | None
    """What was decided on it already, and has to be carried out by :func:`finish` yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What came of a decision."""

    review: Review | None
    """The record of the rows that it decides, with those that the same clip serves under the same policy; None for no
    row."""
    before: Mapping[int, Review]
    """Rows it was to decide that somebody had decided before, also meanwhile."""
    without_clip: tuple[int, ...] = ()
    """Rows that it leaves held though it approves all, since their clips are gone."""


def held(settings: Settings, batch_id: str) -> list[Held]:
    """The rows of the batch that wait for a person, by row.

    Raises :class:`render.errors.NotFound` for a batch that was never taken in.
    """
    store = store_of(settings)
    waiting = _waiting(store, batch_id)
    paths = _paths(store, waiting)
    figures = _figures(store, {one["fingerprint"] for one, path in zip(waiting, paths, strict=True) if path})
    told = []
    for one, path in zip(waiting, paths, strict=True):
        check = _check(one["policy"], figures.get(one["fingerprint"], ())) if path else ""
        given = {name: value for name, value in one.items() if name != "path"}
        told.append(Held(**given, uri=store.uri(path) if path else "", check=check))
    return told


def decisions(settings: Settings, batch_id: str) -> int:
    """How many decisions on rows of the batch are recorded, be they carried out or not."""
    return len(reviews.read(store_of(settings), batch_id))


def digest(settings: Settings, batch_id: str, *, decisions: int) -> str:
    """What was to be decided on the batch when so many decisions were recorded, as 64 hex digits.

    It tells which rows were held, for which very files, and what their policies demand, and so by which checks. What
    was decided since changes nothing of it, be it carried out or not.
    """
    store = store_of(settings)
    known = [{*review.rows} for review in reviews.read(store, batch_id)]
    before, since = (set().union(*part) for part in (known[:decisions], known[decisions:]))
    ended = receipts.read(store, batch_id).select(["row", "end", "fingerprint", "path"]).to_pylist()
    open_ = {
        one["row"]: [one["fingerprint"], one["path"]]
        for one in ended
        if one["row"] not in before and (one["end"] == End.HELD or one["row"] in since)
    }
    planned = batches.plan_table(store, batch_id, ["row", "policy"])
    names = pc.unique(planned["policy"].filter(pc.is_in(planned["row"], pa.array(open_, pa.int64()))))
    told = [sorted(open_.items()), {name: _demanded(name) for name in sorted(names.to_pylist())}]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def decide(
    settings: Settings,
    batch_id: str,
    *,
    approved: bool,
    rows: Collection[int] | None,
    by: str,
    comment: str,
    now: datetime,
) -> Decided:
    """Record what a person decided on these held rows of the batch, or on all (None).

    A row is decided together with every other held row that the same clip serves under the same policy. What somebody
    decided before stands. Raises :class:`render.errors.InputError` for a row that is not held, for one to be approved
    whose clip is gone, and for a decision without a name or a reason.
    """
    by, comment = _text(by, "who decides", LONGEST_NAME), _text(comment, "why", LONGEST_COMMENT)
    store = store_of(settings)
    wanted: set[int] | None = None
    gone: set[int] = set()
    while True:
        known = reviews.read(store, batch_id)
        taken = {row: review for review in known for row in review.rows}
        waiting = _waiting(store, batch_id)
        if wanted is None:
            wanted = _wanted(store, batch_id, waiting, taken, rows)
            if approved:
                gone = _without_clip(store, waiting, wanted - taken.keys(), named=rows is not None)
                wanted -= gone
        before = {row: taken[row] for row in sorted(wanted & taken.keys())}
        open_ = [one for one in waiting if one["row"] in wanted and one["row"] not in taken]
        if not open_:
            return Decided(review=None, before=before, without_clip=tuple(sorted(gone)))
        review = Review(
            approved=approved,
            rows=tuple(one["row"] for one in open_),
            by=by,
            comment=comment,
            at=now.isoformat(),
            policies={name: _demanded(name) for name in sorted({one["policy"] for one in open_})},
        )
        if reviews.record(store, batch_id, len(known), review):
            return Decided(review=review, before=before, without_clip=tuple(sorted(gone)))


def finish(settings: Settings, batch_id: str, *, now: datetime) -> str:
    """Carry out what was decided: end the rows, publish them, write the report anew; give the report's URI.

    Done again, it changes nothing. A row that was approved, but whose clip is gone by now, is rejected. Rows
    that meanwhile came to another end than held keep that. Of a batch that is finished no attempt is looked for:
    nothing was rendered since.
    """
    store = store_of(settings)
    for number, review in enumerate(reviews.read(store, batch_id)):
        if not store.exists(layout.reviewed(batch_id, number)):
            _settle(store, batch_id, number, review)
    pipeline.publish(settings, batch_id, sweep=batches.finished(store, batch_id) is None)
    return pipeline.report(settings, batch_id, now=now)


def _settle(store: ObjectStore, batch_id: str, number: int, review: Review) -> None:
    ended = receipts.read(store, batch_id)
    mine = pc.and_(pc.equal(ended["end"], End.HELD), pc.is_in(ended["row"], pa.array(review.rows, pa.int64())))
    waiting = list(tables.receipts(ended.filter(mine)))
    planned = batches.plan_table(store, batch_id, ["row", "decision"])
    rendered = {*planned["row"].filter(pc.equal(planned["decision"], Decision.RENDER)).to_pylist()} & {*review.rows}
    made_by = _made_by(store, {one.fingerprint: one.path for one in waiting if one.row in rendered})
    to_pass = [{"row": one.row, "fingerprint": one.fingerprint, "path": one.path} for one in waiting if review.approved]
    gone = _gone(store, to_pass)
    settled = [
        ends.reviewed(
            one,
            review,
            gone=one.row in gone,
            own=one.row in rendered and made_by.get(one.fingerprint) == batch_id,
            attempt=f"review-{number:06d}",
        )
        for one in waiting
    ]
    receipts.write_reviewed(store, batch_id, number, tables.receipt_table(settled))


def _waiting(store: ObjectStore, batch_id: str) -> list[dict[str, Any]]:
    """The held rows, by row: the fields of :class:`Held`, but what only the clips tell, and the receipt's ``path``."""
    batches.load(store, batch_id)
    if batches.plan_summary(store, batch_id) is None:
        return []
    ended = receipts.read(store, batch_id)
    ended = ended.filter(pc.equal(ended["end"], End.HELD))
    planned = batches.plan_table(store, batch_id, _PLANNED)
    planned = planned.take(pc.index_in(ended["row"], planned["row"].combine_chunks()))
    taken = {row: review for review in reviews.read(store, batch_id) for row in review.rows}
    told = zip(planned.to_pylist(), ended.select(["reason", "fix", "path"]).to_pylist(), strict=True)
    return [{**one, **of_receipt, "review": taken.get(one["row"])} for one, of_receipt in told]


def _paths(store: ObjectStore, waiting: Sequence[Mapping[str, Any]]) -> list[str]:
    """Where the very clip is that each row is held for, relative to the store; empty if it is gone."""
    untold = {one["fingerprint"] for one in waiting if not one["path"]}
    recorded = {record.job.fingerprint: record.objects["clip"].path for record in clips.find_each(store, untold)}
    paths = [one["path"] or recorded.get(one["fingerprint"], "") for one in waiting]
    asked = list(dict.fromkeys(filter(None, paths)))
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="held-clips") as pool:
        there = dict(zip(asked, pool.map(store.exists, asked), strict=True))
    return [path if there.get(path) else "" for path in paths]


def _figures(store: ObjectStore, fingerprints: Collection[str]) -> dict[str, Sequence[Figure]]:
    """What was measured of these clips: by the catalog, by their records where they were not published."""
    known: dict[str, Sequence[Figure]] = {**catalog.figures_of(store, pa.array(fingerprints, pa.string()))}
    for record in clips.find_each(store, sorted(set(fingerprints) - known.keys())):
        known[record.job.fingerprint] = record.figures
    return known


def _made_by(store: ObjectStore, paths: Mapping[str, str]) -> dict[str, str]:
    """The batches that made these clips, whose paths are given: by the catalog, by their records where it has none."""
    published = catalog.clips_of(store, pa.array(paths, pa.string()), columns=["path", "batch"]).to_pylist()
    known = {one["fingerprint"]: one["batch"] for one in published if one["path"] == paths[one["fingerprint"]]}
    for record in clips.find_each(store, sorted(paths.keys() - known.keys())):
        known[record.job.fingerprint] = record.batch
    return known


def _wanted(
    store: ObjectStore,
    batch_id: str,
    waiting: Sequence[Mapping[str, Any]],
    taken: Mapping[int, Review],
    rows: Collection[int] | None,
) -> set[int]:
    """The rows to be decided: those that were named, and those that the same clip serves under the same policy."""
    if rows is None:
        return {one["row"] for one in waiting if one["row"] not in taken}
    here = {one["row"]: _alike(one) for one in waiting}
    if strange := sorted(set(rows) - here.keys() - taken.keys()):
        raise errors.InputError(_not_held(store, batch_id, strange))
    clips_of_named = {here[row] for row in rows if row in here}
    return set(rows) | {row for row, clip in here.items() if clip in clips_of_named}


def _alike(one: Mapping[str, Any]) -> tuple[str, str]:
    return one["fingerprint"], one["policy"]


def _not_held(store: ObjectStore, batch_id: str, rows: Sequence[int]) -> str:
    ended = receipts.read(store, batch_id)
    came_to = dict(zip(ended["row"].to_pylist(), ended["end"].to_pylist(), strict=True))
    planned = {*batches.plan_table(store, batch_id, ["row"])["row"].to_pylist()}

    def state(row: int) -> str:
        if row in came_to:
            return f"row {row} is {came_to[row]}"
        return f"row {row} has no end yet" if row in planned else f"there is no row {row}"

    told = ", ".join(map(state, rows[:_SHOWN]))
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return f"Only held rows can be approved or refused: {told}{more}. `nightreel review {batch_id}` lists them."


def _without_clip(
    store: ObjectStore, waiting: Sequence[Mapping[str, Any]], wanted: set[int], *, named: bool
) -> set[int]:
    """The rows whose clip is gone, so that nothing could be published; an error if they were asked for by name."""
    gone = _gone(store, [one for one in waiting if one["row"] in wanted])
    if gone and named:
        rows = ", ".join(map(str, sorted(gone)[:_SHOWN]))
        raise errors.InputError(
            f"The clip of row {rows} has been deleted, so it cannot be approved. Refuse it, or run its manifest again."
        )
    return gone


def _gone(store: ObjectStore, waiting: Sequence[Mapping[str, Any]]) -> set[int]:
    """Those of these rows whose clip is gone."""
    return {one["row"] for one, path in zip(waiting, _paths(store, waiting), strict=True) if not path}


def _check(name: str, figures: Sequence[Figure]) -> str:
    """The check that holds a clip by this policy as it is now; empty if none does, or if there is no such policy."""
    if name not in policy.names():
        return ""
    verdict = policy.judge(policy.load(name), figures)
    return verdict.check if verdict.outcome is Outcome.HOLD else ""


def _demanded(name: str) -> str:
    """The digest of this policy as it is now; empty, which carries over to nothing, if there is no such policy."""
    return policy.digest(policy.load(name)) if name in policy.names() else ""


def _text(text: str, what: str, longest: int) -> str:
    """The text on one line."""
    plain = " ".join(text.split())
    if not plain or len(plain) > longest or not plain.isprintable():
        raise errors.InputError(f"Say {what}, in 1 to {longest} characters that can be printed.")
    return plain
