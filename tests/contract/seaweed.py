"""A real S3 service on this machine for tests: SeaweedFS from its wheel, on loopback, gone when the test is over."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

BUCKET = "nightreel"
START_SECONDS = 60
SOCKETS = Path("/tmp")
"""Where the service keeps its Unix sockets, and can be told no other place."""


@contextmanager
def running(folder: Path) -> Iterator[Mapping[str, str]]:
    """Run a service with its data in ``folder``; gives the ``AWS_*`` variables that lead to its one bucket."""
    key, secret = "nightreel-test", "nightreel-test-secret"
    identity = {"name": "test", "credentials": [{"accessKey": key, "secretKey": secret}], "actions": ["Admin"]}
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    data = folder / "data"
    data.mkdir()
    names = ("master", "volume", "filer", "s3")
    plain, grpc = _free_ports(len(names)), _free_ports(len(names))
    ports = [
        option
        for name, port, remote in zip(names, plain, grpc, strict=True)
        for option in (f"-{name}.port={port}", f"-{name}.port.grpc={remote}")
    ]
    command = [
        str(Path(sys.executable).with_name("weed")),
        f"-logdir={folder}",
        "server",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=20",
        "-filer",
        "-s3",
        f"-s3.config={config}",
        "-s3.port.iceberg=0",  # else it takes a port that another service of another test has
        "-s3.port.lance=0",
        *ports,
    ]
    env = {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{plain[-1]}",
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
        os.killpg(service.pid, signal.SIGKILL)
        service.wait()
        for port in (*plain, *grpc):
            for left in SOCKETS.glob(f"seaweedfs-*-{port}.sock"):
                left.unlink()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _await(service: subprocess.Popen[bytes], env: Mapping[str, str], log: Path) -> None:
    """Return when a PUT works: the service answers HTTP long before it can store anything."""
    client = get_session().create_client(
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
