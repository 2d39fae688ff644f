"""Hashes and value noise. Warp functions."""

import math

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


OCTAVES = 8
"""Octaves at most. All are taken at once, a lane each, which a CPU does with its vector registers."""


def _lanes(values: list[float]) -> str:
    return ", ".join(f"{value:.9e}f" for value in values)


_SCALES_2, _SCALES_3 = ([growth**k for k in range(OCTAVES)] for growth in (2.03, 2.07))
_TURN = math.atan2(0.6, 0.8)
_LATTICE = """
    const float fx = ::floorf(px[k]), fy = ::floorf(py[k]);
    const wp::uint32 i = (wp::uint32)((wp::int32)fx) * 374761393u, j = (wp::uint32)((wp::int32)fy) * 668265263u;
    wp::uint32 a = i + j, b = a + 374761393u, c = a + 668265263u, d = b + 668265263u;
    a = (a ^ (a >> 13)) * 1274126177u;
    b = (b ^ (b >> 13)) * 1274126177u;
    c = (c ^ (c >> 13)) * 1274126177u;
    d = (d ^ (d >> 13)) * 1274126177u;
    const float unit = 1.0f / 65536.0f;
    const float na = (float)((wp::int32)((a ^ (a >> 16)) & 65535u)) * unit;
    const float nb = (float)((wp::int32)((b ^ (b >> 16)) & 65535u)) * unit;
    const float nc = (float)((wp::int32)((c ^ (c >> 16)) & 65535u)) * unit;
    const float nd = (float)((wp::int32)((d ^ (d >> 16)) & 65535u)) * unit;
    const float s = px[k] - fx, t = py[k] - fy;
    const float u = s * s * (3.0f - 2.0f * s), v = t * t * (3.0f - 2.0f * t);
    const float cross = na - nb - nc + nd;
    value[k] = na + (nb - na) * u + (nc - na) * v + cross * u * v;
    along[k] = (nb - na + cross * v) * (6.0f * s * (1.0f - s));
    up[k] = (nc - na + cross * u) * (6.0f * t * (1.0f - t));
"""
"""Value noise of :func:`noise2_slope` at (px, py) of lane k."""
_SHOWN = """
    float shown = 1.6f - 1.1f * scales[k] * blur;
    shown = shown < 0.0f ? 0.0f : shown > 1.0f ? 1.0f : shown;
    weight[k] = k < octaves ? shown * strengths[k] : 0.0f;
"""
_STRENGTHS = f"const float strengths[8] = {{{_lanes([0.5 ** (k + 1) for k in range(OCTAVES)])}}};"


@wp.func_native(f"""
    if (1.6f - 1.1f * blur <= 0.0f) return wp::vec3(0.0f, 0.0f, 0.0f);
    const float scales[8] = {{{_lanes(_SCALES_2)}}};
    const float cosines[8] = {{{_lanes([math.cos(k * _TURN) for k in range(OCTAVES)])}}};
    const float sines[8] = {{{_lanes([math.sin(k * _TURN) for k in range(OCTAVES)])}}};
    {_STRENGTHS}
    float px[8], py[8], value[8], along[8], up[8], weight[8], turned_x[8], turned_y[8];
    for (int k = 0; k < 8; ++k) {{
        px[k] = (x * cosines[k] - y * sines[k]) * scales[k] + (float)k * 17.3f;
        py[k] = (x * sines[k] + y * cosines[k]) * scales[k] - (float)k * 17.3f;
        {_SHOWN}
    }}
    for (int k = 0; k < 8; ++k) {{
        {_LATTICE}
        value[k] = (value[k] - 0.5f) * weight[k];
        turned_x[k] = (along[k] * cosines[k] + up[k] * sines[k]) * scales[k] * weight[k];
        turned_y[k] = (up[k] * cosines[k] - along[k] * sines[k]) * scales[k] * weight[k];
    }}
    wp::vec3 out(0.0f, 0.0f, 0.0f);
    for (int k = 0; k < octaves && k < 8; ++k) out += wp::vec3(value[k], turned_x[k], turned_y[k]);
    return out;
""")
def fractal2(x: float, y: float, octaves: int, blur: float) -> wp.vec3:
    """Noise of several octaves about 0, each turned against the last, and its slopes; what ``blur`` hides is left out.

    The first octave has one lattice cell a unit and half of the height.
    """
    ...


@wp.func_native(f"""
    if (1.6f - 1.1f * blur <= 0.0f) return wp::vec4(0.0f, 0.0f, 0.0f, 0.0f);
    const float scales[8] = {{{_lanes(_SCALES_3)}}};
    {_STRENGTHS}
    float px[8], py[8], value[8], along[8], up[8], weight[8], w[8], dw[8], layer[8];
    float low[8], low_along[8], low_up[8], away[8];
    for (int k = 0; k < 8; ++k) {{
        const float shift = (float)k * 13.7f;
        const float z = p[2] * scales[k] + 2.0f * shift;
        layer[k] = ::floorf(z);
        const float t = z - layer[k];
        w[k] = t * t * (3.0f - 2.0f * t);
        dw[k] = 6.0f * t * (1.0f - t);
        px[k] = p[0] * scales[k] + shift + layer[k] * 37.17f;
        py[k] = p[1] * scales[k] - shift + layer[k] * 17.31f;
        {_SHOWN}
    }}
    for (int k = 0; k < 8; ++k) {{
        {_LATTICE}
        low[k] = value[k];
        low_along[k] = along[k];
        low_up[k] = up[k];
        px[k] += 37.17f;
        py[k] += 17.31f;
    }}
    for (int k = 0; k < 8; ++k) {{
        {_LATTICE}
        away[k] = (value[k] - low[k]) * dw[k] * scales[k] * weight[k];
        value[k] = (low[k] + (value[k] - low[k]) * w[k] - 0.5f) * weight[k];
        along[k] = (low_along[k] + (along[k] - low_along[k]) * w[k]) * scales[k] * weight[k];
        up[k] = (low_up[k] + (up[k] - low_up[k]) * w[k]) * scales[k] * weight[k];
    }}
    wp::vec4 out(0.0f, 0.0f, 0.0f, 0.0f);
    for (int k = 0; k < octaves && k < 8; ++k) out += wp::vec4(value[k], along[k], up[k], away[k]);
    return out;
""")
def fractal3(p: wp.vec3, octaves: int, blur: float) -> wp.vec4:
    """Like :func:`fractal2` in space."""
    ...
