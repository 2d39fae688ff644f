"""Things on wheels: they drive along, roll down a ramp, or roll off a ledge."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from render.engines.world import geometry, particles, places
from render.engines.world.families import bodywork, parts
from render.engines.world.families.coachwork import Vehicle
from render.engines.world.materials import MATERIALS, Colour, Material, Pattern, named
from render.engines.world.places import scenery
from render.engines.world.scene import Scene
from render.engines.world.stage import Move, Particles, Shot, Solid, Stage

if TYPE_CHECKING:
    from render.engines.world.physics import Motion

PACE = {"car": 11, "truck": 11, "bus": 9, "van": 10, "toy car": 1.1, "skateboard": 2.6, "cart": 1.8, "wagon": 1.4}
"""m/s of each kind on level ground."""
HOME = {"toy car": "room", "wagon": "yard", "cart": "meadow"}
"""Where a kind is at home; the others on a street."""
REACH = 190.0
"""Metres that a street is long: in a long clip a vehicle drives more slowly."""
ACROSS = 7.0
"""Metres that a room is long: what would go further there rolls down a ramp, again and again."""
INDOORS = frozenset({"room", "studio", "workshop"})
SLOPE = math.radians(13.0)
"""Of a ramp."""
EACH, MOST = 4.0, 12
"""Seconds between two that roll off, and how many there are at most."""
DOWN, MOST_DOWN = 1.5, 8
"""The same of those that roll down a ramp: as one leaves the picture the next is on its way."""
LOOSE = {"desert": 1.0, "beach": 0.6, "snowfield": 0.5}
"""Places whose ground flies up behind wheels, and how strongly."""
PUFFS = 0.04
"""Seconds between two puffs of dust of an axle."""
LANE = -1.9
"""Metres from the middle of the road at which it is driven."""


def _cast(scene: Scene, rng: np.random.Generator) -> list[tuple[str, Vehicle]]:
    """What is asked for, one by one."""
    asked = [s for s in scene.subjects if s.kind in bodywork.KINDS] or [parts.subject_of(scene, "car")]
    cast = []
    for subject in asked:
        for k in range(min(subject.count or 1, 4)):
            names = subject.colours[k % len(subject.colours) :] if subject.colours else ()
            paint = bodywork.paint(bodywork.colour_of(subject.kind, names, rng))
            cast.append((subject.kind, bodywork.KINDS[subject.kind](paint)))
    return cast[:4]


def _home(scene: Scene) -> str:
    """The place that the prompt names, else where all that rolls is at home: what is driven needs a street."""
    homes = [HOME.get(kind, "street") for kind in scene.kinds if kind in PACE] or ["street"]
    return scene.setting or ("street" if "street" in homes else homes[0])


def _dust(vehicle: Vehicle, name: str, strength: float, colour: Colour, rng: np.random.Generator) -> Particles:
    """What the hind wheels throw up, from where they roll."""
    aside, spread = vehicle.axles[-1][1], 2.8 * vehicle.wheel[0]
    seed = int(rng.integers(2**63))

    def found(motion: Motion) -> list[particles.Impact]:
        own, puffs, last = np.random.default_rng(seed), [], -PUFFS
        for rub in motion.rubs:
            if bodywork.hind(name) not in (rub.first, rub.second):
                continue
            for time, (x, y, _), fast in zip(rub.times, rub.positions, rub.roll + rub.slip, strict=True):
                if time - last >= PUFFS:
                    last = float(time)
                    for side in (-1, 1):
                        at = (float(x), float(y) + side * aside + float(own.normal(0, 0.1 * spread)), 0.3 * spread)
                        thrown = strength * min(4.5, 0.4 * float(fast))
                        puffs.append(particles.Impact(time=last, position=at, velocity=(0.0, 0.0, thrown), size=spread))
        return puffs

    return particles.dust(found, rng=rng, colour=colour, each=6, lasts=3.2, thick=0.8)


def _wayside(setting: str, long: float, wide: float, rng: np.random.Generator) -> list[Solid]:
    """Tufts and stones on both sides of a way over open land."""
    if setting not in {"desert", "beach", "meadow", "snowfield"}:
        return []
    spots = np.stack([rng.uniform(-long, long, 900), rng.choice([-1, 1], 900) * rng.uniform(wide, wide + 22, 900)], 1)
    things = []
    if setting != "snowfield":
        dry = setting != "meadow"
        grass = MATERIALS["grass"]
        base, accent = ((0.30, 0.22, 0.08), (0.45, 0.36, 0.16)) if dry else (grass.base, grass.accent)
        straw = Material(pattern=Pattern.LEAVES, base=base, accent=accent, scale=0.4, gloss=0.0, roughness=1.0)
        blades = scenery.tufts(spots[: 90 if dry else 800], rng, height=0.35 if dry else 0.22, blades=14 if dry else 8)
        things.append(scenery.prop("wayside grass", blades, straw))
    stone = Material(pattern=Pattern.ROCK, base=(0.22, 0.15, 0.10), accent=(0.42, 0.31, 0.22), scale=0.3, gloss=0.0)
    for k, (x, y) in enumerate(spots[-34:]):
        size = float(rng.uniform(0.06, 0.24)) * (1 + 0.06 * (abs(y) - wide))
        things.append(scenery.boulder(f"wayside stone {k + 1}", rng, (float(x), float(y), 0.0), size, stone))
    return things


def _shot(vehicle: Vehicle, name: str, rng: np.random.Generator) -> Shot:
    """A camera that goes along, a little ahead or behind."""
    reach = 0.70 * vehicle.long
    ahead = rng.random() < 0.6
    return Shot(
        points=parts.corners((-reach, -0.5, 0.0), (reach, 0.5, vehicle.high)),
        azimuth=(-58.0 if ahead else -121.0) + float(rng.uniform(-12, 12)),
        azimuth_tall=-28.0 if ahead else -150.0,
        elevation=float(rng.uniform(6, 11)),
        field_of_view=48,
        margin=0.95,
        follow=name,
        move=Move.TRACK,
    )


def _along(scene: Scene, rng: np.random.Generator, seconds: float) -> Stage:
    """They drive one behind the other, as fast as the slowest; the camera goes along with the first."""
    cast = _cast(scene, rng)
    first = cast[0][1]
    setting = _home(scene)
    wished = {subject.kind: min(max(subject.speed, 0.4), 1.8) for subject in reversed(scene.subjects)}
    speed = min(REACH / seconds, *(PACE[kind] * wished.get(kind, 1.0) for kind, _ in cast))
    start = -speed * seconds / 2
    street = setting == "street"
    lane = LANE if street else 0.0
    solids, dust, x = [], [], start
    longest = max(vehicle.long for _, vehicle in cast)
    half = speed * seconds / 2 + 2 * longest
    place = places.build(setting, scene=scene, rng=rng, clearing=4.0 if street else half)
    for k, (other, vehicle) in enumerate(cast):
        name = other if k == 0 else f"{other} {k + 1}"
        x -= 0.0 if k == 0 else 0.5 * vehicle.long
        where = (x, lane, 0.0)
        solids += bodywork.placed(vehicle, name, time=0.0, position=where, turn=(1, 0, 0, 0), speed=speed, drive=True)
        if setting in LOOSE:
            dust.append(_dust(vehicle, name, LOOSE[setting], _raised(place.ground), rng))
        x -= 0.5 * vehicle.long + max(0.4 * longest, 0.9 * vehicle.long)
    wayside = _wayside(setting, half, 0.9 * longest, rng)
    return place.stage(
        solids=(*wayside, *solids), particles=(*place.particles, *dust), shot=_shot(first, cast[0][0], rng)
    )


def _raised(ground: Material) -> Colour:
    """The colour of dust over a ground: lighter than it lies there."""
    red, green, blue = (0.2 * a + 0.95 * b + 0.2 for a, b in zip(ground.base, ground.accent, strict=True))
    return red, green, blue


def _launched(
    scene: Scene, rng: np.random.Generator, seconds: float, *, each: float, most: int
) -> list[tuple[float, str, Vehicle]]:
    """What rolls, when, and how it is called."""
    cast = _cast(scene, rng)
    starts = parts.runs(seconds, each, most)
    if len(starts) < len(cast):
        starts = [0.9 * k for k in range(len(cast))]
    return [
        (round(start, 3), f"{kind} {k + 1}", vehicle)
        for k, (start, (kind, vehicle)) in enumerate(zip(starts, itertools.cycle(cast), strict=False))
    ]


def _ramp(scene: Scene, rng: np.random.Generator, seconds: float) -> Stage:
    """They roll down a plank from rest, and on over the floor."""
    rolled = _launched(scene, rng, seconds, each=DOWN, most=MOST_DOWN)
    vehicle = max((one for *_, one in rolled), key=lambda one: one.long)
    long = 5.0 * vehicle.long * float(rng.uniform(0.95, 1.15))
    wide, thick = 1.35 * vehicle.axles[0][1] + vehicle.wheel[1], 0.06 * vehicle.long
    turn = parts.about((0.0, 1.0, 0.0), SLOPE)
    c, s = math.cos(SLOPE), math.sin(SLOPE)
    made = ("wood", named("wood"))
    middle = (-long / 2 * c - thick * s, 0.0, long / 2 * s - thick * c)
    solids: list[Solid] = [parts.fixed("ramp", (long / 2, wide, thick), middle, made, turn=turn)]
    high = 0.86 * long * s - 2 * thick
    post = (0.03 * long, 0.96 * wide, high / 2)
    solids.append(parts.fixed("trestle", post, (-0.9 * long * c, 0.0, high / 2), made, group="ramp"))
    for time, name, one in rolled:
        at = (-0.88 * long * c, float(rng.uniform(-0.04, 0.04)) * wide, 0.88 * long * s)
        solids += bodywork.placed(one, name, time=time, position=at, turn=turn, speed=0.02, drive=False)
    place = places.build(_home(scene), scene=scene, rng=rng, clearing=max(1.3, 1.25 * long))
    run = 0.8 * long
    return place.stage(
        solids=solids,
        shot=Shot(
            points=parts.corners((-long * c, -wide, 0.0), (run, wide, long * s + 0.4 * vehicle.high)),
            azimuth=-62 + float(rng.uniform(-16, 12)),
            azimuth_tall=-22.0,
            elevation=float(rng.uniform(8, 15)),
            field_of_view=38,
            margin=0.95,
            follow=rolled[0][1],
        ),
    )


def _ledge(scene: Scene, rng: np.random.Generator, seconds: float) -> Stage:
    """They roll over an edge and fall."""
    rolled = _launched(scene, rng, seconds, each=EACH, most=MOST)
    kind, vehicle = max(
        ((name.rsplit(" ", 1)[0], one) for _, name, one in rolled), key=lambda kind_and_one: kind_and_one[1].long
    )
    high = float(rng.uniform(0.42, 0.55)) * vehicle.long if kind in HOME or kind == "skateboard" else 0.7
    back, wide = 3.2 * vehicle.long, 2.2 * vehicle.axles[0][1] + 0.6 * vehicle.long
    made = ("rock", MATERIALS["concrete"])
    solids: list[Solid] = [parts.fixed("ledge", (back / 2, wide, high / 2), (-back / 2, 0.0, high / 2), made)]
    steel = named("steel")
    edge = geometry.box((0.008 * vehicle.long, wide, 0.01 * vehicle.long), bevel=0.003 * vehicle.long)
    solids.append(
        parts.shown_on("", "edge", edge, steel, at=(-0.006 * vehicle.long, 0.0, high - 0.0085 * vehicle.long))
    )
    for time, name, one in rolled:
        aim = float(rng.uniform(-0.08, 0.08))
        at = (-2.3 * one.long, float(rng.uniform(-0.2, 0.2)) * wide, high)
        speed = PACE[name.rsplit(" ", 1)[0]] * float(rng.uniform(0.65, 1.2))
        turn = parts.about((0.0, 0.0, 1.0), aim)
        solids += bodywork.placed(one, name, time=time, position=at, turn=turn, speed=speed, drive=False)
    place = places.build(_home(scene), scene=scene, rng=rng, clearing=max(1.6, 3.4 * vehicle.long))
    return place.stage(
        solids=solids,
        shot=Shot(
            points=parts.corners((-1.9 * vehicle.long, -0.5 * wide, 0.0), (2.2 * vehicle.long, 0.5 * wide, high * 1.6)),
            azimuth=-64 + float(rng.uniform(-14, 14)),
            azimuth_tall=-34.0,
            elevation=float(rng.uniform(6, 12)),
            field_of_view=38,
            margin=0.95,
            follow=rolled[0][1],
        ),
    )


WAYS: dict[str, Callable[[Scene, np.random.Generator, float], Stage]] = {"ramp": _ramp, "ledge": _ledge}


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`."""
    way = next((WAYS[action.name] for action in scene.actions if action.name in WAYS), None)
    pace = max((PACE.get(kind, 0.0) for kind in scene.kinds), default=PACE["car"])
    if way is None and _home(scene) in INDOORS and (scene.setting or pace * seconds > ACROSS):
        way = _ramp
    return (way or _along)(scene, rng, seconds)
