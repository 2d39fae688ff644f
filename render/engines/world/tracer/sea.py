"""The sea's net, laid as a fan before the cameras of a clip, and its drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from render.engines.world.camera import Camera
from render.engines.world.stage import Wave
from render.engines.world.tracer import sea_kernels

SPOKES, RINGS = 260, 300
FARTHEST = 4000.0
"""Metres to the net's edge, where haze hides it."""


def fan(cameras: Sequence[Camera], aspect: float) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """``[n, 3]`` rest points (x, y, spacing) and ``[m, 3]`` triangles that cover all water in view of any camera."""
    eyes = np.stack([camera.eye for camera in cameras])
    eye, spread = eyes.mean(0), float(np.linalg.norm(eyes - eyes.mean(0), axis=1).max())
    views = np.stack([camera.forward for camera in cameras])
    middle = np.arctan2(*views.mean(0)[1::-1])
    turns = np.arctan2(views[:, 1], views[:, 0]) - middle
    aside = float(np.abs((turns + np.pi) % (2 * np.pi) - np.pi).max())
    half = min(np.pi, np.arctan(cameras[0].tangent * np.hypot(aspect, 1.0)) * 1.15 + 0.15 + aside)
    near = max(0.3, eyes[:, 2].min() * 0.35)
    back = 3.0 + spread
    radius = near * (FARTHEST / near) ** (np.linspace(0, 1, RINGS) ** 1.15)
    angle = middle + np.linspace(-half, half, SPOKES)
    r, a = np.meshgrid(radius + 3.0, angle, indexing="ij")
    x = eye[0] - back * np.cos(middle) + r * np.cos(a)
    y = eye[1] - back * np.sin(middle) + r * np.sin(a)
    across = r * (angle[1] - angle[0])
    along = np.gradient(radius)[:, None] * np.ones_like(r)
    rest = np.stack([x, y, np.maximum(across, along)], -1).reshape(-1, 3).astype(np.float32)
    grid = np.arange(RINGS * SPOKES, dtype=np.int32).reshape(RINGS, SPOKES)
    a0, b0, c0, d0 = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
    faces = np.concatenate([np.stack([a0, b0, c0], -1).reshape(-1, 3), np.stack([a0, c0, d0], -1).reshape(-1, 3)])
    return rest, faces


class Sea:
    """The water of one clip."""

    def __init__(
        self,
        waves: Sequence[Wave],
        cameras: Sequence[Camera],
        *,
        aspect: float,
        shores: Sequence[tuple[float, float, float]],
        device: str,
    ) -> None:
        self.device = device
        rest, faces = fan(cameras, aspect)
        table = [(w.number * np.cos(w.heading), w.number * np.sin(w.heading), w.amplitude, w.frequency) for w in waves]
        self.count = len(table)
        self.waves = wp.array(np.array(table, np.float32), dtype=wp.vec4, device=device)
        self.phases = wp.array(np.array([w.phase for w in waves], np.float32), dtype=wp.float32, device=device)
        self.rest = wp.array(rest, dtype=wp.vec3, device=device)
        distance = np.full(len(rest), 1e3)
        for x, y, radius in shores:
            distance = np.minimum(distance, np.hypot(rest[:, 0] - x, rest[:, 1] - y) - radius)
        self.shore = wp.array(distance.astype(np.float32), dtype=wp.float32, device=device)
        water = self.water = sea_kernels.Water()
        self.points = wp.zeros(len(rest), dtype=wp.vec3, device=device)
        self.normals = wp.zeros(len(rest), dtype=wp.vec3, device=device)
        self.foam = wp.zeros(len(rest), dtype=wp.float32, device=device)
        self.indices = wp.array(faces.ravel(), dtype=wp.int32, device=device)
        water.indices, water.normals, water.foam = self.indices, self.normals, self.foam
        self._heave(0.0)
        self.mesh = wp.Mesh(self.points, self.indices, bvh_leaf_size=8)
        water.mesh = self.mesh.id
        self.over: list[Any] = []

    def _heave(self, time: float) -> None:
        wp.launch(
            sea_kernels.heave,
            len(self.rest),
            [self.rest, self.shore, self.waves, self.phases, self.count, time, self.points, self.normals, self.foam],
            device=self.device,
        )

    def draw(self, world: Any, time: float, layers: list[Any]) -> list[Any]:
        """The water at ``time`` over the still ``layers``, as layers: sun, rest, mirrored, normal, ids."""
        self._heave(time)
        self.mesh.refit()
        self.water.time = time
        sun, rest, mirrored, normal, ids = layers
        if not self.over:
            self.over = [wp.zeros_like(layer) for layer in layers]
        none, colour, _, front, front_ids = self.over
        size = colour.shape
        wp.launch(
            sea_kernels.draw_sea,
            size,
            [world, self.water, sun, rest, mirrored, normal, ids, front, front_ids, colour],
            device=self.device,
        )
        wp.launch(
            sea_kernels.smooth_sea,
            size,
            [world, self.water, sun, rest, mirrored, normal, front, front_ids, colour],
            device=self.device,
        )
        return [none, colour, none, front, front_ids]
