"""A tree of boxes over triangles, eight children a node and up to eight triangles a leaf. Warp struct and functions.

Eight boxes or triangles are tested at once, which a CPU does in one go with its vector registers. The tree is built
from above: the largest of a node's children is cut by the surface area heuristic until there are eight (Wald, Benthin
and Boulos, "Getting Rid of Packets", 2008). The loops over eight lanes are written in C++, so that the compiler makes
vector code of them; the source is the same for CPU and CUDA.
"""

import warp as wp

WIDTH = wp.constant(8)
"""Children of a node, and triangles in a leaf."""
NODE_FLOATS = wp.constant(6 * 8)
"""Of a node: lows in x, y, z, then highs in x, y, z, each of eight children."""
LEAF_FLOATS = wp.constant(9 * 8)
"""Of a leaf: a corner and two edges, each in x, y, z, of eight triangles."""


@wp.struct
class Tree:
    nodes: wp.array(dtype=wp.float32)
    children: wp.array(dtype=wp.int32)
    """Of each node eight: a node, or −1 − leaf."""
    leaves: wp.array(dtype=wp.float32)
    faces: wp.array(dtype=wp.int32)
    """Of each leaf eight: the triangle, or −1."""
    node_slots: wp.array(dtype=wp.int32)
    """Of each node but the first: its place among all children."""
    leaf_slots: wp.array(dtype=wp.int32)
    """The same of each leaf."""


