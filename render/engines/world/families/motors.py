"""Bodies of cars, lorries, buses and vans, and of a toy car. Lengths in metres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.families.coachwork import (
    CHROME,
    DARK,
    GLASS,
    LAMP,
    TAIL,
    Vehicle,
    along,
    arches,
    both,
    box,
    loft,
    scaled,
    windscreen,
)
from render.engines.world.materials import Material


def car(paint: Material) -> Vehicle:
    """A saloon 4.4 m long."""
    axles, radius = (1.34, -1.28), 0.33
    xs = np.unique(np.concatenate([np.linspace(-2.2, 2.2, 61), *(a + np.linspace(-0.41, 0.41, 21) for a in axles)]))
    wide = 0.88 * (1 - 0.16 * (np.abs(xs) / 2.2) ** 5)
    low = arches(xs, along(xs, ((-2.2, 0.42), (-2.0, 0.26), (2.05, 0.22), (2.2, 0.36))), axles, radius, 0.40)
    top = along(xs, ((-2.2, 0.78), (-2.12, 0.93), (-1.6, 0.97), (0.9, 0.93), (1.9, 0.80), (2.12, 0.70), (2.2, 0.58)))
    body = loft(zip(xs, wide, low, np.maximum(top, low + 0.02), strict=True), narrow=0.05, round_=0.22)
    glass = np.linspace(-1.82, 1.14, 40)
    line = ((-1.82, 0.93), (-1.15, 1.38), (-0.5, 1.44), (0.22, 1.41), (1.14, 0.92))
    cabin = loft(
        zip(glass, np.full(40, 0.76), np.full(40, 0.80), along(glass, line), strict=True), narrow=0.19, round_=0.2
    )
    top_x = np.linspace(-1.2, 0.28, 16)
    lid = along(top_x, line)
    roof = loft(zip(top_x, np.full(16, 0.645), lid - 0.05, lid + 0.022, strict=True), round_=0.3)
    posts = [
        geometry.rod(one, two, 0.038, sides=8)
        for side in (-1, 1)
        for one, two in (
            ((1.10, side * 0.74, 0.93), (0.24, side * 0.60, 1.40)),
            ((-0.30, side * 0.765, 0.93), (-0.36, side * 0.62, 1.42)),
            ((-1.74, side * 0.74, 0.95), (-1.12, side * 0.60, 1.38)),
        )
    ]
    mirrors = both((0.09, 0.08, 0.06), (0.92, 0.90, 0.98), 0.04)
    seams = [part for x in (0.86, -0.30, -1.02) for part in both((0.004, 0.003, 0.26), (x, 0.8795, 0.62))]
    trim = [box((1.95, 0.80, 0.06), (0.0, 0.0, 0.24)), box((0.02, 0.42, 0.06), (2.185, 0.0, 0.46), 0.015), *seams]
    handles = [part for x in (-0.16, -0.92) for part in both((0.08, 0.015, 0.014), (x, 0.885, 0.82), 0.008)]
    return Vehicle(
        shown=(
            ("body", geometry.join([body, roof, *posts, *mirrors]), paint),
            ("windows", cabin, GLASS),
            ("trim", geometry.join(trim), DARK),
            ("handles", geometry.join(handles), CHROME),
            ("headlights", geometry.join(both((0.05, 0.17, 0.055), (2.09, 0.60, 0.64), 0.03)), LAMP),
            ("tail lights", geometry.join(both((0.04, 0.17, 0.06), (-2.15, 0.62, 0.80), 0.02)), TAIL),
            ("plates", geometry.join([box((0.008, 0.26, 0.055), (x, 0, 0.5)) for x in (-2.2, 2.2)]), LAMP),
        ),
        frame=(0.44, 0.44, 0.44),
        middle=0.56,
        axles=tuple((x, 0.76) for x in axles),
        wheel=(radius, 0.105),
        long=4.4,
        high=1.46,
        motor=True,
    )


def truck(paint: Material) -> Vehicle:
    """A lorry 6.6 m long with a closed body behind its cab."""
    axles, radius = (2.25, -1.85), 0.48
    xs = np.unique(np.concatenate([np.linspace(1.05, 3.25, 34), 2.25 + np.linspace(-0.60, 0.60, 25)]))
    low = arches(xs, np.full_like(xs, 0.52), axles, radius, 0.58)
    wide = along(xs, ((1.05, 1.04), (2.9, 1.04), (3.25, 0.97)))
    top = along(xs, ((1.05, 2.42), (1.3, 2.50), (2.2, 2.50), (2.55, 2.38), (3.0, 1.45), (3.25, 1.32)))
    cab = loft(zip(xs, wide, low, np.maximum(top, low + 0.05), strict=True), narrow=0.06, round_=0.17)
    body = box((2.05, 1.14, 1.02), (-1.12, 0.0, 1.98), 0.03)
    ribs = [part for x in np.linspace(-2.9, 0.7, 7) for part in both((0.02, 0.012, 0.98), (float(x), 1.145, 1.98))]
    chassis = box((3.05, 0.42, 0.10), (-0.05, 0.0, 0.78))
    bumper = box((0.08, 1.0, 0.13), (3.26, 0.0, 0.58), 0.03)
    skirt = both((1.0, 0.03, 0.10), (0.0, 1.05, 0.78))
    shield = windscreen((2.60, 2.27), (2.985, 1.49), 0.86)
    side = both((0.46, 0.012, 0.30), (1.95, 1.012, 1.92), 0.008)
    guards = [part for x in (-1.85,) for part in both((0.56, 0.16, 0.02), (x, 0.95, 1.02), 0.015)]
    white = Material(base=(0.74, 0.74, 0.72), gloss=0.4)
    return Vehicle(
        shown=(
            ("cab", cab, paint),
            ("box", body, white),
            ("ribs", geometry.join(ribs), Material(base=(0.58, 0.58, 0.57), gloss=0.4)),
            ("windows", geometry.join([shield, *side]), GLASS),
            ("chassis", geometry.join([chassis, bumper, *skirt, *guards]), DARK),
            ("grille", box((0.02, 0.62, 0.16), (3.25, 0.0, 1.02), 0.015), DARK),
            ("headlights", geometry.join(both((0.03, 0.13, 0.08), (3.26, 0.82, 0.86), 0.02)), LAMP),
            ("tail lights", geometry.join(both((0.03, 0.12, 0.06), (-3.17, 0.9, 0.86), 0.015)), TAIL),
        ),
        frame=(0.70, 0.70, 0.70),
        middle=1.15,
        axles=tuple((x, 0.94) for x in axles),
        wheel=(radius, 0.15),
        long=6.6,
        high=3.0,
        motor=True,
    )


def bus(paint: Material) -> Vehicle:
    """A city bus 10 m long."""
    axles, radius = (3.0, -2.6), 0.48
    xs = np.unique(np.concatenate([np.linspace(-5, 5, 81), *(a + np.linspace(-0.6, 0.6, 25) for a in axles)]))
    low = arches(xs, np.full_like(xs, 0.32), axles, radius, 0.58)
    wide = along(xs, ((-5.0, 1.20), (-4.9, 1.25), (4.85, 1.25), (5.0, 1.18)))
    top = along(xs, ((-5.0, 2.85), (-4.85, 3.0), (4.7, 3.0), (5.0, 2.8)))
    body = loft(zip(xs, wide, low, top, strict=True), narrow=0.03, round_=0.12)
    windows = [
        part for x in np.linspace(-4.2, 3.4, 7) for part in both((0.56, 0.014, 0.42), (float(x), 1.228, 2.05), 0.01)
    ]
    windows.append(box((0.014, 1.08, 0.62), (5.0, 0.0, 2.02), 0.01))
    windows.append(box((0.014, 0.95, 0.40), (-5.0, 0.0, 2.2), 0.01))
    windows += [box((0.42, 0.014, 0.95), (x, -1.232, 1.45), 0.01) for x in (4.25, -0.35)]
    stripe = both((4.85, 0.008, 0.07), (0.0, 1.25, 1.15))
    return Vehicle(
        shown=(
            ("body", body, paint),
            ("windows", geometry.join(windows), GLASS),
            ("stripe", geometry.join(stripe), Material(base=(0.75, 0.75, 0.72), gloss=0.5)),
            ("bumpers", geometry.join([box((0.05, 1.15, 0.12), (x, 0, 0.45), 0.03) for x in (-5.0, 5.0)]), DARK),
            ("headlights", geometry.join(both((0.03, 0.16, 0.08), (5.0, 0.9, 0.75), 0.02)), LAMP),
            ("tail lights", geometry.join(both((0.03, 0.10, 0.14), (-5.0, 1.0, 0.95), 0.02)), TAIL),
        ),
        frame=(1.0, 1.0, 0.8),
        middle=1.0,
        axles=tuple((x, 1.06) for x in axles),
        wheel=(radius, 0.15),
        long=10.0,
        high=3.0,
        motor=True,
    )


def van(paint: Material) -> Vehicle:
    """A delivery van 5.2 m long."""
    axles, radius = (1.72, -1.55), 0.35
    xs = np.unique(np.concatenate([np.linspace(-2.6, 2.6, 66), *(a + np.linspace(-0.43, 0.43, 21) for a in axles)]))
    low = arches(xs, along(xs, ((-2.6, 0.34), (-2.4, 0.28), (2.4, 0.26), (2.6, 0.36))), axles, radius, 0.42)
    wide = 0.97 * (1 - 0.12 * (np.abs(xs) / 2.6) ** 6)
    top = along(
        xs, ((-2.6, 1.95), (-2.5, 2.14), (0.7, 2.18), (1.05, 2.08), (1.85, 1.26), (2.4, 1.05), (2.55, 0.9), (2.6, 0.75))
    )
    body = loft(zip(xs, wide, low, np.maximum(top, low + 0.02), strict=True), narrow=0.09, round_=0.18)
    shield = windscreen((1.12, 2.01), (1.80, 1.31), 0.76)
    side = both((0.36, 0.012, 0.24), (0.82, 0.915, 1.62), 0.008)
    return Vehicle(
        shown=(
            ("body", body, paint),
            ("windows", geometry.join([shield, *side]), GLASS),
            (
                "trim",
                geometry.join([box((2.3, 0.86, 0.06), (0, 0, 0.27)), box((0.03, 0.6, 0.1), (2.57, 0, 0.5), 0.02)]),
                DARK,
            ),
            ("headlights", geometry.join(both((0.05, 0.14, 0.09), (2.46, 0.70, 0.82), 0.03)), LAMP),
            ("tail lights", geometry.join(both((0.03, 0.07, 0.2), (-2.58, 0.84, 1.05), 0.02)), TAIL),
        ),
        frame=(0.55, 0.55, 0.55),
        middle=0.75,
        axles=tuple((x, 0.84) for x in axles),
        wheel=(radius, 0.11),
        long=5.2,
        high=2.18,
        motor=True,
    )


def toy_car(paint: Material) -> Vehicle:
    """A toy of 24 cm."""
    big, scale = car(replace(paint, mirror=0.35)), 0.055
    return replace(
        big,
        shown=tuple((name, scaled(look, scale), material) for name, look, material in big.shown),
        frame=(0.024, 0.024, 0.02),
        middle=big.middle * scale,
        axles=tuple((x * scale, y * scale) for x, y in big.axles),
        wheel=(big.wheel[0] * scale, big.wheel[1] * scale),
        long=big.long * scale,
        high=big.high * scale,
        tyre="plastic",
        motor=False,
    )
