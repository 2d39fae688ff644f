"""The solids of a stage as a MuJoCo model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from render.engines.world.stage import Joint, JointKind, Quaternion, Shape, Solid, Vector
from render.engines.world.substances import SUBSTANCES, Substance

GRAVITY = 9.81
FLYWHEEL = 10.0
"""Inertia in kg·m² (kg for a slide) that a motor without a limit has: what stands on it does not slow it down."""
FAR = (300.0, 0.0, 500.0)
"""Metres: where bodies wait for their launch."""
ENDLESS = 1e5
"""A motor of at least this strength has no limit, in N·m or N."""
RESOLVED = 10
"""Steps that a bounce lasts at least: what is stiffer than the step can follow is softened to that."""
GENTLE = 1800.0
"""m/s²: over this by the square of the rate, in metres, the contact of what rolls sets in, so that each step feels its
weight and it does not skip. What lies flat would creep on a slope if its contacts did."""
TREMBLING = 0.5
"""m/s: MuJoCo may stop what is slower, once :class:`render.engines.world.physics.rest.Rest` finds it at rest."""
OVERLAP = -2e-4
"""Metres by which the hulls of bonded pieces may overlap before they are never tested against each other."""


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{value:.9g}" for value in values)


def _bouncing(made_of: Substance, rate: float) -> str:
    stiffness, damping = made_of.solref(stiffest=(math.pi * rate / RESOLVED) ** 2, step=1 / rate)
    return f'solref="{stiffness:.9g} {damping:.9g}"'


def _rubbing(made_of: Substance, rate: float) -> str:
    return f'friction="{made_of.friction} 0.01 {made_of.rolling}" {_bouncing(made_of, rate)} priority="{made_of.rank}"'


def _lies_flat(solid: Solid) -> bool:
    return solid.moves and solid.shape in {Shape.BOX, Shape.HULL}


def _gentle(rate: float) -> str:
    return f'solimp="0.1 0.98 {GENTLE / rate**2:.9g} 0.5 2"'


def _rolling_over(floor: Substance, solids: Sequence[Solid], rate: float) -> str:
    """How what is round meets a floor that gives way under it: it rolls, which the floor by itself does not know of.

    What turns on an axle has the resistance of its bearing.
    """
    parts = []
    for solid in solids:
        if solid.launch is None or _lies_flat(solid) or SUBSTANCES[solid.substance].rank >= floor.rank:
            continue
        lever = floor.drag * solid.size[0]
        parts.append(
            f'<pair geom1="floor" geom2="{solid.name}" condim="6" {_bouncing(floor, rate)} {_gentle(rate)} '
            f'solreffriction="-1 -{rate / 2:.9g}" '
            f'friction="{floor.friction} {floor.friction} 0.01 {lever:.9g} {lever:.9g}"/>'
        )
    return "".join(parts)


def _geom(solid: Solid, rate: float, where: str = "") -> str:
    made_of = SUBSTANCES[solid.substance]
    form = (
        f'type="mesh" mesh="{solid.name}"'
        if solid.shape == Shape.HULL
        else f'type="{solid.shape}" size="{_numbers(solid.size)}"'
    )
    flat = _lies_flat(solid)
    gentle = _gentle(rate) if solid.moves and not flat else ""
    return (
        f'<geom name="{solid.name}" {form} density="{made_of.density}" {_rubbing(made_of, rate)} '
        f'condim="{3 if flat else 6}" {gentle} {where}/>'
    )


def hull(solid: Solid) -> NDArray[np.float64]:
    """``[n, 3]`` corners of the convex hull of what is seen of a solid, in its frame."""
    if solid.look is None:
        raise ValueError(f"solid {solid.name!r} is a hull but has no look; give it the mesh whose hull it is")
    points = solid.look.vertices.astype(np.float64)
    return points[np.sort(ConvexHull(points).vertices)]


def _turned(turn: Quaternion, point: Sequence[float]) -> Vector:
    x, y, z = np.zeros(3), np.asarray(turn, float), np.asarray(point, float)
    mujoco.mju_rotVecQuat(x, z, y)
    return float(x[0]), float(x[1]), float(x[2])


def _relative(child: Solid, parent: Solid) -> tuple[Vector, Quaternion]:
    """The child's pose in the parent's frame, by the poses that the stage gives."""
    back = np.zeros(4)
    mujoco.mju_negQuat(back, np.asarray(parent.turn, float))
    turn = np.zeros(4)
    mujoco.mju_mulQuat(turn, back, np.asarray(child.turn, float))
    w, x, y, z = (float(v) for v in back)
    away = [c - p for c, p in zip(child.position, parent.position, strict=True)]
    return _turned((w, x, y, z), away), (float(turn[0]), float(turn[1]), float(turn[2]), float(turn[3]))


def _joint(solid: Solid, joint: Joint, rate: float) -> str:
    limits = ""
    if joint.limits is not None:
        stiff = math.pi * rate / RESOLVED
        limits = f'limited="true" range="{_numbers(joint.limits)}" solreflimit="{-(stiff**2):.9g} {-0.8 * stiff:.9g}"'
    heavy = joint.drive is not None and joint.strength >= ENDLESS
    return (
        f'<joint name="{solid.name}" type="{joint.kind}" axis="{_numbers(joint.axis)}" pos="{_numbers(joint.anchor)}" '
        f'stiffness="{joint.spring:.9g}" damping="{joint.damping:.9g}" armature="{FLYWHEEL if heavy else 0.0}" '
        f"{limits}/>"
    )


def _motor(name: str, joint: Joint) -> str:
    assert joint.drive is not None
    gain = min(1e4, joint.strength / (0.02 * abs(joint.drive) + 1e-3))
    return (
        f'<velocity joint="{name}" kv="{gain:.9g}" forcelimited="true" '
        f'forcerange="{-joint.strength:.9g} {joint.strength:.9g}"/>'
    )


def _check(solids: Sequence[Solid]) -> None:
    named = {solid.name: solid for solid in solids}
    for solid in solids:
        joint = solid.joint
        if joint is not None and solid.launch is not None:
            raise ValueError(f"solid {solid.name!r} has both a joint and a launch; give it one of them")
        if joint is not None and joint.parent and not (named.get(joint.parent) and named[joint.parent].moves):
            raise ValueError(f"joint of {solid.name!r}: its parent {joint.parent!r} is not a moving solid of the stage")
        for bond in solid.bonds:
            if solid.launch is None or (bond.to and not (named.get(bond.to) and named[bond.to].launch)):
                raise ValueError(f"bond of {solid.name!r} to {bond.to!r}: both must be solids with a launch")


def waiting_places(solids: Sequence[Solid]) -> dict[str, Vector]:
    """Metres by which each body that waits for its launch is held away from there.

    Bonded pieces keep their places among each other.
    """
    cluster: dict[str, int] = {solid.name: k for k, solid in enumerate(solids)}
    for solid in solids:
        for bond in solid.bonds:
            one, two = cluster[solid.name], cluster.get(bond.to, cluster[solid.name])
            cluster = {name: min(one, two) if k in {one, two} else k for name, k in cluster.items()}
    return {
        solid.name: (FAR[0] + 20.0 * (cluster[solid.name] % 25), FAR[1] + 20.0 * (cluster[solid.name] // 25), FAR[2])
        for solid in solids
        if solid.launch is not None and solid.launch.time > 0
    }


def _body(
    solid: Solid, carried: dict[str, list[Solid]], rate: float, away: dict[str, Vector], carrier: Solid | None = None
) -> str:
    if not solid.moves:
        return _geom(solid, rate, f'pos="{_numbers(solid.position)}" quat="{_numbers(solid.turn)}"')
    position, turn, sleep = solid.position, solid.turn, 'sleep="never"'
    if solid.joint is not None:
        joint = _joint(solid, solid.joint, rate)
        if carrier is not None:
            position, turn = _relative(solid, carrier)
    else:
        assert solid.launch is not None
        position, turn = solid.launch.position, solid.launch.turn
        if solid.name in away:
            x, y, z = (p + a for p, a in zip(position, away[solid.name], strict=True))
            position, sleep = (x, y, z), 'sleep="init"'
        joint = f'<freejoint name="{solid.name}"/>'
    inner = "".join(_body(child, carried, rate, away, solid) for child in carried.get(solid.name, ()))
    place = f'pos="{_numbers(position)}" quat="{_numbers(turn)}" {"" if carrier else sleep}'
    return f'<body name="{solid.name}" {place}>{joint}{_geom(solid, rate)}{inner}</body>'


def _text(solids: Sequence[Solid], floor: str | None, rate: float, apart: Iterable[tuple[str, str]]) -> str:
    ground = rolling = ""
    if floor is not None:
        if SUBSTANCES[floor].drag:
            rolling = _rolling_over(SUBSTANCES[floor], solids, rate)
        ground = f'<geom name="floor" type="plane" size="60 60 1" {_rubbing(SUBSTANCES[floor], rate)} condim="3"/>'
    carried: dict[str, list[Solid]] = {}
    for solid in solids:
        if solid.joint is not None and solid.joint.parent:
            carried.setdefault(solid.joint.parent, []).append(solid)
    away = waiting_places(solids)
    bodies = "".join(
        _body(solid, carried, rate, away) for solid in solids if solid.joint is None or not solid.joint.parent
    )
    meshes = "".join(
        f'<mesh name="{solid.name}" vertex="{_numbers(hull(solid).ravel())}"/>'
        for solid in solids
        if solid.shape == Shape.HULL
    )
    driven = [solid for solid in solids if solid.joint is not None and solid.joint.drive is not None]
    motors = "".join(_motor(solid.name, solid.joint) for solid in driven if solid.joint is not None)
    bearings = [("world", solid.name) for solid in driven if solid.joint is not None and not solid.joint.parent]
    excluded = "".join(f'<exclude body1="{one}" body2="{two}"/>' for one, two in (*bearings, *apart))
    welds = "".join(
        f'<weld name="{solid.name}|{bond.to}" body1="{solid.name}" {f"body2={bond.to!r}" if bond.to else ""} '
        f'solref="{max(0.002, 2.5 / rate):.9g} 1"/>'
        for solid in solids
        for bond in solid.bonds
    )
    return (
        f'<mujoco><compiler angle="radian"/><option timestep="{1 / rate:.17g}" integrator="implicitfast" '
        f'cone="elliptic" gravity="0 0 -{GRAVITY}" tolerance="1e-6" sleep_tolerance="{TREMBLING}">'
        '<flag sleep="enable"/></option>'
        f'<default><geom solimp="0.98 0.98 0.001 0.5 2"/></default><asset>{meshes}</asset>'
        f"<worldbody>{ground}{bodies}</worldbody><contact>{excluded}{rolling}</contact>"
        f"<equality>{welds}</equality><actuator>{motors}</actuator></mujoco>"
    )


def _overlapping(model: mujoco.MjModel, solids: Sequence[Solid]) -> list[tuple[str, str]]:
    """Bonded pieces whose hulls overlap as they lie: thin curved shards."""
    bonded = {frozenset((solid.name, bond.to)) for solid in solids for bond in solid.bonds if bond.to}
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    mujoco.mj_collision(model, data)
    found = set()
    for contact in data.contact:
        one, two = (model.geom(int(index)).name for index in contact.geom)
        if contact.dist < OVERLAP and frozenset((one, two)) in bonded:
            found.add((min(one, two), max(one, two)))
    return sorted(found)


def compile_model(solids: Sequence[Solid], *, floor: str | None, rate: float) -> mujoco.MjModel:
    """The touching solids as a model that is stepped ``rate`` times a second. Bodies and geoms have the solids' names.

    :raises ValueError: a joint or a bond names what does not move, or a hull has no look.
    """
    touching = [solid for solid in solids if solid.touches]
    _check(touching)
    model = mujoco.MjModel.from_xml_string(_text(touching, floor, rate, ()))
    if any(solid.bonds for solid in touching):
        apart = _overlapping(model, touching)
        if apart:
            model = mujoco.MjModel.from_xml_string(_text(touching, floor, rate, apart))
    return model


def start_joints(model: mujoco.MjModel, data: mujoco.MjData, solids: Sequence[Solid]) -> None:
    """Displace jointed bodies, give them their first speeds and set their motors."""
    motor = 0
    for solid in solids:
        if solid.joint is None or not solid.touches:
            continue
        at = model.joint(solid.name)
        if solid.joint.kind == JointKind.BALL:
            axis = np.asarray(solid.joint.axis, float)
            axis = axis / np.linalg.norm(axis)
            mujoco.mju_axisAngle2Quat(data.qpos[at.qposadr[0] : at.qposadr[0] + 4], axis, solid.joint.start)
            data.qvel[at.dofadr[0] : at.dofadr[0] + 3] = axis * solid.joint.speed
        else:
            data.qpos[at.qposadr[0]] += solid.joint.start
            data.qvel[at.dofadr[0]] = solid.joint.speed
        if solid.joint.drive is not None:
            data.ctrl[motor] = solid.joint.drive
            motor += 1
