"""Dominoes that stand in a row or a curve; a ball rolls against the first, and all fall."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from render.engines.world import geometry, places
from render.engines.world.families import parts
from render.engines.world.materials import Colour, Material
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Launch, Shape, Solid, Stage

HALF = (0.02, 0.055, 0.11)
"""Metres: thick, wide, high."""
GAP = 0.098
"""Metres from one domino to the next."""
A_SECOND = 10.0
"""Dominoes that fall in a second, about."""
ROW_SECONDS = 5.0
MOST = 110
"""Dominoes in one clip."""
BALL = 0.13
"""Radius in metres: it must touch above the dominoes' middle, or it would knock their feet away."""
SPEED = 1.5
"""m/s of the ball."""

Path = Callable[[float], tuple[float, float, float]]
"""x, y and heading in radians by metres along the way."""


def _straight(length: float, rng: np.random.Generator) -> Path:  # noqa: ARG001
    return lambda way: (way - length / 2, 0.0, 0.0)


def _bent(length: float, turn: float) -> Path:
    """A way whose heading swings from one side to the other and back: an S, or an arc for half a swing."""
    steps = np.linspace(0, length, 400)
    heading = turn * np.cos(2 * np.pi * steps / length)
    x = np.concatenate([[0], np.cumsum(np.cos(heading)[:-1] * np.diff(steps))])
    y = np.concatenate([[0], np.cumsum(np.sin(heading)[:-1] * np.diff(steps))])
    x, y = x - x.mean(), y - y.mean()
    return lambda way: tuple(float(np.interp(way, steps, column)) for column in (x, y, heading))  # type: ignore[return-value]


def _wave(length: float, rng: np.random.Generator) -> Path:
    return _bent(length, float(rng.choice([-1, 1])) * float(rng.uniform(0.6, 0.95)))


def _spiral(length: float, rng: np.random.Generator) -> Path:
    """From the outside inwards, with room between the turns; the hand is the seed's."""
    hand, inner, pitch = float(rng.choice([-1, 1])), 0.42, 0.34 / (2 * math.pi)
    outer = math.sqrt(inner**2 + 2 * pitch * length)
    angles = np.linspace(0, (outer - inner) / pitch, 900)
    radius = outer - pitch * angles
    x, y = radius * np.sin(angles), -hand * radius * np.cos(angles)
    along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    heading = hand * angles
    return lambda way: tuple(float(np.interp(way, along, column)) for column in (x, y, heading))  # type: ignore[return-value]


FORMS: dict[str, Callable[[float, np.random.Generator], Path]] = {
    "row": _straight,
    "curve": _wave,
    "spiral": _spiral,
}


def _row(
    name: str,
    path: Path,
    count: int,
    *,
    gap: float,
    start: float,
    speed: float,
    looks: list[tuple[str, Material]],
    ball: Colour,
    aside: float,
) -> list[Solid]:
    solids = []
    look = geometry.box(HALF, bevel=0.004)
    for k in range(count):
        x, y, heading = path(gap * (k + 1))
        substance, material = looks[k % len(looks)]
        launch = Launch(time=0.0, position=(x, y + aside, HALF[2]), turn=parts.about((0, 0, 1), heading))
        solids.append(
            Solid(
                name=f"domino {name}{k + 1}",
                shape=Shape.BOX,
                size=HALF,
                substance=substance,
                material=material,
                launch=launch,
                look=look,
            )
        )
    x, y, heading = path(gap)
    far = HALF[0] + BALL + (0.35 if start <= 0 else 1.6)
    ahead = (math.cos(heading), math.sin(heading))
    rolls = speed / BALL
    solids.append(
        Solid(
            name=f"ball {name}".strip(),
            shape=Shape.SPHERE,
            size=(BALL,),
            substance="rubber",
            material=Material(base=ball, gloss=0.4),
            launch=Launch(
                time=start,
                position=(x - far * ahead[0], y + aside - far * ahead[1], BALL),
                velocity=(speed * ahead[0], speed * ahead[1], 0.0),
                spin=(-rolls * ahead[1], rolls * ahead[0], 0.0),
            ),
        )
    )
    return solids


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`. Long clips get a row for every few seconds."""
    subject = parts.subject_of(scene, "domino")
    starts = parts.runs(seconds, ROW_SECONDS, 8)
    wanted = subject.count or round(A_SECOND * min(max(seconds - 0.4, 1.2), 4.5 if len(starts) > 1 else 7.0))
    starts = starts[: max(1, wanted // 3)]
    many = [min(wanted, MOST) // len(starts) + (k < min(wanted, MOST) % len(starts)) for k in range(len(starts))]
    each = many[0]
    form = next((kind for kind in scene.kinds if kind in FORMS), "")
    form = form or str(rng.choice(["row", "curve", "spiral"] if len(starts) == 1 and each > 30 else ["row", "curve"]))
    if len(starts) > 1 and form == "spiral":
        form = "curve"
    gap = GAP * float(rng.uniform(0.92, 1.1))
    path = FORMS[form](gap * (each + 1), rng)
    speed = SPEED * float(rng.uniform(0.9, 1.15)) * min(max(subject.speed, 0.7), 1.5)
    ball = next((other for other in scene.subjects if other.kind == "ball"), None)
    colours = parts.palette(parts.without(scene, "ball"), rng, subject)
    looks = [parts.stuff(subject.material, "plastic", colour) for colour in colours]
    paint = parts.paint(ball, looks[-1][1].base)
    apart = 0.5
    solids = []
    for k, start in enumerate(starts):
        name = f"{k + 1}." if len(starts) > 1 else ""
        aside = apart * (k - (len(starts) - 1) / 2)
        solids += _row(name, path, many[k], gap=gap, start=start, speed=speed, looks=looks, ball=paint, aside=aside)
    standing = np.array([solid.launch.position for solid in solids if solid.launch and solid.shape == Shape.BOX])
    low, high = standing.min(0) - HALF[2], standing.max(0) + HALF[2]
    hits = path(gap)[0] - HALF[0] - 2 * BALL
    place = places.build(
        scene.setting or "studio", scene=scene, rng=rng, clearing=float(np.abs(standing[:, :2]).max() + 1.0)
    )
    return place.stage(
        solids=solids,
        shot=Shot(
            points=parts.corners((min(low[0], hits), low[1], 0.0), (high[0], high[1], max(high[2], 2 * BALL))),
            margin=0.96,
            azimuth=-90 + float(rng.uniform(-58, -34)),
            azimuth_tall=-163.0,
            elevation=float(rng.uniform(8, 13)) + (20 if form == "spiral" else 0),
            elevation_tall=30.0,
            field_of_view=38,
        ),
    )
