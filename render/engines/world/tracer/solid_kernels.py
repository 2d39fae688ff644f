"""Patterns of what things are made of: wood, stone, leather, cloth, metal, plaster, leaves, bark. Warp functions."""

import warp as wp

from render.engines.world.tracer.noise_kernels import fade, fractal2, fractal3, fraction, hash2, noise2, noise3
from render.engines.world.tracer.paint_kernels import Paint, folded, mixed, plain, stripe, unfolded
from render.engines.world.tracer.world_kernels import Surface


@wp.func
def glowing(s: Surface) -> Paint:
    """One colour, which may shine of itself."""
    out = plain(s.base)
    if s.glow > 0.0:
        out.glow = s.base * s.glow
    return out


@wp.func
def brushed(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Metal turned about z: fine rings."""
    ring = wp.sqrt(p[0] * p[0] + p[1] * p[1])
    line = (noise2(ring * 260.0, 0.5) - 0.5) * fade(130.0, blur) * (1.0 - float(flat))
    return plain(s.base * (1.0 + 0.12 * line))


@wp.func
def wood(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Solid wood, its grain along x: year rings of about a sixth of ``scale`` about an axis off the middle."""
    q = p * (1.0 / s.scale)
    size = blur / s.scale
    warp = fractal3(wp.vec3(q[0] * 0.35, q[1] * 1.6, q[2] * 1.6), 2, size * 1.6)
    dy = q[1] + 0.31
    dz = q[2] - 0.83
    ring = wp.sqrt(dy * dy + dz * dz) * 7.0 + warp[0] * 2.2
    year = fraction(ring)
    late = wp.clamp(wp.min(year * 1.25, (1.0 - year) * 6.0), 0.0, 1.0)
    late = late * late * fade(7.0, size)
    if flat != 0:
        return plain(mixed(s.base, s.accent, wp.floor(late * 1.99) * 0.45))
    out = plain(mixed(s.base, s.accent, 0.12 + 0.62 * late + 0.5 * warp[0]))
    fibre = fade(60.0, size)
    if fibre > 0.0:
        pore = noise3(wp.vec3(q[0] * 7.0, q[1] * 120.0, q[2] * 120.0))
        out.colour = out.colour * (1.0 + (pore - 0.5) * 0.34 * fibre)
    out.gloss = 1.0 - 0.35 * late
    return out


@wp.func
def rock(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Weathered stone: ``scale`` is the size of its coarsest blotches in metres."""
    q = p * (1.0 / s.scale)
    n = fractal3(q, 5, blur / s.scale)
    if flat != 0:
        return plain(mixed(s.base, s.accent, 0.2 + 0.5 * wp.floor((n[0] + 0.5) * 3.0) / 3.0))
    layer = fractal3(wp.vec3(q[0] * 0.4, q[1] * 0.4, q[2] * 2.6) + wp.vec3(5.0, 3.0, 1.0), 3, blur * 2.6 / s.scale)
    out = plain(mixed(s.base, s.accent, 0.42 + 1.1 * n[0] + 0.7 * layer[0]))
    out.slope = wp.vec3(n[1], n[2], n[3]) * 0.34 + wp.vec3(layer[1] * 0.4, layer[2] * 0.4, layer[3] * 2.6) * 0.10
    return out


@wp.func
def leather(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Grained hide: pebbles of about ``scale`` metres with creases of the accent between them."""
    if flat != 0:
        return plain(s.base)
    q = p * (1.0 / s.scale)
    size = blur / s.scale
    n = fractal3(q, 2, size)
    wear = fractal3(q * 0.06, 3, size * 0.06)
    out = plain(mixed(s.base, s.accent, 0.25 - 1.3 * n[0]) * (1.0 + 0.5 * wear[0]))
    out.slope = wp.vec3(n[1], n[2], n[3]) * 0.22
    out.gloss = wp.clamp(1.0 + 1.2 * n[0] + wear[0], 0.2, 1.5)
    return out


@wp.func
def cloth(s: Surface, p: wp.vec3, n: wp.vec3, blur: float, flat: int) -> Paint:
    """Plain weave of threads ``scale`` metres wide, with slubs."""
    if flat != 0:
        return plain(s.base)
    q = unfolded(p, n)
    u = q[0] / s.scale
    v = q[1] / s.scale
    size = blur / s.scale
    shown = fade(1.0, size)
    out = plain(s.base * (1.0 + 0.3 * fractal2(u * 0.02, v * 0.02, 3, size * 0.02)[0]))
    if shown > 0.0:
        i = wp.floor(u)
        j = wp.floor(v)
        over = float((int(i) + int(j)) % 2 == 0)
        x = fraction(u) - 0.5
        y = fraction(v) - 0.5
        tone = noise2(u * 0.15, j + 0.5) * (1.0 - over) + noise2(i + 0.5, v * 0.15) * over
        hill = 1.0 - 2.2 * (x * x * over + y * y * (1.0 - over))
        out.colour = out.colour * (1.0 + (0.55 * (hill - 0.75) + 0.4 * (tone - 0.5)) * shown)
        out.slope = folded(-1.3 * x * over, -1.3 * y * (1.0 - over), q[2]) * shown
    return out


@wp.func
def scuffed(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Metal, plastic or glaze that has been touched: smudges that dull it, ``scale`` metres wide."""
    out = plain(s.base)
    if flat == 0:
        n = fractal3(p * (1.0 / s.scale), 4, blur / s.scale)
        out.colour = s.base * (1.0 + 0.16 * n[0])
        out.gloss = wp.clamp(0.95 + 0.7 * n[0], 0.4, 1.2)
        out.slope = wp.vec3(n[1], n[2], n[3]) * 0.006
    return out


@wp.func
def plaster(s: Surface, p: wp.vec3, n: wp.vec3, blur: float, flat: int) -> Paint:
    """A painted wall with the marks of the float, ``scale`` metres wide."""
    if flat != 0:
        return plain(s.base)
    q = unfolded(p, n)
    k = fractal2(q[0] / s.scale, q[1] / s.scale, 4, blur / s.scale)
    wide = noise2(q[0] * 0.6, q[1] * 0.4)
    out = plain(s.base * (0.96 + 0.08 * wide + 0.05 * k[0]))
    out.slope = folded(k[1], k[2], q[2]) * 0.035
    return out


@wp.func
def leaves(s: Surface, p: wp.vec3, flat: int) -> Paint:
    """Foliage: sunny and shady bunches ``scale`` metres wide, the lower the darker."""
    n = noise3(p * (1.0 / s.scale)) * 0.6 + noise3(p * (2.7 / s.scale) + wp.vec3(3.0, 7.0, 1.0)) * 0.4
    low = wp.clamp(0.5 + p[2] / (12.0 * s.scale), 0.0, 1.0)
    if flat != 0:
        return plain(mixed(s.base, s.accent, wp.floor((n * 0.7 + low * 0.4) * 3.0) / 3.0))
    return plain(mixed(s.base, s.accent, n * 1.5 - 0.5 + low * 0.3) * (0.62 + 0.5 * low))


@wp.func
def bark(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Furrows along z, ``scale`` metres apart."""
    angle = wp.atan2(p[1], p[0])
    ring = wp.sqrt(p[0] * p[0] + p[1] * p[1])
    u = angle * wp.max(ring, 0.05) / s.scale
    n = fractal2(u, p[2] * 0.18 / s.scale, 3, blur / s.scale)
    if flat != 0:
        return plain(mixed(s.base, s.accent, wp.floor(n[0] * 4.0 + 2.0) / 6.0))
    out = plain(mixed(s.base, s.accent, 0.45 + 1.3 * n[0]))
    out.slope = wp.vec3(-wp.sin(angle) * n[1], wp.cos(angle) * n[1], n[2] * 0.18) * 0.6
    return out


@wp.func
def parquet(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Boards ``scale`` metres wide along x, no two alike, with varnish over all."""
    row = wp.floor(p[1] / s.scale)
    length = 9.0 + 7.0 * hash2(int(row), 11)
    shift = p[0] / s.scale + hash2(int(row), 3) * length
    column = wp.floor(shift / length)
    tone = hash2(int(row), int(column) + 41)
    edge = p[1] / s.scale - row
    end = fraction(shift / length)
    gap = wp.min(wp.min(edge, 1.0 - edge), wp.min(end, 1.0 - end) * length) * s.scale
    seam = stripe(gap, 0.0008, blur)
    near = fade(1.0 / s.scale, blur)
    share = 0.5 + 0.9 * (tone - 0.5) * (0.25 + 0.75 * near)
    if flat != 0:
        return plain(mixed(s.base, s.accent, share * 0.6) * (1.0 - 0.3 * seam))
    grain = fractal2(
        p[0] * 2.0 / s.scale * 0.1 + tone * 37.0, p[1] * 9.0 / s.scale + tone * 9.0, 3, blur * 9.0 / s.scale
    )
    out = plain(mixed(s.base, s.accent, share + 0.8 * grain[0]) * (1.0 - 0.65 * seam))
    out.gloss = 1.0 - 0.8 * seam
    return out
