"""Light on what a moving camera sees of what stands still: its shadows, occlusion and mirrors. Warp kernels."""

import warp as wp

from render.engines.world.tracer.lanes import LANES
from render.engines.world.tracer.mirror_kernels import CLEAR_MIRROR, mirror_share
from render.engines.world.tracer.shade_kernels import CLOSED
from render.engines.world.tracer.sight_kernels import SETTLED, Memory
from render.engines.world.tracer.sky_kernels import surroundings
from render.engines.world.tracer.world_kernels import WORLD, ray


@wp.func_native(f"""
    const int width = ids.shape[1], height = ids.shape[0];
    const int columns = width - first < {LANES} ? width - first : {LANES};
    int codes[{LANES}], young[{LANES}], edge_ids[{LANES}];
    float lit[{LANES}], closed[{LANES}], far[{LANES}], weight[{LANES}], sun_weight[{LANES}];
    wp::vec4 edge_known[{LANES}];
    for (int n = 0; n < {LANES}; ++n) {{
        const int at = y * width + first + (n < columns ? n : 0);
        const wp::vec4& q = known.data[at];
        codes[n] = ids.data[at];
        lit[n] = q[0];
        closed[n] = q[1];
        young[n] = q[2] < settled ? 1 : 0;
        far[n] = q[3];
        weight[n] = sun_weight[n] = 1.0f;
    }}
    for (int k = 0; k < 8; ++k) {{
        const int place = k + k / 4, from = first + (place % 3 - 1) * 2;
        const int row = wp::min(wp::max(y + (place / 3 - 1) * 2, 0), height - 1) * width;
        const int* others = &ids.data[row + from];
        const wp::vec4* theirs = &known.data[row + from];
        if (from < 0 || from + {LANES} > width) {{
            for (int n = 0; n < {LANES}; ++n) {{
                const int at = row + wp::min(wp::max(from + n, 0), width - 1);
                edge_ids[n] = ids.data[at];
                edge_known[n] = known.data[at];
            }}
            others = edge_ids;
            theirs = edge_known;
        }}
        for (int n = 0; n < {LANES}; ++n) {{
            const float away = theirs[n][3] - far[n], near = far[n] * 0.03f;
            const float same = others[n] == codes[n] && away < near && -away < near ? 1.0f : 0.0f;
            const float sunny = young[n] ? same : 0.0f;
            closed[n] += theirs[n][1] * same;
            weight[n] += same;
            lit[n] += theirs[n][0] * sunny;
            sun_weight[n] += sunny;
        }}
    }}
    for (int n = 0; n < columns; ++n) {{
        const int at = y * width + first + n;
        if (codes[n] < 0) {{
            rest.data[at] = air.data[at];
            continue;
        }}
        sun.data[at] = sun.data[at] * (lit[n] / sun_weight[n]);
        rest.data[at] = rest.data[at] * (1.0f - taken * (closed[n] / weight[n])) + air.data[at];
    }}
""")
def light_row(
    known: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    air: wp.array2d(dtype=wp.vec3),
    settled: float,
    taken: float,
    first: int,
    y: int,
    sun: wp.array2d(dtype=wp.vec3),
    rest: wp.array2d(dtype=wp.vec3),
):
    """Shadows and occlusion of :data:`LANES` pixels, evened out over neighbours on the same surface.

    Shadows only where there are not ``settled`` samples yet; full occlusion leaves 1 − ``taken`` of the sky's light.
    """
    ...


@wp.func
def shown_in(
    world: WORLD,
    glimpsed: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    ids: wp.array2d(dtype=wp.int32),
    x: int,
    y: int,
) -> wp.vec3:
    """What a pixel's mirror shows, of a weak one what those traced about it see."""
    code = ids[y, x]
    seen = wp.vec3(0.0, 0.0, 0.0)
    q = normal[y, x]
    n = wp.vec3(q[0], q[1], q[2])
    direction = ray(world[0].lens, float(x) + 0.5, float(y) + 0.5)
    if world[0].surfaces[code % 256].facing > CLEAR_MIRROR:
        seen = glimpsed[y, x]
    else:
        total = float(0.0)
        for k in range(4):
            xx = (x / 2 + (k % 2) * (x % 2)) * 2
            yy = (y / 2 + (k / 2) * (y % 2)) * 2
            if xx < ids.shape[1] and yy < ids.shape[0]:
                if ids[yy, xx] == code:
                    seen += glimpsed[yy, xx]
                    total += 1.0
        if total > 0.0:
            seen = seen * (1.0 / total)
        else:
            seen = surroundings(world, direction - n * (2.0 * wp.dot(direction, n)))
    return seen * mirror_share(world, code % 256, n, direction, q[3])


@wp.kernel(enable_backward=False)
def light(
    world: WORLD,
    memory: Memory,
    air: wp.array2d(dtype=wp.vec3),
    glimpsed: wp.array2d(dtype=wp.vec3),
    normal: wp.array2d(dtype=wp.vec4),
    sun: wp.array2d(dtype=wp.vec3),
    rest: wp.array2d(dtype=wp.vec3),
    mirrored: wp.array2d(dtype=wp.vec3),
):
    """Shadows, occlusion and mirrors into what :func:`.sight_kernels.see` began, :data:`LANES` pixels each."""
    y, group = wp.tid()
    first = group * LANES
    light_row(memory.known, memory.ids, air, SETTLED, CLOSED, first, y, sun, rest)
    for x in range(first, wp.min(first + LANES, memory.ids.shape[1])):
        seen = wp.vec3(0.0, 0.0, 0.0)
        code = memory.ids[y, x]
        if code >= 0 and world[0].air.cel == 0:
            if world[0].surfaces[code % 256].mirror > 0.0:
                seen = shown_in(world, glimpsed, normal, memory.ids, x, y)
        mirrored[y, x] = seen
