"""The layer of what stands still, drawn once for a camera. A Warp kernel."""

import warp as wp

from render.engines.world.tracer.lanes import LANES
from render.engines.world.tracer.light_kernels import light_row
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
from render.engines.world.tracer.sight_kernels import SETTLED
from render.engines.world.tracer.world_kernels import NOTHING, WORLD, Hit, blocked_by_still, hit_still, ray, towards_sun

FINER = wp.constant(4)
"""Times the samples of a pixel of whose surfaces that face the sun some see it and some do not: shadows' soft edges."""
ALIKE = wp.constant(0.06)
"""Share by which the dimmest sample of a pixel may be dimmer than the brightest for half of them to do."""


@wp.func
def sun_on_still(world: WORLD, hit: Hit, at: wp.vec3, a: float, b: float) -> float:
    """1 where a point sees one of the sun's disk past what stands still, 0 where not, −1 where it is turned away."""
    if faces_sun(world, hit):
        return 1.0 - blocked_by_still(world, at, towards_sun(world[0].air, a, b), 80.0)
    return -1.0


@wp.func
def shade_still(world: WORLD, hit: Hit, direction: wp.vec3, lit: float, a: float, b: float) -> Shade:
    """What stands still, turned to the eye, under a whole sky; ``lit`` is of :func:`sun_on_still`."""
    out = laid(world, hit, direction)
    out.sun = out.sun * wp.max(lit, 0.0)
    if world[0].surfaces[hit.surface].mirror > 0.0 and world[0].air.cel == 0:
        share = mirror_share(world, hit.surface, hit.normal, direction, hit.distance)
        out.mirrored = reflected(world, hit, direction, a, b) * share
    return out


@wp.func
def jittered(world: WORLD, x: int, y: int, k: int, samples: int) -> wp.vec3:
    """The direction of a pixel's sample ``k``; of ``samples`` each lies in a row of its own, first in every other."""
    if samples < 2:
        return ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
    row = 2 * (k % samples)
    if row >= samples:
        row = row - samples + 1 - samples % 2
    jx = fraction(float(row + k / samples * samples) * 0.7548777 + 0.25)
    jy = (float(row) + 0.5) / float(samples)
    return ray(world[0].lens, float(x) + jx, float(y) + jy)


@wp.kernel(enable_backward=False)
def look(world: WORLD, normal: wp.array2d(dtype=wp.vec4), ids: wp.array2d(dtype=wp.int32)):
    """What pixels' centres see: the normal and depth, and the part and surface as id · 256 + surface."""
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


@wp.func
def edged(normal: wp.array2d(dtype=wp.vec4), ids: wp.array2d(dtype=wp.int32), x: int, y: int) -> bool:
    """Whether the centres of the pixels around see another part, another way of its surface, or another depth."""
    q = normal[y, x]
    out = bool(False)
    for k in range(9):
        xx = wp.clamp(x + k % 3 - 1, 0, ids.shape[1] - 1)
        yy = wp.clamp(y + k / 3 - 1, 0, ids.shape[0] - 1)
        p = normal[yy, xx]
        turned = q[0] * p[0] + q[1] * p[1] + q[2] * p[2] < 0.9
        out = out or ids[yy, xx] != ids[y, x] or turned or wp.abs(p[3] - q[3]) > 0.05 * q[3]
    return out


