"""How batches come into the catalog: each row once, whoever publishes beside, and whatever becomes of an answer."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import deltalake
import pyarrow as pa
import pytest
import store_makers as makers
from catalog_makers import publish, requests, rows, versions
from deltalake import DeltaTable

from render import contracts, errors
from render.model import End, ReasonKind, StoredObject
from render.store import catalog
from render.store.catalog import delta
from render.store.objects import ObjectStore, open_store

LATER = "2026-11-22T12:00:00+00:00"


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "store"))


def publish_some(url: str, number: int, start: Barrier) -> None:
    """One publisher of several: a batch of its own and one that all share, with clips that all share."""
    store = open_store(url)
    start.wait()
    for batch in (f"batch-{number}", "shared"):
        ended = [makers.receipt(row, batch=batch) for row in range(4)]
        publish(store, requests([makers.planned(row) for row in range(4)], ended, batch=batch), range(1, 5), batch)


def test_publishing_again_changes_nothing(store: ObjectStore) -> None:
    table = requests([makers.planned(row) for row in range(3)], [makers.receipt(row) for row in range(3)])
    publish(store, table, clips=[1, 2, 3])
    before = versions(store)
    assert set(before) == set(delta.TABLES)
    publish(store, table, clips=[3, 2, 1, 1])
    publish(store, table.take([2, 0, 1]), clips=[2])
    assert versions(store) == before
    assert rows(store, "select (from (select count(*) from clips)), count(*) from requests") == [(3, 3)]


def test_a_batch_without_rows_is_published_too(store: ObjectStore) -> None:
    publish(store, requests([]))
    assert rows(store, "select count(*) from results") == [(0,)]


def test_a_row_goes_forward_and_never_back(store: ObjectStore) -> None:
    planned = [makers.planned(0), makers.planned(1)]
    stages = [
        requests(planned),
        requests(planned, [makers.receipt(0, End.FAILED, reason="boom"), makers.receipt(1)]),
        requests(planned, [makers.receipt(0, End.FAILED, reason="bang", finished_at=LATER), makers.receipt(1)]),
        requests(planned, [makers.receipt(0, End.HELD, reason="dark", finished_at=LATER), makers.receipt(1)]),
        requests(planned, [makers.receipt(0, reason_kind=ReasonKind.REVIEW), makers.receipt(1)]),
        requests(planned, [makers.receipt(0, End.WITHDRAWN), makers.receipt(1)]),
    ]
    ends = []
    for stage in stages:
        publish(store, stage)
        ends.append(rows(store, 'select "end", reason from requests where row = 0')[0])
    assert ends == [
        (None, None),
        ("failed", "boom"),
        ("failed", "bang"),
        ("held", "dark"),
        ("published", None),
        ("withdrawn", None),
    ]
    before = versions(store)
    for stage in stages:
        publish(store, stage)
    assert versions(store) == before
    assert rows(store, 'select row, "end" from requests order by row') == [(0, "withdrawn"), (1, "published")]


def test_a_clip_is_never_written_again(store: ObjectStore) -> None:
    publish(store, requests([]), clips=[1])
    other = makers.record(1, render_seconds=99.0)
    makers.publish(
        store,
        "b",
        requests=requests([], batch="b"),
        clips=catalog.clips_table([other, makers.record(2)]),
        checks=catalog.checks_table([other, makers.record(2)]),
    )
    assert rows(store, "select fingerprint, render_seconds from clips order by 1") == [
        (makers.fingerprint(1), 1.5),
        (makers.fingerprint(2), 1.5),
    ]
    assert rows(store, "select count(*) from checks") == [(4,)]


def test_a_conflict_is_looked_at_again(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another publisher commits the same rows between this one's look and its commit."""
    table = requests([makers.planned(0)], [makers.receipt(0)])
    publish(store, requests([]))
    load, stolen = delta.load, []

    def load_and_lose(where: ObjectStore, name: str) -> Any:
        snapshot = load(where, name)
        if name not in stolen:
            stolen.append(name)
            publish(open_store(store.url), table, clips=[1])
        return snapshot

    monkeypatch.setattr(delta, "load", load_and_lose)
    publish(store, table, clips=[1])
    monkeypatch.undo()
    assert stolen
    assert rows(store, "select count(*) from clips") == rows(store, "select count(*) from requests") == [(1,)]
    assert rows(store, "select count(*) from checks") == [(2,)]


