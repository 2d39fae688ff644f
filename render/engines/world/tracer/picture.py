"""Frames of a stage: the layer that stands still is drawn once, what moves is drawn over it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from render.engines.world import camera
from render.engines.world.physics import Motion
from render.engines.world.stage import Stage
from render.engines.world.styles import Style
from render.engines.world.tracer import finish_kernels, moving_kernels, sky_kernels, still_kernels, world_kernels
from render.engines.world.tracer.sea import Sea
from render.engines.world.tracer.soup import Palette, air_of, upload
from render.engines.world.tracer.tiles import Tiles

OCCLUSION_RAYS = 3
CORNERS = 4
"""Samples a pixel on the outlines of what moves."""
TILE = 16
"""Finished pixels along a tile's side."""
OCCLUSION_REACH = 4.0
"""Radii to which a moving part closes off the sky: as far as the kernel counts it."""
LARGE = 2_500_000
"""Pixels above which a style's supersampling is left out, as it is for the sea, whose edges are smoothed apart."""


def band(width: int, height: int, aspect: float | None) -> tuple[int, int]:
    """First row and number of rows of the picture within its black bars; upright frames get narrower bars."""
    if aspect is None or width / height >= aspect:
        return 0, height
    rows = min(height, max(2, round(width / min(aspect, 1.35 * width / height))))
    return (height - rows) // 2, rows


