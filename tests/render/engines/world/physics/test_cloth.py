from dataclasses import replace

import numpy as np
import pytest

from render.engines.world import physics
from render.engines.world.materials import Material
from render.engines.world.stage import Cloth, Joint, JointKind, Launch, Shape, Solid

FPS = 25
SIDE = 15

pytestmark = pytest.mark.usefixtures("compiled")


def sheet(*, across=1.0, down=None, at=(0.0, 0.0, 2.0), pins="", **rest):
    """A square of cloth that hangs down from ``at`` if ``down`` is given, else lies level about it."""
    u, v = np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE), indexing="ij")
    ripple = 0.01 * np.sin(7 * v + 3 * u)
    local = (
        np.stack([v * across, ripple, -u * down], -1)
        if down
        else np.stack([(u - 0.5) * across, (v - 0.5) * across, 0 * u], -1)
    )
    pinned = np.zeros((SIDE, SIDE), np.bool_)
    if pins == "top":
        pinned[0] = True
    if pins == "left":
        pinned[:, 0] = True
    return Cloth(name="sheet", material=Material(), rest=local + at, pinned=pinned, **rest)


def thrown(*, radius, substance, position, velocity):
    return Solid(
        name="ball",
        shape=Shape.SPHERE,
        size=(radius,),
        substance=substance,
        material=Material(),
        launch=Launch(time=0.0, position=position, velocity=velocity),
    )


def framed(**rest):
    """A net that holds balls, two metres wide, in the plane y = 0 and tied along its edges."""
    net = sheet(across=2.0, down=2.0, at=(-1.0, 0.0, 2.1), density=0.15, stretch=3.0, open=0.9, holds=True, **rest)
    net.pinned[[0, -1]] = net.pinned[:, [0, -1]] = True
    return net


def run(cloth, *solids, seconds=2.0, **rest):
    motion = physics.simulate(solids, floor="hardwood", frames=round(seconds * FPS), fps=FPS, cloths=(cloth,), **rest)
    (moved,) = motion.sheets
    return moved.vertices.reshape(-1, SIDE, SIDE, 3).astype(float), motion


def test_a_sheet_that_nothing_holds_falls_freely():
    way, _ = run(sheet(open=1.0), seconds=0.5)
    time = np.arange(len(way)) / FPS
    assert way[:, 7, 7, 2] == pytest.approx(2.0 - 9.81 / 2 * time**2, rel=0.03)


def test_a_curtain_hangs_from_its_pins_and_hardly_stretches():
    way, _ = run(sheet(down=1.0, pins="top"), wind=(0.0, 2.0, 0.0))
    assert np.ptp(way[:, 0], axis=0).max() == 0
    assert np.linalg.norm(np.diff(way, axis=1), axis=-1).max() < 1.08 / (SIDE - 1)
    assert np.ptp(way[:, -1, :, 1], axis=0).max() > 0.03, "the wind moves it"


def test_a_flag_flies_down_wind_and_droops_in_a_calm():
    flag = sheet(down=0.8, pins="left", settle=2.0)
    flying, _ = run(flag, wind=(7.0, 0.0, 0.0), seconds=1.0)
    calm, _ = run(flag, seconds=1.0)
    assert flying[:, :, -1, 0].mean() > 0.75
    assert calm[:, :, -1, 0].mean() < 0.5
    assert flying[:, 7, -1, 1].std() > 0.02


def test_a_sheet_drapes_over_a_ball_and_lies_on_the_floor():
    ball = Solid(
        name="ball",
        shape=Shape.SPHERE,
        size=(0.25,),
        substance="wood",
        material=Material(),
        position=(0.0, 0.0, 0.25),
    )
    way, _ = run(sheet(across=1.2, at=(0.02, 0.01, 0.7)), ball, seconds=3.0)
    last = way[-1]
    from_ball = np.linalg.norm(last - (0.0, 0.0, 0.25), axis=-1)
    assert from_ball.min() > 0.25
    assert last[..., 2].min() > 0.0
    assert last[7, 7, 2] == pytest.approx(0.5, abs=0.03)
    assert last[0, 0, 2] < 0.1


def test_a_net_stops_a_ball_that_is_thrown_into_it():
    ball = Solid(
        name="ball",
        shape=Shape.SPHERE,
        size=(0.15,),
        substance="football",
        material=Material(),
        launch=Launch(time=0.0, position=(0.5, -0.6, 1.5), velocity=(0.0, 6.0, 1.0)),
    )
    net = sheet(down=1.0, pins="top", density=0.6, open=0.9)
    through, _ = run(sheet(down=1.0, at=(5.0, 0.0, 2.0), pins="top"), ball, seconds=0.5)
    _, held = run(net, ball, seconds=0.5)
    _, free = run(sheet(down=1.0, at=(5.0, 0.0, 2.0), pins="top"), ball, seconds=0.5)
    assert held.poses[-1, 0, 1] < free.poses[-1, 0, 1] - 0.5
    assert through.shape[0] == 12


