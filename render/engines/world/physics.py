"""Rigid bodies by MuJoCo: a stage in, poses at each frame and the contacts in between out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import mujoco
import numpy as np
from numpy.typing import NDArray

from render.engines.world.stage import Solid
from render.engines.world.substances import SUBSTANCES

GRAVITY = 9.81
STEPS_A_SECOND = 2000
FLYWHEEL = 1e4
"""Inertia in kg·m² that the drive of a driven body has: what stands on it does not slow it down."""
QUIET = 0.01
"""Impacts below this many N·s are not heard."""
STRIKE = 0.02
"""Seconds of a contact whose impulse counts as its impact; what follows is resting or rolling."""
REST = 0.03
"""A contact that is lost for less than this long goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Two things met."""

    time: float
    """Seconds of the first physics step in which they touch."""
    first: str
    second: str
    """Things (see :attr:`Solid.thing`), in alphabetical order; the floor is ``"floor"``."""
    position: tuple[float, float, float]
    impulse: float
    """N·s along the normal."""
    duration: float
    """Seconds, at most :data:`STRIKE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rub:
    """Two things roll or slide on each other for a while. Arrays are float32, spaced evenly in time."""

    first: str
    second: str
    times: NDArray[np.float32]
    """``[k]`` seconds."""
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
class Motion:
    """What moved, and what met."""

    names: tuple[str, ...]
    """The moving solids, in the order of the stage."""
    poses: NDArray[np.float32]
    """``[frames, bodies, 7]``: position, then quaternion x, y, z, w."""
    present: NDArray[np.bool_]
    """``[frames, bodies]``: False before a body's launch."""
    contacts: tuple[Contact, ...]
    rubs: tuple[Rub, ...] = ()
    sheets: tuple[Sheet, ...] = ()


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.9g}" for value in values)


def _geom(solid: Solid, where: str = "") -> str:
    made_of = SUBSTANCES[solid.substance]
    return (
        f'<geom name="{solid.name}" type="{solid.shape}" size="{_numbers(solid.size)}" density="{made_of.density}" '
        f'friction="{made_of.friction} 0.01 {made_of.rolling}" solref="{_numbers(made_of.solref)}" condim="6" '
        f'priority="{made_of.priority}" {where}/>'
    )


def _body(solid: Solid) -> str:
    place = f'pos="{_numbers(solid.position)}" quat="{_numbers(solid.turn)}"'
    if not solid.moves:
        return _geom(solid, place)
    joint = (
        f'<joint name="{solid.name}" type="hinge" axis="0 0 1" armature="{FLYWHEEL}"/>'
        if solid.drive is not None
        else f'<freejoint name="{solid.name}"/>'
    )
    return f'<body name="{solid.name}" {place}>{joint}{_geom(solid)}</body>'


def model_text(solids: Sequence[Solid], *, floor: str | None, step: float) -> str:
    """The stage as MuJoCo's XML."""
    ground = ""
    if floor is not None:
        made_of = SUBSTANCES[floor]
        ground = (
            f'<geom name="floor" type="plane" size="60 60 1" friction="{made_of.friction} 0.01 {made_of.rolling}" '
            f'solref="{_numbers(made_of.solref)}" priority="{made_of.priority}" condim="6"/>'
        )
    bodies = "".join(_body(solid) for solid in solids if solid.touches)
    driven = [solid.name for solid in solids if solid.touches and solid.drive is not None]
    bearings = "".join(f'<exclude body1="world" body2="{name}"/>' for name in driven)
    return (
        f'<mujoco><option timestep="{step:.12g}" integrator="implicitfast" cone="elliptic" gravity="0 0 -{GRAVITY}"/>'
        f'<default><geom solimp="0.98 0.98 0.001 0.5 2"/></default><worldbody>{ground}{bodies}</worldbody>'
        f"<contact>{bearings}</contact></mujoco>"
    )


@dataclass(slots=True)
class _Touch:
    """A contact while it lasts."""

    start: float
    last: float
    position: tuple[float, float, float]
    impulse: float = 0.0
    duration: float = 0.0


@dataclass(slots=True)
class _Ears:
    """Gathers single contact points of single steps into contacts of things."""

    things: list[str]
    step: float
    touching: dict[tuple[str, str], _Touch] = field(default_factory=dict)
    heard: list[Contact] = field(default_factory=list)

    def listen(self, model: mujoco.MjModel, data: mujoco.MjData, force: NDArray[np.float64], now: float) -> None:
        for index, (one, other) in enumerate(data.contact.geom.tolist()):
            first, second = sorted((self.things[one], self.things[other]))
            touch = self.touching.get((first, second))
            if touch is None:
                x, y, z = data.contact.pos[index]
                touch = self.touching[first, second] = _Touch(now, now, (float(x), float(y), float(z)))
            if now - touch.start < STRIKE:
                mujoco.mj_contactForce(model, data, index, force)
                touch.impulse += abs(float(force[0])) * self.step
                touch.duration = now - touch.start + self.step
            touch.last = now

    def forget(self, now: float) -> None:
        for pair in [pair for pair, touch in self.touching.items() if now - touch.last > REST]:
            self.settle(pair, self.touching.pop(pair))

    def settle(self, pair: tuple[str, str], touch: _Touch) -> None:
        if touch.impulse >= QUIET:
            first, second = pair
            self.heard.append(
                Contact(
                    time=touch.start,
                    first=first,
                    second=second,
                    position=touch.position,
                    impulse=touch.impulse,
                    duration=touch.duration,
                )
            )

    def all(self) -> tuple[Contact, ...]:
        for pair, touch in self.touching.items():
            self.settle(pair, touch)
        return tuple(sorted(self.heard, key=lambda contact: (contact.time, contact.first, contact.second)))


def simulate(solids: Sequence[Solid], *, floor: str | None, frames: int, fps: int) -> Motion:
    """Move the bodies for ``frames`` frames; frame i shows the time i / fps exactly.

    Bodies that wait for their launch are held far away. Deterministic: the same stage gives the same bits.
    """
    substeps = math.ceil(STEPS_A_SECOND / fps)
    step = 1.0 / (fps * substeps)
    model = mujoco.MjModel.from_xml_string(model_text(solids, floor=floor, step=step))
    data = mujoco.MjData(model)
    moving = [solid for solid in solids if solid.moves and solid.touches]
    thing_of = {solid.name: solid.thing for solid in solids}
    things = [thing_of.get(model.geom(index).name, "floor") for index in range(model.ngeom)]
    bodies = [model.body(solid.name).id for solid in moving]
    waiting: list[tuple[float, int, int, Solid]] = []
    for lane, solid in enumerate(moving):
        joint = model.joint(solid.name)
        position, speed = int(joint.qposadr[0]), int(joint.dofadr[0])
        if solid.drive is not None:
            data.qvel[speed] = solid.drive
        elif solid.launch is not None:
            data.qpos[position : position + 7] = (200.0 + 5.0 * lane, 0.0, 500.0, *solid.launch.turn)
            waiting.append((solid.launch.time, position, speed, solid))
    waiting.sort(key=lambda entry: entry[:2])
    ears, force = _Ears(things, step), np.zeros(6)
    poses = np.zeros((frames, len(moving), 7), np.float32)
    present = np.zeros((frames, len(moving)), np.bool_)
    starts = np.array([solid.launch.time if solid.launch else -1.0 for solid in moving])
    hold = [(position, data.qpos[position : position + 7].copy(), speed) for _, position, speed, _ in waiting]
    for tick in range((frames - 1) * substeps + 1):
        now = tick * step
        while waiting and waiting[0][0] <= now + 1e-9:
            _, position, speed, solid = waiting.pop(0)
            hold.pop(0)
            assert solid.launch is not None
            data.qpos[position : position + 7] = (*solid.launch.position, *solid.launch.turn)
            data.qvel[speed : speed + 6] = (*solid.launch.velocity, *solid.launch.spin)
        for position, parked, speed in hold:
            data.qpos[position : position + 7] = parked
            data.qvel[speed : speed + 6] = 0.0
        if tick % substeps == 0:
            mujoco.mj_kinematics(model, data)
            frame = tick // substeps
            poses[frame, :, :3] = data.xpos[bodies]
            poses[frame, :, 3:] = data.xquat[bodies][:, [1, 2, 3, 0]]
            present[frame] = starts <= now + 1e-9
        mujoco.mj_step(model, data)
        if data.ncon:
            ears.listen(model, data, force, now)
        if ears.touching and tick % 16 == 0:
            ears.forget(now)
    return Motion(names=tuple(solid.name for solid in moving), poses=poses, present=present, contacts=ears.all())
