"""Receipts: how each row of a batch ended, packed in one Parquet file a shard attempt, written once."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pyarrow.parquet as pq

from render import errors
from render.model import End, Receipt
from render.store import layout, tables
from render.store.objects import ObjectStore

_AT_ONCE = 16


def write(store: ObjectStore, batch_id: str, shard: int | None, attempt: str, receipts: Iterable[Receipt]) -> str:
    """Keep the receipts of one attempt of a shard, or of the plan's own (shard None); return the object's path.

    Raises :class:`render.errors.StoreError` if this attempt has written before: an attempt is written once, as a whole.
    """
    path = layout.receipts(batch_id, shard, attempt)
    table = tables.to_table("receipts", [tables.receipt_record(receipt) for receipt in receipts])
    if not store.put_if_absent(path, tables.to_parquet(table)):
        raise errors.StoreError(f"{store.uri(path)} is written already: give each attempt its own name.")
    return path


def read(store: ObjectStore, batch_id: str) -> list[Receipt]:
    """The receipt that counts for each row that has one, by row, over all shards and attempts.

    One that did not fail beats one that failed; among equals the latest counts.
    """
    return _effective(_read_all(store, store.list(layout.all_receipts(batch_id))))


def read_shard(store: ObjectStore, batch_id: str, shard: int | None) -> list[Receipt]:
    """Like :func:`read`, for one shard, or for the rows that the plan settled (None)."""
    return _effective(_read_all(store, store.list(layout.receipts(batch_id, shard))))


def _read_all(store: ObjectStore, paths: list[str]) -> list[Receipt]:
    def read_one(path: str) -> list[Receipt]:
        with store.open(path) as file:
            return [tables.receipt_of(record) for record in pq.read_table(file).to_pylist()]

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="receipts") as pool:
        return [receipt for receipts in pool.map(read_one, paths) for receipt in receipts]


def _effective(receipts: list[Receipt]) -> list[Receipt]:
    latest = sorted(receipts, key=lambda one: (one.end is not End.FAILED, one.finished_at, one.attempt))
    by_row = {receipt.row: receipt for receipt in latest}
    return [by_row[row] for row in sorted(by_row)]
