"""Frozen data in Parquet by contract: model objects to Arrow tables and back, without loss.

Field names of the model and columns of a contract are the same, but for the plan, where a row, its job and its
estimate are flattened.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from render import contracts
from render.model import Decision, End, Estimate, Fault, Job, PlannedRow, ReasonKind, Receipt, Row, Shot

_ROW = tuple(field.name for field in fields(Row))
_JOB = tuple(field.name for field in fields(Job))


def to_table(contract: str, records: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Records as a table with the columns of the contract."""
    return pa.Table.from_pylist(list(records), schema=contracts.load(contract).arrow_schema())


def to_parquet(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def planned_record(planned: PlannedRow) -> dict[str, Any]:
    """A planned row as one record of the plan contract."""
    row, job, fault = planned.row, planned.job, planned.fault
    record = {name: getattr(row, name) for name in _ROW}
    record["shots"] = [asdict(shot) for shot in row.shots]
    record["tags"] = sorted(row.tags.items())
    record |= {
        "decision": str(planned.decision),
        "why": planned.why,
        "fingerprint": planned.fingerprint,
        "shard": planned.shard,
        "estimate_cost_usd": planned.estimate.cost_usd,
        "estimate_cpu_seconds": planned.estimate.cpu_seconds,
        "job": {name: getattr(job, name) for name in _JOB} | {"shots": [asdict(shot) for shot in job.shots]},
        "fault": None if fault is None else fault_record(fault),
    }
    return record


def planned_rows(batch: pa.RecordBatch | pa.Table) -> Iterator[PlannedRow]:
    """The planned rows in a table of the plan contract."""
    for record in batch.to_pylist():
        fault = record["fault"]
        row: dict[str, Any] = {name: record[name] for name in _ROW}
        row |= {"shots": _shots(row["shots"]), "tags": dict(row["tags"])}
        yield PlannedRow(
            row=Row(**row),
            decision=Decision(record["decision"]),
            why=record["why"],
            fingerprint=record["fingerprint"],
            job=_job(record["job"]),
            shard=record["shard"],
            estimate=Estimate(cost_usd=record["estimate_cost_usd"], cpu_seconds=record["estimate_cpu_seconds"]),
            fault=None if fault is None else fault_of(fault),
        )


def fault_record(fault: Fault) -> dict[str, Any]:
    """A fault as one record of the quarantine contract."""
    return asdict(fault) | {"kind": str(fault.kind)}


def fault_of(record: dict[str, Any]) -> Fault:
    """The fault in a record of the quarantine contract."""
    return Fault(**(record | {"kind": ReasonKind(record["kind"])}))


def receipt_record(receipt: Receipt) -> dict[str, Any]:
    """A receipt as one record of the receipts contract."""
    kind = receipt.reason_kind
    return asdict(receipt) | {"end": str(receipt.end), "reason_kind": None if kind is None else str(kind)}


def receipt_of(record: dict[str, Any]) -> Receipt:
    """The receipt in a record of the receipts contract."""
    kind = record["reason_kind"]
    return Receipt(**(record | {"end": End(record["end"]), "reason_kind": None if kind is None else ReasonKind(kind)}))


def _job(record: dict[str, Any]) -> Job:
    return Job(**(record | {"shots": _shots(record["shots"])}))


def _shots(records: Sequence[dict[str, Any]]) -> tuple[Shot, ...]:
    return tuple(Shot(**record) for record in records)
