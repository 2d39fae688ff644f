"""Faults by whole columns: what is wrong with many rows alike is put into words once for each value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from render import contracts

AT_ONCE = 65_536
"""Most faults that are in words at the same time, unless one row has more."""
_SAID = ("value", "reason", "fix")

Say = Callable[[pa.Scalar], tuple[str, str, str]]
"""A value as short text, what is wrong with it, and what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Faults of one kind in one column, at most one a row."""

    column: str
    rows: np.ndarray
    """Positions of the rows in their table, ascending."""
    values: pa.Array | pa.ChunkedArray
    at: np.ndarray
    """For each of the rows the position of what it holds among the ``values``."""
    say: Say

    def among(self, positions: np.ndarray) -> Alike:
        """Those of the rows at these positions, which ascend, as the only rows of a table."""
        kept = np.isin(self.rows, positions)
        return replace(self, rows=np.searchsorted(positions, self.rows[kept]), at=self.at[kept])

    def without(self, rows: np.ndarray) -> Alike:
        """Those of other rows than these."""
        kept = np.isin(self.rows, rows, invert=True)
        return replace(self, rows=self.rows[kept], at=self.at[kept])

    def told(self, start: int, stop: int) -> pa.Table:
        """Those of the rows from ``start`` to before ``stop`` in words."""
        low, high = np.searchsorted(self.rows, [start, stop])
        values, which = _distinct(self.values, self.at[low:high])
        words = zip(*map(self.say, values), strict=True)
        columns = {"row": pa.array(self.rows[low:high]), "column": pa.repeat(self.column, high - low)}
        columns |= {name: pa.array(texts, pa.string()).take(which) for name, texts in zip(_SAID, words, strict=True)}
        return pa.table(columns)

    def any(self, start: int, stop: int) -> bool:
        """Whether there is one from ``start`` to before ``stop``."""
        low, high = np.searchsorted(self.rows, [start, stop])
        return bool(low < high)


def ranges(found: Sequence[Alike], rows: int) -> Iterator[tuple[int, int]]:
    """Cuts that many rows into ranges that have :data:`AT_ONCE` faults at most, or are one row."""
    count = np.zeros(rows + 1, np.int64)
    for one in found:
        count[1:] += np.bincount(one.rows, minlength=rows)
    before = np.cumsum(count)
    start = 0
    while start < rows:
        stop = max(int(np.searchsorted(before, before[start] + AT_ONCE, side="right")) - 1, start + 1)
        yield start, stop
        start = stop


def told(found: Sequence[Alike], start: int, stop: int) -> pa.Table:
    """The faults of a range of rows in words, by row: their position and what is wrong with it.

    Columns ``row``, ``column``, ``value``, ``reason``, ``fix``.
    """
    parts = [one.told(start, stop) for one in found if one.any(start, stop)]
    if not parts:
        schema = contracts.load("quarantine").arrow_schema()
        return pa.schema([schema.field(name) for name in ("row", "column", *_SAID)]).empty_table()
    every = pa.concat_tables(parts)
    return every.take(pa.array(np.argsort(every["row"].to_numpy(), kind="stable")))


def _distinct(values: pa.Array | pa.ChunkedArray, at: np.ndarray) -> tuple[Sequence[pa.Scalar], pa.Array]:
    """The values at these places, each once where Arrow can tell them apart, and for each place which of them it is."""
    try:
        taken = values.take(pa.array(at))
        taken = taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken
        encoded = taken.dictionary_encode(null_encoding="encode")
        return list(encoded.dictionary), encoded.indices
    except pa.ArrowException:
        return [values[place] for place in at.tolist()], pa.array(np.arange(len(at)))
