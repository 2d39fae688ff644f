"""The compose file of a small server: by the Compose specification, and by what it opens, trusts and starts."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import jsonschema
import manifests
import pytest
import yaml

from infra import seaweed
from render import errors
from render.cli import main, probes
from render.farm import cluster
from render.settings import Settings
from render.store.objects import ObjectStore, open_store

SERVICES: Mapping[str, Any] = manifests.COMPOSE["services"]
ONCE = {"migrate", "bucket"}
"""Those that do one thing and end."""
NO_SHELL = {"otel-collector"}
"""Those whose image has nothing that could ask them how they are."""
AIRFLOW = {"migrate", "api-server", "scheduler", "triggerer", "dag-processor"}


def variables(file: str) -> dict[str, str]:
    lines = (manifests.ROOT / file).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_file_is_as_the_specification_says() -> None:
    """By the schema of the Compose specification, as check-jsonschema brings it."""
    place = manifests.file_of("check-jsonschema", "check_jsonschema/builtin_schemas/vendor/compose-spec.json")
    schema = json.loads(place.read_text())
    jsonschema.validators.validator_for(schema)(schema).validate(manifests.COMPOSE)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_pinned_closed_watched_and_started_again(name: str) -> None:
    """Exact tags, ports on loopback only; ours have a read-only root and no capability; what goes on is watched."""
    service = SERVICES[name]
    assert re.fullmatch(r"[a-z/-]+:\d+(\.\d+)+(-[a-z]+)?", service["image"])
    assert [port for port in service.get("ports", ()) if not port.startswith("127.0.0.1:")] == []
    if service["image"].startswith("nightreel-"):
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")
    if name not in ONCE | NO_SHELL:
        assert service["healthcheck"]["test"]
    if name not in ONCE:
        assert "no-new-privileges:true" in service["security_opt"]
    assert set(service.get("depends_on", ())) <= set(SERVICES)


def test_secrets_are_files_that_git_does_not_take() -> None:
    """No variable holds a secret; each secret is a file in a folder that is ignored, as is the file of settings."""
    named = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert named == manifests.COMPOSE["secrets"].keys()
    files = [given["file"] for given in manifests.COMPOSE["secrets"].values()]
    assert [file for file in files if not file.startswith("secrets/")] == []
    for file in (*files, "compose.env"):
        ignored = ["git", "check-ignore", "--quiet", f"infra/{file}"]
        assert subprocess.run(ignored, cwd=manifests.ROOT, check=False).returncode == 0, file
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"KEY|SECRET|PASSWORD|CONN", variable):
                assert re.search(r"(_CMD|_FILE)$", variable), (name, variable)
                assert re.fullmatch(r"(cat )?/run/secrets/[a-z-]+", value)


def test_settings_are_settings_of_the_product_and_of_airflow() -> None:
    """Each NIGHTREEL_ variable is a setting, each AIRFLOW__ one an option, sensitive where a command gives it."""
    given = variables("infra/compose.env.example")
    for service in SERVICES.values():
        given |= service.get("environment", {})
    unknown = [name for name in given if name.startswith("AIRFLOW__") and manifests.airflow_option(name) is None]
    assert unknown == []
    commands = [name for name in given if name.startswith("AIRFLOW__") and name.endswith("_CMD")]
    assert commands
    assert [name for name in commands if not manifests.airflow_option(name).get("sensitive")] == []
    settings = {name.removeprefix("NIGHTREEL_").lower() for name in given if name.startswith("NIGHTREEL_")}
    assert {"store", "scheduler"} <= settings <= Settings.model_fields.keys()


def test_the_parts_find_each_other() -> None:
    """Addresses name services at their ports, and Airflow's parts share home, scratch and secrets."""
    environment = SERVICES["scheduler"]["environment"]
    port = manifests.options(SERVICES["dask-scheduler"]["command"])["--port"]
    assert environment["NIGHTREEL_SCHEDULER"] == f"tcp://dask-scheduler:{port}"
    assert SERVICES["worker"]["environment"]["DASK_SCHEDULER_ADDRESS"] == environment["NIGHTREEL_SCHEDULER"]
    api = manifests.options(SERVICES["api-server"]["command"])["--port"]
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"http://api-server:{api}/execution/"
    assert len({json.dumps([SERVICES[name][key] for key in ("volumes", "secrets")]) for name in AIRFLOW}) == 1
    assert SERVICES["migrate"]["depends_on"]["bucket"]["required"] is False  # there is none with an S3 elsewhere


