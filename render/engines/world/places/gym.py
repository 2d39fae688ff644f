"""A sports hall: parquet with lines, tiers of seats with spectators of whom some jump or sway, lamps under beams."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.light import LIGHTS, under_lamps
from render.engines.world.materials import COLOURS, Colour, Material, Pattern
from render.engines.world.places import scenery
from render.engines.world.places.place import Place
from render.engines.world.places.spectators import HAIRS, PEOPLE, SHIRTS, SKINS
from render.engines.world.scene import Scene
from render.engines.world.stage import Joint, JointKind, Room, Shape, Solid, Vector

TIERS, RISE, DEEP, SEAT = 8, 0.42, 0.8, 0.62
MOVING = 4
"""Spectators who do not sit still: what moves costs as much as the part of the picture about it."""
HEART: Vector = (0.0, -0.1, 0.36)
"""The middle of a spectator."""
TROUSERS: tuple[Colour, ...] = ((0.03, 0.045, 0.09), (0.02, 0.02, 0.024), (0.16, 0.14, 0.11))
HIGH = 8.5


def _figure(*, cheers: bool) -> dict[str, geometry.Mesh]:
    """A spectator by what is seen: shirt, skin, hair and trousers. The seat is the origin."""
    torso = [
        (0.0, 0.0),
        (0.15, 0.02),
        (0.165, 0.14),
        (0.15, 0.30),
        (0.175, 0.44),
        (0.15, 0.52),
        (0.06, 0.57),
        (0.0, 0.58),
    ]
    flat = geometry.lathe(torso, sides=10)
    deep = geometry.Mesh(
        vertices=flat.vertices * np.array((1.15, 0.72, 1.0), np.float32), normals=flat.normals, faces=flat.faces
    )
    hands = [(s * 0.27, -0.06, 0.92) if cheers else (s * 0.13, -0.30, 0.14) for s in (-1, 1)]
    elbows = [(s * 0.33, -0.06, 0.66) if cheers else (s * 0.27, -0.04, 0.22) for s in (-1, 1)]
    shoulders = [(s * 0.18, 0.0, 0.50) for s in (-1, 1)]
    sleeves = [geometry.rod(one, two, 0.052, sides=6) for one, two in zip(shoulders, elbows, strict=True)]
    arms = [geometry.rod(one, two, 0.04, sides=6) for one, two in zip(elbows, hands, strict=True)]
    head = geometry.move(geometry.sphere(0.105, detail=2), (0.0, -0.01, 0.71))
    cap = geometry.lathe([(0.113, 0.0), (0.116, 0.03), (0.09, 0.085), (0.0, 0.12)], sides=12)
    knees = [geometry.rod((s * 0.09, 0.0, 0.08), (s * 0.11, -0.42, 0.09), 0.075, sides=6) for s in (-1, 1)] + [
        geometry.rod((s * 0.11, -0.42, 0.1), (s * 0.11, -0.42, -0.3), 0.06, sides=6) for s in (-1, 1)
    ]
    return {
        "shirt": geometry.join([deep, *sleeves]),
        "skin": geometry.join([head, *arms]),
        "hair": geometry.move(cap, (0.0, 0.015, 0.70)),
        "trousers": geometry.join(knees),
    }


def _dressed(rng: np.random.Generator, shirt: Colour) -> dict[str, Material]:
    """What a spectator is made of, by the names of :func:`_figure`."""
    return {
        "shirt": Material(base=(0.7 * shirt[0] + 0.02, 0.7 * shirt[1] + 0.02, 0.7 * shirt[2] + 0.02), gloss=0.05),
        "skin": Material(base=SKINS[int(rng.integers(len(SKINS)))], gloss=0.1),
        "hair": Material(base=HAIRS[int(rng.integers(len(HAIRS)))], gloss=0.15),
        "trousers": Material(base=TROUSERS[int(rng.integers(len(TROUSERS)))], gloss=0.05),
    }


def _fan(name: str, seat: Vector, rng: np.random.Generator, *, team: Colour, cheers: bool) -> list[Solid]:
    """One in the team's colour who jumps, or sways, on a spring."""
    made = _dressed(rng, team)
    back = (-HEART[0], -HEART[1], -HEART[2])
    looks = {part: geometry.move(look, back) for part, look in _figure(cheers=cheers).items()}
    x, y, z = (a + b for a, b in zip(seat, HEART, strict=True))
    mass = 1200 * 4 / 3 * math.pi * 0.12**3
    beat = 2 * math.pi * (float(rng.uniform(1.1, 1.7)) if cheers else float(rng.uniform(0.35, 0.6)))
    sag, spring = 9.81 / beat**2, mass * beat**2
    hop = Joint(kind=JointKind.SLIDE, start=-sag + float(rng.uniform(0.05, 0.16)), spring=spring)
    sway = Joint(kind=JointKind.SLIDE, axis=(1.0, 0.0, 0.0), start=float(rng.uniform(0.04, 0.09)), spring=spring)
    body = Solid(
        name=name,
        shape=Shape.SPHERE,
        size=(0.12,),
        substance="backboard",
        material=made["shirt"],
        position=(x, y, z + sag if cheers else z),
        joint=hop if cheers else sway,
        look=looks["shirt"],
    )
    worn = [
        replace(scenery.prop(f"{name}'s {part}", looks[part], made[part]), rides=name)
        for part in ("skin", "hair", "trousers")
    ]
    return [body, *worn]


