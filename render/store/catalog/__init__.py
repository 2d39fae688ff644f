"""The catalog for analysts: three Delta tables, a view that joins them, and SQL over them.

Delta Lake and DuckDB are imported when they are first needed.
"""

from render.store.catalog.builders import checks_table, clips_table, requests_table
from render.store.catalog.delta import publish
from render.store.catalog.query import clips_of_prompts, ends_of, find_clip, is_empty, query, rows_ended, tables
from render.store.catalog.upkeep import Upkeep, tidy

__all__ = [
    "Upkeep",
    "checks_table",
    "clips_of_prompts",
    "clips_table",
    "ends_of",
    "find_clip",
    "is_empty",
    "publish",
    "query",
    "requests_table",
    "rows_ended",
    "tables",
    "tidy",
]
