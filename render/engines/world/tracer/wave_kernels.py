"""How water moves: Gerstner waves and rings on a fan of triangles, and the foam that breaking leaves. Warp kernels."""

import warp as wp

from render.engines.world.tracer.noise_kernels import noise2
from render.engines.world.tracer.world_kernels import Lens

RISE = wp.constant(0.75)
"""Share by which a wave is higher where it meets what stands in its way: a part of it is thrown back."""
RUN = wp.constant(1.1)
"""Metres over which that share falls off."""
OPEN = wp.constant(50.0)
"""Metres to a shore that is out of reach."""


@wp.struct
class Swell:
    """The waves and rings of one moment."""

    waves: wp.array(dtype=wp.vec4)
    """(k·x, k·y, amplitude, ω), the longest first."""
    phases: wp.array(dtype=wp.float32)
    count: int
    sigma: float
    """Root mean square of the height in metres."""
    rings: wp.array(dtype=wp.vec4)
    """(x, y, seconds since its start, depth)."""
    kinds: wp.array(dtype=wp.int32)
    rings_count: int
    tables: wp.array3d(dtype=wp.float32)
    reaches: wp.array(dtype=wp.vec3)
    """(metres, seconds, radius) of each table."""
    time: float


@wp.struct
class Froth:
    """A square of water about the action, in rest coordinates: foam of two moments, and metres to the shore."""

    former: wp.array2d(dtype=wp.float32)
    latest: wp.array2d(dtype=wp.float32)
    shore: wp.array2d(dtype=wp.float32)
    share: float
    corner: wp.vec2
    cell: float


@wp.struct
class Fan:
    """Rings about a point behind the eye."""

    x: float
    y: float
    middle: float
    half: float
    back: float
    radii: wp.array(dtype=wp.float32)
    spokes: int


@wp.func
def patch(field: wp.array2d(dtype=wp.float32), froth: Froth, x: float, y: float, outside: float) -> float:
    """The field at a place, mixed from four cells; ``outside`` beyond the square."""
    u = (x - froth.corner[0]) / froth.cell - 0.5
    v = (y - froth.corner[1]) / froth.cell - 0.5
    i = int(wp.floor(u))
    j = int(wp.floor(v))
    if i < 0 or j < 0 or i >= field.shape[0] - 1 or j >= field.shape[1] - 1:
        return outside
    s = u - float(i)
    t = v - float(j)
    low = field[i, j] * (1.0 - s) + field[i + 1, j] * s
    high = field[i, j + 1] * (1.0 - s) + field[i + 1, j + 1] * s
    return low * (1.0 - t) + high * t


@wp.func
def ring_height(swell: Swell, kind: int, age: float, way: float) -> float:
    reach = swell.reaches[kind]
    v = age / reach[1] * float(swell.tables.shape[1] - 1)
    u = way / reach[0] * float(swell.tables.shape[2] - 1)
    i = int(v)
    j = int(u)
    if way < 0.0 or i < 0 or i >= swell.tables.shape[1] - 1 or j >= swell.tables.shape[2] - 1:
        return 0.0
    t = v - float(i)
    s = u - float(j)
    low = swell.tables[kind, i, j] * (1.0 - s) + swell.tables[kind, i, j + 1] * s
    high = swell.tables[kind, i + 1, j] * (1.0 - s) + swell.tables[kind, i + 1, j + 1] * s
    return low * (1.0 - t) + high * t


