"""Triangle meshes of simple bodies, centred where physics centres them. Lengths in metres, z up."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import trimesh
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """Triangles with a normal at each vertex."""

    vertices: NDArray[np.float32]
    """``[n, 3]``."""
    normals: NDArray[np.float32]
    """``[n, 3]``, unit length."""
    faces: NDArray[np.int32]
    """``[m, 3]``, counter-clockwise from outside."""


def of(source: trimesh.Trimesh) -> Mesh:
    """A mesh with trimesh's vertex normals (smooth where vertices are shared)."""
    return Mesh(
        vertices=np.asarray(source.vertices, np.float32),
        normals=np.asarray(source.vertex_normals, np.float32),
        faces=np.asarray(source.faces, np.int32),
    )


def smooth(points: NDArray[np.floating], faces: NDArray[np.integer]) -> Mesh:
    """Triangles whose normals are averaged at each point."""
    return of(trimesh.Trimesh(points, faces, process=False))


def join(meshes: Iterable[Mesh]) -> Mesh:
    """All triangles in one mesh."""
    vertices, normals, faces, offset = [], [], [], 0
    for mesh in meshes:
        vertices.append(mesh.vertices)
        normals.append(mesh.normals)
        faces.append(mesh.faces + offset)
        offset += len(mesh.vertices)
    return Mesh(vertices=np.concatenate(vertices), normals=np.concatenate(normals), faces=np.concatenate(faces))


def move(mesh: Mesh, by: tuple[float, float, float]) -> Mesh:
    """The mesh shifted by metres."""
    return Mesh(vertices=mesh.vertices + np.asarray(by, np.float32), normals=mesh.normals, faces=mesh.faces)


