"""What a pixel's middle sees, found triangle by triangle: for a pinhole quicker than a ray a pixel. Warp kernels."""

import warp as wp

from render.engines.world.tracer.world_kernels import SOUP, Hit, Lens, missed, strike

NOWHERE = wp.constant(wp.uint64(18446744073709551615))
"""Among the nearest triangles: none."""
CLOSEST = wp.constant(0.01)
"""Metres before the lens from which on something is seen."""
FARTHEST = wp.constant(1.0e4)
"""Metres up to which something is seen."""
NARROW = wp.constant(6)
"""Columns up to which a triangle's rows are tried from end to end."""
JOINT = wp.constant(0.002)
"""Pixels by which a triangle reaches over its edges, so that no gap opens between two."""


@wp.struct
class Reach:
    """Columns and rows of pixels, as far as something reaches."""

    left: float
    right: float
    top: float
    low: float


@wp.func
def widened(reach: Reach, lens: Lens, at: wp.vec3) -> Reach:
    """The reach with a point, given from the eye, in it."""
    scale = 1.0 / (wp.dot(at, lens.forward) * lens.pixel)
    x = 0.5 * float(lens.width) + wp.dot(at, lens.right) * scale
    y = 0.5 * float(lens.height) - wp.dot(at, lens.up) * scale
    reach.left = wp.min(reach.left, x)
    reach.right = wp.max(reach.right, x)
    reach.top = wp.min(reach.top, y)
    reach.low = wp.max(reach.low, y)
    return reach


@wp.func
def clipped(reach: Reach, lens: Lens, one: wp.vec3, other: wp.vec3) -> Reach:
    """The reach with the beginning of an edge, and where the edge passes the closest plane."""
    near = wp.dot(one, lens.forward)
    far = wp.dot(other, lens.forward)
    if near >= CLOSEST:
        reach = widened(reach, lens, one)
    if (near >= CLOSEST) != (far >= CLOSEST):
        reach = widened(reach, lens, one + (other - one) * ((CLOSEST * 1.0001 - near) / (far - near)))
    return reach


@wp.func
def slopes(edge: wp.vec3, lens: Lens) -> wp.vec3:
    """An edge's function at the middle of the first pixel, and its steps along columns and rows."""
    across = wp.dot(edge, lens.right) * lens.pixel
    along = -wp.dot(edge, lens.up) * lens.pixel
    first = wp.dot(edge, lens.forward) - across * (0.5 * float(lens.width) - 0.5)
    return wp.vec3(first - along * (0.5 * float(lens.height) - 0.5), across, along)


@wp.struct
class Span:
    """Columns of a row."""

    begin: float
    end: float


@wp.func
def narrowed(span: Span, first: float, step: float) -> Span:
    """The columns of the span where ``first`` + ``step`` · column is above 0."""
    if step > 1.0e-12:
        span.begin = wp.max(span.begin, -first / step)
    elif step < -1.0e-12:
        span.end = wp.min(span.end, -first / step)
    elif first <= 0.0:
        span.end = span.begin - 1.0
    return span


