"""The crown of a splash: a sheet of water that rises round what falls in, with fingers that break to drops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from render.engines.world.particles.air import GRAVITY, puffs
from render.engines.world.particles.bursts import WHITE, Impact
from render.engines.world.stage import Particles, Puffs, Vector

if TYPE_CHECKING:
    from render.engines.world.physics import Motion

SHEET = (110, 30)
"""Pieces of the sheet round the ring, and from its rim down to the water."""
ROUNDS = 4.0
"""Radii of what falls in that it sinks while the sheet rises."""
SHEER = 0.13
"""Opacity of a piece of the sheet as it leaves the water: several lie over each other, and what is behind is seen."""
STRONG = 0.72
"""Speed of the rim, of that of what falls in."""


def crown(
    impacts: Sequence[Impact], *, rng: np.random.Generator, colour: Vector = WHITE, level: float = 0.0
) -> Particles:
    """A crown for each impact, whose velocity is that of what falls in and whose size is its radius.

    Pieces that leave first are fastest and flattest: they are the rim, and break to drops. Each flies freely; air is
    left out, for the drops are heavy and their flight is short.
    """
    seed = int(rng.integers(2**63))

    def emit(motion: Motion) -> Callable[[float], Puffs]:  # noqa: ARG001
        own = np.random.default_rng(seed)
        parts = [_pieces(impact, own) for impact in impacts]
        start, at, going, size, fine = (np.concatenate([part[k] for part in parts]) for k in range(5))

        def cloud(time: float) -> Puffs:
            age = time - start
            which = np.flatnonzero((age > 0) & (age < 1.6))
            old = age[which][:, None]
            where = at[which] + going[which] * old + np.array((0.0, 0.0, -GRAVITY / 2)) * old**2
            kept = where[:, 2] > level
            which, where, old = which[kept], where[kept], old[kept, 0]
            speed = going[which] - np.array((0.0, 0.0, GRAVITY)) * old[:, None]
            # A sheet stretches, grows thin and tears; drops stay what they are.
            torn = np.clip(old / 0.30, 0, 1)
            sheet = 1.0 - fine[which]
            radius = size[which] * np.where(sheet > 0, 1.0 + 0.8 * torn, 1.0)
            thin = np.where(sheet > 0, SHEER * (1 - torn) ** 1.5 + 0.01, 0.9)
            return puffs(where, speed, radii=radius, colours=colour, opacity=thin)

        return cloud

    return Particles(name="crown", emit=emit)


def _pieces(impact: Impact, own: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Times ``[n]``, places ``[n, 3]``, velocities ``[n, 3]``, radii ``[n]`` and whether each is a drop ``[n]``."""
    speed, size = float(np.linalg.norm(impact.velocity)), impact.size
    round_, down = SHEET
    turn, late = (
        part.ravel() for part in np.meshgrid(np.arange(round_) / round_, np.linspace(0, 1, down), indexing="ij")
    )
    sheet = len(turn)
    drops = sheet // 3
    turn = np.concatenate([turn, own.random(drops)]) * 2 * np.pi
    late = np.concatenate([late, own.beta(0.8, 2.2, drops)])
    fine = np.concatenate([np.zeros(sheet), np.ones(drops)])
    count = int(own.integers(13, 19))
    phases = own.uniform(0, 2 * np.pi, 3)
    finger = (
        0.10 * np.cos(count * turn + phases[0])
        + 0.06 * np.cos(5 * turn + phases[1])
        + 0.04 * np.cos(2 * turn + phases[2])
    )
    n = len(turn)
    turn += own.normal(0, np.where(fine > 0, 0.05, 0.012), n)
    steep = np.radians(56 + 20 * late + own.normal(0, np.where(fine > 0, 5.0, 1.0), n))
    fast = (
        STRONG
        * speed
        * (1 - 0.85 * late)
        * (1 + finger * (1 - late))
        * np.where(fine > 0, own.uniform(0.85, 1.25, n), 1.0)
    )
    start = impact.time + late * ROUNDS * size / max(speed, 0.1)
    reach = size * (1.0 + 0.9 * np.sqrt(late))
    out = np.stack([np.cos(turn), np.sin(turn)], -1)
    at = np.array(impact.position) + np.column_stack([out * reach[:, None], np.zeros(n)])
    going = np.column_stack([out * (fast * np.cos(steep))[:, None], fast * np.sin(steep)])
    drop = 0.018 * size + 0.05 * size * own.random(n) ** 3
    return start, at, going, np.where(fine > 0, drop, 0.10 * size), fine
