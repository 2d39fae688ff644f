"""A flowering meadow between far woods, with a few boulders and lone trees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world import light
from render.engines.world.materials import MATERIALS, Pattern
from render.engines.world.places import scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Room


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`."""
    bloom = float(rng.uniform(0.12, 0.45))
    dry = float(rng.uniform(0.0, 1.0))
    ground = replace(
        MATERIALS["grass"], base=(0.06 + 0.05 * dry, 0.145, 0.025), accent=(0.20 + 0.12 * dry, 0.27, 0.06), offset=bloom
    )
    things = [
        scenery.prop(
            "grass",
            scenery.tufts(scenery.ring(rng, 3200, clearing + 0.2, clearing + 13.0), rng, height=0.22),
            replace(ground, pattern=Pattern.LEAVES, scale=0.5),
        )
    ]
    waves = rng.uniform(0, 6.28, 4)

    def height(x, y):
        away = np.hypot(x, y)
        rise = np.clip((away - clearing - 16.0) / 120.0, 0.0, 1.0)
        roll = np.sin(x * 0.021 + waves[0]) + np.sin(y * 0.027 + waves[1]) + np.sin((x + y) * 0.013 + waves[2])
        return rise**1.5 * (6.0 + 5.0 * roll) - 0.01

    things.append(scenery.prop("slopes", scenery.land(height, near=clearing + 12.0, far=420.0), ground))
    spots = scenery.open_towards_camera(
        scenery.ring(rng, 7, clearing + 10.0, clearing + 40.0, apart=9.0), clearing=clearing
    )
    spots = spots[np.abs(spots[:, 0]) > 0.3 * np.abs(spots[:, 1])]
    leaf = replace(scenery.LEAF, scale=0.5)
    for k, (x, y) in enumerate(spots):
        stand = float(height(np.array(x), np.array(y)))
        things += scenery.broadleaf(f"tree {k + 1}", rng, (float(x), float(y), stand), float(rng.uniform(5, 9)), leaf)
    for k, (x, y) in enumerate(
        scenery.open_towards_camera(scenery.ring(rng, 6, clearing + 1.5, clearing + 9.0), clearing=clearing)
    ):
        at = (float(x), float(y), 0.02)
        things.append(scenery.boulder(f"boulder {k + 1}", rng, at, float(rng.uniform(0.2, 0.7)), MATERIALS["stone"]))
    return Place(
        solids=tuple(things),
        ground=ground,
        ground_substance="turf",
        light=replace(light.outdoors(scene.light).turned(float(rng.uniform(-18, 18))), ridge=light.Ridge.TREES),
        ambience=("meadow",),
        room=Room(size=(90.0, 90.0, 30.0), absorption=1.0, open=True),
    )
