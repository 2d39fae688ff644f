"""How water looks: mirrored sky and sun, light out of its depth, foam, and what lies beneath. Warp kernels."""

import warp as wp

from render.engines.world.tracer.noise_kernels import noise2
from render.engines.world.tracer.shade_kernels import glimpse_past
from render.engines.world.tracer.sky_kernels import surroundings
from render.engines.world.tracer.tree_kernels import Tree, nearest_in
from render.engines.world.tracer.wave_kernels import Froth, patch
from render.engines.world.tracer.world_kernels import (
    WATER,
    WORLD,
    blocked_by_moving,
    blocked_by_still,
    hit_moving,
    hit_still,
    ray,
)

# The sea's many small functions, all inlined, take three fifths of the time that calls of them take.
wp.set_module_options({"cpu_compiler_flags": "-march=native -mllvm=-inline-threshold=9000"})

NOWHERE = wp.constant(wp.uint64(18446744073709551615))
"""Among the nearest triangles: none."""
MIRRORS = wp.constant(160.0)
"""Metres to which water mirrors things."""
FAINT = wp.constant(0.05)
"""Share of a mirror that shows the sky alone."""
SHADED = wp.constant(14.0)
"""Metres to a shore whose shadow may fall on the water."""
LEAST_FOAM = wp.constant(0.04)
"""Foam below which its threads are too thin to be seen."""
SKIN = wp.constant(1.0)
"""Metres of water at whose edge it is not seen to thin out."""
MURKY = wp.constant(20.0)
"""Clarities of water that let nothing through."""
DIM = wp.constant(30.0)
"""Exponent of a glint from which on it is not seen."""


@wp.struct
class Water:
    """The surface of one moment and how it looks."""

    tree: Tree
    points: wp.array(dtype=wp.vec3)
    indices: wp.array(dtype=wp.int32)
    normals: wp.array(dtype=wp.vec3)
    marks: wp.array(dtype=wp.vec4)
    froth: Froth
    coarse: wp.array2d(dtype=wp.vec2)
    fine: wp.array2d(dtype=wp.vec2)
    """Slopes of ripples on squares that repeat."""
    coarse_side: float
    fine_side: float
    slope: float
    """Root mean square slope of all ripples."""
    sigma: float
    deep: wp.vec3
    shallow: wp.vec3
    clarity: float
    foam: float
    time: float


SEA = wp.array(dtype=Water)
"""The water, as an array of one; see :data:`.world_kernels.WORLD`."""


@wp.func
def lace(x: float, y: float, amount: float, time: float, cel: int) -> float:
    """Foam's coverage: thick where there is much, torn into threads where there is little."""
    if amount < LEAST_FOAM:
        return 0.0
    drift = time * 0.12
    web = noise2(x * 2.3 + drift, y * 2.3) * 0.45 + noise2(x * 6.1, y * 6.1 - drift) * 0.3
    web += noise2(x * 17.0 - drift, y * 17.0) * 0.25
    threads = 1.0 - wp.abs(web - 0.5) * 5.0
    cover = wp.clamp((amount - 0.38 + threads * 0.34) * 2.0, 0.0, 1.0) * wp.clamp(amount * 3.0, 0.0, 1.0)
    if cel != 0:
        return wp.clamp((cover - 0.45) * 30.0, 0.0, 1.0)
    return cover


@wp.func
def rippled(tile: wp.array2d(dtype=wp.vec2), side: float, x: float, y: float) -> wp.vec2:
    """Slopes of a tile that repeats every ``side`` metres; its cells are a power of two."""
    cells = tile.shape[0]
    u = x / side * float(cells)
    v = y / side * float(cells)
    fu = wp.floor(u)
    fv = wp.floor(v)
    s = u - fu
    t = v - fv
    i = int(fu) & (cells - 1)
    j = int(fv) & (cells - 1)
    i1 = (i + 1) & (cells - 1)
    j1 = (j + 1) & (cells - 1)
    low = tile[i, j] * (1.0 - s) + tile[i1, j] * s
    high = tile[i, j1] * (1.0 - s) + tile[i1, j1] * s
    return low * (1.0 - t) + high * t


