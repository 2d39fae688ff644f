"""What the kernels know of a scene, and rays through it. Warp structs and functions."""

import warp as wp

from render.engines.world.tracer.tree_kernels import Tree, any_in, nearest_in

WATER = wp.constant(1 << 24)
"""What a pixel that sees water is called; one that sees a part is called its id · 256 + surface, the sky −1."""
NOTHING = wp.constant(1.0e4)
"""Metres away at which the sky is said to be."""


@wp.struct
class Surface:
    pattern: int
    base: wp.vec3
    accent: wp.vec3
    scale: float
    offset: float
    gloss: float
    mirror: float
    facing: float
    metal: float
    roughness: float
    clear: float
    glow: float
    ink: wp.array2d(dtype=wp.uint8)


@wp.struct
class Soup:
    """Triangles of many parts in one tree."""

    tree: Tree
    points: wp.array(dtype=wp.vec3)
    indices: wp.array(dtype=wp.int32)
    locals: wp.array(dtype=wp.vec3)
    normals: wp.array(dtype=wp.vec3)
    before: wp.array(dtype=wp.vec3)
    part: wp.array(dtype=wp.int32)
    poses: wp.array(dtype=wp.transform)
    surface: wp.array(dtype=wp.int32)
    first_id: int


SOUP = wp.array(dtype=Soup)
"""One soup, or none; see :data:`WORLD`."""


@wp.struct
class Air:
    sun: wp.vec3
    sun_colour: wp.vec3
    softness: float
    zenith: wp.vec3
    horizon: wp.vec3
    ground: wp.vec3
    ambient: wp.vec3
    clouds: float
    hills: float
    ridge: int
    land: wp.vec3
    stars: float
    haze: float
    studio: int
    cel: int
    seed: float


@wp.struct
class Lens:
    eye: wp.vec3
    forward: wp.vec3
    right: wp.vec3
    up: wp.vec3
    pixel: float
    width: int
    height: int


@wp.struct
class World:
    still: SOUP
    moving: SOUP
    has_still: int
    has_moving: int
    has_clear: int
    """Whether some of what is drawn with what moves is clear; all that is clear is."""
    first_moving: int
    """The id of the first part that moves."""
    surfaces: wp.array(dtype=Surface)
    ground: int
    air: Air
    sky_map: wp.array2d(dtype=wp.vec3)
    lens: Lens


WORLD = wp.array(dtype=World)
"""The world, as an array of one: functions get structs by value, and would copy what is large at each call."""


@wp.struct
class Hit:
    distance: float
    normal: wp.vec3
    facet: wp.vec3
    local: wp.vec3
    local_normal: wp.vec3
    turn: wp.quat
    surface: int
    id: int
    face: int
    u: float
    v: float
    """Weights of the triangle's first two corners."""


@wp.func
def ray(lens: Lens, x: float, y: float) -> wp.vec3:
    across = (x - 0.5 * float(lens.width)) * lens.pixel
    along = (0.5 * float(lens.height) - y) * lens.pixel
    return wp.normalize(lens.forward + lens.right * across + lens.up * along)


@wp.func
def on_screen(lens: Lens, at: wp.vec3) -> wp.vec2:
    """Pixels of a point before the lens."""
    away = at - lens.eye
    depth = wp.max(wp.dot(away, lens.forward), 0.01) * lens.pixel
    return wp.vec2(
        wp.dot(away, lens.right) / depth + 0.5 * float(lens.width),
        0.5 * float(lens.height) - wp.dot(away, lens.up) / depth,
    )


@wp.func
def earlier(soup: SOUP, hit: Hit) -> wp.vec3:
    """Where a point was in the frame before."""
    a = soup[0].before[soup[0].indices[hit.face * 3]]
    b = soup[0].before[soup[0].indices[hit.face * 3 + 1]]
    c = soup[0].before[soup[0].indices[hit.face * 3 + 2]]
    return a * hit.u + b * hit.v + c * (1.0 - hit.u - hit.v)


@wp.func
def facet_of(soup: SOUP, face: int) -> wp.vec3:
    """The normal of a triangle."""
    a = soup[0].points[soup[0].indices[face * 3]]
    b = soup[0].points[soup[0].indices[face * 3 + 1]]
    c = soup[0].points[soup[0].indices[face * 3 + 2]]
    return wp.normalize(wp.cross(b - a, c - a))


@wp.func
def strike(soup: SOUP, face: int, u: float, v: float, distance: float, facet: wp.vec3) -> Hit:
    """``u`` and ``v`` weigh the triangle's first two corners."""
    hit = Hit()
    a = soup[0].indices[face * 3]
    b = soup[0].indices[face * 3 + 1]
    c = soup[0].indices[face * 3 + 2]
    w = 1.0 - u - v
    part = soup[0].part[face]
    hit.distance = distance
    hit.local = soup[0].locals[a] * u + soup[0].locals[b] * v + soup[0].locals[c] * w
    hit.local_normal = wp.normalize(soup[0].normals[a] * u + soup[0].normals[b] * v + soup[0].normals[c] * w)
    hit.turn = wp.transform_get_rotation(soup[0].poses[part])
    hit.normal = wp.quat_rotate(hit.turn, hit.local_normal)
    hit.facet = facet
    hit.surface = soup[0].surface[part]
    hit.id = soup[0].first_id + part
    hit.face = face
    hit.u = u
    hit.v = v
    return hit


