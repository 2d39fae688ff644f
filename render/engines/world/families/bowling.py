"""A ball rolls down a lane, hooks a little and knocks pins over."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, places
from render.engines.world.families import parts
from render.engines.world.materials import Material, Pattern
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Launch, Shape, Solid, Stage

RADIUS = 0.1085
"""Of the ball: 8.5 inches across, 16 lb."""
APART = 0.3048
"""Metres between pins."""
WIDE, LONG = 0.533, 9.0
"""Half the lane's width, and metres of it that are built."""
PROFILE = (
    (0.0, 0.0),
    (0.0258, 0.0),
    (0.0286, 0.012),
    (0.0358, 0.057),
    (0.0497, 0.086),
    (0.0605, 0.114),
    (0.0577, 0.149),
    (0.0471, 0.184),
    (0.0313, 0.221),
    (0.0238, 0.254),
    (0.0228, 0.270),
    (0.0243, 0.299),
    (0.0317, 0.343),
    (0.0289, 0.362),
    (0.0180, 0.377),
    (0.0, 0.381),
)
"""Radius and height of a pin in metres, about as a tenpin's."""
MIDDLE = 0.148
"""Metres from a pin's foot to its centre of mass."""
PITCH = 2.0
"""Metres from one lane's middle to the next one's."""
STARTS = 3.6
"""Metres before the head pin at which the first ball comes."""
EACH, MOST = 4.5, 8
"""Seconds between balls of a long clip, and how many there are."""
SOONEST, ROW, ROOM = 0.15, 4, 0.24
"""Seconds between balls below which they come abreast, how many in a row, and metres from one to the next."""
SEEN = 2.0
"""Seconds before the end from which no ball comes: the pins are seen to fall."""


def _pin() -> geometry.Mesh:
    return geometry.lathe([(radius, height - MIDDLE) for radius, height in PROFILE], sides=28, crease=0.8)


def _band() -> geometry.Mesh:
    """The two rings round a pin's neck."""
    rings = [geometry.lathe([(0.0262, z - 0.007), (0.0268, z), (0.0258, z + 0.007)], sides=28) for z in (0.246, 0.276)]
    return geometry.move(geometry.join(rings), (0.0, 0.0, -MIDDLE))


def _spots(count: int) -> list[tuple[float, float]]:
    """Where the pins stand, the head pin at the origin, row by row."""
    spots = [(row * APART * math.sqrt(0.75), (k - row / 2) * APART) for row in range(4) for k in range(row + 1)]
    return spots[:count]


def _alley(accent: Material) -> list[Solid]:
    """The lane with its gutters, what stands beside it, and the pit behind the pins."""
    varnish = Material(
        pattern=Pattern.PARQUET,
        base=(0.60, 0.37, 0.17),
        accent=(0.44, 0.24, 0.09),
        scale=0.027,
        gloss=0.7,
        mirror=0.8,
        facing=0.05,
        roughness=0.03,
    )
    dark = Material(base=(0.016, 0.017, 0.022), gloss=0.2)
    lane = (LONG / 2 + 0.75, WIDE, 0.0005)
    solids = [parts.shown_on("", "lane", geometry.box(lane), varnish, at=(0.75 - LONG / 2 + 0.5, 0.0, 0.0005))]
    for name, side in (("left", 1), ("right", -1)):
        gutter = geometry.box((lane[0], 0.115, 0.0005))
        at = (1.25 - LONG / 2, side * (WIDE + 0.115), 0.0005)
        solids.append(parts.shown_on("", f"{name} gutter", gutter, dark, at=at))
        solids.append(
            parts.fixed(
                f"{name} kickback",
                (0.75, 0.03, 0.42),
                (0.78, side * (WIDE + 0.26), 0.42),
                ("plastic", accent),
                group="kickback",
            )
        )
        solids.append(
            parts.fixed(
                f"{name} divider",
                (lane[0] - 0.75, 0.09, 0.035),
                (-LONG / 2, side * (WIDE + 0.32), 0.035),
                ("plastic", accent),
                group="divider",
            )
        )
    solids.append(
        parts.fixed("pit curtain", (0.03, WIDE + 0.29, 0.62), (1.75, 0.0, 0.62), ("cloth", dark), group="curtain")
    )
    glow = Material(base=accent.base, glow=0.7)
    solids.append(
        parts.shown_on("", "masking unit", geometry.box((0.05, 5.2, 0.26), bevel=0.02), glow, at=(0.1, 0, 1.1))
    )
    return solids


