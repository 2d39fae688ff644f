"""Cloth: a flag in the wind, a curtain, a net that stops balls, a sheet that falls over something."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, places
from render.engines.world.families import parts
from render.engines.world.materials import Colour, Material, Pattern, named
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Cloth, Launch, Shape, Solid, Stage, Vector

BREEZE = {"wind": 9.0, "storm": 14.0, "fog": 2.0, "snow": 4.0, "rain": 5.0}
"""m/s by weather."""
HOME = {"curtain": "room", "sheet": "studio"}
"""Where a kind is at home; the others in a yard."""
CLOSE = 1.5
"""Metres of free floor before a curtain."""
EACH = 2.6
"""Seconds between two balls into a net."""
ROD, RAIL = 1.1, 2.4
"""Half the length of a curtain rod and its height, in metres."""
ASIDE = 0.2
"""Metres of a curtain from its window."""
APART = 2.1
"""Metres between two flags, along the wind: a flag hides no other."""

Shown = tuple[list[Solid], list[Cloth], Vector, np.ndarray]
"""Solids, cloths, wind and the points that a shot keeps."""


def _sheet(name: str, rest: np.ndarray, pinned: np.ndarray, material: Material, **others: object) -> Cloth:
    return Cloth(name=name, rest=rest, pinned=pinned, material=material, **others)  # type: ignore[arg-type]


def _stuff(colour: Colour) -> Material:
    return Material(pattern=Pattern.CLOTH, base=colour, scale=0.0016, gloss=0.0, roughness=1.0)


def _flag(scene: Scene, rng: np.random.Generator, seconds: float, colours: list[Colour]) -> Shown:  # noqa: ARG001
    """One or more flags on poles."""
    subject = parts.subject_of(scene, "flag")
    count = min(4, subject.count or 1)
    long, high = 1.5 * float(rng.uniform(0.9, 1.1)), 0.95
    blows = BREEZE.get(scene.weather, float(rng.uniform(5.0, 7.5))) * min(max(subject.speed, 0.6), 1.5)
    solids, cloths = [], []
    rows, columns = (17, 26) if count == 1 else (12, 18)
    for k in range(count):
        x, y, top = -0.65 + APART * (k - (count - 1) / 2), 0.0, 2.75
        down, out = np.meshgrid(np.linspace(0, high, rows), np.linspace(0, long, columns), indexing="ij")
        ripple = 0.02 * np.sin(4 * out + float(rng.uniform(0, 6))) * out
        rest = np.stack([x + 0.03 + out, y + ripple, top - 0.08 - down], -1)
        pinned = np.zeros((rows, columns), np.bool_)
        pinned[:, 0] = True
        paint = _stuff(colours[k % len(colours)])
        cloths.append(_sheet(f"flag {k + 1}", rest, pinned, paint, density=0.16, settle=1.5))
        pole = geometry.join(
            [geometry.rod((0, 0, 0), (0, 0, top), 0.025, sides=20), geometry.move(geometry.sphere(0.05), (0, 0, top))]
        )
        solids.append(parts.shown_on("", f"pole {k + 1}", pole, named("metal"), at=(x, y, 0.0)))
    wide = APART * (count - 1) / 2
    points = parts.corners((-0.8 - wide, -0.35, 1.05), (-0.65 + wide + long, 0.35, 2.9))
    return solids, cloths, (blows, float(rng.uniform(-0.12, 0.12)) * blows, 0.0), points


def _curtain(scene: Scene, rng: np.random.Generator, seconds: float, colours: list[Colour]) -> Shown:  # noqa: ARG001
    """Two curtains in folds on a rod between stands, moved by a draught."""
    high, wide, folds = 1.9, 0.85, 7
    rows, columns = 16, 34
    rod = geometry.join(
        [geometry.rod((-ROD, 0, RAIL), (ROD, 0, RAIL), 0.02, sides=16)]
        + [geometry.move(geometry.sphere(0.045), (x, 0, RAIL)) for x in (-ROD, ROD)]
    )
    stands = geometry.join([geometry.rod((x, 0, 0), (x, 0, RAIL), 0.02, sides=16) for x in (0.05 - ROD, ROD - 0.05)])
    cloths = []
    for name, side in (("left", -1), ("right", 1)):
        along = np.linspace(0, 1, columns)
        down, out = np.meshgrid(np.linspace(0, high, rows), along, indexing="ij")
        x = side * (0.28 + out * (wide - 0.06))
        y = 0.045 * np.sin(2 * np.pi * folds * out + float(rng.uniform(0, 6)))
        rest = np.stack([x, y, RAIL - 0.03 - down], -1)
        pinned = np.zeros((rows, columns), np.bool_)
        pinned[0] = True
        cloths.append(_sheet(f"{name} curtain", rest, pinned, _stuff(colours[0]), density=0.18, settle=0.5))
    blows = float(rng.uniform(1.3, 1.7)) + 0.08 * BREEZE.get(scene.weather, 3.0)
    points = parts.corners((-ROD - 0.05, -0.5, 0.1), (ROD + 0.05, 0.3, RAIL + 0.1))
    wind = (float(rng.uniform(-0.3, 0.3)), -blows, 0.0)
    solids = [parts.shown_on("", name, look, named("metal")) for name, look in (("rod", rod), ("stands", stands))]
    return solids, cloths, wind, points


def _at_window(shown: Shown, place: Place) -> tuple[Shown, Place]:
    """Curtains before the place's window instead of its own, on the wall and not on stands; as they are without one."""
    frame = next((solid for solid in place.solids if solid.name == "window frame"), None)
    if frame is None:
        return shown, place
    solids, cloths, wind, points = shown
    by = np.array((frame.position[0], frame.position[1] - ASIDE, 0.0))
    rod = [replace(solid, position=tuple(solid.position + by)) for solid in solids if solid.name == "rod"]
    hung = [replace(cloth, rest=cloth.rest + by) for cloth in cloths]
    bare = replace(place, solids=tuple(solid for solid in place.solids if solid.name != "curtains"))
    return (rod, hung, wind, points + by), bare


