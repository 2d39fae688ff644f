"""Checks on footage, files and prompts: what is measured, and what a policy says of it."""
