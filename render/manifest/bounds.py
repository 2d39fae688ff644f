"""How much a manifest may stand for, and reading in pieces that never take more: few bytes can stand for very many."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from render import contracts
from render.errors import ManifestError
from render.manifest import tables

BATCH_ROWS = 262_144
BATCH_BYTES = 64 << 20
"""Rows, and bytes of their values, that are in memory at once."""
GROUP_BYTES = 1 << 30
"""Bytes that a row group may take by its footer: where its values are long, one piece may take most of it."""
MANIFEST_BYTES = 2 << 30
"""Bytes that the values of a batch may take: what a column of Arrow can hold, whichever it is."""
TAG_BYTES = 32
"""Bytes that a tag takes beside its name and its value, which become text."""
VALUE_BYTES = 1 << 20
"""Bytes of the longest value that is handed on whole from a row that alone takes more than :data:`BATCH_BYTES`."""
MAX_PIECES = 100_000
"""Pieces that a file is read in."""
ITEM_BYTES = 16
"""What an item of a list is taken for, however small its value."""
PROBE_BYTES = 64 << 10
"""Bytes that are read at once to find a dictionary."""
LONG_BYTES = 64 << 10
"""Bytes of one value of each text column together that leave room for a thousand rows in a piece."""


class _Unread(OSError):
    """Arrow is about to read values."""


class _Footer(io.RawIOBase):
    """A file of which nothing but its length can be had."""

    def __init__(self, length: int) -> None:
        self._length = length

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._length

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        raise _Unread


class Bounded:
    """A Parquet file that is read in pieces of at most :data:`BATCH_BYTES`.

    Raises :class:`render.errors.ManifestError` for one that by its footer is too wide or too long for that.
    """

    def __init__(self, url: str, handle: IO[bytes], metadata: pq.FileMetaData) -> None:
        self._handle = handle
        self._metadata = metadata
        self._columns = [metadata.schema.column(index) for index in range(metadata.num_columns)]
        self._groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        self.rows = max(metadata.num_rows, sum(group.num_rows for group in self._groups))
        """By whichever place of the footer names more."""
        self._check_columns(url)
        self._check_chunks()
        self._check_groups(url)
        self._dictionaries, self._batch_rows = self._fitting()
        if self.rows > MAX_PIECES * self._batch_rows:
            raise ManifestError(
                f"{url} would be read in {-(-self.rows // self._batch_rows):,} pieces, since each of its values may be "
                "very long. Write its texts with the encodings PLAIN or RLE_DICTIONARY."
            )

    def pieces(self) -> Iterator[tuple[pa.RecordBatch, int]]:
        """All rows in order, and the bytes that each piece takes without encodings.

        A row that alone takes more than :data:`BATCH_BYTES` is a piece of its own, in which values that can only be
        faults stand for its long ones.
        """
        with self._opened(self._dictionaries) as parquet:
            for batch in parquet.iter_batches(batch_size=self._batch_rows):
                yield from _parts(batch)

    def _opened(self, dictionaries: list[str], **options: object) -> pq.ParquetFile:
        return pq.ParquetFile(
            self._handle,
            metadata=self._metadata,
            read_dictionary=dictionaries,
            arrow_extensions_enabled=False,
            **options,
        )

    def _check_columns(self, url: str) -> None:
        if len(self._columns) > tables.MAX_COLUMNS:
            raise ManifestError(f"{url} {tables.too_wide(len(self._columns))}")
        if twice := [path for path, count in Counter(column.path for column in self._columns).items() if count > 1]:
            raise ManifestError(f"{url} has the column {twice[0]!r} more than once. Rename or remove one of them.")

    def _check_chunks(self) -> None:
        """Let Arrow's reader look at the footer's every part, and refuse a damaged one.

        Where the footer of a column is damaged, its metadata ends the process instead of raising an exception.
        """
        footer = _Footer(self._handle.seek(0, os.SEEK_END))
        with suppress(_Unread), pq.ParquetFile(footer, metadata=self._metadata) as parquet:
            next(parquet.iter_batches(batch_size=1), None)

    def _check_groups(self, url: str) -> None:
        for number, group in enumerate(self._groups):
            size = sum(
                _bytes(column, chunk) if column.max_repetition_level else chunk.total_uncompressed_size
                for column, chunk in self._chunks(group)
            )
            if size > GROUP_BYTES:
                raise ManifestError(
                    f"{url}: row group {number} takes {size / (1 << 30):,.1f} GiB once it is read, and "
                    f"{GROUP_BYTES >> 30} GiB is the most. Write fewer rows to a row group, or shorten its values."
                )

    def _chunks(self, group: pq.RowGroupMetaData) -> Iterator[tuple[pq.ColumnSchema, pq.ColumnChunkMetaData]]:
        return ((column, group.column(index)) for index, column in enumerate(self._columns))

    def _fitting(self) -> tuple[list[str], int]:
        """The text columns whose repeated values are to be kept once, and the rows that take :data:`BATCH_BYTES`."""
        texts = [column for column in self._columns if column.physical_type == "BYTE_ARRAY"]
        long, row = set(), 0
        paths = [column.path for column in texts]
        with self._opened(paths, pre_buffer=False, buffer_size=PROBE_BYTES) as parquet:
            for number, group in enumerate(self._groups):
                size = 0
                for column, chunk in self._chunks(group):
                    size += _bytes(column, chunk)
                    if column.physical_type == "BYTE_ARRAY" and chunk.has_dictionary_page:
                        length = _longest(parquet, number, column.path)
                        values = chunk.num_values if column.max_repetition_level else group.num_rows
                        room = GROUP_BYTES if column.max_repetition_level else values * LONG_BYTES
                        if length * values > room // len(texts):
                            long.add(column.path)
                        else:
                            size += length * values
                row = max(row, size // max(group.num_rows, 1))
        return sorted(long), max(min(BATCH_BYTES // max(row, 1), BATCH_ROWS), 1)


def _longest(parquet: pq.ParquetFile, group: int, path: str) -> int:
    """The longest value of the dictionary with which a column of a row group begins; Arrow gives it with a value."""
    for rows in (1, BATCH_ROWS):
        for batch in parquet.iter_batches(batch_size=rows, row_groups=[group], columns=[path], use_threads=False):
            array = batch.column(0)
            while types.is_nested(array.type):
                array = array.field(0) if types.is_struct(array.type) else array.values
            if types.is_dictionary(array.type) and len(array.dictionary):
                return pc.max(pc.binary_length(array.dictionary)).as_py() or 0
            if rows == 1:
                break
    return 0


def _bytes(column: pq.ColumnSchema, chunk: pq.ColumnChunkMetaData) -> int:
    """Bytes that the values of a row group's column may take while each text of a dictionary is kept once."""
    size = chunk.total_uncompressed_size
    if "DELTA_BYTE_ARRAY" in chunk.encodings:
        return size * chunk.num_values  # each may begin with the whole of the one before
    return size + max(column.length, ITEM_BYTES if column.max_repetition_level else 0) * chunk.num_values


