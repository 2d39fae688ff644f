"""``nightreel withdraw``: take clips down for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from render import errors
from render.cli import options, output

if TYPE_CHECKING:
    from render.model import Tombstone
    from render.settings import Settings
    from render.store.objects import ObjectStore
    from render.takedown import Reach, Withdrawal


def command(
    clip: Annotated[
        list[str] | None,
        typer.Argument(metavar="CLIP…", help="Fingerprints (or their beginnings), URIs, or files.", show_default=False),
    ] = None,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: people who want the clip are told.")],
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="WHO", help="Who takes them down. Default: your login name.", show_default=False),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option("--batch", metavar="BATCH", help="All clips that a batch wants, too.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. It cannot be undone.")] = False,
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Take clips down for good.

    Their subject's consent was revoked, somebody else has a right to them, or they were a mistake. Without --yes it
    says what would go. Every object of the clips is removed, in every version that the storage keeps. The rows that
    they serve, of every batch, become withdrawn, reports are written anew, and no batch makes or reuses them again.
    There is no way back. What was exported or mailed before is not reached. Given again it completes what was
    interrupted.

    Exit codes:
      0  done, or told what would go
      1  the clips are withdrawn, but something could not be removed or written: mend that, and give this again
      2  the call is wrong, or names no clip

    Examples:
      nightreel withdraw 3f2a9c --reason "consent of Ada revoked"
      nightreel withdraw 3f2a9c 77b012 --reason "court order 12/2026" --by legal --yes
      nightreel withdraw --batch run-20261122T110000123-0123456789ab --reason "wrong logo" --yes
    """
    from render import takedown

    settings = options.settings(store=store)
    opened, wanted = _named(clip or [], batch, settings, store_given=store is not None)
    who = by or _login()
    takedown.kept(reason, who)
    if yes:
        done = takedown.withdraw(opened, wanted, reason=reason, by=who, now=datetime.now(UTC))
        _tell_done(opened, done, said=(reason.strip(), who.strip()), as_json=as_json)
        return
    what = {"--batch": batch} if batch else {}
    again = options.command("withdraw", *(clip or []), **what, **{"--reason": reason, "--by": by})
    reach = takedown.reach(opened, wanted)
    _tell_reach(opened, reach, f"{again} --yes{options.elsewhere(settings.store)}", as_json=as_json)


def _named(
    clips: list[str], batch: str | None, settings: Settings, *, store_given: bool
) -> tuple[ObjectStore, list[str]]:
    """The one store, and the fingerprints of the clips."""
    from render import takedown
    from render.cli import lookup
    from render.store.naming import of_one_store

    if not clips and batch is None:
        raise errors.InputError("Name the clips that are to be withdrawn, or a batch with --batch.")
    given, single = store_given or batch is not None, settings.single_writer
    store, wanted = of_one_store(clips, store_url=settings.store, store_given=given, single_writer=single)
    if batch is not None:
        wanted += takedown.of_batch(store, lookup.batch(settings.store, batch))
    return store, wanted


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise errors.InputError("Nobody is known to be logged in: say who you are with --by.") from error


def _tell_done(store: ObjectStore, done: Withdrawal, *, said: tuple[str, str], as_json: bool) -> None:
    """``said``: the reason and the name that were given."""
    if as_json:
        output.document(
            {
                "store": store.url,
                "withdrawn": True,
                "clips": [asdict(tombstone) for tombstone in done.tombstones],
                "before": [tombstone.fingerprint for tombstone in done.before],
                "objects": done.removed,
                "rows": done.rows,
                "batches": done.batches,
                "reports": done.reports,
            }
        )
        return
    for tombstone in done.tombstones:
        if tombstone not in done.before:
            output.say(f"{tombstone.fingerprint[:12]} {tombstone.sentence}")
    _tell_before(done.before)
    if any((one.reason, one.withdrawn_by) != said for one in done.before):
        output.say("What was said first counts: of these clips the reason and the name given now are not kept.")
    output.say(
        f"{output.many(done.removed, 'object')} removed; {_of_batches(done.rows, done.batches)} "
        f"{'is' if done.rows == 1 else 'are'} withdrawn; "
        f"{output.many(len(done.reports), 'report')} written anew."
    )
    output.note("nightreel: what was exported or mailed before is not reached by this.")


def _tell_reach(store: ObjectStore, reach: Reach, again: str, *, as_json: bool) -> None:
    if as_json:
        before = {clip: asdict(tombstone) for clip, tombstone in reach.tombstones.items()}
        output.document(
            {
                "store": store.url,
                "withdrawn": False,
                "clips": [before.get(clip, {"fingerprint": clip}) for clip in reach.clips],
                "objects": reach.objects,
                "bytes": reach.bytes,
                "rows": reach.rows,
                "batches": reach.batches,
                "unread": reach.unread,
            }
        )
        return

    from rich.filesize import decimal

    _tell_before(reach.tombstones.values())
    clips = output.many(len(reach.clips), "clip")
    objects = f"{output.many(reach.objects, 'object')}, {decimal(reach.bytes)}"
    output.say(f"{clips} in {store.url}: {objects}, wanted by {_of_batches(reach.rows, reach.batches)}")
    for batch, rows in reach.batches.items():
        output.say(f"{rows:>8,} in {batch}")
    for trouble in reach.unread:
        output.note(f"nightreel: more rows may want them. {trouble}")
    output.say(f"For good: {again}")


def _tell_before(tombstones: Iterable[Tombstone]) -> None:
    """A line for each takedown: how many clips, when, by whom and why."""
    alike: dict[str, list[str]] = {}
    for tombstone in tombstones:
        alike.setdefault(tombstone.sentence, []).append(tombstone.fingerprint[:12])
    for sentence, clips in alike.items():
        named = f"{clips[0]} was" if len(clips) == 1 else f"{len(clips):,} clips, such as {clips[0]}, were"
        output.say(f"{named} {sentence.replace('taken down', 'taken down before,', 1)}")


def _of_batches(rows: int, batches: Mapping[str, int]) -> str:
    count = len(batches)
    return f"{output.many(rows, 'row')} of {count:,} batch{'' if count == 1 else 'es'}"
