import dataclasses

import numpy as np
import pytest

from render.engines.world import geometry
from render.engines.world.light import LIGHTS
from render.engines.world.materials import Material, Pattern
from render.engines.world.onlookers import Crowd, Dress
from render.engines.world.physics import Motion, Sheet
from render.engines.world.presets import DRAFT, FINAL, STANDARD, Preset
from render.engines.world.scene import CameraWish
from render.engines.world.shot import Shot
from render.engines.world.stage import Cloth, Launch, Particles, Puffs, Shape, Solid, Stage
from render.engines.world.styles import STYLES, Style
from render.engines.world.tracer.layers import lens_of
from render.engines.world.tracer.picture import Picture
from render.engines.world.tracer.tiles import Tiles, Touch

FRAMES, FPS, WIDTH, HEIGHT = 12, 24, 96, 64
EVERY = int(Touch.SEEN | Touch.SHADOWED | Touch.OCCLUDED | Touch.MIRRORED)
PLAIN = Style(shutter=0.0, vignette=0.0)


def ball(speed=0.0, frames=FRAMES):
    """A red ball in the air that flies along x, in m/s."""
    solid = Solid(
        name="ball",
        shape=Shape.SPHERE,
        size=(0.25,),
        substance="rubber",
        material=Material(base=(0.8, 0.02, 0.02)),
        launch=Launch(time=0.0, position=(0.0, 0.0, 1.0)),
    )
    poses = np.zeros((frames, 1, 7), np.float32)
    poses[:, 0, 0] = speed * (np.arange(frames) / FPS - 0.25)
    poses[:, 0, 2], poses[:, 0, 6] = 1.0, 1.0
    return solid, Motion(names=("ball",), poses=poses, present=np.ones((frames, 1), bool), contacts=())


POST = Solid(
    name="post",
    shape=Shape.BOX,
    size=(0.15, 0.15, 0.8),
    substance="wood",
    material=Material(base=(0.1, 0.2, 0.7)),
    position=(-1.0, 0.6, 0.8),
)


def picture(
    *,
    style=PLAIN,
    preset=STANDARD,
    move="",
    speed=0.0,
    solids=(POST,),
    motion=None,
    frames=FRAMES,
    size=(WIDTH, HEIGHT),
    **stage,
):
    solid, moved = ball(speed, frames)
    shot = Shot(points=np.array([[-1.4, -0.5, 0], [1.4, 0.5, 1.8]]), azimuth=-90.0, elevation=8.0)
    made = Stage(
        solids=(solid, *solids),
        shot=shot,
        **({"ground": Material(base=(0.4, 0.4, 0.4)), "light": dataclasses.replace(LIGHTS["day"], hills=0.0)} | stage),
    )
    return Picture(
        made,
        motion or moved,
        wish=CameraWish(move=move),
        style=style,
        preset=preset,
        width=size[0],
        height=size[1],
        fps=FPS,
        seed=1,
        device="cpu",
    )


def drawn(**given):
    return np.stack([picture_frame.copy() for picture_frame in frames_of(picture(**given))])


def frames_of(made):
    return (made.frame(index) for index in range(FRAMES))


def careful(camera, index, **given):
    """A frame from a camera that stands, of many samples a pixel."""
    still = picture(**given)
    still.cameras = (camera,) * (index + 1)
    still.before = lens_of(camera, WIDTH, HEIGHT)
    still.look(still.before)
    still.layers.draw(still.world, samples=16, rays=8)
    still.tiles = still._tiles(0)
    return still.frame(index)


@pytest.mark.parametrize("pattern", [Pattern.PLAIN, Pattern.BRICK])
def test_a_moving_camera_sees_at_each_place_what_a_careful_look_from_there_sees(pattern):
    """The carried shadows and the one ray in a pixel or two come close to eight samples from the same camera.

    The joints between bricks are as wide as a pixel or less: none is lost between the pixels that are looked at.
    """
    ground = Material(base=(0.4, 0.12, 0.06), accent=(0.5, 0.5, 0.5), pattern=pattern)
    travelling = picture(move="dolly", ground=ground)
    frames = [frame.copy() for frame in frames_of(travelling)]
    error = np.abs(frames[-1].astype(int) - careful(travelling.cameras[-1], FRAMES - 1, ground=ground))
    assert error.mean() < 2.5
    assert np.percentile(error, 95) < 12


def test_shadows_are_settled_in_the_first_frame_and_stay_where_they_fall():
    """Soft shadows and occlusion, carried from frame to frame for a camera that travels but stands for a while."""
    posts = [
        dataclasses.replace(POST, name=f"post {k}", position=(-1.2 + 0.6 * k, 0.6, 0.8), size=(0.04, 0.04, 0.8))
        for k in range(5)
    ]
    light = dataclasses.replace(LIGHTS["day"], hills=0.0, softness=0.08)
    made = picture(move="orbit", solids=posts, light=light, frames=40)
    made.cameras = (made.cameras[0],) * 40
    frames = np.stack([made.frame(index).astype(int) for index in range(40)])
    settled = frames[20:].mean(0)
    assert np.square(frames[0] - settled).mean() < 0.8
    assert np.square(frames[-1] - settled).mean() < 0.4


