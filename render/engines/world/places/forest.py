"""A glade in a forest: firs or leaf trees close by, more trunks behind, fallen leaves and boulders."""

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
    firs = rng.random() < 0.5
    leaf = replace(scenery.LEAF, scale=0.35)
    needle = replace(scenery.LEAF, base=(0.015, 0.045, 0.02), accent=(0.06, 0.13, 0.05), scale=0.4)
    near = scenery.ring(rng, 30, clearing + 2.0, clearing + 17.0, apart=2.6)
    far = scenery.ring(rng, 46, clearing + 17.0, clearing + 46.0, apart=3.0)
    spots = np.concatenate(
        [
            scenery.open_towards_camera(near, clearing=clearing + 1.0),
            scenery.open_towards_camera(far, clearing=clearing),
        ]
    )
    things = []
    for k, (x, y) in enumerate(spots):
        at = (float(x), float(y), 0.0)
        if firs == (rng.random() < 0.85):
            things += scenery.conifer(f"fir {k + 1}", rng, at, float(rng.uniform(9, 16)), needle)
        else:
            things += scenery.broadleaf(f"tree {k + 1}", rng, at, float(rng.uniform(8, 13)), leaf)
    for k, (x, y) in enumerate(
        scenery.open_towards_camera(scenery.ring(rng, 9, clearing + 0.8, clearing + 12.0), clearing=clearing * 0.5)
    ):
        stone = replace(MATERIALS["stone"], base=(0.07, 0.085, 0.05))
        things.append(
            scenery.boulder(f"boulder {k + 1}", rng, (float(x), float(y), 0.0), float(rng.uniform(0.15, 0.6)), stone)
        )
    fern = replace(leaf, pattern=Pattern.LEAVES, scale=0.3)
    things.append(
        scenery.prop(
            "ferns",
            scenery.tufts(scenery.ring(rng, 520, clearing + 0.4, clearing + 15.0), rng, height=0.32, blades=9),
            fern,
        )
    )
    things += scenery.woods(
        "wood", rng, needle if firs else leaf, near=clearing + 48.0, far=clearing + 66.0, height=15.0, firs=firs
    )
    lit = light.misty(light.outdoors(scene.light)).turned(float(rng.uniform(-18, 18)))
    return Place(
        solids=tuple(things),
        ground=replace(MATERIALS["soil"], base=(0.028, 0.048, 0.016), accent=(0.11, 0.135, 0.05)),
        ground_substance="soil",
        light=replace(
            lit,
            hills=2.2,
            ridge=light.Ridge.TREES,
            land=(0.03, 0.05, 0.025),
            haze=lit.haze + 0.003,
            exposure=1.3 * lit.exposure,
        ),
        ambience=("forest",),
        room=Room(size=(40.0, 40.0, 15.0), absorption=0.8, open=True),
    )
