"""Shots at a hoop: off the board, off the rim, in by way of the board, or through the net alone."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, physics, places
from render.engines.world.families import flight, parts
from render.engines.world.families.balls import BASKETBALL
from render.engines.world.materials import COLOURS, Colour, Material, Pattern
from render.engines.world.onlookers import Reaction
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Cloth, Launch, Shape, Solid, Stage

RIM_RADIUS, RIM_HEIGHT, TUBE = 0.2286, 3.05, 0.0095
ARC, LINE = 6.75, 4.35
"""Metres from the hoop's middle from where a three-pointer and any other shot is thrown."""
TRIES = 16
"""Shots that are tried for one that turns out as wanted and stays near the hoop."""
GENTLE = 2.2
"""m/s over the floor at which a ball may come off the hoop."""
EACH, MOST = 3.4, 36
"""Seconds between shots of a long clip, and how many there are at most."""
SEEN, FREE = 1.5, 1.0
"""Seconds before the end from which no ball is thrown, and over which shots that nobody counts are not spread."""
APART = 0.3
"""Seconds between two shots below which each comes from a place of its own: they would be in each other's way."""
ASIDE = (-14.0, 9.0)
"""Degrees about the hoop, from straight before it, between which shots come."""
HAND, LOWER = 2.1, 0.3
"""Metres above the floor at which a ball is thrown, and by which every other of many is thrown lower."""
WATCHED = 2.4
"""Seconds of a shot that are tried."""
SEGMENTS = 28
CLEARING = 4.03
"""Metres round the hoop's middle that the place leaves free."""
WAYS = ("board", "rim", "bank", "swish")
"""How a shot can turn out: two of them miss, two go in."""
LIKELY = (0.45, 0.25, 0.1, 0.2)
KNOTS, LEVELS = 14, 8
"""Of the net, round and down."""


def _rim(paint: Material) -> list[Solid]:
    segments = []
    half = math.pi / SEGMENTS
    for k in range(SEGMENTS):
        angle = 2 * half * k
        lying = math.sqrt(0.5)
        turn = (
            lying * math.cos(angle / 2),
            -lying * math.cos(angle / 2),
            -lying * math.sin(angle / 2),
            lying * math.sin(angle / 2),
        )
        segments.append(
            Solid(
                name=f"rim{k}",
                group="rim",
                shape=Shape.CAPSULE,
                size=(TUBE, RIM_RADIUS * math.sin(half) * 1.01),
                substance="hoop steel",
                material=paint,
                turn=turn,
                position=(RIM_RADIUS * math.cos(angle), RIM_RADIUS * math.sin(angle), RIM_HEIGHT),
                look=geometry.capsule(TUBE, RIM_RADIUS * math.sin(half) * 1.01, sides=12),
            )
        )
    return segments


def _net() -> Cloth:
    """A net that narrows to a little more than a ball and hangs from the rim; its first and last column are one."""
    down, round_ = np.meshgrid(np.linspace(0, 1, LEVELS), np.linspace(0, 2 * math.pi, KNOTS + 1), indexing="ij")
    radius = RIM_RADIUS - 0.006 - (RIM_RADIUS - 0.006 - 0.137) * np.sin(down * math.pi / 2) ** 0.8
    height = RIM_HEIGHT - 0.012 - 0.43 * down
    round_ = round_ + down * math.pi / KNOTS * (LEVELS - 1)
    rest = np.stack([radius * np.cos(round_), radius * np.sin(round_), height], -1)
    rest[:, -1] = rest[:, 0]
    pinned = np.zeros(rest.shape[:2], np.bool_)
    pinned[0] = True
    cord = Material(base=(0.85, 0.85, 0.85), gloss=0.05)
    return Cloth(name="net", material=cord, rest=rest, pinned=pinned, density=0.35, bend=0.5, open=0.82, settle=0.5)


