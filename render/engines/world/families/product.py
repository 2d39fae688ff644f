"""A product and what an advertisement does with it: it turns, falls, is unveiled or plunges into water."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Protocol

import numpy as np

from render.engines.world import geometry, lexicon, places
from render.engines.world.families import falls, garnish, parts, plunge, unveiling
from render.engines.world.families.brand import Brand, Goods
from render.engines.world.families.goods import GOODS
from render.engines.world.materials import Material, Pattern
from render.engines.world.scene import Scene, Subject
from render.engines.world.shot import Shot
from render.engines.world.stage import Joint, JointKind, Launch, Shape, Solid, Stage

TABLE_HALF = 0.009
TOP = 2 * TABLE_HALF
TABLE_RIM = 0.028
"""Metres of the turntable that show round the product."""
LEAST_RADIUS = 0.065
FALL = 0.0005
"""Metres the product is let go above the turntable."""
ROOM = 0.05
"""Metres about a product that falls in which nothing lies."""
TITLE = 0.22
"""Share of the action's height that is left free for a title below it."""
LEVEL = 5.0
"""Degrees above a product from which the place behind it is seen, where the prompt names one."""
STEEP = 20.0
"""Degrees from which a product that lies is looked down upon."""
INTO = 24.0
"""Degrees from which an open product is looked into."""
COLOURED = ("red", "teal", "blue", "orange", "green", "purple")
"""What a product may be for which the prompt names no colour; a cup is white."""
SHOWS_FRONT = 1.3
"""Seconds at which a turntable has brought the product's front to the camera."""


class Show(Protocol):
    """One thing that an advertisement does."""

    def __call__(self, goods: Goods, hero: str, scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
        """``hero`` is the name of the product's body; ``scene`` has the product's colours first."""
        ...


def _turned(goods: Goods, hero: str, scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    radius = max(goods.wide + TABLE_RIM, LEAST_RADIUS)
    speed = float(rng.choice([-1, 1])) * float(rng.uniform(0.75, 0.95))
    start = goods.front - speed * min(SHOWS_FRONT, 0.5 * seconds) + float(rng.uniform(-0.2, 0.2))
    stage_radius = (2.8 if garnish.added(scene) else 1.5) * radius
    under, top = falls.support(scene, radius=stage_radius, high=0.45 * (goods.low + goods.high))
    table = Solid(
        name="turntable",
        shape=Shape.CYLINDER,
        size=(radius, TABLE_HALF),
        substance="plastic",
        material=Material(pattern=Pattern.BRUSHED, base=(0.34, 0.34, 0.35), gloss=0.4, mirror=0.6, facing=0.08),
        position=(0.0, 0.0, top + TABLE_HALF),
        joint=Joint(kind=JointKind.HINGE, speed=speed, drive=speed),
        round=True,
        look=geometry.cylinder(radius, TABLE_HALF, bevel=0.003, sides=128),
    )
    foot = top + TOP + goods.low + FALL
    launch = Launch(
        time=0.0, position=(0.0, 0.0, foot), spin=(0.0, 0.0, speed), turn=parts.about((0.0, 0.0, 1.0), start)
    )
    place = places.build(scene.setting or "studio", scene=scene, rng=rng, clearing=0.5)
    rings = ((radius, top), (goods.wide, foot + goods.high))
    points = np.array([(x, y, z) for r, z in rings for x, y in ((-r, 0), (r, 0), (0, -r), (0, r))], float)
    return place.stage(
        solids=(*under, table, *goods.solids(hero, launch=launch)),
        shot=Shot(
            points=points,
            azimuth=-90 + float(rng.uniform(-6, 6)),
            elevation=INTO if goods.open else 13.0,
            field_of_view=30,
            margin=0.85,
        ),
        title_from=0.4 * seconds,
    )


SHOWS: dict[str, Show] = {
    "splash": plunge.show,
    "reveal": unveiling.show,
    "drop": falls.show,
    "turntable": _turned,
}
"""By action; of several that a prompt asks for, the first here is shown."""


def _chosen(scene: Scene, hero: str) -> Show:
    """What is shown of all that a prompt asks for.

    No sheet lies over ice and fruit; where they are and nothing to fall on, what falls does so into water.
    """
    asked = {action.name for action in scene.actions}
    if garnish.added(scene) and "splash" not in asked:
        if "drop" in asked and not set(scene.kinds).intersection(garnish.CARRIERS):
            return plunge.show
        return falls.show if plunge.drops(hero, scene) else _turned
    return next((SHOWS[name] for name in SHOWS if name in asked), _turned)


def _clear(goods: Goods, stage: Stage) -> float:
    """Metres from a product's axis to where ice and fruit may lie."""
    spread = max(goods.wide, goods.high if goods.lies else 0.0) + ROOM
    return next((solid.size[0] for solid in stage.solids if solid.name == "turntable"), spread)


def _above_title(shot: Shot) -> Shot:
    """The shot with room under its action, where the title stands."""
    low, high = shot.points.min(0), shot.points.max(0)
    foot = [(x, y, low[2] - TITLE * (high[2] - low[2])) for x in (low[0], high[0]) for y in (low[1], high[1])]
    return replace(shot, points=np.concatenate([shot.points, foot]))


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`."""
    kind = next((kind for kind in scene.kinds if kind in GOODS), "bottle")
    subject = parts.subject_of(scene, kind)
    usual = str(rng.choice(COLOURED))
    usual = "white" if kind == "cup" else usual
    made = "card" if kind == "parcel" else ""
    asked = {action.name for action in scene.actions}
    known = lexicon.load().families[scene.family]
    goods = GOODS[kind](
        Brand.of(
            subject.colours,
            usual=usual,
            accent=next((other.colours[0] for other in scene.subjects if other.kind == "cap" and other.colours), ""),
            text=scene.label or scene.title,
            label="print" in asked,
            material=subject.material or made,
            capped="cap" in scene.kinds or all(known.subjects.get(word) != "cap" for word in scene.without),
        )
    )
    show = _chosen(scene, kind)
    hero = Subject(kind=kind, colours=subject.colours or (usual,), material=subject.material)
    others = tuple(other for other in scene.subjects if other is not subject)
    stage = show(goods, kind, replace(scene, subjects=(hero, *others)), rng=rng, seconds=seconds)
    if garnish.added(scene) and show is not plunge.show:
        stage = garnish.laid(stage, scene, clear=_clear(goods, stage), rng=rng)
    shot = replace(stage.shot, heart=1.0)
    if scene.setting and not stage.light.indoors and shot.elevation < STEEP:
        shot = replace(shot, elevation=min(shot.elevation, LEVEL))
    stage = replace(stage, shot=shot)
    if goods.printed and "print" in asked and not scene.label:
        return replace(stage, title_from=math.inf)
    return replace(stage, shot=_above_title(stage.shot)) if scene.title else stage