@wp.func
def foam_at(water: SEA, mark: wp.vec4) -> float:
    """Foam by its memory about the action, by the fold of the crests beyond."""
    if water[0].foam <= 0.0:
        return 0.0
    far = wp.clamp((0.60 - mark[2]) * 2.2, 0.0, 1.0)
    old = patch(water[0].froth.former, water[0].froth, mark[0], mark[1], far)
    new = patch(water[0].froth.latest, water[0].froth, mark[0], mark[1], far)
    return (old + (new - old) * water[0].froth.share) * water[0].foam


@wp.func
def tint(base: wp.vec3, thick: float, clarity: float) -> wp.vec3:
    """What passes a thickness of water: red is lost first."""
    a = thick / clarity
    return wp.vec3(base[0] * wp.exp(-1.7 * a), base[1] * wp.exp(-0.95 * a), base[2] * wp.exp(-0.85 * a))


@wp.func
def air_light(world: WORLD) -> wp.vec3:
    """Light that falls on level ground, about 1 by day."""
    high = wp.max(world[0].air.sun[2], 0.12)
    return (world[0].air.sun_colour * high + world[0].air.ambient) * 0.40


@wp.func
def mirrored_in(world: WORLD, at: wp.vec3, bounce: wp.vec3, distance: float) -> wp.vec4:
    """What things the water's mirror shows, and 1 if it shows any, else 0 for the sky."""
    if distance < MIRRORS and world[0].has_still + world[0].has_moving > 0:
        other = hit_still(world, at, bounce, MIRRORS)
        reach = float(MIRRORS)
        if other.distance > 0.0:
            reach = other.distance
        near = hit_moving(world, at, bounce, reach)
        if near.distance > 0.0:
            other = near
        if other.distance > 0.0:
            seen = glimpse_past(world, other, at, bounce, distance)
            return wp.vec4(seen[0], seen[1], seen[2], 1.0)
    return wp.vec4(0.0, 0.0, 0.0, 0.0)


@wp.func
def ripples(world: WORLD, water: SEA, direction: wp.vec3, distance: float, normal: wp.vec3, mark: wp.vec4) -> wp.vec4:
    """The normal with the ripples that a pixel is fine enough for, and the mean square slope of the others."""
    print_size = distance * world[0].lens.pixel / wp.max(-wp.dot(normal, direction), 0.05)
    coarse = wp.clamp(1.4 - print_size / 0.28, 0.0, 1.0)
    fine = wp.clamp(1.4 - print_size / 0.06, 0.0, 1.0)
    n = normal
    if world[0].air.cel == 0:
        tilt = wp.vec2(0.0, 0.0)
        if coarse > 0.0:
            tilt += rippled(water[0].coarse, water[0].coarse_side, mark[0], mark[1]) * coarse
        if fine > 0.0:
            tilt += rippled(water[0].fine, water[0].fine_side, mark[0], mark[1]) * fine
        n = wp.normalize(normal - wp.vec3(tilt[0], tilt[1], 0.0))
    hidden = water[0].slope * water[0].slope * (1.0 - 0.5 * coarse * coarse - 0.5 * fine * fine)
    return wp.vec4(n[0], n[1], n[2], hidden)


@wp.func
def fresnel_of(water: SEA, facing: float, spread: float) -> float:
    """Fresnel's share of a rough surface: Bruneton, Neyret and Holzschuch, Eurographics 2010."""
    seen_tilt = wp.max(facing, 0.02 + 0.35 * water[0].slope)
    return 0.02 + 0.98 * wp.pow(1.0 - seen_tilt, 5.0 * wp.exp(-2.69 * spread)) / (1.0 + 22.7 * spread * wp.sqrt(spread))


@wp.func
def far_air(world: WORLD, direction: wp.vec3) -> wp.vec3:
    """The light of the air before far water."""
    return surroundings(world, wp.normalize(wp.vec3(direction[0], direction[1], 0.004))) * 0.92


