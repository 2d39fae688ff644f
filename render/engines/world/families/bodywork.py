"""What runs on wheels: a frame that is pushed or driven, what is seen of it, and wheels on hinges that roll."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from render.engines.world import geometry
from render.engines.world.families import carts, motors, parts
from render.engines.world.families.coachwork import Vehicle, box, turned
from render.engines.world.geometry import Mesh
from render.engines.world.materials import COLOURS, Colour, Material
from render.engines.world.physics import GRAVITY
from render.engines.world.stage import Joint, JointKind, Launch, Quaternion, Shape, Solid, Vector
from render.engines.world.substances import SUBSTANCES

RUBBER = Material(base=(0.022, 0.022, 0.024), gloss=0.08)
LYING: Quaternion = (math.sqrt(0.5), -math.sqrt(0.5), 0.0, 0.0)
"""Turns what lies along z along +y: a wheel that turns forwards drives towards +x."""
GRIP = 0.5
"""Share of what its tyre can hold that a motor gives at most."""

KINDS: dict[str, Callable[[Material], Vehicle]] = {
    "car": motors.car,
    "truck": motors.truck,
    "bus": motors.bus,
    "school bus": motors.bus,
    "van": motors.van,
    "toy car": motors.toy_car,
    "skateboard": carts.skateboard,
    "wagon": carts.wagon,
    "cart": carts.cart,
}
USUAL: dict[str, tuple[str, ...]] = {
    "car": ("red", "blue", "silver", "white", "yellow", "green"),
    "truck": ("red", "blue", "white", "orange"),
    "bus": ("red", "yellow", "blue", "green"),
    "school bus": ("yellow",),
    "van": ("white", "blue", "silver", "orange"),
    "toy car": ("red", "blue", "yellow", "green", "orange"),
    "skateboard": ("orange", "teal", "red", "purple"),
    "wagon": ("red",),
    "cart": ("brown",),
}
"""Colours of each kind where a prompt names none."""


def paint(colour: Colour) -> Material:
    """Varnished sheet metal."""
    return Material(base=colour, gloss=0.85, mirror=0.6, facing=0.05)


def _wheel_look(radius: float, half: float) -> tuple[Mesh, Mesh]:
    """A tyre, and the rim with five spokes by which one sees that it turns, both about z."""
    edge = 0.18 * radius
    tyre = geometry.lathe(
        [
            (0.0, -0.86 * half),
            (radius - 2.2 * edge, -0.86 * half),
            (radius - edge, -half),
            (radius, -half + 0.6 * edge),
            (radius, half - 0.6 * edge),
            (radius - edge, half),
            (radius - 2.2 * edge, 0.86 * half),
            (0.0, 0.86 * half),
        ],
        sides=40,
    )
    inner, outer = radius - 2.6 * edge, radius - 2.1 * edge
    bright = []
    for side in (-1, 1):
        at = side * 0.9 * half
        ring = [(inner, -0.05 * half), (outer, -0.05 * half), (outer, 0.05 * half), (inner, 0.05 * half)]
        bright.append(geometry.move(geometry.lathe(ring, sides=32), (0, 0, at)))
        bright.append(geometry.move(geometry.cylinder(0.2 * radius, 0.1 * half, sides=20), (0, 0, at)))
        for k in range(5):
            angle = 2 * math.pi * k / 5
            c, s = math.cos(angle), math.sin(angle)
            spoke = box((inner / 2, 0.055 * radius, 0.06 * half), (inner / 2, 0, 0))
            bright.append(geometry.move(turned(spoke, ((c, -s, 0), (s, c, 0), (0, 0, 1))), (0, 0, at)))
    return tyre, geometry.join(bright)


def hind(name: str) -> str:
    """How the hind wheels of a vehicle are called together."""
    return f"{name}'s hind wheels"


def placed(
    vehicle: Vehicle, name: str, *, time: float, position: Vector, turn: Quaternion, speed: float, drive: bool
) -> list[Solid]:
    """The vehicle's solids, launched at ``time`` with the spot under its middle at ``position``.

    It rolls at ``speed`` m/s along its own x; motors keep that up if it is driven.
    """
    w, x, y, z = turn
    ahead = np.array((1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)))
    up = np.array((2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)))
    at = np.asarray(position, float) + up * vehicle.middle
    velocity = ahead * speed
    radius, half = vehicle.wheel
    frame = Solid(
        name=name,
        shape=Shape.HULL if vehicle.hull else Shape.BOX,
        size=vehicle.frame,
        substance=vehicle.substance,
        material=vehicle.shown[0][2],
        look=geometry.move(vehicle.shown[0][1], (0.0, 0.0, -vehicle.middle)),
        launch=Launch(
            time=time,
            position=(float(at[0]), float(at[1]), float(at[2])),
            velocity=(float(velocity[0]), float(velocity[1]), float(velocity[2])),
            turn=turn,
        ),
    )
    solids = [frame]
    for part, look, material in vehicle.shown[1:]:
        solids.append(
            parts.shown_on(name, f"{name}'s {part}", geometry.move(look, (0.0, 0.0, -vehicle.middle)), material)
        )
    tyre, rim = _wheel_look(radius, half)
    weight = GRAVITY * SUBSTANCES[vehicle.substance].density * 8 * math.prod(vehicle.frame)
    for k, (along_, aside) in enumerate((x, side * y) for x, y in vehicle.axles for side in (-1, 1)):
        wheel = f"{name}'s wheel {k + 1}"
        solids.append(
            Solid(
                name=wheel,
                group=hind(name) if along_ < 0 else f"{name}'s front wheels",
                shape=Shape.CYLINDER,
                size=(radius, half),
                substance=vehicle.tyre,
                material=RUBBER if vehicle.tyre in {"tyre", "rubber"} else vehicle.rim,
                look=tyre,
                position=(along_, aside, radius - vehicle.middle),
                turn=LYING,
                joint=Joint(
                    kind=JointKind.HINGE,
                    parent=name,
                    speed=speed / radius,
                    drive=speed / radius if drive else None,
                    strength=GRIP * weight * radius / (2 * len(vehicle.axles)),
                ),
            )
        )
        solids.append(parts.shown_on(wheel, f"{wheel}'s rim", rim, vehicle.rim))
    return solids


def colour_of(kind: str, names: tuple[str, ...], rng: np.random.Generator) -> Colour:
    """What the prompt says, else one that such a thing often has."""
    usual = str(rng.choice(USUAL[kind]))
    return COLOURS[names[0] if names else usual]
