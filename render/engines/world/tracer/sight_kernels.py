"""What a moving camera sees of what stands still, in each frame anew: a sample a pixel. Warp kernels.

The sun's visibility and the open sky of a point that stands still do not change. They are carried from the frame
before to where the camera now sees the same point, and only refreshed where they are not yet settled. Textures are
painted anew, so they stay sharp.
"""

import warp as wp

from render.engines.world.tracer.mirror_kernels import CLEAR_MIRROR, mirror_share, reflected
from render.engines.world.tracer.noise_kernels import dither, fraction
from render.engines.world.tracer.raster_kernels import met
from render.engines.world.tracer.shade_kernels import closed_off, endless, faces_sun, lay, lifted, turned_to_eye
from render.engines.world.tracer.world_kernels import (
    NOTHING,
    WORLD,
    Hit,
    Lens,
    blocked_by_still,
    hit_ground,
    on_screen,
    ray,
    towards_sun,
)

SETTLED = wp.constant(12.0)
"""Samples up to which a point is refreshed in every eighth frame."""
LONGEST = wp.constant(32.0)
"""Samples over which a factor is averaged at most."""
AGREED = wp.constant(0.04)
"""Contrast of four pixels, to their sum, up to which one amid them lies between them."""
STREAKED = wp.constant(0.1)
"""By how much that contrast may be larger for every pixel that a point moves while the shutter is open, up to two."""
SHARE = wp.constant(24)
"""One in so many of the settled pixels is refreshed in a frame; twice as many in the edge of a shadow."""
FAINT = wp.constant(0.015)
"""Share of a mirror below which it is left out."""


@wp.struct
class Memory:
    """What a pixel knows of the point it sees."""

    known: wp.array2d(dtype=wp.vec4)
    """Visible share of the sun, closed share of the sky, samples in both, distance."""
    ids: wp.array2d(dtype=wp.int32)


@wp.struct
class Sight:
    """What :func:`see` draws, and what it remembers."""

    frame: int
    shutter: float
    """Share of a frame's time for which it is open."""
    probes: int
    """Samples of a point that was not seen before."""
    before: Lens
    """The camera of the frame before."""
    old: Memory
    now: Memory
    sun: wp.array2d(dtype=wp.vec3)
    rest: wp.array2d(dtype=wp.vec3)
    air: wp.array2d(dtype=wp.vec3)
    shone: wp.array2d(dtype=wp.vec3)
    """All of them together, in the shadows that the pixel knows of."""
    mirrored: wp.array2d(dtype=wp.vec3)
    normal: wp.array2d(dtype=wp.vec4)
    ids: wp.array2d(dtype=wp.int32)
    nearest: wp.array2d(dtype=wp.uint64)


SIGHT = wp.array(dtype=Sight)
"""As an array of one, like :data:`WORLD`."""


@wp.func
def recall(sight: SIGHT, at: wp.vec3, code: int, slope: float) -> wp.vec3:
    """Lit share, closed share and count of a point on a surface, as the frame before saw it; a count of 0 if not."""
    lens = sight[0].before
    away = at - lens.eye
    depth = wp.dot(away, lens.forward)
    if depth <= 0.01:
        return wp.vec3(0.0, 0.0, 0.0)
    distance = wp.length(away)
    fx = wp.dot(away, lens.right) / (depth * lens.pixel) + 0.5 * float(lens.width) - 0.5
    fy = 0.5 * float(lens.height) - wp.dot(away, lens.up) / (depth * lens.pixel) - 0.5
    x0 = int(wp.floor(fx))
    y0 = int(wp.floor(fy))
    if x0 < -1 or y0 < -1 or x0 >= lens.width or y0 >= lens.height:
        return wp.vec3(0.0, 0.0, 0.0)
    s = fx - float(x0)
    t = fy - float(y0)
    near = distance * (0.01 + 2.0 * lens.pixel / slope)
    total = float(0.0)
    out = wp.vec3(0.0, 0.0, 0.0)
    for k in range(4):
        i = k % 2
        j = k / 2
        x = x0 + i
        y = y0 + j
        if x >= 0 and y >= 0 and x < lens.width and y < lens.height:
            if sight[0].old.ids[y, x] == code:
                q = sight[0].old.known[y, x]
                if wp.abs(q[3] - distance) < near:
                    w = (float(i) * s + float(1 - i) * (1.0 - s)) * (float(j) * t + float(1 - j) * (1.0 - t))
                    out += wp.vec3(q[0], q[1], q[2]) * w
                    total += w
    if total < 0.1:
        return wp.vec3(0.0, 0.0, 0.0)
    return out * (1.0 / total)


