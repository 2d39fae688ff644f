"""Procedural textures: what a surface looks like at a point of its own frame. Warp functions."""

import warp as wp

from render.engines.world.tracer.built_kernels import brick, concrete, crate, facade
from render.engines.world.tracer.goods_kernels import (
    backboard,
    basketball,
    carton,
    court,
    label,
    panels,
    stripes,
)
from render.engines.world.tracer.ground_kernels import asphalt, grass, ice, sand, snow, soil
from render.engines.world.tracer.noise_kernels import fade, noise2
from render.engines.world.tracer.paint_kernels import Paint, plain
from render.engines.world.tracer.solid_kernels import (
    bark,
    cloth,
    leather,
    leaves,
    parquet,
    plaster,
    rock,
    scuffed,
    wood,
)
from render.engines.world.tracer.world_kernels import Hit, Surface

STEEPEST = wp.constant(0.9)
"""Of a relief: a bump hides what would be steeper."""


@wp.func
def skin(s: Surface, hit: Hit, blur: float, flat: int) -> Paint:
    """``blur`` is the width of a pixel on the surface in metres; ``flat`` leaves fine grain out, as drawings do."""
    p = hit.local
    n = hit.local_normal
    out = plain(s.base)
    if s.pattern == 0:
        if s.glow > 0.0:
            out.glow = s.base * s.glow
    elif s.pattern == 1:
        out = court(s, p + wp.vec3(-4.4, 0.0, 0.0), blur, flat)
    elif s.pattern == 2:
        out = brick(s, p, n, blur, flat)
    elif s.pattern == 3:
        out = backboard(s, p, blur)
    elif s.pattern == 4:
        out = basketball(s, wp.normalize(p), blur, flat)
    elif s.pattern == 5:
        out = crate(s, p, n, blur, flat)
    elif s.pattern == 6:
        out = panels(s, wp.normalize(p), blur)
    elif s.pattern == 7:
        out = rock(s, p, blur, flat)
    elif s.pattern == 8:
        out = label(s, p - wp.vec3(0.0, 0.0, s.offset), n, blur)
    elif s.pattern == 9:
        out = concrete(s, p, n, blur, flat)
    elif s.pattern == 10:
        out = stripes(s, p, blur)
    elif s.pattern == 11:
        ring = wp.sqrt(p[0] * p[0] + p[1] * p[1])
        line = (noise2(ring * 260.0, 0.5) - 0.5) * fade(130.0, blur) * (1.0 - float(flat))
        out = plain(s.base * (1.0 + 0.12 * line))
    elif s.pattern == 12:
        out = parquet(s, p, blur, flat)
    elif s.pattern == 13:
        out = carton(s, p, n, blur)
    elif s.pattern == 14:
        out = grass(s, p, blur, flat)
    elif s.pattern == 15:
        out = wood(s, p, blur, flat)
    elif s.pattern == 16:
        out = leather(s, p, blur, flat)
    elif s.pattern == 17:
        out = cloth(s, p, n, blur, flat)
    elif s.pattern == 18:
        out = scuffed(s, p, blur, flat)
    elif s.pattern == 19:
        out = plaster(s, p, n, blur, flat)
    elif s.pattern == 20:
        out = leaves(s, p, flat)
    elif s.pattern == 21:
        out = bark(s, p, blur, flat)
    elif s.pattern == 22:
        out = sand(s, p, blur, flat)
    elif s.pattern == 23:
        out = snow(s, p, blur, flat)
    elif s.pattern == 24:
        out = soil(s, p, blur, flat)
    elif s.pattern == 25:
        out = asphalt(s, p, blur, flat)
    elif s.pattern == 26:
        out = ice(s, p, blur, flat)
    elif s.pattern == 27:
        out = facade(s, p, n, blur, flat)
    out.colour = wp.max(out.colour, wp.vec3(0.0, 0.0, 0.0))
    return out


@wp.func
def leaning(hit: Hit, slope: wp.vec3) -> wp.vec3:
    """The normal of a hit, in the world, on a relief of these slopes."""
    steep = wp.length(slope)
    if steep < 1.0e-5:
        return hit.normal
    along = slope * (wp.min(steep, STEEPEST) / steep)
    along = along - hit.local_normal * wp.dot(along, hit.local_normal)
    return wp.normalize(hit.normal - wp.quat_rotate(hit.turn, along))
