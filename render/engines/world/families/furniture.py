"""A table that things fall from."""

from __future__ import annotations

import math
from dataclasses import replace

from render.engines.world.families import parts
from render.engines.world.stage import Solid

TABLE = 0.72
"""Metres from the ground to the top of a table."""
LONG, DEEP = 0.55, 0.34
"""Half its length and depth in metres."""


def table(edge: float, *, long: float = LONG, deep: float = DEEP) -> list[Solid]:
    """A wooden table whose edge is at ``edge`` along x, and which is half so ``long`` and so ``deep``, in metres."""
    wood = parts.stuff("", "wood")
    thick, leg = 0.018, 0.026
    middle = edge - long
    top = parts.fixed("table", (long, deep, thick), (middle, 0.0, TABLE - thick), wood)
    high = TABLE / 2 - thick
    # Wood's grain runs along x: a leg is a board that stands on its end.
    upright = parts.about((0.0, 1.0, 0.0), -math.pi / 2)
    legs = [
        parts.fixed("leg", (high, leg, leg), (middle + x * 0.9 * long, y * 0.85 * deep, high), wood, turn=upright)
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    return [top, *(replace(leg, name=f"leg {k + 1}", group="table") for k, leg in enumerate(legs))]
