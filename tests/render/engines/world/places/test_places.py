import dataclasses
import itertools
import re

import numpy as np
import pytest

from render.engines.world import families, physics, places, reading
from render.engines.world.light import LIGHTS
from render.engines.world.materials import Material
from render.engines.world.scene import Scene, Subject
from render.engines.world.shot import Shot
from render.engines.world.sound.ambience import AMBIENCES
from render.engines.world.stage import Launch, Shape, Solid
from render.engines.world.tracer.soup import mesh_of, turned

SHOT = Shot(points=np.zeros((1, 3)), azimuth=-90, elevation=10)


def build(name, *, seed=1, clearing=3.0, **asked):
    rng = np.random.default_rng(seed)
    return places.build(name, scene=Scene(family="objects", **asked), rng=rng, clearing=clearing)


def bytes_of(place):
    looks = [solid.look.vertices.tobytes() for solid in place.solids if solid.look is not None]
    return (
        [dataclasses.replace(solid, look=None) for solid in place.solids],
        looks,
        place.ground,
        place.light,
        place.wind,
    )


@pytest.mark.parametrize("name", places.PLACES)
class TestEachPlace:
    @pytest.mark.parametrize("clearing", [0.4, 3.0, 12.0])
    def test_it_keeps_the_clearing_free(self, name, clearing):
        for solid in build(name, clearing=clearing).solids:
            pose = np.array((*solid.position, *solid.turn[1:], solid.turn[0]), np.float32)
            points = turned(mesh_of(solid).vertices, pose)
            high = points[points[:, 2] > 0.02]
            if len(high) and solid.touches:
                # The middle of a wall's triangle may be nearer than its corners: the box about it must be out as well.
                assert np.hypot(*high[:, :2].T).min() > clearing * 0.9, solid.name
                low, top = high.min(0), high.max(0)
                gap = np.maximum(np.maximum(low[:2], -top[:2]), 0)
                assert np.hypot(*gap) > clearing * 0.6, solid.name

    def test_the_same_seed_gives_the_same_place_and_another_another(self, name):
        assert bytes_of(build(name)) == bytes_of(build(name))
        assert bytes_of(build(name)) != bytes_of(build(name, seed=2))

    def test_it_stands_in_every_light_and_weather(self, name):
        for light, weather in zip(LIGHTS, itertools.cycle(["", "rain", "snow", "fog", "wind", "storm"]), strict=False):
            place = build(name, light=light, weather=weather)
            assert max(place.light.sun) > 0
            assert np.isfinite(place.wind).all()

    def test_physics_and_sound_know_all_that_it_names(self, name):
        place = build(name)
        names = [solid.name for solid in place.solids]
        assert len(set(names)) == len(names)
        assert set(place.ambience) <= set(AMBIENCES)
        ball = Solid(
            name="ball",
            shape=Shape.SPHERE,
            size=(0.1,),
            substance="rubber",
            material=Material(),
            launch=Launch(time=0.0, position=(0.0, 0.0, 0.5)),
        )
        stage = place.stage(shot=SHOT, solids=[ball])
        motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=20, fps=20)
        met = {contact.first for contact in motion.contacts} | {contact.second for contact in motion.contacts}
        assert met == {"ball", "floor"}

    def test_a_stage_of_it_holds_what_it_holds(self, name):
        place = build(name)
        stage = place.stage(shot=SHOT, ambience=("shore",))
        assert stage.solids == place.solids
        assert stage.light is place.light
        assert stage.ambience == ("shore",)


def test_a_place_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"no place 'moon'.*studio.*yard"):
        build("moon")


def test_fog_thickens_the_air_and_hides_the_sun():
    fair, fog = build("yard"), build("yard", weather="fog")
    assert fog.light.haze > 5 * fair.light.haze
    assert max(fog.light.sun) < 0.6 * max(fair.light.sun)


def test_wind_blows_harder_in_a_storm_and_not_at_all_indoors():
    speeds = [np.hypot(*build("yard", weather=weather).wind[:2]) for weather in ("", "wind", "storm")]
    assert speeds == sorted(speeds)
    assert speeds[0] < 3 < speeds[1]
    assert build("studio", setting="studio", weather="storm").wind == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("name", sorted(set(places.PLACES) - {"alley", "gym"}))
