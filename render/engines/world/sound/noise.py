"""What most sound of nature is made of: coloured noise and slow, aimless change. Never repeats."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from render.engines.contract import SAMPLE_RATE

HIGHEST = 0.45 * SAMPLE_RATE


def stream(seed: int, name: str) -> np.random.Generator:
    """The random numbers of one part of the mix, so that no part disturbs another."""
    return np.random.default_rng([seed % 2**63, *name.encode()])


@lru_cache(maxsize=512)
def _sections(low: float, high: float, order: int) -> NDArray[np.float64]:
    return np.asarray(butter(order, [low, min(high, HIGHEST)], "band", fs=SAMPLE_RATE, output="sos"))


def passed(signal: NDArray[np.floating], low: float, high: float, *, order: int = 1) -> NDArray[np.floating]:
    """What of a signal is between ``low`` and ``high`` Hz, with flanks of ``order`` times 6 dB an octave each."""
    return np.asarray(sosfilt(_sections(low, high, order), signal))


def band(samples: int, rng: np.random.Generator, low: float, high: float, *, order: int = 1) -> NDArray[np.float32]:
    """``[samples]`` of noise between ``low`` and ``high`` Hz, of unit RMS. Starts in full swing.

    ``order`` sets the steepness: 6 dB an octave each.
    """
    lead = SAMPLE_RATE // 20
    out = passed(rng.standard_normal(samples + lead, dtype=np.float32), low, high, order=order)[lead:]
    return (out / max(float(np.sqrt(np.mean(np.square(out)))), 1e-9)).astype(np.float32) if samples else out


def wander(samples: int, rng: np.random.Generator, hertz: float) -> NDArray[np.float32]:
    """``[samples]`` that wanders smoothly between 0 and 1, turning about ``hertz`` times a second."""
    knots = int(samples / SAMPLE_RATE * hertz) + 3
    values = 0.5 + 0.5 * np.sin(rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 1.3, knots)))
    where = np.arange(samples, dtype=np.float32) * (hertz / SAMPLE_RATE)
    first = where.astype(np.int32)
    share = where - first
    share = share * share * (3 - 2 * share)
    values = values.astype(np.float32)
    return (values[first] * (1 - share) + values[first + 1] * share).astype(np.float32)


def ragged(samples: int, rng: np.random.Generator, rate: float, *, even: float) -> NDArray[np.float32]:
    """``[samples]`` of impulses at random times, ``rate`` a second, few strong among many weak, each ±.

    The larger ``even``, the more alike they are.
    """
    out = np.zeros(samples, np.float32)
    count = int(rng.poisson(rate * samples / SAMPLE_RATE))
    strength = rng.random(count) ** (1 / even) * (2 * rng.integers(0, 2, count) - 1)
    np.add.at(out, rng.integers(0, max(samples, 1), count), strength.astype(np.float32))
    return out


def level(decibels: float) -> float:
    """The factor of a level in dB."""
    return float(10 ** (decibels / 20))
