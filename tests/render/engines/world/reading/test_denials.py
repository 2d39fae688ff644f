"""What a prompt says must not be."""

import pytest

from render.engines.world.reading import read


@pytest.mark.parametrize(
    ("prompt", "without", "understood"),
    [
        ("a ball falls, no people", ("people",), True),
        ("a ball falls without people or animals", ("people", "animals"), True),
        ("a ball falls and there is nobody, no rain", ("rain",), True),
        ("a ball falls, no gravity", ("gravity",), False),
        ("a ball does not bounce", ("bounce",), False),
        ("a ball doesn't hit the wall", ("hit", "wall"), False),
        ("a ball falls, no text", ("text",), True),
    ],
)
def test_what_must_not_be_is_told_and_honest(prompt, without, understood):
    scene = read(prompt)
    told = scene.words.understood if understood else scene.words.ignored
    assert set(scene.without) == {*without} or {word.rstrip("s") for word in without} <= set(scene.without)
    assert set(scene.without) <= set(told)


def test_a_negative_prompt_denies():
    scene = read("A basketball bounces in the rain", negative='rain, people; low quality\n"words"')
    assert (scene.weather, scene.title) == ("", "")
    assert {"rain", "people", "low quality", "words"} <= set(scene.without)
    assert read("A ball falls", negative=" ,;\n") == read("A ball falls")


@pytest.mark.parametrize("lens", ["depth of field", "shallow depth of field", "bokeh"])
def test_sharpness_is_the_style_s_and_a_prompt_that_forbids_it_is_not_obeyed(lens):
    scene = read(f"A bottle on a turntable, no {lens}")
    assert scene.words.ignored == (lens,)
    assert scene.setting == ""


def test_nobody_on_it_is_obeyed():
    assert read("Two skateboards roll down an empty street without riders").words.share == 1.0


@pytest.mark.parametrize(
    ("prompt", "sound"),
    [("A basketball hits the rim, the fans groan", "crowd"), ("A football hits the post, stadium noise", "stadium")],
)
def test_people_may_be_heard_that_are_not_seen(prompt, sound):
    assert sound in read(prompt).sounds


@pytest.mark.parametrize(
    ("prompt", "family"),
    [
        ("A vase stands still on a table", "breaking"),
        ("A vase stands on a table. Nothing breaks.", "breaking"),
        ("A glass vase falls and does not break", "breaking"),
        ("A vase falls and nothing is broken", "breaking"),
        ("A vase on a table didn't break", "breaking"),
        ("A vase falls off a table and stays intact", "breaking"),
        ("A bottle stands still on a podium", "product"),
        ("A bottle on a podium, not rotating", "product"),
        ("A red car is parked in a street", "vehicles"),
        ("A car that does not move", "vehicles"),
        ("Dominoes in a row that don't fall", "dominoes"),
        ("A tower of blocks remains standing in a yard", "stack"),
        ("A football lies still on the pitch", "football"),
        ("A beautiful vase stands still on an antique table", "breaking"),
        ("A vase falls off a shelf in an old library and does not break", "breaking"),
        ("A vase on a table. The camera moves around it. Nothing breaks.", "breaking"),
        ("A vase on a table, no people. Everything is motionless.", "breaking"),
        ("A ball hits a window pane that does not break", "breaking"),
        ("Product shot of a bottle, motionless", "product"),
        ("A bottle on a podium, no hands, not rotating", "product"),
        ("A bottle with a label on a podium, not rotating", "product"),
        ("A bottle stands still while the camera orbits around it", "product"),
        ("A stationary red car on a street", "vehicles"),
        ("A car stops and does not move", "vehicles"),
        ("A motionless pendulum in a room", "pendulum"),
        ("A pendulum isn't swinging", "pendulum"),
        ("A Newton's cradle that is not swinging", "cradle"),
        ("A bottle, no rotation", "product"),
        ("A bottle without a cap stands still on a podium", "product"),
        ("A car that is not travelling", "vehicles"),
        ("Curtains that do not move", "cloth"),
        ("A flag that does not wave", "cloth"),
        ("A flag hangs still in a yard", "cloth"),
        ("A boat that does not sail", "boat"),
        ("A boat on a lake that does not move", "boat"),
        ("A campfire that does not burn", "campfire"),
        ("A campfire, not burning", "campfire"),
        ("Rain that does not fall", "rainfall"),
        ("Snow does not fall on a forest", "snowfall"),
        ("Leaves lie still on a path", "leaves"),
    ],
)
def test_a_scene_that_shows_what_the_prompt_denies_only_stands_in(prompt, family):
    """Every take of these families breaks, turns, rolls or falls, so the clip is marked."""
    scene = read(prompt)
    assert (scene.family, scene.fallback) == (family, True)


