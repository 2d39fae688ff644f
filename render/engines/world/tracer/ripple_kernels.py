"""What lies on the water's net: ripples, finer than it, and foam. Warp functions."""

import warp as wp

from render.engines.world.tracer.noise_kernels import noise2
from render.engines.world.tracer.water_kernels import SEA
from render.engines.world.tracer.wave_kernels import patch
from render.engines.world.tracer.world_kernels import WORLD

LEAST_FOAM = wp.constant(0.04)
"""Foam below which its threads are too thin to be seen."""


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
