"""Things that break: a vase, a plate or a glass that falls, a pane or a brick wall that a ball goes through."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypedDict

import numpy as np
from scipy.spatial import ConvexHull

from render.engines.world import geometry, places
from render.engines.world.families import furniture, parts, shards
from render.engines.world.materials import Colour, Material, named
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Bond, Launch, Quaternion, Shape, Solid, Stage, Vector

TIPPED = (0.03, 0.35)
"""Radians that what falls from it has tipped when the scene begins: with time for it, and without."""
PAST = (0.0005, 0.02)
"""Metres that its weight is beyond the edge then, of either."""
TURNS = (0.02, 1.6)
"""rad/s at which it turns over the edge then, of either."""
UNHURRIED, HURRIED = 2.4, 1.0
"""Seconds of a scene in which there is time for it, and in which there is none."""
EACH = 3.4
"""Seconds between two balls."""
FALLS, LATER = 2.2, 0.5
"""Seconds between two things that fall, and by which those that nobody counts come late: the first takes its time."""
SOONEST, SEEN = 0.4, 1.0
"""Seconds between two that the prompt counts at least, and before the end from which none falls: it breaks."""
LOW, ROOM = 0.6, 0.42
"""Metres from which things fall, a little further each, if all do so at once, and from one to the next beside it."""
BROKEN, TAKES = 0.45, {"vase": 1.3, "pot": 1.15, "bowl": 1.1, "plate": 1.2, "tumbler": 0.95}
"""Share of a clip at which a single thing breaks, and seconds that each takes to tip and to fall: so long it stands."""
MOST_FALLING = 5
MOST_BALLS = 14
VASE = (
    (0.0, 0.0),
    (0.075, 0.0),
    (0.11, 0.07),
    (0.145, 0.17),
    (0.135, 0.26),
    (0.085, 0.34),
    (0.062, 0.39),
    (0.082, 0.43),
)
POT = ((0.0, 0.0), (0.085, 0.0), (0.10, 0.08), (0.118, 0.17), (0.13, 0.22))
BOWL = ((0.0, 0.0), (0.06, 0.0), (0.11, 0.03), (0.155, 0.08), (0.18, 0.13))
PLATE = ((0.0, 0.0), (0.10, 0.0), (0.14, 0.012), (0.19, 0.026))
TUMBLER = ((0.0, 0.0), (0.044, 0.0), (0.047, 0.05), (0.052, 0.11), (0.058, 0.17))
POTS = {"vase": VASE, "pot": POT, "bowl": BOWL, "plate": PLATE, "tumbler": TUMBLER}
HOLDS = 2.4
"""N·s that break a bond of earthenware, on an average; of glass, which is thinner, :data:`FRAIL` times that."""
FRAIL = 0.35

Shown = tuple[list[Solid], np.ndarray, float]
"""The solids, the points to be seen, and the seconds for which nothing moves yet."""


class Tipping(TypedDict):
    """How a thing is placed and thrown as a whole."""

    at: Vector
    turn: Quaternion
    velocity: Vector
    spin: Vector


def _pieces(
    name: str,
    pieces: list[shards.Piece],
    made: tuple[str, Material],
    strength: float,
    rng: np.random.Generator,
    *,
    at: Vector,
    turn: Quaternion = (1.0, 0.0, 0.0, 0.0),
    time: float = 0.0,
    velocity: Vector = (0.0, 0.0, 0.0),
    spin: Vector = (0.0, 0.0, 0.0),
    framed: bool = False,
) -> list[Solid]:
    """Solids of the pieces, placed and thrown as a whole; bonds differ a little in strength."""
    solids = []
    whole = np.array(
        [[1 - 2 * (turn[2] ** 2 + turn[3] ** 2), 2 * (turn[1] * turn[2] - turn[0] * turn[3]),
          2 * (turn[1] * turn[3] + turn[0] * turn[2])],
         [2 * (turn[1] * turn[2] + turn[0] * turn[3]), 1 - 2 * (turn[1] ** 2 + turn[3] ** 2),
          2 * (turn[2] * turn[3] - turn[0] * turn[1])],
         [2 * (turn[1] * turn[3] - turn[0] * turn[2]), 2 * (turn[2] * turn[3] + turn[0] * turn[1]),
          1 - 2 * (turn[1] ** 2 + turn[2] ** 2)]]
    )  # fmt: skip
    for k, piece in enumerate(pieces):
        arm = whole @ piece.middle
        x, y, z = (float(v) for v in arm + at)
        u, v, w = (float(c) for c in np.cross(spin, arm) + velocity)
        bonds = [
            Bond(to=f"{name} {near + 1}", strength=strength * float(rng.uniform(0.6, 1.5))) for near in piece.neighbours
        ]
        if framed and piece.edge:
            bonds.append(Bond(to="", strength=strength * float(rng.uniform(1.0, 3.0))))
        half = np.abs(piece.look.vertices).max(0)
        solids.append(
            Solid(
                name=f"{name} {k + 1}",
                shape=Shape.HULL,
                size=(float(half[0]), float(half[1]), float(half[2])),
                substance=made[0],
                material=made[1],
                look=piece.look,
                launch=Launch(time=time, position=(x, y, z), velocity=(u, v, w), spin=spin, turn=turn),
                bonds=tuple(bonds),
            )
        )
    return solids


def _weight(pieces: Sequence[shards.Piece]) -> np.ndarray:
    """``[3]``: the centre of mass of the pieces' hulls, in the frame of the whole."""
    heavy, sums = 0.0, np.zeros(3)
    for piece in pieces:
        points = piece.look.vertices.astype(float)
        hull = ConvexHull(points)
        inner = points[hull.vertices].mean(0)
        corners = points[hull.simplices] - inner
        volumes = np.abs(np.linalg.det(corners)) / 6
        heavy += volumes.sum()
        sums += volumes @ (corners.sum(1) / 4 + inner + piece.middle)
    return sums / heavy


