"""``nightreel scene``: what the simulator would make of a prompt, as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from render import errors
from render.cli import options, output

if TYPE_CHECKING:
    from render.engines.world.scene import Words


def command(
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What the clip would show.")],
    *,
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Print the scene that engine world would build, as YAML.

    Nothing is rendered. Edit the YAML and give it back with `nightreel try --scene FILE`, or in a manifest's column
    "scene". Comments below it say which words were understood, shown by something near them, or ignored.

    Examples:
      nightreel scene "Three red balls fall, slow motion, no people"
      nightreel scene "A shoe on a turntable" > shoe.yaml
    """
    from render.engines.world.reading import document, read, reader

    options.settings(store=store)
    if not prompt.strip():
        raise errors.InputError('The prompt is empty. Say what the clip shows: nightreel scene "A ball falls on sand".')
    scene = read(prompt)
    text = document.dump(scene)
    if as_json:
        words = scene.words
        understood = {
            "share": words.share,
            "understood": words.understood,
            "approximated": words.approximated,
            "ignored": words.ignored,
        }
        output.document(
            {
                "family": scene.family,
                "fallback": scene.fallback,
                "language": reader.language(prompt) or "en",
                "scene": document.plain(scene),
                "yaml": text,
                "understood": understood,
            }
        )
        return
    output.write(text + "".join(f"# {line}\n" for line in _told(prompt, scene.words, fallback=scene.fallback)))


def _told(prompt: str, words: Words, *, fallback: bool) -> Iterator[str]:
    """What became of the words, a line each."""
    from render.engines.world.reading import lemmas, reader, tongues

    if fallback:
        yield "A stand-in: no family shows what this prompt asks for."
    yield f"Understood of the prompt's words: {words.share:.0%}"
    for what, said in (
        ("Understood", words.understood),
        ("Approximated", words.approximated),
        ("Not understood", words.ignored),
    ):
        if said:
            yield f"{what}: {', '.join(word if word.isprintable() else ascii(word) for word in said)}"
    if language := reader.language(prompt):
        read = "was read word by word with a small dictionary" if tongues.known(language) else "is not understood"
        yield f"The prompt seems to be in {tongues.NAMES[language]}, which {read}; English is read better."
    elif lemmas.mostly_foreign([word for said in words.ignored for word in said.partition(" → ")[0].split()]):
        yield "Most of these are no English words; their language is not understood."
