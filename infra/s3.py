"""``make s3``: a real S3 service on loopback, to try a store in a bucket without an account."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from infra import seaweed
from infra.airflow_home import ROOT, stop_on_signals

CREDENTIALS, CONFIG = "credentials", "config"
LAST_PORT = 65_536 - seaweed.PORTS


def main() -> int:
    """Run the service until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", default=ROOT / ".nightreel" / "s3", type=Path, help="For its data, which stay.")
    parser.add_argument("--port", default=8333, type=port, help="It takes this one and the seven after it.")
    given = parser.parse_args()
    stop_on_signals()
    given.folder.mkdir(parents=True, exist_ok=True)
    try:
        with seaweed.serving(given.folder.resolve(), port=given.port) as service:
            credentials, config = (shlex.quote(str(path)) for path in profile(given.folder, service.env))
            print(
                f"S3 is at {service.env['AWS_ENDPOINT_URL']}, with the bucket {seaweed.BUCKET}. Its data are in "
                f"{os.path.relpath(given.folder)}. Ctrl-C ends it. In another shell:\n\n"
                f"export AWS_SHARED_CREDENTIALS_FILE={credentials} AWS_CONFIG_FILE={config}\n"
                f"nightreel doctor --store s3://{seaweed.BUCKET}/first",
                flush=True,
            )
            code = service.process.wait()
            print(f"SeaweedFS ended by itself ({code}). Its log is {service.log}.", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        return 0
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1


def port(text: str) -> int:
    """An option's first port, after which the others fit, too."""
    if not text.isdecimal() or not 1 <= int(text) <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {LAST_PORT}")
    return int(text)


def profile(folder: Path, env: Mapping[str, str]) -> tuple[Path, Path]:
    """Write what AWS clients need into their usual two files, readable by this user only."""
    texts = {
        CREDENTIALS: f"[default]\naws_access_key_id = {env['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {env['AWS_SECRET_ACCESS_KEY']}\n",
        CONFIG: f"[default]\nregion = {env['AWS_REGION']}\nendpoint_url = {env['AWS_ENDPOINT_URL']}\n",
    }
    for name, text in texts.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text)
    return (folder / CREDENTIALS).resolve(), (folder / CONFIG).resolve()


if __name__ == "__main__":
    sys.exit(main())