BUILD = """
    const int bins = 16;
    int nodes_made = 1, leaves_made = 0;
    begins[0] = 0;
    ends[0] = count;
    depths[0] = 0;
    for (int node = 0; node < nodes_made; ++node) {
        const bool evened = depths[node] >= 10;
        int from[8], to[8], parts = 1;
        float area[8], low[8][3], high[8][3];
        from[0] = begins[node];
        to[0] = ends[node];
        auto measure = [&](int k) {
            for (int a = 0; a < 3; ++a) { low[k][a] = 1.0e30f; high[k][a] = -1.0e30f; }
            for (int i = from[k]; i < to[k]; ++i) {
                const int f = order[i];
                for (int a = 0; a < 3; ++a) {
                    low[k][a] = lows[f * 3 + a] < low[k][a] ? lows[f * 3 + a] : low[k][a];
                    high[k][a] = highs[f * 3 + a] > high[k][a] ? highs[f * 3 + a] : high[k][a];
                }
            }
            const float x = high[k][0] - low[k][0], y = high[k][1] - low[k][1], z = high[k][2] - low[k][2];
            area[k] = x * y + y * z + z * x;
        };
        measure(0);
        while (parts < 8) {
            int widest = -1;
            for (int k = 0; k < parts; ++k) {
                if (to[k] - from[k] <= 8) continue;
                const bool larger = widest < 0 || (evened ? to[k] - from[k] > to[widest] - from[widest]
                                                          : area[k] > area[widest]);
                if (larger) widest = k;
            }
            if (widest < 0) break;
            const int b = from[widest], e = to[widest];
            float first[3] = {1.0e30f, 1.0e30f, 1.0e30f}, last[3] = {-1.0e30f, -1.0e30f, -1.0e30f};
            for (int i = b; i < e; ++i)
                for (int a = 0; a < 3; ++a) {
                    const float c = lows[order[i] * 3 + a] + highs[order[i] * 3 + a];
                    first[a] = c < first[a] ? c : first[a];
                    last[a] = c > last[a] ? c : last[a];
                }
            float best = 1.0e38f;
            int axis = -1, cut = 0;
            for (int a = 0; a < 3 && !evened; ++a) {
                if (last[a] - first[a] < 1.0e-9f) continue;
                int held[bins] = {0};
                float bl[bins][3], bh[bins][3];
                for (int j = 0; j < bins; ++j)
                    for (int c = 0; c < 3; ++c) { bl[j][c] = 1.0e30f; bh[j][c] = -1.0e30f; }
                const float scale = (float)(bins) * 0.9999f / (last[a] - first[a]);
                for (int i = b; i < e; ++i) {
                    const int f = order[i] * 3;
                    const int j = (int)((lows[f + a] + highs[f + a] - first[a]) * scale);
                    ++held[j];
                    for (int c = 0; c < 3; ++c) {
                        bl[j][c] = lows[f + c] < bl[j][c] ? lows[f + c] : bl[j][c];
                        bh[j][c] = highs[f + c] > bh[j][c] ? highs[f + c] : bh[j][c];
                    }
                }
                float right_cost[bins];
                float l[3] = {1.0e30f, 1.0e30f, 1.0e30f}, h[3] = {-1.0e30f, -1.0e30f, -1.0e30f};
                int n = 0;
                for (int j = bins - 1; j > 0; --j) {
                    n += held[j];
                    for (int c = 0; c < 3; ++c) {
                        l[c] = bl[j][c] < l[c] ? bl[j][c] : l[c];
                        h[c] = bh[j][c] > h[c] ? bh[j][c] : h[c];
                    }
                    const float x = h[0] - l[0], y = h[1] - l[1], z = h[2] - l[2];
                    right_cost[j] = n > 0 ? (float)((n + 7) / 8) * (x * y + y * z + z * x) : 0.0f;
                }
                for (int c = 0; c < 3; ++c) { l[c] = 1.0e30f; h[c] = -1.0e30f; }
                n = 0;
                for (int j = 0; j < bins - 1; ++j) {
                    n += held[j];
                    for (int c = 0; c < 3; ++c) {
                        l[c] = bl[j][c] < l[c] ? bl[j][c] : l[c];
                        h[c] = bh[j][c] > h[c] ? bh[j][c] : h[c];
                    }
                    if (n == 0 || n == e - b) continue;
                    const float x = h[0] - l[0], y = h[1] - l[1], z = h[2] - l[2];
                    const float cost = (float)((n + 7) / 8) * (x * y + y * z + z * x) + right_cost[j + 1];
                    if (cost < best) { best = cost; axis = a; cut = j + 1; }
                }
            }
            int middle = b;
            if (axis >= 0) {
                const float scale = (float)(bins) * 0.9999f / (last[axis] - first[axis]);
                for (int i = b; i < e; ++i) {
                    const int f = order[i];
                    if ((int)((lows[f * 3 + axis] + highs[f * 3 + axis] - first[axis]) * scale) < cut) {
                        order[i] = order[middle];
                        order[middle++] = f;
                    }
                }
            }
            if (middle == b || middle == e) middle = (b + e) / 2;
            from[parts] = middle;
            to[parts] = e;
            to[widest] = middle;
            measure(widest);
            measure(parts++);
        }
        for (int k = 0; k < 8; ++k) {
            for (int a = 0; a < 3; ++a) {
                nodes[node * 48 + a * 8 + k] = k < parts ? low[k][a] : 1.0e30f;
                nodes[node * 48 + 24 + a * 8 + k] = k < parts ? high[k][a] : -1.0e30f;
            }
            children[node * 8 + k] = 0;
            if (k >= parts) continue;
            if (to[k] - from[k] > 8) {
                begins[nodes_made] = from[k];
                ends[nodes_made] = to[k];
                depths[nodes_made] = depths[node] + 1;
                node_slots[nodes_made] = node * 8 + k;
                children[node * 8 + k] = nodes_made++;
                continue;
            }
            children[node * 8 + k] = -1 - leaves_made;
            leaf_slots[leaves_made] = node * 8 + k;
            for (int j = 0; j < 8; ++j) {
                const bool holds = from[k] + j < to[k];
                faces[leaves_made * 8 + j] = holds ? order[from[k] + j] : -1;
                for (int c = 0; c < 9; ++c)
                    leaves[leaves_made * 72 + c * 8 + j] = holds ? triangles[order[from[k] + j] * 9 + c] : 0.0f;
            }
            ++leaves_made;
        }
    }
    made[0] = nodes_made;
    made[1] = leaves_made;
"""

