"""Products: prompts are read, what falls settles, water splashes when it is met, a sheet comes off, text is borne."""

import math

import numpy as np
import pytest

from render.engines.world import families, physics, waves
from render.engines.world.families import garnish
from render.engines.world.families.brand import Brand
from render.engines.world.families.goods import GOODS
from render.engines.world.materials import COLOURS
from render.engines.world.reading import read
from render.engines.world.scene import Action, Scene, Subject
from render.engines.world.tracer.soup import mesh_of, turned

FPS = 20
PRINTED = sorted(set(GOODS) - {"phone", "shoe", "glass"})

pytestmark = pytest.mark.usefixtures("compiled")


def scene(kind, action, *others, **more):
    subjects = (Subject(kind=kind, colours=("red",)), *(Subject(kind=other) for other in others))
    return Scene(family="product", subjects=subjects, actions=(Action(name=action),), **more)


def moved(stage, seconds=2.5):
    floor = stage.ground_substance if stage.ground is not None else None
    return physics.simulate(
        stage.solids, floor=floor, frames=round(seconds * FPS), fps=FPS, waves=stage.waves, cloths=stage.cloths
    )


def corners(stage, motion, frame, name):
    """``[n, 3]`` points of all that a moving body wears."""
    pose = motion.poses[frame, motion.names.index(name)]
    parts = [solid for solid in stage.solids if name in (solid.name, solid.rides)]
    return np.concatenate([turned(mesh_of(part).vertices, pose) for part in parts])


@pytest.mark.parametrize(
    ("prompt", "kinds", "action"),
    [
        ("A perfume bottle drops into water with a big splash, slow motion", ("flacon",), "splash"),
        ("A can falls into water", ("can",), "splash"),
        ("A sneaker drops into the water", ("shoe",), "splash"),
        ('A red soda can with "FIZZ" on it turns on a turntable', ("can",), "turntable"),
        ("A sneaker is revealed as a silk cloth slides off, cinematic", ("shoe", "cloth"), "reveal"),
        ('A cardboard box labelled "ACME" falls on a wooden table', ("parcel", "table"), "drop"),
        ('A phone, product reveal, title "NEW DAY"', ("phone",), "reveal"),
        ("A lemon and ice cubes splash around a bottle", ("lemon", "ice", "bottle"), "splash"),
    ],
)
def test_prompts_of_marketing_teams_are_understood(prompt, kinds, action):
    found = read(prompt)
    assert (found.family, found.fallback) == ("product", False)
    assert found.kinds == kinds
    assert action in {done.name for done in found.actions}
    assert found.words.share >= 0.8


@pytest.mark.parametrize("kind", GOODS)
def test_what_falls_settles_on_the_podium_and_does_not_sink_into_it(kind):
    stage = families.build(scene(kind, "drop"), seed=2, seconds=2.5)
    motion = moved(stage)
    (top,) = (2 * solid.size[-1] for solid in stage.solids if solid.name == "podium")
    first, last = (corners(stage, motion, frame, kind) for frame in (0, -1))
    size = float(np.ptp(last, axis=0).max())
    assert first[:, 2].min() > top + 0.1
    assert last[:, 2].min() == pytest.approx(top, abs=0.01 * size + 0.001)
    assert np.abs(last - corners(stage, motion, -6, kind)).max() < 0.003
    assert {"podium", kind} in [{contact.first, contact.second} for contact in motion.contacts]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["bottle", "can", "flacon", "parcel"])
def test_what_stands_is_standing_at_the_end_with_its_front_to_the_camera(kind, seed):
    stage = families.build(scene(kind, "drop", "table"), seed=seed, seconds=2.5)
    motion = moved(stage)
    pose = motion.poses[-1, motion.names.index(kind)]
    up = turned(np.array([[0.0, 0.0, 1.0]], np.float32), pose)[0] - pose[:3]
    assert up[2] > 0.99
    assert np.hypot(*pose[:2]) < 0.12
    assert {"table", kind} in [{contact.first, contact.second} for contact in motion.contacts]


