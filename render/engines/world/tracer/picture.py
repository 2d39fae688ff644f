"""Frames of a stage: the layers that stand still, what moves over them, and the finish."""

from __future__ import annotations

from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from render.engines.world import filming
from render.engines.world.physics import Motion
from render.engines.world.presets import STANDARD, Preset
from render.engines.world.scene import CameraWish
from render.engines.world.stage import Stage
from render.engines.world.styles import Style
from render.engines.world.tracer import (
    glass_kernels,
    moving_kernels,
    probe_kernels,
    raster_kernels,
    sky_kernels,
    still_kernels,
    world_kernels,
)
from render.engines.world.tracer.fans import Fans
from render.engines.world.tracer.finish import Finish
from render.engines.world.tracer.lamps import Lamps
from render.engines.world.tracer.lanes import LANES
from render.engines.world.tracer.layers import Layers, lens_of
from render.engines.world.tracer.movers import Movers, Placed
from render.engines.world.tracer.puffs import Drifts
from render.engines.world.tracer.sea import Sea
from render.engines.world.tracer.soup import Palette, air_of, join, piece_of
from render.engines.world.tracer.tiles import Tiles, Touch
from render.engines.world.tracer.title import Title

TILE = 16
"""Finished pixels along a tile's side."""
SHORTEST = 0.4
"""Share of a frame's time for which particles are streaked at least, so that rain is seen."""
LARGE = 2_500_000
"""Pixels above which a style's supersampling is left out, as it is for the sea, whose edges are smoothed apart."""


def band(width: int, height: int, aspect: float | None) -> tuple[int, int]:
    """First row and number of rows of the picture within its black bars; upright frames get narrower bars."""
    if aspect is None or width / height >= aspect:
        return 0, height
    rows = min(height, max(2, round(width / min(aspect, 1.35 * width / height))))
    return (height - rows) // 2, rows


