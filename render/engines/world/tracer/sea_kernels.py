"""Water over what stands still: what reaches it, its own radiance, and its edges. Warp kernels."""

import warp as wp

from render.engines.world.tracer.clear_kernels import blocked_by_moving
from render.engines.world.tracer.mirror_kernels import glimpse_past
from render.engines.world.tracer.ripple_kernels import ripples
from render.engines.world.tracer.surf_kernels import Thrown, far_air, fresnel_of, thrown, water_colour
from render.engines.world.tracer.water_kernels import SEA, Point, look, look_at
from render.engines.world.tracer.world_kernels import WATER, WORLD, blocked_by_still, hit_moving, hit_still, ray

# The sea's many small functions, all inlined, take three fifths of the time that calls of them take.
wp.set_module_options({"cpu_compiler_flags": "-march=native -mllvm=-inline-threshold=9000"})

MIRRORS = wp.constant(160.0)
"""Metres to which water mirrors things."""
FAINT = wp.constant(0.05)
"""Share of a mirror that shows the sky alone."""
SHADED = wp.constant(14.0)
"""Metres to a shore whose shadow may fall on the water."""


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
