"""Floors that a prompt names: what they look like, how they bounce and sound, and how they are laid in a place."""

from __future__ import annotations

from dataclasses import dataclass, replace

from render.engines.world import geometry
from render.engines.world.materials import MATERIALS, Material, Pattern
from render.engines.world.places import scenery
from render.engines.world.places.place import Place

WIDER = 2.2
"""Metres by which a floor that is laid in the open reaches beyond the clearing."""
HALF = 0.0012
"""Half its height in metres: things stand at z = 0 and cover what little of them it hides."""
COVERS = frozenset({"rug", "lines", "yard"})
"""Names of what places lay over their own floor."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What is underfoot."""

    material: Material
    substance: str
    """A name in :data:`render.engines.world.substances.SUBSTANCES`."""


FLOORS: dict[str, Floor] = {
    "wood": Floor(
        Material(
            pattern=Pattern.PARQUET,
            base=(0.34, 0.19, 0.085),
            accent=(0.52, 0.33, 0.165),
            scale=0.11,
            gloss=0.35,
            mirror=0.3,
            roughness=0.1,
        ),
        "hardwood",
    ),
    "marble": Floor(
        Material(
            pattern=Pattern.ICE,
            base=(0.66, 0.64, 0.61),
            accent=(0.30, 0.29, 0.29),
            scale=1.3,
            gloss=0.8,
            mirror=0.7,
            facing=0.05,
            roughness=0.03,
        ),
        "slab",
    ),
    "tiles": Floor(
        Material(pattern=Pattern.CONCRETE, base=(0.66, 0.65, 0.62), scale=0.4, gloss=0.7, mirror=0.5, roughness=0.06),
        "slab",
    ),
    "carpet": Floor(Material(pattern=Pattern.CLOTH, base=(0.24, 0.055, 0.05), scale=0.012, gloss=0.0), "carpet"),
    "concrete": Floor(replace(MATERIALS["concrete"], scale=2.4), "ground"),
    "asphalt": Floor(replace(MATERIALS["asphalt"], base=(0.13, 0.128, 0.125)), "ground"),
    "stone": Floor(replace(MATERIALS["stone"], scale=0.8), "slab"),
    "brick": Floor(MATERIALS["brick"], "ground"),
    "steel": Floor(
        replace(MATERIALS["metal"], pattern=Pattern.CONCRETE, base=(0.42, 0.43, 0.45), scale=1.6), "bearing steel"
    ),
    "glass": Floor(replace(MATERIALS["glass"], base=(0.03, 0.06, 0.065), facing=0.09, clear=0.0), "marble"),
    "ice": Floor(MATERIALS["ice"], "ice"),
    "sand": Floor(replace(MATERIALS["sand"], base=(0.54, 0.43, 0.29), accent=(0.70, 0.60, 0.45)), "sand"),
    "grass": Floor(MATERIALS["grass"], "turf"),
    "snow": Floor(MATERIALS["snow"], "snow"),
    "soil": Floor(MATERIALS["soil"], "soil"),
}
"""By the name that a scene gives."""
HOMES: dict[str, str] = {"sand": "beach", "grass": "meadow", "snow": "snowfield", "soil": "forest"}
"""The place where a floor is at home, if a scene names no place."""


def laid(place: Place, name: str, *, clearing: float) -> Place:
    """The place with the floor called ``name``: indoors throughout, in the open as a square about the clearing."""
    floor = FLOORS[name]
    solids = tuple(solid for solid in place.solids if solid.name not in COVERS)
    changed = replace(place, ground_substance=floor.substance)
    if place.ground.pattern == floor.material.pattern and solids == place.solids:
        return changed
    if place.light.indoors:
        return replace(changed, solids=solids, ground=floor.material)
    side = clearing + WIDER
    slab = scenery.prop("laid floor", geometry.box((side, side, HALF)), floor.material)
    return replace(changed, solids=(*place.solids, slab))
