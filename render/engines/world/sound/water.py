"""Water that is heard as it moves: waves against rocks and on the open sea, splashes and spray."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from render.engines.contract import SAMPLE_RATE
from render.engines.world.physics import Motion
from render.engines.world.sound import modal
from render.engines.world.sound.layers import Stereo, Ticks
from render.engines.world.sound.listener import Listener
from render.engines.world.sound.noise import band, stream
from render.engines.world.stage import Cloud, Stage
from render.engines.world.waves import height

CONTROL = 50
"""Values a second of the water's level, and of looks at a cloud of drops."""
NEAREST_SHORES = 6
"""Rocks that are heard: the largest against their distance."""
BEHIND = 2.0
"""Seconds of the sea before the film that the hiss of running water remembers."""
THROWN = frozenset({"splash", "spray", "crown"})
"""Names of the particles that are drops thrown up."""
LAPS, WASHES = 0.5, 1.5
"""m/s of the water along a hull, up or down and ahead, at which it is as loud as a small wave at a rock."""
BUBBLES = 45
"""Bubbles that a splash of 1 kg of water leaves."""


def surf(stage: Stage, listener: Listener, *, samples: int, seed: int) -> Stereo:
    """``[samples, 2]`` of water against rocks: it roars as fast as it rises there, and hisses while it runs off."""
    out = np.zeros((samples, 2), np.float32)
    if not stage.waves or not samples:
        return out
    seconds = samples / SAMPLE_RATE
    film = np.arange(-BEHIND, seconds + 0.1, 1 / CONTROL)
    clock = np.arange(samples) / SAMPLE_RATE
    eye, _ = listener.eyes(0.0)

    def heard(shore: tuple[float, float, float]) -> float:
        return shore[2] / max(float(np.hypot(shore[0] - eye[0, 0], shore[1] - eye[0, 1])), 1.0)

    for number, (x, y, radius) in enumerate(sorted(stage.shores, key=heard, reverse=True)[:NEAREST_SHORES]):
        rng = stream(seed, f"surf {number}")
        level = height(stage.waves, x, y, film * stage.tempo)
        rise = np.maximum(np.gradient(level, stage.tempo / CONTROL), 0) * np.clip(level + 0.35, 0, None)
        run = sosfilt(butter(1, 0.55, fs=CONTROL, output="sos"), np.clip(level + 0.1, 0, None))
        size = np.sqrt(radius)
        roar = band(samples, rng, 110, 1300) * np.interp(clock, film, rise) * size
        hiss = band(samples, rng, 1300, 7000) * np.interp(clock, film, run) * size * 0.35
        listener.follow(out, (roar + hiss).astype(np.float32), [0.0, seconds], [(x, y, 0.0)] * 2)
    return out


def sea(stage: Stage, *, samples: int, seed: int) -> Stereo:
    """``[samples, 2]`` of the open water: a wash that follows the waves left and right of the middle."""
    out = np.zeros((samples, 2), np.float32)
    if not stage.waves or not samples:
        return out
    film = np.arange(0, samples / SAMPLE_RATE + 0.1, 1 / CONTROL)
    clock = np.arange(samples) / SAMPLE_RATE
    loud = min(sum(wave.amplitude**2 for wave in stage.waves) ** 0.5, 1.5)
    for ear, side in enumerate((-6.0, 6.0)):
        rng = stream(seed, f"sea {ear}")
        level = height(stage.waves, side, 0.0, film * stage.tempo)
        swell = 0.55 + 0.45 * np.tanh(level / max(loud, 1e-3))
        wash = band(samples, rng, 80, 520) + 0.35 * band(samples, rng, 700, 3600) * np.interp(clock, film, swell)
        out[:, ear] = wash * np.interp(clock, film, swell)
    return out * np.float32(0.09 * loud)


