"""The lamp over what happens in a room by night: what is near it is lit, and the rest is dark."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from render.engines.world.light import DARK
from render.engines.world.stage import Lamp

WARM = (1.0, 0.80, 0.56)
BRIGHT = {"night": 0.7, "blue hour": 0.4}
"""What the lamp gives at the middle of the clearing, in the sun's unit, by the hour."""
HIGHEST = 2.4
"""Metres, below a room's ceiling."""
OVER = 0.35
"""Times the action's height by which a hooded lamp hangs over it at least."""


def lamps(hour: str, clearing: float) -> tuple[Lamp, ...]:
    """A lamp before and above the middle of a clearing, when it is dark outside."""
    if hour not in DARK:
        return ()
    reach = 0.55 * clearing + 0.25
    spot = (-0.55 * reach, -0.6 * reach, min(0.9 * reach, HIGHEST))
    gives = BRIGHT[hour] * math.dist(spot, (0.0, 0.0, 0.0)) ** 2
    red, green, blue = WARM
    return (Lamp(position=spot, colour=(gives * red, gives * green, gives * blue), radius=0.05, hooded=True),)


def raised(lamps: tuple[Lamp, ...], points: NDArray[np.float64]) -> tuple[Lamp, ...]:
    """The lamps of a room, hooded ones over the ``[k, 3]`` points of the action and as much brighter as farther."""
    low, high = points.min(0), points.max(0)
    middle = (low + high) / 2
    least = float(high[2] + max(OVER * (high[2] - low[2]), 0.15))

    def over(lamp: Lamp) -> Lamp:
        x, y, z = lamp.position
        if not lamp.hooded or z >= least:
            return lamp
        was, now = (float(np.linalg.norm(middle * (1, 1, share) - (x, y, up))) for share, up in ((0, z), (1, least)))
        red, green, blue = (part * (now / was) ** 2 for part in lamp.colour)
        return replace(lamp, position=(x, y, least), colour=(red, green, blue))

    return tuple(over(lamp) for lamp in lamps)
