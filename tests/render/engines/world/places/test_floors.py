import dataclasses

import numpy as np
import pytest

from render.engines.world import physics, places
from render.engines.world.materials import Material, Pattern
from render.engines.world.places.floors import FLOORS, HOMES
from render.engines.world.scene import Scene
from render.engines.world.stage import Launch, Shape, Solid
from render.engines.world.substances import SUBSTANCES


def build(name, floor, **asked):
    scene = Scene(family="objects", floor=floor, **asked)
    return places.build(name, scene=scene, rng=np.random.default_rng(3), clearing=2.0)


def underfoot(place):
    """The material that is seen at the origin from above."""
    slabs = [solid for solid in place.solids if solid.name == "laid floor"]
    return slabs[-1].material if slabs else place.ground


@pytest.mark.parametrize("floor", FLOORS)
@pytest.mark.parametrize("name", ["studio", "room", "yard", "park"])
def test_a_named_floor_is_seen_and_felt_in_every_place(name, floor):
    place = build(name, floor, setting=name)
    assert underfoot(place).pattern == FLOORS[floor].material.pattern
    assert place.ground_substance == FLOORS[floor].substance
    assert place.ground_substance in SUBSTANCES


@pytest.mark.parametrize(("floor", "home"), HOMES.items())
def test_a_natural_floor_brings_its_place_unless_another_is_named(floor, home):
    alone, asked = build("yard", floor), build("yard", floor, setting="yard")
    assert alone.ground == build(home, "").ground
    assert underfoot(asked) == FLOORS[floor].material
    assert any(solid.name == "back wall" for solid in asked.solids)


def test_a_floor_covers_what_lay_there():
    names = {solid.name for solid in build("room", "marble").solids}
    assert "rug" in {solid.name for solid in build("room", "").solids}
    assert "rug" not in names
    assert underfoot(build("room", "carpet")).pattern == Pattern.CLOTH


def rebound(floor):
    """Height after over height before of a rubber ball."""
    ball = Solid(
        name="ball",
        shape=Shape.SPHERE,
        size=(0.15,),
        substance="rubber",
        material=Material(),
        launch=Launch(time=0.0, position=(0.0, 0.0, 1.15)),
    )
    motion = physics.simulate([ball], floor=FLOORS[floor].substance, frames=120, fps=100)
    level = motion.poses[:, 0, 2] - 0.15
    return float(level[int(100 * motion.contacts[0].time) + 5 :].max() / level[0])


def test_a_ball_comes_back_from_hard_floors_and_stays_on_soft_ones():
    heights = [rebound(floor) for floor in ("marble", "carpet", "sand", "snow")]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] > 0.5
    assert heights[-1] < 0.1


def test_no_floor_asked_for_leaves_the_place_as_it_is():
    assert dataclasses.replace(build("gym", "")).ground_substance == "hardwood"
    assert any(solid.name == "lines" for solid in build("gym", "").solids)