def test_the_hour_changes_the_light_indoors_too(name):
    lights = {hour: build(name, light=hour).light for hour in ("day", "golden hour", "dawn", "blue hour", "night")}
    assert len({(light.sun, light.ambient) for light in lights.values()}) == len(lights)
    warm, plain = lights["golden hour"].sun, lights["day"].sun
    assert warm[0] / warm[2] > plain[0] / plain[2]


def test_rooms_light_lamps_by_night():
    day, night = build("room").light, build("room", light="night").light
    assert sum(night.ambient) < 0.6 * sum(day.ambient)
    assert night.sun[0] > night.sun[2]


@pytest.mark.parametrize("name", ["room", "workshop"])
def test_a_lamp_lights_what_happens_in_a_room_and_leaves_the_rest_dark(name):
    day, night = build(name), build(name, light="night")
    assert day.evening is None
    assert night.evening is not None
    low, high = (night.evening.lamp(np.array(((0.0, 0.0, 0.0), (0.1, 0.1, top)))) for top in (0.3, 3.0))
    assert low.position[2] < 2.7 < high.position[2]
    assert sum(high.colour) > sum(low.colour)
    assert sum(night.light.sun) < 0.3 * sum(day.light.sun)
    assert sum(night.light.ambient) < 0.2 * sum(day.light.ambient)


@pytest.mark.parametrize(
    "prompt",
    ["A perfume bottle on a table in a room at night", "Balls fall on crates in a workshop at night"],
)
def test_a_room_s_lamp_hangs_over_what_happens(prompt):
    stage = families.build(reading.read(prompt), seed=1, seconds=3.0)
    (lamp,) = stage.lamps
    assert lamp.position[2] > stage.shot.points[:, 2].max()


def test_a_studio_s_paper_is_dark_by_night_and_what_stands_before_it_is_lit():
    day, night = build("studio", clearing=0.5), build("studio", clearing=0.5, light="night")
    assert sum(night.ground.base) < 0.2 * sum(day.ground.base)
    assert sum(night.light.horizon) < 0.1 * sum(day.light.horizon)
    assert sum(night.light.sun) > 0.4 * sum(day.light.sun)


@pytest.mark.parametrize(("colour", "light", "dark"), [("white", 1.2, 3.0), ("black", 0.0, 0.4), ("blue", 0.3, 1.2)])
def test_a_studio_s_paper_has_the_backdrop_s_colour(colour, light, dark):
    asked = (Subject(kind="can", colours=("red",)), Subject(kind="backdrop", colours=(colour,)))
    paper = build("studio", clearing=0.5, subjects=asked).ground.base
    assert light <= sum(paper) <= dark
    if colour == "blue":
        assert paper[2] > 2 * paper[0]


def test_street_lamps_shine_in_the_dark_and_only_then():
    assert build("street").lamps == ()
    lamps = build("street", light="night").lamps
    assert len(lamps) >= 3
    assert all(lamp.hooded and lamp.position[2] > 5 for lamp in lamps)
    bowls = [solid for solid in build("street", light="night").solids if solid.name.endswith("bowl")]
    for lamp in lamps:
        gaps = [np.abs(turned(bowl.look.vertices, pose_of(bowl)) - lamp.position).max(1).min() for bowl in bowls]
        assert min(gaps) < 0.4


def pose_of(solid):
    return np.array((*solid.position, *solid.turn[1:], solid.turn[0]), np.float32)


