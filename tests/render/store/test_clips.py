from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
import store_makers as makers

from render import errors
from render.model import Caption, ClipRecord, Event, Figure
from render.store import clips, layout
from render.store.objects import ObjectStore, open_store


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "store"))


@pytest.fixture
def files(tmp_path: Path) -> Mapping[str, Path]:
    made = {}
    for role, name in layout.ROLES.items():
        made[role] = tmp_path / name
        made[role].write_bytes(f"the {role}".encode())
    return made


def commit(store: ObjectStore, files: Mapping[str, Path], number: int = 1, **changes: Any) -> ClipRecord:
    like = makers.record(number)
    fields: dict[str, Any] = {
        name: getattr(like, name) for name in like.__dataclass_fields__ if name not in {"version", "attempt", "objects"}
    }
    return clips.commit(store, files=files, **(fields | changes))


def test_a_committed_clip_is_found_whole(store: ObjectStore, files: Mapping[str, Path]) -> None:
    record = commit(
        store,
        files,
        events=[Event(time_s=0.5, name="contact", strength=0.25)],
        captions=[Caption(start_s=0.0, end_s=1.0, text="„Grüß Gott“ 🏀")],
    )
    folder = layout.clip(makers.fingerprint(1))
    assert store.list() == sorted(
        [f"{folder}/{record.attempt}/{name}" for name in layout.ROLES.values()] + [f"{folder}/clip.json"]
    )
    assert clips.find(store, makers.fingerprint(1)) == clips.get(store, makers.fingerprint(1)) == record
    assert record.attempt.startswith(f"{makers.BATCH}-")
    assert record.objects["clip"].sha256 == hashlib.sha256(b"the clip").hexdigest()
    assert record.objects["clip"].bytes == 8
    assert record.objects["poster"].media_type == "image/webp"
    assert clips.verify(store, record) == []


def test_a_missing_clip_is_none_or_told(store: ObjectStore) -> None:
    assert clips.find(store, makers.fingerprint(1)) is None
    with pytest.raises(errors.NotFound, match="There is no clip 0101"):
        clips.get(store, makers.fingerprint(1))
    with pytest.raises(errors.InputError, match="not a fingerprint"):
        clips.find(store, "../../etc")


def test_the_second_uses_the_first_and_leaves_nothing(store: ObjectStore, files: Mapping[str, Path]) -> None:
    first = commit(store, files, attempt=clips.new_attempt(makers.BATCH))
    kept = store.list()
    files["clip"].write_bytes(b"another rendering")
    mine = clips.new_attempt(makers.BATCH)
    assert commit(store, files, attempt=mine) == first
    assert first.attempt != mine
    assert store.list() == kept


def test_one_of_many_wins(store: ObjectStore, files: Mapping[str, Path]) -> None:
    with ThreadPoolExecutor(6) as pool:
        records = list(pool.map(lambda _: commit(store, files), range(6)))
    assert len(set(map(repr, records))) == 1
    assert len(store.list()) == 5
    assert clips.verify(store, records[0]) == []


def test_a_worker_that_died_before_the_record_leaves_no_clip(
    store: ObjectStore, files: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "put_if_absent", die)
        patch.setattr(store, "delete", die)
        with pytest.raises(KeyboardInterrupt):
            commit(store, files)
    assert clips.find(store, makers.fingerprint(1)) is None
    left = {path.split("/")[3] for path in store.list()}
    assert len(left) == 1
    record = commit(store, files)
    folder = layout.clip(makers.fingerprint(1))
    assert clips.sweep_attempts(store, [makers.fingerprint(1)]) == [f"{folder}/{left.pop()}"]
    assert {path.split("/")[3] for path in store.list()} == {record.attempt, "clip.json"}
    assert clips.verify(store, record) == []


