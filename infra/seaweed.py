"""A real S3 service on this machine: SeaweedFS from its wheel, on loopback, for tests and for ``make s3``."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

WEED = Path(sys.executable).with_name("weed")
BUCKET = "nightreel"
START_SECONDS = 60
START_TRIES = 5
TAKEN = b"address already in use"
"""What the service says and dies of when another process took a port that was free when we looked."""
IDENTITIES = "identities.json"
VOLUMES, VOLUME_MB = 64, 256
NAMES = ("s3", "master", "volume", "filer")
PORTS = 2 * len(NAMES)
SOCKETS = Path("/tmp")  # noqa: S108
"""Where the service keeps its Unix sockets, and can be told no other place."""
WITH_PARENT = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""
"""Becomes the command after its parent's process id; on Linux it is killed when the parent dies, in whatever way."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service at work: the ``AWS_*`` variables that lead to it, its process, and its log."""

    env: Mapping[str, str]
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def running(folder: Path) -> Iterator[Mapping[str, str]]:
    """Run :func:`serving` on any ports; gives the variables alone."""
    with serving(folder) as service:
        yield service.env


@contextmanager
def serving(folder: Path, *, port: int | None = None) -> Iterator[Service]:
    """Run a service with its data and its log in ``folder``.

    It listens on ``port`` and the seven after it, else on any that are free. Its credentials are made with the folder.
    Raises :class:`RuntimeError` if it does not come up, or if another service has the folder.
    """
    log = folder / "weed.log"
    with log.open("ab") as output:
        _claim(output, folder)
        output.truncate(0)
        _sweep_sockets()
        with ExitStack() as stack:
            tries = START_TRIES if port is None else 1
            while True:
                tries -= 1
                try:
                    service = stack.enter_context(_started(folder, port, output))
                    break
                except RuntimeError:
                    if not tries or TAKEN not in log.read_bytes():
                        raise
                    output.truncate(0)
            yield service


def _sweep_sockets() -> None:
    """Remove the sockets of services that were killed: nobody listens on them, nor is about to."""
    for path in SOCKETS.glob("seaweedfs-*.sock"):
        with suppress(OSError), socket.socket(socket.AF_UNIX) as tried:
            if time.time() - path.stat().st_mtime < START_SECONDS:
                continue
            try:
                tried.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)


def _claim(output: BinaryIO, folder: Path) -> None:
    """Lock the log, which the service inherits: the folder is claimed for as long as it lives."""
    try:
        fcntl.flock(output, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RuntimeError(f"Another service is at work on {folder}.") from error


@contextmanager
def _started(folder: Path, port: int | None, output: BinaryIO) -> Iterator[Service]:
    data = folder / "data"
    data.mkdir(exist_ok=True)
    free = _free_ports(PORTS) if port is None else _those_from(port)
    plain, grpc = free[: len(NAMES)], free[len(NAMES) :]
    ports = [
        option
        for name, own, remote in zip(NAMES, plain, grpc, strict=True)
        for option in (f"-{name}.port={own}", f"-{name}.port.grpc={remote}")
    ]
    command = [
        *(sys.executable, "-I", "-S", "-c", WITH_PARENT, str(os.getpid())),
        str(WEED),
        f"-logdir={folder}",
        "server",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-master.volumeSizeLimitMB={VOLUME_MB}",
        f"-volume.max={VOLUMES}",
        "-filer",
        "-s3",
        f"-s3.config={folder / IDENTITIES}",
        "-s3.port.iceberg=0",  # else it takes a port that another service of another test has
        "-s3.port.lance=0",
        *ports,
    ]
    env = environment(folder, plain[0])
    process = subprocess.Popen(
        command, cwd=folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
    )
    service = Service(env=env, process=process, log=folder / "weed.log")
    try:
        _await(service)
        yield service
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for own in (*plain, *grpc):
            for left in SOCKETS.glob(f"seaweedfs-*-{own}.sock"):
                left.unlink(missing_ok=True)


def environment(folder: Path, port: int) -> dict[str, str]:
    """The ``AWS_*`` variables that lead to the service of the folder on ``port``."""
    key, secret = credentials(folder)
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def credentials(folder: Path) -> tuple[str, str]:
    """The service's access key and secret: those of the folder, made if it is new."""
    path = folder / IDENTITIES
    if not path.exists():
        pair = {"accessKey": "nightreel", "secretKey": secrets.token_urlsafe(24)}
        identity = {"name": "nightreel", "credentials": [pair], "actions": ["Admin"]}
        new = path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(json.dumps({"identities": [identity]}))
        new.replace(path)
    [pair] = json.loads(path.read_text())["identities"][0]["credentials"]
    return pair["accessKey"], pair["secretKey"]


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _those_from(first: int) -> list[int]:
    ports = list(range(first, first + PORTS))
    if taken := next(filter(is_taken, ports), None):
        raise RuntimeError(f"Port {taken} is taken. ARGS='--port N' chooses N to N + {PORTS - 1}.")
    return ports


def is_taken(port: int) -> bool:
    """True if something listens on that port of loopback."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _await(service: Service) -> None:
    """Return when the service can store something."""
    deadline = time.monotonic() + START_SECONDS
    while error := fault(service.env):
        if service.process.poll() is not None or time.monotonic() > deadline:
            tail = service.log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"SeaweedFS did not come up: {error}\n{tail}")
        time.sleep(0.2)


def fault(env: Mapping[str, str]) -> str:
    """What keeps a PUT into the bucket from working, which is made if need be; empty if it works.

    The service answers HTTP long before it can store anything.
    """
    client: Any = get_session().create_client(
        "s3",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    try:
        if BUCKET not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
            client.create_bucket(Bucket=BUCKET)
        client.put_object(Bucket=BUCKET, Key="ready", Body=b"yes")
        client.delete_object(Bucket=BUCKET, Key="ready")
    except (BotoCoreError, ClientError) as error:
        return str(error)
    finally:
        client.close()
    return ""
