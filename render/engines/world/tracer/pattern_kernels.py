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
from render.engines.world.tracer.paint_kernels import Paint
from render.engines.world.tracer.solid_kernels import (
    bark,
    brushed,
    cloth,
    glowing,
    leather,
    leaves,
    parquet,
    plaster,
    rock,
    scuffed,
    wood,
)
from render.engines.world.tracer.world_kernels import Surface

STEEPEST = wp.constant(0.9)
"""Of a relief: a bump hides what would be steeper."""


@wp.func
def pattern(s: Surface, p: wp.vec3, n: wp.vec3, blur: float, flat: int) -> Paint:
    """As :func:`skin`. Each returns at once: Warp copies a struct that branches share at every one of them."""
    if s.pattern == 1:
        return court(s, p + wp.vec3(-4.4, 0.0, 0.0), blur, flat)
    if s.pattern == 2:
        return brick(s, p, n, blur, flat)
    if s.pattern == 3:
        return backboard(s, p, blur)
    if s.pattern == 4:
        return basketball(s, wp.normalize(p), blur, flat)
    if s.pattern == 5:
        return crate(s, p, n, blur, flat)
    if s.pattern == 6:
        return panels(s, wp.normalize(p), blur)
    if s.pattern == 7:
        return rock(s, p, blur, flat)
    if s.pattern == 8:
        return label(s, p - wp.vec3(0.0, 0.0, s.offset), n, blur)
    if s.pattern == 9:
        return concrete(s, p, n, blur, flat)
    if s.pattern == 10:
        return stripes(s, p, blur)
    if s.pattern == 11:
        return brushed(s, p, blur, flat)
    if s.pattern == 12:
        return parquet(s, p, blur, flat)
    if s.pattern == 13:
        return carton(s, p, n, blur)
    if s.pattern == 14:
        return grass(s, p, blur, flat)
    if s.pattern == 15:
        return wood(s, p, blur, flat)
    if s.pattern == 16:
        return leather(s, p, blur, flat)
    if s.pattern == 17:
        return cloth(s, p, n, blur, flat)
    if s.pattern == 18:
        return scuffed(s, p, blur, flat)
    if s.pattern == 19:
        return plaster(s, p, n, blur, flat)
    if s.pattern == 20:
        return leaves(s, p, flat)
    if s.pattern == 21:
        return bark(s, p, blur, flat)
    if s.pattern == 22:
        return sand(s, p, blur, flat)
    if s.pattern == 23:
        return snow(s, p, blur, flat)
    if s.pattern == 24:
        return soil(s, p, blur, flat)
    if s.pattern == 25:
        return asphalt(s, p, blur, flat)
    if s.pattern == 26:
        return ice(s, p, blur, flat)
    if s.pattern == 27:
        return facade(s, p, n, blur, flat)
    return glowing(s)


@wp.func
def skin(s: Surface, local: wp.vec3, local_normal: wp.vec3, blur: float, flat: int) -> Paint:
    """``blur`` is the width of a pixel on the surface in metres; ``flat`` leaves fine grain out, as drawings do."""
    out = pattern(s, local, local_normal, blur, flat)
    out.colour = wp.max(out.colour, wp.vec3(0.0, 0.0, 0.0))
    return out


@wp.func
def leaning(normal: wp.vec3, local_normal: wp.vec3, turn: wp.quat, slope: wp.vec3) -> wp.vec3:
    """The normal of a hit, in the world, on a relief of these slopes."""
    steep = wp.length(slope)
    if steep < 1.0e-5:
        return normal
    along = slope * (wp.min(steep, STEEPEST) / steep)
    along = along - local_normal * wp.dot(along, local_normal)
    return wp.normalize(normal - wp.quat_rotate(turn, along))
