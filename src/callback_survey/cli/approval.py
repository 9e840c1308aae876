"""Commands `approve`, `reject` and `withdraw`: what the DAG callback_notice asks a person, for installations without Airflow."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from callback_survey.cli.language import show
from callback_survey.cli.options import add_by, add_home, add_imprint, add_reason, add_scope
from callback_survey.errors import UsageError
from callback_survey.quarter import Quarter
from callback_survey.scope import Scope

if TYPE_CHECKING:
    from callback_survey.settings import Settings

_APPROVE_EXAMPLES = """examples:
  callback-survey approve --region 123456 --quarter 2018Q1 --dry-run         show the request; write nothing
  callback-survey approve --region 123456 --quarter 2018Q1 --revision r1 --by 值班长 \\
      --issuer 某区跑改办 --number 某跑改办〔2018〕5号 --date 2018-06-07
  callback-survey approve --region 123456 --quarter 2018Q1 --revision r2 --by 值班长 \\
      --number 某跑改办〔2018〕9号 --date 2018-07-09 --reason "区教育局的回访记录有误，已重新报送"

The notice is written to <home>/public/<region>/<quarter>/ (or below CALLBACK_SURVEY_PUBLIC); its issue.json names the approver.
Only the served revision can be issued. Issuer, number and date are required; what notices.toml says holds where an option is left
out. --blank leaves lines to write on instead. A notice that takes the place of an issued one is a correction (更正): it needs --reason,
and prints it with the figures that moved. The earlier notice stays, and is marked as replaced."""
_REJECT_EXAMPLES = """examples:
  callback-survey reject --region 123456 --quarter 2018Q1 --revision r1 --by 值班长 --reason "区教育局的数字待核实"

The figures stay served; the notice is not issued. The revision can still be approved later."""

_WITHDRAW_EXAMPLES = """examples:
  callback-survey withdraw --region 123456 --quarter 2018Q1 --revision r1 --by 值班长 --reason "数据来源有疑问，待核实"

The notice no longer holds, and none takes its place: `current` in the public folder is gone. What was issued stays as it was signed,
with withdrawn.json beside it. The figures stay served. To replace a notice by another one, approve that one with --reason instead."""


def add_to(commands: Any) -> None:
    """Add the commands to the parser's sub-commands."""
    approve = _command(commands, "approve", "approve a served revision and issue its notice", _APPROVE_EXAMPLES)
    add_imprint(approve, date_help="date of the notice (成文日期)")
    approve.add_argument(
        "--blank", action="store_true", help="leave issuer, number and date blank where they are not given"
    )
    add_reason(approve, "required where an issued notice is corrected, and printed", is_required=False)
    approve.add_argument("--dry-run", action="store_true", help="show the request for approval; write nothing")
    approve.set_defaults(command=_approve)
    reject = _command(commands, "reject", "reject the notice of a revision, with a reason", _REJECT_EXAMPLES)
    add_reason(reject, "recorded in the release's journal")
    reject.set_defaults(command=_reject)
    withdraw = _command(
        commands, "withdraw", "withdraw an issued notice without another one in its place", _WITHDRAW_EXAMPLES
    )
    add_reason(withdraw, "recorded in the release's journal and beside the notice")
    withdraw.set_defaults(command=_withdraw)


