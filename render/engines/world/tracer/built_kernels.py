"""Patterns of what people build: bricks, slabs, facades, rows of seats. Warp functions."""

import warp as wp

from render.engines.world.tracer.noise_kernels import fade, fractal2, fraction, hash2, noise2
from render.engines.world.tracer.paint_kernels import Paint, folded, mixed, plain, stripe, unfolded
from render.engines.world.tracer.world_kernels import Surface


@wp.func
def brick(s: Surface, p: wp.vec3, n: wp.vec3, blur: float, flat: int) -> Paint:
    """Stretcher bond of bricks 0.40 by 0.16 times ``scale`` metres; the accent is the mortar."""
    q = unfolded(p, n)
    along = q[0] / s.scale
    high = q[1] / s.scale
    size = blur / s.scale
    row = wp.floor(high / 0.16)
    u = (along + 0.2 * float(int(row) % 2)) / 0.4
    column = wp.floor(u)
    up = high / 0.16 - row
    across = u - column
    below = (wp.min(up, 1.0 - up)) * 0.16
    beside = (wp.min(across, 1.0 - across)) * 0.4
    gap = wp.min(below, beside)
    face = wp.clamp((gap - 0.006) / (0.004 + size), 0.0, 1.0)
    coarse = wp.clamp(size / 0.09, 0.0, 1.0)
    face = face + (0.86 - face) * coarse
    tone = hash2(int(row), int(column)) * (1.0 - coarse) + 0.5 * coarse
    if flat != 0:
        return plain(s.base * ((0.92 + 0.16 * tone) * face) + s.accent * (1.0 - face))
    grit = fractal2(along * 24.0, high * 24.0, 3, size * 24.0)
    stain = fractal2(along * 0.5, high * 0.8, 3, size)
    k = (0.72 + 0.5 * tone) * (1.0 + 0.7 * grit[0] + 0.45 * stain[0])
    burnt = wp.clamp(hash2(int(row) + 5, int(column) + 9) * 6.0 - 5.0, 0.0, 1.0) * (1.0 - coarse)
    k = k * (1.0 - 0.35 * burnt)
    out = plain(s.base * (k * face) + s.accent * ((1.0 - face) * (1.0 + 0.5 * grit[0])))
    near = fade(30.0, size)
    if near > 0.0:
        rim = wp.clamp(1.0 - wp.abs(gap - 0.008) / 0.006, 0.0, 1.0) * near * 0.9
        side = float(0.0)
        top = float(0.0)
        if below < beside:
            top = wp.sign(0.5 - up) * rim
        else:
            side = wp.sign(0.5 - across) * rim
        out.slope = folded(side + grit[1] * 0.2, top + grit[2] * 0.2, q[2])
    return out


@wp.func
def concrete(s: Surface, p: wp.vec3, n: wp.vec3, blur: float, flat: int) -> Paint:
    """Slabs ``scale`` metres wide with stains, pores and joints."""
    q = unfolded(p, n)
    x = q[0] / s.scale
    y = q[1] / s.scale
    column = wp.floor(x)
    row = wp.floor(y)
    gap = wp.min(wp.min(x - column, 1.0 - x + column), wp.min(y - row, 1.0 - y + row)) * s.scale
    seam = stripe(gap, 0.005, blur)
    tone = 0.5 + (hash2(int(column), int(row)) - 0.5) * fade(1.0 / s.scale, blur)
    out = plain(s.base * ((0.92 + 0.16 * tone) * (1.0 - 0.5 * seam)))
    if flat == 0:
        stain = fractal2(q[0] * 0.9, q[1] * 0.9, 4, blur * 0.9)
        pore = fractal2(q[0] * 34.0, q[1] * 34.0, 3, blur * 34.0)
        out.colour = out.colour * (1.0 + 0.36 * stain[0] + 0.26 * pore[0])
        out.slope = folded(pore[1], pore[2], q[2]) * 0.16
    return out


