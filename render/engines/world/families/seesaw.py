"""A see-saw: what lands on one end throws up what lies on the other."""

from __future__ import annotations

import math

import numpy as np

from render.engines.world import geometry, places
from render.engines.world.families import parts
from render.engines.world.materials import named
from render.engines.world.scene import Scene
from render.engines.world.stage import Joint, JointKind, Launch, Shape, Shot, Solid, Stage

HALF = (1.1, 0.17, 0.022)
"""Of the board, in metres."""
PIVOT = 0.30
"""Height of the board's middle in metres."""
SEAT = 0.92
"""Metres from the middle to where things land."""
EACH = 2.4
"""Seconds between two drops."""
MOST = 16


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
    subject = parts.subject_of(scene, "crate", "block", "ball")
    tilt = math.asin((PIVOT - 0.05) / HALF[0]) * 0.98
    side = int(rng.choice([-1, 1]))
    drops = min(MOST, subject.count or max(1, math.ceil((seconds - 0.6) / EACH)))
    between = EACH if subject.count else max(EACH, seconds / drops)
    colours = parts.palette(scene, rng, subject)
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
    for k in range(drops + 1):
        half = float(rng.uniform(0.095, 0.125)) * min(max(subject.size, 0.6), 1.5) * (1.0 if k else 0.85)
        substance, material = parts.stuff(subject.material, usual[k % 3], colours[k % len(colours)])
        if subject.kind == "crate" and not subject.material and not subject.colours and k:
            substance, material = parts.crate(half)
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
            position = (end * SEAT * 0.97, float(rng.uniform(-0.02, 0.02)), 1.75 if k == 1 else 3.0)
            time = round(between * (k - 1), 3)
        solids.append(
            Solid(
                name=f"block {k + 1}",
                shape=Shape.BOX,
                size=(half, half, half),
                substance=substance if k == 0 or subject.material else "rock",
                material=material,
                launch=Launch(time=time, position=position, turn=turn),
                look=geometry.box((half, half, half), bevel=0.012),
            )
        )
    place = places.build(scene.setting or "yard", scene=scene, rng=rng, clearing=2.6)
    return place.stage(
        solids=solids,
        shot=Shot(
            points=parts.corners((-1.45, -0.3, 0.0), (1.45, 0.3, 1.9)),
            azimuth=-90 + float(rng.uniform(-18, 18)),
            elevation=float(rng.uniform(6, 13)),
            field_of_view=40,
        ),
    )
