"""Bodies into triangle soups on the tracer's device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from render.engines.world import geometry, lettering
from render.engines.world.light import Light
from render.engines.world.materials import Material
from render.engines.world.stage import Shape, Solid
from render.engines.world.tracer import world_kernels
from render.engines.world.tracer.tree import Tree


def mesh_of(solid: Solid) -> geometry.Mesh:
    """What is seen of a solid, in its own frame."""
    if solid.look is not None:
        return solid.look
    if solid.shape == Shape.SPHERE:
        return geometry.sphere(solid.size[0])
    if solid.shape == Shape.BOX:
        x, y, z = solid.size
        return geometry.box((x, y, z), bevel=min(0.012, 0.2 * min(solid.size)))
    if solid.shape == Shape.CYLINDER:
        return geometry.cylinder(solid.size[0], solid.size[1], bevel=0.06 * min(solid.size))
    return geometry.capsule(solid.size[0], solid.size[1])


class Palette:
    """Materials in the order in which they were first asked for."""

    def __init__(self) -> None:
        self.materials: list[Material] = []
        self.inks: list[Any] = []
        """What the surfaces point to on the device."""

    def index(self, material: Material) -> int:
        if material not in self.materials:
            self.materials.append(material)
        return self.materials.index(material)

    def upload(self, device: str) -> Any:
        """An array of Surface structs."""
        surfaces = []
        for material in self.materials:
            surface = world_kernels.Surface()
            surface.pattern = int(material.pattern)
            surface.base, surface.accent = wp.vec3(*material.base), wp.vec3(*material.accent)
            surface.scale, surface.offset, surface.gloss = material.scale, material.offset, material.gloss
            surface.mirror, surface.facing, surface.clear = material.mirror, material.facing, material.clear
            surface.metal, surface.roughness, surface.glow = material.metal, material.roughness, material.glow
            if material.text:
                surface.ink = wp.array(lettering.raster(material.text), dtype=wp.uint8, device=device)
                self.inks.append(surface.ink)
            surfaces.append(surface)
        return wp.array(surfaces, dtype=world_kernels.Surface, device=device)


@dataclass(slots=True, kw_only=True)
class Piece:
    """One part before it is joined to others."""

    mesh: geometry.Mesh
    surface: int
    pose: NDArray[np.float32]
    """``[1, 7]``, or empty for a mesh that is in the world already."""


@dataclass(slots=True, kw_only=True)
class Parts:
    """Parts in one tree: the device's struct and what its pointers need to stay alive."""

    soup: Any
    """An array of one; see :data:`world_kernels.SOUP`."""
    kept: Any
    """The struct, which holds on to what it points to, as the array does not."""
    first_id: int
    faces: int
    tree: Tree
    locals: Any
    normals: Any
    owner: Any
    """Part of each vertex."""
    poses: Any
    before: Any
    """Where the vertices were in the frame before."""


def poses_of(solids: Sequence[Solid]) -> NDArray[np.float32]:
    """``[parts, 7]``: where they stand."""
    return np.array([(*solid.position, *solid.turn[1:], solid.turn[0]) for solid in solids], np.float32).reshape(-1, 7)


def turned(points: NDArray[np.float32], pose: NDArray[np.float32]) -> NDArray[np.float32]:
    axis, real = pose[3:6], pose[6]
    twice = 2 * np.cross(axis, points)
    return (points + real * twice + np.cross(axis, twice) + pose[:3]).astype(np.float32)


def piece_of(solid: Solid, palette: Palette) -> Piece:
    """A solid where it stands."""
    return Piece(mesh=mesh_of(solid), surface=palette.index(solid.material), pose=poses_of((solid,)))


def join(pieces: Sequence[Piece], *, first_id: int, apart: int, device: str) -> Parts:
    """One tree over at least one piece.

    The first ``apart`` pieces are built apart, in a row, so that each keeps a branch of the tree for itself when the
    tree is only refitted; others where they stand.
    """
    stand = np.zeros((len(pieces), 7), np.float32)
    stand[:, 6] = 1.0
    for k, piece in enumerate(pieces):
        if len(piece.pose):
            stand[k] = piece.pose[0]
    stand[:apart, :3] = np.arange(apart)[:, None] * np.array((10.0, 0.0, 0.0))
    meshes = [piece.mesh for piece in pieces]
    whole = geometry.join(meshes)
    owner = np.repeat(np.arange(len(meshes)), [len(mesh.vertices) for mesh in meshes]).astype(np.int32)
    part = np.repeat(np.arange(len(meshes)), [len(mesh.faces) for mesh in meshes]).astype(np.int32)
    placed = np.concatenate([turned(mesh.vertices, pose) for mesh, pose in zip(meshes, stand, strict=True)])
    soup = world_kernels.Soup()
    points = wp.array(placed, dtype=wp.vec3, device=device)
    indices = wp.array(whole.faces.ravel(), dtype=wp.int32, device=device)
    tree = Tree(points, indices)
    poses = wp.array(stand, dtype=wp.transform, device=device)
    locals_ = wp.array(whole.vertices, dtype=wp.vec3, device=device)
    normals = wp.array(whole.normals, dtype=wp.vec3, device=device)
    before = wp.clone(points)
    soup.tree, soup.points, soup.indices, soup.locals, soup.poses = tree.struct, points, indices, locals_, poses
    soup.normals, soup.before = normals, before
    soup.part = wp.array(part, dtype=wp.int32, device=device)
    soup.surface = wp.array(np.array([piece.surface for piece in pieces], np.int32), dtype=wp.int32, device=device)
    soup.first_id = first_id
    return Parts(
        soup=wp.array([soup], dtype=world_kernels.Soup, device=device),
        kept=soup,
        first_id=first_id,
        faces=len(whole.faces),
        tree=tree,
        locals=locals_,
        normals=normals,
        owner=wp.array(owner, dtype=wp.int32, device=device),
        poses=poses,
        before=before,
    )


def air_of(light: Light, *, cel: bool, seed: int) -> Any:
    """The light as the kernels see it."""
    air = world_kernels.Air()
    air.sun, air.sun_colour = wp.vec3(*light.direction), wp.vec3(*light.sun)
    air.softness = 0.0 if cel else light.softness
    air.clouds, air.hills, air.haze = light.clouds, light.hills, light.haze
    air.zenith, air.horizon = wp.vec3(*light.zenith), wp.vec3(*light.horizon)
    air.ground, air.ambient = wp.vec3(*light.ground), wp.vec3(*light.ambient)
    air.ridge, air.land, air.stars = int(light.ridge), wp.vec3(*light.land), light.stars
    air.studio, air.cel = int(light.studio), int(cel)
    air.seed = float(seed % 61) * 1.37
    return air
