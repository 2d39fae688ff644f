"""What the reader calls understood is seen: another word of its trait in its stead gives another stage."""

import re
from dataclasses import fields, is_dataclass
from enum import Enum

import numpy as np
import pytest

from render.engines.world import families
from render.engines.world.lexicon import load
from render.engines.world.reading import read
from render.engines.world.reading.meaning import meanings

TRAITS = ("colours", "materials", "sizes", "speeds", "counts", "floors", "light", "settings")
OTHERS = {
    "colours": ("pink", "teal"),
    "materials": ("brass", "ceramic", "rubber"),
    "sizes": ("tiny", "huge"),
    "speeds": ("slow", "fast"),
    "counts": ("three", "five", "seven", "two"),
    "floors": ("on sand", "on marble"),
    "light": ("noon", "sunset"),
    "settings": ("park", "gym"),
}
"""Words to say in another's stead."""


def flat(part):
    """All that a stage is made of, to be compared."""
    if is_dataclass(part):
        return tuple((field.name, flat(getattr(part, field.name))) for field in fields(part))
    if isinstance(part, np.ndarray):
        return part.shape, part.tobytes()
    if isinstance(part, (list, tuple)):
        return tuple(flat(item) for item in part)
    if isinstance(part, dict):
        return tuple((key, flat(item)) for key, item in part.items())
    if isinstance(part, (bool, int, float, str, bytes, Enum, np.generic)) or part is None:
        return part
    return type(part).__qualname__


def stage(prompt):
    """The stage of a prompt."""
    return flat(families.build(read(prompt), seed=1, seconds=3.0))


def told(prompt):
    """The words of traits that a prompt is told to be understood in, with their traits."""
    scene = read(prompt)
    table = meanings(scene.family)
    words = ((word, table[word].trait) for word in scene.words.understood if word in table)
    return [(word, trait) for word, trait in words if trait in TRAITS]


def unseen(prompt):
    """The words that are told to be understood and of which nothing is seen."""
    scene, lost = read(prompt), []
    for word, trait in told(prompt):
        same = load().common.meanings(trait)
        value = meanings(scene.family)[word].value
        for other in (other for other in OTHERS[trait] if other not in same.same.get(value, ())):
            changed = re.sub(rf"\b{word}\b", other, prompt, count=1, flags=re.IGNORECASE)
            found = read(changed)
            assert changed != prompt, word
            if found.family == scene.family and other in found.words.understood:
                if stage(prompt) == stage(changed):
                    lost.append(word)
                break
        else:
            pytest.fail(f"nothing can be said in {prompt!r} instead of {word!r}")
    return lost


@pytest.mark.parametrize(
    ("prompt", "ignored"),
    [
        ("blue marbles roll down a red ramp", ()),
        ("marbles roll down a yellow ramp", ()),
        ("two small glass marbles roll down a steel marble run", ()),
        ("red dominoes in a blue row fall", ("blue",)),
        ("dominoes in a blue row fall", ()),
        ("a red spiral of blue dominoes", ("red",)),
        ("a red curve of blue dominoes", ("red",)),
        ("a red ball knocks over blue dominoes", ()),
        ("a red ball knocks over the dominoes", ()),
        ("a red ball knocks over a tower of blue blocks", ()),
        ("a green crate falls on a see-saw and throws a red ball", ()),
        ("twenty wooden dominoes fall at night", ()),
        ("a red tower of blue blocks", ("red",)),
        ("a red tower of ten blocks", ()),
        ("a big tower of small blocks", ("big",)),
        ("a big tower of blocks", ()),
        ("a steel pyramid of ten wooden blocks", ("steel",)),
        ("a steel pyramid of ten blocks", ()),
        ("a red wrecking ball hits a wall", ("red",)),
        ("a steel newton's cradle with nine glass balls", ()),
        ("a golden cradle with nine blue balls", ()),
        ("a golden cradle with nine glass balls", ()),
        ("a golden cradle", ()),
        ("a crate falls on a seesaw of steel", ("steel",)),
        ("a crate falls on a steel seesaw", ("steel",)),
        ("the seesaw is red, a crate falls on it", ("red",)),
        ("two big steel crates fall on a seesaw made of wood", ("wood",)),
        ("two red balls and a blue block fall in a park", ()),
        ("a steel ball bounces on marble", ()),
        ("a red vase falls on a wooden floor and breaks", ()),
        ("two fast red flags wave", ()),
        ("a red sheet and a blue sheet fall", ("blue",)),
        ("red and blue nets", ("red", "blue")),
        ("blue curtains at night", ()),
        ("three small brass pendulums swing slowly", ()),
        ("a green glass bottle on a turntable, red background", ()),
        ("three red boats on the sea at sunset", ()),
        ("a blue bowling ball rolls fast into the pins", ()),
    ],
)
def test_each_word_of_a_trait_that_is_understood_is_seen(prompt, ignored):
    assert read(prompt).words.ignored == ignored
    assert told(prompt) or ignored
    assert unseen(prompt) == []


def test_what_is_seen_is_found_by_comparing_stage():
    assert stage("a red ball falls") == stage("A red ball falls")
    assert stage("a red ball falls") != stage("a blue ball falls")
