"""What the probes about a probe say together."""

import numpy as np
import warp as wp

from render.engines.world.tracer import probe_kernels

ROWS, COLUMNS, SIDE = 5, 6, 16
DOMINO = 3 * 256 + 1
LEFT, RIGHT = np.s_[:, :3], np.s_[:, 3:]


def settled(*, touched=1, **given):
    """``[rows, columns]`` states of probes that see no mover, no shadow and no glance but where ``given`` does.

    ``given`` are pairs of a place and its value, by field.
    """
    fields = {
        "shadow": (np.zeros((ROWS, COLUMNS, 3), np.float32), wp.vec3),
        "glance": (np.zeros((ROWS, COLUMNS), np.int32), wp.int32),
        "code": (np.full((ROWS, COLUMNS), -1, np.int32), wp.int32),
        "light": (np.zeros((ROWS, COLUMNS, 2), np.float32), wp.vec2),
    }
    probes, kept = probe_kernels.Probes(), []
    for name, (values, kind) in fields.items():
        for where, value in given.get(name, ()):
            values[where] = value
        kept.append(wp.array(values, dtype=kind, device="cpu"))
        setattr(probes, name, kept[-1])
    state = probes.state = wp.full((ROWS, COLUMNS), -1, dtype=wp.int32, device="cpu")
    given_probes = wp.array([probes], dtype=probe_kernels.Probes, device="cpu")
    tiles = wp.full((1, 1), touched, dtype=wp.int32, device="cpu")
    wp.launch(probe_kernels.settle, (ROWS, COLUMNS), [tiles, SIDE, given_probes], device="cpu")
    return state.numpy()


def about(row, column):
    """Where the probes about one lie, and itself."""
    mask = np.zeros((ROWS, COLUMNS), bool)
    mask[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = True
    return mask


def test_probes_that_agree_say_nothing():
    assert not settled().any()


def test_an_untouched_tile_is_left_as_it_is():
    assert (settled(touched=0, shadow=[((2, 2), 1.0)]) == -1).all()


def test_the_edge_of_a_shadow_is_said_on_both_of_its_sides():
    state = settled(shadow=[(LEFT, 1.0)])
    assert (state[:, 2:4] == probe_kernels.SHADOW_EDGE).all()
    assert not state[:, :2].any()
    assert not state[:, 4:].any()


def test_a_glance_is_said_all_about_it_to_the_picture_s_rim():
    for place in ((2, 3), (0, 0), (ROWS - 1, COLUMNS - 1)):
        assert ((settled(glance=[(place, 1)]) == probe_kernels.GLANCE) == about(*place)).all()


def test_suns_are_compared_on_one_part_only():
    light = [(LEFT, (1.0, 1.0)), (RIGHT, (0.5, 1.0))]
    one = settled(code=[(LEFT, DOMINO), (RIGHT, DOMINO)], light=light)
    assert (one[:, 2:4] == probe_kernels.SUN_EDGE).all()
    assert not settled(code=[(LEFT, DOMINO), (RIGHT, DOMINO + 256)], light=light).any()
    assert not settled(light=light).any()
