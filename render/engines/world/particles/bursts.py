"""What flies up when something strikes: spray at rocks, crowns of splashes, dust."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from render.engines.world.particles.air import Wind, fly, puffs, settling_speed
from render.engines.world.stage import Particles, Puffs, Vector

if TYPE_CHECKING:
    from render.engines.world.physics import Motion

WHITE: Vector = (0.86, 0.90, 0.94)


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """Something strikes water or dust."""

    time: float
    position: Vector
    velocity: Vector
    """m/s of what is thrown up, on the mean; for a crown, of what falls in."""
    size: float
    """Metres of what strikes or breaks: its radius, or half the width of the crest."""


Impacts = Sequence[Impact] | Callable[["Motion"], Sequence[Impact]]
"""Known beforehand, or found when all bodies have moved."""


def _known(impacts: Impacts, motion: Motion) -> Sequence[Impact]:
    return impacts(motion) if callable(impacts) else impacts


def _columns(impacts: Sequence[Impact], each: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Times ``[n]``, positions ``[n, 3]``, velocities and sizes of ``each`` particles of every impact."""
    times = np.repeat([impact.time for impact in impacts], each)
    at = np.repeat(np.array([impact.position for impact in impacts], float).reshape(-1, 3), each, axis=0)
    velocity = np.repeat(np.array([impact.velocity for impact in impacts], float).reshape(-1, 3), each, axis=0)
    return times.astype(float), at, velocity, np.repeat([impact.size for impact in impacts], each).astype(float)


