"""Loads the table contracts of schemas/, builds Arrow schemas and expectation suites, runs them."""

from render.contracts.contract import NAMES, Column, Contract, Rule, load, read
from render.contracts.text import shorten, visible
from render.contracts.validation import Violation, validate

__all__ = ["NAMES", "Column", "Contract", "Rule", "Violation", "load", "read", "shorten", "validate", "visible"]
