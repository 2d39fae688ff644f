"""The lamp over what happens in a room by night: what is near it is lit, and the rest is dark."""

from __future__ import annotations

from dataclasses import dataclass

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
"""Times the action's height by which the lamp hangs over it at least."""


@dataclass(frozen=True, slots=True)
class Evening:
    """A dark hour over a clearing of so many metres in a room."""

    hour: str
    clearing: float

    def lamp(self, points: NDArray[np.float64]) -> Lamp:
        """A lamp before and above the middle of the clearing, over the ``[k, 3]`` points of the action.

        The higher it must hang, the brighter it is.
        """
        reach = 0.55 * self.clearing + 0.25
        x, y, usual = -0.55 * reach, -0.6 * reach, min(0.9 * reach, HIGHEST)
        gives = BRIGHT[self.hour] * (x**2 + y**2 + usual**2)
        low, high = points.min(0), points.max(0)
        z = max(usual, float(high[2] + max(OVER * (high[2] - low[2]), 0.15)))
        if z > usual:
            middle = (low + high) / 2
            was, now = (
                float(np.linalg.norm(middle * (1, 1, share) - (x, y, up))) for share, up in ((0, usual), (1, z))
            )
            gives *= (now / was) ** 2
        red, green, blue = WARM
        return Lamp(position=(x, y, z), colour=(gives * red, gives * green, gives * blue), radius=0.05, hooded=True)


def at(hour: str, clearing: float) -> Evening | None:
    """The evening of a room, when it is dark outside."""
    return Evening(hour, clearing) if hour in DARK else None
