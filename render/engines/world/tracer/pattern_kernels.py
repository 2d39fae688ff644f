"""Procedural textures: the colour of a surface at a point of its own frame. Warp functions."""

import warp as wp

from render.engines.world.tracer.noise_kernels import fraction, hash2, noise2, noise3
from render.engines.world.tracer.world_kernels import Hit, Surface


@wp.func
def court(s: Surface, p: wp.vec3, blur: float, flat: int) -> wp.vec3:
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
    line = wp.max(0.025, blur)
    white = wp.vec3(0.85, 0.85, 0.85)
    arc = wp.abs(wp.sqrt(p[0] * p[0] + p[1] * p[1]) - 6.75)
    free_throw = wp.abs(wp.sqrt((p[0] + 4.225) * (p[0] + 4.225) + p[1] * p[1]) - 1.8)
    inside = p[0] > -4.225 and p[0] < 1.575
    if inside and wp.abs(wide - 2.45) < line:
        return white
    if wp.abs(p[0] + 4.225) < line and wide < 2.45:
        return white
    if wp.abs(p[0] - 1.575) < line and wide < 7.5:
        return white
    if p[0] < 1.575 and arc < line:
        return white
    if free_throw < line and p[0] < -4.225:
        return white
    if wp.abs(wide - 7.5) < line and p[0] < 1.575:
        return white
    if inside and wide < 2.45:
        return s.accent * (0.75 + 0.5 * k)
    return s.base * k


@wp.func
def grass(s: Surface, p: wp.vec3, blur: float, flat: int) -> wp.vec3:
    """A lawn: blades near by, mown patches far off."""
    patch = noise2(p[0] * 0.23, p[1] * 0.23) * 0.6 + noise2(p[0] * 0.9, p[1] * 0.9) * 0.4
    if flat != 0:
        patch = wp.floor(patch * 3.0) / 3.0 + 0.15
    k = 0.75 + 0.5 * patch
    if flat == 0 and blur < 0.06:
        k = k * (0.72 + 0.56 * noise2(p[0] * 24.0, p[1] * 24.0))
    if flat == 0 and blur < 0.015:
        k = k * (0.75 + 0.5 * noise2(p[0] * 90.0, p[1] * 90.0))
    return s.base * (k * (1.0 - 0.5 * patch)) + s.accent * (k * 0.5 * patch)


@wp.func
def brick(s: Surface, p: wp.vec3, n: wp.vec3, blur: float, flat: int) -> wp.vec3:
    along = p[1]
    if wp.abs(n[1]) > 0.7:
        along = p[0]
    row = wp.floor(p[2] / 0.16)
    u = (along + 0.2 * float(int(row) % 2)) / 0.4
    column = wp.floor(u)
    up = p[2] / 0.16 - row
    across = u - column
    gap = wp.min(wp.min(up, 1.0 - up) * 0.16, wp.min(across, 1.0 - across) * 0.4)
    face = wp.clamp((gap - 0.006) / (0.006 + blur), 0.0, 1.0)
    coarse = wp.clamp(blur / 0.07, 0.0, 1.0)
    face = face + (0.84 - face) * coarse
    tone = hash2(int(row), int(column)) * (1.0 - coarse) + 0.5 * coarse
    k = 0.7 + 0.45 * tone
    if flat == 0:
        k = k * (0.75 + 0.5 * noise2(along * 22.0, p[2] * 22.0))
        stain = noise2(along * 0.7, p[2] * 1.1)
        k = k * (0.86 + 0.28 * stain)
    else:
        k = 0.92 + 0.16 * tone
    return s.base * (k * face) + s.accent * (1.0 - face)


@wp.func
def backboard(s: Surface, p: wp.vec3) -> wp.vec3:
    high = p[2] + 0.165
    wide = wp.abs(p[1])
    tall = wp.abs(high)
    target = wide < 0.305 and tall < 0.225 and not (wide < 0.255 and tall < 0.175)
    if target or wide > 0.86 or wp.abs(p[2]) > 0.485:
        return s.accent
    return s.base


