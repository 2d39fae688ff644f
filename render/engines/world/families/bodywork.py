"""What runs on wheels: a frame that is pushed or driven, what is seen of it, and wheels on hinges that roll."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.families import parts
from render.engines.world.geometry import Mesh
from render.engines.world.materials import COLOURS, MATERIALS, Colour, Material, named
from render.engines.world.stage import Joint, JointKind, Launch, Quaternion, Shape, Solid, Vector
from render.engines.world.substances import SUBSTANCES

GLASS = Material(base=(0.012, 0.016, 0.02), gloss=0.95, mirror=0.9, facing=0.06)
RUBBER = Material(base=(0.022, 0.022, 0.024), gloss=0.08)
DARK = Material(base=(0.016, 0.016, 0.018), gloss=0.2)
CHROME = Material(base=(0.60, 0.61, 0.63), gloss=0.8, mirror=0.9, facing=0.5, metal=0.8, roughness=0.12)
LAMP = Material(base=(0.92, 0.92, 0.86), gloss=0.9, mirror=0.4)
TAIL = Material(base=(0.55, 0.012, 0.012), gloss=0.8)
LYING: Quaternion = (math.sqrt(0.5), -math.sqrt(0.5), 0.0, 0.0)
"""Turns what lies along z along +y: a wheel that turns forwards drives towards +x."""
GRIP = 0.5
"""Share of what its tyre can hold that a motor gives at most."""

Section = tuple[float, float, float, float]
"""Place along x, half width, lowest and highest point, in metres."""
Shown = tuple[str, Mesh, Material]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A thing on wheels that stands on z = 0 about the origin and looks along +x."""

    shown: tuple[Shown, ...]
    frame: Vector
    """Half lengths of the box that weighs: shorter than the vehicle, so that nothing but wheels meets the ground."""
    middle: float
    """Height of its middle."""
    axles: tuple[tuple[float, float], ...]
    """(x, half the track) of each."""
    wheel: tuple[float, float]
    """Radius and half width."""
    long: float
    """Metres from end to end."""
    high: float
    rim: Material = CHROME
    substance: str = "car"
    tyre: str = "tyre"
    hull: bool = False
    """True if the first part that is shown is touched instead of the frame's box."""
    motor: bool = False


def loft(sections: Iterable[Section], *, narrow: float = 0.0, sides: int = 28, round_: float = 0.26) -> Mesh:
    """A closed body through rounded rectangles across x; ``narrow`` is the share of its width that its top lacks."""
    rows = np.array(list(sections))
    turn = np.linspace(0, 2 * math.pi, sides, endpoint=False) + math.pi / sides
    across, up = (np.sign(f(turn)) * np.abs(f(turn)) ** round_ for f in (np.cos, np.sin))
    x, wide, low, high = rows.T[:, :, None]
    y = wide * across * (1 - narrow * np.maximum(up, 0.0))
    z = (low + high) / 2 + (high - low) / 2 * up
    rings = np.stack([np.broadcast_to(x, y.shape), y, z], -1)
    ends = np.stack([rings[0].mean(0), rings[-1].mean(0)])
    index = np.arange(rings.shape[0] * sides).reshape(-1, sides)
    a, b = index[:-1], index[1:]
    c, d = np.roll(b, -1, 1), np.roll(a, -1, 1)
    faces = [np.stack([a, d, c], -1).reshape(-1, 3), np.stack([a, c, b], -1).reshape(-1, 3)]
    first, last, caps = index[0], index[-1], index.size
    faces.append(np.stack([np.full(sides, caps), np.roll(first, -1), first], -1))
    faces.append(np.stack([np.full(sides, caps + 1), last, np.roll(last, -1)], -1))
    return geometry.smooth(np.concatenate([rings.reshape(-1, 3), ends]), np.concatenate(faces))


