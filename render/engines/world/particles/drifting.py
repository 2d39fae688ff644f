"""Leaves: flat plates in moving air that glide, tumble, lie, slide and are picked up again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from render.engines.world import obstacles
from render.engines.world.particles.air import GRAVITY, Floats, Wind, puffs
from render.engines.world.stage import Particles, Puffs, Solid, Vector

STEP = 1 / 120
"""Seconds."""
KEPT = 3
"""Steps from one that is kept to the next: less than a radian of the fastest tumble lies between."""
AIR = 1.2
"""kg/m³."""
ROUGH = 0.006
"""Metres: roughness of the ground, by which the wind grows with the height (logarithmic profile)."""
ANEMOMETER = 2.0
"""Metres above the ground at which the wind has the strength that it is said to have."""
CURL = 0.05
"""Metres above the ground at which a leaf that lies, curled as it is, meets the wind."""
BROADSIDE, EDGEWAYS = 1.9, 0.12
"""Drag of a plate across and along the flow."""
CENTRE = 0.20
"""How far the air's push lies before the middle of a plate along the flow, as a share of its length (1/4 is thin
aerofoil theory's)."""
LIFTED = 1.1
"""Lift of a curled leaf on the ground."""
TIPPED = 18.0
"""rad/s at which a gust tips up the windward edge of a leaf that it lifts."""
SNAGS = 2.2
"""Times by metre of its way that a leaf catches the ground with its edge and trips over it."""
GRIP = 0.7
"""Friction of a leaf on the ground."""
AUTUMN: tuple[Vector, ...] = ((0.52, 0.17, 0.03), (0.62, 0.34, 0.04), (0.36, 0.08, 0.03), (0.30, 0.22, 0.05))
EDDIES = 7
BOUNCE = 0.25
"""Of its speed that a leaf keeps as it meets something."""
UP = np.array(((0.0, 0.0, 1.0),))
BEFORE = 2.5
"""Seconds before the clip from which on leaves have fallen that are in the air as it starts."""


class Eddies:
    """A gusty wind near the ground: it grows with the height, and eddies are carried along by it."""

    def __init__(self, mean: Vector, rng: np.random.Generator) -> None:
        self.wind = Wind.of(mean, rng)
        speed = float(np.hypot(mean[0], mean[1]))
        length = np.geomspace(0.9, 9.0, EDDIES)
        turn = rng.uniform(0, 2 * np.pi, EDDIES)
        self.waves = np.stack([np.cos(turn), np.sin(turn)]) * (2 * np.pi / length)
        phases = rng.uniform(0, 2 * np.pi, (EDDIES, 3))
        push = rng.normal(0, 1, (EDDIES, 3)) * (speed * 0.16 * (length / 9.0) ** (1 / 3))[:, None]
        self.push = np.concatenate([np.cos(phases) * push, np.sin(phases) * push])
        """``[2 * eddies, 3]`` m/s by the sine and the cosine of their angles."""

    def at(self, time: float, places: Floats, height: Floats) -> Floats:
        """``[n, 3]`` m/s at ``height`` metres over the ground; up and down winds die out towards it."""
        gone = self.wind.carried(time)[:2]
        angle = (places[:, :2] - 0.8 * gone) @ self.waves
        swirl = np.concatenate([np.sin(angle), np.cos(angle)], 1) @ self.push
        profile = np.log1p(height / ROUGH) / np.log1p(ANEMOMETER / ROUGH)
        swirl[:, 2] *= height / (height + 0.15)
        return (self.wind.velocity(time) + swirl) * np.minimum(profile, 1.25)[:, None]


def _size(vectors: Floats) -> Floats:
    """``[n, 1]``."""
    return np.sqrt(np.einsum("nc,nc->n", vectors, vectors))[:, None]


def _unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(_size(vectors), 1e-9)


def _cross(one: Floats, two: Floats) -> Floats:
    """As numpy's, which is several times slower for few short vectors."""
    a, b, c = one.T
    x, y, z = two.T
    return np.stack([b * z - c * y, c * x - a * z, a * y - b * x], -1)


