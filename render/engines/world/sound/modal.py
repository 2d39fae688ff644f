"""Modal synthesis: what is struck rings in its own modes.

A body's modes are those of its substance, lowered by size; a hollow one rings longer and has a mode of its air. A hit
excites the modes below about one over its contact time, which is short for hard and fast impacts (Hertz: it falls with
the fifth root of the speed), so harder hits are brighter. Each body is a little different from its like, each hit from
the last one. K. van den Doel, D. Pai, "The sounds of physical shapes", Presence 7 (1998).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.engines.contract import SAMPLE_RATE
from render.engines.world.sound.listener import SPEED
from render.engines.world.sound.noise import HIGHEST
from render.engines.world.stage import Shape, Solid
from render.engines.world.substances import SUBSTANCES, Substance

REFERENCE_SIZE = 0.2
"""Metres: the size for which a substance's modes are written."""
SHRINK = 0.6
"""Power by which small bodies sound higher."""
OVERTONES = 5
"""Weak modes above the substance's own, heard in hard hits."""
SOFT = 200_000.0
"""1/s²: the contacts of stiffer substances are shorter than the physics resolves."""
HARD_CONTACT = 0.0007
"""Seconds of a contact of hard bodies at 1 m/s."""
CLICK = 0.004
"""Seconds in which the noise of the surfaces dies away."""
THUMP = 120.0
"""Hz below which a body of 1 kg moves little of a floor; a marble only makes it click."""
EDGE = 0.16
"""Share of a mode that even a contact much longer than its period excites at 1 m/s: surfaces are rough."""
QUIETEST = 4.6
"""Time constants after which a mode is not heard any more: 40 dB."""


def mass(solid: Solid) -> float:
    """Kilograms of a solid's plain shape."""
    size = solid.size
    match solid.shape:
        case Shape.SPHERE:
            volume = 4 / 3 * math.pi * size[0] ** 3
        case Shape.CYLINDER:
            volume = 2 * math.pi * size[0] ** 2 * size[1]
        case Shape.CAPSULE:
            volume = 2 * math.pi * size[0] ** 2 * size[1] + 4 / 3 * math.pi * size[0] ** 3
        case _:
            volume = 8 * math.prod(size)
    return volume * SUBSTANCES[solid.substance].density


def extent(solid: Solid) -> float:
    """Metres: the mean over the axes of a solid's plain shape."""
    match solid.shape:
        case Shape.SPHERE:
            return 2 * solid.size[0]
        case Shape.CYLINDER | Shape.CAPSULE:
            return 2 * (solid.size[0] ** 2 * solid.size[1]) ** (1 / 3)
        case _:
            return 2 * math.prod(solid.size) ** (1 / 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How one body rings."""

    hertz: NDArray[np.float64]
    """``[modes]``."""
    decay: NDArray[np.float64]
    """``[modes]`` seconds to 1/e."""
    gain: NDArray[np.float64]
    """``[modes]``."""
    click: float
    """Loudness of the surface's noise."""

    @classmethod
    def of(cls, substance: Substance, *, size: float, rng: np.random.Generator, pitch: float = 1.0) -> Voice:
        """The voice of a body ``size`` metres large; ``pitch`` below 1 sounds lower and longer."""
        scale = REFERENCE_SIZE / size
        hertz, decay, gain = (np.array(column, float) for column in zip(*substance.modes, strict=True))
        top = hertz[-1] * np.cumprod(rng.uniform(1.18, 1.5, OVERTONES))
        hertz = np.append(hertz, top) * scale**SHRINK
        decay = np.append(decay, decay[-1] * 0.85 ** np.arange(1, OVERTONES + 1)) * (1 + 0.4 * substance.hollow)
        decay *= min(max(scale**-0.3, 0.5), 1.6)
        gain = np.append(gain, gain[-1] * 0.8 ** np.arange(1, OVERTONES + 1))
        if substance.hollow > 0:
            hertz = np.append(hertz, SPEED / (2 * size))
            decay, gain = np.append(decay, 0.05 * (size / REFERENCE_SIZE) ** 0.5), np.append(gain, substance.hollow)
        hertz = hertz * pitch * rng.normal(1, 0.012, len(hertz))
        heard = (hertz < HIGHEST) & (hertz > 20)
        loud = substance.loudness
        return cls(
            hertz=hertz[heard], decay=decay[heard] / pitch, gain=gain[heard] * loud, click=2.6 * substance.noise * loud
        )

    def table(self) -> NDArray[np.float32]:
        """``[modes, samples]``: each mode struck at the first sample, with unit gain."""
        length = int(SAMPLE_RATE * QUIETEST * self.decay.max()) + 1
        time = np.arange(length) / SAMPLE_RATE
        table = np.zeros((len(self.hertz), length), np.float32)
        for row, hertz, decay in zip(table, self.hertz, self.decay, strict=True):
            end = int(SAMPLE_RATE * QUIETEST * decay) + 1
            now = time[:end]
            row[:end] = np.exp(-now / decay) * np.sin(2 * np.pi * hertz * now + 0.6)
        return table


def contact_time(first: Substance, second: Substance, *, speed: float) -> float:
    """Seconds for which two bodies touch when they meet at ``speed`` m/s; the softer one decides."""
    stiffness = min(first.stiffness, second.stiffness)
    length = math.pi / math.sqrt(stiffness) if stiffness < SOFT else HARD_CONTACT
    return length * max(speed, 0.05) ** -0.2


def strike(
    voice: Voice,
    table: NDArray[np.float32],
    *,
    contact: float,
    speed: float,
    lowest: float = 0.0,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """``[samples]`` of one hit of unit strength: ``contact`` seconds long, at ``speed`` m/s. ``table`` is the voice's.

    Modes below ``lowest`` Hz are weaker the lower they are. Where a body is hit and how differs each time: so do the
    shares of its modes.
    """
    hard = max(speed, 0.05) ** 0.35
    excited = (1 + (2 * voice.hertz * contact) ** 2) ** -0.75 + EDGE * hard
    excited *= np.minimum(voice.hertz / max(lowest, 1.0), 1.0)
    gains = voice.gain * excited * np.exp(rng.normal(0, 0.25, len(voice.gain)))
    out = gains.astype(np.float32) @ table
    rise = max(int(min(contact / 4, 0.0008) * SAMPLE_RATE), 1)
    out[:rise] *= np.linspace(0, 1, rise + 1, dtype=np.float32)[1:][: len(out)]
    size = min(int(QUIETEST * CLICK * SAMPLE_RATE), len(out))
    noise = rng.standard_normal(size, dtype=np.float32) * np.exp(-np.arange(size) / (CLICK * SAMPLE_RATE))
    soft = max(round(contact * SAMPLE_RATE / 40), 1)
    if soft > 1:
        noise = np.convolve(noise, np.full(soft, soft**-0.5, np.float32))[:size]
    out[:size] += noise.astype(np.float32) * (voice.click * hard)
    return out
