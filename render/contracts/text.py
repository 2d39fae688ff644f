"""Values as text that is safe and short enough for a message, a terminal or a page."""

from __future__ import annotations

from typing import Any

SHOWN = 120
"""Characters of a value that a message shows."""

_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_TURNING = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_PICTURES |= dict.fromkeys(_TURNING, 0xFFFD)


def visible(text: str) -> str:
    """The text with control characters as their pictures.

    What turns the direction of writing, and lone surrogates, become the replacement character.
    """
    return text.translate(_PICTURES).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shorten(value: Any) -> str:
    """A value as one short line of visible text; empty for None."""
    text = "" if value is None else str(value)
    if isinstance(value, float):
        text = text.removesuffix(".0")
    return visible(text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…")
