import functools
import itertools

import numpy as np
import pytest

from render.engines.world import families, physics
from render.engines.world.families.bodywork import KINDS, paint
from render.engines.world.filming import film
from render.engines.world.materials import COLOURS
from render.engines.world.reading import read
from render.engines.world.scene import Action, CameraWish, Scene, Subject
from render.engines.world.shot import Move

FPS = 48


@functools.cache
def played(kind, action="", *, seed=1, seconds=2.0, setting="", **subject):
    scene = Scene(
        family="vehicles",
        subjects=(Subject(kind=kind, **subject),),
        actions=(Action(name=action),) if action else (),
        setting=setting,
    )
    stage = families.build(scene, seed=seed, seconds=seconds)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=round(seconds * FPS), fps=FPS)
    return stage, motion


def way(motion, name):
    """``[frames, 3]`` of a body."""
    return motion.poses[:, motion.names.index(name), :3].astype(float)


def turned(motion, wheel, frame):
    """``[3]``: the wheel's own x axis in the world."""
    x, y, z, w = motion.poses[frame, motion.names.index(wheel), 3:].astype(float)
    return np.array((1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)))


@pytest.mark.parametrize("kind", ["car", "truck", "skateboard"])
def test_wheels_roll_and_do_not_slide(kind):
    _, motion = played(kind, seconds=1.0)
    far = np.diff(way(motion, kind)[:, 0])
    spokes = np.array([turned(motion, f"{kind}'s wheel 1", frame) for frame in range(FPS)])
    steps = np.unwrap(np.arctan2(-spokes[:, 2], spokes[:, 0]), period=2 * np.pi)
    radius = KINDS[kind](paint((1, 1, 1))).wheel[0]
    per_frame = np.abs(np.diff(steps)) * radius
    whole = 2 * np.pi * radius
    slid = (per_frame - far + whole / 2) % whole - whole / 2
    assert np.abs(slid[2:]).max() < 0.02 * far.max() + 1e-3
    rubs = [rub for rub in motion.rubs if "floor" in (rub.first, rub.second)]
    assert len(rubs) == 2, "its front and its hind wheels"
    for rub in rubs:
        assert rub.slip[60:].mean() < 0.08 * rub.roll[60:].mean()
        assert rub.force[60:-5].std() < 0.1 * rub.force[60:-5].mean(), "they do not skip"


@pytest.mark.parametrize("kind", KINDS)
def test_it_stands_on_its_wheels(kind):
    _, motion = played(kind, seconds=1.0)
    height = way(motion, kind)[:, 2]
    assert np.ptp(height) < 0.02 * KINDS[kind](paint((1, 1, 1))).wheel[0] + 2e-3
    assert np.abs(way(motion, kind)[:, 1] - way(motion, kind)[0, 1]).max() < 0.05, "and goes straight on"


def test_the_camera_goes_along():
    stage, motion = played("car", seconds=2.0)
    cameras = film(stage, motion, wish=CameraWish(), style=Move.STATIC, aspect=16 / 9, frames=96, fps=FPS, seed=1)
    path = way(motion, "car")
    seen = np.array([camera.project(path[k : k + 1], 16 / 9)[0] for k, camera in enumerate(cameras)])
    assert np.abs(seen).max() < 0.6
    ends = path[48] + np.array(((-2.2, 0, 0), (2.2, 0, 0)))
    wide = np.ptp(cameras[48].project(ends, 16 / 9)[:, 0])
    assert 0.35 < wide < 1.6, "it is neither lost nor cut"


@pytest.mark.parametrize("kind", ["toy car", "wagon"])
def test_it_rolls_down_a_ramp_from_rest_and_on_over_the_floor(kind):
    _, motion = played(kind, "ramp", seconds=3.5)
    path, vehicle = way(motion, f"{kind} 1"), KINDS[kind](paint((1, 1, 1)))
    assert path[0, 2] > vehicle.middle + 0.6 * vehicle.long
    assert np.linalg.norm(path[1] - path[0]) * FPS < 0.5
    low = np.flatnonzero(path[:, 2] < 1.1 * vehicle.middle)
    assert len(low)
    assert path[:, 0].max() > vehicle.long
    assert path[: low[0], 2].max() == path[0, 2], "it never jumps"


