"""Patterns of printed and sporting goods. Warp functions."""

import warp as wp

from render.engines.world.tracer.noise_kernels import fade, fraction, hash2, noise2
from render.engines.world.tracer.paint_kernels import Paint, mixed, plain, stripe
from render.engines.world.tracer.world_kernels import Surface


@wp.func
def court(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Planks of a sports floor with a painted key and its lines; the hoop stands at the origin."""
    row = wp.floor(p[1] / 0.09)
    shift = p[0] + hash2(int(row), 3) * 1.3
    column = wp.floor(shift / 1.3)
    tone = hash2(int(row), int(column))
    near = wp.clamp(1.0 - blur * 25.0, 0.0, 1.0) * (1.0 - float(flat))
    grain = float(0.0)
    if near > 0.0:
        grain = noise2(p[0] * 2.2 + tone * 37.0, p[1] * 60.0) * 0.5
        grain = (grain + noise2(p[0] * 7.0 + tone * 11.0, p[1] * 170.0) * 0.5 - 0.5) * near
    edge = p[1] / 0.09 - row
    gap = wp.min(edge, 1.0 - edge) * 0.09
    seam = (1.0 - wp.clamp(gap / (0.0015 + blur), 0.0, 1.0)) * (0.0022 / (0.0022 + blur))
    k = (0.82 + 0.28 * (tone - 0.5) * (0.2 + 0.8 * near) + 0.3 * grain) * (1.0 - 0.6 * seam * (1.0 - float(flat)))
    wide = wp.abs(p[1])
    arc = wp.abs(wp.sqrt(p[0] * p[0] + p[1] * p[1]) - 6.75)
    ring = wp.abs(wp.sqrt((p[0] + 4.225) * (p[0] + 4.225) + p[1] * p[1]) - 1.8)
    length = stripe(p[0] + 1.325, 2.9, blur)
    behind = wp.clamp((1.575 - p[0]) / wp.max(blur, 1.0e-4) + 0.5, 0.0, 1.0)
    line = wp.max(
        stripe(wide - 2.45, 0.025, blur) * length, stripe(p[0] + 4.225, 0.025, blur) * stripe(wide, 2.45, blur)
    )
    line = wp.max(line, stripe(p[0] - 1.575, 0.025, blur) * stripe(wide, 7.5, blur))
    line = wp.max(line, stripe(arc, 0.025, blur) * behind)
    line = wp.max(line, stripe(wide - 7.5, 0.025, blur) * behind)
    if p[0] < -4.225:
        line = wp.max(line, stripe(ring, 0.025, blur))
    key = length * stripe(wide, 2.45, blur)
    out = plain(mixed(mixed(s.base * k, s.accent * (0.75 + 0.5 * k), key), wp.vec3(0.85, 0.85, 0.85), line))
    out.gloss = 1.0 - 0.5 * seam * (1.0 - float(flat))
    return out


@wp.func
def backboard(s: Surface, p: wp.vec3, blur: float) -> Paint:
    high = p[2] + 0.165
    outer = stripe(p[1], 0.305, blur) * stripe(high, 0.225, blur)
    inner = stripe(p[1], 0.255, blur) * stripe(high, 0.175, blur)
    rim = 1.0 - stripe(p[1], 0.86, blur) * stripe(p[2], 0.485, blur)
    return plain(mixed(s.base, s.accent, wp.max(outer - inner, rim)))


@wp.func
def basketball(s: Surface, n: wp.vec3, blur: float, flat: int) -> Paint:
    bow = wp.abs(wp.abs(n[2]) - 0.55 * (1.0 - 0.3 * n[0] * n[0]))
    seam = wp.min(wp.min(wp.abs(n[0]), wp.abs(n[1])), bow)
    k = wp.clamp((seam - 0.024) / (blur / 0.12 + 0.01), 0.0, 1.0)
    pebble = float(1.0)
    if flat == 0:
        pebble = 0.82 + 0.36 * (0.5 + (noise2(wp.atan2(n[1], n[0]) * 40.0, n[2] * 60.0) - 0.5) * fade(400.0, blur))
    return plain(s.accent * (1.0 - k) + s.base * (k * pebble))


@wp.func
def panels(s: Surface, n: wp.vec3, blur: float) -> Paint:
    """The segments of a beach ball; ``scale`` is its radius."""
    wedge = wp.atan2(n[1], n[0]) * (3.0 / 3.14159265)
    size = blur / s.scale
    ring = wp.sqrt(wp.max(1.0 - n[2] * n[2], 0.0))
    across = (wp.abs(fraction(wedge * 0.5) - 0.5) - 0.25) * 2.0 * ring
    share = wp.clamp(across / wp.max(size, 1.0e-4) + 0.5, 0.0, 1.0)
    cap = 1.0 - wp.clamp((ring - 0.295) / wp.max(size, 1.0e-4) + 0.5, 0.0, 1.0)
    return plain(mixed(mixed(s.accent, s.base, share), wp.vec3(0.82, 0.82, 0.80), cap))


@wp.func
def stripes(s: Surface, p: wp.vec3, blur: float) -> Paint:
    """Bands across z, ``scale`` metres high."""
    band = wp.abs(fraction(p[2] / (2.0 * s.scale) + 0.25) - 0.5) - 0.25
    return plain(mixed(s.base, s.accent, band * 2.0 * s.scale / wp.max(blur, 1.0e-5) + 0.5))


@wp.func
def coverage(s: Surface, u: float, v: float) -> float:
    """How much ink of the surface's print lies at a point of it, each axis 0 to 1 from its top left corner."""
    rows = s.ink.shape[0]
    columns = s.ink.shape[1]
    if rows == 0 or u <= 0.0 or v <= 0.0 or u >= 1.0 or v >= 1.0:
        return 0.0
    x = u * float(columns) - 0.5
    y = v * float(rows) - 0.5
    i = wp.clamp(int(wp.floor(x)), 0, columns - 2)
    j = wp.clamp(int(wp.floor(y)), 0, rows - 2)
    a = wp.clamp(x - float(i), 0.0, 1.0)
    b = wp.clamp(y - float(j), 0.0, 1.0)
    top = float(s.ink[j, i]) * (1.0 - a) + float(s.ink[j, i + 1]) * a
    low = float(s.ink[j + 1, i]) * (1.0 - a) + float(s.ink[j + 1, i + 1]) * a
    return (top * (1.0 - b) + low * b) / 255.0


@wp.func
def label(s: Surface, p: wp.vec3, n: wp.vec3, blur: float) -> Paint:
    """Printed goods turned round z: a band of colour; ``scale`` is its half height.

    On it stand the print, twice round, or a lozenge over a band where there is none.
    """
    if wp.abs(n[2]) > 0.8:
        return plain(s.accent)
    body = stripe(p[2], s.scale, blur)
    angle = wp.atan2(p[1], p[0])
    ring = wp.sqrt(p[0] * p[0] + p[1] * p[1])
    up = p[2] / s.scale
    colour = s.base
    trim = stripe((wp.abs(up) - 0.86) * s.scale, 0.02 * s.scale, blur)
    if s.ink.shape[0] > 0:
        half = angle * 0.31830989 + 0.5
        across = (fraction(half) - 0.5) * 3.14159265 * ring / s.scale
        ratio = float(s.ink.shape[1]) / float(s.ink.shape[0])
        high = wp.min(0.52, 0.64 * 3.14159265 * ring / s.scale / ratio)
        ink = coverage(s, across / (high * ratio) + 0.5, 0.5 - up / high)
        colour = mixed(
            mixed(s.base, s.base * 0.5, wp.clamp((-0.62 - up) * s.scale / blur + 0.5, 0.0, 1.0)), s.accent, trim
        )
        colour = mixed(colour, s.accent, ink)
    else:
        turn = fraction(angle * 0.31830989 + 0.5) - 0.5
        mark = wp.abs(turn) * 1.61 + wp.abs(up) * 0.6
        size = 0.6 * blur / s.scale
        low = up + 0.62
        colour = mixed(s.base, s.base * 0.55, wp.clamp(-low * s.scale / blur + 0.5, 0.0, 1.0))
        colour = mixed(colour, s.accent, stripe(low * s.scale, 0.05 * s.scale, blur))
        colour = mixed(colour, s.base * 0.45, stripe(mark, 0.25, size))
        colour = mixed(colour, s.accent * 0.97, stripe(mark, 0.20, size))
    return plain(mixed(s.accent, colour, body))


@wp.func
def carton(s: Surface, p: wp.vec3, n: wp.vec3, blur: float) -> Paint:
    """A printed box of half height ``scale``: its print, or a mark, over a stripe on each upright side."""
    if wp.abs(n[2]) > 0.7:
        return plain(s.base)
    across = p[0] * wp.sign(-n[1])
    if wp.abs(n[0]) > 0.7:
        across = p[1] * wp.sign(n[0])
    up = p[2] / s.scale
    size = blur / s.scale
    colour = mixed(s.base, s.base * 0.6, wp.clamp((-0.60 - up) / size + 0.5, 0.0, 1.0))
    colour = mixed(colour, s.accent, stripe(up + 0.525, 0.075, size))
    if s.ink.shape[0] > 0:
        ratio = float(s.ink.shape[1]) / float(s.ink.shape[0])
        high = wp.min(0.5, 2.0 * s.offset / s.scale * 0.86 / ratio)
        ink = coverage(s, across / (s.scale * high * ratio) + 0.5, 0.5 - (up - 0.2) / high)
        return plain(mixed(colour, s.accent, ink))
    mark = wp.sqrt(across * across + (p[2] - 0.2 * s.scale) * (p[2] - 0.2 * s.scale)) / s.scale
    colour = mixed(colour, s.base * 0.5, stripe(mark, 0.40, size))
    return plain(mixed(colour, s.accent, stripe(mark, 0.34, size)))
