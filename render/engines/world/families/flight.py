"""Throws: what a ball needs to reach a point, and how a throw turns out when it is tried beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from render.engines.world import physics
from render.engines.world.physics.drag import force
from render.engines.world.stage import Launch, Solid, Vector
from render.engines.world.substances import SUBSTANCES

LATE = 1e6
"""Seconds: what is launched then never comes."""
LAST = 100
"""Throws that are tried at most for one that turns out as wanted."""
CORRECTIONS, STEPS = 6, 200
"""Times that an aim is mended by its miss, and steps of a flight that is followed to find it."""


def vector(values: Sequence[float] | NDArray[np.float64]) -> Vector:
    """Three numbers as the stage keeps them."""
    x, y, z = (float(value) for value in values)
    return x, y, z


def throw(start: Sequence[float], target: Sequence[float], seconds: float, spin: Vector = (0.0, 0.0, 0.0)) -> Launch:
    """A launch at time 0 that takes a body from ``start`` through ``target`` in so many seconds of free flight."""
    velocity = (np.asarray(target, float) - np.asarray(start, float)) / seconds
    velocity[2] += 0.5 * physics.GRAVITY * seconds
    return Launch(time=0.0, position=vector(np.asarray(start, float)), velocity=vector(velocity), spin=spin)


def aim(ball: Solid, start: Sequence[float], target: Sequence[float], speed: float, spin: Vector) -> Launch:
    """A launch at time 0 that takes ``ball`` from ``start`` to ``target`` through the air.

    Its first speed is about ``speed`` m/s; ``spin`` is in rad/s.
    """
    begin, end = np.asarray(start, float), np.asarray(target, float)
    seconds = float(np.linalg.norm(end - begin)) / speed
    aimed = end
    for _ in range(CORRECTIONS):
        launch = throw(start, vector(aimed), seconds, spin)
        aimed = aimed + end - _reached(ball, launch, seconds)
    return throw(start, vector(aimed), seconds, spin)


def _reached(ball: Solid, launch: Launch, seconds: float) -> NDArray[np.float64]:
    """``[3]`` where a flight through the air gets to."""
    place, velocity, spin = (np.asarray(v, float) for v in (launch.position, launch.velocity, launch.spin))
    mass = SUBSTANCES[ball.substance].density * 4 / 3 * np.pi * ball.size[0] ** 3
    dt = seconds / STEPS
    for _ in range(STEPS):
        pull = force(velocity, spin, ball) / mass - (0.0, 0.0, physics.GRAVITY)
        place = place + velocity * dt + pull * (dt * dt / 2)
        velocity = velocity + pull * dt
    return place


def attempt(
    thrown: Solid, still: Sequence[Solid], *, floor: str, seconds: float, others: int, tempo: float, fps: int = 30
) -> physics.Motion:
    """What becomes of one throw, in at least ``fps`` pictures of each second of the scene.

    ``others`` is how many more bodies will move in the take: as many wait here, so that the steps are as long as
    there, at the take's ``tempo``, and the throw turns out alike.
    """
    waiting = [
        replace(thrown, name=f"waiting {k + 1}", launch=replace(thrown.launch, time=LATE))
        for k in range(others)
        if thrown.launch is not None
    ]
    shown = fps * max(1, math.ceil(tempo))
    return physics.simulate(
        [*still, thrown, *waiting], floor=floor, frames=round(seconds / tempo * shown), fps=shown, tempo=tempo
    )


def turning_out(
    ball: Solid,
    still: Sequence[Solid],
    *,
    draw: Callable[[], Launch],
    price: Callable[[physics.Motion], float],
    floor: str,
    watched: Callable[[Launch], float] | float,
    others: int,
    tempo: float,
    tries: int,
    enough: float,
    fps: int = 30,
) -> Launch:
    """The :func:`best` throw of ``ball`` among what stands ``still``, by the price of its :func:`attempt`.

    ``watched`` are the seconds of a throw that are tried.
    """

    def cost(tried: Launch) -> float:
        seconds = watched if isinstance(watched, float) else watched(tried)
        thrown = replace(ball, launch=tried)
        return price(attempt(thrown, still, floor=floor, seconds=seconds, others=others, tempo=tempo, fps=fps))

    return best(draw, cost, tries=tries, enough=enough)


def met(motion: physics.Motion, name: str) -> set[str]:
    """The things that a body touched."""
    pairs = [{contact.first, contact.second} for contact in motion.contacts]
    return set().union(*(pair - {name} for pair in pairs if name in pair)) if pairs else set()


def best(draw: Callable[[], Launch], price: Callable[[Launch], float], *, tries: int, enough: float) -> Launch:
    """The first throw drawn that costs at most ``enough``, else the cheapest of ``tries``.

    Where none of them turns out as wanted, because each costs infinitely much, the first later one that does is taken.

    :raises ValueError: none of :data:`LAST` throws turns out as wanted.
    """
    found, least = None, math.inf
    for k in range(LAST):
        if found is not None and k >= tries:
            break
        launch = draw()
        cost = price(launch)
        if cost < least:
            found, least = launch, cost
        if least <= enough:
            break
    if found is None:
        raise ValueError(f"none of {LAST} throws turns out as the scene asks; choose another seed")
    return found
