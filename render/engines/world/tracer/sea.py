"""The water of a clip: its waves, rings, ripples and foam in time, laid as a fan before the camera of each frame."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from render.engines.world import waves
from render.engines.world.stage import Stage
from render.engines.world.tracer import raster_kernels, sea_kernels, water_kernels, wave_kernels
from render.engines.world.tracer.soup import Parts
from render.engines.world.tracer.tree import Tree

SPOKES, RINGS = 200, 360
EVEN = 0.62
"""Share of the rings at even angles below the horizon."""
FARTHEST = 9000.0
"""Metres to the net's edge, where haze hides it."""
CELLS = 160
"""Of the foam's square, along a side."""
FROTH_RATE = 8
"""Steps of the foam a second."""
FROTH_START = -3.0
"""Seconds from which foam has gathered when a clip begins."""
FROTH_LIFE = 2.4
"""Seconds in which foam on the sea shrinks to a third."""
RIPPLE_CELLS = 128
COARSE, FINE = (11.3, 2.6), (2.45, 0.42)
"""Metres of a ripple tile's side and of its longest ripples."""
MOST_RINGS = 96
RING_ROWS, RING_COLUMNS = 160, 400


def net() -> NDArray[np.int32]:
    """``[m, 3]`` triangles between the points of a fan, ring by ring."""
    grid = np.arange(RINGS * SPOKES, dtype=np.int32).reshape(RINGS, SPOKES)
    a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def radii_of(nearest: float, height: float) -> NDArray[np.float32]:
    """``[RINGS]`` metres from a point ``height`` metres over the water.

    Most rings stand at even angles below the horizon, as pixels do; the others grow by even shares, so that far waves
    keep their crests.
    """
    fine = np.geomspace(nearest, FARTHEST, 4000)
    even = np.arctan(fine / height) - math.atan(nearest / height)
    grown = np.log((fine + height) / (nearest + height))
    passed = EVEN * even / even[-1] + (1 - EVEN) * grown / grown[-1]
    return np.interp(np.linspace(0, 1, RINGS), passed, fine).astype(np.float32)


def fan(eye: NDArray[np.float64], forward: NDArray[np.float64], corner: float, *, sigma: float) -> tuple[Any, Any]:
    """The fan, and the radii of its rings, that cover all water before an eye.

    Its view reaches ``corner`` radians off its middle; ``sigma`` is the root mean square height of the waves.
    """
    made = wave_kernels.Fan()
    level = math.hypot(forward[0], forward[1])
    pitch = math.atan2(-forward[2], level)
    # A cone about the view holds all azimuths as soon as it holds the zenith or the point below.
    sine = math.sin(min(corner, math.pi / 2)) / max(math.cos(pitch), 1e-6)
    round_about = abs(pitch) + corner > 1.45 or sine >= 1
    made.half = math.pi if round_about else min(math.asin(sine) * 1.05 + 0.06, math.pi)
    made.middle = math.atan2(forward[1], forward[0]) if level > 1e-6 else 0.0
    height = max(float(eye[2]), 0.1)
    steep = min(max(pitch + corner, 0.15), 1.5)
    nearest = 0.02 if round_about else max(0.8 * height / math.tan(steep) - 3 * sigma, 0.05)
    made.back = 0.0 if round_about else 0.2 + 3 * sigma
    made.x, made.y, made.spokes = float(eye[0]), float(eye[1]), SPOKES
    return made, radii_of(nearest, height)


