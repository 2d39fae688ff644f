"""Lamps and fires of a stage: what each lights, and how bright it is at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import warp as wp

from render.engines.world.stage import Lamp
from render.engines.world.tracer import lamp_kernels, moving_kernels

ROWS, COLUMNS = 320, 640
"""Of the map of what a lamp sees."""


class Lamps:
    """All lamps of a clip, those that burn steadily together."""

    def __init__(self, lamps: Sequence[Lamp], world: Any, *, size: tuple[int, int], device: str) -> None:
        """``size`` is rows and columns of the picture; ``world`` holds what stands still."""
        self.size, self.device = size, device
        steady = [lamp for lamp in lamps if lamp.flicker is None]
        flickering = [lamp for lamp in lamps if lamp.flicker is not None]
        self.groups = [group for group in (steady, *([lamp] for lamp in flickering)) if group]
        self.lit = [wp.zeros(size, dtype=wp.vec3, device=device) for _ in self.groups]
        ordered = [lamp for group in self.groups for lamp in group]
        reaches = wp.zeros((max(len(ordered), 1), ROWS, COLUMNS), dtype=wp.float32, device=device)
        self.all = self._struct(ordered, reaches)
        if ordered:
            self._launch(lamp_kernels.survey, [world, self.all], reaches.shape)
        ends = np.cumsum([len(group) for group in self.groups]).tolist()
        self.structs = [
            self._struct(group, reaches[end - len(group) : end]) for group, end in zip(self.groups, ends, strict=True)
        ]

    def _launch(self, kernel: Any, inputs: list[Any], size: tuple[int, ...] | None = None) -> None:
        wp.launch(kernel, size or self.size, inputs, device=self.device)

    def _struct(self, lamps: Sequence[Lamp], reaches: Any) -> Any:
        struct = lamp_kernels.Lamps()
        struct.count = len(lamps)
        struct.places = self._array([(*lamp.position, lamp.radius) for lamp in lamps], wp.vec4)
        struct.colours = self._array([lamp.colour for lamp in lamps], wp.vec3)
        struct.hooded = self._array([lamp.hooded for lamp in lamps], wp.int32)
        struct.reaches = reaches
        return struct

    def _array(self, rows: list[Any], kind: Any) -> Any:
        return wp.array(rows, dtype=kind, device=self.device)

    def strengths(self, time: float) -> list[float]:
        """Times its colour, of each group."""
        return [1.0 if group[0].flicker is None else group[0].flicker(time) for group in self.groups]

    def at(self, time: float) -> Any:
        """All lamps as they burn at a time, for what they light up in the air."""
        strengths = self.strengths(time)
        colours = [
            np.array(lamp.colour) * strength
            for group, strength in zip(self.groups, strengths, strict=True)
            for lamp in group
        ]
        self.all.colours = self._array([tuple(map(float, colour)) for colour in colours], wp.vec3)
        return self.all

    def survey(self, world: Any, layers: Sequence[Any]) -> None:
        """Light up what stands still in these layers; anew for each of a camera that moves."""
        _, rest, _, normal, ids = layers
        for struct, lit in zip(self.structs, self.lit, strict=True):
            self._launch(lamp_kernels.illumine, [world, struct, rest, normal, ids, lit])

    def draw(self, world: Any, seen: Sequence[Any], time: float, colour: Any) -> None:
        """Lamplight over ``colour``; ``seen`` are ids of the still, and normals, ids and triangles of all."""
        for struct, lit, strength in zip(self.structs, self.lit, self.strengths(time), strict=True):
            self._launch(moving_kernels.add_lamplight, [world, struct, lit, strength, *seen, colour])
