"""A product drops into shallow water and throws a crown; or fruit and ice fall into the water that it stands in."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry, particles, places
from render.engines.world.families import garnish, parts
from render.engines.world.families.brand import Goods
from render.engines.world.materials import COLOURS, Colour, Material
from render.engines.world.particles import Impact
from render.engines.world.physics import GRAVITY
from render.engines.world.places import scenery, studio
from render.engines.world.scene import Scene, Subject
from render.engines.world.shot import Shot
from render.engines.world.stage import Launch, Ring, Solid, Stage, Water, Wave

WADES = 0.2
"""Share of the product's height that stands under water."""
DENT = 0.6
"""Share of that up to which the product dents the water, which rebounds nearly as high."""
COOL: tuple[Colour, Colour] = ((0.74, 0.86, 0.92), (0.16, 0.36, 0.52))
"""The backdrop's foot and head behind warm colours."""
WARM: tuple[Colour, Colour] = ((0.95, 0.80, 0.70), (0.52, 0.26, 0.22))
WALL = 3.0
"""Metres to the wall behind."""
BETWEEN = 0.7
"""Seconds between two pieces that fall in."""
MOST = 5
CALM = 0.6
"""Share of its speed at which a small piece throws water up."""
AFLOAT, LATER = 3, 0.5
"""Pieces in the water before the product falls in, and seconds after it at which the first of the others falls."""


def _wall() -> geometry.Mesh:
    """A wall in a bow behind the water."""
    angle = np.radians(np.linspace(15, 165, 61))
    x, y = (WALL * np.cos(angle), WALL * np.sin(angle))
    rows = [np.stack([x, y, np.full(61, z)], 1) for z in (-0.4, 2.5)]
    index = np.arange(122).reshape(2, 61)
    a, b, c, d = index[0, :-1], index[0, 1:], index[1, 1:], index[1, :-1]
    faces = np.concatenate([np.stack([a, c, b], 1), np.stack([a, d, c], 1)])
    return geometry.smooth(np.concatenate(rows), faces)


def _ripples(rng: np.random.Generator) -> tuple[Wave, ...]:
    """Water that is nearly still."""
    return tuple(
        Wave(
            wavelength=float(rng.uniform(0.12, 0.6)),
            heading=float(rng.uniform(0, 2 * math.pi)),
            amplitude=float(rng.uniform(1e-4, 3e-4)),
            phase=float(rng.uniform(0, 2 * math.pi)),
        )
        for _ in range(8)
    )


def _entry(
    time: float, at: tuple[float, float], speed: float, radius: float, *, most: float = math.inf
) -> tuple[Ring, Impact]:
    """The ring and the splash of something that meets the water; the ring's dent is at ``most`` so many metres deep."""
    ring = Ring(time=time, position=at, radius=1.5 * radius, depth=min(0.9 * radius, most))
    return ring, Impact(time=time, position=(*at, 0.0), velocity=(0.0, 0.0, -speed), size=radius)


def _pieces(
    adds: list[Subject], goods: Goods, *, rng: np.random.Generator, seconds: float, begin: float, afloat: int
) -> tuple[list[Solid], list[Ring], list[Impact]]:
    """Ice or fruit that falls in about the product from ``begin`` on, with its rings and impacts.

    As many pieces as ``afloat`` are in the water before.
    """
    solids, rings, impacts = [], [], []
    starts = np.arange(begin, max(begin + 0.01, seconds - 0.4), BETWEEN)[:MOST].tolist()
    for k, start in enumerate([0.0] * afloat + starts):
        kind, form = garnish.piece(adds[k % len(adds)], rng)
        reach = 1.4 * form["size"][0]
        angle = math.radians(-90 + (-1) ** k * float(rng.uniform(40, 100)))
        away = goods.wide + reach + float(rng.uniform(0.015, 0.05)) + (reach if k < afloat else 0.0)
        at, fall = (away * math.cos(angle), away * math.sin(angle)), float(rng.uniform(0.24, 0.34))
        axis = rng.normal(size=3)
        x, y, z = (float(v) for v in rng.uniform(-6, 6, 3))
        launch = Launch(
            time=round(start, 3),
            position=(*at, 0.0 if k < afloat else fall + reach),
            spin=(0.0, 0.0, 0.0) if k < afloat else (x, y, z),
            turn=parts.about((axis / np.linalg.norm(axis)).tolist(), float(rng.uniform(0, 3))),
        )
        solids.append(Solid(name=f"{kind} {k + 1}", substance="ice", floats=True, launch=launch, **form))
        if k < afloat:
            continue
        speed = math.sqrt(2 * GRAVITY * fall)
        ring, impact = _entry(start + speed / GRAVITY, at, CALM * speed, 0.8 * form["size"][0])
        rings.append(ring)
        impacts.append(impact)
    return solids, rings, impacts


