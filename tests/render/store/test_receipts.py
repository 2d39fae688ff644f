from __future__ import annotations

from pathlib import Path

import pytest
import store_makers as makers
from hypothesis import given, settings
from hypothesis import strategies as st

from render import contracts, errors
from render.model import End, ReasonKind, Receipt
from render.store import receipts, tables
from render.store.objects import ObjectStore, open_store


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path))


def test_a_batch_without_receipts_has_none(store: ObjectStore) -> None:
    assert receipts.read(store, makers.BATCH) == []
    assert receipts.read_shard(store, makers.BATCH, 0) == []


def test_receipts_of_all_shards_come_by_row(store: ObjectStore) -> None:
    settled = makers.receipt(1, End.REJECTED, fingerprint="", reason="no", reason_kind=ReasonKind.POLICY, shard=None)
    receipts.write(store, makers.BATCH, 1, "one", [makers.receipt(2, shard=1), makers.receipt(0, shard=1)])
    receipts.write(store, makers.BATCH, None, "one", [settled])
    assert [one.row for one in receipts.read(store, makers.BATCH)] == [0, 1, 2]
    assert receipts.read_shard(store, makers.BATCH, None) == [settled]
    assert [one.row for one in receipts.read_shard(store, makers.BATCH, 1)] == [0, 2]
    assert receipts.read_shard(store, makers.BATCH, 11) == []


def test_what_did_not_fail_beats_a_later_failure_and_the_latest_counts(store: ObjectStore) -> None:
    early, late = "2026-11-22T10:00:00+00:00", "2026-11-22T11:00:00+00:00"
    attempts = {
        "one": [makers.receipt(0, finished_at=early), makers.receipt(1, End.FAILED, reason="a", finished_at=early)],
        "two": [makers.receipt(0, End.FAILED, finished_at=late), makers.receipt(1, End.FAILED, finished_at=late)],
        "three": [makers.receipt(0, End.HELD, finished_at=late)],
    }
    for attempt, written in attempts.items():
        receipts.write(store, makers.BATCH, 0, attempt, written)
    assert receipts.read(store, makers.BATCH) == [attempts["three"][0], attempts["two"][1]]


def test_an_attempt_is_written_once(store: ObjectStore) -> None:
    receipts.write(store, makers.BATCH, 0, "one", [makers.receipt(0)])
    with pytest.raises(errors.StoreError, match="give each attempt its own name"):
        receipts.write(store, makers.BATCH, 0, "one", [])
    assert receipts.read(store, makers.BATCH) == [makers.receipt(0)]


@settings(max_examples=40)
@given(st.lists(makers.receipts, max_size=4))
def test_receipts_survive_parquet(written: list[Receipt]) -> None:
    table = tables.to_table("receipts", [tables.receipt_record(one) for one in written])
    assert [tables.receipt_of(record) for record in table.to_pylist()] == written


@pytest.mark.slow
def test_good_receipts_meet_their_contract() -> None:
    written = [makers.receipt(0), makers.receipt(1, End.FAILED, reason_kind=ReasonKind.ENGINE, shard=None)]
    table = tables.to_table("receipts", [tables.receipt_record(one) for one in written])
    assert contracts.validate(contracts.load("receipts"), table) == []
    twice = tables.to_table("receipts", [tables.receipt_record(written[0])] * 2)
    assert {violation.rule for violation in contracts.validate(contracts.load("receipts"), twice)} == {"unique"}