def hulls(stage: Stage, motion: Motion, listener: Listener, *, fps: float, samples: int, seed: int) -> Stereo:
    """``[samples, 2]`` of what floats: water laps at a hull as it rises and sinks beside it, and washes past it."""
    out = np.zeros((samples, 2), np.float32)
    frames = len(motion.poses)
    afloat = [solid for solid in stage.solids if solid.floats and solid.moves]
    if not stage.waves or not samples or frames < 2:
        return out
    film, clock = np.arange(frames) / fps, np.arange(samples) / SAMPLE_RATE
    for solid in afloat:
        way = motion.poses[:, motion.names.index(solid.name), :3].astype(float)
        looks = zip(way, film[:, None] * stage.tempo, strict=True)
        level = np.concatenate([height(stage.waves, x, y, time) for (x, y, _), time in looks])
        wet = motion.present[:, motion.names.index(solid.name)] & (way[:, 2] - level < 0.5 * modal.extent(solid))
        past = np.abs(np.gradient(way[:, 2] - level, stage.tempo / fps)) * wet
        ahead = np.linalg.norm(np.gradient(way[:, :2], stage.tempo / fps, axis=0), axis=1) * wet
        rng, size = stream(seed, f"hull {solid.name}"), min(modal.extent(solid), 3.0) ** 0.5
        laps = (
            Ticks(a_second=24, low=260, high=1100, db=0, even=0.4, change=1.5, depth=0.6).render(samples, rng).mean(1)
        )
        lapping = (band(samples, rng, 160, 900) * 0.5 + laps) * np.interp(clock, film, np.minimum(past / LAPS, 2.0))
        wash = band(samples, rng, 350, 3200) * np.interp(clock, film, np.minimum(ahead / WASHES, 2.0)) * 0.4
        listener.follow(out, ((lapping + wash) * size * 0.3).astype(np.float32), film, way)
    return out


def _activity(cloud: Cloud, time: float) -> tuple[float, NDArray[np.float64]]:
    """How much flies at a time, as the sum of surfaces by speeds, and where."""
    puffs = cloud(time)
    if not len(puffs.radii):
        return 0.0, np.zeros(3)
    speed = np.linalg.norm(puffs.velocities, axis=1)
    weight = (puffs.opacity * puffs.radii**2 * speed).astype(float)
    total = float(weight.sum())
    return total, (puffs.positions * weight[:, None]).sum(0) / max(total, 1e-12)


def _begun(cloud: Cloud, before: float, after: float, least: float) -> float:
    """The time between two looks at which more than ``least`` began to fly."""
    for _ in range(6):
        middle = (before + after) / 2
        if _activity(cloud, middle)[0] > least:
            after = middle
        else:
            before = middle
    return after


def bursts(cloud: Cloud, seconds: float, tempo: float) -> list[tuple[float, float, NDArray[np.float64]]]:
    """(second of the film, strength, place) of each time that drops are thrown up. Strengths are at most 1."""
    step = 1.0 / CONTROL * 2
    looks = [(k * step, *_activity(cloud, k * step * tempo)) for k in range(int(seconds / step) + 1)]
    top = max((look[1] for look in looks), default=0.0)
    found: list[tuple[float, float, NDArray[np.float64]]] = []
    before = (0.0, 0.0, np.zeros(3))
    for look in looks:
        rise = look[1] - before[1]
        if top and rise > 0.08 * top and rise > 0.3 * before[1] and (not found or look[0] - found[-1][0] > 0.12):
            least = before[1] + rise * 0.02
            time = _begun(cloud, before[0] * tempo, look[0] * tempo, least) / tempo if look[0] else 0.0
            found.append((time, float((rise / top) ** 0.5), look[2]))
        before = look
    return found


def splash(strength: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """``[n]``: the slap of the water, drops, and the bubbles beneath that ring by their radius (Minnaert)."""
    size = round((0.5 + 0.9 * strength) * SAMPLE_RATE)
    time = np.arange(size) / SAMPLE_RATE
    out = band(size, rng, 250, 1500) * np.exp(-time / (0.03 + 0.05 * strength)) * 0.9
    out += (
        band(size, rng, 1500, 8000) * np.exp(-time / (0.10 + 0.22 * strength)) * np.minimum(time / 0.03 + 0.4, 1) * 0.35
    )
    for _ in range(round(8 + BUBBLES * strength)):
        start = round(float(rng.gamma(1.6, 0.10)) * SAMPLE_RATE)
        hertz = 3.26 / float(np.exp(rng.uniform(np.log(0.0012), np.log(0.009))))
        ring = time[: round(0.09 * SAMPLE_RATE)]
        tone = np.sin(2 * np.pi * hertz * ring * (1 + 1.6 * ring)) * np.exp(-ring / (12 / hertz))
        tone = tone[: max(size - start, 0)]
        out[start : start + len(tone)] += tone.astype(np.float32) * np.float32(rng.uniform(0.05, 0.3))
    out *= np.clip((size - np.arange(size)) / (0.1 * SAMPLE_RATE), 0, 1)
    return (out * strength).astype(np.float32)


def splashes(clouds: Sequence[Cloud], stage: Stage, listener: Listener, *, samples: int, seed: int) -> Stereo:
    """``[samples, 2]``: every splash and every breaking crest that is seen to throw drops."""
    out = np.zeros((samples, 2), np.float32)
    for number, cloud in enumerate(clouds):
        for time, strength, place in bursts(cloud, samples / SAMPLE_RATE, stage.tempo):
            sound = splash(strength, stream(seed, f"splash {number} {time:.4f}"))
            listener.strike(out, sound, time, place)
    return out
