"""A photographer's studio: a sweep of paper in a tint of the backdrop's or of the first colour, and plain forms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.light import LIGHTS, Colour, indoors
from render.engines.world.materials import COLOURS, Material
from render.engines.world.places import scenery
from render.engines.world.places.place import Place
from render.engines.world.scene import BACKDROP, Scene
from render.engines.world.stage import Room, Solid

ROOM = Room(size=(9.0, 8.0, 4.0), absorption=0.55)
BARE = 1.0
"""Metres: a narrower clearing is for one small thing, and nothing else stands about it."""
ASKED = 0.88
"""How strong a backdrop's colour is that the prompt names."""
LIKE = 0.45
"""Times as strong in a colour that what is shown has too: it shall stand out."""
DIM: dict[str, Colour] = {"night": (0.11, 0.14, 0.21), "blue hour": (0.36, 0.42, 0.56)}
"""What the paper's colour is multiplied by at an hour."""
KEY = {"night": 3.0, "blue hour": 1.7}
"""Times a room's lamp at an hour: a spot on what is shown, before dark paper."""
PALE = 0.35
"""The strongest part of a colour from which paper is as light as paper can be: black paper is dark."""
TONES = ("teal", "orange", "pink", "blue", "yellow", "purple")
"""Of the paper when the scene names no colour."""


def _tinted(colour: Colour, base: Colour, strength: float) -> Colour:
    red, green, blue = (b * (1.0 - strength * (1.0 - c / max(colour))) for c, b in zip(colour, base, strict=True))
    return red, green, blue


def _scaled(colour: Colour, share: float) -> Colour:
    red, green, blue = colour
    return share * red, share * green, share * blue


def at_hour(paper: Colour, hour: str) -> Colour:
    """The colour of paper that is dark, and a little blue, when it is dark outside."""
    red, green, blue = (c * d for c, d in zip(paper, DIM.get(hour, (1.0, 1.0, 1.0)), strict=True))
    return red, green, blue


def paper_of(scene: Scene) -> tuple[str, ...]:
    """The colours that the prompt names for the backdrop."""
    return next((subject.colours for subject in scene.subjects if subject.kind == BACKDROP), ())


def _forms(rng: np.random.Generator, clearing: float, tones: list[Colour]) -> list[Solid]:
    """Plinths, balls, arches and steps of plain paint in two groups behind the clearing, as a set designer has them."""
    solids: list[Solid] = []
    unit = 0.17 * clearing + 0.08
    for side in (-1, 1):
        x = side * clearing * float(rng.uniform(0.7, 1.0))
        for k in range(int(rng.integers(3, 5))):
            size = unit * float(rng.uniform(0.5, 1.0)) * (1.0 if k else 1.35)
            at = (x, 1.3 * clearing + size + float(rng.uniform(0.1, 0.5)) + (0.9 * unit if k == 0 else 0.0))
            x += side * (size + unit * float(rng.uniform(0.45, 0.9)))
            paint = Material(base=tones[int(rng.integers(len(tones)))], gloss=0.25, mirror=0.12, roughness=0.4)
            kind = ("plinth", "ball", "arch", "steps")[int(rng.integers(4)) if k else 2 * int(rng.integers(2))]
            if kind == "plinth":
                high = size * float(rng.uniform(0.5, 1.5))
                looks = [geometry.move(geometry.cylinder(0.8 * size, high, bevel=0.03 * size), (0.0, 0.0, high))]
            elif kind == "ball":
                looks = [geometry.move(geometry.sphere(0.62 * size), (0.0, 0.0, 0.62 * size))]
            elif kind == "arch":
                bow = [(1.1 * size * math.cos(a), 0.0, 1.1 * size * math.sin(a)) for a in np.linspace(0, math.pi, 40)]
                looks = [geometry.tube([(bow[0][0], 0.0, -0.1), *bow, (bow[-1][0], 0.0, -0.1)], 0.26 * size, sides=28)]
            else:
                looks = [
                    geometry.move(
                        geometry.box((0.9 * size - 0.3 * size * s, 0.7 * size, 0.2 * size), bevel=0.02 * size),
                        (0.3 * size * s, 0.0, 0.2 * size * (2 * s + 1)),
                    )
                    for s in range(3)
                ]
            angle = float(rng.uniform(-0.35, 0.35))
            name = f"paper {kind} {len(solids) + 1}"
            solids.append(scenery.prop(name, geometry.join(looks), paint, (*at, 0.0), angle=angle))
    return solids


def lay(scene: Scene, *, rng: np.random.Generator, clearing: float) -> Place:
    """See :class:`render.engines.world.places.place.Lay`. What stands in it is behind the clearing."""
    lamp = indoors(LIGHTS["studio"].turned(float(rng.uniform(-20, 20))), scene.light)
    lamp = replace(lamp, sun=_scaled(lamp.sun, KEY.get(scene.light, 1.0)))
    named = paper_of(scene)
    strength = float(rng.uniform(0.40, 0.62)) * (LIKE if scene.colours else 1.0)
    tone = str(rng.choice(TONES))
    colour = COLOURS[(named or (*scene.colours, tone))[0]]
    shade = min(max(colour) / PALE, 1.0) if named else 1.0
    strength = ASKED if named else strength

    def tinted(base: Colour) -> Colour:
        return at_hour(_tinted(colour, _scaled(base, shade), strength), scene.light)

    horizon, zenith = tinted(lamp.horizon), tinted(lamp.zenith)
    dim: Colour = (0.42 * zenith[0], 0.42 * zenith[1], 0.42 * zenith[2])
    paper = Material(base=tinted((0.52, 0.51, 0.50)), gloss=0.2, mirror=0.35, roughness=0.12)
    forms: list[Solid] = []
    if clearing >= BARE:
        sun, ambient = lamp.sun, lamp.ambient
        lamp = replace(
            lamp,
            sun=(1.25 * sun[0], 1.22 * sun[1], 1.16 * sun[2]),
            elevation=min(lamp.elevation, 46.0),
            ambient=(0.62 * ambient[0], 0.63 * ambient[1], 0.66 * ambient[2]),
        )
        pale = _tinted(colour, (0.78, 0.77, 0.75), 0.75 * strength)
        rich = _tinted(colour, (0.55, 0.54, 0.53), min(1.25 * strength, 0.9))
        forms = _forms(rng, clearing, [pale, rich, (0.74, 0.72, 0.69)])
    return Place(
        solids=tuple(forms),
        ground=paper,
        light=replace(lamp, horizon=horizon, zenith=dim, haze=min(0.05, 0.18 / (clearing + 2.0))),
        ambience=("studio",),
        room=ROOM,
    )
