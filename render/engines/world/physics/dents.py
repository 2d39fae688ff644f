"""How bodies that hit each other are pressed flat in the frames of a contact.

A ball's contact is as soft and as long as a real one's, so that in MuJoCo, whose bodies are rigid, it goes some per
cent of its size into what it hits. A real ball is flat there: it is drawn so.
"""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np

from render.engines.world.physics.motion import Dent
from render.engines.world.stage import Solid
from render.engines.world.substances import SUBSTANCES

LEAST = 0.001
"""Share of its size by which a body may be within another and is not pressed flat."""


class Dents:
    """Looks at the contacts of each frame. The softer of two bodies is dented, of equals both, never what stands."""

    def __init__(self, model: mujoco.MjModel, moving: Sequence[Solid]) -> None:
        self.names: dict[int, str] = {}
        self.stiffness = np.full(model.ngeom, np.inf)
        """``[geoms]`` 1/s²; infinite for what stands."""
        self.least = np.full(model.ngeom, np.inf)
        """``[geoms]`` metres."""
        for solid in moving:
            geom = model.geom(solid.name).id
            self.names[geom] = solid.name
            self.stiffness[geom] = SUBSTANCES[solid.substance].stiffness
            self.least[geom] = LEAST * 2 * float(model.geom_rbound[geom])
        self.seen: list[Dent] = []

    def look(self, data: mujoco.MjData, frame: int) -> None:
        """Keep the dents of a frame; call it right after the step that starts from the frame's poses."""
        contact = data.contact
        if not len(contact.dist):
            return
        deep = contact.dist < -self.least[contact.geom].min(1)
        for k in np.flatnonzero(deep).tolist():
            first, second = contact.geom[k].tolist()
            middle, along, depth = contact.pos[k], contact.frame[k, :3], -float(contact.dist[k])
            softer = self.stiffness[first] - self.stiffness[second]
            for geom, outward, other in ((first, along, softer <= 0), (second, -along, softer >= 0)):
                if other and geom in self.names:
                    share = 0.5 if softer == 0 else 1.0
                    plane = middle - outward * depth * (share - 0.5)
                    self.seen.append(
                        Dent(
                            frame=frame,
                            body=self.names[geom],
                            place=tuple(plane.tolist()),
                            outward=tuple(outward.tolist()),
                            depth=share * depth,
                        )
                    )
