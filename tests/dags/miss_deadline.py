"""Let a night be late, as Airflow's scheduler and triggerer do it, and print what came of it as one line of JSON."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.dagbundle import DagBundleModel
from airflow.models.deadline import Deadline
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.trigger import Trigger
from airflow.triggers.callback import CallbackTrigger
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select

DAG = "nightly_render"

initdb()
with create_session() as session:
    if not session.get(DagBundleModel, "late"):
        session.add(DagBundleModel(name="late"))
sync_bag_to_db(DagBag(), "late", None)
due = {}
with create_session() as session:
    dag = SerializedDagModel.get_dag(DAG, session=session)
    for kind in (DagRunType.SCHEDULED, DagRunType.MANUAL):
        night = datetime(2026, 11, 20, 2, tzinfo=UTC)
        run = dag.create_dagrun(
            run_id=f"{kind.value}__late",
            logical_date=night.replace(day=20 if kind is DagRunType.SCHEDULED else 21),
            run_after=night,
            run_type=kind,
            triggered_by=DagRunTriggeredByType.TEST,
            state=DagRunState.RUNNING,
            session=session,
        )
        session.flush()
        deadline = session.scalars(select(Deadline).where(Deadline.dagrun_id == run.id)).one()
        due[kind.value] = deadline.deadline_time.isoformat()
        deadline.handle_miss(session)

ends = []
with create_session() as session:
    for row in session.scalars(select(Trigger).where(Trigger.classpath.endswith("CallbackTrigger"))):
        trigger = CallbackTrigger(**row.kwargs)  # read back from the database, as the triggerer does

        async def fired(one: CallbackTrigger = trigger) -> list[str]:
            return [str(event.payload["state"]) async for event in one.run()]

        ends.append(asyncio.run(fired()))
        session.delete(row)
print(json.dumps({"due": due, "ends": ends}))
