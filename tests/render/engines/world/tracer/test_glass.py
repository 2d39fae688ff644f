"""Glass: a pane shows what is behind it, a ball shows it upside down, both in the glass's colour; print stays."""

import dataclasses

import numpy as np
import pytest

from render.engines.world.light import LIGHTS
from render.engines.world.materials import MATERIALS, Material, Pattern
from render.engines.world.physics import Motion
from render.engines.world.scene import CameraWish
from render.engines.world.shot import Shot
from render.engines.world.stage import Launch, Shape, Solid, Stage
from render.engines.world.styles import Style
from render.engines.world.tracer.picture import Picture

WIDTH, HEIGHT = 96, 96
WALLS = tuple(
    Solid(
        name=name,
        shape=Shape.BOX,
        size=(2.0, 0.05, 1.0),
        substance="wood",
        material=Material(base=base, gloss=0.0),
        position=(0.0, 1.0, z),
    )
    for name, base, z in (("low", (0.7, 0.02, 0.02), 0.0), ("high", (0.02, 0.5, 0.02), 2.0))
)
CLEAR = dataclasses.replace(MATERIALS["glass"], base=(1.0, 1.0, 1.0), gloss=0.0, mirror=0.0, clear=1.0)
PANE = (Shape.BOX, (0.4, 0.002, 0.4))
BALL = (Shape.SPHERE, (0.4,))


FLAT = Style(shutter=0.0, vignette=0.0)
DRAWN = Style(shutter=0.0, vignette=0.0, cel=True)


def solid(name: str, made: tuple[Shape, tuple[float, ...]], material: Material, at=(0.0, 0.0, 1.0), *, moves=True):
    """Something before the walls that could move, or stands still."""
    shape, size = made
    launch = Launch(time=0.0, position=at) if moves else None
    return Solid(name=name, shape=shape, size=size, substance="marble", material=material, position=at, launch=launch)


def filmed(*solids: Solid, shot: Shot, style: Style = FLAT, move: str = "", ground: Material | None = None):
    """The second frame of what stands there: the first is drawn too, as a camera that travels wants it."""
    moving = [solid for solid in solids if solid.launch]
    poses = np.zeros((2, len(moving), 7), np.float32)
    poses[..., 6] = 1.0
    for k, one in enumerate(moving):
        poses[:, k, :3] = one.launch.position
    light = dataclasses.replace(LIGHTS["day"], hills=0.0, haze=0.0, azimuth=-90.0, elevation=50.0)
    stage = Stage(solids=solids, light=light, shot=shot, ground=ground)
    present = np.ones((2, len(moving)), bool)
    motion = Motion(names=tuple(one.name for one in moving), poses=poses, present=present, contacts=())
    given = {"width": WIDTH, "height": HEIGHT, "fps": 24, "seed": 1, "device": "cpu"}
    picture = Picture(stage, motion, wish=CameraWish(move=move), style=style, **given)
    picture.frame(0)
    return picture.frame(1).astype(int)


AHEAD = Shot(points=np.array([[-0.6, 0, 0.4], [0.6, 0, 1.6]]), azimuth=-90.0, elevation=0.0)


def seen(
    made: tuple[Shape, tuple[float, ...]] | None,
    material: Material = CLEAR,
    *others: Solid,
    moves: bool = True,
    style: Style = FLAT,
    move: str = "",
) -> np.ndarray:
    """The picture of two walls, red below and green above, with one thing before them, and others."""
    things = [solid("thing", made, material, moves=moves)] if made else []
    return filmed(*WALLS, *things, *others, shot=AHEAD, style=style, move=move)