@wp.func
def facade(s: Surface, p: wp.vec3, n: wp.vec3, blur: float, flat: int) -> Paint:
    """Storeys of windows: ``scale`` is a storey's height, the accent the frames; ``glow`` the share of lit windows.

    ``offset`` tells houses of one material apart.
    """
    q = unfolded(p, n)
    if q[2] > 1.5:
        return plain(s.base * 0.6)
    salt = int(s.offset * 97.0)
    bay = s.scale * (0.72 + 0.25 * hash2(salt, 5))
    x = q[0] / bay
    y = q[1] / s.scale
    column = wp.floor(x)
    row = wp.floor(y)
    u = (fraction(x) - 0.5) * bay
    v = (fraction(y) - 0.55) * s.scale
    wide = bay * (0.24 + 0.12 * hash2(salt, 7))
    high = s.scale * (0.28 + 0.08 * hash2(salt, 9))
    if q[1] < s.scale:
        wide = bay * 0.40
        high = s.scale * 0.36
        v = (fraction(y) - 0.47) * s.scale
    pane = stripe(u, wide, blur) * stripe(v, high, blur)
    inner = stripe(u, wide - 0.07, blur) * stripe(v, high - 0.07, blur) * (1.0 - stripe(u, 0.03, blur))
    ledge = stripe(v + high + 0.06, 0.07, blur) * stripe(u, wide + 0.12, blur)
    band = stripe((fraction(y) - 0.02) * s.scale, 0.10, blur)
    wall = s.base
    if flat == 0:
        grime = fractal2(q[0] * 0.35, q[1] * 0.12, 4, blur * 0.35)
        grit = fractal2(q[0] * 9.0, q[1] * 9.0, 2, blur * 9.0)
        wall = wall * (1.0 + 0.4 * grime[0] + 0.2 * grit[0])
        if hash2(salt, 13) > 0.5:
            course = fraction(q[1] / 0.075)
            wall = wall * (1.0 - 0.22 * stripe(course - 0.5, 0.08, blur / 0.075) * fade(13.0, blur))
    colour = mixed(wall, s.accent, wp.max(wp.max(pane * 0.9, ledge), band * 0.55))
    i = int(column) + 211 * int(q[2])
    j = int(row)
    curtain = hash2(i + salt, j + 3)
    glass = wp.vec3(0.035, 0.05, 0.07) * (0.7 + 0.9 * curtain)
    if curtain > 0.6 and v > high * (1.8 * curtain - 1.6):
        glass = wp.vec3(0.26, 0.25, 0.23) * curtain
    out = plain(mixed(colour, glass, inner))
    out.gloss = 0.15 + 0.85 * inner
    lit = float(0.0)
    if s.glow > 0.0 and hash2(i * 3 + salt, j * 5 + 1) < s.glow:
        lit = inner
    warm = 0.6 + 0.8 * hash2(i + 17, j + 29)
    out.glow = wp.vec3(1.0, 0.62, 0.28) * (lit * warm * (0.75 + 0.25 * noise2(u * 3.0, v * 2.0)))
    return out


@wp.func
def crate(s: Surface, p: wp.vec3, n: wp.vec3, blur: float, flat: int) -> Paint:
    """Boards on a frame round each side of a box of half length ``scale``."""
    q = unfolded(p, n)
    u = q[0]
    v = q[1]
    plank = u / (s.scale * 0.5)
    frame = wp.max(wp.abs(u), wp.abs(v)) > s.scale * 0.8
    lengthwise = v
    sideways = u
    board = int(wp.floor(plank)) + 7 * int(q[2])
    gap = wp.min(fraction(plank), 1.0 - fraction(plank)) * s.scale * 0.5
    if frame:
        gap = s.scale
        board = 90 + int(wp.abs(u) > wp.abs(v))
        if wp.abs(v) > wp.abs(u):
            lengthwise = u
            sideways = v
    edge = wp.abs(wp.max(wp.abs(u), wp.abs(v)) - s.scale * 0.8)
    seam = wp.max(stripe(gap, 0.003, blur), stripe(edge, 0.003, blur))
    k = 0.9 + 0.22 * (hash2(board, 7) - 0.5)
    if frame:
        k = k * 0.86
    out = plain(s.base)
    if flat == 0:
        grain = fractal2(lengthwise * 5.0 + float(board) * 3.7, sideways * 70.0, 3, blur * 70.0)
        knot = fractal2(lengthwise * 4.0 + float(board), sideways * 9.0, 2, blur * 9.0)
        k = k * (1.0 + 0.55 * grain[0] + 0.4 * knot[0])
        out.slope = folded(grain[2] * 0.03, 0.0, q[2])
    nail_u = wp.abs(wp.abs(u) - s.scale * 0.9)
    nail_v = wp.abs(wp.abs(v) - s.scale * 0.9)
    nail = stripe(wp.sqrt(nail_u * nail_u + nail_v * nail_v), 0.022 * s.scale, blur)
    out.colour = s.base * (k * (1.0 - 0.7 * seam) * (1.0 - 0.6 * nail))
    return out
