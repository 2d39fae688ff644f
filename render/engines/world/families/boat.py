"""Small boats and buoys that the waves lift and carry."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, waves
from render.engines.world.families import parts, waterside
from render.engines.world.materials import COLOURS, PALETTES, Colour, Material, Pattern
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Bond, Launch, Shape, Solid, Stage, Water

WHITE: Colour = (0.80, 0.80, 0.78)
SEAMS = 12
"""Parts of a sail's edge."""
KINDS = ("rowing boat", "sailing boat", "buoy", "paper boat")
BALLAST = (0.12, 0.9)
"""Radius of a buoy's weight and its depth below the buoy's middle, in metres."""


def _hull(long: float, wide: float, high: float) -> geometry.Mesh:
    """A closed hull along x: pointed at the bow, cut at the stern, its deck a little below the rim."""
    along = np.linspace(-1, 1, 25)
    breadth = np.where(
        along > -0.2, np.sqrt(np.clip(1 - ((along + 0.2) / 1.2) ** 2, 0, 1)), 1.0 - 0.25 * (along + 0.2) ** 2
    )
    rise = 0.22 * high * np.abs(along) ** 2.5
    turn = np.linspace(-math.pi / 2, math.pi / 2, 13)
    rings = []
    for x, half, lift in zip(along, breadth, rise, strict=True):
        side = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 0.7 * max(float(half), 0.02) * wide / 2
        keel = -(np.abs(np.cos(turn)) ** 0.8) * high * (0.55 + 0.45 * half)
        top = high * 0.4 + lift
        hull = np.stack([np.full(13, x * long / 2), side, top + np.minimum(keel, 0.0)], -1)
        deck = hull[::-1][1:-1] * (1.0, 0.88, 0.0) + (0.0, 0.0, top - 0.12 * high)
        rings.append(np.concatenate([hull, deck]))
    points = np.stack(rings)
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b = index[:-1], index[1:]
    c, d = np.roll(b, -1, 1), np.roll(a, -1, 1)
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    caps = [[index[row, 0], index[row, k], index[row, k + 1]] for row in (0, rows - 1) for k in range(1, columns - 1)]
    faces = np.concatenate([faces, np.array(caps)])
    whole = geometry.smooth(points.reshape(-1, 3), faces)
    if (whole.normals * whole.vertices).sum() < 0:
        whole = geometry.smooth(whole.vertices, faces[:, ::-1])
    return whole


def _flat(corners: list[tuple[float, float, float]]) -> geometry.Mesh:
    """Two faces of a thin sheet, triangle by triangle."""
    points = np.array(corners, float)
    faces = np.arange(len(points)).reshape(-1, 3)
    return geometry.join(
        [geometry.smooth(points, faces), geometry.smooth(points + np.array((0, 1e-3, 0)), faces[:, ::-1])]
    )


def _sail(corners: list[tuple[float, float, float]], *, belly: float) -> geometry.Mesh:
    """Two faces of a triangle of cloth that bellies by metres towards +y: its light goes over it bit by bit."""
    steps = [(i, j) for i in range(SEAMS + 1) for j in range(SEAMS + 1 - i)]
    number = {step: k for k, step in enumerate(steps)}
    shares = np.array([(i, j, SEAMS - i - j) for i, j in steps], float) / SEAMS
    points = shares @ np.array(corners, float)
    points[:, 1] += belly * 27 * shares.prod(1)
    faces = [(number[i, j], number[i + 1, j], number[i, j + 1]) for i, j in steps if i + j < SEAMS]
    faces += [(number[i + 1, j], number[i + 1, j + 1], number[i, j + 1]) for i, j in steps if i + j < SEAMS - 1]
    sheet = np.array(faces)
    return geometry.join(
        [geometry.smooth(points, sheet), geometry.smooth(points + np.array((0, 1e-3, 0)), sheet[:, ::-1])]
    )


