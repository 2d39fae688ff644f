"""Single contact points of single steps gathered into contacts of things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from render.engines.world.physics.motion import Contact

QUIET = 0.01
"""Impacts below this many N·s are not heard; lighter things are heard from this speed in m/s on."""
STRIKE = 0.02
"""Seconds of a contact whose impulse counts as its impact; what follows is resting or rolling."""
REST = 0.03
"""A contact that is lost for less than this long goes on."""
STANDING = 0.004
"""Seconds from when things begin to move: what touches by then stands there, and is not heard to land."""


def pressing(data: mujoco.MjData, contact: Any) -> NDArray[np.float64]:
    """``[contacts]`` N along the normals."""
    rows = contact.efc_address
    force = np.zeros(len(rows))
    active = rows >= 0
    force[active] = data.efc_force[rows[active]]
    return force


def approaching(data: mujoco.MjData, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """``[rows]`` m/s along the normals at which contacts close at the start of a step; 0 for those that part."""
    speed = np.zeros(len(rows))
    active = rows >= 0
    speed[active] = np.maximum(-data.efc_vel[rows[active]], 0.0)
    return speed


@dataclass(frozen=True, slots=True)
class Strikes:
    """Contact points of pairs that did not touch before."""

    geoms: NDArray[np.intp]
    """``[k, 2]``."""
    things: NDArray[np.intp]
    """``[k, 2]``."""
    speed: NDArray[np.float64]
    """``[k]`` m/s."""


NO_STRIKES = Strikes(np.zeros((0, 2), np.intp), np.zeros((0, 2), np.intp), np.zeros(0))


class Ears:
    """Listens to every step. Pairs of things are numbered ``first * things + second``, ``first <= second``."""

    def __init__(self, things: Sequence[str], quiet: NDArray[np.float64], step: float, *, still: float = 0.0) -> None:
        """``things[geom]`` is what a geom belongs to; ``quiet[geom]`` the N·s below which it is not heard.

        ``still`` are the seconds before which nothing moves.
        """
        self.standing = still + STANDING
        self.names = sorted(set(things))
        index = {name: k for k, name in enumerate(self.names)}
        self.thing_of = np.array([index[name] for name in things], np.intp)
        self.step = step
        count = len(self.names)
        self.quiet = np.full(count, np.inf)
        np.minimum.at(self.quiet, self.thing_of, quiet)
        self.start = np.full(count * count, np.nan)
        self.last = np.full(count * count, -np.inf)
        self.impulse = np.zeros(count * count)
        self.duration = np.zeros(count * count)
        self.position = np.zeros((count * count, 3))
        self.touching = np.zeros(0, np.intp)
        self.points = 0
        """Contact points of the last step listened to."""
        self.striking_until = 0.0
        self.heard: list[Contact] = []

    def changed(self, data: mujoco.MjData, now: float) -> bool:
        """Whether this step must be listened to: something struck just now, or there are more or fewer contacts."""
        return data.ncon != self.points or (data.ncon > 0 and now <= self.striking_until)

    def listen(self, data: mujoco.MjData, now: float) -> Strikes:
        """Take in the contact points of a step; those that are new in it are returned."""
        contact = data.contact
        things = self.thing_of[contact.geom]
        self.points = len(things)
        first, second = np.minimum(things[:, 0], things[:, 1]), np.maximum(things[:, 0], things[:, 1])
        pairs = first * len(self.names) + second
        fresh = np.isnan(self.start[pairs])
        strikes = NO_STRIKES
        if fresh.any():
            self.start[pairs[fresh]] = now if now > self.standing else -STRIKE
            self.position[pairs[fresh]] = contact.pos[fresh]
            self.touching = np.flatnonzero(~np.isnan(self.start))
            self.striking_until = now + STRIKE
            strikes = Strikes(contact.geom[fresh], things[fresh], approaching(data, contact.efc_address[fresh]))
        self.last[pairs] = now
        striking = np.flatnonzero(now - self.start[pairs] < STRIKE)
        if len(striking):
            given, pairs = pressing(data, contact)[striking] * self.step, pairs[striking]
            np.add.at(self.impulse, pairs, given)
            self.duration[pairs] = now - self.start[pairs] + self.step
        return strikes

    def forget(self, now: float, asleep: NDArray[np.bool_]) -> None:
        """End the contacts that are over; those of things that are ``asleep`` (by geom) go on."""
        if not len(self.touching):
            return
        resting = np.zeros(len(self.names), np.bool_)
        resting[self.thing_of[asleep]] = True
        held = resting[self.touching // len(self.names)] | resting[self.touching % len(self.names)]
        self.last[self.touching[held]] = now
        over = self.touching[now - self.last[self.touching] > REST]
        if len(over):
            self._settle(over)
            self.start[over] = np.nan
            self.impulse[over] = 0.0
            self.touching = np.flatnonzero(~np.isnan(self.start))

    def _settle(self, pairs: NDArray[np.intp]) -> None:
        for pair in pairs.tolist():
            first, second = divmod(pair, len(self.names))
            if self.impulse[pair] >= min(self.quiet[first], self.quiet[second]):
                x, y, z = self.position[pair].tolist()
                self.heard.append(
                    Contact(
                        time=float(self.start[pair]),
                        first=self.names[first],
                        second=self.names[second],
                        position=(x, y, z),
                        impulse=float(self.impulse[pair]),
                        duration=float(self.duration[pair]),
                    )
                )

    def all(self) -> tuple[Contact, ...]:
        """Every contact, by time. Call it once, at the end."""
        self._settle(self.touching)
        return tuple(sorted(self.heard, key=lambda contact: (contact.time, contact.first, contact.second)))
