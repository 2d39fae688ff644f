"""Round an outdoor sports court: a lawn, a long brick wall beyond +x, trees behind it."""

from __future__ import annotations

import numpy as np

from render.engines.world import geometry, light
from render.engines.world.materials import Material, Pattern
from render.engines.world.places import scenery
from render.engines.world.places.place import Place
from render.engines.world.places.yard import LAWN
from render.engines.world.scene import Scene
from render.engines.world.stage import Room, Shape, Solid

BRICK = Material(pattern=Pattern.BRICK, base=(0.40, 0.15, 0.095), accent=(0.42, 0.40, 0.37), gloss=0.05)
COPING = Material(pattern=Pattern.CONCRETE, base=(0.50, 0.48, 0.45), gloss=0.05)
LEAF = Material(base=(0.055, 0.16, 0.03), accent=(0.16, 0.32, 0.06), pattern=Pattern.ROCK, scale=0.25, gloss=0.03)


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`. The wall stands where the clearing ends."""
    height = float(rng.uniform(1.25, 1.7))
    at = clearing + 0.17
    things = [
        Solid(
            name="wall",
            shape=Shape.BOX,
            size=(0.12, 24.0, height),
            substance="ground",
            material=BRICK,
            position=(at, 0.0, height),
        ),
        Solid(
            name="coping",
            group="wall",
            shape=Shape.BOX,
            size=(0.17, 24.0, 0.05),
            substance="ground",
            material=COPING,
            position=(at, 0.0, 2 * height + 0.05),
        ),
    ]
    for k in range(7):
        side = float(rng.uniform(0.9, 1.7))
        things.append(
            Solid(
                name=f"tree {k + 1}",
                shape=Shape.SPHERE,
                size=(side,),
                substance="wood",
                material=LEAF,
                touches=False,
                position=(
                    at + float(rng.uniform(2.3, 6.8)),
                    -15.0 + 5.0 * k + float(rng.uniform(-1.5, 1.5)),
                    2.6 + side * 0.9,
                ),
                look=geometry.foliage(side * 1.15, rng, leaves=1600),
            )
        )
    for k in range(13):
        tree = (-33.0 + 5.5 * k + float(rng.uniform(-1.6, 1.6)), clearing + float(rng.uniform(9.0, 15.0)), 0.0)
        if tree[0] < at + 1.0:
            things += scenery.broadleaf(f"far tree {k + 1}", rng, tree, float(rng.uniform(5.5, 9.0)), scenery.LEAF)
    hedge = [
        geometry.move(geometry.foliage(float(rng.uniform(0.75, 1.0)), rng, leaves=420), (x, clearing + 6.5, 0.5))
        for x in np.arange(-24.0, at - 1.0, 1.1).tolist()
    ]
    things.append(scenery.prop("hedge", geometry.join(hedge), scenery.LEAF))
    things += scenery.woods("wood", rng, scenery.LEAF, near=clearing + 60.0, far=clearing + 95.0, height=10.0)
    return Place(
        solids=tuple(things),
        ground=LAWN,
        ground_substance="hardwood",
        light=light.outdoors(scene.light).turned(float(rng.uniform(-14, 14))),
        ambience=("yard",),
        room=Room(size=(2 * at, 48.0, 6.0), absorption=0.5, open=True),
    )
