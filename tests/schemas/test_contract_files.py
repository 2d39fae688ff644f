"""Every contract file is a contract by the standard's own schema, and says all that a reader needs."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import jsonschema
import pyarrow as pa
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from render import contracts

FILES = sorted(Path(__file__).parents[2].joinpath("schemas").glob("*.odcs.yaml"))
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


@each_file
def test_it_obeys_the_published_standard(file: Path) -> None:
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    jsonschema.Draft201909Validator(json.loads(text)).validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    assert OpenDataContractStandard.from_file(str(file)).apiVersion.startswith("v3.")


@each_file
def test_every_column_is_described(file: Path) -> None:
    contract = contracts.read(file)
    assert file.name == f"{contract.name}.odcs.yaml"
    assert contract.description
    assert all(column.description for column in contract.columns)
    assert len({column.name for column in contract.columns}) == len(contract.columns)


@each_file
def test_defaults_fit_their_columns(file: Path) -> None:
    contract = contracts.read(file)
    for column in contract.columns:
        if column.default is not None:
            assert not column.required
            assert pa.scalar(column.default, column.type).is_valid


@each_file
def test_no_rule_is_one_that_great_expectations_chokes_on(file: Path) -> None:
    for rule in contracts.read(file).rules():
        assert all(int(most) <= 1000 for most in re.findall(r"\{\d*,?(\d+)\}", str(rule.kwargs.get("regex", ""))))


def test_the_contract_and_the_noun_agree_on_defaults() -> None:
    from dataclasses import MISSING, fields

    from render.model import Row

    nouns = {field.name: field.default for field in fields(Row) if field.default is not MISSING}
    defaults = contracts.load("manifest").defaults()
    assert nouns["duration_ms"] == defaults["seconds"] * 1000
    for name in nouns.keys() & defaults.keys() - {"shots", "deadline"}:
        assert nouns[name] == defaults[name], name
