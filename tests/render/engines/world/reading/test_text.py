import pytest

from render.engines.world.reading.text import take_apart


@pytest.mark.parametrize(
    ("prompt", "titles", "words"),
    [
        ('a can, "SUMMER SALE"', ("SUMMER SALE",), ["a", "can"]),
        ("a can, “Cool  drink”, «Frais»", ("Cool drink", "Frais"), ["a", "can"]),
        ("a can with 'Fresh mint' on it", ("Fresh mint",), ["a", "can", "with", "on", "it"]),
        ("Newton's cradle isn't the dogs' toy", (), ["newton", "cradle", "isn't", "the", "dogs", "toy"]),
        ("the worker’s can", (), ["the", "worker", "can"]),
        ('an "open quote', (), ["an", "open", "quote"]),
        ('nothing "" or "!?" said', (), ["nothing", "or", "said"]),
        ("close-up, 9:16, 4k, 1,5 m", (), ["close", "up", "9:16", "4k", "1,5 m"]),
        ("a 40cm ball at 20 km/h, 2.5 m / s", (), ["a", "40cm", "ball", "at", "20 km/h", "2.5 m / s"]),
        ("from ten metres, six-foot, 30 miles per hour", (), ["from", "ten metres", "six-foot", "30 miles per hour"]),
        ("3 mugs, 5 lamps, ten pins", (), ["3", "mugs", "5", "lamps", "ten", "pins"]),
        ("#FF6600 and #abc # 12", (), ["#ff6600", "and", "#abc", "12"]),
    ],
)
def test_titles_and_words(prompt, titles, words):
    pieces = take_apart(prompt)
    assert tuple(quoted.text for quoted in pieces.quoted) == titles
    assert [token.text for token in pieces.tokens] == words
    assert [token.place for token in pieces.tokens] == list(range(len(words)))


def test_what_is_quoted_keeps_its_place():
    pieces = take_apart('A can of "Zesty" soda, title card "Taste the sun", "End" \ufdd0')
    assert [(quoted.text, quoted.place) for quoted in pieces.quoted] == [("Zesty", 3), ("Taste the sun", 6), ("End", 6)]


def test_commas_part_clauses_and_stops_part_sentences():
    tokens = take_apart("red, blue. Green - grey").tokens
    assert [(token.clause, token.sentence) for token in tokens] == [(0, 0), (1, 0), (2, 1), (2, 1)]
