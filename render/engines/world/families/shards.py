"""Breakable things as pieces with bonds between neighbours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Voronoi

from render.engines.world.geometry import Mesh
from render.engines.world.stage import Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of a whole, in a frame of its own about its middle."""

    look: Mesh
    middle: Vector
    """In the frame of the whole."""
    neighbours: tuple[int, ...]
    """Pieces with a lower number that it is bonded to."""
    edge: bool = False
    """True for pieces at the rim of the whole."""


def solid_of(front: NDArray[np.float64], back: NDArray[np.float64]) -> Mesh:
    """A closed flat-shaded slab between two outlines ``[k, 3]`` of equal length, the front seen counter-clockwise."""
    count = len(front)
    quads = [[front[k], back[k], back[(k + 1) % count], front[(k + 1) % count]] for k in range(count)]
    fans = [[front[0], front[k], front[k + 1]] for k in range(1, count - 1)]
    fans += [[back[0], back[k + 1], back[k]] for k in range(1, count - 1)]
    triangles = [[q[0], q[1], q[2]] for q in quads] + [[q[0], q[2], q[3]] for q in quads] + fans
    points = np.array(triangles, float)
    normals = np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Mesh(
        vertices=points.reshape(-1, 3).astype(np.float32),
        normals=np.repeat(normals, 3, 0).astype(np.float32),
        faces=np.arange(3 * len(points), dtype=np.int32).reshape(-1, 3),
    )


def _centred(mesh: Mesh, **others: object) -> Piece:
    middle = (mesh.vertices.min(0).astype(float) + mesh.vertices.max(0)) / 2
    look = Mesh(vertices=(mesh.vertices - middle).astype(np.float32), normals=mesh.normals, faces=mesh.faces)
    return Piece(look=look, middle=(float(middle[0]), float(middle[1]), float(middle[2])), **others)  # type: ignore[arg-type]


def pane(
    half: tuple[float, float], thick: float, count: int, rng: np.random.Generator, *, gap: float = 0.0001
) -> list[Piece]:
    """A flat sheet about the origin, across x and z, in Voronoi cells; ``thick`` is the half depth along y."""
    wide, high = half
    seeds = rng.uniform(-1, 1, (count, 2)) * (wide, high)
    for _ in range(2):
        seeds = _relaxed(seeds, half)
    cells = Voronoi(_mirrored(seeds, half))
    near: dict[int, set[int]] = {}
    edge = set()
    for one, two in cells.ridge_points:
        low, high_ = sorted((int(one), int(two)))
        if high_ < count:
            near.setdefault(high_, set()).add(low)
        elif low < count:
            edge.add(low)
    pieces = []
    for k in range(count):
        outline = cells.vertices[cells.regions[cells.point_region[k]]]
        outline = outline[np.argsort(np.arctan2(*(outline - outline.mean(0)).T[::-1]))]
        middle = outline.mean(0)
        outline = middle + (outline - middle) * (1 - gap / max(np.linalg.norm(outline - middle, axis=1).min(), 1e-3))
        front = np.stack([outline[:, 0], np.full(len(outline), -thick), outline[:, 1]], 1)
        back = front * (1, -1, 1)
        pieces.append(_centred(solid_of(front, back), neighbours=tuple(sorted(near.get(k, ()))), edge=k in edge))
    return pieces


def _mirrored(seeds: NDArray[np.float64], half: tuple[float, float]) -> NDArray[np.float64]:
    """The seeds and their mirror images over the four sides, so that every cell ends there."""
    wide, high = half
    images = [seeds]
    for axis, at in ((0, -wide), (0, wide), (1, -high), (1, high)):
        image = seeds.copy()
        image[:, axis] = 2 * at - image[:, axis]
        images.append(image)
    return np.concatenate(images)


