"""Sun, sky and air of a scene, as data. Directions are azimuth and elevation in degrees, radiance is linear RGB."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """One light setting."""

    azimuth: float
    elevation: float
    sun: Colour
    softness: float
    """Radius of the sun's disk in radians: the width of shadows' edges."""
    zenith: Colour
    horizon: Colour
    ground: Colour
    """Light from below."""
    ambient: Colour
    """Light from above."""
    clouds: float = 0.5
    """0 for a clear sky, 1 for an overcast one."""
    hills: float = 1.0
    """Height of the far hills; 0 for none."""
    haze: float = 0.004
    """Extinction by metre."""
    studio: bool = False
    """A seamless backdrop with soft boxes instead of the sky."""
    exposure: float = 0.62

    @property
    def direction(self) -> tuple[float, float, float]:
        """Unit vector towards the sun."""
        azimuth, elevation = math.radians(self.azimuth), math.radians(self.elevation)
        return (
            math.cos(elevation) * math.cos(azimuth),
            math.cos(elevation) * math.sin(azimuth),
            math.sin(elevation),
        )

    def turned(self, degrees: float) -> Light:
        """The same light from another azimuth."""
        return replace(self, azimuth=self.azimuth + degrees)


LIGHTS: dict[str, Light] = {
    "day": Light(
        azimuth=-126,
        elevation=42,
        sun=(2.9, 2.6, 2.15),
        softness=0.02,
        zenith=(0.13, 0.33, 0.80),
        horizon=(0.72, 0.83, 0.95),
        ambient=(0.55, 0.70, 0.95),
        ground=(0.34, 0.26, 0.18),
    ),
    "sunset": Light(
        azimuth=-148,
        elevation=17,
        sun=(3.5, 1.75, 0.70),
        softness=0.03,
        zenith=(0.12, 0.19, 0.46),
        horizon=(1.05, 0.58, 0.33),
        ambient=(0.50, 0.47, 0.62),
        ground=(0.34, 0.20, 0.12),
        clouds=0.6,
        haze=0.008,
        exposure=0.66,
    ),
    "overcast": Light(
        azimuth=-120,
        elevation=55,
        sun=(0.85, 0.85, 0.85),
        softness=0.16,
        zenith=(0.52, 0.58, 0.66),
        horizon=(0.78, 0.80, 0.83),
        ambient=(1.05, 1.10, 1.18),
        ground=(0.42, 0.40, 0.37),
        clouds=0.95,
        haze=0.010,
    ),
    "night": Light(
        azimuth=-120,
        elevation=48,
        sun=(0.60, 0.74, 1.05),
        softness=0.02,
        zenith=(0.012, 0.022, 0.065),
        horizon=(0.05, 0.075, 0.14),
        ambient=(0.10, 0.14, 0.25),
        ground=(0.05, 0.055, 0.07),
        clouds=0.35,
        exposure=0.9,
    ),
    "studio": Light(
        azimuth=-125,
        elevation=52,
        sun=(1.9, 1.85, 1.8),
        softness=0.13,
        zenith=(0.72, 0.73, 0.75),
        horizon=(0.86, 0.86, 0.86),
        ambient=(0.95, 0.97, 1.0),
        ground=(0.55, 0.54, 0.53),
        clouds=0.0,
        hills=0.0,
        haze=0.05,
        studio=True,
    ),
}