class Picture:
    """Draws the frames of one clip, one by one, in memory that does not grow."""

    def __init__(
        self, stage: Stage, motion: Motion, *, style: Style, width: int, height: int, fps: int, seed: int, device: str
    ) -> None:
        self.stage, self.motion, self.style, self.fps, self.device = stage, motion, style, fps, device
        self.width, self.height = width, height
        scale = style.supersample if width * height <= LARGE and not stage.waves else 1
        self.scale = scale
        self.first_row, rows = band(width, height, style.aspect)
        self.rows, self.side = rows, TILE * scale
        ways = camera.paths(stage.shot, stage.solids, motion, fps=fps)
        self.camera = camera.frame(stage.shot, width / rows, ways)
        self.w, self.h = width * scale, rows * scale
        palette = self.palette = Palette()
        names = {name: index for index, name in enumerate(motion.names)}
        still = [solid for solid in stage.solids if solid.round or (solid.name not in names and not solid.rides)]
        moving = [solid for solid in stage.solids if not solid.round and (solid.name in names or solid.rides)]
        self.lanes = np.array([names[solid.rides or solid.name] for solid in moving], np.intp)
        ground = -1 if stage.ground is None else palette.index(stage.ground)
        self.still = upload(still, palette, first_id=1, apart=False, device=device)
        self.moving = upload(moving, palette, first_id=1 + len(still), apart=True, device=device)
        world = self.world = world_kernels.World()
        world.surfaces = self.surfaces = palette.upload(device)
        world.ground = ground
        world.air = air_of(stage.light, cel=style.cel, seed=seed)
        world.lens = self._lens()
        world.sky_map = self.sky_map = wp.zeros((256, 1024), dtype=wp.vec3, device=device)
        self._launch(sky_kernels.bake, [world.air, self.sky_map], (256, 1024))
        world.has_still = int(self.still is not None)
        if self.still is not None:
            world.still = self.still.soup
        if self.moving is not None:
            world.moving = self.moving.soup
            self.present = wp.zeros(len(moving), dtype=wp.int32, device=device)
        else:
            world.moving.first_id = 1 + len(still)
        self.sea = None
        if stage.waves:
            self.sea = Sea(stage.waves, self.camera, aspect=self.w / self.h, shores=stage.shores, device=device)
        self._draw_still()
        self.tiles = self._tiles()
        self.touched = wp.array(self.tiles.everywhere(), dtype=wp.int32, device=device)

    def _buffer(self, kind: Any) -> Any:
        return wp.zeros((self.h, self.w), dtype=kind, device=self.device)

    def _lens(self) -> Any:
        lens, seen = world_kernels.Lens(), self.camera
        lens.eye, lens.forward = wp.vec3(*seen.eye), wp.vec3(*seen.forward)
        lens.right, lens.up = wp.vec3(*seen.right), wp.vec3(*seen.up)
        lens.pixel = 2 * seen.tangent / self.h
        lens.width, lens.height = self.w, self.h
        return lens

    def _launch(self, kernel: Any, inputs: list[Any], size: Any = None) -> None:
        wp.launch(kernel, size or (self.h, self.w), inputs, device=self.device)

    def _draw_still(self) -> None:
        self.sun, self.rest, self.mirrored = (self._buffer(wp.vec3) for _ in range(3))
        self.normal, self.ids = self._buffer(wp.vec4), self._buffer(wp.int32)
        self.front, self.front_ids = self._buffer(wp.vec4), self._buffer(wp.int32)
        self.shadow, self.open_sky = self._buffer(wp.float32), self._buffer(wp.float32)
        self.colour = self._buffer(wp.vec3)
        self.out = wp.zeros((self.height, self.width, 3), dtype=wp.uint8, device=self.device)
        self.world.has_moving = 0
        rays = 0 if self.style.cel else OCCLUSION_RAYS
        self._launch(
            still_kernels.draw_still,
            [
                self.world,
                self.style.background_samples,
                rays,
                self.sun,
                self.rest,
                self.mirrored,
                self.normal,
                self.ids,
            ],
        )
        self.world.has_moving = int(self.moving is not None)

    def _place(self, frame: int) -> NDArray[np.float32]:
        """Move the parts to a frame; ``[k, 4]`` spheres about those that are present."""
        if self.moving is None:
            return np.zeros((0, 4), np.float32)
        poses, present = self.motion.poses[frame][self.lanes], self.motion.present[frame][self.lanes]
        shown = np.flatnonzero(present)
        refuge = poses[shown[0], :3] if len(shown) else np.array((0.0, 0.0, -50.0), np.float32)
        self.moving.poses.assign(poses)
        self.present.assign(present.astype(np.int32))
        moving = self.moving
        self._launch(
            moving_kernels.place,
            [moving.locals, moving.owner, moving.poses, self.present, wp.vec3(*refuge.tolist()), moving.mesh.points],
            len(moving.locals),
        )
        moving.mesh.refit()
        spheres = np.zeros((len(shown), 4), np.float32)
        spheres[:, :3], spheres[:, 3] = poses[shown, :3], self.moving.radii[shown]
        return spheres

    def _tiles(self) -> Tiles:
        """Tiles over the still layer."""
        depth = self.normal.numpy()[..., 3]
        ids = self.ids.numpy()
        reflects = np.array([material.mirror > 0 for material in self.palette.materials])
        mirrors = np.zeros(ids.shape, np.bool_) if self.style.cel else (ids >= 0) & reflects[np.maximum(ids, 0) % 256]
        return Tiles(
            self.camera,
            np.array(self.stage.light.direction),
            np.where(ids >= 0, depth, np.inf).astype(np.float32),
            mirrors,
            side=self.side,
        )

    def frame(self, index: int) -> NDArray[np.uint8]:
        """``[height, width, 3]`` RGB of one frame; valid until the next call."""
        layers = [self.sun, self.rest, self.mirrored, self.normal, self.ids]
        if self.sea is not None:
            self.sea.draw(
                self.world, index / self.fps, layers, front=self.front, front_ids=self.front_ids, colour=self.colour
            )
            self.touched.assign(self.tiles.everywhere())
        else:
            spheres = self._place(index)
            flags = self.tiles.touched(
                spheres, softness=self.stage.light.softness, occlusion=0.0 if self.style.cel else OCCLUSION_REACH
            )
            self.touched.assign(flags)
            table = np.zeros((max(1, len(spheres)), 4), np.float32)
            table[: len(spheres)] = spheres * np.array((1, 1, 1, 0.9), np.float32)
            balls = wp.array(table, dtype=wp.vec4, device=self.device)
            seen = [self.front, self.front_ids, self.shadow, self.open_sky]
            self._launch(
                moving_kernels.cover,
                [self.world, self.touched, self.side, balls, len(spheres), self.sun, self.normal, self.ids, *seen],
            )
            corners = 1 if self.style.cel else CORNERS
            self._launch(
                moving_kernels.compose,
                [self.world, self.touched, self.side, corners, *layers, *seen[1:], self.colour],
            )
        self._finish(index)
        return self.out.numpy()

    def _finish(self, index: int) -> None:
        style, grade = self.style, finish_kernels.Grade()
        seconds = index / self.fps
        grade.exposure, grade.contrast, grade.saturation = self.stage.light.exposure, style.contrast, style.saturation
        grade.shadow_tint, grade.light_tint = wp.vec3(*style.shadow_tint), wp.vec3(*style.light_tint)
        grade.vignette, grade.grain = style.vignette, style.grain
        grade.zoom = 1.0 + style.push_in * (1 - math.exp(-seconds / 10.0))
        grade.first_row, grade.rows = self.first_row, self.rows
        if style.cel:
            self._launch(
                finish_kernels.ink,
                [
                    grade,
                    self.touched,
                    self.side,
                    self.scale,
                    self.colour,
                    self.front,
                    self.front_ids,
                    self.w,
                    self.h,
                    self.out,
                ],
                (self.height, self.width),
            )
            return
        if style.grain > 0 or style.push_in > 0:
            self.touched.assign(self.tiles.everywhere())
        self._launch(
            finish_kernels.develop,
            [grade, self.touched, self.side, index, self.colour, self.w, self.h, self.out],
            (self.rows, self.width),
        )
