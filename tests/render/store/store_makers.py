"""Model objects for the tests of the store: plain ones, and strategies that give any."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import as_tables
import pyarrow as pa
from hypothesis import strategies as st

from render.model import (
    Batch,
    ClipRecord,
    Decision,
    End,
    Estimate,
    Fault,
    Figure,
    Job,
    ManifestFile,
    PlannedRow,
    ReasonKind,
    Receipt,
    Row,
    Shot,
    StoredObject,
    Understanding,
)
from render.store import catalog, tables
from render.store.objects import ObjectStore

BATCH = "2026-11-22-0123456789ab"
NOW = "2026-11-22T10:00:00+00:00"


def fingerprint(number: int) -> str:
    return f"{number:02x}" * 32


def job(number: int = 1, **changes: Any) -> Job:
    fields: dict[str, Any] = {
        "fingerprint": fingerprint(number),
        "prompt": f"prompt {number}",
        "negative_prompt": "",
        "style": "realistic",
        "duration_ms": 2000,
        "width": 640,
        "height": 360,
        "fps": 24,
        "seed": 0,
        "engine": "testcard",
        "engine_revision": "1",
    }
    return Job(**(fields | changes))


def batch(**changes: Any) -> Batch:
    fields: dict[str, Any] = {
        "id": BATCH,
        "run_key": "2026-11-22",
        "content": "0123456789ab" + "0" * 52,
        "manifests": (ManifestFile(url="file:///m.parquet", sha256="f" * 64, bytes=12),),
        "limit": None,
        "where": None,
        "created_at": NOW,
    }
    return Batch(**(fields | changes))


def planned(row: int, *, shard: int | None = 0, decision: Decision = Decision.RENDER, **changes: Any) -> PlannedRow:
    fields: dict[str, Any] = {
        "row": Row(
            row=row,
            experiment="spring",
            variant="a",
            prompt=f"prompt {row}",
            duration_ms=2000,
            tags={"b": "2", "a": "1"},
        ),
        "decision": decision,
        "why": "never rendered",
        "fingerprint": fingerprint(row + 1),
        "engine_revision": "1",
        "shard": shard,
        "estimate": Estimate(cost_usd=0.5, cpu_seconds=2.0),
    }
    return PlannedRow(**(fields | changes))


def refused(row: int) -> PlannedRow:
    fault = Fault(
        row=row, column="prompt", value="x", reason="Not allowed.", fix="Rewrite.", kind=ReasonKind.POLICY,
        experiment="spring", variant="a",
    )  # fmt: skip
    return planned(row, shard=None, decision=Decision.REFUSE, fault=fault)


def plan_table(*planned_: PlannedRow) -> pa.Table:
    return as_tables.of_planned(planned_)


def requests_table(
    batch_: Batch, planned_: Iterable[PlannedRow], faults_: Iterable[Fault] = (), ended: Iterable[Receipt] = ()
) -> pa.Table:
    return catalog.requests_table(
        batch_, plan_table(*planned_), as_tables.of_faults(faults_).to_batches(), tables.receipt_table(ended)
    )


def publish(store: ObjectStore, batch_id: str, *, requests: pa.Table, clips: pa.Table, checks: pa.Table) -> None:
    catalog.publish_clips(store, clips, checks)
    catalog.publish_requests(store, batch_id, requests)


def fault(row: int, column: str = "seconds") -> Fault:
    return Fault(row=row, column=column, value="-3", reason=f"{column} is too small.", fix="Use 0.5 or more.")


def receipt(row: int, end: End = End.PUBLISHED, **changes: Any) -> Receipt:
    fields: dict[str, Any] = {"batch": BATCH, "row": row, "end": end, "fingerprint": fingerprint(row + 1)}
    return Receipt(**(fields | {"shard": 0, "attempt": "one", "finished_at": NOW} | changes))


def record(number: int = 1, **changes: Any) -> ClipRecord:
    path = f"clips/{number:02x}/{fingerprint(number)}/a/clip.mp4"
    fields: dict[str, Any] = {
        "version": 1,
        "job": job(number),
        "attempt": "a",
        "batch": BATCH,
        "objects": {"clip": StoredObject(path=path, sha256=fingerprint(number), bytes=10, media_type="video/mp4")},
        "engine_simulated": False,
        "figures": (
            Figure(check="black", name="black_share", value=0.25, unit="1"),
            Figure(check="loudness", name="integrated", value=-23.0, unit="LUFS"),
        ),
        "understanding": Understanding(share=0.5, scene="basketball", fallback=False),
        "events": (),
        "captions": (),
        "render_seconds": 1.5,
        "cpu_seconds": 2.5,
        "cost_usd": 0.0,
        "worker": "w",
        "created_at": NOW,
    }
    return ClipRecord(**(fields | changes))


_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
_SHOTS = st.lists(st.builds(Shot, prompt=_TEXT, duration_ms=st.integers(1, 60_000), camera=_TEXT), max_size=2).map(
    tuple
)
_POSITIVE = st.integers(1, 2**31 - 1)
_COMMON = {
    "prompt": _TEXT,
    "negative_prompt": _TEXT,
    "style": _TEXT,
    "duration_ms": _POSITIVE,
    "width": _POSITIVE,
    "height": _POSITIVE,
    "fps": _POSITIVE,
    "seed": st.integers(0, 2**63 - 1),
    "engine": _TEXT,
    "shots": _SHOTS,
}
_FINGERPRINT = st.text("0123456789abcdef", min_size=64, max_size=64)
_MONEY = st.floats(0, 1e6)
faults = st.builds(
    Fault, row=_POSITIVE, column=_TEXT, value=_TEXT, reason=_TEXT, fix=_TEXT, kind=st.sampled_from(ReasonKind)
)
rows = st.builds(
    Row,
    row=st.integers(0, 2**40),
    experiment=_TEXT,
    variant=_TEXT,
    submitter=_TEXT,
    team=_TEXT,
    priority=st.integers(-(2**31), 2**31 - 1),
    deadline=_TEXT,
    max_cost=st.none() | _MONEY,
    policy=_TEXT,
    tags=st.dictionaries(_TEXT, _TEXT, max_size=3),
    **_COMMON,
)
planned_rows = st.builds(
    PlannedRow,
    row=rows,
    decision=st.sampled_from(Decision),
    why=_TEXT,
    fingerprint=_FINGERPRINT | st.just(""),
    engine_revision=_TEXT,
    shard=st.none() | st.integers(0, 255),
    estimate=st.builds(Estimate, cost_usd=_MONEY, cpu_seconds=_MONEY),
    fault=st.none() | faults,
)
receipts = st.builds(
    Receipt,
    batch=_TEXT,
    row=st.integers(0, 2**40),
    end=st.sampled_from(End),
    fingerprint=_FINGERPRINT | st.just(""),
    reason=_TEXT,
    reason_kind=st.none() | st.sampled_from(ReasonKind),
    fix=_TEXT,
    shard=st.none() | st.integers(0, 255),
    attempt=_TEXT,
    finished_at=_TEXT,
)
