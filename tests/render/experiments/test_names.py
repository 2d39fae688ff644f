import re

from hypothesis import given
from hypothesis import strategies as st

from render.experiments import names

SAFE = re.compile(r"[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*")
TEXT = st.text(max_size=80) | st.sampled_from(
    ["a b", "a-b", "A-B", "con", "NUL", "", "東京", "é", "e", "..", "../x", "a/b"]
)


def test_a_slug_reads_like_its_text_and_ends_at_a_word():
    assert names.slug("A café, at Zürich!") == "A-cafe-at-Zurich"
    assert names.slug("one " * 20) == "-".join(["one"] * 12)
    assert names.slug("x" * 300) == "x" * names.LONGEST
    assert names.slug("東京") == ""


def test_names_that_differ_at_their_ends_keep_them():
    kick = "A soccer player kicks a ball into the goal"
    assert [names.slug_with_end(f"{kick}-{style}") for style in ("realistic", "cinematic", "anime")] == [
        "A-soccer-player-kicks-a-ball-into-goal-realistic",
        "A-soccer-player-kicks-a-ball-into-goal-cinematic",
        "A-soccer-player-kicks-a-ball-into-the-goal-anime",
    ]
    assert names.slug_with_end("x" * 300) == f"{'x' * 31}-{'x' * 16}"


def test_plain_names_stay_as_they_are():
    assert names.alone("spring_campaign") == "spring_campaign"
    assert names.unique({name: names.slug(name) for name in ("A", "B", "control")}) == {
        "A": "A",
        "B": "B",
        "control": "control",
    }


@given(st.sets(TEXT, max_size=12))
def test_names_are_safe_short_and_differ_on_any_file_system(texts):
    for named in (
        names.unique({text: names.slug(text) for text in texts}),
        names.unique({text: names.slug_with_end(text) for text in texts}),
        {text: names.alone(text) for text in texts},
    ):
        assert named.keys() == texts
        assert len({name.casefold() for name in named.values()}) == len(texts)
        for name in named.values():
            assert SAFE.fullmatch(name)
            assert len(name) <= names.LONGEST + 65
            assert name.casefold() not in {"con", "nul", "aux", "prn"}


def test_a_name_does_not_depend_on_the_order_of_its_neighbours():
    one = names.unique({"a b": "a-b", "a-b": "a-b", "c": "c"})
    other = names.unique({"c": "c", "a-b": "a-b", "a b": "a-b"})
    assert one == other
