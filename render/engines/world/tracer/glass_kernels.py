"""What is seen through clear parts: bent and dyed, or as cel painters draw it. Warp structs and functions."""

import warp as wp

from render.engines.world.tracer.clear_kernels import BEYOND, FACES, blocked_by_moving, clearness, dyed, stepped
from render.engines.world.tracer.mirror_kernels import glimpse
from render.engines.world.tracer.pattern_kernels import skin
from render.engines.world.tracer.probe_kernels import PROBES, SHADOW_EDGE
from render.engines.world.tracer.shade_kernels import LIFT, cel_bands, turned_to_eye
from render.engines.world.tracer.world_kernels import (
    NOTHING,
    WATER,
    WORLD,
    Hit,
    blocked_by_still,
    hit_any,
    hit_moving,
    hit_still,
)

GLASS = wp.constant(1.5)
"""Refractive index."""
ALIKE = wp.constant(0.02)
"""Share of a distance by which a pixel's may differ from a point's that it shows."""
CEL_DEPTH = wp.constant(0.2)
"""Metres of glass whose colour a drawn pane has."""
PALE = wp.constant(0.55)
"""Share of its colour that a drawn pane's tint has."""
VEIL = wp.constant(0.16)
"""Share of a drawn pane that is its own flat tone, over what is seen through it."""
STREAK = wp.constant(0.5)
"""The same of a streak of light across it."""


@wp.struct
class Behind:
    """What stands still behind what is clear, and what of it is touched; see :func:`moving_kernels.compose`."""

    sun: wp.array2d(dtype=wp.vec3)
    rest: wp.array2d(dtype=wp.vec3)
    mirrored: wp.array2d(dtype=wp.vec3)
    normal: wp.array2d(dtype=wp.vec4)
    ids: wp.array2d(dtype=wp.int32)
    tiles: wp.array2d(dtype=wp.int32)
    side: int
    open_sky: wp.array2d(dtype=wp.float32)


BEHIND = wp.array(dtype=Behind)
"""As an array of one, like :data:`WORLD`."""


@wp.func
def still_seen(behind: BEHIND, probes: PROBES, y: int, x: int) -> wp.vec3:
    """What stands still in a pixel, in the shadows of what moves."""
    light = behind[0].sun[y, x]
    sky = behind[0].rest[y, x]
    if behind[0].tiles[y / behind[0].side, x / behind[0].side] != 0:
        shade = probes[0].shadow[y / 2, x / 2]
        if (probes[0].state[y / 2, x / 2] & SHADOW_EDGE) != 0:
            shade = wp.vec3(0.0, 0.0, 0.0)
            for k in range(9):
                j = wp.clamp(y / 2 + k / 3 - 1, 0, probes[0].shadow.shape[0] - 1)
                i = wp.clamp(x / 2 + k % 3 - 1, 0, probes[0].shadow.shape[1] - 1)
                shade += probes[0].shadow[j, i] * (1.0 / 9.0)
        light = wp.cw_mul(light, wp.vec3(1.0, 1.0, 1.0) - shade)
        sky = sky * behind[0].open_sky[y, x]
    return light + sky + behind[0].mirrored[y, x]


@wp.func
def stands_behind(world: WORLD, behind: BEHIND, probes: PROBES, other: Hit, point: wp.vec3, way: wp.vec3) -> wp.vec3:
    """Radiance of what a ray meets that has left all that is clear.

    Where a pixel shows that point, or water before it, it is taken from there: as careful as it was drawn.
    """
    lens = world[0].lens
    away = way
    if other.distance > 0.0:
        away = point + way * other.distance - lens.eye
    depth = wp.dot(away, lens.forward)
    if depth > 0.01 * wp.length(away):
        x = int(wp.floor(wp.dot(away, lens.right) / (depth * lens.pixel) + 0.5 * float(lens.width)))
        y = int(wp.floor(0.5 * float(lens.height) - wp.dot(away, lens.up) / (depth * lens.pixel)))
        if x >= 0 and y >= 0 and x < lens.width and y < lens.height:
            code = behind[0].ids[y, x]
            far = behind[0].normal[y, x][3]
            distance = float(NOTHING)
            mine = int(-1)
            if other.distance > 0.0:
                distance = wp.length(away)
                mine = other.id * 256 + other.surface
            near = wp.length(point - lens.eye)
            if code == mine and (mine < 0 or wp.abs(far - distance) < ALIKE * distance):
                return still_seen(behind, probes, y, x)
            if code >= WATER and far < distance and far > near:
                return still_seen(behind, probes, y, x)
    return glimpse(world, other, point, way, wp.length(point - lens.eye))


@wp.func
def is_flat(world: WORLD, hit: Hit) -> bool:
    """Whether the face of a clear part is as flat as its triangle."""
    soup = world[0].moving
    a = soup[0].normals[soup[0].indices[hit.face * 3]]
    b = soup[0].normals[soup[0].indices[hit.face * 3 + 1]]
    c = soup[0].normals[soup[0].indices[hit.face * 3 + 2]]
    return wp.dot(a, b) > 0.9999 and wp.dot(b, c) > 0.9999


@wp.func
def bent(way: wp.vec3, n: wp.vec3, ratio: float, flat: bool) -> wp.vec3:
    """A ray behind a face whose normal is against it, by Snell's law; before it again where none gets through.

    A ray that a round face would throw back grazes it: its triangles would scatter what they should mirror.
    """
    into = -wp.dot(way, n)
    rest = 1.0 - ratio * ratio * (1.0 - into * into)
    if rest < 0.0 and flat:
        return way + n * (2.0 * into)
    return way * ratio + n * (ratio * into - wp.sqrt(wp.max(rest, 1.0e-4)))


