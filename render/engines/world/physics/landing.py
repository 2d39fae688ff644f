"""Bodies meet between two steps: how much a contact damps does not hang on where between them.

A contact is found at the first step at whose start two bodies overlap, and damps them for that whole step. Of a hard
and dull body, whose bounce lasts ten steps, that is much: it would come back faster or slower by where between the
steps it met the floor.
"""

from __future__ import annotations

import mujoco
import numpy as np

MEAN = 0.4
"""Of a step, since when a contact has lasted whose first step of damping is right; found by trial."""
FAINT = 0.95
"""Impedance below which a contact is felt but in part, as at its very start, and is levelled in the next step."""


class Landing:
    """Watches for pairs of geoms that did not touch in the step before."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self.geoms = model.ngeom
        self.step = model.opt.timestep
        self.touching = np.zeros(0, np.int64)
        self.faint: dict[int, float] = {}
        """Of these, those that were felt but in part, and the share."""

    def level(self, data: mujoco.MjData) -> None:
        """Between the two halves of a step: damp fresh contacts as long as they have lasted at its end."""
        if data.ncon == len(self.touching) == 0:
            return
        contact = data.contact
        pairs = contact.geom[:, 0].astype(np.int64) * self.geoms + contact.geom[:, 1]
        if not self.faint and len(pairs) == len(self.touching) and (pairs == self.touching).all():
            return
        before, self.faint = self.faint, {}
        fresh = ~np.isin(pairs, self.touching) | np.isin(pairs, list(before))
        for k in np.flatnonzero(fresh & (contact.efc_address >= 0)).tolist():
            row, pair = int(contact.efc_address[k]), int(pairs[k])
            speed, depth = -float(data.efc_vel[row]), -float(contact.dist[k])
            _, damping, impedance, _ = data.efc_KBIP[row]
            if impedance < FAINT and pair not in before:
                self.faint[pair] = float(impedance)
            elif speed > 0:
                lasted = min(depth / (speed * self.step), 2.0)
                data.efc_aref[row] += (lasted - MEAN - before.get(pair, 0.0)) * damping * speed
        self.touching = pairs.copy()
