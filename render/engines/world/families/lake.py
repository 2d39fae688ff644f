"""A quiet lake before hills and trees: drops and stones send rings over it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, particles, waves
from render.engines.world.families import waterside
from render.engines.world.materials import Material, Pattern
from render.engines.world.particles import Impact
from render.engines.world.places import scenery
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Launch, Particles, Ring, Shape, Solid, Stage, Water

FALL = 1.1
"""Metres from which stones fall."""
SEEN = 0.6
"""Seconds before the end from which no stone falls that the prompt counts: it reaches the water and starts its ring."""
SOON = 0.25
"""Share of a short clip within which the first stone is let go, and in which it then meets the water."""
PEBBLE = 0.09
RAIN_RINGS = 22
"""Rings a second that rain draws on the water in view."""
GREEN = Material(pattern=Pattern.GRASS, base=(0.06, 0.13, 0.03), accent=(0.13, 0.18, 0.05), gloss=0.0)


def _far_shore(rng: np.random.Generator) -> list[Solid]:
    """A bank in a bow with trees, 40 to 70 metres away."""
    near = float(rng.uniform(42, 60))
    angle = np.radians(np.linspace(10, 170, 121))
    away = np.linspace(0, 70, 15)
    a, r = np.meshgrid(angle, away, indexing="ij")
    bay = near + 5 * np.sin(3 * a + rng.uniform(0, 6)) + 2.5 * np.sin(8 * a + rng.uniform(0, 6))
    height = -0.6 + 3.2 * (1 - np.exp(-r / 14)) + 0.5 * np.sin(5 * a + 0.2 * r) * np.clip(r / 10, 0, 1)
    x, y = (bay + r) * np.cos(a), (bay + r) * np.sin(a)
    made = [waterside.terrain("far shore", x, y, height, GREEN)]
    for k in range(int(rng.integers(26, 40))):
        i, j = int(rng.integers(4, 117)), int(rng.integers(1, 7))
        foot = (float(x[i, j]), float(y[i, j]), float(height[i, j]) - 0.2)
        made += scenery.broadleaf(f"tree {k + 1}", rng, foot, float(rng.uniform(5, 10)), scenery.LEAF)
    return made


def _stones(times: list[float], way: float, rng: np.random.Generator) -> tuple[list[Solid], list[Ring], Particles]:
    """Stones that fall in ``way`` seconds after their times, the rings that they start, and their splashes."""
    speed, high = 9.81 * way, 9.81 / 2 * way**2
    solids, rings, impacts = [], [], []
    for k, time in enumerate(times):
        at = (float(rng.uniform(-0.7, 0.7)), float(rng.uniform(-0.7, 0.8)))
        solids.append(
            Solid(
                name=f"stone {k + 1}",
                shape=Shape.SPHERE,
                size=(PEBBLE,),
                substance="rock",
                material=waterside.STONE,
                look=geometry.rock((PEBBLE, PEBBLE * 0.9, PEBBLE * 0.7), rng, detail=3),
                launch=Launch(time=time, position=(*at, high)),
            )
        )
        rings.append(Ring(time=time + way, position=at, radius=0.16, depth=0.22))
        impacts.append(Impact(time=time + way, position=(*at, 0.0), velocity=(0.0, 0.0, -speed), size=PEBBLE))
    return solids, rings, particles.splash(impacts, rng=rng, colour=(0.62, 0.68, 0.72))


def _drops(rng: np.random.Generator, *, seconds: float, rate: float, radius: float) -> list[Ring]:
    """Rings of drops that fall at random."""
    times = np.cumsum(rng.exponential(1 / rate, math.ceil(rate * (seconds + 4) * 1.5) + 4)) - 4.0
    return [
        Ring(
            time=float(time),
            position=(float(rng.uniform(-3.2, 3.2)), float(rng.uniform(-2.6, 4.5))),
            radius=radius,
            depth=0.35 * radius * float(rng.uniform(0.6, 1.2)),
        )
        for time in times
        if time < seconds
    ]


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`."""
    wind = waterside.wind_of(scene, rng, usual=(0.9, 1.6))
    heading = float(rng.uniform(0, 2 * math.pi))
    ripples = waves.wind_sea(rng=rng, wind=wind, fetch=60.0, heading=heading, count=14, shortest=0.22)
    asked = {action.name for action in scene.actions}
    solids, rings, clouds = _far_shore(rng), [], []
    if scene.weather in {"rain", "storm"}:
        rings += _drops(rng, seconds=seconds, rate=RAIN_RINGS, radius=0.03)
    elif "drops" in asked:
        rings += _drops(rng, seconds=seconds, rate=1.6, radius=0.05)
    if scene.subjects or not rings:
        every, first = float(rng.uniform(1.9, 2.6)), float(rng.uniform(0.15, 0.5))
        way = min(math.sqrt(2 * FALL / 9.81), SOON * seconds)
        first = min(first, SOON * seconds)
        if scene.count:
            every = min(every, max(seconds - first - SEEN, SOON * seconds) / scene.count)
        many = scene.count or math.ceil((seconds - first) / every)
        stones, thrown, crowns = _stones([first + every * k for k in range(many)], way, rng)
        solids += stones
        rings += thrown
        clouds.append(crowns)
    blows = (wind * math.cos(heading), wind * math.sin(heading), 0.0)
    points = np.array(
        ((-1.1, -1.1, 0.0), (1.1, -1.1, 0.0), (-1.3, 1.4, 0.2), (1.3, 1.4, 0.2), (-1.5, 5.0, 0.0), (1.5, 5.0, 1.2))
    )
    return Stage(
        solids=tuple(solids),
        particles=tuple(clouds),
        wind=blows,
        light=replace(waterside.sky(scene, turned=float(rng.uniform(60, 200))), hills=float(rng.uniform(1.0, 1.8))),
        shot=Shot(
            points=points,
            azimuth=-90 + float(rng.uniform(-16, 16)),
            elevation=float(rng.uniform(4.0, 5.5)),
            field_of_view=46,
        ),
        waves=ripples,
        rings=tuple(rings),
        water=Water(
            deep=(0.010, 0.030, 0.030),
            shallow=(0.05, 0.09, 0.05),
            clarity=0.8,
            foam=0.0,
            wind=(0.3 * blows[0], 0.3 * blows[1], 0.0),
        ),
        ambience=("lake",),
    )
