"""``nightreel report``: the page on which people compare variants."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from render import errors
from render.cli import lookup, options, output

if TYPE_CHECKING:
    from render.experiments.view import View
    from render.store.objects import ObjectStore


def command(
    subject: Annotated[
        str, typer.Argument(metavar="EXPERIMENT|BATCH", help="An experiment over all batches, or one batch.")
    ],
    *,
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle",
            metavar="OUT.zip",
            help="Write page, clips and a CSV into one file, to be mailed, instead of a page in the store.",
            show_default=False,
        ),
    ] = None,
    with_held: Annotated[
        bool, typer.Option("--with-held", help="Put clips into the bundle that wait for a person.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a bundle that is there.")] = False,
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Write the page that compares variants, and print where it is.

    Of a batch that is under way it shows the clips made so far.

    Examples:
      nightreel report spring-hero
      nightreel report run-20261122T110000123-0123456789ab
      nightreel report spring-hero --bundle spring.zip
    """
    from render.experiments import bundle as bundles
    from render.experiments import counts, report
    from render.store.objects import open_store

    place = open_store(options.settings(store=store).store)
    now = datetime.now(UTC)
    gathered = partial(_of, place, subject)
    if bundle is None:
        uri, seen = report.write_current(place, gathered, now=now)
        waiting = {"unfinished": seen.counts.unfinished, "made": seen.counts.made}
        output.result({"report": uri, **waiting}, uri, as_json=as_json)
    else:
        made, seen = bundles.write(place, gathered, bundle, now=now, overwrite=overwrite, with_held=with_held)
        held = output.many(made.withheld, "held clip")
        left = f"; {held} left out (--with-held puts them in)" if made.withheld else ""
        clips = output.many(made.clips, "clip")
        output.result(asdict(made), f"{made.file}: {clips}, {made.bytes:,} bytes{left}", as_json=as_json)
    if seen.counts.unfinished:
        rows = output.many(seen.counts.rows, "row")
        output.note(f"nightreel: of {rows}, {counts.waiting(seen.counts)}. Give this command again to show more.")


def _of(place: ObjectStore, subject: str) -> View:
    """What there is of the batch of this id, else of the experiment, else of the batch whose id begins or ends so."""
    from render.experiments import gather
    from render.store import batches

    if subject in batches.list_ids(place):
        return gather.of_batch(place, subject)
    try:
        return gather.of_experiment(place, subject)
    except errors.NotFound as missing:
        try:
            whole = lookup.batch(place.url, subject)
        except (errors.NotFound, errors.Ambiguous) as none:
            raise type(none)(f"{missing} {none}") from none
        return gather.of_batch(place, whole)
