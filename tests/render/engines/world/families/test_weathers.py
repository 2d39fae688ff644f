"""Families that are weather or fire: each shows what it is named for, wherever it stands, and varies by seed."""

import numpy as np
import pytest

from render.engines.world import families
from render.engines.world.families import campfire
from render.engines.world.lexicon import load
from render.engines.world.particles import flame_height
from render.engines.world.reading import read
from render.engines.world.scene import Action, Scene, Subject

SHOWN = {"rainfall": ["rain"], "snowfall": ["snow"], "leaves": ["leaves"], "campfire": ["smoke", "fire"]}
OF_PLACES = frozenset({"surf"})


def stage(family, seed=1, **asked):
    return families.build(Scene(family=family, **asked), seed=seed, seconds=2.0)


@pytest.mark.parametrize(
    ("prompt", "family", "setting", "weather"),
    [
        ("rain falls on a street at night", "rainfall", "street", "rain"),
        ("heavy rain in a park", "rainfall", "park", ""),
        ("snow falls gently in a forest at dusk", "snowfall", "forest", "snow"),
        ("a blizzard in a snowfield", "snowfall", "snowfield", ""),
        ("autumn leaves blow across a park in the wind", "leaves", "park", "wind"),
        ("a campfire burns in a forest at night, smoke rises", "campfire", "forest", ""),
        ("a bonfire on a beach", "campfire", "beach", ""),
        ("a basketball bounces off the rim in a park in the rain", "basketball", "park", "rain"),
        ("a basketball bounces in a park in the rain", "objects", "park", "rain"),
        ("a flag in a storm", "cloth", "", "storm"),
        ("dominoes fall in the snow", "dominoes", "", "snow"),
        ("heavy rain over a pond", "lake", "", "rain"),
    ],
)
def test_prompts_are_read(prompt, family, setting, weather):
    scene = read(prompt)
    assert (scene.family, scene.setting, scene.weather) == (family, setting, weather)
    assert not scene.fallback
    assert scene.words.share > 0.65


@pytest.mark.slow
@pytest.mark.parametrize("family", SHOWN)
def test_each_shows_what_it_is_named_for_in_every_place_it_knows(family):
    for setting in ("", *load().families[family].settings):
        shown = [each.name for each in stage(family, setting=setting).particles]
        assert [name for name in shown if name not in OF_PLACES] == SHOWN[family], setting


@pytest.mark.parametrize("family", SHOWN)
def test_a_seed_makes_one_take_and_another_seed_another(family):
    one, same, other = stage(family), stage(family), stage(family, seed=2)
    assert one.shot.azimuth == same.shot.azimuth != other.shot.azimuth
    clouds = [each.particles[-1].emit(None)(1.0).positions for each in (one, same, other)]
    assert np.array_equal(clouds[0], clouds[1])
    assert clouds[0].shape != clouds[2].shape or not np.array_equal(clouds[0], clouds[2])


@pytest.mark.parametrize("family", ["rainfall", "snowfall"])
def test_it_falls_once_whether_or_not_the_prompt_names_the_weather(family):
    falls = {"rainfall": "rain", "snowfall": "snow"}[family]
    other = {"rainfall": "snow", "snowfall": "rain"}[family]
    for weather in ("", falls, other):
        assert [each.name for each in stage(family, weather=weather).particles] == [falls]


def test_a_blizzard_blows_harder_than_a_quiet_snowfall():
    quiet, hard = (stage("snowfall", actions=actions) for actions in ((), (Action(name="storm"),)))
    assert np.hypot(*hard.wind[:2]) > 2.5 * np.hypot(*quiet.wind[:2])


def test_leaves_take_their_number_their_colour_and_the_strength_of_their_wind_from_the_prompt():
    made = stage("leaves", subjects=(Subject(kind="leaf", count=40, colours=("red",)),))
    puffs = made.particles[0].emit(None)(1.0)
    assert len(puffs.positions) == 40
    assert (puffs.colours[:, 0] > 5 * puffs.colours[:, 1]).all()
    winds = [np.hypot(*stage("leaves", actions=(Action(name=name),)).wind[:2]) for name in ("fall", "blow", "swirl")]
    assert winds == sorted(winds)


def test_a_campfire_lights_what_is_near_from_within_its_flame_and_stands_in_a_ring_of_stones():
    made = stage("campfire", setting="forest")
    (lamp,) = made.lamps
    assert lamp.flicker is not None
    assert 0.1 < lamp.position[2] < 1.35 * flame_height(1.2 * campfire.KILOWATTS, 0.4)
    away = [np.hypot(*s.position[:2]) for s in made.solids if s.name.startswith("stone ")]
    assert len(away) > 9
    assert np.ptp(away) < 0.15 * np.mean(away)
    assert [each.cracks is not None for each in made.particles] == [False, True]


def test_a_bonfire_that_is_large_burns_higher():
    tops = [
        np.mean([np.percentile(made(time).positions[:420, 2], 90) for time in np.arange(0, 2, 0.1)])
        for size in (0.65, 1.5)
        for made in [stage("campfire", subjects=(Subject(kind="fire", size=size),)).particles[1].emit(None)]
    ]
    assert tops[1] > 1.4 * tops[0]
