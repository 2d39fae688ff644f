"""A shot at a hoop that misses: off the board and the rim, then bounces true. Longer clips get further shots."""

from __future__ import annotations

import itertools
import math

import numpy as np

from render.engines.world import geometry, physics, places
from render.engines.world.materials import COLOURS, Colour, Material, Pattern
from render.engines.world.scene import Scene
from render.engines.world.stage import Launch, Quaternion, Shape, Shot, Solid, Stage

RADIUS = 0.121
"""Of the ball: size 7, 76 cm round."""
RIM_RADIUS, RIM_HEIGHT, TUBE = 0.2286, 3.05, 0.0095
ARC = 6.75
"""Metres from the hoop's middle to the three-point line."""
TRIES = 24
"""Shots that are tried for one that misses and comes off the hoop gently enough to stay in the picture."""
GENTLE = 2.8
"""m/s over the floor."""
BETWEEN = 3.4
"""Seconds between shots of a long clip."""
SEGMENTS = 28
CLEARING = 4.03
"""Metres round the hoop's middle that the place leaves free."""


def _round_z(angle: float) -> Quaternion:
    return (math.cos(angle / 2), 0.0, 0.0, math.sin(angle / 2))


def _rim(paint: Material) -> list[Solid]:
    segments = []
    half = math.pi / SEGMENTS
    for k in range(SEGMENTS):
        angle = 2 * half * k
        lying = math.sqrt(0.5)
        turn = (
            lying * math.cos(angle / 2),
            -lying * math.cos(angle / 2),
            -lying * math.sin(angle / 2),
            lying * math.sin(angle / 2),
        )
        segments.append(
            Solid(
                name=f"rim{k}",
                group="rim",
                shape=Shape.CAPSULE,
                size=(TUBE, RIM_RADIUS * math.sin(half) * 1.01),
                substance="hoop steel",
                material=paint,
                turn=turn,
                position=(RIM_RADIUS * math.cos(angle), RIM_RADIUS * math.sin(angle), RIM_HEIGHT),
                look=geometry.capsule(TUBE, RIM_RADIUS * math.sin(half) * 1.01, sides=12),
            )
        )
    return segments


def _net() -> geometry.Mesh:
    strings = []
    for k in range(12):
        for hand in (1, -1):
            knots = []
            for level in range(5):
                angle = 2 * math.pi * (k + hand * level * 0.5) / 12
                radius = RIM_RADIUS - 0.008 - 0.085 * level / 4 * (1.2 - 0.05 * level)
                knots.append((radius * math.cos(angle), radius * math.sin(angle), RIM_HEIGHT - 0.01 - 0.095 * level))
            strings += [geometry.rod(a, b, 0.0045) for a, b in itertools.pairwise(knots)]
    return geometry.join(strings)


def _hoop(paint: Material) -> list[Solid]:
    steel = Material(base=(0.035, 0.037, 0.045), gloss=0.4)
    board = Material(pattern=Pattern.BACKBOARD, base=(0.82, 0.84, 0.86), accent=paint.base, gloss=0.6, mirror=0.35)
    ghost = Material(base=(0.85, 0.85, 0.85), gloss=0.05)
    return [
        Solid(
            name="backboard",
            shape=Shape.BOX,
            size=(0.02, 0.9, 0.525),
            substance="backboard",
            material=board,
            position=(RIM_RADIUS + 0.17, 0.0, RIM_HEIGHT + 0.4),
        ),
        Solid(
            name="post",
            shape=Shape.CAPSULE,
            size=(0.075, 1.65),
            substance="hoop steel",
            material=steel,
            position=(1.45, 0.0, 1.65),
        ),
        Solid(
            name="arm",
            group="post",
            shape=Shape.CAPSULE,
            size=(0.05, 0.52),
            substance="hoop steel",
            material=steel,
            position=(0.94, 0.0, 3.3),
            turn=(math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0),
        ),
        Solid(
            name="bracket",
            group="rim",
            shape=Shape.BOX,
            size=(0.075, 0.05, 0.01),
            substance="hoop steel",
            material=paint,
            position=(RIM_RADIUS + 0.075, 0.0, RIM_HEIGHT),
        ),
        *_rim(paint),
        Solid(
            name="net", shape=Shape.SPHERE, size=(0.1,), substance="card", material=ghost, look=_net(), touches=False
        ),
    ]


