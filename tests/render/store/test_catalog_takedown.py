"""Clips that were taken down in the catalog: beside compaction and publishers, and in tables of an older version."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import store_makers as makers
from catalog_makers import publish, requests, rows
from deltalake import DeltaTable, write_deltalake

from render import contracts, errors, takedown
from render.model import End, PlannedRow, ReasonKind, Tombstone
from render.store import batches, catalog, layout, receipts, tables, tombstones
from render.store.catalog import compaction, delta, files
from render.store.objects import ObjectStore, open_store

LATER = "2026-11-29T12:00:00+00:00"
NOW = datetime(2026, 11, 29, 13, tzinfo=UTC)
NEW = ("withdrawn_at", "withdrawn_by", "withdrawn_reason")
CLIPS = "select fingerprint, withdrawn_at, withdrawn_by, withdrawn_reason from clips order by 1"


def tombstone(number: int) -> Tombstone:
    return Tombstone(fingerprint=makers.fingerprint(number), withdrawn_at=LATER, withdrawn_by="ada", reason="why")


def told(number: int, *, withdrawn: bool) -> tuple[Any, ...]:
    said = (datetime(2026, 11, 29, 12, tzinfo=UTC), "ada", "why") if withdrawn else (None, None, None)
    return makers.fingerprint(number), *said


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    """A store with nothing in it."""
    return open_store(str(tmp_path / "store"))


@pytest.fixture
def old(store: ObjectStore) -> ObjectStore:
    """A store whose table of clips was made before clips could be taken down, with clip 1."""
    table = catalog.clips_table([makers.record(1)]).drop_columns(list(NEW))
    place = f"{store.url}/{layout.table('clips')}"
    DeltaTable.create(place, table.schema)
    write_deltalake(place, table, mode="append")
    return store


def test_a_table_of_an_older_version_is_read_as_it_is(old: ObjectStore) -> None:
    """Nothing has to be written to it first; in it no clip was taken down."""
    version = delta.load(old, "clips").version()
    assert rows(old, CLIPS) == [told(1, withdrawn=False)]
    assert catalog.clips_of(old, makers.pa.array([makers.fingerprint(1)]), columns=list(NEW)).num_rows == 1
    assert delta.load(old, "clips").version() == version


def test_a_table_of_an_older_version_gets_the_columns_with_the_first_news(old: ObjectStore) -> None:
    """Old files stay as they are and are read beside new ones; a reader of an older snapshot still reads it."""
    before = delta.load(old, "clips")
    planned = [makers.planned(0), makers.planned(1)]
    publish(old, requests(planned, [makers.receipt(0), makers.receipt(1)]), clips=[2])
    assert not files.uniform("clips", delta.load(old, "clips"))
    assert rows(old, CLIPS) == [told(1, withdrawn=False), told(2, withdrawn=False)]
    catalog.withdraw(old, [tombstone(2)])
    assert rows(old, CLIPS) == [told(1, withdrawn=False), told(2, withdrawn=True)]
    assert rows(old, "select uri is null from results order by row") == [(False,), (True,)]
    assert before.to_pyarrow_table(columns=["fingerprint"]).num_rows == 1
    catalog.withdraw(old, [tombstone(1)])
    assert rows(old, CLIPS) == [told(1, withdrawn=True), told(2, withdrawn=True)]
    newest = delta.load(old, "clips")
    assert [field.name for field in newest.schema().fields] == contracts.load("clips").arrow_schema().names
    assert newest.to_pyarrow_table().num_rows == 2


def test_files_of_both_kinds_are_compacted_into_one(old: ObjectStore) -> None:
    publish(old, requests([makers.planned(1)]), clips=[2])
    assert compaction.compact(old, "clips", 1 << 30)
    assert files.uniform("clips", delta.load(old, "clips"))
    assert rows(old, CLIPS) == [told(1, withdrawn=False), told(2, withdrawn=False)]


def test_two_who_widen_a_table_at_once_both_go_on(old: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one's commit is refused; it finds the columns there, and writes what it has to."""
    widen, calls = delta._widen, []

    def after_another(name: str, snapshot: DeltaTable, added: Any) -> None:
        calls.append(name)
        if len(calls) == 1:
            catalog.publish_clips(old, *(of([makers.record(3)]) for of in (catalog.clips_table, catalog.checks_table)))
        widen(name, snapshot, added)

    monkeypatch.setattr(delta, "_widen", after_another)
    catalog.withdraw(old, [tombstone(1)])
    assert calls == ["clips", "clips"]
    assert rows(old, CLIPS) == [told(1, withdrawn=True), told(3, withdrawn=False)]


