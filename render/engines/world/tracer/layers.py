"""What stands still, as layers that what moves is drawn over: drawn once for a camera, or anew for each frame."""

from __future__ import annotations

from typing import Any

import warp as wp

from render.engines.world.camera import Camera
from render.engines.world.tracer import (
    light_kernels,
    raster_kernels,
    rim_kernels,
    sight_kernels,
    still_kernels,
    world_kernels,
)
from render.engines.world.tracer.lanes import LANES
from render.engines.world.tracer.soup import Parts

FRESH_SAMPLES = 6
"""Samples of the sun and the sky at a point that a moving camera did not see before."""


def lens_of(camera: Camera, width: int, height: int) -> Any:
    """The camera as the kernels see it, for a picture of this many pixels."""
    lens = world_kernels.Lens()
    lens.eye, lens.forward = wp.vec3(*camera.eye), wp.vec3(*camera.forward)
    lens.right, lens.up = wp.vec3(*camera.right), wp.vec3(*camera.up)
    lens.pixel = 2 * camera.tangent / height
    lens.width, lens.height = width, height
    return lens


class Layers:
    """Sunlight, other light and mirrors of what stands still; its normals with depth, and its parts."""

    def __init__(self, width: int, height: int, still: Parts | None, *, travels: bool, device: str) -> None:
        self.size, self.still, self.device, self.travels = (height, width), still, device, travels
        self.sun, self.rest, self.mirrored = (self._buffer(wp.vec3) for _ in range(3))
        self.normal, self.ids = self._buffer(wp.vec4), self._buffer(wp.int32)
        if travels:
            self.nearest = self._buffer(wp.uint64)
            self.air, self.glimpsed, self.rough_sun, self.rough_rest = (self._buffer(wp.vec3) for _ in range(4))
            self.shone = self._buffer(wp.vec3)
            self.new, self.old = self._memory(), self._memory()
            self.lens: Any = None

    def _buffer(self, kind: Any) -> Any:
        return wp.zeros(self.size, dtype=kind, device=self.device)

    def _memory(self) -> tuple[Any, list[Any]]:
        """The struct, and the arrays that it points to."""
        memory, kept = sight_kernels.Memory(), [self._buffer(wp.vec4), self._buffer(wp.int32)]
        memory.known, memory.ids = kept
        return memory, kept

    def _launch(self, kernel: Any, inputs: list[Any], size: Any = None) -> None:
        wp.launch(kernel, size or self.size, inputs, device=self.device)

    @property
    def all(self) -> list[Any]:
        """Sun, rest, mirrored, normal, ids: as the kernels take them."""
        return [self.sun, self.rest, self.mirrored, self.normal, self.ids]

    def draw(self, world: Any, *, samples: int, rays: int) -> None:
        """Draw carefully, once: ``samples`` a pixel, each with ``rays`` probes of the sky."""
        known, air = self._buffer(wp.vec4), self._buffer(wp.vec3)
        self._launch(still_kernels.look, [world, self.normal, self.ids])
        drawn = [known, air, self.sun, self.rest, self.mirrored]
        self._launch(still_kernels.draw_still, [world, samples, rays, self.normal, self.ids, *drawn])
        height, width = self.size
        self._launch(still_kernels.close, [known, self.ids, air, self.sun, self.rest], (height, -(-width // LANES)))

    def follow(self, world: Any, lens: Any, frame: int, *, samples: int, shutter: float) -> Any:
        """Draw for the world's ``lens`` of this frame, ``samples`` a pixel on rims; the lens of the frame before.

        ``shutter`` is the share of a frame's time for which it is open. Of the first frame that is drawn, in which
        nothing was seen before, all shadows and occlusion are settled at once.
        """
        self.old, self.new = self.new, self.old
        if self.lens is None:
            self.lens = lens
            self.old[0].ids.fill_(-1)
        before, self.lens = self.lens, lens
        memory, surfaces = self.new[0], (self.normal, self.ids)
        rough = (self.rough_sun, self.rough_rest)
        self.nearest.fill_(raster_kernels.NOWHERE)
        if self.still is not None:
            self._launch(raster_kernels.cover_pixels, [self.still.soup, lens, self.nearest], self.still.faces)
        sight = sight_kernels.Sight()
        sight.frame, sight.shutter, sight.before = frame, shutter, before
        sight.probes = int(sight_kernels.SETTLED) if before is lens else FRESH_SAMPLES
        sight.old, sight.now = self.old[0], memory
        sight.sun, sight.rest, sight.air, sight.mirrored = *rough, self.air, self.glimpsed
        sight.normal, sight.ids, sight.nearest, sight.shone = *surfaces, self.nearest, self.shone
        given = wp.array([sight], dtype=sight_kernels.Sight, device=self.device)
        height, width = self.size
        for odd in (0, 1):
            self._launch(sight_kernels.see, [world, given, odd], (height, (width + 1) // 2))
        lit = [world, memory, self.air, self.glimpsed, self.normal, *rough, self.mirrored]
        self._launch(light_kernels.light, lit, (height, -(-width // LANES)))
        self._launch(rim_kernels.smooth, [world, samples, *surfaces, *rough, self.sun, self.rest])
        return before
