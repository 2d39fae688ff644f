import shlex
from dataclasses import replace

import pytest

from render.experiments.steps import after
from render.experiments.view import view
from render.model import End, ReasonKind


def batch_of(make, name="spring", end=End.PUBLISHED):
    batch, row = make.batch(), make.row(0, experiment=name)
    receipt = make.receipt(batch, 0, end, reason_kind=ReasonKind.ENGINE)
    return view(batch, [make.planned(row)], [], [receipt], {make.job(row).fingerprint: make.record(row)})


def commands(shown):
    return [shlex.split(step.command) for step in after(shown) if step.command]


@pytest.mark.parametrize("name", ["spring", "a b", "$(rm x); `id`", "it's", "--help", "-rf"])
def test_a_name_is_one_argument_and_never_an_option(make, name):
    export, report, _ = commands(batch_of(make, name))
    assert export[:2] == ["nightreel", "export"]
    assert report[:3] == ["nightreel", "report", "--bundle"]
    dashes = ["--"] if name.startswith("-") else []
    assert export[2:-1] == report[4:] == [*dashes, name]
    assert not export[-1].startswith("-")
    assert not report[3].startswith("-")


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (End.FAILED, "that takes up the failed ones,"),
        (End.REJECTED, "that takes up the rejected rows once they are mended in their manifest,"),
        (End.HELD, "Watch the held clips"),
    ],
)
def test_what_went_wrong_comes_first(make, end, told):
    assert told in after(batch_of(make, end=end))[0].why


def test_the_batch_is_run_again_as_it_was(make):
    shown = batch_of(make, end=End.FAILED)
    batch = replace(shown.batches[0], limit=7, where="variant = 'it''s'")
    assert commands(replace(shown, batches=(batch,)))[0] == [
        *("nightreel", "run", batch.manifests[0].url),
        *("--limit", "7", "--where", "variant = 'it''s'"),
    ]


@pytest.mark.parametrize("end", [End.REJECTED, End.FAILED])
def test_a_brief_is_run_again_and_not_the_copy_of_it(make, end):
    shown = batch_of(make, end=end)
    batches = tuple(replace(batch, draft="file:///home/me/brief.yaml") for batch in shown.batches)
    assert after(replace(shown, batches=batches))[0].command == "nightreel run file:///home/me/brief.yaml"


def test_a_good_batch_needs_no_second_run(make):
    assert not [command for command in commands(batch_of(make)) if command[1] == "run"]


def test_held_clips_are_decided_on_batch_by_batch(make):
    """The page of an experiment, too, names the batches whose rows wait."""
    one, two = (batch_of(make, end=End.HELD) for _ in range(2))
    entries = [replace(entry, batch="night-2") for entry in two.entries]
    both = replace(one, experiments=(replace(one.experiments[0], entries=(*one.entries, *entries)),))
    asked = [command for command in commands(both) if command[1] == "review"]
    assert asked == [["nightreel", "review", one.batches[0].id], ["nightreel", "review", "night-2"]]
