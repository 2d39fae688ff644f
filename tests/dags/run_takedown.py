"""Take a clip down by the DAG, where its objects may not be removed and then twice where they may, then one that nobody
knows; tidy what a dead publisher left of another.

Prints what came of it as one line of JSON.

Usage: ``run_takedown.py FOLDER``, in which it makes a store with a published batch.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from airflow.dag_processing.dagbag import DagBag
from airflow.models.asset import AssetEvent
from airflow.models.task_state_store import TaskStateStoreModel
from airflow.models.xcom import XComModel
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from in_process import InProcess, go, write
from sqlalchemy import select

from render import errors
from render.farm import dispatch
from render.model import Tombstone
from render.settings import load
from render.store import catalog, layout, tombstones
from render.store.directory import DirectoryStore
from render.store.objects import open_store

folder = Path(sys.argv[1])
settings = load(store=str(folder / "store"), scratch=folder / "scratch", workers=1)
dispatch.run = InProcess().run  # type: ignore[assignment]
status = go(settings, write(folder / "m.parquet", "one", "two", "one"))
store, clip = open_store(settings.store), status.clips[0]
initdb()


def run(dag_id: str = "takedown", **params: Any) -> dict[str, Any]:
    dag = DagBag().dags[dag_id]
    for task in dag.tasks:
        task.retries = 0
    done = dag.test(run_conf={"store": settings.store, **params})
    with create_session() as session:
        xcoms = [row.key for row in session.scalars(select(XComModel).where(XComModel.run_id == done.run_id))]
        event = session.scalars(select(AssetEvent).where(AssetEvent.source_run_id == done.run_id)).one_or_none()
        tasks = {ti.task_id: str(ti.state) for ti in done.get_task_instances(session=session)}
        return {
            "state": str(done.state),
            "tasks": tasks,
            "xcoms": xcoms,
            "told": event and {event.asset.name: event.extra},
        }


runs = {}
with patch.object(DirectoryStore, "purge", side_effect=errors.StoreError("Forbidden.")):
    runs["kept"] = run(clips=[clip.uri], reason="consent revoked")
runs |= {
    "first": run(clips=[clip.uri], reason="consent revoked"),
    "again": run(clips=[clip.fingerprint[:8]], reason="consent revoked", by="ada"),
    "unknown": run(clips=["0" * 64], reason="consent revoked"),
}
other = Tombstone(
    fingerprint=status.clips[1].fingerprint, withdrawn_at="2026-11-29T12:00:00+00:00", withdrawn_by="ada", reason="why"
)
tombstones.put(store, [other])  # and no row says so
runs["tidied"] = run("catalog_upkeep")
runs["nothing to tidy"] = run("catalog_upkeep")
rows = catalog.query(store, 'select "end", reason from requests order by row').to_pylist()
with create_session() as session:
    kept = [f"{row.task_id} {row.key}" for row in session.scalars(select(TaskStateStoreModel))]
left = store.list(layout.clip(clip.fingerprint))
print(json.dumps({"runs": runs, "rows": rows, "left": left, "kept": kept}))
