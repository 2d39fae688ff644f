"""Things that fall, tumble and collide on a yard: what is asked for, or the plainly labelled stand-in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from render.engines.world import lexicon, places
from render.engines.world.families import balls, furniture, parts
from render.engines.world.materials import COLOURS, PALETTES, Colour, Material, Pattern
from render.engines.world.scene import Scene, Subject
from render.engines.world.shot import Shot
from render.engines.world.stage import Launch, Quaternion, Shape, Solid, Stage, Vector

MOST = lexicon.load().families["objects"].most
"""Bodies in one clip, however long."""

AREA = 1.15
"""Half width in metres of where things come down."""

FIRST_HEIGHT = 1.75
"""Metres from which the first body falls: in sight from the first frame."""

EACH, SEEN = 0.42, 1.2
"""Seconds between two drops, and before the end from which nothing falls: it is seen to land."""

LONG, REST = 10.0, 1.0
"""Seconds of a clip over which the drops are spread, and of its end that is kept free of them then."""

CROWDED = 0.1
"""Seconds between two drops below which all have places of their own: they would fall onto each other."""

SPOTS = 3
"""Such places to each side; what does not fit waits a storey higher."""

STOREY = 0.9
"""Metres; no body is so large."""

NEAR = 0.4
"""Of all distances, where only tennis balls fall."""

ROW, LANES = 4, 0.48
"""Things in a row on a table, and metres from one row to the next."""

ROLLS = 0.75
"""m/s at which they roll off it at least; in a short clip faster, so that the last is seen to fall."""

EDGE, ROLLING, SLIDING = -0.1, 0.85, 0.45
"""Where along x the table ends, in metres; how far before that the first thing begins if all roll, or if some slide."""

SHOVED = 2.4
"""m/s that friction takes from what slides as far as :data:`SLIDING`."""

COMPARED = 4.5
"""Seconds between two drops of things of named materials."""

CLEARING, LONG_CLEARING = 1.8, 3.2
"""Metres round the middle that the place leaves free, and for rows of things on a table."""

STANDING = frozenset({"tower", "table"})
"""What does not fall by itself."""
BALLS = frozenset({"ball", "beach ball"})
INFLATED = frozenset({"rubber", "plastic", "leather"})
"""What a large ball is the skin of, and full of air."""


def _random_turn(rng: np.random.Generator) -> Quaternion:
    w, x, y, z = (float(v) for v in rng.normal(size=4))
    length = math.sqrt(w * w + x * x + y * y + z * z)
    return (w / length, x / length, y / length, z / length)


def _paints(names: Sequence[str], number: int) -> tuple[Colour, Colour]:
    """The ``number``-th of some colours, and the one after it; white beside a single one, and grey beside white."""
    first = names[number % len(names)]
    plain = "white" if first != "white" else "grey"
    return COLOURS[first], COLOURS[names[(number + 1) % len(names)] if len(names) > 1 else plain]


def _kind(
    kind: str, rng: np.random.Generator, colour: Colour, other: Colour
) -> tuple[Shape, tuple[float, ...], str, Material]:
    """Shape, size, substance and material of one body."""
    if kind in BALLS:
        radius = float(rng.uniform(0.15, 0.22))
        material = Material(base=colour, gloss=0.45)
        if kind == "beach ball":
            material = replace(material, pattern=Pattern.PANELS, accent=other)
        return Shape.SPHERE, (radius,), "rubber", material
    if kind == "marble":
        return (
            Shape.SPHERE,
            (float(rng.uniform(0.09, 0.13)),),
            "glass",
            Material(base=colour, gloss=0.9, mirror=0.8, facing=0.06),
        )
    if kind == "bowling ball":
        return Shape.SPHERE, (0.18,), "steel", Material(base=colour, gloss=0.8, mirror=0.6)
    if kind == "can":
        radius = float(rng.uniform(0.11, 0.14))
        half = radius * 1.45
        material = Material(
            pattern=Pattern.LABEL, base=colour, accent=(0.62, 0.63, 0.65), scale=half * 0.88, gloss=0.6, mirror=0.5
        )
        return Shape.CYLINDER, (radius, half), "steel", material
    if kind == "block":
        half = float(rng.uniform(0.12, 0.16))
        return (
            Shape.BOX,
            (half, half, half * float(rng.uniform(0.6, 1.0))),
            "plastic",
            Material(base=colour, gloss=0.35),
        )
    half = float(rng.uniform(0.18, 0.24))
    return (Shape.BOX, (half, half, half), *parts.crate(half))


def _made_of(
    subject: Subject, number: int, rng: np.random.Generator, names: Sequence[str]
) -> tuple[Shape, tuple[float, ...], str, Material]:
    """The body of a subject that is ``number``-th of its like: in its colours, else in those of ``names``."""
    kind, material = subject.kind or "ball", subject.material
    first, second = _paints(subject.colours or names, number)
    colour = first if subject.colours else None
    if kind in balls.BALLS:
        game = balls.BALLS[kind]
        return Shape.SPHERE, (game.radius,), game.substance, game.paint(colour)
    shape, size, usual, look = _kind(kind, rng, first, second)
    if kind == "crate" and subject.colours:
        look = replace(look, base=first)
    if kind == "ball" and subject.count == 1 and len(subject.colours) > 1:
        look = replace(look, pattern=Pattern.PANELS, accent=second)
    if not material or (kind in BALLS and material in INFLATED):
        return shape, size, usual, look
    if kind == "crate" and material == "wood":
        return shape, size, usual, look
    return shape, size, *parts.stuff(material, material, colour)


def _body(name: str, kind: str, made: tuple[Shape, tuple[float, ...], str, Material], launch: Launch) -> list[Solid]:
    """A body as :func:`_made_of` has it, with what is seen on it."""
    shape, size, substance, material = made
    worn = balls.BALLS[kind].worn(name) if kind in balls.BALLS else []
    return [*worn, Solid(name=name, shape=shape, size=size, substance=substance, material=material, launch=launch)]


def _stack(scene: Scene, rng: np.random.Generator, centre: Vector, names: Sequence[str]) -> list[Solid]:
    """A small tower that stands until something hits it: of blocks if the prompt names them, else of crates."""
    half = 0.19
    kind = "block" if "block" in scene.kinds else "crate"
    tower = []
    places = [(-0.21, 0), (0.21, 0), (0.0, 1)]
    for k, (aside, level) in enumerate(places):
        _, _, substance, material = _kind(kind, rng, *_paints(names, k))
        angle = float(rng.uniform(-0.12, 0.12))
        position = (centre[0] + aside, centre[1], half + 2 * half * level + 0.0005)
        turn = (math.cos(angle / 2), 0.0, 0.0, math.sin(angle / 2))
        tower.append(
            Solid(
                name=f"{kind} in the tower {k + 1}",
                shape=Shape.BOX,
                size=(half, half, half),
                substance=substance,
                material=material if kind == "block" else replace(material, scale=half),
                launch=Launch(time=0.0, position=position, turn=turn),
            )
        )
    return tower


def _falling(scene: Scene, seconds: float) -> list[Subject]:
    """What falls, one after another: as many as the prompt says; of what it does not count, enough for the clip.

    Blocks and crates that it does not count are those of its tower, if it names one.
    """
    stands = {"tower", "block", "crate"} if "tower" in scene.kinds else set()
    named = [subject for subject in scene.subjects if subject.kind not in stands or subject.count]
    named = [subject for subject in named if subject.kind not in STANDING]
    plain = named[0] if named and not named[0].kind else Subject(kind="")
    subjects = [subject for subject in named if subject.kind]
    subjects = subjects or [replace(plain, kind=kind, count=None) for kind in ("ball", "crate", "can", "block")]
    if plain.count is not None:
        subjects = [replace(subjects[0], count=plain.count)]
    counted = [subject for subject in subjects for _ in range(subject.count or 0)]
    free = [subject for subject in subjects if subject.count is None]
    many = max(min(MOST, 7 if seconds < 6 else math.ceil(seconds * 1.2)) - len(counted), 2 * len(free)) if free else 0
    return (counted + [free[k % len(free)] for k in range(many)])[:MOST]


def _scale(subjects: Sequence[Subject]) -> float:
    """How far apart things fall, and how high: the camera comes near where all are small."""
    return NEAR if subjects and all(subject.kind == "tennis ball" for subject in subjects) else 1.0


def _spot(k: int) -> Vector:
    """Where the ``k``-th of many begins to fall at once."""
    step = 1.5 * AREA / (SPOTS - 1)
    row, column = k // SPOTS % SPOTS, k % SPOTS
    return step * (column - 1), step * (row - 1), FIRST_HEIGHT + STOREY * (k // SPOTS**2)


def _times(scale: float, vector: Vector) -> Vector:
    x, y, z = vector
    return scale * x, scale * y, scale * z


def _drops(scene: Scene, rng: np.random.Generator, seconds: float, names: Sequence[str]) -> list[Solid]:
    subjects = _falling(scene, seconds)
    each, seen = (EACH, max(SEEN, 0.2 * seconds)) if seconds < LONG else (math.inf, REST)
    starts = parts.runs(seconds, each, MOST, count=len(subjects), seen=seen, early=0.0)
    crowded = seconds - seen < CROWDED * len(subjects)
    scale = _scale(subjects)
    dropped = []
    for k, (start, subject) in enumerate(zip(starts, subjects, strict=True)):
        kind, number = subject.kind, subjects[:k].count(subject) if subject.colours else k
        made = _made_of(subject, number, rng, names)
        thrown = k % 3 == 1 and k > 0
        if crowded:
            position, velocity = _spot(k), (0.0, 0.0, 0.0)
        elif thrown:
            position = (-1.8, float(rng.uniform(-0.35, 0.35)), float(rng.uniform(1.1, 1.5)))
            velocity = (float(rng.uniform(1.6, 2.4)), float(rng.uniform(-0.2, 0.2)), float(rng.uniform(0.8, 1.6)))
        else:
            spread = AREA * 0.75
            position = (
                float(rng.uniform(-spread, spread)),
                float(rng.uniform(-spread, spread)),
                float(rng.uniform(2.7, 3.1)),
            )
            velocity = (float(rng.uniform(-0.2, 0.2)), float(rng.uniform(-0.2, 0.2)), 0.0)
            if k == 0:
                position = (position[0] * 0.6, position[1] * 0.6, FIRST_HEIGHT)
        x, y, z = (float(v) for v in rng.uniform(-4, 4, 3))
        launch = Launch(
            time=round(start, 3),
            position=_times(scale, position),
            velocity=_times(math.sqrt(scale), velocity),
            spin=(x, y, z),
            turn=_random_turn(rng),
        )
        dropped += _body(f"{kind} {k + 1}", kind, made, launch)
    return dropped


def _rolling(scene: Scene, rng: np.random.Generator, seconds: float, names: Sequence[str]) -> list[Solid]:
    """Things in rows on a table that roll over its edge, one after another; what is not round lies on its side."""
    subjects = _falling(scene, seconds)
    subjects = subjects if any(subject.count for subject in subjects) else subjects[:ROW]
    rows = math.ceil(len(subjects) / ROW)
    made = [_made_of(subject, k, rng, names) for k, subject in enumerate(subjects)]
    apart = 2.1 * max(math.hypot(*size) if shape is Shape.BOX else max(size) for shape, size, _, _ in made)
    begins = SLIDING if any(shape is Shape.BOX for shape, _, _, _ in made) else ROLLING
    way = begins + apart * (math.ceil(len(subjects) / rows) - 1)
    speed = max(ROLLS, way / (0.6 * seconds))
    rolled: list[Solid] = furniture.table(
        EDGE, long=max(furniture.LONG, way / 2 + apart), deep=max(furniture.DEEP, rows * LANES / 2 + 0.1)
    )
    for k, (subject, body) in enumerate(zip(subjects, made, strict=True)):
        shape, size, _, _ = body
        x = EDGE - begins - apart * (k // rows)
        aside = LANES * (k % rows - (rows - 1) / 2) + float(rng.uniform(-0.02, 0.02))
        slides = shape is Shape.BOX
        high = size[2] if slides else size[0]
        shove = SHOVED * math.sqrt((EDGE - x) / SLIDING)
        launch = Launch(
            time=0.0,
            position=(x, aside, furniture.TABLE + high + 0.0005),
            velocity=(math.hypot(speed, shove) if slides else speed, 0.0, 0.0),
            spin=(0.0, 0.0 if slides else speed / size[0], 0.0),
            turn=parts.about((1.0, 0.0, 0.0), math.pi / 2) if shape is Shape.CYLINDER else (1.0, 0.0, 0.0, 0.0),
        )
        rolled += _body(f"{subject.kind} {k + 1}", subject.kind, body, launch)
    return rolled


def _compared(scene: Scene, rng: np.random.Generator, seconds: float, names: Sequence[str]) -> list[Solid]:
    """Things of named materials fall side by side from the same height, so that one sees which bounces more."""
    named = [s for s in scene.subjects if s.material and s.kind not in STANDING for _ in range(min(s.count or 1, 4))][
        :6
    ]
    runs = [0.0] if all(subject.count for subject in named) else parts.runs(seconds, COMPARED, 3)
    apart = min(0.75, 2.2 / max(1, len(named)))
    dropped = []
    for run, start in enumerate(runs):
        for k, subject in enumerate(named):
            place = (apart * (k - (len(named) - 1) / 2), 0.5 * (run - (len(runs) - 1) / 2), 1.5 if run == 0 else 2.6)
            name = f"{subject.material} {subject.kind or 'ball'} {len(dropped) + 1}"
            made = _made_of(subject, k, rng, names)
            dropped += _body(name, subject.kind, made, Launch(time=round(start, 3), position=place))
    return dropped


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`."""
    drawn = PALETTES[int(rng.integers(len(PALETTES)))]
    unnamed = next((subject.colours for subject in scene.subjects if not subject.kind), ())
    names = unnamed or drawn
    stood = [subject for subject in scene.subjects if subject.kind in {"tower", "block"}]
    coloured = next((subject.colours for subject in stood if subject.colours), ())
    tower = _stack(scene, rng, (0.45, float(rng.uniform(-0.3, 0.3)), 0.0), coloured or names)
    uncounted = any(subject.count is None for subject in scene.subjects if subject.kind == "crate")
    wants_tower = "tower" in scene.kinds or uncounted or (scene.count is None and not scene.kinds)
    points = np.array(((-1.25, -0.8, 0.0), (1.25, -0.8, 0.0), (-1.1, 0.8, 1.85), (1.1, 0.8, 1.85)))
    points *= _scale(scene.subjects)
    stuffs: dict[str, set[str]] = {}
    for subject in scene.subjects:
        if subject.material and subject.kind not in STANDING:
            stuffs.setdefault(subject.kind, set()).add(subject.material)
    compares = any(len(materials) > 1 for materials in stuffs.values())
    happens, clearing = _drops, CLEARING
    if "table" in scene.kinds:
        clearing = LONG_CLEARING
        happens, points = _rolling, parts.corners((-0.95, -0.5, 0.0), (1.6, 0.5, 1.2))
    elif compares:
        happens = _compared
    falling = happens(scene, rng, seconds, names)
    wants_tower = wants_tower and happens is _drops
    place = places.build(scene.setting or "yard", scene=scene, rng=rng, clearing=clearing)
    return place.stage(
        solids=(*(tower if wants_tower else []), *falling),
        shot=Shot(
            points=points,
            azimuth=-90 + float(rng.uniform(-16, 16)),
            elevation=float(rng.uniform(4.0, 6.5)),
            field_of_view=46,
            roam=(1.5, 1.6, 0.1),
        ),
    )
