"""A park: a lawn with single trees, bushes, benches along a gravel path, a wood behind it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world import geometry, light
from render.engines.world.materials import MATERIALS, Material, Pattern
from render.engines.world.places import scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Room

GREENS = (((0.035, 0.10, 0.02), (0.15, 0.28, 0.05)), ((0.05, 0.09, 0.015), (0.24, 0.27, 0.05)))
AUTUMN = (((0.16, 0.05, 0.01), (0.50, 0.20, 0.03)), ((0.20, 0.10, 0.015), (0.55, 0.36, 0.05)))


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`."""
    tones = AUTUMN if rng.random() < 0.25 else GREENS
    leaves = [replace(scenery.LEAF, base=base, accent=accent) for base, accent in tones]
    spots = scenery.ring(rng, 26, clearing + 5.5, clearing + 42.0, apart=5.0)
    things = []
    for k, (x, y) in enumerate(scenery.open_towards_camera(spots, clearing=clearing + 3.0)):
        at, height = (float(x), float(y), 0.0), float(rng.uniform(6.0, 11.0))
        things += scenery.broadleaf(f"tree {k + 1}", rng, at, height, leaves[k % 2])
    behind = clearing + float(rng.uniform(2.2, 3.4))
    for k in range(9):
        size = float(rng.uniform(0.45, 0.9))
        at = (-16.0 + 4.0 * k + float(rng.uniform(-1.2, 1.2)), behind + 4.6 + float(rng.uniform(0, 4)), size * 0.45)
        things.append(scenery.prop(f"bush {k + 1}", geometry.foliage(size, rng, leaves=700), leaves[0], at))
    gravel = Material(pattern=Pattern.SOIL, base=(0.36, 0.29, 0.21), accent=(0.52, 0.45, 0.35), gloss=0.0)
    path = geometry.box((60.0, 0.9, 0.002))
    things.append(scenery.prop("path", path, gravel, (0.0, behind + 1.2, 0.0)))
    for k, x in enumerate((-3.4, 3.8)):
        things += scenery.bench(f"bench {k + 1}", (x + float(rng.uniform(-1, 1)), behind + 2.5, 0.0), angle=0.0)
    tall = scenery.ring(rng, 1500, clearing + 0.3, clearing + 11.0)
    blades = replace(MATERIALS["grass"], pattern=Pattern.LEAVES, scale=0.3)
    things.append(scenery.prop("tufts", scenery.tufts(tall, rng, height=0.09), blades))
    things += scenery.woods("wood", rng, leaves[1], near=clearing + 75.0, far=clearing + 110.0, height=10.0)
    lit = replace(light.outdoors(scene.light).turned(float(rng.uniform(-18, 18))), hills=0.9, ridge=light.Ridge.TREES)
    return Place(
        solids=tuple(things),
        ground=MATERIALS["grass"],
        ground_substance="turf",
        light=lit,
        ambience=("park",),
        room=Room(size=(80.0, 80.0, 20.0), absorption=0.95, open=True),
    )
