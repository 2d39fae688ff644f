"""Smoke and fire: hot air rises, widens and cools."""

from __future__ import annotations

import math

import numpy as np

from render.engines.world.particles.air import Wind, fly, puffs
from render.engines.world.stage import Particles, Puffs, Vector

ENTRAINMENT = 0.12
"""Growth of a plume's radius by metre of its way (Morton, Taylor and Turner 1956: 6/5 of 0.1)."""


def flame_height(power: float, width: float) -> float:
    """Metres of the mean flame over a fire of ``power`` kW and ``width`` metres: Heskestad 1983."""
    return max(0.235 * power**0.4 - 1.02 * width, 0.2 * width)


def flicker(width: float) -> float:
    """Hz at which a fire of ``width`` metres puffs: Cetegen and Ahmed 1993."""
    return 1.5 / math.sqrt(width)


def smoke(
    source: Vector,
    *,
    rng: np.random.Generator,
    width: float = 0.3,
    power: float = 30.0,
    wind: Vector = (0.0, 0.0, 0.0),
    colour: Vector = (0.36, 0.36, 0.37),
    thickness: float = 0.22,
    count: int = 160,
    lasts: float = 6.0,
) -> Particles:
    """Puffs over a fire or a vent ``width`` metres wide: ``count`` at any time, each seen for ``lasts`` seconds.

    They rise as a plume of ``power`` kW does (its speed falls with the cube root of the height: Morton, Taylor and
    Turner 1956), widen with their way, go with the gusts and thin out as they widen.
    """
    phase = rng.permutation(count) / count
    swirl = rng.uniform(0, 2 * np.pi, (count, 2))
    aside = rng.normal(0, 1, (count, 2))
    tone = rng.uniform(0.8, 1.15, (count, 1))
    air = Wind.of(wind, rng)
    first = width / (2 * ENTRAINMENT)
    """Height of the source above the plume's virtual origin."""
    climb = 1.03 * power ** (1 / 3)
    """m^(4/3)/s: the speed in a plume's axis times the cube root of its height."""
    foot = 0.75 * first ** (4 / 3) / climb

    def cloud(time: float) -> Puffs:
        age = np.mod(time / lasts + phase, 1.0) * lasts
        born = time - age
        high = (climb * (age + foot) / 0.75) ** 0.75
        rise, radius = high - first, ENTRAINMENT * high
        at = np.zeros((count, 3)) + source + (air.carried(time) - air.carried(born))
        at[:, 2] += rise
        curl = np.stack([np.sin(1.3 * age + swirl[:, 0]), np.cos(1.1 * age + swirl[:, 1])], -1)
        at[:, :2] += (0.45 * aside + 0.35 * curl) * radius[:, None]
        going = np.zeros((count, 3)) + air.velocity(time)
        going[:, 2] += climb * high ** (-1 / 3)
        thin = (radius.min() / radius) ** 0.8 * np.clip(age / 0.4, 0, 1) * np.clip((lasts - age) / (0.4 * lasts), 0, 1)
        return puffs(at, going, radii=1.1 * radius, colours=np.asarray(colour) * tone, opacity=thickness * thin)

    return Particles(name="smoke", emit=lambda _: cloud)


def _heat(share: np.ndarray) -> np.ndarray:
    """``[n, 3]`` colour of soot as it cools: 0 is about 1,900 K, 1 about 1,000 K."""
    hot, warm, dull = np.array((1.0, 0.62, 0.22)), np.array((1.0, 0.30, 0.05)), np.array((0.65, 0.06, 0.01))
    first = np.clip(share / 0.5, 0, 1)[:, None]
    second = np.clip((share - 0.5) / 0.5, 0, 1)[:, None]
    return (hot * (1 - first) + warm * first) * (1 - second) + dull * second