def test_a_table_of_the_named_material_stands_under_it():
    asked = scene("parcel", "drop")
    asked = Scene(
        family="product", subjects=(*asked.subjects, Subject(kind="table", material="metal")), actions=asked.actions
    )
    table = next(s for s in families.build(asked, seed=1, seconds=2.0).solids if s.name == "table")
    assert table.substance == "bearing steel"
    assert table.material.metal == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bottle", "flacon"])
def test_the_crown_rises_when_the_product_meets_the_water(kind):
    stage = families.build(scene(kind, "splash"), seed=1, seconds=2.5)
    motion = moved(stage)
    lowest = np.array([corners(stage, motion, frame, kind)[:, 2].min() for frame in range(len(motion.poses))])
    (ring,), (crown,) = stage.rings, stage.particles
    met = int((lowest < 0).argmax())
    assert (met - 1) / FPS <= ring.time <= met / FPS
    cloud = crown.emit(motion)
    assert len(cloud(ring.time).radii) == 0
    assert len(cloud(ring.time + 0.06).radii) > 1000
    assert lowest[-1] == pytest.approx(-0.2 * np.ptp(corners(stage, motion, -1, kind)[:, 2]), rel=0.1)


@pytest.mark.parametrize("kind", GOODS)
def test_the_water_neither_covers_the_product_nor_lays_its_foot_bare(kind):
    stage = families.build(scene(kind, "splash"), seed=1, seconds=2.5)
    (ring,), (bed,) = stage.rings, (solid for solid in stage.solids if solid.name == "bed")
    goods = GOODS[kind](Brand.of(("red",), usual="blue"))
    foot = bed.position[2] + bed.size[2]
    top = foot + goods.low + goods.high
    water = ring.depth * waves.ring_table(ring.radius, reach=1.0, rows=200, seconds=2.0, columns=200)
    assert foot < water.min()
    assert water.max() < 0.2 * top


@pytest.mark.slow
def test_fruit_and_ice_fall_in_about_a_product_that_stands_in_the_water():
    stage = families.build(scene("can", "splash", "strawberry", "ice"), seed=1, seconds=2.5)
    pieces = [solid for solid in stage.solids if solid.floats]
    assert {piece.name.split()[0] for piece in pieces} == {"strawberry", "ice"}
    assert len(pieces) == len(stage.rings)
    (can,) = (solid for solid in stage.solids if solid.name == "can")
    assert not can.moves
    motion = moved(stage)
    spots = motion.poses[-1, :, :3]
    assert (np.hypot(spots[:, 0], spots[:, 1]) > can.size[0]).all(), "nothing is in the can"
    assert (np.abs(spots[:, 2]) < 0.05).all(), "ice and fruit float"


@pytest.mark.parametrize(
    ("prompt", "falls"),
    [
        ("A beer can splashes into ice water", True),
        ("A bottle drops into water with lemons", True),
        ("Ice cubes splash around a can", False),
    ],
)
def test_a_product_falls_among_ice_or_fruit_when_it_is_what_splashes(prompt, falls):
    found = read(prompt)
    stage = families.build(found, seed=1, seconds=2.5)
    (hero,) = (solid for solid in stage.solids if solid.name in {"can", "bottle"})
    assert hero.moves == falls
    adds = [solid for solid in stage.solids if solid.floats and solid is not hero and not solid.rides]
    assert len(adds) >= 3
    if falls:
        assert len(stage.rings) == 1 + sum(solid.launch.time > 0.0 for solid in adds)
        assert min(ring.time for ring in stage.rings) < 0.35, "the product is the first that falls in"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["can", "shoe", "phone"])
def test_a_sheet_hides_the_product_and_is_pulled_off_it(kind):
    stage = families.build(scene(kind, "reveal"), seed=1, seconds=3.0)
    motion = moved(stage, seconds=3.0)
    body = [solid for solid in stage.solids if solid.name == kind or solid.name.startswith(f"{kind}'s part")]
    points = np.concatenate(
        [turned(mesh_of(s).vertices, np.array((*s.position, *s.turn[1:], s.turn[0]), np.float32)) for s in body]
    )
    (sheet,) = motion.sheets
    low, high = points.min(0), points.max(0)
    first, last = sheet.vertices[0], sheet.vertices[-1]
    assert first[:, 2].max() > high[2]
    assert (first[:, :2].min(0) < low[:2]).all()
    assert (first[:, :2].max(0) > high[:2]).all()
    assert (np.linalg.norm(last[:, :2], axis=1).min() > np.linalg.norm(points[:, :2], axis=1).max()) or (
        last[:, 2].min() > high[2]
    )
    assert not {kind}.intersection(motion.names), "the product stands where it stood"


