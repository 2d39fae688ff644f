"""A photographer's studio: a seamless backdrop in a tint of the first colour that the scene names, and soft boxes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world.light import LIGHTS
from render.engines.world.materials import COLOURS, Material
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Room

ROOM = Room(size=(9.0, 8.0, 4.0), absorption=0.55)


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:  # noqa: ARG001
    """See :class:`render.engines.world.places.place.Lay`. Nothing stands in it."""
    lamp = LIGHTS["studio"].turned(float(rng.uniform(-20, 20)))
    strength = float(rng.uniform(0.30, 0.55))
    colour = COLOURS[scene.colours[0]] if scene.colours else COLOURS["white"]
    tint = [1.0 - strength + strength * (1.0 - 0.8 * c / max(colour)) for c in colour]
    horizon, zenith = ([t * c for t, c in zip(tint, base, strict=True)] for base in (lamp.horizon, lamp.zenith))
    lamp = replace(
        lamp, horizon=(horizon[0], horizon[1], horizon[2]), zenith=(0.6 * zenith[0], 0.6 * zenith[1], 0.6 * zenith[2])
    )
    return Place(ground=Material(base=lamp.horizon, gloss=0.05), light=lamp, ambience=("studio",), room=ROOM)
