"""Places that a family can set its action in. To add one, write its module and name it here."""

from __future__ import annotations

import importlib

import numpy as np

from render.engines.world.places import floors, weather
from render.engines.world.places.place import Lay, Place
from render.engines.world.scene import Scene

PLACES: dict[str, str] = {
    "alley": "render.engines.world.places.alley",
    "beach": "render.engines.world.places.beach",
    "court": "render.engines.world.places.court",
    "desert": "render.engines.world.places.desert",
    "forest": "render.engines.world.places.forest",
    "gym": "render.engines.world.places.gym",
    "meadow": "render.engines.world.places.meadow",
    "park": "render.engines.world.places.park",
    "room": "render.engines.world.places.room",
    "snowfield": "render.engines.world.places.snowfield",
    "stadium": "render.engines.world.places.stadium",
    "street": "render.engines.world.places.street",
    "studio": "render.engines.world.places.studio",
    "workshop": "render.engines.world.places.workshop",
    "yard": "render.engines.world.places.yard",
}
OUTSIDE = "yard"
"""Where a family that is at home indoors goes when a prompt asks for rain or snow and names no place."""


def build(name: str, *, scene: Scene, rng: np.random.Generator, clearing: float) -> Place:
    """The place called ``name``, in the scene's light and weather; all variety comes from ``rng``.

    The ground is level at z = 0 and nothing can be touched within ``clearing`` metres of the origin. Cameras are
    expected on the side of −y. Raises :class:`ValueError` for a name that is not in :data:`PLACES`.
    """
    if name not in PLACES:
        raise ValueError(f"There is no place {name!r}; choose one of: {', '.join(sorted(PLACES))}.")
    if scene.floor in floors.HOMES and not scene.setting:
        name = floors.HOMES[scene.floor]
    place = _laid(name, scene, rng, clearing)
    if place.light.indoors and scene.weather in weather.FALLING and not scene.setting:
        place = _laid(OUTSIDE, scene, rng, clearing)
    return weather.told(place, scene, rng=rng)


def _laid(name: str, scene: Scene, rng: np.random.Generator, clearing: float) -> Place:
    lay: Lay = importlib.import_module(PLACES[name]).lay
    place = lay(scene, rng=rng, clearing=clearing)
    return floors.laid(place, scene.floor, clearing=clearing) if scene.floor else place