def _neighbours(looks: list[tuple[geometry.Mesh, Material]], lane: Solid) -> list[Solid]:
    """The lanes beside, with pins of these ``looks`` that nobody bowls at."""
    solids = []
    for k in (-2, -1, 1, 2):
        aside = k * PITCH
        x, _, z = lane.position
        solids.append(replace(lane, name=f"lane {k}", position=(x, aside, z)))
        for part, (look, material) in enumerate(looks):
            rack = geometry.join([geometry.move(look, (x, y + aside, MIDDLE)) for x, y in _spots(10)])
            solids.append(parts.shown_on("", f"pins of lane {k}, part {part + 1}", rack, material))
    return solids


def _roll(rng: np.random.Generator, time: float, speed: float, place: int | None) -> Launch:
    """A ball that slides with a side spin, which grips and turns its way towards the pocket.

    ``place`` is its number among many that come at once, straight on, in a few rows; None for one that comes alone.
    """
    if place is not None:
        row, column = divmod(place, ROW)
        fast = 7.0 * min(max(speed, 0.6), 1.4)
        return Launch(
            time=time,
            position=(-STARTS - ROOM * row, ROOM * (column - (ROW - 1) / 2), RADIUS + 0.002),
            velocity=(fast, 0.0, 0.0),
            spin=(0.0, fast / RADIUS, 0.0),
        )
    side = float(rng.choice([-1, 1]))
    fast = float(rng.uniform(6.4, 7.6)) * min(max(speed, 0.6), 1.4)
    aside, offset = side * float(rng.uniform(0.10, 0.2)), side * float(rng.uniform(0.02, 0.075))
    hook = float(rng.uniform(0.10, 0.2))
    return Launch(
        time=time,
        position=(-STARTS, aside, RADIUS + 0.002),
        velocity=(fast, (offset - aside + side * hook) / STARTS * fast, 0.0),
        spin=(side * fast * 2.2, fast / RADIUS * 0.35, 0.0),
    )


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`. Long clips: more balls for what still stands."""
    pins = parts.subject_of(scene, "pin")
    thrown = next((subject for subject in scene.subjects if subject.kind == "ball"), None)
    count = min(10, pins.count) if pins.kind == "pin" and pins.count else 10
    palette = parts.palette(scene, rng, thrown)
    hull = parts.paint(pins if pins.kind == "pin" else None, (0.80, 0.79, 0.75))
    white = Material(base=hull, gloss=0.8, mirror=0.5, facing=0.04)
    red = Material(base=(0.60, 0.03, 0.03), gloss=0.6)
    solids = _alley(Material(base=parts.palette(scene, rng)[-1], gloss=0.5, mirror=0.3))
    look, band = _pin(), _band()
    solids += _neighbours([(look, white), (band, red)], solids[0])
    for k, (x, y) in enumerate(_spots(count)):
        name = f"pin {k + 1}"
        solids.append(
            Solid(
                name=name,
                shape=Shape.HULL,
                size=(0.0605, 0.0605, 0.19),
                substance="pin",
                material=white,
                look=look,
                launch=Launch(time=0.0, position=(x, y, MIDDLE + 0.0002)),
            )
        )
        solids.append(parts.shown_on(name, f"{name} bands", band, red))
    starts = parts.runs(seconds, EACH, MOST, count=thrown.count if thrown else None, seen=SEEN, rest=SEEN)
    close, fast = parts.close(starts, SOONEST), thrown.speed if thrown else 1.0
    for k, start in enumerate(starts):
        shine = Material(
            pattern=Pattern.ROCK,
            base=palette[k % len(palette)],
            accent=(0.02, 0.02, 0.03),
            scale=0.12,
            gloss=0.95,
            mirror=0.8,
            facing=0.05,
        )
        solids.append(
            Solid(
                name=f"ball {k + 1}",
                shape=Shape.SPHERE,
                size=(RADIUS,),
                substance="bowling ball",
                material=shine,
                launch=_roll(rng, round(start, 3), fast, k if close else None),
            )
        )
    place = places.build(scene.setting or "alley", scene=scene, rng=rng, clearing=4.2)
    return place.stage(
        solids=solids,
        shot=Shot(
            points=parts.corners((-2.1, -0.62, 0.0), (1.2, 0.62, 0.75)),
            azimuth=180 + float(rng.choice([-1, 1])) * float(rng.uniform(16, 30)),
            azimuth_tall=180.0,
            elevation=float(rng.uniform(8, 13)),
            field_of_view=46,
            margin=0.97,
        ),
        ground_substance="lane",
        ambience=("hall",),
    )
