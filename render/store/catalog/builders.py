"""From a batch's records to the rows of the catalog's tables, by contract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from render.model import Batch, ClipRecord, Decision, End, Fault, PlannedRow, Receipt
from render.store.tables import to_table


def requests_table(
    batch: Batch, planned: Iterable[PlannedRow], faults: Iterable[Fault], ended: Iterable[Receipt]
) -> pa.Table:
    """One row for each manifest row of the batch, by row; a row without a receipt has no end yet.

    ``faults`` may hold those of refused rows too, as :func:`render.store.batches.read_quarantine` gives them.
    """
    receipts = {receipt.row: receipt for receipt in ended}
    by_row: dict[int, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_row[fault.row].append(fault)
    shared: dict[str, Any] = {
        "batch": batch.id,
        "run_key": batch.run_key,
        "manifest": batch.source,
        "requested_at": _instant(batch.created_at),
    }
    records: list[dict[str, Any]] = [
        shared | _wanted(plan) | _end(plan.row.row, by_row.pop(plan.row.row, ()), receipts.get(plan.row.row))
        for plan in planned
    ]
    records += [shared | _end(row, found, receipts.get(row)) for row, found in by_row.items()]
    records.sort(key=lambda record: record["row"])
    return to_table("requests", records)


def clips_table(records: Iterable[ClipRecord]) -> pa.Table:
    """One row for each clip, by fingerprint; a clip that is given twice is there once."""
    clips = {record.job.fingerprint: record for record in records}
    return to_table("clips", [_clip(clips[fingerprint]) for fingerprint in sorted(clips)])


def checks_table(records: Iterable[ClipRecord]) -> pa.Table:
    """One row for each figure of each clip, by fingerprint, check and name; each is there once."""
    figures = {
        (record.job.fingerprint, figure.check, figure.name): figure for record in records for figure in record.figures
    }
    rows = [
        {"fingerprint": fingerprint, "check": check, "name": name, "value": figure.value, "unit": figure.unit}
        for (fingerprint, check, name), figure in sorted(figures.items(), key=lambda item: item[0])
    ]
    return to_table("checks", rows)


def _wanted(plan: PlannedRow) -> dict[str, Any]:
    row = plan.row
    return {
        "experiment": row.experiment,
        "variant": row.variant,
        "prompt": row.prompt,
        "style": row.style,
        "engine": row.engine,
        "submitter": row.submitter,
        "team": row.team,
        "priority": row.priority,
        "tags": sorted(row.tags.items()),
        "policy": row.policy,
        "decision": str(plan.decision),
        "why": plan.why,
        "fingerprint": None if plan.decision is Decision.REFUSE else plan.fingerprint,
    }


def _end(row: int, faults: Iterable[Fault], receipt: Receipt | None) -> dict[str, Any]:
    """How the row ended: by its receipt, else by its faults; with neither it has not ended."""
    found = list(faults)
    record: dict[str, Any] = {"row": row}
    if found:
        record |= {
            "experiment": found[0].experiment or None,
            "variant": found[0].variant or None,
            "end": str(End.REJECTED),
            "reason": " ".join(dict.fromkeys(fault.reason for fault in found)),
            "reason_kind": str(found[0].kind),
            "fix": " ".join(dict.fromkeys(fault.fix for fault in found)),
        }
    if receipt is not None:
        said = {
            "reason": receipt.reason,
            "reason_kind": str(receipt.reason_kind or ""),
            "fix": receipt.fix,
            "finished_at": _instant(receipt.finished_at),
        }
        record |= {"end": str(receipt.end)} | {name: value for name, value in said.items() if value}
    return record


def _clip(record: ClipRecord) -> dict[str, Any]:
    job, film, understood = record.job, record.objects["clip"], record.understanding
    return {
        "fingerprint": job.fingerprint,
        "prompt": job.prompt,
        "style": job.style,
        "width": job.width,
        "height": job.height,
        "fps": job.fps,
        "seconds": job.seconds,
        "seed": job.seed,
        "engine": job.engine,
        "engine_revision": job.engine_revision,
        "simulated": record.engine_simulated,
        "scene": understood.scene if understood else None,
        "fallback": understood.fallback if understood else None,
        "understood_share": understood.share if understood else None,
        "render_seconds": record.render_seconds,
        "cpu_seconds": record.cpu_seconds,
        "cost_usd": record.cost_usd,
        "bytes": film.bytes,
        "sha256": film.sha256,
        "path": film.path,
        "batch": record.batch,
        "worker": record.worker,
        "created_at": _instant(record.created_at),
    }


def _instant(text: str) -> datetime | None:
    """An ISO 8601 instant; one without an offset is meant in UTC."""
    if not text:
        return None
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
