"""The forms of many rows: what they want apart from words and seeds is the same for most, and judged once for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from render.model import Form, Shot

_PLAIN = tuple(field.name for field in fields(Form) if field.name != "shots")
_WIDE = 2**40


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """The distinct forms of a table's rows."""

    each: Sequence[Form]
    of_row: np.ndarray
    """``[rows]``: position in ``each``."""


def of(rows: pa.Table) -> Forms:
    """The forms of a table of rows."""
    columns = [*(rows[name] for name in _PLAIN), _as_text(rows["shots"])]
    first, of_row = distinct(columns)
    records = rows.select([*_PLAIN, "shots"]).take(first).to_pylist()
    each = [Form(**record | {"shots": tuple(Shot(**shot) for shot in record["shots"])}) for record in records]
    return Forms(each=each, of_row=of_row)


def distinct(columns: Sequence[pa.ChunkedArray]) -> tuple[np.ndarray, np.ndarray]:
    """The distinct combinations of values without null: where each stands first, and which one each row has."""
    code, size = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        encoded = column.combine_chunks().dictionary_encode()
        code = code * len(encoded.dictionary) + encoded.indices.to_numpy()
        size *= len(encoded.dictionary)
        if size > _WIDE:  # before it could be more than an integer holds
            found, code = np.unique(code, return_inverse=True)
            size = len(found)
    _, first, of_row = np.unique(code, return_index=True, return_inverse=True)
    return first, of_row


def _as_text(shots: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lists of shots as text that is the same for the same shots."""
    if not pc.any(pc.greater(pc.list_value_length(shots), 0)).as_py():
        return pa.chunked_array([pa.repeat("", len(shots))])
    return pa.chunked_array([[orjson.dumps(cell).decode() for cell in shots.to_pylist()]])
