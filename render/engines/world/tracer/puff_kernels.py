"""Particles: soft balls, streaks and leaves over a finished radiance. Warp kernels."""

import warp as wp

from render.engines.world.tracer.lamp_kernels import Lamps, lamplight
from render.engines.world.tracer.world_kernels import WORLD, blocked_by_still, ray

AMBIENT = wp.constant(0.85)
"""Share of the sky's light that a soft particle scatters to the eye."""
SUN = wp.constant(0.32)
"""Share of the sun's light that it scatters, all directions alike."""
RIB = wp.constant(0.05)
"""Half the width of a leaf's midrib, as a share of the leaf's length."""


@wp.kernel(enable_backward=False)
def illuminate(
    world: WORLD,
    lamps: Lamps,
    positions: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    glow: wp.array(dtype=wp.float32),
    colours: wp.array(dtype=wp.vec3),
    out: wp.array(dtype=wp.vec3),
):
    """Radiance of each particle; a normal of no length is a soft ball's."""
    i = wp.tid()
    at = positions[i]
    n = normals[i]
    lit = 1.0 - blocked_by_still(world, at, world[0].air.sun, 60.0)
    sun = SUN
    up = float(0.7)
    if wp.dot(n, n) > 0.5:
        sun = wp.abs(wp.dot(n, world[0].air.sun))
        up = 0.5 + 0.5 * wp.abs(n[2])
    light = (
        world[0].air.sun_colour * (sun * lit) + (world[0].air.ambient * up + world[0].air.ground * (1.0 - up)) * AMBIENT
    )
    if glow[i] == 0.0:
        light += lamplight(lamps, at, n, 0)
    passes = wp.exp(-wp.length(at - world[0].lens.eye) * world[0].air.haze)
    seen = wp.cw_mul(colours[i], light) + colours[i] * glow[i]
    out[i] = seen * passes + world[0].air.horizon * ((1.0 - passes) * 0.95)


@wp.struct
class Marks:
    """Particles on the screen, the farthest first."""

    spot: wp.array(dtype=wp.vec4)
    """Pixels of the middle, and half of the streak."""
    shape: wp.array(dtype=wp.vec4)
    """Radius in pixels, opacity, distance and radius in metres."""
    colour: wp.array(dtype=wp.vec3)
    position: wp.array(dtype=wp.vec3)
    normal: wp.array(dtype=wp.vec3)
    stalk: wp.array(dtype=wp.vec3)


@wp.func
def cover_of(marks: Marks, k: int, px: float, py: float) -> float:
    """How much of a pixel a soft or streaked particle covers."""
    spot = marks.spot[k]
    shape = marks.shape[k]
    dx = px - spot[0]
    dy = py - spot[1]
    square = spot[2] * spot[2] + spot[3] * spot[3]
    if square > 0.01:
        share = wp.clamp((dx * spot[2] + dy * spot[3]) / square, -1.0, 1.0)
        dx = dx - share * spot[2]
        dy = dy - share * spot[3]
    rest = 1.0 - (dx * dx + dy * dy) / (shape[0] * shape[0])
    if rest <= 0.0:
        return 0.0
    return rest * rest * shape[1]


@wp.func
def leaf_cover(world: WORLD, marks: Marks, k: int, direction: wp.vec3) -> wp.vec2:
    """How much of a pixel a leaf covers, and how bright it is there: darker on its rib and towards its rim."""
    n = marks.normal[k]
    shape = marks.shape[k]
    slope = wp.dot(direction, n)
    if wp.abs(slope) < 0.02:
        return wp.vec2(0.0, 1.0)
    away = marks.position[k] - world[0].lens.eye
    t = wp.dot(away, n) / slope
    if t <= 0.0:
        return wp.vec2(0.0, 1.0)
    off = direction * t - away
    along = wp.dot(off, marks.stalk[k]) / shape[3]
    aside = wp.abs(wp.dot(off, wp.cross(n, marks.stalk[k]))) / shape[3]
    pixel = t * world[0].lens.pixel / shape[3]
    wide = float(0.0)
    if along > -1.0 and along < 1.0:
        taper = (1.0 - along) * wp.sqrt(1.0 + along)
        wide = taper * (0.50 + 0.09 * wp.sin(along * 17.0))
    blade = wp.clamp((wide - aside) / pixel + 0.5, 0.0, 1.0)
    if wide <= 0.0:
        blade = 0.0
    stalk = float(0.0)
    if along > -1.45 and along < -0.8:
        stalk = wp.clamp((RIB - aside) / pixel + 0.5, 0.0, 1.0)
    rib = wp.clamp((RIB - aside) / wp.max(pixel, 0.02) + 0.5, 0.0, 1.0) * wp.clamp(0.12 / pixel, 0.0, 1.0)
    tone = 1.08 - 0.22 * aside - 0.30 * rib
    return wp.vec2(wp.max(blade, stalk) * shape[1], tone)


@wp.kernel(enable_backward=False)
def draw(
    world: WORLD,
    marks: Marks,
    starts: wp.array(dtype=wp.int32),
    listed: wp.array(dtype=wp.int32),
    side: int,
    columns: int,
    front: wp.array2d(dtype=wp.vec4),
    colour: wp.array2d(dtype=wp.vec3),
):
    """The particles ``listed`` for each tile over ``colour``, the farthest first."""
    y, x = wp.tid()
    tile = (y / side) * columns + x / side
    first = starts[tile]
    last = starts[tile + 1]
    if first == last:
        return
    c = colour[y, x]
    depth = front[y, x][3]
    px = float(x) + 0.5
    py = float(y) + 0.5
    direction = ray(world[0].lens, px, py)
    for i in range(first, last):
        k = listed[i]
        shape = marks.shape[k]
        if shape[2] - shape[3] < depth:
            n = marks.normal[k]
            a = float(0.0)
            tone = float(1.0)
            if wp.dot(n, n) > 0.5:
                leaf = leaf_cover(world, marks, k, direction)
                a = leaf[0]
                tone = leaf[1]
            else:
                a = cover_of(marks, k, px, py)
            if a > 0.002:
                a = a * wp.clamp((depth - shape[2]) / (2.0 * shape[3] + 0.001) + 0.5, 0.0, 1.0)
                c = c * (1.0 - a) + marks.colour[k] * (a * tone)
    colour[y, x] = c
