"""A product on a turntable in a photographer's studio."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from render.engines.world import geometry, places
from render.engines.world.materials import COLOURS, Colour, Material, Pattern
from render.engines.world.scene import Scene, Subject
from render.engines.world.stage import Joint, JointKind, Launch, Shape, Shot, Solid, Stage

TABLE_HALF = 0.015
TOP = 2 * TABLE_HALF
TABLE_RIM = 0.035
"""Metres of the table that show round the product."""
LEAST_RADIUS = 0.10
FALL = 0.008
"""Metres the product is let go above the table."""
WHITE: Colour = (0.80, 0.80, 0.78)

Goods = tuple[Shape, tuple[float, ...], str, list[tuple[geometry.Mesh, Material]]]
"""Collision shape, its size, substance, and the looks in its frame."""


def _bottle(colour: Colour) -> Goods:
    profile = [(0, -0.14), (0.034, -0.14), (0.039, -0.135), (0.040, -0.125), (0.040, 0.02), (0.039, 0.035)]
    profile += [(0.034, 0.055), (0.025, 0.075), (0.018, 0.09), (0.0155, 0.105), (0.0155, 0.118), (0.0, 0.118)]
    cap = [(0, 0.112), (0.0175, 0.112), (0.018, 0.114), (0.018, 0.138), (0.0165, 0.14), (0, 0.14)]
    body = Material(base=tuple(0.55 * c for c in colour), gloss=0.95, mirror=0.9, facing=0.05)  # type: ignore[arg-type]
    sleeve = [(0.0404, -0.10), (0.0404, 0.01)]
    printed = Material(
        pattern=Pattern.LABEL, base=colour, accent=WHITE, scale=0.055, offset=-0.045, gloss=0.3, mirror=0.25
    )
    looks = [
        (geometry.lathe(profile), body),
        (geometry.move(geometry.lathe([(r, z + 0.045) for r, z in sleeve]), (0, 0, -0.045)), printed),
        (geometry.lathe(cap), Material(base=WHITE, gloss=0.5, mirror=0.4)),
    ]
    return Shape.CYLINDER, (0.04, 0.14), "glass", looks


def _can(colour: Colour) -> Goods:
    profile = [(0, -0.058), (0.024, -0.058), (0.026, -0.061), (0.028, -0.058), (0.033, -0.050), (0.033, 0.048)]
    profile += [(0.0275, 0.058), (0.0285, 0.061), (0.027, 0.061), (0.026, 0.057), (0, 0.057)]
    printed = Material(
        pattern=Pattern.LABEL, base=colour, accent=(0.66, 0.67, 0.69), scale=0.0485, gloss=0.7, mirror=0.9, facing=0.10
    )
    return Shape.CYLINDER, (0.033, 0.061), "steel", [(geometry.lathe(profile), printed)]


def _jar(colour: Colour) -> Goods:
    profile = [(0, -0.045), (0.036, -0.045), (0.041, -0.040), (0.041, 0.022), (0.036, 0.028), (0, 0.028)]
    lid = [(0, 0.026), (0.039, 0.026), (0.040, 0.028), (0.040, 0.044), (0.038, 0.046), (0, 0.046)]
    printed = Material(pattern=Pattern.LABEL, base=colour, accent=WHITE, scale=0.035, gloss=0.6, mirror=0.6)
    metal = Material(base=COLOURS["gold"], gloss=0.8, mirror=0.95, facing=0.45)
    return Shape.CYLINDER, (0.041, 0.046), "glass", [(geometry.lathe(profile), printed), (geometry.lathe(lid), metal)]


def _box(colour: Colour) -> Goods:
    half = (0.055, 0.035, 0.085)
    printed = Material(pattern=Pattern.CARTON, base=colour, accent=WHITE, scale=0.085, gloss=0.3, mirror=0.3)
    return Shape.BOX, half, "card", [(geometry.box(half, bevel=0.002), printed)]


def _phone(colour: Colour) -> Goods:
    half = (0.036, 0.0042, 0.074)
    body = Material(base=colour, gloss=0.8, mirror=0.9, facing=0.12)
    glass = Material(base=(0.008, 0.009, 0.012), gloss=1.0, mirror=1.0, facing=0.05)
    screen = geometry.move(geometry.box((0.0335, 0.0006, 0.0715), bevel=0.0005), (0, -0.0040, 0))
    lens = [geometry.move(geometry.sphere(0.0065, detail=3), (x, 0.0025, z)) for x, z in ((0.02, 0.055), (0.02, 0.036))]
    return (
        Shape.BOX,
        half,
        "glass",
        [(geometry.box(half, bevel=0.004), body), (screen, glass), (geometry.join(lens), glass)],
    )


def _cup(colour: Colour) -> Goods:
    profile = [(0, -0.048), (0.026, -0.048), (0.029, -0.046), (0.036, -0.02), (0.040, 0.044), (0.0395, 0.047)]
    profile += [(0.038, 0.047), (0.0365, 0.044), (0.033, -0.02), (0.027, -0.040), (0, -0.040)]
    handle = [
        (0.041 + 0.021 * math.sin(t), 0.0, 0.004 + 0.027 * math.cos(t)) for t in np.linspace(-0.25, math.pi + 0.25, 15)
    ]
    glaze = Material(base=colour, gloss=0.8, mirror=0.8)
    coffee = geometry.lathe([(0.0355, 0.030), (0, 0.030)])
    return (
        Shape.CYLINDER,
        (0.04, 0.048),
        "glass",
        [
            (geometry.lathe(profile), glaze),
            (geometry.tube(handle, 0.0052), glaze),
            (coffee, Material(base=(0.035, 0.014, 0.006), gloss=0.9, mirror=0.9)),
        ],
    )


def _shoe(colour: Colour) -> Goods:
    """A running shoe: rounded cross-sections swept from heel to toe, on a sole."""
    stations = np.linspace(0, 1, 40)
    length = 0.27

    along = (0.0, 0.02, 0.07, 0.2, 0.42, 0.6, 0.76, 0.9, 0.97, 1.0)
    half_width = PchipInterpolator(along, (0.008, 0.020, 0.030, 0.036, 0.036, 0.045, 0.047, 0.037, 0.022, 0.008))
    height = PchipInterpolator(along, (0.060, 0.076, 0.084, 0.083, 0.072, 0.055, 0.043, 0.034, 0.027, 0.016))

    def skin(
        along: NDArray[np.float64],
        turn: NDArray[np.float64],
        *,
        low: Callable[[float], float],
        high: Callable[[float], float],
        widen: float,
        power: float,
    ) -> NDArray[np.float64]:
        """``[stations, angles, 3]`` points of rounded cross-sections between two heights."""
        rings = []
        for s in along:
            y = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** power * max(float(half_width(s)) * widen, 1e-4)
            z = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** power
            bottom, top = low(s), high(s)
            x = np.full(len(turn), (s - 0.5) * length)
            rings.append(np.stack([x, y, (bottom + top) / 2 + z * (top - bottom) / 2], 1))
        return np.stack(rings)

    def net(points: NDArray[np.float64]) -> geometry.Mesh:
        index = np.arange(points.shape[0] * points.shape[1]).reshape(points.shape[:2])
        a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
        faces = np.concatenate([np.stack([a, d, c], -1).reshape(-1, 3), np.stack([a, c, b], -1).reshape(-1, 3)])
        return geometry.smooth(points.reshape(-1, 3), faces)

    def sweep(
        low: Callable[[float], float], high: Callable[[float], float], widen: float, power: float
    ) -> geometry.Mesh:
        points = skin(stations, np.linspace(0, 2 * np.pi, 41), low=low, high=high, widen=widen, power=power)
        points[[0, -1]] = points[[0, -1], :-1].mean(1, keepdims=True)
        return net(points)

    def patch(start: float, end: float, reach: float) -> geometry.Mesh:
        """A piece of the upper's skin, a little above it: ``reach`` radians to either side of its ridge."""
        turn = np.linspace(np.pi / 2 - reach, np.pi / 2 + reach, 17)
        lifted = skin(np.linspace(start, end, 9), turn, low=floor, high=ridge, widen=1.0, power=0.75)
        return net(lifted + np.array((0, 0, 0.0012)))

    middle = -0.05
    spring = lambda s: 0.018 * max(0.0, (s - 0.72) / 0.28) ** 2  # noqa: E731
    floor = lambda s: middle + 0.016 + spring(s)  # noqa: E731
    ridge = lambda s: middle + 0.02 + float(height(s)) + 0.2 * spring(s)  # noqa: E731
    sole = sweep(lambda s: middle + spring(s), lambda s: middle + 0.026 + spring(s) * 0.8, 1.06, 0.6)
    upper = sweep(floor, ridge, 1.0, 0.75)
    mouth = patch(0.06, 0.30, 1.0)
    laces = [patch(start, start + 0.018, 0.85) for start in np.linspace(0.38, 0.60, 5)]
    white = Material(base=WHITE, gloss=0.2)
    return (
        Shape.BOX,
        (length / 2, 0.05, 0.05),
        "card",
        [
            (upper, Material(base=colour, gloss=0.15)),
            (sole, white),
            (geometry.join(laces), white),
            (mouth, Material(base=(0.02, 0.02, 0.022), gloss=0.05)),
        ],
    )


