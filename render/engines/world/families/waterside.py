"""What waters share: the wind over them, their rocks, trees on a shore, and the spray of crests."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from render.engines.world import geometry, light, waves
from render.engines.world.light import Light
from render.engines.world.materials import Material, Pattern
from render.engines.world.particles import Impact
from render.engines.world.scene import Scene
from render.engines.world.stage import Shape, Solid, Wave

Shore = tuple[float, float, float]
"""x, y and radius at the water's level, in metres."""

STONE = Material(pattern=Pattern.ROCK, base=(0.055, 0.048, 0.042), accent=(0.24, 0.20, 0.165), scale=0.55, gloss=0.22)
BARK = Material(pattern=Pattern.BARK, base=(0.10, 0.065, 0.04), accent=(0.18, 0.13, 0.09), scale=0.3, gloss=0.02)
CROWNS = ((0.035, 0.11, 0.025), (0.06, 0.15, 0.03), (0.10, 0.15, 0.03), (0.03, 0.08, 0.03))
MOST_BURSTS = 24


def wind_of(scene: Scene, rng: np.random.Generator, *, usual: tuple[float, float]) -> float:
    """m/s over the water by the scene's weather, mood and actions; ``usual`` are the limits of a fair day's."""
    asked = {scene.weather, scene.mood, *(action.name for action in scene.actions)}
    least, most = usual
    if "storm" in asked:
        return float(rng.uniform(1.9, 2.2)) * most
    if "wind" in asked:
        return 1.4 * most
    if "calm" in asked:
        return 0.5 * least
    return float(rng.uniform(least, most))


def sky(scene: Scene, *, turned: float) -> Light:
    """The scene's light in its weather, from another side."""
    return light.under(light.outdoors(scene.light).turned(turned), scene.weather)


def rock(name: str, at: tuple[float, float], size: tuple[float, float, float], rng: np.random.Generator) -> Solid:
    """A boulder of about these half lengths whose middle is at the water's level."""
    return Solid(
        name=name,
        shape=Shape.SPHERE,
        size=(max(size),),
        substance="rock",
        material=STONE,
        position=(*at, 0.0),
        look=geometry.rock(size, rng),
        touches=False,
    )


def shore_of(solid: Solid) -> Shore:
    """Where a rock breaks the water."""
    assert solid.look is not None
    level = np.abs(solid.look.vertices[:, 2] + solid.position[2]) < 0.25
    radius = float(np.linalg.norm(solid.look.vertices[level, :2], axis=1).mean()) if level.any() else 0.1
    return solid.position[0], solid.position[1], radius


def bursts(sea: Sequence[Wave], shores: Sequence[Shore], *, seconds: float) -> list[Impact]:
    """The highest crests against rocks, at the side that they come from; at most :data:`MOST_BURSTS`.

    Water is thrown up with the speed that lifts it to about twice the crest's height over its trough.
    """
    towards = max(sea, key=lambda wave: wave.amplitude).heading
    sigma = waves.significant_height(sea) / 4
    found = []
    for x, y, radius in shores:
        for time, height in waves.arrivals(sea, x, y, seconds):
            if height > 0.7 * sigma:
                up = 1.25 * math.sqrt(2 * 9.81 * 2 * height)
                place = (x - radius * math.cos(towards), y - radius * math.sin(towards), 0.8 * height)
                back = (-0.15 * up * math.cos(towards), -0.15 * up * math.sin(towards), up)
                found.append(
                    Impact(time=time, position=place, velocity=back, size=min(0.25 * radius + 0.5 * height, 1.6))
                )
    highest = sorted(found, key=lambda impact: -impact.velocity[2])[:MOST_BURSTS]
    return sorted(highest, key=lambda impact: impact.time)


def tree(name: str, foot: tuple[float, float, float], tall: float, rng: np.random.Generator) -> list[Solid]:
    """A tree of ``tall`` metres: a trunk and two crowns."""
    x, y, z = foot
    shade = CROWNS[int(rng.integers(len(CROWNS)))]
    leaf = Material(pattern=Pattern.LEAVES, base=shade, accent=tuple(1.9 * c for c in shade), scale=0.3, gloss=0.03)  # type: ignore[arg-type]
    made = [
        Solid(
            name=f"{name}'s trunk",
            shape=Shape.CYLINDER,
            size=(0.025 * tall, 0.3 * tall),
            substance="wood",
            material=BARK,
            position=(x, y, z + 0.3 * tall),
            touches=False,
        )
    ]
    for part, (high, wide) in enumerate(((0.55, 0.30), (0.78, 0.22))):
        crown = geometry.foliage(wide * tall, rng, leaves=500)
        shift = rng.normal(0, 0.05 * tall, 2)
        made.append(
            Solid(
                name=f"{name}'s crown {part + 1}",
                shape=Shape.SPHERE,
                size=(wide * tall,),
                substance="wood",
                material=leaf,
                position=(x + float(shift[0]), y + float(shift[1]), z + high * tall),
                look=crown,
                touches=False,
            )
        )
    return made


def terrain(
    name: str, x: NDArray[np.float64], y: NDArray[np.float64], height: NDArray[np.float64], material: Material
) -> Solid:
    """Land with ``[rows, columns]`` heights over the points of a net."""
    rows, columns = height.shape
    grid = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    look = geometry.smooth(np.stack([x, y, height], -1).reshape(-1, 3), faces)
    if look.normals[:, 2].mean() < 0:
        look = geometry.smooth(look.vertices, faces[:, ::-1])
    return Solid(
        name=name,
        shape=Shape.BOX,
        size=(1.0, 1.0, 0.1),
        substance="ground",
        material=material,
        look=look,
        touches=False,
    )
