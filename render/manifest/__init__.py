"""From a manifest or a brief to valid rows."""

from render.manifest.brief import expand
from render.manifest.convert import convert, csv_to_table
from render.manifest.inbox import rows_of, take
from render.manifest.reader import check, read
from render.manifest.rows import rows
from render.manifest.sources import files, locate
from render.manifest.tables import to_bytes, write

__all__ = [
    "check",
    "convert",
    "csv_to_table",
    "expand",
    "files",
    "locate",
    "read",
    "rows",
    "rows_of",
    "take",
    "to_bytes",
    "write",
]
