"""The sea: Gerstner waves on a fan of triangles that reaches to the horizon. Warp kernels."""

import warp as wp

from render.engines.world.tracer.noise_kernels import noise2
from render.engines.world.tracer.shade_kernels import clear, glimpse
from render.engines.world.tracer.sky_kernels import surroundings
from render.engines.world.tracer.world_kernels import Hit, World, blocked_by_still, hit_still, ray


@wp.kernel(enable_backward=False)
def heave(
    rest: wp.array(dtype=wp.vec3),
    shore: wp.array(dtype=wp.float32),
    waves: wp.array(dtype=wp.vec4),
    phases: wp.array(dtype=wp.float32),
    count: int,
    time: float,
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    foam: wp.array(dtype=wp.float32),
):
    """Water particles at ``time``. A wave is (k·x, k·y, amplitude, ω); ``rest`` is (x, y, spacing of the net there).

    Waves shorter than four spacings are left out, so that the far sea does not flicker.
    """
    i = wp.tid()
    x = rest[i][0]
    y = rest[i][1]
    spacing = rest[i][2]
    point = wp.vec3(x, y, 0.0)
    normal = wp.vec3(0.0, 0.0, 1.0)
    xx = float(1.0)
    yy = float(1.0)
    xy = float(0.0)
    for j in range(count):
        wave = waves[j]
        number = wp.sqrt(wave[0] * wave[0] + wave[1] * wave[1])
        kept = wp.clamp(6.2831853 / (number * spacing * 2.0) - 1.0, 0.0, 1.0)
        if kept > 0.0:
            dx = wave[0] / number
            dy = wave[1] / number
            angle = wave[0] * x + wave[1] * y - wave[3] * time + phases[j]
            s = wp.sin(angle)
            c = wp.cos(angle)
            a = wave[2] * kept
            steep = number * a
            point += wp.vec3(-dx * a * s, -dy * a * s, a * c)
            normal += wp.vec3(dx * steep * s, dy * steep * s, -steep * c * 0.8)
            xx -= dx * dx * steep * c
            yy -= dy * dy * steep * c
            xy -= dx * dy * steep * c
    points[i] = point
    normals[i] = wp.normalize(normal)
    fold = wp.clamp((0.62 - (xx * yy - xy * xy)) * 1.6, 0.0, 1.0) * wp.clamp(2.0 - spacing * 2.0, 0.0, 1.0)
    near = shore[i]
    wash = float(0.0)
    if near < 2.2:
        surge = 0.55 + 0.45 * wp.sin(time * 1.3 - near * 2.6 + noise2(x * 0.6, y * 0.6) * 6.0)
        edge = wp.clamp(1.0 - near / 0.45, 0.0, 1.0) * 0.62
        wash = wp.max(edge, wp.clamp(1.0 - near / 2.2, 0.0, 1.0) * surge * 0.8 + point[2] * 0.35)
    foam[i] = wp.clamp(wp.max(fold, wash), 0.0, 1.0)


@wp.struct
class Water:
    mesh: wp.uint64
    indices: wp.array(dtype=wp.int32)
    normals: wp.array(dtype=wp.vec3)
    foam: wp.array(dtype=wp.float32)
    time: float


@wp.func
def lace(p: wp.vec3, amount: float, time: float, cel: int) -> float:
    """Foam's coverage: thick where there is much, torn into threads where there is little."""
    drift = time * 0.15
    web = noise2(p[0] * 3.1 + drift, p[1] * 3.1) * 0.5 + noise2(p[0] * 8.7, p[1] * 8.7 - drift) * 0.3
    web += noise2(p[0] * 23.0 - drift, p[1] * 23.0) * 0.2
    threads = 1.0 - wp.abs(web - 0.5) * 4.5
    cover = wp.clamp((amount - 0.25 + threads * 0.35) * 1.6, 0.0, 1.0) * wp.clamp(amount * 3.0, 0.0, 1.0)
    if cel != 0:
        return wp.clamp((cover - 0.5) * 30.0, 0.0, 1.0)
    return cover