@wp.func_native("""
    float sums[9][8] = {};
    for (int first = 0; first < count; first += 8) {
        float shown[8];
        for (int n = 0; n < 8; ++n) {
            const wp::vec4& wave = waves.data[first + n < count ? first + n : first];
            const float number = ::sqrtf(wave[0] * wave[0] + wave[1] * wave[1]);
            float kept = 6.2831853f / (number * spacing * 2.0f) - 1.0f;
            kept = kept < 1.0f ? kept : 1.0f;
            kept = kept > 0.0f ? kept : 0.0f;
            shown[n] = first + n < count ? kept : 0.0f;
        }
        if (shown[0] == 0.0f) break;
        for (int n = 0; n < 8; ++n) {
            const int j = first + n < count ? first + n : first;
            const wp::vec4& wave = waves.data[j];
            const float number = ::sqrtf(wave[0] * wave[0] + wave[1] * wave[1]);
            const float dx = wave[0] / number, dy = wave[1] / number;
            // Sine and cosine by their series, after the whole and half turns are taken off.
            float turn = (wave[0] * x + wave[1] * y - wave[3] * time + phases.data[j]) * 0.15915494f;
            turn -= ::floorf(turn + 0.5f);
            const float of_sine = turn > 0.25f ? 0.5f - turn : turn < -0.25f ? -0.5f - turn : turn;
            const float of_cosine = 0.25f - (turn < 0.0f ? -turn : turn);
            const auto series = [](float turns) {
                const float z = turns * 6.2831853f, q = z * z;
                return z * (1.0f + q * (-1.6666667e-1f + q * (8.3333333e-3f + q * (-1.9841270e-4f
                    + q * (2.7557319e-6f - q * 2.5052108e-8f)))));
            };
            const float s = series(of_sine), c = series(of_cosine);
            const float a = wave[2] * shown[n], steep = number * a;
            sums[0][n] -= dx * a * s;
            sums[1][n] -= dy * a * s;
            sums[2][n] += a * c;
            sums[3][n] += dx * steep * s;
            sums[4][n] += dy * steep * s;
            sums[5][n] -= steep * c;
            sums[6][n] -= dx * dx * steep * c;
            sums[7][n] -= dy * dy * steep * c;
            sums[8][n] -= dx * dy * steep * c;
        }
    }
    float all[9];
    for (int k = 0; k < 9; ++k) {
        all[k] = 0.0f;
        for (int n = 0; n < 8; ++n) all[k] += sums[k][n];
    }
    return wp::mat_t<3, 3, float>(all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7], all[8]);
""")
def swelling(
    waves: wp.array(dtype=wp.vec4),
    phases: wp.array(dtype=wp.float32),
    count: int,
    time: float,
    x: float,
    y: float,
    spacing: float,
) -> wp.mat33:
    """By how much the waves move a particle that rests at (x, y), and lean its normal; its strain in xx, yy and xy.

    The first ``count`` waves, the longest first, of which eight are taken at once. What is shorter than four
    ``spacing`` metres is faded out.
    """
    ...


