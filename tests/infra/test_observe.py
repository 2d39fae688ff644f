"""The dashboard, the alerts and the collector: they name only what is sent, and what they name is explained."""

from __future__ import annotations

import functools
import json
import os
import re
import runpy
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import manifests
import promql_parser
import pytest
import yaml
from airflow.configuration import conf
from airflow.sdk import TaskInstanceState, TriggerRule
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import Observation
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality
from opentelemetry.sdk import environment_variables
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from render.telemetry.instruments import CATALOGUE, Instrument

OBSERVE = manifests.ROOT / "infra/observe"
COMPONENT = manifests.KUBERNETES / "observe"
DOCS = manifests.ROOT / "docs"
UNITS = {"s": "seconds", "By": "bytes", "1": ""}
"""What the collector makes of a unit; others stay, remarks in braces go."""
AIRFLOWS = "airflow/_shared/observability/metrics/metrics_template.yaml"


def series(one: Instrument) -> dict[str, set[str]]:
    """The names by which Prometheus knows an instrument, with their labels: the collector's own rule."""
    words = one.name.split(".")
    unit = "" if one.unit.startswith("{") else UNITS.get(one.unit, one.unit)
    if unit and unit not in words:
        words.append(unit)
    if one.kind == "counter":
        words.append("total")
    name, labels = "_".join(words), {attribute.replace(".", "_") for attribute in one.attributes}
    if one.kind == "histogram":
        return {f"{name}_bucket": {*labels, "le"}, f"{name}_sum": labels, f"{name}_count": labels}
    return {name: labels}


@functools.cache
def known() -> Mapping[str, set[str]]:
    """Every series that there can be: ours, and the counters of Airflow, which names them in a file of its own."""
    ours = {name: labels for one in CATALOGUE for name, labels in series(one).items()}
    told = yaml.safe_load(manifests.file_of("apache-airflow-core", AIRFLOWS).read_text())["metrics"]
    prefix = conf.get("metrics", "otel_prefix")
    airflows = {
        f"{prefix}_{one['name'].replace('.', '_')}_total": set(one["name_variables"])
        for one in told
        if one["type"] == "counter"
    }
    return ours | airflows


@functools.cache
def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((OBSERVE / "alerts.yaml").read_text())["groups"]
    return group["rules"]


@functools.cache
def dashboard() -> dict[str, Any]:
    return json.loads((OBSERVE / "dashboard.json").read_text())


def panels() -> list[dict[str, Any]]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> list[str]:
    """All that is asked of Prometheus; what Grafana puts in is put in."""
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    asked = [query.replace("$__rate_interval", "5m").replace("$engine", ".*") for query in asked]
    return asked + [rule["expr"] for rule in rules()]


def nodes(query: str) -> list[Any]:
    found: list[Any] = []
    promql_parser.walk(promql_parser.parse(query), found.append)
    return found


def strange(query: str) -> Iterator[str]:
    """What a query names that is not there."""
    selectors = [node for node in nodes(query) if isinstance(node, promql_parser.VectorSelector)]
    for one in selectors:
        if one.name not in known():
            yield one.name
        yield from {matcher.name for matcher in one.matchers.matchers} - known().get(one.name, set())
    labels = set().union(*(known().get(one.name, set()) for one in selectors))
    for node in nodes(query):
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier:
            yield from set(node.modifier.labels) - labels
        if isinstance(node, promql_parser.BinaryExpr) and node.modifier and node.modifier.matching:
            yield from set(node.modifier.matching.labels) - labels


@pytest.mark.parametrize("query", queries())
def test_a_query_names_only_metrics_and_labels_that_are_sent(query: str) -> None:
    """It is PromQL, and every metric and every label in it is one of the catalogue's, or a metric of Airflow's."""
    assert list(strange(query)) == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sum(nightreel_jobs)", ["nightreel_jobs"]),
        ('sum(nightreel_jobs_total{stat="failed"})', ["stat"]),
        ("sum by (batch) (nightreel_jobs_total)", ["batch"]),
        ("nightreel_queue_depth / on (engine) nightreel_worker_memory_limit_bytes", ["engine"]),
        ("airflow_triggerer_heartbeats_total", ["airflow_triggerer_heartbeats_total"]),
        ('airflow_ti_finish_total{dag="nightly_render"}', ["dag"]),
    ],
)
def test_a_query_that_names_others_is_found(query: str, names: list[str]) -> None:
    """The judge of the test above can say no."""
    assert list(strange(query)) == names


