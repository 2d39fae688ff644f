"""The cluster's manifests: by the schemas of Kubernetes and Dask's operator, and by what parts ask of each other."""

from __future__ import annotations

import functools
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dask.utils
import jsonschema
import kubernetes_validate
import manifests
import pytest
import yaml
from iam import POLICIES

from infra import images
from render.farm import cluster
from render.settings import Settings

VERSION = "1.34"
CRDS = "dask_kubernetes/operator/deployment/helm/dask-kubernetes-operator/crds"
CHART = "NIGHTREEL_AIRFLOW_CHART"
UNITS = {"Mi": 2**20, "Gi": 2**30}
SITE = manifests.KUBERNETES / "site"


@functools.cache
def crd(kind: str) -> Any:
    """The operator's own schema of a kind; a key that it does not know is a fault, though Kubernetes would drop it."""
    text = manifests.file_of("dask-kubernetes", f"{CRDS}/{kind.lower()}.yaml").read_text()
    (version,) = yaml.load(text, yaml.CSafeLoader)["spec"]["versions"]
    return _strict(version["schema"]["openAPIV3Schema"])


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _strict(inside) for name, inside in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        strict["additionalProperties"] = False
    return strict


def validate(resource: Mapping[str, Any]) -> None:
    """Raise if a resource is not as its schema says."""
    if resource["apiVersion"].startswith("kubernetes.dask.org/"):
        body = {name: value for name, value in resource.items() if name not in ("apiVersion", "kind", "metadata")}
        jsonschema.Draft202012Validator(crd(resource["kind"])).validate(body)
    else:
        kubernetes_validate.validate(resource, VERSION, strict=True)


def bytes_of(text: str) -> int:
    return int(text[:-2]) * UNITS[text[-2:]]


@pytest.mark.parametrize(
    "resource", manifests.resources(), ids=lambda found: f"{found['kind']} {found['metadata']['name']}"
)
def test_a_resource_is_as_its_schema_says(resource: dict[str, Any]) -> None:
    """Every manifest, by Kubernetes' schema or that of Dask's operator, without a key that is unknown there."""
    validate(resource)


