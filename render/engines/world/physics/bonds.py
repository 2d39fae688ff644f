"""Bonds between pieces, until something hits them hard enough."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from render.engines.world.physics.contacts import STRIKE
from render.engines.world.stage import Solid

PASSED = 0.72
"""Share of an impact that a piece passes on to each piece that it is bonded to."""


class Bonds:
    """Feels the impacts of each step and switches off the welds that they break."""

    def __init__(self, model: mujoco.MjModel, solids: Sequence[Solid], things: Sequence[str]) -> None:
        self.index = {name: k for k, name in enumerate(things)}
        self.time = 0.0
        self.felt = np.zeros(len(things))
        pieces = [solid for solid in solids if solid.bonds]
        self.ends = [
            (self.index[solid.name], self.index[bond.to] if bond.to else -1, bond.strength)
            for solid in pieces
            for bond in solid.bonds
        ]
        self.welds = [model.equality(f"{solid.name}|{bond.to}").id for solid in pieces for bond in solid.bonds]
        self.held: dict[int, dict[int, int]] = {}
        for k, (one, two, _) in enumerate(self.ends):
            self.held.setdefault(one, {})[two] = k
            self.held.setdefault(two, {})[one] = k
        self.weakest = min((strength for *_, strength in self.ends), default=np.inf)

    def feel(
        self,
        data: mujoco.MjData,
        first: NDArray[np.intp],
        second: NDArray[np.intp],
        impulse: NDArray[np.float64],
        now: float,
    ) -> None:
        """Take in the impacts of one step (see :meth:`Ears.listen`)."""
        self.felt *= math.exp((self.time - now) / STRIKE)
        self.time = now
        for one, two, given in zip(first.tolist(), second.tolist(), impulse.tolist(), strict=True):
            if two in self.held.get(one, ()):
                continue
            self.felt[one] += given
            self.felt[two] += given
        for thing in np.flatnonzero(self.felt > self.weakest).tolist():
            if thing in self.held:
                self._break_about(data, thing)

    def _break_about(self, data: mujoco.MjData, struck: int) -> None:
        """An impact on one piece goes through the bonds and gets weaker with each."""
        share, waiting, broken = {struck: 1.0}, deque([struck]), set()
        while waiting:
            piece = waiting.popleft()
            felt = self.felt[struck] * share[piece]
            if felt < self.weakest:
                continue
            for other, bond in self.held.get(piece, {}).items():
                if felt > self.ends[bond][2]:
                    broken.add(bond)
                if other >= 0 and other not in share:
                    share[other] = share[piece] * PASSED
                    waiting.append(other)
        for bond in broken:
            one, two, _ = self.ends[bond]
            data.eq_active[self.welds[bond]] = 0
            del self.held[one][two], self.held[two][one]