def _tipping(pieces: Sequence[shards.Piece], edge: float, seconds: float) -> Tipping:
    """A pot on the table's edge that begins to turn over it: in a long scene it stands, hardly past its balance."""
    spans = (HURRIED, UNHURRIED)
    tipped, past, turns = (float(np.interp(seconds, spans, pair[::-1])) for pair in (TIPPED, PAST, TURNS))
    sine, cosine = math.sin(tipped), math.cos(tipped)
    x, y, z = _weight(pieces)
    # Of the foot, from its middle: what lies on the edge.
    off = float(x + (z * sine - past) / cosine)
    return {
        "at": (edge - off * cosine, float(-y), furniture.TABLE + off * sine + 0.001),
        "turn": parts.about((0.0, 1.0, 0.0), tipped),
        "velocity": (turns * off * sine, 0.0, turns * off * cosine),
        "spin": (0.0, turns, 0.0),
    }


def _falling(kind: str, scene: Scene, rng: np.random.Generator, seconds: float, colours: list[Colour]) -> Shown:
    """A pot that tips off a table, and more that fall after it."""
    subject = parts.subject_of(scene, kind)
    first, *others = parts.runs(seconds, FALLS, MOST_FALLING, count=subject.count, seen=SEEN, soonest=SOONEST)
    starts = [first, *(start + (0.0 if subject.count else LATER) for start in others)]
    together = parts.close(starts, SOONEST)
    size = min(max(subject.size, 0.7), 1.6)
    solids: list[Solid] = []
    for k, start in enumerate(starts):
        profile = [(r * size * float(rng.uniform(0.95, 1.05)), z * size) for r, z in POTS[kind]]
        pieces = shards.shell(profile, 0.0045 * size, 2 if kind == "plate" else 3, int(rng.integers(6, 9)), rng)
        usual = "glass" if kind == "tumbler" else "ceramic"
        clear = (subject.material or usual) == "glass" and not subject.colours
        colour = None if clear else colours[k % len(colours)]
        _, material = parts.stuff(subject.material, usual, colour)
        name = kind if len(starts) == 1 else f"{kind} {k + 1}."
        holds = HOLDS * size**3 * (FRAIL if kind == "tumbler" else 1.0)
        whole = (name, pieces, (usual, material), holds, rng)
        if k == 0:
            reach = max(r for r, _ in profile)
            edge = -0.4 * reach
            solids += furniture.table(edge)
            solids += _pieces(*whole, time=start, **_tipping(pieces, edge, seconds))
        else:
            angle = float(rng.uniform(0.15, 0.9)) if kind != "plate" else float(rng.uniform(0.9, 1.4))
            axis = float(rng.uniform(0, 2 * math.pi))
            turn = parts.about((math.cos(axis), math.sin(axis), 0.0), angle)
            at = (float(rng.uniform(0.1, 0.4)), float(rng.uniform(-0.18, 0.18)), 1.6)
            if together:
                column, row = divmod(k - 1, 2)
                at = (size * (0.27 + ROOM * column), size * ROOM * (row - 0.5), LOW + 0.12 * k)
            solids += _pieces(*whole, at=at, turn=turn, time=start)
    low, high = (
        ((-0.5, -0.3, 0.0), (0.5, 0.3, 0.95)) if kind == "tumbler" else ((-0.75, -0.45, 0.0), (0.75, 0.45, 1.15))
    )
    still = max(0.0, BROKEN * seconds - TAKES[kind]) if len(starts) == 1 else 0.0
    return solids, parts.corners(low, high), still