@pytest.mark.parametrize("name", manifests.pods())
def test_a_pod_is_as_kubernetes_wants_it_and_may_do_nothing_on_its_node(name: str) -> None:
    """Valid by Kubernetes' own schema, and within the pod security standard `restricted` with a read-only root."""
    spec = manifests.pods()[name]["spec"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": spec}
    kubernetes_validate.validate(pod, VERSION, strict=True)
    assert list(_too_free(spec)) == []
    assert list(_unbounded(spec)) == []


def _too_free(spec: Mapping[str, Any]) -> Iterator[str]:
    """What `restricted` does not allow, or a read-only root lacks."""
    own = spec.get("securityContext", {})
    if not own.get("runAsNonRoot") or not own.get("runAsUser"):
        yield "who the pod runs as"
    if own.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "which system calls it may make"
    if any(spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        yield "the host's namespaces"
    if spec.get("automountServiceAccountToken") is not False:
        yield "a token for Kubernetes"
    if strange := [volume["name"] for volume in spec["volumes"] if not volume.keys() <= {"name", "emptyDir"}]:
        yield f"volumes {strange}"
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        if container.get("securityContext") != manifests.VALUES["securityContexts"]["containers"]:
            yield f"what {container['name']} may do"
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        if not {"/tmp", "/scratch"} <= mounted:
            yield f"{container['name']} has nowhere to write but in {mounted}"


def _unbounded(spec: Mapping[str, Any]) -> Iterator[str]:
    room = sum(bytes_of(volume["emptyDir"]["sizeLimit"]) for volume in spec["volumes"])
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        limits, asked = container["resources"]["limits"], container["resources"]["requests"]
        if "memory" not in limits or not {"cpu", "memory"} <= asked.keys():
            yield container["name"]
        if "ephemeral-storage" in limits and bytes_of(limits["ephemeral-storage"]) < room - 2**30:
            yield f"{container['name']}: its volumes hold more than it may use"


def test_airflows_pods_are_as_closed_as_ours() -> None:
    """What the chart gives each of its pods is the same: nobody in particular, with a read-only root."""
    values = manifests.VALUES
    assert values["securityContexts"]["pod"] == manifests.task_pod()["spec"]["securityContext"]
    context = values["securityContexts"]["containers"]
    assert context == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {mount["mountPath"] for mount in values["volumeMounts"]} == {"/opt/airflow", "/scratch", "/tmp"}
    (namespace,) = manifests.of_kind("Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_pods_run_as_the_user_of_the_images_and_take_what_is_there() -> None:
    """User, images, service accounts and settings that a pod names are those that the images and manifests have."""
    dockerfile = (manifests.ROOT / "infra/images/Dockerfile").read_text()
    user = re.findall(r"^USER (\d+):\d+$", dockerfile, re.MULTILINE)
    accounts = {account["metadata"]["name"] for account in manifests.of_kind("ServiceAccount")}
    kustomization = yaml.safe_load((manifests.KUBERNETES / "base/kustomization.yaml").read_text())
    maps = {generated["name"] for generated in kustomization["configMapGenerator"]}
    targets = {f"nightreel-{name}" for name in re.findall(r"AS ((?:worker|control)\S*)$", dockerfile, re.MULTILINE)}
    for pod in manifests.pods().values():
        assert [str(pod["spec"]["securityContext"]["runAsUser"])] == user
        assert pod["spec"]["serviceAccountName"] in accounts
        for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]):
            assert re.sub(r"^.*/|:.*$", "", container["image"]) in targets
            assert {source["configMapRef"]["name"] for source in container.get("envFrom", ())} <= maps
    parts = ("scheduler", "apiServer", "triggerer", "dagProcessor")
    assert {manifests.VALUES[part]["serviceAccount"]["name"] for part in parts} <= accounts
    roles = {file.stem for file in POLICIES.glob("*.json")}
    assert {account.removeprefix("nightreel-") for account in accounts - {"default"}} <= roles


def test_no_secret_is_written_into_a_manifest_or_the_values() -> None:
    """Secrets are named; none is made here, and no variable is given a value by which one could be meant."""
    assert manifests.of_kind("Secret") == []
    variables = manifests.env("base/settings.env") | manifests.env("base/airflow.env")
    assert not [name for name in variables if re.search(r"KEY|SECRET|PASSWORD|TOKEN|CONN\b", name)]
    assert manifests.VALUES["data"].keys() == {"metadataSecretName"}


def test_settings_are_settings_of_the_product_and_of_airflow() -> None:
    """Each NIGHTREEL_ variable is a setting with a value that fits, each AIRFLOW__ one an option of this Airflow."""
    given = {
        name.removeprefix("NIGHTREEL_").lower(): value
        for name, value in manifests.env("base/settings.env").items()
        if name.startswith("NIGHTREEL_")
    }
    settings = Settings(**given)  # type: ignore[arg-type]
    assert settings.store.startswith("s3://")
    (service,) = [found["spec"]["scheduler"]["service"] for found in manifests.of_kind("DaskCluster")]
    assert settings.scheduler == f"tcp://nightreel-scheduler:{service['ports'][0]['port']}"
    airflows = {name for name in manifests.env("base/airflow.env") if name.startswith("AIRFLOW")}
    assert airflows
    assert [name for name in airflows if manifests.airflow_option(name) is None] == []


def test_an_airflow_part_is_not_asked_for_what_only_airflows_own_image_has() -> None:
    """The chart's default probes and its log cleaner run scripts of that image; here they are replaced or off."""
    jobs = {"scheduler": "SchedulerJob", "triggerer": "TriggererJob", "dagProcessor": "DagProcessorJob"}
    for part, job in jobs.items():
        values = manifests.VALUES[part]
        assert values["logGroomerSidecar"] == {"enabled": False}
        assert values["livenessProbe"]["command"] == ["airflow", "jobs", "check", "--job-type", job, "--local"]
    locked = (manifests.ROOT / "infra/images/control.lock").read_text()
    assert f"apache-airflow=={manifests.VALUES['airflowVersion']}\n" in locked
    assert set(images.EXTRAS["control"]) == {"airflow", "cluster", "lineage"}


def test_the_values_are_as_the_chart_says() -> None:
    """By values.schema.json of the chart, where somebody has it: it comes with no package."""
    if CHART not in os.environ:
        pytest.skip(f"{CHART} does not name the folder of an unpacked chart of Airflow")
    schema = json.loads((Path(os.environ[CHART]) / "values.schema.json").read_text())
    jsonschema.Draft7Validator(schema).validate(manifests.VALUES)


@pytest.mark.parametrize("name", ["worker", "gpu worker"])
def test_a_worker_is_one_process_that_offers_what_it_has(name: str) -> None:
    """One process with one thread, a GPU to itself if it has one, and no more memory offered than Dask lets it use."""
    spec = manifests.pods()[name]["spec"]
    (container,) = spec["containers"]
    given, limits = manifests.options(container["args"]), container["resources"]["limits"]
    assert (given["--nworkers"], given["--nthreads"]) == ("1", "1")
    offered = dict(pair.split("=") for pair in given["--resources"].split())
    memory = dask.utils.parse_bytes(given["--memory-limit"])
    assert int(offered["MEMORY"]) == memory
    assert memory + 2**30 <= bytes_of(limits["memory"])  # ffmpeg and the nanny are beside it
    assert offered.get("GPU") == limits.get("nvidia.com/gpu")
    assert given["--preload"] == cluster.PRELOAD
    assert given["--name"] == "$(DASK_WORKER_NAME)"  # by which the operator knows whom it retires
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    told = {"worker": given["--worker-port"], "nanny": given["--nanny-port"], "http": given["--dashboard-address"]}
    assert {part: int(port.removeprefix(":")) for part, port in told.items()} == ports
    hung = container["livenessProbe"]["periodSeconds"] * container["livenessProbe"]["failureThreshold"]
    assert hung > Settings.model_fields["stall_seconds"].default  # a job that hangs ends itself


@pytest.mark.slow
def test_upkeep_alone_is_done_under_the_role_that_may_delete(tmp_path: Path) -> None:
    """Airflow, given the values' own settings file, makes each DAG's pods as its executor on Kubernetes does."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/airflow_local_settings.py").write_text(manifests.VALUES["airflowLocalSettings"])
    names = sorted(file.stem for file in (manifests.ROOT / "dags").glob("*.py"))
    own = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("construct_pods.py"), *names],
        env={name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")} | own,
        input=json.dumps(manifests.task_pod()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    pods = json.loads(done.stdout.splitlines()[-1])
    accounts = {name: pod["spec"].pop("serviceAccountName") for name, pod in pods.items()}
    known = {account["metadata"]["name"] for account in manifests.of_kind("ServiceAccount")}
    assert set(accounts.values()) <= known
    assert accounts.pop("catalog_upkeep") == "nightreel-upkeep"
    assert accounts.pop("takedown") == "nightreel-takedown"
    assert set(accounts.values()) == {"nightreel-control"}
    assert accounts
    assert len({json.dumps(pod["spec"]) for pod in pods.values()}) == 1


def test_the_autoscaler_leaves_a_worker_and_no_gpu_is_left_to_it() -> None:
    """A run sends nothing to a cluster without workers; and retiring any worker, it would take those with a GPU."""
    (scaler,) = manifests.of_kind("DaskAutoscaler")
    assert 1 <= scaler["spec"]["minimum"] <= scaler["spec"]["maximum"]
    component = yaml.safe_load((manifests.KUBERNETES / "gpu/kustomization.yaml").read_text())
    removed = [yaml.safe_load(patch["patch"]) for patch in component["patches"]]
    assert [(patch["$patch"], patch["kind"], patch["metadata"]["name"]) for patch in removed] == [
        ("delete", "DaskAutoscaler", scaler["metadata"]["name"])
    ]


def airflow(component: str) -> dict[str, str]:
    """The labels of a pod of Airflow's chart."""
    return {"tier": "airflow", "component": component, "release": "airflow", **manifests.VALUES["labels"]}


def goes(source: Mapping[str, str] | str, target: Mapping[str, str] | str, port: int) -> bool:
    """Whether the policies let a connection through; a string is another namespace, or an address outside."""
    return (isinstance(source, str) or _one_way("egress", source, target, port)) and (
        isinstance(target, str) or _one_way("ingress", target, source, port)
    )


def _one_way(way: str, pod: Mapping[str, str], other: Mapping[str, str] | str, port: int) -> bool:
    """Whether the pod's own policies let it through one way."""
    policies = [found["spec"] for found in manifests.of_kind("NetworkPolicy")]
    mine = [spec for spec in policies if way.title() in spec["policyTypes"] and _selects(spec["podSelector"], pod)]
    assert mine, "a pod under no policy may do anything"
    peers = "to" if way == "egress" else "from"
    rules = [rule for spec in mine for rule in spec.get(way, ())]
    return any(
        port in {given["port"] for given in rule["ports"]} and any(_is_peer(peer, other) for peer in rule[peers])
        for rule in rules
    )


def _is_peer(peer: Mapping[str, Any], other: Mapping[str, str] | str) -> bool:
    if "ipBlock" in peer:
        if not isinstance(other, str) or not re.fullmatch(r"[\d.]+", other):
            return False
        address, block = ipaddress.ip_address(other), peer["ipBlock"]
        return address in ipaddress.ip_network(block["cidr"]) and not any(
            address in ipaddress.ip_network(but) for but in block.get("except", ())
        )
    if "namespaceSelector" in peer:
        return peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": other}
    return not isinstance(other, str) and _selects(peer["podSelector"], other)


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    told = [labels.get(name) == value for name, value in selector.get("matchLabels", {}).items()]
    for wanted in selector.get("matchExpressions", ()):
        inside = labels.get(wanted["key"]) in wanted["values"]
        told.append(inside if wanted["operator"] == "In" else not inside)
    return all(told)


def test_each_part_reaches_whom_it_has_to() -> None:
    """Workers, scheduler, tasks and triggers reach each other and storage, at the ports that they listen on."""
    labels = {name: pod["labels"] for name, pod in manifests.pods().items()}
    worker, scheduler, task = labels["worker"], labels["scheduler"], labels["task"]
    assert task == airflow("worker")
    airflows = [airflow(part) for part in ("scheduler", "triggerer", "dag-processor")]
    databases = [airflow(part) for part in ("scheduler", "api-server", "dag-processor", "run-airflow-migrations")]
    storing = [worker, labels["gpu worker"], task, airflow("api-server")]
    needed = [
        (worker, scheduler, 8786),
        (labels["gpu worker"], scheduler, 8786),
        (scheduler, worker, 9000),
        (scheduler, worker, 9001),
        (worker, labels["gpu worker"], 9000),
        (task, scheduler, 8786),
        (airflow("triggerer"), scheduler, 8786),
        ("dask-operator", scheduler, 8786),
        ("dask-operator", scheduler, 8787),
        *((pod, airflow("api-server"), 8080) for pod in (task, *airflows)),
        ("ingress-nginx", airflow("api-server"), 8080),
        (airflow("api-server"), airflow("triggerer"), 8794),
        *((pod, "10.1.2.3", 5432) for pod in databases),
        *((pod, "52.218.0.1", 443) for pod in storing),
        (airflow("scheduler"), "10.100.0.1", 443),
    ]
    assert [flow for flow in needed if not goes(*flow)] == []


def test_nobody_else_reaches_dask_the_database_or_the_nodes_role() -> None:
    """Who reaches Dask's scheduler runs code on the workers; the metadata service would give a node's rights away."""
    labels = {name: pod["labels"] for name, pod in manifests.pods().items()}
    worker, scheduler, task = labels["worker"], labels["scheduler"], labels["task"]
    needless = [
        *(("default", pod, port) for pod in (worker, scheduler) for port in (8786, 8787, 9000, 9001)),
        (airflow("dag-processor"), scheduler, 8786),
        (airflow("api-server"), scheduler, 8786),
        (task, worker, 9000),
        (worker, airflow("api-server"), 8080),
        (worker, "10.1.2.3", 5432),
        (task, "10.1.2.3", 5432),
        (scheduler, "52.218.0.1", 443),
        *((pod, "169.254.169.254", 443) for pod in (worker, task, airflow("scheduler"))),
        ({"some": "pod"}, "52.218.0.1", 443),
    ]
    assert [flow for flow in needless if goes(*flow)] == []


@pytest.fixture(scope="module")
def rendered() -> list[dict[str, Any]]:
    """What the example of a site comes to."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed")
    told = subprocess.run([program, "kustomize", SITE], capture_output=True, text=True, timeout=30, check=False)
    assert told.returncode == 0, told.stderr
    return list(yaml.load_all(told.stdout, yaml.CSafeLoader))


def test_what_the_page_tells_to_open_is_opened_for_tasks_and_triggers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the patch of docs/operate.md a webhook and another Dask are reached, which they are not without."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed")
    flows = [
        (airflow(part), *to)
        for part in ("worker", "triggerer")
        for to in (("192.0.2.10", 8443), ("198.51.100.7", 8786))
    ]
    assert not any(goes(*flow) for flow in flows)
    (patch,) = re.findall(r"```yaml\n(patches:.+?)```", (manifests.ROOT / "docs/operate.md").read_text(), re.DOTALL)
    base = os.path.relpath(manifests.KUBERNETES / "base", tmp_path)
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump({"resources": [base]}) + patch)
    told = subprocess.run([program, "kustomize", tmp_path], capture_output=True, text=True, timeout=30, check=False)
    assert told.returncode == 0, told.stderr
    found = list(yaml.load_all(told.stdout, yaml.CSafeLoader))
    for resource in found:
        validate(resource)
    monkeypatch.setattr(manifests, "of_kind", lambda kind: [one for one in found if one["kind"] == kind])
    assert [flow for flow in flows if not goes(*flow)] == []
    assert not goes(airflow("worker"), "192.0.2.11", 8443)
    assert not goes(airflow("dag-processor"), "192.0.2.10", 8443)


def test_a_site_comes_to_valid_resources_of_its_own(rendered: list[dict[str, Any]]) -> None:
    """Kustomize puts the site's images, account and settings in; all is valid, tagged, and in one namespace."""
    for resource in rendered:
        validate(resource)
    assert {found["metadata"].get("namespace", manifests.NAMESPACE) for found in rendered} == {manifests.NAMESPACE}
    assert "DaskAutoscaler" not in {found["kind"] for found in rendered}
    image = re.compile(r"registry\.example\.com/nightreel-worker(-cuda)?:\d+\.\d+\.\d+")
    named = re.findall(r'"image": "([^"]+)"', json.dumps(rendered))
    assert len(named) == 5
    assert [name for name in named if not image.fullmatch(name)] == []
    (settings,) = [found["data"] for found in rendered if found["metadata"]["name"] == "nightreel" and "data" in found]
    assert settings.keys() >= manifests.env("base/settings.env").keys() | {"NIGHTREEL_USD_PER_CPU_HOUR"}
