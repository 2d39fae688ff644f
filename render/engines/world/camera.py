"""One camera that keeps the action in the picture, whatever its shape; :mod:`filming` moves it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root_scalar

from render.engines.world.physics import Motion
from render.engines.world.shot import Shot
from render.engines.world.stage import Solid

LOWEST = 0.1
"""Metres of the eye above the ground, at least."""
ATTENTION = 5.0
"""Seconds after its launch for which a body is kept in the frame."""
PLANNED = 16 / 9
"""Width over height of the frame that stages are planned for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A pinhole camera."""

    eye: NDArray[np.float64]
    forward: NDArray[np.float64]
    right: NDArray[np.float64]
    up: NDArray[np.float64]
    tangent: float
    """Of half the vertical field of view."""
    focus: float = 10.0
    """Metres along ``forward`` to what is sharpest."""

    def depth(self, points: NDArray[np.float64]) -> float:
        """Median metres of ``[k, 3]`` points before the eye."""
        return float(np.median((points - self.eye) @ self.forward))

    def project(self, points: NDArray[np.float64], aspect: float) -> NDArray[np.float64]:
        """``[k, 2]`` positions, each axis −1 to 1 within the frame."""
        away = points - self.eye
        depth = np.maximum(away @ self.forward, 1e-6)
        return np.stack(
            [away @ self.right / (depth * self.tangent * aspect), away @ self.up / (depth * self.tangent)], axis=1
        )


def planned(shot: Shot) -> Camera:
    """The camera that a stage is planned for: in a frame of 16:9, for stages are the same in frames of any shape."""
    return frame(shot, PLANNED)


def look(eye: NDArray[np.float64], forward: NDArray[np.float64], tangent: float) -> Camera:
    """A level camera that looks along the unit vector ``forward``, which is not upright."""
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    return Camera(eye=eye, forward=forward, right=right, up=np.cross(right, forward), tangent=tangent)


def outward(azimuth: float, elevation: float) -> NDArray[np.float64]:
    """Unit vector from the action to a camera at these degrees."""
    turn, rise = math.radians(azimuth), math.radians(elevation)
    return np.array((math.cos(rise) * math.cos(turn), math.cos(rise) * math.sin(turn), math.sin(rise)))


def paths(shot: Shot, solids: Sequence[Solid], motion: Motion, *, fps: int) -> NDArray[np.float64]:
    """``[k, 3]`` points about the ways of launched bodies, as far as the shot lets them roam.

    A body that gets farther is let go, so that one runaway does not make all the others small.
    """
    low, high = shot.points.min(0) - np.array(shot.roam), shot.points.max(0) + np.array(shot.roam)
    found = [np.zeros((0, 3))]
    launched = {solid.name: solid for solid in solids if solid.launch is not None}
    for lane, name in enumerate(motion.names):
        if any(shot.roam) and name in launched:
            seen = np.flatnonzero(motion.present[:, lane])[: math.ceil(ATTENTION * fps)]
            way = motion.poses[seen, lane, :3].astype(float)
            near = way[((way > low) & (way < high)).all(1)]
            reach = max(launched[name].size)
            found += [near - reach, near + reach]
    return np.concatenate(found)


def shaped(shot: Shot, aspect: float) -> Shot:
    """The shot as it is seen in a frame of this width over height."""
    tall = min(max(1.6 - aspect, 0.0), 1.0)
    azimuth = shot.azimuth if shot.azimuth_tall is None else shot.azimuth_tall
    elevation = shot.elevation if shot.elevation_tall is None else shot.elevation_tall
    return replace(
        shot,
        azimuth=shot.azimuth + (azimuth - shot.azimuth) * tall,
        elevation=shot.elevation + (elevation - shot.elevation) * tall,
    )


def _central(along: NDArray[np.float64], depth: NDArray[np.float64]) -> float:
    """Where across the view the eye stands for the outermost points, ``depth`` before it, to be equally far off."""

    def lean(middle: float) -> float:
        slopes = (along - middle) / depth
        return float(slopes.min() + slopes.max())

    low, high = float(along.min()), float(along.max())
    return float(root_scalar(lean, bracket=(low, high)).root) if low < high else low


def frame(shot: Shot, aspect: float, ways: NDArray[np.float64] | None = None) -> Camera:
    """The nearest camera on the shot's side that shows its points, and ``ways`` besides, within the shot's margin.

    ``aspect`` is width over height. The eye stays above the ground.
    """
    points = shot.points if ways is None else np.concatenate([shot.points, ways])
    tangent = math.tan(math.radians(shot.field_of_view) / 2) * min(1.0, 1.0 / aspect)
    shot = shaped(shot, aspect)
    camera = look(np.zeros(3), -outward(shot.azimuth, shot.elevation), tangent)
    depth, across, along = points @ camera.forward, points @ camera.right, points @ camera.up
    wide, high = tangent * aspect * shot.margin, tangent * shot.margin
    # A point is in the frame if it lies, to either side, within (its depth before the eye) times the slope.
    left, right = (across + wide * depth).min(), (across - wide * depth).max()
    low, top = (along + high * depth).min(), (along - high * depth).max()
    back = max((right - left) / (2 * wide), (top - low) / (2 * high))
    aside = _central(across, depth + back)
    above = _central(along, depth + back)
    eye = camera.right * aside + camera.up * above - camera.forward * back
    eye[2] = max(eye[2], LOWEST)
    return replace(camera, eye=eye)
