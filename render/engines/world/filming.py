"""From a shot and what moves in it to a camera for every frame.

A move is a smooth way of eyes and views about the framed action. The whole way is then set back, by one distance for
all frames, until every point that must be seen is in the picture; so a move never jerks to save a point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from render.engines.world import camera, obstacles
from render.engines.world.camera import Camera
from render.engines.world.physics import Motion
from render.engines.world.scene import CameraWish
from render.engines.world.shot import Angle, Framing, Move, Shot
from render.engines.world.stage import Solid, Stage

ELEVATIONS = {Angle.LOW: 3.0, Angle.EYE: 11.0, Angle.HIGH: 36.0, Angle.TOP: 82.0}
"""Degrees above the action."""
SETTLE = 0.35
"""Seconds over which a tracking camera evens out the way of what it follows."""
WIDEST = 1.4
"""Tangent of half the widest vertical view that a cramped place may force."""

Vectors = NDArray[np.float64]


@dataclass(slots=True)
class Way:
    """Eyes and views of all frames, ``[frames, 3]`` each."""

    eyes: Vectors
    views: Vectors
    retreat: Vectors
    """Unit vectors along which each eye may be set back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a move starts from."""

    base: Camera
    across: float
    """Tangent of half the horizontal field of view."""
    pivot: Vectors
    """The middle of the action, ``[3]``."""
    distance: float
    azimuth: float
    elevation: float
    seconds: float
    eased: Vectors
    """``[frames]`` from 0 to 1, slow at both ends."""
    times: Vectors
    followed: Vectors
    """``[frames, 3]``: what is followed, or the pivot."""
    phase: float
    """Radians: no two handheld takes sway alike."""


def _unit(vectors: Vectors) -> Vectors:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _straight(plan: Plan, eyes: Vectors) -> Way:
    views = np.broadcast_to(plan.base.forward, eyes.shape).copy()
    return Way(eyes, views, -views)


def _still(plan: Plan) -> Way:
    return _straight(plan, np.repeat(plan.base.eye[None], len(plan.eased), 0))


def _push(plan: Plan, inwards: bool = True) -> Way:
    share = min(0.40, 0.07 * plan.seconds) * plan.distance
    left = 1.0 - plan.eased if inwards else plan.eased
    return _straight(plan, plan.base.eye - plan.base.forward * (share * left)[:, None])


def _pan(plan: Plan) -> Way:
    turns = min(np.radians(min(12.0, 4.0 * plan.seconds)), 0.8 * np.arctan(plan.across)) * (plan.eased - 0.5)
    x, y, z = plan.base.forward
    views = np.stack(
        [x * np.cos(turns) - y * np.sin(turns), x * np.sin(turns) + y * np.cos(turns), np.full(len(turns), z)], 1
    )
    eyes = np.repeat(plan.base.eye[None], len(turns), 0)
    return Way(eyes, views, np.repeat(-plan.base.forward[None], len(turns), 0))


def _dolly(plan: Plan) -> Way:
    reach = min(0.5, 0.12 * plan.seconds) * plan.distance
    aside = (plan.eased - 0.5)[:, None] * reach * plan.base.right
    views = _unit(plan.pivot + 0.6 * aside - plan.base.eye - aside)
    return Way(plan.base.eye + aside, views, -views)


def _round(plan: Plan, azimuths: Vectors, elevations: Vectors) -> Way:
    away = np.stack([camera.outward(a, e) for a, e in zip(azimuths, elevations, strict=True)])
    return Way(plan.pivot + away * plan.distance, -away, away)


def _orbit(plan: Plan) -> Way:
    turns = min(55.0, 13.0 * plan.seconds) * (plan.eased - 0.5)
    return _round(plan, plan.azimuth + turns, np.full(len(turns), plan.elevation))


def _crane(plan: Plan) -> Way:
    rise = min(26.0, 8.0 * plan.seconds)
    start = max(2.0, min(plan.elevation - rise / 3, 80.0 - rise))
    return _round(plan, np.full(len(plan.eased), plan.azimuth), start + rise * plan.eased)


def _track(plan: Plan) -> Way:
    return _straight(plan, plan.followed - plan.base.forward * plan.distance)


def _handheld(plan: Plan) -> Way:
    way = _still(plan)
    t, p = plan.times, plan.phase
    paces = np.array((0.31, 0.73, 1.37, 2.3))[:, None]
    phases = p * np.arange(1, 5)[:, None]
    sway = [(np.sin(2 * np.pi * paces * t + phases + axis) / (1 + paces)).sum(0) for axis in (0.0, 1.9, 4.1)]
    shift = sway[2][:, None] * plan.base.right + sway[0][:, None] * plan.base.up
    way.eyes = way.eyes + 0.006 * plan.distance * shift
    way.views = _unit(way.views + 0.007 * (sway[0][:, None] * plan.base.right + sway[1][:, None] * plan.base.up))
    return way


MOVES: dict[Move, Callable[[Plan], Way]] = {
    Move.STATIC: _still,
    Move.PUSH: _push,
    Move.PULL: lambda plan: _push(plan, inwards=False),
    Move.PAN: _pan,
    Move.DOLLY: _dolly,
    Move.ORBIT: _orbit,
    Move.CRANE: _crane,
    Move.TRACK: _track,
    Move.HANDHELD: _handheld,
}


def wished(shot: Shot, wish: CameraWish, style: Move) -> Shot:
    """The shot as the prompt wants it; ``style`` is the move where neither the prompt nor the family has one."""
    move = Move(wish.move) if wish.move else (shot.move if shot.move != Move.STATIC else style)
    elevation, tall, margin, points = shot.elevation, shot.elevation_tall, shot.margin, shot.points
    if wish.angle:
        elevation, tall = ELEVATIONS[Angle(wish.angle)], None
    if wish.framing == Framing.WIDE:
        margin *= 0.55
    elif wish.framing == Framing.CLOSE and not shot.follow:
        middle = (points.min(0) + points.max(0)) / 2
        points, margin = middle + (points - middle) * shot.heart, min(0.97, margin * 1.1)
    return replace(shot, move=move, elevation=elevation, elevation_tall=tall, margin=margin, points=points)


def _followed(name: str, motion: Motion, frames: int, fps: int) -> tuple[Vectors, Vectors]:
    """Where a body is, ``[frames, 3]``, and that way evened out. Before its launch it waits where it comes from."""
    lane = motion.names.index(name)
    way = motion.poses[:frames, lane, :3].astype(float)
    seen = np.flatnonzero(motion.present[:frames, lane])
    if len(seen):
        way[: seen[0]] = way[seen[0]]
    return way, gaussian_filter1d(way, SETTLE * fps, axis=0, mode="nearest")


def _extent(stage: Stage, name: str) -> Vectors:
    """``[3]`` metres to which a body, and what rides on it, is seen to either side of its middle: alike along x and y.

    In the body's own frame: what is followed and is no ball stays upright.
    """
    seen = [solid for solid in stage.solids if name in (solid.name, solid.rides)]
    looks = [np.full((1, 3), max(one.size)) if one.look is None else one.look.vertices for one in seen]
    points = np.abs(np.concatenate(looks)).astype(float)
    level = float(np.hypot(points[:, 0], points[:, 1]).max())
    return np.array((level, level, points[:, 2].max()))


def _set_back(way: Way, hold: Vectors, tangents: tuple[float, float], lowest: float) -> None:
    """Lift and set back all eyes, each by one distance, until ``hold`` ``[frames or 1, k, 3]`` is in the picture."""
    rights = _unit(np.cross(way.views, (0.0, 0.0, 1.0)))
    ups = np.cross(rights, way.views)
    for _ in range(24):
        way.eyes[:, 2] += max(0.0, lowest - way.eyes[:, 2].min())
        away = hold - way.eyes[:, None]
        depth = np.einsum("fkc,fc->fk", away, way.views)
        wide = np.abs(np.einsum("fkc,fc->fk", away, rights)) / tangents[0]
        high = np.abs(np.einsum("fkc,fc->fk", away, ups)) / tangents[1]
        lack = float((np.maximum(wide, high) - depth).max())
        if lack <= 1e-6:
            return
        way.eyes = way.eyes + way.retreat * (lack * 1.02 + 1e-6)


def _needed(way: Way, hold: Vectors, aspect: float, margin: float) -> float:
    """The tangent of half the vertical view that shows ``hold``."""
    rights = _unit(np.cross(way.views, (0.0, 0.0, 1.0)))
    ups = np.cross(rights, way.views)
    away = hold - way.eyes[:, None]
    depth = np.maximum(np.einsum("fkc,fc->fk", away, way.views), 0.05)
    wide = np.abs(np.einsum("fkc,fc->fk", away, rights)) / (depth * aspect * margin)
    return float(np.maximum(wide, np.abs(np.einsum("fkc,fc->fk", away, ups)) / (depth * margin)).max())


def _lowest(stage: Stage) -> float:
    """Metres above which the eye stays clear of the ground or of the waves' crests."""
    return camera.LOWEST + 1.2 * sum(wave.amplitude for wave in stage.waves)


