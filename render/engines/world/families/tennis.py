"""A tennis ball is hit against a practice wall and comes back, or over the net of a court, and bounces."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, places
from render.engines.world.families import flight, parts, serve
from render.engines.world.families.balls import TENNIS
from render.engines.world.materials import CHALK, Colour, Material, Pattern, named
from render.engines.world.scene import Scene, Subject
from render.engines.world.shot import Shot
from render.engines.world.stage import Launch, Shape, Solid, Stage

DRAG, LIFT = 0.507, 0.75
"""The drag is the mean that Cross and Lindsey (2013) measured on new balls in flight. The lift is chosen: they found
that it grows with the spin, and scatters much from shot to shot."""
NET = 0.914
"""Metres of the line on the wall above the ground: as high as the middle of a net."""
THICK, WIDE = 0.12, 2.6
"""Half the wall's depth and width in metres."""
AWAY = 4.4
"""Metres from the wall at which a ball comes into play."""
EACH, SERVED, MOST = 1.4, 1.0, 16
"""Seconds between two balls, and between two serves, which are sooner past the camera; the most balls there are."""
SEEN = 1.2
"""Seconds before the end from which no ball comes that the prompt counts: it is seen to bounce."""
LATER = 0.3
"""Seconds that a ball over the net is tried beyond those in which it would fly straight to the far base line."""
COURT, ROAD = 24.0, 9.0
"""Metres that the place leaves free round a net, so that nothing stands before the camera, and that a street does."""
LENS = 23.0
"""Degrees of a long lens from behind the far end, in which a ball over the net is not too small."""
CLEARING, KERB = 6.2, 3.9
"""Metres that the place leaves free, and of a street's wall from its middle."""
PAINTS: tuple[tuple[Colour, Colour], ...] = (
    ((0.045, 0.12, 0.26), (0.05, 0.15, 0.085)),
    ((0.045, 0.14, 0.08), (0.27, 0.09, 0.05)),
    ((0.28, 0.10, 0.05), (0.05, 0.14, 0.08)),
)
"""Of the court, and of what lies round it."""


def _wall(kind: str, told: Subject | None, rng: np.random.Generator) -> list[Solid]:
    """A wall across x whose face is at x = 0, with a coping and a line as high as a net."""
    high = float(rng.uniform(1.25, 1.5))
    brick = kind != "concrete wall" and (kind == "brick wall" or rng.random() < 0.6)
    face = named("brick" if brick else "concrete", parts.paint(told, None))
    cap = Material(pattern=Pattern.CONCRETE, base=(0.50, 0.48, 0.45), gloss=0.05)
    made = ("brick" if brick else "rock", face)
    line = geometry.box((0.002, WIDE - 0.02, 0.025))
    return [
        parts.fixed("practice wall", (THICK, WIDE, high), (THICK, 0.0, high), made),
        parts.fixed("wall top", (THICK + 0.04, WIDE + 0.04, 0.04), (THICK, 0.0, 2 * high + 0.04), ("rock", cap)),
        parts.shown_on("", "line", line, CHALK, at=(-0.001, 0.0, NET)),
    ]


def _court(rng: np.random.Generator) -> list[Solid]:
    """The painted ground before the wall, seen a hair above what carries the ball, with its lines."""
    inner, outer = PAINTS[int(rng.integers(len(PAINTS)))]
    flat = [("surround", (2.9, 3.3), (-2.6, 0.0), outer, 0.0006), ("court", (2.7, 2.4), (-2.7, 0.0), inner, 0.0012)]
    things = [
        parts.shown_on(
            "",
            name,
            geometry.box((*half, high / 2)),
            Material(pattern=Pattern.CONCRETE, base=paint, scale=1.4, gloss=0.08),
            at=(*middle, high / 2),
        )
        for name, half, middle, paint, high in flat
    ]
    lines = [geometry.move(geometry.box((2.7, 0.025, 0.0002)), (-2.7, y, 0.0014)) for y in (-2.37, 2.37)]
    lines.append(geometry.move(geometry.box((0.025, 2.4, 0.0002)), (-2.9, 0.0, 0.0014)))
    return [*things, parts.shown_on("", "lines", geometry.join(lines), CHALK)]


def _hit(ball: Solid, rng: np.random.Generator, speed: float) -> Launch:
    """A flat or a topspin stroke at a spot of the wall."""
    fast = float(rng.uniform(8.5, 10.8)) * min(max(speed, 0.75), 1.5)
    start = (-AWAY, float(rng.uniform(-0.7, 0.5)), float(rng.uniform(0.75, 1.05)))
    target = (-TENNIS.radius, float(rng.uniform(-0.35, 0.55)), float(rng.uniform(NET + 0.05, NET + 0.5)))
    turns = float(rng.uniform(0.0, 90.0))
    return flight.aim(ball, start, target, fast, (0.0, turns, float(rng.uniform(-12, 12))))


