"""A running shoe: rounded cross-sections swept from heel to toe, on a sole. Lengths in metres, the toe at +x."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from render.engines.world import geometry

LENGTH = 0.27
UNDER = -0.05
"""Height of the sole's underside."""
SKIN = 0.75
"""How round the upper's cross-sections are: 1 for ellipses, less for boxes."""

Height = Callable[[float], float]
Edge = Callable[[float], float]

_ALONG = (0.0, 0.02, 0.07, 0.2, 0.33, 0.42, 0.6, 0.76, 0.9, 0.97, 1.0)
_half_width = PchipInterpolator(_ALONG, (0.008, 0.020, 0.030, 0.036, 0.035, 0.036, 0.045, 0.047, 0.037, 0.022, 0.008))
_height = PchipInterpolator(_ALONG, (0.062, 0.082, 0.091, 0.076, 0.088, 0.076, 0.056, 0.043, 0.034, 0.027, 0.016))


def _spring(s: float) -> float:
    """How far the toe bends up at a share of the length."""
    return 0.018 * max(0.0, (s - 0.72) / 0.28) ** 2


def _floor(s: float) -> float:
    return UNDER + 0.016 + _spring(s)


def _ridge(s: float) -> float:
    return UNDER + 0.02 + float(_height(s)) + 0.2 * _spring(s)


def _skin(
    along: NDArray[np.float64], turn: NDArray[np.float64], *, low: Height, high: Height, widen: float, power: float
) -> NDArray[np.float64]:
    """``[stations, angles, 3]`` points of rounded cross-sections between two heights."""
    rings = []
    for s in along:
        y = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** power * max(float(_half_width(s)) * widen, 1e-4)
        z = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** power
        bottom, top = low(s), high(s)
        rings.append(
            np.stack([np.full(len(turn), (s - 0.5) * LENGTH), y, (bottom + top) / 2 + z * (top - bottom) / 2], 1)
        )
    return np.stack(rings)


def _net(points: NDArray[np.float64]) -> geometry.Mesh:
    index = np.arange(points.shape[0] * points.shape[1]).reshape(points.shape[:2])
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.concatenate([np.stack([a, d, c], -1).reshape(-1, 3), np.stack([a, c, b], -1).reshape(-1, 3)])
    return geometry.smooth(points.reshape(-1, 3), faces)


def _sweep(low: Height, high: Height, *, widen: float, power: float) -> geometry.Mesh:
    points = _skin(np.linspace(0, 1, 40), np.linspace(0, 2 * np.pi, 41), low=low, high=high, widen=widen, power=power)
    points[[0, -1]] = points[[0, -1], :-1].mean(1, keepdims=True)
    return _net(points)


def _patch(start: Edge, end: Edge, *, middle: float, reach: float, over: float = 0.0012) -> geometry.Mesh:
    """A piece of the upper's skin, ``over`` metres above it: ``reach`` radians to either side of an angle.

    ``start`` and ``end`` are shares of the length by the angle; a piece that starts or ends with the shoe closes there.
    """
    turn = np.linspace(middle - reach, middle + reach, 33)
    out = over * np.stack([np.zeros(33), np.cos(turn), np.sin(turn)], 1)
    rings = [
        _skin(
            np.linspace(start(angle), end(angle), 17), np.array([angle]), low=_floor, high=_ridge, widen=1.0, power=SKIN
        )
        for angle in turn
    ]
    points = np.concatenate(rings, 1) + out
    for k, share, edge in ((0, 0.0, start), (-1, 1.0, end)):
        if edge(middle) == share:
            points[k] = ((share - 0.5) * (LENGTH + 2 * over), 0.0, (_floor(share) + _ridge(share)) / 2)
    return _net(points)


def _at(share: float) -> Edge:
    return lambda _: share


def upper() -> geometry.Mesh:
    return _sweep(_floor, _ridge, widen=1.0, power=SKIN)


def sole() -> geometry.Mesh:
    """The sole, and within the upper a last that gives the shoe its hull."""
    under = _sweep(lambda s: UNDER + _spring(s), lambda s: UNDER + 0.026 + 0.8 * _spring(s), widen=1.06, power=0.6)
    last = _sweep(lambda s: _floor(s) + 0.001, lambda s: _ridge(s) - 0.002, widen=0.95, power=SKIN)
    return geometry.join([under, last])


def mouth() -> geometry.Mesh:
    return _patch(_at(0.055), _at(0.305), middle=np.pi / 2, reach=1.0, over=0.0016)


def laces() -> geometry.Mesh:
    return geometry.join(
        [_patch(_at(s), _at(s + 0.018), middle=np.pi / 2, reach=0.85, over=0.0018) for s in np.linspace(0.38, 0.60, 5)]
    )


def panels() -> geometry.Mesh:
    """What is sewn onto the upper: a cap over the toes and one round the heel, their edges in a bow."""
    toes = _patch(lambda a: 0.86 - 0.08 * abs(np.cos(a)), _at(1.0), middle=np.pi / 2, reach=1.9)
    heel = [
        _patch(_at(0.0), lambda a: 0.08 + 0.13 * abs(np.cos(a)) ** 3, middle=middle, reach=np.pi / 2)
        for middle in (0.0, np.pi)
    ]
    return geometry.join([toes, *heel])
