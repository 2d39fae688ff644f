"""Light on a surface. Warp structs and functions."""

import warp as wp

from render.engines.world.tracer.noise_kernels import fraction
from render.engines.world.tracer.paint_kernels import Paint
from render.engines.world.tracer.pattern_kernels import leaning, skin
from render.engines.world.tracer.sky_kernels import backdrop, sky, surroundings
from render.engines.world.tracer.world_kernels import (
    FACES,
    WORLD,
    Hit,
    Surface,
    blocked_by_moving,
    blocked_by_still,
    clearness,
    dyed,
    hemisphere,
    hit_any,
    hit_still,
    passed_face,
    towards_sun,
)

SUN_RAYS = wp.constant(6)
"""Shadow rays of a point in the edge of a shadow."""


CLOSED = wp.constant(0.75)
"""Share of the sky's light that full occlusion takes: the rest comes off what is near."""
LIFT = wp.constant(0.002)
"""Metres off a surface from which rays start."""
CLEAR_MIRROR = wp.constant(0.2)
"""Head-on reflection from which on every pixel's mirror is traced, not one in four."""


@wp.struct
class Shade:
    """Radiance in parts, so that what moves can shade and mirror in what stands still."""

    sun: wp.vec3
    rest: wp.vec3
    mirrored: wp.vec3
    air: wp.vec3


@wp.struct
class Moved:
    """The light on a moving part: shares of the sun and the sky that it sees, and what its mirror shows."""

    sun: float
    sky: float
    mirrored: wp.vec3


@wp.struct
class Past:
    """What is behind what is clear."""

    hit: Hit
    tone: wp.vec3
    """Share of each colour that comes through."""
    gleam: wp.vec3
    """Radiance that its face mirrors."""


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
def mirrored(world: WORLD, surface: int, seen: wp.vec3, bounce: wp.vec3) -> wp.vec3:
    """What a mirror makes of what is ``seen`` in it: rough ones blur it into the light from about there."""
    s = world[0].surfaces[surface]
    return wp.cw_mul(seen * (1.0 - s.roughness) + ambient(world, bounce) * s.roughness, tint(s))


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
def glimpse(world: WORLD, hit: Hit, origin: wp.vec3, direction: wp.vec3, travelled: float) -> wp.vec3:
    """A surface seen in a mirror or through glass: shaded without further mirrors, in the air from there on.

    ``travelled`` is the way from the eye to ``origin``, in metres.
    """
    if hit.distance < 0.0:
        return surroundings(world, direction)
    if wp.dot(hit.normal, direction) > 0.0:
        hit.normal = -hit.normal
    blur = (travelled + hit.distance) * world[0].lens.pixel
    look = skin(world[0].surfaces[hit.surface], hit.local, hit.local_normal, blur, world[0].air.cel)
    at = origin + direction * hit.distance + hit.normal * 0.003
    lit = float(0.0)
    if wp.dot(hit.normal, world[0].air.sun) > 0.0:
        lit = 1.0 - wp.max(
            blocked_by_still(world, at, world[0].air.sun, 60.0), blocked_by_moving(world, at, world[0].air.sun, 60.0)
        )
    seen = (
        sunlit(world, hit.surface, hit.normal, look.colour, look.gloss, direction) * lit
        + wp.cw_mul(look.colour, ambient(world, hit.normal)) * 0.8
    )
    seen += look.glow
    pass_through = clear(world, hit.distance)
    return seen * pass_through + hazed(world, direction) * (1.0 - pass_through)


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
def reflected(world: WORLD, hit: Hit, direction: wp.vec3, a: float, b: float) -> wp.vec3:
    """What stands still in the mirror of a surface, before the surface's share is taken."""
    at = lifted(world, hit, direction)
    bounce = direction - hit.normal * (2.0 * wp.dot(direction, hit.normal))
    bounce = wp.normalize(bounce + wp.vec3(a - 0.5, b - 0.5, 0.0) * 0.02)
    other = hit_still(world, at, bounce, 80.0)
    return mirrored(world, hit.surface, glimpse(world, other, at, bounce, hit.distance), bounce)


