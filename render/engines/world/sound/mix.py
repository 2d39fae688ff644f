"""From a stage and what met in it to finished stereo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from render.engines.contract import SAMPLE_RATE
from render.engines.world.camera import Camera
from render.engines.world.physics import Motion
from render.engines.world.sound import ambience, impacts, rubbing
from render.engines.world.sound.listener import Listener
from render.engines.world.stage import Stage

TARGET = -18.0
"""LUFS aimed at, before the limiter."""
CEILING = 0.89
AMBIENCE_LEVEL = 0.10
"""RMS of the place against the peak of its loudest impact."""


def _k_weighting() -> NDArray[np.float64]:
    """The two filters of ITU-R BS.1770-4 at 48 kHz."""
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585]
    high = [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621]
    return np.array([shelf, high])


def loudness(sound: NDArray[np.floating]) -> float:
    """Integrated loudness of ``[samples, 2]`` in LUFS by BS.1770-4; −70 for silence or under 0.4 s."""
    weighted = sosfilt(_k_weighting(), sound, axis=0) ** 2
    block, hop = int(0.4 * SAMPLE_RATE), int(0.1 * SAMPLE_RATE)
    total = np.concatenate([np.zeros((1, sound.shape[1])), np.cumsum(weighted, axis=0)])
    starts = np.arange(0, len(sound) - block + 1, hop)
    if not len(starts):
        return -70.0
    power = ((total[starts + block] - total[starts]) / block).sum(1)
    level = -0.691 + 10 * np.log10(np.maximum(power, 1e-12))
    gated = power[level > -70]
    if not len(gated):
        return -70.0
    loud = power[level > max(-70.0, -0.691 + 10 * np.log10(gated.mean()) - 10)]
    return float(-0.691 + 10 * np.log10(loud.mean()))


def limit(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples bent smoothly below :data:`CEILING`; those below a third of it are left alone."""
    knee = CEILING / 3
    size = np.abs(sound)
    over = np.maximum(size - knee, 0) / (CEILING - knee)
    return np.sign(sound) * np.where(size > knee, knee + (CEILING - knee) * np.tanh(over), size)


def _room(dry: NDArray[np.floating], decay: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Diffuse reflections of a place with this decay in seconds."""
    length = int(min(1.2, decay * 4) * SAMPLE_RATE)
    tail = rng.normal(size=(length, 2)) * np.exp(-np.arange(length)[:, None] / SAMPLE_RATE / decay)
    tail[: int(0.012 * SAMPLE_RATE)] = 0
    tail = sosfilt(butter(1, 3500, fs=SAMPLE_RATE, output="sos"), tail, axis=0)
    tail /= np.sqrt((tail**2).sum(0))
    return fftconvolve(dry, tail, axes=0)[: len(dry)]


def render(
    stage: Stage, motion: Motion, *, cameras: Sequence[Camera], fps: float, samples: int, seed: int
) -> NDArray[np.float32]:
    """``[samples, 2]`` at 48 kHz, heard from ``cameras``, one for each frame of the film, ``fps`` of them a second.

    Each contact sets in when it is seen: at its time over :attr:`Stage.tempo`, later by at most
    :data:`render.engines.world.sound.listener.LONGEST_DELAY`. Slow motion sounds lower (:func:`impacts.pitch`).
    """
    listener, contacts = Listener(cameras, fps=fps), impacts.audible(motion.contacts)
    rng = np.random.default_rng([seed % 2**63, 48_000])
    place = sum((ambience.AMBIENCES[name](samples, rng) for name in stage.ambience), start=np.zeros((samples, 2)))
    place /= max(float(np.sqrt(np.mean(place**2))), 1e-9)
    if stage.waves:
        water = ambience.surf(stage.waves, stage.shores, samples, rng)
        sound = water / max(float(np.sqrt(np.mean(water**2))), 1e-9) + 0.12 * place
    else:
        dry = impacts.render(contacts, stage, listener, samples=samples, seed=seed)
        dry += rubbing.render(motion.rubs, stage, listener, samples=samples, seed=seed)
        peak = max(float(np.abs(dry).max(initial=0.0)), 1e-9)
        heard = dry if stage.reverberation <= 0 else dry + 0.28 * _room(dry, stage.reverberation, rng)
        sound = heard / peak + AMBIENCE_LEVEL * 0.35 * place if dry.any() else place
    gain = 10 ** ((TARGET - loudness(sound)) / 20) if samples >= 0.4 * SAMPLE_RATE else 0.2
    sound = limit(sound * min(gain, 6.0))
    return sound.astype(np.float32)
