"""Sun, sky and air of a scene, as data. Directions are azimuth and elevation in degrees, radiance is linear RGB."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import IntEnum

Colour = tuple[float, float, float]


class Ridge(IntEnum):
    """What stands on the horizon."""

    HILLS = 0
    TREES = 1
    SKYLINE = 2
    DUNES = 3
    PEAKS = 4


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
    ridge: Ridge = Ridge.HILLS
    land: Colour = (0.10, 0.15, 0.09)
    """Colour of the far hills."""
    stars: float = 0.0
    """Brightness of stars and of the moon's disk."""
    haze: float = 0.004
    """Extinction by metre."""
    studio: bool = False
    """A seamless backdrop with soft boxes instead of the sky."""
    exposure: float = 0.62

    @property
    def indoors(self) -> bool:
        """True where weather does not reach."""
        return self.studio

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Veil:
    """What weather lays between the sun and the ground."""

    cover: float
    """Share of the sky's clear light that clouds take, 0 to 1."""
    dark: float = 0.0
    """How dark the clouds' undersides are, 0 to 1."""
    haze: float = 0.0
    """Extinction by metre that is added."""
    tint: Colour = (0.95, 0.98, 1.0)
    """Times their grey, what the clouds let through."""
    below: Colour = (0.95, 0.98, 1.0)
    """The same of the sky under their edge."""


