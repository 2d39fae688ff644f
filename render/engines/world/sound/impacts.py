"""Modal synthesis: two bodies that meet both ring, as loud as the impulse and as bright as the contact is short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from render.engines.contract import SAMPLE_RATE
from render.engines.world.physics import Contact
from render.engines.world.sound.listener import Listener
from render.engines.world.stage import Solid
from render.engines.world.substances import SUBSTANCES, Substance

REFERENCE_SIZE = 0.2
"""Metres: the size for which a substance's modes are written."""
AGAIN = 0.045
"""Seconds in which a second touch of the same pair is not heard anew."""


def strike(
    substance: Substance, *, size: float, duration: float, rng: np.random.Generator, pitch: float = 1.0
) -> NDArray[np.float64]:
    """``[samples]`` of one body struck once with unit impulse, silent before its first sample."""
    factor = pitch * (REFERENCE_SIZE / size) ** 0.6
    length = int(SAMPLE_RATE * 4.6 * max(decay for _, decay, _ in substance.modes)) + 1
    time = np.arange(length) / SAMPLE_RATE
    out = np.zeros(length)
    for hertz, decay, gain in substance.modes:
        tone = hertz * factor * (1 + rng.normal(0, 0.006))
        if tone > 0.45 * SAMPLE_RATE:
            continue
        blunt = 1.0 / np.sqrt(1.0 + (tone * duration * 0.9) ** 2)
        out += gain * (0.25 + blunt) * np.exp(-time / decay) * np.sin(2 * np.pi * tone * time + 0.6)
    out += rng.normal(0, 1, length) * np.exp(-time / 0.004) * substance.noise * 1.6
    return out * substance.loudness


def audible(contacts: Sequence[Contact]) -> list[Contact]:
    """Contacts without the chatter of bodies coming to rest."""
    last: dict[tuple[str, str], float] = {}
    kept = []
    for contact in contacts:
        pair = (contact.first, contact.second)
        if contact.time - last.get(pair, -1.0) >= AGAIN:
            kept.append(contact)
            last[pair] = contact.time
    return kept


def pitch(tempo: float) -> float:
    """Times the usual pitch at ``tempo`` (see :attr:`Stage.tempo`): slow motion sounds lower, at most by an octave.

    As slow as the picture a thump would be too low to be heard, so the root of the tempo is taken, as films do.
    """
    return max(min(tempo, 1.0) ** 0.5, 0.5)


def render(
    contacts: Sequence[Contact],
    solids: Sequence[Solid],
    *,
    floor: str,
    listener: Listener,
    tempo: float,
    samples: int,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """``[samples, 2]``: every contact when it is seen, later only by :attr:`Arrival.delay`."""
    out = np.zeros((samples, 2), np.float32)
    things: Mapping[str, Solid] = {solid.thing: solid for solid in reversed(solids)}
    for contact in contacts:
        time = contact.time / tempo
        if time * SAMPLE_RATE >= samples:
            continue
        loudness = min(contact.impulse, 60.0) ** 0.7
        for name in (contact.first, contact.second):
            solid = things.get(name)
            substance = SUBSTANCES[solid.substance if solid else floor]
            still = solid is None or not solid.moves
            size = REFERENCE_SIZE if still or solid is None else 2 * max(solid.size)
            voice = strike(substance, size=size, duration=contact.duration, rng=rng, pitch=pitch(tempo))
            listener.strike(out, voice * loudness, time, contact.position)
    return out
