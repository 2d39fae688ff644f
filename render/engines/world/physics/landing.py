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
SLOW = 0.05
"""m/s below which a bounce is none to be seen."""


class Landing:
    """Watches for contacts that began within the last step: they are no deeper than they close in a step."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self.geoms = model.ngeom
        self.step = model.opt.timestep
        self.faint: dict[int, float] = {}
        """Pairs of geoms that were felt but in part in the last step, and the share."""
        self.touching = b""
        """The pairs of geoms of the last step's contacts."""

    def level(self, data: mujoco.MjData) -> None:
        """Between the two halves of a step: damp fresh contacts as long as they have lasted at its end."""
        before, self.faint = self.faint, {}
        if not data.ncon:
            self.touching = b""
            return
        contact = data.contact
        touched, self.touching = self.touching, contact.geom.tobytes()
        if self.touching == touched and not before:
            return
        rows, depths = contact.efc_address, -contact.dist
        speeds = -data.efc_vel[rows] if data.nefc else np.zeros(len(rows))
        reach = self.step * (2.0 if before else 1.0)
        for k in np.flatnonzero((rows >= 0) & (speeds > SLOW) & (depths < reach * speeds)).tolist():
            row, (one, two) = int(rows[k]), contact.geom[k].tolist()
            pair, lasted = one * self.geoms + two, float(depths[k] / (speeds[k] * self.step))
            if lasted > 1.0 and pair not in before:
                continue
            _, damping, impedance, _ = data.efc_KBIP[row]
            if impedance < FAINT and pair not in before:
                self.faint[pair] = float(impedance)
            else:
                data.efc_aref[row] += (lasted - MEAN - before.get(pair, 0.0)) * damping * float(speeds[k])
