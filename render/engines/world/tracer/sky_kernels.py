"""What a ray sees that leaves the scene. Warp functions."""

import warp as wp

from render.engines.world.tracer.noise_kernels import hash2, noise2
from render.engines.world.tracer.world_kernels import WORLD, Air


@wp.func
def softbox(direction: wp.vec3, centre: wp.vec3, width: float, height: float) -> float:
    """How much of a rectangular lamp a reflection sees, 0 to 1, its edge blurred."""
    side = wp.normalize(wp.cross(wp.vec3(0.0, 0.0, 1.0), centre))
    top = wp.cross(centre, side)
    depth = wp.dot(direction, centre)
    if depth <= 0.05:
        return 0.0
    x = wp.abs(wp.dot(direction, side) / depth)
    y = wp.abs(wp.dot(direction, top) / depth)
    return wp.clamp((width - x) * 12.0 + 0.5, 0.0, 1.0) * wp.clamp((height - y) * 12.0 + 0.5, 0.0, 1.0)


@wp.func
def studio(air: Air, direction: wp.vec3) -> wp.vec3:
    up = wp.clamp(direction[2], 0.0, 1.0)
    colour = air.horizon * (1.0 - up) + air.zenith * up
    right = wp.normalize(wp.vec3(air.sun[0], air.sun[1], 0.35))
    left = wp.normalize(wp.vec3(-air.sun[1], air.sun[0], 0.30))
    overhead = wp.normalize(wp.vec3(-0.15, -0.2, 1.0))
    lamps = softbox(direction, right, 0.38, 0.62) * 3.2
    lamps += softbox(direction, left, 0.20, 0.70) * 1.8
    lamps += softbox(direction, overhead, 0.65, 0.40) * 2.2
    return colour * 0.55 + wp.vec3(lamps, lamps, lamps)


@wp.func
def backdrop(air: Air, direction: wp.vec3) -> wp.vec3:
    """The studio's seamless wall as the camera sees it."""
    up = wp.clamp(direction[2] * 1.3 + 0.05, 0.0, 1.0)
    return air.horizon * (1.0 - up) + air.zenith * (0.8 * up)


@wp.func
def hills(air: Air, direction: wp.vec3, distance: float) -> float:
    """How far below (positive) the far ridge a direction lies."""
    turn = wp.atan2(direction[1], direction[0])
    angle = turn * 3.0 + air.seed + distance * 7.0
    ridge = noise2(angle * 1.7, distance) * 0.6 + noise2(angle * 5.3, distance + 3.0) * 0.28
    if air.ridge < 2:
        ridge += noise2(angle * 17.0, distance + 9.0) * 0.12
    if air.ridge == 1:
        ridge = ridge * 0.55 + 0.25
        ridge += noise2(angle * 70.0, distance) * 0.10 + noise2(angle * 190.0, distance) * 0.07
    if air.ridge == 2:
        cell = wp.floor((angle + 0.3 * noise2(angle * 2.0, 1.0)) * (13.0 + 3.0 * distance))
        tall = hash2(int(cell), int(distance) + 3)
        ridge = 0.12 + 0.35 * ridge + 0.55 * tall * tall
    if air.ridge == 4:
        crag = wp.abs(noise2(angle * 2.1, distance) - 0.5) + 0.5 * wp.abs(noise2(angle * 5.7, distance + 5.0) - 0.5)
        crag += 0.22 * wp.abs(noise2(angle * 15.0, distance + 8.0) - 0.5)
        ridge = 1.15 - 1.5 * crag
    return air.hills * (0.015 + 0.085 * ridge / distance) - direction[2]


@wp.func
def night_lights(air: Air, direction: wp.vec3, facing: float) -> wp.vec3:
    """The moon's disk where the light comes from, and stars that no cloud hides."""
    moon = wp.clamp((facing - 0.99978) * 14000.0, 0.0, 1.0)
    mare = 0.75 + 0.5 * noise2(direction[0] * 160.0, direction[2] * 160.0)
    out = wp.vec3(1.0, 0.97, 0.88) * (moon * mare * 2.2)
    u = wp.atan2(direction[1], direction[0]) * 60.0
    v = direction[2] * 75.0
    i = int(wp.floor(u))
    j = int(wp.floor(v))
    chance = hash2(i, j + 400)
    if chance > 0.8 and direction[2] > 0.02:
        dx = u - float(i) - 0.2 - 0.6 * hash2(i + 11, j)
        dy = v - float(j) - 0.2 - 0.6 * hash2(i, j + 23)
        spot = wp.clamp(1.0 - wp.sqrt(dx * dx + dy * dy) * 11.0, 0.0, 1.0)
        cover = noise2(direction[0] * 4.0 + air.seed, direction[1] * 4.0)
        bright = (chance - 0.8) * 5.0
        out = out + wp.vec3(0.85, 0.9, 1.0) * (spot * bright * bright * 0.9 * wp.clamp(1.5 - 2.0 * cover, 0.0, 1.0))
    return out


