"""As soon as a manifest lies in the inbox: it becomes checked videos, a catalog and a report.

What arrives while as many runs are at work as may be comes into one run afterwards. What a run does not take, the
nightly one does: no two of them share a manifest.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG, Asset, AssetWatcher

from render.orchestration import chain
from render.orchestration.inbox import InboxTrigger

inbox = Asset(
    name="nightreel_inbox",
    uri="nightreel://inbox",
    watchers=[AssetWatcher(name="nightreel_inbox", trigger=InboxTrigger())],
)

with DAG(
    dag_id="render_on_arrival",
    description="Manifests rendered as they arrive",
    doc_md=__doc__,
    schedule=[inbox],
    start_date=datetime(2026, 11, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=4,
    default_args=chain.DEFAULT_ARGS,
    tags=["nightreel"],
    params=chain.params(),
) as dag:
    chain.render_batch()
