"""What waters share: the wind over them, their rocks and banks, and the spray of crests."""

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
    """The scene's light in its weather, from another side; no lamp stands on open water."""
    lit = light.under(light.outdoors(scene.light).turned(turned), scene.weather)
    return light.moonlit(lit) if scene.light == "night" else lit


def rock(
    name: str,
    at: tuple[float, float],
    size: tuple[float, float, float],
    rng: np.random.Generator,
    *,
    material: Material = STONE,
) -> Solid:
    """A boulder of about these half lengths whose middle is at the water's level."""
    return Solid(
        name=name,
        shape=Shape.SPHERE,
        size=(max(size),),
        substance="rock",
        material=material,
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