def _crowd(rng: np.random.Generator, rows: list[Vector], team: str) -> list[Solid]:
    shirts = [team, *(str(name) for name in rng.choice(SHIRTS, 5, replace=False))]
    seats = [seat for seat in rows if rng.random() < 0.82]
    heart = np.array((float(rng.uniform(-3.0, 3.0)), seats[0][1] + 1.5 * DEEP))
    nearest = np.argsort(np.linalg.norm(np.array(seats)[:, :2] - heart, axis=1), kind="stable")[:MOVING]
    fans = [seats[k] for k in nearest]
    solids: list[Solid] = []
    for k, seat in enumerate(fans):
        solids += _fan(f"fan {k + 1}", seat, rng, team=COLOURS[team], cheers=k % 3 != 2)
    figure = _figure(cheers=False)
    groups: dict[Material, list[geometry.Mesh]] = {}
    for x, y, z in (seat for seat in seats if seat not in fans):
        shirt = COLOURS[shirts[0] if rng.random() < 0.4 else shirts[1 + int(rng.integers(5))]]
        made, scale = _dressed(rng, shirt), np.float32(rng.uniform(0.9, 1.08))
        at = (x + float(rng.normal(0, 0.05)), y, z)
        for part, look in figure.items():
            mesh = geometry.Mesh(vertices=look.vertices * scale, normals=look.normals, faces=look.faces)
            groups.setdefault(made[part], []).append(geometry.move(mesh, at))
    for k, (material, meshes) in enumerate(groups.items()):
        solids.append(scenery.prop(f"spectators, part {k + 1}", geometry.join(meshes), material))
    return solids


def _lines(rng: np.random.Generator, reach: float) -> Solid:
    """The marks of a sports floor: a circle, a line across and one along the stands. A court may lie over them."""
    high, half, radius = 0.0003, 0.025, float(rng.uniform(1.8, 3.0))
    across = geometry.move(geometry.box((half, reach - 1.0, high)), (-0.6 * radius, -0.25, high))
    along = geometry.move(geometry.box((2.2 * reach, half, high)), (0.0, reach - 1.25, high))
    turn = np.linspace(0, 2 * math.pi, 97)
    ring = np.stack(
        [
            np.stack([r * np.cos(turn), r * np.sin(turn), 0 * turn + 2 * high], 1)
            for r in (radius - half, radius + half)
        ],
        1,
    )
    first = np.arange(len(turn) - 1)[:, None] * 2
    faces = np.concatenate([first + np.array((0, 1, 3)), first + np.array((0, 3, 2))])
    circle = geometry.move(geometry.smooth(ring.reshape(-1, 3), faces), (-0.6 * radius, 0.0, 0.0))
    return scenery.prop("lines", geometry.join([across, along, circle]), Material(base=(0.78, 0.77, 0.72), gloss=0.4))


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`. Stands rise beyond +y and +x."""
    reach = max(clearing + 2.5, 7.0)
    team = str(rng.choice(["red", "blue", "orange", "teal"]))
    trim: Colour = COLOURS[team]
    floor = Material(
        pattern=Pattern.PARQUET,
        base=(0.36, 0.19, 0.075),
        accent=(0.46, 0.265, 0.115),
        scale=0.075,
        gloss=0.45,
        mirror=0.35,
        facing=0.03,
        roughness=0.06,
    )
    step = Material(base=(0.16, 0.165, 0.18), gloss=0.1)
    wall = Material(pattern=Pattern.CONCRETE, base=(0.50, 0.49, 0.46), scale=2.0, gloss=0.05)
    things: list[Solid] = []
    seats: list[Vector] = []
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
            "hoarding", (long / 2, 0.04, 0.5), replace(band, gloss=0.3), (0.0, reach - 0.25, 0.5), substance="wood"
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
    panes = [
        geometry.move(geometry.box((0.82, 0.015, 0.5)), (float(x), back - 0.02, HIGH * 0.565))
        for x in np.arange(-side + 2.0, side - 1.0, 1.75)
    ]
    sill = geometry.box((side, 0.06, 0.05))
    things.append(scenery.prop("windows", geometry.join(panes), scenery.window(scene.light)))
    things.append(scenery.prop("sill", sill, scenery.IRON, (0.0, back - 0.03, HIGH * 0.565 - 0.56)))
    beam, bulb = Material(base=(0.10, 0.105, 0.115), gloss=0.2), Material(base=(1.0, 0.97, 0.90), glow=5.0)
    for k in range(3):
        y = back - 1.0 - 3.0 * k
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
    solids = [*things, _lines(rng, reach)]
    full = PEOPLE.isdisjoint(scene.without)
    if full:
        solids += _crowd(rng, seats, team)
    return Place(
        solids=tuple(solids),
        ground=floor,
        ground_substance="hardwood",
        light=under_lamps(lit, scene.light),
        ambience=("gym", "crowd") if full else ("gym",),
        room=Room(size=(2 * side, 40.0, HIGH), absorption=0.25),
    )
