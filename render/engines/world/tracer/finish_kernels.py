"""From linear radiance to 8-bit RGB: tone, grade, ink. Warp structs and kernels."""

import warp as wp

from render.engines.world.tracer.lanes import LANES


@wp.struct
class Grade:
    exposure: float
    contrast: float
    saturation: float
    shadow_tint: wp.vec3
    light_tint: wp.vec3
    vignette: float
    grain: float
    first_row: int
    rows: int


_TONED = """
    v = (luma + (v - luma) * grade.saturation) * (dark + (light - dark) * bright);
    v = v > 0.0f ? v : 0.0f;
    v = (v * (2.51f * v + 0.03f)) / (v * (2.43f * v + 0.59f) + 0.14f);
    v = v < 1.0f ? v : 1.0f;
    v = ::sqrtf(v) * 0.9f + 0.1f * v;
    v = 0.46f + (v - 0.46f) * grade.contrast;
"""
"""A film-like curve: from a channel's radiance v to its display value 0 to 1."""


@wp.func_native(f"""
    const float luma = 0.2126f * c[0] + 0.7152f * c[1] + 0.0722f * c[2];
    const float bright = wp::min(wp::max(luma * 1.6f, 0.0f), 1.0f);
    const float darks[4] = {{grade.shadow_tint[0], grade.shadow_tint[1], grade.shadow_tint[2], 0.0f}};
    const float lights[4] = {{grade.light_tint[0], grade.light_tint[1], grade.light_tint[2], 0.0f}};
    float out[4] = {{c[0], c[1], c[2], 0.0f}};
    for (int k = 0; k < 4; ++k) {{
        const float dark = darks[k], light = lights[k];
        float v = out[k];
        {_TONED}
        out[k] = v;
    }}
    return wp::vec3(out[0], out[1], out[2]);
""")
def graded(c: wp.vec3, grade: Grade) -> wp.vec3:
    """Display values 0 to 1 of a radiance that is exposed."""
    ...


@wp.func_native(f"""
    const int width = colour.shape[1], columns = width - first < {LANES} ? width - first : {LANES};
    float channels[3][{LANES}], luma[{LANES}], bright[{LANES}], noise[{LANES}];
    const float down = ((float)row + 0.5f) / (float)grade.rows - 0.5f;
    for (int k = 0; k < {LANES}; ++k) {{
        const int x = first + (k < columns ? k : 0);
        const wp::vec3& c = colour.data[row * width + x];
        const float across = ((float)x + 0.5f) / (float)width - 0.5f;
        const float fall = grade.exposure * (1.0f - grade.vignette * (across * across + down * down));
        for (int j = 0; j < 3; ++j) channels[j][k] = c[j] * fall;
    }}
    const auto hash = [](wp::uint32 i, wp::uint32 j) {{
        wp::uint32 n = i * 374761393u + j * 668265263u;
        n = (n ^ (n >> 13)) * 1274126177u;
        return (float)((wp::int32)((n ^ (n >> 16)) & 65535u)) * (1.0f / 65536.0f);
    }};
    for (int k = 0; k < {LANES}; ++k) {{
        luma[k] = 0.2126f * channels[0][k] + 0.7152f * channels[1][k] + 0.0722f * channels[2][k];
        const float rising = luma[k] * 1.6f;
        bright[k] = rising < 0.0f ? 0.0f : rising < 1.0f ? rising : 1.0f;
        noise[k] = hash(first + k, row) * 0.99f;
    }}
    if (grade.grain > 0.0f)
        for (int k = 0; k < {LANES}; ++k) {{
            const wp::uint32 x = first + k;
            const float grain = hash(x * 3 + seed * 7919, row * 5 + seed) + hash(x + seed * 31, row * 7 + 13) - 1.0f;
            noise[k] += grain * grade.grain * 2.4f;
        }}
    for (int j = 0; j < 3; ++j) {{
        const float dark = grade.shadow_tint[j], light = grade.light_tint[j];
        float* values = channels[j];
        for (int k = 0; k < {LANES}; ++k) {{
            const float luma_k = luma[k], bright_k = bright[k];
            float v = values[k];
            {_TONED.replace("luma", "luma_k").replace("bright", "bright_k")}
            v = v * 255.0f + noise[k];
            v = v > 0.0f ? v : 0.0f;
            values[k] = v < 255.0f ? v : 255.0f;
        }}
    }}
    wp::uint8* to = &out.data[((row + grade.first_row) * width + first) * 3];
    for (int k = 0; k < columns; ++k)
        for (int j = 0; j < 3; ++j) to[k * 3 + j] = (wp::uint8)(wp::int32)channels[j][k];
""")
def develop_row(
    grade: Grade, colour: wp.array2d(dtype=wp.vec3), seed: int, row: int, first: int, out: wp.array3d(dtype=wp.uint8)
):
    """:data:`LANES` pixels of a row from ``first`` on, darker towards the corners, with noise below a level."""
    ...


