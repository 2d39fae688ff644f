from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import as_tables
import pyarrow as pa
import pytest
import store_makers as makers
from hypothesis import given, settings
from hypothesis import strategies as st

from render import contracts, errors
from render.model import Decision, PlannedRow
from render.store import batches, layout, tables
from render.store.objects import ObjectStore, open_store


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path))


def test_the_first_intake_counts(store: ObjectStore) -> None:
    assert batches.create(store, makers.batch())
    assert not batches.create(store, makers.batch(run_key="other"))
    assert batches.load(store, makers.BATCH) == makers.batch()
    assert batches.list_ids(store) == [makers.BATCH]


def test_a_missing_batch_is_told_with_those_there_are(store: ObjectStore) -> None:
    batches.create(store, makers.batch())
    with pytest.raises(errors.NotFound, match=f"no batch 'other'.*{makers.BATCH}"):
        batches.load(store, "other")


@pytest.mark.parametrize("batch_id", ["", "../x", "a/b", "a b", ".hidden", "x" * 161])
def test_a_batch_id_can_be_a_folder(store: ObjectStore, batch_id: str) -> None:
    with pytest.raises(errors.InputError, match="cannot name a batch"):
        batches.create(store, makers.batch(id=batch_id))


def test_a_record_of_another_version_is_refused(store: ObjectStore) -> None:
    batches.create(store, makers.batch())
    fields = json.loads(store.get(layout.intake(makers.BATCH)))
    store.put(layout.intake(makers.BATCH), json.dumps(fields | {"version": 2}).encode())
    with pytest.raises(errors.StoreError, match=r"version 2; this program knows version 1"):
        batches.load(store, makers.BATCH)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"version": 1}', b'{"version": 1, "id": 3}'])
def test_a_damaged_record_is_told_with_its_place(store: ObjectStore, data: bytes) -> None:
    store.put(layout.intake(makers.BATCH), data)
    with pytest.raises(errors.CorruptObject, match=r"intake\.json"):
        batches.load(store, makers.BATCH)


def test_the_newest_unfinished_batch_of_a_content_is_resumed(store: ObjectStore) -> None:
    content = makers.batch().content
    for key, moment in (("a", "2026-01-01"), ("b", "2026-01-03"), ("c", "2026-01-02")):
        batches.create(store, makers.batch(id=f"{key}-0123456789ab", created_at=f"{moment}T00:00:00+00:00"))
    batches.create(store, makers.batch(id="d-0123456789ab", content="0123456789ab" + "1" * 52, created_at="2027"))
    batches.create(store, makers.batch(id="e-ffffffffffff", content="f" * 64, created_at="2027"))
    newest = batches.newest_unfinished(store, content)
    assert newest is not None
    assert newest.id == "b-0123456789ab"
    assert batches.finish(store, newest.id, {"rows": 3})
    assert not batches.finish(store, newest.id, {"rows": 4})
    assert batches.finished(store, newest.id) == {"rows": 3}
    newest = batches.newest_unfinished(store, content)
    assert newest is not None
    assert newest.id == "c-0123456789ab"
    assert batches.finished(store, "c-0123456789ab") is None
    assert batches.newest_unfinished(store, "e" * 64) is None


