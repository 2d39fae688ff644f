"""A place: all of a stage but what happens there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np

from render.engines.world.light import Light
from render.engines.world.materials import Material
from render.engines.world.onlookers import Crowd
from render.engines.world.places.evening import Evening
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Lamp, Particles, Room, Solid, Stage, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Scenery, ground, light and air round a free disk at the origin; fields as in :class:`Stage`."""

    solids: tuple[Solid, ...] = ()
    ground: Material
    ground_substance: str = "ground"
    light: Light
    ambience: tuple[str, ...]
    crowd: Crowd | None = None
    room: Room | None = None
    wind: Vector = (0.0, 0.0, 0.0)
    lamps: tuple[Lamp, ...] = ()
    particles: tuple[Particles, ...] = ()
    evening: Evening | None = None
    """Where a lamp is to be lit over what happens."""

    def stage(self, *, shot: Shot, solids: Iterable[Solid] = (), **others: Any) -> Stage:
        """A stage here, with more solids; ``others`` are further fields of the stage, which go before the place's."""
        mine = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "evening"}
        if self.evening is not None:
            mine["lamps"] = (*self.lamps, self.evening.lamp(shot.points))
        return Stage(**(mine | others | {"shot": shot, "solids": (*self.solids, *solids)}))


class Lay(Protocol):
    """What a place's module offers as ``lay``."""

    def __call__(self, scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
        """The place in fair weather, with nothing that can be touched within ``clearing`` metres of the origin."""
        ...
