"""Run nightly_render with held clips, answer as people would, and print how each run ended as one line of JSON.

Usage: ``run_approval.py FOLDER``, in which ``cards.parquet`` lies: its half-second test cards are held.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
from airflow.dag_processing.dagbag import DagBag
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models.asset import AssetEvent
from airflow.models.hitl import HITLDetail
from airflow.models.task_state_store import TaskStateStoreModel
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from sqlalchemy import select

from render import pipeline, review
from render.checks import policy
from render.orchestration import approval
from render.settings import load
from render.store import catalog
from render.store.objects import open_store

folder = Path(sys.argv[1])
store = str(folder / "store")
settings = load(store=store)
initdb()
limit = "{check: black, figure: mean_luma, max: 0.5, outcome: hold, reason: It is too light., fix: Look at it.}"
strict = policy.parse(f"title: A test.\nlimits: [{limit}]", source="test")
policy.load = lambda _: strict

Answer = Callable[[TaskInstance], None]
asked: list[dict[str, Any]] = []


def choose(option: str, **given: str) -> Answer:
    """What Airflow's page does when ann chooses an option; not at once, as nobody could."""

    def answer(ti: TaskInstance) -> None:
        time.sleep(2)
        with create_session() as session:
            update_hitl_detail(
                dag_id=ti.dag_id,
                dag_run_id=ti.run_id,
                task_id=ti.task_id,
                update_hitl_detail_payload=UpdateHITLDetailPayload(chosen_options=[option], params_input=given),
                user=SimpleAuthManagerUser(username="ann", role="admin"),
                session=session,
            )

    return answer


def nobody(ti: TaskInstance) -> None:
    """What Airflow's scheduler does now and then."""
    while waiting(ti.run_id):
        SchedulerJobRunner(job=Job()).check_awaiting_input_timeouts()
        time.sleep(0.5)


def waiting(run_id: str | None = None) -> TaskInstance | None:
    with create_session() as session:
        wanted = select(TaskInstance).where(TaskInstance.state == "awaiting_input")
        found = session.scalar(wanted if run_id is None else wanted.where(TaskInstance.run_id == run_id))
        if found:
            detail = session.scalars(select(HITLDetail).where(HITLDetail.ti_id == found.id)).one()
            told = {"subject": detail.subject, "body": detail.body, "options": detail.options}
            if told not in asked:
                asked.append(told)
            session.expunge_all()
        return found


def run(day: int, answer: Answer | None = None, **params: Any) -> dict[str, Any]:
    """One run under that day's logical date, and what became of it."""
    over = threading.Event()

    def person() -> None:
        while answer and not over.wait(0.2):
            if ti := waiting():
                answer(ti)
                return

    someone = threading.Thread(target=person)
    someone.start()
    try:
        dag = DagBag().dags["nightly_render"]  # parsed anew, as in a task: dag.test() writes the parameters into it
        conf = {"store": store, "manifest": str(folder / "cards.parquet"), "workers": 1, **params}
        done = dag.test(logical_date=datetime(2026, 11, day, 2, tzinfo=UTC), run_conf=conf)
    finally:
        over.set()
        someone.join()
    with create_session() as session:
        tasks = {ti.task_id: str(ti.state) for ti in done.get_task_instances(session=session)}
        rows = session.scalars(select(XComModel).where(XComModel.run_id == done.run_id))
        xcoms = [[row.task_id, row.key, XComModel.deserialize_value(row)] for row in rows]
        event = session.scalars(select(AssetEvent).order_by(AssetEvent.id.desc())).first()
    [batch] = [one.batch for one in pipeline.latest(settings, 1)[0]]
    sql = f"""select "end", reason from requests where batch = '{batch}' order by row"""
    return {
        "state": str(done.state),
        "tasks": tasks,
        "batch": batch,
        "xcoms": xcoms,
        "told": event and [event.source_task_id, {name: what for name, what in event.extra.items() if what}],
        "catalog": catalog.query(open_store(store), sql).to_pylist(),
        "held": [one.row for one in review.held(settings, batch)],
    }


runs: dict[str, Any] = {"not asked for": run(1), "refused": run(2, choose(approval.REFUSE), approval=True)}
os.environ["NIGHTREEL_REQUIRE_APPROVAL"] = "true"
os.environ["NIGHTREEL_APPROVAL_HOURS"] = "0.0003"
runs["nobody answered"] = run(3, nobody)
del os.environ["NIGHTREEL_APPROVAL_HOURS"]
runs["not asked for this time"] = run(4, approval=False)
left = runs["not asked for this time"]["batch"]
review.decide(settings, left, approved=False, rows=None, by="ben", comment="It died.", now=datetime.now(UTC))
runs["decided and not carried out"] = run(4)
runs["published"] = run(5, choose(approval.PUBLISH, comment="It is meant so"))
with create_session() as session:
    kept = [f"{row.task_id} {row.key}" for row in session.scalars(select(TaskStateStoreModel))]
print(json.dumps({"runs": runs, "asked": asked, "kept": kept, "store": Path(store).as_uri()}))
