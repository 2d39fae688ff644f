"""Approvals carry over: a clip that a person let pass is not held for the same experiment again.

It has to be the very file that was watched, and its policy has to demand what it demanded then. What was refused is
held again: to look at it once more costs a glance, and a refusal for good would cost the clip.
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
class _Approval:
    batch: str
    review: Review
    path: str
    """The file that was approved, relative to the store."""


def carried_over(store: ObjectStore, batch_id: str, ended: Sequence[Receipt]) -> list[Receipt]:
    """The same receipts; but those of held rows of the batch pass where an approval carries over to them."""
    held = {one.row: one for one in ended if one.end is End.HELD}
    if not held:
        return list(ended)
    approved = catalog.approved(store, pa.array({one.fingerprint for one in held.values()}, pa.string())).to_pylist()
    given = _approvals(store, {one["batch"] for one in approved})
    known: dict[tuple[str, str, str], list[_Approval]] = {}
    for one in approved:
        if approval := given.get((one["batch"], one["row"])):
            known.setdefault((one["fingerprint"], one["experiment"], one["policy"]), []).append(approval)
    planned = batches.plan_table(store, batch_id, ["row", "experiment", "policy"])
    passed = {}
    for one in planned.filter(pc.is_in(planned["row"], pa.array(held, pa.int64()))).to_pylist():
        receipt, name = held[one["row"]], one["policy"]
        for approval in known.get((receipt.fingerprint, one["experiment"], name), ()):
            unchanged = approval.review.policies.get(name) == policy.digest(policy.load(name))
            if unchanged and approval.path == receipt.path:
                passed[receipt.row] = ends.approved_before(receipt, approval.review, approval.batch)
    return [passed.get(one.row, one) for one in ended]


def _approvals(store: ObjectStore, batch_ids: Iterable[str]) -> dict[tuple[str, int], _Approval]:
    """Every approval that people gave in these batches, by batch and row; none of those that had carried over there."""

    def of(batch_id: str) -> dict[tuple[str, int], _Approval]:
        known = [review for review in reviews.read(store, batch_id) if review.approved]
        if not known:
            return {}
        ended = receipts.read(store, batch_id)
        paths = dict(zip(ended["row"].to_pylist(), ended["path"].to_pylist(), strict=True))
        return {
            (batch_id, row): _Approval(batch=batch_id, review=review, path=paths.get(row, ""))
            for review in known
            for row in review.rows
        }

    found: dict[tuple[str, int], _Approval] = {}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="approvals") as pool:
        for own in pool.map(of, sorted(batch_ids)):
            found |= own
    return found
