"""Whether the engine's sound was cut off at full scale. Seen before the loudness is set, which hides it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from render.checks.contract import FigureSpec, StreamCheck
from render.model import Figure, Finish

if TYPE_CHECKING:
    import torch

FULL_SCALE = 0.999
RUN = 3
"""So many samples in a row at full scale are a flat top; fewer may be honest peaks."""


class Clipping(StreamCheck):
    """Counts samples in flat tops."""

    name = "clipping"
    title = "Sound cut off at full scale"
    figures = (FigureSpec(name="clipped_share", unit="1", description="Share of the engine's samples in flat tops."),)

    def see(self, chunk: torch.Tensor, first_frame: int) -> None:
        """Frames have no sound."""

    def measure(self, finish: Finish) -> list[Figure]:
        """Give the larger share of the two channels; no sound has none."""
        import numpy as np

        full = np.abs(finish.sound) >= FULL_SCALE
        if len(full) < RUN:
            return [self.figure("clipped_share", 0.0)]
        starts = np.logical_and.reduce([full[at : len(full) - RUN + 1 + at] for at in range(RUN)])
        flat = np.zeros_like(full)
        for at in range(RUN):
            flat[at : len(full) - RUN + 1 + at] |= starts
        return [self.figure("clipped_share", flat.mean(axis=0).max())]
