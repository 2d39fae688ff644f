"""``nightreel report``: the page on which people compare variants."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from render.cli import options, output


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

    Examples:
      nightreel report spring-hero
      nightreel report run-20261122T110000123-0123456789ab
      nightreel report spring-hero --bundle spring.zip
    """
    from render.experiments import bundle as bundles
    from render.experiments import report, view
    from render.store import batches
    from render.store.objects import open_store

    place = open_store(options.settings(store=store).store)
    now = datetime.now(UTC)
    is_batch = subject in batches.list_ids(place)
    if bundle is None:
        uri = (report.write if is_batch else report.write_experiment)(place, subject, now=now)
        output.result({"report": uri}, uri, as_json=as_json)
        return
    seen = (view.of_batch if is_batch else view.of_experiment)(place, subject)
    made = bundles.write(place, seen, bundle, now=now, overwrite=overwrite, with_held=with_held)
    left = f"; {output.many(made.withheld, 'held clip')} left out (--with-held puts them in)" if made.withheld else ""
    clips = output.many(made.clips, "clip")
    output.result(asdict(made), f"{made.file}: {clips}, {made.bytes:,} bytes{left}", as_json=as_json)
