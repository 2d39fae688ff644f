"""What every kind of store must do. Subclass :class:`StoreSuite`, give it a ``store`` fixture and a ``twin`` of it."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest

from render import errors, takedown
from render.store import layout
from render.store.objects import ObjectStore, open_store

BIG = 11 << 20
CLOCK_S = 2.0
"""By which a storage's clock and ours may differ, and to which it may round."""


class StoreSuite:
    """``store`` must be empty and is given anew to each test."""

    @pytest.fixture
    def store(self) -> ObjectStore:
        raise NotImplementedError

    def unlistable(self, store: ObjectStore, folder: str) -> AbstractContextManager[None]:
        """While it lasts, the storage refuses to list this folder."""
        raise NotImplementedError

    def test_gives_back_what_was_put(self, store: ObjectStore) -> None:
        store.put("a/b/c.json", b"one")
        assert store.get("a/b/c.json") == b"one"
        assert store.size("a/b/c.json") == 3
        assert store.exists("a/b/c.json")
        assert store.sha256("a/b/c.json") == hashlib.sha256(b"one").hexdigest()

    def test_put_overwrites(self, store: ObjectStore) -> None:
        store.put("a", b"one")
        store.put("a", b"another")
        assert store.get("a") == b"another"

    def test_holds_an_empty_object(self, store: ObjectStore) -> None:
        store.put("empty", b"")
        assert store.get("empty") == b""
        assert store.size("empty") == 0
        assert store.list() == ["empty"]

    def test_missing_objects_are_not_found(self, store: ObjectStore, tmp_path: Path) -> None:
        store.put("folder/there", b"x")
        for path in ("nothing", "folder/nothing", "folder", "folder/there/below"):
            assert not store.exists(path)
            for ask in (store.get, store.size, store.sha256, store.open):
                with pytest.raises(errors.NotFound, match=path):
                    ask(path)
            with pytest.raises(errors.NotFound, match=path):
                store.fetch_file(path, tmp_path / "local")
        assert list(tmp_path.glob("**/local")) == []

    def test_opens_a_seekable_file(self, store: ObjectStore) -> None:
        store.put("digits", b"0123456789")
        with store.open("digits") as file:
            file.seek(-3, 2)
            assert file.read() == b"789"
            file.seek(2)
            assert file.read(2) == b"23"

    def test_files_go_up_and_come_down_whole(self, store: ObjectStore, tmp_path: Path) -> None:
        for name, data in (("small.mp4", b"film"), ("big.mp4", bytes(range(256)) * (BIG // 256))):
            source = tmp_path / name
            source.write_bytes(data)
            store.put_file(f"clips/{name}", source)
            back = tmp_path / f"back-{name}"
            store.fetch_file(f"clips/{name}", back)
            assert back.read_bytes() == data
            assert store.sha256(f"clips/{name}") == hashlib.sha256(data).hexdigest()
        assert not list(tmp_path.glob(".*"))

    def test_a_local_file_that_is_missing_is_a_clear_error(self, store: ObjectStore, tmp_path: Path) -> None:
        with pytest.raises(errors.StoreError, match=r"nowhere\.mp4"):
            store.put_file("clip.mp4", tmp_path / "nowhere.mp4")
        assert store.list() == []

    def test_put_if_absent_keeps_the_first(self, store: ObjectStore) -> None:
        assert store.put_if_absent("x/record.json", b"first")
        assert not store.put_if_absent("x/record.json", b"second")
        assert not store.put_if_absent("x/record.json", b"first")
        assert store.get("x/record.json") == b"first"
        store.delete("x/record.json")
        assert store.put_if_absent("x/record.json", b"third")
        assert store.get("x/record.json") == b"third"

    def test_put_if_absent_has_one_winner(self, store: ObjectStore) -> None:
        writers = 8
        start = Barrier(writers)

        def put(number: int) -> bool:
            start.wait()
            return store.put_if_absent("race/record.json", f"writer {number}".encode())

        with ThreadPoolExecutor(writers) as pool:
            won = list(pool.map(put, range(writers)))
        assert sum(won) == 1
        assert store.get("race/record.json") == f"writer {won.index(True)}".encode()
        assert store.list() == ["race/record.json"]

    def test_it_is_the_storage_that_lets_one_win(self, store: ObjectStore) -> None:
        assert store.has_put_if_absent()
        assert store.list() == []

    def test_lists_a_folder_at_any_depth_and_nothing_beside_it(self, store: ObjectStore) -> None:
        for path in ("a/1", "a/b/2", "a/b/c/3", "ab/4", "z"):
            store.put(path, b"x")
        assert store.list() == ["a/1", "a/b/2", "a/b/c/3", "ab/4", "z"]
        assert store.list("a") == store.list("a/") == ["a/1", "a/b/2", "a/b/c/3"]
        assert store.list("a/b/c") == ["a/b/c/3"]
        assert store.list("nothing") == []

    def test_a_listing_tells_size_and_time(self, store: ObjectStore) -> None:
        before = time.time()
        store.put("a/b", b"four")
        [entry] = store.entries("a")
        assert (entry.path, entry.bytes) == ("a/b", 4)
        assert before - CLOCK_S <= entry.modified <= time.time() + CLOCK_S

    def test_names_the_folders_of_a_folder(self, store: ObjectStore) -> None:
        for path in ("a/1", "a/b/2", "a/d/c/3", "ab/4", "z"):
            store.put(path, b"x")
        assert store.folders() == ["a", "ab"]
        assert store.folders("a") == ["b", "d"]
        assert store.folders("nothing") == []

    def test_a_folder_that_may_not_be_listed_is_never_taken_for_empty(self, store: ObjectStore) -> None:
        """A takedown would remove nothing of it, and say that all is gone."""
        store.put("a/b/1", b"x")
        with self.unlistable(store, "a/b"):
            for ask in (store.list, store.folders, store.purge, lambda folder: list(store.entries(folder))):
                with pytest.raises(errors.StoreError, match="a/b"):
                    ask("a/b")
        assert store.list("a/b") == ["a/b/1"]

    def test_a_takedown_of_what_may_not_be_listed_never_says_that_it_is_done(self, store: ObjectStore) -> None:
        clip, now = "cd" * 32, datetime(2026, 11, 29, tzinfo=UTC)
        film = f"{layout.clip(clip)}/a/clip.mp4"
        store.put(film, b"film")
        with self.unlistable(store, layout.clip(clip)), pytest.raises(errors.StoreError):
            takedown.withdraw(store, [clip], reason="consent revoked", by="ada", now=now)
        assert store.exists(film)
        takedown.withdraw(store, [clip], reason="consent revoked", by="ada", now=now)
        with self.unlistable(store, layout.clip(clip)), pytest.raises(errors.StoreError, match="not all is done"):
            takedown.withdraw(store, [clip], reason="consent revoked", by="ada", now=now)
        assert store.list() == [layout.tombstone(clip)]

    def test_listings_are_never_stale(self, store: ObjectStore) -> None:
        twin = open_store(store.url)
        assert twin.list() == []
        store.put("a/1", b"x")
        assert twin.list() == twin.list("a") == ["a/1"]
        store.delete("a/1")
        assert twin.list() == []
        assert not twin.exists("a/1")

    def test_delete_is_no_error_twice(self, store: ObjectStore) -> None:
        store.put("a/b/c", b"x")
        store.put("a/d", b"y")
        store.delete("a/b/c")
        store.delete("a/b/c")
        assert store.list() == ["a/d"]

    @pytest.mark.parametrize(
        "path", ["", "/etc/passwd", "../out", "a/../b", "a//b", "a/", "a\\b", "./a", ".tmp/x", "a/.hidden", "a\0b"]
    )
    def test_paths_stay_in_the_store(self, store: ObjectStore, path: str, tmp_path: Path) -> None:
        source = tmp_path / "local"
        source.write_bytes(b"x")
        for do in (
            lambda: store.get(path),
            lambda: store.put(path, b"x"),
            lambda: store.put_if_absent(path, b"x"),
            lambda: store.put_file(path, source),
            lambda: store.delete(path),
            lambda: store.size(path),
            lambda: store.uri(path),
        ):
            with pytest.raises(errors.InputError):
                do()

    def test_uri_is_absolute(self, store: ObjectStore) -> None:
        assert "://" in store.uri("clips/one.mp4")
        assert store.uri("clips/one.mp4").endswith("/clips/one.mp4")

    def test_nothing_temporary_is_left(self, store: ObjectStore) -> None:
        store.put("a", b"x")
        store.put_if_absent("b", b"x")
        store.put_if_absent("b", b"x")
        assert store.sweep_temporary(older_than_s=0) == 0

    def test_purges_a_folder(self, store: ObjectStore) -> None:
        for path in ("a/b/1", "a/b/c/2", "a/bc/3", "a/4"):
            store.put(path, b"x")
        store.put("a/b/1", b"y")
        assert store.purge("a/b") == 2
        assert store.list() == ["a/4", "a/bc/3"]
        assert store.purge("a/b") == 0
