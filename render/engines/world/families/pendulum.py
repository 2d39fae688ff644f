"""A ball that swings from a beam; several of them in a row drift apart and come together again by their lengths."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, places
from render.engines.world.families import parts
from render.engines.world.materials import named
from render.engines.world.physics import GRAVITY
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Joint, JointKind, Shape, Solid, Stage, Vector

CORD = 0.006
"""Radius in metres."""
ROUND = 24.0
"""Seconds after which a row of pendulums is in step again."""
MOST = 12


def lengths(count: int, longest: float) -> list[float]:
    """Metres: the longest first, each next one swings once more often in :data:`ROUND` seconds."""
    swings = ROUND / (2 * math.pi * math.sqrt(longest / GRAVITY))
    return [GRAVITY * (ROUND / (2 * math.pi * (swings + k))) ** 2 for k in range(count)]


def gallows(wide: float, deep: float, high: float, made: tuple[str, object]) -> list[Solid]:
    """Two posts with a beam along y between them, only seen."""
    look = geometry.join(
        [
            geometry.move(geometry.box((0.03, 0.03, high / 2), bevel=0.004), (0.0, side * deep, high / 2))
            for side in (-1, 1)
        ]
        + [geometry.move(geometry.box((0.03, deep + 0.03, 0.03), bevel=0.004), (0.0, 0.0, high))]
        + [geometry.move(geometry.box((wide, 0.03, 0.02), bevel=0.004), (0.0, side * deep, 0.02)) for side in (-1, 1)]
    )
    return [parts.shown_on("", "gallows", look, made[1])]  # type: ignore[arg-type]


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:  # noqa: ARG001
    """See :class:`render.engines.world.families.Build`."""
    subject = parts.subject_of(scene, "pendulum", "ball")
    bob = next((thing for thing in scene.subjects if thing.kind == "ball"), subject)
    subject = replace(subject, colours=bob.colours or subject.colours, material=bob.material or subject.material)
    count = min(MOST, subject.count or int(rng.choice([1, 1, 5, 9])))
    longest = float(rng.uniform(0.8, 1.25)) * subject.size
    radius = (0.11 if count == 1 else 0.065) * min(max(subject.size, 0.5), 1.6)
    start = float(rng.uniform(0.42, 0.75)) * (1 if rng.random() < 0.5 else -1) * min(max(subject.speed, 0.6), 1.3)
    high, apart = longest + radius + 0.22, 2.5 * radius
    palette = parts.palette(scene, rng, subject)
    colours = palette if subject.colours or count > 1 else [None]
    solids = gallows(0.28, apart * (count - 1) / 2 + 0.32, high, ("wood", named("wood")))
    hinge = Joint(kind=JointKind.HINGE, axis=(0.0, 1.0, 0.0), start=start, damping=0.0)
    for k, long in enumerate(lengths(count, longest)):
        name = "ball" if count == 1 else f"ball {k + 1}"
        substance, material = parts.stuff(subject.material, "steel", colours[k % len(colours)])
        at: Vector = (0.0, apart * ((count - 1) / 2 - k), high - long)
        solids += [
            Solid(
                name=name,
                shape=Shape.SPHERE,
                size=(radius,),
                substance=substance,
                material=material,
                position=at,
                joint=Joint(kind=hinge.kind, axis=hinge.axis, anchor=(0.0, 0.0, long), start=start),
            ),
            parts.shown_on(name, f"cord {k + 1}", geometry.rod((0, 0, 0), (0, 0, long), CORD), named("steel")),
        ]
    reach = longest * math.sin(abs(start)) + radius
    deep = apart * (count - 1) / 2 + 0.3
    place = places.build(scene.setting or "studio", scene=scene, rng=rng, clearing=max(reach, deep) + 0.6)
    return place.stage(
        solids=solids,
        shot=Shot(
            points=parts.corners((-reach, -deep, 0.0), (reach, deep, high)),
            azimuth=-90 + float(rng.uniform(8, 28)) * float(rng.choice([-1, 1])),
            elevation=float(rng.uniform(5, 12)),
            field_of_view=36,
            margin=0.9,
        ),
    )
