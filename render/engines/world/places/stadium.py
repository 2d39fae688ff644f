"""A football stadium: a mown pitch before one of its goals, hoardings, a bowl of stands full of people, a roof, masts.

The goal line lies at x = 0, the pitch on the side of −x.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from render.engines.world import geometry, light
from render.engines.world.geometry import Mesh
from render.engines.world.light import Light
from render.engines.world.materials import CHALK, COLOURS, MATERIALS, Material, Pattern
from render.engines.world.places import scenery, spectators
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Room, Solid

LONG, WIDE = 105.0, 68.0
"""Metres of the pitch, as international matches have it (law 1)."""
LINE, RAISED = 0.06, 0.003
"""Half metres of its lines' width and height."""
SWATH = 5.5
"""Metres of a mown stripe: the goal area's depth."""
HALF = 0.0012
"""Half metres of a stripe's height: lines lie over it."""
BEHIND, ASIDE = 9.0, 7.0
"""Metres from the lines to the stands, behind the goals and at the sides."""
CORNER = 11.0
"""Metres of the radius of the stands' front in a corner."""
WALL, ROWS, RISE, DEEP = 1.2, 20, 0.44, 0.82
"""Metres of the wall under the first row; rows, and metres of each row's height and depth."""
SEAT, AISLE, EVERY = 0.56, 1.2, 13.0
"""Metres of a seat, of an aisle, and from one aisle to the next."""
ROOF = 5.0
"""Metres of the roof over the last row."""
COVERED = 9.0
"""Metres by which the roof reaches over the rows."""
MAST = 36.0
"""Metres of a floodlight's mast."""
TAKEN = 0.96
"""Share of a full stadium's seats that are taken."""
BOARD = 6.0
"""Metres of one board of the hoarding."""
SIDES = ("red", "blue", "yellow", "orange", "teal", "green")
"""Colours of the two sides."""
BOARDS = ("blue", "white", "red", "yellow", "black", "teal", "orange")