def fire(
    source: Vector,
    *,
    rng: np.random.Generator,
    width: float = 0.5,
    power: float = 60.0,
    wind: Vector = (0.0, 0.0, 0.0),
    glow: float = 7.0,
    count: int = 420,
    sparks: int = 60,
) -> Particles:
    """Glowing tongues of a fire ``width`` metres wide, and sparks that the hot air carries up.

    Its height is Heskestad's, its flicker Cetegen and Ahmed's. Hot gas starts slowly, gets faster as it rises and
    draws in towards the middle; it comes in puffs, each of which reaches another height. ``count`` and ``sparks``
    particles at any time; ``glow`` is the radiance of the hottest.
    """
    tall, beat = 1.35 * flame_height(power, width), flicker(width)
    pull = 9.81 * 0.75
    """m/s²: buoyancy of the gas, slowed by what it drags along."""
    lasts = math.sqrt(2 * tall / pull) * 1.25
    phase, salt = rng.permutation(count) / count, rng.uniform(0, 2 * np.pi, (count, 3))
    ring = np.sqrt(rng.random(count))
    turn = rng.uniform(0, 2 * np.pi, count)
    tongues = 5
    tongue = rng.integers(tongues, size=count)
    lean, beat_shift = rng.uniform(0, 2 * np.pi, tongues), rng.uniform(0, 2 * np.pi, tongues)
    air = Wind.of(wind, rng)
    spark_life, spark_phase = rng.uniform(0.7, 2.2, sparks), rng.random(sparks)
    spark_push = rng.normal(0, 1, (sparks, 3)) * np.array((0.45, 0.45, 0.5)) + np.array((0, 0, 1.0))
    spark_swirl = rng.uniform(0, 2 * np.pi, (sparks, 2))

    def flames(time: float) -> tuple[np.ndarray, ...]:
        age = np.mod(time / lasts + phase, 1.0) * lasts
        born = time - age
        share = age / lasts
        puff = 0.5 + 0.5 * np.sin(2 * np.pi * beat * born + beat_shift[tongue])
        reach = (0.45 + 0.55 * puff) * (1.15 - 0.5 * ring)
        rise = tall * reach * share**1.6
        drawn = width / 2 * ring * (1 - 0.80 * np.minimum(rise / tall, 1.0) ** 0.8)
        sway = 0.10 * width * (rise / tall) * np.sin(2 * np.pi * beat * 0.7 * time + lean[tongue] + 4 * rise / tall)
        at = np.zeros((count, 3)) + source
        at[:, 0] += drawn * np.cos(turn) + sway + 0.03 * width * np.sin(9 * age + salt[:, 0])
        at[:, 1] += drawn * np.sin(turn) + 0.6 * sway + 0.03 * width * np.sin(8 * age + salt[:, 1])
        at += 0.35 * (air.carried(time) - air.carried(born))
        at[:, 2] += rise
        going = np.zeros((count, 3)) + 0.35 * air.velocity(time)
        going[:, 2] += tall * reach * 1.6 * share**0.6 / lasts
        cool = np.clip(share + 0.25 * ring - 0.12, 0, 1)
        radius = width * (0.11 + 0.05 * np.sin(salt[:, 2])) * (1 - 0.75 * share)
        seen = np.clip(share / 0.08, 0, 1) * np.clip((1 - share) / 0.35, 0, 1)
        return at, going, radius, _heat(cool), 0.30 * seen, glow * (1 - 0.75 * cool)

    def flying(time: float) -> tuple[np.ndarray, ...]:
        turns = time / spark_life + spark_phase
        age = np.mod(turns, 1.0) * spark_life
        born = time - age
        lucky = np.mod(np.floor(turns) * 0.618034 + spark_phase * 7.0, 1.0)
        angle = 2 * np.pi * np.mod(lucky * 13.0, 1.0)
        start = np.zeros((sparks, 3)) + source
        start[:, 0] += 0.35 * width * lucky * np.cos(angle)
        start[:, 1] += 0.35 * width * lucky * np.sin(angle)
        at, going = fly(start, spark_push, age, terminal=np.full(sparks, 1.1), wind=air.velocity(born), lift=9.81 + 16)
        at[:, :2] += 0.08 * age[:, None] * np.sin(5 * age[:, None] + spark_swirl)
        left = 1 - age / spark_life
        return at, going, np.full(sparks, 0.004), _heat(1 - left), left**0.3, 2.5 * glow * left

    def cloud(time: float) -> Puffs:
        parts = [np.concatenate(both) for both in zip(flames(time), flying(time), strict=True)]
        at, going, radii, colours, opacity, shine = parts
        return puffs(at, going, radii=radii, colours=colours, opacity=opacity, glow=shine)

    return Particles(name="fire", emit=lambda _: cloud)