@wp.func
def sky(air: Air, direction: wp.vec3) -> wp.vec3:
    height = wp.clamp(direction[2], 0.0, 1.0)
    facing = wp.clamp(wp.dot(direction, air.sun), 0.0, 1.0)
    near = wp.exp(-4.0 * height)
    colour = air.zenith * (1.0 - near) + air.horizon * near
    reach = 1.0 / (height + 0.13)
    x = direction[0] * reach + air.seed
    y = direction[1] * reach
    cover = noise2(x * 1.2, y * 1.2) * 0.5 + noise2(x * 2.9 + 7.0, y * 2.9) * 0.27
    level = 0.72 - 0.42 * air.clouds
    if air.cel != 0:
        painted = cover + noise2(x * 6.3, y * 6.3) * 0.10
        level = level + 0.02
        bank = wp.clamp((painted - level) * 90.0, 0.0, 1.0) * wp.clamp(height * 30.0, 0.0, 1.0)
        shade = wp.clamp((painted - level - 0.055) * 90.0, 0.0, 1.0)
        white = air.horizon * 0.25 + air.sun_colour * 0.30
        colour = colour * (1.0 - bank) + (white * shade + (colour * 0.45 + white * 0.5) * (1.0 - shade)) * bank
        glow = wp.clamp((facing - 0.9975) * 2500.0, 0.0, 1.0)
        colour = colour + air.sun_colour * glow
    else:
        low = wp.max(air.sun[2], 0.3)
        u = x + 0.14 * air.sun[0] / low
        v = y + 0.14 * air.sun[1] / low
        ahead = noise2(u * 1.2, v * 1.2) * 0.5 + noise2(u * 2.9 + 7.0, v * 2.9) * 0.27
        relief = wp.clamp((cover - ahead) * 4.5 + 0.55, 0.0, 1.0)
        cover += noise2(x * 6.7, y * 6.7) * 0.14 + noise2(x * 14.3, y * 14.3) * 0.09
        bank = wp.clamp((cover - level) * 3.2, 0.0, 1.0)
        bank = bank * bank * (3.0 - 2.0 * bank) * wp.clamp(height * 7.0, 0.0, 1.0)
        thick = wp.clamp((cover - level) * 2.2, 0.0, 1.0)
        lit = air.sun_colour * (0.15 + 0.30 * relief - 0.08 * thick) + air.ambient * (0.17 - 0.05 * thick)
        colour = colour * (1.0 - bank * 0.92) + lit * (bank * 0.92)
        glow = wp.pow(facing, 900.0) * 4.0 + wp.pow(facing, 48.0) * 0.30 + wp.pow(facing, 6.0) * 0.10
        colour = colour + air.sun_colour * glow
    if air.stars > 0.0:
        colour = colour + night_lights(air, direction, facing) * air.stars
    if air.hills > 0.0:
        for layer in range(2):
            away = 2.0 - float(layer)
            below = hills(air, direction, away)
            if below > 0.0:
                cut = wp.clamp(below * 700.0, 0.0, 1.0)
                tone = air.land
                if air.ridge == 4:
                    bare = noise2(direction[0] * 90.0 + direction[2] * 60.0, direction[2] * 240.0 + away * 9.0)
                    tone = tone * (0.75 + 0.9 * wp.clamp(bare * 3.0 - 1.2, 0.0, 1.0))
                green = wp.cw_mul(tone, air.sun_colour * 0.4 + air.ambient)
                veil = 0.52 * away * 0.5 + 0.30
                seen = green * (1.0 - veil) + air.horizon * (veil * 0.82)
                colour = colour * (1.0 - cut) + seen * cut
    return colour


@wp.func
def surroundings(world: WORLD, direction: wp.vec3) -> wp.vec3:
    """What a reflection sees: the map that :func:`bake` drew."""
    rows = world[0].sky_map.shape[0]
    columns = world[0].sky_map.shape[1]
    x = (wp.atan2(direction[1], direction[0]) * 0.15915494 + 0.5) * float(columns)
    y = wp.sqrt(wp.clamp(direction[2], 0.0, 1.0)) * float(rows) - 0.5
    i = int(wp.floor(x - 0.5))
    j = wp.clamp(int(wp.floor(y)), 0, rows - 2)
    s = x - 0.5 - float(i)
    t = wp.clamp(y - float(j), 0.0, 1.0)
    i = (i + columns) % columns
    k = (i + 1) % columns
    low = world[0].sky_map[j, i] * (1.0 - s) + world[0].sky_map[j, k] * s
    high = world[0].sky_map[j + 1, i] * (1.0 - s) + world[0].sky_map[j + 1, k] * s
    return low * (1.0 - t) + high * t


@wp.kernel(enable_backward=False)
def bake(air: Air, out: wp.array2d(dtype=wp.vec3)):
    """The upper half of the surroundings; columns are azimuths, rows go with the root of the height."""
    j, i = wp.tid()
    angle = ((float(i) + 0.5) / float(out.shape[1]) - 0.5) * 6.2831853
    root = (float(j) + 0.5) / float(out.shape[0])
    height = root * root
    flat = wp.sqrt(wp.max(1.0 - height * height, 0.0))
    direction = wp.vec3(wp.cos(angle) * flat, wp.sin(angle) * flat, height)
    if air.studio != 0:
        out[j, i] = studio(air, direction)
    else:
        out[j, i] = sky(air, direction)
