"""A fingerprint changes with each thing that can change a pixel or a sample, and with nothing else."""

from dataclasses import replace

import as_tables
import pytest
import readable
from hypothesis import given
from hypothesis import strategies as st

from render.model import Row, Shot
from render.planning import forms
from render.planning.fingerprint import canonical, fingerprints

REVISIONS = {"engine_revision": "world-1", "media_revision": "media-1"}


def row(**changes: object) -> Row:
    return replace(Row(row=0, experiment="e", variant="a", prompt="A ball falls"), **changes)


def keys(*rows: Row, **revisions: str) -> list[str]:
    return _of(fingerprints, rows, revisions)


def texts(*rows: Row) -> list[str]:
    return _of(canonical, rows, REVISIONS)


def _of(function, rows, revisions) -> list[str]:
    table = as_tables.of_rows(rows)
    shapes = forms.of(table)
    engine_revisions = [revisions["engine_revision"]] * len(shapes.each)
    media_revision = revisions["media_revision"]
    return function(table, shapes, engine_revisions=engine_revisions, media_revision=media_revision).to_pylist()


def key(**changes: object) -> str:
    return keys(row(**changes), **REVISIONS)[0]


RELEVANT = {
    "prompt": "A ball rises",
    "negative_prompt": "people",
    "style": "anime",
    "duration_ms": 4001,
    "width": 642,
    "height": 362,
    "fps": 25,
    "seed": 1,
    "engine": "testcard",
    "scene": "family: objects",
    "shots": (Shot(prompt="x", duration_ms=1000),),
}
IRRELEVANT = {
    "row": 7,
    "experiment": "other",
    "variant": "b",
    "submitter": "me",
    "team": "us",
    "priority": 9,
    "deadline": "2027-01-01T00:00:00Z",
    "max_cost": 1.0,
    "policy": "strict",
    "tags": {"a": "b"},
}


def test_every_field_of_a_row_is_either_relevant_or_not():
    assert set(RELEVANT) | set(IRRELEVANT) | {"tags"} == set(Row.__dataclass_fields__)


@pytest.mark.parametrize("field", RELEVANT)
def test_each_relevant_field_changes_it(field):
    assert key(**{field: RELEVANT[field]}) != key()


@pytest.mark.parametrize("field", IRRELEVANT)
def test_no_other_field_changes_it(field):
    assert key(**{field: IRRELEVANT[field]}) == key()


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_revision_changes_it(revision):
    assert keys(row(), **(REVISIONS | {revision: "other"})) != [key()]


@pytest.mark.parametrize("change", [{"prompt": "p2"}, {"duration_ms": 1001}, {"camera": "wide"}])
def test_each_field_of_a_shot_changes_it(change):
    shot = Shot(prompt="p", duration_ms=1000)
    assert key(shots=(replace(shot, **change),)) != key(shots=(shot,))


def test_text_is_compared_in_nfc():
    assert key(prompt="café") == key(prompt="cafe\u0301")


def test_defaults_may_be_written_out_or_left_out():
    assert key(style="realistic", seed=0, engine="world", shots=()) == key()


def test_the_canonical_form_is_frozen():
    """A change of this hash makes every clip in every store new: raise VERSION and know why."""
    assert key() == "1805477f464ef615f88349f6775ff06803d110726b84afe12020827d92079097"


@given(st.text(min_size=1, max_size=40), st.integers(0, 2**31), st.integers(500, 60_000))
def test_it_is_a_pure_function_of_its_row(prompt, seed, duration_ms):
    changes = {"prompt": prompt, "seed": seed, "duration_ms": duration_ms}
    assert key(**changes) == key(**changes)
    assert len(key(**changes)) == 64


@given(st.text(max_size=20), st.text(max_size=20))
def test_text_never_runs_over_from_one_field_into_the_next(prompt, negative):
    assert (key(prompt=prompt, negative_prompt=negative) == key(prompt=prompt + negative)) == (negative == "")


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20) | st.sampled_from(
    ['"', "\\", "\n\x01\x7f", "e\u0301"]
)
ROWS = st.builds(
    Row,
    row=st.just(0),
    experiment=st.just("e"),
    variant=st.just("a"),
    prompt=TEXT,
    negative_prompt=TEXT,
    style=TEXT,
    engine=TEXT,
    scene=TEXT,
    seed=st.integers(0, 2**63 - 1),
    duration_ms=st.integers(1, 2**31 - 1),
    width=st.integers(1, 9),
    shots=st.lists(st.builds(Shot, prompt=TEXT, duration_ms=st.integers(1, 9), camera=TEXT), max_size=2).map(tuple),
)


@given(st.lists(ROWS, min_size=1, max_size=6))
def test_by_columns_it_is_what_it_is_by_rows(rows):
    assert [text.encode() for text in texts(*rows)] == [readable.canonical(one, **REVISIONS) for one in rows]
    assert keys(*rows, **REVISIONS) == [readable.fingerprint(one, **REVISIONS) for one in rows]
