"""Ice and fruit about a product: their shapes, and how they lie at its foot. Lengths in metres, z up."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np

from render.engines.world import geometry
from render.engines.world.families import parts
from render.engines.world.materials import Colour, Material, named
from render.engines.world.scene import Scene, Subject
from render.engines.world.stage import Launch, Shape, Solid, Stage

Profile = tuple[tuple[float, float], ...]
FRUIT: dict[str, tuple[float, Profile, Colour]] = {
    "lemon": (
        0.026,
        (
            (0.0, -1.3),
            (0.18, -1.22),
            (0.3, -1.08),
            (0.72, -0.75),
            (0.96, -0.3),
            (1.0, 0.0),
            (0.96, 0.3),
            (0.72, 0.75),
            (0.3, 1.08),
            (0.0, 1.15),
        ),
        (0.80, 0.62, 0.04),
    ),
    "lime": (
        0.023,
        (
            (0.0, -1.2),
            (0.2, -1.08),
            (0.7, -0.75),
            (0.96, -0.3),
            (1.0, 0.0),
            (0.96, 0.3),
            (0.7, 0.75),
            (0.2, 1.08),
            (0.0, 1.1),
        ),
        (0.16, 0.42, 0.03),
    ),
    "strawberry": (
        0.017,
        ((0.0, -1.45), (0.25, -1.35), (0.6, -0.8), (0.9, -0.1), (1.0, 0.35), (0.85, 0.75), (0.4, 0.9), (0.0, 0.85)),
        (0.62, 0.02, 0.03),
    ),
    "cherry": (
        0.011,
        ((0.0, -1.0), (0.5, -0.87), (0.87, -0.5), (1.0, 0.0), (0.87, 0.5), (0.5, 0.85), (0.0, 0.8)),
        (0.38, 0.01, 0.02),
    ),
    "apple": (
        0.034,
        (
            (0.0, -0.75),
            (0.3, -0.88),
            (0.65, -0.7),
            (0.95, -0.15),
            (1.0, 0.25),
            (0.85, 0.7),
            (0.45, 0.88),
            (0.15, 0.78),
            (0.0, 0.6),
        ),
        (0.52, 0.04, 0.03),
    ),
}
"""Radius, outline in radii, colour."""
ICE = 0.0155
"""Half an edge of a cube."""
LYING = {"ice": 4}
"""Pieces that lie about a product if the prompt does not say how many."""
USUAL = 2
"""Of what is not among them."""
ASIDE = 40.0
"""Degrees off the product's front from which pieces lie: its label is seen between them."""
FALL = 0.22
"""Metres from which a piece falls that does."""
CARRIERS = ("table", "podium")
APART = 0.015
"""Metres that what lies is apart from the product and from each other."""


def added(scene: Scene) -> list[Subject]:
    """The ice and fruit that a prompt names."""
    return [subject for subject in scene.subjects if subject.kind in FRUIT or subject.kind in {"ice", "fruit"}]


def piece(asked: Subject, rng: np.random.Generator) -> tuple[str, dict[str, Any]]:
    """The kind of one piece of what is asked for; its shape, size, look and material."""
    kind = str(rng.choice(sorted(FRUIT))) if asked.kind == "fruit" else asked.kind
    if kind == "ice":
        half = (ICE * float(rng.uniform(0.85, 1.1)),) * 3
        look = geometry.box(half, bevel=0.25 * half[0])
        return kind, {"shape": Shape.BOX, "size": half, "look": look, "material": replace(named("ice"), scale=0.06)}
    radius, outline, colour = FRUIT[kind]
    radius *= float(rng.uniform(0.9, 1.1))
    look = geometry.lathe([(radius * r, radius * z) for r, z in outline], sides=32, crease=1.2)
    paint = Material(base=parts.paint(asked, colour), gloss=0.6, mirror=0.5, facing=0.04, roughness=0.15)
    return kind, {"shape": Shape.HULL, "size": (radius,) * 3, "look": look, "material": paint}


def laid(stage: Stage, scene: Scene, *, clear: float, rng: np.random.Generator) -> Stage:
    """The stage with ice and fruit about the product, ``clear`` metres from its axis, on what carries it.

    They lie to the left and the right in turn, from its front to its back; what the prompt lets fall comes from above.
    """
    top = next((solid.position[2] + solid.size[-1] for solid in stage.solids if solid.name in CARRIERS), 0.0)
    falling = {action.subject for action in scene.actions if action.name == "drop"}
    heaps = [[asked] * (asked.count or LYING.get(asked.kind, USUAL)) for asked in added(scene)]
    mixed = [asked for row in itertools.zip_longest(*heaps) for asked in row if asked is not None]
    ends = {-1: math.radians(ASIDE), 1: math.radians(ASIDE)}
    side = int(rng.choice([-1, 1]))
    solids, points = [], [stage.shot.points]
    for k, asked in enumerate(mixed):
        kind, form = piece(asked, rng)
        spread = np.ptp(form["look"].vertices, axis=0)
        on_side = spread[2] > 1.05 * spread[0]
        reach = float(np.abs(form["look"].vertices).max()) * (math.sqrt(2) if kind == "ice" else 1.0)
        away = clear + APART + reach
        half = math.asin((reach + APART / 2) / away)
        angle = -math.pi / 2 + side * (ends[side] + half)
        ends[side] += 2 * half
        side = -side
        high = form["size"][0] if on_side else -float(form["look"].vertices[:, 2].min())
        at = (away * math.cos(angle), away * math.sin(angle), top + high + FALL * (asked.kind in falling))
        turn = parts.about((0.0, 0.0, 1.0), float(rng.uniform(0, 2 * math.pi)))
        if on_side:
            turn = parts.after(parts.about((1.0, 0.0, 0.0), math.pi / 2), turn)
        launch = Launch(time=0.0, position=at, turn=turn) if asked.kind in falling else None
        solids.append(Solid(name=f"{kind} {k + 1}", substance="ice", position=at, turn=turn, launch=launch, **form))
        points.append(parts.corners(np.array(at) - reach, np.array(at) + reach))
    shot = replace(stage.shot, points=np.concatenate(points))
    return replace(stage, solids=(*stage.solids, *solids), shot=shot)
