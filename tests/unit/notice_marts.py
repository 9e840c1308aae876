"""Marts of one quarter written by hand, with everything a notice must get right, and a reader of the page made of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

import duckdb

REGION = "990101"
QUARTER = "2019Q4"
# A name that would break a page that forgets to escape, beside ordinary ones with full-width parentheses.
NASTY = '区<b>城管</b>&"执法"局'
# row number, code, name, frame, sample, five satisfaction shares
SATISFACTION = [
    (1, "D2", "区公安分局（户籍）", 6611, 209, "98.04", "0.49", "0.98", "0.00", "0.49"),
    (2, "D1", NASTY, 125, 50, "91.67", "2.08", "4.17", "0.00", "2.08"),
    (3, "D4", "区商务局", 337, 50, "74.40", "5.60", "20.00", "0.00", "0.00"),
    (4, "D3", "区教育局", 59, 25, "74.40", "20.60", "5.00", "0.00", "0.00"),
    (5, "D5", "区旅游局", 1, 0, None, None, None, None, None),
]
# row number, code, name, frame, sample, both realisation shares; D1 was called and nobody answered this question
REALISATION = [
    (1, "D4", "区商务局", 337, 50, "100.00", "0.00"),
    (2, "D2", "区公安分局（户籍）", 6611, 209, "99.51", "0.49"),
    (3, "D3", "区教育局", 59, 25, "72.00", "28.00"),
    (4, "D1", NASTY, 125, 50, None, None),
    (5, "D5", "区旅游局", 1, 0, None, None),
]
# list position as in the annex, not by code or name; inserted backwards to show that the order is read, not luck
BELOW = [
    ("satisfaction", 2, "区教育局", "74.40", True, False, "caution"),
    ("satisfaction", 1, "区商务局", "74.40", True, True, "rankable"),
    ("realisation", 1, "区教育局", "72.00", False, False, "caution"),
]


@contextmanager
def notice_marts() -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts in schema `marts` of a database in memory."""
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        _dimensions_and_regions(connection)
        _annexes(connection)
        connection.execute(
            """
            create table marts.below_average
            (region_code text, quarter text, measure text, list_position bigint, department_name text, rate_pct decimal(5,2),
             is_significantly_below boolean, is_significantly_below_superpopulation boolean, reliability text);
            create table marts.reconciliation (region_code text, quarter text, department_code text, status text);
            """
        )
        connection.executemany(
            f"insert into marts.below_average values ('{REGION}', '{QUARTER}', ?, ?, ?, ?, ?, ?, ?)", BELOW
        )
        yield connection


def _dimensions_and_regions(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create table marts.regions (region_code text, region_name text, parent_region_code text);
        insert into marts.regions values ('990000', '样市', null), ('990101', '样区', '990000'), ('990102', '邻区', '990000');
        create table marts.region_rates
        (region_code text, quarter text, measure text, department_count bigint, rated_department_count bigint,
         average_pct decimal(5,2), benchmark_pct decimal(5,2), benchmark_label text, benchmark_year integer,
         gap_to_benchmark_pct decimal(5,2));
        insert into marts.region_rates values
        ('990101', '2019Q4', 'satisfaction', 5, 4, 84.63, 94.70, '2017年全省平均满意率', 2017, -10.07),
        ('990101', '2019Q4', 'realisation', 5, 3, 90.50, 87.90, '全省平均实现率', 2017, 2.60),
        ('990101', '2019Q3', 'satisfaction', 5, 4, 11.11, null, null, null, null),
        ('990101', '2019Q2', 'satisfaction', 5, 4, 22.22, null, null, null, null),
        ('990101', '2019Q2', 'realisation', 5, 4, 33.33, null, null, null, null);
        """
    )


def _annexes(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create table marts.department_rates
        (region_code text, quarter text, department_code text, measure text, department_name text,
         rate_pct decimal(5,2), measure_definition text, source_grain text);
        create table marts.annex_satisfaction
        (region_code text, quarter text, row_number bigint, department_code text, department_name text,
         valid_frame_count bigint, sample_count bigint, satisfied_pct decimal(5,2), fairly_satisfied_pct decimal(5,2),
         basically_satisfied_pct decimal(5,2), rather_dissatisfied_pct decimal(5,2), dissatisfied_pct decimal(5,2));
        create table marts.annex_realisation
        (region_code text, quarter text, row_number bigint, department_code text, department_name text,
         valid_frame_count bigint, sample_count bigint, within_one_visit_pct decimal(5,2),
         two_or_more_visits_pct decimal(5,2));
        """
    )
    for measure, definition, rows in (
        ("satisfaction", "top_box", SATISFACTION),
        ("realisation", "within_one_visit", REALISATION),
    ):
        for row in reversed(rows):
            marks = ", ".join("?" * len(row))
            connection.execute(f"insert into marts.annex_{measure} values ('{REGION}', '{QUARTER}', {marks})", row)
            connection.execute(
                f"insert into marts.department_rates values ('{REGION}', '{QUARTER}', ?, ?, ?, ?, ?, 'cases')",
                (row[1], measure, row[2], row[5], definition),
            )


class Page(HTMLParser):
    """The text of a page, its tables as rows of cells, its lists as items, and every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.lists: list[list[str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._into: list[str] | None = None
        self._is_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._is_style = self._is_style or tag == "style"
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"ol", "ul"}:
            self.lists.append([])
        elif tag in {"td", "th", "li"}:
            self._into = self.lists[-1] if tag == "li" else self.tables[-1][-1]
            self._into.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "li"}:
            self._into = None
        self._is_style = self._is_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._is_style:
            return
        self.text += data
        if self._into is not None:
            self._into[-1] += data

    def rows(self, table: int) -> list[list[str]]:
        return [[" ".join(cell.split()) for cell in row] for row in self.tables[table]]
