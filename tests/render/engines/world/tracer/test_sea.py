"""The water that is drawn: its surface moves by dispersion, its foam is a function of time, its fan follows the eye."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.interpolate import LinearNDInterpolator

from render.engines.world import waves
from render.engines.world.light import LIGHTS
from render.engines.world.materials import Material
from render.engines.world.physics import Motion
from render.engines.world.scene import CameraWish
from render.engines.world.shot import Move, Shot
from render.engines.world.stage import Ring, Shape, Solid, Stage, Water, Wave
from render.engines.world.styles import STYLES
from render.engines.world.tracer import world_kernels

pytestmark = pytest.mark.slow

FPS = 10
STILL = Motion(names=(), poses=np.zeros((61, 0, 7), np.float32), present=np.zeros((61, 0), np.bool_), contacts=())
VIEW = Shot(points=np.array(((-4.0, -4.0, 0.0), (4.0, 4.0, 1.0))), azimuth=-90, elevation=20, move=Move.STATIC)


def picture(stage, *, style="realistic", width=48, height=48):
    from render.engines.world.tracer.picture import Picture

    return Picture(
        stage,
        STILL,
        wish=CameraWish(),
        style=replace(STYLES[style], grain=0.0),
        width=width,
        height=height,
        fps=FPS,
        seed=3,
        device="cpu",
    )


def water(*sea, **changes):
    return Stage(solids=(), light=LIGHTS["day"], shot=VIEW, waves=sea, **changes)


def level(drawn, line):
    """Height of the drawn surface at ``[k, 2]`` places."""
    points = drawn.sea.points.numpy()
    near = np.abs(points[:, :2]).max(1) < 30
    return LinearNDInterpolator(points[near, :2], points[near, 2])(line)


@pytest.mark.parametrize(("length", "depth"), [(6.0, math.inf), (9.0, math.inf), (9.0, 0.8)])
def test_crests_run_as_fast_as_dispersion_says(length, depth):
    wave = Wave(wavelength=length, heading=0.5, amplitude=0.1, phase=0.3, depth=depth)
    drawn = picture(water(wave, water=Water(foam=0.0)))
    way = np.linspace(-length / 2, length / 2, 2001)
    line = way[:, None] * (math.cos(0.5), math.sin(0.5))
    number = 2 * math.pi / length
    crests = []
    for frame in range(0, 8, 2):
        drawn.frame(frame)
        crests.append(np.angle(level(drawn, line) @ np.exp(1j * number * way)) / number)
    moved = np.unwrap(crests, period=length)
    speed = np.polyfit(np.arange(0, 8, 2) / FPS, moved, 1)[0]
    assert speed == pytest.approx(math.sqrt(9.81 / number * math.tanh(number * depth)), rel=0.02)


def test_a_ring_stands_where_dispersion_puts_it():
    ring = Ring(time=0.0, position=(0.5, -1.0), radius=0.25, depth=0.1)
    calm = Wave(wavelength=5.0, heading=0.0, amplitude=0.0, phase=0.0)
    drawn = picture(water(calm, rings=(ring,), water=Water(foam=0.0)))
    drawn.frame(20)
    way = np.linspace(0.3, 3.5, 300)
    exact = 0.1 * waves.ring_table(0.25, reach=40.0, rows=3, seconds=4.0, columns=4001)[1]
    for turn in (0.3, 2.0):
        line = np.array((0.5, -1.0)) + way[:, None] * (math.cos(turn), math.sin(turn))
        seen = level(drawn, line)
        assert np.corrcoef(seen, np.interp(way, np.linspace(0, 40, 4001), exact))[0, 1] > 0.98
        assert seen.max() > 0.005


def test_frames_are_the_same_in_any_order():
    sea = waves.wind_sea(rng=np.random.default_rng(1), wind=12.0, fetch=30_000.0, heading=1.5)
    forth, back = picture(water(*sea)), picture(water(*sea))
    one = [forth.frame(frame).copy() for frame in (2, 9, 20)]
    two = [back.frame(frame).copy() for frame in (20, 9, 2)][::-1]
    assert all(np.array_equal(first, second) for first, second in zip(one, two, strict=True))


def test_foam_comes_from_breaking_and_from_rocks_and_fades():
    def foam(*sea, solids=()):
        stage = replace(water(*sea), solids=solids)
        drawn = picture(stage)
        drawn.frame(10)
        return drawn.sea.foams[1].numpy()

    rng = np.random.default_rng(2)
    gale = waves.wind_sea(rng=rng, wind=20.0, fetch=60_000.0, heading=1.5)
    breeze = waves.wind_sea(rng=rng, wind=4.0, fetch=20_000.0, heading=1.5)
    assert foam(*gale).mean() > 5 * max(foam(*breeze).mean(), 1e-3)
    rock = Solid(name="rock", shape=Shape.SPHERE, size=(1.5,), substance="rock", material=Material(), touches=False)
    washed = foam(*breeze, solids=(rock,))
    middle, half = 80, 160 / 2
    x, y = np.meshgrid(np.arange(160) - middle, np.arange(160) - middle, indexing="ij")
    away = np.hypot(x, y) * 17 / 160
    assert washed[(away > 1.5) & (away < 1.8)].mean() > 0.3
    assert washed[away > 5].mean() < 0.05
    assert half == middle


@pytest.mark.parametrize("style", ["realistic", "anime"])
def test_water_reaches_the_horizon_and_not_beyond(style):
    sea = waves.wind_sea(rng=np.random.default_rng(1), wind=6.0, fetch=20_000.0, heading=1.5)
    drawn = picture(replace(water(*sea), light=replace(LIGHTS["day"], hills=0.0)), style=style)
    drawn.frame(0)
    wet = drawn.sea.over[4].numpy() == world_kernels.WATER
    rows = wet.mean(1)
    assert set(np.unique(rows[rows > 0.99])) == {1.0}
    first = int((rows > 0.5).argmax())
    assert (rows[first + 1 :] == 1).all()
    assert (rows[: max(first - 1, 0)] == 0).all()


def test_drawn_water_darkens_towards_the_eye_in_steps_that_are_near_each_other():
    drawn = picture(water(Wave(wavelength=6.0, heading=0.0, amplitude=0.002, phase=0.0)), style="anime").frame(0)
    tones = drawn[:, 24].astype(float).mean(-1)[-20:]
    assert tones[0] > tones[-1] + 8
    assert np.abs(np.diff(tones)).max() < 40


def test_the_fan_covers_all_azimuths_when_the_eye_looks_down():
    from render.engines.world.tracer import sea as module

    down, _ = module.fan(np.array((0.0, 0, 9.0)), np.array((0.0, 0.1, -0.995)), 0.5, sigma=0.1)
    ahead, radii = module.fan(np.array((0.0, 0, 2.0)), np.array((0.0, 1.0, 0.0)), 0.5, sigma=0.1)
    assert down.half == pytest.approx(math.pi)
    assert 0.5 < ahead.half < 0.7
    assert ahead.middle == pytest.approx(math.pi / 2)
    assert radii[0] < 2.0 / math.tan(0.5)
    assert radii[-1] == pytest.approx(9000, rel=1e-4)
    assert (np.diff(radii) > 0).all()
