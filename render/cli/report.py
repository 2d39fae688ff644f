"""``nightreel report``: the page on which people compare variants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from render import errors
from render.cli import lookup, options, output

if TYPE_CHECKING:
    from render.store.objects import ObjectStore

T = TypeVar("T")


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
    from render.store.objects import open_store

    place = open_store(options.settings(store=store).store)
    now = datetime.now(UTC)
    if bundle is None:
        of_batch, of_experiment = partial(report.write, now=now), partial(report.write_experiment, now=now)
        uri = _of(place, subject, of_batch, of_experiment)
        output.result({"report": uri}, uri, as_json=as_json)
        return
    seen = _of(place, subject, view.of_batch, view.of_experiment)
    made = bundles.write(place, seen, bundle, now=now, overwrite=overwrite, with_held=with_held)
    left = f"; {output.many(made.withheld, 'held clip')} left out (--with-held puts them in)" if made.withheld else ""
    clips = output.many(made.clips, "clip")
    output.result(asdict(made), f"{made.file}: {clips}, {made.bytes:,} bytes{left}", as_json=as_json)


def _of(
    place: ObjectStore,
    subject: str,
    batch: Callable[[ObjectStore, str], T],
    experiment: Callable[[ObjectStore, str], T],
) -> T:
    """What ``batch`` gives of the batch of this id, else ``experiment`` of the experiment, else of a part of an id."""
    from render.store import batches

    if subject in batches.list_ids(place):
        return batch(place, subject)
    try:
        return experiment(place, subject)
    except errors.NotFound as missing:
        whole = lookup.batch(place.url, subject)
        if whole == subject:
            raise errors.NotFound(f"{missing} Nor does a batch's id begin or end so.") from missing
        return batch(place, whole)
