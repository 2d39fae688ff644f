import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from render import errors
from render.cli import main
from render.model import Tombstone
from render.store import clips, layout, sweep, tombstones
from render.store.directory import DirectoryStore
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


def left_of_a_withdrawn_clip(store: ObjectStore) -> str:
    fingerprint = "01" * 32
    path = layout.clip_object(fingerprint, clips.new_attempt("a-batch"), "clip")
    store.put(path, b"1234")
    now = "2026-11-29T12:00:00+00:00"
    tombstones.put(
        store, [Tombstone(fingerprint=fingerprint, withdrawn_at=now, withdrawn_by="ada", reason="consent revoked")]
    )
    return path


def test_what_is_left_of_a_withdrawn_clip_goes_without_a_grace(
    store: ObjectStore, capsys: pytest.CaptureFixture[str]
) -> None:
    left_of_a_withdrawn_clip(store)
    assert main(["sweep", "--yes"]) == 0
    assert "1 remnant of a withdrawn clip" in capsys.readouterr().out
    assert store.list() == [layout.tombstone("01" * 32)]


def test_a_withdrawn_clip_that_may_not_be_removed_fails_the_command_after_all_else(
    store: ObjectStore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its versions are for another role to remove; other orphans go."""
    path, other = left_of_a_withdrawn_clip(store), layout.clip_object("02" * 32, clips.new_attempt("b"), "clip")
    store.put(other, b"1")
    aged(store, other, hours=2)

    def refuse(*_: object) -> int:
        raise errors.StoreError("Forbidden.")

    monkeypatch.setattr(DirectoryStore, "purge", refuse)
    assert main(["sweep", "--older-than", "1", "--yes"]) == 1
    shown = capsys.readouterr()
    assert "Forbidden. Withdraw clip 0101" in shown.err
    assert "Removed all but 1 that cannot be removed" in shown.out
    assert store.list(layout.CLIPS) == sorted([path, layout.tombstone("01" * 32)])


def test_an_orphan_that_cannot_be_removed_keeps_no_other_and_is_told(
    store: ObjectStore, said: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The document still says what went, and the command fails."""
    paths = [layout.clip_object(f"0{number}" * 32, clips.new_attempt("b"), "clip") for number in (1, 2, 3)]
    for path in paths:
        store.put(path, b"1")
        aged(store, path, hours=2)
    delete = DirectoryStore.delete

    def refuse(self: DirectoryStore, path: str) -> None:
        if path == paths[1]:
            raise errors.StoreError("It is held.")
        delete(self, path)

    monkeypatch.setattr(DirectoryStore, "delete", refuse)
    code, document = said("sweep", "--older-than", "1", "--yes")
    assert (code, document["removed"]) == (1, 2)
    assert [orphan["removed"] for orphan in document["orphans"]] == [True, False, True]
    assert store.list(layout.CLIPS) == [paths[1]]
