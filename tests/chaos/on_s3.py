"""Crashes on an S3 service: an operation is an HTTP request, delta-rs' own included, seen by a proxy in between.

A crash is kill -9 of the process that runs the batch, at the request's arrival or when the service has answered.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import seaweed
from proxy import Proxy
from trouble import Case, Ground

LONGEST_S = 120.0
"""After so long a process that answers nothing is held for hung."""


class S3Ground(Ground):
    """Each trial has a store under a prefix of its own; the command is a process that is forked off a warm one."""

    def __init__(self, proxy: Proxy, env: Mapping[str, str]) -> None:
        self._proxy = proxy
        self._through = {**env, "AWS_ENDPOINT_URL": proxy.url}
        self._past = dict(env)
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["warm"])

    def command(self, folder: Path, number: int, case: Case | None) -> bool:
        """See :meth:`Ground.command`."""
        return bool(self._do("command", folder, number, env=self._through, case=case))

    def operations(self) -> Sequence[str]:
        """See :meth:`Ground.operations`."""
        return self._proxy.done

    def attempts(self, folder: Path) -> dict[str, str]:
        """See :meth:`Ground.attempts`."""
        return self._do("attempts", folder, env=self._past)

    def violations(self, folder: Path, before: dict[str, str]) -> list[str]:
        """See :meth:`Ground.violations`."""
        return self._do("violations", folder, before, env=self._past)

    def _do(self, what: str, folder: Path, *arguments: object, env: dict[str, str], case: Case | None = None) -> Any:
        """What a process of its own gives; None if it was killed."""
        here, there = self._processes.Pipe(duplex=False)
        url = f"s3://{seaweed.BUCKET}/{folder.name}"
        child = self._processes.Process(target=_child, args=(there, env, what, folder, url, arguments))
        child.start()
        there.close()
        if env is self._through:
            self._proxy.begin(case, child.kill)
        try:
            ready = wait([here, child.sentinel], LONGEST_S)
            if not ready:
                raise TimeoutError(f"{what} hangs")
            return here.recv() if here.poll() else None
        except EOFError:
            return None
        finally:
            child.kill()
            child.join()
            here.close()


def _child(there: Connection, env: dict[str, str], what: str, folder: Path, url: str, arguments: tuple[Any, ...]) -> None:
    import subject

    from render.store.objects import open_store

    os.environ.update(env)
    match what:
        case "command":
            settings, manifest = subject.prepare(folder, url)
            there.send(subject.give_command(settings, manifest, *arguments))
        case "attempts":
            there.send(subject.attempts(url))
        case _:
            there.send(subject.violations(open_store(url), *arguments))


@contextmanager
def ground(folder: Path) -> Iterator[S3Ground]:
    """An S3 service with its data in ``folder``, and the proxy before it."""
    with seaweed.running(folder) as env, Proxy(env["AWS_ENDPOINT_URL"]).running() as proxy:
        yield S3Ground(proxy, env)
