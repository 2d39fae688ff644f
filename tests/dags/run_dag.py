"""Run the DAGs that render again and again in one process, and print how each run ended as one line of JSON.

Usage: ``run_dag.py FOLDER``, in which ``three.parquet`` and ``four.parquet`` lie.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from airflow.dag_processing.collection import update_dag_parsing_results_in_db
from airflow.dag_processing.dagbag import DagBag
from airflow.models.asset import AssetEvent
from airflow.models.dag import DagModel
from airflow.models.trigger import Trigger
from airflow.models.xcom import XComModel
from airflow.sdk import DAG, BaseOperator
from airflow.serialization.serialized_objects import LazyDeserializedDAG
from airflow.triggers.base import TriggerEvent
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from deltalake import DeltaTable
from sqlalchemy import select

from render import errors, pipeline
from render.farm import cluster
from render.orchestration import chain
from render.settings import Settings, load
from render.store import batches, catalog, layout
from render.store.objects import open_store

folder = Path(sys.argv[1])
store = str(folder / "store")
initdb()


def run(day: int | None, **params: Any) -> dict[str, Any]:
    """One night's run under that day's logical date; one that an arrival starts has none."""
    # parsed anew, as in a task: dag.test() writes the parameters into it
    dag = DagBag().dags["nightly_render" if day else "render_on_arrival"]
    date = datetime(2026, 11, day, 2, tzinfo=UTC) if day else None
    done = dag.test(logical_date=date, run_conf={"store": store, **params})
    with create_session() as session:
        xcoms = [
            {"task": row.task_id, "key": row.key, "value": XComModel.deserialize_value(row)}
            for row in session.scalars(select(XComModel).where(XComModel.run_id == done.run_id))
        ]
        tasks = {f"{ti.task_id}[{ti.map_index}]": ti.state for ti in done.get_task_instances(session=session)}
    told = {
        "state": str(done.state),
        "tasks": {name.removesuffix("[-1]"): str(state) for name, state in tasks.items()},
        "xcoms": xcoms,
    }
    batch = next((x["value"] for x in xcoms if x["task"] == "intake"), None)
    if batch is None:
        return told
    status = pipeline.status(load(store=store), batch)
    return told | {
        "batch": batch,
        "ends": status.ends,
        "waiting": status.waiting,
        "clips": [(clip.row, clip.end, clip.uri) for clip in status.clips],
    }


def catalog_rows() -> list[dict[str, Any]]:
    """Every row of the catalog, in order."""
    sql = 'select batch, "row", "end" from requests order by all'
    return catalog.query(open_store(store), sql).to_pylist()


def register_a_reader() -> None:
    """Have a DAG in the database that an analyst has scheduled on the catalog."""
    with DAG("reads_the_catalog", schedule=[chain.CATALOG], start_date=datetime(2026, 11, 1, tzinfo=UTC)) as dag:
        BaseOperator(task_id="read")
    with create_session() as session:
        update_dag_parsing_results_in_db(
            "dags-folder", None, [LazyDeserializedDAG.from_dag(dag)], {}, None, set(), session=session
        )


def told_by_assets() -> dict[str, Any]:
    """The DAGs that the scheduler would start now for what assets have told, and the last event of the catalog."""
    with create_session() as session:
        _, dates = DagModel.dags_needing_dagruns(session)
        event = session.scalars(select(AssetEvent).order_by(AssetEvent.id.desc())).first()
        return {"to be started": sorted(dates), "extra": event and event.extra}


def arrive() -> None:
    """Tell Airflow what its triggerer tells when the watcher of the inbox fires."""
    with create_session() as session:
        trigger = session.scalars(select(Trigger).where(Trigger.classpath.endswith(".InboxTrigger"))).one()
        Trigger.submit_event(trigger.id, TriggerEvent({"url": "s3://b/inbox/a.parquet"}), session=session)


runs: dict[str, Any] = {}
runs["nothing arrived"] = run(1)
register_a_reader()
assets = {"nothing published": told_by_assets()}
manifest = {"manifest": str(folder / "three.parquet"), "jobs_per_shard": 2, "workers": 1}
runs["three rows"] = run(2, **manifest)
runs["three rows"]["catalog"] = catalog_rows()
assets["published"] = told_by_assets()
arrive()
assets["arrived"] = told_by_assets()
runs["the same again"] = run(2, **manifest)
runs["the same again"]["catalog"] = catalog_rows()

inbox = folder / "store" / "inbox"
inbox.mkdir(exist_ok=True)
shutil.copy(folder / "four.parquet", inbox)
healthy = pipeline.render


def broken(settings: Settings, batch_id: str, shards: Sequence[int], **kwargs: Any) -> None:
    """Shard 1 fails."""
    if 1 in shards:
        raise errors.InputError("Shard 1 is broken by the test.")
    healthy(settings, batch_id, shards, **kwargs)


home = folder / "farm"
scheduler = cluster.spawn(load(store=store, workers=1, scratch=folder / "scratch"), home)
try:
    pipeline.render = broken
    runs["one shard broken"] = run(3, scheduler=scheduler, jobs_per_shard=2)
    pipeline.render = healthy
    place = urlsplit(scheduler)
    told = {"conn_type": "dask", "host": place.hostname, "port": place.port}
    os.environ["AIRFLOW_CONN_DASK_OF_TEST"] = json.dumps(told)
    runs["mended"] = run(3, scheduler="dask_of_test", jobs_per_shard=2)
    shutil.copy(folder / "five.parquet", inbox)
    runs["arrived"] = run(None, scheduler=scheduler)
    runs["arrived, told again"] = run(None, scheduler=scheduler)
    runs["farm left alone"] = (home / "cluster.json").exists()
finally:
    cluster.stop(scheduler)
runs["nothing new"] = run(4)

opened = open_store(store)
young, old = (layout.plan(runs["mended"]["batch"], attempt) for attempt in ("young", "old"))
for path in (young, old):
    opened.put(path, b"nobody names it")
piece = Path(store) / ".tmp" / "another-machine~0"
piece.parent.mkdir(exist_ok=True)
piece.write_bytes(b"half")
for file in (Path(store) / old, piece):
    os.utime(file, (1, 1))
before, files = catalog_rows(), len(DeltaTable(f"{store}/catalog/requests").file_uris())
dag = DagBag().dags["catalog_upkeep"]
done = dag.test(logical_date=datetime(2026, 11, 5, 10, tzinfo=UTC), run_conf={"store": store})
upkeep = {
    "state": str(done.state),
    "files": [files, len(DeltaTable(f"{store}/catalog/requests").file_uris())],
    "the same rows": catalog_rows() == before,
    "left": {"young": opened.exists(young), "old": opened.exists(old), "half-written": piece.exists()},
}
known = {"batches": batches.list_ids(opened), "schedulers": [scheduler, "dask_of_test"]}
print(json.dumps({"runs": runs, "assets": assets, "upkeep": upkeep, **known}))
