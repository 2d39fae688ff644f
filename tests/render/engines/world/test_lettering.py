import numpy as np

from render.engines.world import lettering


def test_letters_are_cut_to_their_ink_and_grow_with_the_size():
    small, large = lettering.raster("ACME", size=40), lettering.raster("ACME", size=160)
    assert small[2:-2].any(axis=1)[[0, -1]].all()
    assert 3.5 < large.shape[0] / small.shape[0] < 4.5
    assert large.max() == 255


def test_long_texts_stand_in_lines_that_keep_every_word():
    words = "The quick brown fox jumps over the lazy dog"
    broken = lettering.lines(words, 14)
    assert " ".join(broken) == words
    assert len(broken) >= 3
    assert max(map(len, broken)) <= 22


def test_accents_and_no_ink_at_all_are_drawn():
    assert lettering.raster("É").shape[0] > lettering.raster("E").shape[0]
    assert not lettering.raster(" ").any()
    assert lettering.raster("").dtype == np.uint8
