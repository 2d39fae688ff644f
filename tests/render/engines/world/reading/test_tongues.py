"""Which language a prompt is in, and what is made of those that have a dictionary."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from render.engines.world import lexicon
from render.engines.world.reading import phrases, read, tongues
from render.engines.world.reading.reader import language
from render.engines.world.reading.text import take_apart


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("Ein rotes Auto fährt im Regen durch die Stadt", "de"),
        ("Rotes Auto im Regen", "de"),
        ("Une voiture rouge roule dans la rue sous la pluie", "fr"),
        ("Tres cajas de madera caen en el parque", "es"),
        ("Een rode fiets rijdt door de stad", "nl"),
        ("赤い車が雨の中を走る", "ja"),
        ("海岸の夕日", "ja"),
        ("東京駅前の車", "ja"),
        ("红色的汽车在雨中行驶", "zh"),
        ("A neon sign in the street says ラーメン", ""),
        ("Красная машина едет", "ru"),
        ("A red car drives down a street in the rain", ""),
        ("A de luxe bottle on a turntable", ""),
        ("Die hard", ""),
        ("", ""),
        ("123 ... #ff6600", ""),
    ],
)
def test_the_language_is_told(prompt, code):
    assert language(prompt) == code


def test_every_english_prompt_of_the_lexicon_is_english():
    for word in phrases.known_anywhere():
        assert language(word) == "", word


@pytest.mark.parametrize(
    "prompt",
    ["basketball", "orange basketball, park", "gold vase, wind", "see", "rose", "perfume", "soda", "Skateboard, park"],
)
def test_a_word_that_english_shares_speaks_for_no_other_language(prompt):
    assert language(prompt) == ""


def test_such_a_word_is_understood_and_not_approximated():
    words = read("An orange basketball in a park").words
    assert "basketball" in words.understood
    assert read("orange basketball, park").words == read("orange basketball in a park").words


def test_nor_does_it_speak_against_one():
    assert language("Ein Ball im Park, Wind") == "de"
    assert language("Une vase orange dans le studio") == "fr"


@pytest.mark.parametrize(
    ("prompt", "english"),
    [
        ("Ein rotes Auto fährt im Regen durch die Stadt", "A red car drives in the rain through the city"),
        (
            "Drei blaue Bälle fallen auf einen Holzboden, Zeitlupe",
            "Three blue balls fall on a wooden floor, slow motion",
        ),
        ("Ein Fußball trifft den Pfosten, ohne Menschen", "A football hits the post, without people"),
        ("Une bouteille de parfum tourne sur un plateau", "A perfume bottle rotates on a turntable"),
        ("Une balle rouge tombe sur le sable", "A red ball falls on sand"),
        ("Ein roter Ball fällt auf Sand", "A red ball falls on sand"),
        ("Trois ballons rouges tombent sur la plage", "Three red balls fall on the beach"),
        ("Tres cajas de madera caen en el parque", "Three wooden crates fall in the park"),
        ("Un coche azul corre por el desierto al atardecer", "A blue car drives through the desert at sunset"),
        ("赤い車が雨の中を走る", "A red car drives in the rain"),
        ("海の波が岩に砕ける、夕暮れ", "Ocean waves crash on rocks, sunset"),
    ],
)
def test_it_is_read_as_its_english_would_be_and_says_so(prompt, english):
    scene, wanted = read(prompt), read(english)
    assert (scene.family, scene.subjects, scene.light, scene.weather, scene.tempo, scene.setting, scene.floor) == (
        wanted.family,
        wanted.subjects,
        wanted.light,
        wanted.weather,
        wanted.tempo,
        wanted.setting,
        wanted.floor,
    )
    assert [action.name for action in scene.actions] == [action.name for action in wanted.actions]
    assert scene.words.share == wanted.words.share
    assert not scene.words.understood
    assert all(" → " in word for word in scene.words.approximated)


@pytest.mark.parametrize(
    ("prompt", "kinds", "without"),
    [
        ("Ohne Regen ein Auto", ["car"], ("rain",)),
        ("Sans pluie une voiture roule", ["car"], ("rain",)),
        ("Sin lluvia un coche azul", ["car"], ("rain",)),
        ("Ein Ball ohne Regen und Schnee", ["ball"], ("rain", "snow")),
    ],
)
def test_a_negation_ends_before_an_article(prompt, kinds, without):
    scene = read(prompt)
    assert [subject.kind for subject in scene.subjects] == kinds
    assert scene.without == without
    assert scene.weather == ""


def test_and_keeps_colours_of_one_thing_together():
    first, second = read("Eine Kiste, rote und blaue Bälle").subjects
    assert (first.colours, len(second.colours)) == ((), 2)
    ball, crate = read("Un ballon rouge et bleu sur une caisse").subjects
    assert (len(ball.colours), crate.colours) == (2, ())


@pytest.mark.parametrize(
    ("prompt", "weather", "kinds", "without"),
    [
        ("雪なし、赤い車", "", ["car"], ("snow",)),
        ("雨なしの街で車が走る", "", ["car"], ("rain",)),
        ("雪がなし、雨の中を赤い車が走る", "rain", ["car"], ("snow",)),
    ],
)
def test_a_japanese_negation_stands_behind_its_noun(prompt, weather, kinds, without):
    scene = read(prompt)
    assert (scene.weather, [subject.kind for subject in scene.subjects], scene.without) == (weather, kinds, without)
    assert scene.family == "vehicles"


def test_words_that_the_dictionary_lacks_are_ignored_as_the_prompt_has_them():
    words = read("Ein rotes Auto frisst einen Pfannkuchen").words
    assert words.approximated == ("rotes → red", "auto → car")
    assert words.ignored == ("frisst", "pfannkuchen")


@pytest.mark.parametrize("code", ["de", "fr", "es", "ja"])
def test_a_dictionary_leads_to_words_that_are_known(code):
    common = lexicon.load().common
    known = phrases.known_anywhere() | set(common.negations)
    assert not {english for english in tongues.known(code).values() if english not in known}
    assert len(tongues.known(code)) > 90


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(sorted({*tongues.known("de"), *tongues.known("fr"), *tongues.known("ja")}))
        | st.text(max_size=8)
    )
)
@example(["bleu", "\x08", "bleu"])
def test_any_mixture_is_put_into_tokens_in_order(words):
    tokens = take_apart(" ".join(words)).tokens
    for code in ("", "de", "fr", "ja"):
        made = tongues.english(tokens, code)
        assert [token.place for token in made] == list(range(len(made)))
        assert [token.clause for token in made] == sorted(token.clause for token in made)