@wp.kernel(enable_backward=False)
def draw_still(
    world: WORLD,
    samples: int,
    rays: int,
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    known: wp.array2d(dtype=wp.vec4),
    air: wp.array2d(dtype=wp.vec3),
    sun: wp.array2d(dtype=wp.vec3),
    rest: wp.array2d(dtype=wp.vec3),
    mirrored: wp.array2d(dtype=wp.vec3),
):
    """Mean radiance of ``samples`` a pixel; of half as many where they are alike and no edge is near.

    Sunlight gets more samples in the edges of shadows. Each sample probes the sky, by ``rays`` near edges, by a third
    of them elsewhere: there ``rest`` is under a whole sky, for :func:`close` to take away what is closed off of it.
    ``normal`` and ``ids`` are of :func:`look`.
    """
    y, x = wp.tid()
    u = dither(x, y, 0)
    v = dither(y + 37, x + 11, 3)
    sum_sun = wp.vec3(0.0, 0.0, 0.0)
    sum_rest = wp.vec3(0.0, 0.0, 0.0)
    sum_air = wp.vec3(0.0, 0.0, 0.0)
    sum_mirrored = wp.vec3(0.0, 0.0, 0.0)
    closed = float(0.0)
    sunny = int(0)
    shadowed = int(0)
    dimmest = float(1.0e9)
    brightest = float(0.0)
    half = (samples + 1) / 2
    count = half
    probes = (rays + 2) / 3
    edge = edged(normal, ids, x, y)
    if edge:
        count = samples
        probes = rays
    k = int(0)
    while k < count:
        direction = jittered(world, x, y, k, samples)
        a = fraction(u + float(k) * 0.6180340)
        b = fraction(v + float(k) * 0.7548777)
        hit = hit_still(world, world[0].lens.eye, direction, NOTHING)
        seen = wp.vec3(0.0, 0.0, 0.0)
        lit = float(-1.0)
        at = wp.vec3(0.0, 0.0, 0.0)
        if hit.distance < 0.0:
            seen = endless(world, direction)
            sum_air += seen
        else:
            hit = turned_to_eye(hit, direction)
            at = lifted(world, hit, direction)
            lit = sun_on_still(world, hit, at, a, b)
            part = shade_still(world, hit, direction, lit, a, b)
            shut = float(0.0)
            if probes > 0:
                shut = closed_off(world, hit, at, a, b, probes)
            closed += shut
            if edge:
                sum_air += part.rest * (1.0 - CLOSED * shut)
            else:
                sum_rest += part.rest
            sum_sun += part.sun
            sum_air += part.air
            sum_mirrored += part.mirrored
            seen = part.sun + part.rest + part.air + part.mirrored
        sunny += int(lit > 0.0)
        shadowed += int(lit == 0.0)
        bright = seen[0] + seen[1] + seen[2]
        dimmest = wp.min(dimmest, bright)
        brightest = wp.max(brightest, bright)
        k += 1
        if k == half and k == count:
            unlike = brightest - dimmest > ALIKE * brightest or (sunny > 0 and shadowed > 0)
            if not unlike and lit >= 0.0:
                for j in range(half, samples):
                    a = fraction(u + float(j) * 0.6180340)
                    b = fraction(v + float(j) * 0.7548777)
                    unlike = unlike or sun_on_still(world, hit, at, a, b) != lit
            if unlike:
                count = samples
    scale = 1.0 / float(count)
    if sunny > 0 and shadowed > 0:
        for j in range(samples, samples * FINER):
            direction = jittered(world, x, y, j, samples)
            hit = hit_still(world, world[0].lens.eye, direction, NOTHING)
            if hit.distance >= 0.0:
                hit = turned_to_eye(hit, direction)
                at = lifted(world, hit, direction)
                a = fraction(u + float(j) * 0.6180340)
                b = fraction(v + float(j) * 0.7548777)
                if sun_on_still(world, hit, at, a, b) > 0.0:
                    sum_sun += laid(world, hit, direction).sun
        sum_sun = sum_sun * (1.0 / float(FINER))
    known[y, x] = wp.vec4(1.0, closed * scale, SETTLED, normal[y, x][3])
    air[y, x] = sum_air * scale
    sun[y, x] = sum_sun * scale
    rest[y, x] = sum_rest * scale
    mirrored[y, x] = sum_mirrored * scale


@wp.kernel(enable_backward=False)
def close(
    known: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    air: wp.array2d(dtype=wp.vec3),
    sun: wp.array2d(dtype=wp.vec3),
    rest: wp.array2d(dtype=wp.vec3),
):
    """Take from ``rest`` the light of the sky that is closed off, evened out over neighbours; :data:`LANES` pixels."""
    y, group = wp.tid()
    light_row(known, ids, air, SETTLED, CLOSED, group * LANES, y, sun, rest)


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
