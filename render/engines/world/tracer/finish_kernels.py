"""From linear radiance to 8-bit RGB: tone, grade, ink. Warp structs and kernels."""

import warp as wp

from render.engines.world.tracer.noise_kernels import hash2


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


@wp.func_native("""
    const float fall = grade.exposure * (1.0f - grade.vignette * (x * x + y * y));
    const float red = c[0] * fall, green = c[1] * fall, blue = c[2] * fall;
    const float luma = 0.2126f * red + 0.7152f * green + 0.0722f * blue;
    const float bright = wp::min(wp::max(luma * 1.6f, 0.0f), 1.0f);
    const float seen[4] = {red, green, blue, 0.0f};
    const float dark[4] = {grade.shadow_tint[0], grade.shadow_tint[1], grade.shadow_tint[2], 0.0f};
    const float light[4] = {grade.light_tint[0], grade.light_tint[1], grade.light_tint[2], 0.0f};
    float out[4];
    for (int k = 0; k < 4; ++k) {
        float v = (luma + (seen[k] - luma) * grade.saturation) * (dark[k] + (light[k] - dark[k]) * bright);
        v = v > 0.0f ? v : 0.0f;
        v = (v * (2.51f * v + 0.03f)) / (v * (2.43f * v + 0.59f) + 0.14f);
        v = v < 1.0f ? v : 1.0f;
        v = ::sqrtf(v) * 0.9f + 0.1f * v;
        out[k] = 0.46f + (v - 0.46f) * grade.contrast;
    }
    return wp::vec3(out[0], out[1], out[2]);
""")
def graded(c: wp.vec3, grade: Grade, x: float, y: float) -> wp.vec3:
    """Display values 0 to 1 by a film-like curve; x and y run from −0.5 to 0.5 over the picture."""
    ...


@wp.func
def put(out: wp.array3d(dtype=wp.uint8), x: int, y: int, c: wp.vec3, noise: float):
    for k in range(3):
        out[y, x, k] = wp.uint8(wp.clamp(c[k] * 255.0 + noise, 0.0, 255.0))


@wp.kernel(enable_backward=False)
def develop(
    grade: Grade,
    tiles: wp.array2d(dtype=wp.int32),
    side: int,
    seed: int,
    colour: wp.array2d(dtype=wp.vec3),
    out: wp.array3d(dtype=wp.uint8),
):
    """Tone-map ``colour`` into rows ``first_row`` to ``first_row + rows`` of ``out``.

    Other rows are left as they are.
    """
    row, x = wp.tid()
    if tiles[row / side, x / side] == 0:
        return
    u = (float(x) + 0.5) / float(out.shape[1]) - 0.5
    v = (float(row) + 0.5) / float(grade.rows) - 0.5
    c = colour[row, x]
    noise = hash2(x, row) * 0.99
    if grade.grain > 0.0:
        noise += (
            (hash2(x * 3 + seed * 7919, row * 5 + seed) + hash2(x + seed * 31, row * 7 + 13) - 1.0) * grade.grain * 2.4
        )
    put(out, x, row + grade.first_row, graded(c, grade, u, v), noise)


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
            total += graded(colour[yy, xx], grade, 0.0, 0.0) * (1.0 - fade) + wp.vec3(0.06, 0.04, 0.09) * fade
    put(out, x, y, total * (1.0 / float(scale * scale)), 0.5)
