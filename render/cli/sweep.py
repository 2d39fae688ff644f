"""``nightreel sweep``: find what writers that died have left on storage, and remove it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from render import errors
from render.cli import options, output
from render.store.retention import ORPHAN_HOURS

if TYPE_CHECKING:
    from render.store.sweep import Orphan


def command(
    store: options.Store = None,
    older_than: Annotated[
        float,
        typer.Option(
            "--older-than", metavar="HOURS", min=1.0, help="Leave alone what is younger: it may be being written."
        ),
    ] = ORPHAN_HOURS,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them.")] = False,
    as_json: options.Json = False,
) -> int:
    """Find objects that no record names, and remove them with --yes.

    Runs that were killed leave attempts at clips and plans behind. They are never used, and a batch that is run
    again removes its own. This finds the others, and what is left of withdrawn clips. Whatever a record names stays.

    Examples:
      nightreel sweep
      nightreel sweep --yes --store s3://bucket/nightreel
    """
    from render.store import sweep
    from render.store.objects import open_store

    settings = options.settings(store=store)
    opened = open_store(settings.store)
    orphans = list(sweep.find(opened, older_than_s=older_than * 3600))
    pieces = opened.sweep_temporary(older_than * 3600, count_only=not yes)
    removed: set[str] = set()
    code = 0
    for orphan in orphans if yes else ():
        try:
            if sweep.remove(opened, orphan):
                removed.add(orphan.path)
        except errors.StoreError as error:  # the others go, and all is told
            output.note(f"nightreel: {error}{_fix(orphan)}")
            code = 1
    if as_json:
        output.document(
            {
                "store": opened.url,
                "removed": len(removed),
                "half_written": pieces,
                "orphans": [
                    {
                        "kind": orphan.kind,
                        "uri": opened.uri(orphan.path),
                        "objects": len(orphan.objects),
                        "bytes": orphan.bytes,
                        "modified_at": datetime.fromtimestamp(orphan.modified, UTC).isoformat(),
                        "removed": orphan.path in removed,
                    }
                    for orphan in orphans
                ],
            }
        )
        return code

    from rich.filesize import decimal

    kinds = Counter(orphan.kind for orphan in orphans)
    for kind, count in kinds.items():
        alike = [orphan for orphan in orphans if orphan.kind is kind]
        size = decimal(sum(orphan.bytes for orphan in alike))
        output.say(f"{output.many(count, kind)}, {size}, such as {opened.uri(alike[0].path)}")
    if pieces:
        output.say(f"{output.many(pieces, 'half-written object')}")
    if not kinds and not pieces:
        output.say(f"Nothing is left behind in {opened.url}.")
    elif yes:
        kept = len(orphans) - len(removed)
        why = "cannot be removed, or that a record names by now" if code else "a record names by now"
        output.say(f"Removed all but {kept:,} that {why}." if kept else "Removed.")
    else:
        hours = "" if older_than == ORPHAN_HOURS else f" --older-than {older_than:g}"
        output.say(f"Remove them: nightreel sweep --yes{hours}{options.elsewhere(settings.store)}")
    return code


def _fix(orphan: Orphan) -> str:
    """A withdrawn clip, of which every version must go, may be for another role to remove."""
    from render.store.sweep import Kind

    if orphan.kind is not Kind.WITHDRAWN:
        return ""
    fingerprint = orphan.path.rpartition("/")[2]
    return f" Withdraw clip {fingerprint} again, as one who may delete its versions."
