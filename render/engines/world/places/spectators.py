"""Thousands of spectators seen from afar: each a few triangles, in rows, dressed for one side or as they like."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from render.engines.world import geometry
from render.engines.world.geometry import Mesh
from render.engines.world.materials import COLOURS, Colour, Material
from render.engines.world.onlookers import Crowd, Dress
from render.engines.world.places import scenery
from render.engines.world.stage import Solid

SKINS: tuple[Colour, ...] = ((0.56, 0.33, 0.22), (0.42, 0.23, 0.14), (0.20, 0.10, 0.06), (0.62, 0.40, 0.29))
HAIRS: tuple[Colour, ...] = ((0.02, 0.016, 0.012), (0.09, 0.045, 0.02), (0.25, 0.15, 0.06), (0.22, 0.21, 0.20))
SHIRTS = ("red", "blue", "yellow", "white", "teal", "orange", "black", "green", "grey", "purple")
PEOPLE = frozenset({"people", "person", "crowd", "audience", "spectator", "fan", "supporter"})
"""What a prompt denies to have the stands empty."""
SHADES = (0.45, 0.62, 0.8)
"""Times a colour's own lightness that shirts of it have."""
LOYAL = 0.5
"""Share of the spectators who wear their side's colour."""
NEAR = 45.0
"""Metres from the origin up to which their heads are round."""
WAVING = 0.16
"""Share of them who hold their arms up."""
LIVELY = 0.2
"""Share of those who do and are near who stand and move."""
LEGS = 0.4
"""Metres by which who stands is taller than who sits."""
TROUSERS: Colour = (0.025, 0.03, 0.045)
SONG = 1.6
"""Hops in a second."""


def many(one: Mesh, at: NDArray[np.float64], angles: NDArray[np.float64], sizes: NDArray[np.float64]) -> Mesh:
    """A mesh at each of ``[n, 3]`` points, turned by radians about z and scaled."""
    count, c, s = len(at), np.cos(angles), np.sin(angles)
    turn = np.zeros((count, 3, 3))
    turn[:, 0, 0], turn[:, 0, 1], turn[:, 1, 0], turn[:, 1, 1], turn[:, 2, 2] = c, -s, s, c, 1.0
    points = np.einsum("kij,nj->kni", turn, one.vertices) * sizes[:, None, None] + at[:, None]
    normals = np.einsum("kij,nj->kni", turn, one.normals)
    faces = one.faces[None] + (np.arange(count) * len(one.vertices))[:, None, None]
    return Mesh(
        vertices=points.reshape(-1, 3).astype(np.float32),
        normals=normals.reshape(-1, 3).astype(np.float32),
        faces=faces.reshape(-1, 3).astype(np.int32),
    )


def _body() -> Mesh:
    """A shirt over knees, without a back or an underside: it looks to −y, its seat is the origin."""
    rings = ((-0.42, 0.02, 0.19), (-0.16, 0.14, 0.2), (-0.1, 0.55, 0.21), (0.12, 0.57, 0.2))
    points = [(x * half, y, z) for y, z, half in rings for x in (-1, 1)] + [(x * 0.18, 0.14, 0.0) for x in (-1, 1)]
    strips = [(0, 1, 3), (0, 3, 2), (2, 3, 5), (2, 5, 4), (4, 5, 7), (4, 7, 6)]
    sides = [(0, 2, 8), (2, 4, 8), (4, 6, 8), (1, 9, 3), (3, 9, 5), (5, 9, 7)]
    return geometry.smooth(np.array(points), np.array(strips + sides))


def _head(radius: float, *, near: bool) -> Mesh:
    """A ball of twenty triangles, or of eight."""
    if near:
        return geometry.sphere(radius, detail=0)
    axes = np.concatenate([np.eye(3), -np.eye(3)])
    faces = [(0, 1, 2), (1, 3, 2), (3, 4, 2), (4, 0, 2), (1, 0, 5), (3, 1, 5), (4, 3, 5), (0, 4, 5)]
    return geometry.smooth(1.12 * radius * axes, np.array(faces))


def _arms() -> Mesh:
    reach = [geometry.rod((s * 0.2, -0.05, 0.5), (s * 0.27, -0.12, 0.98), 0.045, sides=3) for s in (-1, 1)]
    return geometry.join(reach)


def _legs() -> Mesh:
    return geometry.move(geometry.box((0.15, 0.08, LEGS / 2)), (0.0, 0.02, LEGS / 2 - LEGS))