class Picture:
    """Draws the frames of one clip in their order, in memory that does not grow."""

    def __init__(
        self,
        stage: Stage,
        motion: Motion,
        *,
        wish: CameraWish,
        style: Style,
        preset: Preset = STANDARD,
        width: int,
        height: int,
        fps: int,
        seed: int,
        device: str,
    ) -> None:
        self.stage, self.style, self.preset, self.fps, self.device = stage, style, preset, fps, device
        self.width, self.height = width, height
        self.first_row, self.rows = band(width, height, style.aspect)
        frames = len(motion.present)
        self.cameras = filming.film(
            stage, motion, wish=wish, style=style.move, aspect=width / self.rows, frames=frames, fps=fps, seed=seed
        )
        self.travels = filming.moves(self.cameras)
        sharp = width * height <= LARGE and not stage.waves and not self.travels
        self.scale = scale = style.supersample if sharp else 1
        self.side = TILE * scale
        self.w, self.h = width * scale, self.rows * scale
        palette = self.palette = Palette()
        names = set(motion.names)
        moving, still = [], []
        for solid in stage.solids:
            moves = not solid.round and (solid.name in names or bool(solid.rides))
            # What is clear shows what moves behind it, so it is drawn with that, though it may stand still.
            (moving if moves or solid.material.clear > 0 else still).append(solid)
        world = self._world = world_kernels.World()
        world.ground = -1 if stage.ground is None else palette.index(stage.ground)
        self.still = self.movers = None
        if still:
            self.still = join([piece_of(solid, palette) for solid in still], first_id=1, apart=0, device=device)
            world.still = self.still.soup
        world.has_still = int(self.still is not None)
        first_id = world.first_moving = 1 + len(still)
        fans = None
        if stage.crowd is not None:
            seen = () if stage.reactions is None else stage.reactions(motion)
            fans = Fans(stage.crowd, seen, frames=frames, step=stage.tempo / fps)
        if moving or motion.sheets or fans is not None:
            self.movers = Movers(moving, stage.cloths, motion, palette, fans=fans, first_id=first_id, device=device)
            world.moving = self.movers.parts.soup
        clears = [solid.material.clear > 0 for solid in moving] + [cloth.material.clear > 0 for cloth in stage.cloths]
        world.has_clear = int(any(clears))
        world.surfaces = self.surfaces = palette.upload(device)
        world.air = air_of(stage.light, cel=style.cel, seed=seed)
        world.lens = self.before = lens_of(self.cameras[0], self.w, self.h)
        world.sky_map = self.sky_map = wp.zeros((256, 1024), dtype=wp.vec3, device=device)
        self._launch(sky_kernels.bake, [world.air, self.sky_map], (256, 1024))
        self.world = wp.array([world], dtype=world_kernels.World, device=device)
        """As the kernels see it; see :data:`world_kernels.WORLD`."""
        self.sea = None
        if stage.waves:
            self.sea = Sea(stage, self.still, seed=seed, device=device)
        self.layers = Layers(self.w, self.h, self.still, travels=self.travels, device=device)
        self.front, self.front_ids = self._buffer(wp.vec4), self._buffer(wp.int32)
        self.open_sky = self._buffer(wp.float32)
        most = 0 if self.movers is None else len(self.movers.filling)
        room = -(-most // LANES) * LANES
        self.spheres, self.owners = np.zeros((4, room), np.float32), np.zeros(room, np.int32)
        self.balls = [wp.array(self.spheres, device=device), wp.array(self.owners, device=device)]
        """Spheres in what moves, and whose they are; see :func:`probe_kernels.open_share`."""
        self.probes, self.probed = self._probes()
        self.nearest = self._buffer(wp.uint64)
        self.speed, self.colour = self._buffer(wp.vec2), self._buffer(wp.vec3)
        self.out = wp.zeros((self.height, self.width, 3), dtype=wp.uint8, device=device)
        rows, columns = -(-self.h // self.side), -(-self.w // self.side)
        self.blocks = wp.zeros((rows, columns), dtype=wp.vec4, device=device)
        self.touched = wp.zeros((rows, columns), dtype=wp.int32, device=device)
        self.behind = self._behind(self.layers.all)
        self.drawn = np.ones((rows, columns), np.bool_)
        """Tiles that held something in the frame before."""
        self.finish = Finish(
            style,
            width=self.w,
            height=self.h,
            first_row=self.first_row,
            scale=scale,
            side=self.side,
            exposure=stage.light.exposure,
            device=device,
        )
        self.drifts = None
        if stage.particles:
            open_for = max(style.shutter, SHORTEST) / fps * stage.tempo
            self.drifts = Drifts(stage.particles, motion, open_for=open_for, device=device)
        self.title = None
        if stage.title:
            begin = stage.title_from / stage.tempo
            self.title = Title(stage.title, width=width, first_row=self.first_row, rows=self.rows, begin=begin)
        self.lamps = None
        if stage.lamps or stage.particles:
            self.lamps = Lamps(stage.lamps, self.world, size=(self.h, self.w), device=device)
        self.everywhere = bool(self.travels or stage.waves or self.lamps or style.grain > 0 or style.aperture > 0)
        """Whether every tile changes in every frame."""
        if not self.travels:
            samples = max(1, round(style.background_samples * preset.background))
            self.layers.draw(self.world, samples=samples, rays=0 if style.cel else preset.occlusion_rays)
            if self.lamps is not None:
                self.lamps.survey(self.world, self.layers.all)
            self.tiles = self._tiles(0)

    def _buffer(self, kind: Any) -> Any:
        return wp.zeros((self.h, self.w), dtype=kind, device=self.device)

    def _probes(self) -> tuple[Any, list[Any]]:
        """As the kernels see them, and the arrays that they point to."""
        half = ((self.h + 1) // 2, (self.w + 1) // 2)
        kinds = (wp.vec3, wp.int32, wp.int32, wp.vec3, wp.vec2, wp.vec3, wp.int32)
        kept = [wp.zeros(half, dtype=kind, device=self.device) for kind in kinds]
        probes = probe_kernels.Probes()
        probes.shadow, probes.glance, probes.code, probes.normal, *others = kept
        probes.light, probes.mirrored, probes.state = others
        probes.spheres, probes.owners = self.balls
        return wp.array([probes], dtype=probe_kernels.Probes, device=self.device), kept

    def _behind(self, layers: list[Any]) -> Any:
        """What kernels look up behind what is clear."""
        behind = glass_kernels.Behind()
        behind.sun, behind.rest, behind.mirrored, behind.normal, behind.ids = layers
        behind.tiles, behind.side, behind.open_sky = self.touched, self.side, self.open_sky
        return wp.array([behind], dtype=glass_kernels.Behind, device=self.device)

    def _launch(self, kernel: Any, inputs: list[Any], size: Any = None) -> None:
        wp.launch(kernel, size or (self.h, self.w), inputs, device=self.device)

    def _tiles(self, frame: int) -> Tiles:
        """Tiles over the still layers of a frame."""
        self._launch(
            still_kernels.survey,
            [self.world, self.side, self.layers.normal, self.layers.ids, self.blocks],
            self.blocks.shape,
        )
        sun = np.array(self.stage.light.direction)
        blocks = self.blocks.numpy()
        return Tiles(self.cameras[frame], sun, blocks, width=self.w, height=self.h, side=self.side)

    def _touch(self, placed: Placed | None) -> None:
        """Name the tiles that this frame must draw."""
        if placed is None:
            flags = np.zeros(self.touched.shape, np.int32)
        else:
            reach = 0.0 if self.style.cel else probe_kernels.OCCLUSION_REACH
            flags = self.tiles.touched(
                placed.bounds, placed.onlookers, softness=self.stage.light.softness, occlusion=reach
            )
            if self.style.cel:
                # Drawings have no mirrors.
                flags &= ~int(Touch.MIRRORED)
        held = flags != 0
        if self.everywhere:
            self.drawn[:] = True
        elif self.style.shutter > 0:
            held = maximum_filter(held, size=2 * self.finish.reach + 1)
            flags = np.where(held & (flags == 0), int(Touch.REFRESH), flags)
        self.touched.assign(np.where(self.drawn & ~held, int(Touch.REFRESH), flags).astype(np.int32))
        self.drawn = held

    def look(self, lens: Any) -> None:
        """Have the kernels see the world as it now is, through a lens."""
        self._world.lens = lens
        wp.copy(self.world, wp.array([self._world], dtype=world_kernels.World, device=self.device))

    def frame(self, index: int) -> NDArray[np.uint8]:
        """``[height, width, 3]`` RGB of one frame; valid until the next call."""
        world, time = self.world, index / self.fps * self.stage.tempo
        placed, seen = None, self.cameras[index]
        if self.movers is not None:
            placed = self.movers.place(index, seen.eye, 2 * seen.tangent / self.h)
        self._world.has_moving = int(placed is not None)
        lens = lens_of(seen, self.w, self.h)
        self.look(lens)
        if self.travels:
            self.before = self.layers.follow(
                world, lens, index, samples=self.preset.corners, shutter=self.style.shutter
            )
            self.tiles = self._tiles(index)
        self._touch(placed)
        layers = self.layers.all
        if self.sea is not None:
            layers = self.sea.draw(world, lens, time, layers)
        if self.lamps is not None and self.travels:
            self.lamps.survey(world, layers)
        self._cover(lens, layers, placed)
        if self.lamps is not None:
            self.lamps.draw(world, (layers[-1], self.front, self.front_ids, self.nearest), time, self.colour)
        colour = self.finish.open_shutter(self.colour, self.front, self.speed, self.touched)
        if self.drifts is not None and self.lamps is not None:
            self.drifts.draw((world, self.lamps.at(time)), seen, time, self.front, colour)
        self.finish.soften(seen, lens, colour, self.front)
        self.finish.develop(index, (colour, self.front, self.front_ids), self.touched, self.out)
        frame = self.out.numpy()
        return frame if self.title is None else self.title.lay(frame, index / self.fps)

    def _cover(self, lens: Any, layers: list[Any], placed: Placed | None) -> None:
        """What moves over the layers, into ``colour`` and ``front``."""
        if placed is not None and not self.style.cel:
            count = len(placed.fillings)
            self.spheres[:, :count], self.spheres[3, count:] = placed.fillings.T, 0.0
            self.owners[:count] = placed.owners
            for kept, host in zip(self.balls, (self.spheres, self.owners), strict=True):
                kept.assign(host)
        self.nearest.fill_(raster_kernels.NOWHERE)
        if placed is not None and self.movers is not None:
            self._launch(
                raster_kernels.cover_pixels, [self.movers.parts.soup, lens, self.nearest], self.movers.parts.faces
            )
        sun, _, _, normal, ids = layers
        tiles = [self.world, self.touched, self.side]
        seen = [self.front, self.front_ids, self.open_sky, self.speed, self.nearest]
        groups = -(-self.w // LANES)
        self._launch(moving_kernels.cover, [*tiles, self.probes, self.before, normal, ids, *seen], (self.h, groups))
        found = [sun, normal, ids, self.nearest, self.probes]
        self._launch(probe_kernels.probe, [*tiles, *found], self.probed[0].shape)
        self._launch(probe_kernels.settle, [self.touched, self.side, self.probes], self.probed[0].shape)
        corners = 1 if self.style.cel else self.preset.corners
        if self.sea is not None:
            self.behind = self._behind(layers)
        below = [self.behind, *layers, self.front_ids, self.open_sky, self.nearest]
        self._launch(moving_kernels.compose, [*tiles, corners, self.probes, *below, self.colour])
