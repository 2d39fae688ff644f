"""What lens and shutter do to a finished radiance: streaks of what moves, and softness out of focus. Warp kernels.

The streaks follow McGuire, Hennessy, Bukowski and Osman, "A Reconstruction Filter for Plausible Motion Blur" (2012).
Out of focus, what lies before and what lies behind the focus are gathered apart at half resolution, so that neither
bleeds into what is sharp.
"""

import warp as wp

from render.engines.world.tracer.lanes import LANES
from render.engines.world.tracer.world_kernels import Lens

TAPS = wp.constant(12)
"""Samples along a streak at most, to either side; a short one gets one a pixel."""
RING = wp.constant(2.3999632)
"""The golden angle in radians: samples on a disk turn by it."""
DISK = wp.constant(28)
"""Samples on a disk of confusion."""


@wp.kernel(enable_backward=False)
def fastest(
    speed: wp.array2d(dtype=wp.vec2),
    front: wp.array2d(dtype=wp.vec4),
    shutter: float,
    longest: float,
    side: int,
    trails: wp.array2d(dtype=wp.vec3),
    out: wp.array2d(dtype=wp.vec2),
):
    """The longest streak of each tile, in pixels, at most ``longest``.

    ``trails`` gets of each pixel its depth, and the inverses of the metres that lie clearly before it and of half its
    streak in pixels.
    """
    j, i = wp.tid()
    best = wp.vec2(0.0, 0.0)
    size = float(0.0)
    for y in range(j * side, wp.min(j * side + side, speed.shape[0])):
        for x in range(i * side, wp.min(i * side + side, speed.shape[1])):
            v = speed[y, x]
            square = wp.dot(v, v)
            if square > size:
                size = square
                best = v
            depth = front[y, x][3]
            half = wp.clamp(wp.sqrt(square) * shutter * 0.5, 0.5, longest * 0.5)
            trails[y, x] = wp.vec3(depth, 1.0 / (0.02 * depth + 0.01), 1.0 / half)
    length = wp.sqrt(size) * shutter
    if length > longest:
        best = best * (longest / length)
    out[j, i] = best * shutter


@wp.kernel(enable_backward=False)
def spread(tiles: wp.array2d(dtype=wp.vec2), reach: int, out: wp.array2d(dtype=wp.vec2)):
    """The longest streak within ``reach`` tiles of each."""
    row, column = wp.tid()
    best = wp.vec2(0.0, 0.0)
    for j in range(wp.max(row - reach, 0), wp.min(row + reach + 1, tiles.shape[0])):
        for i in range(wp.max(column - reach, 0), wp.min(column + reach + 1, tiles.shape[1])):
            if wp.length_sq(tiles[j, i]) > wp.length_sq(best):
                best = tiles[j, i]
    out[row, column] = best


@wp.func_native(f"""
    const int width = colour.shape[1], height = colour.shape[0];
    const int columns = width - first < {LANES} ? width - first : {LANES};
    const float step = 1.0f / (float)(2 * taps + 1);
    wp::vec3 edge_colour[{LANES}], edge_trails[{LANES}];
    float red[{LANES}], green[{LANES}], blue[{LANES}], weight[{LANES}], depth[{LANES}], sharp[{LANES}], own[{LANES}];
    for (int n = 0; n < {LANES}; ++n) {{
        const int at = y * width + first + (n < columns ? n : 0);
        depth[n] = trails.data[at][0];
        sharp[n] = trails.data[at][1];
        own[n] = trails.data[at][2];
        red[n] = colour.data[at][0] * own[n];
        green[n] = colour.data[at][1] * own[n];
        blue[n] = colour.data[at][2] * own[n];
        weight[n] = own[n];
    }}
    const auto clamped = [](float v) {{ v = v > 0.0f ? v : 0.0f; return v < 1.0f ? v : 1.0f; }};
    const auto above_0 = [](float v) {{ return v > 0.0f ? v : 0.0f; }};
    for (int k = -taps; k <= taps; ++k) {{
        const float share = (float)k * step, away = wp::abs(share) * length;
        const int from = first + (int)::floorf(along[0] * share + 0.5f);
        const int yy = y + (int)::floorf(along[1] * share + 0.5f);
        if (k == 0 || yy < 0 || yy >= height) continue;
        const wp::vec3 *colours = &colour.data[yy * width + from], *others = &trails.data[yy * width + from];
        if (from < 0 || from + {LANES} > width) {{
            for (int n = 0; n < {LANES}; ++n) {{
                const int xx = from + n;
                const bool seen = xx >= 0 && xx < width;
                edge_colour[n] = colour.data[yy * width + (seen ? xx : 0)];
                // What is out of the picture weighs nothing: it is far before, and has no streak.
                edge_trails[n] = seen ? trails.data[yy * width + xx] : wp::vec3(-1.0e30f, 0.0f, 1.0e30f);
            }}
            colours = edge_colour;
            others = edge_trails;
        }}
        for (int n = 0; n < {LANES}; ++n) {{
            // Shares of the two half streaks at which they meet, and by how much one lies clearly before the other.
            const float of_own = away * own[n], of_theirs = away * others[n][2];
            const float sharper = sharp[n] > others[n][1] ? sharp[n] : others[n][1];
            const float before = (others[n][0] - depth[n]) * sharper;
            float w = clamped(1.0f - before) * above_0(1.0f - of_theirs);
            w += clamped(1.0f + before) * above_0(1.0f - of_own);
            w += 2.0f * clamped(10.5f - 10.0f * of_theirs) * clamped(10.5f - 10.0f * of_own);
            red[n] += colours[n][0] * w;
            green[n] += colours[n][1] * w;
            blue[n] += colours[n][2] * w;
            weight[n] += w;
        }}
    }}
    for (int n = 0; n < {LANES}; ++n) weight[n] = 1.0f / weight[n];
    for (int n = 0; n < columns; ++n)
        out.data[y * width + first + n] = wp::vec3(red[n] * weight[n], green[n] * weight[n], blue[n] * weight[n]);
""")
def gather_row(
    colour: wp.array2d(dtype=wp.vec3),
    trails: wp.array2d(dtype=wp.vec3),
    first: int,
    y: int,
    along: wp.vec2,
    length: float,
    taps: int,
    out: wp.array2d(dtype=wp.vec3),
):
    """The mean colours along a streak through each of :data:`LANES` pixels, ``taps`` samples to either side."""
    ...


