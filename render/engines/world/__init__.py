"""The built-in simulated world. Importing this is cheap; physics and tracer load when the engine is opened."""

from render.engines.world.engine import WorldEngine

__all__ = ["WorldEngine"]