class Sea:
    """The water of one clip. Frames may be asked for in any order; in their own order they are cheapest."""

    def __init__(self, stage: Stage, still: Parts | None, *, seed: int, device: str) -> None:
        """``still`` is what stands in the water and at its shore."""
        self.stage, self.still, self.device = stage, still, device
        ordered = sorted(stage.waves, key=lambda wave: -wave.wavelength)
        table = [
            (w.number * np.cos(w.heading), w.number * np.sin(w.heading), w.amplitude, w.frequency) for w in ordered
        ]
        swell = self.swell = wave_kernels.Swell()
        swell.waves = self._array(np.array(table, np.float32), wp.vec4)
        swell.phases = self._array(np.array([w.phase for w in ordered], np.float32), wp.float32)
        swell.count = len(table)
        swell.sigma = waves.significant_height(ordered) / 4
        self._prepare_rings()
        self._prepare_froth()
        water = self.water = water_kernels.Water()
        self._prepare_ripples(np.random.default_rng([seed % 2**63, 7]))
        look = stage.water
        water.deep, water.shallow = wp.vec3(*look.deep), wp.vec3(*look.shallow)
        water.clarity, water.foam, water.sigma = look.clarity, look.foam, swell.sigma
        count = RINGS * SPOKES
        self.points, self.normals = (wp.zeros(count, dtype=wp.vec3, device=device) for _ in range(2))
        self.marks = wp.zeros(count, dtype=wp.vec4, device=device)
        self.screen = wp.zeros(count, dtype=wp.vec3, device=device)
        self.indices = self._array(net().ravel(), wp.int32)
        water.points, water.indices = self.points, self.indices
        water.normals, water.marks = self.normals, self.marks
        self.radii = wp.zeros(RINGS, dtype=wp.float32, device=device)
        self.tree: Tree | None = None
        self.nearest: Any = None
        self.over: list[Any] = []
        self.thrown: list[Any] = []

    def _array(self, values: Any, kind: Any) -> Any:
        return wp.array(values, dtype=kind, device=self.device)

    def _prepare_rings(self) -> None:
        """One table for each size of ring."""
        swell, self.rings = self.swell, sorted(self.stage.rings, key=lambda ring: ring.time)
        radii = sorted({ring.radius for ring in self.rings}) or [0.1]
        self.kinds = {radius: kind for kind, radius in enumerate(radii)}
        self.reaches = [(min(max(60 * a, 1.0), 9.0), 9.0 * math.sqrt(a / 0.1), a) for a in radii]
        tables = [
            waves.ring_table(a, reach=reach, rows=RING_ROWS, seconds=seconds, columns=RING_COLUMNS)
            for reach, seconds, a in self.reaches
        ]
        swell.tables = wp.array(np.stack(tables), dtype=wp.float32, ndim=3, device=self.device)
        swell.reaches = self._array(np.array(self.reaches, np.float32), wp.vec3)
        self.table = wp.zeros(MOST_RINGS, dtype=wp.vec4, device=self.device)
        self.table_kinds = wp.zeros(MOST_RINGS, dtype=wp.int32, device=self.device)
        swell.rings, swell.kinds = self.table, self.table_kinds

    def _prepare_froth(self) -> None:
        points = self.stage.shot.points[:, :2]
        middle = (points.max(0) + points.min(0)) / 2
        side = float(np.clip(3.0 * np.linalg.norm(points - middle, axis=1).max(), 10.0, 64.0))
        froth = self.froth = wave_kernels.Froth()
        froth.cell, froth.corner = side / CELLS, wp.vec2(*(middle - side / 2).tolist())
        self.foams = [wp.zeros((CELLS, CELLS), dtype=wp.float32, device=self.device) for _ in range(2)]
        self.shore = wp.zeros((CELLS, CELLS), dtype=wp.float32, device=self.device)
        froth.former, froth.latest, froth.shore = *self.foams, self.shore
        self.step = None if self.stage.water.foam > 0 and self.stage.waves else math.inf
        """Of the newer foam; infinite if there never is any."""

    def _prepare_ripples(self, rng: np.random.Generator) -> None:
        wind = self.stage.water.wind
        self.water.slope = slope = waves.slope_of_wind(wind)
        heading = math.atan2(wind[1], wind[0])
        self.modes = []
        for side, longest in (COARSE, FINE):
            given = {"side": side, "cells": RIPPLE_CELLS, "longest": longest, "slope": slope / math.sqrt(2)}
            self.modes.append((side, *waves.ripples(rng=rng, heading=heading, **given)))
        self.tiles = [wp.zeros((RIPPLE_CELLS, RIPPLE_CELLS), dtype=wp.vec2, device=self.device) for _ in range(2)]
        self.water.coarse, self.water.fine = self.tiles
        self.water.coarse_side, self.water.fine_side = COARSE[0], FINE[0]

    def _survey(self) -> None:
        """Measure how far the water is from the shore, once."""
        if self.still is None:
            self.shore.fill_(wave_kernels.OPEN)
            return
        rocks = wp.Mesh(wp.clone(self.still.tree.points), self.still.tree.indices)
        wp.launch(
            wave_kernels.measure_shore,
            (CELLS, CELLS),
            [rocks.id, self.froth, float(sea_kernels.SHADED), self.shore],
            device=self.device,
        )

    def _foam(self, time: float) -> None:
        """Bring the foam to a time. It goes through the same steps whatever was asked for before."""
        if self.step == math.inf:
            return
        wanted = math.ceil(time * FROTH_RATE)
        first = math.floor(FROTH_START * FROTH_RATE)
        if self.step is None or self.step > max(wanted, first):
            for foam in self.foams:
                foam.zero_()
            self.step = first
        kept = math.exp(-1 / (FROTH_RATE * FROTH_LIFE))
        while self.step < wanted:
            self.step += 1
            self.swell.time = self.step / FROTH_RATE
            self.foams.reverse()
            old, new = self.foams
            wp.launch(
                wave_kernels.froth_up,
                (CELLS, CELLS),
                [self.swell, self.froth, kept, old, new],
                device=self.device,
            )
        self.froth.former, self.froth.latest = self.foams
        self.froth.share = min(max(time * FROTH_RATE - (self.step - 1), 0.0), 1.0)

    def _spread_rings(self, time: float) -> None:
        seen = []
        for ring in self.rings:
            kind = self.kinds[ring.radius]
            if 0 <= time - ring.time < self.reaches[kind][1]:
                seen.append((ring.depth, (*ring.position, time - ring.time, ring.depth), kind))
        seen = sorted(seen, key=lambda one: -one[0])[:MOST_RINGS]
        rings, kinds = np.zeros((MOST_RINGS, 4), np.float32), np.zeros(MOST_RINGS, np.int32)
        for k, (_, ring, kind) in enumerate(seen):
            rings[k], kinds[k] = ring, kind
        self.table.assign(rings)
        self.table_kinds.assign(kinds)
        self.swell.rings_count = len(seen)

    def _heave(self, lens: Any, time: float) -> None:
        corner = math.atan(lens.pixel / 2 * math.hypot(lens.width, lens.height))
        laid, radii = fan(np.array(lens.eye, float), np.array(lens.forward, float), corner, sigma=self.swell.sigma)
        self.radii.assign(radii)
        laid.radii = self.radii
        self.swell.time = time
        wp.launch(
            wave_kernels.heave,
            RINGS * SPOKES,
            [laid, self.swell, self.froth, self.points, self.normals, self.marks, lens, self.screen],
            device=self.device,
        )
        if self.tree is None:
            self.tree = Tree(self.points, self.indices)
            self.water.tree = self.tree.struct
        else:
            self.tree.refit()

    def draw(self, world: Any, lens: Any, time: float, layers: list[Any]) -> list[Any]:
        """The water at ``time`` seconds, seen through the world's ``lens``, over the still ``layers``.

        ``layers`` and what comes back are sun, rest, mirrored, normal and ids.
        """
        if self.tree is None:
            self._survey()
            self.over = [wp.zeros_like(layer) for layer in layers]
            self.nearest = wp.zeros(layers[0].shape, dtype=wp.uint64, device=self.device)
            half = tuple((side + 1) // 2 for side in layers[0].shape)
            self.thrown = [wp.zeros(half, dtype=kind, device=self.device) for kind in (wp.vec4, wp.vec2, wp.vec3)]
        self._foam(time)
        self._spread_rings(time)
        self._heave(lens, time)
        for tile, (side, modes, rate) in zip(self.tiles, self.modes, strict=True):
            tile.assign(waves.ripple_slopes(modes, rate, side, time))
        self.water.time, self.water.froth = time, self.froth
        water = wp.array([self.water], dtype=water_kernels.Water, device=self.device)
        sun, rest, mirrored, normal, ids = layers
        none, colour, _, front, front_ids = self.over
        size = colour.shape
        self.nearest.fill_(raster_kernels.NOWHERE)
        wp.launch(
            wave_kernels.cover_pixels,
            len(self.indices) // 3,
            [self.screen, self.indices, self.nearest],
            device=self.device,
        )
        wp.launch(
            sea_kernels.throw_light,
            self.thrown[0].shape,
            [world, water, self.nearest, normal, *self.thrown],
            device=self.device,
        )
        wp.launch(
            sea_kernels.draw_sea,
            size,
            [world, water, self.nearest, sun, rest, mirrored, normal, ids, front, front_ids, colour, *self.thrown],
            device=self.device,
        )
        wp.launch(
            sea_kernels.smooth_sea,
            size,
            [world, water, sun, rest, mirrored, normal, front, front_ids, colour, *self.thrown],
            device=self.device,
        )
        return [none, colour, none, front, front_ids]
