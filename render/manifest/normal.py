"""Brings a table as it was written into the contract's form: every column, its type, its default."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from render.contracts import Column, Contract, shorten
from render.manifest import casts
from render.manifest.faults import Alike, Say

LONGEST_TAG = 4000
"""Characters of a tag's name or value."""
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,(?!\d{3}\s*$)\d+\s*")
"""A number with one; three digits behind it may as well be thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    """A table in the contract's form, and what of it could not be brought there."""

    table: pa.Table
    """The contract's columns in its order; null where a value did not fit and there is no default."""
    extra: pa.Table
    """The columns that the contract does not name, as text."""
    faults: tuple[Alike, ...]
    """Values that did not fit their column's type; rows are positions in ``table``."""

    def take(self, rows: pa.Array) -> tuple[pa.Table, pa.Table]:
        """Both tables, these rows only."""
        # Arrow's take forgets how many rows a table without columns has
        extra = self.extra.take(rows) if self.extra.num_columns else self.extra.slice(0, len(rows))
        return self.table.take(rows), extra


def normalise(raw: pa.Table, contract: Contract) -> Normal:
    """Cast without loss, fold a single shot into its row, write the defaults out."""
    columns: dict[str, pa.Array] = {}
    faults: list[Alike] = []
    for column in contract.columns:
        if column.name not in raw.column_names:
            columns[column.name] = pa.nulls(raw.num_rows, column.type)
            continue
        given = casts.plain(raw.column(column.name))
        if is_unbuilt(column):
            columns[column.name] = _presence(given)
            continue
        columns[column.name], bad = casts.cast(given, column.type)
        faults += _where(bad, column.name, given, partial(_misfit, column))
    _fold_single_shot(columns)
    for column in contract.columns:
        if column.default is not None:
            columns[column.name] = columns[column.name].fill_null(pa.scalar(column.default, column.type))
    known = set(columns)
    extra = {name: casts.as_text(casts.plain(raw.column(name))) for name in raw.column_names if name not in known}
    for name, values in (*extra.items(), ("tags", _longest_tag(columns["tags"]))):
        long = pc.greater(pc.utf8_length(values), LONGEST_TAG)
        faults += _where(long, shorten(name), values, partial(_long_tag, shorten(name)))
    return Normal(
        table=pa.table(columns),
        extra=pa.table(extra) if extra else pa.table({"": pa.nulls(raw.num_rows)}).select([]),
        faults=tuple(faults),
    )


def _longest_tag(tags: pa.Array) -> pa.Array:
    """Of each row the longest name or value; null for a row without tags."""
    offsets = tags.offsets.to_numpy()
    row = np.repeat(np.arange(len(tags)), np.diff(offsets))
    texts = pa.concat_arrays([column[offsets[0] : offsets[-1]] for column in (tags.keys, tags.items)])
    length = pc.fill_null(pc.utf8_length(texts), 0).to_numpy()
    order = np.argsort(length, kind="stable")
    longest = np.full(len(tags), -1)
    longest[np.tile(row, 2)[order]] = order  # of several writes to one place the last counts
    return texts.take(pa.array(longest, mask=longest < 0))


def _where(bad: pa.Array, column: str, values: pa.Array, say: Say) -> list[Alike]:
    rows = pc.indices_nonzero(pc.fill_null(bad, False)).to_numpy().astype(np.int64)
    return [Alike(column=column, rows=rows, values=values, at=rows, say=say)] if len(rows) else []


def _long_tag(name: str, text: pa.Scalar) -> tuple[str, str, str]:
    return shorten(text.as_py()), f"A tag must have at most {LONGEST_TAG:,} characters.", f"Shorten {name}."


def is_unbuilt(column: Column) -> bool:
    """Whether any value of the column is refused for now, of whatever type it is."""
    return any(rule.name == "not_built" for rule in column.rules)


def _presence(given: pa.Array) -> pa.Array:
    """The value as text where there is one; empty text and empty lists count as none."""
    values = casts.as_text(given)
    return pc.if_else(pc.is_in(values, pa.array(["", "[]", "{}"])), pa.scalar(None, pa.string()), values)


def _fold_single_shot(columns: dict[str, pa.Array]) -> None:
    """A single shot stands for the clip: its seconds replace the row's, its words follow the prompt."""
    count = pc.fill_null(pc.list_value_length(columns["shots"]), 0)
    single = pc.equal(count, 1)
    if pc.any(single).as_py():
        shot = columns["shots"].filter(single).flatten()
        prompt, seconds, camera = (pc.struct_field(shot, name) for name in ("prompt", "seconds", "camera"))
        lines = [_line(words) for words in (columns["prompt"].filter(single), prompt, camera)]
        folded = pc.utf8_normalize(pc.utf8_ltrim(pc.binary_join_element_wise(*lines, ""), characters="\n"), form="NFC")
        seconds = pc.if_else(pc.is_nan(seconds), pa.scalar(None, pa.float64()), seconds)
        length = pc.coalesce(seconds, columns["seconds"].filter(single))
        columns["prompt"] = pc.replace_with_mask(columns["prompt"], single, folded)
        columns["seconds"] = pc.replace_with_mask(columns["seconds"], single, length)
    columns["shots"] = pc.if_else(pc.less_equal(count, 1), pa.scalar(None, columns["shots"].type), columns["shots"])


def _line(words: pa.Array) -> pa.Array:
    """Each text as a line that is begun anew, blank ones as nothing at all."""
    begun = pc.binary_join_element_wise("\n", words, "")
    return pc.if_else(pc.fill_null(pc.equal(pc.utf8_trim_whitespace(words), ""), True), "", begun)


def _misfit(column: Column, cell: pa.Scalar) -> tuple[str, str, str]:
    shown = shorten(casts.cell_text(cell))
    wanted = _wanted(column.type, shown)
    fix = f"Write it as {wanted}" if column.required else f"Write {column.name} as {wanted}, or leave it empty"
    if types.is_floating(column.type) and _DECIMAL_COMMA.fullmatch(shown):
        fix = f"Write it with a decimal point: {shown.strip().replace(',', '.')}"
    given = f"the text {shown!r}" if types.is_string(cell.type) else f"{shown!r} ({shorten(cell.type)})"
    return shown, f"{column.name} must be {wanted}, not {given}.", f"{fix}."


def _wanted(kind: pa.DataType, shown: str) -> str:
    """A column's type in the words of those who fill it in, and its limit for a value that is too large."""
    if types.is_integer(kind):
        limit = f" up to {2 ** (kind.bit_width - 1) - 1}" if shown.lstrip("-").isdecimal() else ""
        return f"a whole number{limit}"
    if types.is_floating(kind):
        return "a number"
    if types.is_timestamp(kind):
        return "a date and time (ISO 8601)"
    if types.is_map(kind):
        return "a list of names or a map of text by name"
    if types.is_list(kind):
        names: Sequence[str] = [field.name for field in kind.value_type] if types.is_struct(kind.value_type) else ()
        return f"a list of items with {', '.join(names)}"
    return "text in UTF-8"
