"""Light of near lamps, on what stands still and on what moves, and particles that repeat as far as one sees."""

import dataclasses

import numpy as np
import pytest

from render.engines.world.camera import look
from render.engines.world.light import LIGHTS
from render.engines.world.materials import Material, Pattern
from render.engines.world.physics import Motion
from render.engines.world.scene import CameraWish
from render.engines.world.shot import Shot
from render.engines.world.stage import Lamp, Launch, Puffs, Shape, Solid, Stage
from render.engines.world.styles import STYLES, Style
from render.engines.world.tracer.picture import Picture
from render.engines.world.tracer.puffs import brought

FRAMES, FPS, WIDTH, HEIGHT = 8, 24, 96, 64
PLAIN = Style(shutter=0.0, vignette=0.0)
GREY = Material(base=(0.4, 0.4, 0.4))
RED = Lamp(position=(0.0, 0.0, 0.7), colour=(4.0, 0.2, 0.1))
WALL = Solid(name="wall", shape=Shape.BOX, size=(0.05, 1.0, 1.2), substance="wood", material=GREY, position=(0.6, 0, 0))


def ball(radius, material=GREY):
    solid = Solid(
        name="ball",
        shape=Shape.SPHERE,
        size=(radius,),
        substance="rubber",
        material=material,
        launch=Launch(time=0.0, position=(-0.9, 0.0, radius)),
    )
    poses = np.zeros((FRAMES, 1, 7), np.float32)
    poses[:, 0, 0], poses[:, 0, 2], poses[:, 0, 6] = -0.9, radius, 1.0
    return solid, Motion(names=("ball",), poses=poses, present=np.ones((FRAMES, 1), bool), contacts=())


def drawn(*lamps, style=PLAIN, move="", solids=(), radius=0.01, material=GREY, frame=FRAMES - 1):
    """``[rows, columns]``: the red of a night."""
    solid, motion = ball(radius, material)
    stage = Stage(
        solids=(solid, *solids),
        light=dataclasses.replace(LIGHTS["night"], hills=0.0, stars=0.0),
        shot=Shot(points=np.array([[-1.8, -1.0, 0], [1.8, 1.0, 0.8]]), azimuth=-90.0, elevation=35.0),
        ground=GREY,
        lamps=lamps,
    )
    wish = CameraWish(move=move)
    made = Picture(stage, motion, wish=wish, style=style, width=WIDTH, height=HEIGHT, fps=FPS, seed=1, device="cpu")
    return [made.frame(index).copy() for index in range(frame + 1)][-1][..., 0].astype(int)


def lit(*lamps, **others):
    """``[rows, columns]``: how much more red these lamps give."""
    return drawn(*lamps, **others) - drawn(**others)


def sides(light):
    """Mean light left and right of the middle."""
    return light[:, 8:30].mean(), light[:, -30:-8].mean()


def test_a_lamp_lights_the_ground_about_it_and_less_what_is_farther():
    assert lit(RED)[30:40, 40:56].mean() > lit(RED)[:8, :8].mean() + 30


def test_what_stands_in_the_way_throws_a_shadow():
    left, right = sides(lit(RED, solids=(WALL,)))
    assert left > right + 15
    free = sides(lit(RED))
    assert free[0] == pytest.approx(free[1], rel=0.3)


def test_a_flat_road_throws_no_shadow_on_itself():
    road = Solid(name="road", shape=Shape.BOX, size=(9.0, 9.0, 0.05), substance="wood", material=GREY)
    road = dataclasses.replace(road, position=(0.0, 0.0, -0.045))
    for height in (0.1, 0.2, 0.4):
        low = dataclasses.replace(RED, position=(0.0, 0.0, height), colour=(8 * height, 0.2, 0.1))
        ground, paved = (lit(low, solids=solids) for solids in ((), (road,)))
        assert ground.max() > 60
        assert (ground - paved).max() <= 4


def test_a_hooded_lamp_lights_nothing_above_it():
    low = dataclasses.replace(RED, position=(0.0, 0.0, 0.15))
    tall = dataclasses.replace(WALL, position=(0.0, 0.9, 0.0), size=(1.5, 0.05, 1.2))
    up, down = (lit(dataclasses.replace(low, hooded=hooded), solids=(tall,))[:14].mean() for hooded in (False, True))
    assert up > 3 * max(down, 1.0)


def test_a_fire_brightens_and_dims_and_what_moves_is_lit_too():
    fire = dataclasses.replace(RED, flicker=lambda time: 0.2 if time < 0.1 else 1.0)
    dim, bright = (lit(fire, frame=frame, radius=0.3).mean() for frame in (0, FRAMES - 1))
    assert bright > 2 * dim
    without, with_ball = (lit(RED, radius=radius)[20:44, 14:36].mean() for radius in (0.01, 0.3))
    assert with_ball > 0.6 * without


def test_a_lamp_shows_the_pattern_of_what_moves():
    black = Material(base=(0.0, 0.0, 0.0))
    printed = Material(pattern=Pattern.STRIPES, base=(0.0, 0.0, 0.0), accent=(0.9, 0.9, 0.9), scale=0.1)
    plain, striped = (lit(RED, radius=0.3, material=one) for one in (black, printed))
    assert (striped - plain).max() > 60
    assert np.abs(striped - plain).min() == 0


@pytest.mark.parametrize("style", ["realistic", "anime"])
def test_a_moving_camera_sees_the_same_light(style):
    still, moving = (lit(RED, style=STYLES[style], move=move, frame=0).mean() for move in ("", "push"))
    assert still > 10
    assert moving == pytest.approx(still, rel=0.3)


def test_a_field_that_repeats_is_about_every_camera():
    rng = np.random.default_rng(1)
    flat = np.ones(500, np.float32)
    puffs = Puffs(
        positions=(rng.random((500, 3)) * 10).astype(np.float32),
        velocities=np.zeros((500, 3), np.float32),
        radii=flat,
        colours=np.ones((500, 3), np.float32),
        opacity=flat,
        glow=flat,
        repeats=(10.0, 10.0),
    )
    camera = look(np.array((103.0, -41.0, 2.0)), np.array((0.0, 1.0, 0.0)), 0.4)
    seen = brought(puffs, camera)
    away = seen.positions - camera.eye
    assert np.abs(away[:, 0]).max() <= 5.0 + 1e-4
    assert (away[:, 1] > 0).mean() > 0.8
    shift = (seen.positions - puffs.positions)[:, :2] / 10
    assert np.abs(shift - np.round(shift)).max() < 1e-5
    assert (seen.opacity[away[:, 1] < 0.2] == 0).all(), "what would blur the whole picture is left out"
    assert brought(dataclasses.replace(puffs, repeats=None), camera).positions is puffs.positions
