"""Autumn leaves: they come down from the trees, blow over the ground, lie and are picked up again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.engines.world import particles, places
from render.engines.world.families import parts
from render.engines.world.materials import COLOURS, Colour, Material, Pattern
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Solid, Stage

USUAL = ("park", "street", "forest")
"""Places from which a seed picks when the prompt names none."""
REACH = 8.0
"""Metres over which the leaves lie before they repeat."""
HIGH = 5.0
"""Metres from which they fall."""
STRENGTHS = {"fall": (0.8, 1.8), "blow": (4.2, 5.6), "swirl": (5.5, 7.0)}
"""m/s of wind by what they do."""
BLOWN = {"wind": "blow", "storm": "swirl", "rain": "fall"}
CROWNS: tuple[tuple[Colour, Colour], ...] = (
    ((0.20, 0.06, 0.012), (0.56, 0.22, 0.03)),
    ((0.24, 0.11, 0.015), (0.62, 0.40, 0.05)),
    ((0.16, 0.03, 0.015), (0.46, 0.10, 0.03)),
)


WITHERED: Colour = (0.17, 0.14, 0.04)
"""What grass goes towards in autumn."""


def _ground(ground: Material) -> Material:
    """A lawn that the summer has left; other ground as it is."""
    if ground.pattern != Pattern.GRASS:
        return ground

    def withered(colour: Colour, share: float) -> Colour:
        red, green, blue = (0.5 * c + share * w for c, w in zip(colour, WITHERED, strict=True))
        return red, green, blue

    return replace(ground, base=withered(ground.base, 0.42), accent=withered(ground.accent, 0.95))


def _turned(solids: tuple[Solid, ...], rng: np.random.Generator) -> tuple[Solid, ...]:
    """The trees in autumn's colours."""
    made = []
    for solid in solids:
        if solid.material.pattern == Pattern.LEAVES and any(part in solid.name for part in ("crown", "bush")):
            base, accent = CROWNS[int(rng.integers(len(CROWNS)))]
            solid = replace(solid, material=replace(solid.material, base=base, accent=accent))  # noqa: PLW2901
        made.append(solid)
    return tuple(made)


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`."""
    subject = parts.subject_of(scene, "leaf")
    asked = next((action.name for action in scene.actions if action.name in STRENGTHS and action.name != "fall"), "")
    does = asked or BLOWN.get(scene.weather, "fall" if scene.actions else "blow")
    speed = float(rng.uniform(*STRENGTHS[does])) * min(max(subject.speed, 0.6), 1.5)
    name = scene.setting or str(rng.choice(USUAL))
    place = places.build(name, scene=scene, rng=rng, clearing=3.0)
    aside = float(rng.choice([-1, 1])) * float(rng.uniform(44, 58) if name == "street" else rng.uniform(0, 24))
    length = max(float(np.hypot(*place.wind[:2])), 1e-6)
    wind = (speed * place.wind[0] / length, speed * place.wind[1] / length, 0.0)
    colours = tuple(COLOURS[colour] for colour in subject.colours) or particles.AUTUMN
    blown = particles.leaves(
        rng=rng,
        low=(-REACH / 2, -REACH / 2, 0.0),
        high=(REACH / 2, REACH / 2, HIGH),
        seconds=seconds,
        wind=wind,
        count=subject.count or int(rng.integers(640, 800)),
        colours=colours,
        falls=0.4 if does == "fall" else 0.25,
        solids=place.solids,
    )
    green = bool(subject.colours)
    solids = place.solids if green else _turned(place.solids, rng)
    ground = place.ground if green else _ground(place.ground)
    return replace(place, wind=wind, solids=solids, ground=ground).stage(
        particles=(*place.particles, blown),
        shot=Shot(
            points=parts.corners((-0.9, -0.5, 0.0), (0.9, 0.7, 1.0)),
            azimuth=-90 + aside,
            elevation=float(rng.uniform(4.5, 8)),
            field_of_view=44,
        ),
    )
