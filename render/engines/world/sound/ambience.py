"""The sound of places, as data: layers of air, machines, callers and people. Made anew for each clip, never looped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from render.engines.world.onlookers import Reaction
from render.engines.world.sound import crowd
from render.engines.world.sound.crowd import Crowd
from render.engines.world.sound.layers import Air, Calls, Crickets, Hum, Layer, Stereo, Ticks, Traffic
from render.engines.world.sound.noise import stream

BIRDS = Calls(a_minute=34, low=2400, high=5200, db=-34)
LEAVES = Air(low=900, high=5200, db=-37, change=0.5, depth=0.8)
TOWN = Air(low=45, high=240, db=-37, change=0.3, depth=0.3, order=2)
AMBIENCES: dict[str, tuple[Layer, ...]] = {
    "yard": (LEAVES, TOWN, Calls(a_minute=9, low=2600, high=4800, db=-41)),
    "street": (TOWN, Air(low=220, high=1600, db=-37, depth=0.3), Traffic(a_minute=11, db=-29)),
    "hall": (Air(low=60, high=420, db=-37, depth=0.15, change=0.2), Hum(pitch=(98, 102), db=-52)),
    "gym": (Air(low=60, high=420, db=-37, depth=0.15, change=0.2), Hum(pitch=(98, 102), db=-54)),
    "shore": (
        Air(low=120, high=900, db=-33, depth=0.6),
        Calls(a_minute=5, low=1100, high=1700, db=-42, notes=(2, 5), note=0.34, glide=0.5, pause=0.12),
    ),
    "lake": (
        Air(low=160, high=1100, db=-40, depth=0.7),
        Ticks(a_second=7, low=350, high=1300, db=-31, change=0.8, depth=0.7),
        Calls(a_minute=8, low=1800, high=3600, db=-42),
    ),
    "stream": (
        Air(low=380, high=2600, db=-30, depth=0.25, change=1.1),
        Ticks(a_second=70, low=500, high=2400, db=-22, even=0.4, change=1.7, depth=0.5),
        Calls(a_minute=8, low=2400, high=4600, db=-42),
    ),
    "forest": (LEAVES, Air(low=250, high=1200, db=-41, depth=0.7, change=0.25), BIRDS),
    "park": (LEAVES, TOWN, Calls(a_minute=20, low=2200, high=4800, db=-37), Traffic(a_minute=4, db=-42)),
    "meadow": (
        Air(low=600, high=3600, db=-40, depth=0.8),
        Crickets(singers=5, low=5200, high=7600, db=-47, pulses=46, chirps=0),
        Calls(a_minute=22, low=2800, high=5200, db=-37, notes=(5, 14), note=0.06),
    ),
    "desert": (Air(low=140, high=800, db=-33, depth=0.85, change=0.25), Air(low=1800, high=6000, db=-46, depth=0.9)),
    "room": (Air(low=60, high=500, db=-45, depth=0.15), Hum(pitch=(49.5, 50.5), db=-58, harmonics=6, fall=1.2)),
    "studio": (Air(low=80, high=1400, db=-44, depth=0.2), Hum(pitch=(92, 108), db=-47)),
    "night": (
        Air(low=120, high=700, db=-41, depth=0.5, change=0.2),
        Crickets(singers=9, low=3600, high=5200, db=-41),
        Calls(a_minute=2.5, low=380, high=520, db=-40, notes=(2, 3), note=0.42, glide=0.1, pause=0.2, callers=1),
    ),
    "birds": (BIRDS,),
    "crickets": (Crickets(singers=9, low=3600, high=5200, db=-41),),
    "traffic": (TOWN, Traffic(a_minute=14, db=-28)),
    "wind": (Air(low=110, high=700, db=-28, depth=0.8, change=0.35), Air(low=900, high=3000, db=-40, depth=0.9)),
    "rain": (Air(low=900, high=9000, db=-29, depth=0.15), Ticks(a_second=160, low=1200, high=6500, db=-22)),
    "waves": (
        Air(low=120, high=900, db=-27, depth=0.9, change=0.16),
        Air(low=1200, high=6000, db=-36, depth=0.95, change=0.16),
    ),
    "fire": (
        Air(low=60, high=500, db=-33, depth=0.6, change=2.5),
        Ticks(a_second=9, low=900, high=6500, db=-12, even=0.25, change=0.9, depth=0.8),
    ),
    "crowd": (),
    "stadium": (Air(low=70, high=380, db=-36, depth=0.3, change=0.3),),
}
"""Layers by the names that :attr:`Stage.ambience` may hold; levels are dB under full scale."""
CROWDS: dict[str, Crowd] = {
    "hall": Crowd(db=-36.0, away=15.0),
    "gym": Crowd(db=-27.0, away=12.0),
    "crowd": Crowd(db=-25.0, away=14.0),
    "stadium": Crowd(db=-25.0, away=45.0, roar=0.85),
}
"""The people, where there are any: they take in what happens. Of several crowds the loudest, the largest, is heard."""


def render(names: Sequence[str], reactions: Sequence[Reaction], *, samples: int, seed: int) -> Stereo:
    """``[samples, 2]`` of all the named ambiences together; people react at seconds of the film.

    Raises :class:`ValueError` for a name that is not in :data:`AMBIENCES`.
    """
    out = np.zeros((samples, 2), np.float32)
    for name in dict.fromkeys(names):
        if name not in AMBIENCES:
            raise ValueError(f"There is no ambience {name!r}; choose one of: {', '.join(sorted(AMBIENCES))}.")
        for number, layer in enumerate(AMBIENCES[name]):
            out += layer.render(samples, stream(seed, f"{name} {number}"))
    present = [CROWDS[name] for name in names if name in CROWDS]
    if present:
        people = max(present, key=lambda each: (each.db, each.away))
        out += crowd.render(people, reactions, samples, stream(seed, "crowd"))
    return out
