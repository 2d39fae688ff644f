"""A sheet of silk lies over a product on a plinth and is pulled off it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from render.engines.world import geometry, places
from render.engines.world.families import falls, parts
from render.engines.world.families.brand import Goods
from render.engines.world.materials import COLOURS, Material, Pattern
from render.engines.world.physics import GRAVITY
from render.engines.world.scene import Scene, Subject
from render.engines.world.shot import Move, Shot
from render.engines.world.stage import Cloth, Joint, JointKind, Shape, Solid, Stage, Vector
from render.engines.world.substances import SUBSTANCES

THREADS = 40
"""Points along a side of the sheet."""
DRAPED = 1.6
"""Seconds for which the sheet has sunk over the product before the scene starts."""
SLABS = 5
CLEAR = 0.55
"""Of the way between two threads: how far the sheet is kept off the product, so that no edge shows between them."""
GRIP = 0.005
"""Half an edge of what pulls."""
SILK = ("gold", "blue", "purple", "red", "teal", "grey")


def _skin(goods: Goods) -> NDArray[np.float64]:
    """``[n, 3]`` points all over the product's surface."""
    corners = np.concatenate([mesh.vertices.astype(float)[mesh.faces] for mesh, _ in goods.looks])
    following = np.roll(corners, 1, 1)
    return np.concatenate([corners + share * (following - corners) for share in np.arange(6) / 6]).reshape(-1, 3)


def _blocks(goods: Goods, at: Vector, clear: float) -> list[Solid]:
    """What the sheet lies on: slabs of the product along its longest axis, out of sight within it."""
    points = _skin(goods)
    low, high = points.min(0), points.max(0)
    axis = int((high - low).argmax())
    edges = np.linspace(low[axis], high[axis], SLABS + 1)
    solids = []
    for k in range(SLABS):
        part = points[(points[:, axis] >= edges[k] - 1e-6) & (points[:, axis] <= edges[k + 1] + 1e-6)]
        first, last = part.min(0), part.max(0)
        first[axis], last[axis] = edges[k], edges[k + 1]
        if axis != 2:
            first[2] = low[2]
        middle, half = (first + last) / 2, (last - first) / 2 + clear
        round_ = goods.front != 0.0
        solids.append(
            Solid(
                name=f"slab {k + 1}",
                shape=Shape.CYLINDER if round_ else Shape.BOX,
                size=(float(half[:2].max()), float(half[2])) if round_ else tuple(half.tolist()),
                substance="plastic",
                material=goods.looks[0][1],
                position=(at[0] + float(middle[0]), at[1] + float(middle[1]), at[2] + float(middle[2])),
                look=geometry.sphere(0.001, detail=0),
            )
        )
    return solids


def _puller(at: Vector, *, side: float, rise: float, pull: float, paint: Material) -> Solid:
    """What holds the sheet at its middle: it comes off with ``pull`` m/s², against its weight."""
    mass = SUBSTANCES["steel"].density * (2 * GRIP) ** 3
    return Solid(
        name="cord",
        shape=Shape.BOX,
        size=(GRIP, GRIP, GRIP),
        substance="steel",
        material=paint,
        position=at,
        look=geometry.sphere(0.0015, detail=1),
        joint=Joint(
            kind=JointKind.SLIDE,
            axis=(side * math.cos(rise), 0.25 * math.cos(rise), math.sin(rise)),
            drive=2.5,
            strength=mass * (pull + GRAVITY * math.sin(rise)),
        ),
    )


def show(goods: Goods, hero: str, scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.product.Show`."""
    tall = goods.low + goods.high
    plinth = 0.55 * tall + 0.05
    radius = 1.35 * goods.wide + 0.03
    cloth = next((subject for subject in scene.subjects if subject.kind == "cloth"), None)
    other = [name for name in SILK if name not in scene.subjects[0].colours]
    name = cloth.colours[0] if cloth is not None and cloth.colours else str(rng.choice(other))
    silk = Material(
        pattern=Pattern.CLOTH, base=COLOURS[name], scale=0.0012, gloss=0.15, mirror=0.12, facing=0.03, roughness=0.8
    )
    at = (0.0, 0.0, plinth + goods.low)
    azimuth = float(rng.uniform(-10, 10))
    turn = goods.front + math.radians(azimuth) + float(rng.uniform(-0.25, 0.25)) * (goods.front == 0.0)
    points = _skin(goods)
    peak = points[points[:, 2] > points[:, 2].max() - 0.004].mean(0)
    middle = (float(peak[0]) if goods.front == 0.0 else 0.0, 0.0)
    side = 2 * (float(np.linalg.norm(points[:, :2] - np.array(middle), axis=1).max()) + tall + 0.03)
    clear = CLEAR * side / (THREADS - 1)
    top = at[2] + float(points[:, 2].max()) + clear + 0.008
    u, v = np.meshgrid(*(np.linspace(-side / 2, side / 2, THREADS),) * 2, indexing="ij")
    bend = float(rng.uniform(0, math.pi / 2))
    x, y = u * math.cos(bend) - v * math.sin(bend), u * math.sin(bend) + v * math.cos(bend)
    rest = np.stack([x + middle[0], y + middle[1], top + 0.002 * np.sin(31 * u) * np.sin(27 * v)], -1)
    held = np.hypot(u, v) < 0.8 * side / (THREADS - 1)
    takes = min(2.2, 0.6 * seconds)
    away = 0.9 * side + 1.6 * tall + 0.25
    pulling = _puller(
        (*middle, top),
        side=float(rng.choice([-1, 1])),
        rise=math.radians(float(rng.uniform(38, 52))),
        pull=2 * away / takes**2,
        paint=silk,
    )
    sheet = Cloth(
        name="sheet",
        material=silk,
        rest=rest,
        pinned=held,
        pinned_to=pulling.name,
        density=0.09,
        bend=0.6,
        settle=DRAPED,
    )
    place = places.build(scene.setting or "studio", scene=scene, rng=rng, clearing=0.75)
    asked = next((subject for subject in scene.subjects if subject.kind == "podium"), Subject(kind="podium"))
    stand = replace(falls.podium(radius, plinth, asked), size=(radius + clear, plinth / 2))
    turned = parts.about((0.0, 0.0, 1.0), turn)
    product = goods.solids(hero, at=at, turn=turned)
    return place.stage(
        solids=(stand, pulling, *_blocks(goods, at, clear), *product),
        cloths=(sheet,),
        shot=Shot(
            points=parts.corners(
                (-1.2 * goods.wide, -goods.wide, 0.8 * plinth), (1.2 * goods.wide, goods.wide, plinth + 1.08 * tall)
            ),
            azimuth=-90 + azimuth,
            elevation=float(rng.uniform(9, 13)),
            field_of_view=30,
            margin=0.84,
            move=Move.PUSH,
        ),
        title_from=takes,
    )
