"""``nightreel doctor``: what is present, and what to do about what is not."""

from __future__ import annotations

from render.cli import options, output
from render.cli.findings import Health


def command(store: options.Store = None, as_json: options.Json = False) -> int:
    """Check this machine and the store.

    Ends with 0 if clips can be made, else with 1. The store is really written to, raced on and cleaned up.

    Examples:
      nightreel doctor
      nightreel doctor --store s3://bucket/nightreel --json
    """
    from render.cli import probes

    settings = options.settings(store=store)
    findings = list(probes.examine(settings))
    missing = [finding for finding in findings if finding.health is Health.MISSING]
    if as_json:
        keys = ("name", "health", "found", "fix")
        output.document(
            {"ready": not missing, "findings": [{key: getattr(finding, key) for key in keys} for finding in findings]}
        )
        return 1 if missing else 0

    from rich.table import Table

    table = Table("", "", "found", "what to do", box=None, pad_edge=False)
    for finding in findings:
        table.add_row(finding.health.upper(), finding.name, finding.found, finding.fix)
    output.show(table)
    output.say(
        f"Not ready: mend {', '.join(finding.name for finding in missing)} first."
        if missing
        else f"Ready. Next: nightreel try 'A red ball rolls off a table'{options.elsewhere(settings.store)}"
    )
    return 1 if missing else 0
