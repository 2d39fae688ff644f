import numpy as np
import pytest

from render.engines.world import physics
from render.engines.world.materials import Material
from render.engines.world.stage import Launch, Shape, Solid
from render.engines.world.substances import SUBSTANCES

FPS = 200
RADII = {"tennis ball": 0.0335, "football": 0.11, "table tennis ball": 0.02, "golf ball": 0.02134, "basketball": 0.121}
RADII |= {"superball": 0.025, "bowling ball": 0.108, "bearing steel": 0.02, "marble": 0.01}
MASSES = {"tennis ball": 0.0577, "football": 0.4325, "table tennis ball": 0.0027, "golf ball": 0.0459}
MASSES |= {"basketball": 0.62, "bowling ball": 7.26}


def bounce(substance, *, radius, on, above):
    """Heights of the ball's lowest point in metres, over time."""
    plate = Solid(
        name="plate",
        shape=Shape.BOX,
        size=(1.0, 1.0, 0.1),
        substance=on,
        material=Material(),
        position=(0.0, 0.0, -0.1),
    )
    ball = Solid(
        name="ball",
        shape=Shape.SPHERE,
        size=(radius,),
        substance=substance,
        material=Material(),
        launch=Launch(time=0.0, position=(0.0, 0.0, above + radius)),
    )
    motion = physics.simulate([plate, ball], floor=None, frames=int(1.2 * FPS), fps=FPS)
    level = motion.poses[:, 0, 2].astype(float) - radius
    return level, level[np.arange(len(level)) / FPS > motion.contacts[0].time + 0.05]


@pytest.mark.parametrize("name", [name for name, made_of in SUBSTANCES.items() if made_of.rebound])
def test_a_ball_comes_back_as_high_as_published(name):
    low, high = SUBSTANCES[name].rebound
    on = name if name in {"bearing steel", "marble"} else "bearing steel"
    level, after = bounce(name, radius=RADII[name], on=on, above=0.3 if name == "table tennis ball" else 1.0)
    assert low <= after.max() / level[0] <= high
    assert SUBSTANCES[name].source


@pytest.mark.parametrize("name", sorted(SUBSTANCES))
def test_what_is_dropped_comes_back_by_its_restitution(name):
    above = 0.8
    _, after = bounce(name, radius=0.1, on="bearing steel", above=above)
    assert np.sqrt(after.max() / above) == pytest.approx(SUBSTANCES[name].restitution, abs=0.03)


@pytest.mark.parametrize("name", MASSES)
def test_a_ball_weighs_what_its_rules_ask(name):
    mass = SUBSTANCES[name].density * 4 / 3 * np.pi * RADII[name] ** 3
    assert mass == pytest.approx(MASSES[name], rel=0.04)


@pytest.mark.parametrize("name", sorted(SUBSTANCES))
def test_no_bounce_gains_height(name):
    level, after = bounce(name, radius=0.05, on="ground", above=0.8)
    assert after.max() < 0.95 * level[0]
    assert level.min() > -0.025


def test_steel_and_rubber_fall_on_wood_to_different_heights():
    steel, rubber = (
        bounce(name, radius=0.05, on="wood", above=1.0)[1].max() for name in ("bearing steel", "superball")
    )
    assert rubber > 2 * steel


@pytest.mark.parametrize(
    ("name", "on", "apart", "off"), [("ceramic", "bearing steel", 0.02, 0.03), ("bowling ball", "ground", 0.01, 0.01)]
)
def test_a_bounce_does_not_hang_on_where_between_two_steps_it_begins(name, on, apart, off):
    kept = [bounce(name, radius=0.1, on=on, above=above)[1].max() / above for above in np.linspace(0.30, 0.34, 8)]
    assert np.ptp(np.sqrt(kept)) < apart
    assert np.sqrt(kept).mean() == pytest.approx(SUBSTANCES[name].restitution, rel=off)
