"""The log of intakes: what was taken, by whom, in one order; however many take at once, and whatever dies."""

from __future__ import annotations

from pathlib import Path

import intake_race
import pytest
import store_makers as makers

from render import errors
from render.model import Batch, ManifestFile, RefusedManifest
from render.store import batches, intakes, layout
from render.store.objects import ObjectStore, open_store


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "store"))


def manifest(number: int) -> ManifestFile:
    return ManifestFile(url=f"file:///inbox/{number}.parquet", sha256=f"{number:064x}", bytes=number)


def batch(number: int, **changes: object) -> Batch:
    taken = {"id": f"run-{number}-0123456789ab", "run_key": f"run {number}", "manifests": (manifest(number),)}
    return makers.batch(**taken | {"inbox": True} | changes)


def checkpoints(store: ObjectStore) -> list[str]:
    return [path for path in store.list(layout.INTAKES) if path.endswith(".known.json")]


def test_what_was_taken_is_known_to_the_next(store: ObjectStore) -> None:
    """Taken or refused, from an inbox or not, in this log or by a version that kept none."""
    assert intakes.load(store) == intakes.Known()
    batches.create(store, batch(1, inbox=False))
    refused = RefusedManifest(file=manifest(3), reason="It is broken.")
    assert intakes.append(store, intakes.settle(store), batch(2, refused=(refused,)))
    known = intakes.load(store)
    assert known.files == {manifest(1), manifest(2), manifest(3)}
    assert (known.batch_of("run 1"), known.batch_of("run 2")) == (batch(1).id, batch(2).id)
    assert known.batch_of("run 3") is None
    assert known.entries == 1


def test_the_first_batch_of_a_run_is_its_batch(store: ObjectStore) -> None:
    for name, day in (("later", 2), ("first", 1), ("last", 3)):
        batches.create(store, makers.batch(id=name, run_key="key", created_at=f"2026-11-0{day}T00:00:00+00:00"))
    assert intakes.load(store).batch_of("key") == "first"


def test_one_of_two_who_know_the_same_takes(store: ObjectStore) -> None:
    """The other one is told, and has left nothing."""
    known = intakes.settle(store)
    assert intakes.append(store, known, batch(1))
    assert not intakes.append(store, known, batch(2))
    assert batches.list_ids(store) == [batch(1).id]
    assert intakes.append(store, intakes.settle(store), batch(2))
    assert intakes.load(store).entries == 2


def test_a_batch_whose_writer_died_gets_its_record_from_the_next(store: ObjectStore) -> None:
    store.put_if_absent(layout.intake_entry(1), batches.RECORD.dump(batch(1)))
    assert intakes.load(store).files == {manifest(1)}
    assert batches.list_ids(store) == [], "who only looks writes nothing"
    intakes.settle(store)
    assert batches.load(store, batch(1).id) == batch(1)


@pytest.mark.parametrize("deleted", [1, 2], ids=["an older one", "the newest"])
@pytest.mark.parametrize("died", [False, True], ids=["by its writer", "by the next"])
def test_a_batch_whose_folder_was_deleted_does_not_come_back(store: ObjectStore, deleted: int, died: bool) -> None:
    """Its record was there, whoever had put it: who takes later does not put it again, and what it took stays."""
    for number in (1, 2):
        known = intakes.settle(store)
        if died:
            store.put_if_absent(layout.intake_entry(number), batches.RECORD.dump(batch(number)))
        else:
            intakes.append(store, known, batch(number))
    intakes.settle(store)
    store.delete(layout.intake(batch(deleted).id))
    assert intakes.settle(store).files == {manifest(1), manifest(2)}
    assert batches.list_ids(store) == [batch(3 - deleted).id]


