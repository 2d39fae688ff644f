"""The light on what moves, and its shadows, by rays from one pixel in four. A Warp struct, functions and kernels."""

import warp as wp

from render.engines.world.tracer.clear_kernels import let_through
from render.engines.world.tracer.lanes import LANES
from render.engines.world.tracer.mirror_kernels import CLEAR_MIRROR, seen_in
from render.engines.world.tracer.mover_kernels import SUN_RAYS, Moved, sun_share
from render.engines.world.tracer.noise_kernels import dither, fraction
from render.engines.world.tracer.raster_kernels import met
from render.engines.world.tracer.shade_kernels import above, lifted, turned_to_eye
from render.engines.world.tracer.tiles import Touch
from render.engines.world.tracer.world_kernels import WATER, WORLD, Hit, meets_moving, ray, towards_sun

SEEN = wp.constant(int(Touch.SEEN))
SHADOWED = wp.constant(int(Touch.SHADOWED))
OCCLUDED = wp.constant(int(Touch.OCCLUDED))
MIRRORED = wp.constant(int(Touch.MIRRORED))
SHADOW_EDGE = wp.constant(1)
"""State of a probe: shadows of what moves differ about it."""
GLANCE = wp.constant(2)
"""What moves is seen in a mirror about it."""
SUN_EDGE = wp.constant(4)
"""The sun's share differs about it on the part that it sees."""
LIT = wp.constant(0.004)
"""Sunlight of the still layer below which a shadow would not be seen."""
ALIKE = wp.constant(0.9)
"""Cosine between the normals of two points of a part from which on they share their light."""
DIFFERENT = wp.constant(0.02)
"""By how much two probes' light differs at an edge: below what a step of shadow shows, above what glass shimmers."""
OCCLUSION_REACH = 4.0
"""Radii to which a moving part closes off the sky."""


@wp.func_native(f"""
    float sees = 1.0f;
    for (int first = 0; first < spheres.shape[1]; first += {LANES}) {{
        const float* x = &spheres.data[first];
        const float* y = x + spheres.shape[1];
        const float* z = y + spheres.shape[1];
        const float* radius = z + spheres.shape[1];
        float square[{LANES}];
        int near[{LANES}], some = 0;
        for (int k = 0; k < {LANES}; ++k) {{
            const float dx = x[k] - at[0], dy = y[k] - at[1], dz = z[k] - at[2];
            square[k] = dx * dx + dy * dy + dz * dz;
            near[k] = square[k] < radius[k] * radius[k] * {OCCLUSION_REACH**2}f ? 1 : 0;
            some |= near[k];
        }}
        if (!some) continue;
        for (int k = 0; k < {LANES}; ++k) {{
            if (!near[k] || owners[first + k] == mine) continue;
            const float away = square[k] < 1.0e-8f ? 1.0e-8f : square[k], size = radius[k] * radius[k];
            const float along = (x[k] - at[0]) * n[0] + (y[k] - at[1]) * n[1] + (z[k] - at[2]) * n[2];
            float cosine = along / ::sqrtf(away) + 0.25f;
            cosine = cosine < 0.0f ? 0.0f : cosine > 1.0f ? 1.0f : cosine;
            const float solid = (size < away ? size / away : 1.0f) * cosine;
            sees *= 1.0f - 0.85f * solid * (1.0f - away / (size * {OCCLUSION_REACH**2}f));
        }}
    }}
    return sees;
""")
def open_share(
    spheres: wp.array2d(dtype=wp.float32), owners: wp.array(dtype=wp.int32), mine: int, at: wp.vec3, n: wp.vec3
) -> float:
    """Share of the sky that the spheres, but those of one's own part, leave open.

    ``spheres`` holds rows of x, y, z and radius, a multiple of :data:`LANES` long; a radius of 0 is none.
    """
    ...


@wp.struct
class Probes:
    """What every fourth pixel, one of two by two, knows of what moves; its neighbours borrow it where they agree."""

    shadow: wp.array2d(dtype=wp.vec3)
    """Share of each colour of the sun's light that what moves keeps from what stands still."""
    glance: wp.array2d(dtype=wp.int32)
    """1 where what moves is seen in the mirror of what stands still."""
    code: wp.array2d(dtype=wp.int32)
    """The moving part's id · 256 + surface, −1 where there is none."""
    normal: wp.array2d(dtype=wp.vec3)
    light: wp.array2d(dtype=wp.vec2)
    """Shares of sun and sky that the moving part sees."""
    mirrored: wp.array2d(dtype=wp.vec3)
    state: wp.array2d(dtype=wp.int32)
    """What the probe and the eight about it say together: :data:`SHADOW_EDGE`, :data:`GLANCE`, :data:`SUN_EDGE`."""
    spheres: wp.array2d(dtype=wp.float32)
    owners: wp.array(dtype=wp.int32)
    """Spheres in what moves, and whose they are; see :func:`open_share`."""


PROBES = wp.array(dtype=Probes)
"""As an array of one, like :data:`WORLD`."""


@wp.func
def shade_of_moving(world: WORLD, at: wp.vec3, to_sun: wp.vec3) -> wp.vec3:
    """Share of each colour of light from a point of the sun's disk that what moves keeps from a point."""
    if world[0].has_clear != 0:
        return wp.vec3(1.0, 1.0, 1.0) - let_through(world, at, to_sun, 60.0)
    if meets_moving(world, at, to_sun, 60.0):
        return wp.vec3(1.0, 1.0, 1.0)
    return wp.vec3(0.0, 0.0, 0.0)