@pytest.mark.parametrize(
    "prompt",
    [
        "A vase stands still on a table, then it falls and breaks",
        "A vase falls off a table and breaks, the camera does not move",
        "The camera stands still while a vase falls off a table and breaks",
        "There is nothing on the table but a vase that breaks",
        "Nothing but a vase that falls off a table",
        "Two vases fall, one does not break and one breaks",
        "A ball knocks over a tower of blocks that stands still",
        "A red car drives past a stationary van",
        "A lake lies still",
        "A basketball, nothing but net",
    ],
)
def test_what_rests_beside_what_happens_is_no_denial(prompt):
    assert not read(prompt).fallback


@pytest.mark.parametrize(
    "prompt",
    [
        "A perfume bottle on a marble plinth, shot with a stationary camera",
        "Stationary camera. A perfume bottle rests on a podium",
        "Stationary camera, motionless, a bottle on a podium",
        "A red sneaker on a pedestal, motionless camera",
        "A red sneaker on a pedestal and a motionless camera",
        "A bottle on a turntable. The camera is fixed. It does not move.",
        "A jar of honey on a table, filmed by an unmoving camera",
        "A jar of honey on a table, filmed by an immobile camera",
        "A bottle on a podium, the background stays still",
        "A bottle on a podium, background motionless",
        "A bottle on a podium, no moving shadows",
        "A bottle on a podium with no moving shadows",
        "A bottle on a turntable, nothing moves around it",
        "A bottle on a turntable, the shot is motionless",
        "A red car on a street, stationary camera",
        "A red car on a street, the trees stand still",
        "A red car on a street with people standing motionless",
        "Glass marbles on a ramp, stationary tripod shot",
        "A ball on a wooden ramp, the shot is motionless",
        "A row of dominoes, the camera stays stationary",
        "A row of dominoes, the frame stays still",
        "A pendulum in a room, stationary camera",
        "A bowling ball on a lane, spectators stand still",
        "A basketball in a gym, the crowd is motionless",
    ],
)
def test_what_is_said_of_the_film_or_of_what_is_around_denies_nothing(prompt):
    assert not read(prompt).fallback


@pytest.mark.parametrize(
    ("prompt", "without"),
    [
        ("A bottle without a label rotates on a podium", ("label",)),
        ("A bottle with no label rotates on a podium", ("label",)),
        ("Bottles without labels rotate on a podium", ("label",)),
        ("A perfume bottle without a cap rotates slowly", ("cap",)),
        ("A perfume bottle without a cap or labels rotates slowly", ("cap", "label")),
        ("A bottle without a label falls into water", ("label",)),
        ("A pendulum without friction swings", ("friction",)),
        ("A cup without a handle stands on a table, falls off and breaks", ("handle",)),
        ("A boat without a motor sails on the sea", ("motor",)),
        ("A bottle without water drops on a podium", ("water", "drop")),
        ("A street without people walking", ("people", "walking")),
    ],
)
def test_what_a_thing_is_without_ends_before_what_it_does(prompt, without):
    scene = read(prompt)
    assert (scene.without, scene.fallback) == (without, False)


@pytest.mark.parametrize("negative", ["label rotates", "ball falls", "water drops, motion blur"])
def test_a_negative_prompt_ends_before_no_verb(negative):
    """It names what must not be, not what something is without."""
    words = negative.replace(",", "").split()
    assert len(read("A bottle on a podium", negative=negative).without) == len(words)


@pytest.mark.parametrize(
    "prompt",
    [
        "A flag on a beach, no waves",
        "A flag on a beach without big waves",
        "A boat on a lake without a sail",
        "A boat on a lake, no sails",
        "Wooden blocks fall, no drops",
        "A blanket falls and does not flutter",
        "A flag waves, the pole does not move",
        "A flag on a motionless pole",
        "A vase on a motionless table",
        "A curtain in a room without a window moves gently",
        "Snow falls, the trees do not move",
        "Rain falls on a street, no snow falls",
    ],
)
def test_a_noun_or_another_s_rest_denies_nothing_that_happens(prompt):
    assert not read(prompt).fallback


