"""A title laid over finished frames, within the safe area of the picture's shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from render.engines.world import lettering

SAFE = 0.10
"""Share of the picture along each edge that stays free."""
SAFE_TALL = 0.20
"""The same at the foot of an upright picture, where players lay their buttons."""
LINE = 0.095
"""Height of a line as a share of the picture's shorter side."""
HIGHEST = 0.4
"""Share of the picture's height that a text of many lines may take."""
LETTERS = (30, 20, 14)
"""Of a line, at most; the fewer, the more lines."""
ENOUGH = 0.8
"""A text is set smaller, down to this share, before it is broken into more lines."""
SHADE = 0.6
"""How dark the soft shadow behind the letters is."""
FADE = 0.5
"""Seconds from the title's first trace until it stands."""


def _set(text: str, *, size: int, wide: float, high: float) -> NDArray[np.uint8]:
    """``[rows, columns]`` of ink, in as few lines as fit the room at about ``size`` pixels each."""
    inks = {most: lettering.raster(text, size=size, most=most) for most in LETTERS}
    fits = {most: min(1.0, wide / ink.shape[1], high / ink.shape[0]) for most, ink in inks.items()}
    most = next((most for most in LETTERS if fits[most] >= ENOUGH), max(LETTERS, key=lambda most: fits[most]))
    if fits[most] == 1.0:
        return inks[most]
    return lettering.raster(text, size=max(4, int(size * fits[most])), most=most)


class Title:
    """One text at the foot of the picture, in the middle."""

    def __init__(self, text: str, *, width: int, first_row: int, rows: int, begin: float = 0.3) -> None:
        """``begin`` is how many seconds of the film go before it appears."""
        self.begin = begin
        tall = rows > width
        size = max(6, round(LINE * min(width, rows)))
        ink = _set(text, size=size, wide=(1 - 2 * SAFE) * width, high=HIGHEST * rows)
        ink = ink[:rows, :width].astype(np.float32) / 255
        foot = first_row + round(rows * (1 - (SAFE_TALL if tall else SAFE)))
        top, left = max(first_row, foot - ink.shape[0]), (width - ink.shape[1]) // 2
        around = round(0.5 * size)
        above, below = min(around, top - first_row), min(around, first_row + rows - top - ink.shape[0])
        aside = min(around, left)
        self.place = (
            slice(top - above, top + ink.shape[0] + below),
            slice(left - aside, left + ink.shape[1] + aside),
        )
        self.ink = np.pad(ink, ((above, below), (aside, aside)))
        soft = gaussian_filter(self.ink, 0.16 * size)
        self.shade = SHADE * np.clip(soft / max(float(soft.max()), 1e-6), 0, 1)

    def lay(self, frame: NDArray[np.uint8], seconds: float) -> NDArray[np.uint8]:
        """A copy of the frame with the title as it is after so many seconds."""
        share = min(max((seconds - self.begin) / FADE, 0.0), 1.0)
        out = frame.copy()
        if share <= 0:
            return out
        share = share * share * (3 - 2 * share)
        part = out[self.place].astype(np.float32)
        part *= 1 - (share * self.shade)[..., None]
        ink = (share * self.ink)[..., None]
        out[self.place] = np.rint(part * (1 - ink) + 248 * ink).astype(np.uint8)
        return out
