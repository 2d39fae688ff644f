"""``make s3``: the service that it starts."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from infra import s3, seaweed
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


def command(folder: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "infra.s3", "--folder", str(folder), "--port", str(port)]


def refused(folder: Path, port: int) -> str:
    """What the command says when it does not start."""
    done = subprocess.run(command(folder, port), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    return done.stderr


def told(process: subprocess.Popen[str]) -> dict[str, str]:
    """The variables that it tells people to set, as a shell reads them."""
    assert process.stdout is not None
    line = next((line for line in process.stdout if line.startswith("export ")), "")
    return dict(word.split("=", 1) for word in shlex.split(line)[1:])


@contextmanager
def service(folder: Path, port: int) -> Iterator[dict[str, str]]:
    """The command at work; gives the variables that it tells people to set."""
    with subprocess.Popen(command(folder, port), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield told(process)
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0


def nightreel(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "render.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_it_can_be_a_store_and_is_gone_when_it_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port, folder = free_port(), tmp_path / "s 3"
    with service(folder, port) as variables:
        assert set(variables) == {"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"}
        for name, value in variables.items():
            assert Path(value).stat().st_mode & 0o077 == 0
            monkeypatch.setenv(name, value)
        store = open_store(f"s3://{seaweed.BUCKET}/first")
        assert store.put_if_absent("a", b"kept")
        assert "Another service is at work" in refused(folder, free_port())
        assert store.get("a") == b"kept"
    with socket.socket() as left:
        assert left.connect_ex(("127.0.0.1", port)) != 0


def test_it_says_that_the_service_died(tmp_path: Path) -> None:
    with subprocess.Popen(
        command(tmp_path, free_port()), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert told(process)
        [weed] = psutil.Process(process.pid).children()
        weed.kill()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert str(tmp_path / "weed.log") in said


def weed_that(does: str, folder: Path) -> Path:
    path = folder / "weed"
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o700)
    return path


def test_a_service_that_dies_at_once_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seaweed, "WEED", weed_that("echo no room; exit 3", tmp_path))
    with pytest.raises(RuntimeError, match="no room"), seaweed.running(tmp_path):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal at a parent's death is Linux's")
def test_the_service_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    weed = weed_that("echo $$ > id.new; mv id.new id; exec sleep 60", tmp_path)
    code = (
        "import sys; from pathlib import Path; from infra import seaweed\n"
        "seaweed.WEED = Path(sys.argv[1])\n"
        "with seaweed.running(Path(sys.argv[2])): pass"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(weed), str(tmp_path)], cwd=ROOT) as parent:
        try:
            deadline = time.monotonic() + 60
            while not (tmp_path / "id").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            parent.kill()
    child = int((tmp_path / "id").read_text())
    try:
        psutil.Process(child).wait(timeout=10)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        os.kill(child, signal.SIGKILL)
        raise


def test_a_start_removes_the_sockets_of_services_that_were_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one that listens, or that may be about to, keeps its own."""
    monkeypatch.setattr(seaweed, "SOCKETS", tmp_path)
    monkeypatch.setattr(seaweed, "WEED", weed_that("exit 3", tmp_path))
    alive, dead, young = (tmp_path / f"seaweedfs-s3-{port}.sock" for port in (1, 2, 3))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(alive))
        listening.listen()
        for path in (dead, young):
            with socket.socket(socket.AF_UNIX) as gone:
                gone.bind(str(path))
        for path in (alive, dead):
            os.utime(path, (0, 0))
        with pytest.raises(RuntimeError), seaweed.running(tmp_path):
            pass
        assert sorted(tmp_path.glob("*.sock")) == [alive, young]


def test_its_credentials_stay_the_same(tmp_path: Path) -> None:
    first = seaweed.credentials(tmp_path)
    assert seaweed.credentials(tmp_path) == first
    assert (tmp_path / seaweed.IDENTITIES).stat().st_mode & 0o077 == 0


def test_credentials_half_written_by_a_killed_start_do_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(Path, "write_text", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            seaweed.credentials(tmp_path)
    assert seaweed.credentials(tmp_path) == seaweed.credentials(tmp_path)


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert "--port N" in refused(tmp_path / "s3", port)


def test_ports_that_another_process_took_meanwhile_are_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look for free ports and the start of the service lie milliseconds, in which others start theirs."""
    find = seaweed._free_ports
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        once = [[taken.getsockname()[1], *find(seaweed.PORTS - 1)]]
        monkeypatch.setattr(seaweed, "_free_ports", lambda count: once.pop() if once else find(count))
        with seaweed.running(tmp_path) as env:
            assert not once
            assert env["AWS_ENDPOINT_URL"] != f"http://127.0.0.1:{taken.getsockname()[1]}"
            assert seaweed.fault(env) == ""


@pytest.mark.parametrize("port", ["0", "65529", "-1", "many"])
def test_ports_that_do_not_exist_are_refused(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["s3", f"--port={port}"])
    with pytest.raises(SystemExit, match="2"):
        s3.main()
    assert "1 to 65528" in capsys.readouterr().err
