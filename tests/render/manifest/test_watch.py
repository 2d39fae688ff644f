"""An inbox that is looked at again and again: what is told, when, and that it is told once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from render import errors
from render.manifest import Watch, sources
from render.model import ManifestFile


def put(path: Path, text: str = "x") -> ManifestFile:
    path.write_text(text)
    return ManifestFile(url=path.as_uri(), sha256=hashlib.sha256(text.encode()).hexdigest(), bytes=len(text))


def nothing() -> set[ManifestFile]:
    return set()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read."""
    names: list[str] = []
    true: Callable[[sources.Place], tuple[str, int]] = sources.digest
    monkeypatch.setattr(sources, "digest", lambda place: names.append(Path(place.path).name) or true(place))
    return names


def test_a_file_is_told_once_and_again_when_it_changes(tmp_path: Path, read: list[str]) -> None:
    """It is read once for each content, however often it is looked at."""
    watch = Watch(tmp_path)
    first = put(tmp_path / "a.parquet")
    assert watch.look(nothing) == [], "it may be being written"
    assert watch.look(nothing) == [first]
    assert [watch.look(nothing) for _ in range(3)] == [[]] * 3
    assert read == ["a.parquet"]
    changed = put(tmp_path / "a.parquet", "another")
    assert watch.look(nothing) == []
    assert watch.look(nothing) == [changed]
    assert read == ["a.parquet"] * 2


def test_the_same_content_put_again_is_not_told_again(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    put(tmp_path / "a.parquet")
    watch.look(nothing)
    assert watch.look(nothing)
    os.utime(tmp_path / "a.parquet", (1, 1))
    assert [watch.look(nothing) for _ in range(3)] == [[]] * 3


def test_a_file_that_grows_is_waited_for_and_not_read(tmp_path: Path, read: list[str]) -> None:
    watch = Watch(tmp_path)
    for length in range(1, 4):
        whole = put(tmp_path / "a.parquet", "x" * length)
        assert watch.look(nothing) == []
    assert read == []
    assert watch.look(nothing) == [whole]


def test_what_a_batch_took_is_not_told(tmp_path: Path) -> None:
    """Taken or refused: a watch that starts anew is silent about it."""
    taken, new = put(tmp_path / "a.parquet"), put(tmp_path / "b.parquet", "new")
    watch = Watch(tmp_path)
    watch.look(nothing)
    assert watch.look(lambda: {taken}) == [new]


def test_what_was_taken_is_asked_for_only_when_something_is_new(tmp_path: Path) -> None:
    asked: list[int] = []
    watch = Watch(tmp_path)
    put(tmp_path / "a.parquet")
    for _ in range(4):
        watch.look(lambda: asked.append(1) or set())
    assert len(asked) == 1


def test_an_inbox_may_come_later_and_hold_other_things(tmp_path: Path) -> None:
    """Folders, hidden files, pipes and links to nowhere are left alone."""
    watch = Watch(tmp_path / "inbox")
    assert watch.look(nothing) == []
    (tmp_path / "inbox" / "folder").mkdir(parents=True)
    put(tmp_path / "inbox" / "folder" / "a.parquet")
    for name in (".a.parquet", "_SUCCESS"):
        put(tmp_path / "inbox" / name)
    os.mkfifo(tmp_path / "inbox" / "pipe.parquet")
    (tmp_path / "inbox" / "nowhere.parquet").symlink_to(tmp_path / "gone")
    file = put(tmp_path / "inbox" / "b.parquet")
    watch.look(nothing)
    assert watch.look(nothing) == [file]
    assert watch.look(nothing) == []


def test_trouble_forgets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be looked at, read or compared with what was taken is told afterwards."""
    watch = Watch(tmp_path)
    file = put(tmp_path / "a.parquet")
    watch.look(nothing)

    def away() -> set[ManifestFile]:
        raise errors.StoreError("The store is away.")

    with pytest.raises(errors.StoreError):
        watch.look(away)
    with monkeypatch.context() as patch:
        patch.setattr(sources, "digest", lambda _: (_ for _ in ()).throw(errors.ManifestError("It cannot be read.")))
        with pytest.raises(errors.ManifestError):
            watch.look(nothing)
    assert watch.look(nothing) == [file]


def test_a_file_that_cannot_be_read_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, true = Watch(tmp_path), sources.digest
    bad, good = put(tmp_path / "a.parquet"), put(tmp_path / "b.parquet")

    def digest(place: sources.Place) -> tuple[str, int]:
        if place.path.endswith("a.parquet"):
            raise errors.ManifestError("It cannot be read.")
        return true(place)

    watch.look(nothing)
    with monkeypatch.context() as patch:
        patch.setattr(sources, "digest", digest)
        assert watch.look(nothing) == [good]
        with pytest.raises(errors.ManifestError):
            watch.look(nothing)
    assert watch.look(nothing) == [bad]


def test_an_inbox_outside_the_roots_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.ManifestError, match="manifest_roots"):
        Watch(tmp_path, [str(tmp_path / "allowed")]).look(nothing)
