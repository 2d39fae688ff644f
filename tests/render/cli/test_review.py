"""``nightreel review``: what people and programs are told of held rows and of decisions. Jobs run in this process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from in_process import InProcess

from render import pipeline, review
from render.checks import policy
from render.cli import main
from render.farm import dispatch
from render.model import End
from render.settings import load

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
LIMIT = "{check: black, figure: mean_luma, max: 0.5, outcome: hold, reason: It is too light., fix: Look at it.}"


@pytest.fixture
def batch(manifest: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A batch of which rows 0 and 1 are held."""
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("NIGHTREEL_SCRATCH", str(tmp_path / "scratch"))
    strict = policy.parse(f"title: A test.\nlimits: [{LIMIT}]", source="test")
    monkeypatch.setattr(policy, "load", lambda _: strict)
    monkeypatch.setattr(dispatch, "run", InProcess().run)
    path = manifest(tmp_path / "m.parquet", [{"variant": name, "prompt": name} for name in ("a", "b")])
    settings = load(scheduler="tcp://127.0.0.1:1")
    batch = pipeline.intake(settings, manifest=str(path), run_key="k", now=NOW).id
    assert pipeline.run(settings, batch, now=lambda: NOW).ends == {End.HELD: 2}
    return batch


def test_the_way_of_a_person_from_the_status_to_the_decision(batch: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Status and report name the command, the list names the next one, and afterwards nothing waits."""
    assert main(["status", batch]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == f"Next: nightreel review {batch}"
    report = Path(pipeline.status(load(), batch).report.removeprefix("file://"))
    assert f"nightreel review {batch}" in report.read_text("utf-8")

    assert main(["review", batch[-12:]]) == 0
    told = capfd.readouterr().out
    assert "It is too light." in told
    assert f"Watch them: file://{report}" in told
    assert f'Next: nightreel review {batch} --approve ROW… --by WHO --comment "WHY"' in told

    assert main(["review", batch, "--approve", "1", "--by", "ann", "--comment", "It is meant so"]) == 0
    assert capfd.readouterr().out.splitlines() == [f"1 row approved in batch {batch}.", f"Report: file://{report}"]
    assert "It is meant so" in report.read_text("utf-8")
    assert main(["review", batch, "--refuse", "--all", "--by", "ann", "--comment", "x"]) == 0
    capfd.readouterr()
    assert main(["review", batch]) == 0
    assert capfd.readouterr().out == f"No row of batch {batch} waits for a person.\n"


def test_programs_get_documents_and_whoever_comes_second_a_two(
    batch: str, said: Callable[..., tuple[int, Any]]
) -> None:
    """A row that somebody decided otherwise is told, with who and why; decided alike it is no error."""
    code, document = said("review", batch)
    assert code == 0
    assert [(one["row"], one["check"], one["review"]) for one in document["held"]] == [
        (0, "black", None), (1, "black", None),
    ]  # fmt: skip
    code, document = said("review", batch, "0", "--approve", "--by", "ann", "--comment", "fine")
    assert (code, document["decided"]["rows"], document["before"]) == (0, [0], [])
    assert (document["ends"]["published"], document["ends"]["held"]) == (1, 1)
    assert said("review", batch, "0", "--approve", "--by", "ben", "--comment", "fine")[0] == 0
    code, document = said("review", batch, "0", "1", "--refuse", "--by", "ben", "--comment", "no")
    (before,) = document["before"]
    assert code == 2
    assert (before["row"], before["approved"], before["by"], before["comment"]) == (0, True, "ann", "fine")
    assert document["decided"]["rows"] == [1]
    assert (document["ends"]["published"], document["ends"]["rejected"]) == (1, 1)


def test_rows_whose_clip_is_gone_are_told(
    batch: str, said: Callable[..., tuple[int, Any]], capfd: pytest.CaptureFixture[str]
) -> None:
    """Those that were not approved, and those that an interrupted approval will not publish."""
    approval = ("--approve", "--all", "--by", "ann", "--comment", "fine")
    clips = [Path(one.uri.removeprefix("file://")) for one in review.held(load(), batch)]
    clips[0].unlink()
    code, document = said("review", batch, *approval)
    assert (code, document["decided"]["rows"], document["without_clip"]) == (0, [1], [0])
    assert main(["review", batch, *approval]) == 0
    told = capfd.readouterr()
    assert told.out.startswith("0 rows approved")
    assert "not approved, row 0: its clip has been deleted. Refuse it, or run its manifest again." in told.err


def test_the_list_says_what_becomes_of_an_interrupted_approval_whose_clip_is_gone(
    batch: str, capfd: pytest.CaptureFixture[str]
) -> None:
    review.decide(load(), batch, approved=True, rows=[0], by="ann", comment="fine", now=NOW)
    Path(review.held(load(), batch)[0].uri.removeprefix("file://")).unlink()
    assert main(["review", batch]) == 0
    told = " ".join(capfd.readouterr().out.split())
    assert 'Approved by ann: "fine". It was interrupted: give that command again.' in told
    assert "Its clip has been deleted, so that rejects it." in told
    assert main(["review", batch, "0", "--approve", "--by", "ann", "--comment", "fine"]) == 0
    assert pipeline.status(load(), batch).ends == {End.REJECTED: 1, End.HELD: 1}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--approve", "--refuse", "--all"], "Choose one of --approve and --refuse."),
        (["--approve"], "Name the rows"),
        (["--approve", "0", "--all"], "Name the rows"),
        (["--approve", "0", "--by", "ann"], "Say who decides and why"),
        (["0"], "Say what is decided"),
        (["--approve", "7", "--by", "ann", "--comment", "x"], "there is no row 7"),
    ],
)
def test_a_call_that_is_wrong_says_what_to_change(
    batch: str, arguments: list[str], told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """And decides nothing."""
    assert main(["review", batch, *arguments]) == 2
    assert told in capfd.readouterr().err
    assert pipeline.status(load(), batch).ends == {End.HELD: 2}