def along(xs: np.ndarray, points: Iterable[tuple[float, float]]) -> np.ndarray:
    """Heights at ``xs`` on straight lines between (x, height)."""
    where, heights = zip(*points, strict=True)
    return np.interp(xs, where, heights)


def _box(half: Vector, at: Vector, bevel: float = 0.0) -> Mesh:
    return geometry.move(geometry.box(half, bevel=bevel), at)


def _both(half: Vector, at: Vector, bevel: float = 0.0) -> list[Mesh]:
    return [_box(half, (at[0], side * at[1], at[2]), bevel) for side in (-1, 1)]


def _windscreen(top: tuple[float, float], foot: tuple[float, float], wide: float) -> Mesh:
    """A pane between two points (x, z), a little before the sheet metal."""
    (x, z), (a, b) = top, foot
    half, lean = math.hypot(x - a, z - b) / 2, math.atan2(a - x, z - b)
    c, s = math.cos(lean), math.sin(lean)
    return geometry.move(
        turned(geometry.box((0.014, wide, half)), ((c, 0, -s), (0, 1, 0), (s, 0, c))), ((x + a) / 2, 0.0, (z + b) / 2)
    )


def turned(mesh: Mesh, rows: Iterable[Iterable[float]]) -> Mesh:
    """The mesh turned by a matrix."""
    turn = np.array([list(row) for row in rows], np.float32)
    return Mesh(vertices=mesh.vertices @ turn.T, normals=mesh.normals @ turn.T, faces=mesh.faces)


def _arches(xs: np.ndarray, low: np.ndarray, axles: Iterable[float], radius: float, room: float) -> np.ndarray:
    """The lower edge of a body, cut out round its wheels."""
    edge = low.copy()
    for axle in axles:
        within = np.maximum(room**2 - (xs - axle) ** 2, 0.0)
        edge = np.where(within > 0, np.maximum(edge, radius + np.sqrt(within)), edge)
    return edge


def car(paint: Material) -> Vehicle:
    """A saloon 4.4 m long."""
    axles, radius = (1.34, -1.28), 0.33
    xs = np.unique(np.concatenate([np.linspace(-2.2, 2.2, 61), *(a + np.linspace(-0.41, 0.41, 21) for a in axles)]))
    wide = 0.88 * (1 - 0.16 * (np.abs(xs) / 2.2) ** 5)
    low = _arches(xs, along(xs, ((-2.2, 0.42), (-2.0, 0.26), (2.05, 0.22), (2.2, 0.36))), axles, radius, 0.40)
    top = along(xs, ((-2.2, 0.78), (-2.12, 0.93), (-1.6, 0.97), (0.9, 0.93), (1.9, 0.80), (2.12, 0.70), (2.2, 0.58)))
    body = loft(zip(xs, wide, low, np.maximum(top, low + 0.02), strict=True), narrow=0.05, round_=0.22)
    glass = np.linspace(-1.82, 1.14, 40)
    line = ((-1.82, 0.93), (-1.15, 1.38), (-0.5, 1.44), (0.22, 1.41), (1.14, 0.92))
    cabin = loft(
        zip(glass, np.full(40, 0.76), np.full(40, 0.80), along(glass, line), strict=True), narrow=0.19, round_=0.2
    )
    top_x = np.linspace(-1.2, 0.28, 16)
    lid = along(top_x, line)
    roof = loft(zip(top_x, np.full(16, 0.645), lid - 0.05, lid + 0.022, strict=True), round_=0.3)
    posts = [
        geometry.rod(one, two, 0.038, sides=8)
        for side in (-1, 1)
        for one, two in (
            ((1.10, side * 0.74, 0.93), (0.24, side * 0.60, 1.40)),
            ((-0.30, side * 0.765, 0.93), (-0.36, side * 0.62, 1.42)),
            ((-1.74, side * 0.74, 0.95), (-1.12, side * 0.60, 1.38)),
        )
    ]
    mirrors = _both((0.09, 0.08, 0.06), (0.92, 0.90, 0.98), 0.04)
    seams = [part for x in (0.86, -0.30, -1.02) for part in _both((0.004, 0.003, 0.26), (x, 0.8795, 0.62))]
    trim = [_box((1.95, 0.80, 0.06), (0.0, 0.0, 0.24)), _box((0.02, 0.42, 0.06), (2.185, 0.0, 0.46), 0.015), *seams]
    handles = [part for x in (-0.16, -0.92) for part in _both((0.08, 0.015, 0.014), (x, 0.885, 0.82), 0.008)]
    return Vehicle(
        shown=(
            ("body", geometry.join([body, roof, *posts, *mirrors]), paint),
            ("windows", cabin, GLASS),
            ("trim", geometry.join(trim), DARK),
            ("handles", geometry.join(handles), CHROME),
            ("headlights", geometry.join(_both((0.05, 0.17, 0.055), (2.09, 0.60, 0.64), 0.03)), LAMP),
            ("tail lights", geometry.join(_both((0.04, 0.17, 0.06), (-2.15, 0.62, 0.80), 0.02)), TAIL),
            ("plates", geometry.join([_box((0.008, 0.26, 0.055), (x, 0, 0.5)) for x in (-2.2, 2.2)]), LAMP),
        ),
        frame=(0.44, 0.44, 0.44),
        middle=0.56,
        axles=tuple((x, 0.76) for x in axles),
        wheel=(radius, 0.105),
        long=4.4,
        high=1.46,
        motor=True,
    )