@pytest.mark.parametrize("name", ["desert", "snowfield"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_sky_stands_over_dunes_and_slopes(name, seed):
    land = next(solid for solid in build(name, seed=seed).solids if solid.name in {"dunes", "slopes"})
    x, y, z = land.look.vertices.T
    assert np.degrees(np.arctan2(z - 0.6, np.hypot(x, y))).max() < 5


def test_breakers_come_to_the_beach_and_each_time_looks_the_same_again():
    (surf,) = build("beach").particles
    cloud = surf.emit(None)
    one, later = cloud(1.0), cloud(2.0)
    assert np.array_equal(cloud(1.0).positions, one.positions)
    foam = (one.glow == 0) & (one.opacity > 0.3) & (later.opacity > 0.3)
    assert foam.sum() > 100
    assert np.abs(later.positions - one.positions)[foam].max(1).mean() > 0.05


def test_the_sea_reaches_the_horizon_so_that_no_sand_is_seen_beyond_it():
    sea = next(solid for solid in build("beach").solids if solid.name == "sea")
    points, eye, pixel = mesh_of(sea).vertices, 8.0, 0.001
    assert eye / points[:, 1].max() < pixel
    assert eye / np.abs(points[:, 0]).max() < pixel


def test_spectators_move():
    stage = build("gym").stage(shot=SHOT)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=24, fps=12)
    people = [lane for lane, name in enumerate(motion.names) if name.startswith("fan ")]
    assert len(people) > 3
    assert (np.ptp(motion.poses[:, people, :3], axis=0).max(1) > 0.02).all()
    assert not motion.contacts


def test_stands_are_empty_and_quiet_where_nobody_may_be():
    empty = build("gym", without=("crowd",))
    assert empty.ambience == ("gym",)
    assert not [solid for solid in empty.solids if solid.name.startswith(("fan ", "spectators"))]


def test_a_workshop_is_a_bench_for_small_things_and_a_floor_for_large_ones():
    small, large = build("workshop", clearing=0.4), build("workshop", clearing=3.0)
    assert small.ground_substance == "hardwood"
    assert large.ground_substance == "ground"
    bench = next(solid for solid in large.solids if solid.name == "bench")
    assert bench.look.vertices[:, 2].max() == pytest.approx(0.94, abs=0.02)


@pytest.mark.parametrize("name", places.PLACES)
def test_no_scenery_bears_the_name_of_what_families_move(name):
    """What moves is told from what stands still by its name, and a contact's thing is found by it."""
    taken = re.compile(r"floor|(ball|block|crate|box|can|marble|domino|pin|brick|weight|bob|flag|net)( \d+)?")
    place = build(name, floor="sand", setting=name)
    assert not [solid.name for solid in place.solids if taken.fullmatch(solid.name)]


def test_a_stadium_s_stands_rise_round_the_pitch_and_no_two_rows_of_people_are_alike():
    crowd = [solid for solid in build("stadium").solids if solid.name.startswith("spectators")]
    points = np.concatenate([solid.look.vertices for solid in crowd])
    away = points[:, :2] - (-52.5, 0.0)
    assert len(np.unique(np.degrees(np.arctan2(away[:, 1], away[:, 0])) // 15)) == 24
    assert (np.maximum(np.abs(away[:, 0]) - 52.5, np.abs(away[:, 1]) - 34.0) > 3.0).all()
    assert np.ptp(points[:, 2]) > 8.0
    assert len({solid.material for solid in crowd}) > 20
    assert sum(len(solid.look.faces) for solid in crowd) < 600_000


def test_some_of_a_stadium_s_spectators_stand_among_the_others_and_move():
    place = build("stadium")
    crowd = place.crowd
    count = len(crowd.bounds)
    assert 40 < count < 160
    stand = place.stage(shot=SHOT).crowd
    assert stand is crowd
    for dress in crowd.dresses:
        off = np.linalg.norm(dress.mesh.vertices - crowd.bounds[dress.who, :3], axis=1)
        assert (off <= crowd.bounds[dress.who, 3]).all()
    worn = np.concatenate([np.unique(dress.who) for dress in crowd.dresses])
    # Trousers, a shirt, skin and hair.
    assert (np.bincount(worn) == 4).all()
    moved = np.stack([crowd.shifts(time, ()) for time in np.arange(0, 2, 0.05)])
    assert (np.ptp(moved, axis=0).max(1) > 0.02).all()
    assert (moved[..., 2].max(0) > 0.02).mean() > 0.3


def test_a_stadium_is_empty_where_nobody_may_be_and_lit_by_its_masts_in_the_dark():
    empty = build("stadium", without=("people",))
    assert empty.ambience == ("yard",)
    assert not [solid for solid in empty.solids if solid.name.startswith("spectators")]
    assert empty.crowd is None
    full = build("stadium", light="night")
    assert full.ambience == ("stadium",)
    assert max(full.light.sun) > 2 * max(LIGHTS["night"].sun)
    assert next(solid for solid in full.solids if solid.name == "floodlights 1").material.glow > 1


def test_a_forest_at_dawn_is_green_under_a_warm_sky():
    dawn = build("forest", light="dawn").light
    assert dawn.horizon[2] > dawn.horizon[0]
    assert dawn.zenith[0] > 1.5 * LIGHTS["dawn"].zenith[0]


def test_a_storm_s_clouds_are_dark_and_blue_over_a_lighter_edge_of_the_sky():
    storm = build("meadow", weather="storm").light
    assert sum(storm.horizon) > 1.8 * sum(storm.zenith)
    assert storm.zenith[2] > 1.2 * storm.zenith[0]
    assert storm.horizon[0] > storm.horizon[2]
