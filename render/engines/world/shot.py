"""What a camera keeps in its picture, from where, and how it moves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Move(StrEnum):
    """What a camera does during a shot."""

    STATIC = "static"
    PUSH = "push"
    """Comes slowly nearer."""
    PULL = "pull"
    PAN = "pan"
    """Turns on its stand."""
    DOLLY = "dolly"
    """Travels sideways."""
    ORBIT = "orbit"
    """Goes round the action."""
    CRANE = "crane"
    """Rises."""
    TRACK = "track"
    """Goes with :attr:`Shot.follow`."""
    HANDHELD = "handheld"


class Framing(StrEnum):
    """How much of the action's surroundings is in the picture."""

    WIDE = "wide"
    MEDIUM = "medium"
    CLOSE = "close"


class Angle(StrEnum):
    """From how high the camera looks."""

    LOW = "low"
    EYE = "eye"
    HIGH = "high"
    TOP = "top"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """Where the camera looks from and what it must keep in the picture."""

    points: NDArray[np.float64]
    """``[k, 3]`` points of the action, all of them kept in the frame."""
    azimuth: float
    """Degrees; 0 looks from +x, -90 from -y."""
    elevation: float
    azimuth_tall: float | None = None
    """The azimuth in an upright frame, where a wide action is seen more from its end."""
    elevation_tall: float | None = None
    """The elevation in an upright frame, where a long action is seen more from above."""
    field_of_view: float = 40.0
    """Degrees over the longer side of the frame."""
    margin: float = 0.86
    """Share of the frame that the points may fill."""
    heart: float = 0.62
    """Share of the action, about its middle, that a close framing keeps when it follows nothing."""
    roam: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """How many metres beyond the points, along each axis, what is launched may get and is still kept in the frame."""
    follow: str = ""
    """The moving body that the action is about: a tracking camera goes with it, the focus is on it."""
    move: Move = Move.STATIC
    """What the camera does unless the prompt asks for something else."""
