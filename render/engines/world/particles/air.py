"""How air carries what is small: terminal speeds, drag, gusts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.engines.world.stage import Puffs, Vector

GRAVITY = 9.81
Floats = NDArray[np.float64]


def rain_speed(diameter: Floats) -> Floats:
    """Terminal speed in m/s of raindrops of ``diameter`` millimetres, 0.5 to 6.

    The fit of Atlas, Srivastava and Sekhon (Rev. Geophys. 11, 1973) to the measurements of Gunn and Kinzer (1949).
    """
    return 9.65 - 10.3 * np.exp(-0.6 * diameter)


def flake_speed(diameter: Floats) -> Floats:
    """Terminal speed in m/s of snow aggregates of ``diameter`` millimetres: Locatelli and Hobbs, JGR 79, 1974."""
    return 0.8 * diameter**0.16


def settling_speed(diameter: Floats) -> Floats:
    """Terminal speed in m/s of water drops of ``diameter`` millimetres, however small.

    Stokes' law for the finest, :func:`rain_speed` above 0.8 mm, and 4.09 m/s a millimetre where drag passes from one to
    the other.
    """
    fine = np.minimum(30.0 * diameter**2, 4.09 * diameter)
    return np.where(diameter < 0.8, fine, rain_speed(np.clip(diameter, 0.8, 6.0)))


def fly(
    start: Floats, velocity: Floats, age: Floats, *, terminal: Floats, wind: Floats, lift: Floats | float = 0.0
) -> tuple[Floats, Floats]:
    """``[n, 3]`` positions and velocities ``age`` seconds after a throw through moving air.

    Drag grows with the speed through the air and is such that a thing falls at ``terminal`` m/s in the end; ``lift``
    (m/s² upwards) takes from gravity. ``wind`` is ``[3]`` or ``[n, 3]`` in m/s.
    """
    relax = np.maximum(terminal, 1e-3) / GRAVITY
    final = wind + np.stack([0 * terminal, 0 * terminal, (lift - GRAVITY) * relax], -1)
    kept = np.exp(-age / relax)[:, None]
    away = velocity - final
    return start + final * age[:, None] + away * relax[:, None] * (1 - kept), final + away * kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Wind:
    """A mean wind in m/s that comes in gusts: its strength varies by a quarter (root mean square)."""

    mean: Floats
    rates: Floats
    """rad/s of the gusts."""
    phases: Floats

    @classmethod
    def of(cls, mean: Vector, rng: np.random.Generator) -> Wind:
        rates = 2 * np.pi * np.array((0.07, 0.13, 0.24, 0.41)) * rng.uniform(0.85, 1.15, 4)
        return cls(mean=np.asarray(mean, float), rates=rates, phases=rng.uniform(0, 2 * np.pi, 4))

    def velocity(self, time: float | Floats) -> Floats:
        """``[..., 3]`` m/s."""
        angle = np.asarray(time)[..., None] * self.rates + self.phases
        return (1 + 0.25 * np.sin(angle).sum(-1, keepdims=True) / np.sqrt(2)) * self.mean

    def carried(self, time: float | Floats) -> Floats:
        """``[..., 3]`` metres that the air has gone since time 0."""
        time = np.asarray(time)[..., None]
        swing = (np.cos(self.phases) - np.cos(time * self.rates + self.phases)) / self.rates
        return (time + 0.25 * swing.sum(-1, keepdims=True) / np.sqrt(2)) * self.mean


def lottery(one: NDArray[np.integer], two: NDArray[np.integer], salt: int) -> Floats:
    """A number from 0 to 1 for each pair of whole numbers, always the same one."""
    with np.errstate(over="ignore"):
        n = one.astype(np.uint32) * np.uint32(374761393) + two.astype(np.uint32) * np.uint32(668265263)
        n += np.uint32(salt % 2**32) * np.uint32(2246822519 % 2**32)
        n = (n ^ (n >> np.uint32(13))) * np.uint32(1274126177)
        n = (n ^ (n >> np.uint32(16))) * np.uint32(2654435761 % 2**32)
    return (n ^ (n >> np.uint32(15))).astype(float) / 2**32


def puffs(
    positions: Floats,
    velocities: Floats,
    *,
    radii: Floats | float,
    colours: Floats | Vector,
    opacity: Floats | float,
    glow: Floats | float = 0.0,
    normals: Floats | None = None,
    stalks: Floats | None = None,
    repeats: tuple[float, float] | None = None,
) -> Puffs:
    """Puffs in the contract's types; single values stand for all."""
    n = len(positions)
    return Puffs(
        positions=positions.astype(np.float32),
        velocities=velocities.astype(np.float32),
        radii=np.broadcast_to(radii, n).astype(np.float32),
        colours=np.broadcast_to(colours, (n, 3)).astype(np.float32),
        opacity=np.broadcast_to(opacity, n).astype(np.float32),
        glow=np.broadcast_to(glow, n).astype(np.float32),
        normals=None if normals is None else normals.astype(np.float32),
        stalks=None if stalks is None else stalks.astype(np.float32),
        repeats=repeats,
    )
