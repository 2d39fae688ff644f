"""The sum of many waves, eight at once, against the same sum in double precision."""

import numpy as np
import pytest
import warp as wp

from render.engines.world.tracer.wave_kernels import swelling

pytestmark = pytest.mark.slow

TIME, SPACING = 7.3, 0.4


@wp.kernel(enable_backward=False, module="unique")
def sample(
    waves: wp.array(dtype=wp.vec4),
    phases: wp.array(dtype=wp.float32),
    count: int,
    time: float,
    spacing: float,
    places: wp.array(dtype=wp.vec2),
    out: wp.array(dtype=wp.mat33),
):
    i = wp.tid()
    out[i] = swelling(waves, phases, count, time, places[i][0], places[i][1], spacing)


def summed(waves, phases, place):
    """``[3, 3]`` as the kernel should say it."""
    k, amplitude = waves[:, :2], waves[:, 2]
    number = np.linalg.norm(k, axis=1)
    kept = np.clip(np.pi / (number * SPACING) - 1, 0, 1)
    d, a = k / number[:, None], amplitude * kept
    phase = k @ place - waves[:, 3] * TIME + phases
    s, c, steep = np.sin(phase), np.cos(phase), number * a
    strain = np.stack([d[:, 0] ** 2, d[:, 1] ** 2, d[:, 0] * d[:, 1]])
    return np.array([
        [-(d[:, 0] * a * s).sum(), -(d[:, 1] * a * s).sum(), (a * c).sum()],
        [(d[:, 0] * steep * s).sum(), (d[:, 1] * steep * s).sum(), -(steep * c).sum()],
        -(strain * steep * c).sum(1),
    ])  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 7, 8, 21])
def test_waves_are_summed_to_the_last_and_none_is_summed_twice(count):
    random = np.random.default_rng(count)
    lengths = np.sort(random.uniform(0.3, 30.0, max(count, 1)))[::-1]
    turns = random.uniform(-np.pi, np.pi, len(lengths))
    number = 2 * np.pi / lengths
    waves = np.stack(
        [number * np.cos(turns), number * np.sin(turns), 0.01 * lengths, np.sqrt(9.81 * number)], axis=1
    ).astype(np.float32)
    phases = random.uniform(0, 2 * np.pi, len(lengths)).astype(np.float32)
    places = random.uniform(-40, 40, (50, 2)).astype(np.float32)
    out = wp.zeros(len(places), dtype=wp.mat33, device="cpu")
    given = (wp.array(waves, dtype=wp.vec4, device="cpu"), wp.array(phases, device="cpu"))
    where = wp.array(places, dtype=wp.vec2, device="cpu")
    wp.launch(sample, len(places), [*given, count, TIME, SPACING, where, out], device="cpu")
    truth = [summed(waves[:count].astype(float), phases[:count], place) for place in places.astype(float)]
    np.testing.assert_allclose(out.numpy(), truth, atol=2e-4)