def _command(commands: Any, name: str, told: str, examples: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=told, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_scope(parser)
    parser.add_argument("--revision", metavar="r1", default="", help="the revision you have reviewed")
    add_by(parser, "recorded in issue.json and in the journal")
    add_home(parser)
    return parser


def _approve(options: argparse.Namespace) -> int:
    from callback_survey.approval import decide, fields
    from callback_survey.approval.request import request_for
    from callback_survey.settings import load_settings

    settings, quarter = load_settings(home=options.home), str(Quarter.parse(options.quarter))
    heading = fields.heading_of(
        quarter,
        issuer=options.issuer,
        number=options.number,
        dated_on=options.date or "",
        signatory=options.signatory,
    )
    if options.dry_run:
        request = request_for(settings, decide.served_release(settings, Scope(options.region, quarter)))
        show(f"{request.subject}\n\n{request.body}")
        return 0
    revision, by, run_id = *_decided(options, _what_is_asked(options)), _run_id()
    scope, is_blank = Scope(options.region, quarter), options.blank
    reason = fields.reason_of(options.reason, is_required=False)
    issue = decide.approve(
        settings, scope, revision, heading, by=by, at=_now(), run_id=run_id, reason=reason, is_blank=is_blank
    )
    if not decide.has_decided(settings, scope, run_id):
        show(
            f"already issued: {options.region} {quarter} r{revision}, approved by {issue.approved_by}; nothing was changed"
        )
    else:
        show(f"issued: {options.region} {quarter} r{revision}, approved by {by}")
        if issue.approved_by != by:
            show(f"  out again as it was signed, when {issue.approved_by} approved it")
    if called := issue.title if issue.number else issue.dated_on:
        show(f"  notice  {called}")
    show(f"  folder  {issue.folder}")
    show(f"  files   {', '.join(issue.files)}")
    if issue.supersedes:
        show(f"  corrects r{issue.supersedes['revision']}, which is kept and marked as replaced")
    _tell(settings, scope, revision, run_id)
    return 0


def _reject(options: argparse.Namespace) -> int:
    from callback_survey.approval import decide, fields
    from callback_survey.settings import load_settings

    settings, quarter = load_settings(home=options.home), str(Quarter.parse(options.quarter))
    revision, by, run_id = *_decided(options, _what_is_asked(options)), _run_id()
    reason = fields.reason_of(options.reason)
    decide.reject(settings, Scope(options.region, quarter), revision, by=by, reason=reason, at=_now(), run_id=run_id)
    show(f"rejected by {by}: the notice of {options.region} {quarter} r{revision} is not issued")
    show("  The figures stay served. A corrected delivery makes a new revision with its own request.")
    _tell(settings, Scope(options.region, quarter), revision, run_id)
    return 0


def _withdraw(options: argparse.Namespace) -> int:
    from callback_survey.approval import fields, withdrawal
    from callback_survey.settings import load_settings

    settings, quarter = load_settings(home=options.home), str(Quarter.parse(options.quarter))
    revision, by, run_id = *_decided(options, _what_is_out(options)), _run_id()
    scope, reason = Scope(options.region, quarter), fields.reason_of(options.reason)
    said = withdrawal.withdraw(settings, scope, revision, by=by, reason=reason, at=_now(), run_id=run_id)
    show(f"withdrawn by {said.withdrawn_by}: the notice of {options.region} {quarter} r{revision} no longer holds")
    show(f"  reason  {said.reason}")
    show(f"  folder  {scope.folder(settings.public) / f'r{revision}'}")
    show("  Its documents stay as they were signed. Whoever has the paper has to be told.")
    _tell(settings, scope, revision, run_id)
    return 0


def _what_is_asked(options: argparse.Namespace) -> str:
    return f"callback-survey approve --region {options.region} --quarter {options.quarter} --dry-run shows the request"


def _what_is_out(options: argparse.Namespace) -> str:
    return (
        f"callback-survey releases list --region {options.region} --quarter {options.quarter} shows which notice is out"
    )


def _decided(options: argparse.Namespace, next_step: str) -> tuple[int, str]:
    """Which revision, and who decides. Neither has a default: nobody approves by accident what they have not seen."""
    from callback_survey.approval.fields import name_of, revision_of

    missing = [f"--{name}" for name in ("revision", "by") if not getattr(options, name).strip()]
    if missing:
        raise UsageError(f"missing: {', '.join(missing)}", next_step=next_step)
    return revision_of(options.revision), name_of(options.by)


def _tell(settings: Settings, scope: Scope, revision: int, run_id: str) -> None:
    """What was told as undecided is over, and the served table `releases` says what was decided."""
    from callback_survey import alerts
    from callback_survey.airflow import notice
    from callback_survey.pipeline import steps
    from callback_survey.run import Run

    key = notice.problem_key(scope)
    alerts.forget_waiting(settings, scope, revision)
    alerts.tell_dag_passed(settings, key, alerts.Place(run_id, "issue", scope.region_code, scope.quarter))
    run = Run(settings, run_id)
    steps.serve(run)
    steps.mirror(run)


def _run_id() -> str:
    from callback_survey.pipeline import local

    return local.new_run_id()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
