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


def write(store: ObjectStore, shard: int | None, attempt: str, *written: Receipt) -> None:
    receipts.write(store, makers.BATCH, shard, attempt, tables.receipt_table(written))


def read(store: ObjectStore) -> list[Receipt]:
    return list(tables.receipts(receipts.read(store, makers.BATCH)))


def read_shard(store: ObjectStore, shard: int | None) -> list[Receipt]:
    return list(tables.receipts(receipts.read_shard(store, makers.BATCH, shard)))


def test_a_batch_without_receipts_has_none(store: ObjectStore) -> None:
    assert read(store) == []
    assert read_shard(store, 0) == []


def test_receipts_of_all_shards_come_by_row(store: ObjectStore) -> None:
    settled = makers.receipt(1, End.REJECTED, fingerprint="", reason="no", reason_kind=ReasonKind.POLICY, shard=None)
    write(store, 1, "one", makers.receipt(2, shard=1), makers.receipt(0, shard=1))
    write(store, None, "one", settled)
    assert [one.row for one in read(store)] == [0, 1, 2]
    assert read_shard(store, None) == [settled]
    assert [one.row for one in read_shard(store, 1)] == [0, 2]
    assert read_shard(store, 11) == []


def test_what_did_not_fail_beats_a_later_failure_and_the_latest_counts(store: ObjectStore) -> None:
    early, late = "2026-11-22T10:00:00+00:00", "2026-11-22T11:00:00+00:00"
    attempts = {
        "one": [makers.receipt(0, finished_at=early), makers.receipt(1, End.FAILED, reason="a", finished_at=early)],
        "two": [makers.receipt(0, End.FAILED, finished_at=late), makers.receipt(1, End.FAILED, finished_at=late)],
        "three": [makers.receipt(0, End.HELD, finished_at=late)],
    }
    for attempt, written in attempts.items():
        write(store, 0, attempt, *written)
    assert read(store) == [attempts["three"][0], attempts["two"][1]]


def test_a_persons_decision_beats_what_is_settled_without_one_even_later(store: ObjectStore) -> None:
    """A slow controller may write a shard's receipts once more, by a clock that is ahead; a decision is kept once."""
    early, late = "2026-11-22T10:00:00+00:00", "2026-11-22T11:00:00+00:00"
    decided = makers.receipt(0, reason_kind=ReasonKind.REVIEW, finished_at=early)
    write(store, 0, "one", makers.receipt(0, End.HELD, reason_kind=ReasonKind.CHECK, finished_at=late))
    receipts.write_reviewed(store, makers.BATCH, 0, tables.receipt_table([decided]))
    assert read(store) == [decided]
    receipts.write_reviewed(store, makers.BATCH, 0, tables.receipt_table([]))
    write(store, 0, "two", makers.receipt(0, End.FAILED, finished_at=late))
    assert read(store) == [decided]
    withdrawn = makers.receipt(0, End.WITHDRAWN, finished_at=early)
    write(store, 0, "three", withdrawn)
    assert read(store) == [withdrawn]


def test_an_attempt_is_written_once(store: ObjectStore) -> None:
    write(store, 0, "one", makers.receipt(0))
    with pytest.raises(errors.StoreError, match="give each attempt its own name"):
        write(store, 0, "one")
    assert read(store) == [makers.receipt(0)]


def test_receipts_of_the_first_version_are_read(store: ObjectStore) -> None:
    old = tables.receipt_table([makers.receipt(0)]).select(range(10))
    receipts.write(store, makers.BATCH, 0, "old", old)
    write(store, 1, "new", makers.receipt(1, shard=1, path="clips/c.mp4", cost_usd=2.0))
    assert read(store) == [makers.receipt(0), makers.receipt(1, shard=1, path="clips/c.mp4", cost_usd=2.0)]


@settings(max_examples=40)
@given(st.lists(makers.receipts, max_size=4))
def test_receipts_survive_parquet(written: list[Receipt]) -> None:
    table = tables.receipt_table(written)
    assert list(tables.receipts(table)) == written


@pytest.mark.slow
def test_good_receipts_meet_their_contract() -> None:
    written = [makers.receipt(0), makers.receipt(1, End.FAILED, reason_kind=ReasonKind.ENGINE, shard=None)]
    table = tables.receipt_table(written)
    assert contracts.validate(contracts.load("receipts"), table) == []
    twice = tables.receipt_table([written[0]] * 2)
    assert {violation.rule for violation in contracts.validate(contracts.load("receipts"), twice)} == {"unique"}
