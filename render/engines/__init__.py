"""Engines: what makes footage out of jobs."""
