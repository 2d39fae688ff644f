"""``nightreel status BATCH --watch``: in a log, as lines of JSON, and live on a terminal."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from render import pipeline
from render.cli import main
from render.cli.watch import Lines, Log, Picture, _fit
from render.farm.waiting import Reason, Why
from render.model import End, ManifestFile, RefusedManifest
from render.settings import Settings, load
from render.watching.pace import Pace
from render.watching.view import Failures, Offender, ShardView, View
from render.watching.watch import Look

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)

VIEW = View(
    batch="run-1-abc",
    store="s3://bucket/store",
    at=NOW.timestamp(),
    state="under way",
    rows=40,
    waiting=20,
    ends={End.PUBLISHED: 18, End.FAILED: 2},
    clips=40,
    done=20,
    shards=[ShardView(shard=number, done=10 - 5 * number % 15, clips=10) for number in range(4)],
    pace=Pace(lately=12.0, overall=10.0, seconds_left=100.0),
    cpu_seconds=63.0,
    cost=0.5,
    reasons=[
        Reason(why=Why.AT_WORK, about="worker 0", rows=1, since=NOW.timestamp() - 12),
        Reason(why=Why.LACKING, about="GPU=1", rows=19),
    ],
    refused=[],
    failures=[Failures(variant="calm", engine="testcard", reason="The lamp\x1b[2J broke.", rows=2)],
    failed_last=[Offender(name="row 3 e/calm", fingerprint="f", about="The lamp broke.", amount=NOW.timestamp())],
    slowest=[Offender(name="row 4 e/wild", fingerprint="f", about="testcard", amount=9.5)],
    most_tried=[Offender(name="row 3 e/calm", fingerprint="f", about="The lamp broke.", amount=3)],
    scheduler="tcp://127.0.0.1:8786",
    workers=2,
    report="",
)

REFUSED = RefusedManifest(
    file=ManifestFile(url="s3://bucket/inbox/b.csv", sha256="0" * 64, bytes=9),
    reason="s3://bucket/inbox/b.csv has no column prompt.",
)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("NIGHTREEL_SCRATCH", str(tmp_path / "scratch"))
    return load()


@pytest.fixture
def batch(settings: Settings, manifest: Callable[..., Path], tmp_path: Path) -> str:
    """A planned batch of two clips at which nobody is at work."""
    path = manifest(tmp_path / "m.parquet", [{"variant": name, "prompt": name} for name in ("one", "two")])
    made = pipeline.intake(settings, manifest=str(path), run_key="run-1", now=NOW)
    pipeline.plan(settings, made.id, now=NOW)
    return made.id


def later(view: View, seconds: float) -> Look:
    pace = replace(view.pace, seconds_left=(view.pace.seconds_left or 0) - seconds)
    return Look(view=replace(view, at=view.at + seconds, pace=pace))


def test_a_log_gets_a_block_when_something_has_changed(capfd: pytest.CaptureFixture[str]) -> None:
    show = Log()
    assert show(Look(view=VIEW))
    block = capfd.readouterr().out
    for told in (
        "Batch run-1-abc: under way",
        "20 of 40 clips rendered. 40 rows: 18 published, 2 failed, 20 wait",
        "12 clips/min lately, 10 overall. Expected end ",
        ", in 1 min 40 s",
        "CPU 1 min 03 s, $0.50; 2 workers at tcp://127.0.0.1:8786",
        "1  in the making on worker 0, for 12 s",
        "19  no worker offers GPU=1",
        "10/10",
        "2  calm, testcard: The lamp",
        "row 3 e/calm, 3 in vain: The lamp broke.",
        "row 4 e/wild 9.5 s",
    ):
        assert told in block
    assert "\x1b" not in block, "what a reason holds is no order to the terminal"
    show(later(VIEW, 5))
    assert capfd.readouterr().out == ""
    show(later(replace(VIEW, done=21), 9))
    assert "21 of 40 clips" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("change", "head"),
    [
        ({"waiting": 0, "reasons": []}, "Batch run-1-abc: publishing, or its run has stopped\n"),
        ({"state": "taken in"}, "Not planned yet: its manifest is being read and planned, or its run has stopped."),
        *(
            (
                {"reasons": [Reason(why=why, about="nobody was asked", rows=20)]},
                "No run is known to be at work on it; this goes on looking.\n",
            )
            for why in (Why.NO_RUN, Why.UNKNOWN)
        ),
    ],
)
def test_where_a_run_may_have_stopped_unseen_the_next_command_is_named(
    change: dict[str, object], head: str, settings: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing tells a run that died before it had published from one that publishes, or one on an unknown cluster."""
    view, status = replace(VIEW, **change), "If it has stopped: nightreel status run-1-abc"
    Log()(Look(view=replace(view, store=settings.store)))
    told = capfd.readouterr().out
    assert head in told
    assert ("Expected end not known: nobody is at work\n" in told) == ("No run" in head)
    assert f"{status}  (says how to go on)" in told
    Log()(Look(view=replace(view, store="s3://bucket/x")))
    assert f"{status} --store s3://bucket/x  (" in capfd.readouterr().out
    Log()(Look(view=VIEW))
    Log()(Look(view=replace(view, state="finished", waiting=0, reasons=[])))
    assert "stopped" not in capfd.readouterr().out


