"""Hashes and value noise. Warp functions."""

import warp as wp


@wp.func
def fraction(x: float) -> float:
    return x - wp.floor(x)


@wp.func
def hash2(i: int, j: int) -> float:
    n = wp.uint32(i) * wp.uint32(374761393) + wp.uint32(j) * wp.uint32(668265263)
    n = (n ^ (n >> wp.uint32(13))) * wp.uint32(1274126177)
    n = n ^ (n >> wp.uint32(16))
    return float(n & wp.uint32(65535)) * (1.0 / 65536.0)


@wp.func
def noise2(x: float, y: float) -> float:
    """Smooth value noise, 0 to 1, one lattice cell a unit."""
    fx = wp.floor(x)
    fy = wp.floor(y)
    i = int(fx)
    j = int(fy)
    u = x - fx
    v = y - fy
    u = u * u * (3.0 - 2.0 * u)
    v = v * v * (3.0 - 2.0 * v)
    a = hash2(i, j)
    b = hash2(i + 1, j)
    c = hash2(i, j + 1)
    d = hash2(i + 1, j + 1)
    a = a + (b - a) * u
    c = c + (d - c) * u
    return a + (c - a) * v


@wp.func
def noise3(p: wp.vec3) -> float:
    """Smooth value noise in space, 0 to 1."""
    fz = wp.floor(p[2])
    w = p[2] - fz
    w = w * w * (3.0 - 2.0 * w)
    low = noise2(p[0] + fz * 37.17, p[1] + fz * 17.31)
    high = noise2(p[0] + (fz + 1.0) * 37.17, p[1] + (fz + 1.0) * 17.31)
    return low + (high - low) * w


@wp.func
def dither(x: int, y: int, k: int) -> float:
    """Interleaved gradient noise, 0 to 1: neighbours differ as much as they can."""
    fx = float(x) + 5.588238 * float(k)
    fy = float(y) + 5.588238 * float(k)
    return fraction(52.9829189 * fraction(0.06711056 * fx + 0.00583715 * fy))


@wp.func
def fade(frequency: float, blur: float) -> float:
    """How much of a pattern of so many cycles a unit is left when it is seen through a pixel ``blur`` units wide."""
    return wp.clamp(1.6 - 2.2 * frequency * blur, 0.0, 1.0)


@wp.func
def noise2_slope(x: float, y: float) -> wp.vec3:
    """Value noise of :func:`noise2` and its slopes along x and y."""
    fx = wp.floor(x)
    fy = wp.floor(y)
    i = int(fx)
    j = int(fy)
    u = x - fx
    v = y - fy
    du = 6.0 * u * (1.0 - u)
    dv = 6.0 * v * (1.0 - v)
    u = u * u * (3.0 - 2.0 * u)
    v = v * v * (3.0 - 2.0 * v)
    a = hash2(i, j)
    b = hash2(i + 1, j)
    c = hash2(i, j + 1)
    d = hash2(i + 1, j + 1)
    k = a - b - c + d
    return wp.vec3(a + (b - a) * u + (c - a) * v + k * u * v, (b - a + k * v) * du, (c - a + k * u) * dv)


@wp.func
def fractal2(x: float, y: float, octaves: int, blur: float) -> wp.vec3:
    """Noise of several octaves about 0, each turned against the last, and its slopes; what ``blur`` hides is left out.

    The first octave has one lattice cell a unit and half of the height.
    """
    out = wp.vec3(0.0, 0.0, 0.0)
    scale = float(1.0)
    strength = float(0.5)
    cosine = float(1.0)
    sine = float(0.0)
    for k in range(octaves):
        shown = fade(scale * 0.5, blur) * strength
        if shown > 0.0:
            shift = float(k) * 17.3
            n = noise2_slope((x * cosine - y * sine) * scale + shift, (x * sine + y * cosine) * scale - shift)
            out += (
                wp.vec3(n[0] - 0.5, (n[1] * cosine + n[2] * sine) * scale, (n[2] * cosine - n[1] * sine) * scale)
                * shown
            )
        turned = cosine * 0.8 - sine * 0.6
        sine = cosine * 0.6 + sine * 0.8
        cosine = turned
        scale = scale * 2.03
        strength = strength * 0.5
    return out


@wp.func
def noise3_slope(p: wp.vec3) -> wp.vec4:
    """Value noise of :func:`noise3` and its slopes."""
    fz = wp.floor(p[2])
    w = p[2] - fz
    dw = 6.0 * w * (1.0 - w)
    w = w * w * (3.0 - 2.0 * w)
    low = noise2_slope(p[0] + fz * 37.17, p[1] + fz * 17.31)
    high = noise2_slope(p[0] + (fz + 1.0) * 37.17, p[1] + (fz + 1.0) * 17.31)
    mid = low + (high - low) * w
    return wp.vec4(mid[0], mid[1], mid[2], (high[0] - low[0]) * dw)


@wp.func
def fractal3(p: wp.vec3, octaves: int, blur: float) -> wp.vec4:
    """Like :func:`fractal2` in space."""
    out = wp.vec4(0.0, 0.0, 0.0, 0.0)
    scale = float(1.0)
    strength = float(0.5)
    for k in range(octaves):
        shown = fade(scale * 0.5, blur) * strength
        if shown > 0.0:
            shift = float(k) * 13.7
            n = noise3_slope(p * scale + wp.vec3(shift, -shift, 2.0 * shift))
            out += wp.vec4(n[0] - 0.5, n[1] * scale, n[2] * scale, n[3] * scale) * shown
        scale = scale * 2.07
        strength = strength * 0.5
    return out
