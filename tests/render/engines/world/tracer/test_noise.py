"""Noise of several octaves, taken at once, is the sum of its octaves one by one, and its slopes are slopes of it."""

import numpy as np
import pytest
import warp as wp

from render.engines.world.tracer.noise_kernels import fractal2, fractal3

pytestmark = pytest.mark.slow


@wp.kernel(enable_backward=False)
def sample(
    points: wp.array(dtype=wp.vec3),
    octaves: int,
    blur: float,
    flat: wp.array(dtype=wp.vec3),
    solid: wp.array(dtype=wp.vec4),
):
    i = wp.tid()
    flat[i] = fractal2(points[i][0], points[i][1], octaves, blur)
    solid[i] = fractal3(points[i], octaves, blur)


def sampled(points, octaves, blur):
    flat, solid = (wp.zeros(len(points), dtype=kind, device="cpu") for kind in (wp.vec3, wp.vec4))
    given = wp.array(points.astype(np.float32), dtype=wp.vec3, device="cpu")
    wp.launch(sample, len(points), [given, octaves, blur, flat, solid], device="cpu")
    return flat.numpy(), solid.numpy()


def lattice(i, j):
    with np.errstate(over="ignore"):
        n = i.astype(np.int64).astype(np.uint32) * np.uint32(374761393)
        n = n + j.astype(np.int64).astype(np.uint32) * np.uint32(668265263)
        n = (n ^ (n >> 13)) * np.uint32(1274126177)
    return ((n ^ (n >> 16)) & 65535) / 65536


def smooth(x, y):
    i, j = np.floor(x), np.floor(y)
    u, v = (3 - 2 * (x - i)) * (x - i) ** 2, (3 - 2 * (y - j)) * (y - j) ** 2
    low = lattice(i, j) * (1 - u) + lattice(i + 1, j) * u
    return low * (1 - v) + (lattice(i, j + 1) * (1 - u) + lattice(i + 1, j + 1) * u) * v


def solid_noise(p):
    k = np.floor(p[:, 2])
    w = (3 - 2 * (p[:, 2] - k)) * (p[:, 2] - k) ** 2
    low, high = (smooth(p[:, 0] + layer * 37.17, p[:, 1] + layer * 17.31) for layer in (k, k + 1))
    return low * (1 - w) + high * w


@pytest.mark.parametrize(("octaves", "blur"), [(1, 0.0), (3, 0.0), (4, 0.2), (5, 0.07)])
def test_octaves_add_up(octaves, blur):
    points = np.random.default_rng(octaves).uniform(-6, 6, size=(500, 3))
    flat, solid = sampled(points, octaves, blur)
    plane, space = np.zeros(500), np.zeros(500)
    for k in range(octaves):
        angle, turned = k * np.arctan2(0.6, 0.8), points.copy()
        turned[:, 0] = points[:, 0] * np.cos(angle) - points[:, 1] * np.sin(angle)
        turned[:, 1] = points[:, 0] * np.sin(angle) + points[:, 1] * np.cos(angle)
        shown = [np.clip(1.6 - 1.1 * growth**k * blur, 0, 1) * 0.5 ** (k + 1) for growth in (2.03, 2.07)]
        plane += (smooth(turned[:, 0] * 2.03**k + k * 17.3, turned[:, 1] * 2.03**k - k * 17.3) - 0.5) * shown[0]
        shift = k * np.array((13.7, -13.7, 27.4))
        space += (solid_noise(points * 2.07**k + shift) - 0.5) * shown[1]
    assert np.abs(flat[:, 0] - plane).max() < 1e-3
    # Where single precision lands in the next cell of another layer, the noise of space may jump.
    assert np.quantile(np.abs(solid[:, 0] - space), 0.99) < 2e-3


def test_slopes_are_those_of_the_noise():
    points, step = np.random.default_rng(1).uniform(-3, 3, size=(400, 3)), 1e-2
    flat, solid = sampled(points, 2, 0.0)
    for axis in range(3):
        aside = np.eye(3)[axis] * step
        (ahead2, ahead3), (back2, back3) = (sampled(points + way, 2, 0.0) for way in (aside, -aside))
        if axis < 2:
            measured = (ahead2[:, 0] - back2[:, 0]) / (2 * step)
            assert np.quantile(np.abs(measured - flat[:, 1 + axis]), 0.95) < 0.03
        measured = (ahead3[:, 0] - back3[:, 0]) / (2 * step)
        assert np.quantile(np.abs(measured - solid[:, 1 + axis]), 0.9) < 0.03


def test_what_a_pixel_hides_is_left_out():
    points = np.random.default_rng(2).uniform(-3, 3, size=(50, 3))
    flat, solid = sampled(points, 5, 2.0)
    assert not flat.any()
    assert not solid.any()
