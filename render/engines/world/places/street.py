"""A city street along x: houses on both sides, kerbs, pavements, lamp posts, parked cars, a skyline at its ends."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, lexicon, light
from render.engines.world.materials import MATERIALS, Colour, Material, Pattern
from render.engines.world.places import scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Lamp, Room, Solid

WALLS: tuple[Colour, ...] = (
    (0.42, 0.20, 0.13),
    (0.55, 0.47, 0.36),
    (0.46, 0.45, 0.43),
    (0.60, 0.53, 0.40),
    (0.30, 0.16, 0.12),
    (0.52, 0.40, 0.33),
)
PAINTS: tuple[Colour, ...] = (
    (0.45, 0.03, 0.03),
    (0.03, 0.09, 0.28),
    (0.62, 0.62, 0.60),
    (0.04, 0.04, 0.045),
    (0.25, 0.27, 0.28),
    (0.05, 0.18, 0.14),
)
KERB = 0.13
"""Metres of the pavement above the road."""
LENGTH = 110.0
SHINE = 30.0
"""Metres along the street within which lamps light what is near them."""


def _houses(rng: np.random.Generator, side: int, front: float, lit: float) -> list[Solid]:
    houses, x = [], -LENGTH
    while x < LENGTH:
        wide, tall, k = float(rng.uniform(9, 17)), float(rng.uniform(9, 21)), len(houses)
        colour = WALLS[int(rng.integers(len(WALLS)))]
        wall = Material(
            pattern=Pattern.FACADE,
            base=colour,
            accent=(0.62, 0.60, 0.56) if k % 3 else (0.20, 0.19, 0.18),
            scale=float(rng.uniform(3.0, 3.5)),
            offset=float(rng.uniform(0.01, 9.0)),
            gloss=0.35,
            glow=lit,
        )
        back = float(rng.uniform(0.0, 0.25))
        middle = (x + wide / 2, side * (front + 6.0 + back), 0.0)
        name = f"house {side * (k + 1)}"
        look = geometry.move(geometry.box((wide / 2, 6.0, tall / 2)), (0, 0, tall / 2))
        houses.append(replace(scenery.block(name, (wide / 2, 6.0, tall), wall, middle), look=look))
        cornice = geometry.move(geometry.box((wide / 2, 6.25, 0.22)), (0, 0, tall))
        houses.append(scenery.prop(f"{name}'s cornice", cornice, MATERIALS["concrete"], middle))
        x += wide
    return houses


def may_have_cars(scene: Scene) -> bool:
    """Whether cars may stand and drive in the street."""
    return not set(lexicon.load().common.left_out).intersection(scene.without)


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`. The clearing lies on the road, at its middle line."""
    half = max(clearing + 0.4, 4.2)
    walk = 3.2
    dark = scene.light in ("night", "blue hour")
    road = replace(MATERIALS["asphalt"], base=(0.145, 0.14, 0.135), offset=half)
    slab = replace(MATERIALS["concrete"], scale=0.8)
    near = half + walk + max(3.0, 2.2 * clearing)
    things: list[Solid] = []
    for side, front in ((1, half + walk), (-1, near)):
        deep = (front - half) / 2
        things.append(
            scenery.block(f"pavement {side}", (LENGTH, deep, KERB / 2), slab, (0.0, side * (half + deep), KERB / 2))
        )
        stone = geometry.box((LENGTH, 0.09, KERB / 2 + 0.008))
        kerb = replace(MATERIALS["concrete"], scale=1.0, base=(0.50, 0.49, 0.47))
        things.append(scenery.prop(f"kerb {side}", stone, kerb, (0.0, side * (half + 0.05), KERB / 2)))
        things += _houses(rng, side, front, 0.4 if dark else 0.0)
    lamps: list[Lamp] = []
    for k in range(9):
        at = (-44.0 + 11.0 * k + 5.0, half + 0.5, KERB)
        things += scenery.lamp(f"lamp {k + 1}", at, towards=-math.pi / 2, lit=dark)
        if dark and abs(at[0]) < SHINE:
            lamps.append(scenery.lamplight(at, towards=-math.pi / 2))
    for k in range(12):
        x = -52.0 + 8.5 * k + float(rng.uniform(-1.2, 1.2))
        if abs(x) > clearing + 3.2 and rng.random() < 0.75:
            colour = PAINTS[int(rng.integers(len(PAINTS)))]
            if may_have_cars(scene):
                things += scenery.car(f"car {k + 1}", (x, half - 1.15, 0.0), angle=0.0, colour=colour)
    leaf = replace(scenery.LEAF, scale=0.4)
    for k, x in enumerate(np.arange(-36.0, 40.0, 14.0)):
        if rng.random() < 0.6:
            at = (float(x) + float(rng.uniform(-2, 2)), half + 1.5, KERB)
            things += scenery.broadleaf(f"street tree {k + 1}", rng, at, float(rng.uniform(5, 7)), leaf)
    along = float(rng.choice([-166.0, -14.0])) + float(rng.uniform(-9, 9))
    lit = replace(light.outdoors(scene.light), azimuth=along)
    if dark:
        lit = replace(lit, sun=(0.45 * lit.sun[0], 0.45 * lit.sun[1], 0.45 * lit.sun[2]))
    return Place(
        solids=tuple(things),
        ground=road,
        lamps=tuple(lamps),
        light=replace(lit, hills=1.6, ridge=light.Ridge.SKYLINE, land=(0.20, 0.21, 0.23)),
        ambience=("street",),
        room=Room(size=(120.0, half + near + walk, 16.0), absorption=0.35, open=True),
    )
