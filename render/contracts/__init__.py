"""Loads the table contracts of schemas/, builds Arrow schemas and expectation suites, runs them."""

from render.contracts.contract import NAMES, Column, Contract, Rule, load, read
from render.contracts.rows import ROW_COLUMNS, row_of, row_schema, to_rows
from render.contracts.text import shorten, visible
from render.contracts.validation import Broken, Violation, broken, validate

__all__ = [
    "NAMES",
    "ROW_COLUMNS",
    "Broken",
    "Column",
    "Contract",
    "Rule",
    "Violation",
    "broken",
    "load",
    "read",
    "row_of",
    "row_schema",
    "shorten",
    "to_rows",
    "validate",
    "visible",
]
