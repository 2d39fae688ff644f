"""Reads manifests in row groups: the file as a whole is right or the run ends; its values are not looked at here."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

from render import contracts
from render.errors import ManifestError
from render.manifest import bounds, casts, sources
from render.model import ManifestFile


def read(files: Sequence[ManifestFile]) -> Iterator[pa.Table]:
    """Every row of the files, in order, as tables of at most 262,144 rows and about 64 MiB.

    Their columns have the types as they were written, without encodings.

    Raises :class:`render.errors.ManifestError` that names the file and the fix, if a file is not the one that was
    hashed, is no whole Parquet file, holds no row, lacks a required column or has a column twice, or stands for more
    than :mod:`render.manifest.bounds` allows.
    """
    total = 0
    for file in files:
        for table, size in _read_one(file):
            total += size
            if total > bounds.MANIFEST_BYTES:
                raise ManifestError(
                    f"{file.url}: the manifest's values take more than {bounds.MANIFEST_BYTES >> 30} GiB once they are "
                    "read. Shorten them, or split it into several manifests."
                )
            yield table


def check(file: ManifestFile) -> int:
    """How many rows a file holds; :class:`render.errors.ManifestError` if its footer tells that :func:`read` would."""
    with _opened(file) as parquet:
        return parquet.rows


def size(file: ManifestFile) -> int:
    """How many bytes the values of a file take; it is read to its end, so :func:`read` raises nothing more of it."""
    return sum(bytes_ for _, bytes_ in _read_one(file))


def too_many(url: str, rows: int, most: int) -> str:
    """What to say of a manifest that has more rows than a batch may take."""
    return (
        f"{url} has {rows:,} rows, and a batch takes {most:,} at most. Split it into several manifests, or raise the "
        f"setting manifest_rows (NIGHTREEL_MANIFEST_ROWS={rows})."
    )


def _read_one(file: ManifestFile) -> Iterator[tuple[pa.Table, int]]:
    """Tables, and the bytes that each takes or would take if its longest values were whole."""
    with _opened(file) as parquet, sources.explained(file.url):
        held: list[pa.RecordBatch] = []
        rows = size = read = 0
        for raw, bytes_ in parquet.pieces():
            piece = _plain(raw)
            read += piece.num_rows
            full = rows + piece.num_rows > bounds.BATCH_ROWS or size + bytes_ > bounds.BATCH_BYTES
            if held and (full or piece.schema != held[0].schema):
                yield pa.Table.from_batches(held), size
                held, rows, size = [], 0, 0
            held.append(piece)
            rows, size = rows + piece.num_rows, size + bytes_
        if read != parquet.rows:
            raise ManifestError(f"{file.url} is damaged: it holds {read:,} of {parquet.rows:,} rows. Write it again.")
        if held:
            yield pa.Table.from_batches(held), size


def _plain(piece: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([casts.plain(column) for column in piece.columns], names=piece.schema.names)


@contextmanager
def _opened(file: ManifestFile) -> Iterator[bounds.Bounded]:
    """The file, when it is the one that was hashed and right as a whole."""
    place = sources.locate(file.url)
    if sources.digest(place)[0] != file.sha256:
        raise ManifestError(
            f"{file.url} has changed since this batch took it in. Put the old file back, or run the new one as a batch "
            "of its own."
        )
    if file.bytes == 0:
        raise ManifestError(f"{file.url} is empty (0 bytes). Write it again, or remove it.")
    with sources.explained(file.url), place.open() as handle, pq.ParquetFile(handle) as parquet:
        _check_columns(file.url, parquet.schema_arrow)
        bounded = bounds.Bounded(file.url, handle, parquet.metadata)
        if bounded.rows == 0:
            raise ManifestError(f"{file.url} holds no rows. Write it again with rows, or remove it.")
        yield bounded


def _check_columns(url: str, schema: pa.Schema) -> None:
    names = list(schema.names)
    if twice := sorted(name for name, count in Counter(names).items() if count > 1):
        raise ManifestError(f"{url} has the column {twice[0]!r} more than once. Rename or remove one of them.")
    known = contracts.load("manifest").columns
    missing = [column.name for column in known if column.required and column.name not in names]
    if missing:
        raise ManifestError(
            f"{url} lacks the required column{'s' if len(missing) > 1 else ''} {', '.join(missing)}. "
            f"Add {'them' if len(missing) > 1 else 'it'}.{meant(missing, names)}"
        )


def meant(missing: Sequence[str], names: Sequence[str]) -> str:
    """A question for each missing column that one of the names there comes near, such as by its capitals."""
    lower = {name.lower(): name for name in names}
    near = {name: difflib.get_close_matches(name, lower, 1, 0.7) for name in missing}
    return "".join(f" Is {lower[found[0]]!r} meant to be {name!r}?" for name, found in near.items() if found)
