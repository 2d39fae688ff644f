import numpy as np
import pytest
import warp as wp

from render.engines.world.materials import MATERIALS, Material, Pattern
from render.engines.world.tracer.pattern_kernels import skin
from render.engines.world.tracer.soup import Palette
from render.engines.world.tracer.world_kernels import Hit, Surface

SIDE = 64
GROUND = {Pattern.GRASS, Pattern.SAND, Pattern.SNOW, Pattern.SOIL, Pattern.ASPHALT}


@wp.kernel(enable_backward=False, module="unique")
def sample(
    surfaces: wp.array(dtype=Surface), which: int, step: float, blur: float, flat: int, out: wp.array2d(dtype=wp.vec3)
):
    j, i = wp.tid()
    hit = Hit()
    hit.local = wp.vec3(0.003 + float(i) * step, 0.05, 0.004 + float(j) * step)
    hit.local_normal = wp.vec3(0.0, -1.0, 0.0)
    if flat >= 2:
        hit.local = wp.vec3(0.003 + float(i) * step, 0.004 + float(j) * step, 0.0)
        hit.local_normal = wp.vec3(0.0, 0.0, 1.0)
    out[j, i] = skin(surfaces[which], hit.local, hit.local_normal, blur, flat % 2).colour


def colours(material, *, step, blur, flat=False):
    palette = Palette()
    palette.index(material)
    out = wp.zeros((SIDE, SIDE), dtype=wp.vec3, device="cpu")
    mode = int(flat) + 2 * int(material.pattern in GROUND)
    wp.launch(sample, (SIDE, SIDE), [palette.upload("cpu"), 0, step, blur, mode, out], device="cpu")
    return out.numpy()


@pytest.mark.parametrize("pattern", Pattern)
def test_every_pattern_is_painted_within_the_range_of_colours(pattern):
    material = Material(pattern=pattern, base=(0.5, 0.3, 0.2), accent=(0.2, 0.4, 0.6), scale=0.1)
    for blur in (1e-4, 0.01, 3.0):
        for flat in (False, True):
            painted = colours(material, step=0.004, blur=blur, flat=flat)
            assert np.isfinite(painted).all()
            assert painted.min() >= 0
            assert painted.max() < 1.6


@pytest.mark.parametrize("name", sorted(set(MATERIALS) - {"glass"}))
def test_a_material_is_not_one_colour_near_by(name):
    step = 0.2 * min(MATERIALS[name].scale, 0.2)
    near = colours(MATERIALS[name], step=step, blur=step)
    assert near.std(axis=(0, 1)).max() > 0.005 * near.mean()


@pytest.mark.parametrize("name", ["asphalt", "brick", "card", "cloth", "concrete", "leather", "sand", "snow", "wood"])
def test_what_is_finer_than_a_pixel_is_smoothed_away(name):
    material = MATERIALS[name]
    fine = colours(material, step=0.2 * min(material.scale, 0.1), blur=1e-5)
    far = colours(material, step=2.0, blur=2.0)
    neighbours = np.abs(np.diff(far, axis=1)).mean()
    assert neighbours < 0.5 * np.abs(np.diff(fine, axis=1)).mean() or neighbours < 0.012


def test_drawings_have_fewer_tones():
    for name in ("grass", "sand", "wood"):
        real, flat = (
            len(np.unique(colours(MATERIALS[name], step=0.02, blur=0.01, flat=flat).reshape(-1, 3).round(4), axis=0))
            for flat in (False, True)
        )
        assert flat < real / 5


def test_text_on_a_label_shows_as_ink():
    bare = Material(pattern=Pattern.CARTON, base=(0.6, 0.05, 0.05), accent=(0.9, 0.9, 0.9), scale=0.1, offset=0.08)
    told = Material(
        pattern=Pattern.CARTON, base=(0.6, 0.05, 0.05), accent=(0.9, 0.9, 0.9), scale=0.1, offset=0.08, text="NIGHTREEL"
    )
    one, two = (colours(material, step=0.001, blur=0.0005) for material in (bare, told))
    assert np.abs(one - two).max() > 0.5