def _court(paint: Colour) -> Solid:
    """The sports floor: seen a hair above the ground that carries the ball."""
    wood = Material(pattern=Pattern.COURT, base=(0.50, 0.27, 0.11), accent=paint, gloss=0.4, mirror=0.32, facing=0.03)
    return Solid(
        name="court",
        shape=Shape.BOX,
        size=(7.4, 9.0, 0.0005),
        substance="hardwood",
        material=wood,
        position=(-4.4, 0.0, 0.0005),
        look=geometry.box((7.4, 9.0, 0.0005)),
        touches=False,
    )


def _aim(rng: np.random.Generator) -> Launch:
    """A shot from behind the three-point line that comes down somewhere about the hoop."""
    angle = math.radians(float(rng.uniform(-12, 9)))
    away = ARC + float(rng.uniform(0.1, 0.5))
    start = np.array((-away * math.cos(angle), away * math.sin(angle), 2.1))
    target = np.array((rng.uniform(-0.35, 0.35), rng.uniform(-0.35, 0.35), RIM_HEIGHT + rng.uniform(0.05, 0.8)))
    flight = float(rng.uniform(1.2, 1.38))
    velocity = (target - start) / flight
    velocity[2] += 0.5 * physics.GRAVITY * flight
    return Launch(
        time=0.0,
        position=(float(start[0]), float(start[1]), float(start[2])),
        velocity=(float(velocity[0]), float(velocity[1]), float(velocity[2])),
        spin=(0.0, -9.0, 0.0),
    )


def _rebound(launch: Launch, still: list[Solid], ball: Material) -> float:
    """The m/s over the floor at which this shot comes off the hoop; infinite unless it misses by way of the board."""
    alone = Solid(name="ball", shape=Shape.SPHERE, size=(RADIUS,), substance="basketball", material=ball, launch=launch)
    motion = physics.simulate([*still, alone], floor="hardwood", frames=49, fps=20)
    met = {contact.first for contact in motion.contacts} | {contact.second for contact in motion.contacts}
    path = motion.poses[:, 0, :3]
    inside = (np.hypot(path[:, 0], path[:, 1]) < RIM_RADIUS) & (np.abs(path[:, 2] - RIM_HEIGHT + 0.25) < 0.25)
    wedged = any(contact.impulse > 14.0 for contact in motion.contacts)
    if "backboard" not in met or inside.any() or wedged or path[-1, 2] > 2.6 or path[-1, 0] > 0.5:
        return math.inf
    return float(np.hypot(*(path[-1, :2] - path[-2, :2]))) * 20


def _miss(rng: np.random.Generator, still: list[Solid], ball: Material) -> Launch:
    """The first gentle miss among some shots, else the gentlest."""
    best, least = _aim(rng), math.inf
    for _ in range(TRIES):
        launch = _aim(rng)
        speed = _rebound(launch, still, ball)
        if speed < least:
            best, least = launch, speed
        if speed < GENTLE:
            break
    return best


def build(scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
    """See :class:`render.engines.world.families.Build`."""
    accent: Colour = COLOURS[str(rng.choice(["red", "orange", "blue"]))]
    floor: Colour = (0.05, 0.11, 0.26) if rng.random() < 0.6 else (0.05, 0.20, 0.13)
    ball_colour = COLOURS[scene.colours[0]] if scene.colours else (0.62, 0.19, 0.04)
    ball = Material(pattern=Pattern.BASKETBALL, base=ball_colour, accent=(0.02, 0.015, 0.012), gloss=0.25)
    hoop = _hoop(Material(base=accent, gloss=0.5))
    touching = [solid for solid in hoop if solid.touches]
    shots = []
    for k in range(max(1, math.ceil((seconds - 1.5) / BETWEEN))):
        launch = _miss(rng, touching, ball)
        shots.append(
            Solid(
                name=f"ball{k}" if k else "ball",
                shape=Shape.SPHERE,
                size=(RADIUS,),
                substance="basketball",
                material=ball,
                launch=Launch(time=k * BETWEEN, position=launch.position, velocity=launch.velocity, spin=launch.spin),
            )
        )
    points = np.array(((-1.0, -0.9, 0.0), (1.5, 0.9, 0.0), (0.5, -0.9, 4.05), (0.5, 0.9, 4.05)))
    place = places.build(scene.setting or "court", scene=scene, rng=rng, clearing=CLEARING)
    return place.stage(
        solids=(*hoop, _court(floor), *shots),
        shot=Shot(
            points=points,
            azimuth=-142 + float(rng.uniform(-8, 8)),
            azimuth_tall=-166.0,
            elevation=6.0,
            field_of_view=50,
            margin=0.9,
            roam=(11.0, 8.5, 2.5),
        ),
        ground_substance="hardwood",
    )
