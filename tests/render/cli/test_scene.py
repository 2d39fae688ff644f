import io
import json

import pytest

from render.cli import main
from render.engines.world.reading import document, read

PROMPT = "Two crimson spheres and a banana fall at sunset, no people"


def test_the_yaml_is_the_scene_and_the_words_are_comments(capfd):
    assert main(["scene", PROMPT]) == 0
    said = capfd.readouterr().out
    assert document.parse(said) == document.parse(document.dump(read(PROMPT)))
    assert "# Understood of the prompt's words: 71%\n" in said
    assert "# Approximated: crimson → red, sphere → ball\n" in said
    assert said.endswith("# Not understood: banana\n")


def test_json_holds_the_share_and_the_three_lists(said):
    code, told = said("scene", PROMPT)
    assert code == 0
    assert told["understood"] == {
        "share": pytest.approx((4 + 2 / 2) / 7),
        "understood": ["two", "fall", "sunset", "people"],
        "approximated": ["crimson → red", "sphere → ball"],
        "ignored": ["banana"],
    }
    assert told["scene"]["subjects"] == [{"kind": "ball", "count": 2, "colours": ["red"]}]
    assert document.parse(told["yaml"]) == document.parse(json.dumps(told["scene"]))
    assert (told["family"], told["fallback"]) == ("objects", False)


def test_a_stand_in_and_another_language_are_told(capfd):
    main(["scene", "Een aap eet van een taart in de tuin"])
    said = capfd.readouterr().out
    assert "# A stand-in: no family shows what this prompt asks for.\n" in said
    assert "# The prompt seems to be in Dutch, which is not understood; English is read better.\n" in said
    main(["scene", "Trois balles rouges tombent"])
    said = capfd.readouterr().out
    assert "# Approximated: trois → three, rouges → red, balles → ball, tombent → fall\n" in said
    assert "# The prompt seems to be in French, which was read word by word with a small dictionary" in said
    main(["scene", "Blorf wumple zint grasp"])
    assert "# Most of these are no English words; their language is not understood.\n" in capfd.readouterr().out
    main(["scene", "A cinematic ball, a manga look, a cartoon"])
    assert "no English words" not in capfd.readouterr().out, "styles to ask for elsewhere are"


def test_json_names_the_language(said):
    assert said("scene", "Ein Ball fällt im Park")[1]["language"] == "de"
    assert said("scene", "A ball falls in a park")[1]["language"] == "en"


@pytest.mark.parametrize("prompt", ["", "  ", "\n\t"])
def test_an_empty_prompt_is_refused(prompt, said):
    code, told = said("scene", prompt)
    assert code == 2
    assert told["error"]["message"].startswith("The prompt is empty. Say what the clip shows")


@pytest.mark.parametrize("prompt", ["\x07 \x85 'a\u2028b' \"c\x00d\"", "猫が走る", "a: [b", "# off no"])
def test_whatever_is_asked_the_answer_is_a_scene(prompt, capfd):
    assert main(["scene", prompt]) == 0
    assert document.parse(capfd.readouterr().out).family == "objects"


def test_try_needs_a_prompt_or_a_scene(said):
    code, told = said("try")
    assert code == 2
    assert "give a PROMPT, or a scene with --scene FILE" in told["error"]["message"]


def test_a_scene_that_is_not_valid_is_refused_before_anything_is_begun(said, tmp_path):
    file = tmp_path / "scene.yaml"
    file.write_text("{family: objects, colour: red}")
    code, told = said("try", "--scene", file, "--store", tmp_path / "store")
    assert code == 2
    assert "colour: there is no such key" in told["error"]["message"]
    assert not (tmp_path / "store").exists()


def test_text_that_is_not_utf8_is_no_scene(said, tmp_path):
    file = tmp_path / "scene.yaml"
    file.write_bytes(b"family: \xff")
    code, told = said("try", "--scene", file)
    assert code == 2
    assert "is not text in UTF-8" in told["error"]["message"]


def test_an_engine_that_takes_no_scene_refuses_it(said, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("family: objects\nsubjects:\n- kind: ball\n"))
    code, told = said("try", "--scene", "-", "--engine", "testcard", "--store", tmp_path / "store")
    assert code == 2
    assert "Engine testcard takes no scene as data." in told["error"]["message"]
    assert not (tmp_path / "store").exists()
