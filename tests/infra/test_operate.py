"""docs/operate.md names only what is there: commands, options, settings, variables, files and sections."""

from __future__ import annotations

import re

import hcl2
import manifests
import typer

from render.cli.app import app
from render.settings import Settings

TEXT = (manifests.ROOT / "docs/operate.md").read_text()
OF_TESTS = {"NIGHTREEL_AIRFLOW_CHART"}


def test_commands_and_their_options_are_the_products() -> None:
    """Each `nightreel` on the page, and in the manifests, is a command with options that it has."""
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    texts = re.findall(r"(?<!--namespace )nightreel ([a-z]+)\b([^`\n&|]*)", TEXT)
    containers = [
        one
        for pod in manifests.pods().values()
        for one in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"])
    ]
    texts += [
        (one["args"][1], " ".join(one["args"][2:])) for one in containers if one.get("args", [""])[0] == "nightreel"
    ]
    assert len(texts) > 10
    for name, rest in texts:
        assert name in known, name
        given = {option for parameter in known[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest.partition(" --store")[0])) <= given, (name, rest)


def test_settings_and_variables_are_there() -> None:
    """NIGHTREEL_… are settings, AIRFLOW__… options of this Airflow, what is given by -var variables of the module."""
    settings = {f"NIGHTREEL_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"NIGHTREEL_[A-Z_]+", TEXT)) - OF_TESTS <= settings
    assert [name for name in re.findall(r"AIRFLOW__\w+", TEXT) if manifests.airflow_option(name) is None] == []
    module = hcl2.loads((manifests.ROOT / "infra/terraform/variables.tf").read_text())["variable"]
    variables = {name.replace('"', "") for one in module for name in one}
    assert {"replaced_days", "log_days"} <= variables
    assert set(re.findall(r"-var (\w+)=", TEXT)) <= variables


def test_files_and_sections_are_there() -> None:
    """Each path in backticks or a command, and each link, leads to something."""
    paths = re.findall(r"\b((?:infra|tests|docs)/[\w./-]*\w)", TEXT)
    made = {"infra/compose.env", "infra/secrets", "infra/secrets/aws-credentials"}
    assert [path for path in paths if path not in made and not (manifests.ROOT / path).exists()] == []
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    for link in links:
        file, _, section = link.partition("#")
        page = manifests.ROOT / "docs" / (file or "operate.md")
        assert page.exists(), link
        assert not section or section in headings(page.read_text()), link


def headings(text: str) -> set[str]:
    """Under what names a page's sections are linked to."""
    lines = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in lines}


def test_versions_are_those_of_the_lock_and_the_values() -> None:
    """The operator's version is that whose schemas the tests ask, and the images' tag is the product's version."""
    lock = (manifests.ROOT / "requirements.lock").read_text()
    (operator,) = re.findall(r"dask-kubernetes-operator --repo \S+ --version (\S+)", TEXT)
    assert f"dask-kubernetes=={operator}\n" in lock
    version = re.search(r'^version = "(.+)"$', (manifests.ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    tags = re.findall(r"nightreel-[a-z$-]+:(\d[\d.]*\d)", TEXT + (manifests.ROOT / "infra/compose.yaml").read_text())
    assert {*tags, manifests.VALUES["defaultAirflowTag"]} == {version[1]}
