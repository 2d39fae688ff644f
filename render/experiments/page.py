"""Writes a view as one static HTML page: no network, nothing outside itself but the media it plays."""

from __future__ import annotations

import base64
import hashlib
import posixpath
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from render.checks import registry
from render.checks.contract import FigureSpec
from render.contracts import visible
from render.experiments import steps, words
from render.experiments.counts import SAID, sentence
from render.experiments.lines import Cell, Line
from render.experiments.totals import Totals
from render.experiments.view import Entry, Experiment, View
from render.model import ClipRecord, End, Figure, ReasonKind, StoredObject

MOST_CLIPS = 2000
"""Clips on one page; more would not open in a browser. The page says how many it leaves out."""

MANY = 60
"""Rows from which on the browser lays out only what is near the screen."""

MOST_PROBLEMS = 5000
"""Rows of the table of what was not published."""

Link = Callable[[ClipRecord, StoredObject], str | None]
"""Where the page finds an object of a clip, as a relative URL; None if it may not have it."""

_TEMPLATES = Path(__file__).with_name("templates")

_BLANK = {
    End.PUBLISHED: "The clip's record is missing",
    End.REUSED: "The clip's record is missing",
    End.HELD: "Held",
    End.REJECTED: "Rejected",
    End.FAILED: "Failed",
    End.WITHDRAWN: "Withdrawn",
    None: "Not finished yet",
}


@dataclass(slots=True, kw_only=True)
class _Cell:
    entry: Entry
    also: tuple[Entry, ...]
    clip: str | None
    poster: str | None
    sheet: str | None
    blank: str
    judged: str
    listen: str = ""
    """Whether its sound is on at first, "true" or "false"; empty if there is nothing to choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    prompt: str
    common: str
    rows: str
    cells: list[_Cell]
    playable: int
    frames: int
    fingerprints: str


def render(view: View, *, link: Link, now: datetime, mailed: bool = False) -> str:
    """The page. ``now``: when it is made, with a time zone. ``mailed``: for readers who have no Nightreel.

    Every text of the view is escaped, scripts and styles other than the page's own are refused by its content
    security policy, and links lead only where ``link`` says.
    """
    template, css, script = _sources()
    totals = view.totals(
        lambda entry: entry.record is not None and bool(link(entry.record, entry.record.objects["clip"]))
    )
    room = MOST_CLIPS
    experiments = []
    for experiment in view.experiments:
        lines = _fitting(experiment.lines, room)
        room -= sum(len(line.cells) for line in lines)
        experiments.append(
            {
                "name": experiment.name,
                "rows": experiment.rows,
                "summary": _summary(experiment),
                "lines": [_line(line, link) for line in lines],
                "left": len(experiment.lines) - len(lines),
            }
        )
    return template.render(
        view=view,
        sentence=sentence(view.counts),
        shares=_shares(view),
        totals=totals,
        simulated_of=_made_by_simulator(totals),
        others="" if mailed or view.left_out is None else _others(view),
        experiments=experiments,
        problems=view.problems[:MOST_PROBLEMS],
        checks=_checks(view),
        counted={
            "here": len(view.problems),
            "problems": len(view.problems) + (view.left_out.problems if view.left_out else 0),
        },
        steps=[] if mailed else steps.after(view),
        many=len(view.entries) > MANY,
        mailed=mailed,
        now=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        css=Markup(css),  # noqa: S704 (our own file)
        script=Markup(script),  # noqa: S704 (our own file)
        csp=_policy(css, script),
    )


def _policy(css: str, script: str) -> str:
    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src 'self' file: data:; "
        f"media-src 'self' file: data:; style-src 'sha256-{digest(css)}'; script-src 'sha256-{digest(script)}'"
    )


@cache
def _sources():
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "visible": visible,
        "number": words.number,
        "dollars": words.dollars,
        "seconds": words.seconds,
        "size": words.size,
        "plain": words.plain,
        "instant": words.instant,
        "basename": posixpath.basename,
        "measure": _measure,
    }
    css, script = (_TEMPLATES.joinpath(name).read_text("utf-8") for name in ("report.css", "report.js"))
    return environment.get_template("report.html"), css, script


def _checks(view: View) -> dict[str, list[FigureSpec]]:
    """What the figures of the page's clips mean, check by check; figures of checks that are gone are left out."""
    found: dict[str, list[FigureSpec]] = {}
    measured = {(figure.check, figure.name) for one in view.entries if one.record for figure in one.record.figures}
    for (check, _), spec in registry.figure_specs().items():
        if (check, spec.name) in measured:
            found.setdefault(check, []).append(spec)
    return found


