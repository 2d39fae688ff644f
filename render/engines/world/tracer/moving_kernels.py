"""What moves, over the layer that stands still. Warp kernels, launched each frame."""

import warp as wp

from render.engines.world.tracer.clear_kernels import clearness
from render.engines.world.tracer.glass_kernels import BEHIND, drawn_glass, seen_through
from render.engines.world.tracer.lamp_kernels import Lamps, lamplight
from render.engines.world.tracer.lanes import LANES
from render.engines.world.tracer.mirror_kernels import glimpse, past_clear
from render.engines.world.tracer.mover_kernels import own_colour, shade_moving
from render.engines.world.tracer.noise_kernels import dither, fraction
from render.engines.world.tracer.probe_kernels import (
    GLANCE,
    LIT,
    MIRRORED,
    OCCLUDED,
    PROBES,
    SEEN,
    SHADOW_EDGE,
    SHADOWED,
    light_on,
    open_share,
    shade_of_moving,
)
from render.engines.world.tracer.raster_kernels import NOWHERE, met
from render.engines.world.tracer.shade_kernels import above, clear, fresnel, lifted, turned_to_eye
from render.engines.world.tracer.world_kernels import (
    WATER,
    WORLD,
    Lens,
    earlier,
    hit_moving,
    on_screen,
    ray,
    towards_sun,
)

ANY = wp.constant(int(SEEN | SHADOWED | OCCLUDED | MIRRORED))
"""Tiles in which something moves, or changes with what moves."""
SAME = wp.constant(0.98)
"""Cosine between the normals of two samples of a pixel from which on one is shaded for both."""


@wp.kernel(enable_backward=False)
def place(
    locals_: wp.array(dtype=wp.vec3),
    part: wp.array(dtype=wp.int32),
    poses: wp.array(dtype=wp.transform),
    present: wp.array(dtype=wp.int32),
    refuge: wp.vec3,
    points: wp.array(dtype=wp.vec3),
):
    """Vertices into the world; parts that are not present shrink to a point."""
    i = wp.tid()
    k = part[i]
    if present[k] != 0:
        points[i] = wp.transform_point(poses[k], locals_[i])
    else:
        points[i] = refuge


@wp.func_native(f"""
    const int width = ids.shape[1], columns = width - first < {LANES} ? width - first : {LANES};
    float across[{LANES}], along[{LANES}];
    const float middle = 0.5f * (float)lens.width, centre = 0.5f * (float)lens.height;
    const float v = (centre - ((float)y + 0.5f)) * lens.pixel;
    for (int n = 0; n < {LANES}; ++n) {{
        const float away = normal.data[y * width + first + (n < columns ? n : 0)][3];
        const float u = ((float)(first + n) + 0.5f - middle) * lens.pixel;
        float way[3], square = 0.0f, depth = 0.0f, right = 0.0f, up = 0.0f;
        for (int k = 0; k < 3; ++k) {{
            way[k] = lens.forward[k] + lens.right[k] * u + lens.up[k] * v;
            square += way[k] * way[k];
        }}
        const float distance = away / ::sqrtf(square);
        for (int k = 0; k < 3; ++k) {{
            const float apart = lens.eye[k] + way[k] * distance - before.eye[k];
            depth += apart * before.forward[k];
            right += apart * before.right[k];
            up += apart * before.up[k];
        }}
        depth = (depth > 0.01f ? depth : 0.01f) * before.pixel;
        across[n] = (float)(first + n) + 0.5f - (right / depth + middle);
        along[n] = (float)y + 0.5f - (centre - up / depth);
    }}
    for (int n = 0; n < columns; ++n) {{
        const int at = y * width + first + n;
        front.data[at] = normal.data[at];
        front_ids.data[at] = ids.data[at];
        speed.data[at] = wp::vec2(across[n], along[n]);
    }}
""")
def uncovered(
    lens: Lens,
    before: Lens,
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    first: int,
    y: int,
    front: wp.array2d(dtype=wp.vec4),
    front_ids: wp.array2d(dtype=wp.int32),
    speed: wp.array2d(dtype=wp.vec2),
):
    """What :data:`LANES` pixels see as long as nothing moves before it; see :func:`cover`."""
    ...


