"""Particles of a moment, sorted onto the tiles of the picture and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from render.engines.world.camera import Camera
from render.engines.world.physics import Motion
from render.engines.world.stage import Cloud, Particles, Puffs
from render.engines.world.tracer import puff_kernels

SIDE = 16
"""Pixels along a tile."""
FINEST = 0.6
"""Pixels of radius below which a particle is drawn fainter, not smaller."""
THINNING = 0.3
"""Exponent by which a streak fades as it gets longer."""
NEAREST = 0.1
"""Metres before the eye within which nothing is drawn."""
BLURRED = (0.3, 1.5)
"""Metres before the eye between which what falls comes into view: nearer it would be a blur over the whole picture."""
AHEAD = 0.42
"""Share of a field that repeats which lies before the eye, and not about it."""
OVER = 1.5
"""Times a leaf's radius to which its stalk reaches."""


def gather(clouds: Sequence[Puffs]) -> Puffs:
    """All particles as one; soft balls get normals and stalks of no length."""
    kept = [cloud for cloud in clouds if len(cloud.radii)]
    if not kept:
        none = np.zeros((0, 3), np.float32)
        flat = np.zeros(0, np.float32)
        return Puffs(
            positions=none,
            velocities=none,
            radii=flat,
            colours=none,
            opacity=flat,
            glow=flat,
            normals=none,
            stalks=none,
        )
    stalks = [np.zeros_like(one.positions) if one.stalks is None else one.stalks for one in kept]
    normals = [np.zeros_like(one.positions) if one.normals is None else one.normals for one in kept]
    return Puffs(
        positions=np.concatenate([one.positions for one in kept]),
        velocities=np.concatenate([one.velocities for one in kept]),
        radii=np.concatenate([one.radii for one in kept]),
        colours=np.concatenate([one.colours for one in kept]),
        opacity=np.concatenate([one.opacity for one in kept]),
        glow=np.concatenate([one.glow for one in kept]),
        normals=np.concatenate(normals),
        stalks=np.concatenate(stalks),
    )


def brought(puffs: Puffs, camera: Camera) -> Puffs:
    """A field that repeats, shifted by whole repeats to where the camera looks."""
    if puffs.repeats is None:
        return puffs
    size = np.array(puffs.repeats, np.float32)
    low = camera.eye[:2] + (AHEAD * camera.forward[:2] - 0.5) * size
    spots = puffs.positions.copy()
    spots[:, :2] = low + np.mod(spots[:, :2] - low, size)
    depth = (spots - camera.eye) @ camera.forward
    near = np.clip((depth - BLURRED[0]) / (BLURRED[1] - BLURRED[0]), 0, 1)
    return replace(puffs, positions=spots, opacity=(puffs.opacity * near).astype(np.float32))


