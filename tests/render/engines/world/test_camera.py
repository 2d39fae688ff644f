import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.engines.world import camera, families, physics
from render.engines.world.families import FAMILIES
from render.engines.world.families.product import GOODS
from render.engines.world.scene import Action, Scene, Subject
from render.engines.world.tracer.picture import band
from render.engines.world.tracer.soup import mesh_of, turned


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("aspect", [9 / 16, 1.0, 16 / 9, 2.39, 4.0, 0.25])
def test_the_action_stays_in_the_frame(family, aspect):
    shot = families.build(Scene(family=family), seed=3, seconds=2.0).shot
    spots = camera.frame(shot, aspect).project(shot.points, aspect)
    assert np.abs(spots).max() < 1.02
    assert np.abs(spots).max() > 0.5


@pytest.mark.parametrize("family", ["dominoes", "ramp", "seesaw", "football"])
@pytest.mark.parametrize("aspect", [9 / 16, 2.39])
def test_what_fills_a_frame_one_way_is_in_its_middle_the_other_way(family, aspect):
    shot = families.build(Scene(family=family), seed=3, seconds=2.0).shot
    spots = camera.frame(shot, aspect).project(shot.points, aspect)
    assert np.abs(spots.min(0) + spots.max(0)).max() < 0.01


@pytest.mark.parametrize("seed", range(3))
def test_a_row_is_seen_along_its_length_in_an_upright_frame(seed):
    scene = Scene(family="dominoes", subjects=(Subject(kind="row"),))
    shot = families.build(scene, seed=seed, seconds=2.0).shot
    spots = camera.frame(shot, 9 / 16).project(shot.points, 9 / 16)
    assert (np.ptp(spots, axis=0) > 1.2).all(), "it fills most of the frame both ways"
    low, flat = camera.shaped(shot, 9 / 16), camera.shaped(shot, 16 / 9)
    assert low.elevation > flat.elevation == shot.elevation


@pytest.mark.parametrize("kind", GOODS)
@pytest.mark.parametrize("aspect", [9 / 16, 1.0, 16 / 9, 2.39])
def test_a_product_and_its_table_are_never_cropped(kind, aspect):
    stage = families.build(Scene(family="product", subjects=(Subject(kind=kind),)), seed=5, seconds=4.0)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=16, fps=4)
    seen = camera.frame(stage.shot, aspect)
    for solid in stage.solids:
        corners = mesh_of(solid).vertices
        for pose in motion.poses[:, motion.names.index(solid.rides or solid.name)]:
            spots = seen.project(turned(corners, pose).astype(float), aspect)
            assert np.abs(spots).max() < 0.9


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("aspect", [9 / 16, 1.0, 16 / 9, 2.39])
def test_the_ball_of_a_missed_shot_stays_in_the_frame_to_the_end(seed, aspect):
    stage, motion = take("basketball", seed)
    seen = camera.frame(stage.shot, aspect, camera.paths(stage.shot, stage.solids, motion, fps=24))
    lane = motion.names.index("ball")
    assert np.abs(seen.project(motion.poses[:, lane, :3].astype(float), aspect)).max() < 1.0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("aspect", [9 / 16, 1.0, 16 / 9, 2.39])
def test_most_of_what_fell_lies_in_the_frame_at_the_end(seed, aspect):
    stage, motion = take("objects", seed)
    seen = camera.frame(stage.shot, aspect, camera.paths(stage.shot, stage.solids, motion, fps=24))
    spots = np.abs(seen.project(motion.poses[-1, :, :3].astype(float), aspect)).max(1)
    assert (spots < 1.0).mean() >= 0.8


@pytest.mark.parametrize("seed", range(4))
def test_the_ball_that_a_see_saw_throws_stays_in_the_frame(seed):
    scene = Scene(family="seesaw", subjects=(Subject(kind="crate", count=1), Subject(kind="ball", count=1)))
    stage = families.build(scene, seed=seed, seconds=2.0)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=48, fps=24)
    seen = camera.frame(stage.shot, 16 / 9, camera.paths(stage.shot, stage.solids, motion, fps=24))
    way = motion.poses[:, motion.names.index("ball"), :3].astype(float)
    assert np.abs(seen.project(way[: int(way[:, 2].argmax()) + 6], 16 / 9)).max() < 1.0


@functools.cache
def take(family, seed):
    scene = Scene(family=family, actions=(Action(name="board"),) if family == "basketball" else ())
    stage = families.build(scene, seed=seed, seconds=4.0)
    return stage, physics.simulate(stage.solids, floor=stage.ground_substance, frames=96, fps=24, cloths=stage.cloths)


@given(st.integers(64, 4096), st.integers(64, 4096))
def test_the_band_lies_within_the_frame(width, height):
    first, rows = band(width, height, 2.39)
    assert first >= 0
    assert rows > 0
    assert first + rows <= height
    assert band(width, height, None) == (0, height)
