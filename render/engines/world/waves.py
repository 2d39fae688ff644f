"""Water waves: the sea that a wind raises, its height and crests at a place, and rings by dispersion."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import j0

from render.engines.world.stage import Vector, Wave

GRAVITY = 9.81
TENSION = 7.28e-5
"""m³/s²: surface tension of water over its density."""
VISCOSITY = 1.0e-6
"""m²/s."""
PEAKEDNESS = 3.3
CONTROL = 100
"""Values a second in which crests are looked for."""

Floats = NDArray[np.float64]


def peak(wind: float, fetch: float) -> float:
    """rad/s at which a wind (m/s at 10 m) that blew over ``fetch`` metres of water raises the highest waves.

    JONSWAP: Hasselmann et al., Dt. Hydrogr. Z. A8(12), 1973.
    """
    return 22.0 * (GRAVITY**2 / (wind * fetch)) ** (1 / 3)


def jonswap(rate: Floats, wind: float, fetch: float) -> Floats:
    """m²·s: energy of the waves by ω in rad/s (Hasselmann et al. 1973)."""
    top = peak(wind, fetch)
    level = 0.076 * (wind**2 / (fetch * GRAVITY)) ** 0.22
    width = np.where(rate <= top, 0.07, 0.09)
    sharp = PEAKEDNESS ** np.exp(-((rate - top) ** 2) / (2 * (width * top) ** 2))
    return level * GRAVITY**2 / rate**5 * np.exp(-1.25 * (top / rate) ** 4) * sharp


def shoaled(rate: Floats, depth: float) -> Floats:
    """Share of deep water's energy that ``depth`` metres hold at ω: Thompson and Vincent 1983, after Kitaigorodskii."""
    if not math.isfinite(depth):
        return np.ones_like(rate)
    reduced = np.minimum(rate * math.sqrt(depth / GRAVITY), 2.0)
    return np.where(reduced < 1, reduced**2 / 2, 1 - (2 - reduced) ** 2 / 2)


def wavelength(rate: float, depth: float = math.inf) -> float:
    """Metres of a gravity wave of ω rad/s over ``depth`` metres: ω² = g k tanh(k depth)."""
    number = rate**2 / GRAVITY
    if math.isfinite(depth):
        number /= math.sqrt(math.tanh(number * depth))
        for _ in range(50):
            tanh = math.tanh(number * depth)
            excess = GRAVITY * number * tanh - rate**2
            number -= excess / (GRAVITY * (tanh + number * depth * (1 - tanh**2)))
    return 2 * math.pi / number


def _spread(order: float, share: float) -> float:
    """Radians off the wind below which this share of the energy lies, for cos²ˢ(θ/2)."""
    angle = np.linspace(-np.pi, np.pi, 721)
    below = np.cumsum(np.cos(angle / 2) ** (2 * order))
    return float(np.interp(share, below / below[-1], angle))


def wind_sea(
    *,
    rng: np.random.Generator,
    wind: float,
    fetch: float,
    heading: float,
    depth: float = math.inf,
    count: int = 36,
    shortest: float = 1.0,
) -> tuple[Wave, ...]:
    """``count`` waves, the longest first, that share the energy of the sea which a wind raises.

    Headings (radians) spread about the wind's as Mitsuyasu et al. (J. Phys. Oceanogr. 5, 1975) measured: little at the
    peak, more for shorter and longer waves. Waves below ``shortest`` metres are left to the ripples.
    """
    top = peak(wind, fetch)
    last = max(math.sqrt(GRAVITY * 2 * math.pi / shortest), 1.5 * top)
    edges = np.geomspace(0.75 * top, last, count + 1)
    shares = (rng.permutation(count) + rng.random(count)) / count
    waves = []
    for low, high, share in zip(edges[:-1], edges[1:], shares, strict=True):
        fine = np.linspace(low, high, 9)
        energy = float(np.trapezoid(jonswap(fine, wind, fetch) * shoaled(fine, depth), fine))
        rate = float(rng.uniform(low, high))
        order = 11.5 * (GRAVITY / (top * wind)) ** 2.5 * min((rate / top) ** 5, (rate / top) ** -2.5)
        waves.append(
            Wave(
                wavelength=wavelength(rate, depth),
                heading=heading + _spread(max(order, 0.6), float(share)),
                amplitude=math.sqrt(2 * energy),
                phase=float(rng.uniform(0, 2 * math.pi)),
                depth=depth,
            )
        )
    return tuple(waves)


