"""What moves, over the layer that stands still. Warp kernels, launched each frame."""

import warp as wp

from render.engines.world.tracer.lamp_kernels import Lamps, lamplight
from render.engines.world.tracer.noise_kernels import dither, fraction
from render.engines.world.tracer.raster_kernels import met
from render.engines.world.tracer.shade_kernels import (
    CLEAR_MIRROR,
    SUN_RAYS,
    Moved,
    clear,
    fresnel,
    glimpse,
    lifted,
    own_colour,
    seen_in,
    shade_moving,
    sun_share,
    turned_to_eye,
)
from render.engines.world.tracer.world_kernels import (
    WATER,
    WORLD,
    Hit,
    Lens,
    blocked_by_moving,
    earlier,
    hit_moving,
    on_screen,
    ray,
    towards_sun,
)

LIT = wp.constant(0.004)
"""Sunlight of the still layer below which a shadow would not be seen."""
ALIKE = wp.constant(0.9)
"""Cosine between the normals of two points of a part from which on they share their light."""
SAME = wp.constant(0.98)
"""The same, from which on one of them is shaded for both."""


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


LANES = 8
"""Spheres that are looked at at once."""


@wp.func_native("""
    float sees = 1.0f;
    for (int first = 0; first < spheres.shape[1]; first += 8) {
        const float* x = &spheres.data[first];
        const float* y = x + spheres.shape[1];
        const float* z = y + spheres.shape[1];
        const float* radius = z + spheres.shape[1];
        float square[8];
        int near[8], some = 0;
        for (int k = 0; k < 8; ++k) {
            const float dx = x[k] - at[0], dy = y[k] - at[1], dz = z[k] - at[2];
            square[k] = dx * dx + dy * dy + dz * dz;
            near[k] = square[k] < radius[k] * radius[k] * 16.0f ? 1 : 0;
            some |= near[k];
        }
        if (!some) continue;
        for (int k = 0; k < 8; ++k) {
            if (!near[k] || owners[first + k] == mine) continue;
            const float away = square[k] < 1.0e-8f ? 1.0e-8f : square[k], size = radius[k] * radius[k];
            const float along = (x[k] - at[0]) * n[0] + (y[k] - at[1]) * n[1] + (z[k] - at[2]) * n[2];
            float cosine = along / ::sqrtf(away) + 0.25f;
            cosine = cosine < 0.0f ? 0.0f : cosine > 1.0f ? 1.0f : cosine;
            const float solid = (size < away ? size / away : 1.0f) * cosine;
            sees *= 1.0f - 0.85f * solid * (1.0f - away / (size * 16.0f));
        }
    }
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

    shadow: wp.array2d(dtype=wp.float32)
    """1 where what moves hides the sun from what stands still."""
    glance: wp.array2d(dtype=wp.int32)
    """1 where what moves is seen in the mirror of what stands still."""
    code: wp.array2d(dtype=wp.int32)
    """The moving part's id · 256 + surface, −1 where there is none."""
    normal: wp.array2d(dtype=wp.vec3)
    light: wp.array2d(dtype=wp.vec2)
    """Shares of sun and sky that the moving part sees."""
    mirrored: wp.array2d(dtype=wp.vec3)
    state: wp.array2d(dtype=wp.int32)
    """What the eight probes about say too: 1 where shadows differ, 2 where one has a glance, 4 where suns differ."""


@wp.kernel(enable_backward=False)
def cover(
    world: WORLD,
    tiles: wp.array2d(dtype=wp.int32),
    side: int,
    spheres: wp.array2d(dtype=wp.float32),
    owners: wp.array(dtype=wp.int32),
    before: Lens,
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    front: wp.array2d(dtype=wp.vec4),
    front_ids: wp.array2d(dtype=wp.int32),
    open_sky: wp.array2d(dtype=wp.float32),
    speed: wp.array2d(dtype=wp.vec2),
    nearest: wp.array2d(dtype=wp.uint64),
):
    """What a pixel's centre sees (as :func:`draw_still` says it), and the sky that movers leave to what stands still.

    ``speed`` is in pixels since the frame before, whose lens is ``before``. Only in tiles that are touched; see
    :class:`render.engines.world.tracer.tiles.Touch`.
    """
    y, x = wp.tid()
    touch = tiles[y / side, x / side]
    if touch == 0:
        return
    direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
    q = normal[y, x]
    hit = Hit()
    hit.distance = -1.0
    if (touch & 1) != 0:
        hit = met(world[0].moving, nearest[y, x], world[0].lens.eye, direction)
    was = world[0].lens.eye + direction * q[3]
    if hit.distance > 0.0 and hit.distance < q[3]:
        front[y, x] = wp.vec4(hit.normal[0], hit.normal[1], hit.normal[2], hit.distance)
        front_ids[y, x] = hit.id * 256 + hit.surface
        was = earlier(world[0].moving, hit)
    else:
        front[y, x] = q
        front_ids[y, x] = ids[y, x]
    speed[y, x] = wp.vec2(float(x) + 0.5, float(y) + 0.5) - on_screen(before, was)
    sees = float(1.0)
    if (touch & 4) != 0 and ids[y, x] >= 0:
        n = wp.vec3(q[0], q[1], q[2])
        sees = open_share(spheres, owners, -1, world[0].lens.eye + direction * q[3] + n * 0.002, n)
    open_sky[y, x] = sees


@wp.func
def sky_share(
    world: WORLD, spheres: wp.array2d(dtype=wp.float32), owners: wp.array(dtype=wp.int32), hit: Hit, at: wp.vec3
) -> float:
    """Share of the sky that a moving part sees past the others and the ground."""
    sees = open_share(spheres, owners, hit.id, at, hit.normal)
    if world[0].ground >= 0:
        sees *= 1.0 - 0.5 * (0.5 - 0.5 * hit.normal[2]) * wp.exp(-5.0 * wp.max(at[2], 0.0))
    return sees


@wp.kernel(enable_backward=False)
def probe(
    world: WORLD,
    tiles: wp.array2d(dtype=wp.int32),
    side: int,
    spheres: wp.array2d(dtype=wp.float32),
    owners: wp.array(dtype=wp.int32),
    still_sun: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    nearest: wp.array2d(dtype=wp.uint64),
    probes: Probes,
):
    """Rays from every fourth pixel into the :class:`Probes`."""
    j, i = wp.tid()
    y = 2 * j
    x = 2 * i
    touch = tiles[y / side, x / side]
    shade = float(0.0)
    glance = int(0)
    code = int(-1)
    if touch != 0:
        direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
        q = normal[y, x]
        a = dither(x, y, 0)
        b = dither(y + 37, x + 11, 3)
        if ids[y, x] >= 0:
            n = wp.vec3(q[0], q[1], q[2])
            at = world[0].lens.eye + direction * q[3] + n * 0.002
            light = still_sun[y, x]
            if (touch & 2) != 0 and light[0] + light[1] + light[2] > LIT:
                shade = blocked_by_moving(world, at, towards_sun(world[0].air, a, b), 60.0)
            if (touch & 8) != 0 and ids[y, x] < WATER and world[0].surfaces[ids[y, x] % 256].mirror > 0.0:
                glance = int(blocked_by_moving(world, at, direction - n * (2.0 * wp.dot(direction, n)), 20.0))
        if (touch & 1) != 0:
            hit = met(world[0].moving, nearest[y, x], world[0].lens.eye, direction)
            if hit.distance > 0.0 and hit.distance < q[3]:
                hit = turned_to_eye(hit, direction)
                at = lifted(world, hit, direction)
                code = hit.id * 256 + hit.surface
                probes.normal[j, i] = hit.normal
                probes.light[j, i] = wp.vec2(
                    sun_share(world, hit, at, a, b, 2), sky_share(world, spheres, owners, hit, at)
                )
                s = world[0].surfaces[hit.surface]
                if s.mirror > 0.0 and s.facing <= CLEAR_MIRROR and world[0].air.cel == 0:
                    probes.mirrored[j, i] = seen_in(world, hit, at, direction)
    probes.shadow[j, i] = shade
    probes.glance[j, i] = glance
    probes.code[j, i] = code


@wp.kernel(enable_backward=False)
def settle(tiles: wp.array2d(dtype=wp.int32), side: int, probes: Probes):
    """The ``state`` of the probes."""
    j, i = wp.tid()
    if tiles[2 * j / side, 2 * i / side] == 0:
        return
    shade = probes.shadow[j, i]
    code = probes.code[j, i]
    state = int(0)
    for k in range(9):
        jj = wp.clamp(j + k / 3 - 1, 0, probes.code.shape[0] - 1)
        ii = wp.clamp(i + k % 3 - 1, 0, probes.code.shape[1] - 1)
        if probes.shadow[jj, ii] != shade:
            state = state | 1
        if probes.glance[jj, ii] != 0:
            state = state | 2
        if code >= 0 and probes.code[jj, ii] == code:
            if probes.light[jj, ii][0] != probes.light[j, i][0]:
                state = state | 4
    probes.state[j, i] = state


@wp.func
def moving_id(world: WORLD, code: int) -> int:
    """The part that a pixel's code names if it moves, else −1."""
    if code >= world[0].first_moving * 256 and code != WATER:
        return code / 256
    return -1


@wp.func
def light_on(
    world: WORLD,
    spheres: wp.array2d(dtype=wp.float32),
    owners: wp.array(dtype=wp.int32),
    probes: Probes,
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
    total = float(0.0)
    state = int(0)
    for j in range(wp.max(y / 2 - wide, 0), wp.min((y + 1) / 2 + wide + 1, probes.code.shape[0])):
        for i in range(wp.max(x / 2 - wide, 0), wp.min((x + 1) / 2 + wide + 1, probes.code.shape[1])):
            if probes.code[j, i] == code:
                if wp.dot(probes.normal[j, i], hit.normal) > ALIKE:
                    light = probes.light[j, i]
                    out.sun += light[0]
                    out.sky += light[1]
                    out.mirrored += probes.mirrored[j, i]
                    state = state | probes.state[j, i]
                    total += 1.0
    if total > 0.0:
        out.sun = out.sun / total
        out.sky = out.sky / total
        out.mirrored = out.mirrored / total
    else:
        out.sky = sky_share(world, spheres, owners, hit, at)
        s = world[0].surfaces[hit.surface]
        if s.mirror > 0.0 and s.facing <= CLEAR_MIRROR and world[0].air.cel == 0:
            out.mirrored = seen_in(world, hit, at, direction)
    if total == 0.0 or (state & 4) != 0:
        rays = SUN_RAYS
        if total == 0.0:
            rays = 2
        a = fraction(dither(x, y, 0) + turn)
        out.sun = sun_share(world, hit, at, a, dither(y + 37, x + 11, 3), rays)
    return out


@wp.kernel(enable_backward=False)
def compose(
    world: WORLD,
    tiles: wp.array2d(dtype=wp.int32),
    side: int,
    corners: int,
    spheres: wp.array2d(dtype=wp.float32),
    owners: wp.array(dtype=wp.int32),
    still_sun: wp.array2d(dtype=wp.vec3),
    still_rest: wp.array2d(dtype=wp.vec3),
    still_mirrored: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    front_ids: wp.array2d(dtype=wp.int32),
    open_sky: wp.array2d(dtype=wp.float32),
    nearest: wp.array2d(dtype=wp.uint64),
    probes: Probes,
    colour: wp.array2d(dtype=wp.vec3),
):
    """Linear radiance. Outlines of what moves get ``corners`` samples, edges of its shadows eight."""
    y, x = wp.tid()
    touch = tiles[y / side, x / side]
    if touch == 0:
        return
    if (touch & 15) == 0:
        colour[y, x] = still_rest[y, x] + still_sun[y, x] + still_mirrored[y, x]
        return
    width = world[0].lens.width
    height = world[0].lens.height
    mine = moving_id(world, front_ids[y, x])
    edge = int(0)
    for k in range(4):
        xx = wp.clamp(x + (k % 2) * 2 - 1, 0, width - 1)
        yy = wp.clamp(y + (k / 2) * 2 - 1, 0, height - 1)
        if moving_id(world, front_ids[yy, xx]) != mine:
            edge = int(1)
    direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
    q = normal[y, x]
    base = still_rest[y, x] * open_sky[y, x]
    if mine < 0 or edge != 0:
        light = still_sun[y, x]
        mirror = still_mirrored[y, x]
        if ids[y, x] >= 0:
            n = wp.vec3(q[0], q[1], q[2])
            at = world[0].lens.eye + direction * q[3] + n * 0.002
            shade = probes.shadow[y / 2, x / 2]
            state = probes.state[y / 2, x / 2]
            if (touch & 2) != 0 and light[0] + light[1] + light[2] > LIT:
                if (state & 1) != 0:
                    rays = int(8)
                    if world[0].air.cel != 0:
                        rays = int(1)
                    u = dither(x, y, 0)
                    v = dither(y + 37, x + 11, 3)
                    dark = float(0.0)
                    for k in range(rays):
                        a = (float(k) + u) / float(rays)
                        b = fraction(v + float(k) * 0.6180340)
                        dark += blocked_by_moving(world, at, towards_sun(world[0].air, a, b), 60.0)
                    shade = dark / float(rays)
                light = light * (1.0 - shade)
            if (state & 2) != 0 and ids[y, x] < WATER and world[0].surfaces[ids[y, x] % 256].mirror > 0.0:
                bounce = direction - n * (2.0 * wp.dot(direction, n))
                seen = hit_moving(world, at, bounce, 20.0)
                if seen.distance > 0.0:
                    share = fresnel(world, ids[y, x] % 256, -wp.dot(n, direction))
                    mirror = glimpse(world, seen, at, bounce, q[3]) * (share * clear(world, q[3]))
        base = base + light + mirror
    if mine < 0 and edge == 0:
        colour[y, x] = base
        return
    count = int(1)
    if edge != 0:
        count = corners
    total = wp.vec3(0.0, 0.0, 0.0)
    last = Hit()
    last.id = -1
    shaded = wp.vec3(0.0, 0.0, 0.0)
    for k in range(count):
        hit = Hit()
        if count > 1:
            direction = ray(
                world[0].lens,
                float(x) + fraction(float(k) * 0.7548777 + 0.25),
                float(y) + (float(k) + 0.5) / float(count),
            )
            hit = hit_moving(world, world[0].lens.eye, direction, q[3])
        else:
            hit = met(world[0].moving, nearest[y, x], world[0].lens.eye, direction)
            if hit.distance > q[3]:
                hit.distance = -1.0
        if hit.distance > 0.0:
            hit = turned_to_eye(hit, direction)
            if hit.id != last.id or wp.dot(hit.normal, last.normal) < SAME:
                at = lifted(world, hit, direction)
                turn = float(k) * 0.6180340
                moved = light_on(world, spheres, owners, probes, hit, at, direction, x, y, edge, turn)
                shaded = shade_moving(world, hit, at, direction, moved)
                last = hit
            total += shaded
        else:
            total += base
    colour[y, x] = total * (1.0 / float(count))


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
