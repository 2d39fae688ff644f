"""The catalog for analysts: three Delta tables, a view that joins them, and SQL over them.

Delta Lake and DuckDB are imported when they are first needed.
"""

from render.store.catalog.builders import WANTED, checks_table, clips_table, requests_table
from render.store.catalog.delta import publish_clips, publish_requests, untold, withdraw
from render.store.catalog.query import (
    clips_of,
    clips_of_prompts,
    ends_of,
    figures_of,
    find_clip,
    is_empty,
    made_by,
    measured,
    query,
    requests_of,
    reviewed,
    rows_ended,
    tables,
    within,
)
from render.store.catalog.upkeep import Upkeep, relieve, tidy, withdraw_late

__all__ = [
    "WANTED",
    "Upkeep",
    "checks_table",
    "clips_of",
    "clips_of_prompts",
    "clips_table",
    "ends_of",
    "figures_of",
    "find_clip",
    "is_empty",
    "made_by",
    "measured",
    "publish_clips",
    "publish_requests",
    "query",
    "relieve",
    "requests_of",
    "requests_table",
    "reviewed",
    "rows_ended",
    "tables",
    "tidy",
    "untold",
    "withdraw",
    "withdraw_late",
    "within",
]
