"""As many things as a prompt counts begin in the clip, however short it is, and none of them within another."""

import functools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.engines.world import families, physics, places
from render.engines.world.families import flight, parts
from render.engines.world.reading import read

PROMPTS = {
    "Nine basketballs are thrown at the hoop": ("nine", r"ball\d*", 9),
    "Eight footballs fly into the goal": ("eight", r"ball \d+", 8),
    "Twelve tennis balls hit a wall": ("twelve", r"ball \d+", 12),
    "Ten tennis balls are served over the net": ("ten", r"ball \d+", 10),
    "Ten bowling balls roll down the lane": ("ten", r"ball \d+", 10),
    "Eight balls knock over a tower of blocks": ("eight", r"ball \d+", 8),
    "Six crates fall on a seesaw": ("six", r"block \d+", 6),
    "Fifteen marbles roll down a ramp": ("fifteen", r"marble \d+", 15),
    "Five vases fall and break": ("five", r"vase \d+\. 1", 5),
    "Eighteen balls fall": ("eighteen", r"ball \d+", 18),
    "Four toy cars roll down a ramp": ("four", r"toy car \d+", 4),
    "Six toy trucks roll down a ramp": ("six", r"toy car \d+|truck \d+", 6),
    "Three skateboards roll off a ledge": ("three", r"skateboard \d+", 3),
    "Two toy cars and a wagon roll down a ramp": ("two", r"toy car \d+", 2),
}


@pytest.fixture
def quick(monkeypatch):
    """Throws that are neither tried nor mended, at places that are laid out once: no start hangs on any of it."""
    monkeypatch.setattr(flight, "turning_out", lambda *_, draw, **__: draw())
    monkeypatch.setattr(flight, "CORRECTIONS", 0)
    monkeypatch.setattr(places, "build", lambda name, **_: laid(name))


@functools.cache
def laid(name):
    return PLACE(name, scene=read(""), rng=np.random.default_rng(1), clearing=3.0)


PLACE = places.build


def begun(prompt, seconds):
    """The scene, its stage, and the things in it that the prompt counts."""
    scene = read(prompt)
    stage = families.build(scene, seed=1, seconds=seconds)
    pattern = next(PROMPTS[asked][1] for asked in PROMPTS if prompt.startswith(asked))
    return scene, stage, [each for each in stage.solids if each.launch and re.fullmatch(pattern, each.name)]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_count_that_is_understood_begins_before_the_last_fifth_of_any_clip(prompt):
    word, _, count = PROMPTS[prompt]
    for seconds in (1.0, 2.0, 4.0, 8.0):
        scene, _, things = begun(prompt, seconds)
        assert word in scene.words.understood
        assert sum(thing.launch.time < 0.8 * seconds for thing in things) == len(things) == count, seconds


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("prompt", PROMPTS)
def test_what_begins_at_nearly_one_time_has_places_of_its_own(prompt):
    """Bodies that begin in each other are shot away: here within an eighth of a second."""
    scene, stage, things = begun(f"{prompt}, slow motion", 1.0)
    assert scene.tempo == stage.tempo == 0.25
    assert len(things) == PROMPTS[prompt][2]
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=20, fps=24, tempo=stage.tempo)
    there = motion.present[1:] & motion.present[:-1]
    speeds = np.linalg.norm(np.diff(motion.poses[..., :3], axis=0), axis=-1) * 24 / stage.tempo
    thrown = max(np.linalg.norm(thing.launch.velocity) for thing in things)
    assert speeds[there].max() < 1.1 * thrown + 2.6


lengths = st.floats(0.1, 60.0)


@given(
    seconds=lengths,
    each=st.floats(0.1, 5.0),
    count=st.integers(1, 40),
    seen=st.floats(0.0, 3.0),
    soonest=st.floats(0.0, 1.0),
)
def test_what_is_counted_begins_in_time_and_apart_or_at_once(seconds, each, count, seen, soonest):
    starts = parts.runs(seconds, each, 5, count=count, seen=seen, soonest=soonest)
    assert (len(starts), starts[0]) == (count, 0.0)
    assert starts[-1] <= max(seconds - seen, 0.5 * seconds)
    gaps = np.diff(starts)
    assert (gaps <= each + 1e-9).all()
    assert (gaps >= soonest - 1e-9).all() or not any(starts)


@given(seconds=lengths, each=st.floats(0.1, 5.0), most=st.integers(1, 40), kept=st.none() | st.floats(0.0, 1.0))
def test_what_nobody_counts_goes_on_as_long_as_the_clip(seconds, each, most, kept):
    starts = parts.runs(seconds, each, most, kept=kept)
    assert starts[0] == 0.0
    assert 1 <= len(starts) <= most
    assert starts[-1] < max(seconds, 1e-9)
    if len(starts) < most:
        assert np.diff([*starts, seconds]).max() <= 1.3 * each + 1.0
    if kept is not None:
        assert (np.diff(starts) >= each - 1e-9).all()
