"""What is clear: how it dyes light, and how a ray goes on behind its faces. A Warp struct and functions."""

import warp as wp

from render.engines.world.tracer.world_kernels import WORLD, Hit, Surface, hit_moving, meets_moving

TINT = wp.constant(0.03)
"""Metres of glass that colour light about as the glass is coloured."""
DEEPEST = wp.constant(2.0)
"""Times that depth as which the deepest glass colours light."""
FACES = wp.constant(10)
"""Faces of clear parts that a ray is followed through."""
SHADED_FACES = wp.constant(16)
"""The same of a ray to the sun, which goes straight."""
JOINED = wp.constant(0.004)
"""Metres between two clear parts up to which they are one: a pane that is still whole shows no joints."""
BEYOND = wp.constant(0.0001)
"""Metres behind a face from which a ray goes on."""
SPREAD = wp.constant(0.8)
"""How much of the light is spread by glass whose faces are not alike: it lights other places, so here it lacks."""


@wp.func
def clearness(world: WORLD, hit: Hit) -> float:
    """Share of the light that goes through the surface of a hit; 0 where nothing is hit."""
    if hit.distance < 0.0:
        return 0.0
    return world[0].surfaces[hit.surface].clear


@wp.func
def dyed(s: Surface, depth: float) -> wp.vec3:
    """Share of each colour that so many metres of a clear body let through.

    What is thick is dyed paler, as makers of glass do it: none counts for more than :data:`DEEPEST` times :data:`TINT`.
    """
    bright = wp.max(wp.max(s.base), 0.001)
    thick = wp.max(depth, 0.0) / (TINT + wp.max(depth, 0.0) / DEEPEST)
    return wp.vec3(
        wp.pow(wp.max(s.base[0], 0.0005) / bright, thick),
        wp.pow(wp.max(s.base[1], 0.0005) / bright, thick),
        wp.pow(wp.max(s.base[2], 0.0005) / bright, thick),
    )


@wp.func
def passed_face(s: Surface, facing: float) -> float:
    """Share of the light that a clear face does not mirror."""
    c = 1.0 - wp.clamp(facing, 0.0, 1.0)
    c2 = c * c
    return 1.0 - s.mirror * (s.facing + (1.0 - s.facing) * c2 * c2 * c)


@wp.struct
class Step:
    """Where a ray goes on that has passed straight through a clear face."""

    point: wp.vec3
    within: int
    """The surface of the clear part that it is then in, or −1."""
    joined: bool
    """Whether it left one part and is already in another that touches it."""


@wp.func
def stepped(world: WORLD, surface: int, enters: bool, at: wp.vec3, way: wp.vec3) -> Step:
    """The step of a ray past a face of this ``surface``; where it leaves a part it may enter the next one at once."""
    out = Step()
    out.point = at + way * BEYOND
    out.within = surface
    if not enters:
        out.within = -1
        near = hit_moving(world, out.point, way, JOINED)
        if clearness(world, near) > 0.0 and wp.dot(near.facet, way) < 0.0:
            out.point += way * (near.distance + BEYOND)
            out.within = near.surface
            out.joined = True
    return out


@wp.func
def let_through(world: WORLD, origin: wp.vec3, direction: wp.vec3, reach: float) -> wp.vec3:
    """Share of each colour of light that comes straight past the moving parts within reach, the clear ones among them.

    What is clear dyes it, mirrors some of it at each face, and spreads some where the faces are not alike.
    """
    tone = wp.vec3(1.0, 1.0, 1.0)
    if world[0].has_moving == 0:
        return tone
    point = origin
    left = reach
    entered = wp.vec3(0.0, 0.0, 0.0)
    within = int(-1)
    for _ in range(SHADED_FACES):
        face = hit_moving(world, point, direction, left)
        if face.distance < 0.0:
            return tone
        if clearness(world, face) <= 0.0:
            return wp.vec3(0.0, 0.0, 0.0)
        s = world[0].surfaces[face.surface]
        across = wp.dot(face.normal, direction)
        enters = wp.dot(face.facet, direction) < 0.0
        step = stepped(world, face.surface, enters, point + direction * face.distance, direction)
        if enters:
            entered = face.normal
            tone = tone * (s.clear * passed_face(s, -across))
        else:
            if within >= 0:
                tone = wp.cw_mul(tone, dyed(world[0].surfaces[within], face.distance))
            if not step.joined:
                tone = tone * passed_face(s, across)
                if within >= 0:
                    tone = tone * wp.exp(-SPREAD * (1.0 + wp.dot(entered, face.normal)))
        left -= wp.dot(step.point - point, direction)
        point = step.point
        within = step.within
    # So much glass lets hardly anything through.
    return wp.vec3(0.0, 0.0, 0.0)


@wp.func
def blocked_by_moving(world: WORLD, origin: wp.vec3, direction: wp.vec3, reach: float) -> float:
    """Share of the light that moving parts within reach keep off: 1 or 0, unless they are clear."""
    if world[0].has_clear != 0:
        passes = let_through(world, origin, direction, reach)
        return 1.0 - (passes[0] + passes[1] + passes[2]) / 3.0
    if meets_moving(world, origin, direction, reach):
        return 1.0
    return 0.0
