"""A see-saw: what lands on one end throws up what lies on the other."""

from __future__ import annotations

import math

import numpy as np

from render.engines.world import geometry, places
from render.engines.world.families import parts
from render.engines.world.materials import Colour, named
from render.engines.world.scene import Scene, Subject
from render.engines.world.shot import Shot
from render.engines.world.stage import Joint, JointKind, Launch, Shape, Solid, Stage

HALF = (1.1, 0.17, 0.022)
"""Of the board, in metres."""
PIVOT = 0.30
"""Height of the board's middle in metres."""
SEAT = 0.92
"""Metres from the middle to where things land."""
ROLLED = 0.2
"""Metres that a ball rolls down the board meanwhile."""
EACH = 2.4
"""Seconds between two drops."""
SOONEST = 0.2
"""Seconds between two drops at least: by then the one before has left the way of the next."""
SEEN = 0.6
"""Seconds before the end from which nothing is dropped: it is seen to land."""
MOST = 16
LOW, STOREY = 1.15, 0.17
"""Metres from which the first of many falls that do so at once, and by which each next one is higher."""


def _ball(ball: Subject, radius: float, colour: Colour, *, side: int, tilt: float) -> Solid:
    """A ball that rolls down the board and has come to its seat on the low end when the first thing lands."""
    substance, material = parts.stuff(ball.material, "rubber", colour)
    along = -side * (SEAT - ROLLED)
    lift = HALF[2] + radius + 0.0005
    turned = -side * tilt
    return Solid(
        name="ball",
        shape=Shape.SPHERE,
        size=(radius,),
        substance=substance,
        material=material,
        launch=Launch(
            time=0.0,
            position=(
                along * math.cos(tilt) + math.sin(turned) * lift,
                0.0,
                PIVOT - (SEAT - ROLLED) * math.sin(tilt) + math.cos(tilt) * lift,
            ),
        ),
    )


def _support() -> geometry.Mesh:
    """A wedge under the middle of the board."""
    half, wide, top = 0.16, HALF[1] * 0.9, PIVOT - HALF[2] - 0.004
    block = geometry.box((half, wide, top / 2))
    vertices = block.vertices.copy()
    vertices[vertices[:, 2] > 0, 0] *= 0.12
    vertices[:, 2] += top / 2
    return geometry.Mesh(vertices=vertices, normals=block.normals, faces=block.faces)


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`. Long clips: each thing that lands is thrown up by the next."""
    subject = parts.subject_of(scene, "crate", "block", "stone")
    tilt = math.asin((PIVOT - 0.05) / HALF[0]) * 0.98
    side = int(rng.choice([-1, 1]))
    ball = next((subject for subject in scene.subjects if subject.kind == "ball"), None)
    # Of several crates one lies on the board, unless a ball does.
    lies = ball is None and (subject.count or 0) > 1
    count = subject.count - lies if subject.count else None
    starts = parts.runs(seconds, EACH, MOST, count=count, seen=SEEN, soonest=SOONEST, rest=SEEN, kept=0.0)
    together = parts.close(starts, SOONEST)
    colours = parts.palette(parts.without(scene, "ball"), rng, subject)
    # About y a positive angle lowers the board's +x end.
    board = Solid(
        name="board",
        shape=Shape.BOX,
        size=HALF,
        substance="wood",
        material=named("wood"),
        position=(0.0, 0.0, PIVOT),
        joint=Joint(kind=JointKind.HINGE, axis=(0.0, 1.0, 0.0), start=-side * tilt, limits=(-tilt, tilt), damping=0.6),
    )
    solids = [board, parts.shown_on("", "support", _support(), named("metal"))]
    usual = ["wood", "plastic", "stone"]
    if ball is not None:
        paint = parts.palette(scene, rng, ball)[0]
        solids.append(_ball(ball, 0.11 * min(max(ball.size, 0.6), 1.5), paint, side=side, tilt=tilt))
    large = min(max(subject.size, 0.6), 1.5)
    for k in range(0 if ball is None else 1, len(starts) + 1):
        half = float(rng.uniform(0.095, 0.125)) * large * (1.0 if k else 0.85)
        substance, material = parts.stuff(subject.material, usual[k % 3], colours[k % len(colours)])
        if subject.kind == "crate" and not subject.material and not subject.colours and (k or lies):
            substance, material = parts.crate(half)
        shape, look = Shape.BOX, geometry.box((half, half, half), bevel=0.012)
        if subject.kind == "stone":
            shape, look = Shape.HULL, geometry.rock((1.2 * half, 1.1 * half, half), rng, detail=3)
            substance, material = parts.stuff("stone", "", colours[0] if subject.colours else None)
        # The first one lies on the end that is down; then they fall on the end that is up, by turns.
        end = -side if k == 0 else side * (-1) ** (k - 1)
        if k == 0:
            turn = parts.about((0, 1, 0), -side * tilt)
            along, up = -side * SEAT * math.cos(tilt), PIVOT - SEAT * math.sin(tilt)
            lift = HALF[2] + half + 0.0005
            position = (along + math.sin(-side * tilt) * lift, 0.0, up + math.cos(tilt) * lift)
            time = 0.0
        else:
            turn = parts.about((0, 0, 1), float(rng.uniform(-0.1, 0.1)))
            high = (1.75 if ball is None else 1.25) if k == 1 else 3.0
            # There is no time for one after another: each waits over the one before the last.
            high = LOW + STOREY * large * (k - 1) if together else high
            position = (end * SEAT * 0.97, float(rng.uniform(-0.02, 0.02)), high)
            time = round(starts[k - 1], 3)
        solids.append(
            Solid(
                name=f"block {k + 1}",
                shape=shape,
                size=(half, half, half),
                substance=substance if k == 0 or subject.material else "rock",
                material=material,
                launch=Launch(time=time, position=position, turn=turn),
                look=look,
            )
        )
    wide = 1.45 if ball is None else 1.9
    place = places.build(scene.setting or "yard", scene=scene, rng=rng, clearing=2.6)
    return place.stage(
        solids=solids,
        shot=Shot(
            points=parts.corners((-wide, -0.3, 0.0), (wide, 0.3, 1.9)),
            azimuth=-90 + float(rng.uniform(-18, 18)),
            azimuth_tall=-58.0,
            elevation=float(rng.uniform(6, 13)),
            field_of_view=40,
            roam=(0.9, 0.6, 0.6),
        ),
    )