def test_a_log_is_told_once_that_storage_is_away_and_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    show, away = Log(), Look(view=VIEW, trouble="The bucket does not answer.")
    show(Look(view=VIEW))
    capfd.readouterr()
    show(away)
    show(away)
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err.count("The bucket does not answer.") == 1
    show(Look(view=VIEW))
    assert "run-1-abc" in capfd.readouterr().out


def test_json_is_a_line_for_each_change(capfd: pytest.CaptureFixture[str]) -> None:
    show = Lines()
    looks = (Look(view=VIEW), later(VIEW, 2), Look(view=VIEW, trouble="Away."), later(replace(VIEW, waiting=19), 4))
    for look in looks:
        assert show(look)
    told = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(one["waiting"], one["trouble"]) for one in told] == [(20, ""), (20, "Away."), (19, "")]
    assert told[0]["reasons"][1] == {
        "why": "lacking", "text": "no worker offers GPU=1", "rows": 19, "since": None, "shards": []
    }  # fmt: skip


def test_nobody_is_shown_anything_who_has_gone_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind `| head`: there is nothing to watch for any more."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as gone:
        monkeypatch.setattr("sys.stdout", gone)
        assert not Log()(Look(view=VIEW))


@pytest.mark.parametrize(("height", "width"), [(24, 80), (40, 120), (12, 60), (5, 30)])
def test_a_live_picture_fits_the_screen(height: int, width: int) -> None:
    from rich.console import Console

    many = replace(
        VIEW,
        shards=[ShardView(shard=number, done=number % 3, clips=2) for number in range(200)],
        reasons=[Reason(why=Why.AT_WORK, about=f"worker {number} {'x' * 200}") for number in range(30)],
        failures=VIEW.failures * 30,
        refused=[REFUSED] * 30,
    )
    console = Console(height=height, width=width, file=io.StringIO())
    lines = console.render_lines(Picture(Look(view=many, trouble="Away."), live=True), pad=False)
    if height > 6:
        assert len(lines) <= height
    assert max(sum(segment.cell_length for segment in line) for line in lines) <= width


def test_a_small_screen_has_room_for_the_worst_clips_beside_many_shards() -> None:
    from rich.console import Console

    view = replace(VIEW, shards=[ShardView(shard=number, done=0, clips=2) for number in range(200)])
    console = Console(height=24, width=80, file=io.StringIO())
    console.print(Picture(Look(view=view), live=True))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    for told in (
        "no worker offers GPU=1",
        " without a clip",
        "calm, testcard",
        "3 in vain",
        "9.5 s",
        "row 3 e/calm at",
    ):
        assert told in shown


def test_a_file_that_was_refused_is_named_with_its_reason(capfd: pytest.CaptureFixture[str]) -> None:
    view = replace(VIEW, refused=[REFUSED])
    assert Log()(Look(view=view))
    assert "file  s3://bucket/inbox/b.csv has no column prompt." in capfd.readouterr().out
    assert Lines()(Look(view=view))
    told = json.loads(capfd.readouterr().out)
    assert told["refused"] == [{"url": REFUSED.file.url, "reason": REFUSED.reason}]


def test_lines_are_shared_out_by_what_tells_most() -> None:
    assert _fit([20, 20, 5, 3], [3, 3, 1, 1], 100) == [20, 20, 5, 3]
    assert _fit([20, 20, 5, 3], [3, 3, 1, 1], 12) == [3, 3, 1, 1]
    assert _fit([20, 20, 5, 3], [3, 3, 1, 1], 20) == [11, 3, 1, 1]
    assert _fit([0, 2, 0, 1], [3, 3, 1, 1], 3) == [0, 2, 0, 0]
    assert _fit([9, 9, 9, 9], [3, 3, 1, 1], 0) == [0, 0, 0, 0]


