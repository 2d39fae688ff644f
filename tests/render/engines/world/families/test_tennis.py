import functools
from dataclasses import replace

import numpy as np
import pytest

from render.engines.world import families, physics
from render.engines.world.families import flight, serve, tennis
from render.engines.world.families.balls import TENNIS
from render.engines.world.families.tennis import NET
from render.engines.world.filming import film
from render.engines.world.lexicon import load
from render.engines.world.materials import COLOURS, Material
from render.engines.world.reading import read
from render.engines.world.scene import CameraWish, Scene
from render.engines.world.shot import Move
from render.engines.world.stage import Shape, Solid

FPS = 48


@functools.cache
def played(*subjects, seed=1, seconds=2.0, setting=""):
    stage = families.build(Scene(family="tennis", subjects=subjects, setting=setting), seed=seed, seconds=seconds)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=round(seconds * FPS), fps=FPS)
    return stage, motion


def test_a_wall_asks_for_it():
    scene = read("A tennis ball bounces off a brick wall")
    assert (scene.family, scene.fallback, scene.words.share) == ("tennis", False, 1.0)
    assert scene.kinds == ("ball", "brick wall")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("setting", ["park", "street"])
def test_a_ball_meets_the_wall_above_the_line_comes_back_and_bounces(seed, setting):
    _, motion = played(seed=seed, setting=setting)
    mine = [contact for contact in motion.contacts if "ball 1" in (contact.first, contact.second)]
    assert [contact.second for contact in mine[:2]] == ["practice wall", "floor"]
    wall, floor = mine[:2]
    assert NET < wall.position[2] < 2.0
    assert 1.2 < np.hypot(*np.subtract(floor.position, wall.position)[:2]) < 3.6
    way = motion.poses[:, 0, :3].astype(float)
    assert way[:, 2].min() > 0.6 * TENNIS.radius, "it is squashed but little"
    step = np.linalg.norm(np.diff(way, axis=0), axis=1) * FPS
    hit = int(wall.time * FPS)
    assert 0.4 < step[hit + 1] / step[hit - 2] < 0.85, "it loses speed at the wall, as on a floor"


@pytest.mark.parametrize("aspect", [16 / 9, 9 / 16])
@pytest.mark.parametrize("setting", ["yard", "street"])
def test_wall_and_bounce_are_in_the_picture(aspect, setting):
    stage, motion = played(seed=3, setting=setting)
    (camera, *_) = film(stage, motion, wish=CameraWish(), style=Move.STATIC, aspect=aspect, frames=48, fps=24, seed=3)
    spots = np.array([contact.position for contact in motion.contacts if contact.first == "ball 1"][:2])
    assert np.abs(camera.project(spots, aspect)).max() < 1.0


def test_balls_come_for_the_whole_length():
    stage = families.build(Scene(family="tennis"), seed=1, seconds=15.0)
    starts = sorted(solid.launch.time for solid in stage.solids if solid.launch)
    assert starts[0] == 0.0
    assert np.diff([*starts, 15.0]).max() < 3.0


@pytest.mark.parametrize(
    ("prompt", "kinds", "actions"),
    [
        ("A tennis ball is served over the net", ("ball",), ["serve", "over"]),
        ("Two tennis balls fly over the net", ("ball",), ["over"]),
        ("A tennis ball is hit over the net", ("ball",), ["stroke", "over"]),
        ("A tennis ball bounces and flies over the net of a court", ("ball", "court"), ["stroke", "over"]),
        ("A tennis serve", (), ["serve"]),
        ("A tennis ball bounces on a blue tennis court", ("ball", "court"), ["stroke"]),
    ],
)
def test_a_net_or_a_court_asks_for_it(prompt, kinds, actions):
    scene = read(prompt)
    assert (scene.family, scene.kinds, scene.words.share) == ("tennis", kinds, 1.0)
    assert [done.name for done in scene.actions] == actions


