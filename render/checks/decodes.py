"""Whether the finished file can be played from its first frame to its last."""

from __future__ import annotations

from pathlib import Path

from render.checks.contract import FigureSpec, FileCheck
from render.checks.decode import decode
from render.model import Figure, Job


class Decodes(FileCheck):
    """Decodes everything once."""

    name = "decodes"
    title = "A file that cannot be played to its end"
    figures = (
        FigureSpec(name="faults", unit="faults", description="Damaged packets and frames."),
        FigureSpec(name="decoded_share", unit="1", description="Share of the wanted frames that could be decoded."),
    )

    def measure(self, file: Path, job: Job) -> list[Figure]:
        """Give the damage; a file that cannot be opened has one fault and no frame."""
        found = decode(file)
        return [self.figure("faults", found.faults), self.figure("decoded_share", found.frames / job.frames)]
