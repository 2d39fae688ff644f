"""Whether the engine gave as much picture and sound as its job asks for. The muxer would cut or fill it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from render.checks.contract import FigureSpec, StreamCheck
from render.model import Figure, Finish, Job

if TYPE_CHECKING:
    import torch

SAMPLE_RATE = 48_000


class FootageLength(StreamCheck):
    """Measures the footage's lengths and frame sizes."""

    name = "footage"
    title = "Footage of another length or size than asked for"
    figures = (
        FigureSpec(name="frames_off", unit="frames", description="Frames given more (or fewer, if negative)."),
        FigureSpec(name="misfits", unit="frames", description="Frames of another size."),
        FigureSpec(name="sound_off", unit="ms", description="Sound longer (or shorter, if negative) than the picture."),
    )

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._frames = 0
        self._misfits = 0

    def see(self, chunk: torch.Tensor, first_frame: int) -> None:
        """Count a chunk's frames and those that do not fit."""
        self._frames += len(chunk)
        if chunk.shape[1:] != (self.job.height, self.job.width, 3):
            self._misfits += len(chunk)

    def measure(self, finish: Finish) -> list[Figure]:
        """Give the differences; an engine that gives no sound at all has no sound that is too short."""
        off = len(finish.sound) / SAMPLE_RATE - self.job.seconds if len(finish.sound) else 0.0
        return [
            self.figure("frames_off", self._frames - self.job.frames),
            self.figure("misfits", self._misfits),
            self.figure("sound_off", off * 1000),
        ]
