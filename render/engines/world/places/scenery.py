"""What places are furnished with: trees, boulders, tufts, hills, houses, cars, lamps. Lengths in metres, z up."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from render.engines.world import geometry, light
from render.engines.world.geometry import Mesh
from render.engines.world.materials import MATERIALS, Colour, Material, Pattern
from render.engines.world.stage import Lamp, Shape, Solid, Vector

LEAF = Material(pattern=Pattern.LEAVES, base=(0.035, 0.10, 0.02), accent=(0.15, 0.28, 0.05), scale=0.45, gloss=0.03)
BARK = Material(pattern=Pattern.BARK, base=(0.075, 0.05, 0.034), accent=(0.20, 0.15, 0.11), scale=0.05, gloss=0.0)
IRON = Material(base=(0.03, 0.034, 0.036), gloss=0.35)
TYRE = Material(base=(0.02, 0.02, 0.022), gloss=0.1)
PANE = Material(base=(0.015, 0.02, 0.025), gloss=0.9, mirror=0.9, facing=0.06)


def prop(name: str, look: Mesh, material: Material, at: Vector = (0.0, 0.0, 0.0), *, angle: float = 0.0) -> Solid:
    """Something that is only looked at, turned by ``angle`` radians about z."""
    reach = float(np.abs(look.vertices).max())
    return Solid(
        name=name,
        shape=Shape.SPHERE,
        size=(reach,),
        substance="ground",
        material=material,
        position=at,
        turn=(math.cos(angle / 2), 0.0, 0.0, math.sin(angle / 2)),
        look=look,
        touches=False,
    )


def block(name: str, half: Vector, material: Material, at: Vector, *, substance: str = "ground") -> Solid:
    """A plain box that can be touched."""
    look = geometry.box(half)
    return Solid(name=name, shape=Shape.BOX, size=half, substance=substance, material=material, position=at, look=look)


def window(hour: str) -> Material:
    """A pane through which the sky of an hour is seen."""
    return Material(base=light.outdoors(hour).horizon, glow=1.5, gloss=0.6)


def ring(rng: np.random.Generator, count: int, near: float, far: float, *, apart: float = 0.0) -> NDArray[np.float64]:
    """``[n, 2]`` of at most ``count`` spots between two radii, evenly spread over the area, at least ``apart``."""
    if not apart:
        radius, angle = np.sqrt(rng.uniform(near**2, far**2, count)), rng.uniform(0, 2 * math.pi, count)
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    spots: list[NDArray[np.float64]] = []
    for _ in range(count * 4):
        if len(spots) == count:
            break
        radius, angle = math.sqrt(rng.uniform(near**2, far**2)), rng.uniform(0, 2 * math.pi)
        spot = np.array((radius * math.cos(angle), radius * math.sin(angle)))
        if all(np.hypot(*(spot - other)) >= apart for other in spots):
            spots.append(spot)
    return np.array(spots).reshape(-1, 2)


def open_towards_camera(spots: NDArray[np.float64], *, clearing: float, slope: float = 0.9) -> NDArray[np.float64]:
    """Those of the spots that do not stand between the clearing and cameras on the side of −y."""
    x, y = spots.T
    return spots[~((y < 0) & (np.abs(x) < clearing * 1.6 - slope * y))]


def trunk(height: float, radius: float, rng: np.random.Generator) -> Mesh:
    """A stem that tapers, with a foot."""
    profile = [(radius * 1.5, -0.1), (radius * 1.08, height * 0.06), (radius * 0.9, height * 0.35)]
    profile += [(radius * 0.62, height * 0.75), (radius * 0.3, height)]
    stem = geometry.lathe(profile, sides=12)
    lean = rng.normal(0, 0.035, 2)
    bend = np.zeros_like(stem.vertices)
    bend[:, :2] = lean * np.maximum(stem.vertices[:, 2:], 0) ** 1.5 / math.sqrt(height)
    return Mesh(vertices=(stem.vertices + bend).astype(np.float32), normals=stem.normals, faces=stem.faces)


def broadleaf(name: str, rng: np.random.Generator, at: Vector, height: float, leaf: Material) -> list[Solid]:
    """A tree with a crown of several bunches on branches: no two have as many, as wide or as high ones."""
    stem, wide = height * float(rng.uniform(0.26, 0.42)), height * float(rng.uniform(0.20, 0.33))
    middle = float(rng.uniform(0.62, 0.74))
    crown = [geometry.move(geometry.foliage(wide, rng, leaves=1100), (0, 0, height * middle))]
    boughs = [trunk(height * 0.72, (0.025 * height + 0.04) * float(rng.uniform(0.8, 1.25)), rng)]
    count, start = int(rng.integers(3, 7)), float(rng.uniform(0, 6.28))
    for k in range(count):
        angle = start + 2 * math.pi * (k + float(rng.uniform(-0.3, 0.3))) / count
        out, size = wide * float(rng.uniform(0.55, 0.95)), wide * float(rng.uniform(0.42, 0.72))
        x, y, z = (
            out * math.cos(angle),
            out * math.sin(angle),
            height * float(rng.uniform(middle - 0.22, middle + 0.14)),
        )
        crown.append(geometry.move(geometry.foliage(size, rng, leaves=2080 // count), (x, y, z)))
        boughs.append(geometry.rod((0, 0, stem), (x, y, z), 0.012 * height))
    shade = float(rng.uniform(0.78, 1.2))
    return [
        prop(f"{name}'s crown", geometry.join(crown), shaded(leaf, shade), at),
        prop(f"{name}'s trunk", geometry.join(boughs), BARK, at),
    ]


SHADES = 5
"""Tones that trees of one kind have: each is a surface of the tracer's, which knows 256."""


