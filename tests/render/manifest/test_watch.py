"""An inbox that is looked at again and again: what is told, when, and that it is told once."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
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


class Faulty:
    """Reading of which some files' fails; counts the tries at each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **faults: Exception) -> None:
        self.faults, self.tries, true = faults, Counter[str](), sources.digest

        def digest(place: sources.Place) -> tuple[str, int]:
            name = Path(place.path).stem
            self.tries[name] += 1
            if name in self.faults:
                raise self.faults[name]
            return true(place)

        monkeypatch.setattr(sources, "digest", digest)


def test_trouble_forgets_nothing(tmp_path: Path, read: list[str]) -> None:
    """What could not be compared with what was taken is told afterwards, and not read again for it."""
    watch = Watch(tmp_path)
    file = put(tmp_path / "a.parquet")
    watch.look(nothing)

    def away() -> set[ManifestFile]:
        raise errors.StoreError("The store is away.")

    with pytest.raises(errors.StoreError):
        watch.look(away)
    other = put(tmp_path / "b.parquet", "other")
    with pytest.raises(errors.StoreError):
        watch.look(away)
    assert watch.look(nothing) == [file, other]
    assert read == ["a.parquet", "b.parquet"]
    assert watch.look(away) == []


def test_a_fault_of_ours_loses_nothing_that_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, faulty = Watch(tmp_path), Faulty(monkeypatch, b=RuntimeError("A bug."))
    first, second = put(tmp_path / "a.parquet"), put(tmp_path / "b.parquet", "other")
    watch.look(nothing)
    with pytest.raises(RuntimeError):
        watch.look(nothing)
    faulty.faults.clear()
    assert watch.look(nothing) == [first, second]


def test_what_was_read_is_not_told_once_it_is_gone_or_changed(tmp_path: Path) -> None:
    """Though it was not told at once, since the store was away."""
    watch = Watch(tmp_path)
    for name in "ab":
        put(tmp_path / f"{name}.parquet", name)
    watch.look(nothing)

    def away() -> set[ManifestFile]:
        raise errors.StoreError("The store is away.")

    with pytest.raises(errors.StoreError):
        watch.look(away)
    (tmp_path / "a.parquet").unlink()
    changed = put(tmp_path / "b.parquet", "another")
    assert watch.look(nothing) == []
    assert watch.look(nothing) == [changed]


@pytest.mark.parametrize("error", [errors.ManifestError("a is locked."), errors.StoreError("a is away.")])
def test_a_file_that_cannot_be_read_is_named_once_and_tried_ever_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """It costs little however long it lies there: it is not opened, and the intakes are not read for its sake."""
    watch, faulty, asked = Watch(tmp_path), Faulty(monkeypatch, a=error), Counter[str]()
    put(tmp_path / "a.parquet")
    tried = []
    for number in range(400):
        assert watch.look(lambda: asked.update(["taken"]) or set()) == []
        if faulty.tries["a"] > len(tried):
            tried.append(number)
    assert tried == [1, 2, 4, 8, 16, 32, 64, 124, 184, 244, 304, 364]
    assert not asked
    (said,) = caplog.messages
    assert str(error) in said

    file = put(tmp_path / "a.parquet", "mended")
    faulty.faults.clear()
    watch.look(nothing)
    assert watch.look(nothing) == [file], "another content is tried at once"


def test_a_file_that_can_be_read_again_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is, without being written anew: its permissions were mended."""
    watch, faulty = Watch(tmp_path), Faulty(monkeypatch, a=errors.ManifestError("It is locked."))
    file = put(tmp_path / "a.parquet")
    for _ in range(4):
        assert watch.look(nothing) == []
    faulty.faults.clear()
    assert [watch.look(nothing) for _ in range(4)].count([file]) == 1


@pytest.mark.parametrize("error", [errors.ManifestError("a is locked."), errors.StoreError("a is away.")])
def test_a_file_that_cannot_be_read_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    watch = Watch(tmp_path)
    Faulty(monkeypatch, a=error, c=error)
    put(tmp_path / "a.parquet")
    put(tmp_path / "c.parquet")
    good = {put(tmp_path / f"{name}.parquet", name) for name in "bd"}
    assert {file for _ in range(4) for file in watch.look(nothing)} == good


def test_storage_that_goes_away_is_not_asked_for_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question may take as long as its time is; what was read before is told."""
    watch, away = Watch(tmp_path), errors.StoreError("It is away.")
    faulty = Faulty(monkeypatch, **dict.fromkeys("bcdef", away))
    files = [put(tmp_path / f"{name}.parquet", name) for name in "abcdef"]
    watch.look(nothing)
    assert watch.look(nothing) == files[:1]
    assert faulty.tries.total() == 2
    faulty.faults.clear()
    assert [file for _ in range(3) for file in watch.look(nothing)] == files[1:]


def test_an_inbox_outside_the_roots_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.ManifestError, match="manifest_roots"):
        Watch(tmp_path, [str(tmp_path / "allowed")]).look(nothing)