def tiled(
    low: NDArray[np.int64], high: NDArray[np.int64], rows: int, columns: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Where each tile's list starts, ``[tiles + 1]``, and the lists: indices of boxes that touch the tile, in order.

    ``low`` and ``high`` are ``[k, 2]`` first and last tiles (column, row) of each box, within the picture.
    """
    wide, tall = (high - low + 1).T
    counts = wide * tall
    owner = np.repeat(np.arange(len(low)), counts)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    column = low[owner, 0] + place % wide[owner]
    row = low[owner, 1] + place // wide[owner]
    tile = row * columns + column
    order = np.argsort(tile, kind="stable")
    starts = np.searchsorted(tile[order], np.arange(rows * columns + 1))
    return starts.astype(np.int32), owner[order].astype(np.int32)


class Drifts:
    """All particles of a clip."""

    def __init__(self, particles: Sequence[Particles], motion: Motion, *, open_for: float, device: str) -> None:
        """``open_for`` is how many seconds of the scene a streak lasts."""
        self.clouds: list[Cloud] = [one.emit(motion) for one in particles]
        self.open_for, self.device = open_for, device

    def draw(self, lit: tuple[Any, Any], camera: Camera, time: float, front: Any, colour: Any) -> None:
        """The particles at ``time``, in seconds of the scene, over ``colour``; ``lit`` are the world and its lamps."""
        world, lamps = lit
        puffs = gather([brought(cloud(time), camera) for cloud in self.clouds])
        height, width = colour.shape
        pixel = 2 * camera.tangent / height
        away = puffs.positions - camera.eye
        depth = away @ camera.forward
        kept = np.flatnonzero((depth > NEAREST) & (puffs.opacity > 0.002))
        away, depth = away[kept], depth[kept] * pixel
        ahead = puffs.velocities[kept] * (self.open_for / 2)
        spot = np.stack([away @ camera.right / depth + width / 2, height / 2 - away @ camera.up / depth], axis=1)
        further = away + ahead
        later = np.maximum(further @ camera.forward, NEAREST) * pixel
        half = (
            np.stack([further @ camera.right / later + width / 2, height / 2 - further @ camera.up / later], axis=1)
            - spot
        )
        radius = puffs.radii[kept] / depth
        assert puffs.normals is not None
        flat = np.abs(puffs.normals[kept]).sum(1) > 0.5
        half[flat] = 0.0
        size = np.where(flat, radius, np.maximum(radius, FINEST))
        length = np.linalg.norm(half, axis=1)
        thin = (size / np.maximum(size + length, 1e-6)) ** THINNING * np.where(
            flat, 1.0, np.minimum(radius / FINEST, 1.0)
        )
        reach = np.abs(half) + np.where(flat, OVER * size, size)[:, None] + 1.0
        low, high = np.floor((spot - reach) / SIDE), np.floor((spot + reach) / SIDE)
        rows, columns = -(-height // SIDE), -(-width // SIDE)
        most = np.array((columns - 1, rows - 1))
        seen = ((high >= 0) & (low <= most)).all(1)
        distance = np.linalg.norm(away, axis=1)
        order = np.flatnonzero(seen)
        order = order[np.argsort(-distance[order], kind="stable")]
        if not len(order):
            return
        which = kept[order]
        shape = np.stack([size, puffs.opacity[kept] * thin, distance, puffs.radii[kept]], axis=1)[order]
        marks, arrays = puff_kernels.Marks(), self._arrays(puffs, which)
        positions, normals, stalks, glow, colours = arrays
        lit = wp.zeros(len(which), dtype=wp.vec3, device=self.device)
        wp.launch(
            puff_kernels.illuminate,
            len(which),
            [world, lamps, positions, normals, glow, colours, lit],
            device=self.device,
        )
        marks.spot = spots = self._array(np.concatenate([spot, half], axis=1)[order], wp.vec4)
        marks.shape = shapes = self._array(shape, wp.vec4)
        marks.colour, marks.position, marks.normal, marks.stalk = lit, positions, normals, stalks
        starts, listed = tiled(
            np.clip(low[order], 0, most).astype(np.int64), np.clip(high[order], 0, most).astype(np.int64), rows, columns
        )
        lists = [wp.array(one, dtype=wp.int32, device=self.device) for one in (starts, listed)]
        wp.launch(
            puff_kernels.draw,
            (height, width),
            [world, marks, *lists, SIDE, columns, front, colour],
            device=self.device,
        )
        del spots, shapes

    def _array(self, values: NDArray[np.floating], kind: Any) -> Any:
        return wp.array(values.astype(np.float32), dtype=kind, device=self.device)

    def _arrays(self, puffs: Puffs, which: NDArray[np.intp]) -> tuple[Any, ...]:
        assert puffs.normals is not None
        assert puffs.stalks is not None
        return (
            self._array(puffs.positions[which], wp.vec3),
            self._array(puffs.normals[which], wp.vec3),
            self._array(puffs.stalks[which], wp.vec3),
            self._array(puffs.glow[which], wp.float32),
            self._array(puffs.colours[which], wp.vec3),
        )
