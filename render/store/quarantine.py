"""The faults of rows that never become jobs, by whole columns: a manifest may be wrong in every row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from render import contracts
from render.model import Fault
from render.store import spool
from render.store.tables import fault_of

AT_ONCE = 32_768
"""About so many faults are in memory at the same time; those of a row stay together."""
_TEXTS = ("column", "experiment", "variant", "value", "reason", "fix", "kind")
_BY_ROW = pa.schema(
    {"row": pa.int64()} | dict.fromkeys(("experiment", "variant", "kind", "reason", "fix"), pa.string())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultCount:
    """Quarantined rows with a fault of one kind in one column."""

    rows: int
    first: Fault
    """That of the first of these rows, as an example."""


class Faults(Sequence[Fault]):
    """The faults of a batch, by row, each made of columns when it is asked for."""

    def __init__(self, table: pa.Table) -> None:
        """``table`` is one of the quarantine contract."""
        self._table = table

    @property
    def table(self) -> pa.Table:
        """The columns, for what goes over a quarantine of any length."""
        return self._table

    @property
    def rows(self) -> int:
        """How many rows have one."""
        return pc.count_distinct(self._table["row"]).as_py()

    def __len__(self) -> int:
        return self._table.num_rows

    def __iter__(self) -> Iterator[Fault]:
        for piece in self._table.to_batches(AT_ONCE):
            yield from map(fault_of, piece.to_pylist())

    @overload
    def __getitem__(self, index: int) -> Fault: ...
    @overload
    def __getitem__(self, index: slice) -> Faults: ...
    def __getitem__(self, index: int | slice) -> Fault | Faults:
        places = range(len(self))[index]
        if isinstance(places, int):
            return fault_of(self._table.slice(places, 1).to_pylist()[0])
        return Faults(self._table.take(pa.array(places, pa.int64())))


class Tally:
    """Counts rows with faults, piece by piece; no row may be in two pieces."""

    def __init__(self) -> None:
        self.rows = 0
        self._rows: dict[tuple[str, str], int] = {}
        self._first: dict[tuple[str, str], Fault] = {}

    def add(self, piece: pa.Table) -> None:
        """Count the faults of a table of the quarantine contract."""
        self.rows += pc.count_distinct(piece["row"]).as_py()
        placed = piece.append_column("place", pa.array(np.arange(piece.num_rows)))
        alike = placed.group_by(["kind", "column"]).aggregate([("row", "count_distinct"), ("place", "min")])
        for one in alike.sort_by("place_min").to_pylist():
            key = one["kind"], one["column"]
            self._rows[key] = self._rows.get(key, 0) + one["row_count_distinct"]
            if key not in self._first:
                self._first[key] = fault_of(piece.slice(one["place_min"], 1).to_pylist()[0])

    def counts(self) -> tuple[FaultCount, ...]:
        """By kind and column, most rows first."""
        counts = [FaultCount(rows=rows, first=self._first[key]) for key, rows in self._rows.items()]
        return tuple(sorted(counts, key=lambda count: -count.rows))


def of_plan(planned: pa.Table, malformed: pa.Table | None) -> Iterator[pa.Table]:
    """Every fault of every row that never becomes a job, by row: those that the plan refuses and the ``malformed``.

    ``planned`` is a table of the plan contract, ``malformed`` one of the quarantine's, as the tables given are.
    """
    schema = contracts.load("quarantine").arrow_schema()
    malformed = schema.empty_table() if malformed is None else malformed
    refused = np.flatnonzero(planned["fault"].is_valid())
    row = np.concatenate([malformed["row"].to_numpy(), planned["row"].to_numpy()[refused]])
    order = np.argsort(row, kind="stable")
    row = row[order]
    bad, others = spool.Reader(malformed), spool.Reader(planned.select(["row", "experiment", "variant", "fault"]))
    start = 0
    while start < len(row):
        stop = int(np.searchsorted(row, row[min(start + AT_ONCE, len(row)) - 1], side="right"))
        own = np.sort(order[start:stop])
        which = own[own < malformed.num_rows], refused[own[own >= malformed.num_rows] - malformed.num_rows]
        piece = pa.concat_tables([bad.take(which[0]), _refusals(others.take(which[1]), schema)])
        yield piece.take(pa.array(np.argsort(piece["row"].to_numpy(), kind="stable")))
        start = stop


def write(pieces: Iterable[pa.Table], file: Path) -> Tally:
    """Write a quarantine as Parquet, and count it."""
    tally = Tally()
    with pq.ParquetWriter(file, contracts.load("quarantine").arrow_schema(), compression="zstd") as writer:
        for piece in pieces:
            tally.add(piece)
            writer.write_table(piece)
    return tally


def tally(pieces: Iterable[pa.Table]) -> Tally:
    """Count a quarantine that is not kept."""
    counted = Tally()
    for piece in pieces:
        counted.add(piece)
    return counted


def by_row(pieces: Iterable[pa.Table | pa.RecordBatch]) -> Iterator[pa.Table]:
    """One record for each row that has faults, with all its reasons and what is to be changed, piece by piece.

    ``pieces`` are of the quarantine contract, by row. ``kind`` is that of the row's first fault.
    """
    records: list[dict[str, Any]] = []
    for row, faults in groupby(_records(pieces), key=itemgetter("row")):
        own = list(faults)
        said = {name: own[0][name] for name in ("experiment", "variant", "kind")}
        reason = " ".join(Fault.name(fault["column"], fault["reason"]) for fault in own)
        records.append(
            said | {"row": row, "reason": reason, "fix": " ".join(dict.fromkeys(map(itemgetter("fix"), own)))}
        )
        if len(records) == AT_ONCE:
            yield pa.Table.from_pylist(records, schema=_BY_ROW)
            records = []
    yield pa.Table.from_pylist(records, schema=_BY_ROW)


def read(file: Any) -> Faults:
    """The faults in a quarantine's file; texts that are alike are in memory once."""
    return Faults(pq.read_table(file, read_dictionary=list(_TEXTS)))


def _records(pieces: Iterable[pa.Table | pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    names = ["row", "column", "experiment", "variant", "kind", "reason", "fix"]
    for piece in pieces:
        yield from piece.select(names).to_pylist()


def _refusals(refused: pa.Table, schema: pa.Schema) -> pa.Table:
    """The faults in a table of the plan contract in which every row has one."""
    fault = refused["fault"].combine_chunks()
    columns = {name: refused[name] for name in ("row", "experiment", "variant")}
    columns |= {name: pc.struct_field(fault, name) for name in ("column", "value", "reason", "fix", "kind")}
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)
