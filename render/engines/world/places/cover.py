"""What rain and snow leave on a place: wet, dark and glossy surfaces, puddles, a layer of snow."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, obstacles
from render.engines.world.geometry import Mesh
from render.engines.world.light import Colour
from render.engines.world.materials import MATERIALS, Material, Pattern
from render.engines.world.stage import Shape, Solid

SNOW = MATERIALS["snow"]
HARD = frozenset({Pattern.ASPHALT, Pattern.CONCRETE, Pattern.COURT, Pattern.BRICK, Pattern.STRIPES, Pattern.PLASTER})
"""Water stands on them as a film that mirrors."""
POROUS = HARD | {Pattern.GRASS, Pattern.SAND, Pattern.SOIL, Pattern.ROCK, Pattern.WOOD, Pattern.BARK, Pattern.LEAVES}
"""They get darker when they are wet: light is caught in the water over them and comes back out less often."""
DARKER = 0.62
HOLDS = frozenset({Pattern.ASPHALT, Pattern.CONCRETE, Pattern.SOIL, Pattern.COURT, Pattern.STRIPES})
"""Grounds that puddles stand on."""
SOFT = frozenset({Pattern.GRASS, Pattern.SAND, Pattern.SOIL, Pattern.SNOW})
"""Grounds that lie under snow wholly."""
THIN, MAT = 0.05, 1.0
"""Half metres: what is no higher and no narrower is a floor."""
WATERY = 0.5
"""What mirrors more than this is water, on which no snow stays."""
DEPTH = 0.035
"""Metres of snow on what is level."""
LEVEL = 0.55
"""Height of a unit normal from which on snow stays on a surface."""


def _times(colour: Colour, factor: float) -> Colour:
    red, green, blue = (factor * c for c in colour)
    return red, green, blue


def bright(colour: Colour) -> Colour:
    """Half the way to snow's white in the same light."""
    most = max(colour)
    red, green, blue = (0.5 * c + 0.45 * most for c in colour)
    return red, green, blue


def wet(material: Material) -> Material:
    """A surface in the rain."""
    if material.pattern not in POROUS:
        return replace(material, gloss=max(material.gloss, 0.5))
    darker = DARKER if material.pattern is not Pattern.LEAVES else 0.85
    damp = replace(
        material,
        base=_times(material.base, darker),
        accent=_times(material.accent, darker),
        gloss=max(material.gloss, 0.35 if material.pattern in HARD else 0.2),
    )
    if material.pattern in HARD:
        damp = replace(damp, mirror=max(damp.mirror, 0.7), facing=0.02, roughness=min(damp.roughness, 0.35))
    return damp


def wetted(solid: Solid) -> Solid:
    """What stands still in the rain is wet; what moves stays as it is."""
    return solid if solid.moves or solid.rides else replace(solid, material=wet(solid.material))


def whitened(solid: Solid) -> Solid:
    """A floor of its own that a family lays, or land by a water, lies under snow as the ground does."""
    still = not solid.moves and not solid.rides
    return replace(solid, material=SNOW) if still and _lies_under(solid) else solid


def _lies_under(solid: Solid) -> bool:
    """Whether snow covers it wholly, without a layer that would bury what stands on it: soft ground and thin floors."""
    if solid.material.mirror > WATERY:
        return False
    return solid.material.pattern in SOFT or _spread(solid)


def _spread(solid: Solid) -> bool:
    """Whether it is thin and wide: a floor."""
    half = solid.size if solid.look is None else np.ptp(solid.look.vertices, axis=0) / 2
    return len(half) == 3 and half[2] < THIN < MAT < min(half[:2])


def underfoot(ground: Material, solids: Iterable[Solid]) -> tuple[Material, float]:
    """What lies on the ground at the origin, and its height in metres: a place's own paving, else the ground."""
    found, top = ground, 0.0
    for solid in solids:
        if solid.moves or not _spread(solid):
            continue
        middle, axes, half = obstacles.box_of(solid)
        if (np.abs(middle[:2]) < (np.abs(axes) @ half)[:2] - 1.0).all() and top <= middle[2] + half[2] < 2 * THIN:
            found, top = solid.material, float(middle[2] + half[2])
    return found, top


