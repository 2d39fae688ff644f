"""How far a request has come: the catalog's row of it moves only forward."""

from __future__ import annotations

import functools
import operator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render.model import End, ReasonKind

_PIECE = 65_536
"""Rows that are compared at once."""


def ahead(rows: pa.Table, stored: pa.Table) -> pa.Table:
    """Those requests of a batch that are not stored, or that have come further than what is stored of them.

    Both have the columns of the contract ``requests``, and each row once. Further is: ended at all, then not failed,
    then taken down, then decided by a person, then later; of two that have come as far, the given one counts.
    """
    stored = stored.cast(rows.schema)
    numbers = stored["row"].combine_chunks()
    pieces = [rows.slice(start, _PIECE) for start in range(0, rows.num_rows, _PIECE)]
    return pa.concat_tables([rows.slice(0, 0), *(_ahead(piece, numbers, stored) for piece in pieces)])


def _ahead(rows: pa.Table, numbers: pa.Array, stored: pa.Table) -> pa.Table:
    place = pc.index_in(rows["row"], numbers).combine_chunks()
    there = place.is_valid()
    known, before = rows.filter(there), stored.take(place.drop_null())
    news = pc.invert(there).to_numpy(zero_copy_only=False).copy()
    news[~news] = _differs(known, before) & _as_far(known, before)
    return rows.filter(pa.array(news))


def _differs(rows: pa.Table, others: pa.Table) -> np.ndarray:
    """Which rows are not as the others in the same places."""
    pairs = zip(rows.columns, others.columns, strict=True)
    none = np.zeros(rows.num_rows, np.bool_)
    return functools.reduce(operator.or_, (_unlike(one, other) for one, other in pairs if not one.equals(other)), none)


def _unlike(column: pa.ChunkedArray, other: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_nested(column.type):
        return np.array([one != two for one, two in zip(column.to_pylist(), other.to_pylist(), strict=True)], np.bool_)
    unequal = pc.fill_null(pc.not_equal(column, other), False)
    return pc.or_(unequal, pc.xor(column.is_null(), other.is_null())).to_numpy()


def _as_far(rows: pa.Table, others: pa.Table) -> np.ndarray:
    """Which rows have come at least as far as the others in the same places."""
    (kind, at), (other_kind, other_at) = _progress(rows), _progress(others)
    return (kind > other_kind) | ((kind == other_kind) & (at >= other_at))


def _progress(rows: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """What has happened to each row, the weightiest as the highest bit, and when it ended."""
    end = rows["end"]
    signs = (
        end.is_valid(),
        pc.fill_null(pc.not_equal(end, End.FAILED), True),
        pc.fill_null(pc.equal(end, End.WITHDRAWN), False),
        pc.fill_null(pc.equal(rows["reason_kind"], ReasonKind.REVIEW), False),
    )
    kind = np.packbits([sign.to_numpy() for sign in signs], axis=0)[0]
    return kind, pc.fill_null(rows["finished_at"].cast(pa.int64()), 0).to_numpy()
