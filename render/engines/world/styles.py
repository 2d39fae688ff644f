"""Looks, as data: add one here and its row of a manifest may ask for it."""

from __future__ import annotations

from dataclasses import dataclass

from render.engines.world.shot import Move


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a scene is drawn and finished."""

    cel: bool = False
    """Flat bands of light and inked outlines instead of physically based shading."""
    supersample: int = 1
    """Rendered pixels along each side of a finished one."""
    background_samples: int = 8
    """Samples a pixel of what does not move."""
    aspect: float | None = None
    """Width over height of the picture within black bars; None fills the frame."""
    move: Move = Move.STATIC
    """What the camera does where neither the prompt nor the family says so."""
    shutter: float = 0.5
    """Share of a frame's time for which the shutter is open: how far what moves is blurred; 0 for not at all."""
    aperture: float = 0.0
    """Metres across the lens, less before what is near: the wider, the less is sharp; 0 for a picture all sharp."""
    contrast: float = 1.0
    saturation: float = 1.0
    shadow_tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    light_tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vignette: float = 0.2
    grain: float = 0.0
    """Standard deviation in levels of 255."""


PLAIN = "realistic"
"""The style of a job that names none."""

STYLES: dict[str, Style] = {
    PLAIN: Style(),
    "cinematic": Style(
        aspect=2.39,
        move=Move.PUSH,
        aperture=0.05,
        contrast=1.16,
        saturation=1.06,
        shadow_tint=(0.86, 1.0, 1.12),
        light_tint=(1.10, 1.0, 0.87),
        vignette=0.7,
        grain=1.6,
    ),
    "anime": Style(
        cel=True, supersample=2, background_samples=1, shutter=0.0, contrast=1.08, saturation=1.32, vignette=0.0
    ),
}
