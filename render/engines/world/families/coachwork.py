"""What vehicles are described by, and the forms that their bodies are built of. Lengths in metres."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from render.engines.world import geometry
from render.engines.world.geometry import Mesh
from render.engines.world.materials import Material
from render.engines.world.stage import Vector

GLASS = Material(base=(0.012, 0.016, 0.02), gloss=0.95, mirror=0.9, facing=0.06)
DARK = Material(base=(0.016, 0.016, 0.018), gloss=0.2)
CHROME = Material(base=(0.60, 0.61, 0.63), gloss=0.8, mirror=0.9, facing=0.5, metal=0.8, roughness=0.12)
LAMP = Material(base=(0.92, 0.92, 0.86), gloss=0.9, mirror=0.4)
TAIL = Material(base=(0.55, 0.012, 0.012), gloss=0.8)

Section = tuple[float, float, float, float]
"""Place along x, half width, lowest and highest point, in metres."""
Shown = tuple[str, Mesh, Material]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A thing on wheels that stands on z = 0 about the origin and looks along +x."""

    shown: tuple[Shown, ...]
    frame: Vector
    """Half lengths of the box that weighs: shorter than the vehicle, so that nothing but wheels meets the ground."""
    middle: float
    """Height of its middle."""
    axles: tuple[tuple[float, float], ...]
    """(x, half the track) of each."""
    wheel: tuple[float, float]
    """Radius and half width."""
    long: float
    """Metres from end to end."""
    high: float
    rim: Material = CHROME
    substance: str = "car"
    tyre: str = "tyre"
    hull: bool = False
    """True if the first part that is shown is touched instead of the frame's box."""
    motor: bool = False


def loft(sections: Iterable[Section], *, narrow: float = 0.0, sides: int = 28, round_: float = 0.26) -> Mesh:
    """A closed body through rounded rectangles across x; ``narrow`` is the share of its width that its top lacks."""
    rows = np.array(list(sections))
    turn = np.linspace(0, 2 * math.pi, sides, endpoint=False) + math.pi / sides
    across, up = (np.sign(f(turn)) * np.abs(f(turn)) ** round_ for f in (np.cos, np.sin))
    x, wide, low, high = rows.T[:, :, None]
    y = wide * across * (1 - narrow * np.maximum(up, 0.0))
    z = (low + high) / 2 + (high - low) / 2 * up
    rings = np.stack([np.broadcast_to(x, y.shape), y, z], -1)
    ends = np.stack([rings[0].mean(0), rings[-1].mean(0)])
    index = np.arange(rings.shape[0] * sides).reshape(-1, sides)
    a, b = index[:-1], index[1:]
    c, d = np.roll(b, -1, 1), np.roll(a, -1, 1)
    faces = [np.stack([a, d, c], -1).reshape(-1, 3), np.stack([a, c, b], -1).reshape(-1, 3)]
    first, last, caps = index[0], index[-1], index.size
    faces.append(np.stack([np.full(sides, caps), np.roll(first, -1), first], -1))
    faces.append(np.stack([np.full(sides, caps + 1), last, np.roll(last, -1)], -1))
    return geometry.smooth(np.concatenate([rings.reshape(-1, 3), ends]), np.concatenate(faces))


def along(xs: np.ndarray, points: Iterable[tuple[float, float]]) -> np.ndarray:
    """Heights at ``xs`` on straight lines between (x, height)."""
    where, heights = zip(*points, strict=True)
    return np.interp(xs, where, heights)


def box(half: Vector, at: Vector, bevel: float = 0.0) -> Mesh:
    """A box of these half lengths about a place."""
    return geometry.move(geometry.box(half, bevel=bevel), at)


def both(half: Vector, at: Vector, bevel: float = 0.0) -> list[Mesh]:
    """A box on either side."""
    return [box(half, (at[0], side * at[1], at[2]), bevel) for side in (-1, 1)]


def windscreen(top: tuple[float, float], foot: tuple[float, float], wide: float) -> Mesh:
    """A pane between two points (x, z), a little before the sheet metal."""
    (x, z), (a, b) = top, foot
    half, lean = math.hypot(x - a, z - b) / 2, math.atan2(a - x, z - b)
    c, s = math.cos(lean), math.sin(lean)
    return geometry.move(
        turned(geometry.box((0.014, wide, half)), ((c, 0, -s), (0, 1, 0), (s, 0, c))), ((x + a) / 2, 0.0, (z + b) / 2)
    )


def turned(mesh: Mesh, rows: Iterable[Iterable[float]]) -> Mesh:
    """The mesh turned by a matrix."""
    turn = np.array([list(row) for row in rows], np.float32)
    return Mesh(vertices=mesh.vertices @ turn.T, normals=mesh.normals @ turn.T, faces=mesh.faces)


def arches(xs: np.ndarray, low: np.ndarray, axles: Iterable[float], radius: float, room: float) -> np.ndarray:
    """The lower edge of a body, cut out round its wheels."""
    edge = low.copy()
    for axle in axles:
        within = np.maximum(room**2 - (xs - axle) ** 2, 0.0)
        edge = np.where(within > 0, np.maximum(edge, radius + np.sqrt(within)), edge)
    return edge


def scaled(mesh: Mesh, scale: float) -> Mesh:
    """The mesh made larger or smaller about its origin."""
    return Mesh(vertices=mesh.vertices * np.float32(scale), normals=mesh.normals, faces=mesh.faces)
