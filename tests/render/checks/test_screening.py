"""The sieve lets no text through that the policy would refuse, and most harmless ones."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.checks import policy
from render.checks.screening import Sieve
from render.model import Outcome, Row

DEFAULT = policy.load("default")
WORDS = ("behead*", "little girl*", "3d print*")


def held(*texts: str, phrases: tuple[str, ...] = WORDS) -> list[bool]:
    return Sieve(pa.array(texts, pa.string())).holding(phrases).tolist()


@pytest.mark.parametrize(
    "text",
    [
        "A beheading", "BEHEAD", "beheaded!", "a b3h34ding", "b e h e a d s", "béhèading", "bеhеаding",
        "be\u200bheading", "ｂｅｈｅａｄ", "behe@d", "little-girls", "little  girl", "LITTLE\nGIRL", "3D printing",
        "1ittle girl", "a 3-d little girl", "b.e.h.e.a.d", "lıttle girl beheaded", "beheadжed",
        "a little g\u0345rl",
    ],
)  # fmt: skip
def test_a_phrase_is_held_back_in_every_disguise(text):
    assert held(text) == [True]


def test_harmless_texts_pass():
    texts = ["A ball falls", "a little of girls", "unbeheaded", "4k and 60fps", "Füße im Straßenverkehr", "足球", ""]
    assert held(*texts) == [False] * len(texts)


def test_no_texts_and_no_phrases_hold_nothing():
    assert held() == []
    assert held("a behead", phrases=()) == [False]


PIECES = st.sampled_from(
    [
        *(
            "nude",
            "child",
            "BEHEAD",
            "b3h",
            "ead",
            "é",
            "ß",
            "\u200b",
            "1",
            "!",
            "*",
            "@",
            "$",
            "_",
            "-",
            " ",
            "\n",
            ".",
        ),
        *("how to", "tie a noose", "kill", "all", "jews", "ｋ", "к", "İ", "ﬀ", "ı", "K", "\u0301", "x", "a b c d"),
        *("glorif", "ж", "hitler", "\u0345", "snuff v", "deo", "encourag", "self harm", "ʼ", "ѕ"),
    ]
)
TEXTS = st.lists(PIECES | st.characters(exclude_categories=("Cs",)), max_size=12).map("".join)


@given(st.lists(TEXTS, max_size=8))
def test_what_the_policy_refuses_is_always_suspect(texts):
    suspect = policy.suspects(DEFAULT, pa.array(texts, pa.string())).to_pylist()
    for text, held_back in zip(texts, suspect, strict=True):
        verdict = policy.judge_prompt(DEFAULT, Row(row=0, experiment="e", variant="v", prompt=text))
        assert held_back or verdict.outcome is Outcome.PASS, text


def test_every_kind_of_row_is_judged_by_what_it_says():
    assert policy.suspects(DEFAULT, pa.array(["A nude toddler", "A toddler", "A nude statue"])).to_pylist() == [
        True, False, False
    ]  # fmt: skip
