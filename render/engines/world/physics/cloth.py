"""Cloth beside the rigid bodies: sheets that hang, fly, fall on things and push back.

A sheet is stepped by extended position-based dynamics in one compiled loop: 1,500 points cost a tenth of a second for a
second of the scene. MuJoCo's flex bodies were measured beside it: 1,600 points take 1.5 s for the same second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from render.engines.world.physics.model import GRAVITY
from render.engines.world.physics.motion import Sheet
from render.engines.world.stage import Cloth, Shape, Solid, Vector
from render.engines.world.substances import SUBSTANCES

STEPS_A_SECOND = 480
PLAIN, FINE = (1, 3), (2, 1)
"""Into how many steps each of these is cut at least, and how often all ties are met in each: for cloth, for a net that
holds balls."""
STRIDE, MOST = 0.5, 12
"""Share of its radius that a ball near a net moves in a step, and into how many these are cut for that at most."""
COARSE = 4
"""Such steps at once for a net that holds balls, while nothing that moves is near."""
SLOWED = 8.0
"""1/s of its speed that a net that holds balls loses while it settles: where it comes to hang counts, and not how."""
EDDIES_A_SECOND = 60
"""How often the wind at the points of a sheet is found anew."""
COTTON_STRETCH = 5e-5
"""m/N along warp and weft, of an edge."""
COTTON_SHEAR = 5e-3
COTTON_BEND = 0.05
"""m/N over two edges: cotton resists a fold hardly at all."""
STRAYS, CALM = 0.02, 1.0
"""Metres and seconds: a net none of whose points has strayed so far for so long hangs still until something comes near
that moves. Slow alone it may be where it turns."""
SEWN = 1e-6
"""Metres: points of a sheet at rest that are no farther apart are sewn together."""
AROUND = 0.2
"""Metres around a sheet in which it looks for what it could touch."""
THICKNESS = 0.004
"""Metres that a sheet keeps from what it lies on."""


def faces_of(rows: int, columns: int) -> NDArray[np.int32]:
    """``[m, 3]`` triangles of a sheet, diagonals to and fro."""
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    even = (np.add.outer(np.arange(rows - 1), np.arange(columns - 1)) % 2 == 0).ravel()[:, None]
    first = np.where(even, np.stack([a, b, c], 1), np.stack([a, b, d], 1))
    second = np.where(even, np.stack([a, c, d], 1), np.stack([b, c, d], 1))
    return np.stack([first, second], 1).reshape(-1, 3).astype(np.int32)


def _edges(cloth: Cloth) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """``[k, 2]`` tied points, ``[k]`` metres and ``[k]`` m/N: threads, diagonals, every other point, seams."""
    index = np.arange(cloth.rest.shape[0] * cloth.rest.shape[1], dtype=np.int32).reshape(cloth.rest.shape[:2])
    steps = [((0, 1), COTTON_STRETCH / cloth.stretch), ((1, 0), COTTON_STRETCH / cloth.stretch)]
    steps += [((1, 1), COTTON_SHEAR / cloth.stretch), ((1, -1), COTTON_SHEAR / cloth.stretch)]
    steps += [((0, 2), COTTON_BEND / cloth.bend), ((2, 0), COTTON_BEND / cloth.bend)]
    pairs, gives = [], []
    for (down, right), give in steps:
        near = index[: index.shape[0] - down, max(0, -right) : index.shape[1] - max(0, right)]
        far = index[down:, max(0, right) : index.shape[1] + min(0, right)]
        pairs.append(np.stack([near.ravel(), far.ravel()], 1))
        gives.append(np.full(near.size, give, np.float32))
    points = cloth.rest.reshape(-1, 3)
    seam = np.array(sorted(KDTree(points).query_pairs(SEWN)), np.int32).reshape(-1, 2)
    edges = np.concatenate([*pairs, seam])
    gives.append(np.zeros(len(seam), np.float32))
    lengths = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    return edges, lengths.astype(np.float32), np.concatenate(gives)


def gust(wind: NDArray[np.float64], places: NDArray[np.float32], time: float) -> NDArray[np.float32]:
    """``[n, 3]`` m/s of the wind at ``places``: eddies of some sizes that drift with it, and a slow swell."""
    speed = float(np.linalg.norm(wind))
    if speed < 1e-6:
        return np.zeros_like(places)
    along = wind / speed
    side, height = np.array((-along[1], along[0], 0.0)), places[:, 2]
    way = places @ along - speed * time
    swell = 1.0 + 0.22 * np.sin(0.9 * time + 0.7) + 0.13 * np.sin(2.3 * time + 2.1)
    across = 0.20 * np.sin(2.1 * way + 1.3 * height + 0.4) + 0.13 * np.sin(5.2 * way - 2.0 * height + 1.9)
    lift = 0.10 * np.sin(3.3 * way + 2.2) + 0.05 * np.sin(7.4 * way + 1.1 * height)
    flow = wind * swell + speed * (across[:, None] * side + lift[:, None] * (0.0, 0.0, 1.0))
    return flow.astype(np.float32)


class _Sheet:
    """One cloth on its way."""

    def __init__(self, cloth: Cloth, floor: str | None, frames: int) -> None:
        import warp as wp

        from render.engines.world.physics import cloth_kernels

        rows, columns = cloth.rest.shape[:2]
        points = cloth.rest.reshape(-1, 3).astype(np.float32)
        self.cloth, self.faces = cloth, faces_of(rows, columns)
        sides = points[self.faces]
        area = np.linalg.norm(np.cross(sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0]), axis=1).sum() / 2
        mass = float(cloth.density * area / len(points))
        edges, lengths, gives = _edges(cloth)
        weave = self.weave = cloth_kernels.Weave()
        on = {"device": "cpu"}
        weave.edges = wp.array(edges, dtype=wp.vec2i, **on)
        weave.lengths, weave.compliance = wp.array(lengths, dtype=float, **on), wp.array(gives, dtype=float, **on)
        weave.faces = wp.array(self.faces, dtype=wp.vec3i, **on)
        weight = np.where(cloth.pinned.ravel(), 0.0, 1.0 / mass).astype(np.float32)
        weave.weight = wp.array(weight, dtype=float, **on)
        weave.mass, weave.thickness, weave.tight = mass, THICKNESS, 1.0 - cloth.open
        weave.holds = int(cloth.holds)
        self.steps, weave.sweeps = FINE if cloth.holds else PLAIN
        weave.floor, weave.rubbing = 0.0, SUBSTANCES[floor].friction if floor is not None else -1.0
        self.place, self.before = wp.array(points, dtype=wp.vec3, **on), wp.array(points, dtype=wp.vec3, **on)
        self.speed = wp.zeros(len(points), dtype=wp.vec3, **on)
        self.view = self.place.numpy()
        self.flow, self.blown = wp.zeros(len(points), dtype=wp.vec3, **on), -np.inf
        self.pinned = np.flatnonzero(cloth.pinned.ravel())
        self.carried: tuple[int, NDArray[np.float64]] | None = None
        """The body that carries the pinned points, and these in its frame."""
        self.low, self.high = points.min(0), points.max(0)
        """Corners about all points as they are now."""
        self.hung: NDArray[np.float32] | None = None
        """Where the points were when one of them had last strayed; a net hangs as it was settled."""
        self.strayed = -CALM if cloth.settle else 0.0
        """When that was."""
        self.still = False
        """Whether the points stay where they are until something that moves comes near."""
        self.owed = 0.0
        """Seconds by which it is behind."""
        self.frames = np.zeros((frames, len(points), 3), np.float32)
        self.command: Any = None
        """The kernel's launch, prepared once."""


