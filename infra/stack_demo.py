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
from render.model import Batch
from render.store import batches, layout
from render.store.objects import ObjectStore, open_store

DAGS = ("render_on_arrival", "nightly_render")
POLL_SECONDS = 2.0
PATIENCE_SECONDS = 180.0
"""After which it is said that nothing has happened."""
OVER = ("success", "failed")
TAKEN = (*OVER, "skipped", "upstream_failed")
"""States of an intake that takes nothing any more."""


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
    os.environ.update(plan.clients())
    ours = settings.load()
    store = open_store(ours.store)
    with Api(plan.airflow, password(plan.password_file)) as api, screen:
        _let_the_night_take_its_own(api)
        start = time.monotonic()
        path = f"{layout.INBOX}/{manifest.stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.parquet"
        store.put_file(path, manifest)
        screen.say(f"Dropped {os.path.relpath(manifest)} as {store.uri(path)}")
        taken = _batch_that_takes(store, store.uri(path), screen)
        took, batch = time.monotonic() - start, taken.id
        run = _run_of(api, taken.run_key)
        screen.say(f"Taken after {took:.0f} s by a run of {run.dag}: {plan.airflow}/dags/{run.dag}/runs/{run.id}")
        over = False
        while not over:
            with suppress(httpx.HTTPError, errors.StoreError):  # what dies is started again, and answers then
                over = api.state(run) in OVER
                screen.show(pipeline.status(ours, batch))
            time.sleep(POLL_SECONDS)
    status = pipeline.status(ours, batch)
    screen.sum_up(status, time.monotonic() - start)
    if status.state != "finished":
        screen.say(f"The run has ended, the batch has not; the logs of its tasks are at {plan.airflow}.")
        return 1
    reports = plan.folder / "reports"
    reports.mkdir(exist_ok=True)
    out = reports / f"{batch}.zip"
    made, _ = bundle.write(store, lambda: gather.of_batch(store, batch), out, now=datetime.now(UTC))
    screen.say(f"To be opened on this machine, with its clips: {os.path.relpath(made.file)}")
    return 0


def _let_the_night_take_its_own(api: Api) -> None:
    """Wait until the last nightly run, which a new stack begins with, has taken what lay in the inbox before."""
    patient_until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < patient_until:
        with suppress(httpx.HTTPError):
            runs = api.runs("nightly_render")
            if runs and api.task_state(runs[0], "intake") in TAKEN:
                return
        time.sleep(POLL_SECONDS)


def _batch_that_takes(store: ObjectStore, manifest: str, screen: Screen) -> Batch:
    """Wait until a run takes what was dropped; the batch."""
    patient_until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with suppress(errors.StoreError):
            for batch in batches.newest(store):
                if any(file.url == manifest for file in (*batch.manifests, *(one.file for one in batch.refused))):
                    return batch
        if time.monotonic() > patient_until:
            screen.say("No run has taken it yet. Is a DAG paused, or does the triggerer's log tell why?")
            patient_until = float("inf")
        time.sleep(POLL_SECONDS)


def _run_of(api: Api, key: str) -> Run:
    """The run that took what was dropped; at night it may be the nightly one."""
    while True:
        with suppress(httpx.HTTPError):
            for dag in DAGS:
                for run in api.runs(dag):
                    if key in (run.id, run.date):
                        return run
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
