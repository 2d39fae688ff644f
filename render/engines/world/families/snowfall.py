"""Snow falls on a place that lies white already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world import places
from render.engines.world.families import parts
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Stage

USUAL = ("forest", "snowfield", "park", "street")
"""Places from which a seed picks when the prompt names none."""


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:  # noqa: ARG001
    """See :class:`render.engines.world.families.Build`."""
    snowy = replace(scene, weather="snow")
    name = scene.setting or str(rng.choice(USUAL))
    place = places.build(name, scene=snowy, rng=rng, clearing=3.0)
    aside = float(rng.choice([-1, 1])) * float(rng.uniform(50, 62) if name == "street" else rng.uniform(4, 24))
    blown = {"storm": 9.0, "drift": 5.0}
    asked = [blown[action.name] for action in scene.actions if action.name in blown]
    if asked or scene.weather == "storm":
        length = float(np.hypot(*place.wind[:2]))
        x, y, _ = (max(asked, default=9.0) / length * w for w in place.wind)
        place = replace(place, wind=(x, y, 0.0))
    return place.stage(
        weather=snowy.weather,
        shot=Shot(
            points=parts.corners((-2.2, -0.8, 0.0), (2.2, 2.4, 2.3)),
            azimuth=-90 + aside,
            elevation=float(rng.uniform(4, 8)),
            field_of_view=48,
        ),
    )
