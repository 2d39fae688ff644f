"""Bodies that have come to rest are put to sleep: they cost nothing and do not tremble."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from render.engines.world.stage import Solid

PATIENCE = 0.2
"""Seconds for which a body must have stayed where it is: one at the top of its flight does so for a moment only."""
MOVED = 0.002
"""Metres that a point of a body may move and it stays where it is."""


class Rest:
    """Watches where free bodies are; MuJoCo alone would also stop a ball at the top of its flight."""

    def __init__(self, model: mujoco.MjModel, solids: list[Solid]) -> None:
        carriers = {solid.joint.parent for solid in solids if solid.joint is not None}
        free = [s for s in solids if s.launch is not None and not s.floats and s.name not in carriers]
        self.model = model
        bodies = np.array([model.body(solid.name).id for solid in free], np.intp)
        self.trees = np.array(model.body_treeid, np.intp)[bodies]
        self.places = np.array([model.joint(solid.name).qposadr[0] for solid in free], np.intp)[:, None] + np.arange(7)
        # A turn by an angle moves the quaternion by half of it.
        reach = np.array([2 * model.geom(solid.name).rbound[0] for solid in free])
        self.scale = np.column_stack([np.ones((len(free), 3)), np.repeat(reach[:, None], 4, 1)])
        self.entered = np.array([solid.launch.time if solid.launch else 0.0 for solid in free])
        self.stood = np.zeros((len(free), 7))
        self.since = np.zeros(len(free))

    def watch(self, data: mujoco.MjData, now: float) -> None:
        """Let those sleep that have stayed in place for long enough."""
        if not len(self.trees):
            return
        here = data.qpos[self.places]
        moved = (np.abs(here - self.stood) * self.scale).max(1) > MOVED
        self.stood[moved], self.since[moved] = here[moved], now
        policy, there = mujoco.mjtSleepPolicy, self.entered <= now
        self.model.tree_sleep_policy[self.trees[there]] = np.where(
            now - self.since[there] > PATIENCE, int(policy.mjSLEEP_ALLOWED), int(policy.mjSLEEP_NEVER)
        )

    def asleep(self, data: mujoco.MjData) -> NDArray[np.bool_]:
        """``[geoms]``: True for those of sleeping bodies."""
        trees = np.array(self.model.body_treeid, np.intp)[np.array(self.model.geom_bodyid, np.intp)]
        return (trees >= 0) & (data.tree_asleep[np.maximum(trees, 0)] >= 0) if self.model.ntree else trees > 0
