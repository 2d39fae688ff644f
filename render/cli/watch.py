"""A batch while it goes on: live on a terminal, block after block in a log, or as lines of JSON."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from render import contracts
from render.cli import interrupt, options, output, summary
from render.experiments import words
from render.farm.waiting import Reason, Why
from render.model import End
from render.watching.watch import Look, Watcher, looks

if TYPE_CHECKING:
    from render.settings import Settings
    from render.watching.view import Failures, ShardView, View

SHARDS_SHOWN = 12
"""At most, in a log; a terminal shows as many as there is room for."""
REASONS_SHOWN = 20
FAILURES_SHOWN = 5
BAR, WHOLE_BAR = 24, 80
"""Columns of a shard's bar, and most columns of the batch's."""
WRONG = frozenset({Why.LACKING, Why.NO_WORKER, Why.SHARD, Why.NO_RUN, Why.FAILED, Why.AGAIN})
"""Reasons that somebody may have to do something about."""


class Show(Protocol):
    """Shows one look after another."""

    def __call__(self, look: Look) -> bool:
        """Show it; gives whether anybody still looks."""
        ...


def go(settings: Settings, batch: str, *, every: float, as_json: bool) -> int:
    """Watch a batch until it is over or a signal comes; gives the exit code that its run has."""
    view: View | None = None
    try:
        with interrupt.stopping(), Watcher(settings, batch) as watcher, _shown(as_json=as_json) as show:
            for look in looks(watcher, every=every):
                view = look.view
                if not show(look):
                    break
    except KeyboardInterrupt:
        again = options.command("status", batch, "--watch") + options.elsewhere(settings.store)
        output.note(f"nightreel: stopped watching; the batch is not touched. To watch on: {again}")
    if view is None:
        return 3
    return summary.code(view, stopped=not view.over, allow_failed=settings.allow_failed)


@contextmanager
def _shown(*, as_json: bool) -> Iterator[Show]:
    if as_json:
        yield Lines()
    elif _is_screen():
        with Screen() as screen:
            yield screen
    else:
        yield Log()


def _is_screen() -> bool:
    """Whether stdout is a terminal whose picture may be changed: neither a log's nor one for plain text only."""
    plain = any(os.environ.get(name) for name in ("NO_COLOR", "CI")) or os.environ.get("TERM", "dumb") == "dumb"
    return sys.stdout.isatty() and not plain


class Lines:
    """A line of JSON for each look that saw something new."""

    def __init__(self) -> None:
        self._last: Look | None = None

    def __call__(self, look: Look) -> bool:
        """Print it, unless it is as the one before."""
        if not _news(look, self._last):
            return True
        self._last = look
        return output.line(look.view.as_json() | {"trouble": look.trouble})


class Log:
    """A block of text for each look that saw something new."""

    def __init__(self) -> None:
        self._last: Look | None = None

    def __call__(self, look: Look) -> bool:
        """Print it, unless it is as the one before."""
        last, self._last = self._last, look
        if look.trouble:
            if not last or look.trouble != last.trouble:
                output.note(_away(look))
            return True
        if not _news(look, last):
            return True
        return output.show(Picture(look), *([] if look.view.over else [""]))


