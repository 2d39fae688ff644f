"""Briefs: a template and factors become rows, or an error that says what to change."""

from __future__ import annotations

import contextlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render import manifest
from render.errors import BriefError, ManifestError

FACTORS = {"thing": {"cup": "A red cup", "box": "A blue box"}, "style": ["realistic", "anime"]}


def test_factors_are_crossed() -> None:
    table = manifest.expand(
        {"experiment": "e", "prompt": "{thing} falls", "factors": FACTORS, "defaults": {"seconds": 2}}
    )
    assert table.select(["experiment", "variant", "prompt", "style", "seconds", "thing"]).to_pylist() == [
        {
            "experiment": "e",
            "variant": f"{name}-{style}",
            "prompt": f"{text} falls",
            "style": style,
            "seconds": 2.0,
            "thing": name,
        }
        for name, text in FACTORS["thing"].items()
        for style in FACTORS["style"]
    ]


def test_factors_are_zipped_and_name_the_experiment() -> None:
    brief = {"experiment": "{thing}", "prompt": "{thing} in {style}", "factors": FACTORS, "combine": "zip"}
    table = manifest.expand(brief)
    assert table["experiment"].to_pylist() == ["cup", "box"]
    assert table["variant"].to_pylist() == ["realistic", "anime"]
    assert table["prompt"].to_pylist() == ["A red cup in realistic", "A blue box in anime"]


def test_literal_rows_are_taken_as_they_stand() -> None:
    rows = [
        {"variant": 1, "prompt": "{not a placeholder}", "seconds": "long"},
        {"prompt": "", "seconds": 3, "extra": [1]},
    ]
    table = manifest.expand({"experiment": "e", "rows": rows})
    assert table["prompt"].to_pylist() == ["{not a placeholder}", ""]
    assert table["seconds"].to_pylist() == ["long", "3"]
    assert table["variant"].to_pylist() == ["1", None]
    assert table["extra"].to_pylist() == [None, "[1]"]


@pytest.mark.parametrize("name", ["scene", "shots", "negative_prompt"])
def test_a_factor_of_the_prompt_that_would_fill_a_column_without_words_is_refused(name: str) -> None:
    """Else every row would be quarantined for a scene that its author never meant to give."""
    brief = {"prompt": f"{{{name}}}, at dawn", "factors": {name: ["A sailing boat", "A red ball"]}}
    with pytest.raises(BriefError, match=f"Factor '{name}' would fill the manifest's column {name}, .* Rename"):
        manifest.expand(brief)
    filled = manifest.expand(brief | {"prompt": "A boat", "variant": "v"})
    assert filled[name].to_pylist() == ["A sailing boat", "A red ball"]


def test_columns_that_fit_have_the_contracts_type() -> None:
    table = manifest.expand({"prompt": "p", "defaults": {"width": 640, "seed": 1, "deadline": "2026-12-01", "note": 5}})
    assert table.schema.field("width").type == pa.int32()
    assert table.schema.field("deadline").type == pa.timestamp("us", tz="UTC")
    assert table.schema.field("note").type == pa.string()


def test_a_prompt_may_itself_be_the_factor() -> None:
    table = manifest.expand({"experiment": "e", "factors": {"prompt": {"a": "One", "b": "Two"}}})
    assert (table["variant"].to_pylist(), table["prompt"].to_pylist()) == (["a", "b"], ["One", "Two"])


