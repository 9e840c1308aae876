"""The steps of a notice's approval as Airflow's tasks call them: a task context and JSON values in, JSON values out.

Imported while DAG files are parsed, so it imports nothing heavy; each step imports what it uses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from callback_survey.errors import NotAnswered, UsageError
from callback_survey.scope import Scope

NOTICE_DAG = "callback_notice"
APPROVE, REJECT = "签发", "退回"
RELEASE_PATTERN = r"^\d{6}\|\d{4}Q[1-4]$"
# The fields of the form, as the approver sees them
NUMBER, ISSUER, DATE, SIGNATORY, BLANK, REASON = "number", "issuer", "date", "signatory", "blank", "reason"
CORRECTION, PERSON = "correction", "person"

DOCUMENTATION = """\
# callback_notice: a person approves, then the notice is issued

`prepare → approval → issue → serve`

**When**: for each new release that is served, by the event of `callback_quarter`; one run per region and quarter. Or by hand with
`{"release": "123456|2018Q1"}`, for example after a deadline has passed. Runs wait side by side.

**Who decides**: the person who opens `approval` under *Required Actions*; where `CALLBACK_SURVEY_AIRFLOW_USERS` names approvers, one
of them. Who is logged in as `admin` gives their name (决定人). The request shows the averages and benchmarks, the
departments below the average and which of them are below by more than chance, the warnings, and the differences from the
revision before and from the issued notice. 签发 (approve) asks for number, issuer, date and the signatory to print, and issues the
notice; without one of the first three it issues nothing, unless 留空签发 is ticked. Where a notice of the quarter is out it is a
correction (更正), and the form needs 更正原因, the reason, which the notice prints. 退回 (reject) asks for a reason and issues
nothing.

**What readers see meanwhile**: the tables are already served; the public folder has the notice issued before, if any.

## When it fails
| task | what it means | look at |
|---|---|---|
| prepare | the run names no release, the release is not served, has no documents yet, or its files are damaged | the message |
| approval | nobody decided in time, or a field cannot be printed | clear this task to ask again |
| issue | readers now see another revision, or a document could not be written | the message; that revision has its own run |
| serve | the notice is issued, but the served table `releases` does not show it yet | fix the cause, then clear the task |

A rejection is not a failure: `issue` is skipped. `callback-survey approve` and `callback-survey reject` do the same without
Airflow.
"""


def release_key(context: Mapping[str, Any]) -> tuple[str, str]:
    """Region and quarter of the run: the partition key of its event, else the param, else an error."""
    asked = (context.get("params") or {}).get("release")
    key = asked or getattr(context.get("dag_run"), "partition_key", None)
    if not key or re.fullmatch(RELEASE_PATTERN, key) is None:
        raise UsageError(
            f"the run names no release: {key!r}" if key else "the run names no release",
            expected="the event of a release, or the parameter `release`",
            next_step='trigger with {"release": "123456|2018Q1"}: region and quarter',
        )
    region_code, quarter = key.split("|")
    return region_code, quarter


def prepare(context: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the approver is shown of the release as served; None where exactly its notice is out already."""
    from dataclasses import asdict

    from callback_survey.airflow.pages import ROUTE
    from callback_survey.airflow.settings import load_settings
    from callback_survey.approval import decide, public, request
    from callback_survey.documents.notice.own_texts import own_texts

    settings = load_settings()
    region_code, quarter = release_key(context)
    release = decide.served_release(settings, Scope(region_code, quarter))
    out = public.current(settings.public, Scope(region_code, quarter))
    if out is not None and out.content_hash == release.content_hash:
        return None
    decide.require_documents(release)
    last = public.last(settings.public, region_code)
    own = own_texts(settings.notices, release.scope).issuer
    proposed = own or (last.issuer if last else "")
    name = f"{region_code}/{quarter}/r{release.revision}"
    asked = request.request_for(settings, release, f"{_address()}/{ROUTE}/releases/{name}")
    corrects = out.title if out else ""
    return {
        **asdict(asked),
        "issuer": proposed,
        "own_issuer": own,
        "corrects": corrects,
        "link": _answer_page(context),
    }


def _address() -> str:
    """Where people open Airflow's pages, without the last slash; empty where Airflow does not know, and a link has to begin there."""
    from airflow.sdk.configuration import conf

    return str(conf.get("api", "base_url", fallback=None) or "").rstrip("/")


def _answer_page(context: Mapping[str, Any]) -> str:
    """Where the run's question is answered; empty where nobody knows the address."""
    from urllib.parse import quote

    run = quote(str(context.get("run_id") or ""), safe="")
    return f"{_address()}/dags/{NOTICE_DAG}/runs/{run}/tasks/approval/required_actions" if _address() else ""


def approvers() -> list[dict[str, str]] | None:
    """Who alone may answer, as Airflow names users; None where the setting names nobody."""
    from callback_survey.airflow.settings import load_settings

    logins = load_settings().airflow_users
    return [{"id": one.name, "name": one.name} for one in logins if one.role == "approver"] or None


def hours_to_wait(context: Mapping[str, Any]) -> float:
    from callback_survey.airflow.settings import load_settings

    return float((context.get("params") or {}).get("hours") or load_settings().approval_hours)