@wp.func
def mirror_share(world: WORLD, surface: int, normal: wp.vec3, direction: wp.vec3, distance: float) -> float:
    return fresnel(world, surface, -wp.dot(normal, direction)) * clear(world, distance)


@wp.func
def closed_off(world: WORLD, hit: Hit, at: wp.vec3, a: float, b: float, rays: int) -> float:
    """Share of the sky near a point that stands still solids close off, by ``rays`` probes."""
    closed = float(0.0)
    for k in range(rays):
        u = fraction(b + float(k) * 0.6180340)
        v = fraction(a + float(k) * 0.7548777)
        closed += blocked_by_still(world, at, hemisphere(hit.normal, u, v), 1.2)
    return closed / float(rays)


@wp.func
def sun_on_still(world: WORLD, hit: Hit, at: wp.vec3, a: float, b: float) -> float:
    """1 where a point sees one of the sun's disk past what stands still, 0 where not, −1 where it is turned away."""
    if faces_sun(world, hit):
        return 1.0 - blocked_by_still(world, at, towards_sun(world[0].air, a, b), 80.0)
    return -1.0


@wp.func
def shade_still(
    world: WORLD, hit: Hit, at: wp.vec3, direction: wp.vec3, lit: float, a: float, b: float, rays: int
) -> Shade:
    """What stands still, turned to the eye, as if nothing moved; ``lit`` is of :func:`sun_on_still`.

    ``rays`` probe the ambient occlusion.
    """
    out = laid(world, hit, direction)
    out.sun = out.sun * wp.max(lit, 0.0)
    if rays > 0:
        out.rest = out.rest * (1.0 - CLOSED * closed_off(world, hit, at, a, b, rays))
    if world[0].surfaces[hit.surface].mirror > 0.0 and world[0].air.cel == 0:
        share = mirror_share(world, hit.surface, hit.normal, direction, hit.distance)
        out.mirrored = reflected(world, hit, direction, a, b) * share
    out.rest = out.rest + out.air
    return out


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
def past_clear(world: WORLD, hit: Hit, origin: wp.vec3, way: wp.vec3) -> Past:
    """What a mirror shows past the clear part that its ray hits: straight on, for a mirror is small."""
    out = Past()
    out.tone = wp.vec3(1.0, 1.0, 1.0)
    n = hit.normal
    facing = -wp.dot(n, way)
    out.gleam = surroundings(world, way + n * (2.0 * facing)) * (
        1.0 - passed_face(world[0].surfaces[hit.surface], wp.abs(facing))
    )
    for _k in range(FACES):
        if clearness(world, hit) <= 0.0:
            break
        s = world[0].surfaces[hit.surface]
        away = hit.distance + 0.0001
        enters = wp.dot(hit.facet, way) < 0.0
        out.tone = out.tone * passed_face(s, wp.abs(wp.dot(hit.normal, way)))
        hit = hit_any(world, origin + way * away, way, 80.0)
        if enters:
            out.tone = wp.cw_mul(out.tone, dyed(s, hit.distance)) * s.clear
        if hit.distance > 0.0:
            hit.distance += away
    out.hit = hit
    return out


@wp.func
def glimpse_past(world: WORLD, hit: Hit, origin: wp.vec3, direction: wp.vec3, travelled: float) -> wp.vec3:
    """As :func:`glimpse`, but of what is clear what lies behind it is seen."""
    if world[0].has_clear != 0 and clearness(world, hit) > 0.0:
        past = past_clear(world, hit, origin, direction)
        return wp.cw_mul(past.tone, glimpse(world, past.hit, origin, direction, travelled)) + past.gleam
    return glimpse(world, hit, origin, direction, travelled)


@wp.func
def seen_in(world: WORLD, hit: Hit, at: wp.vec3, direction: wp.vec3) -> wp.vec3:
    """All that a moving part's mirror shows, before the surface's share is taken."""
    bounce = direction - hit.normal * (2.0 * wp.dot(direction, hit.normal))
    other = hit_any(world, at, bounce, 80.0)
    return mirrored(world, hit.surface, glimpse_past(world, other, at, bounce, hit.distance), bounce)


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
