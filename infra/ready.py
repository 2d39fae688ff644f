"""Whether the parts of a stack do what they are there for: not that they listen, but that they answer rightly."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx

from infra import seaweed
from infra.airflow_api import Api
from infra.airflow_home import ROOT
from infra.plan import Plan
from infra.postgres import Postgres
from infra.supervised import Supervisor
from render import errors

POLL_SECONDS = 1.0
PATIENCE_SECONDS = 900
"""On a machine that has other things to do, Airflow takes minutes."""


class Checks:
    """One check a part; a context manager."""

    def __init__(
        self, plan: Plan, *, access: Mapping[str, str], secret: str, server: Postgres | None, since: datetime
    ) -> None:
        self._plan = plan
        self._access = access
        self._since = since
        self._exits = ExitStack()
        self._api = self._exits.enter_context(Api(plan.airflow, secret))
        self._faulty_dags: Mapping[str, str] = {}
        self._checks: dict[str, Callable[[], str]] = {
            "S3": lambda: seaweed.fault(access),
            "Dask": self._dask,
            "Airflow": self._airflow,
            "the DAGs": self._dags,
        }
        if server:
            self._checks["PostgreSQL"] = server.fault

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._exits.close()

    @property
    def names(self) -> list[str]:
        """What can be waited for."""
        return list(self._checks)

    def await_(self, *names: str, stack: Supervisor, say: Callable[[str], None]) -> None:
        """Wait for these, which are named as they get ready.

        Raises :class:`render.errors.NightreelError` if a part does not stay up, or takes too long.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while names:
            faults = {name: self._fault(name) for name in names}
            for name in names:
                if not faults[name]:
                    say(f"{(datetime.now(UTC) - self._since).total_seconds():4.0f} s  {name}: ready")
                    del self._checks[name]
            names = tuple(name for name in names if faults[name])
            stack.check()
            if time.monotonic() > deadline:
                told = " ".join(f"{name}: {faults[name]}." for name in names)
                raise errors.NightreelError(f"The stack is not ready after {PATIENCE_SECONDS} s. {told}")
            if names:
                time.sleep(POLL_SECONDS)
        for file, fault in self._faulty_dags.items():
            say(f"DAG file {file} cannot be used: {fault.strip().splitlines()[-1]}")

    def _fault(self, name: str) -> str:
        try:
            return self._checks[name]()
        except httpx.HTTPError as error:
            return str(error) or type(error).__name__

    def _dask(self) -> str:
        known = httpx.get(f"{self._plan.dashboard}/json/identity.json", trust_env=False).raise_for_status().json()
        workers = known["n_workers"]
        return "" if workers == self._plan.workers else f"{workers} of {self._plan.workers} workers are there"

    def _airflow(self) -> str:
        asleep = self._api.asleep(self._since)
        return f"no heartbeat of {', '.join(asleep)} yet" if asleep else ""

    def _dags(self) -> str:
        files = {path.name for path in (ROOT / "dags").glob("*.py")}
        left, self._faulty_dags = self._api.unparsed(files, self._since)
        return f"{', '.join(sorted(left))} not parsed yet" if left else ""
