"""Whether sound and picture start and end together."""

from __future__ import annotations

from pathlib import Path

from render.checks.contract import FigureSpec, FileCheck
from render.checks.decode import decode
from render.model import Figure, Job


class Sync(FileCheck):
    """Compares the spans of the two tracks as a player presents them."""

    name = "sync"
    title = "Sound and picture that do not start or end together"
    figures = (
        FigureSpec(name="start_off", unit="ms", description="Start of the sound after (or before) the picture's."),
        FigureSpec(name="end_off", unit="ms", description="End of the sound after (or before) the picture's."),
        FigureSpec(name="end_off_frames", unit="frames", description="Distance of the two ends, in frames."),
    )

    def measure(self, file: Path, job: Job) -> list[Figure]:
        """Give the differences. Every clip has a sound track, silent if need be: a missing one ends at 0."""
        found = decode(file)
        off = found.sound_end - found.picture_end
        return [
            self.figure("start_off", round((found.sound_start - found.picture_start) * 1000, 3)),
            self.figure("end_off", round(off * 1000, 3)),
            self.figure("end_off_frames", round(abs(off) * job.fps, 4)),
        ]
