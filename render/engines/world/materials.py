"""How surfaces look: patterns with their colours, as data for the tracer. Colours are linear RGB."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
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
    PARQUET = 12
    CARTON = 13
    GRASS = 14
    WOOD = 15
    LEATHER = 16
    CLOTH = 17
    SCUFFED = 18
    PLASTER = 19
    LEAVES = 20
    BARK = 21
    SAND = 22
    SNOW = 23
    SOIL = 24
    ASPHALT = 25
    ICE = 26
    FACADE = 27


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
    metal: float = 0.0
    """Share of the surface that is bare metal: its reflection takes the base colour, nothing is scattered."""
    roughness: float = 0.0
    """How much the reflection is spread, 0 to 1."""
    clear: float = 0.0
    """Share of the light that goes through what moves, bent as by glass and coloured as the base says: its brightest
    part is 1, and some centimetres take the others down to what they are beside it."""
    glow: float = 0.0
    """Radiance of its own by its colour; of a facade, the share of its windows that are lit."""
    text: str = ""
    """What is printed on a label or a carton, in the accent's colour."""


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

_CONES = ((0.4122, 0.5363, 0.0514), (0.2119, 0.6807, 0.1074), (0.0883, 0.2817, 0.6300))
_LAB = ((0.2105, 0.7936, -0.0041), (1.9780, -2.4286, 0.4506), (0.0259, 0.7828, -0.8087))


def _perceived(colour: Colour) -> Colour:
    """Lightness and, for one so light, the two tints of a linear colour, from Oklab (B. Ottosson, 2020).

    Equal distances look alike; lightness counts less, for a dark blue is called blue and not black.
    """
    cones = [sum(a * c for a, c in zip(row, colour, strict=True)) ** (1 / 3) for row in _CONES]
    light, green_red, blue_yellow = (sum(a * c for a, c in zip(row, cones, strict=True)) for row in _LAB)
    return 0.38 * light, green_red / (light + 0.1), blue_yellow / (light + 0.1)


def called(code: str) -> str:
    """The name in :data:`COLOURS` of the colour that looks most like a code such as ``#f60`` or ``#ff6600``."""
    digits = code.lstrip("#")
    pairs = [2 * digit for digit in digits] if len(digits) == 3 else [digits[k : k + 2] for k in (0, 2, 4)]
    values = [int(pair, 16) / 255 for pair in pairs]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    wanted = _perceived((red, green, blue))
    return min(COLOURS, key=lambda name: math.dist(wanted, _perceived(COLOURS[name])))


PALETTES: tuple[tuple[str, ...], ...] = (
    ("red", "yellow", "blue", "white"),
    ("orange", "teal", "white", "yellow"),
    ("pink", "purple", "yellow", "teal"),
    ("green", "yellow", "white", "orange"),
)
"""From which a seed picks when a prompt names no colour."""


