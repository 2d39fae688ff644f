"""Bonds between pieces, until something hits them hard enough."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import mujoco
import numpy as np

from render.engines.world.physics.contacts import STRIKE, Strikes
from render.engines.world.stage import Solid

PASSED = 0.72
"""Share of an impact that a piece passes on to each piece that it is bonded to."""


class Bonds:
    """Feels what strikes the pieces and switches off the welds that they break."""

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
        roots = np.array(model.body_rootid, np.intp)[np.array(model.geom_bodyid, np.intp)]
        self.masses = np.where(roots > 0, model.body_subtreemass[roots], np.inf)
        """``[geoms]`` kg of what each belongs to; infinite for what stands."""
        self.weights = {k: float(self.masses[model.geom(things[k]).id]) for k in self.held if k >= 0}
        self.weakest = min((strength for *_, strength in self.ends), default=np.inf)

    def feel(self, data: mujoco.MjData, strikes: Strikes, now: float) -> None:
        """Take in who strikes whom in this step: each feels what it takes to stop the other.

        That is known when they meet, so it does not depend on the steps through which the blow then lasts.
        """
        if not len(strikes.speed):
            return
        self.felt *= math.exp((self.time - now) / STRIKE)
        self.time = now
        blows: dict[tuple[int, int], float] = {}
        for (here, there), (one, two), speed in zip(
            strikes.geoms.tolist(), strikes.things.tolist(), strikes.speed.tolist(), strict=True
        ):
            if two in self.held.get(one, ()) or not (self.held.get(one) or self.held.get(two)):
                continue
            light = 1 / self._mass(one, here) + 1 / self._mass(two, there)
            blows[one, two] = max(blows.get((one, two), 0.0), speed / light if light else 0.0)
        for pair, blow in blows.items():
            self.felt[list(pair)] += blow
        for thing in np.flatnonzero(self.felt > self.weakest).tolist():
            if thing in self.held:
                self._break_about(data, thing)

    def _mass(self, thing: int, geom: int) -> float:
        """Kilograms of what a thing hangs together with; infinite if that stands."""
        if not self.held.get(thing):
            return float(self.masses[geom])
        joined, waiting = {thing}, [thing]
        while waiting:
            for other in self.held.get(waiting.pop(), ()):
                if other < 0:
                    return math.inf
                if other not in joined:
                    joined.add(other)
                    waiting.append(other)
        return sum(self.weights[piece] for piece in joined)

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
