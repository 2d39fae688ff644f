"""People who watch: they murmur, hold their breath, cheer or groan. Voices are pulses of a throat through vowels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from render.engines.contract import SAMPLE_RATE
from render.engines.world.onlookers import Reaction
from render.engines.world.sound.layers import Stereo, pan
from render.engines.world.sound.listener import SPEED
from render.engines.world.sound.noise import band, level, passed, wander


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The people of one place."""

    db: float
    """Level of their murmur at rest, dB."""
    away: float
    """Metres to the middle of them: they are heard so much later, and what is high is lost on the way."""
    roar: float = 0.0
    """Share of a reaction in which single voices drown in thousands, 0 to 1."""


DULL = 150_000.0
"""Hz times metres: above this over its distance, rows of people and the air swallow a crowd's sound."""
TALKERS = 4
"""Single voices in the murmur; behind them it is noise of speech."""
SHOUTERS = 20
"""Voices of one reaction."""
AH = ((750.0, 1.0), (1200.0, 0.6), (2600.0, 0.25))
OH = ((430.0, 1.0), (800.0, 0.5), (2500.0, 0.12))
"""(Hz, gain) of vowels' formants."""
SPEECH = ((450.0, 1.0), (1400.0, 0.45), (2600.0, 0.2))
RISE = 1.6
"""Seconds before a reaction in which the murmur swells."""
SETTLE = 2.5
"""Seconds after it in which the murmur comes back to rest."""


def _vowel(source: NDArray[np.floating], formants: Sequence[tuple[float, float]], shift: float) -> NDArray[np.float32]:
    out = np.zeros(len(source), np.float32)
    for hertz, gain in formants:
        out += (passed(source, hertz * shift * 0.88, hertz * shift * 1.14) * gain).astype(np.float32)
    return out


def _throat(pitch: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.float32]:
    """Pulses at ``pitch`` Hz, given for each sample, and some breath."""
    phase = np.cumsum(pitch, dtype=np.float64) / SAMPLE_RATE
    pulses = 1 - 2 * np.sqrt((phase - np.floor(phase)).astype(np.float32))
    return pulses + np.float32(0.15) * rng.standard_normal(len(pitch), dtype=np.float32)


def murmur(samples: int, rng: np.random.Generator) -> Stereo:
    """``[samples, 2]`` of many people who talk, of about unit RMS."""
    out = np.zeros((samples, 2), np.float32)
    for hertz, gain in SPEECH:
        for ear in (0, 1):
            syllables = 0.45 + 0.55 * (wander(samples, rng, 3.1) + wander(samples, rng, 4.7)) / 2
            out[:, ear] += band(samples, rng, hertz * 0.7, hertz * 1.4) * syllables * gain
    for _ in range(TALKERS):
        pitch = float(rng.uniform(95, 230)) * (0.85 + 0.3 * wander(samples, rng, 1.8))
        voice = _vowel(_throat(pitch, rng), SPEECH, float(rng.uniform(0.9, 1.15)))
        voice *= wander(samples, rng, 4.2) ** 2 * wander(samples, rng, 0.35)
        voice *= 0.35 / max(float(np.sqrt(np.mean(np.square(voice)))) if samples else 1.0, 1e-9)
        sides = pan(float(rng.uniform(-0.9, 0.9)))
        for ear in (0, 1):
            out[:, ear] += voice * sides[ear]
    return out * np.float32(0.8)


def reaction(mood: float, rng: np.random.Generator) -> Stereo:
    """``[n, 2]`` of a crowd from the moment on in which it sees: cheers at 1, gasps at 0, groans at −1.

    Its people are not quick alike: the first voices come after 0.12 s, the last after about half a second.
    """
    glad = mood > 0.25
    seconds = 3.6 if glad else 2.4
    size = round(seconds * SAMPLE_RATE)
    out = np.zeros((size, 2), np.float32)
    for _ in range(SHOUTERS):
        start = round(float(0.12 + rng.gamma(2.0, 0.09)) * SAMPLE_RATE)
        lasts = float(rng.uniform(1.2, 2.8) if glad else rng.uniform(0.6, 1.3))
        length = min(round(lasts * SAMPLE_RATE), size - start)
        if length <= 0:
            continue
        share = np.linspace(0, 1, length)
        base = float(rng.uniform(150, 330))
        way = 1.25 + 0.25 * np.sin(np.pi * share) if glad else 1.1 - (0.35 if mood < -0.25 else 0.1) * share
        pitch = base * way * (1 + 0.02 * np.sin(2 * np.pi * float(rng.uniform(4, 7)) * share * lasts))
        voice = _vowel(_throat(pitch, rng), AH if glad else OH, float(rng.uniform(0.92, 1.15)))
        voice *= (np.minimum(share / 0.08, 1) * np.minimum((1 - share) / 0.45, 1)).astype(np.float32)
        sides = pan(float(rng.uniform(-0.95, 0.95))) * float(rng.uniform(0.3, 1.0))
        out[start : start + length] += voice[:, None] * sides
    out /= max(float(np.sqrt(np.mean(np.square(out)))), 1e-9)
    if glad:
        out += 0.7 * applause(size, rng)
    return out * np.float32(0.6 + 0.4 * min(abs(mood), 1.0))