def film(
    stage: Stage, motion: Motion, *, wish: CameraWish, style: Move, aspect: float, frames: int, fps: int, seed: int
) -> tuple[Camera, ...]:
    """One camera a frame; a camera that stands still is the same object in every frame.

    ``aspect`` is width over height of the picture, ``style`` the move where nothing else asks for one. All that the
    shot must show is in every frame: its points and the ways of what is launched; where the camera tracks a body, or
    is close to one, that body instead.
    """
    shot = wished(stage.shot, wish, style)
    names = set(motion.names)
    tracks = shot.follow in names and (shot.move == Move.TRACK or wish.framing == Framing.CLOSE)
    if shot.move == Move.TRACK and not tracks:
        shot = replace(shot, move=Move.DOLLY)
    close = wish.framing == Framing.CLOSE
    ways = camera.paths(shot, stage.solids, motion, fps=fps)
    if tracks:
        way, followed = _followed(shot.follow, motion, frames, fps)
        spread = np.ptp(shot.points, axis=0).max()
        size = next(max(solid.size) for solid in stage.solids if solid.name == shot.follow)
        near = np.maximum(0.9 * _extent(stage, shot.follow), 0.10 * spread)
        reach = near if close else max(4.0 * size, 0.30 * spread)
        corners = reach * np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
        hold, points = way[:, None] + corners, followed[0] + corners
    else:
        points = shot.points if close else np.concatenate([shot.points, ways])
        hold, followed = points[None], np.zeros((frames, 3))
    base, seen = camera.frame(replace(shot, points=points), aspect), camera.shaped(shot, aspect)
    distance = max(0.05, float(((points - base.eye) @ base.forward).mean()))
    pivot = base.eye + base.forward * distance
    times = np.arange(frames) / fps
    u = times / max(times[-1], 1e-9)
    plan = Plan(
        base=base,
        across=base.tangent * aspect,
        pivot=pivot,
        distance=distance,
        azimuth=seen.azimuth,
        elevation=seen.elevation,
        seconds=frames / fps,
        eased=u - np.sin(2 * np.pi * u) / (2 * np.pi) * 0.7,
        times=times,
        followed=followed + (pivot - followed[0]),
        phase=(seed % 1009) * 0.37,
    )
    move = Move.TRACK if tracks and shot.move == Move.STATIC else shot.move
    drawn = MOVES[move](plan)
    if tracks and move != Move.TRACK:
        drawn.eyes = drawn.eyes + (plan.followed - plan.pivot)
    margin, lowest = shot.margin, _lowest(stage)
    _set_back(drawn, hold, (base.tangent * aspect * margin, base.tangent * margin), lowest)
    tangent = base.tangent
    share = obstacles.clearance(_standing(stage.solids, names), drawn.eyes, plan.followed, hold)
    if share < 1.0:
        drawn.eyes = plan.followed + (drawn.eyes - plan.followed) * share
        drawn.eyes[:, 2] = np.maximum(drawn.eyes[:, 2], lowest)
        tangent = min(WIDEST, max(tangent, _needed(drawn, hold, aspect, margin)))
    sharp = plan.followed if tracks else np.repeat(pivot[None], frames, 0)
    depth = np.maximum(((sharp - drawn.eyes) * drawn.views).sum(1), 0.1)
    if move == Move.STATIC:
        one = replace(camera.look(drawn.eyes[0], drawn.views[0], tangent), focus=float(depth[0]))
        return (one,) * frames
    return tuple(
        replace(camera.look(eye, view, tangent), focus=float(far))
        for eye, view, far in zip(drawn.eyes, drawn.views, depth, strict=True)
    )


def _standing(solids: Sequence[Solid], moving: set[str]) -> list[Solid]:
    return [solid for solid in solids if solid.name not in moving and not solid.rides]


def moves(cameras: Sequence[Camera]) -> bool:
    """Whether the camera ever moves."""
    return any(one is not cameras[0] for one in cameras)
