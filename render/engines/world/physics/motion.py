"""What physics tells picture and sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Two things met."""

    time: float
    """Seconds of the scene: the first physics step in which they touch."""
    first: str
    second: str
    """Things (see :attr:`Solid.thing`), in alphabetical order; the floor is ``"floor"``."""
    position: tuple[float, float, float]
    impulse: float
    """N·s along the normal."""
    duration: float
    """Seconds, at most :data:`render.engines.world.physics.contacts.STRIKE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rub:
    """Two things roll or slide on each other for a while. Arrays are float32, spaced evenly in time."""

    first: str
    second: str
    times: NDArray[np.float32]
    """``[k]`` seconds of the scene."""
    positions: NDArray[np.float32]
    """``[k, 3]``."""
    force: NDArray[np.float32]
    """``[k]`` N along the normal."""
    slip: NDArray[np.float32]
    """``[k]`` m/s of one surface over the other."""
    roll: NDArray[np.float32]
    """``[k]`` m/s of the place of contact over the second thing, without slip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A cloth that has moved."""

    name: str
    faces: NDArray[np.int32]
    """``[m, 3]``."""
    vertices: NDArray[np.float32]
    """``[frames, n, 3]``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dent:
    """A body is pressed flat against a plane in a frame: nothing of it is beyond."""

    frame: int
    body: str
    place: tuple[float, float, float]
    """A point of the plane."""
    outward: tuple[float, float, float]
    """The plane's unit normal, away from the body."""
    depth: float
    """Metres by which the body would reach over the plane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """What moved, and what met."""

    names: tuple[str, ...]
    """The moving solids, in the order of the stage."""
    poses: NDArray[np.float32]
    """``[frames, bodies, 7]``: position, then quaternion x, y, z, w."""
    present: NDArray[np.bool_]
    """``[frames, bodies]``: False before a body's launch."""
    contacts: tuple[Contact, ...]
    """By time."""
    rubs: tuple[Rub, ...] = ()
    dents: tuple[Dent, ...] = ()
    """By frame."""
    sheets: tuple[Sheet, ...] = ()
