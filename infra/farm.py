"""A member of the stack's farm: ``python -m infra.farm scheduler``, and ``python -m infra.farm worker NUMBER``.

They are what the local farm of :mod:`render.farm.cluster` consists of, each a process to be supervised by itself; the
scheduler has Dask's dashboard too. Where it listens, or is found, the setting ``scheduler`` says.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from typing import Any
from urllib.parse import urlsplit

import dask.config
from distributed import Nanny, Scheduler, Status

from render import settings
from render.farm import cluster
from render.farm.nanny import Keeper

LOOK_SECONDS = 1.0


def main() -> None:
    """Run one member until it is asked to end, or ends by itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    roles = parser.add_subparsers(dest="role", required=True)
    roles.add_parser("scheduler").add_argument("--dashboard-port", type=int, required=True)
    roles.add_parser("worker").add_argument("number", type=int)
    given = parser.parse_args()
    ours = settings.load()
    if ours.scheduler is None:
        parser.error("NIGHTREEL_SCHEDULER must say where the scheduler listens.")
    os.environ.update(cluster.ENVIRONMENT)  # the environment outranks Dask's configuration
    with dask.config.set(cluster.configuration(ours)):
        asyncio.run(
            _scheduler(ours.scheduler, given.dashboard_port)
            if given.role == "scheduler"
            else _worker(ours.scheduler, cluster.worker_options(ours)[given.number])
        )


async def _scheduler(address: str, dashboard_port: int) -> None:
    page: dict[str, Any] = {"dashboard": True, "dashboard_address": f"127.0.0.1:{dashboard_port}"}
    await _until_asked(Scheduler(**cluster.LOOPBACK | page, port=urlsplit(address).port or 0))


async def _worker(address: str, options: dict[str, Any]) -> None:
    await _until_asked(Keeper(address, **options, death_timeout=cluster.START_SECONDS))


async def _until_asked(member: Scheduler | Nanny) -> None:
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    ends = [asyncio.create_task(asked.wait()), asyncio.create_task(_whole_life(member))]
    done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    await member.close()
    for end in done:
        end.result()


async def _whole_life(member: Scheduler | Nanny) -> None:
    """A worker that has lost its scheduler would finish its job first, and be missed so long."""
    await member
    while member.status is Status.running:
        await asyncio.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    main()
