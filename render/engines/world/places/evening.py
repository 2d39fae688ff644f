"""The lamp over what happens in a room by night: what is near it is lit, and the rest is dark."""

from __future__ import annotations

import math

from render.engines.world.light import DARK
from render.engines.world.stage import Lamp

WARM = (1.0, 0.80, 0.56)
BRIGHT = {"night": 0.7, "blue hour": 0.4}
"""What the lamp gives at the middle of the clearing, in the sun's unit, by the hour."""
HIGHEST = 2.4
"""Metres, below a room's ceiling."""


def lamps(hour: str, clearing: float) -> tuple[Lamp, ...]:
    """A lamp before and above the middle of a clearing, when it is dark outside."""
    if hour not in DARK:
        return ()
    reach = 0.55 * clearing + 0.25
    spot = (-0.55 * reach, -0.6 * reach, min(0.9 * reach, HIGHEST))
    gives = BRIGHT[hour] * math.dist(spot, (0.0, 0.0, 0.0)) ** 2
    red, green, blue = WARM
    return (Lamp(position=spot, colour=(gives * red, gives * green, gives * blue), radius=0.05, hooded=True),)
