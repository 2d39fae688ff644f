"""What moves, on the tracer's device: rigid parts and cloth in one tree that is refitted each frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from render.engines.world import geometry
from render.engines.world.physics import Dent, Motion
from render.engines.world.stage import Cloth, Shape, Solid
from render.engines.world.tracer import moving_kernels
from render.engines.world.tracer.fans import Fans, Garment
from render.engines.world.tracer.soup import Palette, Piece, join, mesh_of, piece_of, poses_of, turned
from render.engines.world.tracer.strands import Strands, Weave, weave

SPHERES = 8
"""Spheres at most that stand for a part where it closes off the sky."""
FINEST = 0.45
"""Pixels of radius of a net's strand at least."""


def spheres_of(mesh: geometry.Mesh) -> NDArray[np.float32]:
    """``[k, 4]`` spheres in a row along the part's longest side that fill it about: x, y, z, radius."""
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    half, middle = (high - low) / 2, (high + low) / 2
    axis = int(half.argmax())
    across = float(np.delete(half, axis).mean())
    count = int(np.clip(np.ceil(half[axis] / max(across, 1e-6) - 0.25), 1, SPHERES))
    out = np.zeros((count, 4), np.float32)
    out[:, :3] = middle
    out[:, axis] += (half[axis] - across) * np.linspace(-1, 1, count) if count > 1 else 0.0
    out[:, 3] = 0.9 * across
    return out


@dataclass(slots=True, kw_only=True)
class Placed:
    """What stands where in a frame."""

    bounds: NDArray[np.float32]
    """``[k, 4]`` spheres about all that is present, but for the onlookers."""
    onlookers: NDArray[np.float32]
    """``[n, 4]`` spheres about the onlookers who move: they are only seen."""
    fillings: NDArray[np.float32]
    """``[m, 4]`` spheres within the parts."""
    owners: NDArray[np.int32]
    """``[m]``: the part of each of them."""


