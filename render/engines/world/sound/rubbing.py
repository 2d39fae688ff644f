"""Rolling, sliding and scraping: the roughness of two surfaces passes under the contact and makes both bodies ring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from render.engines.contract import SAMPLE_RATE
from render.engines.world.physics import Rub
from render.engines.world.sound import impacts, modal
from render.engines.world.sound.listener import Listener
from render.engines.world.sound.noise import band, passed, stream
from render.engines.world.stage import Solid, Stage
from render.engines.world.substances import SUBSTANCES

HEARD = 12
"""Rubs heard in a film: the strongest."""
ROLLING_GRAIN = 0.004
"""Metres: the wavelength of the unevenness that a rolling body follows."""
PATCH = 0.03
"""Share of a soft body's size that touches at once: a tyre does not follow what is finer."""
SLIDING_GRAIN = 0.0008
"""Metres: that of the roughness that catches in sliding."""
ROLLING_LOUDNESS = 0.035
"""Against an impact of 1 N·s, for 1 N at 1 m/s."""
SLIDING_LOUDNESS = 0.05
BANDS = (90.0, 240.0, 640.0, 1700.0, 4500.0)
"""Hz: the centres of the bands in which the spectrum follows the speed."""
RINGING = 4
"""Modes of each body that a rub excites."""


def strength(rub: Rub) -> NDArray[np.float64]:
    """``[k]``: how loud a rub is over its time, before its surfaces are known."""
    force = np.maximum(rub.force.astype(float), 0.0) ** 0.5
    return force * (np.abs(rub.roll) * ROLLING_LOUDNESS + np.abs(rub.slip) ** 0.8 * SLIDING_LOUDNESS)


def _bands(samples: int, centre: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise whose spectrum stands about ``centre`` Hz, given for each sample."""
    out, place = np.zeros(samples, np.float32), np.log(np.maximum(centre, 1.0)).astype(np.float32)
    for hertz in BANDS:
        near = np.exp(-0.5 * ((place - np.log(hertz)) / 0.75) ** 2)
        if near.max() > 0.02:
            out += band(samples, rng, hertz / 1.7, hertz * 1.7) * near
    return out


def _ringing(noise: NDArray[np.float32], voice: modal.Voice) -> NDArray[np.float32]:
    """What the body makes of it: its strongest modes."""
    out = np.zeros_like(noise)
    for mode in np.argsort(-voice.gain)[:RINGING]:
        width = max(1 / (np.pi * voice.decay[mode]), voice.hertz[mode] / 60)
        low, high = max(voice.hertz[mode] - width / 2, 15.0), voice.hertz[mode] + width / 2
        out += passed(noise, low, high) * voice.gain[mode] * 3
    return out


def sound(rub: Rub, known: Mapping[str, Solid], stage: Stage, *, samples: int, seed: int) -> NDArray[np.float32]:
    """``[n]``: one rub, from its first moment on, at most ``samples`` long."""
    times = (rub.times.astype(float) - float(rub.times[0])) / stage.tempo
    size = min(round(float(times[-1]) * SAMPLE_RATE), samples)
    clock = np.arange(size) / SAMPLE_RATE
    rng = stream(seed, f"{rub.first} on {rub.second} at {float(rub.times[0]):.6f}")
    solids = [known.get(name) for name in (rub.first, rub.second)]
    surfaces = [SUBSTANCES[solid.substance if solid else stage.ground_substance] for solid in solids]
    rough = sum(surface.noise for surface in surfaces) * 4
    catch = (surfaces[0].friction * surfaces[1].friction) ** 0.5 * 2
    force = np.maximum(rub.force.astype(float), 0) ** 0.5
    roll, slip = np.abs(rub.roll.astype(float)), np.abs(rub.slip.astype(float))
    lower = impacts.pitch(stage.tempo)
    rolled = next((solid for solid in solids if solid and solid.moves), None)
    soft = rolled is not None and SUBSTANCES[rolled.substance].stiffness < modal.SOFT
    unevenness = max(ROLLING_GRAIN, PATCH * modal.extent(rolled)) if rolled and soft else ROLLING_GRAIN
    out = np.zeros(size, np.float32)
    for speed, grain, loudness, depth in (
        (roll, unevenness, ROLLING_LOUDNESS * force * roll * rough, 0.35),
        (slip, SLIDING_GRAIN, SLIDING_LOUDNESS * force * slip**0.8 * catch, 0.0),
    ):
        if loudness.max(initial=0) <= 1e-5:
            continue
        noise = _bands(size, np.interp(clock, times, speed * lower / grain), rng)
        if depth and rolled:
            turns = np.cumsum(np.interp(clock, times, speed)) / SAMPLE_RATE / (np.pi * modal.extent(rolled))
            noise *= (1 + depth * np.sin(2 * np.pi * turns)).astype(np.float32)
        out += noise * np.interp(clock, times, loudness).astype(np.float32)
    one, two = (_ringing(out, impacts.voice(name, known, stage, seed=seed)) for name in (rub.first, rub.second))
    return np.asarray(0.6 * out + 0.5 * (one + two), np.float32)


def render(rubs: Iterable[Rub], stage: Stage, listener: Listener, *, samples: int, seed: int) -> NDArray[np.float32]:
    """``[samples, 2]``: all rubs, each from where it is."""
    out = np.zeros((samples, 2), np.float32)
    known = impacts.things(stage)
    long_enough = [rub for rub in rubs if len(rub.times) > 1]
    loudest = sorted(long_enough, key=lambda rub: -float(np.square(strength(rub)).sum()))[:HEARD]
    for rub in sorted(loudest, key=lambda rub: (float(rub.times[0]), rub.first, rub.second)):
        times = rub.times.astype(float) / stage.tempo
        left = samples - round(times[0] * SAMPLE_RATE)
        if left > 0:
            heard = sound(rub, known, stage, samples=left, seed=seed)
            listener.follow(out, heard, times, rub.positions.astype(float))
    return out