@wp.kernel(enable_backward=False)
def develop(
    grade: Grade,
    tiles: wp.array2d(dtype=wp.int32),
    side: int,
    seed: int,
    colour: wp.array2d(dtype=wp.vec3),
    out: wp.array3d(dtype=wp.uint8),
):
    """Tone-map ``colour`` into rows ``first_row`` to ``first_row + rows`` of ``out``, :data:`LANES` pixels each.

    Other rows are left as they are.
    """
    row, group = wp.tid()
    first = group * LANES
    if tiles[row / side, first / side] != 0:
        develop_row(grade, colour, seed, row, first, out)


@wp.func
def apart(mine: int, other: int) -> bool:
    """Whether a line may part two pixels: not land of the ground's own surface from the ground, whose id is 0."""
    same = mine % 256 == other % 256 and wp.min(mine, other) < 256
    return mine != other and not same


@wp.func
def inked(
    x: int,
    y: int,
    width: int,
    height: int,
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
) -> float:
    """1 on the nearer side of a part's outline or on a crease. What is thinner than two lines has none."""
    q = normal[y, x]
    mine = ids[y, x]
    if mine < 0:
        return 0.0
    if ids[y, wp.max(x - 3, 0)] != mine and ids[y, wp.min(x + 3, width - 1)] != mine:
        return 0.0
    if ids[wp.max(y - 3, 0), x] != mine and ids[wp.min(y + 3, height - 1), x] != mine:
        return 0.0
    left = wp.max(x - 1, 0)
    right = wp.min(x + 1, width - 1)
    above = wp.max(y - 1, 0)
    below = wp.min(y + 1, height - 1)
    a = normal[y, left]
    b = normal[y, right]
    c = normal[above, x]
    d = normal[below, x]
    near = q[3] * 1.002
    if (apart(mine, ids[y, left]) and a[3] >= near) or (apart(mine, ids[y, right]) and b[3] >= near):
        return 1.0
    if (apart(mine, ids[above, x]) and c[3] >= near) or (apart(mine, ids[below, x]) and d[3] >= near):
        return 1.0
    across = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    along = c[0] * d[0] + c[1] * d[1] + c[2] * d[2]
    if wp.min(across, along) < 0.35 and ids[y, left] == mine and ids[y, right] == mine:
        return 0.8
    return 0.0


@wp.kernel(enable_backward=False)
def ink(
    grade: Grade,
    tiles: wp.array2d(dtype=wp.int32),
    side: int,
    scale: int,
    colour: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    width: int,
    height: int,
    out: wp.array3d(dtype=wp.uint8),
):
    """Outlines over flat colour, ``scale`` rendered pixels along each side of a finished one."""
    y, x = wp.tid()
    if tiles[y * scale / side, x * scale / side] == 0:
        return
    total = wp.vec3(0.0, 0.0, 0.0)
    for j in range(scale):
        for i in range(scale):
            yy = y * scale + j
            xx = x * scale + i
            line = inked(xx, yy, width, height, normal, ids)
            fade = line * wp.clamp(1.4 - normal[yy, xx][3] * 0.02, 0.0, 0.92)
            total += graded(colour[yy, xx] * grade.exposure, grade) * (1.0 - fade) + wp.vec3(0.06, 0.04, 0.09) * fade
    mean = total * (255.0 / float(scale * scale))
    for k in range(3):
        out[y, x, k] = wp.uint8(wp.clamp(mean[k] + 0.5, 0.0, 255.0))