def test_the_marks_of_many_batches_are_looked_up_at_once(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduled manifest that never changes has a batch for each night; each look waits here for another."""
    for number in range(4):
        batches.create(store, makers.batch(id=f"{number}-0123456789ab"))
    exists, both = store.exists, threading.Barrier(2, timeout=10)

    def exists_beside_another(path: str) -> bool:
        both.wait()
        return exists(path)

    monkeypatch.setattr(store, "exists", exists_beside_another)
    newest = batches.newest_unfinished(store, makers.batch().content)
    assert newest is not None
    assert newest.id == "3-0123456789ab"


def test_batches_are_listed_newest_first(store: ObjectStore) -> None:
    assert batches.newest(store) == []
    for name, day in (("a", 2), ("b", 3), ("c", 1)):
        batches.create(store, makers.batch(id=f"{name}-0123456789ab", created_at=f"2026-11-0{day}T00:00:00+00:00"))
    assert [batch.id[0] for batch in batches.newest(store)] == ["b", "a", "c"]


def test_a_plan_is_read_by_shard(store: ObjectStore) -> None:
    rows = [
        makers.planned(0, shard=1),
        makers.planned(1, shard=None, decision=Decision.REUSE),
        makers.planned(2, shard=0),
        makers.planned(3, shard=1, decision=Decision.DUPLICATE),
        makers.refused(4),
        makers.planned(5, shard=0),
    ]
    table = makers.plan_table(*rows)
    summary = batches.write_plan(
        store, makers.BATCH, table, as_tables.of_faults([makers.fault(7), makers.fault(6), makers.fault(7)])
    )
    assert [one.row.row for one in batches.read_plan(store, makers.BATCH)] == [2, 5, 0, 3, 1, 4]
    assert list(batches.read_plan(store, makers.BATCH, shard=1)) == [rows[0], rows[3]]
    assert list(batches.read_plan(store, makers.BATCH, shard=9)) == []
    assert [fault.row for fault in batches.read_quarantine(store, makers.BATCH)] == [4, 6, 7, 7]
    assert summary == batches.plan_summary(store, makers.BATCH)
    assert summary.rows == 6
    assert summary.quarantined == 3
    assert summary.decisions == {"render": 3, "duplicate": 1, "reuse": 1, "refuse": 1, "withdrawn": 0}
    assert summary.shards == {0: 2, 1: 1}
    assert summary.reasons == {"never rendered": 3}
    assert batches.summarise(table, as_tables.of_faults([makers.fault(6), makers.fault(7)])) == replace(
        summary, attempt=""
    )
    assert summary.estimate_cost_usd == 1.5
    assert summary.estimate_cpu_seconds == 6.0
    assert summary.estimate_video_seconds == 6.0


def test_a_plan_counts_its_faults_by_kind_and_column(store: ObjectStore) -> None:
    faults = as_tables.of_faults([makers.fault(9), makers.fault(7), makers.fault(7, column="width"), makers.fault(7)])
    summary = batches.write_plan(store, makers.BATCH, makers.plan_table(makers.planned(0), makers.refused(4)), faults)
    counted = [(count.rows, count.first.row, count.first.kind, count.first.column) for count in summary.faults]
    refused, bad = makers.refused(4).fault, makers.fault(7)
    assert refused is not None
    assert sorted(counted) == sorted(
        [(2, 7, bad.kind, bad.column), (1, 4, refused.kind, refused.column), (1, 7, bad.kind, "width")]
    )
    assert counted[0][0] == 2
    assert summary.manifest_rows == 4
    assert batches.plan_summary(store, makers.BATCH) == summary


def test_an_empty_plan_is_a_plan(store: ObjectStore) -> None:
    summary = batches.write_plan(store, makers.BATCH, makers.plan_table())
    assert summary.shards == {}
    assert list(batches.read_plan(store, makers.BATCH)) == []
    assert list(batches.read_plan(store, makers.BATCH, shard=0)) == []
    assert list(batches.read_quarantine(store, makers.BATCH)) == []


def test_a_batch_without_a_plan_says_so(store: ObjectStore) -> None:
    assert batches.plan_summary(store, makers.BATCH) is None
    with pytest.raises(errors.NotFound, match="has no plan yet"):
        list(batches.read_plan(store, makers.BATCH))


def test_the_second_plan_uses_the_first(store: ObjectStore) -> None:
    first = batches.write_plan(store, makers.BATCH, makers.plan_table(makers.planned(0)))
    kept = store.list()
    second = batches.write_plan(
        store,
        makers.BATCH,
        makers.plan_table(makers.planned(0), makers.planned(1)),
        as_tables.of_faults([makers.fault(2)]),
    )
    assert second == first
    assert store.list() == kept


def test_the_sweep_of_plans_leaves_what_is_not_of_the_layout(store: ObjectStore) -> None:
    batches.write_plan(store, makers.BATCH, makers.plan_table(makers.planned(0)))
    mine = f"{layout.batch(makers.BATCH)}/plan/sub/x.parquet"
    store.put(mine, b"mine")
    assert batches.sweep_plans(store, makers.BATCH) == []
    assert store.exists(mine)


def test_a_planner_that_died_leaves_what_the_sweep_removes(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(store, "put_if_absent", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            batches.write_plan(store, makers.BATCH, makers.plan_table(makers.planned(0)))
    assert batches.plan_summary(store, makers.BATCH) is None
    left = store.list()
    assert len(left) == 2
    batches.write_plan(store, makers.BATCH, makers.plan_table(makers.planned(0)))
    assert sorted(batches.sweep_plans(store, makers.BATCH)) == left
    assert batches.sweep_plans(store, makers.BATCH) == []
    assert len(list(batches.read_plan(store, makers.BATCH))) == 1


def test_a_shards_rows_lie_apart(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "ROWS_AT_ONCE", 10)
    rows = [makers.planned(row, shard=row % 7, decision=Decision.DUPLICATE) for row in range(200)]
    batches.write_plan(store, makers.BATCH, makers.plan_table(*rows))
    for shard in range(7):
        assert list(batches.read_plan(store, makers.BATCH, shard)) == [row for row in rows if row.shard == shard]
    assert len(list(batches.read_plan(store, makers.BATCH))) == 200


@settings(max_examples=60)
@given(st.lists(makers.planned_rows, max_size=4))
def test_planned_rows_survive_parquet(rows: list[PlannedRow]) -> None:
    table = as_tables.of_planned(rows)
    assert table.schema.equals(contracts.load("plan").arrow_schema())
    assert list(tables.planned_rows(table)) == [
        replace(row, fault=row.fault and replace(row.fault, experiment=row.row.experiment, variant=row.row.variant))
        for row in rows
    ]


def test_a_plan_of_the_first_version_is_read() -> None:
    """It has the revision in a struct of all that the job is."""
    rows = [makers.planned(0), makers.refused(1)]
    old = as_tables.of_planned(rows)
    jobs = pa.array([{"engine_revision": one} for one in old["engine_revision"].to_pylist()])
    assert list(tables.planned_rows(old.drop_columns("engine_revision").append_column("job", jobs))) == rows


@pytest.mark.slow
def test_a_good_plan_meets_its_contract() -> None:
    rows = [makers.planned(0), makers.refused(1), makers.planned(2, shard=None, decision=Decision.REUSE)]
    table = as_tables.of_planned(rows)
    assert contracts.validate(contracts.load("plan"), table) == []
    quarantine = as_tables.of_faults([makers.fault(3)])
    assert contracts.validate(contracts.load("quarantine"), quarantine) == []
