"""Shots at a football goal: against the post, against the crossbar, or into the net."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from render.engines.world import physics, places
from render.engines.world.families import flight, goal, parts
from render.engines.world.families.balls import FOOTBALL
from render.engines.world.families.goal import BAR, HIGH, POST, THICK, WIDE
from render.engines.world.onlookers import Reaction
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Launch, Shape, Solid, Stage, Vector

DRAG, LIFT = 0.25, 1.0
"""Chosen. At 16 to 20 m/s a football's Reynolds number is that of its drag crisis, 2.2 to 3.0 · 10⁵ (Asai and others,
Fundamental aerodynamics of the soccer ball, 2007), between a high and a low drag; its lift grows with its spin (Goff
and Carré, Trajectory analysis of a soccer ball, 2009)."""
OVER = THICK / 2 + FOOTBALL.radius
"""Metres behind the middle of the line, which is as wide as the posts, at which a ball is over it (law 10)."""
SPOT, FREE = 11.0, 20.0
"""Metres from the goal of a penalty and of a free kick."""
WAYS, LIKELY = ("post", "bar", "in"), (0.4, 0.25, 0.35)
TRIES, WATCHED, ASIDE = 10, 1.5, 4.0
"""Shots that are tried for one that turns out as wanted, seconds of each, and metres that it may then go aside."""
EACH, MOST = 2.0, 8
"""Seconds between two shots of a long clip, and how many there are at most."""
APART, BESIDE = 0.2, 1.5
"""Seconds between two shots below which they lie side by side, and metres aside of the spot at which a ball may lie."""
SEEN = 0.9
"""Seconds before the end from which no ball is shot that the prompt counts: it gets to the goal."""
REBOUND = 9.0
"""Metres before the goal that are in the picture when a ball comes back from its frame."""
FRAME = {"post", "crossbar"}
CLEARING = 8.0


def _aim(ball: Solid, way: str, rng: np.random.Generator, *, side: float, far: float, place: float | None) -> Launch:
    """A shot from ``far`` metres that is likely to turn out in one of :data:`WAYS` on one side of the goal.

    ``place`` is how many metres aside of the spot the ball lies; None leaves it to chance.
    """
    aside = float(rng.uniform(-BESIDE, BESIDE)) if place is None else place
    start = (-far, aside * far / SPOT, FOOTBALL.radius + 0.002)
    fast = (19.0 if far > SPOT else 16.5) * float(rng.uniform(0.95, 1.08))
    reach = THICK / 2 + FOOTBALL.radius
    if way == "post":
        off = float(rng.uniform(-0.6, 0.6)) * reach
        target: Vector = (-reach * 0.8, side * POST + off, float(rng.uniform(0.6, 1.9)))
    elif way == "bar":
        target = (-reach * 0.8, side * float(rng.uniform(0.6, 2.6)), BAR + float(rng.uniform(-0.5, 0.7)) * reach)
    else:
        into = FOOTBALL.radius + float(rng.uniform(0.2, 0.7))
        target = (0.0, side * (WIDE / 2 - into), HIGH - FOOTBALL.radius - float(rng.uniform(0.15, 0.4)))
    bend = -side * float(rng.uniform(15.0, 45.0)) * (1.0 if far > SPOT else 0.4)
    return flight.aim(ball, start, target, fast, (0.0, float(rng.uniform(-18, 4)), bend))


def scored(path: np.ndarray) -> bool:
    """Whether a ball on this way, ``[frames, 3]``, went whole over the line between the posts and under the bar."""
    over = np.flatnonzero((path[:-1, 0] < OVER) & (path[1:, 0] >= OVER))
    return any(abs(path[k + 1, 1]) < WIDE / 2 and path[k + 1, 2] < HIGH for k in over)


def _price(way: str, side: float, motion: physics.Motion) -> float:
    """Metres that a shot gets aside of its aim and high up; infinite unless it turned out as wanted."""
    met, path = flight.met(motion, "ball") & FRAME, motion.poses[:, 0, :3].astype(float)
    wanted = {"post": {"post"}, "bar": {"crossbar"}, "in": set()}[way]
    if met != wanted or scored(path) != (way == "in"):
        return math.inf
    return abs(float(path[-1, 1]) - side * POST) + max(0.0, float(path[:, 2].max()) - 3.5)


def _ways(scene: Scene, rng: np.random.Generator, shots: int) -> list[str]:
    """How each shot turns out: as the prompt says, in its order, else as it may."""
    said = [action.name for action in scene.actions if action.name in {*WAYS, "miss"}]
    # "Hits the post of the goal" and "misses the goal" name the goal and ask for no goal.
    said = [name for name in said if name in {"post", "bar", "miss"}] or said
    if not said:
        return [str(rng.choice(WAYS, p=LIKELY)) for _ in range(shots)]
    asked = [said[k % len(said)] for k in range(shots)]
    return [str(rng.choice(("post", "bar"))) if name == "miss" else name for name in asked]


def _watched(balls: Sequence[str], seconds: float) -> Callable[[physics.Motion], list[Reaction]]:
    """People cheer when a ball is in the net, and groan when it comes off the frame."""

    def reactions(motion: physics.Motion) -> list[Reaction]:
        seen = []
        for name in balls:
            lane = motion.names.index(name)
            there = np.flatnonzero(motion.present[:, lane])
            path = motion.poses[there, lane, :3].astype(float)
            hits = [c.time for c in motion.contacts if name in (c.first, c.second) and FRAME & {c.first, c.second}]
            if scored(path):
                over = int(np.argmax(path[:, 0] > OVER))
                seen.append(Reaction(time=float(there[over]) / len(motion.poses) * seconds + 0.2, mood=1.0))
            elif hits:
                seen.append(Reaction(time=hits[0] + 0.15, mood=-0.8))
        return seen

    return reactions


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`."""
    subject = parts.subject_of(scene, "ball")
    plain = Solid(
        name="ball",
        shape=Shape.SPHERE,
        size=(FOOTBALL.radius,),
        substance=FOOTBALL.substance,
        material=FOOTBALL.paint(parts.paint(subject, None)),
        drag=DRAG,
        lift=LIFT,
    )
    frame = goal.frame()
    starts = parts.runs(seconds, EACH, MOST, count=subject.count, seen=SEEN)
    far = FREE if any(action.name == "free kick" for action in scene.actions) else SPOT
    ways = _ways(scene, rng, len(starts))
    # A camera sees into the far corner; the near post would hide the other one.
    side = 1.0 if "in" in ways else float(rng.choice([-1.0, 1.0]))
    solids = []
    for k, way in enumerate(ways):
        place = None
        if parts.close(starts, APART):
            place = float(np.interp(k, (0, len(starts) - 1), (-BESIDE, BESIDE)))
        launch = flight.turning_out(
            plain,
            frame,
            draw=functools.partial(_aim, plain, way, rng, side=side, far=far, place=place),
            price=functools.partial(_price, way, side),
            floor="turf",
            watched=WATCHED,
            others=len(starts) - 1,
            tempo=scene.tempo,
            tries=TRIES,
            enough=ASIDE,
        )
        name = f"ball {k + 1}"
        solids.append(replace(plain, name=name, launch=replace(launch, time=round(starts[k], 3))))
        solids += FOOTBALL.worn(name)
    place = places.build(scene.setting or str(rng.choice(["park", "meadow"])), scene=scene, rng=rng, clearing=CLEARING)
    low, high = sorted((side * (POST + 0.5), side * (POST - 3.3)))
    before = -1.8 if set(ways) == {"in"} else -REBOUND
    return place.stage(
        solids=(*frame, *goal.pitch(), *solids),
        cloths=tuple(goal.nets()),
        shot=Shot(
            points=parts.corners((before, low, 0.0), (1.3, high, BAR + 0.35)),
            azimuth=(-128 if side > 0 else -118) + float(rng.uniform(-10, 10)),
            azimuth_tall=-150.0,
            elevation=float(rng.uniform(2.5, 6)),
            field_of_view=44,
            margin=0.96,
            roam=(1.2, 0.8, 0.6),
            follow="ball 1",
        ),
        reactions=_watched([solid.name for solid in solids if solid.launch], seconds),
    )