@wp.func
def thrown(n: wp.vec3, direction: wp.vec3, facing: float, spread: float) -> wp.vec3:
    """Where the water's mirror looks: up, the more so the rougher it is."""
    bounce = direction + n * (2.0 * facing)
    return wp.normalize(wp.vec3(bounce[0], bounce[1], wp.abs(bounce[2]) + 0.01 + 0.9 * spread))


@wp.func
def painted(
    world: WORLD, water: SEA, at: wp.vec3, direction: wp.vec3, n: wp.vec3, mark: wp.vec4, lit: float
) -> wp.vec3:
    """Water in flat tones: from the sky's colour far off to its own near by, by steps that are near each other."""
    air = world[0].air
    light = air_light(world)
    facing = wp.max(-wp.dot(n, direction), 0.02)
    band = 0.22 * wp.clamp((facing - 0.08) * 60.0, 0.0, 1.0) + 0.22 * wp.clamp((facing - 0.15) * 50.0, 0.0, 1.0)
    band += 0.20 * wp.clamp((facing - 0.25) * 40.0, 0.0, 1.0) + 0.14 * wp.clamp((facing - 0.40) * 30.0, 0.0, 1.0)
    high = wp.clamp((at[2] - 0.9 * water[0].sigma) / wp.max(0.06 * water[0].sigma, 0.003), 0.0, 1.0)
    shoal = wp.clamp((1.4 * water[0].clarity - mark[3]) * 12.0, 0.0, 1.0)
    sky = air.horizon * 0.35 + air.zenith * 0.45
    body = wp.cw_mul(water[0].deep * 1.9 + water[0].shallow * 0.22, light) * band + sky * (1.0 - band)
    crest = wp.cw_mul(water[0].shallow * 1.25, light)
    body = body + (crest - body) * wp.max(high * 0.4, shoal * 0.55)
    body = body * (0.72 + 0.28 * lit)
    bounce = direction + n * (2.0 * facing)
    spark = wp.clamp((wp.dot(bounce, air.sun) - 0.972) * 220.0, 0.0, 1.0) * lit
    return body + (air.sun_colour * 0.42 + air.horizon * 0.2 - body) * (spark * 0.55)


@wp.struct
class Thrown:
    """What reaches a pixel's water."""

    things: wp.vec4
    """What it mirrors but for the sky, times how much of it they fill; and that share."""
    lit: float
    """The sun's visible share."""
    air: wp.vec3
    """Of :func:`far_air`."""


@wp.func
def glint_of(world: WORLD, water: SEA, n: wp.vec3, direction: wp.vec3, hidden: float, facing: float) -> float:
    """Share of the sun's light that facets of water throw to the eye."""
    half = wp.normalize(world[0].air.sun - direction)
    tall = wp.max(wp.dot(half, n), 0.01)
    square = tall * tall
    narrow = 2.0 * (hidden + 0.0012 + 0.25 * world[0].air.softness * world[0].air.softness)
    away = (1.0 - square) / (square * narrow)
    if away > DIM:
        return 0.0
    facets = wp.exp(-away) / (3.14159265 * narrow * square * square)
    grazing = 1.0 - wp.max(wp.dot(half, world[0].air.sun), 0.0)
    towards = grazing * grazing * grazing * grazing * grazing * 0.98 + 0.02
    return wp.min(facets * towards / (4.0 * wp.max(facing, 0.02 + 0.35 * water[0].slope)), 14.0)


