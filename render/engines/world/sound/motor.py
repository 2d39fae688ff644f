"""Combustion engines of vehicles: each cylinder's firing, by the speed of the wheels and the gear that a driver is in.

A four-stroke cylinder fires every second turn of the crank. No two cylinders are quite alike and no two firings are, so
the note has orders below that of the firing, and lives. The exhaust pipe rings with each pulse, gas rushes behind it,
and a diesel knocks. Mufflers and bodies take what is high.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, sosfilt

from render.engines.contract import SAMPLE_RATE
from render.engines.world.physics import Motion
from render.engines.world.sound import impacts, modal
from render.engines.world.sound.layers import Stereo
from render.engines.world.sound.listener import Listener
from render.engines.world.sound.noise import band, passed, stream
from render.engines.world.stage import Solid, Stage

Mono = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Motor:
    """One kind of engine with its gearbox."""

    cylinders: int
    idle: float
    """Turns of the crank a second when nothing is asked of it."""
    gears: tuple[float, ...]
    """Turns of the crank for one of the wheels, first gear first."""
    change: float
    """Turns a second at which the next gear is taken."""
    pipe: tuple[tuple[float, float], ...]
    """(Hz, gain) at which the exhaust rings."""
    knock: float
    """Loudness of the hard burning against the exhaust's."""
    loudness: float
    """Of full load, against an impact of 1 N·s."""


PETROL = Motor(
    cylinders=4,
    idle=13.5,
    gears=(14.0, 8.1, 5.4, 4.0, 3.2),
    change=38.0,
    pipe=((88.0, 0.8), (176.0, 0.9), (350.0, 0.9), (640.0, 0.7), (1150.0, 0.4)),
    knock=0.12,
    loudness=450.0,
)
DIESEL = Motor(
    cylinders=6,
    idle=10.0,
    gears=(22.0, 13.5, 8.6, 5.8, 4.1),
    change=26.0,
    pipe=((62.0, 0.8), (124.0, 0.9), (260.0, 0.9), (520.0, 0.7), (980.0, 0.4)),
    knock=0.45,
    loudness=1000.0,
)
HEAVY = 2500.0
"""Kilograms from which on a vehicle has a diesel."""
STAY = 0.42
"""Share of :attr:`Motor.change` below which the lower gear is taken."""
CLUTCH = 0.12
"""Seconds in which the crank takes on the speed of another gear."""
CRUISE, FULL = 0.35, 2.5
"""Share of full load that a level road asks, and m/s² of getting faster that asks all."""
UNLIKE, UNSTEADY = 0.16, 0.07
"""How far cylinders differ from each other, and firings of one."""
PULSE = 0.03
"""Share of the time between two firings after which the pressure is highest."""
TYRES = frozenset({"tyre"})
"""Wheels of what a combustion engine drives; toys and carts go on plastic and wood, by a spring or by hand."""


def motors(stage: Stage) -> Iterator[tuple[Solid, Motor, float]]:
    """Each vehicle of the stage that is driven by an engine, with that and the radius of its wheels in metres."""
    for solid in stage.solids:
        driven = [
            other.size[0]
            for other in stage.solids
            if other.joint and other.joint.parent == solid.name and other.joint.drive and other.substance in TYRES
        ]
        if driven:
            yield solid, DIESEL if modal.mass(solid) > HEAVY else PETROL, driven[0]


def gear(turns: Floats, motor: Motor) -> NDArray[np.int64]:
    """``[k]`` indices of gears for a wheel that makes so many ``turns`` a second, at moments one after the other."""
    ratios, chosen, now = motor.gears, np.zeros(len(turns), np.int64), 0
    while now + 1 < len(ratios) and len(turns) and turns[0] * ratios[now] > motor.change:
        now += 1
    for k, turn in enumerate(turns):
        if now + 1 < len(ratios) and turn * ratios[now] > motor.change:
            now += 1
        elif now and turn * ratios[now] < STAY * motor.change:
            now -= 1
        chosen[k] = now
    return chosen


def crank(speed: Floats, radius: float, motor: Motor, *, fps: float) -> tuple[Floats, Floats]:
    """``[k]`` turns of the crank a second and load from 0 to 1, by a vehicle's speed in m/s, ``fps`` looks a second."""
    turns = speed / (2 * np.pi * radius)
    ratio = np.array(motor.gears)[gear(turns, motor)]
    wanted = np.maximum(turns * ratio, motor.idle)
    faster = np.gradient(speed, 1 / fps) if len(speed) > 1 else 0 * speed
    load = np.clip(CRUISE * np.minimum(speed / 10.0, 1.5) + faster / FULL, 0.08, 1.0)
    return gaussian_filter1d(wanted, CLUTCH * fps, mode="nearest"), gaussian_filter1d(load, 0.1 * fps, mode="nearest")


def note(turns: Floats, load: Floats, motor: Motor, rng: np.random.Generator) -> Mono:
    """``[n]`` of an engine by the turns of its crank a second and its load from 0 to 1, given for each sample."""
    size = len(turns)
    if not size:
        return np.zeros(0, np.float32)
    fired = (np.cumsum(turns) / SAMPLE_RATE + float(rng.random())) * motor.cylinders / 2
    number = np.floor(fired).astype(np.int64)
    since = fired - number
    number -= number[0]
    own = 1 + UNLIKE * rng.standard_normal(motor.cylinders)
    each = own[np.arange(number[-1] + 1) % motor.cylinders] * (1 + UNSTEADY * rng.standard_normal(number[-1] + 1))
    pressure = each[number] * (since / PULSE) * np.exp(1 - since / PULSE)
    pulses = sosfilt(butter(1, 60.0, "high", fs=SAMPLE_RATE, output="sos"), pressure)
    out = 0.35 * sosfilt(butter(2, 900.0, fs=SAMPLE_RATE, output="sos"), pulses)
    for hertz, gain in motor.pipe:
        out += gain * passed(pulses, hertz * 0.84, hertz * 1.19)
    rush = band(size, rng, 180, 1500) * np.sqrt(np.maximum(pressure, 0)) * (0.04 + 0.12 * load)
    hard = band(size, rng, 1300, 3800) * each[number] * np.exp(-since / 0.05) * motor.knock * 0.35
    whole = (out * (0.3 + 0.7 * load) + rush + hard) * motor.loudness
    return sosfilt(butter(1, 2600.0, fs=SAMPLE_RATE, output="sos"), whole).astype(np.float32)


def render(stage: Stage, motion: Motion, listener: Listener, *, fps: float, samples: int, seed: int) -> Stereo:
    """``[samples, 2]``: every engine from where its vehicle is; silence where nothing is driven."""
    out = np.zeros((samples, 2), np.float32)
    for solid, motor, radius in motors(stage):
        lane = motion.names.index(solid.name)
        there = np.flatnonzero(motion.present[:, lane])
        if not len(there):
            continue
        way = motion.poses[there[0] :, lane, :3].astype(float)
        speed = np.linalg.norm(np.gradient(way, 1 / fps, axis=0), axis=1) / stage.tempo if len(way) > 1 else np.zeros(1)
        film = (there[0] + np.arange(len(way))) / fps
        turns, load = crank(speed, radius, motor, fps=fps / stage.tempo)
        clock = film[0] + np.arange(max(samples - round(film[0] * SAMPLE_RATE), 0)) / SAMPLE_RATE
        lower = impacts.pitch(stage.tempo)
        sound = note(
            np.interp(clock, film, turns) * lower, np.interp(clock, film, load), motor, stream(seed, solid.name)
        )
        listener.follow(out, sound, film, way)
    return out
