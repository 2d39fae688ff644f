"""Which packages of requirements.lock each image gets: ``infra/images/<image>.lock``, told by the lock's own comments.

``python -m infra.images`` writes the files; ``make lock`` does, and ``make check`` says when they are out of date.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
EXTRAS: Mapping[str, Collection[str]] = {"control": ("airflow", "cluster", "lineage"), "worker": ()}
"""The extras of the project that an image has, by the image's lock."""
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>\S+)")
WANTED_BY = re.compile(r"^    #(?: via)? +(?P<name>[a-z0-9][a-z0-9._-]*)")


def closures(pyproject: str, lock: str) -> dict[str, str]:
    """The text of each image's lock: the pins of what its extras ask for, and of all that these want in turn.

    Raises :class:`ValueError` if the lock does not say by whom a package is wanted, or lacks one that is.
    """
    pins, parents = _read(lock)
    wanted = {image: _closure(_asked_for(pyproject, extras), parents) for image, extras in EXTRAS.items()}
    if unpinned := set().union(*wanted.values()) - pins.keys():
        raise ValueError(f"requirements.lock does not pin {', '.join(sorted(unpinned))}.")
    return {image: "".join(f"{pins[name]}\n" for name in sorted(names)) for image, names in wanted.items()}


def stale(root: Path = ROOT) -> list[str]:
    """The images whose locks are not what the project's lock says, or are not there."""
    wanted = closures((root / "pyproject.toml").read_text(), (root / "requirements.lock").read_text())
    files = {image: root / f"infra/images/{image}.lock" for image in wanted}
    return [image for image, text in wanted.items() if not files[image].exists() or files[image].read_text() != text]


def _read(lock: str) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Each package's pin, and by whom it is wanted."""
    pins: dict[str, str] = {}
    parents: dict[str, set[str]] = {}
    name = ""
    for line in lock.splitlines():
        if pin := PIN.match(line):
            name = pin["name"]
            pins[name], parents[name] = line, set()
        elif name and (parent := WANTED_BY.match(line)):
            parents[name].add(parent["name"])
    if unwanted := [name for name, wanted_by in parents.items() if not wanted_by]:
        raise ValueError(f"requirements.lock does not say who wants {', '.join(unwanted)}.")
    return pins, parents


def _asked_for(pyproject: str, extras: Collection[str]) -> Iterator[str]:
    project = tomllib.loads(pyproject)["project"]
    optional = project.get("optional-dependencies", {})
    for asked_for in (project["dependencies"], *(optional[extra] for extra in extras)):
        yield from (canonicalize_name(Requirement(text).name) for text in asked_for)


def _closure(roots: Iterator[str], parents: Mapping[str, Collection[str]]) -> set[str]:
    """The roots and whatever they want. Where anybody wants a package with an extra, all have that extra."""
    found: set[str] = set()
    news = set(roots)
    while news:
        found |= news
        news = {name for name, wanted_by in parents.items() if name not in found and not news.isdisjoint(wanted_by)}
    return found


def main() -> None:
    """Write every image's lock."""
    for image, text in closures(
        (ROOT / "pyproject.toml").read_text(), (ROOT / "requirements.lock").read_text()
    ).items():
        (ROOT / f"infra/images/{image}.lock").write_text(text)


if __name__ == "__main__":
    main()