GOODS: dict[str, Callable[[Colour], Goods]] = {
    "bottle": _bottle,
    "can": _can,
    "jar": _jar,
    "box": _box,
    "phone": _phone,
    "cup": _cup,
    "shoe": _shoe,
}


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:  # noqa: ARG001
    """See :class:`render.engines.world.families.Build`."""
    kind = next((subject for subject in scene.kinds if subject in GOODS), "bottle")
    choice = str(rng.choice(["red", "teal", "blue", "orange", "green", "purple"]))
    name = scene.colours[0] if scene.colours else choice
    colour, tinted = COLOURS[name], Subject(kind=kind, colours=(name,))
    shape, size, substance, looks = GOODS[kind](colour)
    half = size[-1]
    wide = max(float(np.linalg.norm(mesh.vertices[:, :2], axis=1).max()) for mesh, _ in looks)
    high = max(float(mesh.vertices[:, 2].max()) for mesh, _ in looks)
    table_radius = max(wide + TABLE_RIM, LEAST_RADIUS)
    speed = float(rng.choice([-1, 1])) * float(rng.uniform(0.75, 0.95))
    start = float(rng.uniform(-0.5, 0.5))
    turn = (math.cos(start / 2), 0.0, 0.0, math.sin(start / 2))
    table = Solid(
        name="turntable",
        shape=Shape.CYLINDER,
        size=(table_radius, TABLE_HALF),
        substance="plastic",
        material=Material(pattern=Pattern.BRUSHED, base=(0.62, 0.62, 0.63), gloss=0.4, mirror=0.5, facing=0.08),
        position=(0.0, 0.0, TABLE_HALF),
        joint=Joint(kind=JointKind.HINGE, speed=speed, drive=speed),
        round=True,
        look=geometry.cylinder(table_radius, TABLE_HALF, bevel=0.003, sides=128),
    )
    launch = Launch(time=0.0, position=(0.0, 0.0, TOP + half + FALL), spin=(0.0, 0.0, speed), turn=turn)
    place = places.build(scene.setting or "studio", scene=replace(scene, subjects=(tinted,)), rng=rng, clearing=0.5)
    (first, paint), *others = looks
    hero = Solid(name=kind, shape=shape, size=size, substance=substance, material=paint, launch=launch, look=first)
    worn = [
        Solid(
            name=f"{kind}'s part {k + 1}",
            shape=shape,
            size=size,
            substance=substance,
            material=material,
            look=mesh,
            touches=False,
            rides=kind,
        )
        for k, (mesh, material) in enumerate(others)
    ]
    top = TOP + half + FALL + high
    points = np.array(
        [(x, y, z) for r, z in ((table_radius, 0.0), (wide, top)) for x, y in ((-r, 0), (r, 0), (0, -r), (0, r))], float
    )
    return place.stage(
        solids=(table, hero, *worn),
        shot=Shot(
            points=points, azimuth=-90 + float(rng.uniform(-6, 6)), elevation=16.0, field_of_view=30, margin=0.80
        ),
    )
