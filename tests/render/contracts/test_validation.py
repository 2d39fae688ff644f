"""Great Expectations run by a contract; its import alone takes seconds."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from render import contracts
from render.contracts import Column, Contract, Rule
from render.errors import NightreelError

pytestmark = pytest.mark.slow


def contract(*rules: Rule, table_rules: tuple[Rule, ...] = ()) -> Contract:
    column = Column(
        name="n", type=pa.int64(), required=False, unit="", description="n", default=None, rules=tuple(rules)
    )
    return Contract(
        name="t",
        version="1",
        description="t",
        columns=(column,),
        table_rules=table_rules,
        fields=(pa.field("n", pa.int64()),),
    )


def rule(kind: str, **kwargs: Any) -> Rule:
    return Rule(
        name="r",
        column=kwargs.get("column", ""),
        type=kind,
        kwargs=kwargs,
        reason="{column} is {value}, not from {min_value} to {max_value}."
        if "min_value" in kwargs
        else "Broken: {value}.",
        fix="Mend it.",
    )


BETWEEN = rule("expect_column_values_to_be_between", column="n", min_value=1, max_value=5)


def test_each_bad_row_is_named_with_its_value_reason_and_fix() -> None:
    table = pa.table({"n": [1, 9, None, 5, -2], "other": ["x"] * 5})
    found = contracts.validate(contract(BETWEEN), table)
    assert [(v.row, v.column, v.value) for v in found] == [(1, "n", 9), (4, "n", -2)]
    assert found[0].reason == "n is 9, not from 1 to 5."
    assert found[0].fix == "Mend it."


def test_violations_stand_by_row_then_by_rule() -> None:
    odd = replace(rule("expect_column_values_to_be_in_set", column="n", value_set=[1, 2]), name="known")
    found = contracts.validate(contract(odd, BETWEEN), pa.table({"n": [7, 8]}))
    assert [(v.row, v.rule) for v in found] == [(0, "known"), (0, "r"), (1, "known"), (1, "r")]


def test_parameters_are_given_by_the_caller() -> None:
    known = rule("expect_column_values_to_be_in_set", column="n", value_set={"$PARAMETER": "numbers"})
    assert [v.row for v in contracts.validate(contract(known), pa.table({"n": [3, 4]}), numbers=[4])] == [0]
    with pytest.raises(KeyError):
        contracts.validate(contract(known), pa.table({"n": [3]}))


def test_rules_of_several_columns_and_of_the_whole_table() -> None:
    unique = rule("expect_compound_columns_to_be_unique", column_list=["n", "m"])
    count = rule("expect_table_row_count_to_equal", value=2)
    found = contracts.validate(contract(table_rules=(unique, count)), pa.table({"n": [1, 1, 2], "m": ["a", "a", "a"]}))
    assert [(v.row, v.value) for v in found] == [(None, 3), (0, None), (1, None)]


def test_a_fault_of_great_expectations_is_no_verdict_on_a_row() -> None:
    broken = rule("expect_column_values_to_match_regex", column="n", regex="^.{1,70000}{2,70000}(")
    with pytest.raises(NightreelError, match="rule 'r' of n"):
        contracts.validate(contract(broken), pa.table({"n": [1]}))


def test_a_column_that_a_rule_names_must_be_there() -> None:
    with pytest.raises(NightreelError, match="lacks n"):
        contracts.validate(contract(BETWEEN), pa.table({"m": [1]}))


def test_nothing_is_written_said_or_warned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.chdir(tmp_path)
    assert contracts.validate(contract(BETWEEN), pa.table({"n": [1, 9]}))
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert len(recwarn) == 0


def test_an_empty_table_breaks_no_rule() -> None:
    assert contracts.validate(contract(BETWEEN), pa.table({"n": pa.array([], pa.int64())})) == []


def test_what_takes_long_to_import_and_is_not_needed_is_not_imported() -> None:
    script = (
        "import sys; import pyarrow as pa; from render import contracts;"
        "contracts.validate(contracts.load('checks'), contracts.load('checks').arrow_schema().empty_table());"
        "contracts.validate(contracts.load('receipts'), pa.table({name: pa.nulls(1, field.type) for name, field in "
        "zip(contracts.load('receipts').arrow_schema().names, contracts.load('receipts').arrow_schema())}));"
        "print('great_expectations' in sys.modules, 'scipy.stats._stats_py' in sys.modules);"
        "import scipy.stats; print(scipy.stats.entropy([1, 1]) > 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "True"]
