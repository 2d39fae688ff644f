"""A scene built but not yet moving: the bodies, the light, the shot. One description for physics, picture and sound."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from render.engines.world.geometry import Mesh
from render.engines.world.light import Light
from render.engines.world.materials import Material

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
"""w, x, y, z."""


class Shape(StrEnum):
    """Collision shapes; sizes as MuJoCo counts them."""

    SPHERE = "sphere"
    """(radius,)"""
    BOX = "box"
    """Half lengths."""
    CYLINDER = "cylinder"
    """(radius, half height) along z."""
    CAPSULE = "capsule"
    """(radius, half height of its cylinder) along z."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A body enters the scene: until then it is neither seen nor touched."""

    time: float
    position: Vector
    velocity: Vector = (0.0, 0.0, 0.0)
    spin: Vector = (0.0, 0.0, 0.0)
    """rad/s in the body's frame."""
    turn: Quaternion = (1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solid:
    """One rigid body. It stands still unless it has a launch or a drive."""

    name: str
    shape: Shape
    size: tuple[float, ...]
    substance: str
    material: Material
    position: Vector = (0.0, 0.0, 0.0)
    turn: Quaternion = (1.0, 0.0, 0.0, 0.0)
    launch: Launch | None = None
    drive: float | None = None
    """Steady turning about its own z axis in rad/s."""
    look: Mesh | None = None
    """What is seen instead of the plain shape, in the body's frame."""
    group: str = ""
    """Bodies of one group are one thing to the ear: a rim of many capsules."""
    touches: bool = True
    """False for what is only looked at."""
    rides: str = ""
    """The moving body that this part is fixed to: its pose is that body's."""

    round: bool = False
    """True for a driven body that looks the same however it has turned: it is drawn with what stands still."""

    @property
    def moves(self) -> bool:
        return self.launch is not None or self.drive is not None

    @property
    def thing(self) -> str:
        return self.group or self.name


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
    field_of_view: float = 40.0
    """Degrees over the longer side of the frame."""
    margin: float = 0.86
    """Share of the frame that the points may fill."""
    roam: Vector = (0.0, 0.0, 0.0)
    """How many metres beyond the points, along each axis, what is launched may get and is still kept in the frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One deep-water Gerstner wave."""

    wavelength: float
    heading: float
    """Radians."""
    amplitude: float
    phase: float

    @property
    def number(self) -> float:
        """K = 2π over the wavelength, in rad/m."""
        return 2 * np.pi / self.wavelength

    @property
    def frequency(self) -> float:
        """ω in rad/s by the dispersion of deep water, ω² = g k."""
        return float(np.sqrt(9.81 * self.number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """All that the engine needs to move, film and hear a scene."""

    solids: tuple[Solid, ...]
    light: Light
    shot: Shot
    ground: Material | None = None
    """The endless floor at z = 0; None for the sea."""
    ground_substance: str = "ground"
    waves: tuple[Wave, ...] = ()
    """The sea at z = 0; empty on land."""
    shores: tuple[tuple[float, float, float], ...] = ()
    """(x, y, radius) of what breaks the waves."""
    ambience: str = "yard"
    """A name in :data:`render.engines.world.sound.ambience.AMBIENCES`."""
    reverberation: float = 0.25
    """Seconds of decay of the place."""
