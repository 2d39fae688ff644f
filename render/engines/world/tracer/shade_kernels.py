"""Light on a surface. Warp structs and functions."""

import warp as wp

from render.engines.world.tracer.noise_kernels import fraction
from render.engines.world.tracer.pattern_kernels import leaning, skin
from render.engines.world.tracer.sky_kernels import backdrop, sky
from render.engines.world.tracer.world_kernels import (
    WORLD,
    Hit,
    Surface,
    blocked_by_still,
    hemisphere,
)

CLOSED = wp.constant(0.75)
"""Share of the sky's light that full occlusion takes: the rest comes off what is near."""
LIFT = wp.constant(0.002)
"""Metres off a surface from which rays start."""


@wp.struct
class Shade:
    """Radiance in parts, so that what moves can shade and mirror in what stands still."""

    sun: wp.vec3
    rest: wp.vec3
    mirrored: wp.vec3
    air: wp.vec3


@wp.func
def hazed(world: WORLD, direction: wp.vec3) -> wp.vec3:
    """Radiance of endless air in a direction near the horizon."""
    if world[0].air.studio != 0:
        return backdrop(world[0].air, direction)
    return world[0].air.horizon * 0.95


@wp.func
def clear(world: WORLD, distance: float) -> float:
    """Share of light that passes the air."""
    return wp.exp(-distance * world[0].air.haze)


@wp.func
def ambient(world: WORLD, normal: wp.vec3) -> wp.vec3:
    up = 0.5 + 0.5 * normal[2]
    return world[0].air.ambient * up + world[0].air.ground * (1.0 - up)


@wp.func
def fresnel(world: WORLD, surface: int, facing: float) -> float:
    s = world[0].surfaces[surface]
    c = 1.0 - wp.clamp(facing, 0.0, 1.0)
    c2 = c * c
    return s.facing + (s.mirror - s.facing) * c2 * c2 * c


@wp.func
def cel_bands(
    world: WORLD, part: int, surface: int, normal: wp.vec3, colour: wp.vec3, direction: wp.vec3, visible: float
) -> Shade:
    """Two flat tones, a hard highlight and a rim of light."""
    out = Shade()
    facing = wp.dot(normal, world[0].air.sun)
    grey = (colour[0] + colour[1] + colour[2]) / 3.0
    rich = wp.max(colour * 1.25 - wp.vec3(grey, grey, grey) * 0.25, wp.vec3(0.0, 0.0, 0.0))
    power = (world[0].air.sun_colour[0] + world[0].air.sun_colour[1] + world[0].air.sun_colour[2]) / 3.0
    lit = wp.cw_mul(rich, world[0].air.sun_colour * 0.40 + world[0].air.ambient * 0.55)
    dark = wp.cw_mul(rich, world[0].air.ambient * 0.52 + wp.vec3(0.06, 0.03, 0.10) * power)
    step = wp.clamp((facing - 0.10) * 40.0 + 0.5, 0.0, 1.0) * visible
    bright = lit
    if part != 0:
        s = world[0].surfaces[surface]
        half = wp.normalize(world[0].air.sun - direction)
        if s.gloss > 0.18:
            spot = wp.clamp((wp.dot(normal, half) - (1.0 - 0.02 * s.gloss - 0.004)) * 400.0, 0.0, 1.0)
            bright = bright + world[0].air.sun_colour * (0.5 * spot)
        if facing > 0.82:
            bright = bright * 1.10
    out.sun = (bright - dark) * step
    out.rest = dark
    return out


@wp.func
def tint(s: Surface) -> wp.vec3:
    """The colour of a mirror: white but for metals."""
    return wp.vec3(1.0, 1.0, 1.0) * (1.0 - s.metal) + s.base * s.metal


@wp.func
def scattered(s: Surface, colour: wp.vec3) -> wp.vec3:
    """The colour of what is not mirrored: metals have nearly none."""
    return colour * (1.0 - 0.92 * s.metal)


