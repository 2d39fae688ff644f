"""Say whether requirements.lock still serves pyproject.toml, and the images' locks are of it. Needs no network."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from infra import images

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)")


def faults(pyproject: str, lock: str) -> list[str]:
    """What the lock's text lacks of what the pyproject's text asks for, a sentence each; empty when nothing."""
    project = tomllib.loads(pyproject)["project"]
    pins = {canonicalize_name(pin["name"]): Version(pin["version"]) for pin in map(PIN.match, lock.splitlines()) if pin}
    found = []
    for text in [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]:
        wanted = Requirement(text)
        version = pins.get(canonicalize_name(wanted.name))
        if version is None:
            found.append(f"{wanted.name} is not pinned in requirements.lock.")
        elif not wanted.specifier.contains(version, prereleases=True):
            found.append(f"{wanted.name} is pinned to {version}, but pyproject.toml asks for {wanted.specifier}.")
    found += [
        f"{name}=={version}: a local version exists on one machine only."
        for name, version in pins.items()
        if version.local
    ]
    return found


def main() -> None:
    """Exit 1 with what to do when the lock is out of date."""
    found = faults((ROOT / "pyproject.toml").read_text(), (ROOT / "requirements.lock").read_text())
    if not found:
        found = [f"infra/images/{image}.lock is not of this requirements.lock." for image in images.stale()]
    if found:
        sys.exit("\n".join([*found, "Type `make lock` and commit requirements.lock and infra/images/*.lock."]))
    print("requirements.lock serves pyproject.toml, and the images' locks are of it.")


if __name__ == "__main__":
    main()
