"""Whether the picture moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from render.checks.contract import FigureSpec, StreamCheck
from render.model import Figure, Finish, Job

if TYPE_CHECKING:
    import torch

CHANGE = 2.0
"""Luma levels (of 255) by which some part of the small picture must change to count as movement."""


class Frozen(StreamCheck):
    """Compares each frame with the first one of the still it may belong to, so that a slow fade is movement."""

    name = "frozen"
    title = "Stretches in which nothing moves"
    figures = (
        FigureSpec(name="still_share", unit="1", description="Share of frames that show nothing new."),
        FigureSpec(name="longest_still", unit="s", description="Longest stretch in which nothing new is shown."),
    )

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._reference: torch.Tensor | None = None
        self._frames = 0
        self._still = 0
        self._run = 0
        self._longest = 0

    def see(self, chunk: torch.Tensor, first_frame: int) -> None:
        """Count the frames of a chunk that show nothing new."""
        from render.checks.small import small_luma

        for picture in small_luma(chunk):
            self._frames += 1
            if self._reference is not None and float((picture - self._reference).abs().max()) <= CHANGE:
                self._still += 1
                self._run += 1
                self._longest = max(self._longest, self._run)
            else:
                self._reference = picture.clone()
                self._run = 0

    def measure(self, finish: Finish) -> list[Figure]:
        """Give the share and the longest stretch of still frames; a clip of one frame cannot freeze."""
        return [
            self.figure("still_share", self._still / max(1, self._frames - 1)),
            self.figure("longest_still", self._longest / self.job.fps),
        ]
