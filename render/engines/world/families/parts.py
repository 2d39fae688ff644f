"""What several families share: colours, stuffs, and simple parts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from render.engines.world import geometry
from render.engines.world.materials import COLOURS, PALETTES, Colour, Material, Pattern, named
from render.engines.world.scene import Scene, Subject
from render.engines.world.stage import Quaternion, Shape, Solid, Vector

Usual = TypeVar("Usual", Colour, None)
CRATE_WOOD: Colour = (0.55, 0.36, 0.18)
STUFFS: dict[str, str] = {
    "wood": "wood",
    "steel": "bearing steel",
    "metal": "bearing steel",
    "brass": "bearing steel",
    "copper": "bearing steel",
    "rubber": "superball",
    "glass": "marble",
    "plastic": "plastic",
    "stone": "rock",
    "concrete": "rock",
    "brick": "brick",
    "leather": "basketball",
    "card": "card",
    "ceramic": "ceramic",
    "cloth": "cloth",
    "ice": "ice",
}
"""Substance of a solid thing by the material that a prompt names."""


def subject_of(scene: Scene, *kinds: str) -> Subject:
    """The first subject of one of these kinds, with all others of its kind; else one that names none, or a plain one.

    The colours of several subjects stand in it as often as there are things of that colour, once if none are counted.
    """
    first = next((subject for subject in scene.subjects if subject.kind in kinds), None)
    if first is None:
        return next((subject for subject in scene.subjects if not subject.kind), Subject(kind=kinds[0]))
    alike = [subject for subject in scene.subjects if subject.kind == first.kind]
    if len(alike) == 1:
        return first
    colours = [s.colours[k % len(s.colours)] for s in alike if s.colours for k in range(s.count or len(s.colours))]
    count = sum(subject.count or 0 for subject in alike) if all(subject.count for subject in alike) else None
    return replace(first, count=count, colours=tuple(colours))


def palette(scene: Scene, rng: np.random.Generator, subject: Subject | None = None) -> list[Colour]:
    """The colours that the prompt names, the subject's before all; else those of a palette."""
    chosen = PALETTES[int(rng.integers(len(PALETTES)))]
    names = (subject.colours if subject is not None else ()) or scene.colours or chosen
    return [COLOURS[name] for name in names]


def paint(subject: Subject | None, usual: Usual) -> Colour | Usual:
    """The first colour that the prompt names for a subject, if there is one; else the ``usual`` one, or None."""
    return COLOURS[subject.colours[0]] if subject is not None and subject.colours else usual


def without(scene: Scene, kind: str) -> Scene:
    """The scene but for the subjects of a kind: their colours are theirs alone."""
    return replace(scene, subjects=tuple(subject for subject in scene.subjects if subject.kind != kind))


def stuff(material: str, usual: str, colour: Colour | None = None) -> tuple[str, Material]:
    """Substance and look of a thing of ``material`` if the prompt names one, else of its ``usual`` one."""
    name = material or usual
    return STUFFS[name], named(name, colour)


def crate(half: float) -> tuple[str, Material]:
    """Substance and look of a wooden crate that is ``half`` an edge large."""
    return "wood", Material(pattern=Pattern.CRATE, base=CRATE_WOOD, scale=half, gloss=0.12)


def about(axis: Sequence[float], angle: float) -> Quaternion:
    """A turn by ``angle`` radians about an axis of length 1."""
    sine = math.sin(angle / 2)
    return math.cos(angle / 2), axis[0] * sine, axis[1] * sine, axis[2] * sine


def after(first: Quaternion, then: Quaternion) -> Quaternion:
    """One turn, and then another about the axes of the world."""
    a, b, c, d = then
    w, x, y, z = first
    return (
        a * w - b * x - c * y - d * z,
        a * x + b * w + c * z - d * y,
        a * y - b * z + c * w + d * x,
        a * z + b * y - c * x + d * w,
    )


def fixed(name: str, half: Vector, at: Vector, made: tuple[str, Material], **others: object) -> Solid:
    """A box that stands still."""
    return Solid(
        name=name,
        shape=Shape.BOX,
        size=half,
        substance=made[0],
        material=made[1],
        position=at,
        **others,  # type: ignore[arg-type]
    )


def shown_on(
    carrier: str, name: str, look: geometry.Mesh, material: Material, *, at: Vector = (0.0, 0.0, 0.0)
) -> Solid:
    """What is only seen: fixed to a moving body, or standing at a place if ``carrier`` is empty."""
    return Solid(
        name=name,
        shape=Shape.SPHERE,
        size=(0.01,),
        substance="wood",
        material=material,
        look=look,
        touches=False,
        rides=carrier,
        position=at,
    )


def shifted(solid: Solid, angle: float, by: Vector) -> Solid:
    """A solid that stands or is launched turned by ``angle`` radians about z, and then moved; what rides is carried."""
    if solid.rides:
        return solid
    turn = about((0.0, 0.0, 1.0), angle)
    c, s = math.cos(angle), math.sin(angle)

    def turned(v: Vector) -> Vector:
        return c * v[0] - s * v[1], s * v[0] + c * v[1], v[2]

    def there(v: Vector) -> Vector:
        x, y, z = turned(v)
        return x + by[0], y + by[1], z + by[2]

    if solid.launch is None:
        return replace(solid, position=there(solid.position), turn=after(solid.turn, turn))
    launch = replace(
        solid.launch,
        position=there(solid.launch.position),
        velocity=turned(solid.launch.velocity),
        turn=after(solid.launch.turn, turn),
    )
    return replace(solid, launch=launch)


def corners(low: Iterable[float], high: Iterable[float]) -> np.ndarray:
    """``[8, 3]`` corners of a box."""
    return np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T


def runs(
    seconds: float,
    each: float,
    most: int,
    *,
    count: int | None = None,
    seen: float = 0.0,
    early: float = 0.5,
    soonest: float = 0.0,
    fewest: int = 1,
    rest: float | None = None,
    kept: float | None = None,
) -> list[float]:
    """Starts, in seconds, of what happens again and again in a clip; the first is 0.

    A ``count`` that the prompt gives begins whole: ``each`` seconds lie between two, or less, so that the last begins
    ``seen`` seconds before the end, or in the ``early`` share of a clip that is too short for it. Where it would be
    less than ``soonest``, all begin at once, and need places of their own: see :func:`close`.

    Where the prompt gives none there are as many, from ``fewest`` to ``most``, as come about ``each`` seconds apart
    before the last ``rest`` seconds, which are three tenths of ``each`` if not given. They are spread over the clip; if
    the last ``kept`` seconds are kept free of that, they come no sooner than ``each`` after one another.
    """
    if count is not None:
        between = min(each, max(seconds - seen, early * seconds) / count)
        return [between * k if between >= soonest else 0.0 for k in range(count)]
    rest = 0.3 * each if rest is None else rest
    many = max(fewest, min(most, math.ceil((seconds - rest) / each)))
    if kept is None:
        return [seconds * k / many for k in range(many)]
    between = max(each, (seconds - kept * (many < most)) / many)
    return [between * k for k in range(many)]


def close(starts: Sequence[float], apart: float) -> bool:
    """Whether there are several :func:`runs`, less than ``apart`` seconds after one another."""
    return len(starts) > 1 and starts[1] < apart