def test_a_long_log_is_read_from_its_last_checkpoint(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint says the same as all records before it, over folders of a thousand entries too."""
    monkeypatch.setattr(intakes, "MANY", 4)
    batches.create(store, batch(0, inbox=False))
    monkeypatch.setattr(layout, "intake_entry", lambda number: f"intakes/{number // 5:07d}/{number:010d}.json")
    monkeypatch.setattr(
        layout, "intake_checkpoint", lambda n, many: f"intakes/{n // 5:07d}/{n:010d}.{many:010d}.known.json"
    )
    for number in range(1, 12):
        assert intakes.append(store, intakes.settle(store), batch(number))
    assert len(checkpoints(store)) > 1
    read: list[str] = []
    monkeypatch.setattr(store, "get", lambda path, true=store.get: read.append(path) or true(path))
    known = intakes.load(store)
    assert known.files == {manifest(number) for number in range(12)}
    assert known.batches == {batch(number).id for number in range(12)}
    assert known.batch_of("run 0") == batch(0).id
    assert known.entries == 11
    assert len(read) <= 1 + 4 + 1


def test_a_remnant_without_a_record_is_not_held_for_known(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its record may still come: a checkpoint must not hide it."""
    monkeypatch.setattr(intakes, "MANY", 1)
    store.put(layout.plan(batch(1).id, "attempt"), b"x")
    intakes.append(store, intakes.settle(store), batch(2))
    intakes.settle(store)
    assert store.exists(layout.intake_checkpoint(1, 1))
    batches.create(store, batch(1))
    assert intakes.load(store).files == {manifest(1), manifest(2)}


def test_a_hole_in_the_log_is_told(store: ObjectStore) -> None:
    """What stood there may have been taken: nothing is taken a second time on a guess."""
    for number in (1, 2):
        intakes.append(store, intakes.settle(store), batch(number))
    store.delete(layout.intake_entry(1))
    with pytest.raises(errors.StoreError, match=r"0000000001\.json is missing"):
        intakes.settle(store)


def test_a_checkpoint_that_is_swept_while_it_is_looked_for_is_no_end(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the listing and the reading a newer one came, and a sweep removed the one that was seen."""
    monkeypatch.setattr(intakes, "MANY", 1)
    for number in (1, 2):
        intakes.append(store, intakes.settle(store), batch(number))
    before = intakes.settle(store)
    (old,) = checkpoints(store)[-1:]
    get = store.get

    def swept(path: str) -> bytes:
        if path == old and store.exists(old):
            monkeypatch.setattr(store, "get", get)
            intakes.append(store, before, batch(3))
            intakes.settle(store)
            store.delete(old)
        return get(path)

    monkeypatch.setattr(store, "get", swept)
    assert intakes.load(store).files == {manifest(1), manifest(2), manifest(3)}


def test_a_checkpoint_that_is_never_there_is_told(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A storage that lists what it has not is asked a few times, not for ever."""
    monkeypatch.setattr(intakes, "MANY", 1)
    intakes.append(store, intakes.settle(store), batch(1))
    intakes.settle(store)
    ghost = checkpoints(store)[-1]
    get, asked = store.get, []

    def away(path: str) -> bytes:
        if path == ghost:
            asked.append(path)
            raise errors.NotFound("It is away.")
        return get(path)

    monkeypatch.setattr(store, "get", away)
    with pytest.raises(errors.StoreError, match="is listed, but not there"):
        intakes.load(store)
    assert 1 < len(asked) < 20


@pytest.mark.parametrize("entries", [0, 1])
def test_what_is_taken_outside_the_log_gets_checkpoints_too(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch, entries: int
) -> None:
    """Where nobody drops anything into an inbox the log stands still, and each run would read every batch again."""
    monkeypatch.setattr(intakes, "MANY", 4)
    for number in range(1, entries + 1):
        intakes.append(store, intakes.settle(store), batch(number))
    for number in range(10, 23):
        batches.create(store, batch(number, inbox=False))
        intakes.settle(store)
    read: list[str] = []
    monkeypatch.setattr(store, "get", lambda path, true=store.get: read.append(path) or true(path))
    known = intakes.settle(store)
    assert known.entries == entries
    assert len(known.files) == entries + 13
    assert len(read) <= 1 + 4


@pytest.mark.slow
def test_runs_at_once_never_share_a_manifest(tmp_path: Path) -> None:
    """Processes that take all the time, while manifests arrive and one of them is killed again and again."""
    done = intake_race.play(str(tmp_path / "store"), tmp_path, seconds=5)
    assert done["manifests"] >= 20
    assert done["takers"] >= 2