@wp.func
def water_colour(
    world: WORLD,
    water: SEA,
    at: wp.vec3,
    direction: wp.vec3,
    distance: float,
    normal: wp.vec3,
    mark: wp.vec4,
    thick: float,
    beneath: wp.vec3,
    about: Thrown,
) -> wp.vec3:
    """Radiance of the water; ``thick`` metres of it lie before what is ``beneath``."""
    air = world[0].air
    lit = about.lit
    tilted = ripples(world, water, direction, distance, normal, mark)
    n = wp.vec3(tilted[0], tilted[1], tilted[2])
    hidden = tilted[3]
    spread = wp.sqrt(hidden)
    facing = wp.max(-wp.dot(n, direction), 0.02)
    light = air_light(world)
    out = wp.vec3(0.0, 0.0, 0.0)
    if air.cel != 0:
        out = painted(world, water, at, direction, n, mark, lit)
        edge = 1.0 - wp.exp(-thick / wp.max(0.25 * water[0].clarity, 0.05))
        out = out * edge + beneath * (1.0 - edge)
    else:
        share = fresnel_of(water, facing, spread)
        seen = surroundings(world, thrown(n, direction, facing, spread)) * (1.0 - about.things[3])
        seen = seen + wp.vec3(about.things[0], about.things[1], about.things[2])
        # Sunlight through a crest that stands between the eye and the sun, and out of shallow water.
        ahead = wp.clamp(wp.dot(direction, air.sun) * 0.6 + 0.45, 0.0, 1.0)
        crest = wp.clamp(0.22 + 0.30 * at[2] / wp.max(water[0].sigma, 0.25), 0.0, 1.0) * (0.25 + 0.75 * ahead * lit)
        shoal = wp.exp(-wp.max(mark[3], 0.0) / (1.2 * water[0].clarity)) * 0.8
        through = wp.min(crest + shoal, 1.0)
        body = wp.cw_mul(water[0].deep * (1.0 - through) + water[0].shallow * through, light) * (0.55 + 0.45 * lit)
        if thick < MURKY * water[0].clarity:
            opaque = 1.0 - wp.exp(-0.95 * thick / water[0].clarity)
            body = body * opaque + tint(beneath, thick, water[0].clarity)
        film = float(1.0)
        if thick < SKIN:
            film = 1.0 - wp.exp(-thick / 0.05)
        glint = glint_of(world, water, n, direction, hidden, facing) * lit
        share = share * film
        out = body * (1.0 - share) + seen * share + air.sun_colour * (glint * film)
    cover = lace(mark[0], mark[1], foam_at(water, mark), water[0].time, air.cel)
    if cover > 0.0:
        white = wp.cw_mul(
            wp.vec3(0.92, 0.96, 1.0),
            air.sun_colour * (0.30 * lit * wp.max(wp.dot(n, air.sun), 0.05)) + air.ambient * 0.62,
        )
        if air.cel != 0:
            white = white * 1.1
        if thick < SKIN:
            cover = cover * (1.0 - wp.exp(-thick / 0.03))
        out = out * (1.0 - cover) + white * cover
    veil = wp.exp(-distance * 0.0009 - wp.min(distance, 120.0) * air.haze)
    return out * veil + about.air * (1.0 - veil)


@wp.struct
class Point:
    """A point of the net."""

    distance: float
    """Metres from the eye, or −1 if a ray meets none."""
    normal: wp.vec3
    mark: wp.vec4


@wp.func
def point_of(water: SEA, direction: wp.vec3, face: int, u: float, v: float, distance: float) -> Point:
    """``u`` and ``v`` weigh the triangle's first two corners."""
    a = water[0].indices[face * 3]
    b = water[0].indices[face * 3 + 1]
    c = water[0].indices[face * 3 + 2]
    w = 1.0 - u - v
    n = wp.normalize(water[0].normals[a] * u + water[0].normals[b] * v + water[0].normals[c] * w)
    across = wp.dot(n, direction)
    if across > -0.02:
        n = wp.normalize(n - direction * (across + 0.02))
    out = Point()
    out.distance = distance
    out.normal = n
    out.mark = water[0].marks[a] * u + water[0].marks[b] * v + water[0].marks[c] * w
    return out


@wp.func
def look(world: WORLD, water: SEA, direction: wp.vec3, reach: float) -> Point:
    """The water along a ray of ``reach`` metres."""
    out = Point()
    out.distance = -1.0
    met = nearest_in(water[0].tree, world[0].lens.eye, direction, reach)
    if met[3] >= 0.0:
        out = point_of(water, direction, int(met[3]), 1.0 - met[1] - met[2], met[1], met[0])
    return out