@pytest.mark.parametrize(("name", "pod"), [("worker", "worker"), ("worker-cuda", "gpu worker")])
def test_a_worker_is_started_as_in_a_cluster(name: str, pod: str) -> None:
    """The same command, but for the name that the operator gives and the ports that network policies know."""
    (container,) = manifests.pods()[pod]["spec"]["containers"]
    here, there = manifests.options(SERVICES[name]["command"]), manifests.options(container["args"])
    assert here == {key: there[key] for key in there if key not in ("--name", "--worker-port", "--nanny-port")}
    assert here["--preload"] == cluster.PRELOAD
    assert here["--dashboard-address"] in ":" + SERVICES[name]["healthcheck"]["test"][-1].split(":")[2]


def test_the_collector_is_that_of_a_cluster_and_is_told_what_its_configuration_asks_for() -> None:
    """The same image and configuration; what that takes from its environment is set; both of its ports are open here.

    The variables that lead to it, in the example beside a comment sign, are those of a cluster.
    """
    here = SERVICES["otel-collector"]
    (there,) = (
        container
        for one in manifests.of_kind("Deployment")
        for container in one["spec"]["template"]["spec"]["containers"]
        if one["metadata"]["name"] == "otel-collector"
    )
    assert (here["image"], here["command"]) == (there["image"], there["args"])
    file, mounted, _ = here["volumes"][0].split(":")
    assert f"--config={mounted}" in here["command"]
    config = (manifests.ROOT / "infra" / file).read_text()
    assert set(re.findall(r"\${env:(\w+)}", config)) == here["environment"].keys()
    assert here["environment"]["TRACES_ENDPOINT"].startswith("${TRACES_ENDPOINT:-http://")
    exporters = yaml.safe_load(config)["exporters"]
    scraped = {one["endpoint"].rpartition(":")[2] for name, one in exporters.items() if name.startswith("prometheus/")}
    assert {port.rpartition(":")[2] for port in here["ports"]} == scraped
    example = (manifests.ROOT / "infra/compose.env.example").read_text()
    offered = dict(line.split("=", 1) for line in re.findall(r"^# ([A-Z_]+=\S+)$", example, re.MULTILINE))
    assert offered.items() >= manifests.env("observe/telemetry.env").items()
    assert {"AIRFLOW__METRICS__OTEL_ON", "TRACES_ENDPOINT"} <= offered.keys()
    assert re.search(rf"profile {here['profiles'][0]}\b", example)


def test_secrets_are_made_once(tmp_path: Path) -> None:
    """secrets.sh makes every file that is named, in a folder for the owner alone, and leaves alone what is there."""
    command = [manifests.ROOT / "infra/secrets.sh", tmp_path]
    subprocess.run(command, check=True, capture_output=True)
    folder = tmp_path / "secrets"
    made = {file.name: file.read_text() for file in folder.iterdir()}
    assert made.keys() == manifests.COMPOSE["secrets"].keys()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert made["database"] == f"postgresql+psycopg2://airflow:{made['postgres-password']}@postgres/airflow"
    (identity,) = json.loads(made["s3-identities"])["identities"]
    (pair,) = identity["credentials"]
    assert f"aws_access_key_id = {pair['accessKey']}\n" in made["aws-credentials"]
    assert f"aws_secret_access_key = {pair['secretKey']}\n" in made["aws-credentials"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == ""
    assert {file.name: file.read_text() for file in folder.iterdir()} == made


def test_secrets_are_whole_or_not_there(tmp_path: Path) -> None:
    """A run that is interrupted leaves no empty one behind that stays, and one that is empty is refused."""
    command = [manifests.ROOT / "infra/secrets.sh", tmp_path]
    (tmp_path / "bin").mkdir()
    failing = tmp_path / "bin" / "base64"
    failing.write_text("#!/bin/sh\nexit 1\n")
    failing.chmod(0o700)
    path = f"{failing.parent}:{os.environ['PATH']}"
    assert subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=True, check=False).returncode
    folder = tmp_path / "secrets"
    assert not (folder / "postgres-password").exists()
    subprocess.run(command, check=True, capture_output=True)
    assert (folder / "postgres-password").read_text() in (folder / "database").read_text()
    assert {file.name for file in folder.iterdir() if file.stat().st_size} == manifests.COMPOSE["secrets"].keys()
    (folder / "jwt-secret").write_text("")
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert refused.returncode
    assert "jwt-secret is empty" in refused.stderr


