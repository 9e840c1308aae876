"""What the approver reads before deciding: Markdown in Chinese, like the notice that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from callback_survey import releases
from callback_survey.approval import figures, public
from callback_survey.approval.correction import correction_of
from callback_survey.approval.figures import Flag, Measure
from callback_survey.approval.public import Issue
from callback_survey.checks.model import CheckResult, Rule, read_rules
from callback_survey.documents.notice.own_texts import own_texts
from callback_survey.documents.notice.texts import LINE_BREAK
from callback_survey.landing.corrections import DatasetDifference
from callback_survey.local_time import to_the_minute
from callback_survey.releases import Difference, Release, journal
from callback_survey.releases.difference import Figures
from callback_survey.settings import Settings
from callback_survey.wording import signs, terms
from callback_survey.wording.catalogue import Words
from callback_survey.wording.figures import BLANK, percent, points
from callback_survey.wording.translation import in_chinese

MOST_MOVED = 40
_REASON_TO_GIVE = "（所填的更正原因）"
_SIGN = re.compile(r"([\\`*_{}\[\]<>|~#])")
# of a column or a figure in the marts
_NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b", re.ASCII)
# a department that one of the two revisions does not have
_ABSENT = Figures(None, None, None, None, None)


@dataclass(frozen=True)
class Request:
    """What is asked: to issue the notice of this revision. `body` is Markdown, `figures` are its averages in words."""

    region_code: str
    quarter: str
    revision: int
    content_hash: str
    subject: str
    body: str
    figures: tuple[str, ...]


def request_for(settings: Settings, release: Release, page: str = "") -> Request:
    """The text for the approver of a release. `page` is the address of the release's page, with its drafts, where there is one.
    Raises DamagedFile where the release is not what was frozen."""
    release.verify_marts()
    region, revision = figures.region_name(release), terms.revision(release.revision)
    found = figures.measures(release)
    own = own_texts(settings.notices, release.scope).texts
    fitted = own.fitted(region, release.quarter, [measure.measure_name for measure in found])
    # a district's own title need not name it
    title = f"{fitted.title.replace(LINE_BREAK, '')} {revision}"
    title = title if region in title else f"{region}：{title}"
    lines = [
        *_state(settings, release),
        "",
        *_averages(found, own.cases),
        *_differences(settings, release),
        *_checks(settings, release),
        *_places(settings, release, page),
    ]
    return Request(
        release.region_code,
        release.quarter,
        release.revision,
        release.content_hash,
        f"签发：{title}",
        "\n".join(lines),
        tuple(
            f"{one.measure_name}平均 {percent(one.average_pct)}%，低于平均的部门 {len(one.below_average)} 个"
            for one in found
        ),
    )


def _state(settings: Settings, release: Release) -> Iterator[str]:
    """What the data are, why this revision exists, and what is out already."""
    since = to_the_minute(release.released_at)
    revision = f"{terms.revision(release.revision)}，{since} 定稿，内容校验值 `{release.content_hash[:16]}`"
    yield f"- 版本：{revision}；来由：{_md(in_chinese(release.reason))}"
    if release.data_note:
        yield f"- 数据说明：**{_md(release.data_note)}**"
    issue = public.issued(settings.public, release.scope, release.revision)
    before = public.current(settings.public, release.scope)
    withdrawn = public.withdrawal(settings.public, release.scope, release.revision)
    if issue is not None:
        what = "就是现行通报，无须再批" if before == issue else "批准即恢复为现行通报，文字和文号不变"
        if withdrawn is not None:
            what = f"已由 {_md(withdrawn.withdrawn_by)} 撤回：{_md(withdrawn.reason)}。{what}"
        yield f"- 本版已印发：{_issue(issue)}；{what}"
    if before is None:
        yield "- 本季度没有现行通报" if _was_issued(settings, release) else "- 本季度尚未印发过通报"
    elif before != issue:
        yield f"- 现行通报：{terms.revision(before.revision)}，{_issue(before)}。批准即为更正：须写更正原因，由本版代替，原件保留"


def _was_issued(settings: Settings, release: Release) -> bool:
    entries = journal.entries(settings.releases, release.region_code, release.quarter)
    return any(entry.act == "issued" for entry in entries)


def _averages(found: Sequence[Measure], cases: str) -> Iterator[str]:
    yield "### 平均值"
    yield ""
    yield "| 指标 | 平均 | 参照值 | 差距 | 有结果的部门 | 低于平均 | 最低 |"
    yield "|---|---:|---|---:|---:|---:|---|"
    for measure in found:
        cells = (
            measure.measure_name,
            percent(measure.average_pct),
            _benchmark(measure),
            points(measure.gap_to_benchmark_pct),
            f"{measure.rated_department_count} / {measure.department_count}",
            str(len(measure.below_average)),
            (measure.lowest_department_name if measure.below_average else None) or BLANK,
        )
        yield f"| {' | '.join(_md(cell) for cell in cells)} |"
    for measure in found:
        yield ""
        yield f"### 低于平均：{_md(measure.measure_name)}（{len(measure.below_average)} 个）"
        yield ""
        nobody = "没有部门低于平均。" if measure.rated_department_count else "没有部门得出该项比率。"
        yield "、".join(_flag(flag) for flag in measure.below_average) or nobody
        yield ""
        yield _significance(measure, cases)
    if any(measure.significantly_below_count is not None for measure in found):
        yield ""
        yield signs.short_legend(cases)


def _significance(measure: Measure, cases: str) -> str:
    if measure.significantly_below_count is None:
        return "有效回答数不详，无法判断是否超出抽样误差。"
    firm = measure.significantly_below_count_superpopulation
    return (
        f"就本季度{_md(cases)}超出抽样误差的 {measure.significantly_below_count} 个，"
        f"{signs.FIRM_UNTESTED if firm is None else f'{signs.FIRM}的 {firm} 个'}。"
    )


def _differences(settings: Settings, release: Release) -> Iterator[str]:
    """Against the revision before, and against the one that is out, where that is another one."""
    others = releases.revisions(settings.releases, release.scope)
    earlier = [one for one in others if one.revision < release.revision]
    issue = public.current(settings.public, release.scope)
    out = next((one for one in others if issue and one.revision == issue.revision != release.revision), None)
    compared = {one.revision: ("上一版", one) for one in earlier[-1:]}
    if out is not None:
        compared[out.revision] = ("上一版，也是现行通报" if out.revision in compared else "现行通报", out)
    for revision, (name, other) in compared.items():
        yield ""
        yield f"### 与{terms.revision(revision)}（{name}）的差别"
        yield ""
        if release.difference and release.difference["against"] == other.name:
            for rows in release.difference["rows"]:
                yield _rows(DatasetDifference(**rows))
            yield ""
        yield from _moved(releases.between(other, release))


def _rows(found: DatasetDifference) -> str:
    name = terms.DATASETS.get(found.dataset, found.dataset)
    return f"- {_md(name)}：新增 {found.added_count} 行，删除 {found.removed_count} 行，改动 {found.changed_count} 行"


def _moved(difference: Difference) -> Iterator[str]:
    found = [(measure.measure_name, one) for measure in difference.measures for one in measure.moved]
    if not found:
        yield "没有部门的数字、名次或名单有变动。"
        return
    yield f"{len(found)} 处变动："
    yield ""
    yield "| 部门 | 指标 | 原来 | 现在 | 名次 | 名单 |"
    yield "|---|---|---:|---:|---|---|"
    for measure_name, one in found[:MOST_MOVED]:
        before, after = one.before or _ABSENT, one.after or _ABSENT
        ranks = [BLANK if rank is None else str(rank) for rank in (before.rate_rank, after.rate_rank)]
        cells = (
            one.department_name,
            measure_name,
            before.rate_pct or BLANK,
            after.rate_pct or BLANK,
            " → ".join(dict.fromkeys(ranks)),
            "，".join(_listed(before, after)),
        )
        yield f"| {' | '.join(_md(cell) for cell in cells)} |"
    if len(found) > MOST_MOVED:
        yield ""
        revisions = f"r{difference.before.revision} r{difference.after.revision}"
        keys = f"--region {difference.after.region_code} --quarter {difference.after.quarter}"
        yield f"另有 {len(found) - MOST_MOVED} 处：`callback-survey releases diff {keys} {revisions}`"


def _listed(before: Figures, after: Figures) -> Iterator[str]:
    """Who came onto the list or left it, and whose difference is more than chance now, or no longer."""
    if before.is_below_average != after.is_below_average:
        yield from ("列入低于平均",) if after.is_below_average else ("移出低于平均",) if before.is_below_average else ()
    if after.is_significantly_below and not before.is_significantly_below:
        yield "超出抽样误差"
    elif before.is_significantly_below and not after.is_significantly_below and after.is_below_average:
        yield "不再超出抽样误差"


def _checks(settings: Settings, release: Release) -> Iterator[str]:
    warnings = [result for report in release.check_reports() for result in report.warnings]
    rules = read_rules(settings.seeds)
    labels = figures.annex_labels(release) if warnings else {}
    yield ""
    yield f"### 检查提醒（{len(warnings)} 项）"
    yield ""
    if not warnings:
        yield "两道关口都没有提醒。"
    for result in warnings:
        yield from _check(result, rules.get(result.check_id), labels)
    if release.accepted:
        yield ""
        yield f"### 未通过、已放行的检查（{len(release.accepted)} 项）"
        yield ""
        for check in release.accepted:
            found = in_chinese(check["examples"] or check["observed"])
            title = rules[check["check_id"]].title if check["check_id"] in rules else check["check_id"]
            yield f"- **{_md(title)}**：{_md(found)}。{_md(check['by'])} 放行，理由：{_md(check['reason'])}"


def _check(result: CheckResult, rule: Rule | None, labels: Mapping[str, str]) -> Iterator[str]:
    title = rule.title if rule else result.check_id
    say = Words("zh", limits={result.check_id: rule.allowed_zh} if rule else {})
    allowed = say.allowed(result.check_id, result.allowed)
    yield f"- **{_md(title)}**：{_md(say.said(result.observed))}（要求：{_md(allowed)}）"
    for example in result.examples:
        named = _NAME.sub(lambda found: labels.get(found[0], found[0]), say.said(example))
        yield f"  - {_md(named)}"


def _places(settings: Settings, release: Release, page: str) -> Iterator[str]:
    yield ""
    yield "### 怎样签发"
    yield ""
    if releases.has_documents(release):
        names = sorted(path.name for path in release.notice.parent.glob("*") if path.is_file())
        if page:
            yield f"- 先看草稿：[打开这一版的页面]({page})"
        yield f"- 草稿{'也' if page else ''}在 `{release.notice.parent}`（{'、'.join(names)}）"
    else:
        command = f"callback-survey run --region {release.region_code} --quarter {release.quarter}"
        yield f"- 草稿还没有生成，暂不能签发：等正在生成的运行结束；没有在运行的，重新执行 `{command}`"
    issue = public.issued(settings.public, release.scope, release.revision)
    before = public.current(settings.public, release.scope)
    folder = settings.public / release.region_code / release.quarter
    yield f"- 签发：填文号、印发单位、成文日期，要印签发人的填签发人；缺一项不予签发（除非勾选“留空签发”）。正式文件写入 `{folder}`"
    if issue is None and before is not None:
        said = correction_of(settings, release, before, _REASON_TO_GIVE).sentence
        yield f"- 更正：填“更正原因”，首段之前印有“更正说明：{_md(said)}”"
    yield "- 退回：写明理由；数据照常供查询，通报不印发"


def _issue(issue: Issue) -> str:
    return f"{_md(issue.title)}，{_md(issue.approved_by)} 批准"


def _flag(flag: Flag) -> str:
    text = f"{_md(flag.department_name)} {percent(flag.rate_pct)}"
    mark = signs.mark(flag.is_significantly_below, flag.is_significantly_below_superpopulation, flag.reliability)
    if not mark or mark == signs.FEW_MARK:
        return f"{text} {mark}".rstrip()
    return f"**{text} {mark}**"


def _benchmark(measure: Measure) -> str:
    if measure.benchmark_pct is None:
        return "没有参照值"
    label, year = measure.benchmark_label or "", measure.benchmark_year
    return f"{label if year is None or str(year) in label else f'{year}年{label}'} {percent(measure.benchmark_pct)}"


def _md(text: str) -> str:
    """Text from the data, so that no sign in it is taken for Markdown."""
    return _SIGN.sub(r"\\\1", " ".join(text.split()))
