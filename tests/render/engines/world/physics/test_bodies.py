from dataclasses import replace

import numpy as np
import pytest

from render.engines.world import geometry, physics
from render.engines.world.materials import Material
from render.engines.world.stage import Bond, Launch, Shape, Solid, Wave
from render.engines.world.substances import SUBSTANCES


def solid(name, *, shape=Shape.SPHERE, size=(0.05,), substance="steel", at=(0.0, 0.0, 1.0), time=0.0, **rest):
    velocity, turn = rest.pop("velocity", (0.0, 0.0, 0.0)), rest.pop("turn", (1.0, 0.0, 0.0, 0.0))
    launch = Launch(time=time, position=at, velocity=velocity, turn=turn)
    return Solid(name=name, shape=shape, size=size, substance=substance, material=Material(), launch=launch, **rest)


def run(*solids, seconds=2.0, fps=50, floor="hardwood", **rest):
    return physics.simulate(solids, floor=floor, frames=round(seconds * fps), fps=fps, **rest)


def block(name, x, z, **rest):
    return solid(name, shape=Shape.BOX, size=(0.1, 0.1, 0.05), substance="rock", at=(x, 0.0, z), **rest)


def test_a_ball_thrown_up_does_not_stop_at_the_top():
    way = run(solid("ball", velocity=(0.0, 0.0, 3.0)), seconds=0.8).poses[:, 0, 2]
    time = np.arange(40) / 50
    assert way == pytest.approx(1.0 + 3 * time - 9.81 / 2 * time**2, abs=0.003)


def test_what_lies_still_does_not_tremble():
    tower = [block(f"brick {k}", 0.0, 0.05 + 0.1 * k) for k in range(4)]
    motion = run(*tower, seconds=3.0)
    assert np.ptp(motion.poses[40:], axis=0).max() < 1e-4
    assert not motion.contacts, "what stands from the start does not land"


def test_what_sleeps_wakes_when_it_is_hit():
    ball = solid("ball", at=(-1.0, 0.0, 0.06), velocity=(5.0, 0.0, 0.0), time=1.5)
    motion = run(block("brick", 0.0, 0.05), ball, seconds=3.0)
    assert motion.poses[-1, 0, 0] > 0.01
    assert not motion.present[74, 1]
    assert motion.present[75, 1]
    assert motion.poses[75, 1, :3] == pytest.approx((-1.0, 0.0, 0.06))


def test_a_hull_lies_on_its_faces():
    wedge = geometry.box((0.1, 0.1, 0.1))
    cut = wedge.vertices.copy()
    cut[cut[:, 2] > 0, 0] *= 0.2
    look = geometry.Mesh(vertices=cut, normals=wedge.normals, faces=wedge.faces)
    motion = run(solid("wedge", shape=Shape.HULL, size=(0.1, 0.1, 0.1), substance="wood", look=look, at=(0, 0, 0.2)))
    assert motion.poses[-1, 0, 2] == pytest.approx(0.1, abs=0.002)
    with pytest.raises(ValueError, match="has no look"):
        run(solid("wedge", shape=Shape.HULL, size=(0.1, 0.1, 0.1)))


def bonded(strength, **rest):
    pieces = [block("piece 0", 0.0, 1.5, **rest)]
    return [*pieces, block("piece 1", 0.201, 1.5, bonds=(Bond(to="piece 0", strength=strength),), **rest)]


@pytest.mark.parametrize("time", [0.0, 0.3])
def test_a_bond_holds_until_an_impact_passes_its_strength(time):
    held = run(*bonded(1e6, time=time))
    apart = np.linalg.norm(held.poses[:, 0, :3] - held.poses[:, 1, :3], axis=1)
    assert apart == pytest.approx(0.201, abs=0.004)
    broken = run(*bonded(0.5, time=time), solid("wedge", at=(0.3, 0.0, 0.04), size=(0.04,)))
    apart = np.linalg.norm(broken.poses[:, 0, :3] - broken.poses[:, 1, :3], axis=1)
    landed = round((time + 0.45) * 50)
    assert apart[:landed] == pytest.approx(0.201, abs=0.004), "nothing has hit it yet"
    assert abs(apart[-1] - 0.201) > 0.01


def test_weight_alone_breaks_nothing():
    tower = [block("piece 0", 0.0, 0.05)]
    tower += [
        block(f"piece {k}", 0.0, 0.05 + 0.1005 * k, bonds=(Bond(to=f"piece {k - 1}", strength=2.0),)) for k in (1, 2, 3)
    ]
    ball = solid("ball", at=(-2.0, 0.0, 0.4), velocity=(9.0, 0.0, 1.0), time=1.0, size=(0.1,))
    motion = run(*tower, ball)
    assert np.ptp(motion.poses[:55, :4], axis=0).max() < 0.002
    assert np.ptp(motion.poses[-1, :4, 0]) > 0.3