WALK = """
    const float away = 1.0e-12f;
    const float dx = direction[0], dy = direction[1], dz = direction[2];
    const float ix = 1.0f / (dx < away && dx > -away ? away : dx);
    const float iy = 1.0f / (dy < away && dy > -away ? away : dy);
    const float iz = 1.0f / (dz < away && dz > -away ? away : dz);
    const float ox = origin[0], oy = origin[1], oz = origin[2];
    const int near_x = ix < 0.0f ? 24 : 0, near_y = iy < 0.0f ? 32 : 8, near_z = iz < 0.0f ? 40 : 16;
    const int far_x = 24 - near_x, far_y = 40 - near_y, far_z = 56 - near_z;
    int stack[128];
    float reached[128];
    int top = 1, face = -1;
    float best = reach, best_u = 0.0f, best_v = 0.0f;
    stack[0] = 0;
    reached[0] = 0.0f;
    while (top > 0) {
        --top;
        if (reached[top] >= best) continue;
        const int at = stack[top];
        if (at >= 0) {
            const float* n = &nodes[at * 48];
            float enters[8];
            int meets[8];
            for (int k = 0; k < 8; ++k) {
                const float ax = (n[near_x + k] - ox) * ix, ay = (n[near_y + k] - oy) * iy;
                const float az = (n[near_z + k] - oz) * iz;
                const float bx = (n[far_x + k] - ox) * ix, by = (n[far_y + k] - oy) * iy;
                const float bz = (n[far_z + k] - oz) * iz;
                float in = ax > ay ? ax : ay;
                in = in > az ? in : az;
                in = in > 0.0f ? in : 0.0f;
                float out = bx < by ? bx : by;
                out = out < bz ? out : bz;
                out = out * 1.0000004f;
                out = out < best ? out : best;
                enters[k] = in;
                meets[k] = in <= out ? 1 : 0;
            }
            const int base = top;
            for (int k = 0; k < 8; ++k) {
                if (!meets[k]) continue;
                int j = top++;
                const float in = enters[k];
                while (j > base && reached[j - 1] < in) {
                    reached[j] = reached[j - 1];
                    stack[j] = stack[j - 1];
                    --j;
                }
                reached[j] = in;
                stack[j] = children[at * 8 + k];
            }
            continue;
        }
        const int leaf = -1 - at;
        const float* t = &leaves[leaf * 72];
        float distance[8], us[8], vs[8];
        for (int k = 0; k < 8; ++k) {
            const float ax = t[24 + k], ay = t[32 + k], az = t[40 + k];
            const float bx = t[48 + k], by = t[56 + k], bz = t[64 + k];
            const float px = dy * bz - dz * by, py = dz * bx - dx * bz, pz = dx * by - dy * bx;
            const float volume = ax * px + ay * py + az * pz;
            const float size = volume < 0.0f ? -volume : volume;
            const float scale = 1.0f / (size < 1.0e-20f ? 1.0e-20f : volume);
            const float cx = ox - t[k], cy = oy - t[8 + k], cz = oz - t[16 + k];
            const float u = (cx * px + cy * py + cz * pz) * scale;
            const float qx = cy * az - cz * ay, qy = cz * ax - cx * az, qz = cx * ay - cy * ax;
            const float v = (dx * qx + dy * qy + dz * qz) * scale;
            const float along = (bx * qx + by * qy + bz * qz) * scale;
            const bool inside = (u >= -2.0e-6f) & (v >= -2.0e-6f) & (u + v <= 1.000004f) & (along > 0.0f)
                & (size >= 1.0e-20f);
            distance[k] = inside ? along : 1.0e30f;
            us[k] = u;
            vs[k] = v;
        }
        for (int k = 0; k < 8; ++k)
            if (distance[k] < best) {
                best = distance[k];
                best_u = us[k];
                best_v = vs[k];
                face = faces[leaf * 8 + k];
                if (any_will_do) return wp::vec4(best, best_u, best_v, (float)(face));
            }
    }
    return wp::vec4(best, best_u, best_v, (float)(face));
"""


@wp.func_native(BUILD)
def grow(
    count: int,
    lows: wp.array(dtype=wp.float32),
    highs: wp.array(dtype=wp.float32),
    triangles: wp.array(dtype=wp.float32),
    order: wp.array(dtype=wp.int32),
    begins: wp.array(dtype=wp.int32),
    ends: wp.array(dtype=wp.int32),
    depths: wp.array(dtype=wp.int32),
    nodes: wp.array(dtype=wp.float32),
    children: wp.array(dtype=wp.int32),
    leaves: wp.array(dtype=wp.float32),
    faces: wp.array(dtype=wp.int32),
    node_slots: wp.array(dtype=wp.int32),
    leaf_slots: wp.array(dtype=wp.int32),
    made: wp.array(dtype=wp.int32),
): ...