def significant_height(waves: Sequence[Wave]) -> float:
    """Metres from trough to crest of the higher third, four times the root mean square of the height."""
    return 4 * math.sqrt(sum(wave.amplitude**2 for wave in waves) / 2)


def height(waves: Sequence[Wave], x: float, y: float, times: Floats) -> Floats:
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


def ring_table(radius: float, *, reach: float, rows: int, seconds: float, columns: int) -> NDArray[np.float32]:
    """``[rows, columns]`` heights of a ring ``radius`` metres wide at its start and 1 m deep, over time and distance.

    Row i is at i/(rows − 1) of ``seconds``, column j at j/(columns − 1) of ``reach`` metres. The dent
    −(1 − r²/a²) exp(−r²/a²) runs apart as its Fourier-Bessel waves do, each by ω² = g k + (surface tension) k³ (Lamb,
    Hydrodynamics, §255 and §267), and viscosity damps it (Lamb §348). At its reach and at its end it has faded.
    """
    numbers = np.linspace(1e-3, 9.0 / radius, 900)
    weight = -(radius**4) / 8 * numbers**3 * np.exp(-((numbers * radius) ** 2) / 4) * (numbers[1] - numbers[0])
    rates = np.sqrt(GRAVITY * numbers + TENSION * numbers**3)
    times, ways = np.linspace(0, seconds, rows), np.linspace(0, reach, columns)
    swing = np.cos(times[:, None] * rates) * np.exp(-2 * VISCOSITY * numbers**2 * times[:, None])
    table = (swing * weight) @ j0(numbers[:, None] * ways)
    fade = np.clip((1 - ways / reach) / 0.15, 0, 1) * np.clip((1 - times / seconds) / 0.25, 0, 1)[:, None]
    return (table * fade).astype(np.float32)


def ripples(
    *, rng: np.random.Generator, side: float, cells: int, longest: float, slope: float, heading: float
) -> tuple[NDArray[np.complex128], Floats]:
    """Fourier modes of ripples on a square of ``side`` metres that repeats, and their ω in rad/s.

    ``[cells, cells]`` each, for wave numbers as :func:`numpy.fft.fftfreq` counts them along x and y; waves longer than
    ``longest`` metres are left out. ``slope`` is the root mean square slope; it is spread evenly over octaves (a
    saturated range, k⁻⁴ as Phillips), strongest along ``heading`` (radians).
    """
    number = 2 * np.pi * np.fft.fftfreq(cells, side / cells)
    x, y = np.meshgrid(number, number, indexing="ij")
    size = np.hypot(x, y)
    kept = (size > 2 * np.pi / longest) & (size < 0.8 * np.pi * cells / side)
    along = np.cos(np.arctan2(y, x) - heading)
    energy = np.where(kept, (0.12 + np.maximum(along, 0) ** 2) / np.maximum(size, 1e-9) ** 4, 0.0)
    modes = np.sqrt(energy) * (rng.normal(size=size.shape) + 1j * rng.normal(size=size.shape))
    # A real surface has the sum of each mode and its mirror; half the power of the modes is left in it.
    total = float((np.abs(modes) ** 2 * size**2).sum()) / 2
    rate = np.sqrt(GRAVITY * size + TENSION * size**3)
    return modes * (slope / math.sqrt(max(total, 1e-12))), rate


def ripple_slopes(modes: NDArray[np.complex128], rate: Floats, side: float, time: float) -> NDArray[np.float32]:
    """``[cells, cells, 2]`` slopes along x and y of the ripples' surface Re Σ modes exp(i k·x − i ω t)."""
    cells = len(modes)
    number = 2 * np.pi * np.fft.fftfreq(cells, side / cells)
    now = modes * np.exp(-1j * rate * time) * cells**2
    east, north = np.fft.ifft2(1j * number[:, None] * now), np.fft.ifft2(1j * number[None, :] * now)
    return np.stack([east.real, north.real], -1).astype(np.float32)


def slope_of_wind(wind: Vector | float) -> float:
    """Root mean square slope of a surface under a wind in m/s: Cox and Munk, J. Opt. Soc. Am. 44, 1954."""
    speed = wind if isinstance(wind, float) else math.hypot(wind[0], wind[1])
    return math.sqrt(0.00512 * max(speed, 0.2))
