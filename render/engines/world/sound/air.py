"""Moving air and what it moves: wind, cloth and nets, rain and fire."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from render.engines.contract import SAMPLE_RATE
from render.engines.world.physics import Sheet
from render.engines.world.sound.layers import Air, Stereo, Ticks
from render.engines.world.sound.listener import Listener
from render.engines.world.sound.noise import band, level, stream, wander
from render.engines.world.stage import Cloud, Stage

STORM = 14.0
"""m/s of wind that is as loud as it gets."""
STILL = 0.5
"""m/s below which nothing is heard of the wind."""
NET = 0.5
"""Share of a cloth that is open from which on it swishes and does not flap."""


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


def rain(clouds: int, *, samples: int, seed: int) -> Stereo:
    """``[samples, 2]`` of rain all round: its hiss, and the drops that fall near."""
    out = np.zeros((samples, 2), np.float32)
    if clouds and samples:
        out += Air(low=1000, high=9000, db=-25, depth=0.15, order=1).render(samples, stream(seed, "rain"))
        out += Ticks(a_second=220, low=1200, high=6500, db=-18, depth=0.2).render(samples, stream(seed, "drops"))
    return out


def fire(cloud: Cloud, listener: Listener, out: Stereo, *, seed: int, name: str) -> None:
    """Add a fire to stereo ``out``: the draught's flutter and the crackling of its wood, from where it burns."""
    if not len(out):
        return
    puffs = cloud(0.5)
    place = puffs.positions.mean(0).astype(float) if len(puffs.radii) else np.zeros(3)
    rng = stream(seed, name)
    crackle = Ticks(a_second=11, low=900, high=6500, db=11, even=0.22, change=0.9, depth=0.8).render(len(out), rng)
    draught = Air(low=50, high=420, db=-13, depth=0.7, change=3.0).render(len(out), rng)
    sound = (crackle + draught).mean(1) * level(-6)
    listener.follow(out, sound, [0.0, len(out) / SAMPLE_RATE], [place, place])