@wp.func
def look_at(world: WORLD, water: SEA, direction: wp.vec3, reach: float, key: wp.uint64) -> Point:
    """The same for a ray that is known to meet no triangle before that of a pixel's key."""
    out = Point()
    out.distance = -1.0
    if key == NOWHERE:
        return out
    face = int(key & wp.uint64(4294967295))
    a = water[0].points[water[0].indices[face * 3]]
    one = water[0].points[water[0].indices[face * 3 + 1]] - a
    two = water[0].points[water[0].indices[face * 3 + 2]] - a
    cross = wp.cross(direction, two)
    scale = wp.dot(one, cross)
    if wp.abs(scale) > 1.0e-12:
        away = world[0].lens.eye - a
        side = wp.cross(away, one)
        distance = wp.dot(two, side) / scale
        if distance > 0.0 and distance < reach:
            v = wp.clamp(wp.dot(away, cross) / scale, 0.0, 1.0)
            w = wp.clamp(wp.dot(direction, side) / scale, 0.0, 1.0 - v)
            out = point_of(water, direction, face, 1.0 - v - w, v, distance)
    return out


@wp.kernel(enable_backward=False)
def throw_light(
    world: WORLD,
    water: SEA,
    nearest: wp.array2d(dtype=wp.uint64),
    normal: wp.array2d(dtype=wp.vec4),
    things: wp.array2d(dtype=wp.vec4),
    lit: wp.array2d(dtype=wp.vec2),
    air: wp.array2d(dtype=wp.vec3),
):
    """What reaches the water of one pixel of four; see :class:`Thrown`.

    ``lit`` is the sun's visible share, and 1; all are 0 where the pixel sees no water.
    """
    y, x = wp.tid()
    row = 2 * y
    column = 2 * x
    direction = ray(world[0].lens, float(column) + 0.5, float(row) + 0.5)
    spot = look_at(world, water, direction, normal[row, column][3], nearest[row, column])
    things[y, x] = wp.vec4(0.0, 0.0, 0.0, 0.0)
    lit[y, x] = wp.vec2(0.0, 0.0)
    air[y, x] = wp.vec3(0.0, 0.0, 0.0)
    if spot.distance > 0.0:
        at = world[0].lens.eye + direction * spot.distance
        bright = float(1.0)
        if spot.mark[3] < SHADED or world[0].has_moving != 0:
            above = at + wp.vec3(0.0, 0.0, 0.02)
            bright -= wp.max(
                blocked_by_still(world, above, world[0].air.sun, 40.0),
                blocked_by_moving(world, above, world[0].air.sun, 40.0),
            )
        lit[y, x] = wp.vec2(bright, 1.0)
        air[y, x] = far_air(world, direction)
        if world[0].air.cel == 0:
            tilted = ripples(world, water, direction, spot.distance, spot.normal, spot.mark)
            n = wp.vec3(tilted[0], tilted[1], tilted[2])
            spread = wp.sqrt(tilted[3])
            facing = wp.max(-wp.dot(n, direction), 0.02)
            if fresnel_of(water, facing, spread) > FAINT:
                things[y, x] = mirrored_in(world, at, thrown(n, direction, facing, spread), spot.distance)


@wp.func
def thrown_at(
    world: WORLD,
    things: wp.array2d(dtype=wp.vec4),
    lit: wp.array2d(dtype=wp.vec2),
    air: wp.array2d(dtype=wp.vec3),
    direction: wp.vec3,
    x: int,
    y: int,
) -> Thrown:
    """Mean of the samples of :func:`throw_light` on or beside a pixel."""
    out = Thrown()
    weight = float(0.0)
    for k in range(4):
        i = wp.min(x / 2 + (k % 2) * (x % 2), lit.shape[1] - 1)
        j = wp.min(y / 2 + (k / 2) * (y % 2), lit.shape[0] - 1)
        out.things += things[j, i]
        out.air += air[j, i]
        out.lit += lit[j, i][0]
        weight += lit[j, i][1]
    if weight > 0.0:
        out.things = out.things * (1.0 / weight)
        out.air = out.air * (1.0 / weight)
        out.lit = out.lit / weight
    else:
        out.air = far_air(world, direction)
        out.lit = 1.0
    return out


