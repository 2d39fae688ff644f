"""The plan told row by row: slow, plain, and what :mod:`render.planning` must come to by whole columns."""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import orjson

from render import errors
from render.checks import policy
from render.contracts import shorten
from render.engines import registry
from render.model import Decision, Estimate, Fault, Outcome, PlannedRow, ReasonKind, Row
from render.planning.plan import NEVER
from render.planning.price import estimate
from render.planning.shards import MOST_SHARDS

FREE = Estimate(cost_usd=0.0, cpu_seconds=0.0)


def canonical(row: Row, *, engine_revision: str, media_revision: str) -> bytes:
    """The bytes whose hash is a clip's identity."""
    return orjson.dumps(
        {
            "version": 1,
            "prompt": _nfc(row.prompt),
            "negative_prompt": _nfc(row.negative_prompt),
            "style": row.style,
            "duration_ms": row.duration_ms,
            "width": row.width,
            "height": row.height,
            "fps": row.fps,
            "seed": row.seed,
            "engine": row.engine,
            "engine_revision": engine_revision,
            "media_revision": media_revision,
            "shots": [
                {"prompt": _nfc(shot.prompt), "duration_ms": shot.duration_ms, "camera": _nfc(shot.camera)}
                for shot in row.shots
            ],
        }
        | ({"scene": _nfc(row.scene)} if row.scene else {}),
        option=orjson.OPT_SORT_KEYS,
    )


def fingerprint(row: Row, *, engine_revision: str, media_revision: str) -> str:
    """A clip's identity: 64 lower-case hex digits."""
    form = canonical(row, engine_revision=engine_revision, media_revision=media_revision)
    return hashlib.sha256(form).hexdigest()


def plan(
    rows: Sequence[Row],
    *,
    made_by: Mapping[str, str],
    withdrawn: Mapping[str, str],
    reasons: Mapping[str, str],
    media_revision: str,
    usd_per_cpu_hour: float,
    jobs_per_shard: int,
) -> list[PlannedRow]:
    """Every row with its decision, in the rows' order.

    ``made_by`` names the batch that made a clip, ``withdrawn`` says how it was taken down, ``reasons`` why none serves,
    all by fingerprint.
    """
    drafts = [_draft(row, media_revision=media_revision, usd_per_cpu_hour=usd_per_cpu_hour) for row in rows]
    wanted = [one for one in drafts if one.fault is None and one.fingerprint not in made_by | withdrawn]
    originals: dict[str, PlannedRow] = {}
    urgency: dict[str, int] = {}
    for one in wanted:
        if _too_dear(one) is None:
            originals.setdefault(one.fingerprint, one)
            urgency[one.fingerprint] = max(one.row.priority, urgency.get(one.fingerprint, one.row.priority))
    jobs = sorted(originals.values(), key=lambda one: -urgency[one.fingerprint])
    shards = _cut(jobs, jobs_per_shard)
    return [_decided(one, made_by, withdrawn, reasons, originals, shards) for one in drafts]


def _decided(
    draft: PlannedRow,
    made_by: Mapping[str, str],
    withdrawn: Mapping[str, str],
    reasons: Mapping[str, str],
    originals: Mapping[str, PlannedRow],
    shards: Mapping[str, int],
) -> PlannedRow:
    key = draft.fingerprint
    if draft.fault is not None:
        return draft
    if key in withdrawn:
        return replace(draft, decision=Decision.WITHDRAWN, why=withdrawn[key], estimate=FREE)
    if key in made_by:
        why = f"rendered by batch {made_by[key]}"
        return replace(draft, decision=Decision.REUSE, why=why, estimate=FREE)
    if key not in originals:
        fault = _too_dear(draft)
        assert fault is not None
        return replace(draft, decision=Decision.REFUSE, why=fault.reason, fault=fault)
    if draft is not originals[key]:
        why = f"same as row {originals[key].row.row}"
        return replace(draft, decision=Decision.DUPLICATE, why=why, shard=shards[key], estimate=FREE)
    return replace(draft, why=reasons.get(key, NEVER), shard=shards[key])


def _cut(jobs: Sequence[PlannedRow], jobs_per_shard: int) -> dict[str, int]:
    profiles: dict[tuple[str, str], list[PlannedRow]] = defaultdict(list)
    for job in jobs:
        profiles[job.row.engine, job.engine_revision].append(job)
    size = max(jobs_per_shard, math.ceil(len(jobs) / max(1, MOST_SHARDS - len(profiles) + 1)))
    chunks = [own[start : start + size] for own in profiles.values() for start in range(0, len(own), size)]
    return {job.fingerprint: number for number, chunk in enumerate(chunks) for job in chunk}


def _draft(row: Row, *, media_revision: str, usd_per_cpu_hour: float) -> PlannedRow:
    try:
        engine = registry.find(row.engine)
    except errors.EngineMissing as error:
        fix = "Install what it lacks, or name another of `nightreel engines`."
        fault = _fault(row, "engine", row.engine, str(error), fix, ReasonKind.ENGINE)
        revision, price = "", FREE
    else:
        revision = engine.capabilities.revision
        price = estimate(row, engine.capabilities, usd_per_cpu_hour=usd_per_cpu_hour)
        fault = None
        verdict = policy.judge_prompt(policy.load(row.policy), row)
        if refusal := engine.refusal(row):
            column, reason, fix = refusal
            value = shorten(str({"seconds": row.duration_ms / 1000}.get(column, getattr(row, column, ""))))
            fault = _fault(row, column, value, reason, fix, ReasonKind.ENGINE)
        elif verdict.outcome is not Outcome.PASS:
            fault = _fault(row, "prompt", shorten(row.prompt), verdict.reason, verdict.fix, ReasonKind.POLICY)
    return PlannedRow(
        row=row,
        decision=Decision.REFUSE if fault else Decision.RENDER,
        why=fault.reason if fault else NEVER,
        fingerprint=fingerprint(row, engine_revision=revision, media_revision=media_revision),
        engine_revision=revision,
        shard=None,
        estimate=price,
        fault=fault,
    )


def _too_dear(draft: PlannedRow) -> Fault | None:
    row, cost = draft.row, draft.estimate.cost_usd
    if row.max_cost is None or cost <= row.max_cost:
        return None
    return _fault(
        row,
        "max_cost",
        f"{row.max_cost:g}",
        f"The clip is estimated at ${cost:.4f}, above the row's limit of ${row.max_cost:.4f}.",
        "Raise max_cost, or ask for a shorter or smaller clip or a cheaper engine.",
        ReasonKind.POLICY,
    )


def _fault(row: Row, column: str, value: str, reason: str, fix: str, kind: ReasonKind) -> Fault:
    return Fault(
        row=row.row, column=column, value=value, reason=reason, fix=fix, kind=kind,
        experiment=row.experiment, variant=row.variant,
    )  # fmt: skip


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
