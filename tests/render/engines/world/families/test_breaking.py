"""What falls from a table tips off its edge, whole, and breaks on the ground."""

import numpy as np
import pytest

from render.engines.world import families, physics
from render.engines.world.families.breaking import POTS
from render.engines.world.families.furniture import TABLE
from render.engines.world.materials import MATERIALS
from render.engines.world.reading import read
from render.engines.world.scene import Scene, Subject

FPS = 24


@pytest.mark.parametrize("kind", POTS)
def test_a_pot_tips_off_a_table_and_breaks_on_the_ground(kind):
    scene = Scene(family="breaking", subjects=(Subject(kind=kind),))
    stage = families.build(scene, seed=3, seconds=2.0)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=2 * FPS, fps=FPS)
    pieces = [k for k, name in enumerate(motion.names) if name.startswith(f"{kind} ")]
    [table] = [solid for solid in stage.solids if solid.name == "table"]
    edge = table.position[0] + table.size[0]
    way = motion.poses[:, pieces, :3].astype(float)
    first = np.linalg.norm(way[0, :, None] - way[0], axis=-1)
    assert way[0, :, 2].min() > TABLE - 0.05, "it starts at the height of the table's top"
    assert abs(way[0, :, 0].mean() - edge) < 0.2, "and at its edge"
    falls = int(np.argmax(way[..., 2].min(1) < 0.2))
    carried = [c for c in motion.contacts if "table" in {c.first, c.second} and c.time < 0.1]
    assert carried, "which carries it as it tips"
    whole = np.abs(np.linalg.norm(way[falls - 1, :, None] - way[falls - 1], axis=-1) - first).max()
    assert whole < 0.01, "nothing of it breaks before it lands"
    broken = np.abs(np.linalg.norm(way[-1, :, None] - way[-1], axis=-1) - first).max()
    assert broken > 0.05
    assert np.median(way[-1, :, 2]) < 0.1


@pytest.mark.parametrize("kind", POTS)
@pytest.mark.parametrize("seconds", [4, 7])
def test_a_single_pot_stands_and_breaks_towards_the_middle_of_the_clip(kind, seconds):
    stage = families.build(Scene(family="breaking", subjects=(Subject(kind=kind, count=1),)), seed=1, seconds=seconds)
    motion = physics.simulate(
        stage.solids, floor=stage.ground_substance, frames=seconds * FPS, fps=FPS, still=stage.still
    )
    lands = min(contact.time for contact in motion.contacts if "floor" in {contact.first, contact.second})
    assert 0.4 < lands / seconds < 0.5
    assert motion.present[0].all(), "it is seen from the first frame on"
    before = int(stage.still * FPS)
    assert before > 0
    assert np.array_equal(motion.poses[0], motion.poses[before]), "and does not move until it tips"
    assert min(contact.time for contact in motion.contacts) > stage.still, "nor sounds"


@pytest.mark.parametrize(("kind", "seconds"), [("tumbler", 3), ("plate", 3), ("vase", 4)])
def test_a_pot_takes_its_time_to_tip_and_another_falls_before_all_lies_still(kind, seconds):
    stage = families.build(Scene(family="breaking", subjects=(Subject(kind=kind),)), seed=2, seconds=seconds)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=seconds * FPS, fps=FPS)
    way, present = motion.poses[..., :3].astype(float), motion.present
    lands = int(np.argmax(way[:, present[0], 2].min(1) < 0.06))
    assert 0.9 * FPS < lands < 0.5 * seconds * FPS
    steps = np.linalg.norm(np.diff(way, axis=0), axis=2) * present[1:]
    late = steps[2 * seconds * FPS // 3 : -6].max(1)
    assert (late > 0.004).mean() > 0.6


def test_wood_of_a_table_runs_along_its_legs():
    stage = families.build(Scene(family="breaking", subjects=(Subject(kind="vase"),)), seed=1, seconds=1.0)
    for leg in (solid for solid in stage.solids if solid.group == "table"):
        assert leg.size[0] == max(leg.size), "boards lie along x"
        w, x, y, z = leg.turn
        assert abs(2 * (x * z - w * y)) > 0.99, "and x is upright"


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("A glass falls off a table and shatters", "tumbler"),
        ("A glass of water tips off the table, slow motion", "tumbler"),
        ("A wine glass falls from a table", "tumbler"),
        ("A glass vase falls off a table and breaks", "vase"),
        ("A window glass breaks", "pane"),
    ],
)
def test_a_drinking_glass_is_told_from_what_is_made_of_glass(prompt, kind):
    scene = read(prompt)
    assert (scene.family, scene.kinds, scene.words.ignored) == ("breaking", (kind,), ())


@pytest.mark.parametrize("thing", ["mug", "cup", "jar", "bottle", "pitcher"])
def test_crockery_that_is_told_to_break_breaks(thing):
    assert read(f"A {thing} falls and breaks").family == "breaking"
    assert read(f"A {thing} falls off a table and shatters").words.ignored == ()
    assert read(f"A {thing} drops onto the floor").family != "breaking"


def test_a_drinking_glass_is_clear_unless_a_colour_is_asked_for():
    def material(*colours):
        scene = Scene(family="breaking", subjects=(Subject(kind="tumbler", colours=colours),))
        stage = families.build(scene, seed=1, seconds=1.0)
        return next(solid.material for solid in stage.solids if solid.name == "tumbler 1")

    assert material().base == MATERIALS["glass"].base
    assert material("blue").base != material().base
    assert material("blue").clear > 0.5


def test_what_breaks_is_of_the_material_and_colour_that_it_is_told_to_be_of():
    def of(name, prompt):
        stage = families.build(read(prompt), seed=1, seconds=1.0)
        return next(solid for solid in stage.solids if solid.name.startswith(name))

    stone, brick = of("brick", "A ball smashes a stone wall"), of("brick", "A ball smashes a brick wall")
    assert (stone.substance, brick.substance) == ("rock", "brick")
    assert stone.material.base != brick.material.base
    assert of("pane", "A blue window breaks").material != of("pane", "A window breaks").material
    assert of("vase", "A glass vase breaks").material.clear > 0.5


@pytest.mark.parametrize("seed", range(3))
def test_the_first_heavy_ball_goes_through_the_wall_and_leaves_some_of_it(seed):
    stage = families.build(Scene(family="breaking", subjects=(Subject(kind="wall"),)), seed=seed, seconds=2.0)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=2 * FPS, fps=FPS)
    assert motion.poses[-1, motion.names.index("ball 1"), 1] > 0.1
    bricks = [k for k, name in enumerate(motion.names) if name.startswith("brick")]
    moved = np.linalg.norm(motion.poses[-1, bricks, :3] - motion.poses[0, bricks, :3], axis=1)
    assert (moved > 0.1).mean() > 0.2
    assert (moved < 0.15).mean() > 0.1


@pytest.mark.parametrize("kind", POTS)
@pytest.mark.parametrize("seconds", [1.0, 2.0])
def test_a_pot_lands_in_time_in_a_short_or_slow_scene(kind, seconds):
    stage = families.build(Scene(family="breaking", subjects=(Subject(kind=kind, count=1),)), seed=4, seconds=seconds)
    frames = round(seconds * FPS)
    motion = physics.simulate(stage.solids, floor=stage.ground_substance, frames=frames, fps=FPS)
    pieces = [k for k, name in enumerate(motion.names) if name.startswith(f"{kind} ")]
    lowest = motion.poses[:, pieces, 2].min(1)
    assert int(np.argmax(lowest < 0.1)) in range(1, round(0.8 * frames))
