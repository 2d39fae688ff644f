"""Marbles and balls that roll, or boxes that slide, down ramps which zigzag to the floor."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, places
from render.engines.world.families import parts
from render.engines.world.materials import MATERIALS, Material, named
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Launch, Shape, Solid, Stage, Vector
from render.engines.world.substances import SUBSTANCES

LONG, WIDE, THICK = 0.75, 0.10, 0.012
"""Half lengths of a ramp in metres."""
RAIL = 0.013
"""Half height of the rails."""
DROP = 0.12
"""Metres from a ramp's low end to the next one."""
MOST = 36
BOX = "card"
"""What a box is of where the prompt does not say."""
PLAIN = frozenset({"steel", "card"})
"""What is left as it is where the prompt names no colour."""
TAPE = Material(base=(0.50, 0.40, 0.26), gloss=0.5, mirror=0.3)
ROLLS = 3.5
"""m/s² times the sine of a slope: half the acceleration of a ball that rolls down it."""
EACH, SOONEST = 0.75, 0.16
"""Seconds between two balls, and between two of many that the prompt counts: by then one is out of the other's way."""
SEEN, REST = 1.2, 0.5
"""Seconds before the end from which no ball comes that the prompt counts, and none where it counts none."""
STEEPER = math.radians(7.0)
"""Radians by which a ramp is steeper than a box needs to slide down it."""
LONGER = 1.25
"""Length of a box, of its width."""
ROOM = 2.2
"""Radii from ball to ball where they lie in a row."""


def _ramp(k: int, side: int, middle: Vector, slope: float, made: tuple[str, Material]) -> list[Solid]:
    """A plank that falls towards ``side`` along x, with rails, and a board at its high end."""
    turn = parts.about((0, 1, 0), side * slope)
    ahead, up = (math.cos(slope), -side * math.sin(slope)), (side * math.sin(slope), math.cos(slope))

    def at(along: float, aside: float, over: float) -> Vector:
        return (
            middle[0] + ahead[0] * along + up[0] * over,
            middle[1] + aside,
            middle[2] + ahead[1] * along + up[1] * over,
        )

    boards = {
        "plank": ((LONG, WIDE, THICK), at(0, 0, 0)),
        "rail 1": ((LONG, 0.006, RAIL), at(0, WIDE - 0.006, RAIL + THICK)),
        "rail 2": ((LONG, 0.006, RAIL), at(0, 0.006 - WIDE, RAIL + THICK)),
        "end": ((0.006, WIDE, 0.09), at(-side * (LONG - 0.006), 0, 0.09 + THICK)),
    }
    return [
        Solid(
            name=f"{name} of ramp {k + 1}",
            group=f"ramp {k + 1}",
            shape=Shape.BOX,
            size=half,
            substance=made[0],
            material=made[1],
            position=place,
            turn=turn,
            look=geometry.box(half, bevel=0.002),
        )
        for name, (half, place) in boards.items()
    ]


def _slides(one: str, other: str) -> float:
    """Radians of the slope from which a thing of one substance slides on the other."""
    return math.atan(max(SUBSTANCES[one].friction, SUBSTANCES[other].friction))


