"""A tree over triangles on the tracer's device, built on the CPU and refitted where it lies."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from render.engines.world.tracer import tree_kernels

MOST = 1 << 24
"""Triangles at most: a hit names its triangle in a 32-bit float."""


class Tree:
    """Triangles that rays are sent through; see :mod:`tree_kernels`."""

    def __init__(self, points: Any, indices: Any) -> None:
        """``points`` (vec3) and ``indices`` (three a triangle) are arrays on the device; both are kept, not copied."""
        self.points, self.indices, self.device = points, indices, points.device
        corners = points.numpy()[indices.numpy().reshape(-1, 3)]
        count = len(corners)
        if count > MOST:
            raise ValueError(f"a tree holds at most {MOST} triangles, not {count}")
        if not count or not np.isfinite(corners).all():
            raise ValueError("a tree holds at least one triangle, and none with a corner that is no number")
        edges = corners[:, 1:] - corners[:, :1]
        packed = np.concatenate([corners[:, :1], edges], axis=1).reshape(-1)
        given = [self._host(corners.min(1).reshape(-1)), self._host(corners.max(1).reshape(-1)), self._host(packed)]
        order = self._host(np.arange(count, dtype=np.int32))
        # A node is made only of more than one leaf's triangles, a leaf of at least one.
        begins, ends, depths, slots, leaf_slots = (self._host(np.zeros(count + 1, np.int32)) for _ in range(5))
        children = self._host(np.zeros(8 * (count + 1), np.int32))
        made = self._host(np.zeros(2, np.int32))
        nodes = self._host(np.zeros(48 * (count + 1), np.float32))
        leaves, faces = self._host(np.zeros(72 * count, np.float32)), self._host(np.zeros(8 * count, np.int32))
        outcome = [nodes, children, leaves, faces, slots, leaf_slots]
        wp.launch(tree_kernels.build, 1, [count, *given, order, begins, ends, depths, *outcome, made], device="cpu")
        nodes_made, self.leaves = (int(number) for number in made.numpy())
        self.levels = [*np.flatnonzero(np.diff(depths.numpy()[:nodes_made], prepend=-1)).tolist(), nodes_made]
        """The first node of each level; then the number of nodes."""
        struct = self.struct = tree_kernels.Tree()
        self.kept = [
            wp.array(array.numpy()[: each * of], dtype=array.dtype, device=self.device)
            for array, each, of in zip(
                outcome,
                (48, 8, 72, 8, 1, 1),
                [nodes_made] * 2 + [self.leaves] * 2 + [nodes_made, self.leaves],
                strict=True,
            )
        ]
        struct.nodes, struct.children, struct.leaves, struct.faces, struct.node_slots, struct.leaf_slots = self.kept

    def _host(self, values: NDArray[Any]) -> Any:
        return wp.array(values, dtype=wp.float32 if values.dtype == np.float32 else wp.int32, device="cpu", copy=False)

    def refit(self) -> None:
        """Follow points that have moved: boxes change, branches stay."""
        wp.launch(tree_kernels.refit_leaves, self.leaves, [self.struct, self.points, self.indices], device=self.device)
        for first, end in reversed(list(itertools.pairwise(self.levels[1:]))):
            wp.launch(tree_kernels.refit_nodes, end - first, [self.struct, first], device=self.device)
