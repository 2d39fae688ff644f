"""From valid rows to planned rows: refuse, reuse, find duplicates, price, cut into shards."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from render import errors
from render.checks import policy
from render.engines import registry
from render.engines.contract import Engine
from render.model import (
    ClipRecord,
    Decision,
    Estimate,
    Fault,
    Job,
    Outcome,
    PlannedRow,
    ReasonKind,
    Row,
)
from render.planning.fingerprint import fingerprint
from render.planning.price import estimate
from render.planning.shards import cut

Lookup = Callable[[Collection[str]], Mapping[str, ClipRecord]]
"""Gives the committed clips among the fingerprints."""

Explain = Callable[[Collection[Job]], Mapping[str, str]]
"""Says, by fingerprint, how the nearest committed clip differs from a job; silent where there is none."""

NEVER = "never rendered"


def plan(
    rows: Iterable[Row],
    *,
    lookup: Lookup,
    explain: Explain,
    media_revision: str,
    usd_per_cpu_hour: float,
    jobs_per_shard: int,
) -> list[PlannedRow]:
    """Decide for every row; the result keeps the rows' order.

    A row that policy or its engine's limits refuse gets ``Decision.REFUSE`` and a fault. Of the rest, rows whose
    fingerprint is committed are reused; the first row of each other fingerprint that may cost so much is rendered, and
    the others are its duplicates; where none may, all are refused. Jobs are cut into shards by descending priority.
    """
    find = functools.cache(_find)
    drafts = [
        _draft(
            row,
            find(row.engine),
            policy.load(row.policy),
            media_revision=media_revision,
            usd_per_cpu_hour=usd_per_cpu_hour,
        )
        for row in rows
    ]
    wanted = [draft for draft in drafts if draft.decision is not Decision.REFUSE]
    committed = lookup({draft.fingerprint for draft in wanted})

    originals: dict[str, PlannedRow] = {}
    urgency: dict[str, int] = {}
    for draft in wanted:
        if draft.fingerprint not in committed and not _too_dear(draft):
            originals.setdefault(draft.fingerprint, draft)
            urgency[draft.fingerprint] = max(draft.row.priority, urgency.get(draft.fingerprint, draft.row.priority))
    # Python's sort is stable: rows of one priority keep the manifest's order.
    in_order = sorted(originals.values(), key=lambda draft: -urgency[draft.fingerprint])
    jobs = [draft.job for draft in in_order]
    shards = cut(jobs, jobs_per_shard=jobs_per_shard)
    reasons = explain(jobs)

    return [_decide(draft, committed, originals, shards, reasons) for draft in drafts]


def _decide(
    draft: PlannedRow,
    committed: Mapping[str, ClipRecord],
    originals: Mapping[str, PlannedRow],
    shards: Mapping[str, int],
    reasons: Mapping[str, str],
) -> PlannedRow:
    key = draft.fingerprint
    free = Estimate(cost_usd=0.0, cpu_seconds=0.0)
    if draft.decision is Decision.REFUSE:
        return draft
    if key in committed:
        why = f"rendered by batch {committed[key].batch}"
        return replace(draft, decision=Decision.REUSE, why=why, shard=None, estimate=free)
    first = originals.get(key)
    if first is None:
        fault = _too_dear(draft)
        assert fault, "whatever may be rendered has an original"
        return replace(draft, decision=Decision.REFUSE, why=fault.reason, fault=fault)
    if draft is not first:
        why = f"same as row {first.row.row}"
        return replace(draft, decision=Decision.DUPLICATE, why=why, shard=shards[key], estimate=free)
    return replace(draft, why=reasons.get(key, NEVER), shard=shards[key])


def _find(name: str) -> type[Engine] | errors.EngineMissing:
    """The engine, or why it cannot be loaded."""
    try:
        return registry.find(name)
    except errors.EngineMissing as error:
        return error


def _draft(
    row: Row,
    engine: type[Engine] | errors.EngineMissing,
    rules: policy.Policy,
    *,
    media_revision: str,
    usd_per_cpu_hour: float,
) -> PlannedRow:
    if isinstance(engine, errors.EngineMissing):
        revision, price = "", Estimate(cost_usd=0.0, cpu_seconds=0.0)
        fault = _missing(row, engine)
    else:
        revision = engine.capabilities.revision
        price = estimate(row, engine.capabilities, usd_per_cpu_hour=usd_per_cpu_hour)
        fault = _fault(row, engine, rules)
    key = fingerprint(row, engine_revision=revision, media_revision=media_revision)
    if fault:
        fault = replace(fault, experiment=row.experiment, variant=row.variant)
    return PlannedRow(
        row=row,
        decision=Decision.REFUSE if fault else Decision.RENDER,
        why=fault.reason if fault else NEVER,
        fingerprint=key,
        job=Job(
            fingerprint=key,
            prompt=row.prompt,
            negative_prompt=row.negative_prompt,
            style=row.style,
            duration_ms=row.duration_ms,
            width=row.width,
            height=row.height,
            fps=row.fps,
            seed=row.seed,
            engine=row.engine,
            engine_revision=revision,
            shots=row.shots,
            scene=row.scene,
        ),
        shard=None,
        estimate=price,
        fault=fault,
    )


def _missing(row: Row, error: errors.EngineMissing) -> Fault:
    return Fault(
        row=row.row,
        column="engine",
        value=row.engine,
        reason=str(error),
        fix="Install what it lacks, or name another of `nightreel engines`.",
        kind=ReasonKind.ENGINE,
    )


def _fault(row: Row, engine: type[Engine], rules: policy.Policy) -> Fault | None:
    if refusal := engine.refusal(row):
        column, reason, fix = refusal
        value = str({"seconds": row.duration_ms / 1000}.get(column, getattr(row, column, "")))
        return Fault(row=row.row, column=column, value=value, reason=reason, fix=fix, kind=ReasonKind.ENGINE)
    verdict = policy.judge_prompt(rules, row)
    if verdict.outcome is not Outcome.PASS:
        return Fault(
            row=row.row,
            column="prompt",
            value=row.prompt[:200],
            reason=verdict.reason,
            fix=verdict.fix,
            kind=ReasonKind.POLICY,
        )
    return None


def _too_dear(draft: PlannedRow) -> Fault | None:
    """The fault of a row that would cost more than it may, if it is rendered for it."""
    row, cost = draft.row, draft.estimate.cost_usd
    if row.max_cost is None or cost <= row.max_cost:
        return None
    return Fault(
        row=row.row,
        column="max_cost",
        value=f"{row.max_cost:g}",
        reason=f"The clip is estimated at ${cost:.4f}, above the row's limit of ${row.max_cost:.4f}.",
        fix="Raise max_cost, or ask for a shorter or smaller clip or a cheaper engine.",
        kind=ReasonKind.POLICY,
        experiment=row.experiment,
        variant=row.variant,
    )
