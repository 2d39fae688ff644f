"""Engines of vehicles: the note by speed and gear, who has one, and what passing does to it."""

import numpy as np
import pytest

from render.engines.contract import SAMPLE_RATE
from render.engines.world.sound import motor
from render.engines.world.sound.listener import Listener
from render.engines.world.stage import Joint, JointKind, Shape

FPS = 24
RADIUS = 0.33


def vehicle(studio, *, tyre="tyre", drive=33.0, half=(1.7, 0.6, 0.083)):
    """A frame and one of its wheels."""
    frame = studio.solid("car", substance="car")
    frame = type(frame)(**{name: getattr(frame, name) for name in frame.__slots__} | {"shape": Shape.BOX, "size": half})
    joint = Joint(kind=JointKind.HINGE, parent="car", drive=drive)
    wheel = studio.solid("wheel", substance=tyre, size=RADIUS, launch=None, joint=joint)
    return frame, wheel


def drawn(studio, way, **others):
    """A stage with a vehicle that goes this way, ``[frames, 3]``, and its motion."""
    tempo = others.pop("tempo", 1.0)
    stage = studio.stage(vehicle(studio, **others), tempo=tempo)
    poses = np.zeros((len(way), 1, 7), np.float32)
    poses[:, 0, :3] = way
    return stage, studio.motion(names=("car",), poses=poses)


def passing(speed, frames=96, aside=2.0):
    x = (np.arange(frames) - frames / 2) * speed / FPS
    return np.stack([x, 0 * x + aside, 0 * x], 1)


def heard(studio, stage, motion):
    frames = len(motion.poses)
    ears = Listener([studio.camera()] * frames, fps=FPS)
    return motor.render(stage, motion, ears, fps=FPS, samples=frames * SAMPLE_RATE // FPS, seed=3)


def pitch(sound, low, high):
    """Hz of the strongest line between two bounds."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18)) ** 2
    hertz = np.fft.rfftfreq(1 << 18, 1 / SAMPLE_RATE)
    inside = (hertz > low) & (hertz < high)
    return float(hertz[inside][power[inside].argmax()])


def test_the_note_is_that_of_its_firings():
    turns = np.full(2 * SAMPLE_RATE, 30.0)
    for kind in (motor.PETROL, motor.DIESEL):
        fires = 30.0 * kind.cylinders / 2
        note = motor.note(turns, 0 * turns + 0.5, kind, np.random.default_rng(1))
        assert pitch(note, 0.6 * fires, 1.4 * fires) == pytest.approx(fires, abs=0.6)
        assert np.isfinite(note).all()


def test_a_driver_takes_higher_gears_and_does_not_hunt():
    up = np.linspace(0.0, 14.0, 400)
    gears = motor.gear(up, motor.PETROL)
    assert gears[0] == 0
    assert gears[-1] == len(motor.PETROL.gears) - 1
    assert (np.diff(gears) >= 0).all()
    turns = up * np.array(motor.PETROL.gears)[gears]
    assert turns[:300].max() < 1.1 * motor.PETROL.change
    steady = 5.3 + 0.3 * np.sin(np.arange(400) / 9)
    assert len(set(motor.gear(steady, motor.PETROL).tolist())) == 1
    assert (np.diff(motor.gear(up[::-1], motor.PETROL)) <= 0).all()


def test_a_standing_engine_idles_and_a_faster_one_works_harder():
    still, _ = motor.crank(np.zeros(48), RADIUS, motor.PETROL, fps=FPS)
    assert still == pytest.approx(motor.PETROL.idle)
    _, cruise = motor.crank(np.full(48, 10.0), RADIUS, motor.PETROL, fps=FPS)
    _, pulling = motor.crank(np.linspace(0, 5, 48), RADIUS, motor.PETROL, fps=FPS)
    assert pulling[24] > 2 * cruise[24]


@pytest.mark.parametrize(
    ("others", "cylinders"),
    [({}, [4]), ({"half": (2.4, 0.9, 0.3)}, [6]), ({"tyre": "plastic"}, []), ({"drive": None}, [])],
)
def test_what_is_driven_on_tyres_has_an_engine_and_what_is_heavy_a_diesel(studio, others, cylinders):
    stage, motion = drawn(studio, passing(10.0), **others)
    assert [kind.cylinders for _, kind, _ in motor.motors(stage)] == cylinders
    assert heard(studio, stage, motion).any() == bool(cylinders)


def test_one_that_passes_is_higher_before_than_after_and_changes_sides(studio):
    speed = 20.0
    stage, motion = drawn(studio, passing(speed))
    sound = heard(studio, stage, motion)
    ratio = motor.PETROL.gears[motor.gear(np.array([speed / (2 * np.pi * RADIUS)]), motor.PETROL)[0]]
    fires = speed / (2 * np.pi * RADIUS) * ratio * motor.PETROL.cylinders / 2
    before, after = (sound[k * SAMPLE_RATE : (k + 1) * SAMPLE_RATE].mean(1) for k in (0, 3))
    assert pitch(before, 0.8 * fires, 1.25 * fires) == pytest.approx(fires / (1 - speed / 343), rel=0.01)
    assert pitch(after, 0.8 * fires, 1.25 * fires) == pytest.approx(fires / (1 + speed / 343), rel=0.01)
    power = np.square(sound.reshape(8, -1, 2)).mean(1)
    assert power[2, 0] > 2 * power[2, 1]
    assert power[5, 1] > 2 * power[5, 0]
    assert power.sum(1).argmax() in {3, 4}


def test_slow_motion_lowers_the_note_by_the_root_of_the_tempo(studio):
    notes = []
    for tempo, low, high in ((1.0, 40, 70), (0.25, 20, 35)):
        stage, motion = drawn(studio, passing(10.0 * tempo, aside=5.0), tempo=tempo)
        notes.append(pitch(heard(studio, stage, motion)[SAMPLE_RATE:-SAMPLE_RATE].mean(1), low, high))
    assert notes[1] == pytest.approx(notes[0] / 2, rel=0.03)