@wp.kernel(enable_backward=False)
def streak(
    colour: wp.array2d(dtype=wp.vec3),
    trails: wp.array2d(dtype=wp.vec3),
    tiles: wp.array2d(dtype=wp.vec2),
    touched: wp.array2d(dtype=wp.int32),
    side: int,
    out: wp.array2d(dtype=wp.vec3),
):
    """Colours along the longest streak about, which ``tiles`` say, by who covers whom during the exposure.

    :data:`LANES` pixels each, which lie in one tile.
    """
    y, group = wp.tid()
    first = group * LANES
    row = y / side
    column = first / side
    if touched[row, column] == 0:
        return
    along = tiles[row, column]
    length = wp.length(along)
    if length < 1.0:
        for x in range(first, wp.min(first + LANES, colour.shape[1])):
            out[y, x] = colour[y, x]
        return
    taps = wp.min(int(wp.ceil(length * 0.5)), TAPS)
    gather_row(colour, trails, first, y, along, length, taps, out)


@wp.func
def confusion(lens: Lens, aperture: float, focus: float, distance: float, longest: float) -> float:
    """Radius in pixels of the disk that a point becomes; below 0 before the focus."""
    radius = aperture * (distance - focus) / (wp.max(distance, 0.05) * focus * lens.pixel * 2.0)
    return wp.clamp(radius, -longest, longest)


@wp.kernel(enable_backward=False)
def halve(
    lens: Lens,
    aperture: float,
    focus: float,
    longest: float,
    colour: wp.array2d(dtype=wp.vec3),
    front: wp.array2d(dtype=wp.vec4),
    small: wp.array2d(dtype=wp.vec4),
):
    """Mean colour of two by two pixels, with the confusion of the nearest of them."""
    y, x = wp.tid()
    total = wp.vec3(0.0, 0.0, 0.0)
    near = float(1.0e9)
    for k in range(4):
        xx = wp.min(2 * x + k % 2, colour.shape[1] - 1)
        yy = wp.min(2 * y + k / 2, colour.shape[0] - 1)
        total += colour[yy, xx]
        near = wp.min(near, front[yy, xx][3])
    total = total * 0.25
    small[y, x] = wp.vec4(total[0], total[1], total[2], confusion(lens, aperture, focus, near, longest) * 0.5)


@wp.kernel(enable_backward=False)
def nearest(small: wp.array2d(dtype=wp.vec4), side: int, out: wp.array2d(dtype=wp.float32)):
    """The widest disk before the focus within each tile of ``side`` half-resolution pixels."""
    j, i = wp.tid()
    widest = float(0.0)
    for y in range(j * side, wp.min(j * side + side, small.shape[0])):
        for x in range(i * side, wp.min(i * side + side, small.shape[1])):
            widest = wp.max(widest, -small[y, x][3])
    out[j, i] = widest


