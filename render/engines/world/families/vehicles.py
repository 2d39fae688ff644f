"""Things on wheels: they drive along, roll down a ramp, or roll off a ledge."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from render.engines.world import geometry, particles, places
from render.engines.world.families import bodywork, parts
from render.engines.world.families.coachwork import Vehicle
from render.engines.world.materials import MATERIALS, Colour, Material, Pattern, named
from render.engines.world.places import cover, scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene, Subject
from render.engines.world.shot import Move, Shot
from render.engines.world.stage import Particles, Solid, Stage

if TYPE_CHECKING:
    from render.engines.world.physics import Motion

PACE = {
    "car": 11,
    "truck": 11,
    "bus": 9,
    "school bus": 9,
    "van": 10,
    "toy car": 1.1,
    "skateboard": 2.6,
    "cart": 1.8,
    "wagon": 1.4,
}
"""m/s of each kind on level ground."""
HOME = {"toy car": "room", "wagon": "yard", "cart": "meadow"}
"""Where a kind is at home; the others on a street."""
REACH = 190.0
"""Metres that a street is long: in a long clip a vehicle drives more slowly."""
THROUGH = 84.0
"""The same of a way through a forest."""
GLADE = 3.0
"""Metres that a forest leaves free about the origin before a way is cut through it."""
ACROSS = 7.0
"""Metres that a room is long: what would go further there rolls down a ramp, again and again."""
INDOORS = frozenset({"room", "studio", "workshop", "gym"})
SLOPE = math.radians(13.0)
"""Of a ramp."""
TOGETHER = 6
"""How many there are at most that are all asked for."""
TRAFFIC, JAM = ("van", "car", "bus", "car"), 5
"""What drives along where a prompt says so, and how many there are then in all."""
EACH, MOST = 4.0, 12
"""Seconds between two that roll off, and how many there are at most."""
DOWN, MOST_DOWN = 1.5, 8
"""The same of those that roll down a ramp: as one leaves the picture the next is on its way."""
SEEN, CLEARS = 1.2, 1.1
"""Seconds before the end from which nothing starts that the prompt counts; and within which a thing of a metre has
rolled its own length, others by the root of theirs: sooner than that, all roll at once, in a row or abreast."""
ROOM = 1.15
"""Of their length or width, from one to the next one then."""
LOOSE = {"desert": 1.0, "beach": 0.6, "snowfield": 0.5}
"""Places whose ground flies up behind wheels, and how strongly."""
PUFFS = 0.04
"""Seconds between two puffs of dust of an axle."""
DIRT = replace(MATERIALS["soil"], base=(0.13, 0.09, 0.055), accent=(0.24, 0.175, 0.11))
"""A road through a forest."""
LEAST_WAY = 1.2
"""Metres from its middle to what grows beside it, at least."""
SLUSH = Material(pattern=Pattern.ROCK, base=(0.30, 0.27, 0.24), accent=(0.55, 0.54, 0.53), scale=0.5, gloss=0.1)
"""Tracks of wheels in snow."""
LANE = -1.9
"""Metres from the middle of the road at which it is driven, and past it of one that goes beside another."""
ROADWAY, WIDER = 4.0, 5.2
"""Metres that a street leaves free at both sides for one vehicle, and for two side by side."""
BETWEEN = 8.5
"""Metres to either side of the first one that a camera in a street sees: farther off it would stand behind houses."""
STAGGER = 0.4
"""Of the longest's length, by which one that goes beside another is ahead or behind."""


def _cast(scene: Scene, rng: np.random.Generator) -> list[tuple[str, Vehicle]]:
    """What is asked for, one of each kind in turn, and the traffic that they are in."""
    asked = [s for s in scene.subjects if s.kind in bodywork.KINDS] or [parts.subject_of(scene, "car")]
    rows = [[(subject, k) for k in range(subject.count or 1)] for subject in asked]
    wanted = [one for turn in itertools.zip_longest(*rows) for one in turn if one]
    if "traffic" in scene.kinds:
        wanted += [(Subject(kind=kind), 0) for kind in TRAFFIC][: max(0, JAM - len(wanted))]
    cast = []
    for subject, k in wanted[:TOGETHER]:
        names = subject.colours[k % len(subject.colours) :] if subject.colours else ()
        paint = bodywork.paint(bodywork.colour_of(subject.kind, names, rng))
        cast.append((subject.kind, bodywork.KINDS[subject.kind](paint)))
    return cast


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