@wp.kernel(enable_backward=False)
def cover(
    world: WORLD,
    tiles: wp.array2d(dtype=wp.int32),
    side: int,
    probes: PROBES,
    before: Lens,
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    front: wp.array2d(dtype=wp.vec4),
    front_ids: wp.array2d(dtype=wp.int32),
    open_sky: wp.array2d(dtype=wp.float32),
    speed: wp.array2d(dtype=wp.vec2),
    nearest: wp.array2d(dtype=wp.uint64),
):
    """What pixels' centres see (as :func:`draw_still` says it), and the sky that movers leave to what stands still.

    ``speed`` is in pixels since the frame before, whose lens is ``before``. Only in tiles that are touched; see
    :class:`render.engines.world.tracer.tiles.Touch`. :data:`LANES` pixels each, which lie in one tile.
    """
    y, group = wp.tid()
    first = group * LANES
    touch = tiles[y / side, first / side]
    if touch == 0:
        return
    uncovered(world[0].lens, before, normal, ids, first, y, front, front_ids, speed)
    for x in range(first, wp.min(first + LANES, ids.shape[1])):
        sees = float(1.0)
        if (touch & SEEN) != 0 and nearest[y, x] != NOWHERE:
            direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
            hit = met(world[0].moving, nearest[y, x], world[0].lens.eye, direction)
            if hit.distance > 0.0 and hit.distance < normal[y, x][3]:
                front[y, x] = wp.vec4(hit.normal[0], hit.normal[1], hit.normal[2], hit.distance)
                front_ids[y, x] = hit.id * 256 + hit.surface
                was = on_screen(before, earlier(world[0].moving, hit))
                speed[y, x] = wp.vec2(float(x) + 0.5, float(y) + 0.5) - was
        if (touch & OCCLUDED) != 0 and ids[y, x] >= 0:
            q = normal[y, x]
            at = above(world, ray(world[0].lens, float(x) + 0.5, float(y) + 0.5), q)
            sees = open_share(probes[0].spheres, probes[0].owners, -1, at, wp.vec3(q[0], q[1], q[2]))
        open_sky[y, x] = sees


@wp.func
def moving_id(world: WORLD, code: int) -> int:
    """The part that a pixel's code names if it moves, else −1."""
    if code >= world[0].first_moving * 256 and code != WATER:
        return code / 256
    return -1


@wp.func
def shadow_of_moving(world: WORLD, at: wp.vec3, x: int, y: int) -> wp.vec3:
    """Share of each colour of the sun's light that what moves keeps from a point of what stands still."""
    rays = int(8)
    if world[0].air.cel != 0:
        rays = int(1)
    u = dither(x, y, 0)
    v = dither(y + 37, x + 11, 3)
    dark = wp.vec3(0.0, 0.0, 0.0)
    for k in range(rays):
        a = (float(k) + u) / float(rays)
        b = fraction(v + float(k) * 0.6180340)
        dark += shade_of_moving(world, at, towards_sun(world[0].air, a, b))
    return dark / float(rays)


@wp.func
def glance(world: WORLD, at: wp.vec3, q: wp.vec4, code: int, direction: wp.vec3, mirror: wp.vec3) -> wp.vec3:
    """What moves in the mirror of what stands still, or ``mirror`` where nothing does."""
    n = wp.vec3(q[0], q[1], q[2])
    bounce = direction - n * (2.0 * wp.dot(direction, n))
    seen = hit_moving(world, at, bounce, 20.0)
    if seen.distance < 0.0:
        return mirror
    share = fresnel(world, code % 256, -wp.dot(n, direction))
    if world[0].has_clear != 0 and clearness(world, seen) > 0.0:
        share = share * clear(world, q[3])
        past = past_clear(world, seen, at, bounce)
        if past.hit.id >= world[0].first_moving:
            mirror = glimpse(world, past.hit, at, bounce, q[3]) * share
        return wp.cw_mul(past.tone, mirror) + past.gleam * share
    return glimpse(world, seen, at, bounce, q[3]) * (share * clear(world, q[3]))


@wp.func
def moving_seen(
    world: WORLD,
    probes: PROBES,
    behind: BEHIND,
    key: wp.uint64,
    x: int,
    y: int,
    edge: int,
    corners: int,
    farthest: float,
    base: wp.vec3,
) -> wp.vec3:
    """What moves before a pixel of ``base`` colour, ``farthest`` metres off, by ``corners`` rays on an edge."""
    count = int(1)
    if edge != 0:
        count = corners
    total = wp.vec3(0.0, 0.0, 0.0)
    last_id = int(-1)
    last_normal = wp.vec3(0.0, 0.0, 0.0)
    shaded = wp.vec3(0.0, 0.0, 0.0)
    direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
    hit = met(world[0].moving, key, world[0].lens.eye, direction)
    for k in range(count):
        if count > 1:
            direction = ray(
                world[0].lens,
                float(x) + fraction(float(k) * 0.7548777 + 0.25),
                float(y) + (float(k) + 0.5) / float(count),
            )
            hit = hit_moving(world, world[0].lens.eye, direction, farthest)
        if hit.distance > 0.0 and hit.distance <= farthest:
            hit = turned_to_eye(hit, direction)
            if hit.id != last_id or wp.dot(hit.normal, last_normal) < SAME:
                at = lifted(world, hit, direction)
                turn = float(k) * 0.6180340
                moved = light_on(world, probes, hit, at, direction, x, y, edge, turn)
                through = wp.vec3(0.0, 0.0, 0.0)
                if world[0].has_clear != 0 and world[0].surfaces[hit.surface].clear > 0.0:
                    if world[0].air.cel != 0:
                        through = drawn_glass(world, hit, direction, base, farthest)
                    else:
                        through = seen_through(world, behind, probes, hit, direction)
                shaded = shade_moving(world, hit, at, direction, moved, through)
                last_id = hit.id
                last_normal = hit.normal
            total += shaded
        else:
            total += base
    return total * (1.0 / float(count))