@pytest.mark.parametrize("kind", GOODS)
def test_the_brand_text_is_printed_where_there_is_a_label(kind):
    goods = GOODS[kind](Brand.of(("red", "white"), usual="blue", text="FIZZ"))
    printed = [paint for _, paint in goods.looks if paint.text == "FIZZ"]
    assert bool(printed) == goods.printed == (kind in PRINTED)
    assert all(paint.base != paint.accent for paint in printed)


@pytest.mark.parametrize("action", ["turntable", "drop", "splash", "reveal"])
def test_a_title_comes_late_and_not_at_all_when_the_label_bears_it(action):
    asked = scene("can", action, title="FIZZ")
    stage = families.build(asked, seed=1, seconds=4.0)
    assert 0.3 < stage.title_from < 3.5
    label = Scene(
        family="product", subjects=asked.subjects, actions=(*asked.actions, Action(name="print")), title="FIZZ"
    )
    assert families.build(label, seed=1, seconds=4.0).title_from == math.inf
    phone = Scene(family="product", subjects=(Subject(kind="phone"),), actions=label.actions, title="FIZZ")
    assert families.build(phone, seed=1, seconds=4.0).title_from < 3.5


def test_pale_goods_have_dark_print_and_dark_ones_white():
    for colour, dark in (("white", True), ("yellow", True), ("red", False), ("black", False)):
        brand = Brand.of((colour,), usual="blue", text="A")
        assert (sum(brand.accent) < 0.5) == dark


def plain(kind, *others, **more):
    subjects = (Subject(kind=kind, colours=("red",)), *(Subject(kind=other) for other in others))
    return Scene(family="product", subjects=subjects, **more)


def test_what_is_named_without_an_action_is_shown_all_the_same():
    table = families.build(plain("bottle", "table"), seed=1, seconds=2.0)
    (top,) = (solid.position[2] + solid.size[2] for solid in table.solids if solid.name == "table")
    (turning,) = (solid for solid in table.solids if solid.name == "turntable")
    assert turning.position[2] - turning.size[1] == pytest.approx(top)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("prompt", "lying"),
    [
        ("Two green bottles and one red apple on a table", ["apple"]),
        ("A can with ice cubes and lemons", ["ice"] * 4 + ["lemon"] * 2),
        ("A jar with strawberries on a marble podium", ["strawberry"] * 2),
        ("A cardboard box falls onto a table with apples", ["apple"] * 2),
    ],
)
def test_ice_and_fruit_lie_about_a_product_where_no_water_is_asked_for(prompt, lying, seed):
    found = read(prompt)
    stage = families.build(found, seed=seed, seconds=2.0)
    assert not stage.waves
    pieces = [solid for solid in stage.solids if solid.name.split()[0] in garnish.FRUIT or "ice " in solid.name]
    assert sorted(piece.name.split()[0] for piece in pieces) == sorted(lying)
    carriers = {solid.name: solid for solid in stage.solids if solid.name in garnish.CARRIERS}
    assert set(carriers) == set(found.kinds).intersection(garnish.CARRIERS)
    top = sum(solid.position[2] + solid.size[-1] for solid in carriers.values())
    turning = next((solid.size[0] for solid in stage.solids if solid.name == "turntable"), 0.0)
    clouds = [turned(mesh_of(p).vertices, np.array((*p.position, *p.turn[1:], p.turn[0]), np.float32)) for p in pieces]
    low, high = stage.shot.points.min(0), stage.shot.points.max(0)
    for k, cloud in enumerate(clouds):
        assert cloud[:, 2].min() == pytest.approx(top, abs=1e-3)
        assert np.hypot(*cloud[:, :2].T).min() > max(turning, 0.04)
        assert (cloud[:, :2] > low[:2]).all()
        assert (cloud[:, :2] < high[:2]).all()
        if "podium" in carriers:
            assert np.hypot(*cloud[:, :2].T).max() < carriers["podium"].size[0]
        for other in clouds[:k]:
            assert np.linalg.norm(cloud[:, None, :2] - other[None, :, :2], axis=2).min() > 0.002


