"""How parts that move are painted and lit. Warp structs and functions."""

import warp as wp

from render.engines.world.tracer.clear_kernels import blocked_by_moving
from render.engines.world.tracer.mirror_kernels import CLEAR_MIRROR, seen_in
from render.engines.world.tracer.noise_kernels import fraction
from render.engines.world.tracer.paint_kernels import Paint
from render.engines.world.tracer.pattern_kernels import leaning, skin
from render.engines.world.tracer.shade_kernels import ambient, cel_bands, clear, fresnel, hazed, scattered, sunlit
from render.engines.world.tracer.world_kernels import WORLD, Hit, blocked_by_still, towards_sun

SUN_RAYS = wp.constant(6)
"""Shadow rays of a point in the edge of a shadow."""


@wp.struct
class Moved:
    """The light on a moving part: shares of the sun and the sky that it sees, and what its mirror shows."""

    sun: float
    sky: float
    mirrored: wp.vec3


@wp.func
def sun_share(world: WORLD, hit: Hit, at: wp.vec3, a: float, b: float, least: int) -> float:
    """Share of the sun's disk that a point of a moving part sees, settled by ``least`` rays where they agree."""
    if wp.dot(hit.normal, world[0].air.sun) <= 0.0:
        return 0.0
    dark = float(0.0)
    for k in range(SUN_RAYS):
        to_sun = towards_sun(world[0].air, (float(k) + a) / float(SUN_RAYS), fraction(b + float(k) * 0.6180340))
        dark += wp.max(blocked_by_still(world, at, to_sun, 80.0), blocked_by_moving(world, at, to_sun, 80.0))
        if k == 0 and world[0].air.cel != 0:
            dark = dark * float(SUN_RAYS)
            break
        if k == least - 1 and (dark == 0.0 or dark == float(least)):
            dark = dark * (float(SUN_RAYS) / float(least))
            break
    return 1.0 - dark / float(SUN_RAYS)


@wp.func
def painted(world: WORLD, hit: Hit, direction: wp.vec3) -> Paint:
    """The paint of a moving part, turned to the eye; what is clear of it has no colour."""
    slope = wp.max(-wp.dot(direction, hit.facet), 0.15)
    s = world[0].surfaces[hit.surface]
    look = skin(s, hit.local, hit.local_normal, hit.distance * world[0].lens.pixel / slope, world[0].air.cel)
    if s.clear > 0.0:
        # What is printed on it is not clear.
        look.clear = s.clear * wp.clamp(1.0 - 3.0 * wp.length(look.colour - s.base), 0.0, 1.0)
        look.colour = look.colour * (1.0 - look.clear)
    return look


@wp.func
def own_colour(world: WORLD, hit: Hit, direction: wp.vec3) -> wp.vec3:
    """Share of each colour that a moving part, turned to the eye, scatters of the light of a lamp."""
    look = painted(world, hit, direction)
    return scattered(world[0].surfaces[hit.surface], look.colour)


@wp.func
def shade_moving(world: WORLD, hit: Hit, at: wp.vec3, direction: wp.vec3, moved: Moved, through: wp.vec3) -> wp.vec3:
    """Radiance of a moving part, turned to the eye, in the light that ``moved`` says falls on it.

    ``through`` is what is seen through it where it is clear.
    """
    s = world[0].surfaces[hit.surface]
    look = painted(world, hit, direction)
    hit.normal = leaning(hit.normal, hit.local_normal, hit.turn, look.slope)
    passes = clear(world, hit.distance)
    air = hazed(world, direction) * (1.0 - passes)
    if world[0].air.cel != 0:
        bands = cel_bands(world, hit.id, hit.surface, hit.normal, look.colour, direction, moved.sun)
        return (bands.sun + bands.rest + through * look.clear + look.glow) * passes + air
    out = sunlit(world, hit.surface, hit.normal, look.colour, look.gloss, direction) * moved.sun
    out += wp.cw_mul(scattered(s, look.colour), ambient(world, hit.normal)) * moved.sky
    if look.clear > 0.0:
        out += through * look.clear
    if s.mirror > 0.0:
        share = fresnel(world, hit.surface, -wp.dot(hit.normal, direction))
        seen = moved.mirrored
        if s.facing > CLEAR_MIRROR:
            seen = seen_in(world, hit, at, direction)
        out = out * (1.0 - share) + seen * share
    return (out + look.glow) * passes + air