def truck(paint: Material) -> Vehicle:
    """A lorry 6.6 m long with a closed body behind its cab."""
    axles, radius = (2.25, -1.85), 0.48
    xs = np.unique(np.concatenate([np.linspace(1.05, 3.25, 34), 2.25 + np.linspace(-0.60, 0.60, 25)]))
    low = _arches(xs, np.full_like(xs, 0.52), axles, radius, 0.58)
    wide = along(xs, ((1.05, 1.04), (2.9, 1.04), (3.25, 0.97)))
    top = along(xs, ((1.05, 2.42), (1.3, 2.50), (2.2, 2.50), (2.55, 2.38), (3.0, 1.45), (3.25, 1.32)))
    cab = loft(zip(xs, wide, low, np.maximum(top, low + 0.05), strict=True), narrow=0.06, round_=0.17)
    box = _box((2.05, 1.14, 1.02), (-1.12, 0.0, 1.98), 0.03)
    ribs = [part for x in np.linspace(-2.9, 0.7, 7) for part in _both((0.02, 0.012, 0.98), (float(x), 1.145, 1.98))]
    chassis = _box((3.05, 0.42, 0.10), (-0.05, 0.0, 0.78))
    bumper = _box((0.08, 1.0, 0.13), (3.26, 0.0, 0.58), 0.03)
    skirt = _both((1.0, 0.03, 0.10), (0.0, 1.05, 0.78))
    shield = _windscreen((2.60, 2.27), (2.985, 1.49), 0.86)
    side = _both((0.46, 0.012, 0.30), (1.95, 1.012, 1.92), 0.008)
    guards = [part for x in (-1.85,) for part in _both((0.56, 0.16, 0.02), (x, 0.95, 1.02), 0.015)]
    white = Material(base=(0.74, 0.74, 0.72), gloss=0.4)
    return Vehicle(
        shown=(
            ("cab", cab, paint),
            ("box", box, white),
            ("ribs", geometry.join(ribs), Material(base=(0.58, 0.58, 0.57), gloss=0.4)),
            ("windows", geometry.join([shield, *side]), GLASS),
            ("chassis", geometry.join([chassis, bumper, *skirt, *guards]), DARK),
            ("grille", _box((0.02, 0.62, 0.16), (3.25, 0.0, 1.02), 0.015), DARK),
            ("headlights", geometry.join(_both((0.03, 0.13, 0.08), (3.26, 0.82, 0.86), 0.02)), LAMP),
            ("tail lights", geometry.join(_both((0.03, 0.12, 0.06), (-3.17, 0.9, 0.86), 0.015)), TAIL),
        ),
        frame=(0.70, 0.70, 0.70),
        middle=1.15,
        axles=tuple((x, 0.94) for x in axles),
        wheel=(radius, 0.15),
        long=6.6,
        high=3.0,
        motor=True,
    )


