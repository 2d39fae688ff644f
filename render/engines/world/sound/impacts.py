"""Impacts: two bodies that meet both ring, as loud as the impulse and as bright as the hit is hard."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from render.engines.contract import SAMPLE_RATE
from render.engines.world.physics import Contact
from render.engines.world.sound import modal
from render.engines.world.sound.listener import Listener
from render.engines.world.sound.noise import stream
from render.engines.world.stage import Solid, Stage
from render.engines.world.substances import SUBSTANCES

AGAIN = 0.045
"""Seconds in which a second touch of the same pair is not heard anew, unless it is much harder."""
HARDER = 2.0
"""Times the impulse of the touch before it."""
SETTLED = 0.03
"""Seconds of the scene in which what was laid out comes to rest: nothing met."""
CROWD = 40
"""Impacts heard in :data:`WINDOW`: when a heap falls, the weak ones drown."""
WINDOW = 0.5
"""Seconds."""
HARDEST = 60.0
"""N·s above which an impact is not louder."""
COMPRESSION = 0.6
"""Power of the impulse by which an impact is loud: a film's range of levels is smaller than nature's."""


def audible(contacts: Iterable[Contact]) -> list[Contact]:
    """Contacts without the chatter of bodies coming to rest, and without what drowns in a crash, by time."""
    last: dict[tuple[str, str], Contact] = {}
    kept: list[Contact] = []
    recent: deque[Contact] = deque()
    for contact in sorted((each for each in contacts if each.time > SETTLED), key=lambda contact: contact.time):
        pair = (contact.first, contact.second)
        before = last.get(pair)
        if before and contact.time - before.time < AGAIN and contact.impulse < HARDER * before.impulse:
            continue
        while recent and contact.time - recent[0].time > WINDOW:
            recent.popleft()
        if len(recent) >= CROWD and contact.impulse < np.median([other.impulse for other in recent]):
            continue
        last[pair] = contact
        recent.append(contact)
        kept.append(contact)
    return kept


def pitch(tempo: float) -> float:
    """Times the usual pitch at ``tempo`` (see :attr:`Stage.tempo`): slow motion sounds lower, at most by an octave.

    As slow as the picture a thump would be too low to be heard, so the root of the tempo is taken, as films do.
    """
    return max(min(tempo, 1.0) ** 0.5, 0.5)


def things(stage: Stage) -> dict[str, Solid]:
    """The first solid of each thing by its name."""
    return {solid.thing: solid for solid in reversed(stage.solids)}


def voice(name: str, known: Mapping[str, Solid], stage: Stage, *, seed: int) -> modal.Voice:
    """How a thing rings, by its name; what is no solid is the ground. What stands still is large."""
    solid = known.get(name)
    substance = SUBSTANCES[solid.substance if solid else stage.ground_substance]
    size = modal.extent(solid) if solid and solid.moves else modal.REFERENCE_SIZE
    return modal.Voice.of(substance, size=size, rng=stream(seed, name), pitch=pitch(stage.tempo))


def render(
    contacts: Sequence[Contact], stage: Stage, listener: Listener, *, samples: int, seed: int
) -> NDArray[np.float32]:
    """``[samples, 2]``: every contact when it is seen, later only by :attr:`Arrival.delay`."""
    out = np.zeros((samples, 2), np.float32)
    known = things(stage)
    hits: dict[str, list[tuple[int, Contact]]] = {}
    for number, contact in enumerate(contacts):
        if contact.time / stage.tempo * SAMPLE_RATE < samples:
            for name in (contact.first, contact.second):
                hits.setdefault(name, []).append((number, contact))
    for name, mine in hits.items():
        ring = voice(name, known, stage, seed=seed)
        table = ring.table()
        for number, contact in mine:
            first, second = (known.get(other) for other in (contact.first, contact.second))
            moving = [solid for solid in (first, second) if solid and solid.moves]
            mass = max(min((modal.mass(solid) for solid in moving), default=1.0), 1e-4)
            speed = contact.impulse / mass
            made_of = [SUBSTANCES[solid.substance if solid else stage.ground_substance] for solid in (first, second)]
            length = modal.contact_time(made_of[0], made_of[1], speed=speed)
            lowest = 0.0 if any(solid.thing == name for solid in moving) else modal.THUMP * mass ** (-1 / 3)
            rng = stream(seed, f"{name} {number}")
            sound = modal.strike(ring, table, contact=length, speed=speed, lowest=lowest, rng=rng)
            loudness = min(contact.impulse, HARDEST) ** COMPRESSION
            listener.strike(out, sound * loudness, contact.time / stage.tempo, contact.position)
    return out