@wp.func
def basketball(s: Surface, n: wp.vec3, blur: float, flat: int) -> wp.vec3:
    bow = wp.abs(wp.abs(n[2]) - 0.55 * (1.0 - 0.3 * n[0] * n[0]))
    seam = wp.min(wp.min(wp.abs(n[0]), wp.abs(n[1])), bow)
    k = wp.clamp((seam - 0.024) / (blur / 0.12 + 0.01), 0.0, 1.0)
    pebble = float(1.0)
    if flat == 0:
        pebble = 0.82 + 0.36 * noise2(wp.atan2(n[1], n[0]) * 40.0, n[2] * 60.0)
    return s.accent * (1.0 - k) + s.base * (k * pebble)


@wp.func
def crate(s: Surface, p: wp.vec3, n: wp.vec3, blur: float, flat: int) -> wp.vec3:
    u = p[0]
    v = p[1]
    if wp.abs(n[0]) > 0.7:
        u = p[1]
        v = p[2]
    elif wp.abs(n[1]) > 0.7:
        v = p[2]
    plank = u / (s.scale * 0.5)
    edge = fraction(plank)
    gap = wp.clamp((wp.min(edge, 1.0 - edge) * s.scale * 0.5 - 0.002) / (0.002 + blur), 0.0, 1.0)
    frame = wp.max(wp.abs(u), wp.abs(v)) > s.scale * 0.8
    k = float(1.0)
    if flat == 0:
        k = 0.72 + 0.3 * noise2(v * 9.0 + wp.floor(plank) * 5.3, u * 110.0) + 0.15 * hash2(int(wp.floor(plank)), 7)
    if frame:
        k = k * 0.8
        gap = float(1.0)
    seam = wp.abs(wp.max(wp.abs(u), wp.abs(v)) - s.scale * 0.8)
    gap = wp.min(gap, wp.clamp(seam / (0.002 + blur), 0.0, 1.0))
    return s.base * (k * (0.35 + 0.65 * gap))


@wp.func
def panels(s: Surface, n: wp.vec3) -> wp.vec3:
    """The segments of a beach ball."""
    wedge = wp.atan2(n[1], n[0]) * (3.0 / 3.14159265)
    if wp.abs(n[2]) > 0.955:
        return wp.vec3(0.82, 0.82, 0.80)
    if int(wp.floor(wedge) + 12.0) % 2 == 0:
        return s.base
    return s.accent


@wp.func
def rock(s: Surface, p: wp.vec3, blur: float, flat: int) -> wp.vec3:
    q = p * (1.0 / s.scale)
    k = noise3(q) * 0.5 + noise3(q * 3.1) * 0.3
    if flat != 0:
        k = 0.35 + 0.3 * wp.floor(k * 3.0) / 3.0
    elif blur < s.scale * 0.2:
        k += noise3(q * 9.7) * 0.25
    else:
        k += 0.12
    mix = wp.clamp(k * 1.5 - 0.35, 0.0, 1.0)
    return s.base * (1.0 - mix) + s.accent * mix


@wp.func
def label(s: Surface, p: wp.vec3, n: wp.vec3) -> wp.vec3:
    """Printed goods: a band of colour with a stripe and a round mark; scale is the half height of the band."""
    if wp.abs(n[2]) > 0.8 or wp.abs(p[2]) > s.scale:
        return s.accent
    angle = wp.atan2(p[1], p[0])
    turn = fraction(angle * 0.31830989 + 0.5) - 0.5
    mark = wp.sqrt(turn * turn * 2.6 + (p[2] / s.scale) * (p[2] / s.scale) * 0.36)
    if mark < 0.20:
        return s.accent * 0.97
    if mark < 0.25:
        return s.base * 0.45
    wave = p[2] / s.scale + 0.62 + 0.10 * wp.sin(angle * 2.0)
    if wp.abs(wave) < 0.07:
        return s.accent
    if wave < 0.0:
        return s.base * 0.55
    return s.base


