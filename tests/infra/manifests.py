"""What lies in infra/kubernetes and infra/compose.yaml, read for the tests."""

from __future__ import annotations

import functools
import re
import runpy
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "infra/kubernetes"
VALUES: Mapping[str, Any] = yaml.safe_load((KUBERNETES / "airflow-values.yaml").read_text())
COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "infra/compose.yaml").read_text())
NAMESPACE = "nightreel"


@functools.cache
def resources() -> list[dict[str, Any]]:
    """Every resource that is written here, those of the components too; not to be changed."""
    files = [file for folder in ("base", "gpu", "observe") for file in sorted((KUBERNETES / folder).glob("*.yaml"))]
    texts = [file.read_text() for file in files if file.name != "kustomization.yaml"]
    return [found for text in texts for found in yaml.load_all(text, yaml.CSafeLoader)]


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [found for found in resources() if found["kind"] == kind]


def env(name: str) -> dict[str, str]:
    """The variables of a file such as base/settings.env."""
    lines = (KUBERNETES / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def task_pod() -> dict[str, Any]:
    """The pod of an Airflow task, with the chart's own values put in."""
    given = {".Release.Name": "airflow"} | {f".Values.{name}": str(value) for name, value in VALUES.items()}
    return yaml.safe_load(re.sub(r"{{ (\S+) }}", lambda found: given[found[1]], VALUES["podTemplate"]))


@functools.cache
def pods() -> dict[str, dict[str, Any]]:
    """Every pod that is written here, as labels and spec, by what it is; not to be changed."""
    cluster, group = of_kind("DaskCluster")[0], of_kind("DaskWorkerGroup")[0]
    task = task_pod()
    own = {"dask.org/cluster-name": cluster["metadata"]["name"]}
    return {
        "scheduler": _pod(cluster["spec"]["scheduler"], own | {"dask.org/component": "scheduler"}),
        "worker": _pod(cluster["spec"]["worker"], own | {"dask.org/component": "worker"}),
        "gpu worker": _pod(group["spec"]["worker"], own | {"dask.org/component": "worker"}),
        "task": _pod(task, {}),
    }


def _pod(given: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    return {"labels": {**given.get("metadata", {}).get("labels", {}), **labels}, "spec": given["spec"]}


def options(arguments: list[str]) -> dict[str, str]:
    """Options of a command by their names, ``--name=value`` or ``--name value``."""
    words = iter(arguments)
    return dict(_options(words))


def _options(words: Iterator[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        if word.startswith("--"):
            name, given, value = word.partition("=")
            yield name, value if given else next(words)


def file_of(package: str, path: str) -> Path:
    """A file of an installed package, which is not imported."""
    return Path(str(metadata.distribution(package).locate_file(path)))


@functools.cache
def _airflow_options() -> Mapping[str, Any]:
    """Every option of Airflow and of the provider that runs its pods, by section."""
    config = file_of("apache-airflow-core", "airflow/config_templates/config.yml")
    info = "airflow/providers/cncf/kubernetes/get_provider_info.py"
    told = runpy.run_path(str(file_of("apache-airflow-providers-cncf-kubernetes", info)))["get_provider_info"]()
    return {**told["config"], **yaml.load(config.read_text(), yaml.CSafeLoader)}


def airflow_option(variable: str) -> Any:
    """What Airflow says of the option that a variable sets; None if there is no such option."""
    _, section, name = variable.removesuffix("_CMD").lower().split("__")
    return _airflow_options().get(section, {"options": {}})["options"].get(name)
