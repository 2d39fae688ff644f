import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.experiments.lines import lines
from render.experiments.view import Entry


def entry(make, row):
    return Entry(batch="b", row=row, end=None, why="", fingerprint=make.job(row).fingerprint)


def layout(make, rows):
    laid = lines([entry(make, row) for row in rows])
    return [
        (line.prompt, [(cell.entry.row.row, [one.row.row for one in cell.also]) for cell in line.cells])
        for line in laid
    ]


def test_a_prompt_stands_in_one_line_across_variants(make):
    rows = [
        make.row(0, variant="a", prompt="P"),
        make.row(1, variant="b", prompt="P", style="anime"),
        make.row(2, variant="a", prompt="Q"),
        make.row(3, variant="b", prompt="Q", style="anime"),
        make.row(4, variant="a", prompt="alone"),
    ]
    assert layout(make, rows) == [("P", [(0, []), (1, [])]), ("Q", [(2, []), (3, [])]), ("alone", [(4, [])])]


def test_variants_keep_their_columns_whatever_the_order_of_rows(make):
    rows = [
        make.row(0, variant="a", prompt="P"),
        make.row(1, variant="b", prompt="P"),
        make.row(2, variant="b", prompt="Q"),
        make.row(3, variant="a", prompt="Q"),
    ]
    assert layout(make, rows)[1] == ("Q", [(3, []), (2, [])])


def test_an_exact_duplicate_is_the_same_cell_and_another_seed_is_the_next_line(make):
    rows = [
        make.row(0, variant="a"),
        make.row(1, variant="b", style="anime"),
        make.row(2, variant="a"),
        make.row(3, variant="a", seed=1),
        make.row(4, variant="b", style="anime", seed=1),
    ]
    prompt = rows[0].prompt
    assert layout(make, rows) == [(prompt, [(0, [2]), (1, [])]), (prompt, [(3, []), (4, [])])]


def test_where_no_prompt_is_shared_the_prompts_are_compared(make):
    rows = [make.row(0, variant="a", prompt="red"), make.row(1, variant="b", prompt="blue")]
    assert layout(make, rows) == [("", [(0, []), (1, [])])]


@pytest.mark.parametrize(
    ("prompts", "common"),
    [
        (["A red bottle turns", "A green bottle turns"], "A … bottle turns"),
        (["A bottle", "A bottle turns"], "A bottle …"),
        (["one two two", "one two"], "one two …"),
        (["red", "blue"], ""),
        (["the same", "the same"], ""),
    ],
)
def test_what_differing_prompts_have_in_common_is_said(make, prompts, common):
    [line] = lines([entry(make, make.row(i, variant=str(i), prompt=prompt)) for i, prompt in enumerate(prompts)])
    assert line.common == common


def test_a_factor_in_the_prompt_and_one_beside_it_are_compared_all_at_once(make):
    rows = [
        make.row(0, variant="red-realistic", prompt="A red bottle"),
        make.row(1, variant="red-anime", prompt="A red bottle", style="anime"),
        make.row(2, variant="green-realistic", prompt="A green bottle"),
        make.row(3, variant="green-anime", prompt="A green bottle", style="anime"),
    ]
    assert layout(make, rows) == [("", [(0, []), (1, []), (2, []), (3, [])])]


def test_more_prompts_than_can_be_watched_at_once_go_into_further_lines(make):
    rows = [make.row(n, variant=f"v{n}", prompt=f"P{n // 5}") for n in range(20)]
    assert [len(cells) for _, cells in layout(make, rows)] == [10, 10]
    rows = [make.row(n, variant=f"v{n}", prompt="P") for n in range(20)]
    assert [len(cells) for _, cells in layout(make, rows)] == [20]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("PQRS"), st.integers(0, 2)), max_size=20))
def test_every_row_is_shown_once_and_no_variant_twice_in_a_line(make, wanted):
    rows = [make.row(n, variant=variant, prompt=prompt, seed=seed) for n, (variant, prompt, seed) in enumerate(wanted)]
    laid = lines([entry(make, row) for row in rows])
    shown = [one.row.row for line in laid for cell in line.cells for one in (cell.entry, *cell.also)]
    assert sorted(shown) == list(range(len(rows)))
    for line in laid:
        of = [cell.entry.row.variant for cell in line.cells]
        assert len(of) == len(set(of)) > 0
        assert not line.prompt or {cell.entry.row.prompt for cell in line.cells} == {line.prompt}


class Compared(str):
    """A variant's name that counts how often it is compared."""

    __slots__ = ()
    times = 0

    def __eq__(self, other):
        Compared.times += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


@pytest.mark.parametrize("shared", [1, 2])
def test_as_many_variants_as_rows_are_laid_out_without_comparing_each_with_all(make, shared):
    rows = [make.row(n, variant=Compared(f"v{n}"), prompt=f"P{n // shared}") for n in range(300)]
    entries = [entry(make, row) for row in rows]
    Compared.times = 0
    assert len(lines(entries)) == 25
    assert Compared.times < 20 * len(rows)
