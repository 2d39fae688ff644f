"""Steps through time: bodies enter, move, meet, break, float and come to rest."""

from __future__ import annotations

import math
from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from render.engines.world.physics import cloth
from render.engines.world.physics.bonds import Bonds
from render.engines.world.physics.buoyancy import Buoyancy
from render.engines.world.physics.contacts import QUIET, Ears
from render.engines.world.physics.dents import Dents
from render.engines.world.physics.drag import Drag
from render.engines.world.physics.landing import Landing
from render.engines.world.physics.model import compile_model, start_joints
from render.engines.world.physics.motion import Motion
from render.engines.world.physics.rest import Rest
from render.engines.world.physics.rubbing import SAMPLES_A_SECOND, Rubbing
from render.engines.world.stage import Cloth, Solid, Vector, Wave
from render.engines.world.substances import SUBSTANCES

RATES = ((0, 600), (6, 6000), (10, 3000), (24, 2400))
"""(up to how many moving bodies, steps a second): few bodies can afford the short contacts of hard things."""
TOLD_APART = 14
"""Moving bodies, as bowling has, among which a single bounce is told apart, and is worth to be landed well."""
CROWDED = 1000
FOLLOWED = 30
"""Steps of the shortest contact beyond which more make no difference: soft things need fewer of them."""
LEAST = 2000
"""Steps a second at least of few bodies, so that the moment of a contact is known."""
COMMON = 600
"""Steps in a second of the film are a multiple of it: whole numbers a frame at 24, 25, 30, 50 and 60 frames a second,
so that a throw that was tried at one of them turns out alike at another, in slow motion too. No crowd is thrown."""
FAINT = 0.05
"""m/s: a light thing is heard when it strikes at least so fast."""


def _rate(solids: Sequence[Solid], floor: str | None) -> float:
    """Steps a second of the scene at least: as many as the number of bodies allows and their contacts need."""
    touching = [solid for solid in solids if solid.touches]
    moving = {solid.substance for solid in touching if solid.moves}
    most = next((rate for count, rate in RATES if sum(s.moves for s in touching) <= count), CROWDED)
    met = {solid.substance for solid in touching} | ({floor} if floor is not None else set())
    pairs = [max(SUBSTANCES[one], SUBSTANCES[two], key=lambda made: made.rank) for one in moving for two in met]
    shortest = max((made_of.stiffness for made_of in pairs), default=math.inf)
    return min(most, max(LEAST, FOLLOWED * math.sqrt(shortest) / math.pi))


def _substeps(rate: float, *, fps: int, tempo: float) -> int:
    """Steps a frame, so that there are ``rate`` in a second of the scene at least."""
    film = rate * tempo if rate == CROWDED else COMMON * math.ceil(rate * tempo / COMMON - 1e-9)
    return math.ceil(film / fps)


class _Waiting:
    """Bodies far away and asleep, until their launch."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, solids: Sequence[Solid]) -> None:
        entries = [
            (solid.launch.time, lane, solid.name, solid.launch) for lane, solid in enumerate(solids) if solid.launch
        ]
        self.queue = sorted(entries, key=lambda entry: entry[:2])
        self.release(model, data, 0.0)

    def release(self, model: mujoco.MjModel, data: mujoco.MjData, now: float) -> None:
        """Let those enter whose time has come."""
        while self.queue and self.queue[0][0] <= now + 1e-9:
            _, _, name, launch = self.queue.pop(0)
            joint, body = model.joint(name), model.body(name).id
            position, speed = int(joint.qposadr[0]), int(joint.dofadr[0])
            data.qpos[position : position + 7] = (*launch.position, *launch.turn)
            data.qvel[speed : speed + 6] = (*launch.velocity, *launch.spin)
            model.tree_sleep_policy[model.body_treeid[body]] = mujoco.mjtSleepPolicy.mjSLEEP_NEVER


def _appearances(moving: Sequence[Solid]) -> NDArray[np.float64]:
    """``[bodies]`` seconds from which each is there: by its own launch or that of what carries it."""
    named = {solid.name: solid for solid in moving}
    times = []
    for solid in moving:
        root = solid
        while root.joint is not None and root.joint.parent:
            root = named[root.joint.parent]
        times.append(root.launch.time if root.launch else 0.0)
    return np.array(times)


def _quiet(model: mujoco.MjModel, moving: Sequence[Solid]) -> NDArray[np.float64]:
    """``[geoms]`` N·s below which a geom's impacts are not heard."""
    quiet = np.full(model.ngeom, QUIET)
    for solid in moving:
        mass = float(model.body_mass[model.body(solid.name).id])
        quiet[model.geom(solid.name).id] = min(QUIET, mass * FAINT)
    return quiet


