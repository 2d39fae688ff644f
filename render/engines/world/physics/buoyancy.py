"""What floats: Archimedes' lift and the drag of moving water, point by point of the body's volume."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from render.engines.world.physics.model import GRAVITY, hull
from render.engines.world.stage import Shape, Solid, Wave
from render.engines.world.substances import SUBSTANCES

WATER = 1000.0
"""kg/m³."""
CELLS = (7, 5, 5)
"""Points along the body's box."""
DRAG = 1.1
"""Of a blunt body, by its cross-section."""
RADIATION = 0.9
"""1/s of the speed over the water that a body loses to the waves that it makes itself."""


def _inside(solid: Solid) -> tuple[NDArray[np.float64], float]:
    """``[n, 3]`` middles of the cells of the solid's volume, in its frame, and the height of a cell in metres."""
    corners = hull(solid) if solid.shape == Shape.HULL else None
    if corners is not None:
        low, high = corners.min(0), corners.max(0)
    else:
        radius, tall = solid.size[0], solid.size[-1]
        high = np.array(
            {
                Shape.SPHERE: (radius, radius, radius),
                Shape.BOX: solid.size,
                Shape.CYLINDER: (radius, radius, tall),
                Shape.CAPSULE: (radius, radius, tall + radius),
            }[solid.shape]
        )
        low = -high
    cell = (high - low) / CELLS
    axes = [low[k] + cell[k] * (np.arange(CELLS[k]) + 0.5) for k in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    if corners is not None:
        kept = Delaunay(corners).find_simplex(points) >= 0
    elif solid.shape == Shape.BOX:
        kept = np.ones(len(points), np.bool_)
    elif solid.shape == Shape.CYLINDER:
        kept = np.hypot(points[:, 0], points[:, 1]) <= solid.size[0]
    else:
        straight = 0.0 if solid.shape == Shape.SPHERE else solid.size[1]
        beyond = np.maximum(np.abs(points[:, 2]) - straight, 0)
        kept = np.hypot(np.hypot(points[:, 0], points[:, 1]), beyond) <= solid.size[0]
    return points[kept], float(cell[2])


class Buoyancy:
    """Forces on the floating bodies of a stage with waves about z = 0."""

    def __init__(self, model: mujoco.MjModel, solids: Sequence[Solid], waves: Sequence[Wave]) -> None:
        self.model = model
        self.headings = np.array([(np.cos(wave.heading), np.sin(wave.heading)) for wave in waves]).reshape(-1, 2)
        self.numbers = self.headings * np.array([wave.number for wave in waves])[:, None]
        self.rates = np.array([wave.frequency for wave in waves])
        self.phases = np.array([wave.phase for wave in waves])
        self.amplitudes = np.array([wave.amplitude for wave in waves])
        self.bodies: list[tuple[int, NDArray[np.float64], float, float]] = []
        """Body, its points, the volume in m³ and the height in metres that each stands for."""
        for solid in solids:
            if solid.floats and solid.touches:
                points, tall = _inside(solid)
                body = model.body(solid.name).id
                volume = float(model.body_mass[body]) / SUBSTANCES[solid.substance].density
                self.bodies.append((body, points, volume / len(points), tall))

    def _water(self, places: NDArray[np.float64], now: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """``[n]`` heights of the surface and ``[n, 3]`` m/s of the water: linear waves that fade with depth."""
        phase = places[:, :2] @ self.numbers.T - self.rates * now + self.phases
        level = np.cos(phase) @ self.amplitudes
        reach = np.exp(np.linalg.norm(self.numbers, axis=1) * np.minimum(places[:, 2:], 0.0))
        reach *= self.amplitudes * self.rates
        along = reach * np.cos(phase) @ self.headings
        return level, np.column_stack([along, (reach * np.sin(phase)).sum(1)])

    def push(self, data: mujoco.MjData, now: float) -> None:
        """Add the forces of the water at this time to those from outside."""
        for body, points, volume, tall in self.bodies:
            turn, origin = data.xmat[body].reshape(3, 3), data.xpos[body]
            places = points @ turn.T + origin
            level, water = self._water(places, now)
            under = np.clip((level - places[:, 2]) / tall + 0.5, 0.0, 1.0)
            middle = data.xipos[body]
            moves = np.zeros(6)
            mujoco.mj_objectVelocity(self.model, data, mujoco.mjtObj.mjOBJ_BODY, body, moves, 0)
            spin, drift = moves[:3], moves[3:]
            speed = drift + np.cross(spin[:3], places - middle) - water
            size = np.linalg.norm(speed, axis=1, keepdims=True)
            across = (volume * len(points)) ** (2 / 3) / len(points)
            force = -under[:, None] * WATER * (RADIATION * volume + 0.5 * DRAG * across * size) * speed
            force[:, 2] += under * WATER * volume * GRAVITY
            data.xfrc_applied[body, :3] += force.sum(0)
            data.xfrc_applied[body, 3:] += np.cross(places - middle, force).sum(0)