class Movers:
    """Parts that move, sheets that bend, and onlookers."""

    def __init__(
        self,
        solids: Sequence[Solid],
        cloths: Sequence[Cloth],
        motion: Motion,
        palette: Palette,
        *,
        fans: Fans | None,
        first_id: int,
        device: str,
    ) -> None:
        self.motion, self.fans, self.device = motion, fans, device
        lanes = {name: index for index, name in enumerate(motion.names)}
        self.lanes = np.array([lanes.get(solid.rides or solid.name, -1) for solid in solids], np.intp)
        """Of each part, or −1 where it stands still."""
        self.stands = poses_of(solids)
        """Of which those are used that stand still."""
        woven = {cloth.name: cloth for cloth in cloths}
        self.sheets: list[Weave | Strands] = [weave(woven[sheet.name], sheet) for sheet in motion.sheets]
        worn = [] if fans is None else fans.garments
        self.weaves: list[Weave | Strands | Garment] = [*self.sheets, *worn]
        """What bends or is shifted vertex by vertex."""
        made = [woven[one.name].material for one in self.sheets] + [one.dress.material for one in worn]
        pieces: list[Piece] = [piece_of(solid, palette) for solid in solids]
        pieces += [
            Piece(mesh=one.mesh, surface=palette.index(material), pose=poses_of(()))
            for one, material in zip(self.weaves, made, strict=True)
        ]
        self.parts = join(pieces, first_id=first_id, apart=len(solids), device=device)
        meshes = [mesh_of(solid) for solid in solids]
        self.radii = np.array([np.linalg.norm(mesh.vertices, axis=1).max() for mesh in meshes], np.float32)
        clear = [solid.material.clear > 0 for solid in solids]
        fillings = [spheres_of(mesh)[: 0 if through else None] for mesh, through in zip(meshes, clear, strict=True)]
        self.filling = np.concatenate(fillings) if fillings else np.zeros((0, 4), np.float32)
        self.filling_of = np.repeat(np.arange(len(solids)), [len(one) for one in fillings]).astype(np.int32)
        self.round = np.array([solid.shape == Shape.SPHERE for solid in solids])
        self.rigid = sum(len(mesh.vertices) for mesh in meshes)
        offsets = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)]).tolist()
        self.shapes: dict[int, list[tuple[NDArray[np.float32], int]]] = {}
        """By lane: the vertices of each part and where they begin."""
        for lane, mesh, offset in zip(self.lanes.tolist(), meshes, offsets[:-1], strict=True):
            self.shapes.setdefault(lane, []).append((mesh.vertices, offset))
        self.dents: dict[int, dict[int, list[Dent]]] = {}
        """By frame and lane."""
        for dent in motion.dents:
            self.dents.setdefault(dent.frame, {}).setdefault(lanes[dent.body], []).append(dent)
        self.present = wp.zeros(len(pieces), dtype=wp.int32, device=device)
        self.poses = np.zeros((len(pieces), 7), np.float32)
        self.poses[:, 6] = 1.0

    def _stood(self, frame: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """``[parts, 7]`` poses, and which parts are present."""
        if not len(self.lanes) or self.lanes.max() < 0:
            return self.stands, np.ones(len(self.lanes), np.bool_)
        moves = self.lanes >= 0
        poses = np.where(moves[:, None], self.motion.poses[frame][self.lanes], self.stands)
        return poses, ~moves | self.motion.present[frame][self.lanes]

    def _put(self, frame: int, points: Any, refuge: NDArray[np.float32]) -> None:
        """All vertices as they are in a frame."""
        parts = self.parts
        self.poses[: len(self.lanes)] = self._stood(frame)[0]
        parts.poses.assign(self.poses)
        if self.rigid:
            wp.launch(
                moving_kernels.place,
                self.rigid,
                [parts.locals, parts.owner, parts.poses, self.present, wp.vec3(*refuge.tolist()), points],
                device=self.device,
            )
        for lane, dents in self.dents.get(frame, {}).items():
            for shape, offset in self.shapes.get(lane, ()) if self.motion.present[frame, lane] else ():
                pressed = flattened(turned(shape, self.motion.poses[frame, lane]), dents)
                wp.copy(points, wp.array(pressed, dtype=wp.vec3, device=self.device), dest_offset=offset)
        offset = self.rigid
        for one in self.weaves:
            vertices = wp.array(one.vertices(frame), dtype=wp.vec3, device=self.device)
            wp.copy(points, vertices, dest_offset=offset)
            offset += len(vertices)

    def place(self, frame: int, eye: NDArray[np.float64], pixel: float) -> Placed:
        """Move all to a frame, and remember where it was in the frame before.

        ``eye`` and ``pixel`` (its tangent) say how thin a strand may be to be seen.
        """
        for one in self.weaves:
            if isinstance(one, Strands):
                away = np.linalg.norm(one.sheet.vertices[frame].mean(0) - eye)
                one.least = FINEST * pixel * float(away)
        parts = self.parts
        poses, present = self._stood(frame)
        shown = np.flatnonzero(present)
        bent = [one.vertices(frame) for one in self.weaves]
        refuge = (
            poses[shown[0], :3] if len(shown) else (bent[0][0] if bent else np.array((0.0, 0.0, -50.0), np.float32))
        )
        before = max(frame - 1, 0)
        stayed = bool((self._stood(before)[1] == present).all())
        flags = np.ones(len(self.poses), np.int32)
        flags[: len(present)] = present
        self.present.assign(flags)
        self._put(before if stayed else frame, parts.before, refuge)
        self._put(frame, parts.tree.points, refuge)
        offset = self.rigid
        for one, vertices in zip(self.weaves, bent, strict=True):
            normals = wp.array(one.normals(vertices), dtype=wp.vec3, device=self.device)
            wp.copy(parts.normals, normals, dest_offset=offset)
            offset += len(normals)
        parts.tree.refit()
        sheets = bent[: len(self.sheets)]
        bounds = np.zeros((len(shown) + len(sheets), 4), np.float32)
        bounds[: len(shown), :3], bounds[: len(shown), 3] = poses[shown, :3], self.radii[shown]
        for k, vertices in enumerate(sheets, len(shown)):
            middle = (vertices.min(0) + vertices.max(0)) / 2
            bounds[k, :3], bounds[k, 3] = middle, np.linalg.norm(vertices - middle, axis=1).max()
        kept = present[self.filling_of] if len(self.filling_of) else np.zeros(0, np.bool_)
        owners = self.filling_of[kept]
        fillings = self.filling[kept].copy()
        fillings[:, :3] = turned_by(fillings[:, :3], poses[owners])
        onlookers = np.zeros((0, 4), np.float32) if self.fans is None else self.fans.bounds(frame)
        return Placed(bounds=bounds, onlookers=onlookers, fillings=fillings, owners=owners + self.parts.first_id)


def flattened(points: NDArray[np.float32], dents: Sequence[Dent]) -> NDArray[np.float32]:
    """``[n, 3]`` points of a body, those that its dents press flat put back on their planes.

    A skin full of air does not stretch to keep its volume, and what is solid is dented too little to be seen.
    """
    for dent in dents:
        outward = np.array(dent.outward)
        over = (points - np.array(dent.place)) @ outward
        # What reaches further is not of the body that touches, only of what is seen of it.
        over = np.where(over < 2.0 * dent.depth, np.maximum(over, 0.0), 0.0)
        points = points - over[:, None] * outward
    return points.astype(np.float32)


def turned_by(points: NDArray[np.float32], poses: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each point by a pose of its own, ``[k, 7]``."""
    axis, real = poses[:, 3:6], poses[:, 6:]
    twice = 2 * np.cross(axis, points)
    return (points + real * twice + np.cross(axis, twice) + poses[:, :3]).astype(np.float32)
