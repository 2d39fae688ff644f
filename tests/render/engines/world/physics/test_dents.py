from dataclasses import replace

import numpy as np
import pytest

from render.engines.world import physics
from render.engines.world.materials import Material
from render.engines.world.stage import Launch, Shape, Solid
from render.engines.world.tracer.movers import Movers, flattened
from render.engines.world.tracer.soup import Palette, mesh_of, turned

MOST = 0.01
"""Of its size: as far as a body may be seen in another."""


def ball(name="ball", substance="basketball", radius=0.12, at=(0.0, 0.0, 1.0), velocity=(0.0, 0.0, 0.0)):
    launch = Launch(time=0.0, position=at, velocity=velocity)
    return Solid(
        name=name, shape=Shape.SPHERE, size=(radius,), substance=substance, material=Material(), launch=launch
    )  # fmt: skip


def drawn(solid, motion, frame):
    """``[n, 3]`` vertices of a body as the picture shows it."""
    pose = motion.poses[frame, motion.names.index(solid.name)]
    dents = [dent for dent in motion.dents if dent.frame == frame and dent.body == solid.name]
    return flattened(turned(mesh_of(solid).vertices, pose), dents)


@pytest.mark.parametrize(
    ("substance", "radius"),
    [("basketball", 0.12), ("tennis ball", 0.0335), ("football", 0.11), ("rubber", 0.2), ("wood", 0.1)],
)
def test_a_ball_is_flat_where_it_meets_the_floor(substance, radius):
    solid = ball(substance=substance, radius=radius, at=(0.0, 0.0, 0.3 + radius), velocity=(1.0, 0.0, -5.0))
    motion = physics.simulate([solid], floor="hardwood", frames=120, fps=1200)
    sunk = (radius - motion.poses[:, 0, 2]) / (2 * radius)
    assert sunk.max() > 0.015, "a rigid ball goes into the floor"
    shown = [drawn(solid, motion, frame) for frame in range(120)]
    assert min(points[:, 2].min() for points in shown) > -MOST * 2 * radius
    assert max(points[:, 2].max() for points in shown[int(sunk.argmax()) :][:1]) > radius, "it is only cut below"


def test_a_ball_is_flat_where_it_meets_a_rim():
    rim = Solid(
        name="rim", shape=Shape.CAPSULE, size=(0.009, 0.5), substance="hoop steel", material=Material(),
        turn=(0.7071067811865476, 0.7071067811865476, 0.0, 0.0),
    )  # fmt: skip
    solid = ball(at=(0.01, 0.0, 0.2), velocity=(0.0, 0.0, -4.0))
    motion = physics.simulate([solid, rim], floor=None, frames=120, fps=1200)
    near = [np.hypot(*drawn(solid, motion, frame)[:, [0, 2]].T).min() for frame in range(120)]
    centre = np.hypot(*motion.poses[:, 0, [0, 2]].T)
    assert centre.min() < 0.12 + 0.009 - 0.03 * 0.24
    assert min(near) > 0.009 - MOST * 0.24


@pytest.mark.parametrize("other", ["basketball", "steel"])
def test_the_softer_of_two_balls_is_flat(other):
    one, two = ball("one", at=(-0.3, 0.0, 1.0), velocity=(6.0, 0.0, 0.0)), ball("two", other, at=(0.0, 0.0, 1.0))
    motion = physics.simulate([one, two], floor=None, frames=120, fps=1200)
    apart = []
    for frame in range(120):
        away = motion.poses[frame, 1, :3] - motion.poses[frame, 0, :3]
        away = away / np.linalg.norm(away)
        apart.append((drawn(two, motion, frame) @ away).min() - (drawn(one, motion, frame) @ away).max())
    assert np.linalg.norm(motion.poses[:, 1, :3] - motion.poses[:, 0, :3], axis=1).min() < 0.24 * 0.97
    assert min(apart) > -MOST * 0.24
    assert {dent.body for dent in motion.dents} == ({"one", "two"} if other == "basketball" else {"one"})


def test_what_is_not_there_is_not_drawn_dented():
    solid = ball()
    late = replace(solid, launch=replace(solid.launch, time=9.0))
    motion = physics.simulate([late], floor=None, frames=2, fps=24)
    dent = physics.Dent(frame=1, body="ball", place=(0.0, 0.0, 0.0), outward=(0.0, 0.0, -1.0), depth=0.01)
    movers = Movers([late], (), replace(motion, dents=(dent,)), Palette(), fans=None, first_id=1, device="cpu")
    movers.place(1, np.zeros(3), 0.001)
    assert np.ptp(movers.parts.tree.points.numpy(), axis=0).max() == 0.0