def test_a_table_that_stays_busy_is_a_clear_error(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store, requests([]))
    stale = {name: delta.load(store, name) for name in delta.TABLES}
    publish(store, requests([]), clips=[1])
    monkeypatch.setattr(delta, "load", lambda _, name: stale[name])
    monkeypatch.setattr(delta, "_TRIES", 2)
    with pytest.raises(errors.StoreError, match="busy 2 times"):
        publish(store, requests([]), clips=[2])


def test_a_commit_whose_answer_was_lost_is_found_and_not_made_again(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, requests([]))
    commit = deltalake.write_deltalake

    def commit_and_lose_the_answer(*arguments: Any, **options: Any) -> None:
        commit(*arguments, **options)
        raise OSError("The answer was lost.")

    monkeypatch.setattr(deltalake, "write_deltalake", commit_and_lose_the_answer)
    before = versions(store)
    publish(store, requests([makers.planned(0)], [makers.receipt(0)]), clips=[1])
    assert versions(store) == {name: version + 1 for name, version in before.items()}
    assert rows(store, "select count(*) from clips") == rows(store, "select count(*) from requests") == [(1,)]
    assert rows(store, "select count(*) from checks") == [(2,)]


def test_a_table_that_cannot_be_written_is_a_clear_error(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("No space left.")

    monkeypatch.setattr(deltalake, "write_deltalake", fail)
    with pytest.raises(errors.StoreError, match=r"checks in .* cannot be written: No space left"):
        publish(store, requests([]), clips=[1])


@pytest.mark.parametrize("failures", [2, 3])
def test_a_table_whose_reading_breaks_off_is_read_again_but_not_forever(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    """An answer that ends half-way is asked for again, up to three times in all."""
    publish(store, requests([makers.planned(0)], [makers.receipt(0)]), clips=[1])
    said = "Kernel error\n   \x1b[31m↳\x1b[0m the body broke off\n"
    faults = iter([deltalake.exceptions.DeltaError(said)] * failures)

    class Faulty(DeltaTable):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            for fault in faults:
                raise fault
            super().__init__(*arguments, **options)

    monkeypatch.setattr(deltalake, "DeltaTable", Faulty)
    if failures < 3:
        assert delta.load(store, "clips") is not None
    else:
        with pytest.raises(errors.StoreError, match=r"cannot be read: Kernel error ↳ the body broke off$"):
            delta.load(store, "clips")


def test_a_clip_that_was_made_anew_replaces_the_old_one(store: ObjectStore) -> None:
    publish(store, requests([]), clips=[1, 2])
    film = StoredObject(path="clips/anew.mp4", sha256="a" * 64, bytes=9, media_type="video/mp4")
    makers.publish(
        store,
        "b",
        requests=requests([], batch="b"),
        clips=catalog.clips_table([makers.record(1, objects={"clip": film}), makers.record(3)]),
        checks=catalog.checks_table([]),
    )
    found = rows(store, "select fingerprint, path = 'clips/anew.mp4' from clips order by 1")
    assert found == [(makers.fingerprint(1), True), (makers.fingerprint(2), False), (makers.fingerprint(3), False)]


def test_keys_are_told_apart_however_long_they_are(store: ObjectStore) -> None:
    """Statistics hold only the beginnings of long values."""
    prompts = [f"{'a very long prompt ' * 20}{number}" for number in range(4)]
    for number, prompt in enumerate(prompts[:3]):
        clip = makers.record(number, job=makers.job(number, prompt=prompt))
        makers.publish(
            store,
            "b",
            requests=requests([], batch="b"),
            clips=catalog.clips_table([clip]),
            checks=catalog.checks_table([clip]),
        )
    found = catalog.clips_of_prompts(store, pa.array(prompts[2:]), columns=["seed"])
    assert found["prompt"].to_pylist() == [prompts[2]]


@pytest.mark.parametrize(
    "options", [{"configuration": {"delta.enableDeletionVectors": "true"}}, {"partition_by": "batch"}]
)
def test_files_that_do_not_hold_their_rows_are_not_read(store: ObjectStore, options: dict[str, Any]) -> None:
    DeltaTable.create(f"{store.url}/catalog/requests", contracts.load("requests").arrow_schema(), **options)
    with pytest.raises(errors.StoreError, match="deletion vectors or partitions"):
        catalog.query(store, "select count(*) from requests")


def test_rows_of_another_batch_are_refused(store: ObjectStore) -> None:
    with pytest.raises(ValueError, match="hold rows of other"):
        publish(store, requests([makers.planned(0)], batch="other"))


def test_a_table_of_another_version_is_a_clear_error(store: ObjectStore) -> None:
    DeltaTable.create(f"{store.url}/catalog/clips", pa.schema([("fingerprint", pa.string())]))
    with pytest.raises(errors.StoreError, match=r"lacks prompt, .*publish its batches again"):
        publish(store, requests([]), clips=[1])


@pytest.mark.slow
def test_concurrent_publishers_write_each_row_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(3)
    processes = [context.Process(target=publish_some, args=(str(tmp_path), number, start)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 3
    store = open_store(str(tmp_path))
    assert rows(store, "select count(*), count(distinct fingerprint) from clips") == [(4, 4)]
    assert rows(store, "select count(*) from checks") == [(8,)]
    assert rows(store, "select count(*), count(distinct (batch, row)) from requests") == [(16, 16)]


@pytest.mark.slow
def test_a_good_batch_meets_its_contracts_and_a_bad_one_does_not() -> None:
    records = [makers.record(1), makers.record(2, understanding=None)]
    planned = [makers.planned(0), makers.refused(1), makers.planned(3)]
    good = {
        "requests": requests(planned, [makers.receipt(0)], [makers.fault(2)]),
        "clips": catalog.clips_table(records),
        "checks": catalog.checks_table(records),
    }
    for name, table in good.items():
        assert contracts.validate(contracts.load(name), table) == []
    broken = {
        "requests": {"end": "gone", "reason_kind": "luck", "decision": "dice", "fingerprint": "XYZ", "row": -1},
        "clips": {"understood_share": 1.5, "cost_usd": -0.01, "bytes": 0, "sha256": "short", "prompt": None},
        "checks": {"value": 1e12, "unit": None},
    }
    for name, values in broken.items():
        first = good[name].slice(0, 1).to_pylist()[0]
        bad = pa.Table.from_pylist([first | values, *good[name].to_pylist()[1:] * 2], schema=good[name].schema)
        found = contracts.validate(contracts.load(name), bad)
        assert {violation.column for violation in found if violation.row == 0} == set(values)
        assert {violation.rule for violation in found if violation.row != 0} == {"unique"}


def test_compacting_is_tolerated(store: ObjectStore) -> None:
    for number in (1, 2):
        publish(store, requests([makers.planned(0)], [makers.receipt(0)]), clips=[number])
    DeltaTable(f"{store.url}/catalog/clips").optimize.compact()
    before = versions(store)
    publish(store, requests([makers.planned(0)], [makers.receipt(0)]), clips=[1, 2])
    assert versions(store) == before
    assert rows(store, f"select prompt from clips where fingerprint = '{makers.fingerprint(2)}'") == [("prompt 2",)]
