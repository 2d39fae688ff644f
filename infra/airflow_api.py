"""The stack's Airflow, asked through its REST API."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

USER = "admin"
SECONDS = 30.0
"""What an answer may take: on a busy machine the first ones are slow."""
BEATS = {"scheduler": "scheduler", "triggerer": "triggerer", "dag_processor": "DAG processor"}


def password(file: Path) -> str:
    """The password of :data:`USER`, made once and kept in a file that only this user can read."""
    if not file.exists():
        new = file.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_text(json.dumps({USER: secrets.token_urlsafe(16)}))
        new.rename(file)
    return json.loads(file.read_text())[USER]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a DAG."""

    dag: str
    id: str
    date: str | None
    """Its logical date in ISO 8601, UTC; None for one that an event started."""


class Api:
    """A session with the API server at ``url``; a context manager.

    Its methods raise :class:`httpx.HTTPError` if the server is away or refuses.
    """

    def __init__(self, url: str, secret: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=SECONDS, trust_env=False)
        self._secret = secret

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._client.close()

    def asleep(self, since: datetime) -> list[str]:
        """Which of Airflow's parts have not told that they live since that instant."""
        health = self.ask("GET", "/api/v2/monitor/health")
        return [
            name
            for part, name in BEATS.items()
            if health[part]["status"] != "healthy" or not _later(health[part][f"latest_{part}_heartbeat"], since)
        ]

    def unparsed(self, files: set[str], since: datetime) -> tuple[set[str], dict[str, str]]:
        """Which of these files of DAGs were not read since then, and what is wrong with those that cannot be used."""
        dags = self.ask("GET", "/api/v2/dags", params={"limit": 100, "exclude_stale": False})["dags"]
        read = {dag["relative_fileloc"] for dag in dags if _later(dag["last_parsed_time"], since)}
        faults = self.ask("GET", "/api/v2/importErrors", params={"limit": 100})["import_errors"]
        wrong = {Path(fault["filename"]).name: fault["stack_trace"] for fault in faults}
        return files - read - wrong.keys(), wrong

    def runs(self, dag: str) -> list[Run]:
        """Its newest runs, the last one first."""
        newest = {"order_by": "-run_after", "limit": 20}
        found = self.ask("GET", f"/api/v2/dags/{dag}/dagRuns", params=newest)["dag_runs"]
        return [Run(dag=dag, id=run["dag_run_id"], date=run["logical_date"]) for run in found]

    def state(self, run: Run) -> str:
        """``queued``, ``running``, ``success`` or ``failed``."""
        return self.ask("GET", f"/api/v2/dags/{run.dag}/dagRuns/{run.id}")["state"]

    def task_state(self, run: Run, task: str) -> str | None:
        """Where a task of a run is; None before it is scheduled."""
        return self.ask("GET", f"/api/v2/dags/{run.dag}/dagRuns/{run.id}/taskInstances/{task}")["state"]

    def ask(self, method: str, path: str, **what: Any) -> Any:
        """Any other request, as :meth:`httpx.Client.request` takes it; gives the JSON of its answer."""
        answer = self._client.request(method, path, **what)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            token = self._client.post("/auth/token", json={"username": USER, "password": self._secret})
            self._client.headers["Authorization"] = f"Bearer {token.raise_for_status().json()['access_token']}"
            answer = self._client.request(method, path, **what)
        return answer.raise_for_status().json()


def _later(instant: str | None, since: datetime) -> bool:
    return instant is not None and datetime.fromisoformat(instant) > since