def shaded(material: Material, share: float) -> Material:
    """The material, darker or lighter by about ``share``, darker ones bluer as older leaves are."""
    step = round((share - 1.0) * SHADES) / SHADES

    def toned(colour: Colour) -> Colour:
        return colour[0] * (1.0 + 1.2 * step), colour[1] * (1.0 + step), colour[2] * (1.0 - 0.3 * step)

    return replace(material, base=toned(material.base), accent=toned(material.accent))


SHAPES = 8
"""Trees of which a far wood is made, each turned and scaled."""


def _far_tree(rng: np.random.Generator, *, firs: bool) -> tuple[Mesh, float]:
    """A tree 1 m high with few leaves, and its width."""
    if firs:
        needled, size = needles(rng, 10.0, count=260), np.float32(0.1)
        return Mesh(vertices=needled.vertices * size, normals=needled.normals, faces=needled.faces), 0.24
    wide = float(rng.uniform(0.36, 0.52))
    parts = [geometry.rod((0, 0, -0.01), (0, 0, 0.5), 0.02)]
    for k in range(3):
        x, y = rng.uniform(-0.4, 0.4, 2) * wide * (1.0 - 0.25 * k)
        middle = (float(x), float(y), (0.32 + 0.21 * k) * float(rng.uniform(0.88, 1.08)))
        size = wide * float(rng.uniform(0.46, 0.62)) * (1.0 - 0.16 * k)
        core = geometry.rock((0.78 * size, 0.78 * size, 0.7 * size), rng, detail=1)
        parts += [geometry.move(core, middle), geometry.move(geometry.foliage(size, rng, leaves=90), middle)]
    return geometry.join(parts), wide


def _stood(look: Mesh, tall: float, turn: float) -> Mesh:
    """The mesh scaled and turned about z."""
    c, s = math.cos(turn), math.sin(turn)
    about = np.array(((c, s, 0), (-s, c, 0), (0, 0, 1)), np.float32)
    return Mesh(
        vertices=look.vertices @ about * np.float32(tall),
        normals=look.normals @ about,
        faces=look.faces,
    )


