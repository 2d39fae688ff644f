"""Which tiles of the picture a frame must draw anew: where parts move, or cast, close off or mirror light."""

from __future__ import annotations

from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from render.engines.world.camera import Camera

MARGIN = 4
"""Pixels by which tiles reach over their rim: as far as edges are looked for."""


class Touch(IntFlag):
    """What may happen within a tile."""

    SEEN = 1
    SHADOWED = 2
    OCCLUDED = 4
    MIRRORED = 8
    REFRESH = 16
    """Nothing of this, but the tile must be drawn all the same."""


class Tiles:
    """Square tiles over a picture whose still layer is known."""

    def __init__(
        self,
        camera: Camera,
        sun: NDArray[np.float64],
        blocks: NDArray[np.float32],
        *,
        width: int,
        height: int,
        side: int,
    ) -> None:
        """``blocks`` is ``[rows, columns, 4]``: nearest and farthest metres, and the largest mirrors, of each tile.

        The mirrors are the ground's, which is level at a height of 0, and those of parts, which may look anywhere.

        A tile of nothing but sky has a nearest point farther than its farthest.
        """
        rows, columns = blocks.shape[:2]
        self.shape, self.camera, self.sun = (rows, columns), camera, sun
        near, far = (blocks[..., k].ravel().astype(float) for k in (0, 1))
        self.solid = near <= far
        self.level, self.mirrors = (blocks[..., k].ravel() > 0 for k in (2, 3))
        pixel = 2 * camera.tangent / height
        left = (np.arange(columns) * side - width / 2) * pixel
        top = (height / 2 - np.arange(rows) * side) * pixel
        corners = []
        for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
            x, y = np.meshgrid(left + right * side * pixel, top - down * side * pixel)
            way = camera.forward + x[..., None] * camera.right + y[..., None] * camera.up
            corners.append((way / np.linalg.norm(way, axis=-1, keepdims=True)).reshape(-1, 3))
        ways = np.stack(corners)
        self.middle = ways.mean(0) / np.linalg.norm(ways.mean(0), axis=-1, keepdims=True)
        self.angle = np.arccos(np.clip((ways * self.middle).sum(-1), -1, 1)).max(0) + MARGIN * pixel
        near, far = np.where(self.solid, near, 0.0), np.where(self.solid, far, 0.0)
        points = camera.eye + np.concatenate([ways * near[:, None], ways * far[:, None]])
        self.centre = (points.min(0) + points.max(0)) / 2
        self.radius = np.linalg.norm(points - self.centre, axis=-1).max(0) + MARGIN * pixel * far

    def touched(
        self, spheres: NDArray[np.float32], onlookers: NDArray[np.float32], *, softness: float, occlusion: float
    ) -> NDArray[np.int32]:
        """``[rows, columns]`` of :class:`Touch` for the spheres ``[k, 4]`` about what moves, never too little.

        ``occlusion`` is how many radii far a sphere closes off the sky; 0 for none. ``onlookers`` are spheres about
        what is seen, and of no consequence to anything else.
        """
        flags = np.where(self._any_before(onlookers), int(Touch.SEEN), 0)
        for sphere in spheres:
            centre, radius = sphere[:3].astype(float), float(sphere[3])
            flags |= np.where(self._before(centre, radius), int(Touch.SEEN), 0)
            image = centre * (1.0, 1.0, -1.0)
            flags |= np.where(self.level & self._before(image, radius), int(Touch.MIRRORED), 0)
            gap = centre - self.centre
            along = gap @ self.sun
            square = (gap**2).sum(-1)
            across = np.sqrt(np.maximum(square - along**2, 0))
            wide = radius + self.radius
            dark = self.solid & (along > -wide) & (across < wide + softness * np.maximum(along, 0))
            flags |= np.where(dark, int(Touch.SHADOWED), 0)
            flags |= np.where(self.solid & (square < (occlusion * radius + self.radius) ** 2), int(Touch.OCCLUDED), 0)
        if len(spheres):
            flags |= np.where(self.mirrors, int(Touch.MIRRORED), 0)
        return flags.reshape(self.shape).astype(np.int32)

    def _any_before(self, spheres: NDArray[np.floating]) -> NDArray[np.bool_]:
        """The tiles in which any of many spheres may be seen."""
        away = spheres[:, :3].astype(float) - self.camera.eye
        distance = np.maximum(np.linalg.norm(away, axis=1), 1e-6)
        sine = np.minimum(1.0, spheres[:, 3] / distance)
        # The cosine of the sum of a tile's angle and a sphere's, beyond which they are apart.
        least = np.cos(self.angle)[:, None] * np.sqrt(1 - sine**2) - np.sin(self.angle)[:, None] * sine
        seen: NDArray[np.bool_] = (self.middle @ (away / distance[:, None]).T > least).any(1)
        return seen

    def _before(self, centre: NDArray[np.float64], radius: float) -> NDArray[np.bool_]:
        """The tiles in which a sphere may be seen."""
        return self._any_before(np.array((*centre, radius))[None])
