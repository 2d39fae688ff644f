import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from render.cli import main
from render.store import clips, layout, sweep
from render.store.objects import ObjectStore, open_store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    return open_store(str(tmp_path / "store"))


def aged(store: ObjectStore, path: str, *, hours: float) -> None:
    file = Path(store.url) / path
    then = file.stat().st_mtime - hours * 3600
    os.utime(file, (then, then))


def test_orphans_are_shown_first_and_removed_when_it_is_said(
    store: ObjectStore, capsys: pytest.CaptureFixture[str]
) -> None:
    path = layout.clip_object("01" * 32, clips.new_attempt("a-batch"), "clip")
    store.put(path, b"1234")
    aged(store, path, hours=2)
    assert main(["sweep"]) == 0
    assert "Nothing is left behind" in capsys.readouterr().out  # it is too young
    assert main(["sweep", "--older-than", "1"]) == 0
    said = capsys.readouterr().out
    assert "1 clip attempt, 4 bytes" in said
    assert path.rpartition("/")[0] in said
    assert "nightreel sweep --yes --older-than 1" in said
    assert store.list() == [path]
    assert main(["sweep", "--older-than", "1", "--yes"]) == 0
    assert "Removed." in capsys.readouterr().out
    assert store.list() == []


def test_the_document_names_each_orphan(store: ObjectStore, said: Callable[..., tuple[int, Any]]) -> None:
    path = layout.clip_object("01" * 32, clips.new_attempt("a-batch"), "clip")
    store.put(path, b"1234")
    aged(store, path, hours=2)
    code, document = said("sweep", "--older-than", "1", "--yes")
    assert code == 0
    assert document["removed"] == 1
    assert document["half_written"] == 0
    [orphan] = document["orphans"]
    assert orphan["uri"] == store.uri(path.rpartition("/")[0])
    assert (orphan["kind"], orphan["objects"], orphan["bytes"], orphan["removed"]) == ("clip attempt", 1, 4, True)


def test_what_is_named_meanwhile_is_told(
    store: ObjectStore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = layout.clip_object("01" * 32, clips.new_attempt("a-batch"), "clip")
    store.put(path, b"1234")
    aged(store, path, hours=2)
    monkeypatch.setattr(sweep, "remove", lambda *_: False)
    assert main(["sweep", "--older-than", "1", "--yes"]) == 0
    assert "all but 1" in capsys.readouterr().out


def test_a_short_grace_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "--older-than", "0.5"]) == 2
    assert "--older-than" in capsys.readouterr().err