def woods(
    name: str, rng: np.random.Generator, leaf: Material, *, near: float, far: float, height: float, firs: bool = False
) -> list[Solid]:
    """A wood's edge all round between two radii, of trees about ``height`` metres high that stand close."""
    groups: dict[float, list[Mesh]] = {}
    turn = float(rng.uniform(0, 0.2))
    shapes = [_far_tree(rng, firs=firs) for _ in range(SHAPES)]
    while turn < 2 * math.pi + 0.1:
        radius, tall = float(rng.uniform(near, far)), height * float(rng.uniform(0.65, 1.25))
        look, wide = shapes[int(rng.integers(SHAPES))]
        share = round(float(rng.uniform(0.75, 1.25)) * SHADES) / SHADES
        stood = _stood(look, tall, float(rng.uniform(0, 2 * math.pi)))
        at = (radius * math.cos(turn), radius * math.sin(turn), 0.0)
        groups.setdefault(share, []).append(geometry.move(stood, at))
        turn += float(rng.uniform(0.45, 1.2)) * wide * tall / radius
    return [
        prop(f"{name}, tone {share:.1f}", geometry.join(looks), shaded(leaf, share))
        for share, looks in sorted(groups.items())
    ]


def conifer(name: str, rng: np.random.Generator, at: Vector, height: float, leaf: Material) -> list[Solid]:
    """A fir: whorls of drooping twigs, wider towards the ground."""
    slim = float(rng.uniform(0.75, 1.2))
    twigs = needles(rng, height, count=1500, slim=slim)
    return [
        prop(f"{name}'s twigs", twigs, shaded(leaf, float(rng.uniform(0.75, 1.25))), at),
        prop(f"{name}'s trunk", trunk(height * 0.95, 0.014 * height + 0.05, rng), BARK, at),
    ]


def needles(rng: np.random.Generator, height: float, *, count: int, slim: float = 1.0) -> Mesh:
    """The twigs of a fir, ``count`` of them."""
    thick = math.sqrt(1500 / count)
    level = rng.uniform(0.1, 1.0, count) ** 0.8
    wide = slim * height * 0.2 * (1.04 - level) * rng.uniform(0.75, 1.1, count)
    angle = rng.uniform(0, 2 * math.pi, count)
    out = np.stack([np.cos(angle), np.sin(angle), np.full(count, -0.35)], 1)
    base = np.stack([0 * level, 0 * level, level * height], 1)
    side = np.stack([-np.sin(angle), np.cos(angle), rng.uniform(-0.2, 0.2, count)], 1)
    spread = thick * (0.10 + 0.2 * wide)[:, None]
    corners = [base + out * wide[:, None] * 0.25, base + out * wide[:, None] * 0.7 + side * spread]
    corners += [base + out * wide[:, None], base + out * wide[:, None] * 0.7 - side * spread]
    normals = out * np.array((1, 1, 0)) + np.array((0, 0, 0.7))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    first = np.arange(count)[:, None] * 4
    return Mesh(
        vertices=np.stack(corners, 1).reshape(-1, 3).astype(np.float32),
        normals=np.repeat(normals, 4, axis=0).astype(np.float32),
        faces=np.concatenate([first + np.array((0, 1, 2)), first + np.array((0, 2, 3))]).astype(np.int32),
    )


