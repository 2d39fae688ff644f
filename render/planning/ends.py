"""How a row ends: pure functions from what was planned and what was made to receipts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from render.checks import policy
from render.model import (
    ClipRecord,
    Decision,
    End,
    Outcome,
    PlannedRow,
    ReasonKind,
    Receipt,
    Review,
    Tombstone,
)
from render.store import quarantine, tables

_END_OF = {Outcome.HOLD: End.HELD, Outcome.REJECT: End.REJECTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What every receipt of one writing has in common."""

    batch: str
    shard: int | None
    attempt: str
    finished_at: str
    """ISO 8601, UTC."""


def rejected(faults: Iterable[pa.RecordBatch], stamp: Stamp) -> Iterator[pa.Table]:
    """End rows that never became jobs, one receipt a row; several faults of a row are joined in one reason.

    ``faults`` are pieces of a table of the quarantine contract.
    """
    alike = tables.receipt_table([_receipt(stamp, 0, End.REJECTED)])
    for rows in quarantine.by_row(faults):
        own = {"row": rows["row"], "reason": rows["reason"], "reason_kind": rows["kind"], "fix": rows["fix"]}
        columns = [own.get(name, pa.repeat(alike[name][0], rows.num_rows)) for name in alike.column_names]
        yield pa.Table.from_arrays(columns, schema=alike.schema)


def served(planned: Iterable[PlannedRow], record: ClipRecord, stamp: Stamp) -> list[Receipt]:
    """End the rows that a committed clip serves, each by its own policy's verdict on the stored figures.

    A row that this batch rendered is published; every other row that passes is reused.
    """
    receipts = []
    for plan in planned:
        verdict = policy.judge(policy.load(plan.row.policy), record.figures)
        own = plan.decision is Decision.RENDER and record.batch == stamp.batch
        end = _END_OF.get(verdict.outcome, End.PUBLISHED if own else End.REUSED)
        passed = verdict.outcome is Outcome.PASS
        receipts.append(
            _receipt(
                stamp,
                plan.row.row,
                end,
                fingerprint=plan.fingerprint,
                reason=verdict.reason if not passed else "" if own else _served_by(plan, record),
                kind=None if passed else ReasonKind.CHECK,
                fix=verdict.fix,
                path=record.objects["clip"].path,
                render_seconds=record.render_seconds,
                cpu_seconds=record.cpu_seconds,
                cost_usd=record.cost_usd if own else 0.0,
                stand_in=record.understanding is not None and record.understanding.fallback,
            )
        )
    return receipts


def reviewed(held: Receipt, review: Review, *, own: bool, gone: bool, attempt: str) -> Receipt:
    """End a held row as a person decided; but nothing passes whose clip is ``gone``.

    ``own`` says whether this batch rendered its clip for it.
    """
    said, end, fix = review.said, End.REJECTED, held.fix
    if review.approved and gone:
        said, fix = f"{said}, but its clip was deleted before that was carried out", "Run its manifest again."
    elif review.approved:
        end, fix = End.PUBLISHED if own else End.REUSED, ""
    return replace(
        held,
        end=end,
        reason=f"{said}. It was held: {held.reason}",
        reason_kind=ReasonKind.REVIEW,
        fix=fix,
        attempt=attempt,
        finished_at=review.at,
    )


def approved_before(held: Receipt, review: Review, batch: str) -> Receipt:
    """Let a held row pass whose clip a person let pass in that earlier batch."""
    reason = f"{review.said} in batch {batch}. It was held: {held.reason}"
    return replace(held, end=End.REUSED, reason=reason, reason_kind=ReasonKind.REVIEW, fix="")


def failed(planned: Iterable[PlannedRow], *, reason: str, kind: ReasonKind, fix: str, stamp: Stamp) -> list[Receipt]:
    """End the rows whose job was given up."""
    return [
        _receipt(stamp, plan.row.row, End.FAILED, fingerprint=plan.fingerprint, reason=reason, kind=kind, fix=fix)
        for plan in planned
    ]


def withdrawn(planned: Iterable[PlannedRow], tombstone: Tombstone, stamp: Stamp) -> list[Receipt]:
    """End the rows that want a clip which was taken down."""
    return [
        _receipt(
            stamp,
            plan.row.row,
            End.WITHDRAWN,
            fingerprint=plan.fingerprint,
            reason=tombstone.sentence,
            kind=ReasonKind.POLICY,
            fix=Tombstone.FIX,
        )
        for plan in planned
    ]


def _served_by(plan: PlannedRow, record: ClipRecord) -> str:
    return plan.why if plan.decision is not Decision.RENDER else f"rendered meanwhile by batch {record.batch}"


def _receipt(
    stamp: Stamp,
    row: int,
    end: End,
    *,
    fingerprint: str = "",
    reason: str = "",
    kind: ReasonKind | None = None,
    fix: str = "",
    **of_clip: Any,
) -> Receipt:
    return Receipt(
        batch=stamp.batch,
        row=row,
        end=end,
        fingerprint=fingerprint,
        reason=reason,
        reason_kind=kind,
        fix=fix,
        shard=stamp.shard,
        attempt=stamp.attempt,
        finished_at=stamp.finished_at,
        **of_clip,
    )