@pytest.mark.parametrize("name", ["clips", "requests"])
def test_a_takedown_beside_compaction_neither_loses_nor_doubles_a_row(
    name: str, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compaction takes the very files away that the takedown is about to rewrite, on its snapshot."""
    for row in range(3):
        batch = f"batch-{row}"
        ended = [makers.receipt(row, batch=batch)]
        publish(store, requests([makers.planned(row)], ended, batch=batch), clips=[row + 1], batch=batch)
    commit, calls = delta._commit, []

    def after_compaction(table: str, snapshot: DeltaTable, *arguments: Any, **options: Any) -> None:
        if table == name:
            calls.append(table)
            if len(calls) == 1:
                assert compaction.compact(store, name, 1 << 30)
        commit(table, snapshot, *arguments, **options)

    monkeypatch.setattr(delta, "_commit", after_compaction)
    catalog.withdraw(store, [tombstone(2)])
    assert len(calls) == 2, "its commit on the stale snapshot went through"
    assert rows(store, CLIPS) == [told(number, withdrawn=number == 2) for number in (1, 2, 3)]
    assert rows(store, 'select row, "end" from requests order by row') == [
        *((0, "published"), (1, "withdrawn"), (2, "published"))
    ]


def test_what_did_not_come_from_the_clip_keeps_its_end(store: ObjectStore) -> None:
    """Rows that failed or were rejected, or have no end yet, are not ended by a takedown."""
    ends = [End.PUBLISHED, End.REUSED, End.HELD, End.REJECTED, End.FAILED]
    planned = [makers.planned(row, fingerprint=makers.fingerprint(1)) for row in range(6)]
    ended = [makers.receipt(row, end, fingerprint=makers.fingerprint(1)) for row, end in enumerate(ends)]
    publish(store, requests(planned, ended), clips=[1])
    catalog.withdraw(store, [tombstone(1)])
    assert [end for (end,) in rows(store, 'select "end" from requests order by row')] == [
        *("withdrawn", "withdrawn", "withdrawn", "rejected", "failed", None)
    ]


def test_a_withdrawn_row_has_no_other_end_any_more(store: ObjectStore) -> None:
    """A publisher comes late that read its receipts before the tombstone, and whose row ended after it by its clock."""
    late = makers.receipt(0, finished_at="2026-11-30T12:00:00+00:00")
    table = requests([makers.planned(0)], [late])
    publish(store, requests([makers.planned(0)], [makers.receipt(0)]), clips=[1])
    catalog.withdraw(store, [tombstone(1)])
    publish(store, table)
    assert rows(store, 'select "end" from requests') == [("withdrawn",)]


def test_a_row_that_a_person_refused_ends_alike_whatever_was_published_first(store: ObjectStore) -> None:
    """Its refusal was kept, and published or not, when its clip was taken down; no receipt names a path."""
    clip = makers.fingerprint(1)
    kinds = [None, ReasonKind.REVIEW, ReasonKind.REVIEW, ReasonKind.CHECK]
    ends = [End.HELD, End.REJECTED, End.REJECTED, End.REJECTED]
    before = [End.HELD, End.HELD, End.REJECTED, End.REJECTED]
    ended = [
        makers.receipt(row, end, fingerprint=clip, reason_kind=kind, path="clips/x")
        for row, (end, kind) in enumerate(zip(ends, kinds, strict=True))
    ]
    seen = [replace(one, end=end) for one, end in zip(ended, before, strict=True)]
    planned = [makers.planned(row, fingerprint=clip) for row in range(4)]
    publish(store, requests(planned, seen), clips=[1])
    receipts.write(store, makers.BATCH, 0, "one", tables.receipt_table(ended))
    gone = list(tombstones.put(store, [tombstone(1)]).values())
    catalog.withdraw(store, gone)
    kept = receipts.read(store, makers.BATCH)
    wanted = ["withdrawn", "withdrawn", "withdrawn", "rejected"]
    assert kept["end"].to_pylist() == wanted
    assert kept["path"].to_pylist() == [""] * 4
    assert rows(store, 'select "end" from requests order by row') == [(end,) for end in wanted]
    catalog.publish_requests(store, makers.BATCH, requests(planned, ended))
    assert rows(store, 'select "end" from requests order by row') == [(end,) for end in wanted]


def planned_batch(store: ObjectStore, *planned: PlannedRow) -> None:
    batches.create(store, makers.batch())
    batches.write_plan(store, makers.BATCH, makers.plan_table(*planned))


def test_rows_that_keep_their_ends_are_not_counted_as_withdrawn(store: ObjectStore) -> None:
    """Those of a published batch by the catalog, those of one that is not by its receipts and what still waits."""
    ends = [End.PUBLISHED, End.REJECTED, End.FAILED]
    planned = [makers.planned(row, fingerprint=makers.fingerprint(1)) for row in range(4)]
    ended = [makers.receipt(row, end, fingerprint=makers.fingerprint(1)) for row, end in enumerate(ends)]
    planned_batch(store, *planned)
    receipts.write(store, makers.BATCH, 0, "one", tables.receipt_table(ended))
    assert takedown.reach(store, [makers.fingerprint(1)]).rows == 4
    assert takedown.withdraw(store, [makers.fingerprint(1)], reason="why", by="ada", now=NOW).batches == {
        makers.BATCH: 2
    }
    publish(store, requests(planned[:3], ended), clips=[1])
    assert batches.finish(store, makers.BATCH, {})
    assert takedown.withdraw(store, [makers.fingerprint(1)], reason="why", by="ada", now=NOW).batches == {
        makers.BATCH: 1
    }


def test_a_refused_row_wants_no_clip(store: ObjectStore) -> None:
    """It was refused for its price, say; that its fingerprint is one that another batch rendered takes nothing down."""
    refused = makers.refused(1)
    planned_batch(store, makers.planned(0), refused)
    assert takedown.of_batch(store, makers.BATCH) == [makers.planned(0).fingerprint] != [refused.fingerprint]
    with pytest.raises(errors.NotFound, match=refused.fingerprint):
        takedown.reach(store, [refused.fingerprint])


def test_a_takedown_looks_for_unpublished_batches_once(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is a question for each batch of the store."""
    publish(store, requests([makers.planned(0)], [makers.receipt(0)]), clips=[1])
    calls: list[ObjectStore] = []
    unpublished = batches.unpublished
    monkeypatch.setattr(batches, "unpublished", lambda there: calls.append(there) or unpublished(there))
    takedown.withdraw(store, [makers.fingerprint(1)], reason="why", by="ada", now=NOW)
    assert len(calls) == 1


def test_a_tombstone_is_read_once_and_none_is_asked_for_without_a_clip(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never changes; receipts that are not there yet name none."""
    tombstones.put(store, [tombstone(1)])
    asked: list[str] = []
    get, entries = type(store).get, type(store).entries
    monkeypatch.setattr(type(store), "get", lambda self, path: asked.append(path) or get(self, path))
    monkeypatch.setattr(type(store), "entries", lambda self, path="": asked.append(path) or entries(self, path))
    for _ in range(2):
        assert tombstones.of(store, makers.pa.array([makers.fingerprint(1)])) == {makers.fingerprint(1): tombstone(1)}
    assert asked == [layout.TOMBSTONES, layout.tombstone(makers.fingerprint(1)), layout.TOMBSTONES]
    asked.clear()
    assert receipts.read_shard(store, makers.BATCH, 0).num_rows == 0
    assert layout.TOMBSTONES not in asked


def test_every_table_is_asked_for_a_clip_by_a_bloom_filter(store: ObjectStore) -> None:
    """A takedown, an approval and a publisher do; without one they would read the fingerprints of all rows."""
    publish(store, requests([makers.planned(0)], [makers.receipt(0)]), clips=[1])
    sql = "select bloom_filter_length from parquet_metadata('{}') where path_in_schema = 'fingerprint'"
    for name in delta.TABLES:
        (file,) = files.of(store, name, delta.load(store, name))
        with duckdb.connect() as connection:
            assert connection.sql(sql.format(f"{store.url}/{file}")).fetchall()[0][0] is not None, name


def test_what_nobody_published_needs_no_tables(store: ObjectStore) -> None:
    catalog.withdraw(store, [tombstone(1)])
    assert store.list(layout.CATALOG) == []