def test_a_slow_camera_does_not_flicker():
    """Between frames of a slow push, plain ground changes by no more than a level or two."""
    frames = drawn(move="push", solids=()).astype(int)
    ground = frames[4:, -12:, :30]
    assert np.abs(np.diff(ground, axis=0)).mean() < 0.8


def test_a_frame_does_not_depend_on_the_machine_or_the_run():
    assert (drawn(move="orbit", speed=4.0) == drawn(move="orbit", speed=4.0)).all()


@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (101, 67), (49, 93), (135, 50)])
@pytest.mark.parametrize("style", ["realistic", "anime"])
def test_drawing_only_the_tiles_that_change_draws_what_drawing_all_of_them_does(style, size, monkeypatch):
    """Width and height need be no multiple of a tile's, nor of the pixels that are drawn at once."""
    given = {"style": STYLES[style], "size": size, "speed": 6.0}
    in_tiles = picture(**given)
    assert not in_tiles.everywhere
    some = np.stack([in_tiles.frame(index).copy() for index in range(FRAMES)])
    monkeypatch.setattr(Tiles, "touched", lambda tiles, *_, **__: np.full(tiles.shape, EVERY, np.int32))
    whole = picture(**given)
    every = np.stack([whole.frame(index).copy() for index in range(FRAMES)])
    assert (some == every).all()
    assert every.shape[1:] == (size[1], size[0], 3)


def test_onlookers_move_where_nothing_else_does_and_only_their_tiles_are_drawn(monkeypatch):
    one = geometry.box((0.1, 0.1, 0.25))
    places = np.array([(-0.6, 0.4, 0.6), (0.7, 0.5, 0.7)], np.float32)
    both = geometry.join([geometry.move(one, place) for place in places])
    who = np.repeat(np.arange(2, dtype=np.int32), len(one.vertices))
    crowd = Crowd(
        dresses=(Dress(material=Material(base=(0.05, 0.6, 0.1)), mesh=both, who=who),),
        bounds=np.c_[places, np.full(2, 0.3)].astype(np.float32),
        aside=np.tile(np.array((1.0, 0.0, 0.0), np.float32), (2, 1)),
        beats=np.full(2, 2.0, np.float32),
        phases=np.zeros(2, np.float32),
        spirits=np.array((1.0, 0.0), np.float32),
        delays=np.zeros(2, np.float32),
    )
    given = {"crowd": crowd, "solids": (POST,), "motion": None, "style": STYLES["realistic"]}
    made = picture(**given)
    some = np.stack([frame.copy() for frame in frames_of(made)])
    green = some[..., 1].astype(int) - some[..., [0, 2]].max(-1) > 20
    rows = [np.flatnonzero(each.any(1)).min() for each in green[..., :48]]
    assert np.ptp(rows) >= 2, "it hops"
    assert not made.everywhere
    assert 0.2 < (made.touched.numpy() & int(Touch.SEEN) == 0).mean() < 1
    measured = Tiles.touched
    monkeypatch.setattr(Tiles, "touched", lambda *given, **more: measured(*given, **more) | int(Touch.SEEN))
    whole = picture(**given)
    assert (some == np.stack([frame.copy() for frame in frames_of(whole)])).all()


def redness(frame):
    return frame[..., 0].astype(int) - frame[..., 1:].max(-1)


def test_what_is_fast_is_streaked_along_its_way_and_what_is_still_is_not():
    sharp, blurred = (
        redness(drawn(speed=16.0, style=dataclasses.replace(PLAIN, shutter=shutter))[6]) for shutter in (0.0, 1.0)
    )
    wide = [(one.max(0) > 4).sum() for one in (sharp, blurred)]
    tall = [(one.max(1) > 4).sum() for one in (sharp, blurred)]
    assert wide[1] > wide[0] + 2
    assert abs(tall[1] - tall[0]) <= 2
    rest = [drawn(style=dataclasses.replace(PLAIN, shutter=shutter)) for shutter in (0.0, 1.0)]
    assert (rest[0] == rest[1]).all()


