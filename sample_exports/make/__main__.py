"""`python -m sample_exports.make`: make the sample exports again, or check that they are as made."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from callback_survey.errors import UsageError
from callback_survey.quarter import Quarter
from sample_exports.make import DEFAULT_SEED, check_sample_exports, quarters_made, write_sample_exports

_EXAMPLES = """examples:
  python -m sample_exports.make
      write sample_exports/330109/2018Q1 to 2019Q1 and sample_exports/510107/2021Q1 and 2021Q2 again; the content does not change
  python -m sample_exports.make --check
      say whether the files there are what the generator makes; exit code 1 if not
  python -m sample_exports.make --out /tmp/other --seed 7
      other invented cases and calls, the same counts per department
  python -m sample_exports.make --quarter 2018Q2..2018Q4
      these quarters only
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sample_exports.make",
        description="Make the sample exports. Of Xiaoshan district, 2018Q1: the two annexes as printed, and a "
        "reconstruction of frame and calls (invented cases, counts per department as in the notice); 2018Q2 to 2019Q1: "
        "made up whole. Of a hotline of another city, 2021Q1 and 2021Q2: made up whole.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--out", type=Path, default=Path("sample_exports"), help="folder of exports (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="seed of the invention (default: %(default)s)")
    parser.add_argument(
        "--quarter", type=Quarter.parse_range, metavar="2018Q1", help="a quarter or a range of them (default: all)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing, compare what is there")
    try:
        options = parser.parse_args(arguments)
    except UsageError as error:  # not a quarter
        parser.error(str(error))
    if unknown := [str(quarter) for quarter in options.quarter or [] if quarter not in quarters_made()]:
        parser.error(f"no sample exports are made for {', '.join(unknown)}")
    if options.check:
        return _report(check_sample_exports(options.out, seed=options.seed, quarters=options.quarter), options.out)
    for path in write_sample_exports(options.out, seed=options.seed, quarters=options.quarter):
        print(f"{path}  {path.stat().st_size:,} bytes")
    return 0


def _report(faults: Sequence[str], out: Path) -> int:
    if not faults:
        print(f"{out}: as the generator makes it")
        return 0
    print(f"{out}: not as the generator makes it", *faults, sep="\n  ", file=sys.stderr)
    print("  next: python -m sample_exports.make writes it again", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