class Cloths:
    """All sheets of a stage, and what lies in their way."""

    def __init__(
        self,
        cloths: Sequence[Cloth],
        model: mujoco.MjModel,
        data: mujoco.MjData,
        solids: Sequence[Solid],
        *,
        floor: str | None,
        wind: Vector,
        frames: int,
    ) -> None:
        self.sheets: list[_Sheet] = []
        self.given = np.zeros((model.nbody, 6))
        """N·s and N·m·s that the sheets gave to each body in this step."""
        if not cloths:
            return
        import warp as wp

        from render.engines.world.physics import cloth_kernels

        self.model, self.wind = model, np.array(wind)
        self.solids = list(solids)
        self.geoms = np.array([model.geom(solid.name).id for solid in self.solids], np.intp)
        self.bodies = np.array(model.geom_bodyid, np.intp)[self.geoms]
        kinds = {Shape.SPHERE: 0, Shape.BOX: 1, Shape.HULL: 1, Shape.CYLINDER: 2, Shape.CAPSULE: 3}
        kind: Any = cloth_kernels.Block
        self.table = np.zeros(max(1, len(self.solids)), kind.numpy_dtype())
        for k, solid in enumerate(self.solids):
            self.table[k]["shape"] = kinds[solid.shape]
            self.table[k]["size"] = (*solid.size, 0.0, 0.0)[:3]
            self.table[k]["friction"] = SUBSTANCES[solid.substance].friction
            self.table[k]["mass"] = model.body_mass[self.bodies[k]]
            self.table[k]["inertia"] = model.body_inertia[self.bodies[k]].mean()
        self.blocks = wp.array(self.table, dtype=cloth_kernels.Block, device="cpu")
        self.push, self.twist = (wp.zeros(max(1, len(self.solids)), dtype=wp.vec3, device="cpu") for _ in range(2))
        self.rows, self.pushes, self.twists = self.blocks.numpy(), self.push.numpy(), self.twist.numpy()
        self.reach = np.array([model.geom_rbound[geom] for geom in self.geoms])
        self.loose, self.far = self.geoms[self.bodies > 0], self.reach[self.bodies > 0]
        """Those that move."""
        self.trees = np.array(model.body_treeid, np.intp)[self.bodies[self.bodies > 0]]
        mujoco.mj_kinematics(model, data)
        for index in range(len(self.solids)):
            self._put(self.table[index], index, data)
        self.sheets = [_Sheet(cloth, floor, frames) for cloth in cloths]
        for sheet in self.sheets:
            sheet.carried = self._carried(sheet, data)

    def _carried(self, sheet: _Sheet, data: mujoco.MjData) -> tuple[int, NDArray[np.float64]] | None:
        if not sheet.cloth.pinned_to:
            return None
        body = self.model.body(sheet.cloth.pinned_to).id
        away = sheet.cloth.rest.reshape(-1, 3)[sheet.pinned] - data.xpos[body]
        return body, away @ data.xmat[body].reshape(3, 3)

    def _near(self, sheet: _Sheet, data: mujoco.MjData) -> int:
        """Put the solids that the sheet could touch into the table; how many."""
        sheet.low, sheet.high = sheet.view.min(0) - AROUND, sheet.view.max(0) + AROUND
        middles, reach = data.geom_xpos[self.geoms], self.reach[:, None]
        self.order = np.flatnonzero(((middles + reach > sheet.low) & (middles - reach < sheet.high)).all(1))
        self.rows[: len(self.order)] = self.table[self.order]
        for k, index in enumerate(self.order.tolist()):
            if self.bodies[index]:
                self._put(self.rows[k], index, data)
        return len(self.order)

    def _stirred(self, sheet: _Sheet, data: mujoco.MjData) -> bool:
        """Whether something moves near a sheet."""
        awake = data.tree_asleep[self.trees] < 0
        middles, reach = data.geom_xpos[self.loose[awake]], self.far[awake, None] + AROUND
        close = ((middles + reach > sheet.low) & (middles - reach < sheet.high)).all(1)
        return any(
            bool((np.abs(sheet.view - middle) < far).all(1).any())
            for middle, far in zip(middles[close], reach[close], strict=True)
        )

    def _steps(self, sheet: _Sheet, count: int, dt: float) -> int:
        """Into how many a step is cut, so that no ball near is through a net before that feels it."""
        if not sheet.cloth.holds:
            return sheet.steps
        balls = self.rows[:count][self.rows["shape"][:count] == 0]
        strides = np.linalg.norm(balls["drift"], axis=1) * dt / (STRIDE * balls["size"][:, 0])
        return min(max(sheet.steps, math.ceil(strides.max(initial=0.0))), MOST)

    def _hangs(self, sheet: _Sheet, now: float) -> bool:
        """Whether a net near which nothing moves has come to hang."""
        if sheet.hung is None:
            sheet.hung = sheet.view.copy()
        elif np.abs(sheet.view - sheet.hung).max() > STRAYS:
            sheet.hung, sheet.strayed = sheet.view.copy(), now
        return now - sheet.strayed >= CALM

    def _put(self, row: Any, index: int, data: mujoco.MjData) -> None:
        """Where a solid is and how it moves, with what other sheets gave it in this step, into its row."""
        body, moves, turn = int(self.bodies[index]), np.zeros(6), np.zeros(4)
        mujoco.mju_mat2Quat(turn, data.geom_xmat[self.geoms[index]])
        row["pose"] = (*data.geom_xpos[self.geoms[index]], *turn[1:], turn[0])
        row["middle"] = data.xipos[body]
        mujoco.mj_objectVelocity(self.model, data, mujoco.mjtObj.mjOBJ_BODY, body, moves, 0)
        row["drift"], row["spin"] = moves[3:], moves[:3]
        if self.given[body].any():
            axes = data.ximat[body].reshape(3, 3)
            row["drift"] += self.given[body, :3] / self.model.body_mass[body]
            row["spin"] += axes @ (self.given[body, 3:] @ axes / self.model.body_inertia[body])

    def settle(self, data: mujoco.MjData) -> None:
        """Move each sheet for as long as it asks before the scene starts, about bodies that stand."""
        for sheet in self.sheets:
            rate = STEPS_A_SECOND // COARSE if sheet.cloth.holds else STEPS_A_SECOND
            for tick in range(-round(sheet.cloth.settle * rate), 0):
                self._advance(sheet, data, tick / rate, 1 / rate)
                if sheet.cloth.holds:
                    sheet.speed.numpy()[:] *= 1 - SLOWED / rate

    def step(self, data: mujoco.MjData, now: float, dt: float) -> None:
        """Move every sheet by ``dt``, and add what they give to the bodies to the forces from outside."""
        self.given[:] = 0.0
        for sheet in self.sheets:
            sheet.owed += dt
            if sheet.cloth.holds and not self._stirred(sheet, data):
                if sheet.owed < (COARSE - 0.5) * dt:
                    continue
                sheet.still = sheet.still or (sheet.carried is None and self._hangs(sheet, now))
                if sheet.still:
                    sheet.speed.zero_()
                    sheet.owed = 0.0
                    continue
            sheet.still = False
            self._push_back(data, self._advance(sheet, data, now, sheet.owed), dt)
            sheet.owed = 0.0

    def _advance(self, sheet: _Sheet, data: mujoco.MjData, now: float, dt: float) -> int:
        """Move a sheet by ``dt``; how many solids were in its way."""
        import warp as wp

        from render.engines.world.physics import cloth_kernels

        if sheet.carried is not None:
            body, local = sheet.carried
            sheet.view[sheet.pinned] = local @ data.xmat[body].reshape(3, 3).T + data.xpos[body]
        count = self._near(sheet, data)
        if now - sheet.blown > 1 / EDDIES_A_SECOND:
            sheet.flow.numpy()[:] = gust(self.wind, sheet.view, now)
            sheet.blown = now
        steps = self._steps(sheet, count, dt)
        if sheet.command is None:
            state: list[Any] = [sheet.flow, sheet.place, sheet.before, sheet.speed, self.push, self.twist]
            given = [sheet.weave, self.blocks, count, GRAVITY, dt, steps, *state]
            sheet.command = wp.launch(cloth_kernels.advance, 1, given, device="cpu", record_cmd=True)
        sheet.command.set_param_at_index(2, count)
        sheet.command.set_param_at_index(4, dt)
        sheet.command.set_param_at_index(5, steps)
        sheet.command.launch()
        return count

    def _push_back(self, data: mujoco.MjData, count: int, dt: float) -> None:
        for k in np.flatnonzero(self.pushes[:count].any(1)).tolist():
            body = int(self.bodies[self.order[k]])
            if body:
                given = np.concatenate([self.pushes[k], self.twists[k]])
                self.given[body] += given
                data.xfrc_applied[body] += given / dt

    def show(self, frame: int) -> None:
        """Keep the sheets as they are for a frame."""
        for sheet in self.sheets:
            sheet.frames[frame] = sheet.view

    def all(self) -> tuple[Sheet, ...]:
        """Every sheet of the stage, in its order."""
        return tuple(Sheet(name=s.cloth.name, faces=s.faces, vertices=s.frames) for s in self.sheets)
