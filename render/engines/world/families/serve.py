"""A tennis court with its net, and balls that are served or played over it. Lengths in metres, by the ITF."""

from __future__ import annotations

import itertools
import math

import numpy as np

from render.engines.world import geometry, physics
from render.engines.world.families import flight, parts
from render.engines.world.materials import CHALK, Colour, Material, Pattern
from render.engines.world.stage import Cloth, Launch, Shape, Solid

NET, POST = 0.914, 1.07
"""Height of the net in its middle and at its posts."""
LONG, WIDE, SERVICE = 11.885, 4.115, 6.40
"""From the net to the base line, from the middle to a side line of singles, from the net to the service line."""
AWAY = WIDE + 0.914
"""Of a post of singles from the middle."""
MESH = 0.12
CLEAR = 0.08
"""By which a ball's middle passes over the net at least."""
LINE = 0.025
"""Half the width of a line."""
ASIDE = -7.5
"""Degrees about the net's middle from along the court to where the serves fly."""
SEEN_SERVED = np.concatenate(
    [
        parts.corners((-LONG - 0.2, 0.4, 2.4), (-LONG, 1.0, 2.9)),
        parts.corners((4.2, -2.1, 0.0), (0.92 * SERVICE, -0.9, 0.1)),
        parts.corners((9.5, -2.9, 0.85), (9.6, -1.3, 1.2)),
    ]
)
"""``[24, 3]`` corners about where serves begin, come down and pass out of the court."""
SEEN_PLAYED = np.concatenate(
    [
        parts.corners((-0.8 * LONG - 0.1, -1.0, 0.7), (-0.8 * LONG, 1.0, 1.1)),
        parts.corners((0.0, -1.1, 0.9), (0.1, 1.1, 2.6)),
        parts.corners((4.2, -0.9, 0.0), (0.5 * LONG, 0.9, 0.1)),
        parts.corners((8.5, -1.2, 0.6), (8.6, 1.2, 1.2)),
    ]
)
"""The same ``[32, 3]`` of strokes, and where they pass over the net."""
CORD = Material(base=(0.02, 0.022, 0.02), gloss=0.05)
IRON = Material(base=(0.05, 0.09, 0.06), gloss=0.4)


def _top(y: float) -> float:
    """Height of the net: its strap holds it down in the middle."""
    return NET + (POST - NET) * abs(y) / AWAY


def net() -> tuple[list[Solid], Cloth]:
    """Posts, band and strap, and the cord of a net over x = 0."""
    rows, columns = round(NET / MESH) + 1, round(2 * AWAY / MESH) + 1
    across = np.linspace(-AWAY, AWAY, columns)
    heights = np.linspace(0.0, 1.0, rows)[::-1, None] * np.array([_top(y) - 0.02 for y in across])
    rest = np.stack([np.zeros_like(heights), np.broadcast_to(across, heights.shape), 0.012 + heights], -1)
    pinned = np.zeros((rows, columns), np.bool_)
    pinned[[0, -1]] = pinned[:, [0, -1]] = True
    cord = Cloth(
        name="net",
        material=CORD,
        rest=rest,
        pinned=pinned,
        density=0.3,
        bend=0.3,
        stretch=3.0,
        open=0.9,
        holds=True,
        settle=0.1,
    )
    ends = [(0.0, y, _top(y)) for y in (-AWAY, 0.0, AWAY)]
    band = geometry.join(geometry.rod(one, two, 0.028, sides=10) for one, two in itertools.pairwise(ends))
    strap = geometry.move(geometry.box((0.012, 0.025, NET / 2)), (0.0, 0.0, NET / 2))
    solids = [
        Solid(
            name=f"net post {k + 1}",
            shape=Shape.CYLINDER,
            size=(0.04, POST / 2),
            substance="steel",
            material=IRON,
            position=(0.0, side * AWAY, POST / 2),
        )
        for k, side in enumerate((-1, 1))
    ]
    return [*solids, parts.shown_on("", "net's band", geometry.join([band, strap]), CHALK)], cord


def court(inner: Colour, outer: Colour) -> list[Solid]:
    """The painted ground, seen a hair above what carries the ball, with the lines of singles."""
    things = []
    for name, half, paint, high in (
        ("surround", (LONG + 3.5, WIDE + 3.0), outer, 0.0006),
        ("court", (LONG, WIDE), inner, 0.0012),
    ):
        ground = Material(pattern=Pattern.CONCRETE, base=paint, scale=1.4, gloss=0.08)
        slab = geometry.box((*half, high / 2))
        things.append(parts.shown_on("", name, slab, ground, at=(0.0, 0.0, high / 2)))
    strips = [((LONG, LINE), (0.0, side * WIDE)) for side in (-1, 1)]
    strips += [((LINE, WIDE), (side * x, 0.0)) for side in (-1, 1) for x in (SERVICE, LONG)]
    strips.append(((SERVICE, LINE), (0.0, 0.0)))
    lines = [geometry.move(geometry.box((a, b, 0.0002)), (x, y, 0.0014)) for (a, b), (x, y) in strips]
    return [*things, parts.shown_on("", "lines", geometry.join(lines), CHALK)]


def served(ball: Solid, rng: np.random.Generator, speed: float) -> Launch:
    """From behind the base line, a racket's reach high, into the service box across: a kick serve with topspin."""
    start = (-LONG - 0.2, float(rng.uniform(0.4, 1.0)), float(rng.uniform(2.5, 2.8)))
    target = (float(rng.uniform(0.72, 0.92)) * SERVICE, float(rng.uniform(-2.0, -1.0)), ball.size[0])
    fast = float(rng.uniform(22.0, 26.0)) * min(max(speed, 0.7), 1.5)
    return flight.aim(ball, start, target, fast, (0.0, float(rng.uniform(120, 260)), float(rng.uniform(-60, 0))))


def played(ball: Solid, rng: np.random.Generator, speed: float) -> Launch:
    """A ground stroke that passes well over the net and comes down before the base line."""
    start = (-0.8 * LONG, float(rng.uniform(-1.0, 1.0)), float(rng.uniform(0.7, 1.0)))
    target = (float(rng.uniform(0.35, 0.5)) * LONG, float(rng.uniform(-0.7, 0.7)), ball.size[0])
    fast = float(rng.uniform(12.0, 14.5)) * min(max(speed, 0.8), 1.2)
    return flight.aim(ball, start, target, fast, (0.0, float(rng.uniform(40, 120)), float(rng.uniform(-12, 12))))


def price(motion: physics.Motion) -> float:
    """Infinite unless a ball passes over the net and comes down in the court; else 0."""
    path = motion.poses[:, 0, :3].astype(float)
    after = int(np.argmax(path[:, 0] > 0.0))
    landed = next((contact for contact in motion.contacts if contact.second == "floor"), None)
    if landed is None or after == 0:
        return math.inf
    share = -path[after - 1, 0] / (path[after, 0] - path[after - 1, 0])
    high = path[after - 1, 2] + share * (path[after, 2] - path[after - 1, 2])
    x, y, _ = landed.position
    return 0.0 if high > POST + CLEAR and 0.0 < x < LONG and abs(y) < WIDE else math.inf
