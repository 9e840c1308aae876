"""A damaged warehouse file: built again from the lake, said aloud, and the figures are what they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from callback_survey.errors import DamagedWarehouse
from callback_survey.warehouse.database import Warehouse
from homes import Home, contents

# How DuckDB lays out its file: three headers, then blocks
HEADER_BYTES, BLOCK_BYTES = 4096, 262_144


def overwritten(path: Path) -> None:
    path.write_text("this is not a database " * 1000)


def cut_off(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 3)


def with_a_bad_block(path: Path) -> None:
    """A block that the next build reads: it opens, and fails only when dbt comes to it."""
    with duckdb.connect(str(path), read_only=True) as connection:
        query = (
            "select min(block_id) from pragma_storage_info('intermediate.int_department_counts') where block_id >= 0"
        )
        [(block,)] = connection.execute(query).fetchall()
    with path.open("r+b") as file:
        file.seek(3 * HEADER_BYTES + block * BLOCK_BYTES + 64)
        file.write(bytes(range(256)) * 100)


@pytest.mark.parametrize("damage", [overwritten, cut_off, with_a_bad_block])
def test_a_damaged_warehouse_is_rebuilt_from_the_lake_and_said_aloud(
    damage: Callable[[Path], None], small: Home, tmp_path: Path
) -> None:
    home = small.copy(tmp_path / "home")
    # as if something had changed: what did not is not built again
    (home.path / "warehouse" / "built.json").unlink()
    damage(home.path / "warehouse" / "warehouse.duckdb")
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    assert "the warehouse file was damaged; rebuilt from the lake" in outcome.out
    assert contents(home.path / "releases") == contents(small.path / "releases")
    assert contents(home.serving) == contents(small.serving)
    assert (home.path / "warehouse" / "warehouse.duckdb.damaged").is_file()


def test_damage_found_after_the_build_stops_the_run_and_the_next_build_starts_anew(small: Home, tmp_path: Path) -> None:
    home = small.copy(tmp_path / "home")
    warehouse = Warehouse(home.path / "warehouse", "1GB", "test")
    with_a_bad_block(warehouse.path)
    with pytest.raises(DamagedWarehouse, match="nothing was released from it") as caught, warehouse.open() as opened:
        opened.execute("select sum(hash(t)) from intermediate.int_department_counts as t").fetchall()
    assert "rebuilt from the lake" in str(caught.value)
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    assert contents(home.path / "releases") == contents(small.path / "releases")


def test_a_damaged_file_that_is_read_is_not_taken_for_a_damaged_warehouse(tmp_path: Path) -> None:
    """A broken Parquet file of the lake is another matter: rebuilding the warehouse would not mend it."""
    (tmp_path / "lost.parquet").write_bytes(b"PAR1 and nothing more")
    warehouse = Warehouse(tmp_path / "warehouse", "1GB", "test")
    with pytest.raises(duckdb.Error) as caught, warehouse.open(read_only=False) as opened:
        opened.execute(f"select * from read_parquet('{tmp_path / 'lost.parquet'}')")
    assert not isinstance(caught.value, DamagedWarehouse)