CHALK = Material(base=(0.74, 0.75, 0.72), gloss=0.0)
"""White lines of a pitch or a court, a net's band, the seam of a ball."""
MATERIALS: dict[str, Material] = {
    "asphalt": Material(
        pattern=Pattern.ASPHALT, base=(0.062, 0.062, 0.066), accent=(0.62, 0.62, 0.58), gloss=0.06, roughness=0.7
    ),
    "brass": Material(
        pattern=Pattern.SCUFFED,
        base=(0.83, 0.60, 0.24),
        scale=0.05,
        gloss=0.7,
        mirror=1.0,
        facing=0.78,
        metal=1.0,
        roughness=0.12,
    ),
    "brick": Material(
        pattern=Pattern.BRICK, base=(0.38, 0.15, 0.09), accent=(0.42, 0.40, 0.37), gloss=0.04, roughness=0.9
    ),
    "card": Material(pattern=Pattern.SCUFFED, base=(0.48, 0.33, 0.19), scale=0.08, gloss=0.05, roughness=0.9),
    "ceramic": Material(
        pattern=Pattern.SCUFFED,
        base=(0.78, 0.76, 0.72),
        scale=0.07,
        gloss=0.85,
        mirror=0.85,
        facing=0.05,
        roughness=0.03,
    ),
    "cloth": Material(pattern=Pattern.CLOTH, base=(0.52, 0.46, 0.38), scale=0.0016, gloss=0.0, roughness=1.0),
    "concrete": Material(pattern=Pattern.CONCRETE, base=(0.42, 0.41, 0.39), scale=1.2, gloss=0.05, roughness=0.8),
    "copper": Material(
        pattern=Pattern.SCUFFED,
        base=(0.85, 0.42, 0.26),
        scale=0.05,
        gloss=0.7,
        mirror=1.0,
        facing=0.80,
        metal=1.0,
        roughness=0.12,
    ),
    "glass": Material(base=(0.082, 0.098, 0.10), gloss=1.0, mirror=1.0, facing=0.04, clear=0.92),
    "gold": Material(
        pattern=Pattern.SCUFFED,
        base=(0.98, 0.70, 0.27),
        scale=0.06,
        gloss=0.85,
        mirror=1.0,
        facing=0.88,
        metal=1.0,
        roughness=0.06,
    ),
    "grass": Material(
        pattern=Pattern.GRASS, base=(0.055, 0.14, 0.022), accent=(0.17, 0.24, 0.05), gloss=0.0, roughness=1.0
    ),
    "ice": Material(
        pattern=Pattern.ICE,
        base=(0.36, 0.52, 0.60),
        accent=(0.80, 0.87, 0.90),
        scale=0.5,
        gloss=0.9,
        mirror=0.9,
        facing=0.05,
        roughness=0.05,
    ),
    "leather": Material(
        pattern=Pattern.LEATHER,
        base=(0.24, 0.105, 0.045),
        accent=(0.07, 0.028, 0.012),
        scale=0.004,
        gloss=0.3,
        mirror=0.25,
        roughness=0.35,
    ),
    "metal": Material(
        pattern=Pattern.SCUFFED,
        base=(0.66, 0.67, 0.69),
        scale=0.06,
        gloss=0.6,
        mirror=1.0,
        facing=0.62,
        metal=1.0,
        roughness=0.25,
    ),
    "plastic": Material(
        pattern=Pattern.SCUFFED, base=(0.62, 0.06, 0.05), scale=0.09, gloss=0.5, mirror=0.4, roughness=0.12
    ),
    "rubber": Material(pattern=Pattern.SCUFFED, base=(0.035, 0.035, 0.037), scale=0.05, gloss=0.12, roughness=0.6),
    "sand": Material(
        pattern=Pattern.SAND, base=(0.50, 0.34, 0.185), accent=(0.66, 0.49, 0.30), scale=0.13, gloss=0.0, roughness=1.0
    ),
    "snow": Material(
        pattern=Pattern.SNOW, base=(0.86, 0.88, 0.91), accent=(0.66, 0.74, 0.86), gloss=0.05, roughness=0.8
    ),
    "soil": Material(
        pattern=Pattern.SOIL, base=(0.045, 0.028, 0.016), accent=(0.15, 0.095, 0.05), gloss=0.0, roughness=1.0
    ),
    "steel": Material(
        pattern=Pattern.SCUFFED,
        base=(0.60, 0.61, 0.63),
        scale=0.06,
        gloss=0.8,
        mirror=1.0,
        facing=0.60,
        metal=1.0,
        roughness=0.05,
    ),
    "stone": Material(
        pattern=Pattern.ROCK,
        base=(0.13, 0.115, 0.10),
        accent=(0.36, 0.33, 0.29),
        scale=0.35,
        gloss=0.05,
        roughness=0.8,
    ),
    "wood": Material(
        pattern=Pattern.WOOD,
        base=(0.46, 0.27, 0.125),
        accent=(0.20, 0.095, 0.035),
        scale=0.16,
        gloss=0.25,
        mirror=0.12,
        roughness=0.4,
    ),
}
"""What things are made of, by the names that prompts give; ``base`` and ``accent`` are what it has untinted."""


def tinted(material: Material, colour: Colour) -> Material:
    """The material in another colour, its accent as much darker or lighter than the base as it was."""
    ratio = sum(material.accent) / max(sum(material.base), 1e-6)
    red, green, blue = (min(0.9, ratio * c) for c in colour)
    return replace(material, base=colour, accent=(red, green, blue))


def named(name: str, colour: Colour | None = None) -> Material:
    """A material of the table, in ``colour`` if one is given. Raises :class:`ValueError` for a name that it lacks."""
    if name not in MATERIALS:
        raise ValueError(f"There is no material {name!r}; choose one of: {', '.join(MATERIALS)}.")
    return MATERIALS[name] if colour is None else tinted(MATERIALS[name], colour)
