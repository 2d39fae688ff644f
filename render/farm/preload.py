"""The module that every process of Dask's loads at its start in a cluster: its log looks as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from render.settings import load
from render.telemetry import logs

if TYPE_CHECKING:
    from distributed.core import Server


def dask_setup(server: Server) -> None:  # noqa: ARG001
    """Prepare the process: called by Dask."""
    settings = load()
    logs.set_up(settings.log_format, settings.log_level)