def bus(paint: Material) -> Vehicle:
    """A city bus 10 m long."""
    axles, radius = (3.0, -2.6), 0.48
    xs = np.unique(np.concatenate([np.linspace(-5, 5, 81), *(a + np.linspace(-0.6, 0.6, 25) for a in axles)]))
    low = _arches(xs, np.full_like(xs, 0.32), axles, radius, 0.58)
    wide = along(xs, ((-5.0, 1.20), (-4.9, 1.25), (4.85, 1.25), (5.0, 1.18)))
    top = along(xs, ((-5.0, 2.85), (-4.85, 3.0), (4.7, 3.0), (5.0, 2.8)))
    body = loft(zip(xs, wide, low, top, strict=True), narrow=0.03, round_=0.12)
    windows = [
        part for x in np.linspace(-4.2, 3.4, 7) for part in _both((0.56, 0.014, 0.42), (float(x), 1.228, 2.05), 0.01)
    ]
    windows.append(_box((0.014, 1.08, 0.62), (5.0, 0.0, 2.02), 0.01))
    windows.append(_box((0.014, 0.95, 0.40), (-5.0, 0.0, 2.2), 0.01))
    windows += [_box((0.42, 0.014, 0.95), (x, -1.232, 1.45), 0.01) for x in (4.25, -0.35)]
    stripe = _both((4.85, 0.008, 0.07), (0.0, 1.25, 1.15))
    return Vehicle(
        shown=(
            ("body", body, paint),
            ("windows", geometry.join(windows), GLASS),
            ("stripe", geometry.join(stripe), Material(base=(0.75, 0.75, 0.72), gloss=0.5)),
            ("bumpers", geometry.join([_box((0.05, 1.15, 0.12), (x, 0, 0.45), 0.03) for x in (-5.0, 5.0)]), DARK),
            ("headlights", geometry.join(_both((0.03, 0.16, 0.08), (5.0, 0.9, 0.75), 0.02)), LAMP),
            ("tail lights", geometry.join(_both((0.03, 0.10, 0.14), (-5.0, 1.0, 0.95), 0.02)), TAIL),
        ),
        frame=(1.0, 1.0, 0.8),
        middle=1.0,
        axles=tuple((x, 1.06) for x in axles),
        wheel=(radius, 0.15),
        long=10.0,
        high=3.0,
        motor=True,
    )


