"""How water looks: mirrored sky and sun, light out of its depth, foam. Warp structs and functions."""

import warp as wp

from render.engines.world.tracer.ripple_kernels import foam_at, lace, ripples
from render.engines.world.tracer.sky_kernels import surroundings
from render.engines.world.tracer.water_kernels import SEA
from render.engines.world.tracer.world_kernels import WORLD

SKIN = wp.constant(1.0)
"""Metres of water at whose edge it is not seen to thin out."""
MURKY = wp.constant(20.0)
"""Clarities of water that let nothing through."""
DIM = wp.constant(30.0)
"""Exponent of a glint from which on it is not seen."""


@wp.func
def tint(base: wp.vec3, thick: float, clarity: float) -> wp.vec3:
    """What passes a thickness of water: red is lost first."""
    a = thick / clarity
    return wp.vec3(base[0] * wp.exp(-1.7 * a), base[1] * wp.exp(-0.95 * a), base[2] * wp.exp(-0.85 * a))


@wp.func
def air_light(world: WORLD) -> wp.vec3:
    """Light that falls on level ground, about 1 by day."""
    high = wp.max(world[0].air.sun[2], 0.12)
    return (world[0].air.sun_colour * high + world[0].air.ambient) * 0.40


@wp.func
def fresnel_of(water: SEA, facing: float, spread: float) -> float:
    """Fresnel's share of a rough surface: Bruneton, Neyret and Holzschuch, Eurographics 2010."""
    seen_tilt = wp.max(facing, 0.02 + 0.35 * water[0].slope)
    return 0.02 + 0.98 * wp.pow(1.0 - seen_tilt, 5.0 * wp.exp(-2.69 * spread)) / (1.0 + 22.7 * spread * wp.sqrt(spread))


@wp.func
def far_air(world: WORLD, direction: wp.vec3) -> wp.vec3:
    """The light of the air before far water."""
    return surroundings(world, wp.normalize(wp.vec3(direction[0], direction[1], 0.004))) * 0.92


@wp.func
def thrown(n: wp.vec3, direction: wp.vec3, facing: float, spread: float) -> wp.vec3:
    """Where the water's mirror looks: up, the more so the rougher it is."""
    bounce = direction + n * (2.0 * facing)
    return wp.normalize(wp.vec3(bounce[0], bounce[1], wp.abs(bounce[2]) + 0.01 + 0.9 * spread))


@wp.func
def painted(
    world: WORLD, water: SEA, at: wp.vec3, direction: wp.vec3, n: wp.vec3, mark: wp.vec4, lit: float
) -> wp.vec3:
    """Water in flat tones: from the sky's colour far off to its own near by, by steps that are near each other."""
    air = world[0].air
    light = air_light(world)
    facing = wp.max(-wp.dot(n, direction), 0.02)
    band = 0.22 * wp.clamp((facing - 0.08) * 60.0, 0.0, 1.0) + 0.22 * wp.clamp((facing - 0.15) * 50.0, 0.0, 1.0)
    band += 0.20 * wp.clamp((facing - 0.25) * 40.0, 0.0, 1.0) + 0.14 * wp.clamp((facing - 0.40) * 30.0, 0.0, 1.0)
    high = wp.clamp((at[2] - 0.9 * water[0].sigma) / wp.max(0.06 * water[0].sigma, 0.003), 0.0, 1.0)
    shoal = wp.clamp((1.4 * water[0].clarity - mark[3]) * 12.0, 0.0, 1.0)
    sky = air.horizon * 0.35 + air.zenith * 0.45
    body = wp.cw_mul(water[0].deep * 1.9 + water[0].shallow * 0.22, light) * band + sky * (1.0 - band)
    crest = wp.cw_mul(water[0].shallow * 1.25, light)
    body = body + (crest - body) * wp.max(high * 0.4, shoal * 0.55)
    body = body * (0.72 + 0.28 * lit)
    bounce = direction + n * (2.0 * facing)
    spark = wp.clamp((wp.dot(bounce, air.sun) - 0.972) * 220.0, 0.0, 1.0) * lit
    return body + (air.sun_colour * 0.42 + air.horizon * 0.2 - body) * (spark * 0.55)


@wp.struct
class Thrown:
    """What reaches a pixel's water."""

    things: wp.vec4
    """What it mirrors but for the sky, times how much of it they fill; and that share."""
    lit: float
    """The sun's visible share."""
    air: wp.vec3
    """Of :func:`far_air`."""


