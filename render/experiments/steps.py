"""What to do after a batch or with an experiment: each step a reason and, where there is one, the command."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from render.experiments import names
from render.experiments.view import View
from render.model import End, ReasonKind
from render.store import layout

SUM_UP = "select experiment, variant, count(uri) as clips, avg(render_seconds) from results group by all order by all"
"""A first question to the catalog."""
_MOST = 3
"""Experiments, or batches with held clips, that get commands of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do."""

    why: str
    command: str = ""


def after(view: View) -> list[Step]:
    """The steps, most urgent first."""
    return [*_mend(view), *_use(view)]


def _mend(view: View) -> list[Step]:
    ends, steps = view.counts.ends, []
    if ends[End.HELD]:
        held = list(dict.fromkeys(entry.batch for entry in view.entries if entry.end is End.HELD))
        steps += [
            Step(
                why="Watch the held clips above. They are not handed on until somebody approves them: this lists them "
                "and says how.",
                command=f"nightreel review {shlex.quote(batch)}",
            )
            for batch in (held or [batch.id for batch in view.batches])[:_MOST]
        ]
    wrong = any(view.counts.rejected.get(kind) for kind in (ReasonKind.INVALID, ReasonKind.POLICY, ReasonKind.ENGINE))
    parts = [
        "the rejected rows once they are mended in their manifest" if wrong else "",
        "the failed ones" if ends[End.FAILED] else "",
        "what is not finished" if view.counts.unfinished else "",
    ]
    if any(parts):
        tried = _listed([part for part in parts if part])
        why = f"Run it again: that takes up {tried}, and reuses every good clip."
        steps.append(Step(why=why, command=_again(view)))
    return steps


def _listed(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def _use(view: View) -> list[Step]:
    steps = []
    handed = [one for one in view.experiments if any(entry.delivered for entry in one.entries)]
    for experiment in handed[:_MOST]:
        name, file = _argument(experiment.name), names.slug(experiment.name) or "report"
        steps += [
            Step(
                why=f"Hand on the clips of {experiment.name}, with a CSV.",
                command=f"nightreel export {name} {file}-clips",
            ),
            Step(
                why=f"Mail {experiment.name} as one file that opens anywhere.",
                command=f"nightreel report --bundle {file}.zip {name}",
            ),
        ]
    if others := _listed([one.name for one in handed[_MOST:][:_MOST]]):
        steps.append(Step(why=f"Do so with {others}{' and others' if len(handed) > 2 * _MOST else ''}, too."))
    if view.entries:
        steps.append(Step(why="Ask the catalog.", command=f"nightreel query {shlex.quote(SUM_UP)}"))
    return steps


def _argument(text: str) -> str:
    """The text as a shell's last words, none of which is taken for an option."""
    return f"{'-- ' if text.startswith('-') else ''}{shlex.quote(text)}"


def _again(view: View) -> str:
    """The command that takes the newest batch's manifest in again; empty if there is no one file that people have."""
    batch = next(iter(view.batches), None)
    if batch is None or not batch.source or batch.source.endswith(f"/{layout.manifest(batch.id)}"):
        return ""
    if batch.inbox and len(batch.manifests) > 1:
        return ""
    parts = ["nightreel", "run", batch.source]
    if batch.limit is not None:
        parts += ["--limit", str(batch.limit)]
    if batch.where:
        parts += ["--where", batch.where]
    return shlex.join(parts)
