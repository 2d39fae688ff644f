import pytest

from render.engines.world import lexicon, light, materials, shot
from render.engines.world.families import FAMILIES, parts
from render.engines.world.lexicon import TRAITS, Family, parse
from render.engines.world.places import PLACES
from render.engines.world.places.floors import FLOORS
from render.engines.world.sound.ambience import AMBIENCES

COMMON = lexicon.load().common


def test_a_family_is_a_module_with_words():
    assert {"basketball", "ocean", "product", "objects"} <= set(FAMILIES)
    assert set(FAMILIES) <= set(lexicon.names())


@pytest.mark.parametrize(
    ("trait", "known"),
    [
        ("colours", materials.COLOURS),
        ("materials", materials.MATERIALS),
        ("settings", PLACES),
        ("floors", FLOORS),
        ("materials", parts.STUFFS),
        ("light", light.LIGHTS),
        ("framing", {str(framing) for framing in shot.Framing}),
        ("angle", {str(angle) for angle in shot.Angle}),
        ("move", {str(move) for move in shot.Move}),
        ("sounds", AMBIENCES),
    ],
)
def test_what_common_words_mean_is_known_to_the_stage(trait, known):
    meanings = COMMON.meanings(trait)
    assert {*meanings.same, *meanings.near} <= set(known)


def test_families_stand_in_places_that_there_are():
    for name, family in lexicon.load().families.items():
        assert set(family.settings) <= set(PLACES), name


@pytest.mark.parametrize("trait", TRAITS)
def test_a_word_of_a_trait_means_one_thing(trait):
    meanings = COMMON.meanings(trait)
    words = [word for table in (meanings.same, meanings.near) for row in table.values() for word in row]
    assert sorted(words) == sorted(set(words))


def test_what_spares_a_thing_denies_what_happens_to_it():
    for name, family in lexicon.load().families.items():
        assert set(family.spared.values()) <= set(family.happens), name


def test_words_that_yaml_takes_for_something_else_stay_words():
    family = parse("{title: T, words: {no: 1}, shown: [off, on, 3, Null]}".replace("Null", "null"), Family, source="f")
    assert family.shown == ("off", "on", "3", "null")
    assert family.words == {"no": 1.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("words: {ball: 1}", "f.yaml is not valid: title: Field required"),
        ("{title: T, words: {ball: much}}", "words.ball: Input should be a valid number"),
        ("{title: T, words: {ball: -1}}", "words.ball: Input should be greater than or equal to 0"),
        ("{title: T, words: {Ball: 1}}", "'Ball' must be a word or a phrase in lower case"),
        ("{title: T, words: {}, show: [a]}", "show: Extra inputs are not permitted"),
        ("{title: T, words: {}, honours: [smell]}", "honours.0: Input should be 'colours', 'materials'"),
        ("{title: T, title: U, words: {}}", "the key 'title' stands twice"),
        ("{title: &a T, words: *a}", "it holds an alias"),
        ("[", "it is not YAML"),
        pytest.param("[" * 100_000, "it is not YAML", id="nests too deeply"),
        ("{? [a]: T, words: {}}", "a key is not text"),
        ("title: T\n---\nwords: {}", "it holds more than one document"),
        ("- a", "it must be keys with values"),
    ],
)
def test_a_fault_of_a_file_is_named(text, said):
    with pytest.raises(ValueError, match=r"The lexicon's f\.yaml") as raised:
        parse(text, Family, source="f.yaml")
    assert said in str(raised.value)


def test_hyphens_count_as_spaces():
    assert "free throw" in lexicon.load().families["basketball"].words
    assert parse("{title: T, words: {Free-Throw: 1}}".lower(), Family, source="f").words == {"free throw": 1.0}


@pytest.mark.parametrize("name", FAMILIES)
def test_what_depends_on_other_words_names_what_there_is(name):
    family = lexicon.load().families[name]
    known = {*family.subjects.values(), *family.actions.values(), *family.settings, *family.shown, *family.near}
    assert {*family.needs, *family.unless, *family.one} <= known
    assert {*family.counted} <= {*family.subjects.values()}
    assert all(1 <= least <= most <= max(family.most, 2) for least, most in family.counted.values())
    assert {other for others in (*family.needs.values(), *family.unless.values()) for other in others} <= known
    assert {kind for group in family.first for kind in group} <= {*family.subjects.values()}


@pytest.mark.parametrize("name", FAMILIES)
def test_what_depends_on_other_words_names_a_thing_or_what_it_does_and_not_both(name):
    family = lexicon.load().families[name]
    rules = (*family.needs.items(), *family.unless.items())
    named = {word for word, others in rules for word in (word, *others)}
    kinds, actions = {*family.subjects.values()}, {*family.actions.values()}
    assert not named & kinds & actions
    assert not named & {*family.settings} & (kinds | actions)
