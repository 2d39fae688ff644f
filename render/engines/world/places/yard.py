"""A paved yard between low brick walls, with bushes behind them."""

from __future__ import annotations

import numpy as np

from render.engines.world import geometry, light
from render.engines.world.materials import Material, Pattern
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Room, Shape, Solid

SIDE = 1.25
"""Metres to the walls at the sides for one to the wall at the back."""
LEAST = 2.0
"""Metres from the middle to the wall at the back of the smallest yard."""
THICK = 0.15
BRICK = Material(pattern=Pattern.BRICK, base=(0.40, 0.16, 0.10), accent=(0.42, 0.40, 0.37), gloss=0.05)
COPING = Material(pattern=Pattern.CONCRETE, base=(0.50, 0.48, 0.45), gloss=0.05)
LEAF = Material(pattern=Pattern.ROCK, base=(0.045, 0.14, 0.03), accent=(0.15, 0.30, 0.06), scale=0.12, gloss=0.03)
SLAB = Material(pattern=Pattern.CONCRETE, base=(0.42, 0.39, 0.35), scale=0.9, gloss=0.1)
LAWN = Material(pattern=Pattern.GRASS, base=(0.07, 0.17, 0.03), accent=(0.16, 0.24, 0.05), gloss=0.0)


def _walls(back: float) -> list[Solid]:
    side = back * SIDE
    walls = []
    runs = [("back", (0.0, back), (side + 0.3, THICK)), ("left", (-side, 0.3), (THICK, back - 0.45))]
    runs.append(("right", (side, 0.3), (THICK, back - 0.45)))
    for name, (x, y), (wide, deep) in runs:
        walls += [
            Solid(
                name=f"{name} wall",
                group="wall",
                shape=Shape.BOX,
                size=(wide, deep, 0.55),
                substance="ground",
                material=BRICK,
                position=(x, y, 0.55),
            ),
            Solid(
                name=f"{name} coping",
                group="wall",
                shape=Shape.BOX,
                size=(wide + 0.05, deep + 0.05, 0.05),
                substance="ground",
                material=COPING,
                position=(x, y, 1.15),
            ),
        ]
    return walls


def _bushes(rng: np.random.Generator, behind: float) -> list[Solid]:
    bushes = []
    for k in range(9):
        size = float(rng.uniform(0.95, 1.55))
        position = (
            -11.0 + 2.7 * k + float(rng.uniform(-0.8, 0.8)),
            behind + float(rng.uniform(0, 1.2)),
            size * 0.85,
        )
        bushes.append(
            Solid(
                name=f"bush {k + 1}",
                shape=Shape.SPHERE,
                size=(size,),
                substance="wood",
                material=LEAF,
                touches=False,
                position=position,
                look=geometry.foliage(size * 1.1, rng),
            )
        )
    return bushes


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`. The walls stand where the clearing ends."""
    back = max(clearing + THICK + 0.05, LEAST)
    size = (max(16.0, 6 * back), max(8.0, 3 * back), 0.0005)
    paving = Solid(
        name="yard",
        shape=Shape.BOX,
        size=size,
        substance="ground",
        material=SLAB,
        position=(0.0, back + 2.4 - size[1], 0.0005),
        look=geometry.box(size),
        touches=False,
    )
    return Place(
        solids=(*_walls(back), *_bushes(rng, back + 3.6), paving),
        ground=LAWN,
        light=light.outdoors(scene.light).turned(float(rng.uniform(-16, 16))),
        ambience=("yard",),
        room=Room(size=(2 * SIDE * back, 2 * back, 4.0), absorption=0.4, open=True),
    )
