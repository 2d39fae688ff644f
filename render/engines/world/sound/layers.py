"""What the air of a place is made of. Each layer is data that renders itself for as long as it is asked to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from render.engines.contract import SAMPLE_RATE
from render.engines.world.sound.noise import band, level, ragged, wander

Stereo = NDArray[np.float32]


class Layer(Protocol):
    """One part of an ambience."""

    def render(self, samples: int, rng: np.random.Generator) -> Stereo:
        """``[samples, 2]``; no two stretches of it are alike."""
        ...


def pan(aside: float) -> NDArray[np.float32]:
    """Left and right of what is at −1 to 1, equal in power."""
    return np.array([np.cos((aside + 1) * np.pi / 4), np.sin((aside + 1) * np.pi / 4)], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Air:
    """Noise of a band that swells and fades: a far town, leaves, ventilation."""

    low: float
    high: float
    """Hz."""
    db: float
    """Level, dB."""
    change: float = 0.4
    """Hz of its swelling."""
    depth: float = 0.5
    """Share of it that swells, 0 to 1."""
    order: int = 1

    def render(self, samples: int, rng: np.random.Generator) -> Stereo:
        """See :class:`Layer`. What both ears share makes it lie between them and not in the head's two halves."""
        out = np.empty((samples, 2), np.float32)
        both = wander(samples, rng, self.change)
        for ear in (0, 1):
            swell = 1 - self.depth + self.depth * (0.7 * both + 0.3 * wander(samples, rng, self.change))
            out[:, ear] = band(samples, rng, self.low, self.high, order=self.order) * swell
        return out * np.float32(level(self.db))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hum:
    """A machine: harmonics of a pitch that is never quite steady."""

    pitch: tuple[float, float]
    """Hz, least and most."""
    db: float
    harmonics: int = 5
    fall: float = 1.6
    """Power by which the harmonics get weaker."""

    def render(self, samples: int, rng: np.random.Generator) -> Stereo:
        """See :class:`Layer`."""
        drift = 1 + 0.004 * (wander(samples, rng, 0.5) - 0.5)
        phase = 2 * np.pi * np.cumsum(float(rng.uniform(*self.pitch)) / SAMPLE_RATE * drift, dtype=np.float64)
        out = np.zeros((samples, 2), np.float32)
        for k in range(1, self.harmonics + 1):
            for ear in (0, 1):
                out[:, ear] += np.sin(k * phase + rng.uniform(0, 2 * np.pi)).astype(np.float32) / k**self.fall
        out *= (0.8 + 0.2 * wander(samples, rng, 1.9))[:, None]
        return out * np.float32(level(self.db))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Birds and other callers, each with a place, a pitch and a phrase of its own."""

    a_minute: float
    low: float
    high: float
    """Hz of the notes."""
    db: float
    notes: tuple[int, int] = (2, 7)
    """Least and most notes of a phrase."""
    note: float = 0.09
    """Seconds of a note."""
    glide: float = 0.25
    """Share of its pitch by which a note rises or falls."""
    pause: float = 0.05
    """Seconds between notes."""
    callers: int = 4

    def render(self, samples: int, rng: np.random.Generator) -> Stereo:
        """See :class:`Layer`."""
        out = np.zeros((samples, 2), np.float32)
        callers = [self._caller(rng) for _ in range(self.callers)]
        for start in np.sort(rng.uniform(-0.5, samples / SAMPLE_RATE, rng.poisson(self._expected(samples)))):
            pitch, sides, far, count, bend = callers[int(rng.integers(len(callers)))]
            at = float(start)
            for number in range(count + int(rng.integers(-1, 2))):
                length = self.note * float(rng.uniform(0.8, 1.2))
                tone = self._note(pitch * (1 + 0.06 * np.sin(1.7 * number + bend)), bend, length)
                first = round(at * SAMPLE_RATE)
                if 0 <= first < samples:
                    heard = tone[: samples - first, None]
                    out[first : first + len(heard)] += heard * (sides * far)
                at += length + self.pause * float(rng.uniform(0.7, 1.6))
        return out * np.float32(level(self.db))

    def _expected(self, samples: int) -> float:
        return self.a_minute * (samples / SAMPLE_RATE + 0.5) / 60

    def _caller(self, rng: np.random.Generator) -> tuple[float, Stereo, float, int, float]:
        pitch = float(np.exp(rng.uniform(np.log(self.low), np.log(self.high))))
        count = int(rng.integers(self.notes[0], self.notes[1] + 1))
        return (
            pitch,
            pan(float(rng.uniform(-0.9, 0.9))),
            float(rng.uniform(0.25, 1.0)),
            count,
            float(rng.uniform(-1, 1)),
        )

    def _note(self, pitch: float, bend: float, length: float) -> NDArray[np.float32]:
        time = np.linspace(0, 1, round(length * SAMPLE_RATE))
        hertz = pitch * (1 + self.glide * bend * (time - 0.5) + 0.02 * np.sin(2 * np.pi * 28 * length * time))
        phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
        tone = np.sin(phase) + 0.12 * np.sin(2 * phase)
        return (tone * np.sin(np.pi * time) ** 1.5).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crickets:
    """Insects that chirp in pulses, each at its own pace."""

    singers: int
    low: float
    high: float
    db: float
    pulses: float = 32.0
    """Pulses of the wings a second."""
    chirps: float = 2.4
    """Chirps a second; 0 for an unbroken song."""

    def render(self, samples: int, rng: np.random.Generator) -> Stereo:
        """See :class:`Layer`."""
        out = np.zeros((samples, 2), np.float32)
        time = np.arange(samples) / SAMPLE_RATE
        for _ in range(self.singers):
            sides = pan(float(rng.uniform(-0.95, 0.95))) * float(rng.uniform(0.15, 1.0))
            pace = time * (1 + 0.03 * (wander(samples, rng, 0.4) - 0.5))
            pulse = np.maximum(np.sin(2 * np.pi * self.pulses * float(rng.uniform(0.9, 1.1)) * pace), 0) ** 2
            if self.chirps:
                turn = self.chirps * float(rng.uniform(0.8, 1.2)) * pace + float(rng.uniform(0, 1))
                pulse *= np.clip(8 * (np.sin(2 * np.pi * turn) - 0.2), 0, 1)
            hertz = float(rng.uniform(self.low, self.high))
            song = (pulse * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
            for ear in (0, 1):
                out[:, ear] += song * sides[ear]
        return out * np.float32(level(self.db))


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Cars that pass, near and far."""

    a_minute: float
    db: float
    seconds: tuple[float, float] = (3.0, 7.0)
    """Of one passing."""

    def render(self, samples: int, rng: np.random.Generator) -> Stereo:
        """See :class:`Layer`."""
        out = np.zeros((samples, 2), np.float32)
        length = samples / SAMPLE_RATE
        count = int(rng.poisson(self.a_minute * (length + 5) / 60))
        for middle in np.sort(rng.uniform(-2.5, length + 2.5, count)):
            lasts, side = float(rng.uniform(*self.seconds)), float(rng.choice([-1, 1]))
            near = float(rng.uniform(0.3, 1.0))
            first = max(round((middle - lasts) * SAMPLE_RATE), 0)
            last = min(round((middle + lasts) * SAMPLE_RATE), samples)
            size = last - first
            if size <= 0:
                continue
            where = (np.arange(first, last) / SAMPLE_RATE - middle) / (lasts * 0.28)
            loud = np.clip(1 / (1 + where**2) - 1 / (1 + (1 / 0.28) ** 2), 0, 1)
            tyres = band(size, rng, 500, 1900) * loud**1.4 + band(size, rng, 60, 260) * loud**0.8 * 0.9
            angle = (np.tanh(where) * side * 0.85 + 1) * np.pi / 4
            out[first:last] += (tyres * near)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
        return out * np.float32(level(self.db))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """Many small knocks at random: drops, crackling, gravel, rustling leaves."""

    a_second: float
    low: float
    high: float
    db: float
    even: float = 0.5
    """The larger, the more alike they are."""
    change: float = 0.5
    depth: float = 0.5

    def render(self, samples: int, rng: np.random.Generator) -> Stereo:
        """See :class:`Layer`. The noise of a band is gated by short bursts, each at its own side."""
        out = np.zeros((samples, 2), np.float32)
        size = SAMPLE_RATE // 50
        fall = np.exp(-np.arange(size) / (size / 5)).astype(np.float32)
        gate = 1 - self.depth + self.depth * wander(samples, rng, self.change)
        for ear in (0, 1):
            hits = np.abs(ragged(samples, rng, self.a_second, even=self.even)) * gate
            bursts = np.convolve(hits, fall)[:samples] if samples else hits
            out[:, ear] = band(samples, rng, self.low, self.high) * bursts
        return out * np.float32(level(self.db))
