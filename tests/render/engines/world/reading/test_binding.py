"""To which thing a colour, a number or what it does belongs."""

import pytest

from render.engines.world import families
from render.engines.world.materials import COLOURS, Pattern, named
from render.engines.world.reading import read
from render.engines.world.scene import Subject


@pytest.mark.parametrize(
    ("prompt", "subjects"),
    [
        ("two red balls and a blue block fall", [("ball", 2, ("red",)), ("block", 1, ("blue",))]),
        ("a red ball and a blue ball fall", [("ball", 1, ("red",)), ("ball", 1, ("blue",))]),
        ("a ball falls. The red ball bounces", [("ball", 1, ("red",))]),
        ("red and white balls fall", [("ball", None, ("red", "white"))]),
        ("the ball is red and falls", [("ball", 1, ("red",))]),
        ("a pair of marbles drops", [("marble", 2, ())]),
        ("a dozen marbles drop", [("marble", 12, ())]),
        ("a 3D render of a ball that falls, 4k, 9:16", [("ball", 1, ())]),
        ("five balls fall onto a crate, three of them blue", [("ball", 5, ()), ("crate", 1, ())]),
        ("two huge cans fall", [("can", 2, ())]),
        ("a ball on a blue table falls", [("ball", 1, ())]),
        ("a ball and no crate fall", [("ball", 1, ())]),
        ("balls fall", [("ball", None, ())]),
        ("a ball falls. Then balls fall", [("ball", None, ())]),
        ("a ball hits another ball", [("ball", 1, ()), ("ball", 1, ())]),
        ("a ball hits another red ball", [("ball", 1, ()), ("ball", 1, ("red",))]),
        ("Ein roter Ball fällt auf Sand", [("ball", 1, ("red",))]),
        ("Rote Bälle fallen auf Sand", [("ball", None, ("red",))]),
        ("Dice fall", [("block", None, ())]),
        ("Red dice fall, the dice bounce", [("block", None, ("red",))]),
        ("A red dice falls", [("block", 1, ("red",))]),
        ("Two dice fall", [("block", 2, ())]),
        ("A red ball hits a ball", [("ball", 1, ("red",)), ("ball", 1, ())]),
        ("A huge ball hits a huge ball", [("ball", 1, ()), ("ball", 1, ())]),
        ("A ball and a block fall, then a ball", [("ball", 1, ()), ("block", 1, ()), ("ball", 1, ())]),
        ("A box and a crate fall, the crate breaks", [("crate", 1, ()), ("crate", 1, ())]),
        ("A ball falls on a crate and the ball bounces", [("ball", 1, ()), ("crate", 1, ())]),
        ("A car passes a car", [("car", None, ()), ("car", None, ())]),
        ("A stone falls into a lake, a stone skips", [("stone", 1, ()), ("stone", 1, ())]),
        ("A perfume bottle, a perfume bottle", [("flacon", None, ())]),
        ("12 balls and 12 crates fall", [("ball", 12, ()), ("crate", None, ())]),
    ],
)
def test_colours_and_numbers_belong_to_their_noun(prompt, subjects):
    expected = [Subject(kind=kind, count=count, colours=colours) for kind, count, colours in subjects]
    assert list(read(prompt).subjects) == expected


@pytest.mark.parametrize(
    ("prompt", "kinds"),
    [
        ("A sailboat on the sea, the boat rocks", ("sailing boat",)),
        ("A yacht on the sea, the boat rocks", ("sailing boat",)),
        ("A wrecking ball swings, the ball hits the tower", ("wrecking ball", "tower")),
        ("A beach ball falls on a crate, the ball bounces", ("beach ball", "crate")),
        ("A toy car rolls down a ramp and the car lands", ("toy car",)),
        ("A bowling ball hits the ball", ("bowling ball", "ball")),
        ("A bowling ball and a ball fall, the ball bounces", ("bowling ball", "ball")),
        ("A perfume bottle on a turntable, the bottle turns", ("flacon",)),
    ],
)
def test_the_general_word_is_for_the_thing_named_before(prompt, kinds):
    scene = read(prompt)
    assert tuple(subject.kind for subject in scene.subjects) == kinds
    assert scene.words.ignored == ()


def test_another_thing_is_not_the_one_named_before():
    assert read("A sailboat on the sea, a boat rocks").words.ignored == ("boat",)
    assert read("A sailboat on the sea, the buoy rocks").words.ignored == ("buoy",)


