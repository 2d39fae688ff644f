"""A beach seen from the land: sand, dunes with beach grass to the sides, the sea as a band under the sky."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world import geometry, light
from render.engines.world.materials import MATERIALS, Material, Pattern
from render.engines.world.places import scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Room


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`. The water lies towards +y."""
    sand = replace(MATERIALS["sand"], base=(0.54, 0.43, 0.29), accent=(0.70, 0.60, 0.45))
    wet = replace(sand, base=(0.27, 0.20, 0.13), accent=(0.33, 0.26, 0.18), mirror=0.6, gloss=0.3)
    edge = clearing + float(rng.uniform(9.0, 14.0))
    hump = rng.uniform(0, 6.28, 3)

    def height(x, y):
        side = np.clip((np.abs(x) - clearing - 7.0 - 0.25 * y) / 14.0, 0, 1) * np.clip((edge - 3.0 - y) / 8.0, 0, 1)
        back = np.clip((-y - clearing - 26.0) / 20.0, 0, 1)
        roll = 1.0 + 0.4 * np.sin(x * 0.11 + hump[0]) + 0.35 * np.sin(y * 0.13 + hump[1])
        return np.maximum(side, back) ** 1.3 * 3.2 * roll - 0.012

    sea = Material(
        pattern=Pattern.ICE,
        base=(0.015, 0.06, 0.075),
        accent=(0.03, 0.10, 0.11),
        scale=6.0,
        gloss=0.9,
        mirror=1.0,
        facing=0.03,
        roughness=0.15,
    )
    foam = Material(pattern=Pattern.SNOW, base=(0.80, 0.84, 0.86), accent=(0.55, 0.62, 0.66))
    shore = np.linspace(-160.0, 160.0, 240)
    lace = edge + 1.4 * np.sin(shore * 0.09 + hump[2]) + 0.5 * np.sin(shore * 0.37)
    strip = np.stack(
        [np.stack([shore, lace - 0.55, 0 * shore + 0.006], 1), np.stack([shore, lace + 0.5, 0 * shore + 0.014], 1)], 1
    )
    first = np.arange(len(shore) - 1)[:, None] * 2
    faces = np.concatenate([first + np.array((0, 2, 3)), first + np.array((0, 3, 1))])
    water = geometry.move(geometry.box((700.0, 450.0, 0.004)), (0.0, edge + 450.0, 0.006))
    things = [
        scenery.prop("dunes", scenery.land(height, near=clearing + 4.0, far=300.0), sand),
        scenery.prop("sea", water, sea),
        scenery.prop("foam", geometry.smooth(strip.reshape(-1, 3), faces), foam),
        scenery.prop("wet sand", geometry.box((160.0, 1.6, 0.002)), wet, (0.0, edge - 1.2, 0.0)),
    ]
    spots = scenery.ring(rng, 240, clearing + 10.0, clearing + 30.0)
    spots = spots[height(spots[:, 0], spots[:, 1]) > 0.8]
    blades = scenery.tufts(spots, rng, height=0.7, blades=14)
    lift = np.repeat(height(spots[:, 0], spots[:, 1]), 14 * 5)
    blades.vertices[:, 2] += lift.astype(np.float32)
    things.append(
        scenery.prop(
            "beach grass", blades, replace(MATERIALS["grass"], pattern=Pattern.LEAVES, accent=(0.30, 0.34, 0.12))
        )
    )
    lit = light.outdoors(scene.light).turned(float(rng.uniform(-18, 18)))
    return Place(
        solids=tuple(things),
        ground=sand,
        light=replace(lit, hills=0.0, ground=(0.42, 0.36, 0.28)),
        ambience=("shore",),
        room=Room(size=(90.0, 90.0, 30.0), absorption=1.0, open=True),
    )