def _ball(
    k: int, *, start: float, aim: Vector, speed: float, radius: float, substance: str, material: Material
) -> Solid:
    far = 2.4 if k == 0 else 3.2
    time = far / speed
    rise = (aim[2] - max(aim[2], 0.5)) / time + 9.81 * time / 2
    return Solid(
        name=f"ball {k + 1}",
        shape=Shape.SPHERE,
        size=(radius,),
        substance=substance,
        material=material,
        launch=Launch(time=round(start, 3), position=(aim[0], -far, max(aim[2], 0.5)), velocity=(0.0, speed, rise)),
    )


def _pane(kind: str, scene: Scene, rng: np.random.Generator, seconds: float, colours: list[Colour]) -> Shown:
    """A window in its frame; balls go through it."""
    half, middle = (0.62, 0.48), 0.92
    pieces = shards.pane(half, 0.004, 34, rng)
    subject = parts.subject_of(scene, kind)
    glass = replace(named("glass", colours[0] if subject.colours else None), facing=0.08)
    solids = _pieces("pane", pieces, ("glass", glass), 0.55, rng, at=(0.0, 0.0, middle), framed=True)
    wood = parts.stuff("", "wood")
    edge = 0.045
    for name, box, at in (
        ("left", (edge, 0.04, half[1] + 2 * edge), (-half[0] - edge - 0.004, 0.0, middle)),
        ("right", (edge, 0.04, half[1] + 2 * edge), (half[0] + edge + 0.004, 0.0, middle)),
        ("top", (half[0], 0.04, edge), (0.0, 0.0, middle + half[1] + edge + 0.004)),
        ("bottom", (half[0], 0.04, edge), (0.0, 0.0, middle - half[1] - edge - 0.004)),
    ):
        solids.append(parts.fixed(f"{name} of the frame", box, at, wood, group="frame"))  # type: ignore[arg-type]
    foot = middle - half[1] - 2 * edge
    for name, x in (("left", -half[0]), ("right", half[0])):
        solids.append(parts.fixed(f"{name} leg", (edge, 0.05, foot / 2), (x, 0.0, foot / 2), wood, group="frame"))
    for k, start in enumerate(parts.runs(seconds, EACH, MOST_BALLS)):
        aim = (float(rng.uniform(-0.35, 0.35)), 0.0, middle + float(rng.uniform(-0.2, 0.25)))
        paint = Material(base=(0.6, 0.65, 0.08) if k % 2 else (0.8, 0.8, 0.78), gloss=0.2)
        speed, wait = float(rng.uniform(8, 10)), 0.3 if k == 0 else 0.0
        ball = _ball(k, start=start + wait, aim=aim, speed=speed, radius=0.07, substance="rubber", material=paint)
        solids.append(ball)
    return solids, parts.corners((-0.95, -0.5, 0.0), (0.95, 0.9, 1.55)), 0.0


