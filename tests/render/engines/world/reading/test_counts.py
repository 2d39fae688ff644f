"""How many of a thing a prompt asks for, and how many are shown."""

from collections import Counter

import pytest

from render.engines.world import families
from render.engines.world.materials import COLOURS
from render.engines.world.reading import read
from render.engines.world.scene import Subject


def shown(prompt, *, seconds=4.0, seed=0):
    """What falls, by kind and colour, without the walls."""
    stage = families.build(read(prompt), seed=seed, seconds=seconds)
    bodies = [solid for solid in stage.solids if solid.launch]
    return Counter((solid.name.rstrip(" 0123456789"), solid.material.base) for solid in bodies)


@pytest.mark.parametrize("seconds", [1.0, 4.0, 12.0])
def test_what_a_prompt_counts_is_what_falls(seconds):
    assert shown("two red balls fall on a table", seconds=seconds) == {("ball", COLOURS["red"]): 2}
    kinds = Counter(kind for kind, _ in shown("Three rubber balls and a wooden crate fall", seconds=seconds))
    assert sum(shown("Three rubber balls and a wooden crate fall", seconds=seconds).values()) == 4
    assert kinds["crate"] == 1


@pytest.mark.parametrize(
    ("prompt", "falls"),
    [
        ("a red ball falls on sand", {("ball", "red"): 1}),
        ("a red ball falls onto a tower of blue blocks", {("ball", "red"): 1, ("block in the tower", "blue"): 3}),
        ("the red ball falls", {("ball", "red"): 1}),
        ("two red balls and three blue blocks fall", {("ball", "red"): 2, ("block", "blue"): 3}),
        ("a red ball and a blue ball fall", {("ball", "red"): 1, ("ball", "blue"): 1}),
        (
            "red and white balls fall, a blue block falls",
            {("ball", "red"): 3, ("ball", "white"): 3, ("block", "blue"): 1},
        ),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_one_is_one_and_each_has_its_colour(prompt, falls, seed):
    assert shown(prompt, seed=seed) == {(kind, COLOURS[colour]): number for (kind, colour), number in falls.items()}


@pytest.mark.parametrize(
    ("prompt", "many"),
    [
        ("a marble rolls down a ramp", {"marble": 1}),
        ("the marble rolls down the ramp", {"marble": 1}),
        ("two marbles roll down a ramp", {"marble": 2}),
        ("a crate falls on a see-saw", {"block": 2}),
        ("boats on the sea", {"rowing boat": 3}),
        ("a red boat and two blue boats on the sea", {"rowing boat": 3}),
        ("a stone falls into a lake", {"stone": 1}),
        ("two stones fall into a lake", {"stone": 2}),
        ("three pebbles fall into a lake", {"stone": 3}),
        ("five stones fall into a lake", {"stone": 5}),
        ("two crates on a see-saw", {"block": 2}),
        ("five crates fall on a see-saw and throw a ball", {"block": 5, "ball": 1}),
        ("fifteen marbles roll down a ramp", {"marble": 15}),
        ("two dominoes fall", {"domino": 2, "ball": 1}),
        ("three balls knock over a tower of two blocks", {"block": 2, "ball": 3}),
        ("two balls knock over a tower of 14 blocks", {"block": 14, "ball": 2}),
        ("two balls knock over a pyramid of seven crates", {"crate": 7, "ball": 2}),
        ("two balls knock over a wall of 11 crates", {"crate": 11, "ball": 2}),
    ],
)
def test_counts_hold_in_other_families_too(prompt, many):
    assert Counter(kind for kind, _ in shown(prompt).elements()) == many


@pytest.mark.parametrize("number", [2, 7])
def test_a_cradle_has_as_many_balls_as_asked(number):
    stage = families.build(read(f"a golden newton's cradle with {number} balls"), seed=1, seconds=1.0)
    balls = [solid for solid in stage.solids if solid.joint]
    assert len(balls) == number
    assert {ball.material.base for ball in balls} == {COLOURS["gold"]}


@pytest.mark.parametrize(
    "prompt", ["six crates fall on a see-saw", "fifteen marbles roll down a ramp", "eighteen balls fall on a carpet"]
)
def test_what_is_counted_comes_in_time(prompt):
    stage = families.build(read(prompt), seed=1, seconds=3.0)
    assert max(solid.launch.time for solid in stage.solids if solid.launch) < 2.6


@pytest.mark.parametrize(
    ("prompt", "number"),
    [
        ("three balls on a see-saw", "three"),
        ("nine crates fall on a see-saw", "nine"),
        ("thirty marbles roll down a ramp", "30"),
        ("three newton's cradles", "three"),
        ("two spirals of dominoes", "two"),
        ("two towers of blocks", "two"),
        ("a tennis ball bounces off three brick walls", "three"),
        ("a ball smashes through two windows", "two"),
    ],
)
def test_a_number_of_what_cannot_be_so_many_is_ignored(prompt, number):
    scene = read(prompt.replace("thirty", "30"))
    assert number in scene.words.ignored
    assert not scene.fallback


@pytest.mark.parametrize(
    ("prompt", "subjects"),
    [
        ("nets in the wind", [("net", None, ())]),
        ("two nets in the wind", [("net", None, ())]),
        ("sheets fall", [("sheet", None, ())]),
        ("curtains", [("curtain", None, ())]),
        ("two curtains", [("curtain", 2, ())]),
        ("flags", [("flag", 3, ())]),
        ("a red crate and six blue crates fall on a see-saw", [("crate", 6, ("red", "blue"))]),
        (
            "a blue stone and a red stone fall on a see-saw, the six stones tumble",
            [("stone", 6, ("blue",))],
        ),
        ("boats and a red boat", [("rowing boat", 3, ()), ("rowing boat", 1, ("red",))]),
    ],
)
def test_a_plural_is_no_more_than_can_be_shown(prompt, subjects):
    expected = [Subject(kind=kind, count=count, colours=colours) for kind, count, colours in subjects]
    assert list(read(prompt).subjects) == expected


@pytest.mark.parametrize("seconds", [2.0, 4.0, 8.0])
@pytest.mark.parametrize("seed", range(3))
def test_each_stone_that_is_counted_falls_into_the_lake_in_time(seconds, seed):
    stage = families.build(read("five stones fall into a lake"), seed=seed, seconds=seconds)
    assert sum(solid.launch is not None for solid in stage.solids) == 5
    assert len({ring.time for ring in stage.rings}) == 5
    assert max(ring.time for ring in stage.rings) < seconds


def test_several_fall_where_the_prompt_says_so():
    assert sum(shown("red balls fall").values()) > 2
    assert sum(shown("marbles roll down a ramp").values()) > 2


def test_more_than_can_be_shown_is_not_understood():
    assert read("18 marbles fall").count == 18
    assert "24" in read("24 marbles fall").words.ignored


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("A red ball drops from 2 meters", "2 meters"),
        ("A red ball drops from ten meters", "ten meters"),
        ("A ball of 40 cm falls", "40 cm"),
    ],
)
def test_a_measure_is_no_count_and_is_ignored_whole(prompt, said):
    scene = read(prompt)
    assert scene.count == 1
    assert scene.words.ignored == (said,)


def test_a_couple_is_no_number_of_boats():
    alone, some = read("A couple in a rowing boat"), read("A couple of rowing boats")
    assert (alone.count, alone.words.ignored) == (1, ("couple",))
    assert some.count == 2