def _thrown(
    start: np.ndarray, at: np.ndarray, velocity: np.ndarray, diameter: np.ndarray, *, air: Wind, level: float
) -> Callable[[float], tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Gives which drops fly at a time, and their positions and velocities. ``diameter`` is in metres."""
    terminal = settling_speed(1e3 * diameter)
    gust = air.velocity(start)
    longest = np.where(velocity[:, 2] > 0, 2.2 * velocity[:, 2] / 9.81, 0.0) + 1.0

    def flying(time: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        age = time - start
        which = np.flatnonzero((age > 0) & (age < longest))
        where, going = fly(at[which], velocity[which], age[which], terminal=terminal[which], wind=gust[which])
        up = where[:, 2] > level
        return which[up], where[up], going[up]

    return flying


def spray(
    impacts: Impacts,
    *,
    rng: np.random.Generator,
    wind: Vector = (0.0, 0.0, 0.0),
    each: int = 260,
    level: float = -0.6,
) -> Particles:
    """Drops and mist where crests burst on rocks; ``each`` of an impact, until they fall below ``level``.

    Drops of 3 to 14 mm fly as their drag lets them; a quarter is mist that hangs, widens and goes with the wind.
    """
    seed = int(rng.integers(2**63))

    def emit(motion: Motion) -> Callable[[float], Puffs]:
        own = np.random.default_rng(seed)
        start, at, velocity, size = _columns(_known(impacts, motion), each)
        n = len(start)
        strength = np.linalg.norm(velocity, axis=1)
        mist = own.random(n) < 0.25
        start += own.exponential(0.09, n)
        at += own.normal(size=(n, 3)) * size[:, None] * np.array((0.45, 0.45, 0.12))
        push = own.normal(size=(n, 3)) * np.array((0.30, 0.30, 0.22)) * strength[:, None]
        velocity = velocity * own.beta(1.6, 1.8, (n, 1)) * 1.5 + push
        diameter = np.clip(own.gamma(3.0, 1.6e-3, n) + 2e-3, 3e-3, 14e-3)
        air = Wind.of(wind, own)
        flying = _thrown(start, at, velocity, np.where(mist, 0.6e-3, diameter), air=air, level=level)
        width = np.minimum(0.25, 0.16 * size) * own.uniform(0.6, 1.4, n)

        def cloud(time: float) -> Puffs:
            which, where, going = flying(time)
            age, soft = time - start[which], mist[which]
            fade = np.exp(-age / 0.55) * np.clip(age / 0.08, 0, 1)
            return puffs(
                where,
                going * np.where(soft, 0.25, 1.0)[:, None],
                radii=np.where(soft, width[which] * (0.4 + 1.6 * np.sqrt(age)), diameter[which] / 2),
                colours=WHITE,
                opacity=np.where(soft, 0.26 * fade, 0.85),
            )

        return cloud

    return Particles(name="spray", emit=emit)


def splash(
    impacts: Impacts,
    *,
    rng: np.random.Generator,
    colour: Vector = WHITE,
    each: int = 220,
    level: float = 0.0,
) -> Particles:
    """A crown of drops round what falls in, then the jet from its middle; ``each`` particles of an impact.

    The crown's fastest drops leave first and flattest. The jet comes when the dent, about as deep as it can dig
    (Froude), has closed again.
    """
    seed = int(rng.integers(2**63))

    def emit(motion: Motion) -> Callable[[float], Puffs]:
        own = np.random.default_rng(seed)
        start, at, velocity, size = _columns(_known(impacts, motion), each)
        n = len(start)
        speed = np.linalg.norm(velocity, axis=1)
        jet = own.random(n) < 0.2
        late = own.random(n)
        turn = np.round(own.random(n) * 22) / 22 * 2 * np.pi + own.normal(0, 0.05, n)
        steep = np.radians(48 + 30 * late + own.normal(0, 4, n))
        fast = 0.75 * speed * (1 - 0.75 * late) * own.uniform(0.75, 1.1, n)
        out, up = fast * np.cos(steep), fast * np.sin(steep)
        closing = 1.6 * np.sqrt(size / 9.81) * np.maximum(speed / np.sqrt(9.81 * size), 1.0) ** 0.5
        start += np.where(jet, closing + 0.06 * late, 2.0 * late * size / np.maximum(speed, 0.1))
        ring = np.where(jet, 0.1 * own.random(n), 1.0 + 0.5 * late) * size
        at[:, 0] += ring * np.cos(turn)
        at[:, 1] += ring * np.sin(turn)
        out = np.where(jet, 0.04 * speed, out)
        up = np.where(jet, 0.62 * speed * (1 - 0.7 * late), up)
        diameter = size * np.where(jet, 0.16 - 0.08 * late, 0.05 + 0.07 * own.random(n))
        thrown = np.stack([out * np.cos(turn), out * np.sin(turn), up], -1)
        flying = _thrown(start, at, thrown, diameter, air=Wind.of((0.0, 0.0, 0.0), own), level=level)

        def cloud(time: float) -> Puffs:
            which, where, going = flying(time)
            return puffs(where, going, radii=diameter[which] / 2, colours=colour, opacity=0.9)

        return cloud

    return Particles(name="splash", emit=emit)


def dust(
    impacts: Impacts,
    *,
    rng: np.random.Generator,
    colour: Vector = (0.42, 0.34, 0.25),
    wind: Vector = (0.0, 0.0, 0.0),
    each: int = 14,
    lasts: float = 1.6,
    thick: float = 0.22,
) -> Particles:
    """Puffs of dust that start outwards over the ground, are soon stopped by the air, widen and thin out.

    ``each`` of an impact; the air's drag stops them within a tenth of a second, then the wind takes them. ``thick`` is
    the opacity of a fresh one.
    """
    seed = int(rng.integers(2**63))

    def emit(motion: Motion) -> Callable[[float], Puffs]:
        own = np.random.default_rng(seed)
        start, at, velocity, size = _columns(_known(impacts, motion), each)
        n = len(start)
        strength = np.linalg.norm(velocity, axis=1)
        turn, wide = own.uniform(0, 2 * np.pi, n), own.uniform(0.4, 1.0, n)
        thrown = np.stack([np.cos(turn), np.sin(turn), own.uniform(0.15, 0.6, n)], -1) * (strength * wide)[:, None]
        air, terminal = Wind.of(wind, own), np.full(n, 1.0)

        def cloud(time: float) -> Puffs:
            age = time - start
            which = np.flatnonzero((age > 0) & (age < lasts))
            old = age[which]
            where, going = fly(
                at[which],
                thrown[which],
                old,
                terminal=terminal[which],
                wind=air.velocity(start[which]) * 0.5,
                lift=9.81 + 0.4,
            )
            radius = size[which] * (0.25 + 0.9 * wide[which] * np.sqrt(old / lasts))
            where[:, 2] = np.maximum(where[:, 2], 0.6 * radius)
            thin = (1 - old / lasts) ** 1.5 * np.minimum(old / 0.04, 1.0) * np.minimum(strength[which] / 2, 1.0)
            return puffs(where, going, radii=radius, colours=colour, opacity=thick * thin)

        return cloud

    return Particles(name="dust", emit=emit)
