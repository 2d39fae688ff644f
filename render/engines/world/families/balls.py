"""The balls of games, of the size, the stuff and the looks that their laws ask for. Lengths in metres."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from render.engines.world import geometry
from render.engines.world.families import parts
from render.engines.world.materials import CHALK, Colour, Material, Pattern
from render.engines.world.stage import Solid

PATCH = 0.35
"""Radians from the middle of a black pentagon to its corners."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ball:
    """A kind of ball."""

    radius: float
    substance: str
    usual: Colour
    """Where a prompt names no colour."""
    skin: Callable[[Colour], Material]
    trim: tuple[str, Callable[[], geometry.Mesh], Material] | None = None
    """What is seen on it besides: how it is called, its shape and its look."""

    def paint(self, colour: Colour | None) -> Material:
        """How it looks in a colour that a prompt names, or in its usual one."""
        return self.skin(colour or self.usual)

    def worn(self, name: str) -> list[Solid]:
        """What is seen on the ball of this name."""
        if self.trim is None:
            return []
        part, look, material = self.trim
        return [parts.shown_on(name, f"{name}'s {part}", look(), material)]


def _felt(colour: Colour) -> Material:
    return Material(pattern=Pattern.ROCK, base=colour, accent=colour, scale=0.02, gloss=0.0)


def _leather(colour: Colour) -> Material:
    return Material(base=colour, gloss=0.45)


def _pebbled(colour: Colour) -> Material:
    return Material(pattern=Pattern.BASKETBALL, base=colour, accent=(0.02, 0.015, 0.012), gloss=0.25)


@functools.cache
def _seam() -> geometry.Mesh:
    """The white line of a tennis ball, which goes round it in two bends."""
    a, b = 0.76 * TENNIS.radius, 0.24 * TENNIS.radius
    t = np.linspace(0, 2 * math.pi, 65)
    x, y = a * np.cos(t) + b * np.cos(3 * t), a * np.sin(t) - b * np.sin(3 * t)
    way = np.stack([x, y, 2 * math.sqrt(a * b) * np.sin(2 * t)], 1)
    return geometry.join(geometry.rod(one, two, 0.0016, sides=5) for one, two in itertools.pairwise(way))


@functools.cache
def _pentagons() -> geometry.Mesh:
    """The twelve black patches of a classic football, a hair above its leather."""
    golden = (1 + math.sqrt(5)) / 2
    axes = np.array([p for a in (-1, 1) for b in (-golden, golden) for p in ((0, a, b), (a, b, 0), (b, 0, a))], float)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    vertices, faces = [], []
    for axis in axes:
        other = axes[np.argsort(-(axes @ axis))[1]]
        one = other - axis * (other @ axis)
        one /= np.linalg.norm(one)
        two = np.cross(axis, one)
        turns = np.arange(20) * math.pi / 10
        # The edge of a pentagon: straight between corners, which point to those of its neighbours.
        reach = math.cos(math.pi / 5) / np.cos((turns + math.pi / 5) % (2 * math.pi / 5) - math.pi / 5)
        first = sum(len(part) for part in vertices)
        rings = [axis[None]]
        for share in (0.5, 1.0):
            angle = (PATCH * share * reach)[:, None]
            out = np.cos(turns)[:, None] * one + np.sin(turns)[:, None] * two
            rings.append(np.cos(angle) * axis + np.sin(angle) * out)
        vertices.append(np.concatenate(rings))
        for k in range(20):
            n = (k + 1) % 20
            faces += [(0, 1 + k, 1 + n), (1 + k, 21 + k, 21 + n), (1 + k, 21 + n, 1 + n)]
            faces[-3:] = [(a + first, b + first, c + first) for a, b, c in faces[-3:]]
    points = np.concatenate(vertices)
    return geometry.Mesh(
        vertices=(points * FOOTBALL.radius * 1.004).astype(np.float32),
        normals=points.astype(np.float32),
        faces=np.array(faces, np.int32),
    )


TENNIS = Ball(
    radius=0.0335, substance="tennis ball", usual=(0.60, 0.72, 0.045), skin=_felt, trim=("seam", _seam, CHALK)
)
FOOTBALL = Ball(
    radius=0.1098,
    substance="football",
    usual=(0.82, 0.82, 0.81),
    skin=_leather,
    trim=("patches", _pentagons, Material(base=(0.02, 0.02, 0.022), gloss=0.45)),
)
"""69 cm round (law 2: 68 to 70)."""
BASKETBALL = Ball(radius=0.121, substance="basketball", usual=(0.62, 0.19, 0.04), skin=_pebbled)
"""Size 7, 76 cm round."""
BALLS = {"tennis ball": TENNIS, "football": FOOTBALL, "basketball": BASKETBALL}
"""By name."""
