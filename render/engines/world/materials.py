"""How surfaces look: patterns with their colours, as data for the tracer. Colours are linear RGB."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

Colour = tuple[float, float, float]


class Pattern(IntEnum):
    """Procedural textures; ``tracer/pattern_kernels.py`` paints each."""

    PLAIN = 0
    COURT = 1
    BRICK = 2
    BACKBOARD = 3
    BASKETBALL = 4
    CRATE = 5
    PANELS = 6
    ROCK = 7
    LABEL = 8
    CONCRETE = 9
    STRIPES = 10
    BRUSHED = 11
    PLANKS = 12
    CARTON = 13
    GRASS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One surface."""

    pattern: Pattern = Pattern.PLAIN
    base: Colour = (0.6, 0.6, 0.6)
    accent: Colour = (0.85, 0.85, 0.85)
    scale: float = 1.0
    """Size of the pattern in metres, or in the pattern's own unit."""
    offset: float = 0.0
    """Height of the pattern's middle in the body's frame, in metres."""
    gloss: float = 0.2
    """Strength of the sun's highlight, 0 to 1."""
    mirror: float = 0.0
    """Reflection at grazing angles, 0 (none is traced) to 1."""
    facing: float = 0.04
    """Reflection seen head-on, where ``mirror`` is above 0."""


COLOURS: dict[str, Colour] = {
    "red": (0.62, 0.035, 0.03),
    "orange": (0.80, 0.24, 0.03),
    "yellow": (0.85, 0.58, 0.05),
    "green": (0.06, 0.36, 0.10),
    "teal": (0.02, 0.34, 0.36),
    "blue": (0.03, 0.13, 0.52),
    "purple": (0.24, 0.06, 0.42),
    "pink": (0.80, 0.22, 0.38),
    "brown": (0.22, 0.10, 0.045),
    "black": (0.018, 0.018, 0.022),
    "grey": (0.28, 0.28, 0.29),
    "white": (0.82, 0.82, 0.80),
    "silver": (0.55, 0.56, 0.58),
    "gold": (0.78, 0.52, 0.14),
}

PALETTES: tuple[tuple[str, ...], ...] = (
    ("red", "yellow", "blue", "white"),
    ("orange", "teal", "white", "yellow"),
    ("pink", "purple", "yellow", "teal"),
    ("green", "yellow", "white", "orange"),
)
"""From which a seed picks when a prompt names no colour."""
