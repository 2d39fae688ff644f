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

from airflow.dag_processing.dagbag import DagBag
from airflow.models.xcom import XComModel
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from sqlalchemy import select

from render import errors, pipeline
from render.farm import cluster
from render.settings import Settings, load

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
    from render.store import catalog
    from render.store.objects import open_store

    sql = 'select batch, "row", "end" from requests order by all'
    return catalog.query(open_store(store), sql).to_pylist()


runs: dict[str, Any] = {}
runs["nothing arrived"] = run(1)
manifest = {"manifest": str(folder / "three.parquet"), "jobs_per_shard": 2, "workers": 1}
runs["three rows"] = run(2, **manifest)
runs["three rows"]["catalog"] = catalog_rows()
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
print(json.dumps(runs))
