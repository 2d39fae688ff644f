"""What bodies are made of: how they weigh, bounce, rub and ring."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Substance:
    """Physics and sound of a material."""

    density: float
    """kg/m³ of the whole body, hollow parts counted."""
    restitution: float
    """Speed after over speed before a drop on a hard floor."""
    friction: float
    rolling: float = 0.0008
    """Rolling friction in metres."""
    drag: float = 0.0
    """As a floor that gives way: the rolling resistance of a loose ball or barrel of whatever size, by its weight."""
    stiffness: float = 400_000.0
    """Contact stiffness by mass in 1/s²: the contact of a bounce lasts about π/√stiffness."""
    priority: int = 1
    """In a contact the substance of higher priority decides; of equals the one that bounces less."""
    modes: tuple[tuple[float, float, float], ...] = ()
    """(Hz, decay in s, gain) of a body of 0.2 m."""
    noise: float = 0.1
    """Loudness of the click, beside the modes."""
    loudness: float = 1.0
    rebound: tuple[float, float] | None = None
    """Published height after over height before a drop on a hard floor, least and most."""
    source: str = ""
    """Where density, rebound and drag are from."""
    bulk: float = 0.0
    """kg/m³ of the material itself: what is lighter is hollow to the ear; 0 for what is solid."""

    @property
    def hollow(self) -> float:
        """Share of the body that is air, 0 to 1."""
        return 1.0 - min(self.density / self.bulk, 1.0) if self.bulk else 0.0

    @property
    def rank(self) -> int:
        """Who decides in a contact, as one number."""
        return 1000 * self.priority + round(999 * (1 - self.restitution))

    def solref(self, *, stiffest: float, step: float) -> tuple[float, float]:
        """MuJoCo's direct (−stiffness, −damping) that gives this restitution.

        :param stiffest: 1/s², the most that the time step can follow.
        :param step: seconds of a time step, through which MuJoCo damps by the speed at its start, that is too much.
        """
        stiffness = min(self.stiffness, stiffest)
        damping = 2 * damping_ratio(self.restitution) * math.sqrt(stiffness)
        return -stiffness, math.expm1(-damping * step) / step


def kept(ratio: float) -> float:
    """Share of its speed that a bounce on a damped spring keeps, by the damping ratio.

    The spring pushes and never pulls, so the contact ends before half a period (Schwager and Pöschel, Coefficient of
    restitution and linear-dashpot model revisited, Granular Matter 9, 2007).
    """
    if ratio < 1:
        beat = math.sqrt(1 - ratio**2)
        return math.exp(-ratio / beat * (math.pi - math.atan2(2 * ratio * beat, 1 - 2 * ratio**2)))
    beat = math.sqrt(ratio**2 - 1)
    return math.exp(-ratio / beat * math.log((ratio + beat) / (ratio - beat))) if beat > 1e-6 else math.exp(-2)


@functools.cache
def damping_ratio(restitution: float) -> float:
    """The ratio whose bounce keeps this share of the speed, 0.02 to 1."""
    low, high = 0.0, 4.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if kept(middle) > restitution else (low, middle)
    return high


SUBSTANCES: dict[str, Substance] = {
    "ground": Substance(
        density=2300,
        restitution=0.80,
        friction=0.7,
        priority=1,
        noise=0.12,
        modes=((58, 0.07, 1.0), (94, 0.055, 0.8), (181, 0.04, 0.5), (337, 0.025, 0.3), (640, 0.014, 0.18)),
    ),
    "hardwood": Substance(
        density=700,
        restitution=0.62,
        friction=0.7,
        priority=1,
        noise=0.10,
        modes=(
            (62, 0.09, 1.0),
            (92, 0.07, 0.9),
            (178, 0.05, 0.55),
            (330, 0.035, 0.35),
            (610, 0.02, 0.2),
            (1250, 0.01, 0.12),
        ),
    ),
    "backboard": Substance(
        density=1200,
        restitution=0.75,
        friction=0.5,
        stiffness=60_000,
        priority=4,  # the board gives way: a ball comes back from it slower than from a floor
        noise=0.10,
        modes=(
            (112, 0.16, 0.9),
            (187, 0.14, 0.8),
            (263, 0.12, 0.6),
            (421, 0.08, 0.5),
            (655, 0.06, 0.3),
            (1030, 0.04, 0.2),
        ),
    ),
    "hoop steel": Substance(
        density=7800,
        restitution=0.75,
        friction=0.5,
        stiffness=60_000,
        priority=4,  # a pressure-release ring takes 35 to 50 % of the energy, by FIBA's rules
        noise=0.05,
        modes=(
            (311, 0.5, 0.6),
            (522, 0.55, 0.8),
            (867, 0.45, 0.7),
            (1310, 0.38, 0.5),
            (1985, 0.3, 0.35),
            (2870, 0.2, 0.25),
        ),
    ),
    "basketball": Substance(
        density=83.5,
        bulk=1100,
        restitution=0.894,
        friction=0.65,
        rolling=0.0014,
        stiffness=60_000,
        priority=3,
        rebound=(0.75, 0.85),
        source="size 7, 620 g and 76 cm round; a dropped ball comes back to about 4/5 of its height (rule books)",
        noise=0.08,
        modes=((138, 0.05, 0.9), (255, 0.035, 0.5), (540, 0.02, 0.3)),
    ),
    "rubber": Substance(
        density=160,
        bulk=1100,
        restitution=0.80,
        friction=0.8,
        rolling=0.0016,
        stiffness=90_000,
        priority=2,
        noise=0.06,
        modes=((190, 0.05, 1.0), (388, 0.035, 0.6), (820, 0.02, 0.3)),
    ),
    "wood": Substance(
        density=420,
        bulk=600,
        restitution=0.45,
        friction=0.55,
        noise=0.16,
        modes=((270, 0.06, 1.0), (520, 0.05, 0.8), (861, 0.035, 0.6), (1430, 0.022, 0.4), (2290, 0.014, 0.25)),
    ),
    "steel": Substance(
        density=2400,
        bulk=7850,
        restitution=0.62,
        friction=0.35,
        rolling=0.0003,
        noise=0.05,
        loudness=0.6,
        modes=(
            (640, 0.7, 0.7),
            (1180, 0.8, 1.0),
            (1903, 0.6, 0.7),
            (2810, 0.45, 0.5),
            (4270, 0.3, 0.35),
            (6130, 0.2, 0.2),
        ),
    ),
    "filled can": Substance(
        density=840,
        restitution=0.35,
        friction=0.35,
        rolling=0.0003,
        noise=0.12,
        loudness=0.8,
        modes=((1100, 0.035, 0.8), (1750, 0.03, 1.0), (2600, 0.022, 0.6), (4100, 0.012, 0.3)),
    ),
    "plastic": Substance(
        density=300,
        bulk=1050,
        restitution=0.4,
        friction=0.45,
        noise=0.14,
        modes=((340, 0.04, 1.0), (690, 0.03, 0.7), (1270, 0.02, 0.5), (2150, 0.012, 0.3)),
    ),
    "glass": Substance(
        density=1300,
        bulk=2500,
        restitution=0.4,
        friction=0.5,
        noise=0.05,
        loudness=0.7,
        modes=((820, 0.16, 0.8), (1710, 0.18, 1.0), (2960, 0.12, 0.7), (4480, 0.08, 0.4), (6700, 0.05, 0.2)),
    ),
    "card": Substance(
        density=180,
        bulk=700,
        restitution=0.25,
        friction=0.6,
        noise=0.25,
        modes=((150, 0.03, 1.0), (310, 0.02, 0.6), (620, 0.012, 0.3)),
    ),
    "rock": Substance(
        density=2600,
        restitution=0.5,
        friction=0.8,
        noise=0.2,
        modes=((420, 0.03, 1.0), (980, 0.02, 0.7), (1870, 0.012, 0.4)),
    ),
    "tennis ball": Substance(
        density=366,
        bulk=1100,
        restitution=0.745,
        friction=0.6,
        rolling=0.0012,
        stiffness=120_000,
        priority=3,
        rebound=(0.53, 0.58),
        source="ITF Rules of Tennis, appendix I: 56.0 to 59.4 g, 6.54 to 6.86 cm, 135 to 147 cm from 254 cm",
        noise=0.2,
        modes=((210, 0.03, 1.0), (430, 0.02, 0.5), (900, 0.012, 0.25)),
    ),
    "football": Substance(
        density=78,
        bulk=1100,
        restitution=0.85,
        friction=0.6,
        rolling=0.0016,
        stiffness=70_000,
        priority=3,
        rebound=(0.675, 0.775),
        source="FIFA Quality Pro: 420 to 445 g, 68.5 to 69.5 cm round, 135 to 155 cm from 2 m on steel",
        noise=0.1,
        modes=((150, 0.045, 1.0), (280, 0.03, 0.5), (560, 0.018, 0.25)),
    ),
    "goal post": Substance(
        density=2700,
        restitution=0.70,
        friction=0.45,
        stiffness=200_000,
        priority=6,
        noise=0.06,
        modes=((196, 0.32, 1.0), (412, 0.28, 0.8), (788, 0.2, 0.6), (1310, 0.14, 0.4), (2230, 0.09, 0.25)),
    ),
    "car": Substance(
        density=1500,
        bulk=7800,
        restitution=0.3,
        friction=0.4,
        noise=0.2,
        modes=((85, 0.08, 1.0), (205, 0.06, 0.6), (470, 0.05, 0.4), (1130, 0.03, 0.25)),
    ),
    "tyre": Substance(
        density=350,
        bulk=1100,
        restitution=0.6,
        friction=0.95,
        rolling=0.004,
        stiffness=60_000,
        priority=2,
        noise=0.16,
        modes=((72, 0.04, 1.0), (145, 0.03, 0.5), (320, 0.02, 0.3)),
    ),
    "slab": Substance(
        density=2650,
        restitution=0.84,
        friction=0.4,
        noise=0.08,
        modes=((146, 0.06, 1.0), (330, 0.05, 0.8), (742, 0.035, 0.5), (1560, 0.02, 0.3), (3100, 0.01, 0.15)),
    ),
    "sand": Substance(
        density=1600,
        restitution=0.32,
        friction=0.75,
        drag=0.30,
        stiffness=60_000,
        priority=5,
        source="rolling resistance of tyres on sand: 0.30 (Gillespie, Fundamentals of Vehicle Dynamics, 1992)",
        noise=0.35,
        loudness=0.6,
        modes=((75, 0.03, 1.0), (160, 0.018, 0.5), (420, 0.008, 0.25)),
    ),
    "turf": Substance(
        density=1300,
        restitution=0.55,
        friction=0.7,
        drag=0.15,
        stiffness=90_000,
        priority=5,
        source="FIFA Quality Pro: from a ramp 1 m high a football rolls 4 to 8 m, which takes 1/4 to 1/8 of its weight",
        noise=0.2,
        loudness=0.8,
        modes=((68, 0.04, 1.0), (130, 0.025, 0.6), (290, 0.012, 0.3)),
    ),
    "soil": Substance(
        density=1500,
        restitution=0.42,
        friction=0.75,
        drag=0.08,
        stiffness=120_000,
        priority=5,
        source="rolling resistance of tyres on medium hard soil: 0.08 (Gillespie, as for sand)",
        noise=0.24,
        loudness=0.8,
        modes=((72, 0.035, 1.0), (150, 0.02, 0.6), (330, 0.01, 0.3)),
    ),
    "snow": Substance(
        density=300,
        restitution=0.15,
        friction=0.3,
        drag=0.07,
        stiffness=60_000,
        priority=5,
        source="of tyres in 0.13 to 0.22 m of snow: 0.02 to 0.12 (CRREL, Technical Report 01-16, table 11)",
        noise=0.3,
        loudness=0.45,
        modes=((95, 0.02, 1.0), (240, 0.012, 0.5)),
    ),
    "carpet": Substance(
        density=300,
        restitution=0.5,
        friction=0.75,
        drag=0.04,
        stiffness=120_000,
        priority=5,
        source="golf balls on a field for robots: about 0.27 m/s² (robotex.ing.ee, 20 October 2011)",
        noise=0.14,
        loudness=0.55,
        modes=((62, 0.04, 1.0), (120, 0.025, 0.6), (260, 0.012, 0.3)),
    ),
    "table tennis ball": Substance(
        density=80.6,
        bulk=1350,
        restitution=0.905,
        friction=0.4,
        rolling=0.0001,
        stiffness=4_000_000,
        priority=3,
        rebound=(0.787, 0.852),
        source="ITTF Laws 2.3: 2.7 g, 40 mm; technical leaflet T3: 24 to 26 cm from 30.5 cm on a steel block",
        noise=0.1,
        modes=((1350, 0.012, 1.0), (2600, 0.008, 0.6), (4700, 0.005, 0.3)),
    ),
    "golf ball": Substance(
        density=1129,
        restitution=0.86,
        friction=0.35,
        rolling=0.0003,
        stiffness=3_000_000,
        priority=2,
        rebound=(0.66, 0.80),
        source="R&A Equipment Rules: 45.93 g, 42.67 mm; rebound: e 0.81 to 0.89 in classroom measurements",
        noise=0.15,
        modes=((900, 0.015, 1.0), (1700, 0.01, 0.6), (3100, 0.006, 0.3)),
    ),
    "superball": Substance(
        density=950,
        restitution=0.90,
        friction=0.9,
        rolling=0.0006,
        stiffness=600_000,
        priority=3,
        rebound=(0.77, 0.85),
        source="polybutadiene; toy balls of it come back to about 0.8 of the height",
        noise=0.06,
        modes=((240, 0.04, 1.0), (520, 0.025, 0.5), (1100, 0.015, 0.25)),
    ),
    "bowling ball": Substance(
        density=1378,
        restitution=0.70,
        friction=0.12,
        rolling=0.0004,
        stiffness=3_000_000,
        rebound=(0.42, 0.61),
        source="USBC Equipment Manual: 16 lb, 8.5 in, coefficient of restitution 0.650 to 0.780",
        noise=0.14,
        modes=((180, 0.06, 1.0), (410, 0.05, 0.7), (830, 0.03, 0.5), (1560, 0.02, 0.3)),
    ),
    "lane": Substance(
        density=900,
        restitution=0.6,
        friction=0.16,
        rolling=0.0004,
        noise=0.10,
        modes=((62, 0.09, 1.0), (92, 0.07, 0.9), (178, 0.05, 0.55), (330, 0.035, 0.35), (610, 0.02, 0.2)),
    ),
    "pin": Substance(
        density=658,
        restitution=0.62,
        friction=0.3,
        stiffness=1_500_000,
        source="USBC: 1.53 to 1.64 kg of maple in plastic, 381 mm high; of its hull",
        noise=0.2,
        modes=((640, 0.05, 1.0), (1180, 0.04, 0.8), (1950, 0.03, 0.5), (3100, 0.02, 0.3)),
    ),
    "bearing steel": Substance(
        density=7800,
        restitution=0.95,
        friction=0.2,
        rolling=0.00005,
        stiffness=6_000_000,
        rebound=(0.85, 0.95),
        source="hardened ball on a thick block of hardened steel, below 2 m/s (Goldsmith, Impact, 1960)",
        noise=0.05,
        loudness=0.7,
        modes=((2100, 0.12, 0.7), (3900, 0.10, 1.0), (6300, 0.07, 0.6), (9100, 0.05, 0.3)),
    ),
    "marble": Substance(
        density=2500,
        restitution=0.92,
        friction=0.25,
        rolling=0.00008,
        stiffness=6_000_000,
        rebound=(0.80, 0.88),
        source="glass on glass: 15/16 of the speed (Newton, Principia, laws of motion, scholium)",
        noise=0.06,
        loudness=0.7,
        modes=((1900, 0.05, 0.9), (3600, 0.05, 1.0), (5900, 0.03, 0.5), (8800, 0.02, 0.3)),
    ),
    "brick": Substance(
        density=1900,
        restitution=0.30,
        friction=0.7,
        noise=0.25,
        modes=((520, 0.02, 1.0), (1150, 0.015, 0.7), (2100, 0.01, 0.4)),
    ),
    "ceramic": Substance(
        density=2300,
        restitution=0.35,
        friction=0.45,
        stiffness=3_000_000,
        noise=0.08,
        loudness=0.8,
        modes=((1450, 0.05, 0.9), (2700, 0.05, 1.0), (4600, 0.035, 0.6), (7300, 0.02, 0.3)),
    ),
    "ice": Substance(
        density=917,
        restitution=0.35,
        friction=0.04,
        noise=0.1,
        modes=((700, 0.03, 1.0), (1600, 0.025, 0.7), (3000, 0.015, 0.4)),
    ),
    "cloth": Substance(
        density=300,
        restitution=0.1,
        friction=0.6,
        priority=2,
        noise=0.3,
        modes=((120, 0.02, 1.0), (260, 0.012, 0.5)),
    ),
}
