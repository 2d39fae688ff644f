"""What keeps rain and snow off: a map of how high what stands still reaches, seen from above."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.engines.world import geometry, obstacles
from render.engines.world.geometry import Mesh
from render.engines.world.stage import Shape, Solid

CELL = 0.12
"""Metres along a cell of the map."""
MIDDLE = (2, 4, 8, 12)
"""Cells along the largest triangles of the classes that are laid by spots."""
LOWEST = 0.03
"""Metres above the ground up to which nothing keeps anything off."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelter:
    """Heights over a square of ground; around it nothing stands."""

    corner: Floats
    """``[2]``: where the square begins, in metres."""
    heights: Floats
    """``[n, n]`` metres, by x and y."""

    def __call__(self, x: Floats, y: Floats) -> Floats:
        """How high what stands at places reaches; 0 where there is open ground."""
        column, row = (
            np.floor((each - start) / CELL).astype(int) for each, start in zip((x, y), self.corner, strict=True)
        )
        last = len(self.heights) - 1
        inside = (column >= 0) & (column <= last) & (row >= 0) & (row <= last)
        found = self.heights[np.clip(column, 0, last), np.clip(row, 0, last)]
        return np.where(inside, found, 0.0)


def of(solids: Iterable[Solid], *, low: Floats, side: float) -> Shelter:
    """The map of what stands still on the square that begins at ``low`` (``[2]``) and is ``side`` metres long."""
    corner = np.asarray(low, float)[:2]
    heights = np.zeros((int(side / CELL) + 1,) * 2)
    for solid in solids:
        if not solid.moves and not solid.rides:
            _lay(heights, _corners(solid, corner, side), corner)
    heights[heights < LOWEST] = 0.0
    return Shelter(corner=corner, heights=heights)


def _corners(solid: Solid, corner: Floats, side: float) -> Floats:
    """``[triangles, 3, 3]`` corners of a solid's triangles where it stands, of those that are over the square."""
    middle, axes, half = obstacles.box_of(solid)
    reach = (np.abs(axes) @ half)[:2]
    if (middle[:2] + reach < corner).any() or (middle[:2] - reach > corner + side).any():
        return np.zeros((0, 3, 3))
    look = solid.look or _plain(solid)
    points = look.vertices.astype(float) @ axes.T + np.asarray(solid.position, float)
    triangles = points[look.faces]
    low, high = triangles.min(1), triangles.max(1)
    over = (high[:, :2] > corner).all(1) & (low[:, :2] < corner + side).all(1) & (high[:, 2] > LOWEST)
    return triangles[over]


def _plain(solid: Solid) -> Mesh:
    match solid.shape:
        case Shape.SPHERE:
            return geometry.sphere(solid.size[0], detail=2)
        case Shape.CYLINDER:
            return geometry.cylinder(solid.size[0], solid.size[1], sides=24)
        case Shape.CAPSULE:
            return geometry.capsule(solid.size[0], solid.size[1])
        case _:
            x, y, z = solid.size[:3]
            return geometry.box((x, y, z))


def _spots(cells: int) -> Floats:
    """``[n, 3]`` weights of a triangle's corners: places so near to each other that none of the cells is left out."""
    steps = np.linspace(0.0, 1.0, 2 * cells + 1)
    return np.array([(1 - u - v, u, v) for u in steps for v in steps if u + v < 1.0 + 1e-9])


_SPOTS = {cells: _spots(cells) for cells in MIDDLE}


def _lay(heights: Floats, triangles: Floats, corner: Floats) -> None:
    """Raise the map to triangles over it: small ones by their corners, middling ones by spots, large ones by cells."""
    size = np.ptp(triangles[:, :, :2], axis=1).max(1, initial=0.0) / CELL
    large = size > MIDDLE[-1]
    found, least = [triangles[size <= 1].reshape(-1, 3)], 1
    for most, weights in _SPOTS.items():
        part = triangles[(size > least) & (size <= most)]
        found.append((weights @ part.transpose(1, 0, 2).reshape(3, -1)).reshape(-1, 3))
        least = most
    spots = np.concatenate(found)
    cells = np.floor((spots[:, :2] - corner) / CELL).astype(int)
    kept = ((cells >= 0) & (cells < len(heights))).all(1)
    np.maximum.at(heights, (cells[kept, 0], cells[kept, 1]), spots[kept, 2])
    for a, b, c in triangles[large]:
        low = np.maximum(np.floor((np.minimum(np.minimum(a, b), c)[:2] - corner) / CELL).astype(int), 0)
        high = np.minimum(np.floor((np.maximum(np.maximum(a, b), c)[:2] - corner) / CELL).astype(int) + 1, len(heights))
        ways = np.array((b - a, c - a))[:, :2]
        area = ways[0, 0] * ways[1, 1] - ways[0, 1] * ways[1, 0]
        if abs(area) < 1e-9 or (high <= low).any():
            continue
        x, y = (corner[k] + (np.arange(low[k], high[k]) + 0.5) * CELL - a[k] for k in (0, 1))
        u = (x[:, None] * ways[1, 1] - y[None] * ways[1, 0]) / area
        v = (ways[0, 0] * y[None] - ways[0, 1] * x[:, None]) / area
        inside = (u >= 0) & (v >= 0) & (u + v <= 1)
        part = heights[low[0] : high[0], low[1] : high[1]]
        level = a[2] + u * (b[2] - a[2]) + v * (c[2] - a[2])
        np.maximum(part, np.where(inside, level, 0.0), out=part)
