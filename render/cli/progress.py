"""Progress of a batch: a live bar on a terminal, plain lines in a log. Everything goes to stderr.

``with Display() as display: pipeline.run(settings, batch_id, now=now, on_plan=display.plan, on_progress=display)``
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Self, TextIO

from render.cli import output
from render.model import Decision
from render.telemetry import logs

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID
    from rich.text import Text

    from render.pipeline import Progress
    from render.store.batches import PlanSummary


QUIET_SECONDS = 20.0
"""How long a log may have no new line while clips are in the making."""


class Display:
    """Shows a batch's plan and each of its clips as it ends; called with what :mod:`render.pipeline` tells of them."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._total = self._done = self._failed = 0
        self._told_at = time.monotonic()
        self._over = threading.Event()
        self._reminder = threading.Thread(target=self._remind, name="reminder", daemon=True)

    def __enter__(self) -> Self:
        if self._stream.isatty() and not logs.lines_only():
            self._bar = _bar(self._stream)
            self._task = self._bar.add_task("reading and planning", total=None, failed="")
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._over.set()
        if self._reminder.is_alive():
            self._reminder.join()

    def plan(self, summary: PlanSummary, made: int, settled: int) -> None:
        """Show what the plan came to, how many of its clips an earlier run has made, and how many are ``settled``."""
        self._total, self._done = sum(summary.shards.values()), settled
        decided = summary.decisions
        gone = decided.get(Decision.WITHDRAWN, 0)
        self.say(
            f"Planned: {output.many(self._total, 'clip')} to render in {output.many(len(summary.shards), 'shard')}, "
            f"{decided[Decision.REUSE]} reused, {output.many(decided[Decision.DUPLICATE], 'duplicate')}, "
            f"{summary.quarantined} quarantined{f', {gone:,} withdrawn' if gone else ''}"
        )
        if made:
            self.say(
                f"Resumed: {made} of the {output.many(self._total, 'clip')} {'is' if made == 1 else 'are'} made already"
            )
        elif self._total:
            self.say(f"Estimated: {estimate(summary)}")
        if summary.tags:
            self.say(output.tags(summary.tags))
        if settled < self._total and self._bar is None:
            self.say("Rendering: the workers start, then a line follows for each clip as it ends")
            self._reminder.start()
        if self._bar is not None and self._task is not None:
            first = "starting workers, rendering" if settled < self._total else "rendering"
            self._bar.update(self._task, description=first, total=self._total, completed=settled, refresh=True)

    def __call__(self, event: Progress) -> None:
        """Show that one clip ended."""
        failed = event.result.state == "failed"
        self._done += 1
        self._failed += failed
        if self._bar is not None and self._task is not None:
            told = f"{self._failed} failed" if self._failed else ""
            self._bar.update(self._task, description="rendering", completed=self._done, failed=told)
            if failed or self._done - self._failed == 1:
                self._bar.console.print(_linked(event))
        else:
            width = len(str(self._total))
            self.say(f"{self._done:>{width}}/{self._total} shard {event.shard}: {describe(event)}")

    def say(self, text: str) -> None:
        """A line that stays: above the bar on a terminal."""
        self._told_at = time.monotonic()
        if self._bar is not None:
            self._bar.console.print(text)
        elif not logs.told(text):
            output.write(f"{text}\n", self._stream)

    def _remind(self) -> None:
        """Tell a log every :data:`QUIET_SECONDS` without another line that clips are still in the making."""
        from render.experiments import words

        began = time.monotonic()
        while not self._over.wait(self._told_at + QUIET_SECONDS - time.monotonic()) and self._done < self._total:
            if (now := time.monotonic()) - self._told_at >= QUIET_SECONDS:
                clips = f"{self._done} of {output.many(self._total, 'clip')}"
                self.say(f"Still rendering: {clips} after {words.seconds(round(now - began))}")


def estimate(summary: PlanSummary) -> str:
    """What rendering a plan takes, as far as that can be told before."""
    from render.experiments import words

    spent, shown = words.seconds(summary.estimate_cpu_seconds), words.seconds(summary.estimate_video_seconds)
    return f"{shown} of video, about {spent} of CPU time, {words.dollars(summary.estimate_cost_usd)}"


def describe(event: Progress) -> str:
    """One line on how one clip ended: where it is, or why it is not."""
    result = event.result
    if result.state == "failed":
        tries = f" after {result.tries} tries" if result.tries > 1 else ""
        return f"failed{tries}: {result.reason or 'no reason given'} ({result.fingerprint[:12]})"
    return f"{result.state} {event.uri or result.fingerprint[:12]}"


def _linked(event: Progress) -> Text:
    """The same for a terminal: an address is longer than its lines, so the clip's fingerprint leads to it."""
    from rich.text import Text

    if not event.uri:
        return Text(describe(event))
    return Text(f"{event.result.state} {event.result.fingerprint[:12]}", style=f"link {event.uri}")


def _bar(stream: TextIO) -> Bar:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]}", style="red"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=output.console(stream),
        redirect_stdout=False,
        redirect_stderr=False,
    )