@wp.func
def missed() -> Hit:
    """Nothing hit: a distance below 0."""
    hit = Hit()
    hit.distance = -1.0
    hit.id = -1
    return hit


@wp.func
def hit_in(soup: SOUP, origin: wp.vec3, direction: wp.vec3, reach: float) -> Hit:
    """The nearest triangle of a soup, or a distance below 0."""
    met = nearest_in(soup[0].tree, origin, direction, reach)
    face = int(met[3])
    if face >= 0:
        return strike(soup, face, 1.0 - met[1] - met[2], met[1], met[0], facet_of(soup, face))
    return missed()


@wp.func
def hit_moving(world: WORLD, origin: wp.vec3, direction: wp.vec3, reach: float) -> Hit:
    """The nearest moving part, or a distance below 0."""
    if world[0].has_moving != 0:
        return hit_in(world[0].moving, origin, direction, reach)
    return missed()


@wp.func
def hit_ground(world: WORLD, origin: wp.vec3, direction: wp.vec3, reach: float) -> Hit:
    """The ground, or a distance below 0."""
    hit = missed()
    if world[0].ground >= 0 and direction[2] < -1.0e-5 and origin[2] > 0.0:
        floor = -origin[2] / direction[2]
        if floor < reach:
            hit.distance = floor
            hit.normal = wp.vec3(0.0, 0.0, 1.0)
            hit.facet = hit.normal
            hit.local_normal = hit.normal
            hit.turn = wp.quat_identity()
            hit.local = origin + direction * floor
            hit.surface = world[0].ground
            hit.id = 0
    return hit


@wp.func
def hit_still(world: WORLD, origin: wp.vec3, direction: wp.vec3, reach: float) -> Hit:
    """The nearest of the ground and of the parts that stand still, or a distance below 0."""
    ground = hit_ground(world, origin, direction, reach)
    if world[0].has_still != 0:
        limit = reach
        if ground.distance > 0.0:
            limit = ground.distance
        part = hit_in(world[0].still, origin, direction, limit)
        if part.distance > 0.0:
            return part
    return ground


@wp.func
def hit_any(world: WORLD, origin: wp.vec3, direction: wp.vec3, reach: float) -> Hit:
    """The nearest of the ground and of all parts, or a distance below 0."""
    still = hit_still(world, origin, direction, reach)
    limit = reach
    if still.distance > 0.0:
        limit = still.distance
    near = hit_moving(world, origin, direction, limit)
    if near.distance > 0.0:
        return near
    return still


@wp.func
def blocked_by_still(world: WORLD, origin: wp.vec3, direction: wp.vec3, reach: float) -> float:
    """1 if something that stands still lies within reach, else 0."""
    if world[0].has_still != 0:
        if any_in(world[0].still[0].tree, origin, direction, reach):
            return 1.0
    return 0.0


@wp.func
def meets_moving(world: WORLD, origin: wp.vec3, direction: wp.vec3, reach: float) -> bool:
    """Whether a moving part, clear or not, lies within reach."""
    return world[0].has_moving != 0 and any_in(world[0].moving[0].tree, origin, direction, reach)


@wp.func
def towards_sun(air: Air, a: float, b: float) -> wp.vec3:
    """A direction to a point of the sun's disk; a and b are 0 to 1."""
    radius = wp.sqrt(a) * air.softness
    angle = 6.2831853 * b
    side = wp.normalize(wp.cross(air.sun, wp.vec3(0.0, 0.3, 1.0)))
    return wp.normalize(air.sun + side * (radius * wp.cos(angle)) + wp.cross(side, air.sun) * (radius * wp.sin(angle)))


@wp.func
def hemisphere(n: wp.vec3, a: float, b: float) -> wp.vec3:
    """A cosine-weighted direction about the normal; a and b are 0 to 1."""
    s = float(1.0)
    if n[2] < 0.0:
        s = float(-1.0)
    k = -1.0 / (s + n[2])
    m = n[0] * n[1] * k
    t = wp.vec3(1.0 + s * n[0] * n[0] * k, s * m, -s * n[0])
    v = wp.vec3(m, s + n[1] * n[1] * k, -n[1])
    radius = wp.sqrt(a)
    angle = 6.2831853 * b
    return t * (radius * wp.cos(angle)) + v * (radius * wp.sin(angle)) + n * wp.sqrt(wp.max(1.0 - a, 0.0))