def misused(query: str) -> Iterator[str]:
    """Sums of which no increase is taken, and states of which one is.

    A sum ``unless`` it was there before is its own increase.
    """
    found = nodes(query)
    grown, compared = [], []
    for node in found:
        if isinstance(node, promql_parser.Call) and node.func.name in {"increase", "rate"}:
            grown += [arg.vector_selector for arg in node.args if isinstance(arg, promql_parser.MatrixSelector)]
        if isinstance(node, promql_parser.BinaryExpr) and str(node.op) == "unless":
            sides = [side for side in map(_selector, (node.lhs, node.rhs)) if side]
            if len(sides) == 2 and sides[1].offset and _at(sides[0]) == _at(sides[1]):
                compared += sides
    selectors = [str(node) for node in found if isinstance(node, promql_parser.VectorSelector)]
    for one in (*map(str, grown), *map(str, compared)):
        selectors.remove(one)
    yield from (one.name for one in grown if not _is_sum(one.name))
    yield from (name for name in map(_name, selectors) if _is_sum(name))


def _selector(node: Any) -> Any:
    """What a side of ``unless`` asks for, if it asks whether that is there, or was there last."""
    if isinstance(node, promql_parser.Call) and node.func.name == "last_over_time":
        (node,) = (arg.vector_selector for arg in node.args)
    return node if isinstance(node, promql_parser.VectorSelector) else None


def _at(selector: Any) -> str:
    """A selector whenever it is asked."""
    return re.sub(r" offset \S+$", "", str(selector))


def _name(selector: str) -> str:
    return re.split(r"[{ \[]", selector)[0]


def _is_sum(name: str) -> bool:
    return name.endswith(("_total", "_bucket", "_sum", "_count"))


@pytest.mark.parametrize("query", queries())
def test_of_sums_the_increase_is_taken_and_of_states_the_value(query: str) -> None:
    """What a counter stands at says nothing, and it is shown for days after it grew last; a queue has no rate."""
    assert list(misused(query)) == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("absent_over_time(nightreel_batches_total[26h])", ["nightreel_batches_total"]),
        ("sum(nightreel_jobs_total) > 3", ["nightreel_jobs_total"]),
        ("sum(increase(nightreel_queue_depth[1h]))", ["nightreel_queue_depth"]),
        ("sum(rate(nightreel_jobs_total[5m])) + nightreel_jobs_total", ["nightreel_jobs_total"]),
        ("nightreel_jobs_total unless nightreel_jobs_total offset 1h", []),
        ("nightreel_jobs_total unless last_over_time(nightreel_jobs_total[1h] offset 1h)", []),
        ("nightreel_jobs_total unless nightreel_queue_depth", ["nightreel_jobs_total"]),
        ("nightreel_jobs_total unless nightreel_jobs_total", ["nightreel_jobs_total"] * 2),
        ("nightreel_queue_depth > 0", []),
    ],
)
def test_a_misuse_is_found(query: str, names: list[str]) -> None:
    """The judge of the test above can say no."""
    assert list(misused(query)) == names


ANYTHING = {"NightreelNightMissed", "NightreelStalled", "NightreelTriggererGone"}
"""Alerts that ask whether anything has come, never how much: what grows is seen by its next value."""


def test_what_has_come_is_weighed_with_the_first_value_of_a_new_series() -> None:
    """Of that Prometheus knows no increase: the sum of a series that was not there in the span before is added."""
    weighing = [rule for rule in rules() if rule["alert"] not in ANYTHING and "increase(" in rule["expr"]]
    assert len(rules()) > len(weighing) > len(ANYTHING)
    for rule in weighing:
        found = nodes(rule["expr"])
        either = [str(node) for node in found if isinstance(node, promql_parser.BinaryExpr) and str(node.op) == "or"]
        assert either == [_with_first(node) for node in found if _is_increase(node)], rule["alert"]


def _is_increase(node: Any) -> bool:
    return isinstance(node, promql_parser.Call) and node.func.name == "increase"


