"""Whether there is a picture at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from render.checks.contract import FigureSpec, StreamCheck
from render.model import Figure, Finish, Job

if TYPE_CHECKING:
    import torch

DARK = 26.0
"""A pixel of less luma (of 255) is black."""
SHARE = 0.98
"""A frame with at least this share of black pixels is black."""


class Black(StreamCheck):
    """Counts black frames."""

    name = "black"
    title = "Frames that show nothing"
    figures = (
        FigureSpec(name="black_share", unit="1", description="Share of frames that are black."),
        FigureSpec(name="mean_luma", unit="1", description="Mean luma of the clip, 0 black to 1 white."),
    )

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._frames = 0
        self._black = 0
        self._luma = 0.0

    def see(self, chunk: torch.Tensor, first_frame: int) -> None:
        """Count the black frames of a chunk."""
        from render.checks.small import small_luma

        luma = small_luma(chunk)
        self._frames += len(luma)
        self._black += int(((luma < DARK).float().mean(dim=(1, 2)) >= SHARE).sum())
        self._luma += float(luma.mean(dim=(1, 2)).sum())

    def measure(self, finish: Finish) -> list[Figure]:
        """Give the share of black frames; a clip of no frames is black."""
        frames = max(1, self._frames)
        return [
            self.figure("black_share", self._black / frames if self._frames else 1.0),
            self.figure("mean_luma", self._luma / frames / 255),
        ]
