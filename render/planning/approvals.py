"""Approvals carry over: a clip that a person let pass is not held for the same experiment again.

It has to be the very file that was watched, and its policy has to demand what it demanded then. What was refused, be it
after an approval, is held again: to look at it once more costs a glance, and a refusal for good would cost the clip.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from render.checks import policy
from render.model import End, Receipt, Review
from render.planning import ends
from render.store import batches, catalog, receipts, reviews
from render.store.objects import ObjectStore

_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    batch: str
    review: Review
    path: str
    """The file that was watched, relative to the store."""


def carried_over(store: ObjectStore, batch_id: str, ended: Sequence[Receipt]) -> list[Receipt]:
    """The same receipts; but those of held rows of the batch pass where an approval carries over to them.

    Of what people decided on the file for the experiment, in however many batches, the latest counts.
    """
    held = {one.row: one for one in ended if one.end is End.HELD}
    if not held:
        return list(ended)
    reviewed = catalog.reviewed(store, pa.array({one.fingerprint for one in held.values()}, pa.string())).to_pylist()
    given = _decisions(store, {one["batch"] for one in reviewed})
    known: dict[tuple[str, str, str], list[_Decided]] = {}
    for one in reviewed:
        if decided := given.get((one["batch"], one["row"])):
            known.setdefault((one["fingerprint"], one["experiment"], one["policy"]), []).append(decided)
    planned = batches.plan_table(store, batch_id, ["row", "experiment", "policy"])
    passed = {}
    for one in planned.filter(pc.is_in(planned["row"], pa.array(held, pa.int64()))).to_pylist():
        receipt, name = held[one["row"]], one["policy"]
        demanded = policy.digest(policy.load(name))
        counts = [
            decided
            for decided in known.get((receipt.fingerprint, one["experiment"], name), ())
            if decided.path == receipt.path
            and (not decided.review.approved or decided.review.policies.get(name) == demanded)
        ]
        latest = max(counts, key=lambda decided: (decided.review.at, not decided.review.approved), default=None)
        if latest and latest.review.approved:
            passed[receipt.row] = ends.approved_before(receipt, latest.review, latest.batch)
    return [passed.get(one.row, one) for one in ended]


def _decisions(store: ObjectStore, batch_ids: Iterable[str]) -> dict[tuple[str, int], _Decided]:
    """What people decided in these batches, by batch and row; no approval that had carried over there."""

    def of(batch_id: str) -> dict[tuple[str, int], _Decided]:
        known = reviews.read(store, batch_id)
        if not known:
            return {}
        ended = receipts.read(store, batch_id)
        paths = dict(zip(ended["row"].to_pylist(), ended["path"].to_pylist(), strict=True))
        return {
            (batch_id, row): _Decided(batch=batch_id, review=review, path=paths.get(row, ""))
            for review in known
            for row in review.rows
        }

    found: dict[tuple[str, int], _Decided] = {}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="approvals") as pool:
        for own in pool.map(of, sorted(batch_ids)):
            found |= own
    return found
