"""Compaction puts rows into larger files, and each row stays there once, whoever commits meanwhile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import catalog_makers
import pytest
import store_makers as makers

from render import errors
from render.model import End
from render.store import catalog
from render.store.catalog import compaction, delta
from render.store.objects import ObjectStore, open_store

SIZE = 1 << 20


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    """A catalog of three batches, a clip each."""
    store = open_store(str(tmp_path / "store"))
    for number in (1, 2, 3):
        publish(store, number)
    return store


def publish(store: ObjectStore, number: int, *, ended: bool = False) -> None:
    batch = f"batch-{number}"
    receipts = [makers.receipt(0, End.PUBLISHED, batch=batch)] if ended else []
    rows = catalog_makers.requests([makers.planned(0)], receipts, batch=batch)
    catalog_makers.publish(store, rows, clips=[number], batch=batch)


def files(store: ObjectStore, name: str) -> int:
    snapshot = delta.load(store, name)
    assert snapshot is not None
    return len(snapshot.file_uris())


def rows(store: ObjectStore, name: str) -> list[dict[str, Any]]:
    return catalog.query(store, f"from {name} order by all").to_pylist()


def in_the_midst(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> None:
    """Let somebody else work when the new files are written, and their commit is not made yet."""
    rewritten = compaction._rewritten

    def interrupted(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(compaction, "_rewritten", rewritten)
        added = rewritten(*arguments, **options)
        work()
        return added

    monkeypatch.setattr(compaction, "_rewritten", interrupted)


def test_small_files_become_one_with_the_same_rows(store: ObjectStore) -> None:
    before = {name: rows(store, name) for name in delta.TABLES}
    assert [compaction.compact(store, name, SIZE) for name in delta.TABLES] == [True] * 3
    assert {name: rows(store, name) for name in delta.TABLES} == before
    assert [files(store, name) for name in delta.TABLES] == [1, 1, 1]
    assert not compaction.compact(store, "clips", SIZE), "nothing is left to do"


def test_files_are_put_together_up_to_the_size_and_large_ones_are_left(store: ObjectStore) -> None:
    sizes = {"a": 40, "b": 40, "c": 40, "d": 100, "e": 70, "f": 99}
    assert list(compaction._groups(sizes, 100)) == [["a", "b"]]
    assert list(compaction._groups(sizes, 200)) == [["a", "b", "c"], ["d", "e"]]
    assert list(compaction._groups({}, 100)) == []


def test_what_is_one_large_file_is_not_cut_again(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever size delta-rs would choose by itself: else the same rows would be rewritten every night."""
    import deltalake

    write = deltalake.write_deltalake
    chosen: list[int] = []

    def watched(*arguments: Any, target_file_size: int, **options: Any) -> None:
        chosen.append(target_file_size)
        write(*arguments, target_file_size=target_file_size, **options)

    monkeypatch.setattr(deltalake, "write_deltalake", watched)
    assert compaction.compact(store, "clips", 256 << 20)
    assert chosen == [512 << 20]


def test_files_that_lie_in_folders_are_taken_away_by_their_whole_path(store: ObjectStore) -> None:
    """Other programs spread files over folders; to miss one would leave its rows there twice."""
    snapshot = delta.load(store, "clips")
    assert snapshot is not None
    before, folder = rows(store, "clips"), Path(store.url) / "catalog/clips"
    moved = min(snapshot.get_add_actions()["path"].to_pylist())
    (folder / "Ab").mkdir()
    (folder / moved).rename(folder / "Ab" / moved)
    [log] = [file for file in folder.glob("_delta_log/*.json") if f'"{moved}"' in file.read_text()]
    log.write_text(log.read_text().replace(f'"{moved}"', f'"Ab/{moved}"'))
    assert compaction.compact(store, "clips", SIZE)
    assert rows(store, "clips") == before
    assert files(store, "clips") == 1


def test_of_two_compactions_at_once_one_gives_up(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(store, "clips")
    outcomes = []
    in_the_midst(monkeypatch, lambda: outcomes.append(compaction.compact(store, "clips", SIZE)))
    outcomes.append(compaction.compact(store, "clips", SIZE))
    assert outcomes == [True, False]
    assert rows(store, "clips") == before


def test_what_is_appended_meanwhile_is_kept_beside(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_midst(monkeypatch, lambda: publish(store, 4))
    assert compaction.compact(store, "clips", SIZE)
    assert [row["fingerprint"] for row in rows(store, "clips")] == sorted(
        makers.record(number).job.fingerprint for number in (1, 2, 3, 4)
    )
    assert files(store, "clips") == 2


def test_rows_that_are_replaced_meanwhile_are_not_brought_back(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_midst(monkeypatch, lambda: publish(store, 2, ended=True))
    assert not compaction.compact(store, "requests", SIZE)
    assert [row["end"] for row in rows(store, "requests")] == [None, "published", None]
    assert compaction.compact(store, "requests", SIZE)
    assert [row["end"] for row in rows(store, "requests")] == [None, "published", None]


def test_a_replacement_that_a_compaction_overtakes_is_made_on_what_it_left(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = delta._commit

    def overtaken(*arguments: Any, **options: Any) -> None:
        monkeypatch.setattr(delta, "_commit", commit)
        assert compaction.compact(store, "requests", SIZE)
        commit(*arguments, **options)

    monkeypatch.setattr(delta, "_commit", overtaken)
    publish(store, 2, ended=True)
    assert [row["end"] for row in rows(store, "requests")] == [None, "published", None]


def test_a_commit_whose_answer_is_lost_is_recognised(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    before, put = rows(store, "clips"), type(store).put_if_absent

    def lost(self: ObjectStore, path: str, data: bytes) -> bool:
        put(self, path, data)
        raise errors.StoreError("The line went dead.")

    monkeypatch.setattr(type(store), "put_if_absent", lost)
    assert compaction.compact(store, "clips", SIZE)
    assert rows(store, "clips") == before
    assert files(store, "clips") == 1


def test_storage_that_stays_away_is_an_error(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(store, "clips")

    def away(*_: object) -> bool:
        raise errors.StoreError("It is away.")

    monkeypatch.setattr(type(store), "put_if_absent", away)
    with pytest.raises(errors.StoreError, match="It is away"):
        compaction.compact(store, "clips", SIZE)
    assert rows(store, "clips") == before


def test_a_table_that_another_program_changed_is_left_to_it(store: ObjectStore) -> None:
    snapshot = delta.load(store, "clips")
    assert snapshot is not None
    snapshot.alter.add_constraint({"positive": "seconds > 0"})
    assert not compaction.compact(store, "clips", SIZE)
    assert files(store, "clips") == 3


def test_files_that_lack_a_column_which_the_table_got_later_are_rewritten_with_it(store: ObjectStore) -> None:
    from deltalake import Field, Schema
    from deltalake.schema import PrimitiveType

    snapshot = delta.load(store, "clips")
    assert snapshot is not None
    snapshot.alter.add_columns(Schema([Field("later", PrimitiveType("string"))]).fields)
    assert compaction.compact(store, "clips", SIZE)
    newest = delta.load(store, "clips")
    assert newest is not None
    assert newest.to_pyarrow_table()["later"].null_count == 3