VEILS: dict[str, Veil] = {
    "rain": Veil(cover=0.85, dark=0.35, haze=0.006),
    "snow": Veil(cover=0.8, dark=0.2, haze=0.007),
    "fog": Veil(cover=0.7, haze=0.055),
    "storm": Veil(cover=1.0, dark=0.72, haze=0.003, tint=(0.78, 0.95, 1.12), below=(1.12, 1.07, 0.98)),
}
"""By a scene's weather."""

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
        clouds=0.3,
        stars=1.0,
        exposure=0.9,
    ),
    "golden hour": Light(
        azimuth=-148,
        elevation=13,
        sun=(3.9, 2.25, 1.05),
        softness=0.028,
        zenith=(0.16, 0.28, 0.58),
        horizon=(1.12, 0.76, 0.46),
        ambient=(0.52, 0.54, 0.68),
        ground=(0.40, 0.26, 0.14),
        clouds=0.45,
        haze=0.007,
        exposure=0.64,
    ),
    "dawn": Light(
        azimuth=-35,
        elevation=9,
        sun=(2.1, 1.5, 1.15),
        softness=0.035,
        zenith=(0.20, 0.28, 0.52),
        horizon=(0.98, 0.68, 0.58),
        ambient=(0.42, 0.55, 0.78),
        ground=(0.24, 0.19, 0.17),
        clouds=0.4,
        haze=0.007,
        exposure=0.74,
    ),
    "noon": Light(
        azimuth=-105,
        elevation=68,
        sun=(3.3, 3.1, 2.75),
        softness=0.016,
        zenith=(0.10, 0.29, 0.80),
        horizon=(0.68, 0.82, 0.96),
        ambient=(0.56, 0.72, 0.98),
        ground=(0.40, 0.33, 0.25),
        clouds=0.4,
        haze=0.003,
        exposure=0.56,
    ),
    "blue hour": Light(
        azimuth=-150,
        elevation=24,
        sun=(0.30, 0.36, 0.55),
        softness=0.25,
        zenith=(0.045, 0.085, 0.26),
        horizon=(0.42, 0.36, 0.44),
        ambient=(0.24, 0.32, 0.58),
        ground=(0.09, 0.10, 0.15),
        clouds=0.4,
        haze=0.008,
        exposure=0.95,
    ),
    "storm": Light(
        azimuth=-120,
        elevation=50,
        sun=(0.38, 0.40, 0.44),
        softness=0.2,
        zenith=(0.14, 0.16, 0.19),
        horizon=(0.40, 0.43, 0.45),
        ambient=(0.50, 0.55, 0.62),
        ground=(0.18, 0.18, 0.17),
        clouds=1.0,
        haze=0.006,
        exposure=0.8,
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


def outdoors(name: str) -> Light:
    """The light called ``name`` under the open sky; a studio's becomes an overcast day's, the softest there is."""
    return LIGHTS["overcast" if LIGHTS[name].studio else name]


BLACK: Colour = (0.0, 0.0, 0.0)
DARK = frozenset({"night", "blue hour"})
"""Hours at which lamps are lit."""
MOONLIT, BLUE = 2.0, 0.7
"""Times the exposure of nights with lamps, and how far the clear night's hue is kept in any weather."""


def _scaled(one: Colour, other: Colour, usual: Colour) -> Colour:
    red, green, blue = (c * math.sqrt(a / b) for c, a, b in zip(one, other, usual, strict=True))
    return red, green, blue


def indoors(light: Light, hour: str) -> Light:
    """A room's light by day, at the hour called ``hour``: windows give what is outside, lamps the rest.

    By night one lamp gives the key, and the room about it is dark.
    """
    if LIGHTS[hour].studio:
        return light
    outside, day = LIGHTS[hour], LIGHTS["day"]
    if hour in DARK:
        dim, lamp, left = (0.10, 0.22, 0.16) if hour == "night" else (0.30, 0.45, 0.5)
        red, green, blue = (lamp * c for c in light.sun)
        return replace(
            light,
            elevation=max(light.elevation, 62.0),
            sun=(1.08 * red, 0.80 * green, 0.52 * blue),
            softness=max(light.softness, 0.12),
            zenith=_mixed(BLACK, _scaled(light.zenith, outside.ambient, day.ambient), dim),
            horizon=_mixed(BLACK, _scaled(light.horizon, outside.ambient, day.ambient), dim),
            ambient=_mixed(BLACK, _scaled(light.ambient, outside.ambient, day.ambient), left),
            ground=_mixed(BLACK, light.ground, 0.5 * left),
            exposure=1.15 * light.exposure,
        )
    return replace(
        light,
        sun=_scaled(light.sun, outside.sun, day.sun),
        softness=max(light.softness, outside.softness),
        zenith=_scaled(light.zenith, outside.horizon, day.horizon),
        horizon=_scaled(light.horizon, outside.horizon, day.horizon),
        ambient=_scaled(light.ambient, outside.ambient, day.ambient),
        ground=_scaled(light.ground, outside.ground, day.ground),
        exposure=light.exposure * outside.exposure / day.exposure,
    )


def under_lamps(light: Light, hour: str) -> Light:
    """A hall's light by day, at the hour called ``hour``: its lamps always burn, its high windows add to them."""
    if hour in DARK or LIGHTS[hour].studio:
        return replace(light, ambient=_mixed((0.0, 0.0, 0.0), light.ambient, 0.7)) if hour in DARK else light
    seen = indoors(light, hour)
    return replace(
        light,
        sun=_mixed(light.sun, seen.sun, 0.5),
        ambient=_mixed(light.ambient, seen.ambient, 0.5),
        zenith=_mixed(light.zenith, seen.zenith, 0.5),
        horizon=_mixed(light.horizon, seen.horizon, 0.5),
    )


def moonlit(night: Light) -> Light:
    """A night where no lamp stands, in any weather: dark blue, as in films, but exposed so that all is seen."""
    clear = LIGHTS["night"].horizon

    def blue(colour: Colour) -> Colour:
        grey = sum(colour) / sum(clear)
        r, g, b = (one + BLUE * (grey * other - one) for one, other in zip(colour, clear, strict=True))
        return r, g, b

    return replace(
        night,
        zenith=blue(night.zenith),
        horizon=blue(night.horizon),
        ambient=blue(night.ambient),
        exposure=MOONLIT * night.exposure,
    )


def _mixed(one: Colour, two: Colour, share: float) -> Colour:
    a, b, c = ((1 - share) * x + share * y for x, y in zip(one, two, strict=True))
    return a, b, c


def _tinted(grey: float, tint: Colour) -> Colour:
    red, green, blue = tint
    return grey * red, grey * green, grey * blue


def misty(light: Light) -> Light:
    """The light where near mist is in the shade, as among trees: of the sky's colour, with the horizon's glow above."""
    share = 0.75 * sum(light.horizon) / sum(light.ambient)
    mist = _tinted(share, light.ambient)
    return replace(light, horizon=_mixed(light.horizon, mist, 0.8), zenith=_mixed(light.zenith, light.horizon, 0.6))


def under(light: Light, weather: str) -> Light:
    """The same hour's light in a scene's weather; fair weather and wind leave it as it is."""
    veil = VEILS.get(weather)
    if veil is None:
        return light
    grey = sum(light.horizon) / 3
    dull, below = _tinted(grey, veil.tint), _tinted(grey, veil.below)
    sun = 0.28 * sum(light.sun) / 3
    far: Colour = tuple(h / (0.4 * s + a) for h, s, a in zip(light.horizon, light.sun, light.ambient, strict=True))  # type: ignore[assignment]
    return replace(
        light,
        land=_mixed(light.land, far, 0.8 * veil.cover),
        sun=_mixed(light.sun, _tinted(sun, veil.tint), veil.cover),
        softness=light.softness + (0.18 - light.softness) * veil.cover if light.softness < 0.18 else light.softness,
        zenith=_mixed(light.zenith, _mixed(dull, (0.0, 0.0, 0.0), veil.dark), veil.cover),
        horizon=_mixed(light.horizon, _mixed(below, (0.0, 0.0, 0.0), 0.5 * veil.dark), veil.cover),
        ambient=_mixed(light.ambient, _mixed(dull, (0.0, 0.0, 0.0), 0.3 * veil.dark), 0.7 * veil.cover),
        clouds=light.clouds + (1.0 - light.clouds) * veil.cover,
        stars=(1.0 - veil.cover) * light.stars,
        haze=light.haze + veil.haze,
    )
