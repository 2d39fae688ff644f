"""Small batches in a catalog, and what it holds then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import store_makers as makers

from render.model import PlannedRow, Receipt
from render.store import catalog
from render.store.catalog import delta
from render.store.objects import ObjectStore


def requests(
    planned: Sequence[PlannedRow], ended: Sequence[Receipt] = (), faults: Sequence[Any] = (), batch: str = makers.BATCH
) -> pa.Table:
    return makers.requests_table(makers.batch(id=batch), planned, faults, ended)


def publish(store: ObjectStore, table: pa.Table, clips: Sequence[int] = (), batch: str = makers.BATCH) -> None:
    records = [makers.record(number) for number in clips]
    makers.publish(
        store,
        batch,
        requests=table,
        clips=catalog.clips_table(records),
        checks=catalog.checks_table(records),
    )


def versions(store: ObjectStore) -> dict[str, int]:
    return {name: snapshot.version() for name in delta.TABLES if (snapshot := delta.load(store, name))}


def rows(store: ObjectStore, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(record.values()) for record in catalog.query(store, sql).to_pylist()]
