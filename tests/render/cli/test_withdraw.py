"""``nightreel withdraw``: it says what would go, and does it with ``--yes`` alone."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from in_process import NOW, InProcess, go, write

from render import pipeline
from render.cli import main
from render.farm import dispatch
from render.settings import load
from render.status import Status
from render.store import layout, tombstones
from render.store.objects import open_store

Said = Callable[..., tuple[int, Any]]


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Status:
    """A batch of two clips and a duplicate in the store that commands use."""
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("NIGHTREEL_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setattr(dispatch, "run", InProcess().run)
    return go(load(), write(tmp_path / "m.parquet", "one", "two", "one"))


def test_without_yes_nothing_goes(batch: Status, said: Said, tmp_path: Path):
    clip = batch.clips[0]
    code, told = said("withdraw", clip.fingerprint[:10], "--reason", "consent revoked")
    store = open_store(str(tmp_path / "store"))
    lying = list(store.entries(layout.clip(clip.fingerprint)))
    assert code == 0
    assert told == {
        "store": store.url,
        "withdrawn": False,
        "clips": [{"fingerprint": clip.fingerprint}],
        "objects": len(lying),
        "bytes": sum(entry.bytes for entry in lying),
        "rows": 2,
        "batches": {batch.batch: 2},
        "unread": [],
    }
    assert lying
    assert store.list(layout.TOMBSTONES) == []


def test_what_cannot_be_read_is_told_and_the_rest_counted(
    batch: Status, said: Said, capfd: pytest.CaptureFixture[str], tmp_path: Path
):
    """An unrelated batch that is not published has lost its plan: whoever asks first is as well off as who does it."""
    manifest = write(tmp_path / "n.parquet", "three")
    other = pipeline.intake(load(), manifest=manifest, run_key="other", now=NOW)
    plan = layout.plan(other.id, pipeline.plan(load(), other.id, now=NOW).attempt)
    open_store(str(tmp_path / "store")).delete(plan)
    given = ("withdraw", batch.clips[0].fingerprint, "--reason", "over")
    code, told = said(*given)
    assert (code, told["batches"]) == (0, {batch.batch: 2})
    assert [plan in one for one in told["unread"]] == [True]
    assert main(list(given)) == 0
    assert f"more rows may want them. Rows of batch {other.id}: " in capfd.readouterr().err


def test_what_it_prints_does_it(batch: Status, capfd: pytest.CaptureFixture[str]):
    """The command in the last line, given as it stands, takes the clips down by the login's name."""
    import shlex

    uri = batch.clips[0].uri
    assert main(["withdraw", uri, "--reason", "it's over"]) == 0
    shown = capfd.readouterr().out
    assert "1 clip in" in shown
    assert "2 rows of 1 batch" in shown
    assert main(shlex.split(shown.splitlines()[-1].partition(": ")[2])[1:]) == 0
    done = capfd.readouterr()
    assert f"by {getpass.getuser()}: it's over" in done.out
    assert "; 2 rows of 1 batch are withdrawn; " in done.out
    assert "exported or mailed" in done.err


def test_a_withdrawn_clip_is_told_of_by_verify_and_status(
    batch: Status, said: Said, capfd: pytest.CaptureFixture[str], tmp_path: Path
):
    """By its beginning, its URI, and a copy that was handed on before; given again it is no error."""
    clip = min(batch.clips, key=lambda clip: clip.fingerprint)  # test cards of one size are the same film
    rows = sum(one.fingerprint == clip.fingerprint for one in batch.clips)
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(Path(clip.uri.removeprefix("file://")).read_bytes())
    given = ("withdraw", str(copy), "--reason", "consent revoked", "--by", "legal", "--yes")
    code, told = said(*given)
    assert (code, told["rows"], told["clips"][0]["withdrawn_by"]) == (0, rows, "legal")
    for name in (clip.fingerprint[:8], clip.uri, str(copy)):
        assert main(["verify", name, "--json"]) == 2
        shown = capfd.readouterr()
        assert json.loads(shown.out)["error"]["kind"] == "Withdrawn"
        assert "by legal: consent revoked" in shown.err
    code, status = said("status", batch.batch)
    assert (code, status["ends"]["withdrawn"]) == (0, rows)
    assert [one["uri"] == "" for one in status["clips"]] == [
        one["fingerprint"] == clip.fingerprint for one in status["clips"]
    ]
    code, again = said(*given)
    assert (code, again["objects"], again["clips"]) == (0, 0, told["clips"])