def _wall(kind: str, scene: Scene, rng: np.random.Generator, seconds: float, colours: list[Colour]) -> Shown:
    """A wall of bricks in mortar; heavy balls go through it."""
    subject = parts.subject_of(scene, kind)
    rows, columns = 8, 5
    half = (0.16, 0.075, 0.06)
    seam = 0.004
    colour = colours[0] if subject.colours else None
    substance, material = parts.stuff(subject.material, "brick", colour)
    usual = (0.36, 0.13, 0.075) if substance == "brick" else material.base
    plain = Material(base=colour or usual, gloss=0.04)
    solids = []
    spots = [
        (level, k, (2 * half[0] + seam) * (k - (columns - 1) / 2 + (0.25 if level % 2 else -0.25)))
        for level in range(rows)
        for k in range(columns)
    ]
    for level, k, x in spots:
        tint = float(rng.uniform(0.8, 1.2))
        base = (plain.base[0] * tint, plain.base[1] * tint, plain.base[2] * tint)
        under = [(at, other) for row, at, other in spots if row == level - 1 and abs(other - x) < 2 * half[0]]
        bonds = [Bond(to=f"brick {level}.{at + 1}", strength=float(rng.uniform(100, 175))) for at, _ in under]
        if k:
            bonds.append(Bond(to=f"brick {level + 1}.{k}", strength=float(rng.uniform(77, 143))))
        solids.append(
            Solid(
                name=f"brick {level + 1}.{k + 1}",
                shape=Shape.BOX,
                size=half,
                substance=substance,
                material=Material(base=base, gloss=0.04, roughness=0.9),
                launch=Launch(time=0.0, position=(x, 0.0, half[2] * (2 * level + 1) + seam * level * 0.1)),
                bonds=tuple(bonds),
                look=geometry.box(half, bevel=0.006),
            )
        )
    dark = Material(base=(0.05, 0.05, 0.055), gloss=0.5, mirror=0.25)
    high = 2 * half[2] * rows
    for k, start in enumerate(parts.runs(seconds, EACH, MOST_BALLS)):
        aim = (
            float(rng.uniform(-0.45, 0.45)) * (0.3 if k == 0 else 1.0),
            0.0,
            high * float(rng.uniform(0.45, 0.75)) / (1 if k == 0 else 2.0) + 0.1,
        )
        speed, wait = float(rng.uniform(10, 11.5)), 0.3 if k == 0 else 0.0
        solids.append(_ball(k, start=start + wait, aim=aim, speed=speed, radius=0.15, substance="steel", material=dark))
    return solids, parts.corners((-1.15, -0.7, 0.0), (1.15, 1.1, 1.25)), 0.0


KINDS: dict[str, Callable[[str, Scene, np.random.Generator, float, list[Colour]], Shown]] = {
    "vase": _falling,
    "plate": _falling,
    "bowl": _falling,
    "pot": _falling,
    "tumbler": _falling,
    "pane": _pane,
    "wall": _wall,
}


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`. Long clips: more fall, or more balls come."""
    unnamed = (
        ["tumbler", "pane"] if "glass" in {subject.material for subject in scene.subjects} else ["vase", "pane", "wall"]
    )
    kind = next((kind for kind in scene.kinds if kind in KINDS), "") or str(rng.choice(unnamed))
    colours = parts.palette(scene, rng, parts.subject_of(scene, kind))
    solids, points, still = KINDS[kind](kind, scene, rng, seconds, colours)
    home = "room" if kind in POTS else "yard"
    place = places.build(scene.setting or home, scene=scene, rng=rng, clearing=3.6)
    aside = float(rng.uniform(14, 34)) * float(rng.choice([-1, 1])) if kind in {"pane", "wall"} else 0.0
    return place.stage(
        solids=solids,
        still=still,
        shot=Shot(
            points=points,
            azimuth=-90 + (aside or float(rng.uniform(-20, 20))),
            elevation=float(rng.uniform(8, 15)),
            field_of_view=40,
        ),
    )
