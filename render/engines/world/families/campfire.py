"""A campfire: logs in a ring of stones, flames, sparks where the wood cracks, smoke, and light on all that is near."""

from __future__ import annotations

import math

import numpy as np

from render.engines.world import geometry, particles, places
from render.engines.world.families import parts
from render.engines.world.materials import MATERIALS, Material, Pattern
from render.engines.world.places import scenery
from render.engines.world.scene import Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Solid, Stage

USUAL = ("forest", "meadow", "beach", "desert")
"""Places from which a seed picks when the prompt names none."""
CHARRED = Material(pattern=Pattern.BARK, base=(0.012, 0.010, 0.009), accent=(0.05, 0.042, 0.036), scale=0.03, gloss=0.0)
CUT = Material(pattern=Pattern.PLAIN, base=(0.32, 0.20, 0.10), gloss=0.05)
EMBER = Material(base=(1.0, 0.20, 0.025), glow=1.1)
ASH = Material(pattern=Pattern.SOIL, base=(0.03, 0.028, 0.027), accent=(0.12, 0.115, 0.11), gloss=0.0)
KILOWATTS = 55.0
SMOKE = (0.20, 0.20, 0.21)
"""Of dry wood: thin and bluish."""


def _log(start: np.ndarray, end: np.ndarray, radius: float) -> tuple[geometry.Mesh, geometry.Mesh]:
    """Bark from ``start`` to ``end``, and the wood that its cut ends show."""
    along = 0.003 * (end - start) / np.linalg.norm(end - start)
    return geometry.rod(start, end, radius, sides=16), geometry.rod(start - along, end + along, 0.88 * radius, sides=16)


def _logs(rng: np.random.Generator, size: float) -> list[Solid]:
    """Some lie, others lean on each other over them."""
    barks, faces, burnt = [], [], []
    turn = float(rng.uniform(0, 2 * math.pi))
    for k in range(3):
        angle, radius = turn + math.pi * k / 3 + float(rng.normal(0, 0.12)), size * float(rng.uniform(0.075, 0.10))
        out = 0.62 * size * np.array((math.cos(angle), math.sin(angle), 0.0))
        lift = np.array((0, 0, radius * (1.0 + 1.1 * k)))
        bark, face = _log(-out + lift, out + lift, radius)
        burnt.append(bark)
        faces.append(face)
    count = int(rng.integers(5, 8))
    for k in range(count):
        angle, radius = (
            2 * math.pi * k / count + turn + float(rng.normal(0, 0.15)),
            size * float(rng.uniform(0.05, 0.075)),
        )
        out = np.array((math.cos(angle), math.sin(angle), 0.0))
        foot = out * size * float(rng.uniform(0.70, 0.85)) + np.array((0, 0, radius))
        tip = -out * size * 0.10 + np.array((0, 0, size * float(rng.uniform(0.72, 0.95))))
        bark, face = _log(foot, tip, radius)
        (burnt if rng.random() < 0.5 else barks).append(bark)
        faces.append(face)
    made = [
        scenery.prop("burnt logs", geometry.join(burnt), CHARRED),
        scenery.prop("log ends", geometry.join(faces), CUT),
    ]
    if barks:
        made.append(scenery.prop("logs", geometry.join(barks), scenery.BARK))
    return made


def _hearth(rng: np.random.Generator, size: float) -> list[Solid]:
    """A ring of stones about ash and embers."""
    angle = np.linspace(0, 2 * math.pi, 49)[:-1]
    radius = 1.12 * size * (1 + 0.06 * np.sin(5 * angle + float(rng.uniform(0, 6))))
    disk = np.stack([radius * np.cos(angle), radius * np.sin(angle), 0 * angle], 1)
    here = np.arange(48) + 1
    ash = geometry.smooth(
        np.concatenate([np.array(((0.0, 0.0, 0.03),)), disk + np.array((0, 0, 0.004))]),
        np.stack([0 * here, here, here % 48 + 1], 1),
    )
    made = [scenery.prop("ash", ash, ASH)]
    coals, embers = [], []
    for _ in range(70):
        away, turn = 0.62 * size * math.sqrt(float(rng.random())), float(rng.uniform(0, 2 * math.pi))
        half = size * float(rng.uniform(0.025, 0.06))
        at = (away * math.cos(turn), away * math.sin(turn), 0.02 + half * 0.5)
        coal = geometry.move(geometry.rock((half, 0.8 * half, 0.7 * half), rng, detail=1), at)
        (embers if rng.random() < 0.45 else coals).append(coal)
    made.append(scenery.prop("coals", geometry.join(coals), CHARRED))
    made.append(scenery.prop("embers", geometry.join(embers), EMBER))
    count = int(rng.integers(11, 15))
    for k in range(count):
        turn = 2 * math.pi * (k + float(rng.uniform(-0.12, 0.12))) / count
        away, half = 1.28 * size * float(rng.uniform(0.97, 1.05)), size * float(rng.uniform(0.20, 0.29))
        at = (away * math.cos(turn), away * math.sin(turn), 0.02)
        made.append(scenery.boulder(f"stone {k + 1}", rng, at, half, MATERIALS["stone"]))
    return made


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:  # noqa: ARG001
    """See :class:`render.engines.world.families.Build`."""
    subject = parts.subject_of(scene, "fire")
    size = 0.42 * min(max(subject.size, 0.6), 1.7) * float(rng.uniform(0.9, 1.1))
    power = KILOWATTS * (size / 0.42) ** 2.5
    place = places.build(scene.setting or str(rng.choice(USUAL)), scene=scene, rng=rng, clearing=2.6)
    draught = (0.35 * place.wind[0], 0.35 * place.wind[1], 0.0)
    burning, lamp = particles.fire((0.0, 0.0, 0.10 * size), rng=rng, width=1.1 * size, power=power, wind=draught)
    high = 1.2 * particles.flame_height(power, 1.1 * size)
    smoke = particles.smoke(
        (0.0, 0.0, high),
        rng=rng,
        width=0.9 * size,
        power=0.5 * power,
        wind=draught,
        thickness=0.045,
        count=300,
        lasts=7.0,
        colour=SMOKE,
    )
    wide = 1.75 * size
    return place.stage(
        solids=(*_hearth(rng, size), *_logs(rng, size)),
        particles=(*place.particles, smoke, burning),
        lamps=(*place.lamps, lamp),
        shot=Shot(
            points=parts.corners((-wide, -wide, 0.0), (wide, wide, 1.45 * high + 0.3)),
            azimuth=-90 + float(rng.uniform(-28, 28)),
            elevation=float(rng.uniform(8, 13)),
            field_of_view=42,
            margin=0.84,
        ),
    )
