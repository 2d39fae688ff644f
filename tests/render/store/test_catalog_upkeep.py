"""Upkeep changes no row: small files become large ones, and what no snapshot within the grace needs is removed."""

import os
from pathlib import Path

import catalog_race
import pytest
import store_makers as makers
from deltalake import DeltaTable

from render import errors
from render.store import catalog
from render.store.catalog import delta, upkeep
from render.store.objects import ObjectStore, open_store

WEEK = 168


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    """A catalog of three batches, a clip each."""
    store = open_store(str(tmp_path / "store"))
    for number in (1, 2, 3):
        publish(store, number)
    return store


def publish(store: ObjectStore, number: int) -> None:
    batch, record = f"batch-{number}", makers.record(number)
    makers.publish(
        store,
        batch,
        requests=makers.requests_table(makers.batch(id=batch), [makers.planned(0)], [], []),
        clips=catalog.clips_table([record]),
        checks=catalog.checks_table([record]),
    )


def everything(store: ObjectStore) -> list[list[dict[str, object]]]:
    return [catalog.query(store, f"from {name} order by all").to_pylist() for name in delta.TABLES]


def table(store: ObjectStore, name: str) -> DeltaTable:
    found = delta.load(store, name)
    assert found is not None
    return found


def test_what_there_is_to_do_is_told_and_left_undone(store: ObjectStore) -> None:
    before = store.list()
    found = list(upkeep.tidy(store, older_than_h=WEEK, do=False))
    assert [(one.table, one.files, one.small, one.compacted, one.stale) for one in found] == [
        (name, 3, 3, False, 0) for name in delta.TABLES
    ]
    assert store.list() == before


def test_small_files_become_one_and_no_row_changes(store: ObjectStore) -> None:
    before = everything(store)
    assert all(one.compacted and not one.removed for one in upkeep.tidy(store, older_than_h=WEEK, do=True))
    assert everything(store) == before
    for name in delta.TABLES:
        assert len(table(store, name).file_uris()) == 1
        assert (Path(store.url) / f"catalog/{name}/_delta_log/_last_checkpoint").exists()
    versions = [table(store, name).version() for name in delta.TABLES]
    publish(store, 2)
    assert [table(store, name).version() for name in delta.TABLES] == versions, "what is published is known"
    publish(store, 4)
    assert catalog.query(store, "select count(*) as n from clips").to_pylist() == [{"n": 4}]
    assert [one.small for one in upkeep.tidy(store, older_than_h=WEEK, do=False)] == [2, 2, 2]


def test_an_older_snapshot_can_be_read_until_the_grace_is_over(store: ObjectStore) -> None:
    old = table(store, "clips")
    list(upkeep.tidy(store, older_than_h=WEEK, do=True))
    list(upkeep.tidy(store, older_than_h=WEEK, do=True))
    assert len(old.to_pyarrow_table()) == 3
    now = table(store, "clips")
    now.alter.set_table_properties({"delta.deletedFileRetentionDuration": "interval 0 seconds"})
    done = upkeep._tidy(store, "clips", table(store, "clips"), None, do=True)
    assert (done.stale, done.removed) == (3, True)
    assert done.stale_bytes > 1000
    with pytest.raises(FileNotFoundError):
        old.to_pyarrow_table()
    assert catalog.query(store, "select count(*) as n from clips").to_pylist() == [{"n": 3}]


def test_what_a_writer_left_without_a_commit_is_removed_when_it_is_old(store: ObjectStore) -> None:
    folder = Path(store.url) / "catalog/clips"
    for name, hours in (("part-lost.parquet", WEEK + 1), ("part-new.parquet", WEEK - 1)):
        (folder / name).write_bytes(b"1234")
        then = (folder / name).stat().st_mtime - hours * 3600
        os.utime(folder / name, (then, then))
    [_, clips, _] = upkeep.tidy(store, older_than_h=WEEK, do=True)
    assert (clips.stale, clips.stale_bytes, clips.removed) == (1, 4, True)
    assert not (folder / "part-lost.parquet").exists()
    assert (folder / "part-new.parquet").exists()


def test_an_empty_catalog_has_nothing_to_do_and_a_short_grace_is_refused(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "empty"))
    assert list(upkeep.tidy(store, older_than_h=WEEK, do=True)) == []
    with pytest.raises(ValueError, match="shorter than"):
        list(upkeep.tidy(store, older_than_h=0, do=True))


def test_trouble_with_the_storage_is_a_clear_error(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("The disk is gone.")

    monkeypatch.setattr(DeltaTable, "vacuum", fail)
    with pytest.raises(errors.StoreError, match=r"checks in .* cannot be tidied: The disk is gone"):
        list(upkeep.tidy(store, older_than_h=WEEK, do=True))


def test_a_publisher_compacts_many_small_files_and_hides_trouble_with_it(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    upkeep.relieve(store)
    assert len(table(store, "clips").file_uris()) == 3, "they are few"
    monkeypatch.setattr(upkeep, "MANY", 3)
    before = everything(store)
    with monkeypatch.context() as broken:
        broken.setattr(type(store), "put_file", lambda *_: (_ for _ in ()).throw(errors.StoreError("It is away.")))
        upkeep.relieve(store)
    (tmp_path / "no-folder").touch()
    upkeep.relieve(store, scratch=tmp_path / "no-folder")
    assert len(table(store, "clips").file_uris()) == 3
    upkeep.relieve(store)
    assert [len(table(store, name).file_uris()) for name in delta.TABLES] == [1, 1, 1]
    assert everything(store) == before


def test_no_row_is_lost_or_doubled_while_others_publish_and_read(tmp_path: Path) -> None:
    done = catalog_race.play(str(tmp_path / "store"), tmp_path, seconds=8, grace_s=4)
    assert done["batches"] >= 8
    assert done["reads"] >= 2
    assert done["compacted"] >= 2
    assert done["removed"] > 0
