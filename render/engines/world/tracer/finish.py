"""From radiance to the finished frame: shutter, lens, tone, ink."""

from __future__ import annotations

import math
from typing import Any

import warp as wp

from render.engines.world.camera import Camera
from render.engines.world.styles import Style
from render.engines.world.tracer import blur_kernels, finish_kernels
from render.engines.world.tracer.lanes import LANES

LONGEST_STREAK = 0.14
"""Of a streak, as a share of the picture's height."""
NEAR = 4.0
"""Metres to what is sharp below which the lens is stopped down in proportion: a small thing is sharp front to back."""
WIDEST_DISK = 0.02
"""Radius of what is farthest out of focus, as a share of the picture's height."""


class Finish:
    """The last steps of every frame, by the style's data."""

    def __init__(
        self,
        style: Style,
        *,
        width: int,
        height: int,
        first_row: int,
        scale: int,
        side: int,
        exposure: float,
        device: str,
    ) -> None:
        """``width`` and ``height`` are of the radiance, ``scale`` times the finished picture's."""
        self.style, self.device, self.side, self.scale = style, device, side, scale
        self.size = (height, width)
        grade = self.grade = finish_kernels.Grade()
        grade.exposure, grade.contrast, grade.saturation = exposure, style.contrast, style.saturation
        grade.shadow_tint, grade.light_tint = wp.vec3(*style.shadow_tint), wp.vec3(*style.light_tint)
        grade.vignette, grade.grain = style.vignette, style.grain
        grade.first_row, grade.rows = first_row, height // scale
        tiles = (-(-height // side), -(-width // side))
        self.longest = max(4.0, LONGEST_STREAK * height)
        self.reach = math.ceil(self.longest / 2 / side)
        self.fastest, self.about = (wp.zeros(tiles, dtype=wp.vec2, device=device) for _ in range(2))
        self.streaked = None
        if style.shutter > 0:
            self.streaked, self.trails = (wp.zeros(self.size, dtype=wp.vec3, device=device) for _ in range(2))
        self.widest = max(1.0, WIDEST_DISK * height)
        if style.aperture > 0:
            half = ((height + 1) // 2, (width + 1) // 2)
            self.small, self.far, self.near = (wp.zeros(half, dtype=wp.vec4, device=device) for _ in range(3))
            self.disk_side = max(4, math.ceil(self.widest / 2))
            disks = (-(-half[0] // self.disk_side), -(-half[1] // self.disk_side))
            self.disks = wp.zeros(disks, dtype=wp.float32, device=device)

    def _launch(self, kernel: Any, inputs: list[Any], size: Any = None) -> None:
        wp.launch(kernel, size or self.size, inputs, device=self.device)

    def open_shutter(self, colour: Any, front: Any, speed: Any, touched: Any) -> Any:
        """The radiance with streaks of what moves, in the tiles that are touched."""
        if self.streaked is None:
            return colour
        seen = [speed, front, self.style.shutter, self.longest, self.side]
        self._launch(blur_kernels.fastest, [*seen, self.trails, self.fastest], self.fastest.shape)
        self._launch(blur_kernels.spread, [self.fastest, self.reach, self.about], self.about.shape)
        seen = [colour, self.trails, self.about, touched, self.side, self.streaked]
        height, width = self.size
        self._launch(blur_kernels.streak, seen, (height, -(-width // LANES)))
        return self.streaked

    def soften(self, camera: Camera, lens: Any, colour: Any, front: Any) -> None:
        """Blur what is out of focus."""
        if self.style.aperture <= 0:
            return
        view = [lens, self.style.aperture * min(1.0, camera.focus / NEAR), camera.focus, self.widest]
        half = self.small.shape
        self._launch(blur_kernels.halve, [*view, colour, front, self.small], half)
        self._launch(blur_kernels.nearest, [self.small, self.disk_side, self.disks], self.disks.shape)
        self._launch(blur_kernels.gather, [self.small, self.disks, self.disk_side, self.far, self.near], half)
        self._launch(blur_kernels.defocus, [*view, front, self.far, self.near, colour])

    def develop(self, index: int, layers: tuple[Any, Any, Any], touched: Any, out: Any) -> None:
        """Tone, grade, grain or ink into the 8-bit ``out``, in the tiles that are touched.

        ``layers`` are the radiance, normals with depth, and parts.
        """
        colour, front, front_ids = layers
        height, width = self.size
        tiles = (touched, self.side)
        if self.style.cel:
            self._launch(
                finish_kernels.ink,
                [self.grade, *tiles, self.scale, colour, front, front_ids, width, height, out],
                (height // self.scale, width // self.scale),
            )
            return
        groups = -(-width // LANES)
        self._launch(finish_kernels.develop, [self.grade, *tiles, index, colour, out], (height, groups))
