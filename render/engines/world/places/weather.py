"""What the weather does to a place: its light, its air, its wind."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import light
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene

BREEZE = 1.5
"""m/s of a fair day."""
WINDS: dict[str, float] = {"wind": 9.0, "storm": 14.0, "rain": 4.0, "snow": 2.5, "fog": 0.6}
"""Mean wind in m/s by the scene's weather."""


def told(place: Place, scene: Scene, *, rng: np.random.Generator) -> Place:
    """The place in the scene's weather; indoors there is none."""
    heading = math.radians(float(rng.uniform(-35, 35)) + float(rng.choice([0, 180])))
    if place.light.indoors:
        return place
    speed = WINDS.get(scene.weather, BREEZE)
    return replace(
        place,
        light=light.under(place.light, scene.weather),
        wind=(speed * math.cos(heading), speed * math.sin(heading), 0.0),
    )
