"""``nightreel plan``: what a run would do and cost."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from render.cli import options, output, progress
from render.model import Decision

if TYPE_CHECKING:
    from render.store.batches import PlanSummary

REASONS_SHOWN = 10


def command(
    manifest: options.Manifest,
    *,
    limit: options.Limit = None,
    where: options.Where = None,
    jobs_per_shard: options.JobsPerShard = None,
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Say what a run would render, reuse, refuse and cost. Writes nothing.

    Examples:
      nightreel plan examples/spring_campaign.parquet
      nightreel plan s3://bucket/inbox/ --where "experiment = 'spring'" --json
    """
    from render import pipeline

    settings = options.settings(store=store, jobs_per_shard=jobs_per_shard)
    summary = pipeline.preview(settings, manifest, limit=limit, where=where)
    if as_json:
        output.document(_as_json(summary, manifest=manifest, store=settings.store))
        return
    for line in _lines(summary):
        output.say(line)
    given = {"--limit": limit, "--where": where, "--jobs-per-shard": jobs_per_shard, "--store": store}
    same = [word for name, value in given.items() if value is not None for word in (name, str(value))]
    output.say(f"Next: {shlex.join(['nightreel', 'run', manifest, *same])}")


def _as_json(summary: PlanSummary, *, manifest: str, store: str) -> dict[str, object]:
    return {
        "manifest": manifest,
        "store": store,
        "rows": _rows(summary),
        "quarantined": summary.quarantined,
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


def _lines(summary: PlanSummary) -> Iterator[str]:
    decided = summary.decisions
    yield f"{_rows(summary):>8,} {'row' if _rows(summary) == 1 else 'rows'}"
    yield (
        f"{decided[Decision.RENDER]:>8,} to render in {output.many(len(summary.shards), 'shard')}: "
        f"{progress.estimate(summary)}"
    )
    for why, clips in sorted(summary.reasons.items(), key=lambda item: -item[1])[:REASONS_SHOWN]:
        yield f"{'':>8}   {clips:,} because: {why}"
    yield f"{decided[Decision.REUSE]:>8,} reused from earlier batches"
    yield f"{decided[Decision.DUPLICATE]:>8,} the same as another row of this manifest"
    yield f"{summary.quarantined:>8,} quarantined (malformed or refused): `nightreel run` gives each with its reason"
    if summary.tags:
        yield output.tags(summary.tags)


def _rows(summary: PlanSummary) -> int:
    """All rows of the manifest: refused ones are valid and quarantined."""
    return summary.rows + summary.quarantined - summary.decisions[Decision.REFUSE]
