"""How wide kernels work."""

LANES = 8
"""Pixels of a row, or spheres, that a kernel looks at at once: as many floats as a vector register holds."""
