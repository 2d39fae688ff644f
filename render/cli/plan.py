"""``nightreel plan``: what a run would do and cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from render import errors
from render.cli import options, output, progress
from render.cli.summary import counted, told
from render.model import STAND_IN, Decision

if TYPE_CHECKING:
    from render.model import Fault, Row, Understanding
    from render.store.batches import FaultCount, PlanSummary

REASONS_SHOWN = 10


def command(
    manifest: options.Manifest,
    *,
    limit: options.Limit = None,
    where: options.Where = None,
    jobs_per_shard: options.JobsPerShard = None,
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="List every row that would be quarantined, with what to change.")
    ] = False,
    scenes: Annotated[
        bool,
        typer.Option(
            "--scenes", help="List what the engine would show of each prompt to be rendered, as far as it knows."
        ),
    ] = False,
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Say what a run would render, reuse, refuse and cost. Writes nothing.

    Examples:
      nightreel plan examples/spring_campaign.parquet
      nightreel plan brief.yaml --scenes
      nightreel plan examples/spring_campaign.parquet --quarantined
      nightreel plan s3://bucket/inbox/ --where "experiment = 'spring'" --json
    """
    from render import pipeline

    if as_json and (quarantined or scenes):
        raise errors.InputError("--json is a summary, --quarantined and --scenes are lists: choose one.")
    settings = options.settings(store=store, jobs_per_shard=jobs_per_shard)
    listed = _say_fault if quarantined else None
    stand_ins: list[bool] = []

    def seen(row: Row, what: Understanding) -> None:
        stand_ins.append(what.fallback)
        output.say(f"row {row.row}  {row.experiment}/{row.variant}  {_scene(what)}")

    on_scene = seen if scenes else None
    summary = pipeline.preview(settings, manifest, limit=limit, where=where, on_fault=listed, on_scene=on_scene)
    if as_json:
        output.document(_as_json(summary, manifest=manifest, store=settings.store))
        return
    foreseen = "--scenes tells what would be shown, and which clips would be stand-ins"
    if stand_ins:
        marked = sum(stand_ins)
        named = "a stand-in" if marked == 1 else "stand-ins"
        foreseen = f"{marked:,} of {output.many(len(stand_ins), 'clip')} would be {named}"
    elif scenes:
        foreseen = "what their engine would show is not known before"
    for line in _lines(summary, foreseen=foreseen, listed=quarantined):
        output.say(line)
    for line in counted(manifest) if summary.quarantined else ():
        output.say(line)
    if summary.rows == summary.decisions[Decision.REFUSE]:
        output.say("Next: mend the rows above; nothing of this manifest can be rendered yet.")
        return
    given = {"--limit": limit, "--where": where, "--jobs-per-shard": jobs_per_shard, "--store": store}
    output.say(f"Next: {options.command('run', manifest, **given)}")


def _as_json(summary: PlanSummary, *, manifest: str, store: str) -> dict[str, object]:
    return {
        "manifest": manifest,
        "store": store,
        "rows": summary.manifest_rows,
        "quarantined": summary.quarantined,
        "faults": [_fault_json(count) for count in summary.faults],
        "decisions": summary.decisions,
        "clips": sum(summary.shards.values()),
        "shards": len(summary.shards),
        "reasons": summary.reasons,
        "tags": list(summary.tags),
        "estimate": {
            "cost_usd": summary.estimate_cost_usd,
            "cpu_seconds": summary.estimate_cpu_seconds,
            "video_seconds": summary.estimate_video_seconds,
        },
    }


def _fault_json(count: FaultCount) -> dict[str, object]:
    first = count.first
    example = {"row": first.row, "value": first.value, "reason": first.reason, "fix": first.fix}
    return {"reason_kind": first.kind, "column": first.column, "rows": count.rows, "first": example}


def _say_fault(fault: Fault) -> None:
    output.say(f"row {fault.row}  {told(fault)}")


def _scene(what: Understanding) -> str:
    """What an engine would show of a prompt, in one line."""
    near = f"; approximated: {', '.join(what.approximated)}" if what.approximated else ""
    lost = f"; not understood: {', '.join(what.ignored)}" if what.ignored else ""
    return f"{what.scene}{f', {STAND_IN}' if what.fallback else ''}: {what.share:.0%} understood{near}{lost}"


def _lines(summary: PlanSummary, *, foreseen: str, listed: bool) -> Iterator[str]:
    decided, rows = summary.decisions, summary.manifest_rows
    yield f"{rows:>8,} {'row' if rows == 1 else 'rows'}"
    yield (
        f"{decided[Decision.RENDER]:>8,} to render in {output.many(len(summary.shards), 'shard')}: "
        f"{progress.estimate(summary)}"
    )
    for why, clips in sorted(summary.reasons.items(), key=lambda item: -item[1])[:REASONS_SHOWN]:
        yield f"{'':>8}   {clips:,} because: {why}"
    if decided[Decision.RENDER]:
        yield f"{'':>8}   {foreseen}"
    yield f"{decided[Decision.REUSE]:>8,} reused from earlier batches"
    yield f"{decided[Decision.DUPLICATE]:>8,} the same as another row of this manifest"
    if gone := decided.get(Decision.WITHDRAWN, 0):
        yield f"{gone:>8,} withdrawn: their clips were taken down"
    yield f"{summary.quarantined:>8,} quarantined (malformed or refused)"
    for count in () if listed else summary.faults[:REASONS_SHOWN]:
        yield f"{'':>8}   {count.rows:,} {count.first.kind}, first row {count.first.row}: {told(count.first)}"
    if not listed and sum(count.rows for count in summary.faults) > len(summary.faults[:REASONS_SHOWN]):
        yield f"{'':>8}   --quarantined lists them all"
    if summary.tags:
        yield output.tags(summary.tags)
