"""A beach seen from the land: sand, dunes with beach grass to the sides, the sea under the sky with breakers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from render.engines.world import geometry, light
from render.engines.world.materials import MATERIALS, Material, Pattern
from render.engines.world.places import scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import Scene
from render.engines.world.stage import Particles, Puffs, Room

Floats = NDArray[np.float64]


LINES, LIFE, COMES = 3, 15.0, 0.7
"""Breakers at a time, seconds from a breaker's rise to its end, and the share of them for which it comes nearer."""
BREAKS, RUNS = 7.5, 1.7
"""Metres before the shore at which a wave breaks, and by which it then runs up the sand."""
FROTH, SPARKS = 1500, 320
"""Puffs of foam in a breaker, and glints on the sea."""
HORIZON = 16_000.0
"""Metres to the sea's far end: what of the ground lies beyond it is thinner than a pixel."""


def _surf(rng: np.random.Generator, shore: Callable[[Floats], Floats], shine: float) -> Particles:
    """Breakers that come to the ``shore`` (y by x), break, run up the sand and draw back, and glints beyond them.

    ``shine`` is how brightly the sun glints, 1 at noon.
    """
    across = rng.uniform(-48.0, 48.0, (LINES, FROTH))
    behind, size = rng.exponential(1.0, (LINES, FROTH)), rng.uniform(0.6, 1.3, (LINES, FROTH))
    wander = rng.uniform(0, 6.28, (LINES, 3))
    glints = np.stack([rng.uniform(-60.0, 60.0, SPARKS), 4.0 + 60.0 * rng.uniform(0, 1, SPARKS) ** 2], 1)
    pace, phase = rng.uniform(1.2, 3.4, SPARKS), rng.uniform(0, 6.28, SPARKS)

    def cloud(time: float) -> Puffs:
        age = (time / LIFE + np.arange(LINES)[:, None] / LINES + wander[0, 0]) % 1.0
        comes, runs = np.clip(age / COMES, 0, 1), np.clip((age - COMES) / (1 - COMES), 0, 1)
        uneven = np.sin(across * 0.11 + wander[:, :1]) + 0.6 * np.sin(across * 0.31 + wander[:, 1:2] + 0.2 * time)
        away = 17.0 * (1.0 - comes) - RUNS * np.sin(np.pi * runs**0.75) + 0.8 * uneven * (1.0 - runs)
        broken = np.clip((BREAKS - away + 1.5 * uneven) / 3.0, 0, 1) * (1.0 - runs) ** 0.8
        trail = behind * (0.12 + 0.75 * np.clip((BREAKS - away) / BREAKS, 0, 1) + 0.5 * runs)
        crest = 0.16 * np.clip(away / 6.0, 0, 1) * np.exp(-2.0 * trail) * broken
        foam = np.stack([across, shore(across) + away + trail, 0.03 + crest], -1).reshape(-1, 3)
        glint = shine * np.maximum(np.sin(pace * time + phase), 0.0) ** 6
        light = np.stack([glints[:, 0], shore(glints[:, 0]) + glints[:, 1], 0 * phase + 0.04], 1)
        positions = np.concatenate([foam, light])
        return Puffs(
            positions=positions.astype(np.float32),
            velocities=np.zeros_like(positions, np.float32),
            radii=np.concatenate([(0.085 * size * (0.7 + 0.6 * broken)).ravel(), 0 * phase + 0.05]).astype(np.float32),
            colours=np.repeat(((0.86, 0.90, 0.92), (1.0, 0.97, 0.9)), (len(foam), SPARKS), axis=0).astype(np.float32),
            opacity=np.concatenate([(0.85 * broken).ravel(), 0.9 * glint]).astype(np.float32),
            glow=np.concatenate([np.zeros(len(foam)), 0 * phase + 0.9]).astype(np.float32),
        )

    return Particles(name="surf", emit=lambda motion: cloud)  # noqa: ARG005


