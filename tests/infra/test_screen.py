"""What the demo prints while a batch is being made."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from rich.console import Console
from status_rows import rows

from infra.screen import Screen, ends_table
from render.model import Decision, End, Fault
from render.status import ClipStatus, Status


def clip(row: int, *, shard: int | None, end: End | None = None, uri: str = "", reason: str = "") -> ClipStatus:
    return ClipStatus(
        row=row,
        experiment="spring",
        variant="calm",
        fingerprint=f"{row:064x}",
        engine="testcard",
        decision=Decision.RENDER,
        shard=shard,
        end=end,
        ended_at="",
        reason=reason,
        reason_kind=None,
        fix="",
        uri=uri,
        seconds=4.0,
        render_seconds=1.25,
        cpu_seconds=1.0,
        cost=0.0,
        stand_in=False,
    )


def status(*made: ClipStatus) -> Status:
    fault = Fault(row=9, column="seconds", value="-3", reason="Too short.", fix="Say more.")
    return Status(
        batch="b",
        manifest="m",
        run_key="r",
        inbox=False,
        store="s",
        state="planned",
        rows=len(made) + 1,
        waiting=0,
        ends={},
        quarantined=(fault,),
        clips=rows(*made),
        shards={},
        report="",
        elapsed_seconds=0.0,
    )


def shown(screen: Screen, log: io.StringIO, now: Status) -> list[str]:
    start = log.tell()
    screen.show(now)
    return log.getvalue()[start:].splitlines()


def test_a_log_gets_a_line_for_the_plan_the_first_clip_and_each_clip() -> None:
    log = io.StringIO()
    with Screen(Console(file=log, soft_wrap=True)) as screen:
        assert shown(screen, log, status()) == []
        waiting = status(clip(0, shard=0), clip(1, shard=1), clip(2, shard=None, end=End.REUSED, uri="file:///2"))
        planned, first = shown(screen, log, waiting)
        assert planned == "Planned 4 rows: 2 clips to render in 2 shards, 1 reused, 0 duplicates, 1 quarantined."
        assert first == "First clip made earlier: file:///2"
        assert shown(screen, log, waiting) == []
        done = status(
            clip(0, shard=0, end=End.PUBLISHED, uri="file:///0"), clip(1, shard=1, end=End.FAILED, reason="No.")
        )
        first, made, failed = shown(screen, log, done)
        assert first.startswith("First clip after ")
        assert "shard 0  1/1  row 0 spring/calm: file:///0" in made
        assert "shard 1  1/1  row 1 spring/calm: failed: No." in failed


def test_rows_of_one_clip_count_once() -> None:
    """As in `nightreel status`, which says of how many clips it tells."""
    log = io.StringIO()
    made = clip(0, shard=0, end=End.PUBLISHED, uri="file:///0")
    twin = replace(clip(2, shard=0, end=End.REUSED, uri="file:///0"), fingerprint=made.fingerprint)
    with Screen(Console(file=log, soft_wrap=True)) as screen:
        planned, _, line = shown(screen, log, status(made, clip(1, shard=0), twin))
        assert planned == "Planned 4 rows: 2 clips to render in 1 shard, 0 reused, 1 duplicate, 1 quarantined."
        assert "shard 0  1/2  row 0 spring/calm: file:///0" in line


def test_a_terminal_gets_a_bar_for_each_shard_and_the_first_clip() -> None:
    terminal = io.StringIO()
    with Screen(Console(file=terminal, force_terminal=True, width=100, soft_wrap=True)) as screen:
        screen.show(status(clip(0, shard=0, uri=f"file:///0{'x' * 200}"), clip(1, shard=0), clip(2, shard=1)))
    text = terminal.getvalue()
    assert "shard 0" in text
    assert "1/2" in text
    assert "shard 1" in text
    assert "First clip after" in text
    assert max(len(line) for line in plain(text)) <= 100
    assert "file:///0" in text, "as a link"


def plain(text: str) -> list[str]:
    """What a terminal shows: no colours, links as their text."""
    return re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|\]8;[^\x1b]*\x1b\\)", "", text).replace("\r", "\n").splitlines()


def test_the_table_has_every_row_in_order() -> None:
    log = io.StringIO()
    held, reused = (clip(row, shard=0, end=end, uri="file:///x") for row, end in ((4, End.HELD), (5, End.REUSED)))
    table = ends_table(status(clip(3, shard=0, end=End.PUBLISHED, uri="file:///3"), clip(0, shard=0), held, reused))
    Console(file=log, width=100).print(table)
    heading, *lines = log.getvalue().splitlines()
    assert heading.split() == ["row", "experiment", "variant", "end", "rendered", "in", "reason"]
    assert [line.split()[0] for line in lines] == ["0", "3", "4", "5", "9"]
    assert "waiting" in lines[0]
    assert lines[1].split() == ["3", "spring", "calm", "published", "1.2", "s"]
    assert lines[2].split()[3:] == ["held", "1.2", "s"]
    assert lines[3].split()[3:] == ["reused"], "it was not made for this row"
    assert "seconds = -3: Too short." in lines[4]


def test_the_table_says_which_clips_are_stand_ins() -> None:
    log = io.StringIO()
    made = replace(clip(0, shard=0, end=End.REUSED, uri="file:///0", reason="same as row 2"), stand_in=True)
    Console(file=log, width=160).print(ends_table(status(made)))
    remark = "same as row 2; a stand-in: the engine cannot show what the prompt asks for"
    assert log.getvalue().splitlines()[1].rstrip().endswith(remark)


def test_the_last_words_count_the_stand_ins() -> None:
    log = io.StringIO()
    made = replace(clip(0, shard=0, end=End.PUBLISHED, uri="file:///0"), stand_in=True)
    with Screen(Console(file=log, soft_wrap=True)) as screen:
        screen.sum_up(status(made, clip(1, shard=0, end=End.PUBLISHED, uri="file:///1")), 1.0)
    assert "Stand-ins among them: 1 clip, which the table names." in log.getvalue().splitlines()