class Screen:
    """The terminal, in its second screen: what was there before comes back, with the last look below it."""

    def __init__(self) -> None:
        self._look: Look | None = None
        self._live = Live(
            console=output.console(sys.stdout),
            screen=True,
            get_renderable=self._picture,
            refresh_per_second=1,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Screen:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        if self._look:
            output.show(Picture(self._look))

    def __call__(self, look: Look) -> bool:
        """Show it now; it is drawn again each second, since durations go on."""
        self._look = look
        self._live.refresh()
        return True

    def _picture(self) -> RenderableType:
        return Picture(self._look, live=True) if self._look else Text("Looking at the batch …")


def _news(look: Look, last: Look | None) -> bool:
    return last is None or look.trouble != last.trouble or not look.view.same_as(last.view)


def _away(look: Look) -> str:
    return f"Storage is away, what is shown is of {_clock(look.view.at)}: {contracts.visible(look.trouble)}"


@dataclass(frozen=True, slots=True)
class Picture:
    """What one look saw. Live it has as many lines as the screen, and none that is wrapped."""

    look: Look
    live: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """See rich's console protocol."""
        now = time.time() if self.live else self.look.view.at
        head = [_line(text, style, fold=not self.live) for text, style in _head(self.look, now, live=self.live)]
        if self.look.view.clips:
            whole = Table.grid()
            whole.add_row(_bar(self.look.view.done, self.look.view.clips, width=min(options.max_width, WHOLE_BAR)))
            head.insert(1, whole)
        parts = _parts(self.look.view, now, room=console.height - len(head) if self.live else None)
        yield Group(*head, *(_table(part, fold=not self.live) for part in parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A heading over its lines, each an amount and what it is of."""

    heading: str
    amounts: str
    lines: Sequence[tuple[str, RenderableType]]


def _head(look: Look, now: float, *, live: bool) -> Iterator[tuple[str, str]]:
    view = look.view
    yield f"Batch {view.batch}: {'publishing, or its run has stopped' if view.publishing else view.state}", "bold"
    ends = ", ".join(f"{view.ends[end]:,} {end}" for end in End if view.ends.get(end))
    wait = f", {view.waiting:,} {'waits' if view.waiting == 1 else 'wait'}" if view.waiting else ""
    if view.state == "taken in":
        yield "Not planned yet: its manifest is being read and planned, or its run has stopped.", ""
    else:
        yield (
            f"{view.done:,} of {output.many(view.clips, 'clip')} rendered. {_rows(view)}: {ends or 'none ended'}{wait}",
            "",
        )
    yield f"{_pace(view)}. {_end(view, now)}", ""
    spent = f"CPU {words.seconds(view.cpu_seconds)}, {words.dollars(view.cost)}"
    at = f"; {output.many(view.workers, 'worker')} at {view.scheduler}" if view.workers is not None else ""
    yield f"{spent}{at}; seen {_clock(view.at)}", ""
    if view.publishing or view.unattended or view.state == "taken in":
        status = options.command("status", view.batch) + options.elsewhere(view.store)
        if view.unattended:
            yield "No run is known to be at work on it; this goes on looking.", "yellow"
        yield f"If it has stopped: {status}  (says how to go on)", ""
    if look.trouble and live:
        yield _away(look), "red"
    if view.over and view.report:
        yield f"Report: {view.report}", ""


def _rows(view: View) -> str:
    return output.many(view.rows, "row").capitalize()


def _pace(view: View) -> str:
    if view.pace.overall is None:
        return "No clip has ended yet"
    lately = words.number(view.pace.lately or 0.0)
    return f"{lately} clips/min lately, {words.number(view.pace.overall)} overall"


def _end(view: View, now: float) -> str:
    if view.over or not view.waiting:
        return ""
    if view.expected_end is None:
        idle = "" if view.pace.overall is None else ": nothing has ended lately"
        return "Expected end not known" + (": nobody is at work" if view.unattended else idle)
    left = view.expected_end - now
    return f"Expected end {_clock(view.expected_end, now)}, in {words.seconds(max(1, round(left)))}"


def _clock(at: float, now: float | None = None) -> str:
    """An instant in the time of this place; with its day if that is another than today."""
    when = datetime.fromtimestamp(at).astimezone()
    today = now is None or when.date() == datetime.fromtimestamp(now).date()
    return f"{when:%H:%M:%S %Z}" if today else f"{when:%Y-%m-%d %H:%M %Z}"


def _parts(view: View, now: float, *, room: int | None) -> Iterator[Part]:
    """What stands below the head, in as many lines as there is room for; what tells most is given room first."""
    reasons = [
        (f"{one.rows:,}", Text(_why(one, now), style="yellow" if one.why in WRONG else "")) for one in view.reasons
    ]
    failures = [(f"{one.rows:,}", Text(contracts.visible(_failed(one)), style="red")) for one in view.failures]
    refused = [("file", Text(contracts.visible(one.reason), style="yellow")) for one in view.refused]
    offenders = list(_offenders(view))
    wanted = [
        min(len(reasons), REASONS_SHOWN),
        min(len(view.shards), SHARDS_SHOWN),
        min(len(failures), FAILURES_SHOWN),
        min(len(refused), FAILURES_SHOWN),
        len(offenders),
    ]
    if room is not None:
        wanted = _fit(wanted, [3, 3, 2, 2, 3], room)
    titles = [
        ("wait", "why"),
        ("shard", "clips"),
        ("failed", "variant, engine, and why"),
        ("refused", "from the inbox, and why"),
        ("worst", "clips: most tries, longest render, last failures"),
    ]
    every = [reasons, _bars(view.shards, wanted[1]), failures, refused, offenders]
    for (amounts, heading), lines, most in zip(titles, every, wanted, strict=True):
        if lines and most:
            yield Part(heading=heading, amounts=amounts, lines=_cut(lines, most))


def _fit(wanted: list[int], least: list[int], room: int) -> list[int]:
    """Share out the lines: first what each needs at least, the rest in order; each has a line for its heading."""
    given = [0] * len(wanted)
    for share in (least, wanted):
        for place, want in enumerate(wanted):
            more = min(want, share[place]) - given[place]
            heading = 1 if want and not given[place] else 0
            if (more := min(more, room - heading)) > 0:
                given[place] += more
                room -= more + heading
    return given


def _cut(lines: Sequence[tuple[str, RenderableType]], most: int) -> Sequence[tuple[str, RenderableType]]:
    if len(lines) <= most or most == 1:
        return lines[:most]
    return [*lines[: most - 1], ("", Text(f"… and {len(lines) - most + 1} more", style="dim"))]


def _bars(shards: Sequence[ShardView], most: int) -> list[tuple[str, RenderableType]]:
    """The shards that are under way first, then those that are not begun, then those that are done."""
    order = sorted(shards, key=lambda one: (one.done == one.clips, one.done == 0, one.shard))
    shown = order if len(order) <= most else order[: max(0, most - 1)]
    lines: list[tuple[str, RenderableType]] = [
        (str(one.shard), _of_shard(one)) for one in sorted(shown, key=lambda one: one.shard)
    ]
    if left := order[len(shown) :]:
        done = sum(one.done == one.clips for one in left)
        idle = sum(one.done == 0 for one in left)
        lines.append(("", Text(f"… and {len(left)} more: {done} done, {idle} without a clip", style="dim")))
    return lines


def _of_shard(one: ShardView) -> RenderableType:
    row = Table.grid(padding=(0, 1))
    row.add_row(_bar(one.done, one.clips, width=BAR), f"{one.done:,}/{one.clips:,}")
    return row


def _bar(done: int, clips: int, *, width: int) -> ProgressBar:
    return ProgressBar(total=max(1, clips), completed=done, width=width)


def _why(one: Reason, now: float) -> str:
    lasts = f", for {words.seconds(max(0, round(now - one.since)))}" if one.since is not None else ""
    where = f" (shard {one.shards[0]})" if one.why is Why.SHARD and len(one.shards) == 1 else ""
    return contracts.visible(f"{one.text}{where}{lasts}")


def _failed(one: Failures) -> str:
    whose = ", ".join(filter(None, (one.variant, one.engine)))
    return f"{whose}: {one.reason}" if whose else one.reason


def _offenders(view: View) -> Iterator[tuple[str, RenderableType]]:
    told = {
        "tries": [f"{one.name}, {one.amount:g} in vain: {one.about}" for one in view.most_tried if one.amount > 1],
        "slow": [f"{one.name} {words.seconds(one.amount)}" for one in view.slowest],
        "failed": [f"{one.name} at {_clock(one.amount)}" for one in view.failed_last],
    }
    for what, some in told.items():
        if some:
            yield what, Text(contracts.visible("; ".join(some)))


def _line(text: str, style: str, *, fold: bool) -> RenderableType:
    return Text(contracts.visible(text), style=style, no_wrap=not fold, overflow="fold" if fold else "ellipsis")


def _table(part: Part, *, fold: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(part.amounts, justify="right", min_width=6, no_wrap=True)
    table.add_column(part.heading, overflow="fold" if fold else "ellipsis", no_wrap=not fold)
    for amount, what in part.lines:
        table.add_row(amount, what)
    return table