@wp.kernel(enable_backward=False)
def compose(
    world: WORLD,
    tiles: wp.array2d(dtype=wp.int32),
    side: int,
    corners: int,
    probes: PROBES,
    behind: BEHIND,
    still_sun: wp.array2d(dtype=wp.vec3),
    still_rest: wp.array2d(dtype=wp.vec3),
    still_mirrored: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    front_ids: wp.array2d(dtype=wp.int32),
    open_sky: wp.array2d(dtype=wp.float32),
    nearest: wp.array2d(dtype=wp.uint64),
    colour: wp.array2d(dtype=wp.vec3),
):
    """Linear radiance. Outlines of what moves get ``corners`` samples, edges of its shadows eight."""
    y, x = wp.tid()
    touch = tiles[y / side, x / side]
    if touch == 0:
        return
    if (touch & ANY) == 0:
        colour[y, x] = still_rest[y, x] + still_sun[y, x] + still_mirrored[y, x]
        return
    mine = int(-1)
    edge = int(0)
    if (touch & SEEN) != 0:
        mine = moving_id(world, front_ids[y, x])
        for k in range(4):
            xx = wp.clamp(x + (k % 2) * 2 - 1, 0, world[0].lens.width - 1)
            yy = wp.clamp(y + (k / 2) * 2 - 1, 0, world[0].lens.height - 1)
            if moving_id(world, front_ids[yy, xx]) != mine:
                edge = int(1)
    base = still_rest[y, x] * open_sky[y, x]
    q = normal[y, x]
    drawn_through = int(0)
    if world[0].has_clear != 0 and mine >= 0 and world[0].air.cel != 0:
        drawn_through = int(world[0].surfaces[front_ids[y, x] % 256].clear > 0.0)
    if mine < 0 or edge != 0 or drawn_through != 0:
        light = still_sun[y, x]
        mirror = still_mirrored[y, x]
        code = ids[y, x]
        if code >= 0:
            state = probes[0].state[y / 2, x / 2]
            if (touch & SHADOWED) != 0 and light[0] + light[1] + light[2] > LIT:
                shade = probes[0].shadow[y / 2, x / 2]
                if (state & SHADOW_EDGE) != 0:
                    direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
                    shade = shadow_of_moving(world, above(world, direction, q), x, y)
                light = wp.cw_mul(light, wp.vec3(1.0, 1.0, 1.0) - shade)
            if (state & GLANCE) != 0 and code < WATER and world[0].surfaces[code % 256].mirror > 0.0:
                direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
                mirror = glance(world, above(world, direction, q), q, code, direction, mirror)
        base = base + light + mirror
    if mine >= 0 or edge != 0:
        base = moving_seen(world, probes, behind, nearest[y, x], x, y, edge, corners, q[3], base)
    colour[y, x] = base


@wp.kernel(enable_backward=False)
def add_lamplight(
    world: WORLD,
    lamps: Lamps,
    still: wp.array2d(dtype=wp.vec3),
    strength: float,
    ids: wp.array2d(dtype=wp.int32),
    front: wp.array2d(dtype=wp.vec4),
    front_ids: wp.array2d(dtype=wp.int32),
    nearest: wp.array2d(dtype=wp.uint64),
    colour: wp.array2d(dtype=wp.vec3),
):
    """Lamplight, ``strength`` times as bright, over ``colour``: the layer of what stands still, and what moves."""
    y, x = wp.tid()
    code = front_ids[y, x]
    if code == ids[y, x]:
        colour[y, x] = colour[y, x] + still[y, x] * strength
    elif code >= 0 and code < WATER:
        q = front[y, x]
        direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
        at = world[0].lens.eye + direction * q[3]
        light = lamplight(lamps, at, wp.vec3(q[0], q[1], q[2]), world[0].air.cel) * strength
        if wp.max(light) > 0.0:
            hit = turned_to_eye(met(world[0].moving, nearest[y, x], world[0].lens.eye, direction), direction)
            own = own_colour(world, hit, direction)
            colour[y, x] = colour[y, x] + wp.cw_mul(own, light) * clear(world, q[3])
        if world[0].surfaces[code % 256].clear > 0.0:
            # As if it were not bent: a lamp's light is soft.
            colour[y, x] = colour[y, x] + still[y, x] * (strength * world[0].surfaces[code % 256].clear)
