import itertools

import numpy as np
import pytest

from render.engines.abstract_suite import EngineSuite, make_job
from render.engines.contract import Bench, Cancel
from render.engines.testcard import TestcardEngine
from render.model import Footage


class TestTestcard(EngineSuite):
    engine = TestcardEngine


def footage(tmp_path, **changes) -> tuple[np.ndarray, object]:
    job = make_job(TestcardEngine, **changes)
    with TestcardEngine(Bench(device="cpu", scratch=tmp_path, cache=tmp_path)) as engine:
        (made,) = engine.generate([job], cancel=Cancel(), progress=lambda *_: None)
        assert isinstance(made, Footage)
        return np.concatenate(list(made.frames)), made.finish()


def test_it_is_known_before_that_the_card_stands_in_for_the_prompt():
    assert TestcardEngine.foresee(make_job(TestcardEngine)).fallback


@pytest.mark.parametrize("fps", [8, 24, 25, 60])
def test_flash_and_beep_come_each_second_and_together(tmp_path, fps):
    frames, finish = footage(tmp_path, fps=fps, duration_ms=3000)
    bright = frames.mean(axis=(1, 2, 3)) > 200
    onsets = np.flatnonzero(bright & ~np.concatenate([[False], bright[:-1]])) / fps
    assert onsets.tolist() == [0, 1, 2]
    assert [event.time_s for event in finish.events] == [0, 1, 2]
    for number, light in enumerate(bright):
        span = finish.sound[round(number * 48_000 / fps) : round((number + 1) * 48_000 / fps)]
        assert np.abs(span).max() > 0.2 if light else not span.any()


def test_the_beep_is_one_kilohertz(tmp_path):
    _, finish = footage(tmp_path)
    spectrum = np.abs(np.fft.rfft(finish.sound[:3840, 0]))
    assert spectrum.argmax() * 48_000 / 3840 == pytest.approx(1000, abs=13)


def test_no_two_neighbouring_frames_are_alike(tmp_path):
    frames, _ = footage(tmp_path, width=640, height=360, fps=60, duration_ms=1000)
    assert all((one != two).any() for one, two in itertools.pairwise(frames))


def test_it_says_that_it_does_not_look_at_the_prompt(tmp_path):
    _, finish = footage(tmp_path)
    assert finish.understanding.fallback
    assert finish.understanding.share == 0