def _hoop(paint: Material) -> list[Solid]:
    steel = Material(base=(0.035, 0.037, 0.045), gloss=0.4)
    board = Material(pattern=Pattern.BACKBOARD, base=(0.82, 0.84, 0.86), accent=paint.base, gloss=0.6, mirror=0.35)
    return [
        Solid(
            name="backboard",
            shape=Shape.BOX,
            size=(0.02, 0.9, 0.525),
            substance="backboard",
            material=board,
            position=(RIM_RADIUS + 0.17, 0.0, RIM_HEIGHT + 0.4),
        ),
        Solid(
            name="post",
            shape=Shape.CAPSULE,
            size=(0.075, 1.65),
            substance="hoop steel",
            material=steel,
            position=(1.45, 0.0, 1.65),
        ),
        Solid(
            name="arm",
            group="post",
            shape=Shape.CAPSULE,
            size=(0.05, 0.52),
            substance="hoop steel",
            material=steel,
            position=(0.94, 0.0, 3.3),
            turn=(math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0),
        ),
        Solid(
            name="bracket",
            group="rim",
            shape=Shape.BOX,
            size=(0.075, 0.05, 0.01),
            substance="hoop steel",
            material=paint,
            position=(RIM_RADIUS + 0.075, 0.0, RIM_HEIGHT),
        ),
        *_rim(paint),
    ]


def _court(paint: Colour) -> Solid:
    """The sports floor: seen a hair above the ground that carries the ball."""
    wood = Material(pattern=Pattern.COURT, base=(0.50, 0.27, 0.11), accent=paint, gloss=0.4, mirror=0.32, facing=0.03)
    return Solid(
        name="court",
        shape=Shape.BOX,
        size=(7.4, 9.0, 0.0005),
        substance="hardwood",
        material=wood,
        position=(-4.4, 0.0, 0.0005),
        look=geometry.box((7.4, 9.0, 0.0005)),
        touches=False,
    )


def _aim(way: str, away: float, rng: np.random.Generator, place: tuple[float, float] | None) -> Launch:
    """A shot from ``away`` metres that is likely to turn out in one of :data:`WAYS`.

    ``place`` is from where about the hoop, in degrees, and how many metres high; from about straight before it if None.
    """
    degrees, high = place or (float(rng.uniform(*ASIDE)), HAND)
    angle = math.radians(degrees)
    start = (-away * math.cos(angle), away * math.sin(angle), high)
    aside, seconds = float(rng.uniform(-1, 1)), 0.9 + 0.06 * away
    if way == "swish":
        target = (0.015 * aside, 0.02 * float(rng.uniform(-1, 1)), RIM_HEIGHT)
        seconds += 0.16
    elif way == "bank":
        target = (RIM_RADIUS + 0.15 - BASKETBALL.radius, 0.06 * aside, RIM_HEIGHT + float(rng.uniform(0.28, 0.5)))
    elif way == "rim":
        edge = float(rng.uniform(-math.pi, math.pi))
        target = (RIM_RADIUS * math.cos(edge), RIM_RADIUS * math.sin(edge), RIM_HEIGHT + BASKETBALL.radius * 0.9)
        seconds += 0.1
    else:
        target = (RIM_RADIUS + 0.15 - BASKETBALL.radius, 0.38 * aside, RIM_HEIGHT + float(rng.uniform(0.3, 0.85)))
    return flight.throw(start, target, seconds + float(rng.uniform(0.0, 0.06)), spin=(0.0, -9.0, 0.0))


def fell_in(path: np.ndarray) -> bool:
    """Whether a ball on this way, ``[frames, 3]``, came down through the hoop."""
    below = (path[:-1, 2] >= RIM_HEIGHT - 0.1) & (path[1:, 2] < RIM_HEIGHT - 0.1)
    return bool((below & (np.hypot(path[1:, 0], path[1:, 1]) < RIM_RADIUS)).any())


def _price(way: str, motion: physics.Motion) -> float:
    """The m/s over the floor at which the ball comes off the hoop; infinite unless it turned out as wanted."""
    met, path = flight.met(motion, "ball"), motion.poses[:, 0, :3].astype(float)
    wedged = path[-1, 2] > 2.7 or any(contact.impulse > 14.0 for contact in motion.contacts)
    inside = fell_in(path)
    fits = {
        "board": not inside and "backboard" in met,
        "rim": not inside and "rim" in met,
        "bank": inside and "backboard" in met,
        "swish": inside and not met & {"rim", "backboard"},
    }
    if not fits[way] or (not inside and (wedged or path[-1, 0] > 0.6)):
        return math.inf
    return 0.0 if inside else float(np.hypot(*(path[-1, :2] - path[-2, :2]))) * len(path) / WATCHED


