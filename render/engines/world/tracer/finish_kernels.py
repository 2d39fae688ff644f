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


@wp.func
def filmic(x: float) -> float:
    """A film-like curve from radiance to display value."""
    y = wp.clamp((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0)
    return wp.sqrt(y) * 0.9 + 0.1 * y


@wp.func
def graded(c: wp.vec3, grade: Grade, x: float, y: float) -> wp.vec3:
    """Display values 0 to 1; x and y run from −0.5 to 0.5 over the picture."""
    fall = 1.0 - grade.vignette * (x * x + y * y)
    c = c * (grade.exposure * fall)
    luma = 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]
    grey = wp.vec3(luma, luma, luma)
    c = grey + (c - grey) * grade.saturation
    bright = wp.clamp(luma * 1.6, 0.0, 1.0)
    c = wp.cw_mul(c, grade.shadow_tint * (1.0 - bright) + grade.light_tint * bright)
    out = wp.vec3(filmic(wp.max(c[0], 0.0)), filmic(wp.max(c[1], 0.0)), filmic(wp.max(c[2], 0.0)))
    if grade.contrast != 1.0:
        middle = wp.vec3(0.46, 0.46, 0.46)
        out = middle + (out - middle) * grade.contrast
    return out


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