def tufts(spots: NDArray[np.float64], rng: np.random.Generator, *, height: float, blades: int = 7) -> Mesh:
    """Bunches of bent blades at ``[n, 2]`` spots."""
    root = np.repeat(spots, blades, 0) + rng.normal(0, 0.18 * height, (len(spots) * blades, 2))
    count = len(root)
    angle, tall = rng.uniform(0, 2 * math.pi, count), height * rng.uniform(0.5, 1.15, count)
    lean = rng.uniform(0.1, 0.6, count) * tall
    side = np.stack([-np.sin(angle), np.cos(angle), 0 * angle], 1) * (0.018 * height + 0.002)
    foot = np.concatenate([root, np.zeros((count, 1))], 1)
    ahead = np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
    middle = foot + ahead * (lean * 0.35)[:, None] + np.array((0, 0, 1.0)) * (tall * 0.6)[:, None]
    tip = foot + ahead * lean[:, None] + np.array((0, 0, 1.0)) * tall[:, None]
    vertices = np.stack([foot - side, foot + side, middle + side * 0.7, middle - side * 0.7, tip], 1)
    normals = np.repeat(np.stack([0.35 * np.cos(angle), 0.35 * np.sin(angle), 0 * angle + 0.94], 1), 5, 0)
    first = np.arange(count)[:, None] * 5
    corners = ((0, 1, 2), (0, 2, 3), (3, 2, 4))
    return Mesh(
        vertices=vertices.reshape(-1, 3).astype(np.float32),
        normals=normals.astype(np.float32),
        faces=np.concatenate([first + np.array(corner) for corner in corners]).astype(np.int32),
    )


def land(
    height: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]], *, near: float, far: float
) -> Mesh:
    """Ground that rises out of the plain between two radii; ``height`` of x and y is 0 or less where it begins."""
    radii, turn = np.geomspace(near, far, 90), np.linspace(0, 2 * math.pi, 241)[:-1]
    x, y = radii[:, None] * np.cos(turn), radii[:, None] * np.sin(turn)
    points = np.stack([x, y, height(x, y)], -1)
    index = np.arange(points.shape[0] * points.shape[1]).reshape(points.shape[:2])
    a, b = index[:-1], index[1:]
    c, d = np.roll(b, -1, 1), np.roll(a, -1, 1)
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return geometry.smooth(points.reshape(-1, 3), faces)


def boulder(name: str, rng: np.random.Generator, at: Vector, size: float, stone: Material) -> Solid:
    """A rock of about this half length, sunk into the ground."""
    half = (size, size * float(rng.uniform(0.7, 1.2)), size * float(rng.uniform(0.5, 0.8)))
    return prop(name, geometry.rock(half, rng, detail=3), stone, at, angle=float(rng.uniform(0, 6.28)))


BULB = (0.95, 0.0, 5.4)
"""Where a street lamp's light comes from, in its own frame."""


def lamplight(at: Vector, *, towards: float) -> Lamp:
    """What a street lamp at ``at`` throws down by night."""
    x, y, z = BULB
    spot = (at[0] + math.cos(towards) * x, at[1] + math.sin(towards) * x + y, at[2] + z)
    return Lamp(position=spot, colour=(30.0, 19.5, 9.5), radius=0.35, hooded=True)


def lamp(name: str, at: Vector, *, towards: float, lit: bool) -> list[Solid]:
    """A street lamp 5.5 m high whose arm points along ``towards`` radians."""
    head = geometry.move(geometry.box((0.32, 0.12, 0.05), bevel=0.03), (0.95, 0.0, 5.52))
    post = [geometry.lathe([(0.11, 0), (0.10, 0.4), (0.06, 0.45), (0.045, 5.4)], sides=12)]
    post.append(geometry.rod((0, 0, 5.38), (0.95, 0, 5.55), 0.035))
    bowl = geometry.move(geometry.box((0.26, 0.09, 0.02), bevel=0.01), (0.95, 0.0, 5.455))
    burning = Material(base=(1.0, 0.74, 0.42), glow=9.0 if lit else 0.0, gloss=0.4)
    return [
        prop(f"{name}'s post", geometry.join([*post, head]), IRON, at, angle=towards),
        prop(f"{name}'s bowl", bowl, burning, at, angle=towards),
    ]


