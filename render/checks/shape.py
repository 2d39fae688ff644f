"""Whether the finished file is of the size, rate and length that were asked for."""

from __future__ import annotations

from pathlib import Path

from render.checks.contract import FigureSpec, FileCheck
from render.checks.decode import decode
from render.model import Figure, Job


class Shape(FileCheck):
    """Compares what was decoded with the job."""

    name = "shape"
    title = "A picture of another size, rate or length"
    figures = (
        FigureSpec(name="width_off", unit="px", description="Width beyond (or below, if negative) the wanted one."),
        FigureSpec(name="height_off", unit="px", description="Height beyond (or below) the wanted one."),
        FigureSpec(name="rate_off", unit="fps", description="Frame rate beyond (or below) the wanted one."),
        FigureSpec(name="frames_off", unit="frames", description="Frames beyond (or below) the wanted number."),
        FigureSpec(name="length_off", unit="ms", description="Length of the picture beyond (or below) the wanted one."),
    )

    def measure(self, file: Path, job: Job) -> list[Figure]:
        """Give the differences; all are 0 for the file that was asked for."""
        found = decode(file)
        length = found.picture_end - found.picture_start
        return [
            self.figure("width_off", found.width - job.width),
            self.figure("height_off", found.height - job.height),
            self.figure("rate_off", float(found.fps - job.fps)),
            self.figure("frames_off", found.frames - job.frames),
            self.figure("length_off", round((length - job.seconds) * 1000, 3)),
        ]
