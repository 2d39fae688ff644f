"""Moving air and what it moves: wind, cloth and nets, rain and fire."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from render.engines.contract import SAMPLE_RATE
from render.engines.world.physics import Sheet
from render.engines.world.sound.layers import Air, Stereo, Ticks
from render.engines.world.sound.listener import Listener
from render.engines.world.sound.noise import band, level, stream, wander
from render.engines.world.stage import Cloud, Particles, Stage

STORM = 14.0
"""m/s of wind that is as loud as it gets."""
STILL = 0.5
"""m/s below which nothing is heard of the wind."""
HUSH = 1600.0
"""Hz above which snow swallows sound."""
LOOK = 0.05
"""Seconds between two looks at leaves."""
SCRAPES = 0.08
"""Metres above the ground up to which a leaf scrapes over it."""
NET = 0.5
"""Share of a cloth that is open from which on it swishes and does not flap."""

Mono = NDArray[np.float32]


def wind(stage: Stage, *, samples: int, seed: int) -> Stereo:
    """``[samples, 2]``: a wind's roar and, in gusts, its howl, by :attr:`Stage.wind`; louder with the speed squared."""
    out = np.zeros((samples, 2), np.float32)
    speed = float(np.hypot(stage.wind[0], stage.wind[1]))
    if speed < STILL or not samples:
        return out
    rng = stream(seed, "wind")
    share = min(speed / STORM, 1.2)
    gust = 0.5 + 0.5 * wander(samples, rng, 0.35)
    for ear in (0, 1):
        own = gust * (0.75 + 0.25 * wander(samples, rng, 1.3))
        out[:, ear] = band(samples, rng, 70, 300 + 500 * share) * own + band(samples, rng, 700, 2600) * own**3 * 0.25
        if share > 0.4:
            howl = band(samples, rng, 420, 520, order=2) * wander(samples, rng, 0.5) ** 3
            out[:, ear] += howl * own * (share - 0.4) * 0.5
    return out * np.float32(0.16 * share**1.6)


