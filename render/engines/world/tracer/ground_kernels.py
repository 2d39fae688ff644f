"""Patterns of the ground: grass, sand, snow, soil, asphalt, ice. Warp functions over x and y of the body's frame."""

import warp as wp

from render.engines.world.tracer.noise_kernels import fade, fractal2, hash2, noise2, noise2_slope
from render.engines.world.tracer.paint_kernels import Paint, mixed, plain, stripe
from render.engines.world.tracer.world_kernels import Surface


@wp.func
def grass(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """A lawn or a meadow: blades near by, tufts, patches far off; ``offset`` is the share of it that blooms."""
    patch = noise2(p[0] * 0.047 + 3.1, p[1] * 0.047) * 0.45 + noise2(p[0] * 0.23, p[1] * 0.23) * 0.35
    patch += noise2(p[0] * 0.9, p[1] * 0.9) * 0.2
    if flat != 0:
        step = wp.floor(patch * 4.0) / 4.0
        return plain(mixed(s.base, s.accent, step) * (0.95 + 0.35 * step))
    tuft = fractal2(p[0] * 6.0, p[1] * 6.0, 3, blur * 6.0)
    k = 0.80 + 0.45 * patch + 0.8 * tuft[0]
    out = plain(mixed(s.base, s.accent, patch * 1.3 - 0.2 + tuft[0]))
    out.slope = wp.vec3(tuft[1], tuft[2], 0.0) * 0.42
    blade = fade(45.0, blur)
    if blade > 0.0:
        n = noise2_slope(p[0] * 110.0 + patch * 9.0, p[1] * 42.0)
        k = k * (1.0 + (n[0] - 0.5) * 0.9 * blade)
        out.slope += wp.vec3(n[1] * 0.5, n[2] * 0.2, 0.0) * blade
    out.colour = out.colour * k
    if s.offset > 0.0:
        x = p[0] * 7.0
        y = p[1] * 7.0
        i = int(wp.floor(x))
        j = int(wp.floor(y))
        if hash2(i, j) < s.offset * patch * 2.0:
            dx = x - float(i) - 0.3 - 0.4 * hash2(i + 7, j)
            dy = y - float(j) - 0.3 - 0.4 * hash2(i, j + 7)
            head = stripe(wp.sqrt(dx * dx + dy * dy), 0.17, blur * 7.0)
            hue = hash2(i + 31, j + 13)
            petal = wp.vec3(0.75, 0.72, 0.66)
            if hue > 0.72:
                petal = wp.vec3(0.72, 0.10, 0.07)
            elif hue > 0.42:
                petal = wp.vec3(0.78, 0.55, 0.04)
            out.colour = mixed(out.colour, petal, head)
    return out


@wp.func
def sand(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Wind ripples of about ``scale`` metres that fork and fade, on patches of other grain."""
    wide = fractal2(p[0] * 0.11, p[1] * 0.11, 3, blur * 0.11)
    if flat != 0:
        return plain(mixed(s.base, s.accent, wp.floor(wide[0] * 6.0 + 3.0) / 6.0))
    bend = fractal2(p[0] * 0.55, p[1] * 0.55, 3, blur * 0.55)
    phase = (p[0] * 0.35 + p[1] * 0.94 + bend[0] * 1.15) / s.scale
    shown = fade(1.0 / s.scale, blur) * wp.clamp(0.75 + 1.8 * wide[0], 0.15, 1.0)
    wave = wp.sin(6.2831853 * phase)
    rise = wp.cos(6.2831853 * phase) * shown * 0.36
    out = plain(mixed(s.base, s.accent, 0.5 + 1.1 * wide[0] + 0.10 * wave * shown))
    grain = fractal2(p[0] * 130.0, p[1] * 130.0, 2, blur * 130.0)
    out.colour = out.colour * (1.0 + 0.42 * grain[0] + 0.16 * bend[0])
    out.slope = wp.vec3((0.35 + bend[1] * 0.63) * rise, (0.94 + bend[2] * 0.63) * rise, 0.0)
    out.slope += wp.vec3(grain[1], grain[2], 0.0) * 0.16
    return out


@wp.func
def snow(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Soft drifts with a grain of crystals; the accent lies in the hollows."""
    drift = fractal2(p[0] * 0.31, p[1] * 0.52, 4, blur * 0.4)
    if flat != 0:
        return plain(mixed(s.base, s.accent, wp.floor(drift[0] * 5.0 + 2.5) / 7.0))
    out = plain(mixed(s.base, s.accent, 0.25 - 0.9 * drift[0]))
    out.slope = wp.vec3(drift[1] * 0.16, drift[2] * 0.28, 0.0)
    crust = fractal2(p[0] * 21.0, p[1] * 21.0, 3, blur * 21.0)
    out.colour = out.colour * (1.0 + 0.14 * crust[0])
    out.slope += wp.vec3(crust[1], crust[2], 0.0) * 0.10
    return out


@wp.func
def soil(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Earth under trees: crumbs, fallen leaves, damp and dry patches."""
    wide = fractal2(p[0] * 0.35, p[1] * 0.35, 4, blur * 0.35)
    if flat != 0:
        return plain(mixed(s.base, s.accent, wp.floor(wide[0] * 5.0 + 2.5) / 5.0))
    crumb = fractal2(p[0] * 9.0, p[1] * 9.0, 4, blur * 9.0)
    out = plain(mixed(s.base, s.accent, 0.45 + 1.1 * wide[0] + 0.9 * crumb[0]))
    out.slope = wp.vec3(crumb[1], crumb[2], 0.0) * 0.5
    for layer in range(2):
        x = p[0] * (9.0 + 4.0 * float(layer)) + 5.3 * float(layer)
        y = p[1] * (9.0 + 4.0 * float(layer))
        i = int(wp.floor(x))
        j = int(wp.floor(y))
        chance = hash2(i + layer * 71, j)
        if chance < 0.55:
            angle = hash2(i, j + 5) * 6.2831853
            dx = x - float(i) - 0.5
            dy = y - float(j) - 0.5
            u = dx * wp.cos(angle) + dy * wp.sin(angle)
            v = dy * wp.cos(angle) - dx * wp.sin(angle)
            leaf = stripe(wp.sqrt(u * u + 5.0 * v * v), 0.42, blur * 11.0) * (0.35 + 0.65 * chance / 0.55)
            tone = wp.vec3(0.21, 0.105, 0.035) * (0.5 + 1.1 * hash2(i + 3, j + 9))
            out.colour = mixed(out.colour, tone, leaf * 0.85)
    return out


@wp.func
def asphalt(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Stones in bitumen, worn patches and fine cracks; a dashed line of the accent along x if ``offset`` says how far.

    ``offset`` is half the width of the road in metres, 0 for none.
    """
    wide = fractal2(p[0] * 0.17, p[1] * 0.4, 4, blur * 0.4)
    out = plain(s.base * (1.0 + 0.5 * wide[0]))
    if flat != 0:
        out.colour = s.base
    else:
        stone = fractal2(p[0] * 70.0, p[1] * 70.0, 2, blur * 70.0)
        out.colour = out.colour * (1.0 + 1.1 * stone[0])
        out.slope = wp.vec3(stone[1], stone[2], 0.0) * 0.35
        vein = fractal2(p[0] * 0.45 + 9.0, p[1] * 0.45, 4, blur * 0.45)
        steep = wp.sqrt(vein[1] * vein[1] + vein[2] * vein[2]) * 0.45 + 0.02
        broken = wp.clamp(wide[0] * 6.0 - 0.1, 0.0, 1.0)
        out.colour = out.colour * (1.0 - 0.65 * broken * stripe(vein[0] / steep, 0.004, blur))
    if s.offset > 0.0:
        worn = 0.85 + 0.5 * wide[0]
        dash = p[0] / 6.0 - wp.floor(p[0] / 6.0)
        middle = stripe(p[1], 0.07, blur) * stripe((dash - 0.5) * 6.0, 1.5, blur)
        rim = stripe(wp.abs(p[1]) - s.offset + 0.35, 0.06, blur)
        out.colour = mixed(out.colour, s.accent, wp.max(middle, rim) * worn)
    return out


@wp.func
def ice(s: Surface, p: wp.vec3, blur: float, flat: int) -> Paint:
    """Clouded ice with white cracks."""
    cloud = fractal2(p[0] / s.scale, p[1] / s.scale + p[2] * 3.0 / s.scale, 4, blur / s.scale)
    if flat != 0:
        return plain(mixed(s.base, s.accent, wp.floor(cloud[0] * 4.0 + 2.0) / 5.0))
    vein = fractal2(p[0] * 1.7 / s.scale + 4.0, (p[1] + p[2]) * 1.7 / s.scale, 3, blur * 1.7 / s.scale)
    steep = wp.sqrt(vein[1] * vein[1] + vein[2] * vein[2]) + 0.1
    crack = stripe(vein[0] / steep, 0.012, blur * 1.7 / s.scale)
    out = plain(mixed(s.base, s.accent, 0.35 + 0.8 * cloud[0] + 0.6 * crack))
    out.gloss = 1.0 - 0.5 * crack
    out.slope = wp.vec3(cloud[1], cloud[2], 0.0) * 0.015
    return out
