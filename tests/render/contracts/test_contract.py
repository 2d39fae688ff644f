"""What a contract says of its table."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from render import contracts
from render.errors import NotFound

TABLE = """
apiVersion: v3.2.0
kind: DataContract
id: t
name: t
version: 1.0.0
status: active
schema:
  - name: t
    properties:
      - {name: a, logicalType: integer, physicalType: int32, required: true, description: A}
%s
"""


def test_the_schema_carries_type_nullability_unit_and_description() -> None:
    schema = contracts.load("manifest").arrow_schema()
    assert schema.field("seconds").type == pa.float64()
    assert schema.field("seconds").metadata[b"unit"] == b"s"
    assert schema.field("prompt").metadata[b"description"]
    assert not schema.field("prompt").nullable
    assert schema.field("shots").type.value_type.names == ["prompt", "seconds", "camera"]
    assert schema.field("tags").type == pa.map_(pa.string(), pa.string())


def test_required_columns_expect_no_null() -> None:
    expectations = contracts.load("manifest").expectations()
    assert {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "prompt"}} in expectations


def test_an_unknown_contract_is_not_found() -> None:
    with pytest.raises(NotFound, match="manifest"):
        contracts.load("../manifest")


@pytest.mark.parametrize(
    ("quality", "told"),
    [
        ("        quality: [{name: q, type: custom, engine: soda, implementation: {}}]", "greatExpectations"),
        (
            "        quality: [{name: q, type: custom, engine: greatExpectations, implementation: {type: x}}]",
            "reason and fix",
        ),
    ],
)
def test_a_rule_that_cannot_be_run_is_refused_at_once(tmp_path: Path, quality: str, told: str) -> None:
    file = tmp_path / "t.odcs.yaml"
    body = TABLE.replace("{name: a,", "name: a\n       ").replace("\n%s", "")
    body = body.replace("        logicalType: integer, physicalType: int32, required: true, description: A}", "%s")
    file.write_text(body % f"        logicalType: integer\n        physicalType: int32\n{quality}")
    with pytest.raises(ValueError, match=told):
        contracts.read(file)


def test_importing_the_room_stays_cheap() -> None:
    heavy = "great_expectations", "pandas", "duckdb"
    code = f"import sys, render.contracts, render.manifest; assert not set({heavy}) & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
