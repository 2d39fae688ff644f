"""What each row is by itself: its identity, what it would take, and whether engine or policy refuse it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render import contracts, errors
from render.checks import policy
from render.engines import registry
from render.engines.contract import Engine
from render.model import Estimate, Fault, Form, Outcome, ReasonKind
from render.planning import forms
from render.planning.fingerprint import fingerprints
from render.planning.price import estimate

_OF_FAULT = ("column", "value", "reason", "fix", "kind")


@dataclass(frozen=True, slots=True)
class _Judged:
    """What an engine says of a form."""

    revision: str
    price: Estimate
    refusal: Mapping[str, Any] | None
    """A fault's columns but for its row."""


class Drafting:
    """Drafts the plan of one table of rows after another; what an engine said of a form is not asked again."""

    def __init__(self, *, media_revision: str, usd_per_cpu_hour: float) -> None:
        self._media_revision = media_revision
        self._usd_per_cpu_hour = usd_per_cpu_hour
        self._find = cache(_find)
        self._judged = cache(self._judge)

    def draft(self, rows: pa.Table) -> pa.Table:
        """The rows with ``fingerprint``, ``engine_revision``, the estimates, and the ``fault`` of those refused."""
        shapes = forms.of(rows)
        judged = [self._judged(form) for form in shapes.each]
        revisions = [one.revision for one in judged]

        def spread(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
            return pa.array(values, kind).take(pa.array(shapes.of_row))

        refusals = [one.refusal for one in judged]
        faults = {name: spread([said and said[name] for said in refusals], pa.string()) for name in _OF_FAULT}
        found = _by_policy(rows, faults["kind"].is_null())
        where = np.zeros(rows.num_rows, np.bool_)
        where[[position for position, _ in found]] = True
        for name in _OF_FAULT if found else ():
            own = pa.array([str(getattr(fault, name)) for _, fault in found], pa.string())
            faults[name] = pc.replace_with_mask(faults[name], pa.array(where), own)
        keys = fingerprints(rows, shapes, engine_revisions=revisions, media_revision=self._media_revision)
        return (
            rows.append_column("fingerprint", keys)
            .append_column("engine_revision", spread(revisions, pa.string()))
            .append_column("estimate_cost_usd", spread([one.price.cost_usd for one in judged], pa.float64()))
            .append_column("estimate_cpu_seconds", spread([one.price.cpu_seconds for one in judged], pa.float64()))
            .append_column("fault", fault_column(rows["row"].combine_chunks(), faults))
        )

    def _judge(self, form: Form) -> _Judged:
        engine = self._find(form.engine)
        if isinstance(engine, errors.EngineMissing):
            fix = "Install what it lacks, or name another of `nightreel engines`."
            return _Judged(
                "", Estimate(cost_usd=0.0, cpu_seconds=0.0), _refusal("engine", form.engine, str(engine), fix)
            )
        can = engine.capabilities
        refusal = None
        if said := engine.refusal(form):
            column, reason, fix = said
            value = contracts.shorten(str({"seconds": form.duration_ms / 1000}.get(column, getattr(form, column, ""))))
            refusal = _refusal(column, value, reason, fix)
        return _Judged(can.revision, estimate(form, can, usd_per_cpu_hour=self._usd_per_cpu_hour), refusal)


def fault_column(rows: pa.Array, faults: Mapping[str, pa.Array]) -> pa.Array:
    """Faults as the plan's column: null where ``kind`` is null."""
    kind = contracts.load("plan").arrow_schema().field("fault").type
    if faults["kind"].null_count == len(rows):
        return pa.nulls(len(rows), kind)
    columns = {"row": rows, **faults}
    return pa.StructArray.from_arrays(
        [columns[field.name] for field in kind], fields=list(kind), mask=pc.is_null(faults["kind"])
    )


def _find(name: str) -> type[Engine] | errors.EngineMissing:
    """The engine, or why it cannot be loaded."""
    try:
        return registry.find(name)
    except errors.EngineMissing as error:
        return error


def _refusal(column: str, value: str, reason: str, fix: str) -> Mapping[str, Any]:
    return {"column": column, "value": value, "reason": reason, "fix": fix, "kind": str(ReasonKind.ENGINE)}


def _by_policy(rows: pa.Table, wanted: pa.Array) -> list[tuple[int, Fault]]:
    """The faults of rows whose policy refuses their words, each with its position; only ``wanted`` rows are judged."""
    found: list[tuple[int, Fault]] = []
    for name in rows["policy"].unique().to_pylist():
        rules = policy.load(name)
        own = pc.indices_nonzero(pc.and_(pc.equal(rows["policy"], name), wanted))
        positions = own.take(_suspects(rules, rows.select(["prompt", "shots", "scene"]).take(own)))
        for position, row in zip(positions.to_pylist(), contracts.to_rows(rows.take(positions)), strict=True):
            verdict = policy.judge_prompt(rules, row)
            if verdict.outcome is not Outcome.PASS:
                fault = Fault(
                    row=row.row,
                    column="prompt",
                    value=contracts.shorten(row.prompt),
                    reason=verdict.reason,
                    fix=verdict.fix,
                    kind=ReasonKind.POLICY,
                )
                found.append((position, fault))
    return sorted(found, key=itemgetter(0))


def _suspects(rules: policy.Policy, rows: pa.Table) -> pa.Array:
    """Positions of the rows that the policy may refuse by their prompt, their shots or their scene."""
    prompts = rows["prompt"].combine_chunks()
    shots = rows["shots"].combine_chunks()
    scenes = rows["scene"].combine_chunks().dictionary_encode()
    words = pa.array([policy.values(scene) for scene in scenes.dictionary.to_pylist()], pa.string())
    everything = pa.concat_arrays([prompts, pc.struct_field(shots.flatten(), "prompt"), words])
    of_prompt, of_shot, of_scene = np.split(
        policy.suspects(rules, everything).to_numpy(zero_copy_only=False), [len(prompts), len(everything) - len(words)]
    )
    suspect = of_prompt | of_scene[scenes.indices.to_numpy()]
    suspect[pc.list_parent_indices(shots).to_numpy()[of_shot]] = True
    return pa.array(np.flatnonzero(suspect))
