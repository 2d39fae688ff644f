"""Cloth as triangles: a sheet as it is, a net as strands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from render.engines.world.geometry import Mesh
from render.engines.world.physics import Sheet
from render.engines.world.stage import Cloth

NET = 0.5
"""Openness from which on a cloth is drawn as strands."""
SIDES = 3


class Weave:
    """A closed sheet."""

    def __init__(self, cloth: Cloth, sheet: Sheet) -> None:
        self.name, self.sheet = sheet.name, sheet
        rest = cloth.rest.reshape(-1, 3).astype(np.float32)
        local = rest if len(rest) == sheet.vertices.shape[1] else sheet.vertices[0]
        self.mesh = Mesh(vertices=local, normals=self.normals(sheet.vertices[0]), faces=sheet.faces)

    def vertices(self, frame: int) -> NDArray[np.float32]:
        """``[n, 3]`` in the world."""
        return self.sheet.vertices[frame]

    def normals(self, vertices: NDArray[np.float32]) -> NDArray[np.float32]:
        """``[n, 3]``, the means of the triangles about each vertex."""
        a, b, c = (vertices[self.sheet.faces[:, k]] for k in range(3))
        facets = np.cross(b - a, c - a)
        total = np.zeros_like(vertices)
        for k in range(3):
            np.add.at(total, self.sheet.faces[:, k], facets)
        return (total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)).astype(np.float32)


class Strands:
    """A net: a thin three-sided rod along each tie between neighbours."""

    def __init__(self, cloth: Cloth, sheet: Sheet) -> None:
        self.name, self.sheet = sheet.name, sheet
        rows, columns = cloth.rest.shape[:2]
        grid = np.arange(rows * columns).reshape(rows, columns)
        ties = np.concatenate(
            [
                np.stack([grid[:, :-1].ravel(), grid[:, 1:].ravel()], 1),
                np.stack([grid[:-1].ravel(), grid[1:].ravel()], 1),
            ]
        )
        rest = cloth.rest.reshape(-1, 3)
        lengths = np.linalg.norm(rest[ties[:, 0]] - rest[ties[:, 1]], axis=1)
        self.ties = ties[lengths > 1e-6]
        self.least = 0.0
        """Metres of radius at least, so that a strand far away does not break into dots."""
        self.radius = float(np.median(lengths[lengths > 1e-6])) * (1.0 - cloth.open) / 4
        first = np.arange(len(self.ties))[:, None, None] * 2 * SIDES
        k = np.arange(SIDES)
        a, b, c, d = k, (k + 1) % SIDES, (k + 1) % SIDES + SIDES, k + SIDES
        quads = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
        points = self.vertices(0)
        self.mesh = Mesh(
            vertices=points, normals=self.normals(points), faces=(first + quads).reshape(-1, 3).astype(np.int32)
        )

    def vertices(self, frame: int) -> NDArray[np.float32]:
        """``[n, 3]`` in the world."""
        points = self.sheet.vertices[frame]
        start, end = points[self.ties[:, 0]], points[self.ties[:, 1]]
        ahead = end - start
        ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
        aside = np.where(np.abs(ahead[:, 2:]) < 0.9, np.array((0.0, 0.0, 1.0)), np.array((1.0, 0.0, 0.0)))
        one = np.cross(ahead, aside)
        one /= np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-9)
        two = np.cross(ahead, one)
        turns = np.arange(SIDES) * 2 * np.pi / SIDES
        ring = np.cos(turns)[None, :, None] * one[:, None] + np.sin(turns)[None, :, None] * two[:, None]
        ends = np.repeat(np.stack([start, end], 1), SIDES, 1)
        return (ends + max(self.radius, self.least) * np.concatenate([ring, ring], 1)).reshape(-1, 3).astype(np.float32)

    def normals(self, vertices: NDArray[np.float32]) -> NDArray[np.float32]:
        """``[n, 3]``, outwards."""
        rods = vertices.reshape(-1, 2, SIDES, 3)
        out = rods - rods.mean(2, keepdims=True)
        return (out / np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1e-12)).reshape(-1, 3).astype(np.float32)


def weave(cloth: Cloth, sheet: Sheet) -> Weave | Strands:
    """Cloth as it is drawn."""
    return Strands(cloth, sheet) if cloth.open >= NET else Weave(cloth, sheet)