def _paper(long: float) -> tuple[geometry.Mesh, geometry.Mesh]:
    """A folded paper boat: its hull with a flat bottom, on which it stands upright, and the fold that points up."""
    x, y, low, high = long / 2, long * 0.22, -0.10 * long, 0.16 * long
    bow, stern, keel, flat = (x, 0.0, high), (-x, 0.0, high), 0.5 * x, 0.65 * y
    tip = (0.0, 0.0, high * 2.1)
    hull = [(keel, flat, low), (-keel, flat, low), (-keel, -flat, low)]
    hull += [(keel, flat, low), (-keel, -flat, low), (keel, -flat, low)]
    fold = []
    for side in (1.0, -1.0):
        edge, one, two = (0.0, side * y, high * 0.7), (keel, side * flat, low), (-keel, side * flat, low)
        hull += [bow, one, edge, one, two, edge, two, stern, edge]
        inner = (0.0, 0.55 * side * y, 0.3 * high)
        fold += [(0.6 * x, 0.0, 0.4 * high), inner, tip, (-0.6 * x, 0.0, 0.4 * high), tip, inner]
    hull += [bow, (keel, -flat, low), (keel, flat, low), stern, (-keel, flat, low), (-keel, -flat, low)]
    return _flat(hull), _flat(fold)


def _craft(kind: str, colour: Colour, *, name: str, launch: Launch) -> tuple[list[Solid], float]:
    """A floating body with what rides on it, and its height in metres."""
    paint = Material(base=colour, gloss=0.5, mirror=0.4)
    worn: list[tuple[geometry.Mesh, Material]] = []
    if kind == "buoy":
        profile = [(0.0, -0.34), (0.20, -0.30), (0.33, -0.08), (0.33, 0.08), (0.16, 0.34), (0.09, 0.62), (0.0, 0.64)]
        look, size, substance, tall = geometry.lathe(profile), (0.33, 0.33, 0.45), "plastic", 1.0
    elif kind == "paper boat":
        look, fold = _paper(0.28)
        size, substance, tall = (0.14, 0.045, 0.045), "card", 0.12
        paint = Material(base=colour, gloss=0.05)
        worn.append((fold, paint))
    else:
        look, size, substance, tall = _hull(3.0, 1.15, 0.55), (1.5, 0.58, 0.3), "plastic", 0.6
    body = Solid(
        name=name,
        shape=Shape.HULL,
        size=size,
        substance=substance,
        material=paint,
        launch=launch,
        floats=True,
        look=look,
    )
    timber = Material(pattern=Pattern.WOOD, base=(0.30, 0.17, 0.08), accent=(0.42, 0.26, 0.13), scale=0.4, gloss=0.2)
    cloth = Material(pattern=Pattern.CLOTH, base=WHITE, scale=0.02, gloss=0.02)
    if kind == "rowing boat":
        thwart = geometry.box((0.11, 0.44, 0.018))
        worn += [(geometry.move(thwart, (x, 0.0, 0.19)), timber) for x in (-0.75, 0.0, 0.7)]
    elif kind == "sailing boat":
        worn.append((geometry.rod((0.25, 0, 0.1), (0.25, 0, 2.9), 0.03, sides=12), timber))
        worn.append((geometry.rod((0.25, 0, 0.55), (-1.15, 0.1, 0.55), 0.022, sides=10), timber))
        worn.append((_sail([(0.21, 0, 0.62), (-1.1, 0.1, 0.62), (0.21, 0, 2.8)], belly=0.2), cloth))
        worn.append((_sail([(1.35, 0, 0.42), (0.32, 0.05, 0.5), (0.27, 0, 2.35)], belly=0.16), cloth))
        tall = 2.9
    elif kind == "buoy":
        worn.append((geometry.lathe([(0.335, -0.06), (0.335, 0.06)]), Material(base=WHITE, gloss=0.4)))
        worn.append((geometry.rod((0, 0, -0.3), (0, 0, -BALLAST[1]), 0.02, sides=10), timber))
    rides = [
        Solid(
            name=f"{name}'s part {k + 1}",
            shape=Shape.BOX,
            size=(0.1, 0.1, 0.1),
            substance="wood",
            material=material,
            look=mesh,
            touches=False,
            rides=name,
        )
        for k, (mesh, material) in enumerate(worn)
    ]
    return [body, *([_ballast(body)] if kind == "buoy" else []), *rides], tall


