"""``make stack-demo``: a manifest dropped in the inbox of the running stack, watched until its report is there.

Where no stack runs, one is started for it, and ended afterwards.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx

from infra.airflow_api import Api, Run, password
from infra.airflow_home import ROOT, stop_on_signals
from infra.plan import Plan, add_options, found, plan_of
from infra.screen import Screen
from infra.stack import running
from render import errors, pipeline, settings
from render.experiments import bundle, gather
from render.store import batches, layout
from render.store.objects import ObjectStore, open_store

POLL_SECONDS = 2.0
OVER = ("success", "failed")


def main() -> int:
    """Run the demo; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", nargs="?", default=ROOT / "examples" / "spring_campaign.parquet", type=Path)
    add_options(parser)
    given = parser.parse_args()
    stop_on_signals()
    screen = Screen()
    try:
        if not given.manifest.is_file():
            raise errors.InputError(f"There is no file {given.manifest}.")
        with _stack(plan_of(given), screen) as plan:
            return _demo(screen, plan, given.manifest)
    except KeyboardInterrupt:
        screen.say("Stopped watching. A batch in a stack that goes on running goes on, too.")
        return 3
    except httpx.HTTPError as error:
        screen.say(f"Airflow's API does not answer as it should: {error}")
        return 1
    except errors.NightreelError as error:
        screen.say(f"{error}")
        return error.exit_code


@contextmanager
def _stack(wanted: Plan, screen: Screen) -> Iterator[Plan]:
    """The stack that runs, else one for the length of the block."""
    if there := found(wanted.folder):
        yield there
        return
    screen.say("No stack runs: starting one, which ends with this demo (`make stack` in another shell keeps one).")
    with running(wanted, screen.say):
        yield wanted


def _demo(screen: Screen, plan: Plan, manifest: Path) -> int:
    start = time.monotonic()
    os.environ.update(plan.clients())
    ours = settings.load()
    store = open_store(ours.store)
    path = f"{layout.INBOX}/{manifest.stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.parquet"
    store.put_file(path, manifest)
    screen.say(f"Dropped {os.path.relpath(manifest)} as {store.uri(path)}")
    with screen, Api(plan.airflow, password(plan.password_file)) as api:
        run = _run_that_takes_it(api)
        screen.say(f"Airflow runs the DAG {run.dag}: {plan.airflow}/dags/{run.dag}/runs/{run.id}")
        batch, over = None, False
        while not over:
            time.sleep(POLL_SECONDS)
            with suppress(httpx.HTTPError, errors.StoreError):  # what dies is started again, and answers then
                state = api.state(run)
                batch = batch or _batch_of(store, store.uri(path))
                if batch:
                    screen.show(pipeline.status(ours, batch))
                over = state in OVER
    if batch is None:
        screen.say(f"The run has ended and has not taken the manifest; the logs of its tasks are at {plan.airflow}.")
        return 1
    status = pipeline.status(ours, batch)
    screen.sum_up(status, time.monotonic() - start)
    if status.state != "finished":
        screen.say(f"The run has ended, the batch has not; the logs of its tasks are at {plan.airflow}.")
        return 1
    reports = plan.folder / "reports"
    reports.mkdir(exist_ok=True)
    made = bundle.write(store, gather.of_batch(store, batch), reports / f"{batch}.zip", now=datetime.now(UTC))
    screen.say(f"To be opened on this machine, with its clips: {os.path.relpath(made.file)}")
    return 0


def _run_that_takes_it(api: Api) -> Run:
    """The run that works on what was dropped: the nightly one, ahead of its time."""
    return api.trigger("nightly_render")


def _batch_of(store: ObjectStore, manifest: str) -> str | None:
    """The batch that took the manifest in."""
    for batch in reversed(batches.list_ids(store)):
        if any(file.url == manifest for file in batches.load(store, batch).manifests):
            return batch
    return None


if __name__ == "__main__":
    sys.exit(main())
