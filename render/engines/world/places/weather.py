"""What the weather does: to a place its light, its wind and what lies on it; to a stage what falls through its air."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import camera, light, particles
from render.engines.world.places import cover, shelter
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.shot import Move
from render.engines.world.stage import Particles, Stage

BREEZE = 1.5
"""m/s of a fair day."""
WINDS: dict[str, float] = {"wind": 9.0, "storm": 14.0, "rain": 4.0, "snow": 2.5, "fog": 0.6}
"""Mean wind in m/s by the scene's weather."""
WET = frozenset({"rain", "storm"})
FALLING = WET | {"snow"}
"""Weather in which something falls."""
HEAVY, USUAL, LIGHT = 45.0, 16.0, 4.0
"""mm/h of rain."""
DROPS, FLAKES = 9000, 14000
NEAR = 4.0
"""Metres from the camera to the action up to which drops and flakes are drawn as large as they are."""
SLOWEST = 3.5
"""m/s at which drops fall at least: the wind carries them aside meanwhile."""
ROOM, AHEAD = 1.2, 0.42
"""Times the reach of sight over which it falls, for cameras move, and the share of it that lies before the eye."""
DAZZLE = 0.8
"""Times the exposure over snow, which throws back most of the light."""
CLOSE_TO_GROUND = 0.45
"""Share of the wind above that blows among what falls near the ground."""


def told(place: Place, scene: Scene, *, rng: np.random.Generator) -> Place:
    """The place in the scene's weather; indoors there is none."""
    heading = math.radians(float(rng.uniform(-35, 35)) + float(rng.choice([0, 180])))
    if place.light.indoors:
        return place
    speed = WINDS.get(scene.weather, BREEZE)
    place = replace(
        place,
        light=light.under(place.light, scene.weather),
        wind=(speed * math.cos(heading), speed * math.sin(heading), 0.0),
    )
    if scene.weather in WET:
        return replace(place, solids=(*place.solids, *cover.puddles(*cover.underfoot(place.ground, place.solids), rng)))
    if scene.weather == "snow":
        laid = [part for solid in place.solids for part in cover.snowed(solid)]
        lit = replace(
            place.light,
            ground=cover.bright(place.light.ground),
            land=cover.bright(place.light.land),
            exposure=DAZZLE * place.light.exposure,
        )
        return replace(place, ground=cover.SNOW, solids=tuple(laid), light=lit)
    return place


def rate(scene: Scene) -> float:
    """mm/h of its rain."""
    asked = {action.name for action in scene.actions}
    if scene.weather == "storm" or "pour" in asked:
        return HEAVY
    return LIGHT if "drizzle" in asked else USUAL


def falling(scene: Scene, stage: Stage, *, rng: np.random.Generator) -> Particles:
    """The rain or snow of a scene through the air of its shot, kept off by what stands in it.

    Where the camera goes along with something the air does too, and nothing keeps anything off.
    """
    shot, wind = stage.shot, stage.wind
    seen = camera.planned(shot)
    depth = seen.depth(shot.points)
    reach = min(max(2.6 * depth, 11.0), 34.0)
    top = max(float(seen.eye[2]) + 0.35 * reach, 6.0)
    goes_along = Move.TRACK in (shot.move, scene.camera.move)
    side, middle = (
        (reach, np.zeros(2)) if goes_along else (ROOM * reach, seen.eye[:2] + AHEAD * reach * seen.forward[:2])
    )
    (x, y), half = (float(each) for each in middle), side / 2
    low, high = (x - half, y - half, 0.0), (x + half, y + half, top)
    blown = (CLOSE_TO_GROUND * wind[0], CLOSE_TO_GROUND * wind[1], 0.0)
    aside = math.hypot(*blown) * top / SLOWEST
    roof = None if goes_along else shelter.of(stage.solids, low=middle - half - aside, side=side + 2 * aside)
    swell, more = max(1.0, depth / NEAR) ** 0.9, (side / reach) ** 2
    if scene.weather == "snow":
        count = round(FLAKES * more)
        return particles.snow(rng=rng, low=low, high=high, wind=blown, count=count, swell=2.6 * swell, roof=roof)
    fall = rate(scene)
    count = round(DROPS * more * (fall / USUAL) ** 0.6)
    return particles.rain(rng=rng, low=low, high=high, wind=blown, rate=fall, count=count, swell=2.0 * swell, roof=roof)


def upon(stage: Stage, scene: Scene, *, rng: np.random.Generator) -> Stage:
    """The stage with what falls in its own or the scene's weather, blown by its wind, and what it leaves.

    Indoors nothing falls.
    """
    scene = replace(scene, weather=stage.weather or scene.weather)
    if stage.light.indoors or scene.weather not in FALLING:
        return stage
    solids, ground = stage.solids, stage.ground
    if scene.weather in WET:
        solids = tuple(cover.wetted(solid) for solid in solids)
        ground = None if ground is None else cover.wet(ground)
    else:
        solids = tuple(cover.whitened(solid) for solid in solids)
    fall = falling(scene, stage, rng=rng)
    return replace(stage, solids=solids, ground=ground, particles=(*stage.particles, fall))
