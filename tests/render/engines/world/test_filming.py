import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.engines.world import families, filming, geometry, obstacles, physics
from render.engines.world.light import LIGHTS
from render.engines.world.materials import Material
from render.engines.world.physics import Motion
from render.engines.world.reading import read
from render.engines.world.scene import CameraWish
from render.engines.world.shot import Angle, Framing, Move, Shot
from render.engines.world.stage import Launch, Shape, Solid, Stage
from render.engines.world.tracer.soup import mesh_of, turned

FPS, FRAMES = 24, 72
TIMES = np.arange(FRAMES) / FPS
CORNERS = np.array(list(itertools.product((-1.0, 1.0), (-0.6, 0.6), (0.0, 1.8))))


def ball(way):
    """A stage with one thrown ball, and the motion that ``way`` ``[frames, 3]`` gives it."""
    solid = Solid(
        name="ball",
        shape=Shape.SPHERE,
        size=(0.12,),
        substance="basketball",
        material=Material(),
        launch=Launch(time=0.0, position=tuple(way[0])),
    )
    poses = np.zeros((FRAMES, 1, 7), np.float32)
    poses[:, 0, :3], poses[:, 0, 6] = way, 1.0
    return solid, Motion(names=("ball",), poses=poses, present=np.ones((FRAMES, 1), bool), contacts=())


def arc():
    return np.stack([-1 + 0.75 * TIMES, 0 * TIMES, np.abs(1.0 - (TIMES % 0.9 - 0.45) ** 2 * 4.9) - 0.001], 1)


def film(*, move="", framing="", angle="", aspect=16 / 9, follow="", walls=(), azimuth=-90.0, elevation=9.0, seed=0):
    solid, motion = ball(arc())
    shot = Shot(points=CORNERS, azimuth=azimuth, elevation=elevation, roam=(0.5, 0.5, 0.5), follow=follow)
    stage = Stage(solids=(solid, *walls), light=LIGHTS["day"], shot=shot, ground=Material())
    wish = CameraWish(move=move, framing=framing, angle=angle)
    cameras = filming.film(
        stage, motion, wish=wish, style=Move.STATIC, aspect=aspect, frames=FRAMES, fps=FPS, seed=seed
    )
    return cameras, motion.poses[:, 0, :3].astype(float)


@settings(deadline=None, max_examples=150)
@given(
    move=st.sampled_from(list(Move)),
    framing=st.sampled_from(["", *Framing]),
    angle=st.sampled_from(["", *Angle]),
    aspect=st.sampled_from([16 / 9, 9 / 16, 1.0, 2.39, 4.0, 0.25]) | st.floats(0.25, 4.0),
    follow=st.sampled_from(["", "ball"]),
    azimuth=st.floats(-180, 180),
    elevation=st.floats(1, 40),
)
def test_every_move_keeps_the_action_in_the_picture_above_the_ground_and_smooth(
    move, framing, angle, aspect, follow, azimuth, elevation
):
    cameras, way = film(
        move=move, framing=framing, angle=angle, aspect=aspect, follow=follow, azimuth=azimuth, elevation=elevation
    )
    tracks = follow and (move == Move.TRACK or framing == Framing.CLOSE)
    middle = (CORNERS.min(0) + CORNERS.max(0)) / 2
    for camera, spot in zip(cameras, way, strict=True):
        held = spot[None] if tracks else (middle[None] if framing == Framing.CLOSE else np.vstack([CORNERS, spot]))
        assert np.abs(camera.project(held, aspect)).max() < 1.001
        assert ((held - camera.eye) @ camera.forward).min() > 0.05
        assert camera.eye[2] >= 0.099
        assert camera.focus > 0
    eyes = np.stack([camera.eye for camera in cameras])
    views = np.stack([camera.forward for camera in cameras])
    far = np.linalg.norm(eyes.mean(0) - middle)
    for path, scale in ((eyes, far), (views, 1.0)):
        assert np.abs(np.diff(path, 3, axis=0)).max() < 0.004 * scale


@pytest.mark.parametrize("move", [move for move in Move if move != Move.STATIC])
def test_every_move_moves_and_a_static_camera_is_one(move):
    cameras, _ = film(move=move, follow="ball")
    assert filming.moves(cameras)
    assert np.ptp([camera.eye for camera in cameras], axis=0).max() + np.ptp(
        [camera.forward for camera in cameras], axis=0
    ).max() > (0.01 if move == Move.HANDHELD else 0.1)
    assert not filming.moves(film(move="static")[0])