def extruded(outline: Iterable[tuple[float, float]], half: float, *, narrow: float = 0.0) -> Mesh:
    """A convex outline of (x, z) points, counter-clockwise, made 2 ``half`` wide; ``narrow`` draws in what is high."""
    points = np.array(list(outline))
    low, high = points[:, 1].min(), points[:, 1].max()
    y = half - narrow * (points[:, 1] - low) / (high - low)
    left, right = (np.stack([points[:, 0], sign * y, points[:, 1]], 1) for sign in (-1, 1))
    count = len(points)
    triangles = [np.stack([left[0], left[k], left[k + 1]]) for k in range(1, count - 1)]
    triangles += [np.stack([right[0], right[k + 1], right[k]]) for k in range(1, count - 1)]
    for k in range(count):
        n = (k + 1) % count
        triangles += [np.stack([left[k], right[k], right[n]]), np.stack([left[k], right[n], left[n]])]
    flat = np.concatenate(triangles)
    return geometry.smooth(flat, np.arange(len(flat)).reshape(-1, 3))


def car(name: str, at: Vector, *, angle: float, colour: Colour) -> list[Solid]:
    """A parked car 4.3 m long."""
    body = extruded(
        ((-2.1, 0.28), (2.05, 0.28), (2.15, 0.55), (2.0, 0.74), (0.95, 0.88), (-2.0, 0.92), (-2.15, 0.6)), 0.86
    )
    cabin = extruded(((-1.95, 0.86), (1.0, 0.86), (0.25, 1.38), (-1.35, 1.42)), 0.78, narrow=0.16)
    roof = extruded(((-1.38, 1.40), (0.28, 1.37), (0.1, 1.44), (-1.2, 1.47)), 0.63)
    turned = geometry.lathe([(0, -0.11), (0.29, -0.11), (0.32, -0.08), (0.32, 0.08), (0.29, 0.11), (0, 0.11)], sides=28)
    lying = turned.vertices[:, [0, 2, 1]] * np.array((1, 1, -1), np.float32)
    wheel = Mesh(
        vertices=lying, normals=turned.normals[:, [0, 2, 1]] * np.array((1, 1, -1), np.float32), faces=turned.faces
    )
    wheels = [geometry.move(wheel, (x, y, 0.32)) for x in (-1.35, 1.3) for y in (-0.78, 0.78)]
    hub = [
        geometry.move(geometry.sphere(0.17, detail=2), (x, y * 0.93, 0.32)) for x in (-1.35, 1.3) for y in (-0.78, 0.78)
    ]
    paint = Material(base=colour, gloss=0.8, mirror=0.7, facing=0.06)
    bulbs = [geometry.move(geometry.box((0.06, 0.16, 0.07), bevel=0.02), (2.06, y, 0.64)) for y in (-0.62, 0.62)]
    return [
        prop(f"{name}'s body", geometry.join([body, roof]), paint, at, angle=angle),
        prop(f"{name}'s windows", cabin, PANE, at, angle=angle),
        prop(f"{name}'s wheels", geometry.join(wheels), TYRE, at, angle=angle),
        prop(f"{name}'s hubs", geometry.join([*hub, *bulbs]), MATERIALS["metal"], at, angle=angle),
    ]


def bench(name: str, at: Vector, *, angle: float) -> list[Solid]:
    """A park bench of slats on iron feet."""
    slats = [
        geometry.move(geometry.box((0.85, 0.045, 0.015), bevel=0.006), (0, y, 0.45)) for y in (-0.15, -0.05, 0.05, 0.15)
    ]
    slats += [
        geometry.move(geometry.box((0.85, 0.012, 0.05), bevel=0.005), (0, 0.2 + 0.03 * k, 0.6 + 0.13 * k))
        for k in range(3)
    ]
    feet = [geometry.move(geometry.box((0.03, 0.2, 0.22)), (x, 0, 0.22)) for x in (-0.7, 0.7)]
    feet += [geometry.move(geometry.box((0.03, 0.02, 0.26)), (x, 0.22, 0.66)) for x in (-0.7, 0.7)]
    return [
        prop(f"{name}'s slats", geometry.join(slats), MATERIALS["wood"], at, angle=angle),
        prop(f"{name}'s feet", geometry.join(feet), IRON, at, angle=angle),
    ]