@wp.func
def water_at(
    world: WORLD, water: SEA, spot: Point, direction: wp.vec3, reach: float, behind: wp.vec3, about: Thrown
) -> wp.vec3:
    """Radiance along a ray that ends at ``reach`` metres ``behind`` the water, if there is any."""
    if spot.distance < 0.0:
        return behind
    at = world[0].lens.eye + direction * spot.distance
    thick = reach - spot.distance
    return water_colour(world, water, at, direction, spot.distance, spot.normal, spot.mark, thick, behind, about)


@wp.kernel(enable_backward=False)
def draw_sea(
    world: WORLD,
    water: SEA,
    nearest: wp.array2d(dtype=wp.uint64),
    sun: wp.array2d(dtype=wp.vec3),
    rest: wp.array2d(dtype=wp.vec3),
    mirrored: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    front: wp.array2d(dtype=wp.vec4),
    front_ids: wp.array2d(dtype=wp.int32),
    colour: wp.array2d(dtype=wp.vec3),
    things: wp.array2d(dtype=wp.vec4),
    lit: wp.array2d(dtype=wp.vec2),
    air: wp.array2d(dtype=wp.vec3),
):
    """One sample a pixel of the water before what stands still."""
    y, x = wp.tid()
    behind = sun[y, x] + rest[y, x] + mirrored[y, x]
    q = normal[y, x]
    direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
    spot = look_at(world, water, direction, q[3], nearest[y, x])
    front[y, x] = q
    front_ids[y, x] = ids[y, x]
    colour[y, x] = behind
    if spot.distance > 0.0:
        front[y, x] = wp.vec4(0.0, 0.0, 1.0, spot.distance)
        front_ids[y, x] = WATER
        colour[y, x] = water_at(
            world, water, spot, direction, q[3], behind, thrown_at(world, things, lit, air, direction, x, y)
        )


@wp.kernel(enable_backward=False)
def smooth_sea(
    world: WORLD,
    water: SEA,
    sun: wp.array2d(dtype=wp.vec3),
    rest: wp.array2d(dtype=wp.vec3),
    mirrored: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    front: wp.array2d(dtype=wp.vec4),
    front_ids: wp.array2d(dtype=wp.int32),
    colour: wp.array2d(dtype=wp.vec3),
    things: wp.array2d(dtype=wp.vec4),
    lit: wp.array2d(dtype=wp.vec2),
    air: wp.array2d(dtype=wp.vec3),
):
    """Three more samples where the water's edge crosses a pixel, or one crest hides another."""
    y, x = wp.tid()
    mine = front_ids[y, x]
    depth = front[y, x][3]
    edge = int(0)
    for k in range(4):
        xx = wp.clamp(x + (1 - k % 2) * ((k / 2) * 2 - 1), 0, world[0].lens.width - 1)
        yy = wp.clamp(y + (k % 2) * ((k / 2) * 2 - 1), 0, world[0].lens.height - 1)
        other = front[yy, xx][3]
        water_edge = (front_ids[yy, xx] == WATER) != (mine == WATER)
        crest = mine == WATER and (other > depth * 1.35 or other * 1.35 < depth)
        if water_edge or crest:
            edge = int(1)
    if edge == 0:
        return
    behind = sun[y, x] + rest[y, x] + mirrored[y, x]
    total = colour[y, x]
    reach = normal[y, x][3]
    middle = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
    about = thrown_at(world, things, lit, air, middle, x, y)
    for k in range(3):
        jx = 0.17 + 0.33 * float(k)
        jy = 0.17 + 0.33 * float((k * 2) % 3)
        direction = ray(world[0].lens, float(x) + jx, float(y) + jy)
        total += water_at(world, water, look(world, water, direction, reach), direction, reach, behind, about)
    colour[y, x] = total * 0.25