@pytest.mark.parametrize("kind", ["toy car", "skateboard"])
@pytest.mark.parametrize("aspect", [16 / 9, 9 / 16])
def test_one_that_rolls_is_in_the_picture_to_the_end(kind, aspect):
    stage, motion = played(kind, "ramp", seconds=3.5)
    frames = len(motion.poses)
    (camera, *_) = film(
        stage, motion, wish=CameraWish(), style=Move.STATIC, aspect=aspect, frames=frames, fps=FPS, seed=1
    )
    lanes = [k for k, name in enumerate(motion.names) if name.startswith(kind) and "'" not in name]
    way = motion.poses[:, lanes, :3].astype(float)
    seen = np.array([np.abs(camera.project(spots, aspect)).max(axis=1) < 0.97 for spots in way])
    goes = np.linalg.norm(np.diff(way, axis=0), axis=2) > 0.02 / FPS
    assert (seen & motion.present[:, lanes]).any(axis=1).all()
    assert (seen[1:] & goes).any(axis=1).mean() > 0.9


@pytest.mark.parametrize("seed", range(3))
def test_a_skateboard_falls_off_its_ledge(seed):
    _, motion = played("skateboard", "ledge", seconds=2.5, seed=seed)
    path = way(motion, "skateboard 1")
    assert path[0, 2] > 0.35
    assert path[-1, 2] < path[0, 2] - 0.1
    assert any(contact.first == "floor" for contact in motion.contacts if "skateboard 1" in contact.second)


@pytest.mark.parametrize(("setting", "raised"), [("desert", 1), ("street", 0)])
def test_sand_flies_up_behind_it(setting, raised):
    stage, motion = played("truck", seconds=2.0, setting=setting)
    clouds = [each.emit(motion)(1.5) for each in stage.particles if each.name == "dust"]
    assert len(clouds) == raised
    for cloud in clouds:
        assert len(cloud.positions) > 100
        assert cloud.positions[:, 0].max() < way(motion, "truck")[72, 0]


def test_as_many_as_asked_in_their_colours_and_none_runs_into_another():
    scene = read("two blue vans and a white bus drive along a street")
    stage = families.build(scene, seed=1, seconds=2.0)
    names = [solid.name for solid in stage.solids if solid.launch]
    assert names == ["van", "bus 2", "van 3"]
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=48, fps=24)
    ways = [way(motion, name) for name in names]
    for one, two in itertools.combinations(ways, 2):
        gap = np.abs(one - two)
        assert ((gap[:, 0] > 8.0) | (gap[:, 1] > 2.6)).all()


