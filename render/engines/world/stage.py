"""A scene built but not yet moving: the bodies, the light, the shot. One description for physics, picture and sound."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from render.engines.world.geometry import Mesh
from render.engines.world.light import Colour, Light
from render.engines.world.materials import Material
from render.engines.world.onlookers import Crowd, Reaction
from render.engines.world.shot import Shot

if TYPE_CHECKING:
    from render.engines.world.physics import Motion

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
    HULL = "hull"
    """The convex hull of the body's look; the size is its half lengths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A body enters the scene: until then it is neither seen nor touched."""

    time: float
    position: Vector
    velocity: Vector = (0.0, 0.0, 0.0)
    spin: Vector = (0.0, 0.0, 0.0)
    """rad/s in the body's frame."""
    turn: Quaternion = (1.0, 0.0, 0.0, 0.0)


class JointKind(StrEnum):
    """How a jointed body may move."""

    HINGE = "hinge"
    """Turns about the axis; radians."""
    SLIDE = "slide"
    """Shifts along the axis; metres."""
    BALL = "ball"
    """Turns every way about the anchor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """Ties a body to the world or to another moving body: a pendulum, a see-saw's beam, a wheel, a turntable."""

    kind: JointKind
    parent: str = ""
    """The moving body that carries this one; empty for the world."""
    anchor: Vector = (0.0, 0.0, 0.0)
    """In the body's own frame."""
    axis: Vector = (0.0, 0.0, 1.0)
    """In the body's own frame; of no meaning for a ball joint."""
    start: float = 0.0
    """Radians or metres by which the body is displaced at first, from the pose that the solid gives."""
    speed: float = 0.0
    """rad/s or m/s at first."""
    limits: tuple[float, float] | None = None
    spring: float = 0.0
    """N·m/rad or N/m towards the solid's pose."""
    damping: float = 0.0
    """N·m·s/rad or N·s/m."""
    drive: float | None = None
    """The speed that a motor keeps up, in rad/s or m/s."""
    strength: float = 1e6
    """The most that the motor gives, in N·m or N."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """Holds a piece of a breakable thing to another piece until something hits one of them hard enough."""

    to: str
    strength: float
    """N·s of one impact that break it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solid:
    """One rigid body. It stands still unless it has a launch or a joint."""

    name: str
    shape: Shape
    size: tuple[float, ...]
    substance: str
    material: Material
    position: Vector = (0.0, 0.0, 0.0)
    turn: Quaternion = (1.0, 0.0, 0.0, 0.0)
    launch: Launch | None = None
    joint: Joint | None = None
    bonds: tuple[Bond, ...] = ()
    floats: bool = False
    """True for what the stage's waves lift and carry."""
    look: Mesh | None = None
    """What is seen instead of the plain shape, in the body's frame."""
    group: str = ""
    """Bodies of one group are one thing to the ear: a rim of many capsules."""
    touches: bool = True
    """False for what is only looked at."""
    rides: str = ""
    """The moving body that this part is fixed to: its pose is that body's."""
    drag: float = 0.0
    """Coefficient of the air's drag on a launched sphere; 0 for what is too slow to feel it."""
    lift: float = 0.0
    """Lift coefficient of a launched sphere whose rim turns as fast as it flies."""

    round: bool = False
    """True for a turning body that looks the same however it has turned: it is drawn with what stands still."""

    @property
    def moves(self) -> bool:
        return self.launch is not None or self.joint is not None

    @property
    def thing(self) -> str:
        return self.group or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloth:
    """A sheet that hangs, flies or falls: a flag, a curtain, a net."""

    name: str
    material: Material
    rest: NDArray[np.float64]
    """``[rows, columns, 3]`` points at the start, in metres; neighbours are tied at these distances.

    Points that lie on each other are sewn together: so a sheet is closed to a tube."""
    pinned: NDArray[np.bool_]
    """``[rows, columns]``: points that do not move, or go with ``pinned_to``."""
    pinned_to: str = ""
    """The moving body that carries the pinned points; empty for the world."""
    density: float = 0.2
    """kg/m²."""
    stretch: float = 1.0
    """Stiffness against stretching, as a share of cotton's."""
    bend: float = 1.0
    """Stiffness against bending, as a share of cotton's."""
    open: float = 0.0
    """Share of the sheet that lets air and light through: 0 for cloth, about 0.9 for a net."""
    holds: bool = False
    """True for a net with wide meshes between whose points a ball must not slip."""
    settle: float = 0.0
    """Seconds for which it has hung or flown before the scene starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Puffs:
    """Particles at one moment. All arrays are float32."""

    positions: NDArray[np.float32]
    """``[n, 3]`` in metres."""
    velocities: NDArray[np.float32]
    """``[n, 3]`` in m/s: what is fast is drawn as a streak."""
    radii: NDArray[np.float32]
    """``[n]`` in metres."""
    colours: NDArray[np.float32]
    """``[n, 3]``, linear RGB."""
    opacity: NDArray[np.float32]
    """``[n]``, 0 to 1, in the middle of the particle."""
    glow: NDArray[np.float32]
    """``[n]``: radiance of its own by its colour; 0 for what is only lit."""
    normals: NDArray[np.float32] | None = None
    """``[n, 3]`` unit normals of leaves, which are flat with sharp rims; None for soft balls."""
    stalks: NDArray[np.float32] | None = None
    """``[n, 3]`` unit vectors along the leaves, from stalk to tip, given where ``normals`` are."""
    repeats: tuple[float, float] | None = None
    """Metres along x and y after which the particles are the same again, as far as one sees; None for what is where it
    is."""


Cloud = Callable[[float], Puffs]
"""Particles at a time in seconds; the same time gives the same particles, in whatever order it is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crack:
    """Wood bursts in a fire."""

    time: float
    """Seconds of the scene."""
    position: Vector
    strength: float
    """0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Particles:
    """Rain, snow, leaves, spray, dust, smoke, sparks: much that is small, soft or both, and hits nothing."""

    name: str
    emit: Callable[[Motion], Cloud]
    """Called once when all bodies have moved, so that a splash can start at a contact."""
    strength: float = 1.0
    """To the ear: times as strong as it usually is."""
    cracks: Callable[[float], Sequence[Crack]] | None = None
    """What of it is heard as a crack within so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """A light that is near: a street lamp, a fire."""

    position: Vector
    colour: Colour
    """What it gives at one metre, in the sun's unit."""
    radius: float = 0.1
    """Metres: nothing within throws a shadow."""
    hooded: bool = False
    """True for one that shines downwards only."""
    flicker: Callable[[float], float] | None = None
    """Times its colour at a time in seconds; None for a steady one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Walls that give sound back."""

    size: Vector
    """Length along x, along y and height in metres; the middle of its floor is the origin."""
    absorption: float = 0.2
    """Mean share of the sound's energy that a wall takes."""
    open: bool = False
    """True for a place without walls and ceiling, where only the floor and some far fronts give sound back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One Gerstner wave."""

    wavelength: float
    heading: float
    """Radians."""
    amplitude: float
    phase: float
    depth: float = math.inf
    """Metres of water under it."""

    @property
    def number(self) -> float:
        """K = 2π over the wavelength, in rad/m."""
        return 2 * np.pi / self.wavelength

    @property
    def frequency(self) -> float:
        """ω in rad/s by the dispersion of gravity waves, ω² = g k tanh(k depth)."""
        return float(np.sqrt(9.81 * self.number * np.tanh(self.number * self.depth)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A drop, a stone or a fish sends rings over the water."""

    time: float
    """Seconds; it may be before the scene's start."""
    position: tuple[float, float]
    radius: float
    """Metres of the dent that starts it: the longest of its waves are about six times as long."""
    depth: float
    """Metres of that dent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Water:
    """How a stage's water looks."""

    deep: Colour = (0.010, 0.062, 0.092)
    """Light that comes back out of deep water under a bright sky, linear RGB."""
    shallow: Colour = (0.045, 0.30, 0.28)
    """The same out of thin crests and over a near bed."""
    clarity: float = 1.5
    """Metres of water through which about a third of the light passes."""
    wind: Vector = (0.0, 0.0, 0.0)
    """m/s; raises the ripples that are too short to be among the waves."""
    foam: float = 1.0
    """Times the foam of sea water; 0 for fresh water, whose bubbles do not last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """All that the engine needs to move, film and hear a scene."""

    solids: tuple[Solid, ...]
    cloths: tuple[Cloth, ...] = ()
    particles: tuple[Particles, ...] = ()
    lamps: tuple[Lamp, ...] = ()
    wind: Vector = (0.0, 0.0, 0.0)
    """Mean wind in m/s; it comes in gusts."""
    light: Light
    weather: str = ""
    """What falls here whatever the scene says of its weather; empty for the scene's own."""
    shot: Shot
    ground: Material | None = None
    """The endless floor at z = 0; None for the sea."""
    ground_substance: str = "ground"
    waves: tuple[Wave, ...] = ()
    """The water at z = 0; empty on land."""
    rings: tuple[Ring, ...] = ()
    """Rings on that water."""
    water: Water = Water()
    shores: tuple[tuple[float, float, float], ...] = ()
    """(x, y, radius) of what breaks the waves."""
    ambience: tuple[str, ...] = ("yard",)
    """Names in :data:`render.engines.world.sound.ambience.AMBIENCES`, heard together."""
    reactions: Callable[[Motion], Sequence[Reaction]] | None = None
    """What the people of an ambience make of what happens, asked once when all bodies have moved. None: they gasp at
    the hardest impact."""
    crowd: Crowd | None = None
    """Those of the onlookers who move."""
    room: Room | None = None
    """None for open country."""
    tempo: float = 1.0
    """Seconds of the scene in a second of the film: below 1 for slow motion."""
    still: float = 0.0
    """Seconds of the scene before which no body moves: all stand as they are launched."""
    title: str = ""
    """Text that is laid over the picture."""
    title_from: float = 0.3
    """Seconds of the scene before the title appears; infinite where the scene itself bears the text."""