@functools.cache
def _ball(detail: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """``[n, 3]`` points and ``[m, 3]`` triangles of an icosphere of radius 1."""
    source = trimesh.creation.icosphere(subdivisions=detail)
    return np.array(source.vertices, float), np.array(source.faces, np.int32)


@functools.cache
def _die() -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """``[n, 3]`` points and ``[m, 3]`` triangles of a cube from −1 to 1, each side of 16 by 16 squares."""
    source = trimesh.creation.box((2, 2, 2))
    for _ in range(4):
        source = source.subdivide()
    return np.array(source.vertices, float), np.array(source.faces, np.int32)


def sphere(radius: float, *, detail: int = 4) -> Mesh:
    """An icosphere; detail 4 has 5,120 triangles."""
    points, faces = _ball(detail)
    return Mesh(vertices=(points * radius).astype(np.float32), normals=points.astype(np.float32), faces=faces.copy())


def box(half: tuple[float, float, float], *, bevel: float = 0.0) -> Mesh:
    """A box of half lengths with rounded edges of radius ``bevel``, flat faces."""
    if bevel <= 0:
        plain = trimesh.creation.box(2 * np.asarray(half))
        plain.unmerge_vertices()
        return of(plain)
    inner = np.asarray(half) - bevel
    directions, faces = _die()
    grid = np.clip(directions * 1.6, -1, 1)
    excess = directions * 1.6 - grid
    length = np.linalg.norm(excess, axis=1, keepdims=True)
    axis = np.abs(directions).argmax(1)
    outward = np.zeros_like(directions)
    outward[np.arange(len(directions)), axis] = np.sign(directions[np.arange(len(directions)), axis])
    normals = np.where(length > 1e-9, excess / np.maximum(length, 1e-9), outward)
    return Mesh(
        vertices=(grid * inner + normals * bevel).astype(np.float32),
        normals=normals.astype(np.float32),
        faces=faces.copy(),
    )


def capsule(radius: float, half: float, *, sides: int = 24) -> Mesh:
    """A capsule along z whose cylinder reaches from ``-half`` to ``half``."""
    source = trimesh.creation.capsule(height=2 * half, radius=radius, count=[max(8, sides // 2), sides])
    source.apply_translation(-source.bounds.mean(0))
    return of(source)


def lathe(profile: Iterable[tuple[float, float]], *, sides: int = 64, crease: float = 0.6) -> Mesh:
    """The profile of (radius, height) points from bottom to top, turned round z.

    Rings are doubled, so that normals stay sharp, where the profile bends by more than ``crease`` radians.
    """
    points = np.asarray(list(profile), float)
    steps = np.diff(points, axis=0)
    slopes = np.stack([steps[:, 1], -steps[:, 0]], 1)
    slopes /= np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), 1e-12)
    rings: list[tuple[NDArray, NDArray]] = []
    spans: list[tuple[int, int]] = []
    for k, slope in enumerate(slopes):
        start, end = slope, slope
        if k and np.dot(slopes[k - 1], slope) > np.cos(crease):
            start = slopes[k - 1] + slope
        if k + 1 < len(slopes) and np.dot(slopes[k + 1], slope) > np.cos(crease):
            end = slopes[k + 1] + slope
        spans.append((len(rings), len(rings) + 1))
        rings += [(points[k], start / np.linalg.norm(start)), (points[k + 1], end / np.linalg.norm(end))]
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    cosine, sine = np.cos(angle), np.sin(angle)
    vertices = np.concatenate([np.stack([p[0] * cosine, p[0] * sine, np.full(sides, p[1])], 1) for p, _ in rings])
    normals = np.concatenate([np.stack([n[0] * cosine, n[0] * sine, np.full(sides, n[1])], 1) for _, n in rings])
    here, there = np.arange(sides), (np.arange(sides) + 1) % sides
    faces = []
    for low, high in spans:
        a, b, c, d = low * sides + here, low * sides + there, high * sides + there, high * sides + here
        if points[low // 2][0] > 1e-9:
            faces.append(np.stack([a, b, c], 1))
        if points[low // 2 + 1][0] > 1e-9:
            faces.append(np.stack([a, c, d], 1))
    return Mesh(
        vertices=vertices.astype(np.float32),
        normals=normals.astype(np.float32),
        faces=np.concatenate(faces).astype(np.int32),
    )


def cylinder(radius: float, half: float, *, bevel: float = 0.0, sides: int = 64) -> Mesh:
    """A cylinder along z with caps, its rims rounded by ``bevel``."""
    if bevel <= 0:
        return lathe([(0, -half), (radius, -half), (radius, half), (0, half)], sides=sides)
    turn = np.linspace(0, np.pi / 2, 5)
    low = [(radius - bevel + bevel * np.sin(t), -half + bevel - bevel * np.cos(t)) for t in turn]
    high = [(r, -z) for r, z in reversed(low)]
    return lathe([(0, -half), *low, *high, (0, half)], sides=sides)


def rod(start: Iterable[float], end: Iterable[float], radius: float, *, sides: int = 6) -> Mesh:
    """A thin open cylinder between two points."""
    return of(trimesh.creation.cylinder(radius=radius, segment=[list(start), list(end)], sections=sides))


def tube(path: Iterable[Iterable[float]], radius: float, *, sides: int = 20) -> Mesh:
    """A round tube along a bent path in the x-z plane, open at its ends."""
    points = np.asarray(list(path), float)
    ahead = np.gradient(points, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    flat = np.array((0.0, 1.0, 0.0))
    out = np.cross(ahead, flat)
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    normals = np.cos(turn)[None, :, None] * out[:, None] + np.sin(turn)[None, :, None] * flat
    vertices = points[:, None] + radius * normals
    index = np.arange(len(points) * sides).reshape(-1, sides)
    a, b = index[:-1], index[1:]
    c, d = np.roll(b, -1, 1), np.roll(a, -1, 1)
    faces = np.concatenate([np.stack([a, c, d], -1).reshape(-1, 3), np.stack([a, b, c], -1).reshape(-1, 3)])
    return Mesh(
        vertices=vertices.reshape(-1, 3).astype(np.float32),
        normals=normals.reshape(-1, 3).astype(np.float32),
        faces=faces.astype(np.int32),
    )


def rock(size: tuple[float, float, float], rng: np.random.Generator, *, detail: int = 5) -> Mesh:
    """A boulder: a sphere cut by random planes and roughened, of about the given half lengths."""
    ball, faces = _ball(detail)
    points = ball.copy()
    for _ in range(18):
        plane = rng.normal(size=3)
        plane /= np.linalg.norm(plane)
        depth = rng.uniform(0.62, 0.95)
        over = np.maximum(points @ plane - depth, 0)
        points -= 0.85 * over[:, None] * plane
    rough = np.zeros(len(points))
    for octave in range(1, 5):
        waves = rng.normal(size=(10, 3)) * 2.4 * 1.8**octave
        angle = (points @ waves.T + rng.uniform(0, 2 * np.pi, 10)).astype(np.float32)
        rough += np.sin(angle).mean(1) * 0.16 / 1.6**octave
    points *= (1 + rough)[:, None]
    return smooth(points * np.asarray(size), faces)


def foliage(size: float, rng: np.random.Generator, *, leaves: int = 900) -> Mesh:
    """A bush or a crown: leaves turned every way on the skin of a cluster of balls, of about the given radius."""
    hearts = rng.normal(size=(9, 3)) * np.array((0.52, 0.52, 0.34)) * size
    which = rng.integers(len(hearts), size=leaves)
    outward = rng.normal(size=(leaves, 3))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    centre = hearts[which] + outward * size * rng.uniform(0.40, 0.60, (leaves, 1))
    one = np.cross(outward, rng.normal(size=(leaves, 3)))
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    tilt = outward + rng.normal(size=(leaves, 3)) * 0.45
    two = np.cross(one, tilt / np.linalg.norm(tilt, axis=1, keepdims=True))
    long = size * rng.uniform(0.10, 0.17, (leaves, 1))
    corners = np.stack(
        [centre - one * long, centre + two * long * 0.6, centre + one * long, centre - two * long * 0.6], 1
    )
    away = centre - hearts.mean(0)
    normals = away / np.linalg.norm(away, axis=1, keepdims=True) * 0.7 + outward * 0.5
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    first = np.arange(leaves)[:, None] * 4
    faces = np.concatenate([first + np.array((0, 1, 2)), first + np.array((0, 2, 3))])
    return Mesh(
        vertices=corners.reshape(-1, 3).astype(np.float32),
        normals=np.repeat(normals, 4, axis=0).astype(np.float32),
        faces=faces.astype(np.int32),
    )