def test_a_table_is_claimed_where_fruit_lies_on_it_and_not_in_water():
    assert "table" in read("Two green bottles and one red apple on a table").words.understood
    assert "podium" not in read("A can splashes among lemons on a podium").kinds


def test_fruit_that_falls_on_a_table_does_so_beside_the_product():
    stage = families.build(read("A lemon falls onto a table beside a bottle"), seed=1, seconds=2.0)
    fallen = [solid for solid in stage.solids if solid.name.startswith("lemon")]
    assert fallen
    assert all(solid.launch.position[2] > 0.9 for solid in fallen)
    assert not stage.rings
    motion = moved(stage)
    ends = motion.poses[-1, [motion.names.index(solid.name) for solid in fallen], :3]
    assert (ends[:, 2] > 0.72).all()
    assert (np.hypot(ends[:, 0], ends[:, 1]) < 0.3).all()


def test_fruit_has_the_colour_that_is_named():
    stage = families.build(read("A bottle and a green apple on a table"), seed=1, seconds=2.0)
    assert {s.material.base for s in stage.solids if s.name.startswith("apple")} == {COLOURS["green"]}


def test_a_splash_is_in_its_setting_and_over_its_floor():
    bare, beach, wood = (
        families.build(scene("can", "splash", **where), seed=1, seconds=2.0)
        for where in ({}, {"setting": "beach"}, {"floor": "wood"})
    )
    assert "wall" in {solid.name for solid in bare.solids}
    assert "wall" not in {solid.name for solid in beach.solids}
    assert beach.light.horizon != bare.light.horizon
    beds = [next(solid for solid in stage.solids if solid.name == "bed") for stage in (bare, wood)]
    assert beds[0].material.pattern != beds[1].material.pattern


def test_a_phone_splashes_into_water_that_it_can_stand_in():
    stage = families.build(scene("phone", "splash"), seed=1, seconds=2.0)
    (bed,) = (solid for solid in stage.solids if solid.name == "bed")
    assert bed.position[2] + bed.size[2] < -0.02


@pytest.mark.parametrize("kind", ["parcel", "can"])
def test_a_named_material_is_seen(kind):
    usual, wooden = (GOODS[kind](Brand.of((), usual="blue", material=name)) for name in ("", "wood"))
    assert usual.looks[0][1].roughness != wooden.looks[0][1].roughness
    if kind == "parcel":
        assert wooden.substance == "wood"


def test_a_shoe_wears_panels_that_stand_out_and_lie_on_it():
    for colours in (("red",), ("white",), ("blue", "yellow")):
        looks = GOODS["shoe"](Brand.of(colours, usual="blue")).looks
        upper, panels = looks[1], looks[3]
        assert max(abs(a - b) for a, b in zip(upper[1].base, panels[1].base, strict=True)) > 0.3
        assert np.isfinite(panels[0].normals).all()
        over = np.abs(panels[0].vertices).max(0) - np.abs(upper[0].vertices).max(0)
        assert (over < 0.002).all()


