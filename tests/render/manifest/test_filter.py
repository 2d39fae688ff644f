"""The user's row filter: one expression, and nothing but the table's columns."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.errors import InputError
from render.manifest.filter import Filter

TABLE = pa.table({"style": ["anime", "realistic", None], "seconds": [1.0, 2.0, 3.0]})


def positions(expression: str) -> list[int]:
    chosen = Filter(expression)
    try:
        return chosen.positions(TABLE).to_pylist()
    finally:
        chosen.close()


def test_it_gives_the_rows_for_which_it_is_true() -> None:
    assert positions("style = 'anime' or seconds > 2") == [0, 2]
    assert positions("style like 'real%' -- only these") == [1]
    assert positions("false") == []


def test_columns_may_have_any_name() -> None:
    table = pa.table(
        {"a": [1, 2], "A": [3, 4], "row_number": [5, 6], "ROW_NUMBER_": [7, 8], "": [9, 9], 'it\'s "so"': [0, 1]}
    )
    for expression in ("a = 2", "row_number = 6", '"it\'s ""so""" = 1'):
        chosen = Filter(expression)
        assert chosen.positions(table).to_pylist() == [1]
        chosen.close()


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "style =",
        "nope = 1",
        "1 = 1; drop table x",
        "true) union select 1 --",
        "true, false",
        "count(*) > 1",
        "'abc'",
        "exists(select * from read_text('{file}'))",
        "exists(select * from read_csv('{file}'))",
        "exists(select * from '{file}')",
        "exists(from TABLE)",
        "\ud800",
        "true or " * 500 + "true",
    ],
)
def test_anything_else_is_refused_with_what_is_wrong(tmp_path: Path, expression: str) -> None:
    file = tmp_path / "secret.csv"
    file.write_text("a\n1\n")
    with pytest.raises(InputError, match="cannot be used"):
        positions(expression.replace("{file}", str(file)))


@settings(max_examples=60)
@given(st.text(max_size=20))
def test_no_text_ends_in_a_traceback(expression: str) -> None:
    with contextlib.suppress(InputError):
        assert set(positions(expression)) <= {0, 1, 2}
