"""A snowfield between snowy slopes, with firs and boulders under snow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world import light
from render.engines.world.materials import MATERIALS
from render.engines.world.places import scenery
from render.engines.world.places.desert import dunes
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Room


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`."""
    snow = MATERIALS["snow"]
    height = dunes(rng, clearing + 8.0)
    things = [
        scenery.prop("slopes", scenery.land(lambda x, y: 0.7 * height(x, y), near=clearing + 7.0, far=600.0), snow)
    ]
    needle = replace(scenery.LEAF, base=(0.03, 0.06, 0.04), accent=(0.72, 0.76, 0.80), scale=0.5)
    spots = scenery.open_towards_camera(
        scenery.ring(rng, 34, clearing + 6.0, clearing + 55.0, apart=4.0), clearing=clearing + 1.0
    )
    for k, (x, y) in enumerate(spots):
        stand = 0.7 * float(height(np.array(x), np.array(y)))
        things += scenery.conifer(f"fir {k + 1}", rng, (float(x), float(y), stand), float(rng.uniform(5, 12)), needle)
    for k, (x, y) in enumerate(
        scenery.open_towards_camera(scenery.ring(rng, 6, clearing + 1.0, clearing + 10.0), clearing=clearing * 0.6)
    ):
        stone = replace(MATERIALS["stone"], accent=(0.75, 0.78, 0.82))
        things.append(
            scenery.boulder(f"boulder {k + 1}", rng, (float(x), float(y), 0.0), float(rng.uniform(0.2, 0.6)), stone)
        )
    lit = light.outdoors(scene.light).turned(float(rng.uniform(-18, 18)))
    return Place(
        solids=tuple(things),
        ground=snow,
        ground_substance="snow",
        light=replace(
            lit,
            haze=0.6 * lit.haze,
            hills=0.6,
            ridge=light.Ridge.PEAKS,
            land=(0.30, 0.36, 0.45),
            ground=(0.62, 0.66, 0.74),
        ),
        ambience=("wind",),
        room=Room(size=(90.0, 90.0, 30.0), absorption=1.0, open=True),
    )
