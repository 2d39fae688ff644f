"""Receipts: how each row of a batch ended, packed in one Parquet file a shard attempt, written once.

A takedown writes none: what it has done to a row is told by the clip's tombstone, whenever receipts are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from render import contracts, errors
from render.model import End, ReasonKind, Tombstone
from render.store import layout, tables, tombstones
from render.store.objects import ObjectStore
from render.telemetry import instruments

SERVED = (End.PUBLISHED, End.REUSED, End.HELD)
"""Ends of rows that a clip serves."""

_AT_ONCE = 16
_OF_CLIP = {"path": "", "render_seconds": 0.0, "cpu_seconds": 0.0, "cost_usd": 0.0, "stand_in": False}
"""What a receipt says of its clip; those of version 1.0 of the contract say nothing."""


def of_clip(ends: pa.Array | pa.ChunkedArray, kinds: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Which rows, by end and kind of its reason, have it from their clip and are withdrawn with it.

    Those that it serves, and those for which a person refused it: whether that was published before does not matter.
    """
    refused = pc.and_(pc.equal(ends, End.REJECTED), pc.fill_null(pc.equal(kinds, ReasonKind.REVIEW), False))
    return pc.fill_null(pc.or_(pc.is_in(ends, pa.array(SERVED, pa.string())), refused), False)


def untold(receipts: pa.Table) -> pa.ChunkedArray:
    """Which rows may have a clip of which their receipt says nothing, as those of version 1.0; null without a receipt.

    Of a clip that was taken down a receipt names no path, but tells what it took.
    """
    nothing = pc.and_(pc.equal(receipts["path"], ""), pc.equal(receipts["render_seconds"], 0.0))
    clipless = pc.is_in(receipts["end"], pa.array([End.FAILED, End.WITHDRAWN], pa.string()))
    return pc.and_(pc.and_not(nothing, clipless), pc.not_equal(receipts["fingerprint"], ""))


def write(store: ObjectStore, batch_id: str, shard: int | None, attempt: str, receipts: pa.Table) -> str:
    """Keep the receipts of one attempt of a shard, or of the plan's own (shard None); return the object's path.

    Raises :class:`render.errors.StoreError` if this attempt has written before: an attempt is written once, as a whole.
    """
    return write_pieces(store, batch_id, shard, attempt, [receipts])


def write_pieces(
    store: ObjectStore, batch_id: str, shard: int | None, attempt: str, receipts: Iterable[pa.Table]
) -> str:
    """Like :func:`write`, for receipts of which a piece at a time is in memory.

    Raises :class:`render.errors.StoreError` if this attempt has written before: an attempt is written once, as a whole.
    """
    path = layout.receipts(batch_id, shard, attempt)
    ends: Counter[str] = Counter()
    if not store.put_if_absent(path, tables.to_parquet(_counted(receipts, ends))):
        raise errors.StoreError(f"{store.uri(path)} is written already: give each attempt its own name.")
    _count(ends)
    return path


def write_reviewed(store: ObjectStore, batch_id: str, number: int, receipts: pa.Table) -> None:
    """Keep the receipts of the rows that this decision of a person ended, unless they are kept already."""
    ends: Counter[str] = Counter()
    if store.put_if_absent(layout.reviewed(batch_id, number), tables.to_parquet(_counted([receipts], ends))):
        _count(ends)


def read(store: ObjectStore, batch_id: str) -> pa.Table:
    """The receipt that counts for each row that has one, by row, over all shards and attempts.

    One that did not fail beats one that failed, a person's decision beats what was settled without one, and a takedown
    beats all; among equals the latest counts. A row whose clip was taken down is withdrawn, since when that was done;
    what the clip took is told as before.
    """
    return _withdrawn(store, _effective(_read_all(store, store.list(layout.all_receipts(batch_id)))))


def read_shard(store: ObjectStore, batch_id: str, shard: int | None) -> pa.Table:
    """Like :func:`read`, for one shard, or for the rows that the plan settled (None)."""
    return _withdrawn(store, _effective(_read_all(store, store.list(layout.receipts(batch_id, shard)))))


def _counted(receipts: Iterable[pa.Table], ends: Counter[str]) -> Iterator[pa.Table]:
    """The same pieces; their ends are counted on the way."""
    for piece in receipts:
        ends.update({one["values"]: one["counts"] for one in pc.value_counts(piece["end"]).to_pylist()})
        yield piece


def _count(ends: Mapping[str, int]) -> None:
    for end, count in ends.items():
        instruments.CLIPS.add(count, end=end)


def _read_all(store: ObjectStore, paths: list[str]) -> pa.Table:
    def read_one(path: str) -> pa.Table:
        with store.open(path) as file, pq.ParquetFile(file) as parquet:
            return parquet.read()

    schema = contracts.load("receipts").arrow_schema()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="receipts") as pool:
        found = pa.concat_tables([schema.empty_table(), *pool.map(read_one, paths)], promote_options="default")
    given = {name: found[name] for name in schema.names}
    given |= {name: pc.fill_null(found[name], value) for name, value in _OF_CLIP.items()}
    return pa.table(given, schema=schema).combine_chunks()  # to sort many chunks would join them anew each time


def _effective(receipts: pa.Table) -> pa.Table:
    if pc.count_distinct(receipts["row"]).as_py() == receipts.num_rows:
        return receipts.sort_by("row")
    ranks = {
        "ended": pc.not_equal(receipts["end"], End.FAILED),
        "withdrawn": pc.equal(receipts["end"], End.WITHDRAWN),
        "reviewed": pc.fill_null(pc.equal(receipts["reason_kind"], ReasonKind.REVIEW), False),
    }
    ranked = pa.table(
        {"row": receipts["row"], **ranks, **{name: receipts[name] for name in ("finished_at", "attempt")}}
    )
    inwards = [(name, "ascending") for name in ranked.column_names]
    receipts = receipts.take(pc.sort_indices(ranked, sort_keys=inwards))
    row = receipts["row"].combine_chunks()
    last = pc.not_equal(row[:-1], row[1:])
    return receipts.filter(pa.concat_arrays([last, pa.array([True])]))


def _withdrawn(store: ObjectStore, receipts: pa.Table) -> pa.Table:
    """The same receipts, but rows that go with a clip which was taken down are withdrawn, and no path leads to it."""
    fingerprints = receipts["fingerprint"].combine_chunks()
    gone = list(tombstones.of(store, fingerprints).values())
    if not gone:
        return receipts
    which = pc.index_in(fingerprints, pa.array([one.fingerprint for one in gone]))
    dead = which.is_valid()
    theirs = pc.and_(dead, of_clip(receipts["end"].combine_chunks(), receipts["reason_kind"].combine_chunks()))

    def told(values: list[str]) -> pa.Array:
        return pa.array(values, pa.string()).take(which)

    finished = receipts["finished_at"].combine_chunks()
    instead = {
        "end": pa.scalar(str(End.WITHDRAWN)),
        "reason": told([one.sentence for one in gone]),
        "reason_kind": pa.scalar(str(ReasonKind.POLICY)),
        "fix": pa.scalar(Tombstone.FIX),
        "finished_at": pc.max_element_wise(finished, told([one.withdrawn_at for one in gone])),
        "path": pa.scalar(""),
        "stand_in": pa.scalar(False),
    }
    for name, values in instead.items():
        column = pc.if_else(dead if name in {"path", "stand_in"} else theirs, values, receipts[name].combine_chunks())
        receipts = receipts.set_column(receipts.schema.get_field_index(name), receipts.schema.field(name), column)
    return receipts