def van(paint: Material) -> Vehicle:
    """A delivery van 5.2 m long."""
    axles, radius = (1.72, -1.55), 0.35
    xs = np.unique(np.concatenate([np.linspace(-2.6, 2.6, 66), *(a + np.linspace(-0.43, 0.43, 21) for a in axles)]))
    low = _arches(xs, along(xs, ((-2.6, 0.34), (-2.4, 0.28), (2.4, 0.26), (2.6, 0.36))), axles, radius, 0.42)
    wide = 0.97 * (1 - 0.12 * (np.abs(xs) / 2.6) ** 6)
    top = along(
        xs, ((-2.6, 1.95), (-2.5, 2.14), (0.7, 2.18), (1.05, 2.08), (1.85, 1.26), (2.4, 1.05), (2.55, 0.9), (2.6, 0.75))
    )
    body = loft(zip(xs, wide, low, np.maximum(top, low + 0.02), strict=True), narrow=0.09, round_=0.18)
    shield = _windscreen((1.12, 2.01), (1.80, 1.31), 0.76)
    side = _both((0.36, 0.012, 0.24), (0.82, 0.915, 1.62), 0.008)
    return Vehicle(
        shown=(
            ("body", body, paint),
            ("windows", geometry.join([shield, *side]), GLASS),
            (
                "trim",
                geometry.join([_box((2.3, 0.86, 0.06), (0, 0, 0.27)), _box((0.03, 0.6, 0.1), (2.57, 0, 0.5), 0.02)]),
                DARK,
            ),
            ("headlights", geometry.join(_both((0.05, 0.14, 0.09), (2.46, 0.70, 0.82), 0.03)), LAMP),
            ("tail lights", geometry.join(_both((0.03, 0.07, 0.2), (-2.58, 0.84, 1.05), 0.02)), TAIL),
        ),
        frame=(0.55, 0.55, 0.55),
        middle=0.75,
        axles=tuple((x, 0.84) for x in axles),
        wheel=(radius, 0.11),
        long=5.2,
        high=2.18,
        motor=True,
    )


def toy_car(paint: Material) -> Vehicle:
    """A toy of 24 cm."""
    big, scale = car(replace(paint, mirror=0.35)), 0.055
    return replace(
        big,
        shown=tuple((name, scaled(look, scale), material) for name, look, material in big.shown),
        frame=(0.024, 0.024, 0.02),
        middle=big.middle * scale,
        axles=tuple((x * scale, y * scale) for x, y in big.axles),
        wheel=(big.wheel[0] * scale, big.wheel[1] * scale),
        long=big.long * scale,
        high=big.high * scale,
        tyre="plastic",
        motor=False,
    )


def scaled(mesh: Mesh, scale: float) -> Mesh:
    """The mesh made larger or smaller about its origin."""
    return Mesh(vertices=mesh.vertices * np.float32(scale), normals=mesh.normals, faces=mesh.faces)


def _deeper(colour: Colour) -> Colour:
    red, green, blue = colour
    return 0.6 * red, 0.6 * green, 0.6 * blue


def skateboard(paint: Material) -> Vehicle:
    """A skateboard of 80 cm: its deck of maple with bent ends, two trucks, four hard wheels."""
    xs = np.unique(np.concatenate([np.linspace(-0.4, 0.4, 49), [-0.396, 0.396]]))
    ends = np.clip((np.abs(xs) - 0.29) / 0.11, 0, 1)
    wide = 0.1 * np.sqrt(np.maximum(1 - ends**2, 0.02))
    rise = 0.05 * np.clip((np.abs(xs) - 0.26) / 0.14, 0, 1) ** 1.4 + 0.082

    def sheet(low: float, high: float, less: float) -> Mesh:
        return loft(zip(xs, wide - less, rise + low, rise + high, strict=True), round_=0.35)

    deck = sheet(-0.006, 0.005, 0.0)
    trucks = []
    for x in (-0.21, 0.21):
        trucks += [_box((0.04, 0.028, 0.006), (x, 0, 0.071), 0.003), _box((0.018, 0.02, 0.016), (x, 0, 0.054), 0.006)]
        trucks += [
            geometry.rod((x, -0.105, 0.03), (x, 0.105, 0.03), 0.006, sides=12),
            _box((0.014, 0.06, 0.01), (x, 0, 0.038), 0.006),
        ]
    return Vehicle(
        shown=(
            ("deck", deck, replace(MATERIALS["wood"], base=paint.base, accent=_deeper(paint.base))),
            ("grip", sheet(0.0045, 0.0066, 0.002), Material(base=(0.02, 0.02, 0.022), gloss=0.0)),
            ("trucks", geometry.join(trucks), CHROME),
        ),
        frame=(0.08, 0.08, 0.02),
        middle=0.085,
        axles=((0.21, 0.087), (-0.21, 0.087)),
        wheel=(0.03, 0.017),
        long=0.8,
        high=0.14,
        rim=Material(base=(0.75, 0.72, 0.62), gloss=0.4),
        substance="wood",
        tyre="plastic",
        hull=True,
    )


