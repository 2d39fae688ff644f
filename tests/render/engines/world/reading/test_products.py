"""Goods, what they hold, and what is written on them."""

import pytest

from render.engines.world.lexicon import load
from render.engines.world.materials import COLOURS
from render.engines.world.reading import read


@pytest.mark.parametrize("kind", ["can", "box", "shoe", "phone"])
def test_a_product_that_shows_nothing_within_is_told_to_be_opaque_though_of_glass(kind):
    assert read(f"A glass {kind} on a turntable").words.approximated == ("glass → its gloss",)


def test_glass_that_light_goes_through_is_understood():
    goods = ("A glass bottle on a turntable", "A glass jar on a turntable", "A glass cup on a turntable")
    for prompt in (*goods, "A glass perfume bottle", "A glass ball bounces", "A vase of glass breaks"):
        assert "glass" in read(prompt).words.understood
        assert not read(prompt).words.approximated


@pytest.mark.parametrize(
    ("prompt", "kind", "colour", "told"),
    [
        ("A jar of honey", "jar", "gold", "honey → gold jar"),
        ("A bottle of ketchup", "bottle", "red", "ketchup → red bottle"),
        ("A bottle of honey", "bottle", "gold", "honey → gold bottle"),
        ("A jar of tea on a white background", "jar", "brown", "tea → brown jar"),
        ("A lemon falls into orange juice", "bottle", "orange", "orange juice → orange bottle"),
        ("A red jar of honey", "jar", "red", "honey → jar"),
    ],
)
def test_what_a_product_holds_gives_it_its_colour(prompt, kind, colour, told):
    scene = read(prompt)
    assert next(subject.colours for subject in scene.subjects if subject.kind == kind) == (colour,)
    assert told in scene.words.approximated


def test_what_a_jar_does_not_hold_gives_it_no_colour():
    scene = read("A jar without honey")
    assert [subject.colours for subject in scene.subjects] == [()]
    assert scene.words.ignored == ("honey",)


def test_contents_have_colours_that_there_are():
    for family in load().families.values():
        assert set(family.contents.values()) <= set(COLOURS)


@pytest.mark.parametrize(
    ("prompt", "title", "label", "ignored"),
    [
        ('A can of "Zesty Orange" soda on ice, title card "Taste the sun"', "Taste the sun", "Zesty Orange", ()),
        ('Title: "Taste the sun". A bottle of "Zesty"', "Taste the sun", "Zesty", ()),
        ('A bottle of "Sun" and a sign that says "Try me"', "Try me", "Sun", ()),
        ('A bottle labelled "Sun", the headline reads "Try me"', "Try me", "Sun", ()),
        ('Eine Flasche "Sonne", Titel "Frisch"', "Frisch", "Sonne", ()),
        ('A sneaker "Runner", title "Go"', "Go", "", ('"Runner"',)),
        ('A ball "One" falls, title "Two"', "Two", "", ('"One"',)),
        ('A can of "One" and "Two"', "One", "", ('"Two"',)),
        ('A can, title "One", title "Two"', "One", "", ('"Two"',)),
        ('A bottle "Sun", title "Go", no phone', "Go", "Sun", ()),
    ],
)
def test_a_text_that_is_called_a_title_is_one_and_another_is_the_product_s(prompt, title, label, ignored):
    scene = read(prompt)
    assert (scene.title, scene.label) == (title, label)
    assert tuple(text for text in scene.words.ignored if text.startswith('"')) == ignored


def test_a_sign_is_not_seen_though_its_text_is():
    scene = read('A street with a sign that says "OPEN"')
    assert scene.title == "OPEN"
    assert scene.words.ignored == ("sign",)
    assert read("A street, no signs").words.ignored == ()


def test_a_traffic_jam_is_no_jam_in_a_jar():
    scene = read("A traffic jam in a city")
    assert (scene.family, scene.setting, scene.kinds) == ("establishing", "street", ())
    assert scene.words.approximated == ("traffic jam → passing cars", "city → street")
    assert read("A red car in a traffic jam").kinds == ("car", "traffic")


@pytest.mark.parametrize("prompt", ["A tennis racket", "A tennis racket on a clay court"])
def test_a_racket_by_itself_is_no_rally(prompt):
    scene = read(prompt)
    assert scene.fallback
    assert not scene.actions
    assert "racket" in " ".join(scene.words.ignored)


@pytest.mark.parametrize("prompt", ["A tennis shoe falls", "A basketball shoe", "Football boots on a podium"])
def test_a_shoe_for_a_game_is_a_shoe(prompt):
    scene = read(prompt)
    assert (scene.family, scene.kinds[0]) == ("product", "shoe")


@pytest.mark.parametrize(
    ("prompt", "kinds"),
    [
        ("People drink coffee in a cafe", ("cup",)),
        ("A woman drinks tea", ("cup",)),
        ("A man is drinking a coffee", ("cup",)),
        ("They drink tea", ("cup",)),
        ("A cold drink on a table", ("can", "table")),
        ("Two drinks", ("can",)),
    ],
)
def test_who_drinks_asks_for_no_can(prompt, kinds):
    scene = read(prompt)
    assert (scene.family, scene.kinds) == ("product", kinds)


@pytest.mark.parametrize(
    ("prompt", "colours", "near"),
    [
        ("A glass of wine", ("red",), ("glass of wine → red glass",)),
        ("A glass of orange juice on a marble counter", ("orange",), ("orange juice → orange glass",)),
        ("A drinking glass on a table", (), ()),
        ("A wine glass on a table", (), ("wine glass → glass",)),
    ],
)
def test_a_glass_is_shown_off_with_what_is_in_it_unless_it_falls(prompt, colours, near):
    scene = read(prompt)
    assert (scene.family, scene.fallback, scene.kinds[0], scene.subjects[0].colours) == (
        "product", False, "glass", colours,
    )  # fmt: skip
    assert set(near) <= set(scene.words.approximated)


@pytest.mark.parametrize(
    "prompt", ["A drinking glass falls", "A glass of water falls", "A wine glass falls off a table", "A glass falls"]
)
def test_a_glass_that_falls_breaks(prompt):
    scene = read(prompt)
    assert (scene.family, scene.kinds, scene.count) == ("breaking", ("tumbler",), 1)


@pytest.mark.parametrize(
    ("prompt", "family", "kinds"),
    [
        ("Ein Tennisball fällt auf Marmorboden", "objects", ("tennis ball",)),
        ("Ein roter Sportwagen im Verkehr", "vehicles", ("car", "traffic")),
        ("Une tasse de café sur une table en bois", "product", ("cup", "table")),
        ("Una botella de vino tinto gira", "product", ("bottle",)),
    ],
)
def test_what_an_advertisement_says_in_other_languages(prompt, family, kinds):
    scene = read(prompt)
    assert (scene.family, scene.kinds) == (family, kinds)


@pytest.mark.parametrize(
    ("prompt", "family", "kinds"),
    [
        ("a glass on a table", "product", ("glass", "table")),
        ("A glass stands on a wooden table", "product", ("glass", "table")),
        ("a glass on a table falls off and breaks", "breaking", ("tumbler",)),
        ("a glass bottle on a table", "product", ("bottle", "table")),
        ("a bottle of glass on a table", "product", ("bottle", "table")),
        ("a bottle on a glass table", "product", ("bottle", "table")),
        ("a ball of glass on a ramp", "ramp", ("ball", "ramp")),
    ],
)
def test_a_glass_that_stands_on_something_is_a_thing_and_glass_a_material(prompt, family, kinds):
    scene = read(prompt)
    assert (scene.family, scene.kinds, scene.fallback) == (family, kinds, False)