def test_moves_do_what_their_names_say():
    eyes = {move: np.stack([camera.eye for camera in film(move=move)[0]]) for move in Move}
    far = {move: np.linalg.norm(way - CORNERS.mean(0), axis=1) for move, way in eyes.items()}
    assert far["push"][-1] < far["push"][0] * 0.9
    assert far["pull"][-1] > far["pull"][0] * 1.1
    assert eyes["crane"][-1, 2] > eyes["crane"][0, 2] * 1.3
    assert np.ptp(eyes["pan"], axis=0).max() < 1e-9
    assert np.ptp(far["orbit"]) < 0.15 * far["orbit"].mean()
    assert np.abs(eyes["dolly"][-1, 0] - eyes["dolly"][0, 0]) > 0.2 * far["dolly"][0]


def test_framings_and_angles_do_what_their_names_say():
    def distance(framing):
        return np.linalg.norm(film(framing=framing)[0][0].eye - CORNERS.mean(0))

    assert distance("close") < 0.8 * distance("medium")
    assert distance("wide") > 1.4 * distance("medium")
    slopes = [film(angle=angle)[0][0].forward[2] for angle in ("low", "eye", "high", "top")]
    assert slopes == sorted(slopes, reverse=True)
    assert slopes[-1] < -0.95


def test_a_tracking_camera_goes_with_what_it_follows():
    cameras, way = film(move="track", follow="ball")
    assert cameras[-1].eye[0] - cameras[0].eye[0] == pytest.approx(way[-1, 0] - way[0, 0], rel=0.15)


@pytest.mark.parametrize("aspect", [16 / 9, 1.0, 9 / 16])
@pytest.mark.parametrize(
    "prompt",
    ["A paper boat floats on a lake", "A sailing boat on the sea", "A red car drives along a street", "A toy car"],
)
def test_a_close_up_of_what_is_followed_fills_much_of_the_picture_and_cuts_nothing_off(prompt, aspect):
    scene = replace(read(prompt), camera=CameraWish(framing="close"))
    stage = families.build(scene, seed=1, seconds=FRAMES / FPS)
    floor = stage.ground_substance if stage.ground is not None else None
    motion = physics.simulate(stage.solids, floor=floor, frames=FRAMES, fps=FPS, waves=stage.waves)
    one = filming.film(
        stage, motion, wish=scene.camera, style=Move.STATIC, aspect=aspect, frames=FRAMES, fps=FPS, seed=1
    )[40]
    pose = motion.poses[40, motion.names.index(stage.shot.follow)]
    body = [solid for solid in stage.solids if stage.shot.follow in (solid.name, solid.rides)]
    points = np.concatenate([turned(mesh_of(solid).vertices, pose) for solid in body]) - one.eye
    depth = points @ one.forward
    across, up = points @ one.right / depth / one.tangent / aspect, points @ one.up / depth / one.tangent
    assert max(np.abs(across).max(), np.abs(up).max()) < 1.0
    assert max(np.ptp(across), np.ptp(up)) / 2 > 0.25


def test_a_camera_in_a_room_stays_before_its_wall_and_sees_all():
    wall = Solid(
        name="wall",
        shape=Shape.BOX,
        size=(20.0, 0.1, 3.0),
        substance="brick",
        material=Material(),
        position=(0.0, -3.0, 3.0),
    )
    free, _ = film(move="orbit")
    assert max(camera.eye[1] for camera in free) < -3.2
    cameras, way = film(move="orbit", walls=(wall,))
    for camera, spot in zip(cameras, way, strict=True):
        assert camera.eye[1] > -2.9
        assert np.abs(camera.project(np.vstack([CORNERS, spot]), 16 / 9)).max() < 1.001


def test_scenery_that_nothing_touches_does_not_push_the_camera():
    grass = Solid(
        name="grass",
        shape=Shape.SPHERE,
        size=(40.0,),
        substance="ground",
        material=Material(),
        touches=False,
        look=geometry.box((40.0, 2.0, 3.0)),
        position=(0.0, -3.2, 0.0),
    )
    free, _ = film()
    among, _ = film(walls=(grass,))
    assert np.array_equal(among[0].eye, free[0].eye)


def test_a_box_is_entered_where_its_face_is():
    share = obstacles.entries(
        np.array([[0.0, 0, 0], [0, 5, 0]]), np.array([[4.0, 0, 0], [4, 5, 0]]), np.array((1, 1, 1))
    )
    assert share.tolist() == [2.0, 2.0]
    share = obstacles.entries(np.array([[-2.0, 0, 0]]), np.array([[2.0, 0, 0]]), np.array((1.0, 1, 1)))
    assert share == pytest.approx(0.25)
