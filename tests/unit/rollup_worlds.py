"""Made-up regions with made-up quarters, for the tests of roll-ups, and the released tables they make."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import duckdb
from rollup_oracle import Rating, Region, World, half_up, mean, name_of

from callback_survey.rollups import Rollups, write

FIRST = 4 * 2018 + 1
QUARTERS = range(FIRST, FIRST + 7)
MEASURES = {"satisfaction": ("top_box", "top_three"), "realisation": ("within_one_visit", "within_two_visits")}


def make_world(seed: int, provinces: int = 4) -> World:
    """Provinces of two or three cities, with districts that join, pause, change definitions, and print without counts."""
    dice = random.Random(seed)
    regions: list[Region] = []
    for number in range(provinces):
        province = f"{90 + number}0000"
        # what is registered is not always surveyed, and a city may survey offices of its own
        regions.append(Region(province, None, "province", is_survey_region=False))
        # a county that the province governs itself: a sibling of the cities by parent, not by level
        regions.append(Region(f"{90 + number}9001", province, "district"))
        for city_number in range(1, dice.choice((3, 4))):
            city = f"{90 + number}0{city_number}00"
            regions.append(Region(city, province, "city", is_survey_region=dice.random() < 0.25))
            regions += [
                Region(f"{city[:4]}{district:02d}", city, "district", is_survey_region=dice.random() < 0.8)
                for district in range(1, dice.choice((1, 2, 4, 5)))
            ]
    ratings, successions = [], []
    for region in regions:
        if region.is_survey_region or dice.random() < 0.1:
            found, starts = _ratings_of(dice, region)
            ratings += found
            successions += starts
    return World(tuple(regions), tuple(ratings), tuple(successions))


def _ratings_of(dice: random.Random, region: Region) -> tuple[list[Rating], list[tuple[str, int]]]:
    departments = [f"{region.code}-{number:03d}" for number in range(1, dice.choice((2, 4, 7)))]
    change = dice.choice((None, None, *QUARTERS))
    # some districts take part from the first to the last quarter, others pause: gaps must stay gaps
    pauses = 0.0 if dice.random() < 0.5 else 0.3
    starts = [(department, dice.choice(QUARTERS)) for department in departments if dice.random() < 0.3]
    found = []
    for quarter in QUARTERS:
        if dice.random() < pauses:
            continue
        only_printed = dice.random() < 0.1
        for measure, definitions in MEASURES.items():
            definition = definitions[change is not None and quarter >= change]
            for department in departments:
                if department in dict(starts) and quarter < dict(starts)[department] and dice.random() < 0.5:
                    continue
                found.append(_rating(dice, region.code, quarter, measure, definition, department, only_printed))
    return found, starts


def _rating(
    dice: random.Random, region: str, quarter: int, measure: str, definition: str, department: str, only_printed: bool
) -> Rating:
    frame = dice.choice((1, 2, 7, 40, 36_000))
    if only_printed:
        printed = None if dice.random() < 0.1 else Decimal(dice.randint(0, 10_000)) / 100
        return Rating(region, quarter, measure, definition, department, frame, None, None, printed)
    # few answers, so that rates tie and halves occur
    answered = dice.choice((0, 1, 2, 3, 8, 16, 600))
    success = answered if dice.random() < 0.3 else dice.randint(0, answered)
    return Rating(region, quarter, measure, definition, department, frame, answered, success)


def load(connection: duckdb.DuckDBPyConnection, world: World) -> None:
    """The tables that the releases of a world would hold, as far as roll-ups read them."""
    connection.execute(
        "create table regions (region_code text, region_name text, parent_region_code text, region_level text, "
        "is_survey_region boolean); "
        "create table region_rates (region_code text, quarter text, measure text, average_pct decimal(5, 2), "
        "mean_rate double); "
        "create table department_rates (region_code text, quarter text, measure text, measure_definition text, "
        "department_code text, department_name text, valid_frame_count bigint, answered_count bigint, "
        "success_count bigint, rate double, rate_pct decimal(5, 2)); "
        "create table department_successions (region_code text, predecessor_code text, successor_code text, "
        "valid_from text)"
    )
    rows = [(r.code, f"区划{r.code}", r.parent, r.level, r.is_survey_region) for r in world.regions]
    _insert(connection, "regions", rows)
    _insert(connection, "region_rates", region_rates(world))
    _insert(
        connection,
        "department_rates",
        [
            (r.region, name_of(r.quarter), r.measure, r.definition, r.department, f"局{r.department}", r.frame)
            + (r.answered, r.success, None if r.rate is None else float(r.rate), r.pct)
            for r in world.ratings
        ],
    )
    # a merged department has several predecessors
    merged = [
        (code[:6], f"{code}-{part}", code, name_of(start)) for code, start in world.successions for part in ("a", "b")
    ]
    _insert(connection, "department_successions", merged)


def region_rates(world: World) -> list[tuple[object, ...]]:
    keys = sorted({(rating.region, rating.quarter, rating.measure) for rating in world.ratings})
    rows: list[tuple[object, ...]] = []
    for key in keys:
        rated = [r for r in world.ratings if (r.region, r.quarter, r.measure) == key and r.rate is not None]
        rate, pct = mean(r.rate for r in rated), mean(r.pct for r in rated)
        average = None if pct is None else half_up(pct)
        rows.append((key[0], name_of(key[1]), key[2], average, None if rate is None else float(rate)))
    return rows


def rolled_up(world: World, rollups: Rollups) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    load(connection, world)
    write(connection, rollups)
    return connection


def write_tables(world: World, folder: Path) -> None:
    """The same tables as Parquet."""
    with duckdb.connect() as connection:
        load(connection, world)
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            connection.execute(f"copy {name} to '{folder}/{name}.parquet' (format parquet)")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        places = f"({', '.join('?' * len(rows[0]))})"
        # one statement: a thousand single ones take seconds
        statement = f"insert into {table} values {', '.join([places] * len(rows))}"
        connection.execute(statement, [value for row in rows for value in row])
