"""What walls and ground give back: image sources for the first reflections, ray tracing for the late field.

Both come from pyroomacoustics (R. Scheibler, E. Bezzam, I. Dokmanić, ICASSP 2018). The response leaves the direct sound
out and starts when that arrives, so that a reverberant place moves no onset. As film sound does it is heard from closer
than the lens stands: :data:`CLOSEST` bounds how far the direct sound can fall behind the room's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import oaconvolve, resample_poly

from render.engines.contract import SAMPLE_RATE
from render.engines.world.stage import Room

RATE = SAMPLE_RATE // 2
"""Samples a second of the response as it is computed: air and walls take what is higher."""
COUNTRY = Room(size=(90.0, 90.0, 30.0), absorption=1.0, open=True)
"""Where a stage names no room: only the ground gives sound back."""
GROUND = 0.35
"""Share of the energy that the ground of an open place takes."""
ROUGH = 0.3
"""Share of what far fronts give back that comes back this way, and is not scattered."""
EARLY = 3
"""Reflections that are followed as image sources."""
RAYS = 600
LONGEST = 2.0
"""Seconds of a response, at most."""
HEARD = 0.75
"""Share of its decay by 60 dB for which a response is followed: what is weaker by 45 dB is not heard."""
CLOSEST = 1.0
"""Metres at which the direct sound is taken, at most, when it is weighed against the room's."""
MARGIN = 0.3
"""Metres that source and ears keep from walls."""
EARS = 0.18
"""Metres from the middle to either microphone."""
BANDS = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0)
TILT = (0.7, 0.8, 0.9, 1.0, 1.15, 1.3)
"""Times the mean absorption in each band: walls take more of the high ones."""


def decay(room: Room) -> float:
    """Seconds in which sound falls by 60 dB, by Sabine's formula."""
    length, width, height = room.size
    surface = 2 * (length * width + (length + width) * height)
    return 0.161 * length * width * height / (surface * min(max(room.absorption, 0.02), 1.0))


def _lasts(room: Room) -> float:
    """Seconds of a room's response."""
    return min(HEARD * decay(room), LONGEST)


def response(room: Room | None, source: ArrayLike, eye: ArrayLike, right: ArrayLike) -> NDArray[np.float32]:
    """``[n, 2]`` at 48 kHz: what comes back of an impulse at ``source`` whose direct sound has amplitude 1 at time 0.

    ``eye`` is where it is heard and ``right`` (a unit vector) its right-hand side, all in metres from the middle of the
    room's floor; what lies outside the room is moved inside. The same arguments give the same response.
    """
    import pyroomacoustics as pra

    room = room or COUNTRY
    size = np.asarray(room.size, float)
    corner = np.array((size[0] / 2, size[1] / 2, 0.0))

    def inside(place: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(place + corner, MARGIN, size - MARGIN)

    start, middle = inside(np.asarray(source, float)), np.asarray(eye, float)
    aside = np.asarray(right, float) * EARS
    ears = np.stack([inside(middle - aside), inside(middle + aside)], axis=1)
    found = []
    for order in (EARLY if not room.open else 2, 0):
        pra.random.seed(1)
        box = pra.ShoeBox(
            size,
            fs=RATE,
            materials=_materials(room),
            max_order=order,
            air_absorption=True,
        )
        if order and not room.open:
            box.set_ray_tracing(n_rays=RAYS, receiver_radius=0.5, time_thres=_lasts(room))
        box.add_source(start)
        box.add_microphone_array(ears)
        box.compute_rir()
        length = round((_lasts(room) + 1) * RATE)
        found.append(np.stack([np.pad(box.rir[ear][0], (0, length))[:length] for ear in (0, 1)], axis=1))
    reflected = found[0] - found[1]
    distance = float(np.linalg.norm(ears.mean(1) - start))
    delay = round((distance / pra.constants.get("c") + pra.constants.get("frac_delay_length") // 2 / RATE) * RATE)
    direct = float(np.sqrt(np.square(found[1]).sum(0).mean())) * distance / min(max(distance, 0.5), CLOSEST)
    reflected = reflected[delay : delay + round(_lasts(room) * RATE)] / direct
    end = min(len(reflected), RATE // 20)
    reflected[len(reflected) - end :] *= np.linspace(1, 0, end)[:, None]
    return np.asarray(resample_poly(reflected, SAMPLE_RATE // RATE, 1, axis=0), np.float32)


def _materials(room: Room) -> object:
    """Of all six faces, or in the open of the ground, the far fronts and the sky."""
    import pyroomacoustics as pra

    def material(absorption: float) -> pra.Material:
        coefficients = [min(max(absorption * tilt, 0.01), 1.0) for tilt in TILT]
        return pra.Material({"coeffs": coefficients, "center_freqs": list(BANDS)}, scattering=None)

    if not room.open:
        return material(room.absorption)
    front, ground, sky = 1 - (1 - room.absorption) * ROUGH, GROUND, 2.0
    sides = dict.fromkeys(("east", "west", "north", "south"), front)
    return {name: material(value) for name, value in (sides | {"floor": ground, "ceiling": sky}).items()}


def reverberate(dry: NDArray[np.float32], answer: NDArray[np.float32]) -> NDArray[np.float32]:
    """``[samples, 2]``: the room's answer to stereo ``dry``, as long as that and without it."""
    if not dry.any() or not answer.any():
        return np.zeros_like(dry)
    middle = dry.mean(axis=1)
    wet = [oaconvolve(0.5 * (middle + dry[:, ear]), answer[:, ear])[: len(dry)] for ear in (0, 1)]
    return np.stack(wet, axis=1).astype(np.float32)
