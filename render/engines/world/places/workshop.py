"""A workshop's bench top, for small things: worn wood, a tool wall, jars, clamps and planks behind it, out of reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.light import LIGHTS
from render.engines.world.materials import COLOURS, MATERIALS, Material, Pattern
from render.engines.world.places import scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Room, Solid


def _tools(rng: np.random.Generator, y: float) -> list[Solid]:
    """Hammers, chisels and saws on the wall."""
    handles, irons = [], []
    for k in range(9):
        x, z, kind = (
            -0.72 + 0.18 * k + float(rng.uniform(-0.03, 0.03)),
            float(rng.uniform(0.34, 0.42)),
            int(rng.integers(3)),
        )
        grip = float(rng.uniform(0.05, 0.08))
        handles.append(geometry.move(geometry.cylinder(0.011, grip, bevel=0.004, sides=16), (x, y - 0.03, z)))
        if kind == 0:
            irons.append(geometry.move(geometry.box((0.045, 0.014, 0.014), bevel=0.004), (x, y - 0.03, z + grip)))
        else:
            wide = 0.008 if kind == 1 else 0.03
            irons.append(geometry.move(geometry.box((wide, 0.002, 0.06)), (x, y - 0.03, z - grip - 0.06)))
    wood = replace(MATERIALS["wood"], scale=0.05)
    return [
        scenery.prop("handles", geometry.join(handles), wood),
        scenery.prop("irons", geometry.join(irons), MATERIALS["metal"]),
    ]


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:  # noqa: ARG001
    """See :class:`render.engines.world.places.place.Lay`. The ground is the bench top."""
    behind = clearing + 0.28
    tone = float(rng.uniform(0.8, 1.2))
    top = Material(
        pattern=Pattern.PARQUET,
        base=(0.34 * tone, 0.19 * tone, 0.085 * tone),
        accent=(0.55 * tone, 0.36 * tone, 0.19 * tone),
        scale=0.14,
        gloss=0.22,
        mirror=0.18,
        roughness=0.2,
    )
    board = replace(MATERIALS["wood"], scale=0.3, base=(0.36, 0.25, 0.15), accent=(0.22, 0.14, 0.08), mirror=0.0)
    wall = Material(pattern=Pattern.PLASTER, base=(0.40, 0.42, 0.41), scale=0.03, gloss=0.03)
    things = [
        scenery.prop("wall", geometry.box((9.0, 0.05, 2.5)), wall, (0.0, behind + 0.45, 2.5)),
        scenery.prop("tool board", geometry.box((0.85, 0.012, 0.24)), board, (0.0, behind + 0.38, 0.38)),
        scenery.block(
            "ledge",
            (9.0, 0.02, 0.02),
            replace(MATERIALS["wood"], scale=0.1),
            (0.0, behind + 0.3, 0.02),
            substance="wood",
        ),
        *_tools(rng, behind + 0.37),
    ]
    for k in range(6):
        colour = COLOURS[str(rng.choice(["red", "blue", "yellow", "green", "white", "orange"]))]
        radius, high = float(rng.uniform(0.028, 0.05)), float(rng.uniform(0.04, 0.075))
        at = (
            (-1) ** k * float(rng.uniform(0.2, 0.95) + clearing * 0.6),
            behind + 0.14 + float(rng.uniform(-0.05, 0.06)),
            high,
        )
        if any(np.hypot(at[0] - other.position[0], at[1] - other.position[1]) < 0.11 for other in things[5:]):
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
        things.append(scenery.prop(f"tin {k + 1}", geometry.cylinder(radius, high, bevel=0.003), tin, at))
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
        solids=tuple(things),
        ground=top,
        ground_substance="hardwood",
        light=lit,
        ambience=("room",),
        room=Room(size=(7.0, 5.0, 2.8), absorption=0.3),
    )
