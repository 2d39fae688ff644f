"""``make demo``: the nightly DAG, run once on the spring campaign, with its progress read from the store.

What Airflow has to say goes to .airflow/demo.log.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from infra.airflow_home import ROOT, Airflow, stop_on_signals
from infra.screen import Screen
from render import errors, pipeline, settings
from render.experiments.steps import SUM_UP

POLL_SECONDS = 1.0
LOG_LINES_SHOWN = 20


def main() -> int:
    """Run the demo; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", nargs="?", default=ROOT / "examples" / "spring_campaign.parquet", type=Path)
    parser.add_argument("--store", default=ROOT / ".nightreel" / "store", type=Path)
    parser.add_argument("--home", default=ROOT / ".airflow", type=Path, help="Airflow's home, with the log demo.log.")
    given = parser.parse_args()
    stop_on_signals()
    store, manifest = str(given.store.resolve()), str(given.manifest.resolve())
    screen = Screen()
    try:
        return _demo(screen, Airflow(given.home.resolve()), settings.load(store=store), manifest)
    except KeyboardInterrupt:
        screen.say("Stopped Airflow and its farm. Finished clips are kept: `make demo` again goes on from there.")
        return 3
    except errors.NightreelError as error:
        screen.say(f"{error}")
        return error.exit_code


def _demo(screen: Screen, airflow: Airflow, ours: settings.Settings, manifest: str) -> int:
    start = time.monotonic()
    now = datetime.now(UTC)
    airflow.migrate(screen.say)
    # The DAG's own intake finds this very record: taken here as well, so that it is known which batch to watch.
    key = now.isoformat().replace("+00:00", "Z")
    batch = pipeline.intake(ours, manifest=manifest, run_key=key, now=now).id
    screen.say(f"Airflow runs the DAG nightly_render on {os.path.relpath(manifest)}; its log is {airflow.log}")
    conf = {"manifest": manifest, "store": ours.store}
    with screen, airflow.run("dags", "test", "nightly_render", key, "--conf", json.dumps(conf)) as run:
        while run.poll() is None:
            screen.show(pipeline.status(ours, batch))
            time.sleep(POLL_SECONDS)
        status = pipeline.status(ours, batch)
        screen.show(status)
    screen.sum_up(status, time.monotonic() - start)
    if run.returncode:
        last = airflow.log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        screen.say("\n".join(["", f"The DAG run failed. The last lines of {airflow.log}:", *last]))
        screen.say("`make demo` again does what is missing.")
        return 1
    elsewhere = Path(settings.load().store).absolute() != Path(ours.store)
    place = f" --store {shlex.quote(ours.store)}" if elsewhere else ""
    screen.say(f'Next: .venv/bin/nightreel query "{SUM_UP}"{place}')
    return 0


if __name__ == "__main__":
    sys.exit(main())
