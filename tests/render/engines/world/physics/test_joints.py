import math

import numpy as np
import pytest

from render.engines.world import physics
from render.engines.world.materials import Material
from render.engines.world.stage import Joint, JointKind, Launch, Shape, Solid


def solid(name, *, shape=Shape.SPHERE, size=(0.05,), substance="steel", **rest):
    return Solid(name=name, shape=shape, size=size, substance=substance, material=Material(), **rest)


def run(*solids, seconds=2.0, fps=100, floor=None, tempo=1.0):
    return physics.simulate(solids, floor=floor, frames=round(seconds * fps), fps=fps, tempo=tempo)


def tilt(motion, lane=0):
    """Radians about y."""
    _, y, _, w = motion.poses[:, lane, 3:].astype(float).T
    return np.unwrap(2 * np.arctan2(y, w))


def pendulum(length, start, **joint):
    return solid(
        "bob",
        position=(0.0, 0.0, 2.0 - length),
        joint=Joint(kind=JointKind.HINGE, anchor=(0.0, 0.0, length), axis=(0.0, 1.0, 0.0), start=start, **joint),
    )


def test_a_pendulum_keeps_its_period_and_its_height():
    length, start = 0.9, 0.25
    angle = tilt(run(pendulum(length, start), seconds=12.0))
    crossings = np.flatnonzero((angle[:-1] > 0) & (angle[1:] <= 0))
    at = crossings + angle[crossings] / (angle[crossings] - angle[crossings + 1])
    around = length + 0.4 * 0.05**2 / length
    exact = 2 * math.pi * math.sqrt(around / 9.81) * (1 + start**2 / 16)
    assert np.diff(at).mean() / 100 == pytest.approx(exact, rel=0.005)
    assert start * 0.97 < angle[-200:].max() <= start * 1.001


def test_a_joint_turns_within_its_limits():
    angle = tilt(run(pendulum(0.5, 0.0, limits=(-0.3, 0.4), speed=6.0)))
    assert angle.max() == pytest.approx(0.4, abs=0.03)
    assert angle.min() > -0.33


def test_a_spring_with_damping_comes_to_rest_at_the_pose_that_the_solid_gives():
    sprung = solid(
        "block",
        shape=Shape.BOX,
        size=(0.05, 0.05, 0.05),
        position=(0.3, 0.0, 1.0),
        joint=Joint(kind=JointKind.SLIDE, axis=(1.0, 0.0, 0.0), start=0.2, spring=400.0, damping=20.0),
    )
    way = run(sprung, seconds=4.0).poses[:, 0, 0]
    assert way[0] == pytest.approx(0.5)
    assert way.min() < 0.29, "it swings past"
    assert way[-50:] == pytest.approx(0.3, abs=0.002)


@pytest.mark.parametrize("strength", [1e6, 0.5])
def test_a_motor_keeps_its_speed_up(strength):
    wheel = solid(
        "wheel",
        shape=Shape.CYLINDER,
        size=(0.1, 0.02),
        position=(0.0, 0.0, 1.0),
        joint=Joint(kind=JointKind.HINGE, drive=3.0, strength=strength),
    )
    _, _, z, w = run(wheel).poses[:, 0, 3:].astype(float).T
    speed = np.gradient(np.unwrap(2 * np.arctan2(z, w))) * 100
    assert speed[-50:] == pytest.approx(3.0, rel=0.02)
    assert (speed[2] < 2.0) == (strength < 1), "a weak motor takes its time"


def test_wheels_go_where_their_car_is_launched():
    car = solid(
        "car",
        shape=Shape.BOX,
        size=(0.2, 0.1, 0.03),
        substance="wood",
        launch=Launch(time=0.5, position=(1.0, 2.0, 0.12), velocity=(1.0, 0.0, 0.0)),
    )
    lying = (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0)
    wheels = [
        solid(
            f"wheel {k}",
            shape=Shape.CYLINDER,
            size=(0.06, 0.01),
            substance="rubber",
            position=(x, y, -0.05),
            turn=lying,
            joint=Joint(kind=JointKind.HINGE, parent="car"),
        )
        for k, (x, y) in enumerate([(-0.15, -0.13), (-0.15, 0.13), (0.15, -0.13), (0.15, 0.13)])
    ]
    motion = run(car, *wheels, floor="hardwood", seconds=2.0)
    assert not motion.present[40].any()
    assert motion.present[60].all()
    rolled = motion.poses[-1, :, 0] - motion.poses[60, :, 0]
    assert rolled == pytest.approx(rolled[0], abs=0.02), "they stay together"
    assert rolled[0] > 1.0, "it rolls on"
    assert np.abs(motion.poses[60:, 0, 2] - 0.11).max() < 0.02


def test_slow_motion_shows_the_same_scene_more_slowly():
    one, two = run(pendulum(0.5, 0.3), seconds=1.0), run(pendulum(0.5, 0.3), seconds=2.0, tempo=0.5)
    assert two.poses[::2] == pytest.approx(one.poses, abs=1e-4)


def test_a_joint_that_hangs_on_nothing_is_refused():
    lost = solid("bob", joint=Joint(kind=JointKind.HINGE, parent="gone"))
    with pytest.raises(ValueError, match="'gone' is not a moving solid"):
        run(lost)
    both = solid("bob", joint=Joint(kind=JointKind.HINGE), launch=Launch(time=0.0, position=(0.0, 0.0, 1.0)))
    with pytest.raises(ValueError, match="both a joint and a launch"):
        run(both)
