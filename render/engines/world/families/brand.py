"""What a product wears, and the product that wears it. Lengths in metres, z up, the front towards −y."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.materials import COLOURS, MATERIALS, Colour, Material, Pattern
from render.engines.world.stage import Joint, Launch, Quaternion, Shape, Solid, Vector
from render.engines.world.substances import SUBSTANCES

WHITE: Colour = (0.80, 0.80, 0.78)
INK: Colour = (0.035, 0.035, 0.04)
PALE = 0.42
"""Luminance from which dark print stands out better than white; on raw materials it is less."""
METALS = frozenset({"metal", "brass", "copper", "gold", "steel"})
OWN_COLOUR = METALS | {"wood", "card", "leather", "stone", "concrete", "brick", "rubber"}
"""Materials that are left as they are where the prompt names no colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """What a product wears."""

    base: Colour
    accent: Colour
    text: str = ""
    """Printed on it, where it has a label."""
    label: bool = False
    """Whether it has one although there is no text."""
    material: str = ""
    """A name in :data:`MATERIALS`; empty for what it usually is made of."""
    free: bool = False
    """True where the prompt names no colour for it."""
    capped: bool = True
    """Whether a bottle or a jar is closed."""

    @classmethod
    def of(
        cls,
        colours: tuple[str, ...],
        *,
        usual: str,
        accent: str = "",
        text: str = "",
        label: bool = False,
        material: str = "",
        capped: bool = True,
    ) -> Brand:
        """By names of colours, the first for the body; ``usual`` is taken where the prompt names none.

        ``accent`` is what caps and prints are coloured by, else the second colour or what stands out.
        """
        base = COLOURS[colours[0] if colours else usual]
        if not colours and material in OWN_COLOUR:
            base = MATERIALS[material].base
        light = 0.2126 * base[0] + 0.7152 * base[1] + 0.0722 * base[2]
        contrast = INK if light > (PALE if colours else 0.7 * PALE) else WHITE
        return cls(
            base=base,
            accent=COLOURS[accent or colours[1]] if accent or len(colours) > 1 else contrast,
            text=text,
            label=label or bool(text),
            material=material,
            free=not colours,
            capped=capped,
        )

    def skin(self, usual: Material) -> Material:
        """A surface as the brand's material has it: its print stays."""
        if not self.material:
            return usual
        made = MATERIALS[self.material]
        if usual.pattern == Pattern.PLAIN:
            dark = 0.5 if made.pattern == Pattern.WOOD else 1.0
            r, g, b = (dark * c for c in usual.base)
            usual = replace(usual, pattern=made.pattern, accent=(r, g, b), scale=0.4 * made.scale)
        return replace(
            usual,
            gloss=made.gloss,
            mirror=made.mirror,
            facing=made.facing,
            metal=made.metal,
            roughness=made.roughness,
        )

    @property
    def glazed(self) -> bool:
        """Whether it is of glass."""
        return self.material == "glass"

    @property
    def glass(self) -> Material:
        """Glass of its colour, or of none."""
        return MATERIALS["glass"] if self.free else replace(MATERIALS["glass"], base=self.base)

    def substance(self, usual: str) -> str:
        name = "steel" if self.material in METALS else self.material
        return name if name in SUBSTANCES else usual


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """One product in its own frame."""

    shape: Shape
    size: tuple[float, ...]
    """Of the collision shape."""
    substance: str
    looks: tuple[tuple[geometry.Mesh, Material], ...]
    """The first is the body whose hull it may be."""
    front: float = 0.0
    """Radians about z that bring its front towards −y."""
    printed: bool = False
    """Whether it shows the brand's text."""
    lies: bool = False
    """True for what comes to rest on its back when it falls."""
    open: bool = False
    """True for what is looked into from above: what it is filled with is seen."""
    tilt: float = 0.0
    """Radians by which it is tilted when it falls: what is squat enough comes to rest on its foot all the same."""

    @property
    def low(self) -> float:
        """Metres from its origin down to what it stands on."""
        return -min(float(mesh.vertices[:, 2].min()) for mesh, _ in self.looks)

    @property
    def high(self) -> float:
        """Metres from its origin up to its top."""
        return max(float(mesh.vertices[:, 2].max()) for mesh, _ in self.looks)

    @property
    def wide(self) -> float:
        """Metres from its axis to what is farthest from it."""
        return max(float(np.linalg.norm(mesh.vertices[:, :2], axis=1).max()) for mesh, _ in self.looks)

    @property
    def thick(self) -> float:
        """Metres from its origin to its front."""
        return max(float(np.abs(mesh.vertices[:, 1]).max()) for mesh, _ in self.looks)

    def solids(
        self,
        name: str,
        *,
        launch: Launch | None = None,
        joint: Joint | None = None,
        at: Vector = (0.0, 0.0, 0.0),
        turn: Quaternion = (1.0, 0.0, 0.0, 0.0),
        floats: bool = False,
    ) -> list[Solid]:
        """The product as a body with all that it wears; without a launch or a joint it stands still."""
        (look, paint), *worn = self.looks
        moves = launch is not None or joint is not None
        body = Solid(
            name=name,
            shape=self.shape,
            size=self.size,
            substance=self.substance,
            material=paint,
            position=at,
            turn=turn,
            launch=launch,
            joint=joint,
            floats=floats,
            look=look,
        )
        return [body] + [
            Solid(
                name=f"{name}'s part {k + 1}",
                shape=Shape.SPHERE,
                size=(0.01,),
                substance=self.substance,
                material=material,
                position=at,
                turn=turn,
                look=mesh,
                touches=False,
                rides=name if moves else "",
            )
            for k, (mesh, material) in enumerate(worn)
        ]
