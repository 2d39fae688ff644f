"""What stands in the way: of a camera, that must not be behind a wall or in a solid, and of what blows about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from render.engines.world.materials import Pattern
from render.engines.world.stage import Shape, Solid, Vector

SKIN = 0.15
"""Metres that an eye keeps from a solid."""
CELL = 0.06
"""Metres of a cell of :func:`occupied`."""
LOW, BROAD = 0.12, 6.0
"""Metres: what is lower lies on the ground, what is broader is a wall or land, which nothing blows against."""
AROUND = 1.5
"""Sizes of a box from its middle within which something stands near it."""
HIDDEN = 0.6
"""Share of the action behind one solid from which on that solid is in the way."""


def box_of(solid: Solid) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Middle ``[3]``, axes as columns ``[3, 3]`` and half lengths ``[3]`` of a box about what is seen of a solid."""
    w, x, y, z = solid.turn
    axes = np.array(
        (
            (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
            (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
            (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
        )
    )
    middle = np.array(solid.position, float)
    if solid.look is not None:
        low, high = solid.look.vertices.min(0).astype(float), solid.look.vertices.max(0).astype(float)
        return middle + axes @ ((low + high) / 2), axes, (high - low) / 2
    if solid.shape == Shape.SPHERE:
        return middle, axes, np.full(3, solid.size[0])
    if solid.shape in (Shape.CYLINDER, Shape.CAPSULE):
        radius, half = solid.size[:2]
        return middle, axes, np.array((radius, radius, half + (radius if solid.shape == Shape.CAPSULE else 0.0)))
    return middle, axes, np.array(solid.size, float)


def entries(starts: NDArray[np.float64], ends: NDArray[np.float64], half: NDArray[np.float64]) -> NDArray[np.float64]:
    """``[k]``: share of the way from each start to its end at which it enters the box, 2 where it never does.

    Ways are in the box's own frame; one that starts inside never enters.
    """
    step = ends - starts
    step = np.where(np.abs(step) < 1e-12, 1e-12, step)
    one, two = (-half - starts) / step, (half - starts) / step
    first, last = np.minimum(one, two).max(-1), np.maximum(one, two).min(-1)
    return np.where((first <= last) & (first > 0.0) & (first <= 1.0), first, 2.0)


def clearance(
    solids: Sequence[Solid], eyes: NDArray[np.float64], pivots: NDArray[np.float64], points: NDArray[np.float64]
) -> float:
    """Share of the ways from ``pivots`` to ``eyes``, both ``[frames, 3]``, that all may keep; 1 if nothing hinders.

    A solid hinders if an eye is in it, or if it hides most of its ``points`` ``[frames or 1, k, 3]`` from an eye.
    Scenery that nothing touches never does: the box about a meadow's grass is all of the meadow.
    """
    share = 1.0
    for solid in (one for one in solids if one.touches):
        middle, axes, half = box_of(solid)
        half = half + SKIN
        heart, seen, stand = ((place - middle) @ axes for place in (pivots, points, eyes))
        inside = np.all(np.abs(stand) < half, axis=-1)
        hits = entries(heart, stand, half)
        for k in np.flatnonzero(hits <= 1.0):
            looked_at = seen[min(k, len(seen) - 1)]
            blocked = entries(looked_at, np.repeat(stand[k][None], len(looked_at), 0), half) <= 1.0
            if inside[k] or blocked.mean() > HIDDEN:
                share = min(share, max(0.05, float(hits[k]) * 0.98))
    return share


def occupied(solids: Sequence[Solid], low: Vector, high: Vector) -> NDArray[np.bool_]:
    """``[x, y, z]`` cells of a box that the surfaces of trunks, benches and stones pass, leaves and grass left out.

    What stands near the box counts where it is when the box is repeated along x and y.
    """
    corner, size = np.array(low), np.array(high) - np.array(low)
    cells = np.maximum(np.round(size / CELL).astype(int), 1)
    filled = np.zeros(cells, np.bool_)
    for solid in solids:
        if solid.look is None or solid.moves or solid.material.pattern in (Pattern.LEAVES, Pattern.GRASS):
            continue
        middle, axes, half = box_of(solid)
        if (
            half[2] < LOW / 2
            or max(half[:2]) > BROAD / 2
            or (np.abs(middle - corner - size / 2)[:2] > AROUND * size[:2]).any()
        ):
            continue
        sides = (solid.look.vertices.astype(float) @ axes.T + np.array(solid.position))[solid.look.faces]
        longest = np.linalg.norm(sides - np.roll(sides, 1, 1), axis=2).max(1)
        steps = np.ceil(longest / (CELL / 2)).astype(int) + 1
        for count in np.unique(steps).tolist():
            u, v = np.meshgrid(np.linspace(0, 1, count), np.linspace(0, 1, count))
            inside = u + v <= 1.0 + 1e-9
            shares = np.stack([1 - u[inside] - v[inside], u[inside], v[inside]], 1)
            points = (shares @ sides[steps == count].transpose(1, 0, 2).reshape(3, -1)).reshape(-1, 3)
            filled[cells_of(points, corner, size, filled)] = True
    return filled


def cells_of(
    points: NDArray[np.float64], corner: NDArray[np.float64], size: NDArray[np.float64], filled: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], ...]:
    """The indices into :func:`occupied` of ``[n, 3]`` points, wherever the box is repeated."""
    count = np.array(filled.shape)
    x, y, z = np.floor((points - corner) / size * count).astype(np.intp).T
    return x % count[0], y % count[1], np.clip(z, 0, count[2] - 1)
