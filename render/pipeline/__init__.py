"""The way of the data, told once: intake → plan → render → publish → report.

The command line calls these steps one after another; the DAGs call the same steps as tasks. Each step reads
what it needs from storage and leaves its result there, so any of them may be repeated after a crash.
"""

from render.pipeline.ending import cancel
from render.pipeline.planning import outdated, pending_shards, plan, preview
from render.pipeline.publishing import publish, report
from render.pipeline.rendering import OnProgress, Progress, render
from render.pipeline.running import latest, run, status
from render.pipeline.taking import intake, watch

__all__ = [
    "OnProgress",
    "Progress",
    "cancel",
    "intake",
    "latest",
    "outdated",
    "pending_shards",
    "plan",
    "preview",
    "publish",
    "render",
    "report",
    "run",
    "status",
    "watch",
]
