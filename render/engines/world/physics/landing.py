"""Bodies meet between two steps: how much a contact damps does not hang on where between them.

A contact is found at the first step at whose start two bodies overlap, and damps them for that whole step. Of a hard
and dull body, whose bounce lasts ten steps, that is much: it would come back faster or slower by where between the
steps it met the floor.
"""

from __future__ import annotations

import mujoco
import numpy as np

MEAN = 0.35
"""Of a step, since when a contact has lasted whose first step of damping is right; found by trial."""
SLOW = 0.05
"""m/s below which a bounce is none to be seen."""


class Landing:
    """Watches for contacts that began within the last step: they are no deeper than they close in a step."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self.step = model.opt.timestep
        self.touching = b""
        """The pairs of geoms of the last step's contacts."""

    def level(self, data: mujoco.MjData) -> None:
        """Between the two halves of a step: damp fresh contacts as long as they have lasted at its end."""
        if not data.ncon:
            self.touching = b""
            return
        contact = data.contact
        touched, self.touching = self.touching, contact.geom.tobytes()
        if self.touching == touched:
            return
        rows, depths = contact.efc_address, -contact.dist
        speeds = -data.efc_vel[rows] if data.nefc else np.zeros(len(rows))
        for k in np.flatnonzero((rows >= 0) & (speeds > SLOW) & (depths < self.step * speeds)).tolist():
            row, lasted = int(rows[k]), float(depths[k] / (speeds[k] * self.step))
            _, damping, _, _ = data.efc_KBIP[row]
            data.efc_aref[row] += (lasted - MEAN) * damping * float(speeds[k])