def test_wood_floats_by_its_density_and_steel_sinks():
    beam = solid("beam", shape=Shape.BOX, size=(0.3, 0.1, 0.1), substance="wood", at=(0, 0, 0.2), floats=True)
    stone = solid("stone", substance="rock", at=(1.0, 0.0, 0.2), floats=True)
    motion = run(beam, stone, floor=None, seconds=8.0)
    wood = physics.model.SUBSTANCES["wood"].density / 1000
    assert motion.poses[-50:, 0, 2] == pytest.approx(0.1 - 0.2 * wood, abs=0.01)
    assert motion.poses[-1, 1, 2] < -3


def test_a_boat_rises_and_falls_with_a_long_wave():
    wave = Wave(wavelength=30.0, heading=0.0, amplitude=0.5, phase=0.0)
    raft = solid("raft", shape=Shape.BOX, size=(0.5, 0.5, 0.1), substance="wood", at=(0, 0, 0.5), floats=True)
    motion = run(raft, floor=None, seconds=12.0, waves=(wave,))
    time = np.arange(600) / 50
    surface = 0.5 * np.cos(wave.number * motion.poses[:, 0, 0] - wave.frequency * time)
    assert np.abs(motion.poses[200:, 0, 2] - surface[200:]).max() < 0.12
    assert np.ptp(motion.poses[200:, 0, 2]) > 0.8


def test_a_rolling_ball_is_told_to_roll_and_a_sliding_block_to_slide():
    ball = solid("ball", substance="wood", at=(0.0, 0.0, 0.05), velocity=(1.0, 0.0, 0.0))
    ice = block("block", 0.0, 0.05, velocity=(1.5, 0.0, 0.0))
    rolls = [rub for rub in run(ball).rubs if rub.first == "ball"]
    slides = max(run(ice).rubs, key=lambda rub: len(rub.times))
    last = rolls[-1]
    assert {last.first, last.second} == {"ball", "floor"}
    assert np.diff(last.times) == pytest.approx(1 / 250, rel=0.05)
    assert last.roll[-10:].min() > 0.4
    assert last.slip[-10:].max() < 0.05
    pressed = slides.force > 0
    assert 0.2 < slides.slip[pressed].max() < 1.6
    assert slides.roll.max() < 0.3


def rolled(substance, radius, floor, *, high, seconds):
    """Metres that a ball goes which starts with what it got on its way down a ramp."""
    fast = float(np.sqrt(2 * 9.81 * high / 1.4))
    ball = solid("ball", substance=substance, size=(radius,), at=(0.0, 0.0, radius), velocity=(fast, 0.0, 0.0))
    launch = replace(ball.launch, spin=(0.0, fast / radius, 0.0))
    way = run(replace(ball, launch=launch), seconds=seconds, floor=floor).poses[:, 0, 0]
    assert np.ptp(way[-10:]) < 0.01, "it has come to rest"
    return float(way[-1])


def test_a_football_rolls_as_far_on_turf_as_its_rules_ask():
    assert 4.0 < rolled("football", 0.11, "turf", high=1.0, seconds=4.0) < 8.0


@pytest.mark.parametrize("radius", [0.03, 0.11])
@pytest.mark.parametrize("floor", [name for name, made_of in SUBSTANCES.items() if made_of.drag])
def test_what_gives_way_stops_what_rolls_by_its_weight(floor, radius):
    high, drag = 0.05, SUBSTANCES[floor].drag
    seconds = 0.4 + 2 * high / drag / np.sqrt(2 * 9.81 * high / 1.4)
    assert rolled("rubber", radius, floor, high=high, seconds=seconds) == pytest.approx(high / drag, rel=0.1)
    assert SUBSTANCES[floor].source


def test_the_same_stage_moves_the_same():
    tower = [block(f"brick {k}", 0.02 * k, 0.05 + 0.1 * k) for k in range(8)]
    ball = solid("ball", at=(-1.0, 0.0, 0.3), velocity=(5.0, 0.0, 1.0), time=0.5)
    one, two = run(*tower, ball), run(*tower, ball)
    assert one.poses.tobytes() == two.poses.tobytes()
    assert one.contacts == two.contacts
    assert len(one.rubs) == len(two.rubs)