def _with_first(increase: promql_parser.Call) -> str:
    asked = str(increase.args[0])
    selector, span = re.fullmatch(r"(.+)\[(\w+)\]", asked).groups()
    return str(promql_parser.parse(f"({selector} unless last_over_time({asked} offset {span})) or increase({asked})"))


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool, which comes with Prometheus, is not here")
def test_the_rules_do_with_new_series_what_they_are_to_do() -> None:
    """By Prometheus' own engine: minute by minute, with series that begin, go and come back."""
    told = subprocess.run(
        ["promtool", "test", "rules", "tests/infra/alerts_test.yaml"],
        cwd=manifests.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_names_follow_the_collectors_rule() -> None:
    """As the collector's translator has it for each kind of instrument and unit."""
    names = {name for one in CATALOGUE for name in series(one)}
    assert {
        "nightreel_clips_total",
        "nightreel_queue_depth",
        "nightreel_stage_duration_seconds_bucket",
        "nightreel_spend_USD_total",
        "nightreel_worker_memory_usage_bytes",
    } <= names


def test_each_metric_is_on_the_dashboard() -> None:
    """Whatever is measured can be seen."""
    asked = " ".join(query for query in queries() if query not in {rule["expr"] for rule in rules()})
    assert [one.name for one in CATALOGUE if not any(re.search(rf"\b{name}\b", asked) for name in series(one))] == []


def test_an_alert_says_how_grave_it_is_what_is_wrong_and_where_its_runbook_is() -> None:
    """Each alert has a heading of its own in operate.md, and labels in its summary are those of its query."""
    text = (DOCS / "operate.md").read_text()
    section = text.split("## When an alert comes")[1].split("\n## ")[0]
    headings = {line.lower().replace(" ", "-") for line in re.findall(r"^### (.+)$", section, re.MULTILINE)}
    linked = []
    for rule in rules():
        assert re.fullmatch(r"Nightreel[A-Za-z]+", rule["alert"])
        assert rule["labels"]["severity"] in {"critical", "warning"}
        file, _, heading = rule["annotations"]["runbook_url"].partition("#")
        assert file == "docs/operate.md"
        linked.append(heading)
        labels = {name for node in nodes(rule["expr"]) for name in known().get(getattr(node, "name", None), ())}
        assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= labels
        assert re.fullmatch(r"\d+m", rule.get("for", "0m"))
    assert sorted(linked) == sorted(headings)


def test_nobody_is_woken_because_there_is_work() -> None:
    """Clips wait all day where teams drop manifests and run commands: it is grave only where none of them ends."""
    for rule in rules():
        names = [node.name for node in nodes(rule["expr"]) if isinstance(node, promql_parser.VectorSelector)]
        if rule["labels"]["severity"] == "critical" and "nightreel_queue_depth" in names:
            assert "nightreel_jobs_total" in names
        assert "hour()" not in rule["expr"], "a night's hour is NIGHTREEL_NIGHTLY_BY's"


def test_the_missed_night_asks_for_what_every_night_ends_with() -> None:
    """It looks at the last task of the scheduled DAG, which runs whatever happened: a quiet night is none missed."""
    (rule,) = (rule for rule in rules() if rule["alert"] == "NightreelNightMissed")
    selectors = [node for node in nodes(rule["expr"]) if isinstance(node, promql_parser.VectorSelector)]
    asked = {tuple(sorted((one.name, one.value) for one in node.matchers.matchers)) for node in selectors}
    (wanted,) = (dict(matchers) for matchers in asked)
    dag = runpy.run_path(str(manifests.ROOT / "dags/nightly_render.py"))["dag"]
    task = dag.get_task(wanted["task_id"])
    assert (wanted["dag_id"], wanted["state"]) == (dag.dag_id, TaskInstanceState.SUCCESS)
    assert (task.trigger_rule, task.downstream_task_ids) == (TriggerRule.ALL_DONE, set())
    (hours,) = set(re.findall(r"(\d+)h", rule["expr"]))
    assert 24 < int(hours) < 48
    assert rule["labels"]["severity"] == "critical"


def test_the_page_shows_the_catalogue() -> None:
    """Name, unit, description and attributes of each instrument, in the order of the code."""
    rows = re.findall(
        r"^\| `(nightreel\.[\w.]+)` \| (.+?) \| (.*?) \| (.*?) \|$", (DOCS / "observe.md").read_text(), re.MULTILINE
    )
    assert rows == [
        (
            one.name,
            f"{one.kind.replace('_', ' ').replace('up down', 'up-down')}, `{one.unit}`",
            one.description,
            ", ".join(f"`{name}`" for name in one.attributes),
        )
        for one in CATALOGUE
    ]


def test_variables_and_files_that_the_page_names_are_there() -> None:
    """OTEL_… are the SDK's, AIRFLOW__… options of this Airflow; links and paths lead to something."""
    text = (DOCS / "observe.md").read_text() + (COMPONENT / "telemetry.env").read_text()
    elsewhere = {"OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER"}  # the specification's; we read them
    named = set(re.findall(r"\bOTEL_[A-Z_]+[A-Z]", text)) - elsewhere
    assert [name for name in named if not hasattr(environment_variables, name)] == []
    assert [name for name in re.findall(r"AIRFLOW__\w+", text) if manifests.airflow_option(name) is None] == []
    paths = re.findall(r"`((?:infra|tests|docs)/[\w./-]+)`", text)
    made = {"infra/compose.env"}
    assert paths
    assert [path for path in paths if path not in made and not (manifests.ROOT / path).exists()] == []
    for link in re.findall(r"\]\(([^)h][^)]*)\)", text):
        assert not (file := link.partition("#")[0]) or (DOCS / file).exists(), link


def test_the_dashboard_is_whole() -> None:
    """Panels have their own ids and places, a query each, and ask the data source that a person has chosen."""
    places = [tuple(panel["gridPos"].values()) for panel in dashboard()["panels"]]
    assert len(set(places)) == len({panel["id"] for panel in dashboard()["panels"]}) == len(places)
    for panel in panels():
        assert panel["targets"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
    assert [variable["name"] for variable in dashboard()["templating"]["list"]] == ["datasource", "engine"]


@functools.cache
def collector() -> dict[str, Any]:
    return yaml.safe_load((COMPONENT / "collector/config.yaml").read_text())


def test_the_collector_listens_where_everything_sends_and_asks() -> None:
    """Ports of its configuration, its pod, its services, its policy and the variable agree; no part is unused."""
    config = collector()
    found = {(one["kind"], one["metadata"]["name"]): one for one in manifests.resources()}
    (container,) = found["Deployment", "otel-collector"]["spec"]["template"]["spec"]["containers"]
    ports = {port["containerPort"] for port in container["ports"]}
    scraped = {_port(one["endpoint"]) for name, one in config["exporters"].items() if name.startswith("prometheus/")}
    sent, health = (
        _port(config["receivers"]["otlp"]["protocols"]["http"]["endpoint"]),
        _port(config["extensions"]["health_check"]["endpoint"]),
    )
    assert len(scraped) == 2
    assert ports == {sent, health} | scraped
    env = manifests.env("observe/telemetry.env")
    assert env["OTEL_EXPORTER_OTLP_ENDPOINT"] == f"http://otel-collector:{sent}"
    assert env["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"] == "delta"
    services = [found["Service", name] for name in ("otel-collector", "otel-collector-states")]
    given = [{port["port"] for port in one["spec"]["ports"]} for one in services]
    annotated = [int(one["metadata"]["annotations"]["prometheus.io/port"]) for one in services]
    assert sent in given[0]
    assert all(port in ports for port, ports in zip(annotated, given, strict=True))
    assert set(annotated) == scraped
    (to_prometheus,) = (
        rule
        for rule in found["NetworkPolicy", "otel-collector"]["spec"]["ingress"]
        if "namespaceSelector" in rule["from"][0]
    )
    assert {port["port"] for port in to_prometheus["ports"]} == scraped
    for part in ("receivers", "processors", "exporters"):
        used = {name for pipeline in config["service"]["pipelines"].values() for name in pipeline[part]}
        assert used == config[part].keys()
    assert set(re.findall(r"\${env:(\w+)}", json.dumps(config))) == {given["name"] for given in container["env"]}


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def test_points_of_many_senders_are_added_up_and_none_is_dropped() -> None:
    """All senders make one series, in which every point begins at one instant and is later than the one before.

    The processor that adds up drops a point that begins before its series or is not later than the last one
    (contrib's ``deltatocumulativeprocessor/internal/delta``). ``Now()`` grows only where points come one after another,
    which is out of ``batch``: it hands on from one goroutine.
    """
    config = collector()
    (summing,) = (
        pipeline["processors"]
        for pipeline in config["service"]["pipelines"].values()
        if "delta_to_cumulative" in pipeline["processors"]
    )
    assert config["processors"]["batch"] == {}  # with metadata_keys it would be a goroutine for each
    assert {"key": "service.instance.id", "action": "delete"} in config["processors"]["resource"]["attributes"]
    assert summing[-3:] == ["batch", "transform/one_sender", "delta_to_cumulative"]
    assert "resource" in summing
    set_to = {}
    for statement in config["processors"]["transform/one_sender"]["metric_statements"]:
        found = re.fullmatch(r"set\((\S+), (\S+)\) where (.+)", statement)
        assert found
        assert found[3] == "metric.aggregation_temporality == AGGREGATION_TEMPORALITY_DELTA"
        set_to[found[1]] = found[2]
    assert set_to == {"datapoint.start_time_unix_nano": "1", "datapoint.time": "Now()"}


def sent(one: Instrument, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the SDK sends of an instrument, as OTTL's paths name it, when everything is told to send deltas."""
    name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
    monkeypatch.setenv(name, manifests.env("observe/telemetry.env")[name])
    reader = InMemoryMetricReader(preferred_temporality=OTLPMetricExporter()._preferred_temporality)
    meter = MeterProvider(metric_readers=[reader]).get_meter("test")
    if one.kind == "observable_gauge":
        meter.create_observable_gauge(one.name, [lambda _: [Observation(1)]])
    else:
        made = getattr(meter, f"create_{one.kind}")(one.name)
        (made.record if one.kind == "histogram" else made.add)(1)
    data = reader.get_metrics_data()
    assert data
    (metric,) = encode_metrics(data).resource_metrics[0].scope_metrics[0].metrics
    kind = metric.WhichOneof("data")
    return {
        "metric.type": f"METRIC_DATA_TYPE_{kind.upper()}",
        "metric.is_monotonic": str(metric.sum.is_monotonic).lower() if kind == "sum" else None,
        "temporality": getattr(getattr(metric, kind), "aggregation_temporality", None),
    }


def came_to(told: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Which exporters are given a metric, and whether it is added up before."""
    config, found = collector(), []
    for pipeline in config["service"]["pipelines"].values():
        filters = [config["processors"][name] for name in pipeline["processors"] if name.startswith("filter/")]
        drops = [condition.split(" == ") for each in filters for condition in each["metric_conditions"]]
        if filters and not any(told[path] == value for path, value in drops):
            found += [(name, "delta_to_cumulative" in pipeline["processors"]) for name in pipeline["exporters"]]
    return found


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.name)
def test_sums_stay_for_days_and_states_go_with_their_process(one: Instrument, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each instrument, as the SDK sends it, comes to one of the two exporters, by what the filters drop.

    A counter that vanished after a quiet hour would come back without its first increase; a queue of a process that has
    ended would be counted for days. What is added up is sent as deltas, so no other sum is forgotten or kept.
    """
    told, is_sum = sent(one, monkeypatch), one.kind in {"counter", "histogram"}
    assert came_to(told) == [("prometheus/sums" if is_sum else "prometheus/states", is_sum)]
    assert (told["temporality"] == AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA) == is_sum


def test_airflows_timers_are_sums() -> None:
    """They are histograms of a kind that we do not send ourselves."""
    told = {"metric.type": "METRIC_DATA_TYPE_EXPONENTIAL_HISTOGRAM", "metric.is_monotonic": None}
    assert came_to(told) == [("prometheus/sums", True)]


def test_sums_outlive_a_long_weekend_and_states_hardly_their_process() -> None:
    """The collector shows a sum as long as it remembers it, beyond four days; a state for two exports and more."""
    exporters = collector()["exporters"]
    sums, states = (_seconds(exporters[f"prometheus/{name}"]["metric_expiration"]) for name in ("sums", "states"))
    assert sums == _seconds(collector()["processors"]["delta_to_cumulative"]["max_stale"]) > 4 * 24 * 3600
    assert 2 * 60 < states <= 15 * 60


def _seconds(duration: str) -> int:
    """Of a duration of the collector or of Prometheus, in one unit."""
    return int(duration[:-1]) * {"m": 60, "h": 3600}[duration[-1]]


def test_a_site_that_wants_it_gets_it(tmp_path: Path) -> None:
    """Kustomize puts the collector and its configuration in, and tells all pods, by the maps that they read, of it."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed")
    base, component = (os.path.relpath(manifests.KUBERNETES / name, tmp_path) for name in ("base", "observe"))
    wanted = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": [base]}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(wanted | {"components": [component]}))
    told = subprocess.run([program, "kustomize", tmp_path], capture_output=True, text=True, timeout=30, check=False)
    assert told.returncode == 0, told.stderr
    found = {(one["kind"], one["metadata"]["name"]): one for one in yaml.load_all(told.stdout, yaml.CSafeLoader)}
    assert manifests.env("observe/telemetry.env").items() <= found["ConfigMap", "nightreel"]["data"].items()
    assert found["ConfigMap", "nightreel-airflow"]["data"]["AIRFLOW__METRICS__OTEL_ON"] == "True"
    text = found["ConfigMap", "otel-collector"]["data"]["config.yaml"]
    assert yaml.safe_load(text) == yaml.safe_load((COMPONENT / "collector/config.yaml").read_text())
    assert ("NetworkPolicy", "telemetry") in found
    assert manifests.airflow_option("AIRFLOW__METRICS__OTEL_ON")
