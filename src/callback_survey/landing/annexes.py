"""What the table of a printed annex says, unfolded: a row per line and figure, and whether its figures are percents at all."""

from __future__ import annotations

import duckdb

from callback_survey.deliveries import headers
from callback_survey.deliveries.table import Table, Unreadable
from callback_survey.landing.workbench import sql
from callback_survey.privacy import scrub
from callback_survey.storage import duck


def unfold(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """What temp table `source` prints as temp table `printed`: a row per line and figure, with the head of the figure's column."""
    fixed = headers.dataset("published").column_names
    places = {name: place for name, place in table.match.positions.items() if name not in fixed}
    heads = [scrub(table.header[place].strip()) for place in places.values()]
    connection.execute(
        "create or replace temp table figure_columns as select * from annex_figures "
        "inner join (select unnest($1) as figure, unnest($2) as head, unnest($3) as place) using (figure)",
        [[*places], heads, [*places.values()]],
    )
    figures = ", ".join(map(duck.name, places))
    connection.execute(f"create or replace temp table printed as {sql('printed').format(figures=figures)}")


def verify_percents(connection: duckdb.DuckDBPyConnection) -> None:
    """Raises Unreadable where the rates in `printed` are fractions: 0.7443 would be read as less than one percent."""
    # all shares of a measure together: the best answer alone may be rare
    found = duck.first_row(
        connection,
        """
        with shares as (
            select measure, head, place, printed, try_cast(printed as double) as share
            from printed
        )
        select arg_min(head, place)
        from shares
        group by measure
        having max(share) > 0 and max(share) <= 1 and not bool_or(contains(printed, '%'))
        order by min(place)
        """,
    )
    if found is not None:
        raise Unreadable(
            f"「{found[0]}」: every share lies between 0 and 1; expected percents such as 74.43, or cells in a percent format (.xlsx)"
        )
