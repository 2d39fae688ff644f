from dataclasses import replace

import pytest

from render.engines.abstract_suite import make_job
from render.engines.contract import Cancel
from render.engines.testcard import TestcardEngine
from render.engines.world import WorldEngine
from render.engines.world.reading import document, read
from render.engines.world.reading.job import understanding, wanted
from render.model import Failure, Row

ROW = Row(row=0, experiment="e", variant="v", prompt="three red balls fall")
SCENE = document.dump(read("two blue marbles drop at night"))


def test_a_scene_is_built_instead_of_the_prompt():
    assert wanted(make_job(WorldEngine, prompt="three red balls fall")).count == 3
    given = wanted(make_job(WorldEngine, prompt="three red balls fall", scene=SCENE))
    assert (given.count, given.kinds, given.colours, given.light) == (2, ("marble",), ("blue",), "night")


def test_all_of_a_given_scene_is_understood():
    for scene, share in ((SCENE, 1.0), ("", 0.0)):
        job = make_job(WorldEngine, prompt="a banana", scene=scene)
        assert understanding(job, wanted(job)).share == share


def test_what_a_scene_would_show_is_known_before_it_is_made():
    seen = WorldEngine.foresee(make_job(WorldEngine, prompt="A knight rides a dragon"))
    assert (seen.fallback, seen.scene, seen.ignored) == (True, "objects", ("knight", "rides", "dragon"))
    assert not WorldEngine.foresee(make_job(WorldEngine, prompt="A knight rides a dragon", scene=SCENE)).fallback


def test_an_engine_refuses_a_scene_that_it_cannot_build():
    assert WorldEngine.refusal(replace(ROW, scene=SCENE)) is None
    column, reason, fix = WorldEngine.refusal(replace(ROW, scene="{family: objects, colour: red}"))
    assert column == "scene"
    assert "colour: there is no such key" in reason
    assert "nightreel scene" in fix
    assert TestcardEngine.refusal(replace(ROW, scene=SCENE))[0] == "scene"
    assert TestcardEngine.refusal(ROW) is None


@pytest.mark.slow
def test_a_job_with_a_scene_that_is_not_valid_fails_for_good(tmp_path, kernel_cache):
    from render.engines.contract import Bench

    job = make_job(WorldEngine, scene="family: moon")
    with WorldEngine(Bench(device="cpu", scratch=tmp_path, cache=kernel_cache)) as engine:
        (failure,) = engine.generate([job], cancel=Cancel(), progress=lambda *_: None)
    assert isinstance(failure, Failure)
    assert failure.permanent
    assert "family: there is no 'moon' here" in failure.reason
