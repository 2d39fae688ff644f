"""Nightreel: a Parquet manifest of prompts becomes checked, muxed videos and a catalog."""

__version__ = "0.1.0"