def _measure(figure: Figure) -> str:
    return words.measure(figure.value, figure.unit)


def _fitting(lines: Sequence[Line], room: int) -> list[Line]:
    fitting = []
    for line in lines:
        room -= len(line.cells)
        if room < 0:
            break
        fitting.append(line)
    return fitting


def _line(line: Line, link: Link) -> _Line:
    links = [_links(cell, link) for cell in line.cells]
    playable = [cell.entry.record for cell, (clip, *_) in zip(line.cells, links, strict=True) if clip]
    cells = [_cell(cell, *found) for cell, found in zip(line.cells, links, strict=True)]
    heard = [cell for cell in cells if cell.clip] if len(playable) > 1 else []
    for cell in heard:
        cell.listen = "true" if cell is heard[0] else "false"
    return _Line(
        prompt=line.prompt,
        common=line.common,
        rows=", ".join(str(cell.entry.row.row) for cell in line.cells),
        cells=cells,
        playable=len(playable),
        frames=max((record.job.frames for record in playable if record), default=1),
        fingerprints=" ".join(cell.entry.fingerprint for cell in line.cells if cell.entry.fingerprint),
    )


def _links(cell: Cell, link: Link) -> tuple[str | None, str | None, str | None]:
    entry = cell.entry
    if entry.record is None or not entry.watchable:
        return None, None, None
    objects, record = entry.record.objects, entry.record
    clip, poster, sheet = (link(record, objects[role]) if role in objects else None for role in _ROLES)
    return clip, poster, sheet


_ROLES = ("clip", "poster", "sheet")


def _cell(cell: Cell, clip: str | None, poster: str | None, sheet: str | None) -> _Cell:
    entry = cell.entry
    withheld = entry.end is End.HELD and entry.watchable and not clip
    return _Cell(
        entry=entry,
        also=cell.also,
        clip=clip,
        poster=poster,
        sheet=sheet,
        blank="Held, so not handed on" if withheld else _BLANK[entry.end],
        judged=_judged(entry),
    )


def _judged(entry: Entry) -> str:
    """What became of the figures: what a check said, or a person whom it had asked."""
    if entry.kind is ReasonKind.REVIEW:
        return "refused" if entry.end is End.REJECTED else "approved"
    return "passed" if entry.delivered else str(entry.end) if entry.kind is ReasonKind.CHECK else "measured"


def _summary(experiment: Experiment) -> str:
    variants, rows = experiment.variants, experiment.rows
    return f"{rows:,} {'row' if rows == 1 else 'rows'}, {variants:,} {'variant' if variants == 1 else 'variants'}"


def _shares(view: View) -> list[dict[str, object]]:
    numbers = {str(end): view.counts.ends[end] for end in SAID} | {"unfinished": view.counts.unfinished}
    shares, start = [], 0
    for name, number in [*numbers.items(), ("rejected", view.counts.ends[End.REJECTED])]:
        if number:
            shares.append({"name": name, "start": start, "number": number})
            start += number
    return shares


def _made_by_simulator(totals: Totals) -> str:
    if totals.simulated == totals.clips:
        return {1: "This clip was", 2: "Both clips were"}.get(totals.clips, f"All {totals.clips:,} clips were")
    return f"{totals.simulated:,} of {totals.clips:,} clips {'was' if totals.simulated == 1 else 'were'}"


def _others(view: View) -> str:
    """The command that lists every row, those that the page leaves out too."""
    return f"nightreel status {shlex.quote(view.title)} --json"
