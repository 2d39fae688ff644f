"""Bodies that have come to rest are put to sleep: they cost nothing and do not tremble."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from render.engines.world.physics.model import SLOW
from render.engines.world.stage import Solid

PATIENCE = 0.15
"""Seconds for which a body must have been slow: one at the top of its flight is so for a moment only."""


class Rest:
    """Watches the speeds of free bodies; MuJoCo alone would also stop a ball at the top of its flight."""

    def __init__(self, model: mujoco.MjModel, solids: list[Solid]) -> None:
        free = [solid for solid in solids if solid.launch is not None and not solid.floats]
        carriers = {solid.joint.parent for solid in solids if solid.joint is not None}
        free = [solid for solid in free if solid.name not in carriers]
        self.model = model
        self.bodies = np.array([model.body(solid.name).id for solid in free], np.intp)
        self.trees = np.array(model.body_treeid, np.intp)[self.bodies]
        self.dofs = np.array([model.joint(solid.name).dofadr[0] for solid in free], np.intp)
        self.reach = np.array([model.geom(solid.name).rbound[0] for solid in free])
        self.entered = np.array([solid.launch.time if solid.launch else 0.0 for solid in free])
        self.slow_for = np.zeros(len(free))

    def watch(self, data: mujoco.MjData, now: float, passed: float) -> None:
        """Let those sleep that were slow for long enough; ``passed`` seconds since the last call."""
        if not len(self.bodies):
            return
        speeds = data.qvel[self.dofs[:, None] + np.arange(6)]
        fast = np.linalg.norm(speeds[:, :3], axis=1) + self.reach * np.linalg.norm(speeds[:, 3:], axis=1) > SLOW
        self.slow_for[self.entered <= now] += passed
        self.slow_for[fast] = 0.0
        policy, here = mujoco.mjtSleepPolicy, self.entered <= now
        self.model.tree_sleep_policy[self.trees[here]] = np.where(
            self.slow_for[here] > PATIENCE, int(policy.mjSLEEP_ALLOWED), int(policy.mjSLEEP_NEVER)
        )

    def asleep(self, data: mujoco.MjData) -> NDArray[np.bool_]:
        """``[geoms]``: True for those of sleeping bodies."""
        trees = np.array(self.model.body_treeid, np.intp)[np.array(self.model.geom_bodyid, np.intp)]
        return (trees >= 0) & (data.tree_asleep[np.maximum(trees, 0)] >= 0) if self.model.ntree else trees > 0
