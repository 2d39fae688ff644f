import re
from dataclasses import replace

import numpy as np
import pytest

from render.engines.world import families, places
from render.engines.world.families import flight
from render.engines.world.lexicon import load
from render.engines.world.reading import read
from render.engines.world.scene import BACKDROP, Scene, Subject


@pytest.mark.parametrize("family", families.FAMILIES)
def test_tempo_title_and_sounds_hold_for_every_family(family):
    scene = replace(read(""), family=family, fallback=False)
    plain = families.build(scene, seed=1, seconds=2.0)
    stage = families.build(replace(scene, tempo=0.5, title="SALE", sounds=("birds",)), seed=1, seconds=2.0)
    assert stage.tempo == plain.tempo * 0.5
    assert stage.title == "SALE"
    assert stage.ambience == (*plain.ambience, "birds")


@pytest.mark.parametrize(
    "prompt",
    [
        "A {} boat on the sea",
        "A {} pendulum swings",
        "A {} ball falls in a yard",
        "A {} car drives through a street",
        "A {} vase falls and breaks",
        "A {} flag in the wind",
        "A {} bottle on a turntable",
        "A {} shoe on a podium",
        "{} dominoes fall",
        "A {} ball rolls down a ramp",
        "A {} bowling ball hits the pins",
        "{} leaves in the wind",
    ],
)
def test_a_colour_changes_nothing_but_the_colour(prompt):
    """So that an A/B batch compares what it says it does, also with a prompt that names none."""

    def happens(colour):
        stage = families.build(read(prompt.format(colour)), seed=1, seconds=3.0)
        return stage.shot.azimuth, [(s.name, s.size, s.launch or s.position) for s in stage.solids], stage.waves

    assert happens("") == happens("red") == happens("blue")


def _names(solids):
    """Names of things without their numbers."""
    return {re.sub(r"[\d.]+", "", solid.name) for solid in solids}


def test_no_family_calls_a_thing_as_one_of_its_places_does(monkeypatch):
    """Names are unique in a stage: a see-saw's board and the hoarding of a gym once had the same one."""
    monkeypatch.setattr(flight, "turning_out", lambda *_, draw, **__: draw())

    def laid(name):
        seeds = (np.random.default_rng(seed) for seed in (1, 2))
        return set().union(
            *(_names(places.build(name, scene=Scene(family="objects"), rng=rng, clearing=3.0).solids) for rng in seeds)
        )

    there = {name: laid(name) for name in places.PLACES}
    for family in families.FAMILIES:
        settings = load().families[family].settings
        for own in settings[:1]:
            shown = families.build(Scene(family=family, setting=own), seed=1, seconds=1.0)
            mine = _names(shown.solids) - there[own]
            assert {name: mine & there[name] for name in settings if mine & there[name]} == {}, family


def test_slow_motion_shows_less_of_the_same_time():
    """The family lays out what the film shows: a quarter of the time holds fewer falls."""
    scene = read("balls fall")
    fast, slow = (families.build(replace(scene, tempo=tempo), seed=1, seconds=12.0) for tempo in (1.0, 0.25))
    launches = [max(solid.launch.time for solid in stage.solids if solid.launch) for stage in (fast, slow)]
    assert launches[1] < launches[0] / 2


PAINTED = ("basketball", "bowling", "breaking", "cloth", "cradle", "dominoes", "football", "objects", "stack", "tennis")


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        (family, kind)
        for family in PAINTED
        for kind in sorted({*load().families[family].subjects.values()} - {BACKDROP})
        if "colours" not in load().families[family].unseen.get(kind, ())
    ],
)
def test_a_colour_that_is_understood_is_seen(family, kind):
    def paints(*colours):
        scene = Scene(family=family, subjects=(Subject(kind=kind, colours=colours),))
        stage = families.build(scene, seed=3, seconds=1.5)
        return [(thing.name, thing.material.base, thing.material.accent) for thing in (*stage.solids, *stage.cloths)]

    assert paints("purple") != paints()
