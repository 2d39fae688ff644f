"""``nightreel status``: where a batch stands, or which batches there are."""

from __future__ import annotations

import posixpath
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from render.cli import options, output, summary
from render.store import layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from render.status import BatchStatus


def command(
    batch: Annotated[
        str | None,
        typer.Argument(
            metavar="BATCH",
            help="A batch's id, or how it begins or ends; without one the batches are listed.",
            show_default=False,
        ),
    ] = None,
    last: Annotated[int, typer.Option("--last", metavar="N", min=1, help="List so many batches.")] = 20,
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Show where a batch stands, or list the batches.

    Of a batch: how every row ended, what waits and why, where the report is, and the next command to type.
    Without one: the batches of the store, newest first.

    Examples:
      nightreel status
      nightreel status run-20261122T1100
      nightreel status run-20261122T110000123-0123456789ab --json | jq .ends
    """
    from render import pipeline
    from render.cli import lookup

    settings = options.settings(store=store)
    if batch is None:
        found, known = pipeline.latest(settings, last)
        if as_json:
            output.document({"store": settings.store, "known": known, "batches": [asdict(one) for one in found]})
        else:
            _show(found, known, store=settings.store)
        return
    status = pipeline.status(settings, lookup.batch(settings.store, batch))
    if as_json:
        output.document(status.as_json())
    else:
        summary.show(status)


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
        rows = "" if one.rows is None else f"{one.rows:,}"
        state = one.state + ("" if one.made is None else f", {one.made:,} of {output.many(one.clips or 0, 'clip')}")
        own = one.manifest.endswith(f"/{layout.manifest(one.batch)}")
        table.add_row(
            one.batch, state, rows, ends, "(a try)" if own else contracts.visible(posixpath.basename(one.manifest))
        )
    output.show(table)
    if known > len(found):
        output.say(f"… and {known - len(found)} older; --last N lists more.")
    output.say(f"Next: nightreel status {found[0].batch}{options.elsewhere(store)}")
