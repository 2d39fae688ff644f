"""Rows of pixels that are developed or streaked eight at once come out as pixel by pixel, whatever their length."""

import numpy as np
import pytest
import warp as wp

from render.engines.world.tracer import blur_kernels, finish_kernels
from render.engines.world.tracer.lanes import LANES

ROWS, SIDE = 10, 16


def array(values, kind):
    return wp.array(values, dtype=kind, device="cpu")


def groups(width, lanes):
    return -(-width // lanes)


@pytest.mark.parametrize("width", [5, 16, 21])
def test_every_pixel_of_a_row_is_developed(width):
    colour = np.random.default_rng(width).uniform(0, 3, (ROWS, width, 3)).astype(np.float32)
    grade = finish_kernels.Grade()
    grade.exposure, grade.contrast, grade.saturation, grade.vignette = 0.8, 1.1, 0.9, 0.3
    grade.shadow_tint, grade.light_tint = wp.vec3(0.9, 1.0, 1.1), wp.vec3(1.1, 1.0, 0.9)
    grade.first_row, grade.rows = 2, ROWS
    tiles = array(np.array([[1, 0]], np.int32), wp.int32)
    out = wp.zeros((ROWS + 3, width, 3), dtype=wp.uint8, device="cpu")
    size = (ROWS, groups(width, LANES))
    wp.launch(finish_kernels.develop, size, [grade, tiles, SIDE, 0, array(colour, wp.vec3), out], device="cpu")

    u = ((np.arange(width) + 0.5) / width - 0.5)[None, :, None]
    v = ((np.arange(ROWS) + 0.5) / ROWS - 0.5)[:, None, None]
    seen = colour * 0.8 * (1 - 0.3 * (u * u + v * v))
    luma = (seen * (0.2126, 0.7152, 0.0722)).sum(-1, keepdims=True)
    dark, light = np.array((0.9, 1.0, 1.1)), np.array((1.1, 1.0, 0.9))
    x = np.maximum((luma + (seen - luma) * 0.9) * (dark + (light - dark) * np.clip(luma * 1.6, 0, 1)), 0)
    x = np.minimum(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 1)
    x = 0.46 + (np.sqrt(x) * 0.9 + 0.1 * x - 0.46) * 1.1
    made = out.numpy().astype(float)
    kept = min(width, SIDE)
    # The noise of less than a level decides on which side of its value a pixel is rounded.
    assert np.abs(made[2:-1, :kept] - np.clip(x * 255, 0, 255)[:, :kept]).max() < 1.01
    assert not made[:2].any()
    assert not made[-1].any()
    assert not made[:, kept:].any()


@pytest.mark.parametrize("width", [5, 16, 21])
def test_every_pixel_of_a_row_is_streaked_along_the_way_of_its_tile(width):
    colour = np.random.default_rng(width).uniform(0, 1, (ROWS, width, 3)).astype(np.float32)
    trails = np.empty((ROWS, width, 3), np.float32)
    trails[:] = (5.0, 1 / 0.11, 1 / 2.0)
    tiles = array(np.array([[(4.0, 0.0), (0.2, 0.0)]], np.float32), wp.vec2)
    touched = array(np.array([[1, 1]], np.int32), wp.int32)
    out = wp.zeros((ROWS, width), dtype=wp.vec3, device="cpu")
    given = [array(colour, wp.vec3), array(trails, wp.vec3), tiles, touched, SIDE, out]
    wp.launch(blur_kernels.streak, (ROWS, groups(width, LANES)), given, device="cpu")

    made = out.numpy()
    for x in range(width):
        truth = colour[:, x]
        if x < SIDE:
            # Of what moves as one, all within half a streak weighs the same, but for its own middle.
            near = {k: x + round(k * 4.0 / 5) for k in (-2, -1, 1, 2)}
            away = {k: abs(k) * 4.0 / 5 / 2 for k in near}
            shares = {k: 2 * max(1 - a, 0) + 2 * np.clip(10.5 - 10 * a, 0, 1) ** 2 for k, a in away.items()}
            seen = [k for k in near if 0 <= near[k] < width]
            whole = 0.5 + sum(shares[k] for k in seen)
            truth = (0.5 * colour[:, x] + sum(shares[k] * colour[:, near[k]] for k in seen)) / whole
        np.testing.assert_allclose(made[:, x], truth, atol=1e-4)