def test_a_streak_leaves_nothing_behind_on_a_still_background():
    frames = drawn(speed=6.0, style=dataclasses.replace(PLAIN, shutter=0.5))
    alone = drawn(speed=1e4, style=PLAIN)[0]
    spot = int(np.argwhere(redness(frames[-1]).max(0) > 25).mean())
    away = np.abs(np.arange(WIDTH) - spot) > 25
    far_sky = frames[-1][: HEIGHT // 3, away].astype(int) - alone[: HEIGHT // 3, away]
    assert np.abs(far_sky).max() <= 2


def test_a_wide_aperture_softens_what_is_far_and_not_what_is_in_focus():
    board = dataclasses.replace(POST, name="far", position=(0.6, 14.0, 1.5), size=(0.5, 0.1, 1.5))
    sharp, soft = (
        drawn(solids=(board, POST), style=dataclasses.replace(PLAIN, aperture=aperture))[0] for aperture in (0.0, 0.25)
    )
    changed = np.abs(sharp.astype(int) - soft).sum(-1)
    ball_at = redness(sharp) > 60
    assert np.median(changed[ball_at]) <= 3
    assert changed[~ball_at].max() > 40


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("move", ["", "track", "orbit"])
def test_every_style_is_drawn_with_every_kind_of_camera(style, move):
    frames = drawn(style=STYLES[style], move=move, speed=2.0)
    assert frames.std() > 8


def puffs(spots, *, opacity=1.0, radius=0.2, glow=0.0, normals=None, velocity=(0, 0, 0)):
    count = len(spots)
    cloud = Puffs(
        positions=np.array(spots, np.float32),
        velocities=np.tile(np.array(velocity, np.float32), (count, 1)),
        radii=np.full(count, radius, np.float32),
        colours=np.tile(np.array((0.0, 0.9, 0.0), np.float32), (count, 1)),
        opacity=np.full(count, opacity, np.float32),
        glow=np.full(count, glow, np.float32),
        normals=normals,
        stalks=None if normals is None else np.tile(np.array((0, 0, 1), np.float32), (count, 1)),
    )
    return (Particles(name="puffs", emit=lambda _: lambda _: cloud),)


def greenness(frame):
    return frame[..., 1].astype(int) - frame[..., (0, 2)].max(-1)


def test_a_particle_is_seen_before_and_hidden_behind_a_solid():
    before = drawn(particles=puffs([(0.0, -0.8, 1.0)]))[0]
    behind = drawn(particles=puffs([(0.0, 0.8, 1.0)], radius=0.1))[0]
    assert greenness(before).max() > 40
    assert greenness(behind).max() < 10


def test_a_fast_particle_is_a_streak_and_a_leaf_seen_edge_on_is_thin():
    slow, fast = (
        greenness(drawn(particles=puffs([(-0.4, -0.8, 1.0)], velocity=(0, 0, -speed)))[0]) > 12 for speed in (0, 30)
    )
    assert fast.any(1).sum() > slow.any(1).sum() + 3
    assert fast.any(0).sum() <= slow.any(0).sum()
    face, edge = (
        (greenness(drawn(particles=puffs([(0, -0.8, 1.0)], normals=np.array([n], np.float32)))[0]) > 12).sum()
        for n in ((0, 1, 0), (1, 0, 0))
    )
    assert face > 3 * edge


def cloth(open_share):
    y, z = np.meshgrid(np.linspace(-0.9, 0.9, 10), np.linspace(0.4, 1.6, 8))
    rest = np.stack([y, np.full_like(y, -0.6), z], -1)
    index = np.arange(80).reshape(8, 10)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    vertices = np.repeat(rest.reshape(1, -1, 3), FRAMES, 0).astype(np.float32)
    vertices[FRAMES // 2 :, :, 2] += 5.0
    sheet = Sheet(name="sheet", faces=faces, vertices=vertices)
    made = Cloth(
        name="sheet",
        material=Material(base=(0.05, 0.7, 0.05)),
        rest=rest,
        pinned=np.zeros((8, 10), bool),
        open=open_share,
    )
    return {"cloths": (made,), "motion": dataclasses.replace(ball()[1], sheets=(sheet,))}


def test_cloth_is_drawn_where_it_is_and_a_net_lets_most_through():
    closed, net = (greenness(drawn(**cloth(share))[0]) > 25 for share in (0.0, 0.9))
    assert closed.mean() > 0.15
    assert 0.1 * closed.sum() < net.sum() < 0.7 * closed.sum()


def test_cloth_leaves_the_picture_when_it_flies_away():
    frames = drawn(**cloth(0.0))
    assert (greenness(frames[-1]) > 25).sum() < 0.02 * WIDTH * HEIGHT


def test_a_title_appears_within_the_safe_area_and_only_then():
    plain, titled = drawn(frames=FRAMES), drawn(frames=FRAMES, title="Hello you")
    changed = np.abs(plain.astype(int) - titled).max(-1)
    assert changed[0].max() == 0
    rows, columns = np.nonzero(changed[-1] > 60)
    assert len(rows) == 0 or rows.max() < 0.92 * HEIGHT
    late = picture(title="Hello you", frames=30)
    bare = picture(frames=30)
    rows, columns = np.nonzero(np.abs(late.frame(29).astype(int) - bare.frame(29)).max(-1) > 60)
    assert len(rows) > 10
    assert columns.min() > 0.05 * WIDTH
    assert columns.max() < 0.95 * WIDTH
    assert rows.min() > 0.5 * HEIGHT
    assert rows.max() < 0.93 * HEIGHT


@pytest.mark.parametrize("move", ["", "dolly"])
def test_more_care_comes_closer_to_the_truth(move):
    truth, *others = (
        drawn(preset=preset, move=move, speed=1.0).astype(int)
        for preset in (Preset(background=12.0, occlusion_rays=16, corners=64), FINAL, DRAFT)
    )
    final, draft = (np.square(frames - truth).mean() for frames in others)
    assert final < draft
