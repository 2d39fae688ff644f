"""``make s3``: the service that it starts."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra import seaweed
from infra.airflow_home import ROOT
from render.store.objects import open_store

pytestmark = pytest.mark.slow


def free_port() -> int:
    """The first of eight that are free."""
    for port in range(20_000, 60_000, 8):
        try:
            for one in range(port, port + 8):
                with socket.socket() as tried:
                    tried.bind(("127.0.0.1", one))
        except OSError:
            continue
        return port
    raise AssertionError("no ports are free")


@contextmanager
def service(folder: Path, port: int) -> Iterator[dict[str, str]]:
    """The command at work; gives the variables that it tells people to set."""
    command = [sys.executable, "-m", "infra.s3", "--folder", str(folder), "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = next((line for line in process.stdout if line.startswith("export ")), "")
            yield dict(re.findall(r"(AWS_\w+)=(\S+)", told))
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0


def nightreel(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "render.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_it_can_be_a_store_and_is_gone_when_it_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    with service(tmp_path / "s3", port) as told:
        assert set(told) == {"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"}
        for name, value in told.items():
            assert Path(value).stat().st_mode & 0o077 == 0
            monkeypatch.setenv(name, value)
        store = open_store(f"s3://{seaweed.BUCKET}/first")
        assert store.put_if_absent("a", b"kept")
        assert store.get("a") == b"kept"
    with socket.socket() as left:
        assert left.connect_ex(("127.0.0.1", port)) != 0


def test_its_credentials_stay_the_same(tmp_path: Path) -> None:
    first = seaweed.credentials(tmp_path)
    assert seaweed.credentials(tmp_path) == first
    assert (tmp_path / seaweed.IDENTITIES).stat().st_mode & 0o077 == 0


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        command = [sys.executable, "-m", "infra.s3", "--folder", str(tmp_path / "s3"), "--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "--port N" in done.stderr
