"""``nightreel review``: a person decides on held clips."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from render import errors
from render.cli import options, output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from render.model import Review
    from render.review import Held
    from render.settings import Settings

_SHOWN = 60


def command(
    batch: options.BatchId,
    rows: Annotated[
        list[int] | None,
        typer.Argument(metavar="[ROW]...", help="Held rows to decide on, by their numbers.", show_default=False),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Decide on every held row.")] = False,
    approve: Annotated[bool, typer.Option("--approve", help="Let these rows pass: they are published.")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="Reject these rows.")] = False,
    by: Annotated[str | None, typer.Option("--by", metavar="WHO", help="Who decides.", show_default=False)] = None,
    comment: Annotated[str | None, typer.Option("--comment", metavar="TEXT", help="Why.", show_default=False)] = None,
    store: options.Store = None,
    as_json: options.Json = False,
) -> int:
    """List a batch's held rows, or decide on them.

    A check holds them for a person. Rows that the same clip serves under the same policy are decided together. What
    somebody decided before stands. The catalog and the report follow at once; if that is interrupted, the same command
    again completes it.

    Exit codes:
      0  done
      2  the call is wrong, or somebody had decided otherwise on one of the rows

    Examples:
      nightreel review run-20261122T110000123-0123456789ab
      nightreel review run-20261122T110000123-0123456789ab --approve 3 7 --by ann --comment "The dark is wanted"
      nightreel review run-20261122T110000123-0123456789ab --refuse --all --by ben --comment "Too loud"
    """
    from render.cli import lookup

    settings = options.settings(store=store)
    batch = lookup.batch(settings.store, batch)
    if not (approve or refuse):
        if rows or every or by or comment:
            raise errors.InputError("Say what is decided: --approve or --refuse. Without either the rows are listed.")
        _list(settings, batch, as_json=as_json)
        return 0
    if approve and refuse:
        raise errors.InputError("Choose one of --approve and --refuse.")
    if bool(rows) == every:
        raise errors.InputError("Name the rows to be decided, or give --all for every held one.")
    if by is None or comment is None:
        raise errors.InputError("Say who decides and why: --by WHO --comment TEXT.")
    return _decide(
        settings, batch, approved=approve, rows=None if every else rows, by=by, comment=comment, as_json=as_json
    )


def _list(settings: Settings, batch: str, *, as_json: bool) -> None:
    from render import pipeline, review

    found, status = review.held(settings, batch), pipeline.status(settings, batch)
    if as_json:
        held = [{**asdict(one), "review": asdict(one.review) if one.review else None} for one in found]
        output.document({"batch": batch, "store": status.store, "report": status.report, "held": held})
        return
    if not found:
        output.say(f"No row of batch {batch} waits for a person.")
        return
    _show(found)
    place = options.elsewhere(settings.store)
    if status.report:
        output.say(f"\nWatch them: {status.report}")
    if not status.report.startswith("file://"):
        output.say(f"To watch them here: nightreel report {batch} --bundle {batch}.zip --with-held{place}")
    output.say(f'Next: nightreel review {batch} --approve ROW… --by WHO --comment "WHY"{place}')
    output.say("      (or --refuse; --all instead of rows decides on every one)")


def _show(found: Sequence[Held]) -> None:
    from rich.table import Table
    from rich.text import Text

    from render import contracts

    table = Table("row", "experiment/variant", "held by", "why, and what to do", box=None, pad_edge=False)
    for one in found[:_SHOWN]:
        told = output.sentences(one.reason, one.fix)
        if one.review:
            told = f"{one.review.said}. It was interrupted: give that command again."
            if one.review.approved and not one.uri:
                told += " Its clip has been deleted, so that rejects it."
        elif not one.uri:
            told = f"{told} Its clip has been deleted."
        name = contracts.visible(f"{one.experiment}/{one.variant}")
        link = f"link {one.uri}" if one.uri else ""
        table.add_row(str(one.row), name, one.check.replace("_", " "), Text(contracts.visible(told), style=link))
    output.show(table)
    if len(found) > _SHOWN:
        output.say(f"… and {len(found) - _SHOWN} more rows; --json lists all.")


def _decide(
    settings: Settings,
    batch: str,
    *,
    approved: bool,
    rows: Sequence[int] | None,
    by: str,
    comment: str,
    as_json: bool,
) -> int:
    from render import pipeline, review

    now = datetime.now(UTC)
    decided = review.decide(settings, batch, approved=approved, rows=rows, by=by, comment=comment, now=now)
    report = review.finish(settings, batch, now=now)
    otherwise = {row: one for row, one in decided.before.items() if one.approved is not approved}
    code = errors.InputError.exit_code if otherwise else 0
    if as_json:
        ends = pipeline.status(settings, batch).ends
        output.document(
            {
                "batch": batch,
                "report": report,
                "decided": asdict(decided.review) if decided.review else None,
                "before": [{"row": row, **_without_rows(one)} for row, one in decided.before.items()],
                "without_clip": decided.without_clip,
                "ends": {end.value: number for end, number in ends.items()},
            }
        )
        return code
    number = len(decided.review.rows) if decided.review else 0
    output.say(f"{output.many(number, 'row')} {'approved' if approved else 'refused'} in batch {batch}.")
    _tell(decided.before)
    if gone := decided.without_clip:
        output.note(
            f"nightreel: not approved, row {_rows(gone)}: its clip has been deleted. Refuse it, or run its manifest "
            "again."
        )
    output.say(f"Report: {report}")
    return code


def _without_rows(one: Review) -> dict[str, object]:
    return {"approved": one.approved, "by": one.by, "comment": one.comment, "at": one.at}


def _tell(before: Mapping[int, Review]) -> None:
    """Say which rows somebody had decided on before, decision by decision."""
    from render import contracts

    rows: dict[str, list[int]] = {}
    for row, one in before.items():
        rows.setdefault(f"{one.said} on {one.at}", []).append(row)
    for said, own in rows.items():
        output.note(f"nightreel: not changed, row {_rows(own)}: {contracts.visible(said)}.")


def _rows(rows: Sequence[int]) -> str:
    return ", ".join(map(str, rows[:_SHOWN])) + (" …" if len(rows) > _SHOWN else "")
