"""A tower, a pyramid or a wall of blocks, brought down by a wrecking ball or by balls that are thrown."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, places
from render.engines.world.families import parts
from render.engines.world.materials import Colour, Material, named
from render.engines.world.scene import Scene, Subject
from render.engines.world.shot import Shot
from render.engines.world.stage import Joint, JointKind, Launch, Quaternion, Shape, Solid, Stage, Vector

EACH = 3.2
"""Seconds between two balls."""
WAIT = 0.25
"""Seconds for which what stands is seen before the first ball comes."""
SOONEST = 0.35
"""Seconds between two balls at least: by then the one before is out of the way, and the first has waited."""
SEEN = 0.8
"""Seconds before the end from which no ball is thrown that the prompt counts."""
NEAR, ROOM, FAST = 1.9, 2.4, 6.5
"""Metres at which the first of many balls is that come at once, radii from each to the next one, and their m/s."""
MOST_BALLS = 14
MOST = 40
"""Blocks in one clip."""
SEAM = 0.0001
"""Metres between blocks."""
HIGHEST = 9
"""Blocks of a tower."""
CABLE = 0.012

Spot = tuple[Vector, Vector, Quaternion]
"""Half lengths, place and turn of a block."""
UPRIGHT: Quaternion = (1.0, 0.0, 0.0, 0.0)


def _tower(count: int, size: float, rng: np.random.Generator) -> list[Spot]:
    """One upon the other; what would be too high stands in further towers beside the first."""
    spots: list[Spot] = []
    towers = math.ceil(count / HIGHEST)
    for k in range(count):
        level, tower = k // towers, k % towers
        below = spots[tower::towers]
        half = size * (1.0 - 0.035 * level)
        z = sum(2 * spot[0][2] + SEAM for spot in below) + half * 0.8
        turn = parts.about((0, 0, 1), float(rng.uniform(-0.25, 0.25)))
        x = 3.2 * size * (tower - (towers - 1) / 2) + float(rng.uniform(-0.06, 0.06)) * size
        place = (x, float(rng.uniform(-0.06, 0.06)) * size, z)
        spots.append(((half, half, half * 0.8), place, turn))
    return spots


def _pyramid(count: int, size: float, rng: np.random.Generator) -> list[Spot]:  # noqa: ARG001
    """Its top course is not full where the number is none of a whole pyramid."""
    rows = max(2, math.ceil((math.sqrt(8 * count + 1) - 1) / 2 - 1e-9))
    half = (size, size, size * 0.8)
    step = 2 * size * 1.04
    spots = [
        (half, (step * (k - (rows - level - 1) / 2), 0.0, half[2] * (2 * level + 1) + SEAM * level), UPRIGHT)
        for level in range(rows)
        for k in range(rows - level)
    ]
    return spots[:count]


def _wall(count: int, size: float, rng: np.random.Generator) -> list[Spot]:  # noqa: ARG001
    """Courses in bond; every other one is a block shorter, so that none hangs over. The top one may not be full."""
    rows = max(1, min(8, round(math.sqrt(count * 1.4))))
    columns = math.ceil((count + rows // 2) / rows)
    half = (size * 1.2, size * 0.6, size * 0.6)
    step = 2 * half[0] + SEAM
    spots = [
        (half, (step * (k - (columns - 1 - level % 2) / 2), 0.0, half[2] * (2 * level + 1) + SEAM * level), UPRIGHT)
        for level in range(rows)
        for k in range(columns - level % 2)
    ]
    return spots[:count]


def _crossed(count: int, size: float, rng: np.random.Generator) -> list[Spot]:  # noqa: ARG001
    """Layers of three bars, each across the one below; the top one may not be full."""
    half = (size * 1.5, size * 0.49, size * 0.3)
    spots = []
    for level in range(math.ceil(count / 3)):
        turn = parts.about((0, 0, 1), math.pi / 2) if level % 2 else UPRIGHT
        for k in (-1, 0, 1):
            aside = k * size
            at = (aside, 0.0) if level % 2 else (0.0, aside)
            spots.append((half, (*at, half[2] * (2 * level + 1) + SEAM * level), turn))
    return spots[:count]


FORMS = {"tower": _tower, "pyramid": _pyramid, "wall": _wall, "jenga": _crossed}


def _look(kind: str, material: str, half: Vector, colour: Colour, *, coloured: bool) -> tuple[str, Material]:
    if material:
        return parts.stuff(material, material, colour if coloured else None)
    if kind == "crate":
        return parts.crate(half[0])
    if kind == "box":
        return parts.stuff("card", "card", colour if coloured else None)
    if kind == "brick":
        return "brick", named("brick", colour if coloured else None)
    return "wood", Material(base=colour, gloss=0.35)


def _swung(top: float, reach: float, radius: float, wait: float) -> list[Solid]:
    """A ball on a cable that swings along x into the middle of what stands."""
    long = 2.6
    drop = max(0.35 * top, radius + 0.04)
    start = math.acos(max(1 - (reach / long) ** 2 / 2, 0.2)) + wait
    at = (-radius * 0.2, 0.0, drop + 0.02)
    cable = geometry.rod((0, 0, 0), (0, 0, long), CABLE, sides=10)
    joint = Joint(kind=JointKind.HINGE, axis=(0.0, 1.0, 0.0), anchor=(0.0, 0.0, long), start=start, damping=1.5)
    steel = named("metal")
    return [
        Solid(
            name="wrecking ball", shape=Shape.SPHERE, size=(radius,), substance="bearing steel",
            material=Material(base=(0.05, 0.05, 0.055), gloss=0.5, mirror=0.25), position=at, joint=joint,
        ),
        parts.shown_on("wrecking ball", "cable", cable, steel),
    ]  # fmt: skip


def _thrown(starts: list[float], top: float, radius: float, colour: Colour, rng: np.random.Generator) -> list[Solid]:
    """Balls from both sides by turns; in a row from each, all in the air at once, if there is no time for more."""
    balls, together = [], parts.close(starts, SOONEST)
    for k, start in enumerate(starts):
        side = -1 if k % 2 == 0 else 1
        far, speed = (2.2 if k == 0 else 3.4), float(rng.uniform(5.5, 7.0))
        if together:
            far, speed = NEAR + ROOM * radius * (k // 2), FAST
        time = far / speed
        aim = top * float(rng.uniform(0.45, 0.75)) if k == 0 else max(0.25 * top, radius * 1.3)
        balls.append(
            Solid(
                name=f"ball {k + 1}",
                shape=Shape.SPHERE,
                size=(radius,),
                substance="bowling ball",
                material=Material(base=colour, gloss=0.8, mirror=0.6),
                launch=Launch(
                    time=start + (WAIT if k == 0 and not together else 0.0),
                    position=(side * far, float(rng.uniform(-0.12, 0.12)), max(aim, 0.3)),
                    velocity=(-side * speed, 0.0, 9.81 * time / 2 + (aim - max(aim, 0.3)) / time),
                ),
            )
        )
    return balls


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`. Long clips: further balls go through what is left."""
    whole = next((subject for subject in scene.subjects if subject.kind in FORMS), Subject(kind=""))
    form = whole.kind or str(rng.choice(sorted(FORMS)))
    subject = parts.subject_of(scene, "block", "crate", "brick", "box")
    # "A glass pyramid" is one of glass blocks.
    subject = replace(subject, material=subject.material or whole.material, colours=subject.colours or whole.colours)
    size = float(rng.uniform(0.11, 0.15)) * min(max(subject.size * whole.size, 0.6), 1.6)
    count = min(MOST, subject.count or {"tower": 7, "pyramid": 21, "wall": 24, "jenga": 33}[form])
    colours = parts.palette(parts.without(scene, "ball"), rng, subject)
    coloured = bool(subject.colours)
    solids = []
    spots = FORMS[form](count, size, rng)
    for k, (half, at, turn) in enumerate(spots):
        kind = subject.kind or "block"
        substance, material = _look(kind, subject.material, half, colours[k % len(colours)], coloured=coloured)
        solids.append(
            Solid(
                name=f"{kind} {k + 1}",
                shape=Shape.BOX,
                size=half,
                substance=substance,
                material=material,
                launch=Launch(time=0.0, position=at, turn=turn),
            )
        )
    top = max(at[2] + half[2] for half, at, _ in spots)
    wide = max(abs(at[0]) + half[0] for half, at, _ in spots)
    swung = "wrecking ball" in scene.kinds or ("ball" not in scene.kinds and rng.random() < 0.45)
    balls = next((subject for subject in scene.subjects if subject.kind == "ball"), Subject(kind="ball"))
    starts = parts.runs(seconds, EACH, MOST_BALLS, count=balls.count, seen=SEEN, soonest=SOONEST)
    ball = 0.17 if not swung else 0.2
    if swung:
        solids += _swung(top, wide + 1.25, ball, 0.0)
        starts = starts[1:]
    paint = parts.paint(balls, colours[-1])
    solids += _thrown(starts, top, 0.15, paint, rng)
    place = places.build(scene.setting or "yard", scene=scene, rng=rng, clearing=3.8)
    reach = max(wide + 0.5, 1.15)
    return place.stage(
        solids=solids,
        shot=Shot(
            points=parts.corners((-reach, -0.4, 0.0), (reach, 0.4, max(top * 1.15, 0.8))),
            azimuth=-90 + float(rng.uniform(-28, 28)),
            elevation=float(rng.uniform(4, 9)),
            field_of_view=42,
            roam=(0.9, 0.6, 0.1),
        ),
    )
