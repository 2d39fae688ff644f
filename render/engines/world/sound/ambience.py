"""The sound of places and of moving water."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from render.engines.contract import SAMPLE_RATE
from render.engines.world.stage import Wave

CONTROL = 100
"""Values a second of slow curves."""


def _band(low: float, high: float, order: int = 1) -> NDArray[np.float64]:
    return butter(order, [low, high], "band", fs=SAMPLE_RATE, output="sos")


def _noise(samples: int, rng: np.random.Generator, low: float, high: float, order: int = 1) -> NDArray[np.float64]:
    """``[samples, 2]`` of band-limited noise of unit RMS."""
    out = sosfilt(_band(low, high, order), rng.normal(size=(samples, 2)), axis=0)
    return out / max(float(np.sqrt(np.mean(out**2))), 1e-9)


def _slow(samples: int, rng: np.random.Generator, hertz: float) -> NDArray[np.float64]:
    """``[samples, 1]`` that wanders between 0 and 1."""
    knots = int(samples / SAMPLE_RATE * hertz) + 4
    values = np.cumsum(rng.normal(0, 0.5, knots))
    values = 0.5 + 0.5 * np.sin(values)
    where = np.arange(samples) / SAMPLE_RATE * hertz
    return np.interp(where, np.arange(knots), values)[:, None]


def yard(samples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Light wind in leaves and a far town."""
    wind = _noise(samples, rng, 500, 3200) * (0.35 + 0.65 * _slow(samples, rng, 0.6)) * 0.4
    town = _noise(samples, rng, 50, 240, 2) * (0.7 + 0.3 * _slow(samples, rng, 0.3))
    return wind + town * 0.8


def studio(samples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A quiet room with a turntable's motor."""
    time = np.arange(samples)[:, None] / SAMPLE_RATE
    pitch = float(rng.uniform(92, 108))
    motor = sum(np.sin(2 * np.pi * pitch * k * time + k) / k**1.6 for k in range(1, 6))
    motor = motor * (0.8 + 0.2 * np.sin(2 * np.pi * 1.9 * time))
    return _noise(samples, rng, 80, 1400) * 0.5 + np.repeat(motor, 2, axis=1) * 0.35


def shore(samples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Wind over open water; the waves themselves come from :func:`surf`."""
    return _noise(samples, rng, 120, 900) * (0.4 + 0.6 * _slow(samples, rng, 0.4))


AMBIENCES: dict[str, Callable[[int, np.random.Generator], NDArray[np.float64]]] = {
    "yard": yard,
    "studio": studio,
    "shore": shore,
}


def height(waves: Sequence[Wave], x: float, y: float, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres of the water over its rest level at one place, over ``times`` in seconds."""
    level = np.zeros_like(times)
    for wave in waves:
        along = x * np.cos(wave.heading) + y * np.sin(wave.heading)
        level += wave.amplitude * np.cos(wave.number * along - wave.frequency * times + wave.phase)
    return level


def arrivals(waves: Sequence[Wave], x: float, y: float, seconds: float) -> list[tuple[float, float]]:
    """(time, height) of the crests that reach a place."""
    times = np.arange(0, seconds, 1 / CONTROL)
    level = height(waves, x, y, times)
    rising = (level[1:-1] > level[:-2]) & (level[1:-1] >= level[2:]) & (level[1:-1] > 0.08)
    return [(float(times[k + 1]), float(level[k + 1])) for k in np.flatnonzero(rising)]


def surf(
    waves: Sequence[Wave], shores: Sequence[tuple[float, float, float]], samples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """``[samples, 2]`` of water against rocks: loud when it rises there, hissing while it runs off."""
    seconds = samples / SAMPLE_RATE
    times = np.arange(-2, seconds + 0.1, 1 / CONTROL)
    clock = np.arange(samples) / SAMPLE_RATE
    out = _noise(samples, rng, 90, 500) * 0.25
    for k, (x, y, radius) in enumerate(shores[:5]):
        level = height(waves, x, y, times)
        power = np.maximum(np.gradient(level, 1 / CONTROL), 0) * np.clip(level + 0.35, 0, None)
        hiss = sosfilt(butter(1, 0.55, fs=CONTROL, output="sos"), np.clip(level + 0.1, 0, None))
        strength = np.sqrt(radius) / (1 + 0.25 * k)
        rush = np.interp(clock, times, power)[:, None] * strength
        run = np.interp(clock, times, hiss)[:, None] * strength
        aside = np.clip(x / 9.0, -0.8, 0.8)
        pan = np.array([np.cos((aside + 1) * np.pi / 4), np.sin((aside + 1) * np.pi / 4)])
        out += _noise(samples, rng, 130, 1500) * rush * pan * 2.6 + _noise(samples, rng, 1400, 7000) * run * pan * 0.9
    return out