@pytest.mark.parametrize(
    ("brief", "told"),
    [
        ({}, "gives no row"),
        ({"promt": "x"}, "unknown key 'promt'. Is prompt meant"),
        ({"prompt": "x", "seconds": 4}, "write it under defaults"),
        ({"prompt": "{thing}"}, "no factor"),
        ({"prompt": "{a", "factors": {"a": [1]}}, "brace"),
        ({"prompt": "{a.b}", "factors": {"a": [1]}}, "plain placeholders"),
        ({"prompt": "{a!r}", "factors": {"a": [1]}}, "plain placeholders"),
        ({"prompt": "{a:>9}", "factors": {"a": [1]}}, "plain placeholders"),
        ({"prompt": "{}", "factors": {"a": [1]}}, "plain placeholders"),
        ({"factors": {"a": [1]}}, "no prompt"),
        ({"prompt": ["x"]}, "must be text"),
        ({"prompt": {"colour": None}}, 'in quotes, such as prompt: "{style}"'),
        ({"prompt": "x", "factors": {"a": []}}, "at least one"),
        ({"prompt": "x", "factors": {"a": "b"}}, "needs a list"),
        ({"prompt": "x", "factors": {"variant": ["b"]}}, "cannot be called"),
        ({"prompt": "x", "factors": {"a b": ["b"]}}, "cannot be called"),
        ({"prompt": "x", "factors": ["a"]}, "factors must be a mapping"),
        ({"prompt": "x", "factors": {"a": [1], "b": [1, 2]}, "combine": "zip"}, "a 1, b 2"),
        ({"prompt": "x", "combine": "mix"}, "cross or zip"),
        ({"prompt": "x", "defaults": {"prompt": "y"}}, "does not belong in defaults"),
        ({"rows": {"a": 1}}, "rows must be a list"),
        ({"rows": ["a"]}, "Row 0 of rows"),
        ({"prompt": "x", "factors": {name: list(range(100)) for name in "abc"}}, "1,000,000 rows"),
        ({"prompt": "\ud800"}, "surrogate"),
        (
            {"prompt": "p", "factors": {f"f{i}": ["a", "b"] for i in range(15_000)}},
            "gives over a thousand million million rows, more than 100,000",
        ),
    ],
)
def test_what_is_wrong_with_a_brief_is_said(brief: dict[str, Any], told: str) -> None:
    with pytest.raises(BriefError, match=told):
        manifest.expand(brief)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prompt: [", "not valid YAML"),
        ("prompt: a\nprompt: b", "stands twice, again in line 2"),
        ("factors:\n\tcolour: [red]", "line 2, column 1: a tab. Indent by spaces"),
        ("prompt: A title: the ball", "line 1, column 16: a colon too many. Put text that holds a colon in quotes"),
        ("prompt: {colour} ball", "in quotes"),
        ("prompt: !!python/object/apply:os.system [ls]", "not valid YAML"),
        ("prompt: a\n---\nprompt: b", "one YAML document"),
        ("", "is empty"),
        ("- a", "must be a mapping"),
        ("prompt: " + "[" * 5000, "YAML"),
        (
            "a: &a [x, x]\n"
            + "\n".join(f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}]" for a, b in pairwise("abcdefghijk")),
            "aliases",
        ),
        ("#" + "x" * (1 << 20), "longer"),
        ("a: [" + "[], " * 60_000, r"more than 50,000 values\. Make it a manifest"),
        ("prompt: a\n" + "---\n" * 100_000, "one YAML document"),
        ("defaults: {a: &a " + "x" * 100_000 + ", b: [" + "*a, " * 200 + "]}", "characters. Use fewer aliases"),
        ("rows:\n" + "".join(f" - {{c{i}: 1}}\n" for i in range(1_001)), "1,002 columns.* Leave out"),
        *(
            (f"prompt: p\ndefaults: {{seconds: {value}}}", "line 2, column 21: this does not fit its type")
            for value in ('!!int ""', "!!int x", '!!float ""', "!!bool x", "!!timestamp x", "!!set [a]", "!!int -")
        ),
        ("prompt: 0x" + "f" * 10_000, "line 1, column 9: this does not fit its type, int"),
        ("seed: " + "9" * 10_000, "line 1, column 7: this does not fit its type, int"),
    ],
)
def test_what_is_wrong_with_its_yaml_is_said(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(text)
    with pytest.raises(BriefError, match=told):
        manifest.expand(path)


def test_words_and_numbers_are_what_they_look_like(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(
        "prompt: '{country} {shape} {on}'\n"
        "factors: {country: [no, de], shape: [16:9, 9:16], on: [yes, 010]}\n"
        "defaults: {seconds: 1.5, width: 320}\n"
    )
    table = manifest.expand(path)
    assert table["prompt"].to_pylist()[:3] == ["no 16:9 yes", "no 16:9 010", "no 9:16 yes"]
    assert table["seconds"][0].as_py() == 1.5
    assert table["width"][0].as_py() == 320


def test_a_brief_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="no such file"):
        manifest.expand(tmp_path / "b.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BriefError, match="UTF-8"):
        manifest.expand(tmp_path / "b.yaml")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
factors = st.dictionaries(
    st.sampled_from(["a", "b", "style", "seed"]), st.lists(st.text(max_size=5), min_size=1, max_size=3), max_size=3
)


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(["experiment", "variant", "prompt", "defaults", "factors", "combine", "rows"]), values
    )
)
def test_no_brief_ends_in_a_traceback(brief: dict[str, Any]) -> None:
    with contextlib.suppress(BriefError):
        assert manifest.expand(brief).num_rows > 0


@settings(max_examples=40)
@given(factors, st.lists(st.dictionaries(st.sampled_from(["prompt", "seconds", "own"]), values), max_size=3))
def test_expansion_is_complete_and_deterministic(factors: dict[str, list[str]], rows: list[dict[str, Any]]) -> None:
    brief = {"experiment": "e", "prompt": "p", "factors": factors, "rows": rows}
    table = manifest.expand(brief)
    expected = len(rows)
    count = 1
    for levels in factors.values():
        count *= len(levels)
    assert table.num_rows == expected + count
    assert manifest.to_bytes(table) == manifest.to_bytes(manifest.expand(brief))


@pytest.mark.parametrize(
    "brief",
    [
        {"prompt": "{a}" * 100_000, "factors": {"a": ["x" * 400_000]}},
        {"prompt": "{a}{b}", "factors": {"a": ["x" * 200_000], "b": list(range(90_000))}},
        {"prompt": "{b}", "defaults": {"negative_prompt": "x" * 500_000}, "factors": {"b": list(range(90_000))}},
        {"defaults": {"negative_prompt": "x" * 500_000}, "rows": [{"prompt": "p"}] * 10_000},
    ],
    ids=["one long row", "a long level", "a long default", "a long default of rows"],
)
def test_a_brief_that_stands_for_a_flood_of_text_is_refused(brief: dict[str, Any]) -> None:
    with pytest.raises(BriefError, match="would hold more than"):
        manifest.expand(brief)


def test_dates_may_name_what_they_stand_for(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text("""
prompt: "{day}"
factors: {day: {2026-01-01: New Year}}
defaults: {tags: {2026-01-01: holiday, !!binary aGk=: greeting}}
rows: [{prompt: {2026-12-24: Eve}}]
""")
    first, second = manifest.expand(path).to_pylist()
    assert first["variant"] == "2026-01-01"
    assert first["tags"] == second["tags"] == [("2026-01-01", "holiday"), ("6869", "greeting")]
    assert second["prompt"] == '{"2026-12-24": "Eve"}'


def test_a_set_keeps_the_order_in_which_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text("rows: [{prompt: p, tags: !!set {e, d, c, b, a, f, g}}]")
    [row] = manifest.expand(path).to_pylist()
    assert [name for name, _ in row["tags"]] == list("edcbafg")
