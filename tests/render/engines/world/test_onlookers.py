"""What a crowd does by itself and when something happens."""

import dataclasses

import numpy as np
import pytest

from render.engines.world.onlookers import ALOFT, GRAVITY, Crowd, Reaction

BEAT = 1.6
TIMES = np.arange(0.0, 6.0, 1 / 240)


def crowd(*spirits, delay=0.0):
    count = len(spirits)
    return Crowd(
        dresses=(),
        bounds=np.zeros((count, 4), np.float32),
        aside=np.tile(np.array((1.0, 0.0, 0.0), np.float32), (count, 1)),
        beats=np.full(count, BEAT, np.float32),
        phases=np.zeros(count, np.float32),
        spirits=np.array(spirits, np.float32),
        delays=np.full(count, delay, np.float32),
    )


def heights(of, *seen):
    """``[times, n]`` metres."""
    return np.stack([of.shifts(time, seen)[:, 2] for time in TIMES])


def test_who_hops_with_all_their_might_falls_freely():
    height = heights(crowd(1.0))[:, 0].astype(float)
    bend = np.diff(height, 2) * 240**2
    aloft = height[1:-1] > 0.02
    assert bend[aloft] == pytest.approx(-GRAVITY, rel=0.05)
    assert height.max() == pytest.approx(GRAVITY * (ALOFT / BEAT) ** 2 / 8, rel=0.01)
    assert (height == 0.0).mean() == pytest.approx(1 - ALOFT, abs=0.02)


def test_the_calm_leap_when_they_cheer_and_then_calm_down():
    height = heights(crowd(0.0, delay=0.3), Reaction(time=1.0, mood=1.0))[:, 0]
    assert height[TIMES < 1.3].max() == 0.0
    first, last = height[(TIMES > 1.3) & (TIMES < 2.6)].max(), height[TIMES > 4.8].max()
    assert first > 0.1
    assert 0.0 < last < 0.5 * first


def test_the_lively_stand_when_they_groan():
    lively = crowd(0.5)
    groaned = heights(lively, Reaction(time=1.0, mood=-0.8))[:, 0]
    assert heights(lively)[:, 0].max() > 0.1
    assert groaned[(TIMES > 1.4) & (TIMES < 2.0)].max() == 0.0


def test_nobody_jerks_or_leaves_their_place():
    some = dataclasses.replace(crowd(0.1, 0.9), phases=np.array((-0.2, 0.4), np.float32))
    seen = (Reaction(time=1.0, mood=1.0), Reaction(time=3.0, mood=-1.0))
    shifts = np.stack([some.shifts(time, seen) for time in TIMES])
    assert np.abs(np.diff(shifts, axis=0)).max() * 240 < 4.0
    assert np.abs(shifts[..., :2]).max() < 0.06
    assert (shifts[..., 2] >= 0.0).all()
