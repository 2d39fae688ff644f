"""How loud the finished file is: EBU R128, by ffmpeg's own measurement."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from render.checks.contract import FigureSpec, FileCheck
from render.checks.decode import Decoded, decode
from render.model import Figure, Job

if TYPE_CHECKING:
    import av

SILENT_LUFS = -70.0
SILENT_DBTP = -120.0


class Loudness(FileCheck):
    """Measures integrated loudness and true peak."""

    name = "loudness"
    title = "Sound that is too loud"
    figures = (
        FigureSpec(name="integrated", unit="LUFS", description="Integrated loudness; −70 for silence."),
        FigureSpec(name="true_peak", unit="dBTP", description="Highest peak between samples; −120 for silence."),
    )

    def measure(self, file: Path, job: Job) -> list[Figure]:
        """Give both; a file without sound is silent."""
        loudness, peak = _measure(decode(file))
        level = 20 * math.log10(peak) if peak else SILENT_DBTP
        return [
            self.figure("integrated", max(loudness, SILENT_LUFS)),
            self.figure("true_peak", max(round(level, 2), SILENT_DBTP)),
        ]


def _measure(found: Decoded) -> tuple[float, float]:
    """Integrated LUFS and the linear true peak."""
    import av
    import numpy as np

    if not len(found.sound):
        return SILENT_LUFS, 0.0
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="flt", sample_rate=found.sample_rate, layout=found.layout)
    meter = graph.add("ebur128", "metadata=1:peak=true")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    told: dict[str, str] = {}
    for first in range(0, len(found.sound), found.sample_rate):
        block = np.ascontiguousarray(found.sound[first : first + found.sample_rate]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout=found.layout)
        frame.sample_rate = found.sample_rate
        frame.pts = first
        graph.push(frame)
        told |= _pull(graph)
    # The filter tells every 100 ms, so the samples after its last word are looked at as they are.
    peak = max(float(told.get("lavfi.r128.true_peak", 0)), float(np.abs(found.sound).max()))
    return float(told.get("lavfi.r128.I", SILENT_LUFS)), peak


def _pull(graph: av.filter.Graph) -> dict[str, str]:
    """The meter's last word on what it was given so far."""
    import av

    told: dict[str, str] = {}
    while True:
        try:
            told |= graph.pull().metadata
        except (av.BlockingIOError, av.EOFError):
            return told
