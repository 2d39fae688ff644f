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
