"""A workshop: for small things the top of its bench, for others its floor with the bench against the wall."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.light import LIGHTS, indoors, outdoors
from render.engines.world.materials import COLOURS, MATERIALS, Material, Pattern
from render.engines.world.places import evening, scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Room, Solid

BENCH = 0.9
"""Metres: what needs a wider clearing stands on the floor."""
HIGH = 3.4
"""Metres from the floor to the beams."""
BOARD = replace(MATERIALS["wood"], scale=0.3, base=(0.36, 0.25, 0.15), accent=(0.22, 0.14, 0.08), mirror=0.0)
PLASTER = Material(pattern=Pattern.PLASTER, base=(0.40, 0.42, 0.41), scale=0.03, gloss=0.03)


def _tools(rng: np.random.Generator, y: float, z: float, *, count: int) -> list[Solid]:
    """A board on the wall with hammers, chisels and saws, its lower edge at ``z``."""
    handles, irons, wide = [], [], 0.09 * count + 0.04
    for k in range(count):
        x, high, kind = (
            0.18 * (k - (count - 1) / 2) + float(rng.uniform(-0.03, 0.03)),
            z + float(rng.uniform(0.2, 0.28)),
            int(rng.integers(3)),
        )
        grip = float(rng.uniform(0.05, 0.08))
        handles.append(geometry.move(geometry.cylinder(0.011, grip, bevel=0.004, sides=16), (x, y - 0.04, high)))
        if kind == 0:
            irons.append(geometry.move(geometry.box((0.045, 0.014, 0.014), bevel=0.004), (x, y - 0.04, high + grip)))
        else:
            broad = 0.008 if kind == 1 else 0.03
            irons.append(geometry.move(geometry.box((broad, 0.002, 0.06)), (x, y - 0.04, high - grip - 0.06)))
    return [
        scenery.prop("tool board", geometry.box((wide, 0.012, 0.24)), BOARD, (0.0, y, z + 0.24)),
        scenery.prop("handles", geometry.join(handles), replace(MATERIALS["wood"], scale=0.05)),
        scenery.prop("irons", geometry.join(irons), MATERIALS["metal"]),
    ]


def _tins(rng: np.random.Generator, *, count: int, wide: float, y: float, z: float) -> list[Solid]:
    """Tins and jars in a row that leaves the middle free, on what is ``z`` high."""
    tins: list[Solid] = []
    for k in range(count):
        colour = COLOURS[str(rng.choice(["red", "blue", "yellow", "green", "white", "orange"]))]
        radius, high = float(rng.uniform(0.028, 0.05)), float(rng.uniform(0.04, 0.075))
        x, deep = (-1) ** k * float(rng.uniform(0.2, 0.95) + wide), y + float(rng.uniform(-0.05, 0.06))
        if any(math.hypot(x - other.position[0], deep - other.position[1]) < 0.11 for other in tins):
            continue
        tin = Material(
            pattern=Pattern.LABEL,
            base=colour,
            accent=(0.70, 0.70, 0.70),
            scale=high * 0.75,
            gloss=0.5,
            mirror=0.5,
            facing=0.06,
        )
        look = geometry.cylinder(radius, high, bevel=0.003)
        tins.append(scenery.prop(f"tin {len(tins) + 1}", look, tin, (x, deep, z + high)))
    return tins


def _bench_top(rng: np.random.Generator, clearing: float) -> list[Solid]:
    behind = clearing + 0.28
    ledge = replace(MATERIALS["wood"], scale=0.1)
    return [
        scenery.prop("wall", geometry.box((9.0, 0.05, 2.5)), PLASTER, (0.0, behind + 0.45, 2.5)),
        scenery.block("ledge", (9.0, 0.02, 0.02), ledge, (0.0, behind + 0.3, 0.02), substance="wood"),
        *_tools(rng, behind + 0.38, 0.14, count=9),
        *_tins(rng, count=6, wide=clearing * 0.6, y=behind + 0.14, z=0.0),
    ]


def _window(x: float, y: float, hour: str) -> list[Solid]:
    """A window of many panes in an iron frame."""
    panes = [
        geometry.move(geometry.box((0.27, 0.01, 0.27)), (x + 0.58 * (i - 1.5), y - 0.03, 2.05 + 0.58 * (j - 0.5)))
        for i in range(4)
        for j in range(2)
    ]
    frame = geometry.move(geometry.box((1.22, 0.03, 0.64)), (x, y - 0.0, 2.05))
    return [
        scenery.prop(f"window frame at {x:.1f}", frame, scenery.IRON),
        scenery.prop(
            f"window at {x:.1f}", geometry.join(panes), Material(base=outdoors(hour).horizon, glow=1.3, gloss=0.5)
        ),
    ]


def _sawhorse(name: str, at: tuple[float, float], angle: float) -> Solid:
    """A beam on two pairs of legs, with planks across it."""
    legs = [
        geometry.rod((x, 0.0, 0.72), (x * 1.1, y, 0.0), 0.025, sides=8) for x in (-0.45, 0.45) for y in (-0.24, 0.24)
    ]
    parts = [geometry.move(geometry.box((0.55, 0.04, 0.045), bevel=0.005), (0.0, 0.0, 0.74)), *legs]
    return scenery.prop(name, geometry.join(parts), replace(MATERIALS["wood"], scale=0.12), (*at, 0.0), angle=angle)


def _floor(rng: np.random.Generator, clearing: float, hour: str) -> list[Solid]:
    back = clearing + 1.5
    side = max(back * 1.25, 4.0)
    brick = replace(MATERIALS["brick"], base=(0.42, 0.36, 0.31), accent=(0.30, 0.28, 0.26))
    things = [
        scenery.block("back wall", (side + 0.2, 0.1, HIGH / 2), brick, (0.0, back + 0.1, HIGH / 2)),
        scenery.block("left wall", (0.1, 15.0, HIGH / 2), brick, (-side - 0.1, back - 15.0, HIGH / 2)),
        scenery.block("right wall", (0.1, 15.0, HIGH / 2), brick, (side + 0.1, back - 15.0, HIGH / 2)),
    ]
    oak = replace(MATERIALS["wood"], scale=0.25)
    long = min(2.4, 0.6 * side)
    top = geometry.move(geometry.box((long, 0.35, 0.04), bevel=0.006), (0.0, back - 0.36, 0.9))
    legs = [
        geometry.move(geometry.box((0.05, 0.05, 0.43)), (x, back - y, 0.43))
        for x in (-long + 0.12, long - 0.12)
        for y in (0.1, 0.62)
    ]
    legs.append(geometry.move(geometry.box((long - 0.1, 0.28, 0.015)), (0.0, back - 0.36, 0.22)))
    vice = [
        geometry.move(geometry.box((0.09, 0.03, 0.06), bevel=0.01), (0.72 * long, back - 0.70 + d, 0.97))
        for d in (0.0, 0.1)
    ]
    vice.append(geometry.rod((0.72 * long, back - 0.86, 0.95), (0.72 * long, back - 0.6, 0.95), 0.014, sides=10))
    things += [
        scenery.prop("bench", geometry.join([top, *legs]), oak),
        scenery.prop("vice", geometry.join(vice), Material(base=(0.03, 0.07, 0.13), gloss=0.4)),
        *_tools(rng, back - 0.02, 1.25, count=11),
        *_tins(rng, count=9, wide=0.3 * long, y=back - 0.3, z=0.94),
        *_window(-0.72 * side, back, hour),
        *_window(0.74 * side, back, hour),
    ]
    boxes: dict[str, list[geometry.Mesh]] = {}
    for level in range(2):
        for x in np.arange(-long + 0.3, long - 0.2, 0.42).tolist():
            if rng.random() < 0.7:
                half = (0.16, 0.13, float(rng.uniform(0.07, 0.12)))
                name = str(rng.choice(["blue", "red", "grey", "green"]))
                z = (0.235 if level == 0 else 2.16) + half[2]
                boxes.setdefault(name, []).append(
                    geometry.move(geometry.box(half, bevel=0.01), (x, back - (0.36 if level == 0 else 0.16), z))
                )
    things.append(
        scenery.prop("shelf", geometry.box((long, 0.16, 0.018)), BOARD, (0.0, back - 0.16, 2.142)),
    )
    for name, looks in sorted(boxes.items()):
        bin_ = Material(base=tuple(0.55 * c + 0.02 for c in COLOURS[name]), gloss=0.3)  # type: ignore[arg-type]
        things.append(scenery.prop(f"{name} bins", geometry.join(looks), bin_))
    planks = []
    for k in range(6):
        x, lean = long + 0.35 + 0.16 * k, float(rng.uniform(0.25, 0.4))
        tall = float(rng.uniform(2.0, 2.7))
        foot, tip = (x, back - 0.05 - lean, 0.0), (x + float(rng.uniform(-0.05, 0.05)), back - 0.03, tall)
        planks.append(geometry.tube([foot, tip], 0.05, sides=4))
    things.append(scenery.prop("planks", geometry.join(planks), replace(oak, base=(0.52, 0.36, 0.20))))
    things.append(_sawhorse("sawhorse 1", (-long - 0.75, back - 0.75), 0.2))
    bulb, shade = Material(base=(1.0, 0.86, 0.62), glow=4.0), Material(base=(0.03, 0.05, 0.045), gloss=0.5)
    for k, x in enumerate((-0.5 * side, 0.0, 0.5 * side)):
        at = (x, back - 1.0, 2.75)
        cone = geometry.lathe([(0.20, 0.0), (0.19, 0.02), (0.05, 0.16), (0.02, 0.2), (0.02, 0.65), (0, 0.65)], sides=32)
        things.append(scenery.prop(f"shade {k + 1}", cone, shade, at))
        things.append(scenery.prop(f"bulb {k + 1}", geometry.sphere(0.06, detail=2), bulb, (x, back - 1.0, 2.79)))
    return things


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`. The ground is the bench's top or the floor."""
    tone = float(rng.uniform(0.8, 1.2))
    small = clearing < BENCH
    top = Material(
        pattern=Pattern.PARQUET,
        base=(0.34 * tone, 0.19 * tone, 0.085 * tone),
        accent=(0.55 * tone, 0.36 * tone, 0.19 * tone),
        scale=0.14,
        gloss=0.22,
        mirror=0.18,
        roughness=0.2,
    )
    screed = replace(MATERIALS["concrete"], base=(0.34 * tone, 0.335 * tone, 0.32 * tone), scale=2.4, gloss=0.15)
    lit = replace(
        LIGHTS["studio"],
        azimuth=-135 + float(rng.uniform(-14, 14)),
        elevation=44,
        sun=(2.25, 1.9, 1.42),
        softness=0.07,
        horizon=(0.34, 0.33, 0.31),
        zenith=(0.30, 0.29, 0.27),
        ambient=(0.52, 0.54, 0.60),
        ground=(0.36, 0.26, 0.17),
        haze=0.0,
        exposure=0.70,
    )
    return Place(
        solids=tuple(_bench_top(rng, clearing) if small else _floor(rng, clearing, scene.light)),
        ground=top if small else replace(screed, mirror=0.2, roughness=0.5),
        ground_substance="hardwood" if small else "ground",
        light=indoors(lit, scene.light),
        evening=evening.at(scene.light, clearing),
        ambience=("room",),
        room=Room(size=(7.0, 5.0, 2.8) if small else (2.5 * clearing + 4, 2.5 * clearing + 4, HIGH), absorption=0.3),
    )