def gathered(
    rng: np.random.Generator, seats: NDArray[np.float64], angles: NDArray[np.float64], sides: Sequence[str]
) -> tuple[list[Solid], Crowd | None]:
    """A spectator on each of ``[n, 3]`` seats, turned by radians about z; ``sides`` are the colours that they wear.

    Some of those who are near and hold their arms up stand and move; None if there are none of them.
    """
    count = len(seats)
    at = seats + rng.normal(0, (0.05, 0.05, 0.02), (count, 3))
    turned, sizes = angles + rng.normal(0, 0.16, count), rng.uniform(0.86, 1.1, count)
    own = rng.choice(SHIRTS, count)
    shirts = np.where(rng.random(count) < LOYAL, np.array(sides), own)
    shades, skins, hairs = (rng.integers(len(kinds), size=count) for kinds in (SHADES, SKINS, HAIRS))
    up = rng.random(count) < WAVING
    close = np.hypot(at[:, 0], at[:, 1]) < NEAR
    stands = up & close & (rng.random(count) < LIVELY)
    at[stands, 2] += LEGS * sizes[stands]
    worn: list[tuple[Mesh, NDArray[np.bool_], Colour]] = [(_legs(), stands, TROUSERS)]
    body, arms = _body(), _arms()
    heads = [(geometry.move(_head(0.115, near=near), (0.0, -0.02, 0.7)), close == near) for near in (True, False)]
    caps = [(geometry.move(_head(0.125, near=near), (0.0, 0.025, 0.735)), close == near) for near in (True, False)]
    for name in sorted(set(shirts.tolist())):
        for k, shade in enumerate(SHADES):
            red, green, blue = COLOURS[name]
            colour = (shade * red + 0.015, shade * green + 0.015, shade * blue + 0.015)
            worn.append((body, (shirts == name) & (shades == k), colour))
    for k, colour in enumerate(SKINS):
        worn += [(head, those & (skins == k), colour) for head, those in heads]
        worn.append((arms, up & (skins == k), colour))
    for k, colour in enumerate(HAIRS):
        worn += [(cap, those & (hairs == k), colour) for cap, those in caps]

    def made(of: NDArray[np.bool_]) -> Iterator[tuple[Material, Mesh, NDArray[np.int32]]]:
        """What of it is on some of them, and on which of these each vertex is."""
        groups: dict[Material, list[tuple[Mesh, NDArray[np.int32]]]] = defaultdict(list)
        number = np.cumsum(of) - 1
        for one, wear, colour in worn:
            those = np.flatnonzero(wear & of)
            if len(those):
                who = np.repeat(number[those], len(one.vertices)).astype(np.int32)
                on = many(one, at[those], turned[those], sizes[those])
                groups[Material(base=colour, gloss=0.05)].append((on, who))
        for material, parts in groups.items():
            yield material, geometry.join([mesh for mesh, _ in parts]), np.concatenate([who for _, who in parts])

    sitting = [
        scenery.prop(f"spectators, part {k + 1}", mesh, material) for k, (material, mesh, _) in enumerate(made(~stands))
    ]
    if not stands.any():
        return sitting, None
    dresses = tuple(Dress(material=material, mesh=mesh, who=who) for material, mesh, who in made(stands))
    return sitting, _lively(rng, dresses, at[stands], turned[stands])


def _lively(
    rng: np.random.Generator, dresses: tuple[Dress, ...], at: NDArray[np.float64], angles: NDArray[np.float64]
) -> Crowd:
    """They hop about to one song."""
    count = len(at)
    middles, radii = at + np.array((0.0, 0.0, 0.3)), np.zeros(count)
    for dress in dresses:
        np.maximum.at(radii, dress.who, np.linalg.norm(dress.mesh.vertices - middles[dress.who], axis=1))
    return Crowd(
        dresses=dresses,
        bounds=np.c_[middles, radii + 0.001].astype(np.float32),
        aside=np.c_[np.cos(angles), np.sin(angles), np.zeros(count)].astype(np.float32),
        beats=rng.normal(SONG, 0.06, count).astype(np.float32),
        phases=rng.normal(0.0, 0.13, count).astype(np.float32),
        spirits=rng.uniform(-0.3, 0.6, count).astype(np.float32),
        delays=rng.uniform(0.05, 0.5, count).astype(np.float32),
    )


def facing(outward: NDArray[np.float64]) -> NDArray[np.float64]:
    """Radians about z that turn a spectator, who looks to −y, against ``[n, 2]`` directions."""
    return np.arctan2(outward[:, 1], outward[:, 0]) - math.pi / 2