def roar(mood: float, rng: np.random.Generator) -> Stereo:
    """``[n, 2]`` of thousands who see it: one vowel without voices that swells, stays while they are glad, dies away.

    Of about unit RMS at its loudest, as long as 5 s.
    """
    glad = mood > 0.25
    size = round((5.0 if glad else 3.0) * SAMPLE_RATE)
    time = np.arange(size) / SAMPLE_RATE
    rise, fall = (0.35, 2.6) if glad else (0.28, 0.9)
    loud = np.clip((time - 0.12) / rise, 0, 1) ** 2 * np.exp(-np.clip(time - rise - 0.3, 0, None) / fall)
    loud *= np.clip((size - np.arange(size)) / (0.3 * SAMPLE_RATE), 0, 1)
    out = np.zeros((size, 2), np.float32)
    for ear in (0, 1):
        breath = _vowel(rng.standard_normal(size, dtype=np.float32), AH if glad else OH, 1.05 if glad else 0.92)
        breath /= max(float(np.sqrt(np.mean(np.square(breath)))), 1e-9)
        out[:, ear] = breath * loud * (0.8 + 0.2 * wander(size, rng, 2.5))
    return out


def applause(samples: int, rng: np.random.Generator) -> Stereo:
    """``[samples, 2]`` of clapping hands that set in one after the other and die away, of about unit RMS."""
    out = np.zeros((samples, 2), np.float32)
    length = samples / SAMPLE_RATE
    size = SAMPLE_RATE // 80
    fall = np.exp(-np.arange(size) / (size / 4)).astype(np.float32)
    for _ in range(40):
        tone = float(rng.uniform(900, 2300))
        clap = band(size, rng, tone * 0.6, tone * 1.7) * fall
        sides = pan(float(rng.uniform(-0.95, 0.95))) * float(rng.uniform(0.3, 1.0))
        at, pace = float(rng.gamma(2.0, 0.25)) + 0.2, float(rng.uniform(0.2, 0.32))
        while at < length - 0.1:
            first = round(at * SAMPLE_RATE)
            heard = clap[: samples - first, None]
            out[first : first + len(heard)] += heard * sides * np.float32(1 - at / length)
            at += pace * float(rng.uniform(0.9, 1.1))
    return out / max(float(np.sqrt(np.mean(np.square(out)))) if samples else 1.0, 1e-9)


def render(people: Crowd, reactions: Sequence[Reaction], samples: int, rng: np.random.Generator) -> Stereo:
    """``[samples, 2]`` of ``people`` who see ``reactions``, at seconds of the film."""
    late = people.away / SPEED
    out = murmur(samples, rng)
    clock = np.arange(samples, dtype=np.float32) / SAMPLE_RATE
    swell = np.ones(samples, np.float32)
    for seen in reactions:
        since = clock - seen.time - late
        tense = np.clip(1 + since / RISE, 0, 1) ** 2 * (since < 0)
        after = np.clip(1 - since / SETTLE, 0, 1) * (since >= 0)
        swell = np.maximum(swell, 1 + 1.6 * tense + 1.6 * after)
    out *= swell[:, None]
    for seen in reactions:
        shout = reaction(seen.mood, rng) * np.float32((1 - people.roar) ** 0.5)
        if people.roar:
            mass = roar(seen.mood, rng) * np.float32(people.roar**0.5)
            shout = np.pad(shout, ((0, max(len(mass) - len(shout), 0)), (0, 0)))
            shout[: len(mass)] += mass
        first = round((seen.time + late) * SAMPLE_RATE)
        shout = shout[max(-first, 0) :]
        first = max(first, 0)
        heard = shout[: max(samples - first, 0)]
        out[first : first + len(heard)] += heard * np.float32(3.5)
    sections = butter(1, min(DULL / people.away, 18_000.0), fs=SAMPLE_RATE, output="sos")
    return (sosfilt(sections, out, axis=0) * level(people.db)).astype(np.float32)
