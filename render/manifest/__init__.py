"""From a manifest or a brief to valid rows."""

from render.manifest.brief import expand
from render.manifest.convert import convert, csv_to_table
from render.manifest.given import Given, find
from render.manifest.inbox import rows_of, take
from render.manifest.reader import check, read
from render.manifest.rows import Judged, rows
from render.manifest.sources import files
from render.manifest.tables import to_bytes, write
from render.manifest.watch import Watch

__all__ = [
    "Given",
    "Judged",
    "Watch",
    "check",
    "convert",
    "csv_to_table",
    "expand",
    "files",
    "find",
    "read",
    "rows",
    "rows_of",
    "take",
    "to_bytes",
    "write",
]
