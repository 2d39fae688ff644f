"""What falls out of the sky, all the time and as far as one sees: rain and snow."""

from __future__ import annotations

import math

import numpy as np

from render.engines.world.particles.air import Wind, flake_speed, fly, lottery, puffs, rain_speed
from render.engines.world.stage import Particles, Puffs, Vector

DROPLETS = 4
"""That jump from where a raindrop lands."""
SPLASH = 0.16
"""Seconds for which they are seen."""
DROP: Vector = (1.10, 1.15, 1.20)
"""A drop shows the sky through it, upside down, and so is brighter than what only scatters light."""
FLAKE: Vector = (1.15, 1.18, 1.22)
USUAL = 15.0
"""mm/h of rain that is as loud as rain usually is."""


def rain(
    *,
    rng: np.random.Generator,
    low: Vector,
    high: Vector,
    wind: Vector = (0.0, 0.0, 0.0),
    rate: float = 15.0,
    count: int = 5000,
    swell: float = 1.0,
) -> Particles:
    """Drops between two corners of a box (metres) at their terminal speeds, and splashes on its floor.

    Sizes follow Marshall and Palmer (1948) at ``rate`` mm/h from 0.8 mm up: smaller ones are not to be seen. At most
    ``count`` drops; of those that landed in the last moment, :data:`DROPLETS` droplets each. They are drawn ``swell``
    times as large, for each stands for many. The box repeats sideways.
    """
    slope = 4.1 * rate**-0.21
    least, most = math.exp(-slope * 0.8), math.exp(-slope * 5.5)
    diameter = -np.log(least - (least - most) * rng.random(count)) / slope
    phase, salt = rng.random(count), int(rng.integers(2**32))
    corner, size = np.array(low), np.array(high) - np.array(low)
    speed = rain_speed(diameter)
    period = size[2] / speed
    which = np.arange(count)
    air = np.array((wind[0], wind[1], 0.0))
    velocity = np.repeat(air[None], count, axis=0)
    velocity[:, 2] = -speed

    def spot(cycle: np.ndarray) -> np.ndarray:
        """``[n, 3]`` where each drop lands at the end of a fall."""
        x, y = lottery(which, cycle, salt), lottery(which, cycle, salt + 1)
        return corner + np.stack([x * size[0], y * size[1], 0 * x], -1)

    def splashes(age: np.ndarray, cycle: np.ndarray) -> tuple[np.ndarray, ...]:
        fresh = np.flatnonzero(age < SPLASH)
        each = np.repeat(fresh, DROPLETS)
        nth = np.tile(np.arange(DROPLETS), len(fresh)) + DROPLETS * cycle[each]
        turn = 2 * np.pi * lottery(each, nth, salt + 2)
        out = (0.25 + 0.35 * lottery(each, nth, salt + 3)) * diameter[each] ** 0.5
        up = (0.7 + 0.6 * lottery(each, nth, salt + 4)) * diameter[each] ** 0.5
        away = np.stack([out * np.cos(turn), out * np.sin(turn), up], -1)
        at, going = fly(spot(cycle)[each], away, age[each], terminal=np.full(len(each), 3.0), wind=0.3 * air)
        seen = at[:, 2] > corner[2]
        return at[seen], going[seen], 0.22e-3 * diameter[each][seen] + 0.15e-3

    def cloud(time: float) -> Puffs:
        turns = time / period + phase
        cycle = np.floor(turns).astype(np.int64)
        done = turns - cycle
        at = spot(cycle) - velocity * (period * (1 - done))[:, None]
        jumped, going, small = splashes(done * period, cycle - 1)
        return puffs(
            np.concatenate([at, jumped]),
            np.concatenate([velocity, going]),
            radii=swell * np.concatenate([0.5e-3 * diameter, small]),
            colours=DROP,
            opacity=np.concatenate([np.full(count, 0.55), np.full(len(small), 0.6)]),
            repeats=(size[0], size[1]),
        )

    return Particles(name="rain", emit=lambda _: cloud, strength=math.sqrt(rate / USUAL))


def snow(
    *,
    rng: np.random.Generator,
    low: Vector,
    high: Vector,
    wind: Vector = (0.0, 0.0, 0.0),
    count: int = 5000,
    swell: float = 1.0,
) -> Particles:
    """Flakes of 2 to 10 mm between two corners of a box (metres) that sink, swing and go with the gusts.

    ``count`` flakes, drawn ``swell`` times as large. What leaves the box on one side comes in on the other, and the
    box repeats sideways.
    """
    corner, size = np.array(low), np.array(high) - np.array(low)
    diameter = np.clip(rng.gamma(3.5, 1.2, count), 2.0, 10.0)
    home = rng.random((count, 3)) * size
    sink = flake_speed(diameter) * rng.uniform(0.85, 1.15, count)
    rate = rng.uniform(1.2, 3.4, (count, 3))
    phase = rng.uniform(0, 2 * np.pi, (count, 3))
    swing = rng.uniform(0.02, 0.10, (count, 3)) * np.array((1.0, 1.0, 0.35))
    air = Wind.of(wind, rng)

    def cloud(time: float) -> Puffs:
        angle = rate * time + phase
        way = home + air.carried(time) + swing * np.sin(angle)
        way[:, 2] -= sink * time
        going = air.velocity(time) + swing * rate * np.cos(angle)
        going[:, 2] -= sink
        return puffs(
            corner + np.mod(way, size),
            going,
            radii=0.5e-3 * swell * diameter,
            colours=FLAKE,
            opacity=0.9,
            repeats=(size[0], size[1]),
        )

    return Particles(name="snow", emit=lambda _: cloud)
