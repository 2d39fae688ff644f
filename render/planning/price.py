"""What a clip would take, before it is made."""

from __future__ import annotations

import itertools

from render.engines.contract import Capabilities
from render.model import Estimate, Form

MEDIA_CPU_SECONDS_PER_CLIP = 0.22
"""Starting ffmpeg, looking at the file and committing it, on one core."""
MEDIA_CPU_SECONDS_PER_MEGAPIXEL = 0.015
"""Checks, encoding and stills, for each million pixels of footage on one core."""


def estimate(form: Form, capabilities: Capabilities, *, usd_per_cpu_hour: float) -> Estimate:
    """Estimate the cost in US dollars and the CPU seconds of one clip of this form."""
    megapixels = form.frames * form.width * form.height / 1e6
    cpu_seconds = (
        capabilities.cpu_ms_per_clip / 1000
        + megapixels * capabilities.cpu_ms_per_megapixel / 1000
        + MEDIA_CPU_SECONDS_PER_CLIP
        + megapixels * MEDIA_CPU_SECONDS_PER_MEGAPIXEL
    )
    cost = capabilities.usd_per_second * form.frames / form.fps + cpu_seconds * usd_per_cpu_hour / 3600
    return Estimate(cost_usd=round(cost, 9), cpu_seconds=round(cpu_seconds, 3))


def told_apart(cost: float, limit: float) -> tuple[str, str]:
    """A cost and the lower limit that it passes, with as many digits as show the limit and tell the two apart."""
    places = next(
        places
        for places in itertools.count(2)
        if round(cost, places) > round(limit, places) and abs(round(limit, places) - limit) <= limit / 20
    )
    return f"${cost:.{places}f}", f"${limit:.{places}f}"