@wp.kernel(enable_backward=False)
def heave(
    fan: Fan,
    swell: Swell,
    froth: Froth,
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    marks: wp.array(dtype=wp.vec4),
    lens: Lens,
    screen: wp.array(dtype=wp.vec3),
):
    """Water particles of the fan now, their normals, and marks: (rest x, rest y, fold, metres to the shore).

    ``screen`` gets their columns and rows in pixels and their depths in metres before the lens.

    Waves shorter than four spacings of the net are faded out, so that the far water does not flicker.
    """
    i = wp.tid()
    ring = i / fan.spokes
    turn = float(i % fan.spokes) / float(fan.spokes - 1) * 2.0 - 1.0
    radius = fan.radii[ring]
    last = wp.min(ring, fan.radii.shape[0] - 2)
    spacing = fan.radii[last + 1] - fan.radii[last]
    spacing = wp.max(spacing, (radius + fan.back) * fan.half * 2.0 / float(fan.spokes - 1))
    angle = fan.middle + turn * fan.half
    x = fan.x - fan.back * wp.cos(fan.middle) + (radius + fan.back) * wp.cos(angle)
    y = fan.y - fan.back * wp.sin(fan.middle) + (radius + fan.back) * wp.sin(angle)
    moved = swelling(swell.waves, swell.phases, swell.count, swell.time, x, y, spacing)
    point = wp.vec3(x + moved[0, 0], y + moved[0, 1], moved[0, 2])
    normal = wp.vec3(moved[1, 0], moved[1, 1], 1.0 + moved[1, 2])
    xx = 1.0 + moved[2, 0]
    yy = 1.0 + moved[2, 1]
    xy = moved[2, 2]
    normal = wp.vec3(normal[0], normal[1], wp.max(normal[2], 0.25))
    for j in range(swell.rings_count):
        drop = swell.rings[j]
        kind = swell.kinds[j]
        away = wp.vec2(x - drop[0], y - drop[1])
        way = wp.length(away)
        reach = swell.reaches[kind]
        kept = wp.clamp(1.25 * reach[2] / spacing - 1.0, 0.0, 1.0)
        if way < reach[0] and kept > 0.0:
            step = 0.1 * reach[2]
            a = drop[3] * kept
            point += wp.vec3(0.0, 0.0, a * ring_height(swell, kind, drop[2], way))
            rise = ring_height(swell, kind, drop[2], way + step) - ring_height(swell, kind, drop[2], wp.abs(way - step))
            slide = a * rise / (2.0 * step) / wp.max(way, 1.0e-4)
            normal -= wp.vec3(away[0] * slide, away[1] * slide, 0.0)
    near = patch(froth.shore, froth, x, y, OPEN)
    if near < 4.0 * RUN:
        more = RISE * wp.exp(-near / RUN)
        aside = froth.cell
        east = patch(froth.shore, froth, x + aside, y, OPEN) - patch(froth.shore, froth, x - aside, y, OPEN)
        north = patch(froth.shore, froth, x, y + aside, OPEN) - patch(froth.shore, froth, x, y - aside, OPEN)
        lean = point[2] * more / (RUN * 2.0 * aside)
        lean = wp.clamp(lean, -0.6, 0.6) * 0.5
        normal += wp.vec3(wp.clamp(east, -1.0, 1.0) * lean, wp.clamp(north, -1.0, 1.0) * lean, 0.0)
        point = wp.vec3(point[0], point[1], point[2] * (1.0 + more))
    points[i] = point
    normals[i] = wp.normalize(normal)
    marks[i] = wp.vec4(x, y, xx * yy - xy * xy, near)
    sight = point - lens.eye
    depth = wp.dot(sight, lens.forward)
    scale = 1.0 / (wp.max(depth, 1.0e-3) * lens.pixel)
    screen[i] = wp.vec3(
        0.5 * float(lens.width) + wp.dot(sight, lens.right) * scale,
        0.5 * float(lens.height) - wp.dot(sight, lens.up) * scale,
        depth,
    )


@wp.kernel(enable_backward=False)
def cover_pixels(
    screen: wp.array(dtype=wp.vec3), indices: wp.array(dtype=wp.int32), nearest: wp.array2d(dtype=wp.uint64)
):
    """Leave in each pixel the nearest triangle over its middle: tenths of a millimetre · 2³² + triangle.

    Triangles that reach behind the lens are left out: the fan has none of them in view.
    """
    face = wp.tid()
    a = screen[indices[face * 3]]
    b = screen[indices[face * 3 + 1]]
    c = screen[indices[face * 3 + 2]]
    if wp.min(a[2], wp.min(b[2], c[2])) < 0.01:
        return
    left = wp.max(int(wp.ceil(wp.min(a[0], wp.min(b[0], c[0])) - 0.502)), 0)
    right = wp.min(int(wp.floor(wp.max(a[0], wp.max(b[0], c[0])) - 0.498)), nearest.shape[1] - 1)
    top = wp.max(int(wp.ceil(wp.min(a[1], wp.min(b[1], c[1])) - 0.502)), 0)
    low = wp.min(int(wp.floor(wp.max(a[1], wp.max(b[1], c[1])) - 0.498)), nearest.shape[0] - 1)
    if right < left or low < top:
        return
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    if wp.abs(area) < 1.0e-9:
        return
    for y in range(top, low + 1):
        for x in range(left, right + 1):
            px = float(x) + 0.5
            py = float(y) + 0.5
            u = ((b[0] - px) * (c[1] - py) - (b[1] - py) * (c[0] - px)) / area
            v = ((c[0] - px) * (a[1] - py) - (c[1] - py) * (a[0] - px)) / area
            w = 1.0 - u - v
            if u > -1.0e-3 and v > -1.0e-3 and w > -1.0e-3:
                depth = 1.0 / (u / a[2] + v / b[2] + w / c[2])
                key = (wp.uint64(depth * 1.0e4) << wp.uint64(32)) | wp.uint64(face)
                wp.atomic_min(nearest, y, x, key)