@wp.func
def seen_through(world: WORLD, behind: BEHIND, probes: PROBES, hit: Hit, direction: wp.vec3) -> wp.vec3:
    """Radiance that comes through a clear part: the ray is bent at each face and dyed on its way inside."""
    face = hit
    way = direction
    point = world[0].lens.eye + direction * hit.distance
    tone = wp.vec3(1.0, 1.0, 1.0)
    for k in range(FACES):
        n = face.normal
        if wp.dot(n, way) > 0.0:
            n = -n
        enters = k == 0 or wp.dot(face.facet, way) < 0.0
        step = stepped(world, face.surface, enters, point, way)
        if not step.joined:
            ratio = GLASS
            if enters:
                ratio = 1.0 / GLASS
            way = wp.normalize(bent(way, n, ratio, is_flat(world, face)))
            # What the face throws back stays on the side from which it came.
            step.within = -1
            if enters != (wp.dot(way, n) > 0.0):
                step.within = face.surface
            step.point = point + way * BEYOND
        point = step.point
        other = hit_any(world, point, way, 80.0)
        if step.within >= 0:
            tone = wp.cw_mul(tone, dyed(world[0].surfaces[step.within], other.distance))
        if clearness(world, other) <= 0.0:
            if other.id >= world[0].first_moving:
                return wp.cw_mul(tone, glimpse(world, other, point, way, wp.length(point - world[0].lens.eye)))
            return wp.cw_mul(tone, stands_behind(world, behind, probes, other, point, way))
        point = point + way * other.distance
        face = other
    # Past so much glass only what stands still is seen.
    return wp.cw_mul(tone, stands_behind(world, behind, probes, hit_still(world, point, way, 80.0), point, way))


@wp.func
def streak(world: WORLD, hit: Hit, direction: wp.vec3) -> float:
    """1 in the slanting streaks of light that are drawn across flat glass, and in those along the side of round glass.

    0 elsewhere; their edges are a pixel wide or so.
    """
    lens = world[0].lens
    across = float(0.0)
    if is_flat(world, hit):
        depth = wp.dot(direction, lens.forward)
        slant = (wp.dot(direction, lens.right) + 0.6 * wp.dot(direction, lens.up)) / depth
        across = slant / 0.24 - wp.floor(slant / 0.24)
    else:
        if wp.abs(wp.dot(hit.normal, lens.up)) > 0.75:
            return 0.0
        across = -0.72 * wp.dot(hit.normal, lens.right) - 0.05
    wide = wp.clamp((0.09 - wp.abs(across - 0.30)) * 60.0, 0.0, 1.0)
    thin = wp.clamp((0.025 - wp.abs(across - 0.47)) * 60.0, 0.0, 1.0)
    return wp.max(wide, thin)


@wp.func
def cel_behind(world: WORLD, hit: Hit, direction: wp.vec3) -> wp.vec3:
    """A moving part behind glass, in a drawing's flat tones; ``hit`` is measured from the eye."""
    hit = turned_to_eye(hit, direction)
    look = skin(world[0].surfaces[hit.surface], hit.local, hit.local_normal, hit.distance * world[0].lens.pixel, 1)
    at = world[0].lens.eye + direction * hit.distance + hit.facet * LIFT
    sun = world[0].air.sun
    lit = 1.0 - wp.max(blocked_by_still(world, at, sun, 80.0), blocked_by_moving(world, at, sun, 80.0))
    bands = cel_bands(world, hit.id, hit.surface, hit.normal, look.colour, direction, lit)
    return bands.sun + bands.rest + look.glow


@wp.func
def drawn_glass(world: WORLD, hit: Hit, direction: wp.vec3, base: wp.vec3, farthest: float) -> wp.vec3:
    """Clear parts as cel painters have them: a flat tint over what is straight behind, with a streak of light.

    ``base`` is what stands still there, ``farthest`` metres off.
    """
    over = wp.vec3(0.0, 0.0, 0.0)
    tone = wp.vec3(1.0, 1.0, 1.0)
    lit = world[0].air.sun_colour * 0.40 + world[0].air.ambient * 0.55
    face = hit
    away = hit.distance
    for k in range(FACES):
        s = world[0].surfaces[face.surface]
        enters = k == 0 or wp.dot(face.facet, direction) < 0.0
        if enters:
            tint = dyed(s, CEL_DEPTH)
            veil = float(VEIL)
            if k == 0:
                veil += (STREAK - VEIL) * streak(world, face, direction)
                tint = tint + (wp.vec3(1.0, 1.0, 1.0) - tint) * ((veil - VEIL) / (STREAK - VEIL))
            pale = wp.vec3(1.0, 1.0, 1.0) * (1.0 - PALE) + tint * PALE
            over += wp.cw_mul(tone, wp.cw_mul(pale, lit)) * veil
            tone = wp.cw_mul(tone, pale) * (1.0 - veil)
        step = stepped(world, face.surface, enters, world[0].lens.eye + direction * away, direction)
        near = hit_moving(world, step.point, direction, farthest - away)
        if near.distance < 0.0:
            break
        away = near.distance + wp.dot(step.point - world[0].lens.eye, direction)
        near.distance = away
        if clearness(world, near) <= 0.0:
            return over + wp.cw_mul(tone, cel_behind(world, near, direction))
        face = near
    return over + wp.cw_mul(tone, base)