@pytest.mark.parametrize(
    "prompt",
    [
        "A tennis ball is served over the net",
        "A tennis ball is hit over the net",
        "A tennis ball bounces on a tennis court",
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_a_ball_passes_over_the_net_and_bounces_in_the_court(prompt, seed):
    stage = families.build(read(prompt), seed=seed, seconds=2.0)
    assert [cloth.name for cloth in stage.cloths] == ["net"]
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=96, fps=FPS)
    way = motion.poses[:, 0, :3].astype(float)
    over = int(np.argmax(way[:, 0] > 0))
    assert way[over - 1 : over + 1, 2].max() > serve.NET + TENNIS.radius
    floor = next(contact for contact in motion.contacts if contact.second == "floor")
    assert floor.first == "ball 1"
    assert 0 < floor.position[0] < (serve.SERVICE if "served" in prompt else serve.LONG)
    assert abs(floor.position[1]) < serve.WIDE


@pytest.mark.parametrize("prompt", ["A tennis ball is served over the net", "A tennis ball is hit over the net"])
@pytest.mark.parametrize("seed", range(3))
def test_a_ball_over_the_net_is_always_in_the_picture(prompt, seed):
    stage = families.build(read(prompt), seed=seed, seconds=3.0)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=72, fps=24)
    for aspect in (16 / 9, 1.0, 9 / 16):
        (camera, *_) = film(
            stage, motion, wish=CameraWish(), style=Move.STATIC, aspect=aspect, frames=72, fps=24, seed=1
        )
        for poses, present in zip(motion.poses[..., :3].astype(float), motion.present, strict=True):
            seen = np.abs(camera.project(poses[present], aspect)).max(axis=1) < 1.0
            ahead = (poses[present] - camera.eye) @ camera.forward > 0.0
            assert (seen & ahead).any()


@pytest.mark.parametrize("prompt", ["A tennis ball is served over the net", "A tennis ball is hit over the net"])
@pytest.mark.parametrize("seed", range(4))
def test_a_ball_over_the_net_is_large_enough_to_be_seen(prompt, seed):
    stage = families.build(read(prompt), seed=seed, seconds=1.0)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=1, fps=24)
    (camera, *_) = film(stage, motion, wish=CameraWish(), style=Move.STATIC, aspect=16 / 9, frames=1, fps=24, seed=1)
    ends = np.array([(0.0, side * TENNIS.radius, 1.2) for side in (-1, 1)])
    assert np.ptp(camera.project(ends, 16 / 9)[:, 0]) * 640 / 2 > 5.9


def test_a_slow_stroke_is_watched_until_it_lands():
    ball = Solid(
        name="ball", shape=Shape.SPHERE, size=(TENNIS.radius,), substance="tennis ball", material=Material(),
        drag=tennis.DRAG, lift=tennis.LIFT,
    )  # fmt: skip
    rng = np.random.default_rng(3)
    for launch in [serve.played(ball, rng, 0.8) for _ in range(6)]:
        tried = flight.attempt(
            replace(ball, launch=launch), (), floor="ground", seconds=tennis.watched(launch), others=0, tempo=1.0
        )  # fmt: skip
        assert any(contact.second == "floor" for contact in tried.contacts)


def test_a_serve_comes_from_behind_the_base_line():
    ball = Solid(name="ball", shape=Shape.SPHERE, size=(TENNIS.radius,), substance="tennis ball", material=Material())
    launches = [serve.served(ball, np.random.default_rng(seed), 1.0) for seed in range(5)]
    assert max(launch.position[0] for launch in launches) < -serve.LONG


def test_a_court_has_the_named_colour():
    stage = families.build(read("A tennis ball bounces on a red tennis court"), seed=1, seconds=1.0)
    (court,) = (solid for solid in stage.solids if solid.name == "court")
    assert court.material.base == COLOURS["red"]


@pytest.mark.parametrize("setting", load().families["tennis"].settings)
def test_no_two_things_have_one_name(setting):
    stage, _ = played(seconds=0.1, setting=setting)
    names = [solid.name for solid in stage.solids]
    assert len(names) == len(set(names))
