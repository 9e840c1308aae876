"""How often the tests mark departments that do not differ: `make simulate`. Writes docs/simulation.md and its picture.

The models' own SQL runs over tables of thousands of quarters (tests/fixtures/equal_departments.py); the tests do the same
with fewer of them. The same seed gives the same figures.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "simulation.md"
PICTURE = REPOSITORY / "docs" / "images" / "simulation.png"
SEED = 2018
MOST = 0.065

HEAD = """# How often the signs are wrong

All departments of a quarter have the same rate, and the answers are drawn at random. Whoever is marked ▼ then is marked by chance.
The share of quarters with at least one ▼ should be about 5 %, the level of the tests; the tests of this repository allow 6.5 %
([what ▼ means](methodology.md#below-the-mean-by-more-than-chance-is_significantly_below)).

`make simulate` writes this page: {replicates:,} quarters of each design (a fifth of them where there are 200 departments), seed {seed},
through the SQL of the models.

![Share of quarters with at least one ▼, for each design](images/simulation.png)

| design (departments × answers, rate) | quarters with at least one ▼ | quarters |
|---|---|---|
"""
FOOT = """
Five departments come closest to the limit, as the mean of four others is a poor one: at 95 % the share is 6.4 % of 24,000 quarters (seeds
1 and 2). With fewer than five there is no ▼ at all.

In no quarter was a department with fewer than 10 answers tested, and none whose feasible range lies below the mean was without ▽.

**What not to conclude.** ▽ speaks of the cases of a quarter, whose rates do differ where the departments do not: a ▽ on equal
departments is no false alarm, and is not counted here. That nobody is marked does not show that all are equal: with 12 answers only a
very low rate can be told from the others.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=20_000, metavar="N", help="quarters of each design")
    options = parser.parse_args()
    found = run(options.replicates)
    lines = [f"| {name} | {100 * share:.1f} % | {replicates:,} |" for name, share, replicates in found]
    head = HEAD.format(replicates=options.replicates, seed=SEED)
    PAGE.write_text(head + "\n".join(lines) + "\n" + FOOT, encoding="utf-8")
    PICTURE.write_bytes(picture([(name, share) for name, share, _ in found]))
    # twice the error of a share of 5 % in so many quarters is allowed for
    return any(share > MOST + 2 * (0.05 * 0.95 / count) ** 0.5 for _, share, count in found)


def run(replicates: int) -> list[tuple[str, float, int]]:
    """The share of quarters with a ▼ in each design, with how many quarters it is of."""
    sys.path.insert(0, str(REPOSITORY / "tests" / "fixtures"))
    from deliveries import OFFICES, rows_of, write_delivery
    from equal_departments import designs, false_alarms
    from homes import QUARTER, REGION, Home
    from statistical_models import statistics

    found = []
    with tempfile.TemporaryDirectory() as folder:
        write_delivery(Path(folder) / "exports" / REGION / QUARTER, rows_of(OFFICES))
        home = Home(Path(folder) / "home", Path(folder) / "exports", secrets.token_hex(32))
        outcome = home.run_quarter_here()
        if outcome.code:
            raise SystemExit(outcome.err)
        with statistics(home) as models:
            for design in designs():
                count = replicates // 5 if len(design.answers) == 200 else replicates
                alarms = false_alarms(models, design, replicates=count, seed=SEED)
                if alarms.tested_on_few_answers or alarms.certain_without_sign:
                    raise SystemExit(f"{design.name}: {alarms}")
                print(f"{design.name}: {alarms.any_firm:.4f} of {count}", flush=True)
                found.append((design.name, alarms.any_firm, count))
    return found


def picture(shares: list[tuple[str, float]]) -> bytes:
    import vl_convert

    names = [name for name, _ in shares]
    specification = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 460,
        "height": {"step": 20},
        "data": {"values": [{"design": name, "share": share} for name, share in shares]},
        "encoding": {"y": {"field": "design", "type": "nominal", "sort": names, "title": None}},
        "layer": [
            {
                "mark": {"type": "point", "filled": True, "size": 60, "color": "#1a1a1a"},
                "encoding": {
                    "x": {
                        "field": "share",
                        "type": "quantitative",
                        "scale": {"domain": [0, 0.1]},
                        "axis": {"format": ".0%", "title": "quarters with at least one ▼, although nothing differs"},
                    }
                },
            },
            {
                "data": {"values": [{"limit": 0.05}, {"limit": MOST}]},
                "mark": {"type": "rule", "strokeDash": [4, 3], "color": "#a63600"},
                "encoding": {"x": {"field": "limit", "type": "quantitative"}, "y": None},
            },
        ],
    }
    return bytes(vl_convert.vegalite_to_png(specification, scale=2, allowed_base_urls=[]))


if __name__ == "__main__":
    raise SystemExit(main())