def test_two_nets_give_a_ball_back_no_faster_than_one():
    ball = thrown(radius=0.11, substance="football", position=(0.9, -0.5, 1.2), velocity=(2.0, 14.0, 1.0))
    fastest = []
    for nets in ((framed(),), (framed(), framed())):
        motion = physics.simulate([ball], floor="ground", frames=180, fps=480, cloths=nets)
        fastest.append(np.diff(motion.poses[:, 0, 1]).min() * -480)
    assert fastest[0] < 3.0
    assert fastest[1] < fastest[0] + 0.5


@pytest.mark.parametrize(("across", "high", "speed"), [(0.05, 1.2, 8.0), (0.05, 1.2, 14.0), (0.6, 1.7, 14.0)])
def test_a_net_gives_a_ball_back_slowly_and_hardly_turns_it(across, high, speed):
    ball = thrown(radius=0.11, substance="football", position=(across, -0.5, high), velocity=(0.0, speed, 1.0))
    motion = physics.simulate([ball], floor="ground", frames=144, fps=480, cloths=[framed()])
    pose = motion.poses[:, 0].astype(float)
    assert np.diff(pose[:, 1]).min() * -480 < 1.2
    turned = 2 * np.arccos(np.abs((pose[1:, 3:] * pose[:-1, 3:]).sum(1)).clip(0, 1)) * 480
    assert turned.max() < 20.0


@pytest.mark.parametrize("fps", [8, 24, 60])
@pytest.mark.parametrize("speed", [30.0, 45.0, 55.0])
def test_a_net_stops_fast_small_balls(speed, fps):
    for away in (0.40, 0.43, 0.46, 0.49):
        ball = thrown(radius=0.0335, substance="tennis ball", position=(0.11, -away, 0.93), velocity=(2.0, speed, 0.5))
        motion = physics.simulate([ball], floor="ground", frames=max(3, fps // 3), fps=fps, cloths=[framed()])
        assert motion.poses[-1, 0, 1] < 0.4, "it would be metres behind the net"


def test_a_net_yields_to_a_ball_that_stands_fast():
    stone = Solid(
        name="stone",
        shape=Shape.SPHERE,
        size=(0.3,),
        substance="rock",
        material=Material(),
        position=(0.0, 0.2, 1.1),
    )
    way, _ = run(framed(), stone, seconds=1.0)
    assert np.isfinite(way).all()
    assert np.linalg.norm(way[-1] - stone.position, axis=-1).min() > 0.29


@pytest.mark.parametrize("speed", [2.0, 5.0])
def test_a_net_that_was_hit_does_not_stop_where_it_turns(speed):
    ball = Solid(
        name="ball",
        shape=Shape.SPHERE,
        size=(0.15,),
        substance="football",
        material=Material(),
        launch=Launch(time=0.0, position=(0.5, -0.6, 1.2), velocity=(0.0, speed, 1.0)),
    )
    net = sheet(down=1.0, pins="top", density=0.6, open=0.9, holds=True)
    way, _ = run(net, ball, seconds=6.0)
    apart = np.linalg.norm(np.diff(way, axis=0), axis=-1).max((1, 2))
    swung = np.abs(way[1:, :, :, 1]).max((1, 2))
    assert swung.max() > 0.2, "it was hit"
    assert swung[apart == 0.0].max(initial=0.0) < 0.04, "it stands still only where it hangs down"


def test_a_net_that_is_let_go_aside_swings_at_once():
    hanging = sheet(down=1.0, pins="top", open=0.9, holds=True)
    down = np.linspace(0, 1, SIDE)[:, None, None]
    aside = hanging.rest + down * np.array((0.0, 0.6, 0.2))
    way, _ = run(replace(hanging, rest=aside), seconds=1.0)
    assert np.ptp(way[:, -1, 7, 1]) > 0.3


def test_a_net_that_has_settled_stands_still_where_it_hangs():
    bulged = sheet(down=1.0, pins="top", open=0.9, holds=True, settle=2.0)
    ripple = 0.1 * np.sin(np.pi * np.linspace(0, 1, SIDE))[:, None, None] * np.array((0.0, 1.0, 0.0))
    way, _ = run(replace(bulged, rest=bulged.rest + ripple), seconds=1.0)
    assert np.ptp(way, axis=0).max() == 0.0
    assert np.abs(way[0, :, :, 1]).max() < 0.04


def test_pinned_points_go_with_what_carries_them():
    arm = Solid(
        name="arm",
        shape=Shape.BOX,
        size=(0.5, 0.02, 0.02),
        substance="wood",
        material=Material(),
        position=(0.5, 0.0, 2.05),
        joint=Joint(kind=JointKind.SLIDE, axis=(0.0, 1.0, 0.0), speed=0.5, drive=0.5),
    )
    way, motion = run(sheet(down=0.8, pins="top", pinned_to="arm"), arm, seconds=1.0)
    assert way[-1, 0, :, 1] - way[0, 0, :, 1] == pytest.approx(motion.poses[-1, 0, 1], abs=0.01)
    assert motion.poses[-1, 0, 1] == pytest.approx(0.48, abs=0.02)


def test_the_same_cloth_moves_the_same():
    flag = sheet(down=0.8, pins="left")
    one, two = (run(flag, wind=(7.0, 0.0, 0.0), seconds=0.6)[0] for _ in range(2))
    assert one.tobytes() == two.tobytes()