@wp.kernel(enable_backward=False)
def cover_pixels(soup: SOUP, lens: Lens, nearest: wp.array2d(dtype=wp.uint64)):
    """Leave in each pixel the nearest triangle over its middle, below what says how far it is."""
    face = wp.tid()
    a = soup[0].points[soup[0].indices[face * 3]] - lens.eye
    b = soup[0].points[soup[0].indices[face * 3 + 1]] - lens.eye
    c = soup[0].points[soup[0].indices[face * 3 + 2]] - lens.eye
    za = wp.dot(a, lens.forward)
    zb = wp.dot(b, lens.forward)
    zc = wp.dot(c, lens.forward)
    if wp.max(za, wp.max(zb, zc)) < CLOSEST:
        return
    reach = Reach()
    reach.left = float(lens.width)
    reach.top = float(lens.height)
    if wp.min(za, wp.min(zb, zc)) >= CLOSEST:
        reach = widened(widened(widened(reach, lens, a), lens, b), lens, c)
    else:
        reach = clipped(reach, lens, a, b)
        reach = clipped(reach, lens, b, c)
        reach = clipped(reach, lens, c, a)
    left = int(wp.ceil(wp.max(reach.left, 0.0) - 0.502))
    right = int(wp.floor(wp.min(reach.right, float(lens.width)) - 0.498))
    top = int(wp.ceil(wp.max(reach.top, 0.0) - 0.502))
    low = int(wp.floor(wp.min(reach.low, float(lens.height)) - 0.498))
    if right < left or low < top:
        return
    # A ray meets the triangle where the volumes that it spans with each edge have one sign.
    one = slopes(wp.cross(b, c - b), lens)
    two = slopes(wp.cross(c, a - c), lens)
    three = slopes(wp.cross(a, b - a), lens)
    facet = wp.cross(b - a, c - a)
    # Not the sum of the three, which of a thin triangle is nothing but their rounding.
    all_ = slopes(facet, lens)
    volume = wp.dot(a, facet)
    if volume < 0.0:
        one = -one
        two = -two
        three = -three
        all_ = -all_
        volume = -volume
    if volume < 1.0e-12:
        return
    scale = 1.0 / volume
    slack_one = JOINT * wp.sqrt(one[1] * one[1] + one[2] * one[2])
    slack_two = JOINT * wp.sqrt(two[1] * two[1] + two[2] * two[2])
    slack_three = JOINT * wp.sqrt(three[1] * three[1] + three[2] * three[2])
    for y in range(top, low + 1):
        row_one = one[0] + one[2] * float(y) + slack_one
        row_two = two[0] + two[2] * float(y) + slack_two
        row_three = three[0] + three[2] * float(y) + slack_three
        row_all = all_[0] + all_[2] * float(y)
        begin = left
        end = right
        if right - left > NARROW:
            inside = Span()
            inside.begin = float(left)
            inside.end = float(right)
            inside = narrowed(inside, row_one, one[1])
            inside = narrowed(inside, row_two, two[1])
            inside = narrowed(inside, row_three, three[1])
            begin = int(wp.floor(wp.min(inside.begin, float(right + 1))))
            end = int(wp.ceil(wp.max(inside.end, float(left - 1))))
        for x in range(begin, end + 1):
            column = float(x)
            if (
                row_one + one[1] * column > 0.0
                and row_two + two[1] * column > 0.0
                and row_three + three[1] * column > 0.0
            ):
                near = (row_all + all_[1] * column) * scale
                if near < 1.0 / CLOSEST and near > 1.0 / FARTHEST:
                    # The bits of a positive float are in its order.
                    away = wp.uint64(4294967295) - wp.uint64(wp.cast(near, wp.uint32))
                    key = (away << wp.uint64(32)) | wp.uint64(face)
                    if key < nearest[y, x]:
                        wp.atomic_min(nearest, y, x, key)


@wp.func
def met(soup: SOUP, key: wp.uint64, origin: wp.vec3, direction: wp.vec3) -> Hit:
    """Where a ray through a pixel's middle meets the triangle that the pixel names, or a distance below 0."""
    if key == NOWHERE:
        return missed()
    face = int(key & wp.uint64(4294967295))
    a = soup[0].points[soup[0].indices[face * 3]] - origin
    b = soup[0].points[soup[0].indices[face * 3 + 1]] - origin
    c = soup[0].points[soup[0].indices[face * 3 + 2]] - origin
    facet = wp.cross(b - a, c - a)
    one = wp.dot(direction, wp.cross(b, c - b))
    two = wp.dot(direction, wp.cross(c, a - c))
    all_ = wp.dot(direction, facet)
    u = wp.clamp(one / all_, 0.0, 1.0)
    v = wp.clamp(two / all_, 0.0, 1.0 - u)
    return strike(soup, face, u, v, wp.dot(a, facet) / all_, wp.normalize(facet))