def test_what_belongs_to_something_that_is_not_shown_is_ignored():
    assert read("a ball falls on a blue table").words.ignored == ("blue", "table")


@pytest.mark.parametrize(
    ("prompt", "subjects", "ignored"),
    [
        ("a football flies into a red net", {"ball": ()}, "red"),
        ("an orange basketball hits the blue rim", {"ball": ("orange",)}, "blue"),
        ("a white shoe with red laces", {"shoe": ("white",)}, "red"),
        ("a red ball knocks over a heavy tower", {"ball": ("red",), "tower": ()}, ""),
        ("the ball is red and bounces off a crate", {"ball": ("red",), "crate": ()}, ""),
        ("a tennis ball is served over a blue net", {"ball": (), "net": ("blue",)}, ""),
    ],
)
def test_a_colour_is_of_what_it_stands_before_or_of_nothing(prompt, subjects, ignored):
    scene = read(prompt)
    assert {subject.kind: subject.colours for subject in scene.subjects} == subjects
    assert set(scene.words.ignored) & set(COLOURS) == {ignored} - {""}


@pytest.mark.parametrize(
    ("prompt", "colours", "ignored"),
    [
        ("a crate falls on a seesaw made of red steel", (), ("red", "steel")),
        ("the floor is red and a ball falls", (), ("red",)),
        ("a ball that falls is red", ("red",), ()),
        ("a collection of red, blue and green balls falls", ("red", "blue", "green"), ("collection",)),
        ("a tower made of red blocks", ("red",), ()),
    ],
)
def test_what_is_said_behind_another_thing_is_of_that(prompt, colours, ignored):
    scene = read(prompt)
    assert (scene.colours, scene.words.ignored) == (colours, ignored)


def test_the_rails_of_a_cradle_are_as_it_is_where_its_balls_are_told_of():
    stage = families.build(read("a golden newton's cradle with three glass balls"), seed=1, seconds=1.0)
    rails = next(solid for solid in stage.solids if solid.name == "rails")
    assert rails.material == named("steel", COLOURS["gold"])
    assert {solid.substance for solid in stage.solids if solid.joint} == {"marble"}


@pytest.mark.parametrize(
    ("prompt", "colours"),
    [
        ("a red marble and two blue marbles roll down a ramp", ["red", "blue", "blue"]),
        ("red and white marbles and a blue marble roll down a ramp", ["red", "white", "blue"]),
        ("a red flag and a blue flag wave", ["red", "blue"]),
        ("a red vase and a blue vase fall and break", ["red", "blue"]),
    ],
)
def test_things_of_one_kind_have_each_its_colour(prompt, colours):
    stage = families.build(read(prompt), seed=0, seconds=4.0)
    seen = [*(cloth.material.base for cloth in stage.cloths), *(s.material.base for s in stage.solids if s.launch)]
    assert list(dict.fromkeys(seen)) == list(dict.fromkeys(COLOURS[name] for name in colours))
    if "marble" in prompt:
        assert seen[: len(colours)] == [COLOURS[name] for name in colours]


@pytest.mark.parametrize(
    ("prompt", "colours", "ignored"),
    [
        ("a red sheet and a blue sheet fall", ("red",), ("blue",)),
        ("red and blue curtains", ("red",), ("blue",)),
        ("red nets", (), ("red",)),
        ("a red and blue brick wall breaks", ("red",), ("blue",)),
        ("a red bowling ball hits blue and white pins", ("red", "blue"), ("white",)),
    ],
)
def test_what_shows_one_colour_shows_the_first(prompt, colours, ignored):
    scene = read(prompt)
    assert (scene.colours, scene.words.ignored) == (colours, ignored)


def test_a_product_of_two_colours_wears_both():
    (phone,) = read("A blue phone and a red phone").subjects
    assert phone.colours == ("blue", "red")


def test_a_ball_is_plain_and_a_beach_ball_is_asked_for():
    def patterns(prompt):
        stage = families.build(read(prompt), seed=0, seconds=2.0)
        return {(solid.material.pattern, solid.substance) for solid in stage.solids if solid.launch}

    assert patterns("a red ball falls on sand") == {(Pattern.PLAIN, "rubber")}
    assert patterns("a beach ball falls on sand") == {(Pattern.PANELS, "rubber")}


