"""A living room: wooden floor, painted walls with skirting, a window, sofa, shelf, rug, plant and pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.light import LIGHTS, indoors
from render.engines.world.materials import COLOURS, MATERIALS, Colour, Material, Pattern
from render.engines.world.places import evening, scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Room, Solid, Vector

PAINTS: tuple[Colour, ...] = (
    (0.62, 0.56, 0.47),
    (0.36, 0.46, 0.44),
    (0.58, 0.47, 0.40),
    (0.44, 0.49, 0.56),
    (0.66, 0.63, 0.57),
)
HIGH = 2.7


def _soft(half: Vector, at: Vector, bevel: float) -> geometry.Mesh:
    return geometry.move(geometry.box(half, bevel=bevel), at)


def _sofa(at: Vector, cloth: Material) -> list[Solid]:
    base = [_soft((1.0, 0.42, 0.13), (0, 0, 0.26), 0.05), _soft((1.0, 0.11, 0.3), (0, 0.36, 0.55), 0.09)]
    base += [_soft((0.12, 0.42, 0.2), (x, 0, 0.45), 0.09) for x in (-1.02, 1.02)]
    base += [_soft((0.43, 0.33, 0.09), (x, -0.06, 0.45), 0.07) for x in (-0.45, 0.45)]
    legs = [
        geometry.move(geometry.cylinder(0.025, 0.07, sides=12), (x, y, 0.07)) for x in (-0.9, 0.9) for y in (-0.3, 0.3)
    ]
    return [
        scenery.prop("sofa", geometry.join(base), cloth, at),
        scenery.prop("sofa's legs", geometry.join(legs), MATERIALS["wood"], at),
    ]


def _shelf(rng: np.random.Generator, at: Vector) -> list[Solid]:
    boards = [geometry.move(geometry.box((0.45, 0.15, 0.014)), (0, 0, 0.08 + 0.36 * k)) for k in range(6)]
    boards += [geometry.move(geometry.box((0.016, 0.15, 0.95)), (x, 0, 0.95)) for x in (-0.45, 0.45)]
    solids = [scenery.prop("shelf", geometry.join(boards), MATERIALS["wood"], at)]
    rows: dict[str, list[geometry.Mesh]] = {}
    for level in range(5):
        x = -0.42
        while x < 0.36:
            wide, tall = float(rng.uniform(0.012, 0.03)), float(rng.uniform(0.09, 0.14))
            if rng.random() < 0.86:
                name = str(rng.choice(["red", "blue", "white", "brown", "teal", "black", "orange", "green"]))
                mesh = geometry.box((wide - 0.001, 0.1, tall))
                rows.setdefault(name, []).append(geometry.move(mesh, (x + wide, -0.03, 0.094 + 0.36 * level + tall)))
            x += 2 * wide
    for name, books in sorted(rows.items()):
        paper = Material(base=tuple(0.6 * c + 0.03 for c in COLOURS[name]), gloss=0.15)  # type: ignore[arg-type]
        solids.append(scenery.prop(f"{name} books", geometry.join(books), paper, at))
    return solids


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`. Furniture stands along the walls beyond +y and ±x."""
    reach = max(clearing + 1.15, 1.9)
    side, deep = reach + 0.9, reach + 8.0
    paint = Material(pattern=Pattern.PLASTER, base=PAINTS[int(rng.integers(len(PAINTS)))], scale=0.03, gloss=0.03)
    white = Material(pattern=Pattern.PLASTER, base=(0.74, 0.73, 0.70), scale=0.03, gloss=0.1)
    tone = float(rng.uniform(0.7, 1.15))
    floor = Material(
        pattern=Pattern.PARQUET,
        base=(0.34 * tone, 0.19 * tone, 0.085 * tone),
        accent=(0.52 * tone, 0.33 * tone, 0.165 * tone),
        scale=0.11,
        gloss=0.3,
        mirror=0.25,
        roughness=0.1,
    )
    things = [
        scenery.block("back wall", (side, 0.1, HIGH / 2), paint, (0.0, reach + 0.1, HIGH / 2)),
        scenery.block("left wall", (0.1, deep / 2, HIGH / 2), paint, (-side - 0.1, reach - deep / 2, HIGH / 2)),
        scenery.block("right wall", (0.1, deep / 2, HIGH / 2), paint, (side + 0.1, reach - deep / 2, HIGH / 2)),
        scenery.prop("skirting", geometry.box((side, 0.012, 0.06)), white, (0.0, reach - 0.01, 0.06)),
        scenery.prop("cornice", geometry.box((side, 0.05, 0.05)), white, (0.0, reach - 0.04, HIGH - 0.05)),
    ]
    x = side * float(rng.uniform(0.28, 0.42))
    panes = [geometry.move(geometry.box((0.30, 0.012, 0.34)), (a, 0, b)) for a in (-0.32, 0.32) for b in (-0.36, 0.36)]
    frame = geometry.join(
        [geometry.box((0.70, 0.03, 0.78)), geometry.move(geometry.box((0.78, 0.10, 0.025)), (0, -0.08, -0.80))]
    )
    things += [
        scenery.prop("window frame", frame, white, (x, reach - 0.0, 1.55)),
        scenery.prop("window", geometry.join(panes), scenery.window(scene.light), (x, reach - 0.03, 1.55)),
    ]
    fabric = replace(
        MATERIALS["cloth"], base=COLOURS[str(rng.choice(["teal", "grey", "brown", "blue", "green"]))], scale=0.004
    )
    curtain = [
        geometry.move(
            geometry.cylinder(0.05, 1.08, sides=14), (x + s * (0.86 + 0.085 * k), reach - 0.13 - 0.025 * (k % 2), 1.5)
        )
        for s in (-1, 1)
        for k in range(4)
    ]
    things.append(scenery.prop("curtains", geometry.join(curtain), replace(fabric, base=(0.60, 0.56, 0.50))))
    things += _sofa((-side * 0.35, reach - 0.52, 0.0), fabric)
    things += _shelf(rng, (side - 0.5, reach - 0.18, 0.0))
    for k, at in enumerate((-0.62, -0.16)):
        tint = COLOURS[str(rng.choice(["orange", "blue", "yellow", "teal", "red"]))]
        art = Material(pattern=Pattern.ROCK, base=tint, accent=(0.8, 0.77, 0.7), scale=0.25)
        place = (side * at, reach - 0.02, 1.62)
        things.append(scenery.prop(f"frame {k + 1}", geometry.box((0.30, 0.018, 0.38)), scenery.IRON, place))
        things.append(scenery.prop(f"picture {k + 1}", geometry.box((0.27, 0.022, 0.35)), art, place))
    pot = geometry.lathe([(0, 0), (0.13, 0), (0.17, 0.3), (0.155, 0.3), (0.14, 0.26), (0, 0.26)], sides=32)
    stand = (-side + 0.4, reach - 0.4, 0.0)
    things.append(scenery.prop("pot", pot, MATERIALS["ceramic"], stand))
    plant = scenery.tufts(np.zeros((6, 2)), rng, height=0.85, blades=12)
    things.append(scenery.prop("plant", plant, scenery.LEAF, (stand[0], stand[1], 0.25)))
    dye = COLOURS[str(rng.choice(["red", "blue", "grey", "orange"]))]
    rug = replace(fabric, base=(0.10 + 0.45 * dye[0], 0.085 + 0.45 * dye[1], 0.075 + 0.45 * dye[2]), scale=0.012)
    things.append(scenery.prop("rug", geometry.cylinder(min(0.9 * reach, 1.7), 0.004, sides=96), rug))
    lit = replace(
        LIGHTS["studio"],
        azimuth=-128 + float(rng.uniform(-16, 16)),
        elevation=50,
        sun=(1.65, 1.45, 1.15),
        softness=0.10,
        horizon=(0.56, 0.53, 0.48),
        zenith=(0.72, 0.70, 0.66),
        ambient=(0.70, 0.68, 0.66),
        ground=(0.42, 0.32, 0.22),
        haze=0.0,
        exposure=0.68,
    )
    return Place(
        solids=tuple(things),
        ground=floor,
        ground_substance="hardwood",
        light=indoors(lit, scene.light),
        evening=evening.at(scene.light, clearing),
        ambience=("room",),
        room=Room(size=(2 * side, 2 * reach, HIGH), absorption=0.3),
    )
