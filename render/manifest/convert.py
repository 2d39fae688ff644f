"""What people write, a brief or a CSV, as the Parquet that the pipeline reads."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from render import contracts
from render.errors import ManifestError
from render.manifest import sources, tables
from render.manifest.brief import expand
from render.manifest.reader import meant

MAX_BYTES = 256 << 20
"""Length of a CSV file that is read; a larger one should be Parquet."""
MAX_LINE = 16 << 20
MAX_CELL = 1 << 20
"""Characters of a line and of a cell, of which Python holds each several times in four bytes a character. No column can
have so long a value; one that is shorter, but too long, is its row's fault."""
MAX_CELLS = 20_000_000
"""Cells of a CSV file, the empty ones as well: each takes far more memory than its comma."""
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
"""What may separate columns, in this order."""
_HEAD = 1 << 20
"""Bytes at a file's beginning that tell what separates its columns."""
_STATED = re.compile(rf"[\r\n]*sep=([{''.join(SEPARATORS)}])(?:[\r\n]|\Z)", re.IGNORECASE)
"""A first line for Excel, which is no header."""


def convert(url: str | Path, roots: Sequence[str] = ()) -> bytes | None:
    """The Parquet bytes of a brief (.yaml, .yml) or a CSV (.csv); None for anything else.

    The same file gives the same bytes. Raises :class:`render.errors.InputError` if it cannot be read, is not valid,
    or does not lie below ``roots``.
    """
    suffix = Path(str(url)).suffix.lower()
    if suffix not in (".yaml", ".yml", ".csv"):
        return None
    sources.locate(url, roots)
    return tables.to_bytes(csv_to_table(url) if suffix == ".csv" else expand(url))


def csv_to_table(url: str | Path) -> pa.Table:
    """The manifest that a CSV file holds: a header of column names, UTF-8, quotes where needed.

    Columns are separated by commas, by the semicolons or tabs of a header that has no comma, or by what a first line
    such as ``sep=;`` states. An empty cell is no value; what nests is JSON. Raises
    :class:`render.errors.ManifestError`.
    """
    place = sources.locate(url)
    with sources.explained(place.url), place.open() as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ManifestError(f"{place.url} is longer than {MAX_BYTES:,} bytes. Write so many rows as Parquet.")
    head = data[:_HEAD].decode("utf-8-sig", "ignore")
    stated = _STATED.match(head)
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    reader = csv.reader(_bounded(place.url, text), delimiter=stated[1] if stated else _delimiter(head), strict=True)
    try:
        if "\0" in head.partition("\n")[0]:
            raise UnicodeDecodeError("utf-8", data[:1], 0, 1, "UTF-16 without its mark, which UTF-8 can pass for")
        with _cells_of(MAX_CELL):
            lines = [(reader.line_num, cells) for cells in _counted(place.url, reader) if any(cells)]
    except UnicodeDecodeError as error:
        if data.startswith(b"PAR1"):
            raise ManifestError(f"{place.url} is a Parquet file. Let its name end in .parquet.") from error
        raise ManifestError(f"{place.url} is not text in UTF-8. Save it as UTF-8 (in Excel: CSV UTF-8).") from error
    except csv.Error as error:
        if "field larger than field limit" in str(error):
            raise ManifestError(
                f"{place.url}, line {reader.line_num}: a cell of more than {MAX_CELL:,} characters. Shorten it, or "
                "close its quotes."
            ) from error
        raise ManifestError(f"{place.url} is not valid CSV: {error}. Check its quotes.") from error
    if stated:
        del lines[0]
    if not lines:
        raise ManifestError(f"{place.url} is empty. The first line must name the columns.")
    header = [name.strip() for name in lines[0][1]]
    _check_header(place.url, header)
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            raise ManifestError(
                f"{place.url}, line {line}: {len(cells)} cells where the header names {len(header)} columns. "
                f"Put text that holds a {SEPARATORS[reader.dialect.delimiter]} in quotes."
            )
    if len(lines) == 1:
        raise ManifestError(f"{place.url} holds no rows. Add a line for each clip.")
    columns = zip(*(cells for _, cells in lines[1:]), strict=True)
    return tables.build({name: [cell or None for cell in cells] for name, cells in zip(header, columns, strict=True)})


def _bounded(url: str, text: io.TextIOBase) -> Iterator[str]:
    """The lines of a text, as long as none is too long."""
    number = 0
    while line := text.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise ManifestError(f"{url}, line {number}: more than {MAX_LINE:,} characters. Shorten its cells.")
        yield line


def _counted(url: str, lines: Iterable[list[str]]) -> Iterator[list[str]]:
    """The same lines, as long as there are not too many cells in them."""
    count = 0
    for cells in lines:
        count += len(cells)
        if count > MAX_CELLS:
            raise ManifestError(f"{url} holds more than {MAX_CELLS:,} cells. Write so many as Parquet.")
        yield cells


@contextmanager
def _cells_of(most: int) -> Iterator[None]:
    """Let a cell have so many characters."""
    before = csv.field_size_limit(most)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _delimiter(text: str) -> str:
    """What separates the columns: spreadsheets of many countries write semicolons and call it CSV."""
    header = text.lstrip().partition("\n")[0]
    return next((sign for sign in SEPARATORS if sign in header), ",")


def _check_header(url: str, header: list[str]) -> None:
    if len(header) > tables.MAX_COLUMNS:
        raise ManifestError(f"{url} {tables.too_wide(len(header))}")
    if "" in header:
        raise ManifestError(f"{url}: column {header.index('') + 1} has no name. Give it one, or remove it.")
    if twice := [name for name, count in Counter(header).items() if count > 1]:
        raise ManifestError(f"{url} has the column {twice[0]!r} more than once. Rename or remove one of them.")
    required = [column.name for column in contracts.load("manifest").columns if column.required]
    if missing := [name for name in required if name not in header]:
        raise ManifestError(
            f"{url} lacks the required column{'s' if len(missing) > 1 else ''} {', '.join(missing)}: "
            f"its header names {', '.join(header)}.{meant(missing, header)}"
        )
