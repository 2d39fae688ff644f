"""A table contract: the columns of a table and the rules for their values, read from its YAML file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from render.contracts.arrow import custom, field_of
from render.errors import NotFound

if TYPE_CHECKING:
    from open_data_contract_standard.model import DataQuality, SchemaProperty

NAMES = ("manifest", "plan", "quarantine", "receipts", "requests", "clips", "checks")
"""The tables that have a contract, one ``schemas/<name>.odcs.yaml`` each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One Great Expectations expectation, and what to tell the author of a row that breaks it."""

    name: str
    column: str
    """Empty for a rule over several columns or the whole table."""
    type: str
    """Great Expectations' name, such as ``expect_column_values_to_be_between``."""
    kwargs: Mapping[str, Any]
    reason: str
    """Template; ``{column}``, ``{value}`` and every one of ``kwargs`` may stand in it."""
    fix: str
    """Template, like ``reason``."""

    def expectation(self) -> dict[str, Any]:
        """As Great Expectations wants it."""
        return {"type": self.type, "kwargs": dict(self.kwargs)}

    def given(self, parameters: Mapping[str, Any]) -> Rule:
        """The same rule with its ``{"$PARAMETER": name}`` arguments filled in; :class:`KeyError` for one not given."""
        values = {
            key: parameters[value["$PARAMETER"]] if isinstance(value, dict) and "$PARAMETER" in value else value
            for key, value in self.kwargs.items()
        }
        return replace(self, kwargs=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    name: str
    type: pa.DataType
    required: bool
    """It must be there, and holds no null."""
    unit: str
    description: str
    default: Any
    """What a null stands for; None where null is a value of its own."""
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a table holds."""

    name: str
    version: str
    description: str
    columns: tuple[Column, ...]
    table_rules: tuple[Rule, ...]
    fields: tuple[pa.Field, ...]

    def arrow_schema(self) -> pa.Schema:
        """The table's Arrow schema; each field's metadata gives its unit and description."""
        return pa.schema(self.fields, metadata={"contract": self.name, "version": self.version})

    def defaults(self) -> dict[str, Any]:
        """Default by column, for every column that is not required."""
        return {column.name: column.default for column in self.columns if not column.required}

    def rules(self) -> Iterator[Rule]:
        """Every rule: column by column, then those of the table."""
        for column in self.columns:
            yield from column.rules
        yield from self.table_rules

    def expectations(self) -> list[dict[str, Any]]:
        """Every rule as Great Expectations wants it: ``{"type": …, "kwargs": {…}}``."""
        return [rule.expectation() for rule in self.rules()]

    def column(self, name: str) -> Column:
        """The column of that name. Raises :class:`KeyError`."""
        return next((column for column in self.columns if column.name == name), None) or _no_column(self.name, name)


def _no_column(table: str, name: str) -> Column:
    raise KeyError(f"The {table} contract has no column {name!r}.")


def folder() -> Path:
    """Where the contract files lie: in the installed package, or in the checkout beside it."""
    package = Path(__file__).parents[1]
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas"


@cache
def load(name: str) -> Contract:
    """The contract of one table.

    Raises :class:`render.errors.NotFound` if there is no such contract, :class:`ValueError` if its file is
    not a contract in the Open Data Contract Standard v3.
    """
    path = folder() / f"{name}.odcs.yaml"
    if name not in NAMES or not path.is_file():
        raise NotFound(f"There is no table contract {name!r}. Known: {', '.join(NAMES)}.")
    return read(path)


def read(path: Path) -> Contract:
    """Read one contract file, which must hold exactly one table."""
    from open_data_contract_standard.model import OpenDataContractStandard

    document = OpenDataContractStandard.from_file(str(path))
    tables = document.schema_ or []
    if len(tables) != 1 or not tables[0].properties:
        raise ValueError(f"{path.name}: a contract holds exactly one table with its properties, not {len(tables)}.")
    table = tables[0]
    properties = table.properties or []
    return Contract(
        name=document.name or "",
        version=document.version or "",
        description=(document.description.purpose if document.description else None) or "",
        columns=tuple(_column(prop) for prop in properties),
        table_rules=tuple(_rule("", quality) for quality in table.quality or ()),
        fields=tuple(field_of(prop) for prop in properties),
    )


def _column(prop: SchemaProperty) -> Column:
    field = field_of(prop)
    rules = [_rule(field.name, quality) for quality in prop.quality or ()]
    if prop.required:
        rules.insert(0, _required(field.name))
    metadata = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    return Column(
        name=field.name,
        type=field.type,
        required=bool(prop.required),
        unit=metadata.get("unit", ""),
        description=metadata.get("description", ""),
        default=custom(prop, "default"),
        rules=tuple(rules),
    )


def _required(column: str) -> Rule:
    return Rule(
        name="required",
        column=column,
        type="expect_column_values_to_not_be_null",
        kwargs={"column": column},
        reason="{column} is missing.",
        fix="Fill in {column}: it is required.",
    )


def _rule(column: str, quality: DataQuality) -> Rule:
    where = f"quality rule {quality.name!r} of {column or 'the table'}"
    if quality.engine != "greatExpectations" or not isinstance(quality.implementation, dict):
        raise ValueError(f"{where}: the engine must be greatExpectations, the implementation a type and its kwargs.")
    implementation = json.loads(json.dumps(quality.implementation))
    kwargs = ({"column": column} if column else {}) | implementation.get("kwargs", {})
    reason, fix = custom(quality, "reason"), custom(quality, "fix")
    if not (reason and fix):
        raise ValueError(f"{where}: the custom properties reason and fix are needed.")
    return Rule(
        name=quality.name or "",
        column=column,
        type=implementation["type"],
        kwargs=kwargs,
        reason=str(reason),
        fix=str(fix),
    )
