"""The water's surface as a net, and where rays meet it. Warp structs and functions."""

import warp as wp

from render.engines.world.tracer.raster_kernels import NOWHERE
from render.engines.world.tracer.tree_kernels import Tree, nearest_in
from render.engines.world.tracer.wave_kernels import Froth
from render.engines.world.tracer.world_kernels import WORLD


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
