"""The built-in simulated world. Importing this is cheap; physics and tracer load when the engine is opened."""

from render.engines.world.engine import DraftEngine, FinalEngine, WorldEngine

__all__ = ["DraftEngine", "FinalEngine", "WorldEngine"]