def _ballast(buoy: Solid) -> Solid:
    """The weight below a buoy, fast to it, without which it would float on its side."""
    assert buoy.launch is not None
    radius, deep = BALLAST
    x, y, z = buoy.launch.position
    return Solid(
        name=f"{buoy.name}'s ballast",
        shape=Shape.SPHERE,
        size=(radius,),
        substance="steel",
        material=Material(base=(0.05, 0.05, 0.055), gloss=0.2),
        launch=replace(buoy.launch, position=(x, y, z - deep)),
        bonds=(Bond(to=buoy.name, strength=math.inf),),
    )


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:  # noqa: ARG001
    """See :class:`render.engines.world.families.Build`."""
    kind = next((kind for kind in scene.kinds if kind in KINDS), "") or str(rng.choice(KINDS[:3]))
    small = kind == "paper boat"
    wind = waterside.wind_of(scene, rng, usual=(1.2, 1.8) if small else (3.2, 5.0))
    heading = float(rng.uniform(-2.6, -0.5))
    sea = waves.wind_sea(
        rng=rng, wind=wind, fetch=40.0 if small else 4_000.0, heading=heading, shortest=0.12 if small else 0.7
    )
    subject = parts.subject_of(scene, kind)
    count = min(subject.count or 1, 5)
    drawn = PALETTES[int(rng.integers(len(PALETTES)))]
    names = subject.colours or drawn
    apart = 0.45 if small else 3.6
    solids: list[Solid] = []
    tall = 0.0
    for k in range(count):
        colour = WHITE if small and not subject.colours else COLOURS[names[k % len(names)]]
        turn = float(rng.uniform(-0.5, 0.5)) + (math.pi if rng.random() < 0.5 else 0.0)
        at = ((k - (count - 1) / 2) * apart, float(rng.uniform(-0.3, 0.3)) * apart + 0.4 * apart * (k % 2))
        level = float(waves.height(sea, at[0], at[1], np.zeros(1))[0])
        launch = Launch(time=0.0, position=(*at, level), turn=(math.cos(turn / 2), 0.0, 0.0, math.sin(turn / 2)))
        made, tall = _craft(kind, colour, name=kind if count == 1 else f"{kind} {k + 1}", launch=launch)
        solids += made
    reach = {"paper boat": 0.24, "buoy": 1.3}.get(kind, 2.1) + (count - 1) * apart / 2
    deep = 0.22 if small else 1.6
    swell = waves.significant_height(sea)
    points = np.array(
        [
            (x, y, z)
            for x in (-reach, reach)
            for y, z in ((-deep, -0.4 * swell), (deep, -0.4 * swell), (0.0, tall + swell))
        ]
    )
    blows = (wind * math.cos(heading), wind * math.sin(heading), 0.0)
    return Stage(
        solids=tuple(solids),
        wind=blows,
        light=replace(waterside.sky(scene, turned=float(rng.uniform(40, 190))), hills=float(rng.uniform(0.3, 0.9))),
        shot=Shot(
            points=points,
            azimuth=-90 + float(rng.uniform(-30, 30)),
            elevation=float(rng.uniform(9, 13)) if small else float(rng.uniform(3.5, 6.5)),
            field_of_view=40,
            roam=(0.5 * reach, 0.5 * reach, 0.5),
            follow=solids[0].name if count == 1 else "",
        ),
        waves=sea,
        water=Water(
            wind=(0.5 * blows[0], 0.5 * blows[1], 0.0),
            deep=(0.010, 0.045, 0.055),
            shallow=(0.04, 0.17, 0.16),
            foam=0.3 if small else 1.0,
        ),
        ambience=("lake",) if small else ("shore",),
    )
