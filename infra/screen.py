"""What the demo shows while it runs: live bars on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from render.cli.output import many
from render.cli.summary import told
from render.model import End
from render.status import ClipStatus, Status


class Screen:
    """Shows a batch's shards and clips as the store tells of them. A context manager while it is live."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(
            highlight=False, markup=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else 120
        )
        self._live = self._console.is_terminal
        self._start = time.monotonic()
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._shards: dict[int, TaskID] = {}
        self._plan_told = False
        self._firsts_told: set[bool] = set()
        self._told: set[str] = set()
        self._told_of: Counter[int | None] = Counter()

    def __enter__(self) -> Self:
        if self._live:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def say(self, text: str) -> None:
        """Print lines that stay."""
        self._console.print(text)

    def print(self, what: RenderableType) -> None:
        """Print a table."""
        self._console.print(what, soft_wrap=False)

    def sum_up(self, status: Status, seconds: float) -> None:
        """Print how every row ended, and where the report is."""
        if status.clips or status.quarantined:
            self.print(ends_table(status))
            ends = ", ".join(f"{count} {end}" for end, count in status.ends.items() if count)
            self.say(f"{status.rows} rows in {seconds:.0f} s: {ends}.")
        if stand_ins := status.clips.stand_ins:
            self.say(f"Stand-ins among them: {many(stand_ins, 'clip')}, which the table names.")
        if status.report:
            self.say(f"Report: {status.report}")

    def show(self, status: Status) -> None:
        """Tell what is new since the last call; rows of one clip count once."""
        if not status.clips:
            return
        clips: dict[str, ClipStatus] = {}
        for clip in status.clips:
            clips.setdefault(clip.fingerprint, clip)
        sizes = Counter(clip.shard for clip in clips.values() if clip.shard is not None)
        if not self._plan_told:
            self._tell_plan(status, sizes)
        done: Counter[int] = Counter()
        for clip in clips.values():
            if not clip.uri and clip.end is None:
                continue
            if clip.shard is not None:
                done[clip.shard] += 1
            if clip.fingerprint not in self._told:
                self._tell_clip(clip, sizes)
        for shard, bar in self._shards.items():
            self._bars.update(bar, completed=done[shard])

    def _tell_plan(self, status: Status, sizes: Counter[int]) -> None:
        self._plan_told = True
        refused = len({fault.row for fault in status.quarantined})
        reused = sum(clip.shard is None for clip in status.clips)
        self.say(
            f"Planned {status.rows} rows: {many(sizes.total(), 'clip')} to render in {many(len(sizes), 'shard')}, "
            f"{reused} reused, {many(len(status.clips) - reused - sizes.total(), 'duplicate')}, {refused} quarantined."
        )
        for shard in sorted(sizes):
            self._shards[shard] = self._bars.add_task(f"shard {shard}", total=sizes[shard])

    def _tell_clip(self, clip: ClipStatus, sizes: Counter[int]) -> None:
        self._told.add(clip.fingerprint)
        self._told_of[clip.shard] += 1
        seconds = time.monotonic() - self._start
        made_here = clip.shard is not None
        if clip.uri and made_here not in self._firsts_told:
            self._firsts_told.add(made_here)
            what = f"First clip {f'after {seconds:.0f} s' if made_here else 'made earlier'}: "
            name = Text(clip.name, style=f"link {clip.uri}") if self._live else clip.uri
            self._console.print(Text.assemble(what, name))
        if clip.shard is None or (self._live and clip.end is not End.FAILED):
            return
        place = f"shard {clip.shard}  {self._told_of[clip.shard]}/{sizes[clip.shard]}"
        self.say(f"{seconds:4.0f} s  {place}  {clip.name}: {clip.uri or f'{clip.end}: {clip.reason}'}")


def ends_table(status: Status) -> Table:
    """Every row's end, in row order."""
    table = Table(box=None, pad_edge=False)
    for heading in ("row", "experiment", "variant", "end", "rendered in", "reason"):
        table.add_column(heading, justify="right" if heading in {"row", "rendered in"} else "left", overflow="fold")
    lines = [
        (clip.row, clip.experiment, clip.variant, clip.end or "waiting", _rendered_in(clip), clip.remark)
        for clip in status.clips
    ]
    lines += [
        (
            fault.row,
            fault.experiment,
            fault.variant,
            End.REJECTED,
            "",
            told(fault),
        )
        for fault in status.quarantined
    ]
    for row, *texts in sorted(lines):
        table.add_row(str(row), *texts)
    return table


def _rendered_in(clip: ClipStatus) -> str:
    """How long it took, if it was made for this row."""
    made_here = clip.shard is not None and clip.uri and clip.end is not End.REUSED
    return f"{clip.render_seconds:.1f} s" if made_here else ""
