"""Rolling and sliding, sampled for the ear."""

from __future__ import annotations

from dataclasses import dataclass, field

import mujoco
import numpy as np
from numpy.typing import NDArray

from render.engines.world.physics.contacts import pressing
from render.engines.world.physics.motion import Rub

SAMPLES_A_SECOND = 250
LEAST_SPEED = 0.03
"""m/s: what rolls and slides more slowly is not heard."""
LEAST_TIME = 0.06
"""Seconds: what rubs more briefly belongs to an impact."""
LOST = 0.05
"""Seconds without a touch, as of a block that skips, that do not end a rub."""
SMOOTH = np.full(5, 0.2, np.float32)
"""Over which samples a force is spread: stiff bodies skip, and press only now and then."""


@dataclass(slots=True)
class _Track:
    samples: list[tuple[float, ...]] = field(default_factory=list)
    """time, x, y, z, force, slip, roll."""
    touched: float = 0.0


def _along(speeds: NDArray[np.float64], normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """``[k]`` m/s within the plane of contact."""
    within = speeds - (speeds * normals).sum(1, keepdims=True) * normals
    return np.sqrt((within * within).sum(1))


class Rubbing:
    """Asked every 1/250 s; a rub ends when the two have not touched or moved for :data:`LOST` seconds."""

    def __init__(self, model: mujoco.MjModel, names: list[str], thing_of: NDArray[np.intp]) -> None:
        self.names, self.thing_of = names, thing_of
        self.body_of = np.array(model.geom_bodyid, np.intp)
        self.moved_by = np.array(model.body_rootid, np.intp)
        self.going: dict[int, _Track] = {}
        self.done: list[Rub] = []

    def _speed(self, data: mujoco.MjData, bodies: NDArray[np.intp], places: NDArray[np.float64]) -> NDArray[np.float64]:
        """``[k, 3]`` m/s of the bodies' matter at these places."""
        spin, drift = data.cvel[bodies, :3], data.cvel[bodies, 3:]
        arm = places - data.subtree_com[self.moved_by[bodies]]
        turned = spin[:, [1, 2, 0]] * arm[:, [2, 0, 1]] - spin[:, [2, 0, 1]] * arm[:, [1, 2, 0]]
        return drift + turned

    def listen(self, data: mujoco.MjData, now: float) -> None:
        """One sample of all that touches; call it right after a step."""
        seen: dict[int, NDArray[np.float64]] = {}
        if data.ncon:
            contact = data.contact
            force = pressing(data, contact)
            held = np.flatnonzero(force > 0)
            force, geoms = force[held], contact.geom[held]
            places, normals = contact.pos[held], contact.frame[held, :3]
            things = self.thing_of[geoms]
            swap = things[:, 0] > things[:, 1]
            geoms[swap], things[swap] = geoms[swap, ::-1], things[swap, ::-1]
            bodies, count = self.body_of[geoms.T.ravel()], len(held)
            matter = self._speed(data, np.tile(bodies, 2), np.concatenate([places, places, data.xipos[bodies]]))
            one, two, first, second = matter.reshape(4, count, 3)
            # The place of contact goes along with whichever of the two travels over the other.
            leads = ((first * first).sum(1) >= (second * second).sum(1))[:, None]
            over = np.concatenate([one - two, np.where(leads, first - two, second - one)])
            slip, roll = _along(over, np.tile(normals, (2, 1))).reshape(2, count)
            roll = np.maximum(roll - slip, 0.0)
            heard = np.flatnonzero(slip + roll > LEAST_SPEED)
            pairs, of = np.unique((things[:, 0] * len(self.names) + things[:, 1])[heard], return_inverse=True)
            sums = np.zeros((len(pairs), 6))
            points = np.column_stack([np.ones(len(heard)), places[heard], slip[heard], roll[heard]])
            np.add.at(sums, of, force[heard, None] * points)
            seen = dict(zip(pairs.tolist(), sums, strict=True))
        for pair, total in seen.items():
            mean = total[1:] / total[0]
            track = self.going.setdefault(pair, _Track())
            track.touched = now
            track.samples.append((now, *mean[:3], total[0], mean[3], mean[4]))
        for pair in [pair for pair in self.going if pair not in seen]:
            track = self.going[pair]
            if now - track.touched > LOST:
                self._end(pair)
            else:
                track.samples.append((now, *track.samples[-1][1:4], 0.0, *track.samples[-1][5:]))

    def _end(self, pair: int) -> None:
        track = self.going.pop(pair)
        samples = np.array([sample for sample in track.samples if sample[0] <= track.touched], np.float32)
        if samples[-1, 0] - samples[0, 0] < LEAST_TIME:
            return
        first, second = divmod(pair, len(self.names))
        self.done.append(
            Rub(
                first=self.names[first],
                second=self.names[second],
                times=samples[:, 0],
                positions=samples[:, 1:4],
                force=np.convolve(samples[:, 4], SMOOTH, mode="same").astype(np.float32),
                slip=samples[:, 5],
                roll=samples[:, 6],
            )
        )

    def all(self) -> tuple[Rub, ...]:
        """Every rub, by time. Call it once, at the end."""
        for pair in list(self.going):
            self._end(pair)
        return tuple(sorted(self.done, key=lambda rub: (float(rub.times[0]), rub.first, rub.second)))
