"""Onlookers who move, as triangles: a piece for each material that they wear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from render.engines.world.onlookers import Crowd, Dress, Reaction


class Fans:
    """A crowd in each of ``frames`` frames, ``step`` seconds of the scene apart."""

    def __init__(self, crowd: Crowd, seen: Sequence[Reaction], *, frames: int, step: float) -> None:
        self.crowd = crowd
        self.shifts = np.stack([crowd.shifts(frame * step, seen) for frame in range(frames)])
        """``[frames, n, 3]`` metres by which each is off its place."""
        self.garments = [Garment(dress, self.shifts) for dress in crowd.dresses]

    def bounds(self, frame: int) -> NDArray[np.float32]:
        """``[n, 4]``: spheres about them."""
        bounds = self.crowd.bounds.copy()
        bounds[:, :3] += self.shifts[frame]
        return bounds


class Garment:
    """What is of one material on them, as a weave is (see :mod:`render.engines.world.tracer.strands`)."""

    def __init__(self, dress: Dress, shifts: NDArray[np.float32]) -> None:
        self.dress, self.shifts, self.mesh = dress, shifts, dress.mesh

    def vertices(self, frame: int) -> NDArray[np.float32]:
        """``[n, 3]`` in the world."""
        return self.mesh.vertices + self.shifts[frame][self.dress.who]

    def normals(self, vertices: NDArray[np.float32]) -> NDArray[np.float32]:
        """``[n, 3]``: nobody turns."""
        return self.mesh.normals