def _ways(scene: Scene, rng: np.random.Generator, shots: int) -> list[str]:
    """How each shot turns out: as the prompt says, in its order, else as it may."""
    said = [action.name for action in scene.actions if action.name in {*WAYS, "miss", "in"}]
    said = [name for name in said if name not in {"miss", "in"}] or said
    drawn = [WAYS[int(rng.choice(len(WAYS), p=LIKELY))] for _ in range(shots)]
    drawn[0] = "board" if drawn[0] == "bank" else drawn[0]
    plain = {"miss": ("board", "board", "rim"), "in": ("swish", "swish", "bank")}
    if not said:
        return drawn
    asked = [said[k % len(said)] for k in range(shots)]
    return [str(rng.choice(plain[name])) if name in plain else name for name in asked]


def _watched(balls: list[str]) -> Callable[[physics.Motion], list[Reaction]]:
    """People cheer when a ball goes in and groan when it comes off the hoop."""

    def reactions(motion: physics.Motion) -> list[Reaction]:
        seen = []
        for name in balls:
            lane = motion.names.index(name)
            path = motion.poses[motion.present[:, lane], lane, :3].astype(float)
            inside = fell_in(path)
            hits = [c.time for c in motion.contacts if name in {c.first, c.second}]
            if hits:
                seen.append(Reaction(time=hits[0] + 0.15, mood=1.0 if inside else -0.7))
        return seen

    return reactions


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`."""
    accent: Colour = COLOURS[str(rng.choice(["red", "orange", "blue"]))]
    floor: Colour = (0.05, 0.11, 0.26) if rng.random() < 0.6 else (0.05, 0.20, 0.13)
    ball = BASKETBALL.paint(parts.paint(parts.subject_of(scene, "ball"), None))
    hoop = _hoop(Material(base=accent, gloss=0.5))
    starts = parts.runs(seconds, EACH, MOST, count=scene.count, seen=SEEN, rest=SEEN, kept=FREE)
    away = (ARC if any(action.name == "three" for action in scene.actions) else LINE) + float(rng.uniform(0.1, 0.4))

    def shot_of(way: str, number: int) -> Solid:
        name = f"ball{number}" if number else "ball"
        plain = Solid(
            name="ball", shape=Shape.SPHERE, size=(BASKETBALL.radius,), substance=BASKETBALL.substance, material=ball
        )
        place = None
        if parts.close(starts, APART):
            place = (float(np.interp(number, (0, len(starts) - 1), ASIDE)), HAND - LOWER * (number % 2))
        launch = flight.turning_out(
            plain,
            hoop,
            draw=functools.partial(_aim, way, away, rng, place),
            price=functools.partial(_price, way),
            floor="hardwood",
            watched=WATCHED,
            others=len(starts) - 1,
            tempo=scene.tempo,
            tries=TRIES,
            enough=GENTLE,
        )
        return replace(plain, name=name, launch=replace(launch, time=round(starts[number], 3)))

    shots = [shot_of(way, k) for k, way in enumerate(_ways(scene, rng, len(starts)))]
    points = np.array(((-1.6, -0.9, 0.0), (1.5, 0.9, 0.0), (0.3, -0.9, 3.98), (0.3, 0.9, 3.98)))
    place = places.build(scene.setting or "court", scene=scene, rng=rng, clearing=CLEARING)
    return place.stage(
        solids=(*hoop, _court(floor), *shots),
        cloths=(_net(),),
        shot=Shot(
            points=points,
            azimuth=-128 + float(rng.uniform(-8, 8)),
            azimuth_tall=-160.0,
            elevation=4.0,
            field_of_view=50,
            margin=0.94,
            roam=(6.0, 5.0, 1.6),
            follow="ball",
        ),
        reactions=_watched([solid.name for solid in shots]),
        ground_substance="hardwood",
    )