def puddles(ground: Material, level: float, rng: np.random.Generator) -> list[Solid]:
    """Water that stands in the hollows of a ground that holds it, ``level`` metres high."""
    if ground.pattern not in HOLDS:
        return []
    water = Material(base=_times(ground.base, DARKER * DARKER), gloss=0.9, mirror=1.0, facing=0.02)
    made = []
    for k in range(11):
        away, turn = float(rng.uniform(1.2, 9.0)), float(rng.uniform(0, 2 * math.pi))
        size = float(rng.uniform(0.25, 0.85)) * (0.6 + 0.08 * away)
        at = (away * math.cos(turn), away * math.sin(turn), level + 0.003)
        angle = np.linspace(0, 2 * math.pi, 73)[:-1]
        rim = sum(float(rng.normal(0, 0.42 / n)) * np.cos(n * angle + float(rng.uniform(0, 6.28))) for n in range(2, 9))
        radius = size * np.exp(0.8 * rim)
        points = np.stack([1.5 * radius * np.cos(angle), radius * np.sin(angle), 0 * angle], 1)
        here = np.arange(72) + 1
        faces = np.stack([0 * here, here, here % 72 + 1], 1)
        look = geometry.smooth(np.concatenate([np.zeros((1, 3)), points]), faces)
        made.append(
            Solid(
                name=f"puddle {k + 1}",
                shape=Shape.SPHERE,
                size=(size,),
                substance="ground",
                material=water,
                position=at,
                look=look,
                touches=False,
            )
        )
    return made


def snowed(solid: Solid) -> list[Solid]:
    """A part of a place in the snow: leaves whiten, what is level carries a layer."""
    material = solid.material
    if material.pattern == Pattern.LEAVES:
        white = replace(material, accent=_mix(material.accent, 0.62))
        return [replace(solid, material=white)]
    if material.mirror > WATERY:
        return [solid]
    if _lies_under(solid):
        return [replace(solid, material=SNOW)]
    cap = _cap(solid.look) if solid.look is not None else None
    if solid.look is None and solid.shape == Shape.BOX:
        x, y, z = solid.size
        cap = _cap(geometry.box((x, y, z)))
    if cap is None:
        return [solid]
    layer = replace(solid, name=f"snow on {solid.name}", material=SNOW, look=cap, touches=False, group="")
    return [solid, layer]


def _mix(colour: Colour, share: float) -> Colour:
    red, green, blue = (c + share * (s - c) for c, s in zip(colour, (0.80, 0.83, 0.87), strict=True))
    return red, green, blue


def _cap(look: Mesh) -> Mesh | None:
    """Snow on those faces of a mesh, which stands upright, that are level enough; None where there are none."""
    corners = look.vertices[look.faces].astype(float)
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(across, axis=1)
    kept = (across[:, 2] > LEVEL * np.maximum(size, 1e-12)) & (size > 1e-9)
    if not kept.any():
        return None
    faces = look.faces[kept]
    spots, index = np.unique(np.round(look.vertices[faces.ravel()].astype(float), 5), axis=0, return_inverse=True)
    faces = index.reshape(-1, 3)
    area = np.zeros((len(spots), 3))
    np.add.at(area, faces.ravel(), np.repeat(across[kept], 3, axis=0))
    lean = area[:, 2] / np.maximum(np.linalg.norm(area, axis=1), 1e-12)
    raised = spots + np.array((0, 0, 1.0)) * (0.004 + DEPTH * np.clip((lean - LEVEL) / (1 - LEVEL), 0, 1))[:, None]
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    low, high = edges.min(1), edges.max(1)
    _, first, times = np.unique(low * len(spots) + high, return_index=True, return_counts=True)
    rim = edges[first[times == 1]]
    under = rim + len(spots)
    walls = np.concatenate(
        [np.stack([under[:, 0], under[:, 1], rim[:, 1]], 1), np.stack([under[:, 0], rim[:, 1], rim[:, 0]], 1)]
    )
    top = geometry.smooth(raised, faces)
    side = geometry.smooth(np.concatenate([raised, spots]), walls)
    return geometry.join([top, side])
