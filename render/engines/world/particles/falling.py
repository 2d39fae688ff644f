"""What falls out of the sky or off the trees, all the time, over a place: rain, snow and leaves."""

from __future__ import annotations

import math

import numpy as np

from render.engines.world.particles.air import Wind, flake_speed, fly, lottery, puffs, rain_speed
from render.engines.world.stage import Particles, Puffs, Vector

DROPLETS = 4
"""That jump from where a raindrop lands."""
SPLASH = 0.16
"""Seconds for which they are seen."""
AUTUMN: tuple[Vector, ...] = ((0.52, 0.17, 0.03), (0.62, 0.34, 0.04), (0.36, 0.08, 0.03), (0.30, 0.22, 0.05))
FADING = 1.0
"""Seconds in which a leaf on the ground shrinks away before it falls anew."""


def rain(
    *,
    rng: np.random.Generator,
    low: Vector,
    high: Vector,
    wind: Vector = (0.0, 0.0, 0.0),
    rate: float = 15.0,
    count: int = 5000,
    lands: bool = True,
) -> Particles:
    """Drops between two corners of a box (metres) at their terminal speeds, and splashes on its floor if it ``lands``.

    Sizes follow Marshall and Palmer (1948) at ``rate`` mm/h from 0.8 mm up: smaller ones are not to be seen. At most
    ``count`` drops; of those that landed in the last moment, :data:`DROPLETS` droplets each.
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
        if not lands:
            return puffs(at, velocity, radii=0.5e-3 * diameter, colours=(0.80, 0.84, 0.88), opacity=0.55)
        jumped, going, small = splashes(done * period, cycle - 1)
        return puffs(
            np.concatenate([at, jumped]),
            np.concatenate([velocity, going]),
            radii=np.concatenate([0.5e-3 * diameter, small]),
            colours=(0.80, 0.84, 0.88),
            opacity=np.concatenate([np.full(count, 0.55), np.full(len(small), 0.8)]),
        )

    return Particles(name="rain", emit=lambda _: cloud)


def snow(
    *,
    rng: np.random.Generator,
    low: Vector,
    high: Vector,
    wind: Vector = (0.0, 0.0, 0.0),
    count: int = 5000,
) -> Particles:
    """Flakes of 2 to 10 mm between two corners of a box (metres) that sink, swing and go with the gusts.

    ``count`` flakes. What leaves the box on one side comes in on the other.
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
            corner + np.mod(way, size), going, radii=0.5e-3 * diameter, colours=(0.92, 0.94, 0.97), opacity=0.9
        )

    return Particles(name="snow", emit=lambda _: cloud)


def leaves(
    *,
    rng: np.random.Generator,
    low: Vector,
    high: Vector,
    wind: Vector = (0.0, 0.0, 0.0),
    count: int = 120,
    colours: tuple[Vector, ...] = AUTUMN,
    falls: float = 0.5,
) -> Particles:
    """Leaves that tumble down between two corners of a box (metres), glide to and fro, and lie on its floor.

    ``count`` leaves, of which a share ``falls`` is in the air. In each turn a leaf is quick when it stands on edge and
    slow when it lies flat, and glides to the side that it leans to.
    """
    corner, size = np.array(low), np.array(high) - np.array(low)
    radius = rng.uniform(0.022, 0.048, count)
    sink = rng.uniform(0.9, 1.6, count)
    spin = rng.uniform(3.0, 6.5, count) * rng.choice((-1.0, 1.0), count)
    side = rng.uniform(0, 2 * np.pi, count)
    lean = np.stack([np.cos(side), np.sin(side), 0 * side], -1)
    glide = rng.uniform(0.06, 0.18, count)
    phase, home = rng.random(count), rng.random((count, 2)) * size[:2]
    rest = rng.normal(0, 0.16, (count, 2))
    flat = np.concatenate([rest, np.sqrt(1 - np.clip((rest**2).sum(1, keepdims=True), 0, 0.5))], 1)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    colour = np.array(colours)[rng.integers(len(colours), size=count)] * rng.uniform(0.7, 1.2, (count, 1))
    air, salt = Wind.of(wind, rng), int(rng.integers(2**32))
    down = size[2] / sink
    period = down / falls
    which = np.arange(count)

    def cloud(time: float) -> Puffs:
        turns = time / period + phase
        cycle = np.floor(turns).astype(np.int64)
        age = (turns - cycle) * period
        aloft = np.minimum(age, down)
        start = time - age
        shift = air.carried(start + aloft) - air.carried(start)
        angle = spin * aloft
        near = np.clip((down - aloft) / 0.25, 0, 1)
        swing = lean * (glide * np.cos(angle))[:, None]
        fresh = np.stack([lottery(which, cycle, salt), lottery(which, cycle, salt + 1)], -1) * size[:2]
        at = np.zeros((count, 3))
        at[:, :2] = corner[:2] + np.mod(home + fresh + shift[:, :2] + swing[:, :2], size[:2])
        wobble = sink / (2 * spin) * np.sin(2 * angle) * 0.55
        at[:, 2] = corner[2] + np.maximum(size[2] - sink * aloft + wobble * near, 0.15 * radius)
        flying = (age < down)[:, None]
        going = air.velocity(time) - lean * (glide * spin * np.sin(angle))[:, None]
        going[:, 2] = -sink * (1 - 0.55 * np.cos(2 * angle) * near)
        tumbling = lean * np.sin(angle)[:, None]
        tumbling[:, 2] = np.cos(angle)
        mixed = tumbling * near[:, None] + flat * (1 - near)[:, None] * np.where(np.cos(angle) < 0, -1, 1)[:, None]
        shown = np.clip((period - age) / FADING, 0, 1)
        return puffs(
            at,
            np.where(flying, going, 0.0),
            radii=radius * shown,
            colours=colour,
            opacity=1.0,
            normals=mixed / np.linalg.norm(mixed, axis=1, keepdims=True),
        )

    return Particles(name="leaves", emit=lambda _: cloud)
