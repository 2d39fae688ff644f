"""Light of lamps and fires that are near, over what the sun and the sky have lit. Warp kernels."""

import warp as wp

from render.engines.world.tracer.shade_kernels import ambient, clear
from render.engines.world.tracer.tree_kernels import nearest_in
from render.engines.world.tracer.world_kernels import WATER, WORLD, ray

FAR = wp.constant(1.0e4)
"""What a lamp sees where nothing is."""
FAINT = wp.constant(0.01)
"""Light below which a lamp is left out."""
SOFT = wp.constant(0.25)
"""How far round a surface's horizon a lamp still reaches: leaves and grass let light through, lamps are not points."""
AIRBORNE = wp.constant(0.8)
"""Share of a lamp's light that a soft particle scatters to the eye: drops and smoke throw most of it on."""
PALEST = wp.constant(0.85)
"""Share of the light that no surface scatters more of."""
NEAREST = wp.constant(0.5)
"""Share of a point's distance from a lamp; a texel that shows less stands in the light, however flat that falls."""


@wp.struct
class Lamps:
    """Lamps as the kernels see them."""

    count: int
    places: wp.array(dtype=wp.vec4)
    """Position and radius."""
    colours: wp.array(dtype=wp.vec3)
    hooded: wp.array(dtype=wp.int32)
    reaches: wp.array3d(dtype=wp.float32)
    """``[lamps, rows, columns]``: how far each lamp sees; rows are elevations, columns azimuths."""


@wp.kernel(enable_backward=False)
def survey(world: WORLD, lamps: Lamps):
    """How far each lamp sees before something stands in its way; a hooded one looks down only."""
    k, j, i = wp.tid()
    rows = lamps.reaches.shape[1]
    columns = lamps.reaches.shape[2]
    rise = ((float(j) + 0.5) / float(rows) - 0.5) * 3.14159265
    turn = ((float(i) + 0.5) / float(columns) - 0.5) * 6.2831853
    direction = wp.vec3(wp.cos(rise) * wp.cos(turn), wp.cos(rise) * wp.sin(turn), wp.sin(rise))
    place = lamps.places[k]
    at = wp.vec3(place[0], place[1], place[2]) + direction * place[3]
    far = float(FAR)
    if world[0].has_still != 0 and (lamps.hooded[k] == 0 or rise < 0.0):
        met = nearest_in(world[0].still[0].tree, at, direction, 60.0)
        if met[3] >= 0.0:
            far = met[0] + place[3]
    lamps.reaches[k, j, i] = far


@wp.func
def spline(away: float, k: int) -> float:
    """Weight of three neighbours in a quadratic spline, ``away`` from the middle one: -0.5 to 0.5 steps."""
    if k == 0:
        return 0.75 - away * away
    from_edge = 0.5 + float(k) * away
    return 0.5 * from_edge * from_edge


@wp.func
def seen_by(lamps: Lamps, k: int, away: wp.vec3, distance: float, n: wp.vec3) -> float:
    """Share of a lamp that a point sees, which lies ``away`` from it on a surface with this normal.

    A texel is compared with where its own ray meets the surface's plane, else flat ground far off shades itself.
    """
    rows = lamps.reaches.shape[1]
    columns = lamps.reaches.shape[2]
    u = away * (1.0 / distance)
    level = wp.max(wp.sqrt(u[0] * u[0] + u[1] * u[1]), 1.0e-4)
    y = (wp.asin(wp.clamp(u[2], -1.0, 1.0)) * 0.31830989 + 0.5) * float(rows) - 0.5
    x = (wp.atan2(u[1], u[0]) * 0.15915494 + 0.5) * float(columns) - 0.5
    j = int(wp.floor(y + 0.5))
    i = int(wp.floor(x + 0.5))
    s = x - float(i)
    t = y - float(j)
    slant = wp.dot(u, n)
    side = wp.sign(slant)
    slant = wp.abs(slant)
    aside = side * (u[0] * n[1] - u[1] * n[0]) * 6.2831853 / float(columns)
    up = side * (level * n[2] - u[2] * (u[0] * n[0] + u[1] * n[1]) / level) * 3.14159265 / float(rows)
    seen = float(0.0)
    for b in range(-1, 2):
        row = wp.clamp(j + b, 0, rows - 1)
        for a in range(-1, 2):
            reach = lamps.reaches[k, row, (i + a + columns) % columns] + 0.06 + 0.03 * distance
            tilted = slant + (float(a) - s) * aside + (float(b) - t) * up
            if distance < reach or (NEAREST * distance < reach and distance * slant < reach * tilted):
                seen += spline(s, a) * spline(t, b)
    return seen


@wp.func
def lamplight(lamps: Lamps, at: wp.vec3, n: wp.vec3, flat: int) -> wp.vec3:
    """Light on a surface; a normal of no length is a soft ball's. ``flat`` lays it in two steps, as drawings do."""
    total = wp.vec3(0.0, 0.0, 0.0)
    for k in range(lamps.count):
        place = lamps.places[k]
        away = at - wp.vec3(place[0], place[1], place[2])
        square = wp.dot(away, away)
        colour = lamps.colours[k] * (1.0 / (square + place[3] * place[3]))
        if wp.max(colour[0], wp.max(colour[1], colour[2])) > FAINT:
            distance = wp.max(wp.sqrt(square), 1.0e-4)
            share = float(AIRBORNE)
            if wp.dot(n, n) > 0.5:
                share = wp.max((SOFT - wp.dot(n, away) / distance) / (1.0 + SOFT), 0.0)
            if lamps.hooded[k] != 0:
                share = share * wp.clamp(-1.6 * away[2] / distance, 0.0, 1.0)
            if share > 0.0:
                total += colour * (share * seen_by(lamps, k, away, distance, n))
    if flat != 0:
        strong = wp.max(total[0], wp.max(total[1], total[2]))
        if strong > 0.0:
            step = 0.30 * wp.clamp((strong - 0.12) * 40.0, 0.0, 1.0) + 0.60 * wp.clamp((strong - 0.55) * 12.0, 0.0, 1.0)
            total = total * (step / strong)
    return total


@wp.kernel(enable_backward=False)
def illumine(
    world: WORLD,
    lamps: Lamps,
    rest: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    out: wp.array2d(dtype=wp.vec3),
):
    """What stands still by lamplight alone. Its colour is told from its light under the sky, ``rest``."""
    y, x = wp.tid()
    out[y, x] = wp.vec3(0.0, 0.0, 0.0)
    if ids[y, x] < 0 or ids[y, x] >= WATER:
        return
    q = normal[y, x]
    n = wp.vec3(q[0], q[1], q[2])
    light = lamplight(
        lamps, world[0].lens.eye + ray(world[0].lens, float(x) + 0.5, float(y) + 0.5) * q[3], n, world[0].air.cel
    )
    if light[0] + light[1] + light[2] > 0.0:
        passes = clear(world, q[3])
        own = wp.max(rest[y, x] - world[0].air.horizon * (0.95 * (1.0 - passes)), wp.vec3(0.0, 0.0, 0.0))
        sky = ambient(world, n) * passes
        if world[0].air.cel != 0:
            sky = sky * 0.6
        pale = wp.vec3(own[0] / sky[0], own[1] / sky[1], own[2] / sky[2])
        brightest = wp.max(pale[0], wp.max(pale[1], pale[2]))
        pale = pale * wp.min(1.0, PALEST / wp.max(brightest, 1.0e-4))
        out[y, x] = wp.cw_mul(pale, light) * passes