@pytest.mark.parametrize("role", ["clip", "captions"])
def test_an_upload_that_fails_leaves_nothing(
    store: ObjectStore, files: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    put_file = store.put_file

    def fail(path: str, local: Path) -> None:
        if local == files[role]:
            raise errors.StoreError("disk full")
        put_file(path, local)

    with monkeypatch.context() as patch:
        patch.setattr(store, "put_file", fail)
        with pytest.raises(errors.StoreError, match="disk full"):
            commit(store, files)
    assert store.list() == []


def test_bytes_that_arrive_damaged_are_no_clip(
    store: ObjectStore, files: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "put_file", lambda path, local: store.put(path, local.read_bytes()[:-1] + b"?"))
    with pytest.raises(errors.CorruptObject, match=r"clip\.mp4"):
        commit(store, files)
    assert store.list() == []


def test_a_record_whose_answer_was_lost_keeps_its_objects(
    store: ObjectStore, files: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_if_absent = store.put_if_absent

    def lose_the_answer(path: str, data: bytes) -> bool:
        put_if_absent(path, data)
        raise errors.StoreError("connection lost")

    with monkeypatch.context() as patch:
        patch.setattr(store, "put_if_absent", lose_the_answer)
        with pytest.raises(errors.StoreError, match="connection lost"):
            commit(store, files)
    assert clips.verify(store, clips.get(store, makers.fingerprint(1))) == []
    assert len(store.list()) == 5


@pytest.mark.parametrize("again", [True, False], ids=["before it is tried again", "when another attempt has won"])
def test_a_record_that_is_put_after_its_writer_has_given_up_names_objects_that_are_there(
    store: ObjectStore, files: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """Nobody knows what becomes of a request without an answer; once a record is there, what it does not name goes."""
    put_if_absent = store.put_if_absent
    late: list[bytes] = []

    def give_up(path: str, data: bytes) -> bool:
        late.append(data)
        raise errors.StoreError("timed out")

    with monkeypatch.context() as patch:
        patch.setattr(store, "put_if_absent", give_up)
        with pytest.raises(errors.StoreError, match="timed out"):
            commit(store, files, attempt=clips.new_attempt(makers.BATCH))
    if not again:
        commit(store, files)
    assert put_if_absent(layout.clip_record(makers.fingerprint(1)), late[0]) is again
    record = commit(store, files)
    assert clips.verify(store, record) == []
    assert clips.sweep_attempts(store, [makers.fingerprint(1)]) == ([] if again else [ANY])
    assert clips.verify(store, record) == []
    assert len(store.list()) == 5


@pytest.mark.parametrize("slept", [0.0, 2 * clips.SLOW_S])
def test_a_commit_that_took_so_long_that_its_objects_were_swept_is_no_clip(
    store: ObjectStore, files: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch, slept: float
) -> None:
    put_if_absent = store.put_if_absent

    def sleep_first(path: str, data: bytes) -> bool:
        if slept:
            for swept in store.list():
                store.delete(swept)
            now = time.time() + slept
            monkeypatch.setattr(time, "time", lambda: now)
        return put_if_absent(path, data)

    monkeypatch.setattr(store, "put_if_absent", sleep_first)
    if slept:
        with pytest.raises(errors.StoreError, match="Try again"):
            commit(store, files)
        assert store.list() == []
    else:
        assert clips.verify(store, commit(store, files)) == []


def test_a_figure_must_be_a_number(store: ObjectStore, files: Mapping[str, Path]) -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not JSON compliant"):
            commit(store, files, figures=[Figure(check="c", name="n", value=value, unit="1")])
    assert store.list() == []


def test_a_clip_needs_its_video(store: ObjectStore, files: Mapping[str, Path]) -> None:
    with pytest.raises(ValueError, match="'clip'"):
        commit(store, {"poster": files["poster"]})


def test_many_are_found_at_once(store: ObjectStore, files: Mapping[str, Path]) -> None:
    for number in (1, 2, 5):
        commit(store, files, number)
    wanted = [makers.fingerprint(number) for number in (5, 1, 3, 1)]
    found = clips.find_many(store, iter(wanted))
    assert list(found) == [makers.fingerprint(5), makers.fingerprint(1)]
    assert found[makers.fingerprint(1)].job.prompt == "prompt 1"
    assert clips.find_many(store, []) == {}


def test_a_long_batch_is_gone_through_piece_by_piece(
    store: ObjectStore, files: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips, "PIECE", 2)
    wanted = [makers.fingerprint(number) for number in (1, 2, 3, 4, 5)]
    for number in (1, 3, 4, 5):
        commit(store, files, number)
    get, asked = store.get, []
    monkeypatch.setattr(store, "get", lambda path: asked.append(path) or get(path))
    found = clips.find_each(store, wanted)
    assert [next(found).job.fingerprint for _ in range(2)] == [wanted[0], wanted[2]]
    assert len(asked) == 4
    assert [record.job.fingerprint for record in found] == wanted[3:]


def test_sweeping_spares_the_clip_and_clips_without_a_record(store: ObjectStore, files: Mapping[str, Path]) -> None:
    record = commit(store, files)
    both = [makers.fingerprint(1), makers.fingerprint(2)]
    mine, anothers = (f"{layout.clip(both[0])}/{batch}-0123456789abcdef" for batch in (makers.BATCH, "other"))
    unrecorded = f"{layout.clip(both[1])}/{makers.BATCH}-0123456789abcdef"
    for folder in (mine, anothers, unrecorded):
        store.put(f"{folder}/clip.mp4", b"x")
    assert clips.sweep_attempts(store, both) == [mine, anothers]
    assert clips.sweep_attempts(store, both) == []
    assert store.exists(f"{unrecorded}/clip.mp4")
    assert clips.verify(store, record) == []


def test_an_attempt_that_is_swept_while_it_is_uploaded_may_be_tried_again(
    store: ObjectStore, files: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process has committed the clip, and publishes it while this one is still at it."""
    record = commit(store, files)
    put_file = store.put_file

    def upload_then_sweep(path: str, local: Path) -> None:
        put_file(path, local)
        clips.sweep_attempts(open_store(store.url), [makers.fingerprint(1)])

    monkeypatch.setattr(store, "put_file", upload_then_sweep)
    with pytest.raises(errors.StoreError, match="Try again"):
        commit(store, files)
    assert clips.verify(store, record) == []
    assert len(store.list()) == 5


def test_the_folder_of_an_attempt_that_never_began_is_swept_too(store: ObjectStore, files: Mapping[str, Path]) -> None:
    commit(store, files)
    begun = f"{layout.clip(makers.fingerprint(1))}/{makers.BATCH}-{'0' * 16}"
    folder = Path(store.url.removeprefix("file://")) / begun
    folder.mkdir()
    assert clips.sweep_attempts(store, [makers.fingerprint(1)]) == [begun]
    assert not folder.exists()


def test_verifying_names_each_damage(store: ObjectStore, files: Mapping[str, Path]) -> None:
    record = commit(store, files)
    store.put(record.objects["clip"].path, b"the cliq")
    store.put(record.objects["poster"].path, b"short")
    store.delete(record.objects["sheet"].path)
    faults = clips.verify(store, record)
    assert len(faults) == 3
    assert "do not match the hash" in faults[0]
    assert "has 5 bytes" in faults[1]
    assert "is missing" in faults[2]


def test_a_damaged_record_is_no_clip(store: ObjectStore) -> None:
    store.put(layout.clip_record(makers.fingerprint(1)), b'{"version": 1')
    with pytest.raises(errors.CorruptObject, match=r"clip\.json"):
        clips.find(store, makers.fingerprint(1))