def _tray(paint: Material, half: Vector, at: float, wheel: tuple[float, float], *, handle: bool) -> Vehicle:
    x, y, z = half
    wall = 0.04 * y
    boards = [_box((x, y, wall), (0, 0, at - z), 0.4 * wall)]
    boards += [_box((x, wall, z), (0, side * y, at), 0.4 * wall) for side in (-1, 1)]
    boards += [_box((wall, y, z), (side * x, 0, at), 0.4 * wall) for side in (-1, 1)]
    axles = ((0.68 * x, 1.05 * y), (-0.68 * x, 1.05 * y))
    under = [geometry.rod((a, -b, wheel[0]), (a, b, wheel[0]), 0.07 * y, sides=10) for a, b in axles]
    under += [_box((0.05 * x, 0.5 * y, (at - z - wheel[0]) / 2), (a, 0, (at - z + wheel[0]) / 2)) for a, _ in axles]
    if handle:
        under += [geometry.rod((x, 0, 0.7 * at), (1.9 * x, 0, 2.2 * at), 0.035 * y, sides=10)]
        under += [geometry.rod((1.9 * x, -0.3 * y, 2.2 * at), (1.9 * x, 0.3 * y, 2.2 * at), 0.05 * y, sides=10)]
    return Vehicle(
        shown=(("tray", geometry.join(boards), paint), ("axles", geometry.join(under), DARK)),
        frame=(0.4 * y, 0.4 * y, 0.9 * z),
        middle=at,
        axles=axles,
        wheel=wheel,
        long=2 * x,
        high=2.2 * at if handle else at + z,
        rim=Material(base=(0.72, 0.72, 0.70), gloss=0.4),
        substance="wood",
        tyre="rubber",
    )


def wagon(paint: Material) -> Vehicle:
    """A toy wagon of 90 cm with a handle."""
    return _tray(paint, (0.45, 0.22, 0.075), 0.24, (0.11, 0.022), handle=True)


def cart(paint: Material) -> Vehicle:
    """A wooden cart of 1.5 m."""
    return _tray(named("wood", paint.base), (0.75, 0.42, 0.20), 0.55, (0.27, 0.03), handle=False)


KINDS: dict[str, Callable[[Material], Vehicle]] = {
    "car": car,
    "truck": truck,
    "bus": bus,
    "van": van,
    "toy car": toy_car,
    "skateboard": skateboard,
    "wagon": wagon,
    "cart": cart,
}
USUAL: dict[str, tuple[str, ...]] = {
    "car": ("red", "blue", "silver", "white", "yellow", "green"),
    "truck": ("red", "blue", "white", "orange"),
    "bus": ("red", "yellow", "blue", "green"),
    "van": ("white", "blue", "silver", "orange"),
    "toy car": ("red", "blue", "yellow", "green", "orange"),
    "skateboard": ("orange", "teal", "red", "purple"),
    "wagon": ("red",),
    "cart": ("brown",),
}
"""Colours of each kind where a prompt names none."""


def paint(colour: Colour) -> Material:
    """Varnished sheet metal."""
    return Material(base=colour, gloss=0.85, mirror=0.6, facing=0.05)


