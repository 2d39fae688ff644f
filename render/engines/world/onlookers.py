"""Onlookers who cannot sit still: they sway, hop to a song, leap when they cheer and stand when they groan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.engines.world.geometry import Mesh
from render.engines.world.materials import Material

GRAVITY = 9.81
ALOFT = 0.7
"""Share of a beat for which a hop lasts."""
SWAY, SWAYS = 0.05, 0.27
"""Metres to either side, and times in a beat."""
RISE, SETTLE = 0.35, 2.5
"""Seconds in which a reaction takes hold of somebody, and in which it fades to a third."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """Onlookers take something in."""

    time: float
    """Seconds of the scene."""
    mood: float
    """1 when they cheer, 0 when they gasp, −1 when they groan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """All that is of one material on the onlookers of a crowd."""

    material: Material
    mesh: Mesh
    """In the world, while they stand still."""
    who: NDArray[np.int32]
    """``[vertices]``: on which of them each vertex is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Onlookers so far away that nobody misses their shadows. Arrays have one row for each."""

    dresses: tuple[Dress, ...]
    bounds: NDArray[np.float32]
    """``[n, 4]``: centre and radius in metres of a sphere about each who stands still."""
    aside: NDArray[np.float32]
    """``[n, 3]``: unit vectors along their row."""
    beats: NDArray[np.float32]
    """``[n]``: hops in a second."""
    phases: NDArray[np.float32]
    """``[n]``: how far each is in a hop at first, 0 to 1."""
    spirits: NDArray[np.float32]
    """``[n]``: how high each hops of its own accord, as a share of the most."""
    delays: NDArray[np.float32]
    """``[n]``: seconds until each takes in what happens."""

    def shifts(self, time: float, seen: Sequence[Reaction]) -> NDArray[np.float32]:
        """``[n, 3]`` metres by which each is off its place at ``time``, in seconds of the scene.

        A hop at full height is a free fall: its height is that of so long a time in the air.
        """
        spirits = self.spirits.copy()
        for one in seen:
            since = np.maximum(time - one.time - self.delays, 0.0)
            spirits += one.mood * np.minimum(since / RISE, 1.0) * np.exp(-since / SETTLE)
        turns = self.phases + self.beats * time
        along = np.minimum(turns % 1.0 / ALOFT, 1.0)
        most = GRAVITY * (ALOFT / self.beats) ** 2 / 8
        shift = SWAY * np.sin(2 * np.pi * SWAYS * turns)[:, None] * self.aside
        shift[:, 2] += np.clip(spirits, 0.0, 1.0) * most * 4 * along * (1 - along)
        return shift.astype(np.float32)