@wp.func
def sky_share(world: WORLD, probes: PROBES, hit: Hit, at: wp.vec3) -> float:
    """Share of the sky that a moving part sees past the others and the ground."""
    sees = open_share(probes[0].spheres, probes[0].owners, hit.id, at, hit.normal)
    if world[0].ground >= 0:
        sees *= 1.0 - 0.5 * (0.5 - 0.5 * hit.normal[2]) * wp.exp(-5.0 * wp.max(at[2], 0.0))
    return sees


@wp.func
def shares_mirror(world: WORLD, surface: int) -> bool:
    """Whether a moving part has a mirror that its pixels may share, not one to be traced for each."""
    mirror = world[0].surfaces[surface].mirror
    return mirror > 0.0 and world[0].surfaces[surface].facing <= CLEAR_MIRROR and world[0].air.cel == 0


@wp.kernel(enable_backward=False)
def probe(
    world: WORLD,
    tiles: wp.array2d(dtype=wp.int32),
    side: int,
    still_sun: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    nearest: wp.array2d(dtype=wp.uint64),
    probes: PROBES,
):
    """Rays from every fourth pixel into the :class:`Probes`."""
    j, i = wp.tid()
    y = 2 * j
    x = 2 * i
    touch = tiles[y / side, x / side]
    shade = wp.vec3(0.0, 0.0, 0.0)
    glance = int(0)
    code = int(-1)
    if touch != 0:
        direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
        q = normal[y, x]
        a = dither(x, y, 0)
        b = dither(y + 37, x + 11, 3)
        if ids[y, x] >= 0:
            n = wp.vec3(q[0], q[1], q[2])
            at = above(world, direction, q)
            light = still_sun[y, x]
            if (touch & SHADOWED) != 0 and light[0] + light[1] + light[2] > LIT:
                shade = shade_of_moving(world, at, towards_sun(world[0].air, a, b))
            if (touch & MIRRORED) != 0 and ids[y, x] < WATER and world[0].surfaces[ids[y, x] % 256].mirror > 0.0:
                glance = int(meets_moving(world, at, direction - n * (2.0 * wp.dot(direction, n)), 20.0))
        if (touch & SEEN) != 0:
            hit = met(world[0].moving, nearest[y, x], world[0].lens.eye, direction)
            if hit.distance > 0.0 and hit.distance < q[3]:
                hit = turned_to_eye(hit, direction)
                at = lifted(world, hit, direction)
                code = hit.id * 256 + hit.surface
                probes[0].normal[j, i] = hit.normal
                probes[0].light[j, i] = wp.vec2(sun_share(world, hit, at, a, b, 2), sky_share(world, probes, hit, at))
                if shares_mirror(world, hit.surface):
                    probes[0].mirrored[j, i] = seen_in(world, hit, at, direction)
    probes[0].shadow[j, i] = shade
    probes[0].glance[j, i] = glance
    probes[0].code[j, i] = code


@wp.kernel(enable_backward=False)
def settle(tiles: wp.array2d(dtype=wp.int32), side: int, probes: PROBES):
    """The ``state`` of the probes."""
    j, i = wp.tid()
    if tiles[2 * j / side, 2 * i / side] == 0:
        return
    shade = probes[0].shadow[j, i]
    code = probes[0].code[j, i]
    state = int(0)
    for k in range(9):
        jj = wp.clamp(j + k / 3 - 1, 0, probes[0].code.shape[0] - 1)
        ii = wp.clamp(i + k % 3 - 1, 0, probes[0].code.shape[1] - 1)
        # Of the three colours green tells enough: glass keeps off some of each.
        if wp.abs(probes[0].shadow[jj, ii][1] - shade[1]) > DIFFERENT:
            state = state | SHADOW_EDGE
        if probes[0].glance[jj, ii] != 0:
            state = state | GLANCE
        if code >= 0 and probes[0].code[jj, ii] == code:
            if wp.abs(probes[0].light[jj, ii][0] - probes[0].light[j, i][0]) > DIFFERENT:
                state = state | SUN_EDGE
    probes[0].state[j, i] = state


@wp.func
def light_on(
    world: WORLD,
    probes: PROBES,
    hit: Hit,
    at: wp.vec3,
    direction: wp.vec3,
    x: int,
    y: int,
    wide: int,
    turn: float,
) -> Moved:
    """The light on a moving part: of the probes about that see it alike, or where there are none, its own.

    ``wide`` is 1 to look one probe further, for a point that lies beside the pixel's middle.
    """
    out = Moved()
    code = hit.id * 256 + hit.surface
    mirrors = shares_mirror(world, hit.surface)
    total = float(0.0)
    state = int(0)
    for j in range(wp.max(y / 2 - wide, 0), wp.min((y + 1) / 2 + wide + 1, probes[0].code.shape[0])):
        for i in range(wp.max(x / 2 - wide, 0), wp.min((x + 1) / 2 + wide + 1, probes[0].code.shape[1])):
            if probes[0].code[j, i] == code:
                if wp.dot(probes[0].normal[j, i], hit.normal) > ALIKE:
                    light = probes[0].light[j, i]
                    out.sun += light[0]
                    out.sky += light[1]
                    if mirrors:
                        out.mirrored += probes[0].mirrored[j, i]
                    state = state | probes[0].state[j, i]
                    total += 1.0
    if total > 0.0:
        out.sun = out.sun / total
        out.sky = out.sky / total
        out.mirrored = out.mirrored / total
    else:
        out.sky = sky_share(world, probes, hit, at)
        if mirrors:
            out.mirrored = seen_in(world, hit, at, direction)
    if total == 0.0 or (state & SUN_EDGE) != 0:
        rays = SUN_RAYS
        if total == 0.0:
            rays = 2
        a = fraction(dither(x, y, 0) + turn)
        out.sun = sun_share(world, hit, at, a, dither(y + 37, x + 11, 3), rays)
    return out
