"""Frozen data in Parquet by contract: receipts and faults to Arrow tables and back, planned rows back, without loss.

Field names of the model and columns of a contract are the same, but for the plan, where a row and its estimate are
flattened.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from render import contracts
from render.model import Decision, End, Estimate, Fault, PlannedRow, ReasonKind, Receipt


def to_table(contract: str, records: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Records as a table with the columns of the contract."""
    return pa.Table.from_pylist(list(records), schema=contracts.load(contract).arrow_schema())


def to_parquet(pieces: Iterable[pa.Table]) -> bytes:
    """The rows of these tables, of which there is one at least, as the bytes of a Parquet file."""
    sink, writer = io.BytesIO(), None
    for piece in pieces:
        writer = writer or pq.ParquetWriter(sink, piece.schema, compression="zstd")
        writer.write_table(piece)
    if writer is None:
        raise ValueError("a file of no table has no columns")
    writer.close()
    return sink.getvalue()


def planned_rows(batch: pa.RecordBatch | pa.Table) -> Iterator[PlannedRow]:
    """The planned rows in a table of the plan contract."""
    for record in batch.to_pylist():
        fault, of_job = record["fault"], record.get("job", record)  # where a plan of version 1 has the revision
        yield PlannedRow(
            row=contracts.row_of(record),
            decision=Decision(record["decision"]),
            why=record["why"],
            fingerprint=record["fingerprint"],
            engine_revision=of_job["engine_revision"],
            shard=record["shard"],
            estimate=Estimate(cost_usd=record["estimate_cost_usd"], cpu_seconds=record["estimate_cpu_seconds"]),
            fault=None
            if fault is None
            else fault_of(fault | {"experiment": record["experiment"], "variant": record["variant"]}),
        )


def fault_of(record: dict[str, Any]) -> Fault:
    """The fault in a record of the quarantine contract."""
    return Fault(**(record | {"kind": ReasonKind(record["kind"])}))


def receipt_table(receipts: Iterable[Receipt]) -> pa.Table:
    """Receipts as a table of their contract."""
    return to_table("receipts", [receipt_record(receipt) for receipt in receipts])


def receipts(table: pa.Table) -> Iterator[Receipt]:
    """The receipts in a table of their contract."""
    return map(receipt_of, table.to_pylist())


def receipt_record(receipt: Receipt) -> dict[str, Any]:
    """A receipt as one record of the receipts contract."""
    kind = receipt.reason_kind
    return asdict(receipt) | {"end": str(receipt.end), "reason_kind": None if kind is None else str(kind)}


def receipt_of(record: dict[str, Any]) -> Receipt:
    """The receipt in a record of the receipts contract."""
    kind = record["reason_kind"]
    return Receipt(**(record | {"end": End(record["end"]), "reason_kind": None if kind is None else ReasonKind(kind)}))