def test_a_batch_that_is_over_is_shown_once_and_ends_as_its_run_does(
    settings: Settings, batch: str, capfd: pytest.CaptureFixture[str]
) -> None:
    pipeline.cancel(settings, batch, now=NOW)
    assert main(["status", batch, "--watch"]) == 4
    assert "2 rows: 2 failed" in capfd.readouterr().out
    assert main(["status", batch, "--watch", "--json"]) == 4
    (line,) = capfd.readouterr().out.splitlines()
    assert json.loads(line)["state"] == "cancelled"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--watch"], "names? it|name it"),
        (["run-1", "--every", "3"], "go with --watch"),
        (["run-1", "--scheduler", "tcp://x:1"], "go with --watch"),
        (["run-1", "--watch", "--every", "0.1"], "0.5"),
    ],
)
def test_calls_that_make_no_sense_are_refused(
    settings: Settings, arguments: list[str], told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", *arguments]) == 2
    assert re.search(told, capfd.readouterr().err)


class Terminal:
    """The program on a pseudo-terminal, and what it has written there."""

    def __init__(self, child: subprocess.Popen[bytes], master: int) -> None:
        self.child, self.text, self._master = child, "", master

    def until(self, fits: Callable[[str], bool]) -> None:
        """Read until what was written fits, or the program has closed its side."""
        deadline = time.monotonic() + 60
        while not fits(self.text):
            assert time.monotonic() < deadline, self.text
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self._master, 65536).decode()
                except OSError:
                    return

    @property
    def frames(self) -> list[str]:
        """What was drawn, each time, without colours."""
        plain = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", one) for one in self.text.split("\x1b[H")]
        return ["\n".join(line.rstrip() for line in one.splitlines()) for one in plain]


@pytest.fixture
def on_terminal(program: type, tmp_path: Path) -> Callable[..., object]:
    @contextmanager
    def start(*arguments: object) -> Iterator[Terminal]:
        nightreel = program(tmp_path)
        env = {name: value for name, value in nightreel.env.items() if name not in {"NO_COLOR", "CI"}}
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        before = termios.tcgetattr(slave)
        child = subprocess.Popen(
            nightreel.command(*arguments), stdin=slave, stdout=slave, stderr=slave, cwd=tmp_path,
            env=env | {"TERM": "xterm-256color"}, start_new_session=True,
        )  # fmt: skip
        try:
            yield Terminal(child, master)
            assert termios.tcgetattr(slave) == before
        finally:
            child.kill()
            child.wait()
            os.close(master)
            os.close(slave)

    return start


def assert_sane(terminal: Terminal) -> None:
    """The first screen is back and the cursor is seen."""
    for on, off in (("\x1b[?1049h", "\x1b[?1049l"), ("\x1b[?25l", "\x1b[?25h")):
        assert terminal.text.rindex(off) > terminal.text.rindex(on)


@pytest.mark.slow
def test_a_terminal_is_drawn_anew_and_is_left_as_it_was(
    settings: Settings, batch: str, on_terminal: Callable[..., Iterator[Terminal]]
) -> None:
    with on_terminal("status", batch, "--watch", "--every", "0.5") as terminal:
        terminal.until(lambda text: "2  not known: no farm of this machine" in text)
        drawn = len(terminal.frames)
        pipeline.cancel(settings, batch, now=NOW)
        terminal.until(
            lambda text: text.count("\x1b[?1049l") > 0 and "2 rows: 2 failed" in text.split("\x1b[?1049l")[-1]
        )
        assert terminal.child.wait(timeout=30) == 4
    assert_sane(terminal)
    assert len(terminal.frames) > drawn
    assert all(len(frame.splitlines()) <= 24 for frame in terminal.frames[1:-1])


@pytest.mark.slow
def test_ctrl_c_ends_the_watching_and_not_the_batch(
    settings: Settings, batch: str, on_terminal: Callable[..., Iterator[Terminal]]
) -> None:
    with on_terminal("status", batch, "--watch") as terminal:
        terminal.until(lambda text: "0 of 2 clips rendered" in text)
        terminal.child.send_signal(signal.SIGINT)
        terminal.until(lambda text: "To watch on" in text)
        assert terminal.child.wait(timeout=30) == 3
    assert_sane(terminal)
    assert "stopped watching; the batch is not touched" in terminal.text
    assert pipeline.status(settings, batch).state == "planned"
