from __future__ import annotations

import errno
import fcntl
import itertools
import multiprocessing
import os
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from store_suite import StoreSuite

from render import errors
from render.store.directory import TEMPORARY
from render.store.objects import ObjectStore, open_store


class TestDirectoryStore(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        return open_store(str(tmp_path / "store"))

    @contextmanager
    def unlistable(self, store: ObjectStore, folder: str) -> Iterator[None]:
        scandir = os.scandir

        def refuse(path: Any) -> Any:
            if os.fspath(path) == f"{store.url}/{folder}":
                raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
            return scandir(path)

        with patch.object(os, "scandir", refuse):  # modes would not keep root out
            yield

    def test_what_can_be_listed_goes_though_a_folder_below_cannot(self, store: ObjectStore) -> None:
        for path in ("a/1", "a/b/2", "a/c/3"):
            store.put(path, b"x")
        with self.unlistable(store, "a/b"):
            for ask in (store.list, store.purge):
                with pytest.raises(errors.StoreError, match="a/b"):
                    ask("a")
            assert store.folders("a") == ["b"]
        assert store.list() == ["a/b/2"]

    def test_what_can_be_reached_goes_though_a_folder_is_listed_that_cannot_be_entered(
        self, store: ObjectStore
    ) -> None:
        for path in ("a/b/2", "a/c/3"):
            store.put(path, b"x")
        seen = Path.stat

        def refuse(path: Path, **options: Any) -> os.stat_result:
            if path.name == "2":
                raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
            return seen(path, **options)

        with patch.object(Path, "stat", refuse), pytest.raises(errors.StoreError, match="a"):
            store.purge("a")
        assert store.list() == ["a/b/2"]


def put_and_die(url: str) -> None:
    """Die by SIGKILL when the object is written, before it is brought to its place."""
    os.link = os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    open_store(url).put_if_absent("clips/record.json", b"half")


def put_many(url: str, number: int) -> None:
    store = open_store(url)
    for name in range(30):
        if store.put_if_absent(f"race/{name}", str(number).encode()):
            store.put(f"won/{name}/{number}", b"")


def test_an_address_with_a_slash_too_few_is_no_directory() -> None:
    with pytest.raises(errors.InputError, match="Is s3:// meant"):
        open_store("s3:/bucket/store")


def test_an_address_with_a_secret_is_refused_and_not_repeated() -> None:
    with pytest.raises(errors.InputError, match="carries a user name, a password or a query") as refused:
        open_store("s3://key:hunter2@bucket/store")
    assert "hunter2" not in str(refused.value)


def test_opening_writes_nothing(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    assert store.list() == store.folders() == []
    assert list(tmp_path.iterdir()) == []


def test_deleting_takes_emptied_folders_away(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put("a/b/c/1", b"x")
    store.put("a/2", b"x")
    store.delete("a/b/c/1")
    assert store.folders("a") == []
    store.delete("a/2")
    assert store.folders() == []


def test_takes_a_file_url_and_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_store(f"file://{tmp_path}/a").put("x", b"1")
    open_store("b").put("x", b"2")
    assert (tmp_path / "a/x").read_bytes() == b"1"
    assert open_store("b").uri("x") == f"file://{tmp_path}/b/x"


def test_uri_escapes_what_addresses_escape(tmp_path: Path) -> None:
    assert open_store(str(tmp_path / "my store")).uri("a b#1.mp4").endswith("/my%20store/a%20b%231.mp4")


@pytest.mark.parametrize("url", ["memory://x", "http://example.org/store", "nothing-known://x", "s3://"])
def test_refuses_where_no_commit_is_safe(url: str) -> None:
    with pytest.raises(errors.InputError, match="s3://bucket/folder"):
        open_store(url)


def test_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(errors.InputError, match="name a directory"):
        open_store(str(tmp_path / "file"))


def test_a_store_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store/a").touch()
    with pytest.raises(errors.StoreError, match="cannot be written"):
        open_store(str(tmp_path / "store")).put("a/b", b"x")


def test_objects_are_readable_by_others(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        open_store(str(tmp_path)).put("a", b"x")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_a_killed_writer_leaves_nothing_once_the_store_is_opened_again(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=put_and_die, args=(str(tmp_path),))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len(list((tmp_path / TEMPORARY).iterdir())) == 1
    store = open_store(str(tmp_path))
    assert list((tmp_path / TEMPORARY).iterdir()) == []
    assert store.list() == []
    assert store.put_if_absent("clips/record.json", b"whole")


def test_sweeping_spares_what_is_being_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(str(tmp_path))
    link = os.link

    def sweep_then_link(source: str, target: Path) -> None:
        assert open_store(str(tmp_path)).sweep_temporary() == 0
        link(source, target)

    monkeypatch.setattr(os, "link", sweep_then_link)
    assert store.put_if_absent("a", b"x")
    assert store.get("a") == b"x"


def test_a_dead_piece_is_removed_under_its_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a writer that has just made the piece could lock it in between, and lose it while it writes."""
    store = open_store(str(tmp_path))
    store.put("a", b"x")
    piece = tmp_path / TEMPORARY / f"{socket.gethostname()}~0123"
    piece.touch()
    unlink = Path.unlink

    def locked_then_unlink(path: Path, missing_ok: bool = False) -> None:
        with path.open("rb") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", locked_then_unlink)
    assert store.sweep_temporary() == 1
    assert not piece.exists()


def test_sweeping_asks_the_age_of_other_machines_pieces(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put("a", b"x")
    piece = tmp_path / TEMPORARY / "elsewhere~0123"
    piece.touch()
    assert store.sweep_temporary() == 0
    os.utime(piece, (0, 0))
    assert store.sweep_temporary() == 1


class Disk:
    """What a power cut would leave: bytes and names that were synced before they were relied on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.synced: dict[int, tuple[int, set[str]]] = {}
        """By inode: how many bytes were there at its last fsync, or which names if it is a folder."""
        self.placed: list[tuple[Path, int]] = []
        """Where each file was brought, and how many of its bytes were synced before."""
        fsync = os.fsync

        def sync(handle: int) -> None:
            found = os.fstat(handle)
            names = set(os.listdir(handle)) if stat.S_ISDIR(found.st_mode) else set()
            self.synced[found.st_ino] = (found.st_size, names)
            fsync(handle)

        monkeypatch.setattr(os, "fsync", sync)
        for name in ("link", "replace"):
            monkeypatch.setattr(os, name, self._placing(getattr(os, name)))

    def _placing(self, move: Callable[[str, Path], None]) -> Callable[[str, Path], None]:
        def place(source: str, target: Path) -> None:
            size, _ = self.synced.get(Path(source).stat().st_ino, (0, set()))
            self.placed.append((Path(target), size))
            move(source, target)

        return place

    def keeps(self, path: Path, root: Path) -> bool:
        """Whether the names of the object and of every folder above it were synced."""
        above = itertools.takewhile(lambda one: one != root.parent, (path, *path.parents))
        return all(one.name in self.synced.get(one.parent.stat().st_ino, (0, set()))[1] for one in above)


@pytest.mark.parametrize("put", ["put", "put_file", "put_if_absent"])
def test_what_is_put_is_on_the_disk_before_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put: str
) -> None:
    """The bytes before the name appears, the name and its new folders before the call returns."""
    local = tmp_path / "film.mp4"
    local.write_bytes(b"a film")
    root = tmp_path / "store"
    disk = Disk(monkeypatch)
    getattr(open_store(str(root)), put)("clips/01/a/clip.mp4", local if put == "put_file" else b"a film")
    assert disk.placed == [(root / "clips/01/a/clip.mp4", len(b"a film"))]
    assert disk.keeps(root / "clips/01/a/clip.mp4", root)


@pytest.mark.slow
def test_put_if_absent_has_one_winner_among_processes(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=put_many, args=(str(tmp_path), number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    store = open_store(str(tmp_path))
    winners = [path.split("/")[1:] for path in store.list("won")]
    assert sorted(name for name, _ in winners) == sorted(map(str, range(30)))
    assert all(store.get(f"race/{name}") == number.encode() for name, number in winners)


@pytest.mark.parametrize("name", ["feature%2Fx", "two\nlines"])
def test_a_directory_that_delta_lake_would_misread_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.InputError, match="Name a directory without"):
        open_store(str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []


def test_an_object_that_may_not_go_keeps_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(str(tmp_path / "store"))
    for name in "abc":
        store.put(f"clips/{name}", b"x")
    delete = type(store).delete

    def refuse(self: ObjectStore, path: str) -> None:
        if path == "clips/a":
            raise errors.StoreError("Not a.")
        delete(self, path)

    monkeypatch.setattr(type(store), "delete", refuse)
    with pytest.raises(errors.StoreError, match="Not a"):
        store.purge("clips")
    assert store.list() == ["clips/a"]