def _hindrance(solids: Sequence[Solid], low: Vector, high: Vector) -> Callable[[Floats], NDArray[np.bool_]]:
    """Which of ``[n, 3]`` places are in what stands there."""
    filled, corner = obstacles.occupied(solids, low, high), np.array(low)
    size = np.array(high) - corner
    if not filled.any():
        return lambda places: np.zeros(len(places), np.bool_)
    return lambda places: filled[obstacles.cells_of(places, corner, size, filled)]


def leaves(
    *,
    rng: np.random.Generator,
    low: Vector,
    high: Vector,
    seconds: float,
    wind: Vector = (0.0, 0.0, 0.0),
    count: int = 150,
    colours: tuple[Vector, ...] = AUTUMN,
    falls: float = 0.35,
    solids: Sequence[Solid] = (),
) -> Particles:
    """Leaves over the floor of a box (metres) for so many ``seconds``; what leaves it comes in on the other side.

    ``count`` leaves, of which a share ``falls`` comes down from between half and all of the box's height during the
    clip. Each is a plate of its own weight: the air pushes across it, ahead of its middle, so that it glides and
    tumbles; on the ground it lies by its friction until a gust lifts it. It bounces off what stands among ``solids``.
    """
    corner, size = np.array(low), np.array(high) - np.array(low)
    half = rng.uniform(0.030, 0.062, count)
    weight = rng.uniform(0.05, 0.10, count)
    """kg/m² of each leaf."""
    hold = rng.lognormal(0.1, 0.6, count)
    """Times as hard to move where it lies."""
    falling = rng.random(count) < falls
    starts = np.where(falling, rng.uniform(-BEFORE, max(seconds, 0.1), count), 0.0)
    at = corner + rng.random((count, 3)) * size
    at[:, 2] = corner[2] + np.where(falling, rng.uniform(0.5, 1.0, count) * size[2], 0.15 * half)
    normals = _unit(np.where(falling[:, None], rng.normal(0, 1, (count, 3)), (0.0, 0.0, 1.0)))
    lying = _unit(np.concatenate([rng.normal(0, 0.2, (count, 2)), np.ones((count, 1))], 1))
    """How each lies on the ground."""
    normals = np.where(falling[:, None], normals, lying)
    stalks = _unit(np.cross(normals, rng.normal(0, 1, (count, 3))))
    colour = np.array(colours)[rng.integers(len(colours), size=count)] * rng.uniform(0.7, 1.2, (count, 1))
    eddies, chance = Eddies(wind, rng), int(rng.integers(2**63))

    @functools.cache
    def tracks() -> tuple[NDArray[np.float32], NDArray[np.float16]]:
        return _moved(
            eddies,
            at,
            normals,
            stalks,
            half=half,
            weight=weight,
            hold=hold,
            lying=lying,
            starts=starts,
            seconds=seconds,
            floor=corner[2],
            chance=np.random.default_rng(chance),
            hindered=_hindrance(solids, low, high),
        )

    apart = KEPT * STEP

    def cloud(time: float) -> Puffs:
        places, ways = tracks()
        where = min(max(time, 0.0) / apart, len(places) - 1.001)
        first, share = int(where), where - int(where)
        mixed = ways[first].astype(float) * (1 - share) + ways[first + 1].astype(float) * share
        spots = places[first] * (1 - share) + places[first + 1] * share
        normal = _unit(mixed[:, :3])
        stalk = mixed[:, 3:] - normal * (mixed[:, 3:] * normal).sum(1, keepdims=True)
        spots[:, :2] = corner[:2] + np.mod(spots[:, :2] - corner[:2], size[:2])
        going = (places[first + 1] - places[first]) / apart
        shown = np.where(falling, np.clip((time - starts) / 0.3, 0, 1), 1.0)
        return puffs(
            spots,
            going,
            radii=half * shown,
            colours=colour,
            opacity=1.0,
            normals=normal,
            stalks=_unit(stalk),
            repeats=(size[0], size[1]),
        )

    return Particles(name="leaves", emit=lambda _: cloud)


