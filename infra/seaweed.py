"""A real S3 service on this machine: SeaweedFS from its wheel, on loopback, for tests and for ``make s3``."""

from __future__ import annotations

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
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

BUCKET = "nightreel"
START_SECONDS = 60
IDENTITIES = "identities.json"
VOLUMES, VOLUME_MB = 64, 256
SOCKETS = Path("/tmp")  # noqa: S108
"""Where the service keeps its Unix sockets, and can be told no other place."""


@contextmanager
def running(folder: Path, *, port: int | None = None) -> Iterator[Mapping[str, str]]:
    """Run a service with its data and its log in ``folder``; gives the ``AWS_*`` variables that lead to its bucket.

    It listens on ``port`` and the seven after it, else on any that are free. Its credentials are made with the folder.
    Raises :class:`RuntimeError` if it does not come up.
    """
    key, secret = credentials(folder)
    data = folder / "data"
    data.mkdir(exist_ok=True)
    names = ("s3", "master", "volume", "filer")
    free = _free_ports(2 * len(names)) if port is None else _those_from(port, 2 * len(names))
    plain, grpc = free[: len(names)], free[len(names) :]
    ports = [
        option
        for name, own, remote in zip(names, plain, grpc, strict=True)
        for option in (f"-{name}.port={own}", f"-{name}.port.grpc={remote}")
    ]
    command = [
        str(Path(sys.executable).with_name("weed")),
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
    env = {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{plain[0]}",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    log = folder / "weed.log"
    with log.open("wb") as output:
        service = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        _await(service, env, log)
        yield env
    finally:
        with suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(service.pid, signal.SIGKILL)
        service.wait()
        for own in (*plain, *grpc):
            for left in SOCKETS.glob(f"seaweedfs-*-{own}.sock"):
                left.unlink()


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


def _those_from(first: int, count: int) -> list[int]:
    """So many ports in a row, which must be free."""
    ports = list(range(first, first + count))
    for port in ports:
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", port))
            except OSError as error:
                raise RuntimeError(f"Port {port} is taken.") from error
    return ports


def _await(service: subprocess.Popen[bytes], env: Mapping[str, str], log: Path) -> None:
    """Return when a PUT works: the service answers HTTP long before it can store anything."""
    client: Any = get_session().create_client(
        "s3",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )
    deadline = time.monotonic() + START_SECONDS
    try:
        while True:
            try:
                if BUCKET not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
                    client.create_bucket(Bucket=BUCKET)
                client.put_object(Bucket=BUCKET, Key="ready", Body=b"yes")
                client.delete_object(Bucket=BUCKET, Key="ready")
                return
            except (BotoCoreError, ClientError) as error:
                if service.poll() is not None or time.monotonic() > deadline:
                    tail = log.read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"SeaweedFS did not come up: {error}\n{tail}") from error
                time.sleep(0.2)
    finally:
        client.close()
