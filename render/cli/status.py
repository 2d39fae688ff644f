"""``nightreel status``: where a batch stands, or which batches there are."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Annotated

import typer

from render.cli import options, output, summary
from render.store import layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from render.status import BatchStatus

EVERY = 2.0
"""Seconds from one look at a batch that is watched to the next."""


def command(
    batch: Annotated[
        str | None,
        typer.Argument(
            metavar="BATCH",
            help="A batch's id, or how it begins or ends; without one the batches are listed.",
            show_default=False,
        ),
    ] = None,
    *,
    last: Annotated[int, typer.Option("--last", metavar="N", min=1, help="List so many batches.")] = 20,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it again as it changes, until it is finished or cancelled.")
    ] = False,
    every: Annotated[
        float | None,
        typer.Option(
            "--every",
            metavar="SECONDS",
            min=0.5,
            help="With --watch: look so often, or less often where looking takes long. Default: 2.",
            show_default=False,
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            metavar="ADDRESS",
            help="With --watch: the Dask cluster that is asked why jobs wait. Default: the setting "
            "NIGHTREEL_SCHEDULER, else the farms of this machine.",
            show_default=False,
        ),
    ] = None,
    store: options.Store = None,
    as_json: options.Json = False,
) -> int:
    """Show where a batch stands, or list the batches.

    Of a batch: how every row ended, what waits and why, where the report is, and the next command to type.
    Without one: the batches of the store, newest first.

    --watch shows how fast it goes, its expected end, the worst offenders, and why each row waits: live on a terminal,
    else a new block when something has changed; with --json a line of JSON then. It ends with the batch, and with the
    exit code that its run has: 0, 4 if more rows failed than the setting allow_failed, 3 if it was stopped before.

    Examples:
      nightreel status
      nightreel status run-20261122T1100
      nightreel status run-20261122T1100 --watch
      nightreel status run-20261122T110000123-0123456789ab --json | jq .ends
    """
    from render import errors, pipeline
    from render.cli import lookup

    settings = options.settings(store=store, scheduler=scheduler)
    if (every is not None or scheduler) and not watch:
        raise errors.InputError("--every and --scheduler go with --watch: add it, or leave them out.")
    if watch:
        from render.cli import watch as watching

        if batch is None:
            raise errors.InputError("--watch shows one batch: name it, as `nightreel status` lists it.")
        return watching.go(settings, lookup.batch(settings.store, batch), every=every or EVERY, as_json=as_json)
    if batch is None:
        found, known = pipeline.latest(settings, last)
        if as_json:
            output.document({"store": settings.store, "known": known, "batches": [one.as_json() for one in found]})
        else:
            _show(found, known, store=settings.store)
        return 0
    status = pipeline.status(settings, lookup.batch(settings.store, batch))
    if as_json:
        output.document(status.as_json())
    else:
        summary.show(status)
    return 0


def _show(found: Sequence[BatchStatus], known: int, *, store: str) -> None:
    from rich.table import Table

    from render import contracts

    if not found:
        output.say(f"There is no batch in {store} yet. Next: nightreel run MANIFEST{options.elsewhere(store)}")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("batch", no_wrap=True)
    for heading in ("state", "rows", "ends", "manifest"):
        table.add_column(heading, justify="right" if heading == "rows" else "left", overflow="fold")
    for one in found:
        ends = ", ".join(f"{number} {end}" for end, number in one.ends.items() if number)
        if one.refused:
            ends = ", ".join(filter(None, (ends, f"{output.many(len(one.refused), 'file')} refused")))
        rows = "" if one.rows is None else f"{one.rows:,}"
        state = one.state + ("" if one.made is None else f", {one.made:,} of {output.many(one.clips or 0, 'clip')}")
        own = one.manifest.endswith(f"/{layout.manifest(one.batch)}")
        table.add_row(
            one.batch, state, rows, ends, "(a try)" if own else contracts.visible(posixpath.basename(one.manifest))
        )
    output.show(table)
    for one in found:
        if not one.rows:  # of others the batch's own status tells
            for refused in one.refused:
                output.say(contracts.visible(f"{one.batch} refused: {refused.reason}"))
    if known > len(found):
        output.say(f"… and {known - len(found)} older; --last N lists more.")
    output.say(f"Next: nightreel status {found[0].batch}{options.elsewhere(store)}")
