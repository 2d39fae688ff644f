"""Glass: a pane shows what is behind it, a ball shows it upside down, both in the glass's colour; print stays."""

import dataclasses

import numpy as np
import pytest

from render.engines.world.light import LIGHTS
from render.engines.world.materials import MATERIALS, Material, Pattern
from render.engines.world.physics import Motion
from render.engines.world.scene import CameraWish
from render.engines.world.stage import Launch, Shape, Shot, Solid, Stage
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


def seen(made: tuple[Shape, tuple[float, ...]] | None, material: Material = CLEAR) -> np.ndarray:
    """The picture of two walls, red below and green above, with one thing before them that could move."""
    solids, names = list(WALLS), []
    if made:
        launch = Launch(time=0.0, position=(0.0, 0.0, 1.0))
        shape, size = made
        thing = Solid(name="thing", shape=shape, size=size, substance="marble", material=material, launch=launch)
        solids.append(thing)
        names.append("thing")
    poses = np.zeros((2, len(names), 7), np.float32)
    poses[..., 2] = poses[..., 6] = 1.0
    light = dataclasses.replace(LIGHTS["day"], hills=0.0, haze=0.0, azimuth=-90.0, elevation=50.0)
    stage = Stage(
        solids=tuple(solids),
        light=light,
        shot=Shot(points=np.array([[-0.6, 0, 0.4], [0.6, 0, 1.6]]), azimuth=-90.0, elevation=0.0),
    )
    motion = Motion(names=tuple(names), poses=poses, present=np.ones((2, len(names)), bool), contacts=())
    given = {"width": WIDTH, "height": HEIGHT, "fps": 24, "seed": 1, "device": "cpu"}
    style = Style(shutter=0.0, vignette=0.0)
    return Picture(stage, motion, wish=CameraWish(), style=style, **given).frame(0).astype(int)


def parts(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean colours of a patch above and of one below the middle, both within the thing."""
    middle, across = HEIGHT // 2, slice(WIDTH // 2 - 3, WIDTH // 2 + 3)
    return tuple(
        frame[rows, across].mean((0, 1)) for rows in (slice(middle - 14, middle - 8), slice(middle + 8, middle + 14))
    )


def test_a_pane_shows_what_is_behind_it():
    bare, glazed = parts(seen(None)), parts(seen(PANE))
    for without, within in zip(bare, glazed, strict=True):
        assert np.abs(without - within).max() < 12
    assert bare[0].argmax() == 1
    assert bare[1].argmax() == 0


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
