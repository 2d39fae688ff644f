"""A stream between stones: level water whose short waves run down its bed. No flow is solved."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world.families import waterside
from render.engines.world.materials import Material, Pattern
from render.engines.world.places import scenery
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Solid, Stage, Water, Wave

HALF = 1.5
"""Metres from the middle of the stream to its banks."""
DEPTH = 0.28
PEBBLES = Material(pattern=Pattern.ROCK, base=(0.16, 0.13, 0.09), accent=(0.34, 0.29, 0.21), scale=0.10, gloss=0.05)
MOSS = Material(pattern=Pattern.GRASS, base=(0.030, 0.062, 0.014), accent=(0.085, 0.11, 0.03), gloss=0.0)
MOSSY = Material(pattern=Pattern.ROCK, base=(0.058, 0.052, 0.042), accent=(0.115, 0.155, 0.045), scale=0.4, gloss=0.1)


def _middle(x: np.ndarray, bends: np.ndarray) -> np.ndarray:
    """Where the stream's middle runs, in metres along y."""
    return 0.55 * np.sin(0.32 * x + bends[0]) + 0.3 * np.sin(0.71 * x + bends[1]) - 0.55 * np.sin(bends[0])


def _valley(bends: np.ndarray, rng: np.random.Generator) -> list[Solid]:
    along, across = (
        np.linspace(-30, 30, 241),
        np.sign(np.linspace(-1, 1, 97)) * np.abs(np.linspace(-1, 1, 97)) ** 1.7 * 24,
    )
    x, off = np.meshgrid(along, across, indexing="ij")
    wide = HALF + 0.25 * np.sin(0.9 * x + bends[2])
    rise = np.clip((np.abs(off) - wide) / 0.7, -1, None)
    rough = 0.05 * np.sin(3.1 * x + bends[3]) * np.sin(2.7 * off) + 0.03 * np.sin(7.3 * x) * np.sin(
        6.1 * off + bends[1]
    )
    height = (
        np.where(
            rise < 0,
            DEPTH * rise,
            0.20 * np.tanh(rise) + np.where(off > 0, 0.12, 0.02) * np.maximum(rise - 1, 0) ** 0.8,
        )
        + rough
    )
    y = off + _middle(x, bends)
    bed = np.abs(off) < HALF + 0.4
    low = int(bed[0].argmax())
    high = bed.shape[1] - int(bed[0, ::-1].argmax())
    made = [waterside.terrain("bed", x[:, low:high], y[:, low:high], height[:, low:high], PEBBLES)]
    for name, part in (("near bank", slice(0, low + 1)), ("far bank", slice(high - 1, None))):
        made.append(waterside.terrain(name, x[:, part], y[:, part], height[:, part], MOSS))
    for k in range(int(rng.integers(24, 32))):
        i, j = int(rng.integers(30, 210)), int(rng.integers(high + 4, bed.shape[1]))
        foot = (float(x[i, j]), float(y[i, j]), float(height[i, j]))
        made += scenery.broadleaf(f"tree {k + 1}", rng, foot, float(rng.uniform(5, 10)), scenery.LEAF)
    return made


def _stones(bends: np.ndarray, rng: np.random.Generator) -> list[Solid]:
    stones = []
    for k in range(int(rng.integers(12, 18))):
        x = float(rng.uniform(-4.5, 4.5))
        off = float(rng.uniform(-1.0, 1.0)) * (HALF - 0.1)
        size = float(rng.gamma(4.0, 0.055)) + 0.08
        at = (x, off + float(_middle(np.array(x), bends)))
        half = (size, size * float(rng.uniform(0.6, 1.0)), size * float(rng.uniform(0.5, 0.9)))
        stones.append(waterside.rock(f"stone {k + 1}", at, half, rng, material=MOSSY))
    return stones


def _waves(rng: np.random.Generator, *, quick: float) -> tuple[Wave, ...]:
    """Short waves that run downstream, towards +x."""
    return tuple(
        Wave(
            wavelength=float(length * rng.uniform(0.92, 1.08)),
            heading=float(rng.normal(0, 0.55)),
            amplitude=0.0085 * quick * float(length) ** 0.9,
            phase=float(rng.uniform(0, 2 * math.pi)),
            depth=DEPTH,
        )
        for length in np.geomspace(1.3, 0.16, 16)
    )


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:  # noqa: ARG001
    """See :class:`render.engines.world.families.Build`."""
    bends = rng.uniform(0, 2 * math.pi, 4)
    stones = _stones(bends, rng)
    quick = 1.5 if "rush" in {action.name for action in scene.actions} else float(rng.uniform(0.8, 1.2))
    points = np.array(((-2.1, -1.0, 0.0), (2.1, -1.0, 0.0), (-2.1, 1.6, 0.3), (2.1, 1.6, 0.3), (0.0, 3.0, 0.9)))
    return Stage(
        solids=(*_valley(bends, rng), *stones),
        light=replace(waterside.sky(scene, turned=float(rng.uniform(-30, 120))), hills=0.6),
        shot=Shot(
            points=points,
            azimuth=-90 + float(rng.uniform(-28, 28)),
            azimuth_tall=-130.0,
            elevation=float(rng.uniform(11, 15)),
            field_of_view=42,
        ),
        waves=_waves(rng, quick=quick),
        shores=tuple(waterside.shore_of(stone) for stone in stones[:6]),
        water=Water(
            deep=(0.034, 0.040, 0.022),
            shallow=(0.10, 0.105, 0.06),
            clarity=0.45,
            foam=0.45,
            wind=(2.5 * quick, 0.0, 0.0),
        ),
        ambience=("stream",),
    )
