"""What falls out of the sky, all the time and as far as one sees: rain and snow."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from render.engines.world.particles.air import Wind, flake_speed, fly, lottery, puffs, rain_speed
from render.engines.world.stage import Particles, Puffs, Vector

Floats = NDArray[np.float64]
Roof = Callable[[Floats, Floats], Floats]
"""Metres up to which what stands reaches, by x and y."""
FAR = 4096.0
"""Metres after which what falls over a known ground is the same again: beyond sight."""
LOOKS, CLOSER = 12, 4
"""Looks along a drop's way for what it meets, and halvings between the last two of them."""
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
    roof: Roof | None = None,
) -> Particles:
    """Drops between two corners of a box (metres) at their terminal speeds, and splashes on its floor.

    Sizes follow Marshall and Palmer (1948) at ``rate`` mm/h from 0.8 mm up: smaller ones are not to be seen. At most
    ``count`` drops; of those that landed in the last moment, :data:`DROPLETS` droplets each. They are drawn ``swell``
    times as large, for each stands for many. The box repeats sideways, unless a ``roof`` is known: then drops end, and
    splash, on what stands in it.
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

    falls, meets = np.full(count, np.iinfo(np.int64).min), np.zeros(count)
    # Each drop's last fall that was asked for, and how long before the ground it meets something: found once a fall.

    def spot(cycle: np.ndarray) -> np.ndarray:
        """``[n, 3]`` where each drop lands at the end of a fall."""
        x, y = lottery(which, cycle, salt), lottery(which, cycle, salt + 1)
        return corner + np.stack([x * size[0], y * size[1], 0 * x], -1)

    def before(landing: Floats, drops: NDArray[np.intp]) -> Floats:
        """``[k]`` seconds before the ground at which ``drops`` meet what stands in their way."""
        if roof is None or not len(drops):
            return np.zeros(len(drops))

        def free(left: Floats) -> NDArray[np.bool_]:
            x, y = landing[:, 0] - air[0] * left, landing[:, 1] - air[1] * left
            return corner[2] + speed[drops] * left >= roof(x, y)

        looks = np.linspace(1.0, 0.0, LOOKS)[:, None] * period[drops]
        clear = np.logical_and.accumulate([free(left) for left in looks])
        last = np.maximum(clear.sum(0) - 1, 0)
        here = np.arange(len(drops))
        above, below = looks[last, here], looks[np.minimum(last + 1, LOOKS - 1), here]
        for _ in range(CLOSER):
            middle = (above + below) / 2
            above, below = np.where(free(middle), (middle, below), (above, middle))
        return np.where(clear[-1], 0.0, above)

    def splashes(drops: NDArray[np.intp], met: Floats, age: Floats, cycle: NDArray[np.int64]) -> tuple[np.ndarray, ...]:
        fresh = np.flatnonzero((age > 0) & (age < SPLASH))
        at, each = np.repeat(fresh, DROPLETS), np.repeat(drops[fresh], DROPLETS)
        nth = np.tile(np.arange(DROPLETS), len(fresh)) + DROPLETS * cycle[each]
        turn = 2 * np.pi * lottery(each, nth, salt + 2)
        out = (0.25 + 0.35 * lottery(each, nth, salt + 3)) * diameter[each] ** 0.5
        up = (0.7 + 0.6 * lottery(each, nth, salt + 4)) * diameter[each] ** 0.5
        away = np.stack([out * np.cos(turn), out * np.sin(turn), up], -1)
        where, going = fly(met[at], away, age[at], terminal=np.full(len(each), 3.0), wind=0.3 * air)
        seen = where[:, 2] > met[at, 2]
        return where[seen], going[seen], 0.22e-3 * diameter[each][seen] + 0.15e-3

    def cloud(time: float) -> Puffs:
        turns = time / period + phase
        cycle = np.floor(turns).astype(np.int64)
        done = turns - cycle
        left, to = period * (1 - done), spot(cycle)
        new = np.flatnonzero(falls != cycle)
        meets[new], falls[new] = before(to[new], new), cycle[new]
        flies = to - velocity * left[:, None]
        flying = left > meets
        now = splashes(which, to - velocity * meets[:, None], meets - left, cycle)
        fresh = np.flatnonzero(done * period < SPLASH)
        last = spot(cycle - 1)[fresh]
        met = before(last, fresh)
        then = splashes(fresh, last - velocity[fresh] * met[:, None], met + (done * period)[fresh], cycle - 1)
        drops = [np.concatenate(parts) for parts in zip(now, then, strict=True)]
        return puffs(
            np.concatenate([flies[flying], drops[0]]),
            np.concatenate([velocity[flying], drops[1]]),
            radii=swell * np.concatenate([0.5e-3 * diameter[flying], drops[2]]),
            colours=DROP,
            opacity=np.concatenate([np.full(flying.sum(), 0.55), np.full(len(drops[2]), 0.6)]),
            repeats=(size[0], size[1]) if roof is None else (FAR, FAR),
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
    roof: Roof | None = None,
) -> Particles:
    """Flakes of 2 to 10 mm between two corners of a box (metres) that sink, swing and go with the gusts.

    ``count`` flakes, drawn ``swell`` times as large. What leaves the box on one side comes in on the other, and the
    box repeats sideways, unless a ``roof`` is known: then none is seen under what stands in it.
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
        at = corner + np.mod(way, size)
        kept = slice(None) if roof is None else at[:, 2] > roof(at[:, 0], at[:, 1])
        return puffs(
            at[kept],
            going[kept],
            radii=0.5e-3 * swell * diameter[kept],
            colours=FLAKE,
            opacity=0.9,
            repeats=(size[0], size[1]) if roof is None else (FAR, FAR),
        )

    return Particles(name="snow", emit=lambda _: cloud)