def _wheel_look(radius: float, half: float) -> tuple[Mesh, Mesh]:
    """A tyre, and the rim with five spokes by which one sees that it turns, both about z."""
    edge = 0.18 * radius
    tyre = geometry.lathe(
        [
            (0.0, -0.86 * half),
            (radius - 2.2 * edge, -0.86 * half),
            (radius - edge, -half),
            (radius, -half + 0.6 * edge),
            (radius, half - 0.6 * edge),
            (radius - edge, half),
            (radius - 2.2 * edge, 0.86 * half),
            (0.0, 0.86 * half),
        ],
        sides=40,
    )
    inner, outer = radius - 2.6 * edge, radius - 2.1 * edge
    bright = []
    for side in (-1, 1):
        at = side * 0.9 * half
        ring = [(inner, -0.05 * half), (outer, -0.05 * half), (outer, 0.05 * half), (inner, 0.05 * half)]
        bright.append(geometry.move(geometry.lathe(ring, sides=32), (0, 0, at)))
        bright.append(geometry.move(geometry.cylinder(0.2 * radius, 0.1 * half, sides=20), (0, 0, at)))
        for k in range(5):
            angle = 2 * math.pi * k / 5
            c, s = math.cos(angle), math.sin(angle)
            spoke = _box((inner / 2, 0.055 * radius, 0.06 * half), (inner / 2, 0, 0))
            bright.append(geometry.move(turned(spoke, ((c, -s, 0), (s, c, 0), (0, 0, 1))), (0, 0, at)))
    return tyre, geometry.join(bright)


def hind(name: str) -> str:
    """How the hind wheels of a vehicle are called together."""
    return f"{name}'s hind wheels"


def placed(
    vehicle: Vehicle, name: str, *, time: float, position: Vector, turn: Quaternion, speed: float, drive: bool
) -> list[Solid]:
    """The vehicle's solids, launched at ``time`` with the spot under its middle at ``position``.

    It rolls at ``speed`` m/s along its own x; motors keep that up if it is driven.
    """
    w, x, y, z = turn
    ahead = np.array((1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)))
    up = np.array((2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)))
    at = np.asarray(position, float) + up * vehicle.middle
    velocity = ahead * speed
    radius, half = vehicle.wheel
    frame = Solid(
        name=name,
        shape=Shape.HULL if vehicle.hull else Shape.BOX,
        size=vehicle.frame,
        substance=vehicle.substance,
        material=vehicle.shown[0][2],
        look=geometry.move(vehicle.shown[0][1], (0.0, 0.0, -vehicle.middle)),
        launch=Launch(
            time=time,
            position=(float(at[0]), float(at[1]), float(at[2])),
            velocity=(float(velocity[0]), float(velocity[1]), float(velocity[2])),
            turn=turn,
        ),
    )
    solids = [frame]
    for part, look, material in vehicle.shown[1:]:
        solids.append(
            parts.shown_on(name, f"{name}'s {part}", geometry.move(look, (0.0, 0.0, -vehicle.middle)), material)
        )
    tyre, rim = _wheel_look(radius, half)
    weight = 9.81 * SUBSTANCES[vehicle.substance].density * 8 * math.prod(vehicle.frame)
    for k, (along_, aside) in enumerate((x, side * y) for x, y in vehicle.axles for side in (-1, 1)):
        wheel = f"{name}'s wheel {k + 1}"
        solids.append(
            Solid(
                name=wheel,
                group=hind(name) if along_ < 0 else f"{name}'s front wheels",
                shape=Shape.CYLINDER,
                size=(radius, half),
                substance=vehicle.tyre,
                material=RUBBER if vehicle.tyre in {"tyre", "rubber"} else vehicle.rim,
                look=tyre,
                position=(along_, aside, radius - vehicle.middle),
                turn=LYING,
                joint=Joint(
                    kind=JointKind.HINGE,
                    parent=name,
                    speed=speed / radius,
                    drive=speed / radius if drive else None,
                    strength=GRIP * weight * radius / (2 * len(vehicle.axles)),
                ),
            )
        )
        solids.append(parts.shown_on(wheel, f"{wheel}'s rim", rim, vehicle.rim))
    return solids


def colour_of(kind: str, names: tuple[str, ...], rng: np.random.Generator) -> Colour:
    """What the prompt says, else one that such a thing often has."""
    return COLOURS[names[0] if names else str(rng.choice(USUAL[kind]))]
