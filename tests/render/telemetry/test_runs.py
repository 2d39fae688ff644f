"""Real runs of the command line, with a collector, without one, and with one that is not there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from in_process import write
from otlp import Collector, Span, collector

from render.telemetry.export import FLUSH_SECONDS
from render.telemetry.instruments import CATALOGUE

pytestmark = pytest.mark.slow
STAGES = ["render", "encode", "check", "mux", "file_check", "stills", "commit"]


class Ran(NamedTuple):
    home: Path
    taken: Collector
    document: dict[str, Any]


def nightreel(home: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    own = {"NIGHTREEL_STORE": str(home / "store"), "NIGHTREEL_SCRATCH": str(home / "scratch")}
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "NIGHTREEL_LOG"))}
    command = [sys.executable, "-m", "render.cli", *arguments]
    return subprocess.run(command, env=bare | own | env, cwd=home, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Three clips in three shards, a duplicate, a row without a prompt; on two workers."""
    home = tmp_path_factory.mktemp("run")
    manifest = write(home / "m.parquet", "one", "two", "three", "one", "")
    with collector() as taken:
        done = nightreel(
            home, "run", manifest, "--workers", "2", "--jobs-per-shard", "1", "--json",
            OTEL_EXPORTER_OTLP_ENDPOINT=taken.endpoint, NIGHTREEL_USD_PER_CPU_HOUR="1000",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        yield Ran(home, taken, json.loads(done.stdout))


def below(ran: Ran, span: Span) -> list[Span]:
    return [one for one in ran.taken.spans if one.parent == span.id]


def named(ran: Ran, name: str) -> list[Span]:
    return [span for span in ran.taken.spans if span.name == name]


def test_a_run_is_one_tree_from_the_batch_to_the_stages_of_its_clips(ran: Ran) -> None:
    """Batch, shards, jobs, stages, each in its place, though three processes made them; no span hangs in the air."""
    (batch,) = named(ran, "batch")
    assert batch.parent == ""
    assert batch.attributes["nightreel.batch"] == ran.document["batch"]
    assert batch.attributes["nightreel.rows.published"] == 3
    assert Counter(span.name for span in below(ran, batch)) == {"plan": 1, "shard": 3, "publish": 1, "report": 1}
    clips = {clip["fingerprint"] for clip in ran.document["clips"]}
    for shard in named(ran, "shard"):
        (job,) = below(ran, shard)
        assert job.name == "job"
        assert job.attributes["nightreel.shard"] == shard.attributes["nightreel.shard"]
        assert job.attributes["nightreel.engine"] == "testcard"
        assert job.attributes["nightreel.state"] == "made"
        clips.remove(job.attributes["nightreel.clip"])
        assert [span.name for span in sorted(below(ran, job), key=lambda one: STAGES.index(one.name))] == STAGES
        spent = sum(span.attributes["nightreel.stage.seconds"] for span in below(ran, job))
        assert 0 < spent <= job.seconds
    assert clips == set()
    ids = {span.id for span in ran.taken.spans}
    assert {span.trace for span in ran.taken.spans} == {batch.trace}
    assert [span for span in ran.taken.spans if span.parent and span.parent not in ids] == []
    assert {(span.service, span.failed) for span in ran.taken.spans} == {("nightreel", False)}


def test_a_run_says_how_its_clips_ended_and_what_they_took(ran: Ran) -> None:
    """The figures that arrived are those of the run's own document."""
    taken = ran.taken
    ends = {end: taken.total("nightreel.clips", end=end) for end, count in ran.document["ends"].items() if count}
    assert ends == {"published": 3, "reused": 1, "rejected": 1}
    assert taken.total("nightreel.jobs", state="made") == 3
    assert taken.total("nightreel.frames") == 3 * 4
    cost = sum(clip["cost"] for clip in ran.document["clips"] if clip["end"] == "published")
    assert taken.total("nightreel.spend") == pytest.approx(cost, rel=1e-3)
    assert {stage: taken.total("nightreel.stage.duration", stage=stage) for stage in STAGES} == dict.fromkeys(STAGES, 3)
    assert taken.total("nightreel.batches") == 1
    assert taken.total("nightreel.queue.depth") == 0
    usage, limit = (taken.points[f"nightreel.worker.memory.{what}"] for what in ("usage", "limit"))
    assert len(usage) == len(limit) == 2
    assert all(1e7 < point.value < 1e10 for point in usage.values())


def test_everything_that_arrived_is_in_the_catalogue(ran: Ran) -> None:
    known = {one.name: one for one in CATALOGUE}
    assert ran.taken.points.keys() <= known.keys()
    for name, points in ran.taken.points.items():
        for point in points.values():
            assert (point.unit, set(point.attributes)) == (known[name].unit, set(known[name].attributes))


def test_a_collector_that_does_not_answer_delays_no_command(ran: Ran) -> None:
    """One that takes the connection and says nothing, the worst: a run that reuses all ends well, seconds later."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.setblocking(False)
        took, codes = [], []
        for env in {}, {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{deaf.getsockname()[1]}"}:
            began = time.monotonic()
            done = nightreel(ran.home, "run", str(ran.home / "m.parquet"), "--json", **env)
            took.append(time.monotonic() - began)
            codes.append((done.returncode, json.loads(done.stdout)["ends"]["reused"]))
        deaf.accept()[0].close()  # somebody was there
    assert codes == [(0, 4), (0, 4)]
    assert took[1] < 2 * took[0] + FLUSH_SECONDS  # the machine may be busy


GUARD = """
import os
with open(os.environ["SEEN"], "a") as file:
    file.write(f"{os.getpid()}\\n")
raise ImportError("It was not asked for.")
"""


def test_without_a_collector_no_process_of_a_run_imports_opentelemetry_and_its_log_is_json(tmp_path: Path) -> None:
    """Whoever imports it would leave a trace, workers too. That run's log: one JSON object a line, all in place."""
    guard = tmp_path / "guard/opentelemetry"
    guard.mkdir(parents=True)
    (guard / "__init__.py").write_text(GUARD)
    path = os.pathsep.join([str(guard.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = nightreel(
        tmp_path, "run", write(tmp_path / "m.parquet", "one"), "--workers", "1", "--json",
        PYTHONPATH=path, SEEN=str(tmp_path / "seen"), NIGHTREEL_LOG_FORMAT="json", NIGHTREEL_LOG_LEVEL="info",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert not (tmp_path / "seen").exists()
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert all({"timestamp", "level", "event", "logger"} <= line.keys() for line in lines)
    assert {line["batch"] for line in lines if line["logger"] != "render.farm.preload"} == {document["batch"]}
    (clip,) = document["clips"]
    about = {"batch": document["batch"], "shard": 0, "clip": clip["fingerprint"], "engine": "testcard"}
    for logger in ("render.farm.worker", "nightreel"):
        assert [line for line in lines if line["logger"] == logger and about.items() <= line.items()], logger
