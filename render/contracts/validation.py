"""Runs a contract's expectations with Great Expectations and names every row that breaks one."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from render.contracts.contract import Contract, Rule
from render.contracts.text import shorten
from render.errors import NightreelError
from render.imports import uncollected

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One rule that one row, or the table as a whole, breaks."""

    row: int | None
    """0-based position in the table; None for a rule about the whole table."""
    column: str
    """Empty for a rule over several columns."""
    value: Any
    rule: str
    reason: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule that a table breaks."""

    rule: Rule
    """Its parameters are filled in."""
    rows: np.ndarray | None
    """0-based positions of the rows that break it, ascending; None for the table as a whole."""
    observed: Any
    """Of the table as a whole."""

    def told(self, value: Any) -> tuple[str, str, str]:
        """A value that breaks the rule as short text, what is wrong with it, and what to change."""
        words = {key: _words(argument) for key, argument in self.rule.kwargs.items()} | {"value": shorten(value)}
        return words["value"], self.rule.reason.format_map(words), self.rule.fix.format_map(words)


def validate(contract: Contract, table: pa.Table, **parameters: Any) -> list[Violation]:
    """What :func:`broken` finds, one by one, in the order of rows, then of rules."""
    found = [violation for one in broken(contract, table, **parameters) for violation in _violations(one, table)]
    return sorted(found, key=lambda violation: -1 if violation.row is None else violation.row)


def broken(contract: Contract, table: pa.Table, **parameters: Any) -> list[Broken]:
    """Check ``table`` by every rule of ``contract``; what it breaks comes in the order of the rules.

    ``parameters`` are the values of the rules' ``{"$PARAMETER": name}`` arguments, what only the caller knows.

    The table must have the columns that the rules name, in types that the expectations understand. Raises
    :class:`render.errors.NightreelError` if Great Expectations itself fails: that is never a verdict on a row.
    """
    rules = [rule.given(parameters) for rule in contract.rules()]
    if not rules or table.num_rows == 0:
        return []
    wanted = {name for rule in rules for name in _columns(rule)} or set(table.column_names)
    if missing := wanted - set(table.column_names):
        raise NightreelError(f"The {contract.name} table lacks {', '.join(sorted(missing))}: add the columns.")
    columns = table.select([name for name in table.column_names if name in wanted])
    frame = _widened(columns).to_pandas(integer_object_nulls=True)
    found = [_broken(rule, result) for rule, result in zip(rules, _run(contract.name, rules, frame), strict=True)]
    return [one for one in found if one is not None]


def _widened(table: pa.Table) -> pa.Table:
    """Whole numbers in 64 bits: the library compares those by columns, and narrower ones one by one."""
    columns = {
        name: column.cast(pa.int64()) if pa.types.is_integer(column.type) else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return pa.table(columns)


def _words(argument: Any) -> str:
    return ", ".join(map(str, argument)) if isinstance(argument, list | tuple | set) else str(argument)


def _columns(rule: Rule) -> list[str]:
    names = [rule.kwargs.get(key) for key in ("column", "column_A", "column_B")]
    return [name for name in (*names, *rule.kwargs.get("column_list", ())) if name]


def _broken(rule: Rule, result: ExpectationValidationResult) -> Broken | None:
    fault = result.exception_info or {}
    faults = [fault] if "raised_exception" in fault else list(fault.values())
    for info in faults:
        if info.get("raised_exception"):
            raise NightreelError(
                f"Great Expectations failed on rule {rule.name!r} of {rule.column or 'the table'}: "
                f"{info.get('exception_message')}. Mend the rule in its contract file."
            )
    if result.success:
        return None
    rows = result.result.get("unexpected_index_list")
    return Broken(
        rule=rule,
        rows=None if rows is None else np.sort(np.array(rows, np.int64)),
        observed=result.result.get("observed_value"),
    )


def _violations(one: Broken, table: pa.Table) -> Iterator[Violation]:
    rule = one.rule
    values = table.column(rule.column) if rule.column else None
    for row in [None] if one.rows is None else one.rows.tolist():
        value = one.observed if row is None or values is None else values[row].as_py()
        _, reason, fix = one.told(value)
        yield Violation(row=row, column=rule.column, value=value, rule=rule.name, reason=reason, fix=fix)


def _run(name: str, rules: list[Rule], frame: pd.DataFrame) -> list[ExpectationValidationResult]:
    """One result for each rule, in order."""
    with _quiet():
        gx, context = _library()
        source = context.data_sources.add_or_update_pandas(name)
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
        expectations = [rule.expectation() | {"meta": {"rule": number}} for number, rule in enumerate(rules)]
        suite = gx.ExpectationSuite(name=name, expectations=expectations)
        validation: ExpectationSuiteValidationResult = batch.get_batch({"dataframe": frame}).validate(
            suite, result_format="COMPLETE"
        )
    return sorted(validation.results, key=_number)


def _number(result: ExpectationValidationResult) -> int:
    """The position of the rule that ``result`` is about: Great Expectations promises no order."""
    config = result.expectation_config
    if config is None or not config.meta:
        raise NightreelError("Great Expectations gave a result without its expectation: check its version.")
    return config.meta["rule"]


@cache
def _library() -> tuple[Any, Any]:
    """Great Expectations and an ephemeral context; the import alone takes seconds."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    with uncollected():
        _put_off("scipy.stats")  # a quarter of the import, for one expectation that no contract has
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return gx, context


def _put_off(name: str) -> None:
    """Import a package's module only when something of it is first used."""
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    package, _, short = name.rpartition(".")
    setattr(sys.modules[package], short, module)  # else the package imports it, which loads it


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's warnings and chatter from the user."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
