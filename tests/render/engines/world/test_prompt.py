from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.engines.world import families
from render.engines.world.families import FAMILIES
from render.engines.world.lexicon import load
from render.engines.world.light import LIGHTS
from render.engines.world.materials import COLOURS
from render.engines.world.prompt import KNOWN, read


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(sorted(KNOWN | set(load().common.stop))), max_size=30).map(" ".join)
)
def test_any_text_gives_a_scene(text):
    scene = read(text)
    assert scene.family in FAMILIES
    assert scene.light in LIGHTS
    assert set(scene.colours) <= set(COLOURS)
    assert 0 <= scene.words.share <= 1
    assert scene.count is None or 1 <= scene.count <= 18
    assert scene == read(text)


@pytest.mark.parametrize(
    ("prompt", "family", "fallback"),
    [
        ("A basketball player misses a three-pointer, the ball hits the backboard", "basketball", False),
        ("he misses the three pointer at the buzzer", "basketball", False),
        ("Ocean waves interact with rocky coastline in a physically accurate manner", "ocean", False),
        ("a perfume bottle on a turntable, soft studio light", "product", False),
        ("Our new sneaker in green, product spot", "product", False),
        ("Three rubber balls and a wooden crate fall and collide", "objects", False),
        ("a tower of blocks topples", "objects", False),
        ("A gymnast performs a perfect vault, lands awkwardly, and stumbles to regain balance", "objects", True),
        ("A skateboarder attempts a kickflip, fails the landing due to poor timing", "objects", True),
        ("", "objects", True),
        ("猫が走る", "objects", True),
    ],
)
def test_the_family_is_what_the_prompt_asks_for(prompt, family, fallback):
    scene = read(prompt)
    assert (scene.family, scene.fallback) == (family, fallback)


def test_every_content_word_is_accounted_for():
    words = read("Two crimson spheres and a banana fall at sunset, no people").words
    assert words.understood == ("two", "fall", "sunset", "people")
    assert words.approximated == ("crimson → red", "sphere → ball")
    assert words.ignored == ("banana",)
    assert words.share == pytest.approx(6 / 7)


def test_details_are_kept():
    scene = read("five blue marbles drop at night")
    assert (scene.count, scene.colours, scene.kinds, scene.light) == (5, ("blue",), ("marble",), "night")


def test_a_stand_in_ignores_what_it_does_not_show():
    assert "gymnast" in read("a gymnast vaults").words.ignored


def shown(prompt, *, seconds=4.0):
    """What falls, by kind and colour, without the walls."""
    stage = families.build(read(prompt), seed=0, seconds=seconds)
    bodies = [solid for solid in stage.solids if solid.launch]
    return Counter((solid.name.rstrip(" 0123456789"), solid.material.base) for solid in bodies)


@pytest.mark.parametrize("seconds", [1.0, 4.0, 12.0])
def test_what_a_prompt_counts_is_what_falls(seconds):
    assert shown("two red balls fall on a table", seconds=seconds) == {("ball", COLOURS["red"]): 2}
    kinds = Counter(kind for kind, _ in shown("Three rubber balls and a wooden crate fall", seconds=seconds))
    assert sum(shown("Three rubber balls and a wooden crate fall", seconds=seconds).values()) == 4
    assert kinds["crate"] == 1


def test_more_than_can_be_shown_is_not_understood():
    assert read("18 marbles fall").count == 18
    assert "24" in read("24 marbles fall").words.ignored


def test_a_tower_of_blocks_is_one():
    assert sum(number for (kind, _), number in shown("a tower of blocks topples").items() if "tower" in kind) == 3


def test_a_background_is_no_colour_of_the_product():
    assert read("a red can on a white background, product").colours == ("red",)


def poses(prompt, seed=0):
    stage = families.build(read(prompt), seed=seed, seconds=2.0)
    return [(solid.name, solid.position, solid.launch) for solid in stage.solids]


def test_prompts_that_are_not_understood_do_not_look_alike():
    assert read("a gymnast vaults").fallback
    assert read("a skateboarder kickflips").fallback
    assert poses("a gymnast vaults") != poses("a skateboarder kickflips")
    assert poses("a gymnast vaults") == poses("A gymnast, vaults!")


def test_a_prompt_that_differs_in_its_colour_only_is_the_same_take():
    assert poses("a red can on a turntable") == poses("a blue can on a turntable")