def _relaxed(seeds: NDArray[np.float64], half: tuple[float, float]) -> NDArray[np.float64]:
    cells = Voronoi(_mirrored(seeds, half))
    return np.array([cells.vertices[cells.regions[cells.point_region[k]]].mean(0) for k in range(len(seeds))])


def shell(
    profile: Sequence[tuple[float, float]], thick: float, rings: int, sectors: int, rng: np.random.Generator
) -> list[Piece]:
    """A pot: the outline of (radius, height) from the middle of its foot to its lip, in jagged shards.

    The foot is one piece, the wall ``rings`` times ``sectors``; neighbours above, below and beside are bonded.
    """
    line = np.asarray(profile, float)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    start = along[1]

    def at(way: float, angle: float, depth: float) -> NDArray[np.float64]:
        radius, height = np.interp(way, along, line[:, 0]), np.interp(way, along, line[:, 1])
        radius = max(radius - depth, 0.002)
        return np.array((radius * math.cos(angle), radius * math.sin(angle), height))

    cuts = np.linspace(start, along[-1], rings + 1)
    turn = 2 * math.pi / sectors
    ways = np.repeat(cuts[:, None], sectors, 1)
    ways[1:-1] += rng.uniform(-0.28, 0.28, (rings - 1, sectors)) * (cuts[1] - cuts[0])
    angles = np.arange(sectors) * turn + np.zeros((rings + 1, 1))
    angles += np.cumsum(rng.uniform(-0.25, 0.25, (rings + 1, sectors)) * turn * 0.6, axis=0)
    foot = [at(start, angles[0, k], 0.0) for k in range(sectors)]
    inner = [point + np.array((0.0, 0.0, 2 * thick)) for point in foot]
    pieces = [_centred(solid_of(np.array(inner), np.array(foot)), neighbours=())]
    for ring in range(rings):
        for k in range(sectors):
            after = (k + 1) % sectors
            extra = 2 * math.pi if after == 0 else 0.0
            corners = [
                (ways[ring, k], angles[ring, k]),
                (ways[ring, after], angles[ring, after] + extra),
                (ways[ring + 1, after], angles[ring + 1, after] + extra),
                (ways[ring + 1, k], angles[ring + 1, k]),
            ]
            outline = _finer(corners)
            front = np.array([at(way, angle, 0.0) for way, angle in outline])
            back = np.array([at(way, angle, 2 * thick) for way, angle in outline])
            mine = 1 + ring * sectors + k
            near = {mine - sectors if ring else 0}
            if k:
                near.add(mine - 1)
            if after == 0:
                near.add(mine - sectors + 1)
            pieces.append(_centred(_curved(front, back), neighbours=tuple(sorted(near))))
    return pieces


def _finer(corners: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The outline with two more points on the sides that go round."""
    (a, b, c, d) = (np.array(corner) for corner in corners)
    points = [a, a + (b - a) / 3, a + (b - a) * 2 / 3, b, c, c + (d - c) / 3, c + (d - c) * 2 / 3, d]
    return [(float(p[0]), float(p[1])) for p in points]


def _curved(front: NDArray[np.float64], back: NDArray[np.float64]) -> Mesh:
    """A shard of a wall: its outer and inner skin in strips, its sides between."""
    strips = [(0, 1, 6, 7), (1, 2, 5, 6), (2, 3, 4, 5)]
    triangles = []
    for a, b, c, d in strips:
        triangles += [(front[a], front[b], front[c]), (front[a], front[c], front[d])]
        triangles += [(back[a], back[c], back[b]), (back[a], back[d], back[c])]
    for k in range(8):
        after = (k + 1) % 8
        triangles += [(front[k], back[k], back[after]), (front[k], back[after], front[after])]
    points = np.array(triangles, float)
    normals = np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Mesh(
        vertices=points.reshape(-1, 3).astype(np.float32),
        normals=np.repeat(normals, 3, 0).astype(np.float32),
        faces=np.arange(3 * len(points), dtype=np.int32).reshape(-1, 3),
    )
