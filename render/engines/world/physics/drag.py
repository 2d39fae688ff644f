"""What the air does to a ball in flight: it slows it, and a spin bends its way (Magnus)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from render.engines.world.stage import Shape, Solid

AIR = 1.2
"""kg/m³."""

Vectors = NDArray[np.float64]


def force(velocity: Vectors, spin: Vectors, ball: Solid) -> Vectors:
    """``[3]`` N on a ball that flies at ``velocity`` m/s and turns at ``spin`` rad/s, both in the world's frame.

    The lift coefficient grows with the spin parameter, the speed of the rim over that of the ball.
    """
    radius = ball.size[0]
    pressure = 0.5 * AIR * math.pi * radius**2
    (u, v, w), (a, b, c) = velocity.tolist(), spin.tolist()
    lift, slowing = pressure * ball.lift * radius, pressure * ball.drag * math.hypot(u, v, w)
    # Written out, for numpy's cross product takes ten times as long for a single pair.
    return np.array(
        (
            lift * (b * w - c * v) - slowing * u,
            lift * (c * u - a * w) - slowing * v,
            lift * (a * v - b * u) - slowing * w,
        )
    )


class Drag:
    """The air's forces on the launched balls of a stage that it slows or bends."""

    def __init__(self, model: mujoco.MjModel, solids: Sequence[Solid]) -> None:
        self.balls = [s for s in solids if s.shape == Shape.SPHERE and s.launch is not None and (s.drag or s.lift)]
        self.bodies = [model.body(ball.name).id for ball in self.balls]
        self.speeds = [int(model.joint(ball.name).dofadr[0]) for ball in self.balls]

    def push(self, data: mujoco.MjData) -> None:
        """Add them to the forces from outside."""
        for ball, body, at in zip(self.balls, self.bodies, self.speeds, strict=True):
            spin = data.xmat[body].reshape(3, 3) @ data.qvel[at + 3 : at + 6]
            data.xfrc_applied[body, :3] += force(data.qvel[at : at + 3], spin, ball)