@pytest.mark.parametrize("aspect", [16 / 9, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_two_are_seen_together(seed, aspect):
    stage = families.build(read("Two sports cars race along a street"), seed=seed, seconds=1.0)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=24, fps=24)
    cameras = film(stage, motion, wish=CameraWish(), style=Move.STATIC, aspect=aspect, frames=24, fps=24, seed=1)
    for name in ("car", "car 2"):
        for camera, spot in zip(cameras, way(motion, name), strict=True):
            ends = spot + np.array(((-2.2, 0.0, 0.0), (2.2, 0.0, 0.0)))
            assert np.abs(camera.project(ends, aspect)).max() < 1.0
    first, second = (cameras[12].project(way(motion, name)[12:13], 16 / 9)[0, 0] for name in ("car", "car 2"))
    assert abs(first - second) > 0.25, "neither hides the other"


@pytest.mark.parametrize("kind", ["car", "bus"])
def test_trees_of_a_forest_do_not_stand_on_the_way(kind):
    scene = read(f"A {kind} drives through a snowy forest")
    assert (scene.setting, scene.words.ignored) == ("forest", ())
    stage = families.build(scene, seed=2, seconds=8.0)
    trunks = np.array([solid.position for solid in stage.solids if "trunk" in solid.name])
    aside = max(abs(y) for _, y in KINDS[kind](paint((1, 1, 1))).axles)
    assert len(trunks) > 30
    assert np.abs(trunks[:, 1]).min() > 2 * aside
    assert (np.abs(trunks[:, 1]) < 25).sum() > 15, "but they stand along it"


def test_a_school_bus_is_yellow_unless_another_colour_is_asked_for():
    def colour(prompt):
        stage = families.build(read(prompt), seed=1, seconds=1.0)
        return next(solid.material.base for solid in stage.solids if solid.launch)

    assert colour("A school bus drives down a street") == COLOURS["yellow"]
    assert colour("A blue school bus drives down a street") == COLOURS["blue"]


@pytest.mark.parametrize(
    "prompt",
    [
        "A skateboarder attempts a kickflip",
        "A man rides a skateboard down the street",
        "A boy on a skateboard",
        "A girl skateboards in a park",
    ],
)
def test_who_stands_on_a_skateboard_is_not_shown_by_a_skateboard(prompt):
    scene = read(prompt)
    assert scene.family != "vehicles"
    assert scene.fallback


@pytest.mark.parametrize(
    ("prompt", "kind", "actions"),
    [
        ("A toy car rolls down a ramp", "toy car", {"ramp", "roll"}),
        ("A skateboard rolls off a ledge", "skateboard", {"ledge"}),
        ("A skateboard rolls down the street with nobody on it", "skateboard", {"roll"}),
        ("A truck drives through the desert and raises dust", "truck", {"roll"}),
    ],
)
def test_prompts_that_ask_for_it(prompt, kind, actions):
    scene = read(prompt)
    assert (scene.family, scene.fallback, scene.words.share) == ("vehicles", False, 1.0)
    assert scene.kinds == (kind,)
    assert {action.name for action in scene.actions} == actions


def test_a_long_clip_ends_before_the_street_does():
    stage, _ = played("car", seconds=40.0)
    car = next(solid for solid in stage.solids if solid.launch)
    assert abs(car.launch.position[0]) < 100
    assert abs(car.launch.position[0] + 40.0 * car.launch.velocity[0]) < 100


def test_a_toy_car_of_a_long_clip_stays_in_a_room():
    stage = families.build(Scene(family="vehicles", subjects=(Subject(kind="toy car"),)), seed=1, seconds=60.0)
    assert max(stage.room.size) < 12


def test_of_several_vehicles_the_largest_gives_the_place_and_the_slowest_the_pace():
    cast = (Subject(kind="toy car"), Subject(kind="truck"))
    stage = families.build(Scene(family="vehicles", subjects=cast), seed=1, seconds=2.0)
    assert "asphalt" in str(stage.ground_substance) or stage.ground_substance == "ground"
    assert stage.room is None or stage.room.open
    speeds = {solid.launch.velocity[0] for solid in stage.solids if solid.launch}
    assert max(speeds) == pytest.approx(1.1)


def test_each_of_five_cars_has_the_colour_that_is_named_for_it():
    scene = read("A red car, a blue car, a green car, a yellow car and a white car drive along the street")
    assert [subject.colours for subject in scene.subjects] == [
        (c,) for c in ("red", "blue", "green", "yellow", "white")
    ]
    assert read("Five cars: red, blue, green, yellow and white").count == 5


def driven(prompt):
    """Kinds of what drives, in order."""
    stage = families.build(read(prompt), seed=1, seconds=2.0)
    return [solid.name.rstrip(" 0123456789") for solid in stage.solids if solid.launch and not solid.rides]


def test_of_two_kinds_one_of_each_drives_beside_the_other():
    assert driven("Cars and buses drive along a city street")[:4] == ["car", "bus", "car", "bus"]


def test_in_traffic_others_drive_along():
    scene = read("A red car in the traffic of a city street")
    assert scene.words.ignored == ()
    found = driven("A red car in the traffic of a city street")
    assert found[0] == "car"
    assert len(found) == 5
    assert {"van", "bus"} < set(found)


def test_cars_race_on_the_turf_of_a_stadium():
    scene = read("Three cars race in a stadium")
    assert (scene.setting, scene.words.share) == ("stadium", 1.0)
    assert families.build(scene, seed=1, seconds=2.0).ground_substance == "turf"


@pytest.mark.parametrize("seed", range(4))
def test_a_camera_in_a_street_is_not_behind_its_houses(seed):
    stage = families.build(read("Cars and buses in the traffic of a city street"), seed=seed, seconds=2.0)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=2, fps=1)
    near = [
        solid.position[1] + 6.0 for solid in stage.solids if solid.name.startswith("house ") and solid.position[1] < 0
    ]
    cameras = film(stage, motion, wish=CameraWish(), style=Move.STATIC, aspect=16 / 9, frames=2, fps=1, seed=seed)
    assert near
    assert min(camera.eye[1] for camera in cameras) > max(near)
