"""How much care a picture takes: samples against time, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Samples of one level of care."""

    background: float = 1.0
    """Times the style's samples a pixel of what stands still."""
    occlusion_rays: int = 3
    """Probes of the open sky with each of them."""
    corners: int = 4
    """Samples a pixel on the outlines of what moves, and of what a moving camera sees."""


DRAFT = Preset(background=0.375, occlusion_rays=1, corners=2)
STANDARD = Preset()
FINAL = Preset(background=4.0, occlusion_rays=6, corners=12)