@pytest.mark.parametrize(
    "prompt",
    [
        "A red rubber ball on a wooden ramp never stops rolling",
        "A sports car never stops moving on a road",
        "A ball on a ramp that won't stop rolling",
        "A ball on a ramp which does not cease to roll",
        "A vase on a table, it is impossible for it not to break",
        "A vase falls and cannot fail to break",
        "A vase not only falls but also breaks",
    ],
)
def test_a_denial_of_an_end_is_none(prompt):
    """What does not stop goes on, what cannot fail happens."""
    scene = read(prompt)
    assert not scene.fallback
    assert not {"roll", "rolling", "move", "moving", "break", "fall"} & set(scene.without)


@pytest.mark.parametrize(
    "prompt",
    [
        "A bottle falls, not rotating",
        "A bottle drops into water, it does not rotate",
        "A sneaker is revealed, not spinning",
    ],
)
def test_what_does_not_happen_beside_something_else_may_be_denied(prompt):
    """A product turns only where nothing else happens to it."""
    assert (read(prompt).family, read(prompt).fallback) == ("product", False)


def test_nothing_that_does_something_is_told_to_do_none():
    scene = read("A vase on a table; nothing breaks or falls")
    assert scene.without == ("break", "fall")
    assert scene.actions == ()


def test_a_style_that_the_prompt_denies_is_not_asked_for():
    assert read("A forest, no anime").words.understood == ("forest", "anime")
    assert read("A forest, no anime", style="anime").words.ignored == ("anime",)


@pytest.mark.parametrize(
    ("prompt", "without"),
    [
        ("A kitchen table, no jar of honey", ("jar", "honey")),
        ("A kitchen table, no bottle of wine", ("bottle", "wine")),
        ("A table with a shoe, without a cup of cocoa", ("cup", "cocoa")),
        ("A table with a shoe, without a cup of tea", ("cup of tea",)),
        ("A yard, no balls", ("balls",)),
    ],
)
def test_what_must_not_be_takes_what_it_holds_along(prompt, without):
    scene = read(prompt)
    assert scene.without == without
    assert not {"jar", "bottle", "cup", "ball"} & set(scene.kinds)


@pytest.mark.parametrize(
    ("prompt", "without", "actions"),
    [
        ("a vase that doesn't break falls on a carpet", ("break",), ("fall",)),
        ("a vase which does not break falls on a carpet", ("break",), ("fall",)),
        ("a bottle that does not rotate falls into water", ("rotate",), ("drop", "splash")),
        ("a bottle that doesn't have a cap rotates slowly", ("cap",), ("turntable",)),
        ("a vase that doesn't fall or break", ("fall", "break"), ()),
        ("a vase and not a plate falls", ("plate", "fall"), ()),
    ],
)
def test_what_a_relative_clause_denies_ends_before_what_the_thing_does(prompt, without, actions):
    scene = read(prompt)
    assert scene.without == without
    assert tuple(action.name for action in scene.actions) == actions


@pytest.mark.parametrize(
    "prompt",
    [
        "eine Flasche ohne Deckel dreht sich langsam",
        "une bouteille sans bouchon tourne lentement",
        "una botella sin tapa gira lentamente",
        "キャップなしのボトルがゆっくり回転する",
        "蓋のない瓶がゆっくり回る",
    ],
)
def test_what_a_thing_is_without_ends_before_what_it_does_in_other_languages_too(prompt):
    scene = read(prompt)
    assert (scene.without, scene.fallback, scene.words.ignored) == (("cap",), False, ())
    assert [action.name for action in scene.actions] == ["turntable"]


@pytest.mark.parametrize(
    ("prompt", "left_off"),
    [
        ("a bottle without a cap", True),
        ("a jar without a lid", True),
        ("a cup without a lid", True),
        ("a can without a lid", False),
        ("a bottle with a red cap and a jar without a lid", False),
    ],
)
def test_a_cap_that_can_be_left_off_is_obeyed(prompt, left_off):
    """What of a can's lid is denied is told as ignored: it has one all the same."""
    scene = read(prompt)
    assert (scene.words.ignored == ()) == left_off


@pytest.mark.parametrize(
    "prompt", ["a street at night, nobody around", "A beach with nobody", "A forest and nobody there"]
)
def test_a_place_where_nobody_is_said_to_be_is_no_stand_in(prompt):
    scene = read(prompt)
    assert (scene.family, scene.fallback) == ("establishing", False)
    assert "nobody" in scene.words.understood


def test_people_are_denied_in_japanese():
    scene = read("人のいない浜辺")
    assert (scene.family, scene.fallback, scene.without) == ("establishing", False, ("people",))