def _shine(scene: Scene) -> float:
    """How brightly the sea glints: as the sun's light stands over the sky's, and not at all under thick clouds."""
    lit = light.under(light.outdoors(scene.light), scene.weather)
    return float(np.clip((max(lit.sun) / max(lit.ambient) - 1.5) / 2.0, 0.0, 1.0)) * (1.0 if lit.stars == 0.0 else 0.0)


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`. The water lies towards +y."""
    sand = replace(MATERIALS["sand"], base=(0.54, 0.43, 0.29), accent=(0.70, 0.60, 0.45))
    wet = replace(sand, base=(0.27, 0.20, 0.13), accent=(0.33, 0.26, 0.18), mirror=0.6, gloss=0.3)
    edge = clearing + float(rng.uniform(9.0, 14.0))
    hump = rng.uniform(0, 6.28, 3)

    def height(x, y):
        side = np.clip((np.abs(x) - clearing - 7.0 - 0.25 * y) / 14.0, 0, 1) * np.clip((edge - 3.0 - y) / 8.0, 0, 1)
        back = np.clip((-y - clearing - 26.0) / 20.0, 0, 1)
        roll = 1.0 + 0.4 * np.sin(x * 0.11 + hump[0]) + 0.35 * np.sin(y * 0.13 + hump[1])
        return np.maximum(side, back) ** 1.3 * 3.2 * roll - 0.012

    sea = Material(
        pattern=Pattern.SAND,
        base=(0.012, 0.065, 0.085),
        accent=(0.02, 0.10, 0.11),
        scale=0.8,
        gloss=0.9,
        mirror=0.72,
        facing=0.03,
        roughness=0.1,
    )
    foam = Material(pattern=Pattern.SNOW, base=(0.80, 0.84, 0.86), accent=(0.55, 0.62, 0.66))
    near = np.linspace(-160.0, 160.0, 240)
    shore = np.concatenate([[-HORIZON], near, [HORIZON]])
    lace = edge + 1.1 * np.sin(shore * 0.09 + hump[2]) + 0.4 * np.sin(shore * 0.37)

    def coast(x: Floats) -> Floats:
        return np.interp(x, shore, lace)

    def band(least: float, most: float, low: float, high: float) -> geometry.Mesh:
        """The ground from so many metres off the shore to so many, and its heights there."""
        sides = [np.stack([shore, lace + y, 0 * shore + z], 1) for y, z in ((least, low), (most, high))]
        first = np.arange(len(shore) - 1)[:, None] * 2
        faces = np.concatenate([first + np.array((0, 2, 3)), first + np.array((0, 3, 1))])
        return geometry.smooth(np.stack(sides, 1).reshape(-1, 3), faces)

    shoal = replace(sea, base=(0.04, 0.17, 0.165), accent=(0.06, 0.22, 0.20))
    things = [
        scenery.prop("dunes", scenery.land(height, near=clearing + 4.0, far=300.0), sand),
        scenery.prop("wet sand", band(-1.9, 0.5, 0.002, 0.002), wet),
        scenery.prop("sea", band(0.0, HORIZON, 0.010, 0.010), sea),
        scenery.prop("shoal", band(0.0, 9.0, 0.0105, 0.0105), shoal),
        scenery.prop("foam", band(-0.55, 0.5, 0.012, 0.018), foam),
    ]
    spots = scenery.ring(rng, 240, clearing + 10.0, clearing + 30.0)
    spots = spots[height(spots[:, 0], spots[:, 1]) > 0.8]
    blades = scenery.tufts(spots, rng, height=0.7, blades=14)
    lift = np.repeat(height(spots[:, 0], spots[:, 1]), 14 * 5)
    blades.vertices[:, 2] += lift.astype(np.float32)
    things.append(
        scenery.prop(
            "beach grass", blades, replace(MATERIALS["grass"], pattern=Pattern.LEAVES, accent=(0.30, 0.34, 0.12))
        )
    )
    lit = light.outdoors(scene.light).turned(float(rng.uniform(-18, 18)))
    return Place(
        solids=tuple(things),
        ground=sand,
        ground_substance="sand",
        light=replace(lit, hills=0.0, haze=0.35 * lit.haze, ground=(0.42, 0.36, 0.28)),
        particles=(_surf(rng, coast, _shine(scene)),),
        ambience=("shore",),
        room=Room(size=(90.0, 90.0, 30.0), absorption=1.0, open=True),
    )