def _box(name: str, half: float, made: tuple[str, Material], launch: Launch) -> list[Solid]:
    """A box, of card closed with tape."""
    size = (LONGER * half, half, half)
    box = Solid(
        name=name,
        shape=Shape.BOX,
        size=size,
        substance=made[0],
        material=made[1],
        launch=launch,
        look=geometry.box(size, bevel=0.003),
    )
    if made[0] != "card":
        return [box]
    strips = [geometry.move(geometry.box((size[0], 0.2 * half, 0.0004)), (0.0, 0.0, half))]
    strips += [
        geometry.move(geometry.box((0.0004, 0.2 * half, 0.3 * half)), (s * size[0], 0.0, 0.7 * half)) for s in (-1, 1)
    ]
    return [box, parts.shown_on(name, f"tape of {name}", geometry.join(strips), TAPE)]


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`. Balls come one after another as long as the clip lasts."""
    subject = parts.subject_of(scene, "marble", "ball", "box")
    boxes = subject.kind == "box"
    ramp = next((subject for subject in scene.subjects if subject.kind in {"ramp", "run"}), None)
    many = min(5, max(1, ramp.count)) if ramp and ramp.count else 1 if boxes else int(rng.integers(2, 5))
    slope = math.radians(float(rng.uniform(8, 13))) * (1.25 if many == 1 else 1.0)
    if many == subject.count == 1:
        slope = min(slope, math.asin(min(1.0, 2 * LONG / ROLLS / min(0.55 * seconds, 2.0) ** 2)))
    radius = (0.034 if subject.kind == "marble" else 0.045) * min(max(subject.size, 0.6), 1.4)
    first = int(rng.choice([-1, 1]))
    paint = parts.paint(ramp, None)
    made = parts.stuff(ramp.material if ramp else "", "wood", paint)
    if boxes:
        slope = _slides(parts.STUFFS[subject.material or BOX], made[0]) + STEEPER
    fall = 2 * LONG * math.sin(slope)
    solids, height, x = [], 0.06 + many * (fall + DROP) - DROP, 0.0
    shift = 0.25
    tops = []
    for k in range(many):
        side = first * (-1) ** k
        middle = (x, 0.0, height - fall / 2)
        solids += _ramp(k, side, middle, slope, made)
        tops.append((middle, side))
        height -= fall + DROP
        x += side * shift
    middle, side = tops[0]
    others = replace(scene, subjects=tuple(thing for thing in scene.subjects if thing is not ramp))
    colours = parts.palette(others, rng, subject)
    usual = "glass" if subject.kind == "marble" else ""
    starts = parts.runs(
        seconds, EACH, MOST, count=subject.count, seen=SEEN, soonest=SOONEST, fewest=2, rest=REST, kept=REST
    )
    if boxes:
        radius *= 1.25
    over = THICK + radius + 0.002
    # There is no time for one after another: they lie in rows along the ramp, and roll together.
    together = parts.close(starts, SOONEST)
    room = ROOM * radius * (LONGER if boxes else 1.0)
    row = int((2 * LONG - 0.3) / room)
    for k, start in enumerate(starts):
        colour = colours[k % len(colours)]
        stuff = subject.material or usual or (BOX if boxes else ("steel", "rubber", "wood")[k % 3])
        substance, material = parts.stuff(stuff, stuff, colour if subject.colours or stuff not in PLAIN else None)
        if substance == "marble":
            material = replace(MATERIALS["glass"], base=colour, clear=0.8)
        along = -side * (LONG - 0.09 - (0.25 if k == 0 else 0.0))
        high = over if k == 0 else over + 0.25
        if together:
            along = side * (LONG - 0.2 - room * (k % row))
            high = over + ROOM * radius * (k // row)
        position = (
            middle[0] + along * math.cos(slope) + side * math.sin(slope) * high,
            float(rng.uniform(-0.4, 0.4)) * (WIDE - radius),
            middle[2] - side * along * math.sin(slope) + math.cos(slope) * high,
        )
        time = round(start, 3)
        name = f"{subject.kind or 'ball'} {k + 1}"
        if boxes:
            turn = parts.about((0.0, 1.0, 0.0), side * slope)
            solids += _box(name, radius, (substance, material), Launch(time=time, position=position, turn=turn))
            continue
        solids.append(
            Solid(
                name=name,
                shape=Shape.SPHERE,
                size=(radius,),
                substance=substance,
                material=material,
                launch=Launch(time=time, position=position),
            )
        )
    high = tops[0][0][2] + fall / 2 + 0.14
    for k, (middle, _) in enumerate(tops):
        post = geometry.join(
            [
                geometry.move(geometry.box((0.014, 0.014, middle[2] / 2)), (x, y, middle[2] / 2))
                for x in (middle[0] - 0.35, middle[0] + 0.35)
                for y in (WIDE + 0.02,)
            ]
        )
        solids.append(parts.shown_on("", f"posts {k + 1}", post, named("wood")))
    place = places.build(scene.setting or "studio", scene=scene, rng=rng, clearing=3.0)
    return place.stage(
        solids=solids,
        shot=Shot(
            points=parts.corners((-LONG - 0.1, -WIDE, 0.0), (LONG + shift, WIDE, high)),
            azimuth=-90 + float(rng.uniform(-22, 22)),
            azimuth_tall=-38.0,
            elevation=float(rng.uniform(11, 16)),
            elevation_tall=24.0,
            field_of_view=36,
        ),
    )
