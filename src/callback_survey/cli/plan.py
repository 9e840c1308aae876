"""`callback-survey plan`: its options, judged before anything is loaded."""

from __future__ import annotations

import argparse
import re
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callback_survey.cli.options import add_home, add_json, print_json
from callback_survey.errors import SurveyError, UsageError, is_stopped
from callback_survey.quarter import Quarter

if TYPE_CHECKING:
    from callback_survey.sample_plan.detection import Wanted

_LARGEST_MARGIN = 50.0
_DESCRIPTION = """Proposes how many cases of each department to call: by the rule (dbt_project/seeds/sample_plan_rules.csv), and by
Neyman's allocation, which needs the fewest answers for a given margin of the region's frame-weighted rate. Lists where
the last released quarter departed from the rule. With --output and a frame it also draws the sample: a call list of
case numbers and tokens, without phone numbers.

The frame is read from the folder in --frame or --exports (a frame alone is enough), else from the landed delivery of the
quarter. Without a frame, the sizes are computed from the frames of the last released quarter, and no sample is drawn."""
_EXAMPLES = """examples:
  callback-survey plan --region 123456 --quarter 2018Q2                      sizes on the frames of the last release
  callback-survey plan --region 123456 --quarter 2018Q2 --margin 2           Neyman for 2 points instead of 3
  callback-survey plan --region 123456 --quarter 2018Q2 --detect 5           what a department's answers can show
  callback-survey plan --region 123456 --quarter 2018Q2 --frame new-frame/   sizes on the quarter's own frame
  callback-survey plan --region 123456 --quarter 2018Q2 --frame new-frame/ --output plan-2018Q2/
                                                                             also the call list; its seed is in plan.json

The same seed and frame give the same list. A second run with the same --output uses the seed stored there."""


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser = commands.add_parser(
        "plan",
        help="plan a quarter's sample: sizes per department, and a call list drawn from a frame",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--region", required=True, metavar="123456", help="six-digit division code")
    parser.add_argument("--quarter", required=True, metavar="2018Q2", help="the quarter to plan")
    parser.add_argument(
        "--margin", default="3", metavar="POINTS", help="wanted margin of the region's rate at 95 %% (default 3)"
    )
    parser.add_argument(
        "--detect",
        metavar="POINTS",
        help="also show the smallest fall that each department's size shows, and the calls for this one",
    )
    parser.add_argument(
        "--power", default="0.8", metavar="SHARE", help="how surely --detect is to notice the fall (default 0.8)"
    )
    parser.add_argument(
        "--sizes",
        choices=("rule", "neyman"),
        default="rule",
        help="sizes used to draw the call list (default rule)",
    )
    frame = parser.add_mutually_exclusive_group()
    frame.add_argument("--frame", type=Path, metavar="DIR", help="folder with the frame of the quarter")
    frame.add_argument("--exports", type=Path, metavar="DIR", help="the same as --frame DIR/<region>/<quarter>")
    parser.add_argument("--seed", metavar="TEXT", help="seed of the draw (default: a new one, kept in plan.json)")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="write sizes.csv, plan.json and the call list here"
    )
    add_json(parser)
    add_home(parser)
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    quarter, margin = Quarter.parse(options.quarter), _margin(options.margin)
    fall = _fall(options.detect, options.power)
    if not re.fullmatch("[0-9]{6}", options.region):
        raise UsageError(
            f"not a region code: {options.region!r}",
            expected="six digits, such as 123456",
            next_step="callback-survey plan --region 123456 --quarter 2018Q2",
        )
    from callback_survey.cli.display import Display
    from callback_survey.cli.plan_shown import as_values, show_plan
    from callback_survey.cli.terminal import open_console
    from callback_survey.pipeline import local
    from callback_survey.privacy import scrub
    from callback_survey.run import Run
    from callback_survey.sample_plan.plan import Asked, make_plan
    from callback_survey.settings import load_settings

    frame = options.exports / options.region / str(quarter) if options.exports else options.frame
    asked = Asked(
        region_code=options.region,
        quarter=quarter,
        wanted_margin=margin,
        sizing=options.sizes,
        frame=frame.resolve() if frame else None,
        seed=options.seed,
        output=options.output,
        wanted_fall=fall,
    )
    settings = load_settings(home=options.home)
    if asked.frame is not None:
        settings.read_privacy_key()
    console = open_console()
    with nullcontext() if options.json else Display(console) as display:
        run = Run(settings, local.new_run_id(), display)
        try:
            plan = make_plan(run, asked)
        except (SurveyError, OSError):
            raise
        except Exception as error:
            if is_stopped(error):
                raise KeyboardInterrupt from error
            raise SurveyError(
                f"{type(error).__name__}: {scrub(str(error).splitlines()[0]) if str(error) else 'no message'}",
                next_step="this is a fault of the program or the machine, not of the frame",
            ) from error
    if options.json:
        print_json(as_values(plan))
    else:
        show_plan(console, plan)
    return 0


def _fall(points_text: str | None, power_text: str) -> Wanted | None:
    if points_text is None:
        return None
    from callback_survey.sample_plan.detection import Wanted

    try:
        points, power = float(points_text), float(power_text)
    except ValueError:
        points, power = 0.0, 0.0
    if not (0 < points <= _LARGEST_MARGIN and 0.5 <= power < 1):
        raise UsageError(
            f"not a fall to notice: {points_text!r} with power {power_text!r}",
            expected=f"points above 0 and up to {_LARGEST_MARGIN:g}, and a power from 0.5 to below 1",
            next_step="callback-survey plan --region 123456 --quarter 2018Q2 --detect 5 --power 0.8",
        )
    return Wanted(points, power)


def _margin(text: str) -> float:
    try:
        margin = float(text)
    except ValueError:
        margin = 0.0
    if not 0 < margin <= _LARGEST_MARGIN:
        raise UsageError(
            f"not a margin: {text!r}",
            expected=f"points above 0 and up to {_LARGEST_MARGIN:g}, such as 3 or 2.5",
            next_step="callback-survey plan --region 123456 --quarter 2018Q2 --margin 3",
        )
    return margin
