"""Bodies of what rolls without a motor: a skateboard, a toy wagon, a cart. Lengths in metres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.families.coachwork import CHROME, DARK, Vehicle, box, loft
from render.engines.world.geometry import Mesh
from render.engines.world.materials import MATERIALS, Colour, Material, named
from render.engines.world.stage import Vector


def _deeper(colour: Colour) -> Colour:
    red, green, blue = colour
    return 0.6 * red, 0.6 * green, 0.6 * blue


def skateboard(paint: Material) -> Vehicle:
    """A skateboard of 80 cm: its deck of maple with bent ends, two trucks, four hard wheels."""
    xs = np.unique(np.concatenate([np.linspace(-0.4, 0.4, 49), [-0.396, 0.396]]))
    ends = np.clip((np.abs(xs) - 0.29) / 0.11, 0, 1)
    wide = 0.1 * np.sqrt(np.maximum(1 - ends**2, 0.02))
    rise = 0.05 * np.clip((np.abs(xs) - 0.26) / 0.14, 0, 1) ** 1.4 + 0.082

    def sheet(low: float, high: float, less: float) -> Mesh:
        return loft(zip(xs, wide - less, rise + low, rise + high, strict=True), round_=0.35)

    deck = sheet(-0.006, 0.005, 0.0)
    trucks = []
    for x in (-0.21, 0.21):
        trucks += [box((0.04, 0.028, 0.006), (x, 0, 0.071), 0.003), box((0.018, 0.02, 0.016), (x, 0, 0.054), 0.006)]
        trucks += [
            geometry.rod((x, -0.105, 0.03), (x, 0.105, 0.03), 0.006, sides=12),
            box((0.014, 0.06, 0.01), (x, 0, 0.038), 0.006),
        ]
    return Vehicle(
        shown=(
            ("deck", deck, replace(MATERIALS["wood"], base=paint.base, accent=_deeper(paint.base))),
            ("grip", sheet(0.0045, 0.0066, 0.002), Material(base=(0.02, 0.02, 0.022), gloss=0.0)),
            ("trucks", geometry.join(trucks), CHROME),
        ),
        frame=(0.08, 0.08, 0.02),
        middle=0.085,
        axles=((0.21, 0.087), (-0.21, 0.087)),
        wheel=(0.03, 0.017),
        long=0.8,
        high=0.14,
        rim=Material(base=(0.75, 0.72, 0.62), gloss=0.4),
        substance="wood",
        tyre="plastic",
        hull=True,
    )


def _tray(paint: Material, half: Vector, at: float, wheel: tuple[float, float], *, handle: bool) -> Vehicle:
    x, y, z = half
    wall = 0.04 * y
    boards = [box((x, y, wall), (0, 0, at - z), 0.4 * wall)]
    boards += [box((x, wall, z), (0, side * y, at), 0.4 * wall) for side in (-1, 1)]
    boards += [box((wall, y, z), (side * x, 0, at), 0.4 * wall) for side in (-1, 1)]
    axles = ((0.68 * x, 1.05 * y), (-0.68 * x, 1.05 * y))
    under = [geometry.rod((a, -b, wheel[0]), (a, b, wheel[0]), 0.07 * y, sides=10) for a, b in axles]
    under += [box((0.05 * x, 0.5 * y, (at - z - wheel[0]) / 2), (a, 0, (at - z + wheel[0]) / 2)) for a, _ in axles]
    if handle:
        under += [geometry.rod((x, 0, 0.7 * at), (1.9 * x, 0, 2.2 * at), 0.035 * y, sides=10)]
        under += [geometry.rod((1.9 * x, -0.3 * y, 2.2 * at), (1.9 * x, 0.3 * y, 2.2 * at), 0.05 * y, sides=10)]
    return Vehicle(
        shown=(("tray", geometry.join(boards), paint), ("axles", geometry.join(under), DARK)),
        frame=(0.4 * y, 0.4 * y, 0.9 * z),
        middle=at,
        axles=axles,
        wheel=wheel,
        long=2 * x,
        high=2.2 * at if handle else at + z,
        rim=Material(base=(0.72, 0.72, 0.70), gloss=0.4),
        substance="wood",
        tyre="rubber",
    )


def wagon(paint: Material) -> Vehicle:
    """A toy wagon of 90 cm with a handle."""
    return _tray(paint, (0.45, 0.22, 0.075), 0.24, (0.11, 0.022), handle=True)


def cart(paint: Material) -> Vehicle:
    """A wooden cart of 1.5 m."""
    return _tray(named("wood", paint.base), (0.75, 0.42, 0.20), 0.55, (0.27, 0.03), handle=False)
