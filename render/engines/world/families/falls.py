"""A product falls onto a table, a podium or the ground, bounces, wobbles and settles."""

from __future__ import annotations

import math

import numpy as np

from render.engines.world import geometry, places
from render.engines.world.families import parts
from render.engines.world.families.brand import Goods
from render.engines.world.materials import Colour, Material
from render.engines.world.scene import Scene, Subject
from render.engines.world.shot import Shot
from render.engines.world.stage import Launch, Quaternion, Shape, Solid, Stage

HEIGHT = 0.72
"""Of a table."""
HALF = (0.46, 0.34, 0.016)
"""Of its top."""
PODIUM = 0.05
GREY: Colour = (0.62, 0.61, 0.59)
"""Of a podium for which the prompt names no colour."""
BACK = parts.about((1.0, 0.0, 0.0), -math.pi / 2)
"""Turns the front up."""


def table(subject: Subject) -> tuple[list[Solid], float]:
    """A table of the subject's material, and the height of its top."""
    substance, material = parts.stuff(subject.material, "wood", parts.paint(subject, None))
    leg = geometry.lathe([(0, 0), (0.014, 0), (0.024, HEIGHT - 0.03), (0, HEIGHT - 0.03)], sides=24)
    legs = [geometry.move(leg, (x, y, 0.0)) for x in (-0.38, 0.38) for y in (-0.27, 0.27)]
    skirt = [geometry.move(geometry.box((0.38, 0.009, 0.03)), (0.0, y, HEIGHT - 0.06)) for y in (-0.27, 0.27)]
    skirt += [geometry.move(geometry.box((0.009, 0.27, 0.03)), (x, 0.0, HEIGHT - 0.06)) for x in (-0.38, 0.38)]
    top = parts.fixed(
        "table", HALF, (0.0, 0.0, HEIGHT - HALF[2]), (substance, material), look=geometry.box(HALF, bevel=0.006)
    )
    return [top, parts.shown_on("", "table's legs", geometry.join([*legs, *skirt]), material)], HEIGHT


def support(scene: Scene, *, radius: float, high: float) -> tuple[list[Solid], float]:
    """The table or the podium that a prompt names, and the height of its top; nothing, and 0, if it names neither."""
    for subject in scene.subjects:
        if subject.kind == "table":
            return table(subject)
        if subject.kind == "podium":
            return [podium(radius, high, subject)], high
    return [], 0.0


def podium(radius: float, high: float, subject: Subject) -> Solid:
    """A round stage of the subject's material, of painted wood if it has none."""
    colour = parts.paint(subject, None)
    paint = Material(base=colour or GREY, gloss=0.3, mirror=0.35, facing=0.04, roughness=0.25)
    substance, material = parts.stuff(subject.material, "wood", colour) if subject.material else ("wood", paint)
    return Solid(
        name="podium",
        shape=Shape.CYLINDER,
        size=(radius, high / 2),
        substance=substance,
        material=material,
        position=(0.0, 0.0, high / 2),
        look=geometry.cylinder(radius, high / 2, bevel=0.004, sides=128),
    )


def _pose(goods: Goods, towards: float, rng: np.random.Generator) -> Quaternion:
    """How it comes down, its front turned ``towards`` radians off −y.

    A tall thing stands in the end only if it lands on all of its foot; else it topples.
    """
    aside = float(rng.uniform(0, 2 * math.pi))
    yaw = parts.about((0.0, 0.0, 1.0), goods.front + towards)
    leaning = parts.about((math.cos(aside), math.sin(aside), 0.0), goods.tilt)
    return parts.after(parts.after(BACK, yaw) if goods.lies else yaw, leaning)


def show(goods: Goods, hero: str, scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.product.Show`."""
    tall = 2 * goods.thick if goods.lies else goods.low + goods.high
    wide = max(goods.wide, goods.high if goods.lies else 0.0)
    radius = max(0.26, 2.2 * wide)
    solids, top = support(scene, radius=radius, high=PODIUM)
    if not solids and not scene.floor and scene.setting in {"", "studio"}:
        solids, top = [podium(radius, PODIUM, Subject(kind="podium"))], PODIUM
    place = places.build(scene.setting or "studio", scene=scene, rng=rng, clearing=0.75)
    azimuth = float(rng.uniform(-14, 14))
    towards = math.radians(azimuth) + float(rng.uniform(-0.2, 0.2))
    foot = (goods.thick if goods.lies else goods.low) + math.sin(goods.tilt) * wide
    launch = Launch(
        time=0.0,
        position=(0.0, 0.0, top + foot + float(rng.uniform(0.18, 0.26))),
        spin=(0.0, 0.0, float(rng.uniform(-0.4, 0.4))),
        turn=_pose(goods, towards, rng),
    )
    high, deep = top + 1.14 * tall + 0.02, 1.1 * wide
    return place.stage(
        solids=(*solids, *goods.solids(hero, launch=launch)),
        shot=Shot(
            points=parts.corners((-1.1 * goods.wide, -deep, top), (1.1 * goods.wide, deep, high)),
            azimuth=-90 + azimuth,
            elevation=42.0 if goods.lies else float(rng.uniform(11, 16)),
            field_of_view=30,
            margin=0.86,
        ),
        title_from=min(0.5 * seconds, 1.0),
    )