def test_who_comes_second_is_told_whose_word_counts(batch: Status, said: Said, capfd: pytest.CaptureFixture[str]):
    """Of clips that were withdrawn before: how many, when, by whom and why, once for all of them."""
    first, second = (batch.clips[row].fingerprint for row in (0, 1))
    assert main(["withdraw", first, "--reason", "consent revoked", "--by", "ada", "--yes"]) == 0
    assert "before" not in capfd.readouterr().out
    again = ["withdraw", "--batch", batch.batch, "--reason", "wrong logo", "--by", "ben"]
    assert main([*again, "--yes"]) == 0
    shown = capfd.readouterr().out.splitlines()
    assert shown[0].startswith(f"{second[:12]} taken down on ")
    assert shown[0].endswith("by ben: wrong logo")
    assert shown[1].startswith(f"{first[:12]} was taken down before, on ")
    assert shown[1].endswith("by ada: consent revoked")
    assert shown[2].startswith("What was said first counts")
    code, told = said(*again, "--yes")
    assert (code, sorted(told["before"])) == (0, sorted([first, second]))
    assert main(["withdraw", first, "--reason", "consent revoked", "--by", "ada", "--yes"]) == 0
    assert "What was said first" not in capfd.readouterr().out, "the same command, to complete it"


def test_clips_that_went_together_are_told_of_together(batch: Status, capfd: pytest.CaptureFixture[str]):
    whole = ["withdraw", "--batch", batch.batch, "--reason", "wrong logo", "--by", "ben"]
    assert main([*whole, "--yes"]) == 0
    capfd.readouterr()
    assert main(whole) == 0
    shown = capfd.readouterr().out.splitlines()
    assert shown[0].startswith("2 clips, such as ")
    assert "were taken down before, on 20" in shown[0]


def test_a_clip_that_was_taken_down_is_no_stand_in_any_more(batch: Status, capfd: pytest.CaptureFixture[str]):
    assert main(["status", batch.batch]) == 0
    assert "2 clips are stand-ins." in capfd.readouterr().out, "test cards"
    for gone, left in ((0, "1 clip is a stand-in."), (1, None)):
        assert main(["withdraw", batch.clips[gone].fingerprint, "--reason", "why", "--yes"]) == 0
        capfd.readouterr()
        assert main(["status", batch.batch]) == 0
        shown = capfd.readouterr().out
        assert left in shown if left else "stand-in" not in shown


def test_all_clips_of_a_batch(batch: Status, said: Said, tmp_path: Path):
    code, told = said("withdraw", "--batch", batch.batch[-8:], "--reason", "wrong logo", "--yes")
    assert (code, len(told["clips"]), told["rows"]) == (0, 2, 3)
    store = open_store(str(tmp_path / "store"))
    assert [path for path in store.list(layout.CLIPS) if not path.startswith(layout.TOMBSTONES)] == []
    assert len(tombstones.known(store)) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name the clips"),
        (["0" * 64], "There is no clip 0000"),
        (["abcdef0"], "No clip in"),
        (["--batch", "nonesuch"], "There is no batch"),
    ],
)
def test_what_cannot_be_withdrawn(arguments: list[str], message: str, batch: Status, capfd: pytest.CaptureFixture[str]):
    assert main(["withdraw", *arguments, "--reason", "why"]) == 2
    assert message in capfd.readouterr().err


@pytest.mark.parametrize("also", [["--store", "{store}"], ["--batch", "{batch}"], ["{fingerprint}"]])
def test_a_clip_of_another_store_takes_nothing_of_this_one_down(
    also: list[str], batch: Status, capfd: pytest.CaptureFixture[str], tmp_path: Path
):
    """Named by its URI, beside what leads to this store; the same clip is in both."""
    go(load(store=str(tmp_path / "other")), str(tmp_path / "m.parquet"))
    uri, store = batch.clips[0].uri, str(tmp_path / "store")
    given = [word.format(store=store, batch=batch.batch, fingerprint=batch.clips[0].fingerprint) for word in also]
    elsewhere = uri.replace(store, str(tmp_path / "other"))
    assert main(["withdraw", elsewhere, *given, "--reason", "why", "--yes"]) == 2
    assert "in 2 stores" in capfd.readouterr().err
    assert open_store(store).list(layout.TOMBSTONES) == []


def test_a_reason_must_be_given(batch: Status, capfd: pytest.CaptureFixture[str]):
    assert main(["withdraw", batch.clips[0].fingerprint, "--yes"]) == 2
    assert "--reason" in capfd.readouterr().err


def test_what_a_plan_says_of_withdrawn_clips(batch: Status, capfd: pytest.CaptureFixture[str], tmp_path: Path):
    assert main(["withdraw", batch.clips[0].fingerprint, "--reason", "why", "--yes"]) == 0
    assert main(["plan", str(tmp_path / "m.parquet")]) == 0
    assert "2 withdrawn: their clips were taken down" in capfd.readouterr().out