def require_printable(request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Raises UsageError where the answer cannot be printed or kept as given, while the question can still be asked again."""
    from dataclasses import replace

    from callback_survey.approval.fields import require_complete, require_reason

    given = answer["params_input"] or {}
    _person(answer)
    if APPROVE in answer["chosen_options"]:
        heading = _heading(request, given)
        require_reason(_reason(given, CORRECTION), request.get("corrects", ""), _scope(request))
        if not given.get(BLANK):
            # a field that the approver has cleared is the district's own, if it has one
            require_complete(replace(heading, issuer=heading.issuer or request.get("own_issuer", "")), _scope(request))
    else:
        _reason(given, REASON)


def tell_approver(context: Mapping[str, Any], request: Mapping[str, Any], hours: float) -> None:
    """Tell who signs that a release waits for them; the watch repeats it once a day until it is decided."""
    from datetime import UTC, datetime

    from callback_survey import alerts
    from callback_survey.airflow.quarter import run_key
    from callback_survey.airflow.settings import load_settings

    waiting = alerts.Waiting(
        request["region_code"],
        request["quarter"],
        request["revision"],
        title=request["subject"].partition("：")[2],
        # a run that waits over an upgrade was prepared by an earlier version
        lines=tuple(request.get("figures", ())),
        since=datetime.now(UTC).isoformat(timespec="seconds"),
        hours=hours,
        run_id=run_key(context),
        link=request.get("link") or None,
    )
    alerts.tell_waiting(load_settings(), waiting)


def unanswered(context: Mapping[str, Any], request: Mapping[str, Any], hours: float) -> NotAnswered | None:
    """Write down that nobody decided in time. Returns what to raise; None where it was decided elsewhere meanwhile, as on the
    command line, or where a later revision took its place."""
    from callback_survey import alerts
    from callback_survey.airflow.quarter import run_key
    from callback_survey.airflow.settings import load_settings
    from callback_survey.approval import decide

    settings = load_settings()
    region_code, quarter, revision = (request[name] for name in ("region_code", "quarter", "revision"))
    scope = Scope(region_code, quarter)
    is_open = decide.record_unanswered(settings, scope, revision, waited_hours=hours, run_id=run_key(context))
    # from now on it is on call's
    alerts.forget_waiting(settings, scope, revision)
    if not is_open:
        return None
    return NotAnswered(
        f"nobody approved or rejected the notice of {region_code} {quarter} r{revision} within {hours:g} hours",
        next_step="decide, then clear the task approval in Airflow to ask again; or: "
        f"callback-survey approve --region {region_code} --quarter {quarter} --revision r{revision}",
        region_code=region_code,
        quarter=quarter,
    )


def issue(context: Mapping[str, Any], request: Mapping[str, Any], answer: Mapping[str, Any]) -> str | None:
    """Do what the approver decided. Returns the folder of the issued notice, None after a rejection."""
    from callback_survey import alerts
    from callback_survey.airflow import lineage
    from callback_survey.airflow.quarter import place_of, run_key
    from callback_survey.airflow.settings import load_settings
    from callback_survey.approval import decide

    settings, fields = load_settings(), answer["params_input"] or {}
    lineage.report("issue", settings)
    scope, revision = _scope(request), request["revision"]
    user = answer["responded_by_user"] or {}
    said: dict[str, Any] = {
        "by": _person(answer),
        "at": _moment(answer["responded_at"]),
        "run_id": run_key(context),
        "details": {"user_id": str(user["id"])} if user.get("id") else {},
    }
    folder = None
    if APPROVE in answer["chosen_options"]:
        heading, reason = _heading(request, fields), _reason(fields, CORRECTION)
        issued = decide.approve(
            settings, scope, revision, heading, reason=reason, is_blank=bool(fields.get(BLANK)), **said
        )
        folder = str(issued.folder)
    else:
        decide.reject(settings, scope, revision, reason=_reason(fields, REASON), **said)
    # decided is decided: what was told as unanswered, or as failed, is over
    alerts.forget_waiting(settings, scope, revision)
    alerts.tell_dag_passed(settings, problem_key(scope), place_of(context, "issue"))
    return folder


def serve(context: Mapping[str, Any]) -> None:
    """The served table `releases` says what was decided."""
    from callback_survey.airflow import lineage
    from callback_survey.airflow.settings import load_settings
    from callback_survey.pipeline import steps
    from callback_survey.run import Run

    settings = load_settings()
    lineage.report("serve", settings)
    run = Run(settings, str(context["run_id"]))
    steps.serve(run)
    steps.mirror(run)


def problem_key(scope: Scope) -> str:
    """Under this an undecided notice stays open: another region's decision does not close it."""
    return f"{NOTICE_DAG} {scope.name}"


def _heading(request: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
    from callback_survey.approval import fields as form

    given = {name: str(fields.get(name) or "") for name in (ISSUER, NUMBER, DATE, SIGNATORY)}
    return form.heading_of(
        request["quarter"],
        issuer=given[ISSUER],
        number=given[NUMBER],
        dated_on=given[DATE],
        signatory=given[SIGNATORY],
    )


def _person(answer: Mapping[str, Any]) -> str:
    """Who decided: the person who answered, by their account or as they say."""
    from callback_survey.approval.fields import person_of
    from callback_survey.given_text import HEADING_CHARACTERS, paragraph
    from callback_survey.privacy import scrub

    user = answer["responded_by_user"] or {}
    account = paragraph(scrub(str(user.get("name") or user.get("id") or "unknown")))[:HEADING_CHARACTERS]
    return person_of(account, str((answer["params_input"] or {}).get(PERSON) or ""))


def _scope(request: Mapping[str, Any]) -> Scope:
    return Scope(request["region_code"], request["quarter"])


def _reason(fields: Mapping[str, Any], name: str) -> str:
    from callback_survey.approval import fields as form

    return form.reason_of(str(fields.get(name) or ""), is_required=False)


def _moment(given: datetime | str) -> str:
    return given if isinstance(given, str) else given.isoformat(timespec="seconds")
