"""Loudness of a clip's sound after ITU-R BS.1770-4 (EBU R128), and its gain to the target.

One linear gain and a look-ahead limiter for the peaks, sample for sample as long as before: sound stays in sync.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 48_000
TARGET_LUFS = -16.0
CEILING_DBTP = -2.0
"""What the limiter holds at first; AAC adds about 1 dB of its own, and the finished file may have −1 dBTP."""
MOST_GAIN_DB = 20.0
"""Near-silent sound stays quiet: its noise is not blown up."""
MOST_LIMITING_DB = 9.0
"""Sound of few sharp peaks stays below the target rather than being squashed."""
ROUNDS = 3
"""What the limiter takes away is made up for this often."""
SILENT_LUFS = -70.0
"""The absolute gate: nothing louder than this is silence."""

K_WEIGHTING = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585),
    (1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621),
)
"""BS.1770's head and high-pass filters at 48 kHz, as second-order sections."""
LOOK_AHEAD = RATE // 200
"""Samples (5 ms) over which the limiter's gain goes down and comes back."""


def integrated(sound: NDArray[np.float32]) -> float:
    """Gated loudness in LUFS of ``[samples, 2]`` at 48 kHz; −70 for silence. Sound below 0.4 s is one block."""
    import numpy as np
    from scipy.signal import sosfilt

    block, step = RATE * 4 // 10, RATE // 10
    if not len(sound):
        return SILENT_LUFS
    weighted = np.asarray(sosfilt(np.array(K_WEIGHTING), sound.astype(np.float64), axis=0))
    power = np.square(weighted).sum(axis=1)
    total = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, max(1, len(sound) - block + 1), step)
    ends = np.minimum(starts + block, len(sound))
    blocks = (total[ends] - total[starts]) / (ends - starts)
    loud = blocks[blocks > _power(SILENT_LUFS)]
    if not len(loud):
        return SILENT_LUFS
    return _lufs(loud[loud > loud.mean() * 0.1].mean())


def true_peak(sound: NDArray[np.float32]) -> float:
    """Highest peak, between the samples too, as a linear value; 0 for silence."""
    return float(_peaks(sound).max(initial=0.0))


def decibels(amplitude: float) -> float:
    """A linear amplitude in dB of full scale; −∞ for 0."""
    return 20 * math.log10(amplitude) if amplitude else -math.inf


def normalise(sound: NDArray[np.float32], *, ceiling: float = CEILING_DBTP) -> NDArray[np.float32]:
    """``[samples, 2]`` at 48 kHz at −16 LUFS with peaks below ``ceiling`` dBTP; silence comes back as it is."""
    import numpy as np

    peaks = _peaks(sound)
    peak = float(peaks.max(initial=0.0))
    loudness = integrated(sound)
    if loudness <= SILENT_LUFS or not peak:
        return sound
    most = min(MOST_GAIN_DB, ceiling - decibels(peak) + MOST_LIMITING_DB)
    highest = 10 ** (ceiling / 20)
    gain, louder = 0.0, sound
    for _ in range(ROUNDS):
        gain = min(gain + TARGET_LUFS - loudness, most)
        factor = 10 ** (gain / 20)
        louder = (sound * (factor * _limiter(peaks * factor, highest))[:, None]).astype(np.float32)
        if gain == most or peak * factor <= highest:
            break
        loudness = integrated(louder)
    return louder


def _limiter(peaks: NDArray[np.float64], highest: float) -> NDArray[np.float64]:
    """The gain for each sample, at most 1, that keeps its peaks under ``highest`` without a step."""
    import numpy as np
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    gain = np.minimum(1.0, highest / np.maximum(peaks, highest))
    width = 2 * LOOK_AHEAD + 1
    return uniform_filter1d(minimum_filter1d(gain, width, mode="nearest"), width, mode="nearest")


def _peaks(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """The louder channel's peak around each sample, four times oversampled."""
    import numpy as np
    from scipy.signal import resample_poly

    if not len(sound):
        return np.zeros(0)
    over = np.abs(resample_poly(sound, 4, 1, axis=0)).max(axis=1)
    return over.reshape(len(sound), 4).max(axis=1).astype(np.float64)


def _lufs(power: float) -> float:
    return -0.691 + 10 * math.log10(power)


def _power(lufs: float) -> float:
    return 10 ** ((lufs + 0.691) / 10)
