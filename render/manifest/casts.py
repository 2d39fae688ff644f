"""Casts that lose nothing, by whole columns; a value that does not fit becomes null and is pointed at."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

Cast = Callable[[pa.Array], pa.Array]


def plain(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The same values in one array without encodings: no dictionary, run-end, extension, view or large text."""
    array = pa.concat_arrays(column.chunks or [pa.nulls(0, column.type)]) if _is_chunked(column) else column
    while not types.is_primitive(array.type):
        kind = array.type
        if isinstance(kind, pa.BaseExtensionType):
            array = array.storage
        elif types.is_dictionary(kind):
            array = array.dictionary_decode()
        elif types.is_run_end_encoded(kind):
            array = pc.run_end_decode(array)
        elif types.is_large_string(kind) or types.is_string_view(kind):
            array = array.cast(pa.string())
        elif types.is_large_binary(kind) or types.is_binary_view(kind) or types.is_fixed_size_binary(kind):
            array = array.cast(pa.binary())
        else:
            break
    if types.is_floating(array.type):
        return pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    return array


def cast(array: pa.Array, target: pa.DataType) -> tuple[pa.Array, pa.Array]:
    """A plain array as ``target``, and which of its values do not fit (those are null in the result).

    Taken without loss: whole numbers of any width, floats and decimals that are whole, numbers and times written
    as text, whole numbers as text; blank text and NaN are null where text is not wanted; JSON text for what nests.
    """
    given = array.is_valid()
    if types.is_string(array.type):
        array = _fitting(array, pa.string(), [_checked_utf8])
    misread = pc.and_(given, array.is_null())
    if not types.is_string(target):
        array = _without_blanks(array)
    if types.is_null(array.type):
        values = pa.nulls(len(array), target)
    elif types.is_nested(target):
        values = _nested(array, target)
    else:
        values = _fitting(array, target, _ways(array.type, target))
    return values, pc.or_(misread, pc.and_(array.is_valid(), values.is_null()))


def _ways(source: pa.DataType, target: pa.DataType) -> list[Cast]:
    """Casts to try one after another, none if values of that type never fit."""
    number = types.is_integer(source) or types.is_floating(source) or types.is_decimal(source)
    text = types.is_string(source)
    if types.is_string(target):
        if text:
            return [lambda a: pc.utf8_normalize(a, form="NFC")]
        return [lambda a: pc.utf8_normalize(a.cast(target), form="NFC")] if _is_whole_or_bytes(source) else []
    if types.is_timestamp(target):
        naive = pa.timestamp(target.unit)
        if types.is_timestamp(source) or types.is_date(source):
            return [lambda a: _in_calendar(a.cast(naive if types.is_date(source) else target).cast(target))]
        stamped: list[Cast] = [
            lambda a: _in_calendar(a.cast(target)),
            lambda a: _in_calendar(a.cast(naive).cast(target)),
        ]
        return stamped if text else []
    if types.is_integer(target) and text:
        return [lambda a: a.cast(target), lambda a: a.cast(pa.float64()).cast(target)]
    return [lambda a: _no_nan(a.cast(target))] if number or text else []


def _fitting(array: pa.Array, target: pa.DataType, ways: list[Cast]) -> pa.Array:
    """Cast the whole array, else each of its values once, where many are alike."""
    if (values := _whole(array, ways)) is not None:
        return values
    try:
        encoded = array.dictionary_encode()
    except pa.ArrowNotImplementedError:
        return _halved(array, target, ways)
    if len(encoded.dictionary) > len(array) // 2:
        return _halved(array, target, ways)
    return _halved(encoded.dictionary, target, ways).take(encoded.indices)


def _whole(array: pa.Array, ways: list[Cast]) -> pa.Array | None:
    """The array by the first way that takes all its values."""
    for way in ways:
        try:
            return way(array)
        except pa.ArrowInvalid:
            continue
    return None


def _halved(array: pa.Array, target: pa.DataType, ways: list[Cast]) -> pa.Array:
    """Cast the whole array, else its halves: a few faults among many values cost a few casts more."""
    if (values := _whole(array, ways)) is not None:
        return values
    if len(array) <= 1 or not ways:
        return pa.nulls(len(array), target)
    middle = len(array) // 2
    return pa.concat_arrays([_halved(array[:middle], target, ways), _halved(array[middle:], target, ways)])


