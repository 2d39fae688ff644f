import contextlib
import dataclasses
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.engines.world.families import FAMILIES
from render.engines.world.lexicon import load
from render.engines.world.reading import document, phrases, read
from render.engines.world.reading.meaning import honours, is_seen
from render.engines.world.scene import Action, CameraWish, Scene, Subject, Words

LEXICON = load()
COMMON = LEXICON.common
WORDS = sorted({*phrases.known_anywhere(), *COMMON.stop, *COMMON.negations, "after two seconds", '"Off: no"', ","})


PRINTABLE = st.characters(exclude_categories=["C", "Z"]) | st.just(" ")


def listed(items, **sizes):
    return st.lists(items, **sizes).map(tuple)


@st.composite
def scenes(draw):
    """Any scene that some family can show."""
    name = draw(st.sampled_from(FAMILIES))
    family = LEXICON.families[name]
    text = st.text(PRINTABLE, max_size=20)
    scale = st.floats(0.05, 20)
    kinds = st.sampled_from(["", *sorted(set(family.subjects.values()))])

    def one_of(trait):
        return st.sampled_from(["", *sorted(COMMON.meanings(trait).values)])

    colour = st.sampled_from(sorted(COMMON.colours.values))

    def subject(kind, room):
        least, most = family.limits(kind)
        most = min(most, room)

        def of(trait, values, otherwise):
            return values if is_seen(family, kind, trait) else st.just(otherwise)

        return st.builds(
            Subject,
            kind=st.just(kind),
            count=of("counts", st.none() | st.integers(least, most) if least <= most else st.none(), None),
            colours=of("colours", listed(colour, max_size=1 if kind in family.plain else 3), ()),
            material=of("materials", one_of("materials"), ""),
            size=of("sizes", scale, 1.0),
            speed=of("speeds", scale, 1.0),
        )

    subjects: list[Subject] = []
    chosen = draw(st.lists(kinds, max_size=3, unique=True))
    for kind in [kind for kind in chosen if not any(kind in family.parts.get(whole, ()) for whole in chosen)]:
        subjects.append(draw(subject(kind, family.most - sum(other.count or 0 for other in subjects))))
    actions = sorted(set(family.actions.values()))
    action = st.builds(Action, name=st.sampled_from(actions or [""]), subject=kinds, at=st.none() | st.floats(0, 60))
    return Scene(
        family=name,
        fallback=draw(st.booleans()),
        setting=draw(st.sampled_from(["", *family.settings])),
        subjects=tuple(subjects),
        actions=draw(listed(action, max_size=3)) if actions else (),
        camera=CameraWish(framing=draw(one_of("framing")), angle=draw(one_of("angle")), move=draw(one_of("move"))),
        tempo=draw(scale),
        light=draw(st.sampled_from(sorted(COMMON.light.values))) if honours(family, "light") else "day",
        weather=draw(one_of("weather")),
        mood=draw(one_of("mood")) if honours(family, "mood") else "",
        title=draw(text),
        without=draw(listed(text, max_size=2)),
        others=draw(listed(text, max_size=3)),
    )


@settings(deadline=None)
@given(scenes())
def test_a_scene_comes_back_from_its_document(scene):
    assert document.parse(document.dump(scene)) == scene


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join) | st.text(max_size=200))
def test_what_a_prompt_asks_for_comes_back_without_its_words(prompt):
    scene = read(prompt)
    assert document.parse(document.dump(scene)) == replace(scene, words=Words())


@settings(deadline=None)
@given(
    st.text(max_size=100)
    | st.sampled_from(["family: objects\n", "subjects: [", "a: &a b"]).flatmap(
        lambda start: st.text(max_size=40).map(lambda rest: start + rest)
    )
)
def test_any_text_is_a_scene_or_says_what_is_wrong(text):
    with contextlib.suppress(document.SceneError):
        assert document.parse(text).family in FAMILIES


