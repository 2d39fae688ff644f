"""Crashes on an S3 service: an operation is an HTTP request, delta-rs' own included, seen by a proxy in between.

A crash is kill -9 of the process that runs the batch, at the request's arrival or when the service has answered.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import psutil
import subject
from proxy import Mishap, Proxy
from trouble import Case, Ground, Mode

from infra import seaweed
from render.store.objects import open_store

IDLE_S = 90.0
"""A process that for so long neither computes nor sends a request hangs, however slow the machine is."""
MISHAPS = {Mode.BEFORE: Mishap.KILLED_BEFORE, Mode.AFTER: Mishap.KILLED_AFTER, Mode.LOST: Mishap.LOST}
ENDED, REFUSED = 0, 3


class S3Ground(Ground):
    """Each trial has a store under a prefix of its own; each command is a process forked off a warm one."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._processes = subject.warm_processes()

    def command(self, folder: Path, number: int, case: Case | None) -> bool:
        """See :meth:`Ground.command`."""
        env = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        env["AWS_ENDPOINT_URL"] = self._proxy.url
        child = self._processes.Process(target=_command, args=(env, folder, _url(folder), number))
        self._proxy.begin(lambda _: self._mishap(case), child.kill)
        child.start()
        try:
            idle, progress = 0.0, (0, 0.0)
            while child.is_alive() and idle < IDLE_S:
                child.join(1.0)
                idle, last, progress = idle + 1.0, progress, (len(self._proxy.kinds), _cpu_seconds(child.pid))
                if progress != last:
                    idle = 0.0
            hangs = child.is_alive()
        finally:
            child.kill()
            child.join()
        if hangs or child.exitcode not in (ENDED, REFUSED, -signal.SIGKILL):
            raise AssertionError(f"the command hangs ({case})" if hangs else f"it ends with {child.exitcode} ({case})")
        return child.exitcode == ENDED

    def operations(self) -> Sequence[str]:
        """See :meth:`Ground.operations`."""
        return self._proxy.kinds

    def attempts(self, folder: Path) -> dict[str, str]:
        """See :meth:`Ground.attempts`."""
        return subject.attempts(_url(folder))

    def violations(self, folder: Path, before: dict[str, str]) -> list[str]:
        """See :meth:`Ground.violations`."""
        return [*subject.violations(open_store(_url(folder)), before), *subject.left_in(folder / "scratch")]

    def _mishap(self, case: Case | None) -> Mishap | None:
        return MISHAPS[case.mode] if case and len(self._proxy.kinds) == case.at else None


def _url(folder: Path) -> str:
    return f"s3://{seaweed.BUCKET}{folder}"


def _cpu_seconds(pid: int | None) -> float:
    """CPU time of a process in tenths of a second: what an idle one's timers use does not count."""
    try:
        used = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return -1.0
    return round(used.user + used.system, 1)


def _command(env: dict[str, str], folder: Path, url: str, number: int) -> None:
    os.environ.update(env)
    settings, manifest = subject.prepare(folder, url)
    sys.exit(REFUSED if subject.give_command(settings, manifest, number) else ENDED)


@contextmanager
def ground(folder: Path) -> Iterator[S3Ground]:
    """An S3 service with its data under ``folder``, and the proxy before it."""
    service = folder / "service"
    service.mkdir()
    with (
        seaweed.running(service) as env,
        Proxy(env["AWS_ENDPOINT_URL"]).running() as proxy,
        patch.dict(os.environ, env),
    ):
        yield S3Ground(proxy)
