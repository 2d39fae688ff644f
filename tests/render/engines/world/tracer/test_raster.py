"""The triangles that a pinhole sees, found triangle by triangle, are those that rays meet pixel by pixel."""

import numpy as np
import pytest
import warp as wp

from render.engines.world import geometry
from render.engines.world.camera import look
from render.engines.world.tracer import raster_kernels
from render.engines.world.tracer.layers import lens_of
from render.engines.world.tracer.soup import Piece, join
from render.engines.world.tracer.world_kernels import SOUP, Lens, hit_in, ray

pytestmark = pytest.mark.slow

WIDTH, HEIGHT = 97, 64


@wp.kernel(enable_backward=False)
def see_both(soup: SOUP, lens: Lens, nearest: wp.array2d(dtype=wp.uint64), out: wp.array2d(dtype=wp.vec4)):
    """Distance and part of each pixel's middle, by its key and by a ray."""
    y, x = wp.tid()
    direction = ray(lens, float(x) + 0.5, float(y) + 0.5)
    key = raster_kernels.met(soup, nearest[y, x], lens.eye, direction)
    beam = hit_in(soup, lens.eye, direction, 1.0e4)
    out[y, x] = wp.vec4(key.distance, float(key.id), beam.distance, float(beam.id))


def seen(meshes, eye, forward):
    """``[rows, columns, 4]``: distance and part by the key, distance and part by a ray; −1 for none."""
    nowhere = np.zeros((0, 7), np.float32)
    parts = join([Piece(mesh=mesh, surface=0, pose=nowhere) for mesh in meshes], first_id=1, apart=0, device="cpu")
    forward = np.array(forward) / np.linalg.norm(forward)
    lens = lens_of(look(np.array(eye, float), forward, 0.5), WIDTH, HEIGHT)
    nearest = wp.full((HEIGHT, WIDTH), raster_kernels.NOWHERE, dtype=wp.uint64, device="cpu")
    wp.launch(raster_kernels.cover_pixels, parts.faces, [parts.soup, lens, nearest], device="cpu")
    out = wp.zeros((HEIGHT, WIDTH), dtype=wp.vec4, device="cpu")
    wp.launch(see_both, (HEIGHT, WIDTH), [parts.soup, lens, nearest, out], device="cpu")
    return out.numpy()


def scene(rng):
    """Round, flat, thin and tiny things about the origin, some of them in one another."""
    meshes = [
        geometry.sphere(0.5),
        geometry.box((3.0, 0.05, 0.05)),
        geometry.rod((-1.0, -1.0, -1.0), (1.0, 1.2, 1.0), 0.01),
        geometry.box((4.0, 4.0, 0.01)),
    ]
    meshes += [geometry.sphere(0.03, detail=2) for _ in range(20)]
    return [geometry.move(mesh, tuple(rng.normal(size=3).tolist())) for mesh in meshes]


@pytest.mark.parametrize("seed", range(6))
def test_keys_and_rays_agree(seed):
    rng = np.random.default_rng(seed)
    eye = rng.normal(size=3) * 2.0
    found = seen(scene(rng), eye, rng.normal(size=3) * 0.3 - eye)
    by_key, by_ray = found[..., 0] > 0, found[..., 2] > 0
    assert by_ray.sum() > 100
    # A triangle reaches a five hundredth of a pixel over its edges, so that hardly a pixel lies in between.
    assert (by_key != by_ray).mean() < 0.002
    both = by_key & by_ray
    alike = found[both][:, 1] == found[both][:, 3]
    assert alike.mean() > 0.998
    near = found[both][alike]
    np.testing.assert_allclose(near[:, 0], near[:, 2], rtol=2e-3)


def test_what_reaches_behind_the_eye_is_seen_before_it():
    floor = geometry.box((50.0, 50.0, 0.01))
    found = seen([geometry.move(floor, (0.0, 0.0, -1.0))], (0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    assert (found[HEIGHT // 2 + 3 :, :, 0] > 0).all()
    assert (found[: HEIGHT // 2, :, 0] < 0).all()
    np.testing.assert_allclose(found[-1, :, 0], found[-1, :, 2], rtol=1e-4)


def test_nothing_is_seen_behind_the_eye():
    assert (seen([geometry.move(geometry.sphere(0.5), (-3.0, 0.0, 0.0))], (0.0, 0.0, 0.0), (1.0, 0.0, 0.0)) < 0).all()


def test_a_line_as_thin_as_paint_is_not_seen_through_a_floor_that_lies_a_hair_above_it():
    lines = [
        geometry.move(geometry.box((15.4, 0.025, 0.0003)), (0.0, y, 0.0003))
        for y in np.linspace(-4.0, 8.0, 60).tolist()
    ]
    court = geometry.move(geometry.box((7.4, 9.0, 0.0005)), (0.0, 0.0, 0.0005))
    found = seen([*lines, court], (-3.0, -9.4, 2.7), (0.3, 1.0, -0.25))
    on_court = found[..., 3] == len(lines) + 1
    assert on_court.sum() > 2000
    assert (found[..., 1][on_court] == len(lines) + 1).all()
