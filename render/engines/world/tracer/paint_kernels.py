"""What a pattern says of a point of a surface. A Warp struct and functions that patterns share."""

import warp as wp


@wp.struct
class Paint:
    colour: wp.vec3
    """Linear RGB."""
    slope: wp.vec3
    """Of the relief, metres by metre along the axes of the body's frame; the normal leans against it."""
    gloss: float
    """Share of the surface's gloss and mirror that is left."""
    glow: wp.vec3
    """Radiance of its own."""
    clear: float
    """Share of the light that goes through."""


@wp.func
def plain(colour: wp.vec3) -> Paint:
    out = Paint()
    out.colour = colour
    out.slope = wp.vec3(0.0, 0.0, 0.0)
    out.gloss = 1.0
    out.glow = wp.vec3(0.0, 0.0, 0.0)
    return out


@wp.func
def mixed(a: wp.vec3, b: wp.vec3, share: float) -> wp.vec3:
    return a + (b - a) * wp.clamp(share, 0.0, 1.0)


@wp.func
def unfolded(p: wp.vec3, n: wp.vec3) -> wp.vec3:
    """Across and up on the side of a box that a normal belongs to, and which side (0, 1 or 2) that is."""
    x = wp.abs(n[0])
    y = wp.abs(n[1])
    z = wp.abs(n[2])
    if z >= x and z >= y:
        return wp.vec3(p[0], p[1], 2.0)
    if x >= y:
        return wp.vec3(p[1], p[2], 0.0)
    return wp.vec3(p[0], p[2], 1.0)


@wp.func
def folded(across: float, up: float, side: float) -> wp.vec3:
    """Slopes on the side of a box back into the body's frame."""
    if side > 1.5:
        return wp.vec3(across, up, 0.0)
    if side > 0.5:
        return wp.vec3(across, 0.0, up)
    return wp.vec3(0.0, across, up)


@wp.func
def stripe(x: float, half: float, blur: float) -> float:
    """1 within ``half`` of 0, its edge as wide as a pixel; what is thinner than a pixel grows pale."""
    edge = wp.max(blur, 1.0e-5)
    wide = wp.max(half, 0.5 * edge)
    return wp.clamp((wide - wp.abs(x)) / edge + 0.5, 0.0, 1.0) * (half / wide)
