"""Run nightly_render once and print the store's address as JSON; OpenLineage is told what the environment says.

Usage: ``run_lineage.py FOLDER``, in which ``card.parquet`` lies.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from airflow.dag_processing.dagbag import DagBag
from airflow.listeners.listener import get_listener_manager
from airflow.utils.db import initdb

folder = Path(sys.argv[1])
initdb()
conf = {"store": str(folder / "store"), "manifest": str(folder / "card.parquet"), "workers": 1}
done = DagBag().dags["nightly_render"].test(logical_date=datetime(2026, 11, 2, 2, tzinfo=UTC), run_conf=conf)
get_listener_manager().hook.before_stopping(component=None)  # as Airflow's processes do, so that all is told by now
print(json.dumps({"state": str(done.state), "store": conf["store"], "manifest": conf["manifest"]}))
