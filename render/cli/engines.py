"""``nightreel engines``: what can make clips here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from render.cli import options, output

if TYPE_CHECKING:
    from render.engines.contract import Capabilities


def command(
    to_open: Annotated[
        list[str] | None,
        typer.Option(
            "--open",
            metavar="ENGINE",
            help="Open this engine once, so that what it compiles is ready on this machine. May be given often.",
        ),
    ] = None,
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """List the engines: what each is, needs and costs.

    Examples:
      nightreel engines
      nightreel engines --open world
      nightreel engines --json
    """
    from render.engines import registry

    settings = options.settings(store=store)
    if to_open:
        from render.farm import worker

        for name in dict.fromkeys(to_open):
            revision = registry.find(name).capabilities.revision
            worker.open_engine(name, revision, settings.scratch, settings.cache)
            output.note(f"Opened {name} {revision}; what it compiled is in {settings.cache}")
    found = {name: _load(name) for name in registry.names()}
    if as_json:
        output.document([_as_json(name, engine) for name, engine in found.items()])
        return
    from rich.table import Table

    table = Table("engine", "what it is", "revision", "simulated", "needs", "price", "styles", box=None, pad_edge=False)
    for name, can in found.items():
        if isinstance(can, str):
            table.add_row(name, can)
            continue
        needs = ", ".join(f"{amount:g} {what}" for what, amount in can.resources.items())
        table.add_row(
            name,
            can.title,
            can.revision,
            "yes" if can.simulated else "no",
            needs or "a CPU core",
            f"${can.usd_per_second:g} a second" if can.usd_per_second else "CPU time",
            ", ".join(sorted(can.styles)),
        )
    output.show(table)


def _load(name: str) -> Capabilities | str:
    """What the engine can do, or why it cannot be loaded."""
    from render import errors
    from render.engines import registry

    try:
        return registry.find(name).capabilities
    except errors.EngineMissing as error:
        return str(error)


def _as_json(name: str, can: Capabilities | str) -> dict[str, object]:
    if isinstance(can, str):
        return {"name": name, "problem": can}
    return {
        "name": name,
        "problem": None,
        "title": can.title,
        "revision": can.revision,
        "simulated": can.simulated,
        "makes_sound": can.makes_sound,
        "needs": can.resources,
        "usd_per_second": can.usd_per_second,
        "styles": sorted(can.styles),
        "max_seconds": can.max_seconds,
        "max_pixels": can.max_pixels,
        "group_size": can.group_size,
    }