def _forest_way(
    place: Place, vehicle: Vehicle, *, long: float, wide: float, near: float, lane: float, snowy: bool
) -> Place:
    """The forest with a dirt road along x: what stands there makes way by ``wide``, on the camera's side by ``near``.

    Under snow only the tracks of wheels are seen of the road.
    """
    things = []
    for solid in place.solids:
        x, y, z = solid.position
        if x == y == 0.0:
            # Woods far round, and ferns that would grow on the road.
            things += [] if "ferns" in solid.name else [solid]
        else:
            things.append(replace(solid, position=(x, y + wide if y > 0 else y - near, z)))
    aside, half = vehicle.axles[0][1], 1.4 * vehicle.wheel[1]
    worn = SLUSH if snowy else replace(DIRT, base=(0.085, 0.06, 0.038), accent=(0.15, 0.11, 0.07))
    for k, y in enumerate(sorted({middle + side * aside for middle in (-lane, lane) for side in (-1, 1)})):
        things.append(scenery.prop(f"rut {k + 1}", geometry.box((long, half, 0.0006)), worn, (0.0, y, 0.0012)))
    if not snowy:
        things.append(scenery.prop("dirt road", geometry.box((long, abs(lane) + 1.9 * aside, 0.0008)), DIRT))
    return replace(place, solids=tuple(things))


def _wayside(setting: str, long: float, wide: float, rng: np.random.Generator) -> list[Solid]:
    """Tufts and stones on both sides of a way over open land."""
    if setting not in {"desert", "beach", "meadow", "snowfield", "forest"}:
        return []
    spots = np.stack([rng.uniform(-long, long, 900), rng.choice([-1, 1], 900) * rng.uniform(wide, wide + 22, 900)], 1)
    things = []
    if setting != "snowfield":
        dry = setting not in {"meadow", "forest"}
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


