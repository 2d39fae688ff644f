"""Rain falls on a place: it streaks through the air, lies on the ground as a film and as puddles, and splashes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world import places
from render.engines.world.families import parts
from render.engines.world.places import weather
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Stage

USUAL = ("street", "park", "yard")
"""Places from which a seed picks when the prompt names none."""


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:  # noqa: ARG001
    """See :class:`render.engines.world.families.Build`."""
    rainy = scene if scene.weather in weather.WET else replace(scene, weather="rain")
    name = scene.setting or str(rng.choice(USUAL))
    place = places.build(name, scene=rainy, rng=rng, clearing=3.0)
    aside = float(rng.choice([-1, 1])) * float(rng.uniform(50, 62) if name == "street" else rng.uniform(6, 26))
    return place.stage(
        weather=rainy.weather,
        shot=Shot(
            points=parts.corners((-2.1, -0.8, 0.0), (2.1, 2.2, 2.6)),
            azimuth=-90 + aside,
            elevation=float(rng.uniform(3.5, 6.5)),
            field_of_view=50,
        ),
    )
