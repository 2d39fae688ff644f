"""The user's choice of rows: one SQL expression over the manifest's columns, run by DuckDB with every door shut."""

from __future__ import annotations

import pyarrow as pa

from render.contracts import shorten
from render.errors import InputError

MAX_LENGTH = 2000
"""Characters of an expression."""


class Filter:
    """Tells which rows of a table a SQL expression is true for.

    The expression sees the table's columns and nothing else: no file, no network, no setting, no second statement.
    Raises :class:`render.errors.InputError` that says what is wrong with it.
    """

    def __init__(self, expression: str) -> None:
        import duckdb

        self._text = expression
        self._error = duckdb.Error
        if len(expression) > MAX_LENGTH:
            raise self._fault(ValueError(f"it is longer than {MAX_LENGTH:,} characters"), ())
        try:
            self._expression = duckdb.SQLExpression(expression)
        except (duckdb.Error, TypeError) as error:  # a lone surrogate is no text to it
            raise self._fault(error, ()) from error
        self._connection = duckdb.connect(config={"enable_external_access": "false"})
        self._connection.execute("SET python_enable_replacements = false")
        self._connection.execute("SET lock_configuration = true")

    def positions(self, table: pa.Table) -> pa.Array:
        """0-based positions of the rows that the expression is true for, ascending."""
        row = "row_number"
        while row in {name.lower() for name in table.column_names}:
            row += "_"
        numbered = table.append_column(row, pa.array(range(table.num_rows), pa.int64()))
        try:
            chosen = self._connection.from_arrow(numbered).filter(self._expression).select(f'"{row}"').to_arrow_table()
        except self._error as error:
            raise self._fault(error, table.column_names) from error
        return chosen.column(0).combine_chunks().sort()

    def close(self) -> None:
        """Give back the database."""
        self._connection.close()

    def _fault(self, error: Exception, columns: tuple[str, ...] | list[str]) -> InputError:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".!")
        known = f" Columns: {', '.join(columns)}." if columns else ""
        return InputError(
            f"The row filter {shorten(self._text)!r} cannot be used: {first}. Give one SQL expression that is true or "
            f"false, such as \"experiment = 'spring' and seconds < 5\".{known}"
        )
