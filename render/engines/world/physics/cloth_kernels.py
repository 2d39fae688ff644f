"""One step of cloth in one thread, constraint by constraint: XPBD (Macklin, Müller, Chentanez, MIG 2016).

The constraints of a sheet depend on each other in order, and a sheet is small: on a CPU a plain loop in machine code is
many times quicker than a launch for each colour of constraints.
"""

import warp as wp

wp.set_module_options({"enable_backward": False})

SPHERE = wp.constant(0)
BOX = wp.constant(1)
CYLINDER = wp.constant(2)
CAPSULE = wp.constant(3)
AIR = wp.constant(1.2)
"""kg/m³."""
RETURN = wp.constant(0.2)
"""m/s at which a net that holds balls gives one back at most, or turns its skin: the cords rub on each other."""


@wp.struct
class Weave:
    """A sheet as the kernel sees it."""

    edges: wp.array(dtype=wp.vec2i)
    lengths: wp.array(dtype=wp.float32)
    compliance: wp.array(dtype=wp.float32)
    faces: wp.array(dtype=wp.vec3i)
    weight: wp.array(dtype=wp.float32)
    """1/kg; 0 for what is pinned."""
    mass: wp.float32
    thickness: wp.float32
    tight: wp.float32
    """Share of the air that does not pass through."""
    sweeps: wp.int32
    """Times that all constraints are met in each part of a step, to and fro."""
    holds: wp.int32
    """Not 0 where balls are kept out of triangles, and not of points only."""
    floor: wp.float32
    rubbing: wp.float32
    """Friction on the floor; below 0 there is none to lie on."""


@wp.struct
class Block:
    """A solid in the cloth's way."""

    shape: wp.int32
    size: wp.vec3
    pose: wp.transform
    middle: wp.vec3
    drift: wp.vec3
    spin: wp.vec3
    friction: wp.float32
    mass: wp.float32
    """kg; 0 where it stands fast."""
    inertia: wp.float32
    """kg·m² of a ball."""


@wp.func
def away_from(block: Block, place: wp.vec3):
    """Outward normal in the block's frame, and metres from its surface (negative inside)."""
    at = wp.transform_point(wp.transform_inverse(block.pose), place)
    out = wp.vec3(0.0, 0.0, 1.0)
    far = float(0.0)
    if block.shape == BOX:
        q = wp.vec3(wp.abs(at[0]) - block.size[0], wp.abs(at[1]) - block.size[1], wp.abs(at[2]) - block.size[2])
        most = wp.max(q[0], wp.max(q[1], q[2]))
        if most > 0.0:
            beyond = wp.vec3(wp.max(q[0], 0.0), wp.max(q[1], 0.0), wp.max(q[2], 0.0))
            far = wp.length(beyond)
            out = wp.cw_mul(beyond / far, wp.vec3(wp.sign(at[0]), wp.sign(at[1]), wp.sign(at[2])))
        else:
            far = most
            if q[0] == most:
                out = wp.vec3(wp.sign(at[0]), 0.0, 0.0)
            elif q[1] == most:
                out = wp.vec3(0.0, wp.sign(at[1]), 0.0)
            else:
                out = wp.vec3(0.0, 0.0, wp.sign(at[2]))
    elif block.shape == CYLINDER:
        round_ = wp.sqrt(at[0] * at[0] + at[1] * at[1])
        flat = wp.vec3(at[0] / wp.max(round_, 1.0e-6), at[1] / wp.max(round_, 1.0e-6), 0.0)
        side = round_ - block.size[0]
        top = wp.abs(at[2]) - block.size[1]
        up = wp.vec3(0.0, 0.0, wp.sign(at[2]))
        if side > 0.0 and top > 0.0:
            far = wp.sqrt(side * side + top * top)
            out = (side * flat + top * up) / far
        elif side > top:
            far = side
            out = flat
        else:
            far = top
            out = up
    else:
        core = wp.vec3(0.0, 0.0, 0.0)
        if block.shape == CAPSULE:
            core = wp.vec3(0.0, 0.0, wp.clamp(at[2], -block.size[1], block.size[1]))
        span = wp.length(at - core)
        far = span - block.size[0]
        if span > 1.0e-9:
            out = (at - core) / span
    return out, far


