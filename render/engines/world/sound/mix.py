"""From a stage and what happened on it to finished stereo.

Three buses: what bodies do, which the room answers; the elements (wind, water, rain, fire), at their own strength; and
the air of the place under both. Loudness is not set here: :mod:`render.media.loudness` brings every engine's sound to
the target and limits its true peaks when the clip is muxed. The mix leaves it room to do so: impacts are compressed,
and no sample is near full scale.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from render.engines.contract import SAMPLE_RATE
from render.engines.world.camera import Camera
from render.engines.world.onlookers import Reaction
from render.engines.world.physics import Contact, Motion
from render.engines.world.sound import air, ambience, impacts, motor, room, rubbing, water
from render.engines.world.sound.layers import Stereo
from render.engines.world.sound.listener import Listener
from render.engines.world.stage import Stage

PEAK = 0.7
"""Largest sample of a mix."""
EVENNESS = 0.8
"""How far what bodies do is brought to one level, 0 to 1: a film lets a pin be heard as well as a crate."""
THRESHOLD = 0.2
"""Level from which on bodies are compressed; the loudest of them are near 1."""
RATIO = 2.5
LOOK_AHEAD = SAMPLE_RATE // 200
"""Samples."""
ENDS = SAMPLE_RATE // 125
"""Samples over which the air of a place sets in, and everything ends: no click at a cut."""


def compressed(sound: Stereo) -> Stereo:
    """What is above :data:`THRESHOLD` brought nearer to it, so that tails are heard and the limiter has less to do.

    The gain looks ahead and goes down before a peak comes, so that no onset is moved or rounded.
    """
    if not len(sound):
        return sound
    width = 2 * LOOK_AHEAD + 1
    size = uniform_filter1d(maximum_filter1d(np.abs(sound).max(axis=1), width), width)
    gain = (np.maximum(size, THRESHOLD) / THRESHOLD) ** (1 / RATIO - 1)
    return sound * gain[:, None].astype(np.float32)


def bodies(
    stage: Stage,
    motion: Motion,
    contacts: Sequence[Contact],
    listener: Listener,
    *,
    fps: float,
    samples: int,
    seed: int,
) -> Stereo:
    """``[samples, 2]`` of impacts, rubs, engines, cloth and splashes, in the stage's room; silence without them."""
    dry = impacts.render(contacts, stage, listener, samples=samples, seed=seed)
    dry += rubbing.render(motion.rubs, stage, listener, samples=samples, seed=seed)
    dry += motor.render(stage, motion, listener, fps=fps, samples=samples, seed=seed)
    thrown = [each.emit(motion) for each in stage.particles if each.name in water.THROWN]
    dry += water.splashes(thrown, stage, listener, samples=samples, seed=seed)
    for sheet in motion.sheets:
        air.cloth(sheet, stage, listener, dry, fps=fps, seed=seed)
    loudest = float(np.abs(dry).max(initial=0.0))
    if not loudest:
        return dry
    dry *= np.float32(loudest**-EVENNESS)
    eyes, rights = listener.eyes(samples / SAMPLE_RATE / 2)
    answer = room.response(stage.room, stage.shot.points.mean(0), eyes[0], rights[0])
    return dry + room.reverberate(dry, answer)


def elements(stage: Stage, motion: Motion, listener: Listener, *, fps: float, samples: int, seed: int) -> Stereo:
    """``[samples, 2]`` of wind, water, rain, leaves and fire; silence if there is none."""
    out = air.wind(stage, samples=samples, seed=seed)
    out += water.sea(stage, samples=samples, seed=seed)
    out += water.surf(stage, listener, samples=samples, seed=seed)
    out += water.hulls(stage, motion, listener, fps=fps, samples=samples, seed=seed)
    rain = max((each.strength for each in stage.particles if each.name == "rain"), default=0.0)
    out += air.rain(rain, samples=samples, seed=seed)
    for each in stage.particles:
        if each.name == "fire":
            air.fire(each, each.emit(motion), stage, listener, out, seed=seed)
        if each.name == "leaves":
            air.leaves(each.emit(motion), stage, listener, out, seed=seed)
    return out


def reactions(stage: Stage, motion: Motion, contacts: Sequence[Contact]) -> list[Reaction]:
    """What onlookers take in, by seconds of the film; a stage that does not say has them gasp at the hardest impact."""
    if stage.reactions is not None:
        seen = list(stage.reactions(motion))
    else:
        hard = max(contacts, key=lambda contact: contact.impulse, default=None)
        seen = [Reaction(time=hard.time, mood=0.0)] if hard else []
    return [Reaction(time=each.time / stage.tempo, mood=each.mood) for each in seen]


def render(
    stage: Stage, motion: Motion, *, cameras: Sequence[Camera], fps: float, samples: int, seed: int
) -> NDArray[np.float32]:
    """``[samples, 2]`` at 48 kHz, heard from ``cameras``, one for each frame of the film, ``fps`` of them a second.

    Each contact sets in when it is seen: at its time over :attr:`Stage.tempo`, later by at most
    :data:`render.engines.world.sound.listener.LONGEST_DELAY`. Slow motion sounds lower (:func:`impacts.pitch`). The
    same arguments give the same bytes. Raises :class:`ValueError` for an ambience or a substance that is not known.
    """
    if not samples:
        return np.zeros((0, 2), np.float32)
    listener, contacts = Listener(cameras, fps=fps), impacts.audible(motion.contacts)
    seen = reactions(stage, motion, contacts)
    out = ambience.render(stage.ambience, seen, samples=samples, seed=seed)
    if any(each.name == "snow" for each in stage.particles):
        out = air.hushed(out)
    out += elements(stage, motion, listener, fps=fps, samples=samples, seed=seed)
    ramp = np.linspace(0, 1, ENDS, dtype=np.float32)[: len(out), None]
    out[: len(ramp)] *= ramp
    out += compressed(bodies(stage, motion, contacts, listener, fps=fps, samples=samples, seed=seed))
    out[len(out) - len(ramp) :] *= ramp[::-1]
    peak = float(np.abs(out).max(initial=0.0))
    return out * np.float32(PEAK / peak) if peak else out