@wp.func
def carton(s: Surface, p: wp.vec3, n: wp.vec3) -> wp.vec3:
    """A printed box: a field of colour, a stripe and a mark on each upright side; scale is the half height."""
    if wp.abs(n[2]) > 0.7:
        return s.base
    across = p[0]
    if wp.abs(n[0]) > 0.7:
        across = p[1]
    up = p[2] / s.scale
    mark = wp.sqrt(across * across + (p[2] - 0.2 * s.scale) * (p[2] - 0.2 * s.scale)) / s.scale
    if mark < 0.34:
        return s.accent
    if mark < 0.40:
        return s.base * 0.5
    if up < -0.45 and up > -0.60:
        return s.accent
    if up <= -0.60:
        return s.base * 0.6
    return s.base


@wp.func
def concrete(s: Surface, p: wp.vec3, blur: float, flat: int) -> wp.vec3:
    x = p[0] / s.scale
    y = p[1] / s.scale
    column = wp.floor(x)
    row = wp.floor(y)
    gap = wp.min(wp.min(x - column, 1.0 - x + column), wp.min(y - row, 1.0 - y + row)) * s.scale
    k = 0.90 + 0.16 * (hash2(int(column), int(row)) - 0.5)
    if flat == 0:
        k = k * (0.86 + 0.28 * noise2(p[0] * 1.3, p[1] * 1.3))
        if blur < 0.05:
            k = k * (0.93 + 0.14 * noise2(p[0] * 31.0, p[1] * 31.0))
        if blur < 0.01:
            k = k * (0.95 + 0.10 * noise2(p[0] * 140.0, p[1] * 140.0))
    seam = (1.0 - wp.clamp(gap / (0.006 + blur), 0.0, 1.0)) * (0.008 / (0.008 + blur))
    return s.base * (k * (1.0 - 0.55 * seam))


@wp.func
def planks(s: Surface, p: wp.vec3, blur: float, flat: int) -> wp.vec3:
    row = wp.floor(p[1] / s.scale)
    tone = hash2(int(row), int(wp.floor((p[0] + hash2(int(row), 5) * 2.0) / 2.0)))
    edge = p[1] / s.scale - row
    seam = (1.0 - wp.clamp(wp.min(edge, 1.0 - edge) * s.scale / (0.002 + blur), 0.0, 1.0)) * (0.004 / (0.004 + blur))
    k = 0.85 + 0.3 * (tone - 0.5)
    if flat == 0 and blur < 0.03:
        k = k * (0.85 + 0.3 * noise2(p[0] * 3.0 + tone * 31.0, p[1] * 70.0))
    return s.base * (k * (1.0 - 0.7 * seam))


@wp.func
def paint(s: Surface, hit: Hit, blur: float, flat: int) -> wp.vec3:
    """Linear RGB. ``blur`` is the width of a pixel on the surface in metres; ``flat`` leaves fine grain out."""
    p = hit.local
    n = hit.local_normal
    if s.pattern == 1:
        return court(s, p + wp.vec3(-4.4, 0.0, 0.0), blur, flat)
    if s.pattern == 2:
        return brick(s, p, n, blur, flat)
    if s.pattern == 3:
        return backboard(s, p)
    if s.pattern == 4:
        return basketball(s, wp.normalize(p), blur, flat)
    if s.pattern == 5:
        return crate(s, p, n, blur, flat)
    if s.pattern == 6:
        return panels(s, wp.normalize(p))
    if s.pattern == 7:
        return rock(s, p, blur, flat)
    if s.pattern == 8:
        return label(s, p - wp.vec3(0.0, 0.0, s.offset), n)
    if s.pattern == 9:
        return concrete(s, p, blur, flat)
    if s.pattern == 10:
        if int(wp.floor(p[2] / s.scale + 1000.5)) % 2 == 0:
            return s.base
        return s.accent
    if s.pattern == 11:
        ring = wp.sqrt(p[0] * p[0] + p[1] * p[1])
        return s.base * (0.94 + 0.12 * noise2(ring * 260.0, 0.5) * (1.0 - float(flat)))
    if s.pattern == 12:
        return planks(s, p, blur, flat)
    if s.pattern == 14:
        return grass(s, p, blur, flat)
    if s.pattern == 13:
        return carton(s, p, n)
    return s.base
