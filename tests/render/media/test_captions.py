from hypothesis import given
from hypothesis import strategies as st

from render.media import captions
from render.model import Caption


def test_a_document_has_its_cues_in_order(tmp_path):
    lines = [
        Caption(start_s=61.5, end_s=3_700.25, text="later\n\n  still <later>"),
        Caption(start_s=0, end_s=1.0004, text="a & b"),
    ]
    captions.write_vtt(lines, tmp_path / "captions.vtt")
    assert (tmp_path / "captions.vtt").read_text() == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na &amp; b\n\n"
        "00:01:01.500 --> 01:01:40.250\nlater\nstill &lt;later&gt;\n"
    )


def test_languages_become_mp4_codes():
    tags = ["en", "de-AT", "PT-br", "tlh", "xx", ""]
    assert [captions.track_language(tag) for tag in tags] == ["eng", "deu", "por", "tlh", "und", "und"]


@given(st.lists(st.text(max_size=40), max_size=5))
def test_text_cannot_break_out_of_its_cue(texts):
    document = captions.to_vtt([Caption(start_s=n, end_s=n + 1, text=text) for n, text in enumerate(texts)])
    assert document.count("-->") == len(texts)
    assert len([block for block in document.split("\n\n") if "-->" in block]) == len(texts)
