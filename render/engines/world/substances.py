"""What bodies are made of: how they weigh, bounce, rub and ring."""

from __future__ import annotations

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
    stiffness: float = 400_000.0
    """Contact stiffness by mass in 1/s²: the contact of a bounce lasts about π/√stiffness."""
    priority: int = 1
    """In a contact the substance of higher priority decides; of equals the more damped."""
    modes: tuple[tuple[float, float, float], ...] = ()
    """(Hz, decay in s, gain) of a body of 0.2 m."""
    noise: float = 0.1
    """Loudness of the click, beside the modes."""
    loudness: float = 1.0
    bulk: float = 0.0
    """kg/m³ of the material itself: what is lighter is hollow to the ear; 0 for what is solid."""

    @property
    def hollow(self) -> float:
        """Share of the body that is air, 0 to 1."""
        return 1.0 - min(self.density / self.bulk, 1.0) if self.bulk else 0.0

    def solref(self, *, stiffest: float = math.inf) -> tuple[float, float]:
        """MuJoCo's direct (−stiffness, −damping) that gives this restitution: that of a damped oscillator.

        :param stiffest: 1/s², the most that the time step can follow.
        """
        stiffness = min(self.stiffness, stiffest)
        loss = -math.log(self.restitution)
        ratio = loss / math.hypot(math.pi, loss)
        return -stiffness, -2 * ratio * math.sqrt(stiffness)


SUBSTANCES: dict[str, Substance] = {
    "ground": Substance(
        density=2300,
        restitution=0.99,
        friction=0.7,
        priority=0,
        noise=0.12,
        modes=((58, 0.07, 1.0), (94, 0.055, 0.8), (181, 0.04, 0.5), (337, 0.025, 0.3), (640, 0.014, 0.18)),
    ),
    "hardwood": Substance(
        density=700,
        restitution=0.99,
        friction=0.7,
        priority=0,
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
    "plastic": Substance(
        density=300,
        bulk=1050,
        restitution=0.55,
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
}