@wp.func
def water_colour(
    world: World, water: Water, at: wp.vec3, direction: wp.vec3, distance: float, n: wp.vec3, amount: float
) -> wp.vec3:
    air = world.air
    near = wp.clamp(8.0 / distance - 0.12, 0.0, 1.0)
    if air.cel == 0 and near > 0.0:
        t = water.time
        u = at[0]
        v = at[1]
        g0 = noise2(u * 3.7 + t * 1.1, v * 3.7 - t * 0.7)
        g1 = noise2(u * 3.7 + 0.35 + t * 1.1, v * 3.7 - t * 0.7)
        g2 = noise2(u * 3.7 + t * 1.1, v * 3.7 + 0.35 - t * 0.7)
        h0 = noise2(u * 11.0 - t * 1.7, v * 11.0 + t)
        h1 = noise2(u * 11.0 + 0.35 - t * 1.7, v * 11.0 + t)
        h2 = noise2(u * 11.0 - t * 1.7, v * 11.0 + 0.35 + t)
        tilt = wp.vec3((g1 - g0) * 0.26 + (h1 - h0) * 0.15, (g2 - g0) * 0.26 + (h2 - h0) * 0.15, 0.0)
        n = wp.normalize(n - tilt * near)
    facing = wp.max(-wp.dot(n, direction), 0.02)
    c = 1.0 - facing
    c2 = c * c
    share = 0.02 + 0.98 * c2 * c2 * c
    rough = wp.clamp(distance * 0.004, 0.0, 0.35)
    share = share * (1.0 - rough)
    bounce = direction + n * (2.0 * facing)
    bounce = wp.normalize(wp.vec3(bounce[0], bounce[1], wp.abs(bounce[2]) + 0.02 + rough * 0.25))
    seen = air.horizon
    if air.cel == 0:
        other = Hit()
        other.distance = -1.0
        if distance < 40.0:
            other = hit_still(world, at, bounce, 12.0)
        if other.distance > 0.0:
            seen = glimpse(world, other, at, bounce, distance)
        else:
            seen = surroundings(world, bounce)
    lit = float(1.0)
    if distance < 60.0:
        lit = 1.0 - blocked_by_still(world, at + wp.vec3(0.0, 0.0, 0.02), air.sun, 30.0)
    power = (air.sun_colour[0] + air.sun_colour[1] + air.sun_colour[2]) / 7.6
    deep = wp.vec3(0.010, 0.062, 0.092)
    crest = wp.vec3(0.045, 0.30, 0.28)
    through = wp.clamp(at[2] * 0.9 + 0.30, 0.0, 1.0) * (
        0.35 + 0.65 * wp.clamp(wp.dot(direction, air.sun) * 0.7 + 0.5, 0.0, 1.0)
    )
    body = (deep * (1.0 - through) + crest * through) * (0.25 + 0.75 * power)
    white = wp.cw_mul(
        wp.vec3(0.92, 0.96, 1.0), air.sun_colour * (0.30 * lit * wp.max(wp.dot(n, air.sun), 0.0)) + air.ambient * 0.72
    )
    if air.cel != 0:
        band = wp.clamp((facing - 0.16) * 30.0, 0.0, 1.0)
        high = wp.clamp((through - 0.33) * 30.0, 0.0, 1.0)
        dark = (wp.vec3(0.02, 0.16, 0.30) * band + wp.vec3(0.10, 0.36, 0.52) * (1.0 - band)) * (0.2 + 0.8 * power)
        body = dark * (1.0 - high * 0.75) + wp.vec3(0.08, 0.42, 0.50) * (power * high * 0.75)
        body = body * (0.72 + 0.28 * lit)
        spark = wp.clamp((wp.dot(bounce, air.sun) - 0.975) * 200.0, 0.0, 1.0) * lit
        out = body + (air.sun_colour * 0.45 - body) * (spark * 0.45)
        out = out * 1.25
    else:
        glint = wp.pow(wp.max(wp.dot(bounce, air.sun), 0.0), 240.0 * (1.0 - rough) + 20.0) * 2.5 * lit
        out = body * (1.0 - share) + seen * share + air.sun_colour * glint * (share * 2.0 + 0.15)
    cover = lace(at, amount, water.time, air.cel)
    out = out * (1.0 - cover) + white * cover
    veil = wp.exp(-distance * 0.0011) * clear(world, wp.min(distance, 120.0))
    return out * veil + air.horizon * (0.90 * (1.0 - veil))


