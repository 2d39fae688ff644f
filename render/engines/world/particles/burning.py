"""Smoke and fire: hot air rises, widens and cools."""

from __future__ import annotations

import math

import numpy as np

from render.engines.world.particles.air import Wind, fly, lottery, puffs
from render.engines.world.stage import Crack, Lamp, Particles, Puffs, Vector

ENTRAINMENT = 0.12
"""Growth of a plume's radius by metre of its way (Morton, Taylor and Turner 1956: 6/5 of 0.1)."""

TURN = 0.16
"""Seconds in which wood cracks once, if at all."""
SILENT = 0.55
"""Share of the turns in which it does not."""
GLOWS = 2.4
"""Seconds for which a spark glows at most."""


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
    sparks: int = 8,
) -> tuple[Particles, Lamp]:
    """Glowing tongues of a fire ``width`` metres wide, sparks that the hot air carries up, and the light it gives.

    Its height is Heskestad's, its flicker Cetegen and Ahmed's. Hot gas starts slowly, gets faster as it rises and
    draws in towards the middle; it comes in puffs, each of which reaches another height. Sparks fly where wood cracks,
    ``sparks`` of a hard crack. ``count`` particles of flame at any time; ``glow`` is the radiance of the hottest.
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
    chance = int(rng.integers(2**32))
    sway_phases = rng.uniform(0, 2 * np.pi, 3)

    def crack(turns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Times, strengths (0 where there is none) and places of the cracks of these turns of :data:`TURN` seconds."""
        none = np.zeros_like(turns)
        strength = np.clip((lottery(turns, none, chance) - SILENT) / (1 - SILENT), 0, 1) ** 2
        time = (turns + lottery(turns, none, chance + 1)) * TURN
        out, angle = 0.4 * width * lottery(turns, none, chance + 2), 2 * np.pi * lottery(turns, none, chance + 3)
        place = np.stack([out * np.cos(angle), out * np.sin(angle), 0.1 * width + 0 * out], -1)
        return time, strength, np.asarray(source) + place

    def cracks(seconds: float) -> list[Crack]:
        time, strength, place = crack(np.arange(math.ceil(seconds / TURN)))
        heard = np.flatnonzero((strength > 0) & (time < seconds))
        return [
            Crack(time=float(time[k]), strength=float(strength[k]), position=tuple(map(float, place[k])))  # type: ignore[arg-type]
            for k in heard
        ]

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
        lately = math.floor(time / TURN) - np.arange(math.ceil(GLOWS / TURN) + 1)
        turns, nth = np.repeat(lately, sparks), np.tile(np.arange(sparks), len(lately))
        born, strength, start = crack(turns)
        life = GLOWS * (0.35 + 0.65 * lottery(turns, nth, chance + 4))
        age = time - born
        lit = np.flatnonzero((age > 0) & (age < life) & (nth < np.ceil(sparks * strength)))
        age, life, turns, nth = age[lit], life[lit], turns[lit], nth[lit]
        angle = 2 * np.pi * lottery(turns, nth, chance + 5)
        push = 0.25 + 1.3 * strength[lit] * lottery(turns, nth, chance + 6)
        away = np.stack([push * np.cos(angle), push * np.sin(angle), 0.8 + 1.6 * lottery(turns, nth, chance + 7)], -1)
        at, going = fly(start[lit], away, age, terminal=np.full(len(lit), 1.1), wind=air.velocity(born[lit]), lift=21.0)
        swirl = 5 * age + 2 * np.pi * lottery(turns, nth, chance + 8)
        at[:, 0] += 0.10 * age * np.sin(swirl)
        at[:, 1] += 0.10 * age * np.cos(1.3 * swirl)
        left = 1 - age / life
        return at, going, np.full(len(lit), 0.0045), _heat(1 - left), left**0.3, 2.5 * glow * left

    def cloud(time: float) -> Puffs:
        parts = [np.concatenate(both) for both in zip(flames(time), flying(time), strict=True)]
        at, going, radii, colours, opacity, shine = parts
        return puffs(at, going, radii=radii, colours=colours, opacity=opacity, glow=shine)

    def strength(time: float) -> float:
        """The light's: it breathes with the flame's puffs, wanders slowly, and brightens where wood cracks."""
        a, b, c = sway_phases
        puffing = 0.5 * np.sin(2 * np.pi * beat * time + beat_shift).mean() + 0.05 * np.sin(
            0.62 * np.pi * beat * time + a
        )
        slow = 0.06 * math.sin(2 * np.pi * 0.23 * time + b) + 0.04 * math.sin(2 * np.pi * 0.61 * time + c)
        born, hard, _ = crack(math.floor(time / TURN) - np.arange(4))
        age = time - born
        return 1.0 + float(puffing + slow + (0.10 * hard * np.exp(-age / 0.12) * np.clip(age / 0.02, 0, 1)).sum())

    middle = (source[0], source[1], source[2] + 0.42 * tall)
    warm = 0.085 * power
    lamp = Lamp(position=middle, colour=(warm, 0.42 * warm, 0.12 * warm), radius=0.45 * width, flicker=strength)
    return Particles(name="fire", emit=lambda _: cloud, cracks=cracks, strength=math.sqrt(power / 60.0)), lamp
