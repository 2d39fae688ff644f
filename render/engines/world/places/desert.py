"""A desert: rippled sand, dunes all round to the horizon, a few stones and dry tufts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import light
from render.engines.world.materials import MATERIALS, Pattern
from render.engines.world.places import scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Room

RISE = 0.09
"""Height over distance of the highest crests: those far off stand as high over the horizon as those near by."""


def dunes(rng: np.random.Generator, start: float):
    """A height of x and y in metres: crests with a gentle windward and a steep lee side, from ``start`` on."""
    ways = [
        (float(rng.uniform(-0.5, 0.5)) + math.pi / 2, float(rng.uniform(34, 120)), float(rng.uniform(0, 6.28)))
        for _ in range(3)
    ]

    def height(x, y):
        total = 0.0 * x
        for k, (way, length, phase) in enumerate(ways):
            bend = 0.9 * np.sin((x * math.cos(way + 1.5) + y * math.sin(way + 1.5)) / length * 2.2 + phase)
            turn = ((x * math.cos(way) + y * math.sin(way)) / length + 0.25 * bend + phase) % 1.0
            crest = np.where(turn < 0.72, turn / 0.72, (1.0 - turn) / 0.28)
            total += crest**1.35 / (1 + 0.6 * k) / 2.1
        away = np.hypot(x, y)
        return np.clip((away - start) / 30.0, 0, 1) * RISE * np.minimum(away, 260.0) * total - 0.01

    return height


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`."""
    red = float(rng.uniform(0.0, 1.0))
    sand = replace(
        MATERIALS["sand"],
        base=(0.52, 0.34 - 0.06 * red, 0.185 - 0.06 * red),
        accent=(0.68, 0.49 - 0.07 * red, 0.30 - 0.1 * red),
    )
    things = [scenery.prop("dunes", scenery.land(dunes(rng, clearing + 5.0), near=clearing + 3.0, far=600.0), sand)]
    for k, (x, y) in enumerate(
        scenery.open_towards_camera(scenery.ring(rng, 8, clearing + 1.0, clearing + 9.0), clearing=clearing * 0.6)
    ):
        stone = replace(MATERIALS["stone"], base=(0.24, 0.15, 0.09), accent=(0.44, 0.31, 0.2))
        things.append(
            scenery.boulder(f"boulder {k + 1}", rng, (float(x), float(y), 0.0), float(rng.uniform(0.1, 0.45)), stone)
        )
    straw = replace(MATERIALS["grass"], pattern=Pattern.LEAVES, base=(0.30, 0.22, 0.08), accent=(0.45, 0.36, 0.16))
    things.append(
        scenery.prop(
            "dry grass",
            scenery.tufts(scenery.ring(rng, 26, clearing + 1.0, clearing + 12.0), rng, height=0.4, blades=22),
            straw,
        )
    )
    lit = light.outdoors(scene.light).turned(float(rng.uniform(-18, 18)))
    return Place(
        solids=tuple(things),
        ground=sand,
        ground_substance="sand",
        light=replace(
            lit,
            hills=0.45,
            ridge=light.Ridge.DUNES,
            land=(0.40, 0.26, 0.14),
            clouds=0.5 * lit.clouds,
            haze=0.45 * lit.haze,
            elevation=min(lit.elevation, 33.0),
            ground=(0.50, 0.34, 0.20),
        ),
        ambience=("desert",),
        room=Room(size=(90.0, 90.0, 30.0), absorption=1.0, open=True),
    )
