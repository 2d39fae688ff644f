"""Reads a prompt into a :class:`Scene`, and says of every content word what became of it.

The way: ``text`` (titles, times, tokens) → ``tongues`` (other languages into English) → ``family`` (which one they ask
for) → ``phrases`` (the lexicon's phrases in them, negations) → ``meaning`` (what a phrase means in that family;
``nearness`` for words that no lexicon has) → ``binding`` and ``script`` (which noun a colour belongs to, which action a
time) → ``cast`` (which mentions are of one thing) → ``denials`` (whether what always happens is denied) → ``reader``
(the scene). ``document`` writes a scene as YAML and reads it; ``job`` says which of the two a job asks for.
"""

from render.engines.world.reading.reader import read

__all__ = ["read"]