def drops(hero: str, scene: Scene) -> bool:
    """Whether the product itself falls in: where nothing else does, or where the prompt says that it does so."""
    own = any(action.subject == hero and action.name in {"splash", "drop"} for action in scene.actions)
    return own or not garnish.added(scene)


def show(goods: Goods, hero: str, scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.product.Show`."""
    tall = goods.low + goods.high
    deep = WADES * tall
    adds = garnish.added(scene)
    azimuth = float(rng.uniform(-10, 10))
    yaw = parts.about((0.0, 0.0, 1.0), goods.front + math.radians(azimuth) + float(rng.uniform(-0.12, 0.12)))
    solids: list[Solid] = []
    rings: list[Ring] = []
    impacts: list[Impact] = []
    begin, afloat, last = 0.04, 0, 0.5 * seconds
    if drops(hero, scene):
        fall = float(rng.uniform(0.30, 0.42))
        lean = float(rng.choice([-1, 1])) * float(rng.uniform(0.001, 0.002))
        turn = parts.after(yaw, parts.about((0.0, 1.0, 0.0), lean))
        launch = Launch(time=0.0, position=(0.0, 0.0, goods.low + fall), turn=turn)
        solids += goods.solids(hero, launch=launch, floats=True)
        met = math.sqrt(2 * fall / GRAVITY)
        ring, impact = _entry(met, (0.0, 0.0), GRAVITY * met, 0.75 * goods.wide, most=DENT * deep)
        rings, impacts = [ring], [impact]
        begin, afloat, last = met + LATER, AFLOAT, met + 0.4
    else:
        solids += goods.solids(hero, at=(0.0, 0.0, goods.low - deep), turn=yaw)
    if adds:
        fallen = _pieces(adds, goods, rng=rng, seconds=seconds, begin=begin, afloat=afloat)
        solids, rings, impacts = solids + fallen[0], rings + fallen[1], impacts + fallen[2]
    splash = particles.crown(impacts, rng=rng)
    place = places.build(scene.setting or "studio", scene=scene, rng=rng, clearing=0.75)
    own = scene.setting in {"", "studio"}
    paint = place.ground if scene.floor or not own else Material(base=(0.02, 0.10, 0.13))
    bed = parts.fixed(
        "bed",
        (4.0, 4.0, 0.1),
        (0.0, 0.0, -deep - 0.1),
        ("cloth", paint),
        look=geometry.box((4.0, 4.0, 0.1)),
    )
    backdrop = WARM if scene.subjects[0].colours[0] in {"blue", "teal", "white", "silver"} else COOL
    if papers := studio.paper_of(scene):
        red, green, blue = COLOURS[papers[0]]
        backdrop = ((red, green, blue), (0.5 * red, 0.5 * green, 0.5 * blue))
    foot, head = (studio.at_hour(colour, scene.light) for colour in backdrop)
    lamp = replace(place.light, horizon=foot, zenith=head, haze=0.0) if own else place.light
    wall = scenery.prop("wall", _wall(), Material(base=foot, gloss=0.0))
    around = (wall,) if own else place.solids
    return Stage(
        solids=(*around, bed, *solids),
        particles=(splash,),
        light=lamp,
        waves=_ripples(rng),
        rings=tuple(rings),
        water=Water(deep=(0.01, 0.09, 0.15), shallow=(0.07, 0.34, 0.42), clarity=0.10, foam=0.0),
        ambience=place.ambience,
        room=place.room,
        shot=Shot(
            points=parts.corners(
                (-1.9 * goods.wide, -1.5 * goods.wide, 0.0),
                (1.9 * goods.wide, 1.5 * goods.wide, max(1.15 * (tall - deep), 0.12)),
            ),
            azimuth=-90 + azimuth,
            elevation=float(rng.uniform(5, 8)),
            field_of_view=32,
            margin=0.84,
        ),
        title_from=min(last, 0.6 * seconds),
    )
