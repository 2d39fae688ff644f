from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from render.cli import main
from render.store import clips, layout
from render.store.objects import ObjectStore, open_store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    return open_store(str(tmp_path / "store"))


def test_orphans_are_shown_first_and_removed_when_it_is_said(
    store: ObjectStore, capsys: pytest.CaptureFixture[str]
) -> None:
    path = layout.clip_object("01" * 32, clips.new_attempt("a-batch"), "clip")
    store.put(path, b"1234")
    assert main(["sweep"]) == 0
    assert "Nothing is left behind" in capsys.readouterr().out  # it is too young
    assert main(["sweep", "--older-than", "0"]) == 0
    said = capsys.readouterr().out
    assert "1 clip attempt, 4 bytes" in said
    assert path.rpartition("/")[0] in said
    assert "nightreel sweep --yes --older-than 0" in said
    assert store.list() == [path]
    assert main(["sweep", "--older-than", "0", "--yes"]) == 0
    assert "Removed." in capsys.readouterr().out
    assert store.list() == []


def test_the_document_names_each_orphan(store: ObjectStore, said: Callable[..., tuple[int, Any]]) -> None:
    path = layout.clip_object("01" * 32, clips.new_attempt("a-batch"), "clip")
    store.put(path, b"1234")
    code, document = said("sweep", "--older-than", "0", "--yes")
    assert code == 0
    assert document["half_written"] == 0
    [orphan] = document["orphans"]
    assert orphan["uri"] == store.uri(path.rpartition("/")[0])
    assert (orphan["kind"], orphan["objects"], orphan["bytes"], orphan["removed"]) == ("clip attempt", 1, 4, True)


def test_a_grace_below_zero_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "--older-than", "-1"]) == 2
    assert "--older-than" in capsys.readouterr().err
