"""Values as people read them in messages."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.contracts import shorten, visible


@given(st.text(st.characters(), max_size=50))
def test_visible_text_can_be_written_and_has_no_control_characters(text: str) -> None:
    said = visible(text)
    said.encode()
    assert not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in said)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (-3.0, "-3"),
        ("vaporwave", "vaporwave"),
        ("x" * 120, "x" * 120),
        ("x" * 121, "x" * 119 + "…"),
        ("\x1b[2J\n\x9b1m", "␛[2J␊�1m"),
    ],
)
def test_a_value_is_one_short_line_that_moves_no_terminal(value: object, shown: str) -> None:
    assert shorten(value) == shown