def parts(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean colours of a patch above and of one below the middle, both within the thing."""
    middle, across = HEIGHT // 2, slice(WIDTH // 2 - 3, WIDTH // 2 + 3)
    return tuple(
        frame[rows, across].mean((0, 1)) for rows in (slice(middle - 14, middle - 8), slice(middle + 8, middle + 14))
    )


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("move", ["", "orbit"])
def test_a_pane_shows_what_is_behind_it(moves, move):
    bare, glazed = parts(seen(None, move=move)), parts(seen(PANE, moves=moves, move=move))
    for without, within in zip(bare, glazed, strict=True):
        assert np.abs(without - within).max() < 12
    assert bare[0].argmax() == 1
    assert bare[1].argmax() == 0


@pytest.mark.parametrize("style", [FLAT, DRAWN], ids=["realistic", "drawn"])
def test_however_many_panes_stand_in_a_row_the_colours_behind_them_come_through(style):
    panes = [solid(f"pane {k}", PANE, CLEAR, at=(0.0, -0.1 * k, 1.0)) for k in range(1, 9)]
    high, low = parts(seen(PANE, CLEAR, *panes, style=style))
    assert high[1] > high[[0, 2]].max() + 20 * (style is FLAT)
    assert low[0] > low[[1, 2]].max() + 20 * (style is FLAT)


def test_a_ball_shows_it_upside_down():
    high, low = parts(seen(BALL))
    assert high.argmax() == 0
    assert low.argmax() == 1


def test_thick_glass_colours_what_is_behind_it_and_thin_glass_does_not():
    blue = dataclasses.replace(CLEAR, base=(0.1, 0.1, 1.0))
    thin, thick = parts(seen(PANE, blue)), parts(seen((Shape.BOX, (0.4, 0.1, 0.4)), blue))
    assert thin[0].argmax() == 1
    assert thick[0][1] < 0.4 * thin[0][1]


@pytest.mark.parametrize("clear", [0.0, 1.0])
def test_what_is_printed_on_glass_is_not_clear(clear):
    printed = dataclasses.replace(
        CLEAR,
        pattern=Pattern.CARTON,
        base=(0.02, 0.02, 0.5),
        accent=(0.9, 0.9, 0.9),
        clear=clear,
        scale=0.5,
        text="MMM",
    )
    frame = seen((Shape.BOX, (0.4, 0.002, 0.4)), printed)
    inside = frame[30:66, 30:66].reshape(-1, 3)
    white = (inside.min(1) > 120).mean()
    assert 0.02 < white < 0.6


def test_what_moves_behind_a_pane_that_stands_still_is_seen_and_what_stands_before_it_hides_it():
    blue = Material(base=(0.01, 0.01, 0.8), gloss=0.0)
    ball = (Shape.SPHERE, (0.3,))
    for style in (FLAT, DRAWN):
        through = seen(PANE, CLEAR, solid("ball", ball, blue, (0.0, 0.5, 1.0)), moves=False, style=style)
        assert through[HEIGHT // 2, WIDTH // 2].argmax() == 2
    post = solid("post", (Shape.BOX, (0.06, 0.06, 0.9)), blue, (0.15, -0.4, 1.0), moves=False)
    bare, glazed = seen(None, CLEAR, post), seen(PANE, CLEAR, post, moves=False)
    hidden = bare[HEIGHT // 2 - 8 : HEIGHT // 2 + 8].argmax(2) == 2
    assert hidden.sum() > 30
    assert (glazed[HEIGHT // 2 - 8 : HEIGHT // 2 + 8].argmax(2) == 2)[hidden].mean() > 0.95


def test_drawn_glass_is_a_flat_tint_with_a_streak_of_light():
    bare, glazed = seen(None, style=DRAWN), seen(PANE, MATERIALS["glass"], moves=False, style=DRAWN)
    inside = np.s_[HEIGHT // 2 + 6 : HEIGHT // 2 + 24, 30:66]
    change = (glazed - bare)[inside].reshape(-1, 3)
    assert (np.abs(change).max(1) > 4).all()
    assert glazed[inside].reshape(-1, 3).mean(0).argmax() == 0
    plain, streak = np.percentile(change[:, 1], (20, 98))
    assert streak > plain + 25
    assert 0.05 < (change[:, 1] > (plain + streak) / 2).mean() < 0.6


def shadows(material: Material, style: Style = FLAT) -> np.ndarray:
    """Light on the floor that a board of wood at the same place would shade, and of ``material`` does, in levels."""
    grey, red = Material(base=(0.5, 0.5, 0.5), gloss=0.0), Material(base=(0.7, 0.01, 0.01), gloss=0.0)
    shot = Shot(points=np.array([[-1.0, -0.6, 0.0], [1.0, 1.6, 1.0]]), azimuth=90.0, elevation=35.0)
    slab = (Shape.BOX, (0.5, 0.02, 0.4))
    empty = filmed(shot=shot, style=style, ground=grey)
    wooden, glazed = (
        filmed(solid("slab", slab, made, (0.0, 0.0, 0.41)), shot=shot, style=style, ground=grey)
        for made in (red, material)
    )
    shaded = (empty.mean(2) - wooden.mean(2) > 25) & (np.ptp(wooden, axis=2) < 40)
    assert shaded.sum() > 50
    return np.array([frame[shaded].mean(0) for frame in (empty, wooden, glazed)])


@pytest.mark.parametrize("style", [FLAT, DRAWN])
def test_the_shadow_of_glass_is_darker_than_none_and_lighter_than_that_of_wood(style):
    none, wood, glass = shadows(MATERIALS["glass"], style).mean(1)
    assert wood + 0.4 * (none - wood) < glass < none - 2


def test_the_shadow_of_coloured_glass_has_its_colour():
    blue = dataclasses.replace(MATERIALS["glass"], base=(0.05, 0.05, 0.6))
    none, _, glass = shadows(blue)
    assert glass[2] - glass[0] > none[2] - none[0] + 15


def test_a_mirror_shows_what_is_behind_glass():
    silver = Material(base=(0.95, 0.95, 0.95), gloss=0.0, mirror=1.0, facing=0.9, metal=1.0)
    mirror = solid("mirror", (Shape.BOX, (1.0, 0.01, 1.0)), silver, (0.0, 0.8, 1.0), moves=False)
    blue = Material(base=(0.01, 0.01, 0.9), gloss=0.0)
    wall = solid("wall", (Shape.BOX, (9.0, 0.05, 9.0)), blue, (0.0, -9.0, 1.0), moves=False)
    shot = dataclasses.replace(AHEAD, elevation=12.0)
    pane = solid("pane", (Shape.BOX, (0.25, 0.01, 0.1)), CLEAR, (0.0, 0.3, 0.75))
    board = solid("pane", (Shape.BOX, (0.25, 0.01, 0.1)), Material(base=(0.6, 0.0, 0.0)), (0.0, 0.3, 0.75))
    bare, glazed, hidden = (filmed(mirror, wall, *extra, shot=shot) for extra in ((), (pane,), (board,)))
    mirrored = np.abs(hidden - bare).max(2) > 40
    assert mirrored.sum() > 60
    assert np.abs(glazed - bare)[mirrored].mean() < 20
