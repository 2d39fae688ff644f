"""Rain and snow fall on any outdoor stage, lie on what stands there, and leave what is indoors alone."""

from dataclasses import replace

import numpy as np
import pytest

from render.engines.world import families, geometry, places
from render.engines.world.materials import MATERIALS, Pattern
from render.engines.world.places import cover, weather
from render.engines.world.scene import Action, Scene
from render.engines.world.stage import Shape, Solid

OUTDOORS = ("yard", "street", "park", "forest", "beach", "desert", "meadow", "court")
STILL = None


def stage(family="objects", **asked):
    return families.build(Scene(family=family, **asked), seed=3, seconds=1.0)


def names(made):
    return [each.name for each in made.particles]


@pytest.mark.parametrize(("asked", "falls"), [("rain", "rain"), ("storm", "rain"), ("snow", "snow")])
@pytest.mark.parametrize("family", ["objects", "basketball", "cloth", "dominoes", "lake"])
def test_it_falls_in_every_family_outdoors(family, asked, falls):
    assert names(stage(family, weather=asked)).count(falls) == 1
    assert falls not in names(stage(family))


@pytest.mark.parametrize("setting", ["room", "gym", "workshop", "studio"])
@pytest.mark.parametrize("asked", ["rain", "snow", "storm"])
def test_indoors_nothing_falls_and_nothing_is_wet(setting, asked):
    made = stage("dominoes", setting=setting, weather=asked)
    assert not made.particles
    assert made.ground == stage("dominoes", setting=setting).ground


def test_a_family_that_is_at_home_indoors_goes_out_into_the_snow():
    assert stage("dominoes").light.indoors
    assert not stage("dominoes", weather="snow").light.indoors


def test_what_falls_goes_with_the_wind_and_a_storm_blows_it_flatter():
    slopes = []
    for asked in ("rain", "storm"):
        made = stage(weather=asked)
        (rain,) = (each.emit(STILL) for each in made.particles if each.name == "rain")
        going = rain(1.0).velocities
        drops = going[going[:, 2] < -2.0]
        assert np.dot(drops[:, :2].mean(0), made.wind[:2]) > 0
        slopes.append(float(np.hypot(*drops[:, :2].mean(0)) / -drops[:, 2].mean()))
    assert slopes[1] > 1.5 * slopes[0]


def test_a_downpour_is_more_than_rain_and_that_more_than_a_drizzle():
    def rate(*actions, asked="rain"):
        return weather.rate(Scene(family="rainfall", weather=asked, actions=tuple(Action(name=a) for a in actions)))

    assert rate("drizzle") < rate() < rate("pour") == rate(asked="storm")


@pytest.mark.parametrize("name", OUTDOORS)
def test_rain_darkens_the_ground_and_makes_it_shine(name):
    dry, wet = stage(setting=name), stage(setting=name, weather="rain")
    assert sum(wet.ground.base) < sum(dry.ground.base)
    assert wet.ground.gloss > dry.ground.gloss


def test_a_hard_ground_holds_puddles_and_a_lawn_does_not():
    for name, holds in (("street", True), ("yard", True), ("park", False), ("meadow", False)):
        solids = stage(setting=name, weather="rain").solids
        assert any(solid.name.startswith("puddle") for solid in solids) == holds


@pytest.mark.parametrize("name", OUTDOORS)
def test_snow_lies_on_the_ground(name):
    made = stage(setting=name, weather="snow")
    assert made.ground.pattern == Pattern.SNOW
    assert stage(setting=name).ground.pattern != Pattern.SNOW


def test_snow_lies_on_what_is_level_and_not_on_what_is_steep():
    plank = Solid(
        name="plank", shape=Shape.BOX, size=(1.0, 0.2, 0.1), substance="wood", material=MATERIALS["wood"], touches=False
    )
    _, layer = cover.snowed(replace(plank, look=geometry.box((1.0, 0.2, 0.1))))
    assert layer.material == cover.SNOW
    heights = layer.look.vertices[:, 2]
    assert heights.min() == pytest.approx(0.1)
    assert 0.1 + 0.5 * cover.DEPTH < heights.max() < 0.1 + 2 * cover.DEPTH
    assert not layer.touches
    wall = geometry.move(geometry.lathe([(0.3, 0.0), (0.3, 1.0)]), (0, 0, 0))
    assert len(cover.snowed(replace(plank, look=wall))) == 1


def test_what_moves_stays_dry():
    made = stage("basketball", weather="rain", setting="park")
    fair = stage("basketball", setting="park")
    ball = [next(s for s in each.solids if s.launch is not None).material for each in (made, fair)]
    assert ball[0] == ball[1]


def test_puddles_lie_on_a_yards_paving_and_not_in_it():
    solids = stage(setting="yard", weather="rain").solids
    paving = next(solid for solid in solids if solid.name == "yard")
    top = paving.position[2] + paving.size[2]
    assert all(top < s.position[2] < top + 0.01 for s in solids if s.name.startswith("puddle"))


@pytest.mark.parametrize(
    ("asked", "glints"),
    [
        ({}, True),
        ({"light": "sunset"}, True),
        ({"light": "night"}, False),
        ({"weather": "storm"}, False),
        ({"light": "overcast"}, False),
    ],
)
def test_the_sea_glints_only_in_the_sun(asked, glints):
    (surf,) = (each.emit(STILL) for each in stage(setting="beach", **asked).particles if each.name == "surf")
    assert any((puffs.opacity[puffs.glow > 0] > 0.1).any() for puffs in map(surf, (0.0, 0.5, 1.0))) == glints


def test_puddles_differ_by_the_seed():
    one, other = (
        [s.position for s in cover.puddles(MATERIALS["asphalt"], 0.0, np.random.default_rng(seed))] for seed in (1, 2)
    )
    assert one != other


def test_lamps_of_a_place_are_on_its_stage():
    place = places.build(
        "street", scene=Scene(family="objects", light="night"), rng=np.random.default_rng(1), clearing=3
    )
    assert stage(setting="street", light="night").lamps or not place.lamps


@pytest.mark.parametrize("setting", ["yard", "court", "street", "beach"])
def test_no_layer_of_snow_buries_what_stands_on_the_ground(setting):
    for solid in stage("dominoes", setting=setting, weather="snow").solids:
        if solid.name.startswith("snow on") and not solid.turn[3]:
            low, high = (
                np.array(solid.position) + part for part in (solid.look.vertices.min(0), solid.look.vertices.max(0))
            )
            here = (low[:2] < 0).all() and (high[:2] > 0).all()
            assert not (here and high[2] < 0.5), solid.name


def test_no_snow_stays_on_the_sea():
    sea = next(solid for solid in stage("dominoes", setting="beach", weather="snow").solids if solid.name == "sea")
    assert sea.material != cover.SNOW
