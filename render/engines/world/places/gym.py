"""A sports hall: parquet, tiers of seats with spectators as plain figures, of whom some jump, lamps under beams."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.light import LIGHTS
from render.engines.world.materials import COLOURS, Colour, Material, Pattern
from render.engines.world.places import scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Joint, JointKind, Room, Shape, Solid

TIERS, RISE, DEEP, SEAT = 8, 0.42, 0.8, 0.62
JUMPING = 12
"""Spectators who do not sit still."""
SHIRTS = ("red", "blue", "yellow", "white", "teal", "orange", "black", "green", "grey", "purple")
HIGH = 8.5


def _figure() -> geometry.Mesh:
    """A spectator as a pawn: a body and a head, 0.95 m high, its foot at the origin."""
    body = [(0.0, 0.0), (0.20, 0.02), (0.21, 0.30), (0.19, 0.48), (0.12, 0.58), (0.06, 0.62)]
    head = [(0.06, 0.62), (0.10, 0.68), (0.115, 0.76), (0.09, 0.86), (0.0, 0.90)]
    return geometry.lathe([*body, *head[1:]], sides=10)


def _crowd(rng: np.random.Generator, rows: list[tuple[float, float, float]], team: str) -> list[Solid]:
    figure, shirts = _figure(), [team, *(str(name) for name in rng.choice(SHIRTS, 5, replace=False))]
    seats = [seat for seat in rows if rng.random() < 0.82]
    jumpers = set(rng.choice(len(seats), min(JUMPING, len(seats)), replace=False).tolist())
    groups: dict[str, list[geometry.Mesh]] = {}
    solids = []
    for k, (x, y, z) in enumerate(seats):
        shirt = shirts[0] if rng.random() < 0.4 else shirts[1 + int(rng.integers(5))]
        dull: Colour = tuple(0.7 * c + 0.02 for c in COLOURS[shirt])  # type: ignore[assignment]
        if k not in jumpers:
            scale = np.float32(rng.uniform(0.9, 1.08))
            mesh = geometry.Mesh(vertices=figure.vertices * scale, normals=figure.normals, faces=figure.faces)
            groups.setdefault(shirt, []).append(geometry.move(mesh, (x + float(rng.normal(0, 0.05)), y, z)))
            continue
        beat = 2 * math.pi * float(rng.uniform(1.1, 1.7))
        mass = 1200 * 4 / 3 * math.pi * 0.12**3
        sag = 9.81 / beat**2
        solids.append(
            Solid(
                name=f"jumping spectator {len(solids) + 1}",
                shape=Shape.SPHERE,
                size=(0.12,),
                substance="backboard",
                material=Material(base=dull, gloss=0.05),
                position=(x, y, z + sag + 0.12),
                joint=Joint(kind=JointKind.SLIDE, start=-sag + float(rng.uniform(0.05, 0.16)), spring=mass * beat**2),
                look=figure,
                touches=False,
            )
        )
    for shirt, meshes in sorted(groups.items()):
        dull = tuple(0.7 * c + 0.02 for c in COLOURS[shirt])  # type: ignore[assignment]
        solids.append(scenery.prop(f"spectators in {shirt}", geometry.join(meshes), Material(base=dull, gloss=0.05)))
    return solids


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:  # noqa: ARG001
    """See :class:`render.engines.world.places.place.Lay`. Stands rise beyond +y and +x."""
    reach = max(clearing + 2.5, 7.0)
    team = str(rng.choice(["red", "blue", "orange", "teal"]))
    trim: Colour = COLOURS[team]
    floor = Material(
        pattern=Pattern.PARQUET,
        base=(0.40, 0.215, 0.085),
        accent=(0.58, 0.36, 0.17),
        scale=0.075,
        gloss=0.45,
        mirror=0.35,
        facing=0.03,
        roughness=0.06,
    )
    step = Material(base=(0.16, 0.165, 0.18), gloss=0.1)
    wall = Material(pattern=Pattern.CONCRETE, base=(0.50, 0.49, 0.46), scale=2.0, gloss=0.05)
    things: list[Solid] = []
    seats: list[tuple[float, float, float]] = []
    long = reach * 2.2 + 8.0
    for k in range(TIERS):
        y, z = reach + DEEP * k, RISE * (k + 1)
        things.append(
            scenery.prop(f"tier {k + 1}", geometry.box((long / 2, DEEP / 2, z / 2)), step, (0.0, y + DEEP / 2, z / 2))
        )
        things.append(
            scenery.prop(f"edge {k + 1}", geometry.box((long / 2, 0.02, 0.05)), Material(base=trim), (0.0, y, z - 0.05))
        )
        seats += [(x, y + 0.45, z) for x in np.arange(-long / 2 + 0.4, long / 2 - 0.3, SEAT).tolist()]
    back, side = reach + DEEP * TIERS, long / 2 + 3.0
    band = Material(base=trim, gloss=0.15)
    things.append(
        scenery.block(
            "board", (long / 2, 0.04, 0.5), replace(band, gloss=0.3), (0.0, reach - 0.25, 0.5), substance="wood"
        )
    )
    for name, x, y, half in (
        ("back", 0.0, back + 0.2, (side, 0.2)),
        ("left", -side, back - 20.0, (0.2, 20.0)),
        ("right", side, back - 20.0, (0.2, 20.0)),
        ("front", 0.0, back - 40.0, (side, 0.2)),
    ):
        things.append(scenery.block(f"{name} wall", (*half, HIGH / 2), wall, (x, y, HIGH / 2)))
        things.append(
            scenery.prop(
                f"{name} stripe", geometry.box((half[0] + 0.01, half[1] + 0.01, 0.35)), band, (x, y, HIGH * 0.72)
            )
        )
    beam, bulb = Material(base=(0.10, 0.105, 0.115), gloss=0.2), Material(base=(1.0, 0.97, 0.90), glow=5.0)
    for k in range(7):
        y = back - 2.0 - 4.5 * k
        things.append(scenery.prop(f"beam {k + 1}", geometry.box((side, 0.12, 0.35)), beam, (0.0, y, HIGH + 1.6)))
        lamps = [
            geometry.move(geometry.box((0.6, 0.2, 0.06), bevel=0.02), (x, y, HIGH + 1.1))
            for x in np.linspace(-side * 0.8, side * 0.8, 7)
        ]
        things.append(scenery.prop(f"lamps {k + 1}", geometry.join(lamps), bulb))
    lit = replace(
        LIGHTS["studio"],
        azimuth=-100 + float(rng.uniform(-20, 20)),
        elevation=72,
        sun=(1.75, 1.68, 1.55),
        softness=0.16,
        horizon=(0.16, 0.16, 0.17),
        zenith=(0.045, 0.047, 0.055),
        ambient=(0.62, 0.62, 0.64),
        ground=(0.34, 0.25, 0.16),
        haze=0.002,
        exposure=0.70,
    )
    return Place(
        solids=(*things, *_crowd(rng, seats, team)),
        ground=floor,
        ground_substance="hardwood",
        light=lit,
        ambience=("gym", "crowd"),
        room=Room(size=(2 * side, 40.0, HIGH), absorption=0.25),
    )