@dataclass(frozen=True, slots=True)
class _Bowl:
    """The front of the stands: a rectangle with round corners, from above."""

    middle: float
    """x of the middle of the pitch."""
    long: float
    """Half lengths."""
    wide: float

    def path(self, out: float, step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """``[n, 2]`` points about every ``step`` metres, ``out`` metres behind the front, and the ways out there."""
        radius = CORNER + out
        a, b = self.long - CORNER, self.wide - CORNER
        points, ways = [], []
        for quarter, (x, y) in enumerate(((a, b), (-a, b), (-a, -b), (a, -b))):
            turn = quarter * math.pi / 2 + np.linspace(0, math.pi / 2, max(2, round(radius * math.pi / 2 / step)))
            way = np.stack([np.cos(turn), np.sin(turn)], 1)
            arc = way * radius + (x, y)
            side = 2 * (b if quarter % 2 else a)
            along = np.array((-way[-1, 1], way[-1, 0])) * side
            straight = np.linspace(0, 1, max(2, round(side / step)))[1:-1, None]
            points += [arc, arc[-1] + straight * along]
            ways += [way, np.repeat(way[-1:], len(straight), 0)]
        return np.concatenate(points) + np.array((self.middle, 0.0)), np.concatenate(ways)

    def swept(self, profile: list[tuple[float, float]]) -> Mesh:
        """A band round the bowl for each two neighbours of a profile of (metres out, height) points, flat across."""
        bands = []
        for (out, z), (further, top) in itertools.pairwise(profile):
            spots, ways = self.path(0.0, 2.0)
            low, high = ((np.c_[spots + ways * o, np.full(len(spots), h)]) for o, h in ((out, z), (further, top)))
            count = len(spots)
            k = np.arange(count)
            n = (k + 1) % count
            faces = np.concatenate([np.stack([k, k + count, n], 1), np.stack([n, k + count, n + count], 1)])
            normals = np.c_[-ways * (top - z), np.full(count, further - out)]
            normals /= np.linalg.norm(normals, axis=1, keepdims=True)
            bands.append(
                Mesh(
                    vertices=np.concatenate([low, high]).astype(np.float32),
                    normals=np.concatenate([normals, normals]).astype(np.float32),
                    faces=faces.astype(np.int32),
                )
            )
        return geometry.join(bands)


def _seats(bowl: _Bowl) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``[n, 3]`` seats, row by row, with aisles between blocks, and the ways out there."""
    seats, ways = [], []
    for row in range(ROWS):
        spots, out = bowl.path(DEEP * (row + 0.62), SEAT)
        # Aisles lead straight up: a block is counted along the front, not along each row.
        front = spots - out * DEEP * (row + 0.62) - (bowl.middle, 0.0)
        along = np.where(np.abs(out[:, 0]) > np.abs(out[:, 1]), front[:, 1], front[:, 0])
        free = np.abs((along + EVERY / 2) % EVERY - EVERY / 2) > AISLE / 2
        seats.append(np.c_[spots, np.full(len(spots), WALL + RISE * (row + 1))][free])
        ways.append(out[free])
    return np.concatenate(seats), np.concatenate(ways)


def _stands(bowl: _Bowl, seat: Material, trim: Material) -> list[Solid]:
    steps = [(0.0, 0.0), (0.0, WALL)]
    for row in range(ROWS):
        steps += [(DEEP * row, WALL + RISE * (row + 1)), (DEEP * (row + 1), WALL + RISE * (row + 1))]
    back, top = DEEP * ROWS, WALL + RISE * ROWS
    concrete = Material(pattern=Pattern.CONCRETE, base=(0.36, 0.36, 0.37), scale=3.0, gloss=0.03)
    under = Material(base=(0.17, 0.18, 0.20), gloss=0.1)
    spots, ways = _seats(bowl)
    chair = geometry.move(geometry.box((0.21, 0.035, 0.17)), (0.0, 0.2, 0.24))
    chairs = spectators.many(chair, spots, spectators.facing(ways), np.ones(len(spots)))
    roof = [(back - COVERED, top + ROOF + 0.7), (back + 0.4, top + ROOF - 0.3)]
    return [
        scenery.prop("steps", bowl.swept(steps), concrete),
        scenery.prop("seats", chairs, seat),
        scenery.prop("back wall", bowl.swept([(back, top), (back, top + ROOF)]), under),
        scenery.prop("parapet", bowl.swept([(back - 0.02, top + 1.2), (back - 0.02, top + 2.4)]), trim),
        scenery.prop("roof", bowl.swept(roof[::-1]), under),
        scenery.prop("roof's edge", bowl.swept([(roof[0][0], roof[0][1] - 0.5), (roof[0][0], roof[0][1] + 0.4)]), trim),
        scenery.prop(
            "outside", bowl.swept([(back + 0.5, top + ROOF - 0.2), (back + 0.5, 0.0)]), replace(concrete, scale=5.0)
        ),
    ]


def _pitch(bowl: _Bowl) -> list[Solid]:
    """Mown stripes and the lines that are seen from one end: all but those before a goal."""
    mown = MATERIALS["grass"]
    lighter = replace(mown, base=(0.10, 0.225, 0.034), accent=(0.25, 0.36, 0.07))
    starts = np.arange(0.0, LONG, 2 * SWATH)
    stripes = [
        geometry.move(geometry.box((SWATH / 2, WIDE / 2 + 2.0, HALF)), (-x - SWATH / 2, 0.0, 0.0)) for x in starts
    ]
    strips = [((LINE, WIDE / 2), (x, 0.0)) for x in (bowl.middle, -LONG)]
    strips += [((LONG / 2, LINE), (bowl.middle, side * WIDE / 2)) for side in (-1, 1)]
    chalk = [geometry.move(geometry.box((a, b, RAISED)), (x, y, RAISED)) for (a, b), (x, y) in strips]
    return [
        scenery.prop("stripes", geometry.join(stripes), lighter),
        scenery.prop("touchlines", geometry.join(chalk), CHALK),
    ]


def _hoarding(rng: np.random.Generator, bowl: _Bowl, line: float) -> list[Solid]:
    """Boards behind the goal and along both sides."""
    order = rng.permutation(len(BOARDS))
    boards = []
    for k, y in enumerate(np.arange(-WIDE / 2 + BOARD / 2, WIDE / 2, BOARD).tolist()):
        colour = COLOURS[BOARDS[order[k % len(BOARDS)]]]
        half = (0.05, BOARD / 2 - 0.01, 0.45)
        boards.append(scenery.block(f"board {k + 1}", half, Material(base=colour, gloss=0.3), (line, y, 0.45)))
    for side in (-1, 1):
        for k, x in enumerate(np.arange(-LONG + BOARD / 2, 0.0, BOARD).tolist()):
            colour = COLOURS[BOARDS[order[(k + 3) % len(BOARDS)]]]
            half = (BOARD / 2 - 0.01, 0.05, 0.45)
            at = (x, side * (bowl.wide - 2.0), 0.45)
            name = f"{'left' if side > 0 else 'right'} board {k + 1}"
            boards.append(scenery.block(name, half, Material(base=colour, gloss=0.3), at))
    return boards


def _masts(bowl: _Bowl, hour: str) -> list[Solid]:
    """Four masts with their lamps, behind the corners."""
    lit = hour in light.DARK
    bulb = Material(base=(1.0, 0.98, 0.92), glow=9.0) if lit else Material(base=(0.6, 0.61, 0.62), gloss=0.6)
    out = DEEP * ROWS + 3.0
    things = []
    for k, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        x, y = bowl.middle + sx * (bowl.long + 0.6 * out), sy * (bowl.wide + 0.6 * out)
        things.append(
            scenery.prop(f"mast {k + 1}", geometry.rod((x, y, 0), (x, y, MAST), 0.45, sides=10), scenery.IRON)
        )
        lamps = [
            geometry.move(geometry.box((0.36, 0.36, 0.3)), (x + u * 0.9 * -sy * sx, y + u * 0.9, MAST + 0.9 * v))
            for u in range(-3, 4)
            for v in range(4)
        ]
        things.append(scenery.prop(f"floodlights {k + 1}", geometry.join(lamps), bulb))
    return things


def _lit(hour: str, turn: float) -> Light:
    """The hour's light; in the dark that of the masts."""
    found = replace(light.outdoors(hour).turned(turn), hills=0.5, ridge=light.Ridge.SKYLINE)
    if hour not in light.DARK:
        return found
    red, green, blue = found.ambient
    return replace(
        found,
        sun=(2.3, 2.35, 2.4),
        elevation=46,
        softness=0.05,
        ambient=(0.36 + 0.5 * red, 0.38 + 0.5 * green, 0.38 + 0.5 * blue),
        ground=(0.10, 0.16, 0.07),
        exposure=0.66,
    )


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`."""
    line = max(clearing + 0.6, BEHIND - 2.0)
    bowl = _Bowl(-LONG / 2, LONG / 2 + max(BEHIND, line + 2.0), max(WIDE / 2 + ASIDE, clearing + 4.0))
    home, away = (str(name) for name in rng.choice(SIDES, 2, replace=False))
    seat = Material(base=COLOURS[str(rng.choice(("blue", "red", "green", "grey")))], gloss=0.25)
    trim = Material(base=COLOURS[home], gloss=0.25)
    things = [
        *_pitch(bowl),
        *_hoarding(rng, bowl, line),
        *_stands(bowl, seat, trim),
        *_masts(bowl, scene.light),
    ]
    full = spectators.PEOPLE.isdisjoint(scene.without) and all(action.name != "rest" for action in scene.actions)
    crowd = None
    if full:
        seats, ways = _seats(bowl)
        taken = rng.random(len(seats)) < TAKEN
        seats, ways = seats[taken], ways[taken]
        guests = (seats[:, 0] > bowl.middle + 20.0) & (seats[:, 1] > 12.0)
        sitting, crowd = spectators.gathered(rng, seats, spectators.facing(ways), np.where(guests, away, home).tolist())
        things += sitting
    return Place(
        solids=tuple(things),
        ground=MATERIALS["grass"],
        ground_substance="turf",
        light=_lit(scene.light, float(rng.uniform(-18, 18))),
        ambience=("stadium",) if full else ("yard",),
        crowd=crowd,
        room=Room(size=(2 * bowl.long, 2 * bowl.wide, 14.0), absorption=0.7, open=True),
    )
