"""Where and when it happens: places, hours, floors, weather."""

import pytest

from render.engines.world.places import PLACES
from render.engines.world.reading import read


@pytest.mark.parametrize(
    ("prompt", "family", "setting", "landmark"),
    [
        ("The Eiffel Tower at night", "objects", "", "eiffel tower"),
        ("The Eiffel Tower in a park", "establishing", "park", "eiffel tower"),
        ("The leaning tower of Pisa", "objects", "", "leaning tower of pisa"),
        ("Tower Bridge in the rain", "rainfall", "", "tower bridge"),
        ("The tower of London in the snow", "snowfall", "", "tower of london"),
        ("The Great Wall of China", "objects", "", "great wall of china"),
        ("A clock tower in the city", "establishing", "street", "clock tower"),
        ("Great pyramids in the desert", "establishing", "desert", "great pyramid"),
        ("A watchtower in the forest", "establishing", "forest", "watchtower"),
        ("The Golden Gate Bridge", "objects", "", "golden gate bridge"),
    ],
)
def test_a_landmark_is_no_stack_and_only_stood_in_for(prompt, family, setting, landmark):
    scene = read(prompt)
    assert (scene.family, scene.setting, scene.fallback) == (family, setting, True)
    assert scene.words.ignored == (landmark,)


def test_a_tower_is_shown_beside_a_landmark_s_name():
    assert read("A ball knocks over a tower of blocks before the Berlin Wall").kinds == ("ball", "tower", "block")
    scene = read("A stone tower collapses, no Eiffel Tower")
    assert (scene.family, scene.subjects[0].material, scene.fallback) == ("stack", "stone", False)


def test_a_place_that_stands_in_for_another_is_built():
    scene = read("A basketball swishes in a packed arena")
    assert scene.setting == "gym"
    assert scene.words.approximated == ("arena → gym",)


@pytest.mark.parametrize(
    ("prompt", "setting"), [("Rain falls on houses", "street"), ("Autumn leaves round a bench", "park")]
)
def test_what_stands_in_one_place_only_is_shown_there(prompt, setting):
    assert read(prompt).setting == setting


@pytest.mark.parametrize(
    ("prompt", "setting", "ignored"),
    [
        ("Leaves fall on a bench in a forest", "forest", ("bench",)),
        ("Rain on a house in the meadow", "meadow", ("house",)),
        ("Rain on a house, no meadow", "street", ("meadow",)),
        ("A ball bounces beside a house in the park", "park", ("house",)),
    ],
)
def test_the_place_that_is_named_comes_before_one_that_stands_for_something(prompt, setting, ignored):
    scene = read(prompt)
    assert (scene.setting, scene.words.ignored) == (setting, ignored)


def test_a_storm_is_weather_to_a_boat():
    assert read("A sailing boat in a storm").weather == "storm"


@pytest.mark.parametrize("word", ["chilled", "cold", "droplet", "droplets", "water droplets", "ice cream"])
def test_what_is_cold_or_wet_is_no_splash_and_no_fall(word):
    scene = read(f"A can with {word} rotates")
    assert scene.kinds == ("can",)
    assert [action.name for action in scene.actions] == ["turntable"]
    assert scene.words.approximated == ()


@pytest.mark.parametrize("place", [place for place in PLACES if place not in {"alley", "studio"}])
@pytest.mark.parametrize("what", ["a red ball bounces", "dominoes fall", "a flag waves", "a tower is knocked over"])
def test_a_place_is_honoured_whatever_happens_there(what, place):
    scene = read(f"{what} in the {place}")
    assert scene.setting == place
    assert scene.words.ignored == ()


@pytest.mark.parametrize("hour", ["dawn", "noon", "golden hour", "sunset", "blue hour", "night"])
@pytest.mark.parametrize("what", ["a red ball bounces", "dominoes fall in a workshop", "a flag waves on a meadow"])
def test_the_hour_is_honoured_whatever_happens_then(what, hour):
    scene = read(f"{what} at {hour}")
    assert scene.light == hour
    assert scene.words.ignored == ()


@pytest.mark.parametrize("floor", ["on a glass floor", "onto glass", "on glass"])
def test_a_glass_floor_is_told_to_be_opaque(floor):
    scene = read(f"a ball falls {floor}")
    said = floor.removeprefix("on a ")
    assert (scene.floor, scene.words.approximated) == ("glass", (f"{said} → polished dark floor",))


@pytest.mark.parametrize(
    "prompt",
    [
        "A marble rolls down a track, shallow depth of field",
        "A bottle, depth of field",
        "A can with a wide field of view",
    ],
)
def test_a_lens_is_no_place(prompt):
    assert read(prompt).setting == ""


def test_frost_on_a_glass_is_no_snow():
    scene = read("A frosty bottle on a turntable")
    assert scene.weather == ""
    assert "frosty" in scene.words.ignored


@pytest.mark.parametrize("dark", ["pitch dark", "pitch-dark", "pitch black"])
def test_a_pitch_that_is_dark_is_no_playing_field(dark):
    scene = read(f"A forest, {dark}")
    assert (scene.family, scene.setting, scene.light, scene.fallback) == ("establishing", "forest", "night", False)
    assert scene.words.ignored == ()


@pytest.mark.parametrize(
    ("prompt", "setting"),
    [
        ("An orange car parks in front of the house", "street"),
        ("Two cars park in the street", "street"),
        ("A car slowly parks", ""),
        ("A car drives through city parks", "park"),
        ("A car in the park", "park"),
        ("Three trucks desert road, dust", "desert"),
        ("Toy cars beach sunset", "beach"),
        ("Two cars street race", "street"),
    ],
)
def test_what_a_vehicle_does_names_no_place(prompt, setting):
    scene = read(prompt)
    assert scene.setting == setting
    assert ("park" in scene.words.ignored) == ("park" in prompt and setting != "park")
