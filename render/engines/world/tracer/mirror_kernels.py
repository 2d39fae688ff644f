"""What mirrors show: a glimpse of what stands still or moves, past what is clear. Warp structs and functions."""

import warp as wp

from render.engines.world.tracer.clear_kernels import FACES, blocked_by_moving, clearness, dyed, passed_face, stepped
from render.engines.world.tracer.pattern_kernels import skin
from render.engines.world.tracer.shade_kernels import ambient, clear, fresnel, hazed, lifted, sunlit, tint
from render.engines.world.tracer.sky_kernels import surroundings
from render.engines.world.tracer.world_kernels import WORLD, Hit, blocked_by_still, hit_any, hit_still

CLEAR_MIRROR = wp.constant(0.2)
"""Head-on reflection from which on every pixel's mirror is traced, not one in four."""


@wp.struct
class Past:
    """What is behind what is clear."""

    hit: Hit
    tone: wp.vec3
    """Share of each colour that comes through."""
    gleam: wp.vec3
    """Radiance that its face mirrors."""


@wp.func
def mirrored(world: WORLD, surface: int, seen: wp.vec3, bounce: wp.vec3) -> wp.vec3:
    """What a mirror makes of what is ``seen`` in it: rough ones blur it into the light from about there."""
    s = world[0].surfaces[surface]
    return wp.cw_mul(seen * (1.0 - s.roughness) + ambient(world, bounce) * s.roughness, tint(s))


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
def past_clear(world: WORLD, hit: Hit, origin: wp.vec3, way: wp.vec3) -> Past:
    """What a mirror shows past the clear part that its ray hits: straight on, for a mirror is small."""
    out = Past()
    out.tone = wp.vec3(1.0, 1.0, 1.0)
    n = hit.normal
    facing = -wp.dot(n, way)
    out.gleam = surroundings(world, way + n * (2.0 * facing)) * (
        1.0 - passed_face(world[0].surfaces[hit.surface], wp.abs(facing))
    )
    for _ in range(FACES):
        if clearness(world, hit) <= 0.0:
            break
        s = world[0].surfaces[hit.surface]
        enters = wp.dot(hit.facet, way) < 0.0
        step = stepped(world, hit.surface, enters, origin + way * hit.distance, way)
        if not step.joined:
            out.tone = out.tone * passed_face(s, wp.abs(wp.dot(hit.normal, way)))
        if enters:
            out.tone = out.tone * s.clear
        hit = hit_any(world, step.point, way, 80.0)
        if step.within >= 0:
            out.tone = wp.cw_mul(out.tone, dyed(world[0].surfaces[step.within], hit.distance))
        if hit.distance > 0.0:
            hit.distance += wp.dot(step.point - origin, way)
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