@wp.func
def probed(
    world: WORLD, hit: Hit, at: wp.vec3, known: wp.vec3, sunny: bool, probes: int, x: int, y: int, frame: int
) -> wp.vec3:
    """Lit share, closed share and count of a point after so many ``probes`` more."""
    lit = known[0]
    closed = known[1]
    a = fraction(dither(x, y, 0) + float(frame) * 0.7548777)
    b = fraction(dither(y + 37, x + 11, 3) + float(frame) * 0.5698403)
    count = wp.min(known[2] + float(probes), LONGEST)
    share = 1.0 / count
    if sunny:
        dark = float(0.0)
        for k in range(probes):
            to_sun = towards_sun(
                world[0].air, fraction(a + float(k) / float(probes)), fraction(b + float(k) * 0.6180340)
            )
            dark += blocked_by_still(world, at, to_sun, 80.0)
            if world[0].air.softness < 0.001:
                dark = dark * float(probes)
                break
        lit = lit + (float(probes) * (1.0 - lit) - dark) * share
    if world[0].air.cel == 0:
        closed = closed + (closed_off(world, hit, at, a, b, probes) - closed) * float(probes) * share
    return wp.vec3(lit, closed, count)


@wp.func
def first(world: WORLD, key: wp.uint64, direction: wp.vec3) -> Hit:
    """The nearer of the ground and of the triangle that a pixel names, or a distance below 0."""
    part = met(world[0].still, key, world[0].lens.eye, direction)
    if part.distance < 0.0:
        return hit_ground(world, world[0].lens.eye, direction, NOTHING)
    ground = hit_ground(world, world[0].lens.eye, direction, part.distance)
    if ground.distance > 0.0:
        return ground
    return part


@wp.func
def between(values: wp.array2d(dtype=wp.vec3), x: int, y: int) -> wp.vec3:
    """The mean of the two pixels beside one."""
    return (values[y, x - 1] + values[y, x + 1]) * 0.5


@wp.func
def borrowed(world: WORLD, sight: SIGHT, x: int, y: int) -> bool:
    """Whether a pixel lies amid four that see its face in about the same light; it then lies between two.

    What the shutter streaks may differ more.
    """
    if x < 1 or y < 1 or x > world[0].lens.width - 2 or y > world[0].lens.height - 2:
        return False
    code = sight[0].ids[y, x - 1]
    if sight[0].ids[y, x + 1] != code or sight[0].ids[y - 1, x] != code or sight[0].ids[y + 1, x] != code:
        return False
    face = wp.uint32(sight[0].nearest[y, x])
    if wp.uint32(sight[0].nearest[y, x - 1]) != face or wp.uint32(sight[0].nearest[y, x + 1]) != face:
        return False
    if wp.uint32(sight[0].nearest[y - 1, x]) != face or wp.uint32(sight[0].nearest[y + 1, x]) != face:
        return False
    if code < 0 and world[0].air.stars > 0.0:
        return False
    p = sight[0].normal[y, x - 1]
    q = sight[0].normal[y, x + 1]
    distance = 2.0 * p[3] * q[3] / (p[3] + q[3])
    at = world[0].lens.eye + ray(world[0].lens, float(x) + 0.5, float(y) + 0.5) * distance
    streak = wp.vec2(float(x) + 0.5, float(y) + 0.5) - on_screen(sight[0].before, at)
    contrast = AGREED + STREAKED * wp.min(wp.length(streak) * sight[0].shutter, 2.0)
    left = sight[0].shone[y, x - 1]
    right = sight[0].shone[y, x + 1]
    above = sight[0].shone[y - 1, x]
    below = sight[0].shone[y + 1, x]
    low = wp.min(wp.min(left, right), wp.min(above, below))
    high = wp.max(wp.max(left, right), wp.max(above, below))
    if wp.max(high - low) > contrast * wp.max(high + low):
        return False
    sight[0].ids[y, x] = code
    sight[0].now.ids[y, x] = code
    sight[0].air[y, x] = between(sight[0].air, x, y)
    if code < 0:
        sight[0].normal[y, x] = wp.vec4(0.0, 0.0, 1.0, NOTHING)
        sight[0].sun[y, x] = wp.vec3(0.0, 0.0, 0.0)
        return True
    sight[0].sun[y, x] = between(sight[0].sun, x, y)
    sight[0].rest[y, x] = between(sight[0].rest, x, y)
    if world[0].surfaces[code % 256].facing > CLEAR_MIRROR:
        sight[0].mirrored[y, x] = between(sight[0].mirrored, x, y)
    n = wp.normalize(wp.vec3(p[0] + q[0], p[1] + q[1], p[2] + q[2]))
    sight[0].normal[y, x] = wp.vec4(n[0], n[1], n[2], distance)
    known = (sight[0].now.known[y, x - 1] + sight[0].now.known[y, x + 1]) * 0.5
    sight[0].now.known[y, x] = wp.vec4(known[0], known[1], known[2], distance)
    return True