def _net(scene: Scene, rng: np.random.Generator, seconds: float, colours: list[Colour]) -> Shown:  # noqa: ARG001
    """A net between posts; balls fly into it and fall down before it."""
    rows, columns, wide, high = 17, 25, 2.4, 1.6
    down, out = np.meshgrid(np.linspace(0, high, rows), np.linspace(-wide / 2, wide / 2, columns), indexing="ij")
    rest = np.stack([out, 0.10 * np.sin(np.pi * down / high) + 0.01 * np.sin(9 * out), 1.75 - down], -1)
    pinned = np.zeros((rows, columns), np.bool_)
    pinned[0] = True
    pinned[:, [0, -1]] = True
    net = _sheet("net", rest, pinned, Material(base=(0.85, 0.85, 0.82)), density=0.5, open=0.9, stretch=0.4, settle=0.6)
    frame = geometry.join(
        [
            geometry.rod((-wide / 2 - 0.02, 0, 1.78), (wide / 2 + 0.02, 0, 1.78), 0.03, sides=20),
            *(geometry.rod((x, 0, 0), (x, 0, 1.78), 0.03, sides=20) for x in (-wide / 2 - 0.02, wide / 2 + 0.02)),
        ]
    )
    solids = [parts.shown_on("", "frame", frame, named("plastic", (0.8, 0.8, 0.8)))]
    for k, start in enumerate(parts.runs(seconds, EACH, 16)):
        far, speed = 3.2, float(rng.uniform(8.0, 10.0))
        x, aim = float(rng.uniform(-0.6, 0.6)), float(rng.uniform(0.7, 1.3))
        time = far / speed
        solids.append(
            Solid(
                name=f"ball {k + 1}",
                shape=Shape.SPHERE,
                size=(0.11,),
                substance="football",
                material=Material(pattern=Pattern.PANELS, base=colours[k % len(colours)], gloss=0.4),
                launch=Launch(
                    time=round(start, 3),
                    position=(x * 0.6, -far, 0.5),
                    velocity=(x * 0.4 / time, speed, (aim - 0.5) / time + 9.81 * time / 2),
                    spin=(float(rng.uniform(-8, 8)), 0.0, 0.0),
                ),
            )
        )
    return solids, [net], (0.0, 0.0, 0.0), parts.corners((-1.35, -1.0, 0.0), (1.35, 0.4, 1.85))


def _over(scene: Scene, rng: np.random.Generator, seconds: float, colours: list[Colour]) -> Shown:  # noqa: ARG001
    """A sheet falls over a ball and drapes it."""
    radius = float(rng.uniform(0.26, 0.34))
    rows = columns = 36
    side = 1.7
    u, v = np.meshgrid(np.linspace(-side / 2, side / 2, rows), np.linspace(-side / 2, side / 2, columns), indexing="ij")
    turn, tilt = float(rng.uniform(0, 1.5)), float(rng.uniform(-0.12, 0.12))
    x, y = u * math.cos(turn) - v * math.sin(turn), u * math.sin(turn) + v * math.cos(turn)
    rest = np.stack([x + 0.05, y, 1.25 + tilt * x + 0.015 * np.sin(5 * u) * np.sin(4 * v)], -1)
    sheet = _sheet("sheet", rest, np.zeros((rows, columns), np.bool_), _stuff(colours[0]), density=0.22)
    what = "wood" if rng.random() < 0.5 else "stone"
    substance, material = parts.stuff("", what)
    solids = [
        Solid(
            name="ball", shape=Shape.SPHERE, size=(radius,), substance=substance, material=material,
            position=(0.0, 0.0, radius),
        )
    ]  # fmt: skip
    return solids, [sheet], (0.0, 0.0, 0.0), parts.corners((-0.85, -0.8, 0.0), (0.85, 0.8, 1.3))


KINDS: dict[str, Callable[[Scene, np.random.Generator, float, list[Colour]], Shown]] = {
    "flag": _flag,
    "curtain": _curtain,
    "net": _net,
    "sheet": _over,
}


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`."""
    kind = next((kind for kind in scene.kinds if kind in KINDS), "") or str(rng.choice(["flag", "curtain", "net"]))
    colours = parts.palette(scene, rng, parts.subject_of(scene, kind))
    shown = KINDS[kind](scene, rng, seconds, colours)
    clearing = CLOSE if kind == "curtain" else max(3.6, float(np.abs(shown[-1][:, 0]).max()) + 0.6)
    place = places.build(scene.setting or HOME.get(kind, "yard"), scene=scene, rng=rng, clearing=clearing)
    if kind == "curtain":
        shown, place = _at_window(shown, place)
    solids, cloths, wind, points = shown
    return place.stage(
        solids=solids,
        cloths=tuple(cloths),
        wind=wind,
        shot=Shot(
            points=points,
            azimuth=-90 + float(rng.uniform(-24, 24)),
            elevation=float(rng.uniform(4, 9)) + (14 if kind == "sheet" else 0),
            field_of_view=40,
        ),
    )
