"""The layer of what stands still, drawn once for a camera. A Warp kernel."""

import warp as wp

from render.engines.world.tracer.mirror_kernels import mirror_share, reflected
from render.engines.world.tracer.noise_kernels import dither, fraction
from render.engines.world.tracer.shade_kernels import (
    CLOSED,
    Shade,
    closed_off,
    endless,
    faces_sun,
    laid,
    lifted,
    turned_to_eye,
)
from render.engines.world.tracer.world_kernels import WORLD, Hit, blocked_by_still, hit_still, ray, towards_sun

NOTHING = wp.constant(1.0e4)
"""Depth of the sky."""
FINER = wp.constant(4)
"""Times the samples of a pixel of whose surfaces that face the sun some see it and some do not: shadows' soft edges."""


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
def jittered(world: WORLD, x: int, y: int, k: int, samples: int) -> wp.vec3:
    """The direction of a pixel's sample ``k``; of ``samples`` each lies in a row of its own."""
    if samples < 2:
        return ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
    jx = fraction(float(k) * 0.7548777 + 0.25)
    jy = fraction((float(k) + 0.5) / float(samples))
    return ray(world[0].lens, float(x) + jx, float(y) + jy)


@wp.kernel(enable_backward=False)
def draw_still(
    world: WORLD,
    samples: int,
    rays: int,
    sun: wp.array2d(dtype=wp.vec3),
    rest: wp.array2d(dtype=wp.vec3),
    mirrored: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
):
    """Mean radiance of ``samples`` a pixel, of its sunlight more in the edges of shadows; what its centre sees.

    That is the normal and depth, and the part and surface as id · 256 + surface.
    """
    y, x = wp.tid()
    direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
    hit = hit_still(world, world[0].lens.eye, direction, NOTHING)
    if hit.distance < 0.0:
        normal[y, x] = wp.vec4(0.0, 0.0, 1.0, NOTHING)
        ids[y, x] = -1
    else:
        n = hit.normal
        if wp.dot(n, direction) > 0.0:
            n = -n
        normal[y, x] = wp.vec4(n[0], n[1], n[2], hit.distance)
        ids[y, x] = hit.id * 256 + hit.surface
    u = dither(x, y, 0)
    v = dither(y + 37, x + 11, 3)
    sum_sun = wp.vec3(0.0, 0.0, 0.0)
    sum_rest = wp.vec3(0.0, 0.0, 0.0)
    sum_mirrored = wp.vec3(0.0, 0.0, 0.0)
    sunny = int(0)
    shadowed = int(0)
    for k in range(samples):
        direction = jittered(world, x, y, k, samples)
        hit = hit_still(world, world[0].lens.eye, direction, NOTHING)
        if hit.distance < 0.0:
            sum_rest += endless(world, direction)
        else:
            hit = turned_to_eye(hit, direction)
            at = lifted(world, hit, direction)
            a = fraction(u + float(k) * 0.6180340)
            b = fraction(v + float(k) * 0.7548777)
            lit = sun_on_still(world, hit, at, a, b)
            sunny += int(lit > 0.0)
            shadowed += int(lit == 0.0)
            part = shade_still(world, hit, at, direction, lit, a, b, rays)
            sum_sun += part.sun
            sum_rest += part.rest
            sum_mirrored += part.mirrored
    count = samples
    if sunny > 0 and shadowed > 0:
        count = samples * FINER
        for k in range(samples, count):
            direction = jittered(world, x, y, k, samples)
            hit = hit_still(world, world[0].lens.eye, direction, NOTHING)
            if hit.distance >= 0.0:
                hit = turned_to_eye(hit, direction)
                at = lifted(world, hit, direction)
                a = fraction(u + float(k) * 0.6180340)
                b = fraction(v + float(k) * 0.7548777)
                if sun_on_still(world, hit, at, a, b) > 0.0:
                    sum_sun += laid(world, hit, direction).sun
    sun[y, x] = sum_sun * (1.0 / float(count))
    rest[y, x] = sum_rest * (1.0 / float(samples))
    mirrored[y, x] = sum_mirrored * (1.0 / float(samples))


@wp.kernel(enable_backward=False)
def survey(
    world: WORLD,
    side: int,
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    blocks: wp.array2d(dtype=wp.vec4),
):
    """Nearest and farthest metres, and the largest mirrors of the ground and of parts, by tiles of ``side`` pixels."""
    j, i = wp.tid()
    near = float(NOTHING)
    far = float(-1.0)
    ground = float(0.0)
    parts = float(0.0)
    for y in range(j * side, wp.min(j * side + side, world[0].lens.height)):
        for x in range(i * side, wp.min(i * side + side, world[0].lens.width)):
            if ids[y, x] >= 0:
                near = wp.min(near, normal[y, x][3])
                far = wp.max(far, normal[y, x][3])
                mirror = world[0].surfaces[ids[y, x] % 256].mirror
                if ids[y, x] < 256:
                    ground = wp.max(ground, mirror)
                else:
                    parts = wp.max(parts, mirror)
    blocks[j, i] = wp.vec4(near, far, ground, parts)
