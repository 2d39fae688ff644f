"""Rigid bodies, cloth and things that float: a stage in, its motion and what met and rubbed in between out."""

from render.engines.world.physics.model import GRAVITY
from render.engines.world.physics.motion import Contact, Dent, Motion, Rub, Sheet
from render.engines.world.physics.simulate import simulate

__all__ = ["GRAVITY", "Contact", "Dent", "Motion", "Rub", "Sheet", "simulate"]
