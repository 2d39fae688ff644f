"""A bowling alley: a dark hall of varnished wood along x, lines of light on its walls, painted boards at its end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.light import LIGHTS
from render.engines.world.materials import COLOURS, Colour, Material, Pattern
from render.engines.world.places import scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Room, Solid

HIGH = 3.6
NEONS = (("blue", "pink"), ("purple", "teal"), ("teal", "orange"), ("pink", "yellow"))


def _glow(name: str, strength: float) -> Material:
    colour: Colour = tuple(0.25 + 0.75 * c for c in COLOURS[name])  # type: ignore[assignment]
    return Material(base=colour, glow=strength)


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:  # noqa: ARG001
    """See :class:`render.engines.world.places.place.Lay`. It is as dark by day as by night: it has no windows."""
    one, other = NEONS[int(rng.integers(len(NEONS)))]
    half, far = clearing + 2.6, clearing + 1.2
    floor = Material(
        pattern=Pattern.PARQUET,
        base=(0.115, 0.06, 0.03),
        accent=(0.20, 0.115, 0.055),
        scale=0.09,
        gloss=0.6,
        mirror=0.7,
        facing=0.05,
        roughness=0.06,
    )
    wall = Material(pattern=Pattern.PLASTER, base=(0.055, 0.058, 0.085), scale=0.04, gloss=0.05)
    long = 16.0
    things: list[Solid] = [
        scenery.block("end wall", (0.1, half, HIGH / 2), wall, (far + 0.1, 0.0, HIGH / 2)),
        scenery.block("entrance", (0.1, half, HIGH / 2), wall, (far - 2 * long, 0.0, HIGH / 2)),
    ]
    for name, side in (("left", 1), ("right", -1)):
        things += [
            scenery.block(f"{name} wall", (long, 0.1, HIGH / 2), wall, (far - long, side * half, HIGH / 2)),
            scenery.prop(
                f"{name} line",
                geometry.box((long, 0.02, 0.025)),
                _glow(one, 2.2),
                (far - long, side * (half - 0.1), 2.3),
            ),
            scenery.prop(
                f"{name} skirting line",
                geometry.box((long, 0.02, 0.015)),
                _glow(other, 1.6),
                (far - long, side * (half - 0.1), 0.12),
            ),
        ]
    warm = Material(base=(1.0, 0.80, 0.55), glow=3.0)
    spots = [
        geometry.move(geometry.cylinder(0.09, 0.02, sides=24), (x, y, HIGH - 0.02))
        for x in np.arange(far - 1.5, far - 20.0, -2.2).tolist()
        for y in np.linspace(-half + 1.2, half - 1.2, 5).tolist()
    ]
    things.append(scenery.prop("spots", geometry.join(spots), warm))
    lit = replace(
        LIGHTS["studio"],
        azimuth=180 + float(rng.uniform(-25, 25)),
        elevation=64,
        sun=(1.75, 1.55, 1.30),
        softness=0.10,
        horizon=(0.05, 0.05, 0.075),
        zenith=(0.02, 0.02, 0.03),
        ambient=(0.30, 0.31, 0.42),
        ground=(0.16, 0.10, 0.08),
        haze=0.004,
        exposure=0.78,
    )
    return Place(
        solids=tuple(things),
        ground=floor,
        ground_substance="hardwood",
        light=lit,
        ambience=("hall",),
        room=Room(size=(2 * long, 2 * half, HIGH), absorption=0.3),
    )
