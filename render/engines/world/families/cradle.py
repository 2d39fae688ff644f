"""Newton's cradle: what is lifted on one side comes out on the other."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, places
from render.engines.world.families import parts
from render.engines.world.materials import named
from render.engines.world.scene import Scene, Subject
from render.engines.world.shot import Shot
from render.engines.world.stage import Joint, JointKind, Shape, Solid, Stage

RADIUS, LONG = 0.06, 0.55
SPREAD = 0.17
"""Metres to either side at which a ball's two cords are tied."""
GAP = 0.0012
"""Metres between balls at rest, so that each blow is passed on before the next one comes."""
FOOT = 0.03


def _frame(half: float, high: float) -> geometry.Mesh:
    rails = []
    for side in (-SPREAD, SPREAD):
        rails.append(geometry.rod((-half, side, high), (half, side, high), 0.012, sides=16))
        rails += [geometry.rod((x, side, FOOT), (x, side, high), 0.012, sides=16) for x in (-half, half)]
    return geometry.join(rails)


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:  # noqa: ARG001
    """See :class:`render.engines.world.families.Build`."""
    balls, whole = parts.subject_of(scene, "ball"), parts.subject_of(scene, "cradle")
    # "A golden cradle" is one of golden balls; where the balls are told of, its rails are golden.
    apart = bool(balls.material or balls.colours)
    subject = balls if apart else replace(balls, material=whole.material, colours=whole.colours)
    frame = whole if apart else Subject(kind="cradle")
    count = min(9, max(2, subject.count or 5))
    side = int(rng.choice([-1, 1]))
    angle = float(rng.uniform(0.55, 0.8))
    high = FOOT + RADIUS + 0.12 + LONG
    palette = parts.palette(scene, rng, subject)
    colour = palette[0] if subject.colours else None
    substance, material = parts.stuff(subject.material, "steel", colour)
    paint = parts.paint(frame, None)
    cords = geometry.join([geometry.rod((0, 0, 0), (0, tied, LONG), 0.0022, sides=8) for tied in (-SPREAD, SPREAD)])
    step = 2 * RADIUS + GAP
    half = step * (count - 1) / 2 + 0.18
    wood = named("wood")
    solids = [
        parts.shown_on("", "rails", _frame(half, high), named(frame.material or "steel", paint)),
        parts.fixed("base", (half + 0.06, SPREAD + 0.05, FOOT / 2), (0.0, 0.0, FOOT / 2), ("wood", wood)),
    ]
    for k in range(count):
        out = k == (0 if side < 0 else count - 1)
        name = f"ball {k + 1}"
        # About y a positive angle takes what hangs to −x.
        joint = Joint(
            kind=JointKind.HINGE,
            axis=(0.0, 1.0, 0.0),
            anchor=(0.0, 0.0, LONG),
            start=-side * angle if out else 0.0,
        )
        at = (step * (k - (count - 1) / 2), 0.0, high - LONG)
        solids += [
            Solid(
                name=name,
                shape=Shape.SPHERE,
                size=(RADIUS,),
                substance=substance,
                material=material,
                position=at,
                joint=joint,
            ),
            parts.shown_on(name, f"cords {k + 1}", cords, named("steel")),
        ]
    reach = step * (count - 1) / 2 + LONG * math.sin(angle) + RADIUS
    place = places.build(scene.setting or "studio", scene=scene, rng=rng, clearing=1.5)
    return place.stage(
        solids=solids,
        shot=Shot(
            points=parts.corners((-reach, -SPREAD - 0.05, 0.0), (reach, SPREAD + 0.05, high)),
            azimuth=-90 + float(rng.uniform(12, 30)) * float(rng.choice([-1, 1])),
            elevation=float(rng.uniform(7, 15)),
            field_of_view=34,
            margin=0.9,
        ),
    )