@wp.kernel(enable_backward=False)
def gather(
    small: wp.array2d(dtype=wp.vec4),
    widest: wp.array2d(dtype=wp.float32),
    side: int,
    far: wp.array2d(dtype=wp.vec4),
    near: wp.array2d(dtype=wp.vec4),
):
    """Disks behind the focus, and those before it times their coverage, each gathered from its own side only."""
    y, x = wp.tid()
    height = small.shape[0]
    width = small.shape[1]
    mine = small[y, x]
    own = wp.max(mine[3], 0.0)
    sum_far = wp.vec4(mine[0], mine[1], mine[2], 1.0)
    if own > 0.4:
        for k in range(DISK):
            radius = own * wp.sqrt((float(k) + 0.5) / float(DISK))
            xx = int(wp.floor(float(x) + 0.5 + radius * wp.cos(float(k) * RING)))
            yy = int(wp.floor(float(y) + 0.5 + radius * wp.sin(float(k) * RING)))
            if xx >= 0 and yy >= 0 and xx < width and yy < height:
                q = small[yy, xx]
                w = wp.clamp(q[3] - radius + 1.0, 0.0, 1.0)
                sum_far += wp.vec4(q[0] * w, q[1] * w, q[2] * w, w)
    far[y, x] = sum_far * (1.0 / sum_far[3])
    reach = float(0.0)
    row = y / side
    column = x / side
    for j in range(wp.max(row - 1, 0), wp.min(row + 2, widest.shape[0])):
        for i in range(wp.max(column - 1, 0), wp.min(column + 2, widest.shape[1])):
            reach = wp.max(reach, widest[j, i])
    cover = float(0.0)
    sum_near = wp.vec3(0.0, 0.0, 0.0)
    if reach > 0.4:
        for k in range(DISK):
            radius = reach * wp.sqrt((float(k) + 0.5) / float(DISK))
            xx = int(wp.floor(float(x) + 0.5 + radius * wp.cos(float(k) * RING)))
            yy = int(wp.floor(float(y) + 0.5 + radius * wp.sin(float(k) * RING)))
            if xx >= 0 and yy >= 0 and xx < width and yy < height:
                q = small[yy, xx]
                theirs = -q[3]
                if theirs > 0.3:
                    w = wp.clamp(theirs - radius + 1.0, 0.0, 1.0) * wp.min((reach * reach) / (theirs * theirs), 4.0)
                    sum_near += wp.vec3(q[0], q[1], q[2]) * w
                    cover += w
    cover = wp.max(cover, 1.0e-6)
    share = wp.clamp(cover / float(DISK), 0.0, 1.0)
    sum_near = sum_near * (share / cover)
    near[y, x] = wp.vec4(sum_near[0], sum_near[1], sum_near[2], share)


@wp.func
def between(small: wp.array2d(dtype=wp.vec4), x: int, y: int) -> wp.vec4:
    """A half-resolution picture at a full-resolution pixel."""
    fx = (float(x) + 0.5) * 0.5 - 0.5
    fy = (float(y) + 0.5) * 0.5 - 0.5
    x0 = wp.clamp(int(wp.floor(fx)), 0, small.shape[1] - 1)
    y0 = wp.clamp(int(wp.floor(fy)), 0, small.shape[0] - 1)
    x1 = wp.min(x0 + 1, small.shape[1] - 1)
    y1 = wp.min(y0 + 1, small.shape[0] - 1)
    s = wp.clamp(fx - float(x0), 0.0, 1.0)
    t = wp.clamp(fy - float(y0), 0.0, 1.0)
    top = small[y0, x0] * (1.0 - s) + small[y0, x1] * s
    low = small[y1, x0] * (1.0 - s) + small[y1, x1] * s
    return top * (1.0 - t) + low * t


@wp.kernel(enable_backward=False)
def defocus(
    lens: Lens,
    aperture: float,
    focus: float,
    longest: float,
    front: wp.array2d(dtype=wp.vec4),
    far: wp.array2d(dtype=wp.vec4),
    near: wp.array2d(dtype=wp.vec4),
    colour: wp.array2d(dtype=wp.vec3),
):
    """What is out of focus into ``colour``: first what lies behind, then what lies before and over it."""
    y, x = wp.tid()
    radius = confusion(lens, aperture, focus, front[y, x][3], longest)
    c = colour[y, x]
    soft = wp.clamp(radius - 0.6, 0.0, 1.0)
    if soft > 0.0:
        q = between(far, x, y)
        c = c * (1.0 - soft) + wp.vec3(q[0], q[1], q[2]) * soft
    q = between(near, x, y)
    share = wp.max(q[3], 0.0)
    if radius < 0.0:
        share = wp.max(share, wp.clamp(-radius - 0.6, 0.0, 1.0))
    if q[3] > 1.0e-4:
        share = wp.min(share, 1.0)
        c = c * (1.0 - share) + wp.vec3(q[0], q[1], q[2]) * (share / q[3])
    colour[y, x] = c