def simulate(
    solids: Sequence[Solid],
    *,
    floor: str | None,
    frames: int,
    fps: int,
    tempo: float = 1.0,
    waves: Sequence[Wave] = (),
    cloths: Sequence[Cloth] = (),
    wind: Vector = (0.0, 0.0, 0.0),
    still: float = 0.0,
) -> Motion:
    """Move the bodies for ``frames`` frames; frame i shows the scene at i / fps × tempo seconds exactly.

    :param floor: substance of the floor at z = 0; None without one.
    :param waves: of the water that carries what floats.
    :param wind: m/s, the mean of the gusts that blow on the cloths.
    :param still: seconds before which nothing moves.
    :raises ValueError: a joint, a bond or a hull of a solid does not fit the others.

    Deterministic: the same arguments give the same bits.
    """
    substeps = _substeps(_rate(solids, floor), fps=fps, tempo=tempo)
    step = tempo / (fps * substeps)
    model = compile_model(solids, floor=floor, rate=1 / step)
    data = mujoco.MjData(model)
    touching = [solid for solid in solids if solid.touches]
    moving = [solid for solid in touching if solid.moves]
    thing_of = {solid.name: solid.thing for solid in touching}
    bodies = np.array([model.body(solid.name).id for solid in moving], np.intp)
    start_joints(model, data, touching)
    waiting = _Waiting(model, data, moving)
    ears = Ears(
        [thing_of.get(model.geom(index).name, "floor") for index in range(model.ngeom)],
        _quiet(model, moving),
        step,
        still=still,
    )
    rubbing, rest = Rubbing(model, ears.names, ears.thing_of), Rest(model, moving)
    dents, landing, few = Dents(model, moving), Landing(model), len(moving) <= TOLD_APART
    bonds = Bonds(model, touching, ears.names)
    buoyancy, drag = Buoyancy(model, touching, waves), Drag(model, touching)
    sheets = cloth.Cloths(cloths, model, data, touching, floor=floor, wind=wind, frames=frames)
    sheets.settle(data)
    outside = max(1, round(1 / (cloth.STEPS_A_SECOND * step)))
    poses = np.zeros((frames, len(moving), 7), np.float32)
    present = np.zeros((frames, len(moving)), np.bool_)
    starts = _appearances(moving)
    every = max(1, round(1 / (SAMPLES_A_SECOND * step)))
    for tick in range((frames - 1) * substeps + 1):
        now = tick * step
        waiting.release(model, data, now)
        if tick % substeps == 0:
            frame = tick // substeps
            _place(model, data)
            poses[frame, :, :3] = data.xpos[bodies]
            poses[frame, :, 3:] = data.xquat[bodies][:, [1, 2, 3, 0]]
            present[frame] = starts <= now + 1e-9
            sheets.show(frame)
        if now < still:
            continue
        if tick % outside == 0 and (buoyancy.bodies or sheets.sheets or drag.balls):
            data.xfrc_applied[:] = 0.0
            buoyancy.push(data, now)
            drag.push(data)
            sheets.step(data, now, outside * step)
        if few:
            mujoco.mj_step1(model, data)
            landing.level(data)
            mujoco.mj_step2(model, data)
        else:
            mujoco.mj_step(model, data)
        if tick % substeps == 0:
            dents.look(data, tick // substeps)
        if tick % every == 0 or ears.changed(data, now):
            strikes = ears.listen(data, now)
            if bonds.held:
                bonds.feel(data, strikes, now)
        if tick % every == 0:
            rubbing.listen(data, now)
            rest.watch(data, now)
            ears.forget(now, rest.asleep(data))
    return Motion(
        names=tuple(solid.name for solid in moving),
        poses=poses,
        present=present,
        contacts=ears.all(),
        rubs=rubbing.all(),
        dents=tuple(dents.seen),
        sheets=sheets.all(),
    )


def _place(model: mujoco.MjModel, data: mujoco.MjData) -> None:
    """Put every body, those asleep too, where its coordinates say."""
    model.opt.enableflags &= ~mujoco.mjtEnableBit.mjENBL_SLEEP.value
    mujoco.mj_kinematics(model, data)
    model.opt.enableflags |= mujoco.mjtEnableBit.mjENBL_SLEEP.value
