"""The rims of what a moving camera sees of what stands still, smoothed. Warp kernels."""

import warp as wp

from render.engines.world.tracer.shade_kernels import endless, faces_sun, laid, lifted, turned_to_eye
from render.engines.world.tracer.world_kernels import NOTHING, WORLD, Hit, blocked_by_still, hit_still, ray

GOLDEN = wp.constant(2.3999632)
"""The golden angle in radians: samples of a pixel turn by it."""


@wp.func
def rim(normal: wp.array2d(dtype=wp.vec4), ids: wp.array2d(dtype=wp.int32), x: int, y: int, xx: int, yy: int) -> bool:
    """Whether two neighbouring pixels see different parts, or a step of one."""
    if ids[y, x] != ids[yy, xx]:
        return True
    if ids[y, x] < 256:
        return False
    p = normal[y, x][3]
    q = normal[yy, xx][3]
    return wp.abs(p - q) > 0.04 * wp.min(p, q)


@wp.func
def lent(normal: wp.array2d(dtype=wp.vec4), ids: wp.array2d(dtype=wp.int32), hit: Hit, x: int, y: int) -> int:
    """Which of a pixel's neighbours, row by row, sees the surface of a hit, or nothing as it; −1 if none does."""
    code = int(-1)
    if hit.distance > 0.0:
        code = hit.id * 256 + hit.surface
    best = wp.abs(hit.distance) * 0.2
    found = int(-1)
    for i in range(9):
        xx = x + i % 3 - 1
        yy = y + i / 3 - 1
        if xx >= 0 and yy >= 0 and xx < ids.shape[1] and yy < ids.shape[0]:
            if ids[yy, xx] == code:
                q = normal[yy, xx]
                turned = 1.0 - wp.dot(wp.vec3(q[0], q[1], q[2]), hit.normal)
                gap = wp.abs(q[3] - hit.distance) + turned * hit.distance
                if code < 0:
                    gap = 0.0
                if gap < best:
                    best = gap
                    found = i
    return found


@wp.kernel(enable_backward=False)
def smooth(
    world: WORLD,
    samples: int,
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    sun: wp.array2d(dtype=wp.vec3),
    rest: wp.array2d(dtype=wp.vec3),
    smooth_sun: wp.array2d(dtype=wp.vec3),
    smooth_rest: wp.array2d(dtype=wp.vec3),
):
    """The rims of parts with ``samples`` a pixel, each in the light of the neighbour that sees the same surface."""
    y, x = wp.tid()
    width = world[0].lens.width
    height = world[0].lens.height
    left = wp.max(x - 1, 0)
    right = wp.min(x + 1, width - 1)
    above = wp.max(y - 1, 0)
    below = wp.min(y + 1, height - 1)
    total_sun = sun[y, x]
    total_rest = rest[y, x]
    if samples > 1 and (
        rim(normal, ids, x, y, left, y)
        or rim(normal, ids, x, y, right, y)
        or rim(normal, ids, x, y, x, above)
        or rim(normal, ids, x, y, x, below)
    ):
        for k in range(1, samples):
            away = 0.45 * wp.sqrt((float(k) + 0.5) / float(samples))
            jx = 0.5 + away * wp.cos(float(k) * GOLDEN)
            jy = 0.5 + away * wp.sin(float(k) * GOLDEN)
            direction = ray(world[0].lens, float(x) + jx, float(y) + jy)
            hit = hit_still(world, world[0].lens.eye, direction, NOTHING)
            if hit.distance > 0.0:
                hit = turned_to_eye(hit, direction)
            same = lent(normal, ids, hit, x, y)
            if same >= 0:
                total_sun += sun[y + same / 3 - 1, x + same % 3 - 1]
                total_rest += rest[y + same / 3 - 1, x + same % 3 - 1]
            elif hit.distance < 0.0:
                total_rest += endless(world, direction)
            else:
                part = laid(world, hit, direction)
                if faces_sun(world, hit):
                    dark = blocked_by_still(world, lifted(world, hit, direction), world[0].air.sun, 80.0)
                    total_sun += part.sun * (1.0 - dark)
                total_rest += part.rest + part.air
        total_sun = total_sun * (1.0 / float(samples))
        total_rest = total_rest * (1.0 / float(samples))
    smooth_sun[y, x] = total_sun
    smooth_rest[y, x] = total_rest
