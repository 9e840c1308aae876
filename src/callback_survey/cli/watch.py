"""`callback-survey watch`: the daily look from cron, or by hand. Its exit code says whether there is something to know."""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from callback_survey.cli import language
from callback_survey.cli.options import add_exports, add_home, add_json, date_of, print_json
from callback_survey.errors import SurveyError

if TYPE_CHECKING:
    from callback_survey.watch.problems import Problem
    from callback_survey.wording.catalogue import Words

SOMETHING_TO_TELL, BROKE = 4, 1
_EXAMPLES = """examples:
  callback-survey watch
  callback-survey watch --today 2018-05-02       run as if on this day, for example in a drill
  0 8 * * *  callback-survey watch               in a crontab; cron mails what it prints

exit codes: 0 no problem, 4 problems found (printed; alerted once each), 1 the watch itself failed, 2 usage"""


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "watch",
        help="report late deliveries, outdated figures, unsent alerts, a full disk and hanging runs",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--today", metavar="2018-05-02", help="run as if on this day (default: today, Shanghai)")
    add_json(parser)
    add_exports(parser)
    add_home(parser)
    parser.set_defaults(command=_watch)


def _watch(options: argparse.Namespace) -> int:
    from callback_survey.alerts import Place, tell
    from callback_survey.pipeline import local
    from callback_survey.settings import load_settings

    settings = load_settings(home=options.home, exports=options.exports)
    today = date_of("--today", options.today)
    run_id = local.new_run_id().replace("cli-", "watch-", 1)
    place = Place(run_id, "watch", dag="watch", command="callback-survey watch")
    try:
        code = _look(settings, run_id, today, is_json=options.json)
    except Exception as error:
        tell.tell_failure(settings, error, place, checks_of=run_id)
        logging.getLogger(__name__).exception("the watch broke")
        broke = SurveyError(f"the watch itself failed: {type(error).__name__}: {error}")
        print(language.explained(broke), file=sys.stderr)
        return BROKE
    tell.tell_dag_passed(settings, "watch", place)
    return code


def _as_values(problem: Problem, words: Words) -> dict[str, Any]:
    facts = {name: value if isinstance(value, str) else words.listed([*value]) for name, value in problem.facts.items()}
    told = {"key": problem.key, "severity": problem.severity, "name": problem.name, "facts": facts}
    told |= {"signature": problem.signature, "lines": problem.lines(words)}
    return {**told, "text": problem.text(words), "next_step": problem.remedy(words)}


def _look(found: Any, run_id: str, today: date | None, *, is_json: bool) -> int:
    from callback_survey.cli.terminal import open_console, say
    from callback_survey.watch.look import watch
    from callback_survey.wording.catalogue import Words

    console = open_console()
    report = watch(found, run_id=run_id, today=today)
    words = Words(language.chosen())
    # an earlier version kept the text of the alert alone
    solved = [told.get(words.language) or told["text"] for told in report.solved]
    if is_json:
        problems = [_as_values(one, words) for one in report.problems]
        print_json({**asdict(report), "problems": problems, "solved": solved})
        return SOMETHING_TO_TELL if report.problems else 0
    for problem in report.problems:
        say(console, f"{words(f'severity.{problem.severity}')}  {problem.text(words)}")
        for line in (*problem.lines(words), words("watch.do", text=problem.remedy(words))):
            say(console, f"    {line}")
    for text in solved:
        say(console, f"{words('severity.recovered')}  {text}")
    if report.is_run_under_way:
        say(console, "a run is using the warehouse: deliveries and served data are checked after it ends")
    say(
        console,
        f"{len(report.problems)} problems, {report.told_count} alerted now, {report.resent_count} alerts sent again",
    )
    return SOMETHING_TO_TELL if report.problems else 0