def test_a_document_says_only_what_is_asked_for():
    text = document.dump(read("two red balls fall at sunset, no people"))
    assert "camera" not in text
    assert "words" not in text
    assert text.startswith("family: objects\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("family: moon", "family: there is no 'moon' here; use one of "),
        ("light: day", "family: it is missing"),
        ("{family: objects, colour: red}", "colour: there is no such key; known here are family, fallback"),
        (
            "{family: objects, subjects: [{kind: ball, hue: red}]}",
            "subjects.0.hue: there is no such key; known here are kind",
        ),
        (
            "{family: objects, subjects: [{kind: car}]}",
            "subjects.0.kind: there is no 'car' here; use one of ball, basketball, beach ball, block",
        ),
        ("{family: objects, subjects: [{kind: ball, count: x}]}", "subjects.0.count: input should be a valid integer"),
        ("{family: objects, subjects: [{kind: ball, count: 99}]}", "subjects.0.count: 99 is not from 1 to 18"),
        ("{family: objects, subjects: [{kind: ball, colours: [ruby]}]}", "subjects.0.colours: there is no 'ruby' here"),
        ("{family: objects, subjects: {kind: ball}}", "subjects: input should be a valid tuple"),
        ("{family: objects, actions: [{name: fly}]}", "actions.0.name: there is no 'fly' here"),
        ("{family: objects, camera: {move: fly}}", "camera.move: there is no 'fly' here; use one of crane, dolly"),
        ("{family: objects, tempo: nan}", "tempo: nan is not from 0.05 to 20"),
        ("{family: objects, light: green}", "light: there is no 'green' here; use one of blue hour"),
        ("{family: objects, words: {ignored: [a]}}", "words: they tell of a prompt"),
        ("{family: bowling, label: A}", "label: bowling does not show it; leave it out"),
        (
            "{family: product, subjects: [{kind: table}, {kind: phone}], title: A, label: B}",
            "label: nothing of it is seen on 'phone' in product; leave it out",
        ),
        ('{family: objects, title: "a\\tb"}', "title: it is longer than 4000 characters or holds a control character"),
        ("{family: objects, family: ocean}", "the key 'family' stands twice"),
        ("[", "it is not YAML"),
        ("family: objects\n" + "#" * 20_000, "longer than 20,000 characters"),
    ],
)
def test_a_fault_names_its_key_and_what_may_stand_there(text, said):
    with pytest.raises(document.SceneError) as raised:
        document.parse(text)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{family: cradle, subjects: [{kind: ball, count: 1}]}", "0.count: 1 is not from 2 to 9"),
        ("{family: seesaw, subjects: [{kind: ball, count: 3}]}", "0.count: 3 is not 1"),
        ("{family: seesaw, subjects: [{kind: crate, count: 16}]}", "0.count: 16 is not from 1 to 6"),
        ("{family: ramp, subjects: [{kind: ramp, count: 30}]}", "0.count: 30 is not from 1 to 5"),
        ("{family: breaking, subjects: [{kind: pane, count: 5}]}", "0.count: 5 is not 1"),
        ("{family: stack, subjects: [{kind: wrecking ball, count: 9}]}", "0.count: 9 is not 1"),
        (
            "{family: stack, subjects: [{kind: wrecking ball, material: glass}]}",
            "0.material: nothing of it is seen on 'wrecking ball' in stack; leave it out",
        ),
        (
            "{family: cradle, subjects: [{kind: backdrop, material: glass}]}",
            "0.material: nothing of it is seen on 'backdrop' in cradle; leave it out",
        ),
        (
            "{family: objects, subjects: [{kind: ball, size: 2}]}",
            "0.size: nothing of it is seen on 'ball' in objects; leave it out",
        ),
        (
            "{family: objects, subjects: [{kind: '', size: 2}]}",
            "0.size: nothing of it is seen in objects; leave it out",
        ),
        (
            f"{{family: objects, subjects: [{', '.join(['{kind: ball, count: 18}'] * 400)}]}}",
            "subjects: 7200 of 'ball' are not from 1 to 18",
        ),
        (
            "{family: objects, subjects: [{kind: ball, count: 12}, {kind: crate, count: 12}]}",
            "subjects: 24 things are more than the 18 that objects can show",
        ),
        (
            f"{{family: seesaw, subjects: [{', '.join(['{kind: stone}'] * 7)}]}}",
            "subjects: 7 of 'stone' are not from 1 to 6",
        ),
        (
            "{family: stack, subjects: [{kind: tower, colours: [red]}, {kind: block, colours: [blue]}]}",
            "0.colours: each 'block' has its own; leave it out",
        ),
        (
            "{family: cloth, subjects: [{kind: sheet, colours: [red]}, {kind: sheet, colours: [blue]}]}",
            "subjects: 'sheet' shows one colour only in cloth; name one",
        ),
        ("{family: bowling, mood: calm}", "mood: bowling does not show it; leave it out"),
        ("{family: bowling, light: night}", "light: bowling does not show it; leave it out"),
        ("{family: ocean, floor: sand}", "floor: ocean does not show it; leave it out"),
    ],
)
def test_what_would_not_be_shown_is_refused(text, said):
    with pytest.raises(document.SceneError) as raised:
        document.parse(text)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "{family: cradle, subjects: [{kind: ball, count: 2}]}",
        "{family: cloth, subjects: [{kind: curtain, count: 2, colours: [red]}]}",
        "{family: stack, subjects: [{kind: block, count: 1}, {kind: block, count: 4}]}",
        "{family: seesaw, subjects: [{kind: crate, count: 3, size: 2}, {kind: crate, count: 3, material: steel}]}",
        "{family: product, subjects: [{kind: bottle, material: glass}, {kind: backdrop, colours: [red]}]}",
    ],
)
def test_what_can_be_shown_is_not_refused(text):
    document.parse(text)


def test_all_faults_are_told_at_once():
    with pytest.raises(document.SceneError, match=r"tempo: .*; light: "):
        document.parse("{family: objects, tempo: 99, light: green}")


def test_every_field_of_a_scene_but_the_words_can_be_written():
    names = {field.name for field in dataclasses.fields(Scene)} - {"words"}
    filled = Scene(
        family="objects", fallback=True, setting="s", floor="f", subjects=(Subject(kind=""),),
        actions=(Action(name="a"),),
        camera=CameraWish(move="pan"), tempo=0.5, light="night", weather="rain", mood="calm", sounds=("a",), title="T",
        label="L", without=("w",), others=("o",), words=Words(understood=("u",)),
    )  # fmt: skip
    assert {line.split(":")[0] for line in document.dump(filled).splitlines() if line[0].isalpha()} == names
