"""``nightreel tidy``: compact the catalog's small files, and remove those that no reader needs any more."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from render.cli import options, output
from render.store.retention import STALE_HOURS


def command(
    store: options.Store = None,
    older_than: Annotated[
        int,
        typer.Option(
            "--older-than", metavar="HOURS", min=1, help="Leave alone what was needed since: it may be being read."
        ),
    ] = STALE_HOURS,
    yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
    as_json: options.Json = False,
) -> None:
    """Say what upkeep the catalog needs, and do it with --yes.

    Each batch that is published adds a small file to each table, and queries open them all. This makes large files of
    them, and removes those that were replaced, or that a killed run left, when that is a week ago. No row changes, but
    for those of withdrawn clips that a killed run published late. Batches may be published and read meanwhile. Once a
    night is often enough.

    Examples:
      nightreel tidy
      nightreel tidy --yes --store s3://bucket/nightreel
    """
    from render.store.catalog import tidy
    from render.store.objects import store_of

    settings = options.settings(store=store)
    opened = store_of(settings)
    tables = list(tidy(opened, older_than_h=older_than, do=yes, scratch=settings.scratch))
    if as_json:
        output.document({"store": opened.url, "tables": [asdict(one) for one in tables]})
        return

    from rich.filesize import decimal

    for one in tables:
        told = [output.many(one.files, "file")]
        if one.small:
            told.append(f"{one.small:,} small ones {'compacted' if one.compacted else 'to be compacted'}")
        if one.stale:
            stale = f"{output.many(one.stale, 'stale one')}, {decimal(one.stale_bytes)},"
            told.append(f"{stale} {'removed' if one.removed else 'to be removed'}")
        if one.untold:
            told.append(
                f"{output.many(one.untold, 'row')} of withdrawn clips {'withdrawn' if yes else 'to be withdrawn'}"
            )
        output.say(f"{one.table}: {'; '.join(told)}")
    waiting = [
        one
        for one in tables
        if (one.small and not one.compacted) or (one.stale and not one.removed) or (one.untold and not yes)
    ]
    if not tables:
        output.say(f"Nothing is published in {opened.url} yet.")
    elif not waiting:
        output.say("Done." if yes else "Nothing is to be done.")
    elif yes:
        output.say("Other commands were faster each time: what is left is for the next time.")
    else:
        hours = "" if older_than == STALE_HOURS else f" --older-than {older_than}"
        output.say(f"Do it: nightreel tidy --yes{hours}{options.elsewhere(settings.store)}")