@contextmanager
def storage(folder: Path) -> Iterator[dict[str, int]]:
    """SeaweedFS as Compose starts it, but for where it listens and keeps its data; gives its ports by option."""
    names = [f"{name}.port{kind}" for kind in ("", ".grpc") for name in seaweed.NAMES]
    ports = dict(zip(names, seaweed._free_ports(seaweed.PORTS), strict=True))
    here = {"-dir": folder, "-ip": "127.0.0.1", "-ip.bind": "127.0.0.1", "-s3.config": folder / "secrets/s3-identities"}
    words = [word.partition("=") for word in SERVICES["s3"]["command"]]
    assert here.keys() <= {name for name, _, _ in words}
    command = [str(seaweed.WEED), *(f"{name}{sign}{here.get(name, value)}" for name, sign, value in words)]
    command += [f"-{name}={port}" for name, port in ports.items()]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        yield ports
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for port in ports.values():
            for left in seaweed.SOCKETS.glob(f"seaweedfs-*-{port}.sock"):
                left.unlink(missing_ok=True)


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seaweed.START_SECONDS
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def healthy(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status == 200
    return False


def holds(store: ObjectStore) -> bool:
    """Whether the service stores something; it answers long before it can."""
    with suppress(errors.StoreError):
        store.put("ready", b"yes")
        store.delete("ready")
        return True
    return False


@pytest.mark.slow
def test_the_storage_beside_it_is_one_that_a_commit_can_stand_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """SeaweedFS of that version with those options, identities and bucket passes ``nightreel doctor``."""
    told = subprocess.run([seaweed.WEED, "version"], capture_output=True, text=True, check=True).stdout
    assert SERVICES["s3"]["image"].rpartition(":")[2] in told.split()
    subprocess.run([manifests.ROOT / "infra/secrets.sh", tmp_path], check=True, capture_output=True)
    given = variables("infra/compose.env.example")
    with storage(tmp_path) as ports:
        url = f"http://127.0.0.1:{ports['s3.port']}"
        wait(lambda: healthy(f"{url}/healthz"))
        (script,) = SERVICES["bucket"]["command"]
        for name, default in (("master", "s3:9333"), ("filer", "s3:8888")):
            assert default in script
            script = script.replace(default, f"127.0.0.1:{ports[f'{name}.port']}.{ports[f'{name}.port.grpc']}")
        path = f"{seaweed.WEED.parent}:{os.environ['PATH']}"
        command = ["sh", "-c", script.replace("$$", "$")]
        subprocess.run(command, env={**os.environ, "PATH": path}, cwd=tmp_path, check=True, capture_output=True)
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "secrets/aws-credentials"))
        monkeypatch.setenv("AWS_REGION", given["AWS_REGION"])
        monkeypatch.setattr(probes, "PROBES", {"store": probes.PROBES["store"]})
        store = open_store(given["NIGHTREEL_STORE"])
        wait(lambda: holds(store))
        assert main(["doctor", "--store", store.url, "--json"]) == 0, capfd.readouterr().out
