"""Titles: within the safe margins of every shape, whole, at the time that is asked for."""

import math

import numpy as np
import pytest

from render.engines.world.tracer.title import SAFE, Title

TEXTS = ("NEW DAY", "The all new summer collection 2026 is finally here for you", "Donaudampfschifffahrtsgesellschaft")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("width", "height"), [(426, 240), (240, 426), (300, 300), (426, 178)])
def test_a_title_of_any_length_keeps_the_margins_of_any_shape(text, width, height):
    frame = np.zeros((height, width, 3), np.uint8)
    ink = Title(text, width=width, first_row=0, rows=height).lay(frame, 5.0).max(-1) > 40
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    assert columns[0] >= SAFE * width - 1
    assert columns[-1] <= (1 - SAFE) * width + 1
    assert rows[0] >= 0.3 * height
    assert rows[-1] <= (1 - SAFE) * height
    assert abs(columns[0] + columns[-1] - width) <= 4


def test_it_appears_when_it_is_asked_for_or_never():
    frame = np.zeros((90, 160, 3), np.uint8)
    late = Title("SALE", width=160, first_row=0, rows=90, begin=2.0)
    assert not late.lay(frame, 1.9).any()
    assert 0 < late.lay(frame, 2.2).max() < late.lay(frame, 2.6).max()
    assert not Title("SALE", width=160, first_row=0, rows=90, begin=math.inf).lay(frame, 100.0).any()