def _moved(
    eddies: Eddies,
    at: Floats,
    normals: Floats,
    stalks: Floats,
    *,
    half: Floats,
    weight: Floats,
    hold: Floats,
    lying: Floats,
    starts: Floats,
    seconds: float,
    floor: float,
    chance: np.random.Generator,
    hindered: Callable[[Floats], NDArray[np.bool_]],
) -> tuple[NDArray[np.float32], NDArray[np.float16]]:
    """``[k, n, 3]`` places and ``[k, n, 6]`` normals and stalks, :data:`KEPT` steps apart, from 0 to ``seconds``."""
    count = len(at)
    velocity, spin = np.zeros((count, 3)), np.zeros((count, 3))
    load = (AIR / 2 / weight)[:, None]
    begin = min(0.0, float(starts.min(initial=0.0)))
    first = round(-begin / STEP)
    steps = first + KEPT * (int(np.ceil(seconds / (KEPT * STEP))) + 2)
    places, ways = [], []
    within = hindered(at)
    for step in range(steps):
        time = begin + step * STEP
        if step >= first and (step - first) % KEPT == 0:
            places.append(at.astype(np.float32))
            ways.append(np.concatenate([normals, stalks], 1).astype(np.float16))
        height = at[:, 2] - floor
        down = height < 0.25 * half + 1e-4
        air = eddies.at(time, at, np.maximum(height, CURL)) - velocity
        speed = _size(air)
        across = np.einsum("nc,nc->n", air, normals)[:, None] * normals
        along = air - across
        thrust = load * BROADSIDE * speed * across
        push = thrust + load * EDGEWAYS * speed * along
        # On the ground a leaf is a bump: it is dragged and lifted, and held by what is left of its weight.
        bump = load * speed * air * 0.4
        bump[:, 2] = (load * LIFTED * speed**2)[:, 0] / hold
        force = np.where(down[:, None], bump, push)
        force[:, 2] -= GRAVITY
        stiff = 1 + STEP * load * BROADSIDE * speed
        velocity = velocity + STEP * force / stiff
        pressed = down & (velocity[:, 2] <= 0)
        grip = GRIP * hold * np.maximum(-force[:, 2], 0) * STEP
        slide = np.hypot(velocity[:, 0], velocity[:, 1])
        left = np.where(pressed, np.maximum(slide - grip, 0) / np.maximum(slide, 1e-9), 1.0)
        velocity[:, :2] *= left[:, None]
        velocity[pressed, 2] = 0.0
        ahead = -along / np.maximum(_size(along), 1e-6)
        lever = CENTRE * 2 * half[:, None] * np.abs(along).max(1, keepdims=True) / np.maximum(speed, 1e-6)
        turning = _cross(ahead * lever, thrust) * (3 / half**2)[:, None]
        slowing = 2.5 + (load * BROADSIDE)[:, :1] * (0.35 * _size(spin)[:, 0] * half)[:, None] + 0.4 * speed
        spin = (spin + STEP * turning) / (1 + STEP * slowing)
        rate = _size(spin)
        spin *= np.minimum(1.0, 30.0 / np.maximum(rate, 1e-9))
        # A leaf that is pressed to the ground lies down; one that is lifted tips up its windward edge.
        flat = np.where(normals[:, 2:] < 0, -lying, lying)
        settle = _cross(normals, flat) * 14.0
        raised = _cross(UP, air) / np.maximum(speed, 1e-6) * TIPPED
        spin = np.where(pressed[:, None], settle, np.where(down[:, None], raised, spin))
        trips = pressed & (slide > 0.5) & (chance.random(count) < SNAGS * slide * STEP / hold)
        over = _cross(UP, _unit(velocity))
        spin = np.where(trips[:, None], over * np.minimum(0.5 * slide / half, 25.0)[:, None], spin)
        velocity[trips, 2] = (0.35 + 0.9 * chance.random(count))[trips] * slide[trips]
        velocity[trips, :2] *= 0.7
        at[trips, 2] += 0.3 * half[trips]
        normals = _unit(normals + STEP * _cross(spin, normals))
        stalks = stalks + STEP * _cross(spin, stalks)
        stalks = _unit(stalks - normals * np.einsum("nc,nc->n", stalks, normals)[:, None])
        moving = (time >= starts)[:, None]
        velocity = np.where(moving, velocity, 0.0)
        spin = np.where(moving, spin, 0.0)
        going = at + STEP * velocity
        going[:, 2] = np.maximum(going[:, 2], floor + 0.2 * half)
        there = hindered(going)
        into = there & ~within
        velocity[into] *= -BOUNCE
        at = np.where(into[:, None], at, going)
        within = there & within
    return np.stack(places), np.stack(ways)