def _parts(batch: pa.RecordBatch) -> Iterator[tuple[pa.RecordBatch, int]]:
    columns, names = [_compacted(column) for column in batch.columns], batch.schema.names
    sizes, tags = [_size(column) for column in columns], sum(map(_as_tags, names, columns))
    if tags + sum(map(max, sizes, map(_reserved, columns))) <= BATCH_BYTES:
        yield pa.RecordBatch.from_arrays(list(map(_decoded, columns)), names), tags + sum(sizes)
    elif batch.num_rows > 1:
        middle = batch.num_rows // 2
        yield from _parts(batch.slice(0, middle))
        yield from _parts(batch.slice(middle))
    else:
        yield _shortened(pa.RecordBatch.from_arrays(columns, names), sizes), tags + sum(sizes)


def _as_tags(name: str, column: pa.Array) -> int:
    """Bytes that a column takes besides if it becomes tags, which hold its name in every row."""
    if name in tables.known_columns():
        return 0
    return (len(name.encode("utf-8", "surrogatepass")) + TAG_BYTES) * (len(column) - column.null_count)


def _compacted(column: pa.Array) -> pa.Array:
    """The same values; a dictionary that is large holds only what is used."""
    if not types.is_dictionary(column.type) or _reserved(column) <= BATCH_BYTES:
        return column
    used = pc.unique(column.indices.drop_null())
    if len(used) == len(column.dictionary):
        return column
    indices = pc.index_in(column.indices, used).cast(column.type.index_type)
    return pa.DictionaryArray.from_arrays(indices, column.dictionary.take(used))


def _decoded(column: pa.Array) -> pa.Array:
    """The values written out; those inside others stay encoded, which are read one by one."""
    return column.dictionary_decode() if types.is_dictionary(column.type) else column


def _reserved(column: pa.Array) -> int:
    """Bytes that Arrow sets aside to write the values out."""
    if not types.is_dictionary(column.type):
        return 0
    return len(column) * column.dictionary.nbytes // max(len(column.dictionary), 1)


def _size(array: pa.Array) -> int:
    """Bytes that the values take when they are written out."""
    kind = array.type
    if types.is_dictionary(kind):
        lengths = pc.binary_length(array.dictionary)
        return 4 * len(array) + (pc.sum(lengths.take(array.indices)).as_py() or 0)
    if types.is_struct(kind):
        return sum(_size(field) for field in array.flatten())
    if types.is_map(kind):
        array = array.cast(pa.list_(pa.struct([kind.key_field, kind.item_field])))
    if types.is_nested(kind):
        items = array.flatten()
        return ITEM_BYTES * (len(array) + len(items)) + _size(items)
    return array.nbytes


def _shortened(row: pa.RecordBatch, sizes: list[int]) -> pa.RecordBatch:
    """One row whose long values cannot be taken for right ones."""
    columns = dict(zip(row.schema.names, row.columns, strict=True))
    for name, size in zip(row.schema.names, sizes, strict=True):
        if size > VALUE_BYTES:
            columns |= _stand_ins(name, columns[name], size)
    return pa.RecordBatch.from_pydict(columns)


def _stand_ins(name: str, value: pa.Array, size: int) -> dict[str, pa.Array]:
    """What stands for a long value: the beginning of a text, which is too long still, or what fits no column's type."""
    if name not in tables.known_columns():  # it would become a tag
        return {name: pa.nulls(1), "tags": _misfit(f"{name}: {size:,} bytes")}
    text = value.dictionary_decode() if types.is_dictionary(value.type) else value
    if types.is_string(text.type) and types.is_string(contracts.load("manifest").column(name).type):
        return {name: pa.array([text[0].as_buffer()[:VALUE_BYTES].to_pybytes()])}
    return {name: _misfit(f"{size:,} bytes")}


def _misfit(words: str) -> pa.Array:
    return pa.array([[[words]]], pa.list_(pa.list_(pa.string())))
