"""Which tiles a sphere touches, by its sight and by its image in a level mirror."""

import numpy as np

from render.engines.world.camera import look
from render.engines.world.tracer.tiles import Tiles, Touch

WIDTH = HEIGHT = 128
SIDE = 16
EYE = np.array((0.0, -4.0, 1.5))


BALL = np.array([[0.0, 2.0, 1.5, 0.1]], np.float32)
NONE = np.zeros((0, 4), np.float32)


def touched(*, level=0.0, others=0.0, what=BALL, onlookers=NONE):
    """Flags for a small ball over the ground before the eye, in a room 3 to 9 metres off."""
    blocks = np.tile(np.array((3.0, 9.0, level, others), np.float32), (HEIGHT // SIDE, WIDTH // SIDE, 1))
    camera = look(EYE, np.array((0.0, 1.0, 0.0)), 0.7)
    tiles = Tiles(camera, np.array((0.0, 0.0, 1.0)), blocks, width=WIDTH, height=HEIGHT, side=SIDE)
    return tiles.touched(what, onlookers, softness=0.01, occlusion=4.0)


def rows(flags, touch):
    """Rows of tiles in which a flag stands."""
    return np.flatnonzero(((flags & touch) != 0).any(axis=1)).tolist()


def test_a_ball_is_mirrored_below_itself_by_the_ground():
    flags = touched(level=0.3)
    assert rows(flags, Touch.SEEN) == [3, 4]
    # Its image is as far under the ground: 3 metres under the eye and 6 before it.
    assert max(rows(flags, Touch.SEEN)) < min(rows(flags, Touch.MIRRORED))
    assert ((flags & Touch.MIRRORED) != 0).mean() < 0.2


def test_other_mirrors_may_show_it_anywhere():
    assert ((touched(others=0.3) & Touch.MIRRORED) != 0).all()


def test_without_mirrors_nothing_is_mirrored():
    assert not ((touched() & Touch.MIRRORED) != 0).any()


def test_onlookers_are_seen_where_they_are_and_change_nothing_else():
    flags = touched(level=0.3, others=0.3, what=NONE, onlookers=BALL)
    assert set(np.unique(flags)) == {0, int(Touch.SEEN)}
    assert (flags == touched(level=0.3) & Touch.SEEN).all()
    two = np.concatenate([BALL, BALL + np.array((0.5, 0.0, 0.0, 0.0))]).astype(np.float32)
    assert (touched(what=NONE, onlookers=two) == (touched(what=two) & Touch.SEEN)).all()