@wp.func
def sunlit(world: WORLD, surface: int, normal: wp.vec3, colour: wp.vec3, gloss: float, direction: wp.vec3) -> wp.vec3:
    """Reflected sunlight, were nothing in between; ``gloss`` is the share of the surface's that is left."""
    facing = wp.max(wp.dot(normal, world[0].air.sun), 0.0)
    s = world[0].surfaces[surface]
    half = wp.normalize(world[0].air.sun - direction)
    sharp = 20.0 + 220.0 * s.gloss
    shine = wp.pow(wp.max(wp.dot(normal, half), 0.0), sharp) * s.gloss * (0.25 + sharp * 0.006) * facing * gloss
    return wp.cw_mul(scattered(s, colour) * facing + tint(s) * shine, world[0].air.sun_colour)


@wp.func
def turned_to_eye(hit: Hit, direction: wp.vec3) -> Hit:
    """The side that is seen: of a sheet it may be the back."""
    if wp.dot(hit.facet, direction) > 0.0:
        hit.facet = -hit.facet
        if wp.dot(hit.normal, direction) > 0.25:
            hit.normal = -hit.normal
    across = wp.dot(hit.normal, direction)
    if across > -0.02:
        hit.normal = wp.normalize(hit.normal - direction * (across + 0.02))
    return hit


@wp.func
def faces_sun(world: WORLD, hit: Hit) -> bool:
    return wp.dot(hit.normal, world[0].air.sun) > 0.0 and wp.dot(hit.facet, world[0].air.sun) > -0.1


@wp.func
def lifted(world: WORLD, hit: Hit, direction: wp.vec3) -> wp.vec3:
    """The point that is hit, a little off its surface."""
    return world[0].lens.eye + direction * hit.distance + hit.facet * LIFT


@wp.func
def above(world: WORLD, direction: wp.vec3, q: wp.vec4) -> wp.vec3:
    """A little off the point that a pixel sees, by its normal and depth."""
    return world[0].lens.eye + direction * q[3] + wp.vec3(q[0], q[1], q[2]) * LIFT


@wp.func
def lay(
    world: WORLD,
    part: int,
    surface: int,
    distance: float,
    normal: wp.vec3,
    facet: wp.vec3,
    local: wp.vec3,
    local_normal: wp.vec3,
    turn: wp.quat,
    direction: wp.vec3,
) -> Shade:
    """A surface turned to the eye, under a sun and a sky that nothing hides; ``mirrored`` stays empty.

    It takes a :class:`Hit` in pieces, for a struct that was just written is slow to copy.
    """
    out = Shade()
    slope = wp.max(-wp.dot(direction, facet), 0.08)
    s = world[0].surfaces[surface]
    look = skin(s, local, local_normal, distance * world[0].lens.pixel / slope, world[0].air.cel)
    leant = leaning(normal, local_normal, turn, look.slope)
    if world[0].air.cel != 0:
        out = cel_bands(world, part, surface, leant, look.colour, direction, 1.0)
    else:
        kept = float(1.0)
        if s.mirror > 0.0:
            kept = 1.0 - fresnel(world, surface, -wp.dot(leant, direction))
        out.sun = sunlit(world, surface, leant, look.colour, look.gloss, direction) * kept
        out.rest = wp.cw_mul(scattered(s, look.colour), ambient(world, leant)) * kept
    out.rest = out.rest + look.glow
    passes = clear(world, distance)
    out.sun = out.sun * passes
    out.rest = out.rest * passes
    out.air = hazed(world, direction) * (1.0 - passes)
    return out


@wp.func
def laid(world: WORLD, hit: Hit, direction: wp.vec3) -> Shade:
    """A hit that is turned to the eye; see :func:`lay`, which is quicker."""
    return lay(
        world,
        hit.id,
        hit.surface,
        hit.distance,
        hit.normal,
        hit.facet,
        hit.local,
        hit.local_normal,
        hit.turn,
        direction,
    )


@wp.func
def endless(world: WORLD, direction: wp.vec3) -> wp.vec3:
    """What is seen where nothing is hit."""
    if world[0].air.studio != 0:
        return backdrop(world[0].air, direction)
    return sky(world[0].air, direction)


@wp.func
def closed_off(world: WORLD, hit: Hit, at: wp.vec3, a: float, b: float, rays: int) -> float:
    """Share of the sky near a point that stands still solids close off, by ``rays`` probes."""
    closed = float(0.0)
    for k in range(rays):
        u = fraction(b + float(k) * 0.6180340)
        v = fraction(a + float(k) * 0.7548777)
        closed += blocked_by_still(world, at, hemisphere(hit.normal, u, v), 1.2)
    return closed / float(rays)