@wp.func
def look(world: World, water: Water, direction: wp.vec3, reach: float, behind: wp.vec3) -> wp.vec4:
    """Radiance and depth (−1: no water) along a ray."""
    query = wp.mesh_query_ray(water.mesh, world.lens.eye, direction, reach)
    if query.result:
        a = water.indices[query.face * 3]
        b = water.indices[query.face * 3 + 1]
        c = water.indices[query.face * 3 + 2]
        w = 1.0 - query.u - query.v
        n = wp.normalize(water.normals[a] * query.u + water.normals[b] * query.v + water.normals[c] * w)
        foam = water.foam[a] * query.u + water.foam[b] * query.v + water.foam[c] * w
        at = world.lens.eye + direction * query.t
        colour = water_colour(world, water, at, direction, query.t, n, foam)
        return wp.vec4(colour[0], colour[1], colour[2], query.t)
    return wp.vec4(behind[0], behind[1], behind[2], -1.0)


@wp.kernel(enable_backward=False)
def draw_sea(
    world: World,
    water: Water,
    sun: wp.array2d(dtype=wp.vec3),
    rest: wp.array2d(dtype=wp.vec3),
    mirrored: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    front: wp.array2d(dtype=wp.vec4),
    front_ids: wp.array2d(dtype=wp.int32),
    colour: wp.array2d(dtype=wp.vec3),
):
    """One sample a pixel of the water before what stands still."""
    y, x = wp.tid()
    behind = sun[y, x] + rest[y, x] + mirrored[y, x]
    direction = ray(world.lens, float(x) + 0.5, float(y) + 0.5)
    q = normal[y, x]
    seen = look(world, water, direction, q[3], behind)
    if seen[3] > 0.0:
        front[y, x] = wp.vec4(0.0, 0.0, 1.0, seen[3])
        front_ids[y, x] = 255 * 256
    else:
        front[y, x] = q
        front_ids[y, x] = ids[y, x]
    colour[y, x] = wp.vec3(seen[0], seen[1], seen[2])


@wp.kernel(enable_backward=False)
def smooth_sea(
    world: World,
    water: Water,
    sun: wp.array2d(dtype=wp.vec3),
    rest: wp.array2d(dtype=wp.vec3),
    mirrored: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    front: wp.array2d(dtype=wp.vec4),
    front_ids: wp.array2d(dtype=wp.int32),
    colour: wp.array2d(dtype=wp.vec3),
):
    """Three more samples where the water's edge crosses a pixel, or one crest hides another."""
    y, x = wp.tid()
    mine = front_ids[y, x]
    depth = front[y, x][3]
    edge = int(0)
    for k in range(4):
        xx = wp.clamp(x + (1 - k % 2) * ((k / 2) * 2 - 1), 0, world.lens.width - 1)
        yy = wp.clamp(y + (k % 2) * ((k / 2) * 2 - 1), 0, world.lens.height - 1)
        other = front[yy, xx][3]
        water_edge = (front_ids[yy, xx] == 255 * 256) != (mine == 255 * 256)
        crest = mine == 255 * 256 and (other > depth * 1.35 or other * 1.35 < depth)
        if water_edge or crest:
            edge = int(1)
    if edge == 0:
        return
    behind = sun[y, x] + rest[y, x] + mirrored[y, x]
    total = colour[y, x]
    for k in range(3):
        jx = 0.17 + 0.33 * float(k)
        jy = 0.17 + 0.33 * float((k * 2) % 3)
        seen = look(world, water, ray(world.lens, float(x) + jx, float(y) + jy), normal[y, x][3], behind)
        total += wp.vec3(seen[0], seen[1], seen[2])
    colour[y, x] = total * 0.25