@wp.func
def glint_of(world: WORLD, water: SEA, n: wp.vec3, direction: wp.vec3, hidden: float, facing: float) -> float:
    """Share of the sun's light that facets of water throw to the eye."""
    half = wp.normalize(world[0].air.sun - direction)
    tall = wp.max(wp.dot(half, n), 0.01)
    square = tall * tall
    narrow = 2.0 * (hidden + 0.0012 + 0.25 * world[0].air.softness * world[0].air.softness)
    away = (1.0 - square) / (square * narrow)
    if away > DIM:
        return 0.0
    facets = wp.exp(-away) / (3.14159265 * narrow * square * square)
    grazing = 1.0 - wp.max(wp.dot(half, world[0].air.sun), 0.0)
    towards = grazing * grazing * grazing * grazing * grazing * 0.98 + 0.02
    return wp.min(facets * towards / (4.0 * wp.max(facing, 0.02 + 0.35 * water[0].slope)), 14.0)


@wp.func
def water_colour(
    world: WORLD,
    water: SEA,
    at: wp.vec3,
    direction: wp.vec3,
    distance: float,
    normal: wp.vec3,
    mark: wp.vec4,
    thick: float,
    beneath: wp.vec3,
    about: Thrown,
) -> wp.vec3:
    """Radiance of the water; ``thick`` metres of it lie before what is ``beneath``."""
    air = world[0].air
    lit = about.lit
    tilted = ripples(world, water, direction, distance, normal, mark)
    n = wp.vec3(tilted[0], tilted[1], tilted[2])
    hidden = tilted[3]
    spread = wp.sqrt(hidden)
    facing = wp.max(-wp.dot(n, direction), 0.02)
    light = air_light(world)
    out = wp.vec3(0.0, 0.0, 0.0)
    if air.cel != 0:
        out = painted(world, water, at, direction, n, mark, lit)
        edge = 1.0 - wp.exp(-thick / wp.max(0.25 * water[0].clarity, 0.05))
        out = out * edge + beneath * (1.0 - edge)
    else:
        share = fresnel_of(water, facing, spread)
        seen = surroundings(world, thrown(n, direction, facing, spread)) * (1.0 - about.things[3])
        seen = seen + wp.vec3(about.things[0], about.things[1], about.things[2])
        # Sunlight through a crest that stands between the eye and the sun, and out of shallow water.
        ahead = wp.clamp(wp.dot(direction, air.sun) * 0.6 + 0.45, 0.0, 1.0)
        crest = wp.clamp(0.22 + 0.30 * at[2] / wp.max(water[0].sigma, 0.25), 0.0, 1.0) * (0.25 + 0.75 * ahead * lit)
        shoal = wp.exp(-wp.max(mark[3], 0.0) / (1.2 * water[0].clarity)) * 0.8
        through = wp.min(crest + shoal, 1.0)
        body = wp.cw_mul(water[0].deep * (1.0 - through) + water[0].shallow * through, light) * (0.55 + 0.45 * lit)
        if thick < MURKY * water[0].clarity:
            opaque = 1.0 - wp.exp(-0.95 * thick / water[0].clarity)
            body = body * opaque + tint(beneath, thick, water[0].clarity)
        film = float(1.0)
        if thick < SKIN:
            film = 1.0 - wp.exp(-thick / 0.05)
        glint = glint_of(world, water, n, direction, hidden, facing) * lit
        share = share * film
        out = body * (1.0 - share) + seen * share + air.sun_colour * (glint * film)
    cover = lace(mark[0], mark[1], foam_at(water, mark), water[0].time, air.cel)
    if cover > 0.0:
        white = wp.cw_mul(
            wp.vec3(0.92, 0.96, 1.0),
            air.sun_colour * (0.30 * lit * wp.max(wp.dot(n, air.sun), 0.05)) + air.ambient * 0.62,
        )
        if air.cel != 0:
            white = white * 1.1
        if thick < SKIN:
            cover = cover * (1.0 - wp.exp(-thick / 0.03))
        out = out * (1.0 - cover) + white * cover
    veil = wp.exp(-distance * 0.0009 - wp.min(distance, 120.0) * air.haze)
    return out * veil + about.air * (1.0 - veil)
