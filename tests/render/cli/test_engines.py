"""``nightreel engines``: an engine is opened when asked for, in the cache that the settings name."""

from pathlib import Path

import pytest

from render.cli import main


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTREEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NIGHTREEL_SCRATCH", str(tmp_path / "scratch"))


def test_an_engine_is_opened_only_when_asked_for(tmp_path: Path, said):
    assert said("engines")[0] == 0
    assert not (tmp_path / "cache").exists()
    code, listed = said("engines", "--open", "testcard")
    assert code == 0
    assert "testcard" in {engine["name"] for engine in listed}
    assert (tmp_path / "cache").is_dir()
    (process,) = (tmp_path / "scratch").iterdir()
    assert [path.name for path in process.iterdir()] == ["engine-testcard"]


def test_it_is_said_where_what_was_compiled_is(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    assert main(["engines", "--open", "testcard"]) == 0
    assert f"Opened testcard testcard-1; what it compiled is in {tmp_path / 'cache'}" in capfd.readouterr().err


def test_an_engine_that_is_not_there_is_said_so(capfd: pytest.CaptureFixture[str]):
    assert main(["engines", "--open", "sora"]) == 2
    assert "There is no engine 'sora'. Known: testcard, world" in capfd.readouterr().err
