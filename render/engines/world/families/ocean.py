"""The sea that a wind raises, against rocks on a shore."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import particles, waves
from render.engines.world.families import waterside
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Solid, Stage, Water

PLACES = ((2.4, 0.6, 2.3, 2.2), (-1.9, 2.6, 1.35, 1.1), (5.6, 3.6, 2.6, 3.1), (0.2, -1.9, 0.85, 0.55))
FARTHER = ((-4.6, 5.5, 1.3, 0.9), (8.8, 8.5, 3.0, 3.9), (4.4, -1.9, 1.1, 0.8), (-9.5, 12.0, 2.4, 2.6))
"""x, y, radius and height of rocks, in metres; the seed moves, turns and leaves out."""
DEPTH = 12.0
TINTS = (
    ((0.010, 0.062, 0.092), (0.045, 0.30, 0.28)),
    ((0.008, 0.048, 0.085), (0.035, 0.22, 0.26)),
    ((0.016, 0.070, 0.075), (0.07, 0.28, 0.22)),
)


def _rocks(rng: np.random.Generator) -> list[Solid]:
    side = float(rng.choice([-1.0, 1.0]))
    chosen = [*PLACES, *(place for place in FARTHER if rng.random() < 0.75)]
    rocks = []
    for k, (east, north, radius, height) in enumerate(chosen):
        at = (side * (east - 1.0) + 1.0 + float(rng.uniform(-0.6, 0.6)), north + float(rng.uniform(-0.6, 0.6)))
        wide = radius * float(rng.uniform(0.85, 1.15))
        size = (wide, wide * float(rng.uniform(0.8, 1.1)), height * float(rng.uniform(0.85, 1.25)))
        rocks.append(waterside.rock(f"rock {k + 1}", at, size, rng))
    return rocks


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`."""
    wind = waterside.wind_of(scene, rng, usual=(5.5, 8.0))
    heading = math.radians(float(rng.uniform(-125, -60)))
    sea = waves.wind_sea(rng=rng, wind=wind, fetch=22_000.0, heading=heading, depth=DEPTH)
    rocks = _rocks(rng)
    shores = tuple(waterside.shore_of(solid) for solid in rocks)
    blows = (wind * math.cos(heading), wind * math.sin(heading), 0.0)
    deep, shallow = TINTS[int(rng.integers(len(TINTS)))]
    tall = waves.significant_height(sea)
    points = np.array(
        ((-3.4, 1.0, -0.3), (5.6, 1.0, -0.3), (2.4, 0.6, 2.6 + tall), (0.0, -3.0, -0.4 - 0.5 * tall), (5.6, 3.6, 4.4))
    )
    spray = particles.spray(
        waterside.bursts(sea, shores, seconds=seconds), rng=rng, wind=(0.6 * blows[0], 0.6 * blows[1], 0.0)
    )
    return Stage(
        solids=tuple(rocks),
        particles=(spray,),
        wind=blows,
        light=replace(waterside.sky(scene, turned=float(rng.uniform(95, 185))), hills=float(rng.choice([0.0, 0.28]))),
        shot=Shot(
            points=points,
            azimuth=-97 + float(rng.uniform(-14, 14)),
            elevation=6.5 + 1.2 * tall,
            field_of_view=44,
            margin=0.94,
        ),
        waves=sea,
        shores=shores,
        water=Water(wind=blows, deep=deep, shallow=shallow, clarity=1.1),
        ambience=("shore",),
    )