def _shot(cast: list[tuple[str, Vehicle]], name: str, *, most: float, ahead: bool, rng: np.random.Generator) -> Shot:
    """A camera that goes along, a little ahead or behind, wide enough for those beside and behind the first.

    It sees no more than ``most`` metres to either side of the first.
    """
    vehicle, longest = cast[0][1], max(vehicle.long for _, vehicle in cast)
    rows = (len(cast) + 1) // 2
    reach = 0.70 * vehicle.long if len(cast) == 1 else min((0.65 + 0.8 * rows) * longest, most)
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
    """They drive in pairs, as fast as the slowest; the camera goes along with the first, and sees the one beside it."""
    cast = _cast(scene, rng)
    setting = _home(scene)
    wished = {subject.kind: min(max(subject.speed, 0.4), 1.8) for subject in reversed(scene.subjects)}
    reach = THROUGH if setting == "forest" else REACH
    speed = min(reach / seconds, *(PACE[kind] * wished.get(kind, 1.0) for kind, _ in cast))
    street = setting == "street"
    paired = len(cast) > 1
    solids, dust, x = [], [], -speed * seconds / 2
    longest = max(vehicle.long for _, vehicle in cast)
    half = speed * seconds / 2 + 2 * longest
    clearing = (WIDER if paired else ROADWAY) if street else GLADE if setting == "forest" else half
    place = places.build(setting, scene=scene, rng=rng, clearing=clearing)
    broad = max(vehicle.axles[0][1] + vehicle.wheel[1] for _, vehicle in cast)
    lane = LANE if street else -1.1 * broad if paired else 0.0
    ahead = bool(rng.random() < 0.6)
    for k, (other, vehicle) in enumerate(cast):
        name = other if k == 0 else f"{other} {k + 1}"
        back = (k // 2) * 1.5 * longest - (k % 2) * (STAGGER if ahead else -STAGGER) * longest
        where = (x - back, -lane if k % 2 else lane, 0.0)
        solids += bodywork.placed(vehicle, name, time=0.0, position=where, turn=(1, 0, 0, 0), speed=speed, drive=True)
        if setting in LOOSE:
            dust.append(_dust(vehicle, name, LOOSE[setting], _raised(place.ground), rng))
    widest = max((vehicle for _, vehicle in cast), key=lambda one: one.axles[0][1])
    wide = 0.9 * longest
    if setting == "forest":
        wide, near = max(2.2 * broad + abs(lane), LEAST_WAY), (3.4 if paired else 1.9) * longest
        place = _forest_way(
            place, widest, long=half + 30.0, wide=wide, near=near, lane=lane, snowy=scene.weather == "snow"
        )
    wayside = _wayside(setting, half, wide, rng)
    if scene.weather == "snow":
        wayside = [part for solid in wayside for part in cover.snowed(solid)]
    return place.stage(
        solids=(*wayside, *solids),
        particles=(*place.particles, *dust),
        shot=_shot(cast, cast[0][0], most=BETWEEN if street else math.inf, ahead=ahead, rng=rng),
    )


def _raised(ground: Material) -> Colour:
    """The colour of dust over a ground: lighter than it lies there."""
    red, green, blue = (0.2 * a + 0.95 * b + 0.2 for a, b in zip(ground.base, ground.accent, strict=True))
    return red, green, blue


def _launched(
    scene: Scene, rng: np.random.Generator, seconds: float, *, each: float, most: int
) -> tuple[list[tuple[float, str, Vehicle]], bool]:
    """What rolls, when, and how it is called; and whether all do at once, since one after another takes too long."""
    cast = _cast(scene, rng)
    soonest = CLEARS * math.sqrt(max(vehicle.long for _, vehicle in cast))
    starts = parts.runs(seconds, each, most)
    if len(starts) < len(cast) or any(subject.count for subject in scene.subjects if subject.kind in PACE):
        starts = parts.runs(seconds, each, most, count=len(cast), seen=SEEN, soonest=soonest)
    rolled = [
        (round(start, 3), f"{kind} {k + 1}", vehicle)
        for k, (start, (kind, vehicle)) in enumerate(zip(starts, itertools.cycle(cast), strict=False))
    ]
    return rolled, len(rolled) > 1 and rolled[1][0] == 0.0


def _ramp(scene: Scene, rng: np.random.Generator, seconds: float) -> Stage:
    """They roll down a plank from rest, and on over the floor."""
    rolled, together = _launched(scene, rng, seconds, each=DOWN, most=MOST_DOWN)
    vehicle = max((one for *_, one in rolled), key=lambda one: one.long)
    queue = ROOM * vehicle.long * (len(rolled) - 1) if together else 0.0
    long = max(5.0 * vehicle.long * float(rng.uniform(0.95, 1.15)), (queue + 1.2 * vehicle.long) / 0.88)
    wide, thick = 1.35 * vehicle.axles[0][1] + vehicle.wheel[1], 0.06 * vehicle.long
    turn = parts.about((0.0, 1.0, 0.0), SLOPE)
    c, s = math.cos(SLOPE), math.sin(SLOPE)
    made = ("wood", named("wood"))
    middle = (-long / 2 * c - thick * s, 0.0, long / 2 * s - thick * c)
    solids: list[Solid] = [parts.fixed("ramp", (long / 2, wide, thick), middle, made, turn=turn)]
    high = 0.86 * long * s - 2 * thick
    post = (0.03 * long, 0.96 * wide, high / 2)
    solids.append(parts.fixed("trestle", post, (-0.9 * long * c, 0.0, high / 2), made, group="ramp"))
    for k, (time, name, one) in enumerate(rolled):
        up = 0.88 * long - (queue - ROOM * vehicle.long * k if together else 0.0)
        at = (-up * c, float(rng.uniform(-0.04, 0.04)) * wide, up * s)
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
    rolled, together = _launched(scene, rng, seconds, each=EACH, most=MOST)
    kind, vehicle = max(
        ((name.rsplit(" ", 1)[0], one) for _, name, one in rolled), key=lambda kind_and_one: kind_and_one[1].long
    )
    high = float(rng.uniform(0.42, 0.55)) * vehicle.long if kind in HOME or kind == "skateboard" else 0.7
    lane = 2 * ROOM * max(one.axles[0][1] + one.wheel[1] for *_, one in rolled)
    back, wide = 3.2 * vehicle.long, 2.2 * vehicle.axles[0][1] + 0.6 * vehicle.long
    wide = max(wide, lane * len(rolled) / 2) if together else wide
    made = ("rock", MATERIALS["concrete"])
    solids: list[Solid] = [parts.fixed("ledge", (back / 2, wide, high / 2), (-back / 2, 0.0, high / 2), made)]
    steel = named("steel")
    edge = geometry.box((0.008 * vehicle.long, wide, 0.01 * vehicle.long), bevel=0.003 * vehicle.long)
    solids.append(
        parts.shown_on("", "edge", edge, steel, at=(-0.006 * vehicle.long, 0.0, high - 0.0085 * vehicle.long))
    )
    for k, (time, name, one) in enumerate(rolled):
        aim = float(rng.uniform(-0.08, 0.08))
        at = (-2.3 * one.long, float(rng.uniform(-0.2, 0.2)) * wide, high)
        if together:
            aim, at = 0.0, (at[0], lane * (k - (len(rolled) - 1) / 2), high)
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