def test_a_bottle_s_cap_has_its_own_colour():
    stage = families.build(read("A white bottle with a blue cap on a turntable"), seed=1, seconds=2.0)
    body, cap = (next(s for s in stage.solids if s.name == name) for name in ("bottle", "bottle's part 2"))
    assert min(body.material.base) > 0.3
    assert cap.material.base == COLOURS["blue"]


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ("a bottle without a cap rotates slowly", 1),
        ("a glass bottle, no bottle cap, rotates", 0),
        ("a perfume bottle without a cap rotates slowly", 1),
        ("a jar of honey without a lid rotates", 0),
        ("eine Flasche ohne Deckel dreht sich langsam", 1),
    ],
)
def test_a_cap_that_is_denied_is_left_off(prompt, parts):
    """It has one part fewer than with its cap, is lower, and the mouth of what is hollow is open."""
    kind = read(prompt).subjects[0].kind
    usual = read(prompt.replace("without a", "with a").replace("no ", "a ").replace("ohne", "mit einem"))
    bare, closed = (families.build(one, seed=1, seconds=2.0).solids for one in (read(prompt), usual))
    worn = [[solid for solid in solids if solid.name.startswith(f"{kind}'s part")] for solids in (bare, closed)]
    assert [len(each) for each in worn] == [parts, parts + 1]
    body = next(solid for solid in bare if solid.name == kind)
    tops = [max(s.look.vertices[:, 2].max() for s in solids if s.name.startswith(kind)) for solids in (bare, closed)]
    assert tops[0] < tops[1]
    if kind != "flacon":
        axis = np.linalg.norm(body.look.vertices[:, :2], axis=1) < 0.001
        assert body.look.vertices[axis, 2].max() < 0.02


def test_a_cap_that_is_asked_for_beside_one_that_is_denied_is_shown():
    asked = read("A bottle without a cap and a bottle with a blue cap")
    assert asked.words.ignored == ("cap",) or "cap" in asked.words.understood
    solids = families.build(asked, seed=1, seconds=2.0).solids
    assert COLOURS["blue"] in {solid.material.base for solid in solids}


@pytest.mark.parametrize("kind", ["bottle", "jar", "cup"])
def test_a_hollow_product_of_glass_is_clear_and_its_faces_look_outwards(kind):
    (mesh, glass), *worn = GOODS[kind](Brand.of((), usual="blue", material="glass")).looks
    assert glass.clear > 0.5
    assert all(material.clear == 0 for _, material in worn)
    a, b, c = (mesh.vertices[mesh.faces[:, k]].astype(float) for k in range(3))
    facets = np.cross(b - a, c - a)
    assert ((facets * mesh.normals[mesh.faces].mean(1)).sum(1) > 0).all()
    # Of what closes upon itself the volume is that of the walls alone.
    walls = (a * facets).sum() / 6
    radius, high = np.linalg.norm(mesh.vertices[:, :2], axis=1).max(), np.ptp(mesh.vertices[:, 2])
    assert 0.02 < walls / (math.pi * radius**2 * high) < 0.4


def test_a_bottle_of_glass_wears_a_label_only_where_one_is_asked_for():
    bare, labelled = (GOODS["bottle"](Brand.of((), usual="blue", material="glass", text=text)) for text in ("", "FIZZ"))
    assert [material.text for _, material in bare.looks] == ["", ""]
    assert [material.text for _, material in labelled.looks] == ["", "FIZZ", ""]


def test_a_product_bears_its_label_and_the_picture_its_title():
    scene = read('A can of "Zesty Orange" soda on ice, title card "Taste the sun"')
    stage = families.build(scene, seed=1, seconds=2.0)
    assert stage.title == "Taste the sun"
    assert stage.title_from < 2.0
    assert "Zesty Orange" in {solid.material.text for solid in stage.solids}
    printed = families.build(read('A can labelled "Zesty", title "Taste the sun"'), seed=1, seconds=2.0)
    assert printed.title_from < 2.0


@pytest.mark.parametrize("prompt", ["A cup of coffee", "A mug of coffee on a table", "A cup of tea"])
def test_a_cup_of_coffee_is_white_and_looked_into(prompt):
    found = read(prompt)
    assert found.words.ignored == ()
    stage = families.build(found, seed=1, seconds=2.0)
    cup, coffee = (next(s for s in stage.solids if s.name == name) for name in ("cup", "cup's part 1"))
    assert min(cup.material.base) > 0.6
    assert max(coffee.material.base) < 0.1
    rim, brim = cup.look.vertices[:, 2].max(), coffee.look.vertices[:, 2].max()
    wide = np.ptp(coffee.look.vertices[:, 1])
    assert math.tan(math.radians(stage.shot.elevation)) * wide > 2 * (rim - brim)
    (brown,) = (s for s in families.build(read("A brown cup of coffee"), seed=1, seconds=2.0).solids if s.name == "cup")
    assert brown.material.base == COLOURS["brown"]