def watched(tried: Launch) -> float:
    """Seconds of a throw over the net that are tried: a slow ball is longer on its way."""
    return 2 * serve.LONG / math.hypot(*tried.velocity[:2]) + LATER


def _crossed(scene: Scene, home: str, balls: list[Solid], *, rng: np.random.Generator, speed: float) -> Stage:
    """Balls fly over the net towards the camera and bounce."""
    solids, cord = serve.net()
    stroke = serve.served if any(action.name == "serve" for action in scene.actions) else serve.played
    for ball in balls:
        assert ball.launch is not None
        launch = flight.turning_out(
            ball,
            (),
            draw=functools.partial(stroke, ball, rng, speed),
            price=serve.price,
            floor="ground",
            watched=watched,
            others=len(balls) - 1,
            tempo=scene.tempo,
            tries=1,
            enough=0.0,
            fps=60,
        )
        solids.append(replace(ball, launch=replace(launch, time=ball.launch.time)))
    inner, outer = PAINTS[int(rng.integers(len(PAINTS)))]
    told = {subject.kind: subject for subject in scene.subjects if subject.colours}
    solids += serve.court(parts.paint(told.get("court"), inner), outer)
    cord = replace(cord, material=replace(cord.material, base=parts.paint(told.get("net"), cord.material.base)))
    place = places.build(home, scene=scene, rng=rng, clearing=ROAD if home == "street" else COURT)
    return place.stage(
        solids=solids,
        cloths=(cord,),
        shot=Shot(
            points=serve.SEEN_SERVED if stroke is serve.served else serve.SEEN_PLAYED,
            azimuth=serve.ASIDE + float(rng.uniform(-2, 2)),
            elevation=float(rng.uniform(4.4, 5.2)),
            field_of_view=LENS,
            margin=0.97,
            follow=balls[0].name,
        ),
        ground_substance="ground",
    )


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`. One ball follows another as long as the clip lasts."""
    subject = parts.subject_of(scene, "ball")
    fuzz = TENNIS.paint(parts.paint(subject, None))
    kind = next((kind for kind in scene.kinds if kind.endswith("wall")), "")
    wall = next((subject for subject in scene.subjects if subject.kind == kind), None)
    asked = {action.name for action in scene.actions}
    over = not kind and bool({"serve", "over"} & asked or {"net", "court"} & set(scene.kinds))
    # Drawn before the balls, whose number hangs on the tempo.
    home = scene.setting or str(rng.choice(["park", "yard"] if over else ["park", "court", "yard"]))
    each = SERVED if over and "serve" in asked else EACH
    starts = parts.runs(seconds, each, MOST, count=subject.count, seen=SEEN)
    balls = [
        Solid(
            name=f"ball {k + 1}",
            shape=Shape.SPHERE,
            size=(TENNIS.radius,),
            substance=TENNIS.substance,
            material=fuzz,
            launch=Launch(time=round(start, 3), position=(0.0, 0.0, 1.0)),
            drag=DRAG,
            lift=LIFT,
        )
        for k, start in enumerate(starts)
    ]
    seams = [part for ball in balls for part in TENNIS.worn(ball.name)]
    if over:
        stage = _crossed(scene, home, balls, rng=rng, speed=subject.speed)
        return replace(stage, solids=(*stage.solids, *seams))
    solids = _wall(kind, wall, rng)
    for ball in balls:
        launch = _hit(ball, rng, subject.speed)
        solids.append(replace(ball, launch=replace(launch, time=ball.launch.time if ball.launch else 0.0)))
    solids += seams
    points = parts.corners((-3.2, -0.6, 0.0), (0.1, 0.7, 1.75))
    azimuth, tall = -118 + float(rng.uniform(-14, 10)), -158.0
    if home == "street":
        # A wall stands along a road, not across it.
        solids = [parts.shifted(solid, math.pi / 2, (0.0, KERB, 0.0)) for solid in solids]
        points = np.stack([-points[:, 1], points[:, 0] + KERB, points[:, 2]], 1)
        azimuth, tall = azimuth + 90, tall + 90
    else:
        solids += _court(rng)
    place = places.build(home, scene=scene, rng=rng, clearing=KERB if home == "street" else CLEARING)
    return place.stage(
        solids=solids,
        shot=Shot(
            points=points,
            azimuth=azimuth,
            azimuth_tall=tall,
            elevation=float(rng.uniform(4, 9)),
            field_of_view=38,
            margin=0.97,
            follow="ball 1",
        ),
        ground_substance="ground",
    )
