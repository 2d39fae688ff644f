"""The tree finds what a plain look at every triangle finds, from all sides, and after its triangles have moved."""

import numpy as np
import pytest
import warp as wp

from render.engines.world import geometry
from render.engines.world.tracer.tree import Tree
from render.engines.world.tracer.tree_kernels import Tree as TreeStruct
from render.engines.world.tracer.tree_kernels import any_in, nearest_in

pytestmark = pytest.mark.slow

FAR = 1.0e4


@wp.kernel(enable_backward=False)
def send(
    tree: TreeStruct,
    origins: wp.array(dtype=wp.vec3),
    directions: wp.array(dtype=wp.vec3),
    reach: float,
    met: wp.array(dtype=wp.vec4),
    blocked: wp.array(dtype=wp.int32),
):
    i = wp.tid()
    met[i] = nearest_in(tree, origins[i], directions[i], reach)
    blocked[i] = int(any_in(tree, origins[i], directions[i], reach))


def tree_of(corners):
    points = wp.array(corners.reshape(-1, 3), dtype=wp.vec3, device="cpu")
    return Tree(points, wp.array(np.arange(3 * len(corners), dtype=np.int32), dtype=wp.int32, device="cpu"))


def sent(tree, origins, directions, reach=FAR):
    """``[n, 4]`` what each ray meets, and whether anything is in its way."""
    met, blocked = (wp.zeros(len(origins), dtype=kind, device="cpu") for kind in (wp.vec4, wp.int32))
    rays = [wp.array(one, dtype=wp.vec3, device="cpu") for one in (origins, directions)]
    wp.launch(send, len(origins), [tree.struct, *rays, reach, met, blocked], device="cpu")
    return met.numpy(), blocked.numpy() != 0


def plainly(corners, origins, directions):
    """Distance of the nearest triangle along each ray, by all of them; infinite if there is none."""
    a, b, c = (corners[None, :, k].astype(float) for k in range(3))
    o, d = origins[:, None].astype(float), directions[:, None].astype(float)
    p = np.cross(d, c - a)
    volume = ((b - a) * p).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        u = ((o - a) * p).sum(-1) / volume
        q = np.cross(o - a, b - a)
        v, along = (d * q).sum(-1) / volume, ((c - a) * q).sum(-1) / volume
    inside = (u >= 0) & (v >= 0) & (u + v <= 1) & (along > 0) & (np.abs(volume) > 1e-18)
    return np.where(inside, along, np.inf).min(1)


def rays(rng, count):
    origins, aims = rng.normal(size=(2, count, 3))
    directions = aims / np.linalg.norm(aims, axis=1, keepdims=True)
    directions[: count // 4] = np.eye(3)[rng.integers(0, 3, count // 4)] * rng.choice((-1, 1), (count // 4, 1))
    return origins.astype(np.float32), directions.astype(np.float32)


@pytest.mark.parametrize("count", [1, 2, 8, 9, 70, 900])
def test_finds_what_a_look_at_every_triangle_finds(count):
    rng = np.random.default_rng(count)
    corners = (rng.normal(size=(count, 1, 3)) + 0.4 * rng.normal(size=(count, 3, 3))).astype(np.float32)
    origins, directions = rays(rng, 1500)
    met, blocked = sent(tree_of(corners), origins, directions)
    expected = plainly(corners, origins, directions)
    hit = met[:, 3] >= 0
    # A ray through an edge may be told one way by one precision and the other by another.
    assert (hit == np.isfinite(expected)).mean() > 0.999
    both = hit & np.isfinite(expected)
    assert (np.abs(met[both, 0] - expected[both]) < 1e-3).mean() > 0.999
    assert (blocked == hit).all()
    face, one, two = met[both, 3].astype(int), met[both, 1:2], met[both, 2:3]
    at = corners[face, 0] * (1 - one - two) + corners[face, 1] * one + corners[face, 2] * two
    assert np.abs(at - origins[both] - directions[both] * met[both, :1]).max() < 1e-3


def test_nothing_beyond_its_reach_is_met():
    corners = np.array([[(-1, -1, 5), (1, -1, 5), (0, 1, 5)]], np.float32)
    origin, up = np.zeros((1, 3), np.float32), np.array([(0, 0, 1)], np.float32)
    assert sent(tree_of(corners), origin, up, reach=4.9)[0][0, 3] == -1
    assert sent(tree_of(corners), origin, up, reach=5.1)[0][0, 3] == 0


def test_no_ray_slips_between_the_triangles_of_a_closed_body():
    ball = geometry.sphere(1.0)
    rng = np.random.default_rng(1)
    aims = rng.normal(size=(4000, 3))
    # Half of the rays go through a corner or the middle of an edge.
    corners = ball.vertices[ball.faces]
    aims[:1000] = corners[rng.integers(0, len(corners), 1000), 0]
    aims[1000:2000] = corners[rng.integers(0, len(corners), 1000), :2].mean(1)
    directions = (aims / np.linalg.norm(aims, axis=1, keepdims=True)).astype(np.float32)
    met, _ = sent(tree_of(corners.astype(np.float32)), np.zeros_like(directions), directions)
    assert (met[:, 3] >= 0).all()
    assert met[:, 0] == pytest.approx(1.0, abs=0.02)


def test_many_triangles_in_one_place_do_not_stop_it():
    corners = np.repeat(np.array([[(-1, -1, 2), (1, -1, 2), (0, 1, 2)]], np.float32), 100, axis=0)
    met, _ = sent(tree_of(corners), np.zeros((1, 3), np.float32), np.array([(0, 0, 1)], np.float32))
    assert met[0, 0] == pytest.approx(2.0)


def test_a_refitted_tree_follows_its_triangles():
    rng = np.random.default_rng(3)
    corners = (rng.normal(size=(300, 1, 3)) + 0.4 * rng.normal(size=(300, 3, 3))).astype(np.float32)
    tree = tree_of(corners)
    moved = corners + rng.normal(size=(300, 1, 3)).astype(np.float32)
    tree.points.assign(moved.reshape(-1, 3))
    tree.refit()
    origins, directions = rays(rng, 1500)
    after, anew = sent(tree, origins, directions)[0], sent(tree_of(moved), origins, directions)[0]
    assert (after[:, 3] == anew[:, 3]).mean() > 0.999
    assert (np.abs(after[:, 0] - anew[:, 0]) < 1e-4).mean() > 0.999


def test_a_row_that_cuts_ill_makes_no_deep_tree():
    """Each triangle 1 % smaller than the last, so that a cut by area takes off one after another."""
    sizes = 0.99 ** np.arange(2400)
    corners = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0)])[None] * sizes[:, None, None] + [(0, 0, 5)]
    corners[..., 0] += np.cumsum(sizes)[:, None] * 1.1
    tree = tree_of(corners.astype(np.float32))
    assert len(tree.levels) <= 18
    middles = corners.mean(1).astype(np.float32)
    up = np.repeat(np.array([(0, 0, 1)], np.float32), len(middles), 0)
    met, _ = sent(tree, middles - 5 * up, up)
    seen = sizes > 1e-4
    assert (met[seen, 3] == np.arange(len(sizes))[seen]).all()


@pytest.mark.parametrize("corners", [np.zeros((0, 3, 3)), np.full((9, 3, 3), np.nan), np.full((1, 3, 3), np.inf)])
def test_what_is_no_triangle_is_refused(corners):
    with pytest.raises(ValueError, match="at least one triangle"):
        tree_of(corners.astype(np.float32))