@wp.kernel(enable_backward=False)
def measure_shore(rocks: wp.uint64, froth: Froth, farthest: float, shore: wp.array2d(dtype=wp.float32)):
    """Metres from each cell's water at rest to the mesh of what stands still; :data:`OPEN` where nothing is near."""
    i, j = wp.tid()
    at = wp.vec3(froth.corner[0] + (float(i) + 0.5) * froth.cell, froth.corner[1] + (float(j) + 0.5) * froth.cell, 0.0)
    shore[i, j] = OPEN
    query = wp.mesh_query_point_no_sign(rocks, at, farthest)
    if query.result:
        found = wp.mesh_eval_position(rocks, query.face, query.u, query.v)
        shore[i, j] = wp.length(found - at)


@wp.kernel(enable_backward=False)
def froth_up(
    swell: Swell, froth: Froth, kept: float, source: wp.array2d(dtype=wp.float32), out: wp.array2d(dtype=wp.float32)
):
    """Foam one step later: what was there bursts and spreads, crests that fold and water at rocks make new foam."""
    i, j = wp.tid()
    rows = out.shape[0]
    columns = out.shape[1]
    x = froth.corner[0] + (float(i) + 0.5) * froth.cell
    y = froth.corner[1] + (float(j) + 0.5) * froth.cell
    xx = float(1.0)
    yy = float(1.0)
    xy = float(0.0)
    level = float(0.0)
    for k in range(swell.count):
        wave = swell.waves[k]
        number = wp.sqrt(wave[0] * wave[0] + wave[1] * wave[1])
        if number * froth.cell > 2.0:
            break
        c = wp.cos(wave[0] * x + wave[1] * y - wave[3] * swell.time + swell.phases[k]) * wave[2]
        level += c
        xx -= wave[0] * wave[0] / number * c
        yy -= wave[1] * wave[1] / number * c
        xy -= wave[0] * wave[1] / number * c
    fold = wp.clamp((0.66 - (xx * yy - xy * xy)) * 3.2, 0.0, 1.0)
    rough = noise2(x * 0.9 + swell.time * 0.2, y * 0.9) + 0.6 * noise2(x * 2.7, y * 2.7 - swell.time * 0.3) - 0.8
    high = level / wp.max(swell.sigma, 0.02)
    near = froth.shore[i, j] + rough * wp.min(0.8, 6.0 * swell.sigma)
    wide = wp.min(4.0 * swell.sigma, 1.3) * wp.max(0.45 + 0.5 * high, 0.12)
    wash = wp.clamp(1.15 - near / wp.max(wide, 0.02), 0.0, 1.0) * wp.clamp(0.5 + 0.35 * high, 0.25, 1.0)
    w = wp.max(i - 1, 0)
    e = wp.min(i + 1, rows - 1)
    s = wp.max(j - 1, 0)
    n = wp.min(j + 1, columns - 1)
    around = 0.25 * (source[w, j] + source[e, j] + source[i, s] + source[i, n])
    stays = (source[i, j] * 0.94 + around * 0.06) * kept
    out[i, j] = wp.max(stays, wp.max(fold, wash))