@wp.func_native(WALK)
def walk(
    nodes: wp.array(dtype=wp.float32),
    children: wp.array(dtype=wp.int32),
    leaves: wp.array(dtype=wp.float32),
    faces: wp.array(dtype=wp.int32),
    origin: wp.vec3,
    direction: wp.vec3,
    reach: float,
    any_will_do: int,
) -> wp.vec4:
    """Distance, weights of the second and third corner, and triangle (−1: none within reach)."""
    ...


@wp.kernel(enable_backward=False)
def build(
    count: int,
    lows: wp.array(dtype=wp.float32),
    highs: wp.array(dtype=wp.float32),
    triangles: wp.array(dtype=wp.float32),
    order: wp.array(dtype=wp.int32),
    begins: wp.array(dtype=wp.int32),
    ends: wp.array(dtype=wp.int32),
    depths: wp.array(dtype=wp.int32),
    nodes: wp.array(dtype=wp.float32),
    children: wp.array(dtype=wp.int32),
    leaves: wp.array(dtype=wp.float32),
    faces: wp.array(dtype=wp.int32),
    node_slots: wp.array(dtype=wp.int32),
    leaf_slots: wp.array(dtype=wp.int32),
    made: wp.array(dtype=wp.int32),
):
    """Grow a tree over all triangles; launched as one thread on the CPU.

    From a depth of 10 on, triangles are halved by their number, so that no tree of 2²⁴ is deeper than 18 and a ray's
    stack of 128 holds what is yet to be seen: seven more a level.
    """
    grow(
        count, lows, highs, triangles, order, begins, ends, depths, nodes, children, leaves, faces, node_slots,
        leaf_slots, made,
    )  # fmt: skip


@wp.kernel(enable_backward=False)
def refit_leaves(tree: Tree, points: wp.array(dtype=wp.vec3), indices: wp.array(dtype=wp.int32)):
    """Each leaf's triangles, and its box, after the points have moved."""
    leaf = wp.tid()
    low = wp.vec3(1.0e30, 1.0e30, 1.0e30)
    high = -low
    for k in range(WIDTH):
        face = tree.faces[leaf * WIDTH + k]
        if face >= 0:
            a = points[indices[face * 3]]
            b = points[indices[face * 3 + 1]]
            c = points[indices[face * 3 + 2]]
            low = wp.min(low, wp.min(a, wp.min(b, c)))
            high = wp.max(high, wp.max(a, wp.max(b, c)))
            for axis in range(3):
                tree.leaves[leaf * LEAF_FLOATS + axis * WIDTH + k] = a[axis]
                tree.leaves[leaf * LEAF_FLOATS + (3 + axis) * WIDTH + k] = b[axis] - a[axis]
                tree.leaves[leaf * LEAF_FLOATS + (6 + axis) * WIDTH + k] = c[axis] - a[axis]
    slot = tree.leaf_slots[leaf]
    at = slot / WIDTH * NODE_FLOATS + slot % WIDTH
    for axis in range(3):
        tree.nodes[at + axis * WIDTH] = low[axis]
        tree.nodes[at + (3 + axis) * WIDTH] = high[axis]


@wp.kernel(enable_backward=False)
def refit_nodes(tree: Tree, first: int):
    """The boxes of one level's nodes, of which ``first`` is the first, in their parents; from the lowest level up."""
    node = first + wp.tid()
    slot = tree.node_slots[node]
    at = slot / WIDTH * NODE_FLOATS + slot % WIDTH
    for axis in range(3):
        low = float(1.0e30)
        high = float(-1.0e30)
        for k in range(WIDTH):
            low = wp.min(low, tree.nodes[node * NODE_FLOATS + axis * WIDTH + k])
            high = wp.max(high, tree.nodes[node * NODE_FLOATS + (3 + axis) * WIDTH + k])
        tree.nodes[at + axis * WIDTH] = low
        tree.nodes[at + (3 + axis) * WIDTH] = high


@wp.func
def nearest_in(tree: Tree, origin: wp.vec3, direction: wp.vec3, reach: float) -> wp.vec4:
    """The first triangle within reach: metres, weights of its second and third corner, its number or −1."""
    return walk(tree.nodes, tree.children, tree.leaves, tree.faces, origin, direction, reach, 0)


@wp.func
def any_in(tree: Tree, origin: wp.vec3, direction: wp.vec3, reach: float) -> bool:
    """Whether a triangle lies within reach."""
    return walk(tree.nodes, tree.children, tree.leaves, tree.faces, origin, direction, reach, 1)[3] >= 0.0