@pytest.mark.parametrize(
    ("prompt", "subjects"),
    [
        ("A red can, white studio", [("can", ("red",))]),
        ("A can on a green field", [("can", ())]),
        ("A can in golden sunset light", [("can", ())]),
        ("Newton's cradle in gold on a black background", [("cradle", ("gold",)), ("backdrop", ("black",))]),
        ("Blue dominoes fall. The background is yellow", [("domino", ("blue",)), ("backdrop", ("yellow",))]),
        ("A sneaker turns in front of a white wall", [("shoe", ()), ("backdrop", ("white",))]),
    ],
)
def test_the_colour_of_what_is_around_is_not_the_subject_s(prompt, subjects):
    assert [(subject.kind, subject.colours) for subject in read(prompt).subjects] == subjects


def test_a_backdrop_shows_its_colour_but_no_material_or_size():
    scene = read("A wooden pendulum in front of a large blue brick wall")
    assert [(subject.kind, subject.material) for subject in scene.subjects] == [("pendulum", "wood"), ("backdrop", "")]
    assert scene.words.ignored == ("large", "brick")
    assert scene.words.approximated == ("wall → backdrop",)


def test_what_other_things_do_the_subject_does_not():
    assert read("A perfume bottle with rose petals falling").actions == ()
    assert read("A perfume bottle gently falling").actions[0].name == "drop"


@pytest.mark.parametrize(
    ("prompt", "action"),
    [
        ("Boys throwing flat stones into a lake", "stones"),
        ("Hands revealing a perfume bottle", "reveal"),
        ("Workers breaking a vase", "break"),
        ("Kids flying a red flag", "fly"),
        ("Models rotating a shoe", "turntable"),
    ],
)
def test_what_is_done_to_the_subject_is_seen_whoever_does_it(prompt, action):
    assert [done.name for done in read(prompt).actions] == [action]


@pytest.mark.parametrize("where", ["falling around a perfume bottle", "falling onto a can", "falling, a can"])
def test_what_other_things_do_near_the_subject_is_not_done_to_it(where):
    scene = read(f"Product spot, rose petals {where}")
    assert (scene.family, scene.actions) == ("product", ())


def test_a_background_is_no_colour_of_the_product():
    can, paper = read("a red can on a white background, product").subjects
    assert (can.colours, paper.colours) == (("red",), ("white",))


@pytest.mark.parametrize(
    ("prompt", "floor", "materials"),
    [
        ("a red ball bounces on wood", "wood", [""]),
        ("a steel ball bounces on a marble floor", "marble", ["steel"]),
        ("a rubber ball and a steel ball fall on a carpet", "carpet", ["rubber", "steel"]),
        ("dominoes fall on sand", "sand", [""]),
        ("wooden blocks fall", "", ["wood"]),
        ("a glass marble rolls down a ramp on a concrete floor", "concrete", ["glass", ""]),
    ],
)
def test_what_is_underfoot_is_no_material_of_what_falls(prompt, floor, materials):
    scene = read(prompt)
    assert scene.floor == floor
    assert [subject.material for subject in scene.subjects] == materials
    assert scene.words.ignored == ()


@pytest.mark.parametrize(
    ("prompt", "substance"),
    [
        ("a steel ball falls", "bearing steel"),
        ("a glass marble falls", "marble"),
        ("wooden blocks fall", "wood"),
        ("three copper cans fall", "bearing steel"),
        ("three rubber balls fall", "rubber"),
    ],
)
def test_what_falls_is_of_the_material_that_is_named(prompt, substance):
    stage = families.build(read(prompt), seed=0, seconds=2.0)
    assert {solid.substance for solid in stage.solids if solid.launch} == {substance}


def test_a_brands_colour_code_is_shown_by_the_colour_nearest_to_it():
    scene = read("A #FF6600 bottle on a turntable")
    assert scene.colours == ("orange",)
    assert scene.words.approximated == ("#ff6600 → orange",)
    assert read("Waves, #FF6600").words.ignored == ("#ff6600",)


@pytest.mark.parametrize(
    ("prompt", "floor"),
    [
        ("A red shoe on wet concrete", "concrete"),
        ("A ball falls on rough concrete and bounces", "concrete"),
        ("A red shoe on the wet concrete", "concrete"),
        ("A bottle on a concrete block", ""),
    ],
)
def test_what_something_stands_on_is_not_what_it_is_made_of(prompt, floor):
    scene = read(prompt)
    assert scene.floor == floor
    assert all(not subject.material for subject in scene.subjects if subject.kind in {"shoe", "ball", "bottle"})
    assert (scene.weather == "rain") == ("wet" in prompt)
