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
    """Nothing any more, but the frame before had something there."""


class Tiles:
    """Square tiles over a picture whose still layer is known."""

    def __init__(
        self,
        camera: Camera,
        sun: NDArray[np.float64],
        depth: NDArray[np.float32],
        mirrors: NDArray[np.bool_],
        *,
        side: int,
    ) -> None:
        """``depth`` is ``[height, width]`` metres, infinite for the sky; ``mirrors`` is where surfaces reflect."""
        height, width = depth.shape
        rows, columns = -(-height // side), -(-width // side)
        self.shape, self.camera, self.sun = (rows, columns), camera, sun
        pad = ((0, rows * side - height), (0, columns * side - width))
        blocks = np.pad(depth, pad, mode="edge").reshape(rows, side, columns, side)
        solid = np.isfinite(blocks)
        self.solid = solid.any(axis=(1, 3)).ravel()
        near = np.where(solid, blocks, np.inf).min(axis=(1, 3)).ravel()
        far = np.where(solid, blocks, -np.inf).max(axis=(1, 3)).ravel()
        self.mirrors = np.pad(mirrors, pad).reshape(rows, side, columns, side).any(axis=(1, 3))
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
        self.before = np.full(self.shape, int(Touch.REFRESH), np.int32)

    def everywhere(self) -> NDArray[np.int32]:
        """All tiles, drawn anew."""
        return np.full(self.shape, int(Touch.REFRESH), np.int32)

    def touched(self, spheres: NDArray[np.float32], *, softness: float, occlusion: float) -> NDArray[np.int32]:
        """``[rows, columns]`` of :class:`Touch` for the spheres ``[k, 4]`` about what moves, never too little.

        ``occlusion`` is how many radii far a sphere closes off the sky; 0 for none.
        """
        flags = np.zeros(len(self.centre), np.int32)
        for sphere in spheres:
            centre, radius = sphere[:3].astype(float), float(sphere[3])
            away = centre - self.camera.eye
            distance = max(float(np.linalg.norm(away)), 1e-6)
            reach = np.arcsin(min(1.0, radius / distance))
            aside = np.arccos(np.clip(self.middle @ (away / distance), -1, 1))
            flags |= np.where(aside < self.angle + reach, int(Touch.SEEN), 0)
            gap = centre - self.centre
            along = gap @ self.sun
            square = (gap**2).sum(-1)
            across = np.sqrt(np.maximum(square - along**2, 0))
            wide = radius + self.radius
            dark = self.solid & (along > -wide) & (across < wide + softness * np.maximum(along, 0))
            flags |= np.where(dark, int(Touch.SHADOWED), 0)
            flags |= np.where(self.solid & (square < (occlusion * radius + self.radius) ** 2), int(Touch.OCCLUDED), 0)
        flags = flags.reshape(self.shape)
        if len(spheres):
            flags |= np.where(self.mirrors, int(Touch.MIRRORED), 0).astype(np.int32)
        now = flags | np.where((self.before != 0) & (flags == 0), int(Touch.REFRESH), 0).astype(np.int32)
        self.before = flags
        return now.astype(np.int32)
