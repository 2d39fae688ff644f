"""A place by itself, as an establishing shot has it: its light and weather, and what stirs there anyway."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from render.engines.world import camera, particles, places
from render.engines.world.families import bodywork, goal, parts
from render.engines.world.light import Light
from render.engines.world.materials import Colour
from render.engines.world.places import street
from render.engines.world.scene import Scene
from render.engines.world.shot import Move, Shot
from render.engines.world.stage import Particles, Solid, Stage, Vector

USUAL = ("forest", "park", "street", "meadow", "desert", "beach")
"""Places from which a seed picks when the prompt names none."""
GREEN: tuple[Colour, ...] = ((0.16, 0.24, 0.03), (0.28, 0.30, 0.04), (0.40, 0.33, 0.05))
PETALS: tuple[Colour, ...] = ((0.80, 0.76, 0.70), (0.78, 0.50, 0.52))
FALLS: dict[str, tuple[int, tuple[Colour, ...]]] = {
    "forest": (70, GREEN),
    "park": (60, GREEN),
    "yard": (30, GREEN),
    "meadow": (80, PETALS),
}
"""Leaves or petals in the air and on the ground about the action, and their colours, by place."""
REACH, HIGH = 9.0, 5.0
"""Metres over which they lie before they repeat, and from which they fall."""
TRAFFIC = ("car", "van", "car", "bus", "car", "truck")
EVERY, FIRST, MOST = 2.6, 0.9, 8
"""Seconds between two vehicles that pass, and to the first of them; how many there are at most."""
PACE = 8.5
"""m/s of the traffic."""
LANE = 1.9
"""Metres from the middle of the road at which it drives, on its right."""
CLEAR = 0.5
"""Times the haze of other shots: far things are what such a shot is about."""
START = 95.0
"""Metres up the street from which a vehicle comes at most."""


@dataclass(frozen=True, slots=True)
class View:
    """How a place is seen."""

    kept: Vector
    """Half the width, half the depth and the height in metres of what is kept in the frame."""
    elevation: tuple[float, float]
    """Degrees, from and to."""
    aside: tuple[float, float] = (4.0, 26.0)
    """Degrees from the front."""
    sided: bool = False
    """True for one that is seen from the side of −x only."""
    ahead: float = 0.0
    """Metres by which what is kept lies behind the middle."""


WIDE = View((4.2, 2.4, 6.8), (4.0, 8.0))
ROOMY = View((1.7, 0.7, 1.9), (4.0, 7.0), (6.0, 22.0))
VIEWS = {
    "beach": View((5.5, 3.0, 2.4), (8.0, 12.0), ahead=18.0),
    "street": View((3.4, 1.6, 6.8), (4.0, 7.0), (54.0, 64.0)),
    "room": ROOMY,
    "workshop": ROOMY,
    "studio": ROOMY,
    "gym": View((2.2, 1.0, 4.0), (4.0, 7.0), (6.0, 22.0)),
    "stadium": View((13.0, 9.0, 9.0), (9.0, 14.0), (38.0, 55.0), sided=True),
}
"""By place; the others are seen wide."""
FROM_ABOVE = frozenset({"high", "top"})
OPEN = frozenset({"forest", "park", "meadow", "desert", "beach", "snowfield"})
"""Land that a camera from above sees from as high as a drone flies, with what lies beyond the clearing."""
ALOFT = 3.5
"""Times as wide as from the ground."""
THICKEST = 0.25
"""Optical depth of the air to the middle of what is shown, at most: through more, fog is blank."""


def _traffic(rng: np.random.Generator, seconds: float) -> list[Solid]:
    """Vehicles that pass in both directions, each where it must be to be before the camera at its time."""
    solids: list[Solid] = []
    order = int(rng.integers(len(TRAFFIC)))
    for k, passes in enumerate(np.arange(FIRST, max(seconds, FIRST + EVERY), EVERY)[:MOST].tolist()):
        kind, name = TRAFFIC[(order + k) % len(TRAFFIC)], f"vehicle {k + 1}"
        side = 1 if k % 2 else -1
        ahead = min(PACE * passes, START)
        solids += bodywork.placed(
            bodywork.KINDS[kind](bodywork.paint(bodywork.colour_of(kind, (), rng))),
            name,
            time=round(passes - ahead / PACE, 3),
            position=(side * ahead, side * LANE, 0.0),
            turn=parts.about((0.0, 0.0, 1.0), math.pi if side > 0 else 0.0),
            speed=PACE,
            drive=True,
        )
    return solids


def _falling(name: str, wind: Vector, solids: tuple[Solid, ...], rng: np.random.Generator, seconds: float) -> Particles:
    count, colours = FALLS[name]
    return particles.leaves(
        rng=rng,
        low=(-REACH / 2, -REACH / 2, 0.0),
        high=(REACH / 2, REACH / 2, HIGH),
        seconds=seconds,
        wind=wind,
        count=count,
        colours=colours,
        falls=0.5,
        solids=solids,
    )


def _thinned(light: Light, shot: Shot) -> Light:
    """The light with no more haze than leaves the middle of what is shown its contrast."""
    return replace(light, haze=min(light.haze, THICKEST / camera.planned(shot).depth(shot.points)))


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`."""
    name = scene.setting or str(rng.choice(USUAL))
    view = VIEWS.get(name, WIDE)
    aside = float(rng.choice([-1, 1])) * float(rng.uniform(*view.aside))
    aside = -abs(aside) if view.sided else aside
    elevation = float(rng.uniform(*view.elevation))
    move = Move.DOLLY if rng.random() < 0.35 else Move.PUSH
    place = places.build(name, scene=scene, rng=rng, clearing=max(view.kept[0], 3.0))
    place = replace(place, light=replace(place.light, haze=CLEAR * place.light.haze))
    wide, deep, high = view.kept
    low, far = view.ahead - deep, view.ahead + deep
    aloft = scene.camera.angle in FROM_ABOVE and name in OPEN
    if aloft:
        wide, far = ALOFT * wide, view.ahead + 2 * ALOFT * deep
    stirs = name in FALLS and scene.weather != "snow"
    passes = name == "street" and not scene.actions and street.may_have_cars(scene)
    shot = Shot(
        points=parts.corners((-wide, low, 0.0), (wide, far, high)),
        azimuth=-90 + aside,
        elevation=elevation,
        field_of_view=52,
        move=move,
    )
    place = replace(place, light=_thinned(place.light, shot))
    solids = _traffic(rng, seconds) if passes else []
    if name == "stadium":
        solids = [*goal.frame(), *goal.pitch()]
    return place.stage(
        solids=solids,
        cloths=tuple(goal.nets()) if name == "stadium" else (),
        particles=(*place.particles, *((_falling(name, place.wind, place.solids, rng, seconds),) if stirs else ())),
        shot=shot,
    )
