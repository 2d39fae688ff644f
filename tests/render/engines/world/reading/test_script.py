import pytest

from render.engines.world.reading.binding import Told
from render.engines.world.reading.meaning import NOTHING, Meaning, Role
from render.engines.world.reading.phrases import find
from render.engines.world.reading.script import schedule
from render.engines.world.reading.text import take_apart

ACTIONS = {"drop", "roll", "bounce"}


def told(prompt):
    """The prompt's phrases, some verbs being actions, and the words between them."""
    tokens = take_apart(prompt).tokens
    found = find(tokens, "objects")
    ends = [0, *(phrase.end for phrase in found)]
    gaps = [frozenset(token.text for token in tokens[end : one.start]) for end, one in zip(ends, found, strict=False)]
    known = {text: Meaning(Role.ACTION, text) for text in ACTIONS}
    return [Told(phrase, known.get(phrase.text, NOTHING)) for phrase in found], gaps


@pytest.mark.parametrize(
    ("prompt", "script"),
    [
        ("the ball drops after two seconds", {"drop": 2}),
        ("after two seconds the ball drops", {"drop": 2}),
        ("the ball rolls, after 1.5 s it drops", {"drop": 1.5}),
        ("the ball drops after two seconds and bounces", {"drop": 2}),
        ("the ball rolls and after half a second it drops", {"drop": 0.5}),
        ("the ball drops at 1 second. Three seconds later it bounces", {"drop": 1, "bounce": 4}),
        ("a second ball drops", {}),
        ("the ball drops for 10 seconds", {}),
        ("a 4 second clip: the ball drops", {}),
        ("after two seconds nothing", {}),
        ("after 99999 seconds the ball drops", {}),
        ("the ball does not drop after two seconds", {}),
    ],
)
def test_a_time_belongs_to_its_action(prompt, script):
    phrases, gaps = told(prompt)
    at, used = schedule(phrases, gaps)
    assert {phrases[index].phrase.text: seconds for index, seconds in at.items()} == script
    assert len(used) == len(script)
    assert all(phrases[index].phrase.first.is_time for index in used)
