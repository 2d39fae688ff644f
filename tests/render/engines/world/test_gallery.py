"""The gallery of examples/gallery.yaml shows all that the engine can."""

from __future__ import annotations

from pathlib import Path

import pytest

from render import manifest
from render.engines.world import families
from render.engines.world.reading import reader

GALLERY = Path(__file__).parents[4] / "examples" / "gallery.yaml"
LEAST_UNDERSTOOD = 0.75


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return manifest.expand(GALLERY).to_pylist()


def test_it_has_every_family_style_and_shape(rows):
    assert len(rows) >= 30
    assert {reader.read(row["prompt"]).family for row in rows} == set(families.FAMILIES)
    assert {row["style"] or "realistic" for row in rows} == {"realistic", "cinematic", "anime"}
    assert {(row["width"] > row["height"]) - (row["width"] < row["height"]) for row in rows} == {-1, 0, 1}


def test_every_prompt_but_the_stand_ins_is_understood(rows):
    for row in rows:
        scene = reader.read(row["prompt"])
        assert scene.fallback == (row["experiment"] == "stand_in"), row["prompt"]
        assert scene.fallback or scene.words.share >= LEAST_UNDERSTOOD, (row["prompt"], scene.words)
