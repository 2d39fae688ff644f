"""A batch for people: its counts, how its rows ended, and the next command to type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from render.cli import options, output
from render.model import End

if TYPE_CHECKING:
    from render.model import Fault
    from render.status import ClipStatus, Status
    from render.watching.view import View

ROWS_SHOWN = 60
SHARDS_SHOWN = 20
DELIVERED = frozenset({End.PUBLISHED, End.REUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the batch as people see it."""

    row: int
    name: str
    """Experiment and variant, as far as a malformed row says them."""
    end: str
    text: str
    """The clip, or why there is none and what to do."""
    uri: str = ""


def show(status: Status) -> None:
    """Print a batch's rows, counts, report and next command on stdout; of a long batch the rows without a clip."""
    from rich.table import Table
    from rich.text import Text

    every = len(status.clips) + len(status.quarantined)
    shown = _lines(status if every <= ROWS_SHOWN else replace(status, clips=status.clips.without(DELIVERED)))
    table = Table("row", "experiment/variant", "end", "clip, or why not and what to do", box=None, pad_edge=False)
    for line in shown:
        link = f"link {line.uri}" if line.uri else ""
        table.add_row(str(line.row), line.name, line.end, Text(line.text, style=link))
    if shown:
        output.show(table)
    if every > len(shown):
        output.say(f"… and {every - len(shown)} more rows; --json lists all.")
    for line in counted(status.manifest) if status.quarantined else ():
        output.say(line)
    for refused in status.refused:
        output.say(f"Refused from the inbox: {refused.reason}")
    output.say(f"\n{counts(status)}")
    output.say(f"Report: {status.report or _unwritten(status)}")
    if status.report and not status.report.startswith("file://"):
        output.say(f"To watch it here: {_bundling(status)}")
    output.say(f"Next: {following(status)}")


def _bundling(status: Status) -> str:
    """The command that brings a report here, with its clips: no browser opens the address of a bucket."""
    command = options.command("report", status.batch, **{"--bundle": f"{status.batch}.zip"})
    return command + options.elsewhere(status.store)


def _unwritten(status: Status) -> str:
    """That the report is not there, and how to have it if it can show a clip."""
    if not status.clips.made:
        return "not written yet"
    command = f"nightreel report {status.batch}{options.elsewhere(status.store)}"
    return f"written at the end; to see what is made so far: {command}"


def counts(status: Status) -> str:
    """One sentence: how many rows, how they ended, what waits and why."""
    ends = ", ".join(f"{status.ends[end]} {end}" for end in End if status.ends.get(end))
    done = sum(ended == rows for ended, rows in status.shards.values())
    if status.inbox and status.state == "finished" and not status.rows:
        refused = f": {output.many(len(status.refused), 'file')} refused" if status.refused else ""
        return f"Batch {status.batch} (finished): no rows, since nothing that can be used had arrived{refused}."
    sentence = f"Batch {status.batch} ({status.state}): {output.many(status.rows, 'row')}, {ends or 'none ended yet'}."
    if others := status.clips.stand_ins:
        sentence += f" {output.many(others, 'clip')} {'is a stand-in' if others == 1 else 'are stand-ins'}."
    if status.state == "taken in":
        sentence += " It is not planned yet."
    if status.waiting:
        unfinished = [str(shard) for shard, (ended, rows) in status.shards.items() if ended < rows]
        why = _unrendered(unfinished) if unfinished else "planning was interrupted"
        made = status.clips.made_and_waiting
        kept = f" ({made} of them with a clip that is made and kept)" if made else ""
        waits = "waits" if status.waiting == 1 else "wait"
        sentence += (
            f" {status.waiting} {waits}{kept}: {why} ({done} of {output.many(len(status.shards), 'shard')} done)."
        )
    return sentence


def _unrendered(shards: list[str]) -> str:
    if len(shards) == 1:
        return f"shard {shards[0]} is not rendered yet"
    more = f" and {len(shards) - SHARDS_SHOWN} more" if len(shards) > SHARDS_SHOWN else ""
    return f"shards {', '.join(shards[:SHARDS_SHOWN])}{more} are not rendered yet"


def following(status: Status) -> str:
    """The command that its reader most likely wants next."""
    from render.experiments.steps import SUM_UP

    place = options.elsewhere(status.store)
    given = {"--limit": status.limit, "--where": status.where}
    again = options.command("run", status.manifest, **given) + place
    if status.state in {"taken in", "planned", "under way"}:
        if status.inbox:
            return f"clear the DAG's run {status.run_key}, all of it: it takes up this batch again"
        return f"{again}  (if no run is at work on it: it resumes this batch)"
    if status.ends.get(End.HELD):
        return f"nightreel review {status.batch}{place}"
    if status.ends.get(End.FAILED):
        if status.inbox and not status.manifest.endswith(".parquet"):
            again = f"nightreel run MANIFEST{place}  for each manifest with failed rows"
        return f"{again}  (a new batch, which tries the failed rows again)"
    if status.refused:
        return "mend what was refused and put it in the inbox again: another content is taken, under whatever name"
    if status.quarantined and not status.clips.made:
        return "mend the rows above in what you gave to `nightreel run`, and run it again"
    return f'nightreel query "{SUM_UP}"{place}'


def told(fault: Fault) -> str:
    """Why a row is quarantined and what to do, in one line that says column and value once."""
    own = fault.reason.removeprefix(f"{fault.column} ")
    told = own != fault.reason and fault.value in own
    why = fault.named if told or not fault.value else f"{fault.column} = {fault.value}: {own}"
    return output.sentences(why, fault.fix)


def counted(manifest: str) -> list[str]:
    """How the rows that are told of are found in what people wrote; nothing where they count as its reader does."""
    if not manifest.lower().endswith(".csv"):
        return []
    return [
        "Row 0 is the first below the header: row N is line N + 2, unless lines above are empty or cells have several."
    ]


def code(status: Status | View, *, stopped: bool, allow_failed: int) -> int:
    """The exit code of a run that came to this; one that stopped early can be resumed, unless it was cancelled."""
    if status.waiting or (stopped and status.state != "cancelled"):
        return 3
    return 4 if status.ends.get(End.FAILED, 0) > allow_failed else 0


def _lines(status: Status) -> list[Line]:
    """The first rows, in row order; a row with several faults is one line for each."""
    lines = [
        Line(
            row=clip.row,
            name=f"{clip.experiment}/{clip.variant}",
            end=clip.end or "waiting",
            text=_clip(clip),
            uri=clip.uri,
        )
        for clip in status.clips.first(ROWS_SHOWN)
    ]
    for fault in status.quarantined[:ROWS_SHOWN]:
        name = "/".join(part for part in (fault.experiment, fault.variant) if part)
        lines.append(Line(row=fault.row, name=name, end=End.REJECTED, text=told(fault)))
    return sorted(lines, key=lambda line: line.row)[:ROWS_SHOWN]


def _clip(clip: ClipStatus) -> str:
    made = f"{clip.fingerprint[:12]}, {clip.seconds:g} s" if clip.uri else ""
    why = output.sentences(clip.remark, clip.fix)
    return ", ".join(part for part in (made, why) if part)
