"""Deep-water waves that run against rocks on a shore."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.light import LIGHTS
from render.engines.world.materials import Material, Pattern
from render.engines.world.scene import Scene
from render.engines.world.stage import Shape, Shot, Solid, Stage, Wave

WAVELENGTHS = (21.0, 14.5, 10.3, 7.4, 5.1, 3.7, 2.6, 1.9, 1.35, 0.95)
STEEPNESS = (0.095, 0.10, 0.095, 0.09, 0.085, 0.08, 0.075, 0.07, 0.06, 0.05)
"""Wave number times amplitude of each; their sum stays below 1, so that no wave loops over itself."""


def _waves(rng: np.random.Generator) -> tuple[Wave, ...]:
    heading = math.radians(float(rng.uniform(-120, -95)))
    waves = []
    for wavelength, steepness in zip(WAVELENGTHS, STEEPNESS, strict=True):
        length = wavelength * float(rng.uniform(0.92, 1.08))
        waves.append(
            Wave(
                wavelength=length,
                heading=heading + float(rng.normal(0, 0.38)),
                amplitude=steepness * length / (2 * math.pi) * 0.8,
                phase=float(rng.uniform(0, 2 * math.pi)),
            )
        )
    return tuple(waves)


def _rocks(rng: np.random.Generator) -> tuple[list[Solid], list[tuple[float, float, float]]]:
    stone = Material(
        pattern=Pattern.ROCK, base=(0.055, 0.048, 0.042), accent=(0.24, 0.20, 0.165), scale=0.55, gloss=0.22
    )
    places = [(2.4, 0.6, 2.3, 2.2), (-1.9, 2.6, 1.35, 1.1), (5.6, 3.6, 2.6, 3.1), (0.2, -1.9, 0.85, 0.55)]
    places += [(-4.6, 5.5, 1.3, 0.9), (8.8, 8.5, 3.0, 3.9), (4.4, -1.9, 1.1, 0.8)]
    solids, shores = [], []
    for k, (east, north, radius, height) in enumerate(places):
        x, y = east + float(rng.uniform(-0.5, 0.5)), north + float(rng.uniform(-0.5, 0.5))
        look = geometry.rock((radius, radius * float(rng.uniform(0.8, 1.1)), height * 1.1), rng)
        solids.append(
            Solid(
                name=f"rock {k + 1}",
                shape=Shape.SPHERE,
                size=(radius,),
                substance="rock",
                material=stone,
                position=(x, y, 0.0),
                look=look,
                touches=False,
            )
        )
        level = np.abs(look.vertices[:, 2]) < 0.25
        shores.append((x, y, float(np.linalg.norm(look.vertices[level, :2], axis=1).mean())))
    return solids, shores


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:  # noqa: ARG001
    """See :class:`render.engines.world.families.Build`."""
    rocks, shores = _rocks(rng)
    points = np.array(((-3.4, 1.0, -0.3), (5.6, 1.0, -0.3), (2.4, 0.6, 2.6), (0.0, -3.0, -0.4), (5.6, 3.6, 4.4)))
    return Stage(
        solids=tuple(rocks),
        light=replace(LIGHTS[scene.light].turned(float(rng.uniform(150, 185))), hills=0.28),
        shot=Shot(points=points, azimuth=-97 + float(rng.uniform(-8, 8)), elevation=6.5, field_of_view=44, margin=0.94),
        waves=_waves(rng),
        shores=tuple(shores),
        ambience=("shore",),
    )
