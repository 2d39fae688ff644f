"""Model objects as tables: the other way round than the product, which goes by whole columns, ever needs it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from render import contracts
from render.model import Fault, PlannedRow, Row
from render.store import tables


def of_rows(rows: Iterable[Row]) -> pa.Table:
    """Rows as a table, in their order."""
    return pa.Table.from_pylist([_row(row) for row in rows], schema=contracts.row_schema())


def of_planned(planned: Iterable[PlannedRow]) -> pa.Table:
    """Planned rows as a table of the plan contract."""
    return tables.to_table("plan", [_planned(one) for one in planned])


def of_faults(faults: Iterable[Fault]) -> pa.Table:
    """Faults as a table of the quarantine contract, in their order."""
    return tables.to_table("quarantine", [_fault(one) for one in faults])


def _fault(fault: Fault) -> dict[str, Any]:
    return asdict(fault) | {"kind": str(fault.kind)}


def _row(row: Row) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in contracts.ROW_COLUMNS}
    return plain | {"shots": [asdict(shot) for shot in row.shots], "tags": sorted(row.tags.items())}


def _planned(planned: PlannedRow) -> dict[str, Any]:
    fault = planned.fault
    return _row(planned.row) | {
        "decision": str(planned.decision),
        "why": planned.why,
        "fingerprint": planned.fingerprint,
        "engine_revision": planned.engine_revision,
        "shard": planned.shard,
        "estimate_cost_usd": planned.estimate.cost_usd,
        "estimate_cpu_seconds": planned.estimate.cpu_seconds,
        "fault": None if fault is None else _fault(fault),
    }
