"""A football goal of the size that the laws of the game say: posts, crossbar and a net of cord behind them."""

from __future__ import annotations

import itertools
import math

import numpy as np

from render.engines.world import geometry
from render.engines.world.families import parts
from render.engines.world.materials import CHALK, Material
from render.engines.world.stage import Cloth, Shape, Solid, Vector

WIDE, HIGH, THICK = 7.32, 2.44, 0.12
"""Metres between the posts, under the crossbar, and of both across (law 1)."""
POST = WIDE / 2 + THICK / 2
"""Of the middle of a post from that of the goal."""
BAR = HIGH + THICK / 2
ROOF, DEEP = 0.9, 1.9
"""Metres of the net's depth at its top and on the ground."""
MESH = 0.13
"""Metres of a mesh."""
SLACK = 0.3
"""Metres by which the net sags in its middle."""
WHITE = Material(base=(0.80, 0.80, 0.79), gloss=0.35)
CORD = Material(base=(0.80, 0.80, 0.79), gloss=0.05)


def _upright(name: str, y: float) -> Solid:
    half = BAR / 2
    return Solid(
        name=name, group="post", shape=Shape.CAPSULE, size=(THICK / 2, half - THICK / 4), substance="goal post",
        material=WHITE, position=(0.0, y, half), look=geometry.capsule(THICK / 2, half, sides=32),
    )  # fmt: skip


def frame() -> list[Solid]:
    """Posts and crossbar on the goal line at x = 0, and the thin rods that carry the net behind them."""
    lying = (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0)
    bar = Solid(
        name="crossbar", shape=Shape.CAPSULE, size=(THICK / 2, POST), substance="goal post", material=WHITE,
        position=(0.0, 0.0, BAR), turn=lying, look=geometry.capsule(THICK / 2, POST, sides=32),
    )  # fmt: skip
    rods = []
    for side in (-1, 1):
        corners = ((0.0, HIGH), (ROOF, HIGH), (DEEP, 0.03), (0.0, 0.03))
        for (a, b), (c, d) in itertools.pairwise(corners):
            rods.append(geometry.rod((a, side * POST, b), (c, side * POST, d), 0.022, sides=12))
    for x, z in ((ROOF, HIGH), (DEEP, 0.03)):
        rods.append(geometry.rod((x, -POST, z), (x, POST, z), 0.022, sides=12))
    steel = Material(base=(0.62, 0.63, 0.64), gloss=0.5)
    return [
        _upright("right post", -POST),
        _upright("left post", POST),
        bar,
        parts.shown_on("", "stays", geometry.join(rods), steel),
    ]


def _panel(name: str, top: tuple[Vector, Vector], foot: tuple[Vector, Vector], sag: Vector) -> Cloth:
    """A net that is tied along its four edges, from one at the ``top`` to one at its ``foot``."""
    (a, b), (c, d) = (np.array(edge) for edge in (top, foot))
    rows = round(max(np.linalg.norm(c - a), np.linalg.norm(d - b)) / MESH) + 1
    columns = round(max(np.linalg.norm(b - a), np.linalg.norm(d - c)) / MESH) + 1
    down, aside = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    down, aside = down[..., None], aside[..., None]
    flat = (a + (b - a) * aside) * (1 - down) + (c + (d - c) * aside) * down
    pinned = np.zeros((rows, columns), np.bool_)
    pinned[[0, -1]] = pinned[:, [0, -1]] = True
    return Cloth(
        name=name,
        material=CORD,
        rest=flat + np.array(sag) * np.sin(math.pi * down) * np.sin(math.pi * aside),
        pinned=pinned,
        density=0.15,
        bend=0.3,
        stretch=3.0,
        open=0.9,
        holds=True,
        settle=1.2,
    )


def _edge(x: float, z: float) -> tuple[Vector, Vector]:
    return (x, -POST, z), (x, POST, z)


def nets() -> list[Cloth]:
    """Over the roof, at the back and at both sides."""
    bar, rod, peg = _edge(0.0, HIGH), _edge(ROOF, HIGH), _edge(DEEP, 0.0)
    found = [
        _panel("roof net", bar, rod, (0.0, 0.0, -0.2 * SLACK)),
        _panel("back net", rod, peg, (SLACK, 0.0, -0.3 * SLACK)),
    ]
    for k, name in enumerate(("right side net", "left side net")):
        foot = ((0.0, bar[k][1], 0.0), peg[k])
        found.append(_panel(name, (bar[k], rod[k]), foot, (0.0, (2 * k - 1) * 0.5 * SLACK, 0.0)))
    return found


def pitch() -> list[Solid]:
    """The lines before the goal: goal line, goal area, penalty area and mark, all 12 cm wide."""
    half = THICK / 2
    strips = [((half, 30.0), (0.0, 0.0))]
    for away, beside in ((5.5, 5.5), (16.5, 16.5)):
        reach = WIDE / 2 + beside
        strips.append(((half, reach), (-away + half, 0.0)))
        strips += [((away / 2, half), (-away / 2, side * (reach - half))) for side in (-1, 1)]
    lines = [geometry.move(geometry.box((a, b, 0.003)), (x, y, 0.003)) for (a, b), (x, y) in strips]
    lines.append(geometry.move(geometry.cylinder(0.11, 0.003, sides=24), (-11.0, 0.0, 0.003)))
    return [parts.shown_on("", "lines", geometry.join(lines), CHALK)]