@wp.kernel(enable_backward=False)
def see(world: WORLD, sight: SIGHT, odd: int):
    """One sample a pixel, of the ``nearest`` triangle: light without shadows, what is known of shadows, and mirrors.

    Of every second pixel, as on a chessboard; first the even ones, then the ``odd`` that are not like those about
    them. Mirrors that are weak are seen in one pixel of four.
    """
    y, half = wp.tid()
    x = 2 * half + (y + odd) % 2
    if x >= world[0].lens.width:
        return
    if odd != 0:
        if borrowed(world, sight, x, y):
            return
    direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
    hit = first(world, sight[0].nearest[y, x], direction)
    if hit.distance < 0.0:
        sight[0].normal[y, x] = wp.vec4(0.0, 0.0, 1.0, NOTHING)
        sight[0].ids[y, x] = -1
        sight[0].now.ids[y, x] = -1
        sight[0].sun[y, x] = wp.vec3(0.0, 0.0, 0.0)
        sky = endless(world, direction)
        sight[0].air[y, x] = sky
        sight[0].shone[y, x] = sky
        return
    hit = turned_to_eye(hit, direction)
    n = hit.normal
    code = hit.id * 256 + hit.surface
    sight[0].normal[y, x] = wp.vec4(n[0], n[1], n[2], hit.distance)
    sight[0].ids[y, x] = code
    part = lay(
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
    sight[0].sun[y, x] = part.sun
    sight[0].rest[y, x] = part.rest
    sight[0].air[y, x] = part.air
    known = recall(
        sight, world[0].lens.eye + direction * hit.distance, code, wp.max(-wp.dot(direction, hit.facet), 0.05)
    )
    frame = sight[0].frame
    turn = (x + 3 * y + 5 * frame) % SHARE
    mixed = known[0] > 0.001 and known[0] < 0.999
    sunny = faces_sun(world, hit)
    if not sunny:
        known[0] = 0.0
        mixed = False
    at = lifted(world, hit, direction)
    if known[2] < 1.0:
        known = probed(world, hit, at, wp.vec3(known[0], known[1], 0.0), sunny, sight[0].probes, x, y, frame)
    elif turn == 0 or (mixed and turn % 12 == 0) or (known[2] < SETTLED and turn % 8 == 0):
        known = probed(world, hit, at, known, sunny, 1, x, y, frame)
    sight[0].now.known[y, x] = wp.vec4(known[0], known[1], known[2], hit.distance)
    sight[0].now.ids[y, x] = code
    sight[0].shone[y, x] = part.sun * known[0] + part.rest + part.air
    seen = wp.vec3(0.0, 0.0, 0.0)
    mirror = world[0].surfaces[hit.surface].mirror
    facing = world[0].surfaces[hit.surface].facing
    if mirror > 0.0 and world[0].air.cel == 0:
        if facing > CLEAR_MIRROR or (
            x % 2 == 0 and y % 2 == 0 and mirror_share(world, hit.surface, n, direction, hit.distance) > FAINT
        ):
            seen = reflected(world, hit, direction, 0.5, 0.5)
    sight[0].mirrored[y, x] = seen
