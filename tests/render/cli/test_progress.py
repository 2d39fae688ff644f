import io
import re
import threading
from dataclasses import replace

import pytest

from render.cli import progress
from render.cli.progress import Display
from render.model import JobResult, ReasonKind
from render.pipeline import Progress
from render.store.batches import PlanSummary

PLAN = PlanSummary(
    attempt="a",
    rows=4,
    quarantined=1,
    decisions={"render": 2, "duplicate": 1, "reuse": 1, "refuse": 0},
    shards={0: 2},
    reasons={"never rendered": 2},
    estimate_cost_usd=1.5,
    estimate_cpu_seconds=18_847,
    estimate_video_seconds=8,
)


def event(state: str, **more: object) -> Progress:
    result = JobResult(fingerprint="f" * 64, state=state, **more)  # type: ignore[arg-type]
    uri = "" if state == "failed" else "file:///store/clip.mp4"
    return Progress(batch="b", shard=0, result=result, uri=uri, left=0)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def play(stream: io.StringIO, *, made: int = 0, settled: int = 0) -> str:
    with Display(stream) as display:
        display.plan(PLAN, made, settled)
        display(event("failed", reason="No.", reason_kind=ReasonKind.ENGINE, tries=3))
        display(event("made"))
        display.say("Bye [now]")
    return stream.getvalue()


def test_a_log_gets_plain_lines():
    assert play(io.StringIO()).splitlines() == [
        "Planned: 2 clips to render in 1 shard, 1 reused, 1 duplicate, 1 quarantined",
        "Estimated: 8 s of video, about 5 h 14 min of CPU time, $1.50",
        "Rendering: the workers start, then a line follows for each clip as it ends",
        "1/2 shard 0: failed after 3 tries: No. (ffffffffffff)",
        "2/2 shard 0: made file:///store/clip.mp4",
        "Bye [now]",
    ]


def test_a_column_that_looks_misspelt_is_asked_about_before_rendering_begins():
    stream = io.StringIO()
    with Display(stream) as display:
        display.plan(replace(PLAN, tags=("shot",)), 0, 0)
    *_, asked, begins = stream.getvalue().splitlines()
    assert asked == "Column `shot` is kept as a tag. Did you mean `shots`?"
    assert begins.startswith("Rendering")


def test_a_log_hears_now_and_then_that_clips_are_still_in_the_making(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.05)
    told = threading.Event()

    class Log(io.StringIO):
        def write(self, text: str) -> int:
            if text.startswith("Still"):
                told.set()
            return super().write(text)

    stream = Log()
    with Display(stream) as display:
        display.plan(PLAN, 0, 0)
        assert told.wait(10)
        display(event("made"))
        display(event("made"))
    assert re.search(r"^Still rendering: 0 of 2 clips after \d+ s$", stream.getvalue(), re.MULTILINE)
    assert not [thread for thread in threading.enumerate() if thread.name == "reminder"], "it ends with the display"


def test_a_bar_says_that_workers_start_until_the_first_clip_ends(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    with Display(stream) as display:
        display.plan(PLAN, 0, 0)
        assert "starting workers" in stream.getvalue()
        display(event("made"))
    assert "starting workers" not in stream.getvalue().rpartition("\x1b[2K")[2], "the bar as it stays"


def test_a_resumed_batch_says_what_is_made_already():
    assert "Resumed: 1 of the 2 clips is made already" in play(io.StringIO(), made=1).splitlines()


def test_what_is_settled_is_counted_from_the_start():
    stream = io.StringIO()
    with Display(stream) as display:
        display.plan(PLAN, 1, 1)
        display(event("made"))
    assert stream.getvalue().splitlines()[-1].startswith("2/2 ")


def test_a_terminal_gets_a_bar_and_lines_above_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    text = play(Terminal())
    assert "\x1b[" in text
    for words in ("failed after 3 tries: No.", "made ffffffffffff", "Bye [now]", "2/2", "1 failed"):
        assert words in text
    assert "file:///store/clip.mp4" in text, "as a link"


@pytest.mark.parametrize("width", [40, 80, 100])
def test_no_line_is_wider_than_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", str(width))
    text = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|\]8;[^\x1b]*\x1b\\)", "", play(Terminal())).replace("\r", "\n")
    assert max(map(len, text.splitlines())) <= width
    assert "Planned: 2 clips to render in 1 shard" in " ".join(text.split())