def _nested(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Lists, structs and maps, cell by cell where a cell is not null."""
    if array.type == target and not types.is_map(target) and _is_sound(array):
        return array
    cells = pc.indices_nonzero(array.is_valid()).to_pylist()
    values: list[Any] = [None] * len(array)
    for index in cells:
        try:
            cell = array[index].as_py()
            cell = json.loads(cell) if isinstance(cell, str) else cell
            cell = tags(cell) if types.is_map(target) else cell
            pa.array([cell], target)
        except (pa.ArrowException, ValueError, TypeError, OverflowError, RecursionError):
            continue
        if _names_known(cell, target):
            values[index] = cell
    return pa.array(values, target)


def _is_sound(array: pa.Array) -> bool:
    """Whether all text inside is UTF-8."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _names_known(cell: Any, target: pa.DataType) -> bool:
    """Whether the dicts of a list have no key that the struct lacks: Arrow would drop it without a word."""
    if not types.is_list(target) or not types.is_struct(target.value_type):
        return True
    known = {field.name for field in target.value_type}
    return all(item is None or (isinstance(item, Mapping) and item.keys() <= known) for item in cell or ())


def tags(cell: Any) -> list[tuple[str, str]]:
    """Tags as pairs of text, from a map, a struct, or a list of names. Raises :class:`ValueError`."""
    if isinstance(cell, Mapping):
        pairs = list(cell.items())
    elif isinstance(cell, list):
        pairs = [item if isinstance(item, tuple) else (item, "true") for item in cell]
    else:
        raise ValueError("neither a map nor a list of names")
    if not all(isinstance(name, str) and name for name, _ in pairs):
        raise ValueError("a tag without a name")
    return [(name, text(value)) for name, value in pairs if value is not None]


def text(value: Any) -> str:
    """A value as text: what it is in JSON, bytes in hex, text as it stands."""
    match value:
        case str():
            return value
        case bytes():
            return value.hex()
        case bool() | int() | float() | list() | dict() | tuple():
            return json.dumps(value, ensure_ascii=False, default=text)
        case _:
            return str(value)


def as_text(array: pa.Array) -> pa.Array:
    """Any plain array as text, null for null."""
    if types.is_string(array.type) or types.is_binary(array.type):
        values, bad = cast(array, pa.string())
        if not pc.any(bad).as_py():
            return values
        array = array.cast(pa.binary())
    elif not (types.is_nested(array.type) or types.is_interval(array.type)):
        try:
            return array.cast(pa.string())
        except pa.ArrowException:
            pass
    return pa.array([cell_text(cell) for cell in array], pa.string())


def cell_text(cell: pa.Scalar) -> str | None:
    """One value as text, also if it cannot be read."""
    try:
        return text(cell.as_py()) if cell.is_valid else None
    except (ValueError, OverflowError):
        return f"(unreadable {cell.type})"


def _checked_utf8(array: pa.Array) -> pa.Array:
    """The same text; Parquet files may hold bytes that are none, which Arrow trusts."""
    return array.cast(pa.binary()).cast(pa.string())


def _without_blanks(array: pa.Array) -> pa.Array:
    if types.is_string(array.type):
        trimmed = pc.utf8_trim_whitespace(array)
        return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    if types.is_list(array.type) or types.is_large_list(array.type):
        return _without_empty(array)
    return array


def _without_empty(lists: pa.Array) -> pa.Array:
    """The same lists, null for empty ones; built by hand, since Arrow's functions do not take lists of any type."""
    if not len(lists):
        return lists
    filled = pc.fill_null(pc.greater(pc.list_value_length(lists), 0), False).buffers()[1]
    offsets = lists.buffers()[1].slice(lists.offset * (8 if types.is_large_list(lists.type) else 4))
    return pa.Array.from_buffers(lists.type, len(lists), [filled, offsets], children=[lists.values])


def _in_calendar(stamps: pa.Array) -> pa.Array:
    """Refuse times that no calendar shows."""
    year = pc.year(stamps)
    if pc.any(pc.or_(pc.less(year, 1), pc.greater(year, 9999))).as_py():
        raise pa.ArrowInvalid("year out of range")
    return stamps


def _no_nan(values: pa.Array) -> pa.Array:
    if types.is_floating(values.type) and pc.any(pc.is_nan(values)).as_py():
        raise pa.ArrowInvalid("not a number")
    return values


def _is_whole_or_bytes(source: pa.DataType) -> bool:
    return types.is_integer(source) or types.is_binary(source)


def _is_chunked(column: object) -> bool:
    return isinstance(column, pa.ChunkedArray)
