"""The Makefile explains itself, and the lock serves pyproject.toml."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from infra.supervised import claimed, run_folder

ROOT = Path(__file__).parents[2]
TARGETS = {"help", "env", "demo", "gallery", "s3", "stack", "stack-demo", "test", "crash", "check", "clean", "lock"}


@pytest.mark.parametrize("command", [["make"], ["make", "help"]])
def test_help_is_the_default_and_explains_every_target(command: list[str]) -> None:
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    explained = dict(re.findall(r"^make ([\w-]+) +(\S.*)$", printed, re.MULTILINE))
    assert set(explained) == TARGETS
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert declared
    assert set(declared[1].split()) == TARGETS


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock comes with Linux")
def test_clean_refuses_while_a_stack_is_at_work(tmp_path: Path) -> None:
    """What a stack works on stays until the stack has ended."""
    lock = tmp_path / ".nightreel" / "stack" / "lock"
    clean = ["make", f"--file={ROOT / 'Makefile'}", "clean"]
    with claimed(lock.parent):
        refused = subprocess.run(clean, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert refused.returncode != 0
        assert "end it first" in refused.stderr
        assert lock.exists()
    mine = tmp_path / ".nightreel" / "store" / "clip"
    mine.mkdir(parents=True)
    done = subprocess.run(clean, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert not lock.exists()
    assert mine.exists(), "people's own batches and tombstones are not for a make target to remove"
    assert "Kept: .nightreel/store" in done.stdout


def test_clean_removes_what_a_killed_stack_left_for_shells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands outside the folder, behind a link, and may hold the password of a database."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed = run_folder(tmp_path / ".nightreel" / "stack")
    (tmp_path / ".nightreel" / "stack").mkdir(parents=True)
    run = killed.__enter__()
    (run / "env").write_text("export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=postgresql+psycopg2://me:secret@there/db\n")
    subprocess.run(["make", f"--file={ROOT / 'Makefile'}", "clean"], cwd=tmp_path, capture_output=True, check=True)
    assert not run.exists()


def load_check_lock():
    spec = importlib.util.spec_from_file_location("check_lock", ROOT / "infra/check_lock.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PYPROJECT = """
[project]
dependencies = ["Some.Thing>=2"]
[project.optional-dependencies]
extra = ["other[fast]==1.5"]
"""


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        ("some-thing==2.1\nother==1.5\n    # via nightreel\n", []),
        ("other==1.5\n", ["Some.Thing is not pinned"]),
        ("some-thing==1.9\nother==1.5\n", ["asks for >=2"]),
        ("some-thing==2.1\n", ["other is not pinned"]),
        ("some-thing==2.1+cpu\nother==1.5\n", ["one machine only"]),
    ],
)
def test_the_lock_is_held_against_pyproject(lock: str, words: list[str]) -> None:
    found = load_check_lock().faults(PYPROJECT, lock)
    assert len(found) == len(words)
    assert all(word in fault for word, fault in zip(words, found, strict=True))


def test_this_lock_serves_this_pyproject() -> None:
    assert (
        load_check_lock().faults((ROOT / "pyproject.toml").read_text(), (ROOT / "requirements.lock").read_text()) == []
    )
