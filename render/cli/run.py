"""``nightreel run``: the whole way, from a manifest to a published batch."""

from __future__ import annotations

from typing import Annotated

import typer

from render.cli import options, output


def command(
    manifest: options.Manifest,
    *,
    limit: options.Limit = None,
    where: options.Where = None,
    allow_failed: Annotated[
        int | None,
        typer.Option(
            "--allow-failed", metavar="N", min=0, help="End with 0 if at most N rows failed.", show_default=False
        ),
    ] = None,
    max_engine_errors: Annotated[
        int | None,
        typer.Option(
            "--max-engine-errors",
            metavar="N",
            min=1,
            help="Stop after N equal engine errors in a row. Default: 10.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", min=1, help="Worker processes here. Default: one a core.", show_default=False
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            metavar="ADDRESS",
            help="Use the Dask cluster at this address, such as tcp://host:8786, instead of workers here.",
            show_default=False,
        ),
    ] = None,
    jobs_per_shard: options.JobsPerShard = None,
    store: options.Store = None,
    as_json: options.Json = False,
) -> int:
    """Render a manifest: plan, render, check, publish, report.

    Run again, the same command does only what is missing.

    The first Ctrl-C finishes the clips in the making and stops; the second stops at once. Either way the
    same command resumes the batch.

    Exit codes:
      0  every row reached an end and none failed (rejected and quarantined rows are no failures)
      2  the manifest or the call is wrong
      3  the batch is incomplete; the same command resumes it
      4  more rows failed than --allow-failed, also because the batch was cancelled

    Examples:
      nightreel run examples/spring_campaign.parquet
      nightreel run brief.yaml --limit 2
      nightreel run s3://bucket/inbox/ --where "variant = 'a'" --scheduler tcp://dask:8786 --json
    """
    from render.cli import batch, summary

    settings = options.settings(
        store=store,
        allow_failed=allow_failed,
        stop_after_engine_errors=max_engine_errors,
        workers=workers,
        scheduler=scheduler,
        jobs_per_shard=jobs_per_shard,
    )
    status, stopped = batch.go(settings, manifest, limit=limit, where=where)
    if as_json:
        output.document(status.as_json())
    else:
        summary.show(status)
    if stopped:
        output.note(f"nightreel: {stopped}")
    return summary.code(status, stopped=stopped is not None, allow_failed=settings.allow_failed)