def _speeds(sheet: Sheet, fps: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of each frame: mean speed of the points against the sheet's own in m/s of the film, jerkiness, and the middle."""
    points = sheet.vertices.astype(float)
    middle = points.mean(1)
    velocity = np.gradient(points, 1 / fps, axis=0)
    fluttering = np.sqrt(np.square(velocity - velocity.mean(1, keepdims=True)).sum(2).mean(1))
    change = np.sqrt(np.square(np.gradient(velocity, 1 / fps, axis=0)).sum(2)).max(1)
    return fluttering, change, middle


def cloth(sheet: Sheet, stage: Stage, listener: Listener, out: Stereo, *, fps: float, seed: int) -> None:
    """Add a sheet to stereo ``out``: it rustles as it moves, snaps where it turns about; a net swishes."""
    frames = len(sheet.vertices)
    if frames < 3:
        return
    speed, change, middle = _speeds(sheet, fps)
    speed, change = speed / stage.tempo, change / stage.tempo**2
    open_share = next((cloth.open for cloth in stage.cloths if cloth.name == sheet.name), 0.0)
    rng = stream(seed, f"cloth {sheet.name}")
    size = min(round(frames / fps * SAMPLE_RATE), len(out))
    if size <= 0:
        return
    area = float(np.ptp(sheet.vertices[0], axis=0).max())
    clock, film = np.arange(size) / SAMPLE_RATE, np.arange(frames) / fps
    moving = np.interp(clock, film, np.clip(speed / 3.0, 0, 2) ** 1.5)
    if open_share >= NET:
        sound = band(size, rng, 1800, 7500) * moving * 0.5
    else:
        snap = np.interp(clock, film, np.clip(change / 250.0, 0, 1.5) ** 2)
        ragged = wander(size, rng, 9.0) ** 2
        sound = band(size, rng, 180, 1500) * moving * (0.4 + ragged) + band(size, rng, 1200, 5200) * snap * ragged * 0.4
    listener.follow(out, (sound * min(area, 3.0) * 0.25).astype(np.float32), film, middle)


def rain(strength: float, *, samples: int, seed: int) -> Stereo:
    """``[samples, 2]`` of rain all round, ``strength`` times as strong as usual: its hiss, and drops that fall near."""
    out = np.zeros((samples, 2), np.float32)
    if strength and samples:
        out += Air(low=1000, high=9000, db=-25, depth=0.15, order=1).render(samples, stream(seed, "rain"))
        drops = Ticks(a_second=220 * strength, low=1200, high=6500, db=-18, depth=0.2)
        out += drops.render(samples, stream(seed, "drops"))
        if strength > 1.3:
            out += Air(low=180, high=1400, db=-27, depth=0.2).render(samples, stream(seed, "downpour"))
    return out * np.float32(strength)


def hushed(sound: Stereo) -> Stereo:
    """What is left of a place's sound over fresh snow and among flakes, which swallow what is high."""
    sections = butter(1, HUSH, fs=SAMPLE_RATE, output="sos")
    return (0.6 * sosfilt(sections, sound, axis=0)).astype(np.float32)


def leaves(cloud: Cloud, stage: Stage, listener: Listener, out: Stereo, *, seed: int) -> None:
    """Add to stereo ``out`` the rustling of leaves that scrape over the ground, as many and as fast as they are."""
    seconds = len(out) / SAMPLE_RATE
    film = np.arange(0, seconds + LOOK, LOOK)
    loud, places = np.zeros(len(film)), np.zeros((len(film), 3))
    for k, time in enumerate(film):
        puffs = cloud(float(time) * stage.tempo)
        speed = np.linalg.norm(puffs.velocities, axis=1).astype(float)
        speed[puffs.positions[:, 2] > SCRAPES] = 0.0
        loud[k] = np.sqrt(speed.sum() / 60.0)
        places[k] = (puffs.positions * speed[:, None]).sum(0) / max(speed.sum(), 1e-9)
    if not len(out) or not loud.any():
        return
    rng = stream(seed, "leaves")
    rustle = Ticks(a_second=260, low=1800, high=8000, db=3, even=0.3, change=5.0, depth=0.6).render(len(out), rng)
    rustle += Air(low=2200, high=9000, db=-14, change=4.0, depth=0.8).render(len(out), rng)
    size = np.interp(np.arange(len(out)) / SAMPLE_RATE, film, np.minimum(loud, 1.6))
    listener.follow(out, (rustle.mean(1) * size * level(-8)).astype(np.float32), film, places)


def snap(strength: float, rng: np.random.Generator) -> Mono:
    """``[n]``: wood that bursts in a fire. A hard one is lower, longer and has a crackle behind it."""
    size = round((0.05 + 0.10 * strength) * SAMPLE_RATE)
    time = np.arange(size) / SAMPLE_RATE
    out = band(size, rng, 1800 - 1000 * strength, 7500) * np.exp(-time / (0.003 + 0.006 * strength))
    for _ in range(round(5 * strength)):
        start = round(float(rng.uniform(0.01, 0.09)) * SAMPLE_RATE)
        tail = time[: max(size - start, 0)]
        out[start : start + len(tail)] += 0.4 * band(len(tail), rng, 2200, 8000) * np.exp(-tail / 0.002)
    return (out * (0.15 + 0.85 * strength)).astype(np.float32)


def fire(burning: Particles, cloud: Cloud, stage: Stage, listener: Listener, out: Stereo, *, seed: int) -> None:
    """Add a fire to stereo ``out``: the draught's flutter, and its wood, which cracks when its sparks fly."""
    if not len(out):
        return
    seconds = len(out) / SAMPLE_RATE
    puffs = cloud(0.5)
    place = puffs.positions.mean(0).astype(float) if len(puffs.radii) else np.zeros(3)
    rng = stream(seed, f"fire at {place[0]:.3f} {place[1]:.3f}")
    draught = Air(low=50, high=420, db=-13, depth=0.7, change=3.0).render(len(out), rng)
    hiss = Ticks(a_second=26, low=2500, high=9000, db=-6, even=0.3, change=0.9, depth=0.6).render(len(out), rng)
    sound = (draught + hiss).mean(1) * level(-6)
    listener.follow(out, sound * burning.strength, [0.0, seconds], [place, place])
    if burning.cracks is not None:
        for crack in burning.cracks(seconds * stage.tempo):
            listener.strike(out, snap(crack.strength, rng) * level(-2), crack.time / stage.tempo, crack.position)