@wp.func
def nearest_on(a: wp.vec3, b: wp.vec3, c: wp.vec3, p: wp.vec3) -> wp.vec3:
    """Barycentric coordinates of the point of a triangle that is nearest to ``p`` (Ericson, 2005)."""
    ab = b - a
    ac = c - a
    d1 = wp.dot(ab, p - a)
    d2 = wp.dot(ac, p - a)
    if d1 <= 0.0 and d2 <= 0.0:
        return wp.vec3(1.0, 0.0, 0.0)
    d3 = wp.dot(ab, p - b)
    d4 = wp.dot(ac, p - b)
    if d3 >= 0.0 and d4 <= d3:
        return wp.vec3(0.0, 1.0, 0.0)
    vc = d1 * d4 - d3 * d2
    if vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        t = d1 / (d1 - d3)
        return wp.vec3(1.0 - t, t, 0.0)
    d5 = wp.dot(ab, p - c)
    d6 = wp.dot(ac, p - c)
    if d6 >= 0.0 and d5 <= d6:
        return wp.vec3(0.0, 0.0, 1.0)
    vb = d5 * d2 - d1 * d6
    if vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
        t = d2 / (d2 - d6)
        return wp.vec3(1.0 - t, 0.0, t)
    va = d3 * d6 - d5 * d4
    if va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
        t = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        return wp.vec3(0.0, 1.0 - t, t)
    whole = va + vb + vc
    return wp.vec3(va / whole, vb / whole, vc / whole)


@wp.func
def stop_ball(
    weave: Weave,
    blocks: wp.array(dtype=Block),
    n: int,
    face: wp.vec3i,
    dt: float,
    place: wp.array(dtype=wp.vec3),
    before: wp.array(dtype=wp.vec3),
    push: wp.array(dtype=wp.vec3),
    twist: wp.array(dtype=wp.vec3),
):
    """Move a triangle out of ball ``n``, and add what that gives to the ball."""
    ball = blocks[n]
    a = place[face[0]]
    b = place[face[1]]
    c = place[face[2]]
    middle = wp.transform_get_translation(ball.pose)
    reach = ball.size[0] + weave.thickness
    low = wp.min(a, wp.min(b, c)) - middle
    high = wp.max(a, wp.max(b, c)) - middle
    if wp.max(low[0], wp.max(low[1], low[2])) > reach or wp.min(high[0], wp.min(high[1], high[2])) < -reach:
        return
    share = nearest_on(a, b, c, middle)
    spot = share[0] * a + share[1] * b + share[2] * c
    away = spot - middle
    far = wp.length(away)
    if far >= reach or far < 1.0e-9:
        return
    # What is pinned holds the ball, but throws the points beside it nowhere.
    free = 1.0 / weave.mass
    even = wp.dot(share, share) * free
    stiff = 1.0e-3 * free
    for k in range(3):
        stiff += share[k] * share[k] * weave.weight[face[k]]
    normal = away / far
    deep = reach - far
    was = share[0] * before[face[0]] + share[1] * before[face[1]] + share[2] * before[face[2]]
    arm = spot - ball.middle
    slid = spot - was - (ball.drift + wp.cross(ball.spin, arm)) * dt
    slid = slid - wp.dot(slid, normal) * normal
    astray = wp.max(wp.length(slid), 1.0e-9)
    hold = wp.min(1.0, ball.friction * deep / astray)
    shift = deep * normal - hold * slid
    for k in range(3):
        place[face[k]] = place[face[k]] + shift * (share[k] * weave.weight[face[k]] / even)
    if ball.mass <= 0.0:
        return
    back = wp.min(deep / (stiff * dt), ball.mass * wp.max(RETURN + wp.dot(ball.drift, normal), 0.0))
    along = slid / astray
    turn = wp.cross(arm, along)
    rub = wp.min(hold * astray / (stiff * dt), ball.friction * back)
    drag = wp.min(rub, ball.mass * wp.max(RETURN - wp.dot(ball.drift, along), 0.0))
    spun = wp.min(
        rub, ball.inertia * wp.max(RETURN - wp.dot(ball.spin, turn), 0.0) / wp.max(wp.dot(turn, turn), 1.0e-12)
    )
    given = drag * along - back * normal
    push[n] = push[n] + given
    twist[n] = twist[n] + spun * turn
    ball.drift = ball.drift + given / ball.mass
    ball.spin = ball.spin + spun * turn / ball.inertia
    blocks[n] = ball


