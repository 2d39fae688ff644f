"""Ears at the camera: when, how loud and from which side a sound of the scene arrives.

Sound follows film convention, because a viewer judges it by the picture. A near source has its true delay, distance
over the speed of sound. A far one would come visibly late (58 ms at 20 m), so no delay is longer than
:data:`LONGEST_DELAY`; a microphone that stands closer than the lens does just this. For the same reason a source
loses less by distance than 6 dB a doubling. What moves while it sounds keeps its true Doppler shift: its delay changes
as its distance does, counted from the nearest point of its way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from render.engines.contract import SAMPLE_RATE
from render.engines.world.camera import Camera

SPEED = 343.0
"""m/s of sound in air at 20 °C."""
LONGEST_DELAY = 0.003
"""Seconds: true for what is within a metre, kept for what is farther."""
NEAREST = 0.5
"""Metres below which nothing gets louder."""
FALL = 0.7
"""Power of the distance by which sound gets weaker; 1 in a free field."""
WIDTH = 0.85
"""How far to the side what is straight at the right is heard, of 1."""
HEAD = 0.0875
"""Metres of a head's radius; the ears' difference in time is Woodworth's."""
CUT = 1.5
"""Metres between two frames from which on a camera has been cut and not moved."""
BLOCK = 10 * SAMPLE_RATE
"""Samples of a long sound that are worked on at once, so that memory stays bounded."""
FEATHER = SAMPLE_RATE // 200
"""Samples over which a long sound sets in and ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How sounds of ``k`` moments arrive. All arrays are ``[k]``."""

    distance: NDArray[np.float64]
    """Metres."""
    gains: NDArray[np.float64]
    """``[k, 2]``: left and right, equal in power over all directions."""
    later: NDArray[np.float64]
    """``[k, 2]``: seconds by which each ear is later than the nearer one."""

    @property
    def delay(self) -> NDArray[np.float64]:
        """Seconds until the nearer ear hears a short sound."""
        return np.minimum(self.distance / SPEED, LONGEST_DELAY)


class Listener:
    """Hears where the cameras are; ``cameras`` holds one for each frame of the film, ``fps`` frames a second."""

    def __init__(self, cameras: Sequence[Camera], *, fps: float) -> None:
        if not cameras:
            raise ValueError("Sound needs a camera for each frame; there is none.")
        self._eyes = np.array([camera.eye for camera in cameras])
        self._rights = np.array([camera.right for camera in cameras])
        self._fps = fps
        moved = np.linalg.norm(np.diff(self._eyes, axis=0, append=self._eyes[-1:]), axis=1)
        self._steady = moved < CUT

    def eyes(self, times: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """``[k, 3]`` places and right-hand directions at seconds of the film; a cut is a cut, a move is smooth."""
        where = np.clip(np.atleast_1d(np.asarray(times, float)) * self._fps, 0, len(self._eyes) - 1)
        first = where.astype(int)
        second = np.minimum(first + 1, len(self._eyes) - 1)
        share = np.where(self._steady[first], where - first, 0.0)[:, None]
        places = self._eyes[first] * (1 - share) + self._eyes[second] * share
        rights = self._rights[first] * (1 - share) + self._rights[second] * share
        return places, rights / np.linalg.norm(rights, axis=1, keepdims=True)

    def hear(self, times: ArrayLike, positions: ArrayLike) -> Arrival:
        """What comes from ``positions`` (``[k, 3]`` metres) at ``times`` (``[k]`` seconds of the film)."""
        eyes, rights = self.eyes(times)
        away = np.atleast_2d(np.asarray(positions, float)) - eyes
        distance = np.linalg.norm(away, axis=1)
        aside = np.clip((away * rights).sum(1) / np.maximum(distance, 1e-6), -1, 1)
        angle = (aside * WIDTH + 1) * np.pi / 4
        loudness = np.maximum(distance, NEAREST) ** -FALL
        difference = HEAD / SPEED * (np.arcsin(aside) + aside)
        return Arrival(
            distance=distance,
            gains=np.stack([np.cos(angle), np.sin(angle)], axis=1) * loudness[:, None],
            later=np.stack([np.maximum(difference, 0), np.maximum(-difference, 0)], axis=1),
        )

    def strike(self, out: NDArray[np.float32], sound: NDArray[np.floating], time: float, position: ArrayLike) -> None:
        """Add a short mono ``sound`` that starts at ``time``, seconds of the film, to stereo ``out``."""
        arrival = self.hear(time, position)
        for ear in (0, 1):
            start = round((time + arrival.delay[0] + arrival.later[0, ear]) * SAMPLE_RATE)
            if 0 <= start < len(out):
                heard = sound[: len(out) - start]
                out[start : start + len(heard), ear] += heard * arrival.gains[0, ear]

    def follow(
        self, out: NDArray[np.float32], sound: NDArray[np.floating], times: ArrayLike, positions: ArrayLike
    ) -> None:
        """Add a long mono ``sound`` to stereo ``out``, whose source is at ``positions`` at ``times`` of the film.

        Times are evenly spaced seconds; the sound starts with the first one. Its ends are feathered.
        """
        times, positions = np.atleast_1d(np.asarray(times, float)), np.atleast_2d(np.asarray(positions, float))
        begin, size = float(times[0]), len(sound)
        if begin + size / SAMPLE_RATE > times[-1]:
            times = np.append(times, begin + size / SAMPLE_RATE)
            positions = np.concatenate([positions, positions[-1:]])
        arrival = self.hear(times, positions)
        nearest = arrival.distance.min()
        delay = (arrival.distance - nearest) / SPEED + min(nearest / SPEED, LONGEST_DELAY)
        first = max(round(begin * SAMPLE_RATE), 0)
        last = min(round((times[-1] + delay[-1]) * SAMPLE_RATE), len(out))
        source, ticks = np.array(sound, np.float32), np.arange(size)
        edge = min(FEATHER, size // 2)
        if edge:
            ramp = np.linspace(0, 1, edge, dtype=np.float32)
            source[:edge] *= ramp
            source[-edge:] *= ramp[::-1]
        for start in range(first, last, BLOCK):
            end = min(start + BLOCK, last)
            clock = np.arange(start, end) / SAMPLE_RATE
            for ear in (0, 1):
                emitted = np.interp(clock, times + delay + arrival.later[:, ear], times)
                heard = np.interp((emitted - begin) * SAMPLE_RATE, ticks, source, right=0.0)
                out[start:end, ear] += heard * np.interp(emitted, times, arrival.gains[:, ear])
