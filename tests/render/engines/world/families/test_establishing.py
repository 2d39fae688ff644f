"""A place by itself: when it is shown, what it claims, and what stirs there."""

from dataclasses import replace

import numpy as np
import pytest

from render.engines.world import camera, families, places
from render.engines.world.families import establishing
from render.engines.world.lexicon import load
from render.engines.world.reading import read
from render.engines.world.scene import Scene


def stage(prompt, seed=1, seconds=6.0):
    return families.build(read(prompt), seed=seed, seconds=seconds)


@pytest.mark.parametrize(
    ("prompt", "setting"),
    [
        ("A drone shot over a pine forest at dawn", "forest"),
        ("Traffic in a city street at dusk", "street"),
        ("A beautiful desert in the golden hour, slow motion", "desert"),
        ("An empty room at night", "room"),
        ("Waves roll onto a sandy beach", "beach"),
        ("No people, a quiet park in the fog", "park"),
        ("A video of a meadow", "meadow"),
    ],
)
def test_a_place_where_nothing_else_happens_is_shown_by_itself(prompt, setting):
    scene = read(prompt)
    assert (scene.family, scene.setting, scene.fallback) == ("establishing", setting, False)
    assert not scene.words.ignored


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("A woman walks her dog in the park", "woman"),
        ("People in a park", "people"),
        ("Fireworks over a city at night", "fireworks"),
        ("A gymnast in a gym", "gymnast"),
        ("Establishing shot of a dragon over a castle", "dragon"),
    ],
)
def test_where_more_is_asked_for_the_place_is_a_stand_in(prompt, asked):
    scene = read(prompt)
    assert (scene.family, scene.fallback) == ("establishing", True)
    assert asked in scene.words.ignored


@pytest.mark.parametrize(
    ("prompt", "family"),
    [
        ("A can on a green field", "product"),
        ("Two red balls fall in a park", "objects"),
        ("Waves crash against rocks on a beach", "ocean"),
        ("A flag waves on the beach", "cloth"),
        ("A car drives through a city street", "vehicles"),
        ("A rainy street", "rainfall"),
    ],
)
def test_what_happens_at_a_place_goes_before_the_place(prompt, family):
    assert read(prompt).family == family


@pytest.mark.parametrize(
    ("prompt", "ignored"),
    [("An empty gym", "empty"), ("Pine trees in a desert", "pine"), ("Grass in a desert", "grass")],
)
def test_what_a_place_does_not_have_is_not_claimed(prompt, ignored):
    assert ignored in read(prompt).words.ignored


def test_the_traffic_passes_before_the_camera_one_by_one_from_both_sides():
    vehicles = [
        s for s in stage("Traffic in a city street").solids if s.name.startswith("vehicle") and "'" not in s.name
    ]
    assert len(vehicles) == 2
    passes = []
    for vehicle in vehicles:
        launch = vehicle.launch
        x, y, _ = launch.position
        assert np.sign(launch.velocity[0]) == -np.sign(x)
        assert np.sign(y) == np.sign(x)
        passes.append(launch.time - x / launch.velocity[0])
    assert passes == pytest.approx([establishing.FIRST, establishing.FIRST + establishing.EVERY], abs=0.01)


@pytest.mark.parametrize("prompt", ["An empty street", "A street without cars", "A park"])
def test_nothing_drives_where_nothing_shall(prompt):
    assert not any(solid.name.startswith("vehicle") for solid in stage(prompt).solids)


@pytest.mark.parametrize("denied", ["cars", "traffic", "parked cars"])
def test_a_street_is_left_without_cars_and_is_else_the_same(denied):
    scene = read(f"A street with no {denied}")
    assert scene.words.ignored == ()
    empty, full = (
        places.build("street", scene=one, rng=np.random.default_rng(1), clearing=4.0)
        for one in (scene, replace(scene, without=()))
    )
    cars = {solid.name for solid in full.solids if solid.name.startswith("car ")}
    assert cars
    assert not cars & {solid.name for solid in empty.solids}
    trees = [{solid.name for solid in one.solids if "tree" in solid.name} for one in (empty, full)]
    assert trees[0] == trees[1]


def test_a_long_clip_has_a_bounded_number_of_vehicles():
    named = {solid.name.split("'")[0] for solid in stage("City traffic", seconds=60.0).solids}
    assert sum(name.startswith("vehicle") for name in named) <= 5 * establishing.MOST
    assert f"vehicle {establishing.MOST + 1}" not in named


@pytest.mark.slow
@pytest.mark.parametrize("setting", [*load().families["establishing"].settings, ""])
def test_every_place_is_seen_from_within_it_and_the_camera_moves(setting):
    for seed in (1, 2, 3):
        built = families.build(Scene(family="establishing", setting=setting), seed=seed, seconds=2.0)
        assert built.shot.move in {"push", "dolly"}
        assert np.isfinite(built.shot.points).all()
        stirs = {each.name for each in built.particles}
        assert setting not in establishing.FALLS or "leaves" in stirs


def test_a_beach_is_seen_from_near_the_water_that_stays_before_the_camera():
    for seed in range(6):
        built = families.build(Scene(family="establishing", setting="beach"), seed=seed, seconds=4.0)
        [foam] = [solid for solid in built.solids if solid.name == "foam"]
        ways = foam.look.vertices[np.abs(foam.look.vertices[:, 0]) < 8.0]
        eye = camera.planned(built.shot).eye
        assert 3.0 < ways[:, 1].min() - eye[1] < 20.0


def test_a_drone_sees_more_land_than_a_camera_on_the_ground():
    def wide(prompt):
        points = stage(prompt).shot.points
        return points[:, 0].max() - points[:, 0].min()

    assert wide("A drone shot over a forest") > 3 * wide("A forest")
    assert wide("A drone shot over a city street") == wide("A city street")


def test_fog_is_seen_and_hides_neither_from_above_nor_from_the_ground_what_is_shown():
    def thickness(prompt):
        built = stage(prompt)
        return built.light.haze * camera.planned(built.shot).depth(built.shot.points)

    for prompt in ("A drone shot over a foggy forest", "A foggy forest", "A city street in thick fog"):
        assert 0.2 < thickness(prompt) <= establishing.THICKEST + 1e-9
    assert thickness("A drone shot over a desert") < 0.1


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("A packed stadium", ("packed", "stadium")),
        ("A football stadium full of fans at night", ("football stadium", "full", "fan", "night")),
        ("The crowd in a packed stadium roars", ("crowd", "packed", "stadium", "roar")),
        ("An empty stadium", ("empty", "stadium")),
    ],
)
def test_a_stadium_is_shown_with_its_goal_and_its_crowd(prompt, words):
    scene = read(prompt)
    assert (scene.family, scene.setting) == ("establishing", "stadium")
    assert scene.words.understood == words
    names = [solid.name for solid in families.build(scene, seed=1, seconds=2).solids]
    assert "crossbar" in names
    assert any(name.startswith("spectators") for name in names) == ("empty" not in words)


@pytest.mark.parametrize("who", ["fans", "supporters", "spectators", "people"])
def test_a_stadium_is_empty_of_whomever_a_prompt_denies(who):
    stage = families.build(read(f"A football stadium without {who}"), seed=1, seconds=2)
    assert not any(solid.name.startswith("spectators") for solid in stage.solids)
