from dataclasses import replace

from render import media
from render.engines.testcard import TestcardEngine
from render.farm import clip
from render.model import Understanding

UNDERSTOOD = Understanding(share=1.0, scene="ocean", fallback=False)


def test_what_a_file_says_of_itself_stands_with_the_media_revision():
    """If this fails on purpose, give ``media.REVISION`` a new number: the same clip has other bytes."""
    simulated = TestcardEngine.capabilities
    said = [
        clip._comment(can, seen)
        for can in (simulated, replace(simulated, simulated=False))
        for seen in (UNDERSTOOD, replace(UNDERSTOOD, fallback=True), None)
    ]
    assert media.REVISION == "media-3"
    made = "Made by Nightreel with engine testcard."
    previs = f"{made} Simulated previs, not generated video."
    stand_in = "This is a stand-in: the engine cannot show what the prompt asks for."
    assert said == [previs, f"{previs} {stand_in}", previs, made, f"{made} {stand_in}", made]