@wp.kernel
def advance(
    weave: Weave,
    blocks: wp.array(dtype=Block),
    count: int,
    gravity: float,
    whole: float,
    steps: int,
    flow: wp.array(dtype=wp.vec3),
    place: wp.array(dtype=wp.vec3),
    before: wp.array(dtype=wp.vec3),
    speed: wp.array(dtype=wp.vec3),
    push: wp.array(dtype=wp.vec3),
    twist: wp.array(dtype=wp.vec3),
):
    """Move a sheet by ``whole`` seconds in ``steps`` parts.

    ``push`` and ``twist`` get the N·s and N·m·s that it gives to each block.
    """
    points = place.shape[0]
    dt = whole / float(steps)
    for k in range(count):
        push[k] = wp.vec3(0.0, 0.0, 0.0)
        twist[k] = wp.vec3(0.0, 0.0, 0.0)
    for _step in range(steps):
        for f in range(weave.faces.shape[0]):
            face = weave.faces[f]
            a = place[face[0]]
            b = place[face[1]]
            c = place[face[2]]
            area = wp.cross(b - a, c - a)
            size = wp.length(area)
            if size > 1.0e-12:
                normal = area / size
                air = (flow[face[0]] + flow[face[1]] + flow[face[2]]) / 3.0
                air = air - (speed[face[0]] + speed[face[1]] + speed[face[2]]) / 3.0
                fast = wp.length(air)
                force = 0.25 * AIR * weave.tight * size * fast * (1.1 * wp.dot(air, normal) * normal + 0.06 * air)
                for k in range(3):
                    at = face[k]
                    # No air can push a point faster than it flows itself.
                    kick = force * (weave.weight[at] * dt / 3.0)
                    most = 0.5 * fast
                    if wp.length(kick) > most:
                        kick = kick * (most / wp.length(kick))
                    speed[at] = speed[at] + kick
        for k in range(points):
            before[k] = place[k]
            if weave.weight[k] > 0.0:
                speed[k] = (speed[k] - wp.vec3(0.0, 0.0, gravity * dt)) * (1.0 - 0.15 * dt)
                place[k] = place[k] + speed[k] * dt
        edges = weave.edges.shape[0]
        for sweep in range(weave.sweeps):
            for n in range(edges):
                e = n
                if sweep % 2 == 1:
                    e = edges - 1 - n
                edge = weave.edges[e]
                one = weave.weight[edge[0]]
                two = weave.weight[edge[1]]
                apart = place[edge[0]] - place[edge[1]]
                long = wp.length(apart)
                if one + two > 0.0 and long > 1.0e-9:
                    give = weave.compliance[e] / (dt * dt)
                    by = (weave.lengths[e] - long) / ((one + two + give) * long)
                    place[edge[0]] = place[edge[0]] + apart * (by * one)
                    place[edge[1]] = place[edge[1]] - apart * (by * two)
        if weave.holds != 0:
            for f in range(weave.faces.shape[0]):
                for n in range(count):
                    if blocks[n].shape == SPHERE:
                        stop_ball(weave, blocks, n, weave.faces[f], dt, place, before, push, twist)
            for n in range(count):
                ball = blocks[n]
                if ball.shape == SPHERE:
                    way = ball.drift * dt
                    there = wp.transform_get_translation(ball.pose) + way
                    ball.pose = wp.transform(there, wp.transform_get_rotation(ball.pose))
                    ball.middle = ball.middle + way
                    blocks[n] = ball
        for k in range(points):
            if weave.weight[k] > 0.0:
                for n in range(count):
                    block = blocks[n]
                    if weave.holds != 0 and block.shape == SPHERE:
                        continue
                    local, far = away_from(block, place[k])
                    deep = weave.thickness - far
                    if deep > 0.0:
                        normal = wp.transform_vector(block.pose, local)
                        moves = block.drift + wp.cross(block.spin, place[k] - block.middle)
                        slid = place[k] - before[k] - moves * dt
                        slid = slid - wp.dot(slid, normal) * normal
                        hold = wp.min(1.0, block.friction * deep / wp.max(wp.length(slid), 1.0e-9))
                        shift = deep * normal - hold * slid
                        place[k] = place[k] + shift
                        given = shift * (-weave.mass / dt)
                        push[n] = push[n] + given
                        twist[n] = twist[n] + wp.cross(place[k] - block.middle, given)
                if weave.rubbing >= 0.0:
                    deep = weave.floor + weave.thickness - place[k][2]
                    if deep > 0.0:
                        slid = place[k] - before[k]
                        slid = wp.vec3(slid[0], slid[1], 0.0)
                        hold = wp.min(1.0, weave.rubbing * deep / wp.max(wp.length(slid), 1.0e-9))
                        place[k] = place[k] + wp.vec3(0.0, 0.0, deep) - hold * slid
                speed[k] = (place[k] - before[k]) / dt
            else:
                speed[k] = (place[k] - before[k]) / dt
