"""Our pages in Airflow: who may see them, what they show, what they never give out, and what a browser is told of them."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

import pytest

from callback_survey.airflow.pages import CallbackSurveyPlugin, LaterApp
from callback_survey.errors import UsageError
from callback_survey.releases import journal
from callback_survey.releases.journal import Decision
from callback_survey.scope import Scope
from callback_survey.settings import Settings, load_settings
from callback_survey.storage import files
from published import make_release
from shelves import EXPLORE, NOTICE, SECRET, change_release, make_home
from visitors import app_over, as_visitor

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx`")
# as behind a proxy that shows Airflow below a path of its own
ROOT = "/airflow/callback-survey"
RELEASE = f"{ROOT}/releases/330109/2018Q1/r2"
PAGES = (
    f"{ROOT}/",
    RELEASE,
    f"{RELEASE}/checks",
    f"{RELEASE}/checks.html",
    f"{RELEASE}/view/notice/notice.html",
    f"{RELEASE}/files/notice/notice.html",
    f"{RELEASE}/files/notice/explore.html",
    f"{RELEASE}/files/csv/region_rates.csv",
    f"{ROOT}/issued/330109/2018Q1/r1/view/notice.html",
    f"{ROOT}/issued/330109/2018Q1/r1/files/notice.html",
    f"{ROOT}/runs",
    f"{ROOT}/runs/run-1",
    f"{ROOT}/runs/run-1/checks.html",
)
NOT_OURS = ("/docs", "/redoc", "/openapi.json", "/nothing", "/static/plugin.css", "/releases/330109/2018Q1/r9")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "home")


@pytest.fixture
def app(home: Path) -> FastAPI:
    return app_over(lambda: load_settings({}, home=home))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A visitor who may do nothing but look."""
    with as_visitor(app, "viewer") as found:
        yield found


def text_of(client: TestClient, path: str, status_code: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status_code, answer.text
    return answer.text


def row_of(html: str, place: str) -> str:
    """What stands in the line of a revision, with blanks for the marks."""
    rows = [row for row in re.findall(r"<tr.*?</tr>", html, flags=re.DOTALL) if f"/releases/{place}" in row]
    assert len(rows) == 1
    return " ".join(re.sub(r"<[^>]+>", " ", rows[0]).split())


# --- who may see them


@pytest.mark.parametrize("path", [*PAGES, *(ROOT + path for path in NOT_OURS)])
def test_nobody_sees_anything_without_a_login(app: FastAPI, path: str) -> None:
    answer = as_visitor(app, None, is_logged_in=False).get(path)
    assert answer.status_code == 401
    assert "2018Q1" not in answer.text and "请先登录" in answer.text


def test_every_address_has_the_guard(app: FastAPI) -> None:
    """Asked of the routes themselves, so that a new one cannot be forgotten."""
    client = as_visitor(app, None, is_logged_in=False)
    addresses = [re.sub(r"{\w+(:path)?}", "releases", str(getattr(route, "path", ""))) for route in app.routes]
    assert len(addresses) > 8
    assert {client.get(ROOT + address).status_code for address in addresses} == {401}


def test_a_login_that_may_not_even_look_at_airflow_is_refused(app: FastAPI) -> None:
    assert {as_visitor(app, None).get(path).status_code for path in PAGES} == {403}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed(client: TestClient, method: str) -> None:
    assert {client.request(method, path).status_code for path in PAGES} == {405}


# --- what they show


def test_the_list_says_of_every_revision_what_became_of_it(client: TestClient) -> None:
    html = text_of(client, f"{ROOT}/")
    assert "读者现在看到 2 个季度的结果，自 " in html
    served, old = row_of(html, "330109/2018Q1/r2"), row_of(html, "330109/2018Q1/r1")
    assert served.startswith(
        "2018Q1 萧山区 330109 第2版 正在提供 已退回 2018-04-20 14:00:00 更正后的交付；规则或登记表有变动"
    )
    assert "第1版 旧版 未签发" in old and "首次发布" in old
    assert "第1版 未提供 未签发" in row_of(html, "330109/2018Q2/r1")
    assert "第1版 正在提供 待签发" in row_of(html, "330110/2018Q1/r1")
    assert html.index("2018Q2/r1") < html.index("330109/2018Q1/r2") < html.index("330109/2018Q1/r1")


def test_the_list_can_be_asked_for_a_region_and_a_quarter(client: TestClient) -> None:
    def places(query: str) -> list[str]:
        return re.findall(r'/releases/([^"]+)"', text_of(client, f"{ROOT}/{query}"))

    assert places("?region=330110&quarter=") == ["330110/2018Q1/r1"]
    assert places("?region=&quarter=2018Q2") == ["330109/2018Q2/r1"]
    assert places("?region=330110&quarter=2018Q2") == []
    assert "没有符合条件的版本" in text_of(client, f"{ROOT}/?region=999999")


def test_a_long_list_comes_in_pages(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from callback_survey.airflow.pages import app

    monkeypatch.setattr(app, "PAGE_SIZE", 2)
    first = text_of(client, f"{ROOT}/?quarter=")
    assert "第 1 页，共 2 页" in first
    following = re.findall(r'href="(\?[^"]+page=2)"', first)
    assert "330110/2018Q1/r1" in text_of(client, f"{ROOT}/{following[0].replace('&amp;', '&')}")
    assert "没有符合条件" in text_of(client, f"{ROOT}/?page=3")
    assert client.get(f"{ROOT}/?page=0").status_code == 404


def test_a_release_shows_its_figures_documents_difference_and_journal(client: TestClient) -> None:
    html = text_of(client, RELEASE)
    for words in (
        "平均满意率",
        "94.77",
        "全省平均 94.70%",
        "低于平均 14 个，就本季度办件超出抽样误差 6 个，按部门水平仍低于平均的 3 个",
        "最低：区民政局",
    ):
        assert words in html
    assert f'<img src="{RELEASE}/files/notice/charts/satisfaction.svg"' in html
    assert "与 330109 2018Q1 r1 相比：回访记录增 2 行、减 0 行、改 1 行" in html
    assert "区&lt;b&gt;民政&lt;/b&gt;局" in html and "<b>" not in html
    assert re.search(r'74\.42</td><td class="number">75\.00</td>\s*<td>是 → 否</td>', html)
    assert "已退回　值班长：附件一有误" in html
    assert f'<a href="{ROOT}/releases/330109/2018Q1/r1">第1版</a>' in html
    first = text_of(client, f"{ROOT}/releases/330109/2018Q1/r1")
    assert "这是第一个版本" in first and "还没有记录" in first and "damage" not in first.partition("</style>")[2]


def test_an_issued_notice_stands_beside_its_draft(client: TestClient) -> None:
    html = text_of(client, f"{ROOT}/releases/330109/2018Q1/r1")
    assert "现行" in html and "文件已损坏" not in html
    assert "已印发的通报" in html and "萧跑改办〔2018〕5号" in html and "批准人 值班长" in html
    framed = text_of(client, f"{ROOT}/issued/330109/2018Q1/r1/view/notice.html")
    assert "通报（已印发）" in framed
    assert text_of(client, f"{ROOT}/issued/330109/2018Q1/r1/files/notice.html") == NOTICE
    assert client.get(f"{ROOT}/issued/330109/2018Q1/r2/files/notice.html").status_code == 404


def test_what_was_counted_is_called_as_its_district_does(home: Path) -> None:
    registers = home / "survey" / "registers"
    registers.mkdir(parents=True)
    texts = registers.with_name("notices.toml")
    app = app_over(lambda: load_settings({"CALLBACK_SURVEY_REGISTERS": str(registers)}, home=home))
    hotline = '[[notice]]\nregion_code = "330109"\nsince = "2018Q1"\ncases = "工单"\n'
    with as_visitor(app, "viewer") as client:
        # what cannot be read takes no page away
        for text, called in (("", "办件"), (hotline, "工单"), ("[[", "办件")):
            texts.write_text(text, encoding="utf-8")
            assert f"就本季度{called}超出抽样误差" in text_of(client, f"{ROOT}/releases/330109/2018Q1/r1")


def test_a_notice_that_was_corrected_says_so_beside_its_documents(client: TestClient, home: Path) -> None:
    folder = home / "public" / "330109" / "2018Q1" / "r1"
    mark = {
        "revision": 2,
        "number": "萧跑改办〔2018〕9号",
        "dated_on": "2018-07-09",
        "reason": "<重报>。",
        "moved": "满意率没有变动。",
    }
    files.write_json(
        folder / "replaced.json", {**mark, "approved_by": "主任", "approved_at": "2018-07-09T01:00:00+00:00"}
    )
    for act, details in (("issued", {}), ("corrected", {"corrected_by": "r2"})):
        journal.append(home / "releases", Decision(act, "330109", "2018Q1", 1, "主任", details=details))  # type: ignore[arg-type]
    html = text_of(client, f"{ROOT}/releases/330109/2018Q1/r1")
    assert (
        "这份通报已由第2版（萧跑改办〔2018〕9号）更正，不再使用。</strong>更正原因：&lt;重报&gt;。满意率没有变动。"
        in html
    )
    assert '<span class="soft">更正的版本 r2</span>' in html
    assert "已更正" in row_of(text_of(client, f"{ROOT}/"), "330109/2018Q1/r1")


def test_a_notice_that_was_withdrawn_says_so_beside_its_documents(client: TestClient, home: Path) -> None:
    said = {"reason": "<待核实>。", "withdrawn_by": "主任", "withdrawn_at": "2018-07-09T01:00:00+00:00"}
    files.write_json(home / "public" / "330109" / "2018Q1" / "r1" / "withdrawn.json", said)
    for act in ("issued", "withdrawn"):
        journal.append(home / "releases", Decision(act, "330109", "2018Q1", 1, "主任"))  # type: ignore[arg-type]
    html = text_of(client, f"{ROOT}/releases/330109/2018Q1/r1")
    assert (
        "这份通报已由主任于 2018-07-09 09:00" in html and "撤回，不再使用。</strong>撤回原因：&lt;待核实&gt;。" in html
    )
    assert "已撤回" in row_of(text_of(client, f"{ROOT}/"), "330109/2018Q1/r1")


def test_the_checks_of_failed_runs_are_listed_too(client: TestClient) -> None:
    html = text_of(client, f"{ROOT}/runs")
    assert "萧山区 2018Q3" in html and "未通过" in html and "dag_run_2" in html
    assert "抽样数超过有效样本框" in text_of(client, f"{ROOT}/runs/dag_run_2/checks.html")
    assert "区教育局: 97.56" in text_of(client, f"{RELEASE}/checks.html")


def test_every_link_leads_somewhere_and_none_out(client: TestClient) -> None:
    seen: dict[str, int] = {}
    waiting = [f"{ROOT}/"]
    while waiting:
        path = waiting.pop()
        answer = client.get(path)
        seen[path] = answer.status_code
        assert SECRET not in answer.text
        if path.endswith((".html", ".svg", ".csv", ".pdf", ".docx")) and "/view/" not in path:
            continue
        for found in re.findall(r'(?:href|src|action)="([^"#]+)"', answer.text):
            target = urljoin(path, found.replace("&amp;", "&"))
            assert target.startswith(f"{ROOT}/"), f"{path} leads out, to {found}"
            if target not in seen and target not in waiting:
                waiting.append(target)
    changed = f"{ROOT}/issued/330109/2018Q1/r1/files/notice.docx"
    assert {path: code for path, code in seen.items() if code != 200} == {changed: 409}
    assert len(seen) > 25 and f"{RELEASE}/files/notice/notice.pdf" in seen


# --- what is lost or damaged


def test_a_release_that_cannot_be_read_says_so_and_hides_no_other(client: TestClient, home: Path) -> None:
    quarter = home / "releases" / "330109" / "2018Q1"
    (quarter / "r1" / "release.json").write_text("{")
    change_release(quarter / "r2", revision=7)
    (quarter / "r3").mkdir()
    change_release(home / "releases" / "330109" / "2018Q2" / "r1", released_at="yesterday")
    html = text_of(client, f"{ROOT}/")
    for place in ("330109/2018Q1/r1", "330109/2018Q1/r2", "330109/2018Q1/r3", "330109/2018Q2/r1"):
        assert "已损坏" in row_of(html, place)
        assert re.search("这个版本不能读取。</strong>(文件|内容)", text_of(client, f"{ROOT}/releases/{place}"))
        assert client.get(f"{ROOT}/releases/{place}/checks.html").status_code == 404
    assert "正在提供" in row_of(html, "330110/2018Q1/r1")


def test_a_file_that_was_changed_is_named_and_not_shown(client: TestClient, home: Path) -> None:
    folder = home / "releases" / "330109" / "2018Q1" / "r2"
    (folder / "csv" / "region_rates.csv").write_text("measure\nsatisfaction\n")
    (folder / "csv" / "measures.csv").unlink()
    html = text_of(client, RELEASE)
    assert "2 个文件已丢失，或与发布时不符：</strong>csv/measures.csv、csv/region_rates.csv" in html
    assert "平均满意率" not in html
    for name in ("region_rates", "measures"):
        assert "文件已损坏" in text_of(client, f"{RELEASE}/files/csv/{name}.csv", 409)


def test_a_document_is_held_against_the_hash_it_was_frozen_with(client: TestClient, home: Path) -> None:
    offer = offer_of(home, "notice/notice.html", files={"notice/notice.html": "0" * 64})
    assert offer.read() is None
    lost = offer_of(home, "notice/companion.html", files={"notice/companion.html": "0" * 64})
    assert lost.path is None and lost.read() is None


def test_documents_are_offered_once_they_are_part_of_the_release(client: TestClient, home: Path) -> None:
    folder, document = home / "releases" / "330109" / "2018Q1" / "r2", f"{RELEASE}/files/notice/notice.html"
    change_release(folder, files={"csv/measures.csv": files.sha256_of(folder / "csv" / "measures.csv")})
    html = text_of(client, RELEASE)
    assert "文件生成之后才能签发" in html and "通报 PDF" not in html
    assert client.get(document).status_code == 404
    (folder / "SHA256SUMS").write_text(f"{files.sha256_of(folder / 'notice' / 'notice.html')}  notice/notice.html\n")
    assert "文件生成之后才能签发" not in text_of(client, RELEASE)
    assert client.get(document).status_code == 200
    (folder / "notice" / "notice.html").write_text("another")
    assert "文件已损坏" in text_of(client, document, 409)


def offer_of(home: Path, name: str, **values: Any) -> Any:
    """What a release offers by a name, had it been frozen with these values."""
    from types import SimpleNamespace

    from callback_survey.airflow.pages import files_offered, revisions

    loaded = load_settings({}, home=home)
    found = revisions.quarter_shelf(loaded, Scope("330109", "2018Q1"), revisions.served(loaded))
    assert found is not None and found.revisions[0].release is not None
    folder = found.revisions[0].folder
    release: Any = SimpleNamespace(tables=found.revisions[0].release.tables, folder=folder, **values)
    revision = revisions.Revision("330109", "2018Q1", 2, folder, release)
    return files_offered.of_release(revision)[name]


def test_damaged_records_are_told_where_they_belong(client: TestClient, home: Path) -> None:
    decisions = home / "releases" / "330109" / "2018Q1" / "journal"
    next(decisions.glob("*.json")).write_text("{")
    (home / "serving" / "current" / "served.json").write_text("[1")
    next((home / "checks" / "run-1").glob("*.json")).write_text("{")
    next((home / "releases" / "330109" / "2018Q1" / "r2" / "checks").glob("*.json")).write_text("{")
    html = text_of(client, f"{ROOT}/")
    assert "不能确定读者现在看到的是哪些结果" in html and "330109 2018Q1 的签发记录不能读取" in html
    assert "签发记录不能读取" in text_of(client, RELEASE)
    assert "已损坏" in text_of(client, f"{ROOT}/runs")
    assert "检查结果已损坏" in text_of(client, f"{ROOT}/runs/run-1")
    assert "检查结果已损坏" in text_of(client, f"{RELEASE}/checks.html", 409)


def test_an_empty_home_and_a_wrong_setting_are_told(tmp_path: Path) -> None:
    empty = as_visitor(app_over(lambda: load_settings({}, home=tmp_path)), "viewer")
    assert "还没有向读者提供任何结果" in text_of(empty, f"{ROOT}/") and "还没有任何运行" in text_of(
        empty, f"{ROOT}/runs"
    )

    def wrong() -> Settings:
        raise UsageError("CALLBACK_SURVEY_LANGUAGE is 'fr'", next_step="correct the setting")

    assert "更正该设置" in text_of(as_visitor(app_over(wrong), "viewer"), f"{ROOT}/", 503)


def test_what_is_served_again_is_shown_as_served(client: TestClient, home: Path) -> None:
    """r2 had the figures of r1, and somebody had r1 served again: readers see r1."""
    change_release(home / "releases" / "330109" / "2018Q1" / "r1", content_hash="hash-330109-2018Q1-2-2")
    assert "正在提供" in row_of(text_of(client, f"{ROOT}/"), "330109/2018Q1/r2")
    again = Decision("rolled_back", "330109", "2018Q1", 1, "值班长", "r2 有误", details={"instead_of": "r2"})
    journal.append(home / "releases", again)
    html = text_of(client, f"{ROOT}/")
    assert "正在提供" in row_of(html, "330109/2018Q1/r1") and "未提供" in row_of(html, "330109/2018Q1/r2")
    assert '恢复提供　值班长：r2 有误　<span class="soft">代替 r2</span>' in text_of(
        client, f"{ROOT}/releases/330109/2018Q1/r1"
    )
    make_release(home / "releases", revision=3, marker="3")
    change_release(home / "releases" / "330109" / "2018Q1" / "r3", content_hash="hash-330109-2018Q1-2-2")
    assert "正在提供" in row_of(text_of(client, f"{ROOT}/"), "330109/2018Q1/r3")


def test_a_notice_that_went_out_stays_out_whatever_is_decided_later(client: TestClient, home: Path) -> None:
    for act in ("approved", "issued", "unanswered"):
        journal.append(home / "releases", Decision(act, "330109", "2018Q1", 2, "值班长"))  # type: ignore[arg-type]
    assert "已印发" in row_of(text_of(client, f"{ROOT}/"), "330109/2018Q1/r2")


# --- what they never give out


@pytest.mark.parametrize(
    "name",
    [
        "release.json",
        "marts/department_rates.parquet",
        "checks/marts-330109-2018Q1.json",
        "notice/other.html",
        "notice/../release.json",
        "../r1/notice/notice.html",
        "../../../../lake/raw/frame.parquet",
        "../../../../serving/restricted/cases.parquet",
        "/etc/passwd",
        "notice/notice.html\0.png",
        "csv/../../../../../lake/raw/frame.parquet",
    ],
)
def test_only_known_names_are_given_out(client: TestClient, name: str) -> None:
    for written in (
        quote(name),
        quote(name, safe=""),
        name.replace("..", "%2e%2e").replace("/", "%2f").replace("\0", "%00"),
    ):
        for what in ("files", "view"):
            answer = client.get(f"{RELEASE}/{what}/{written}")
            assert answer.status_code == 404, written
            assert SECRET not in answer.text


@pytest.mark.parametrize(
    "place", ["*/2018Q1/r1", "330109/*/r1", "330109/2018Q1/r*", "%2e%2e/2018Q1/r1", "330109/%2e%2e/r1"]
)
def test_no_address_names_several_releases_or_another_folder(client: TestClient, home: Path, place: str) -> None:
    (home / "2018Q1" / "r1").mkdir(parents=True)
    (home / "releases" / "r1").mkdir()
    for path in (
        f"releases/{place}",
        f"releases/{place}/files/notice/notice.html",
        f"issued/{place}/files/notice.html",
    ):
        assert client.get(f"{ROOT}/{path}").status_code == 404
    assert client.get(f"{ROOT}/lake/330109/2018Q1/r1/files/notice/notice.html").status_code == 404
    assert client.get(f"{ROOT}/runs/%2e%2e%2flake/checks.html").status_code == 404


def test_a_link_and_a_listed_name_lead_nobody_out_of_a_release(client: TestClient, home: Path) -> None:
    folder = home / "releases" / "330109" / "2018Q1" / "r2"
    notice = folder / "notice" / "notice.html"
    notice.unlink()
    notice.symlink_to(home / "lake" / "raw" / "frame.parquet")
    assert client.get(f"{RELEASE}/files/notice/notice.html").status_code == 404
    outside = "../../../../../lake/raw/frame"
    tables = {**files.read_json(folder / "release.json")["tables"], outside.removesuffix(".csv"): {"row_count": 1}}
    (home / "lake" / "raw" / "frame.csv").write_text(SECRET)
    change_release(folder, tables={name: {"description": "", **table} for name, table in tables.items()})
    assert SECRET not in text_of(client, RELEASE)
    assert client.get(f"{RELEASE}/files/csv/{quote(outside, safe='')}.csv").status_code == 404
    (home / "releases" / "330109" / "2018Q1" / "r4").symlink_to(home / "releases" / "330110" / "2018Q1" / "r1")
    assert client.get(f"{ROOT}/releases/330109/2018Q1/r4").status_code == 404


# --- what a browser is told


def test_no_answer_may_fetch_from_outside_be_guessed_at_kept_or_framed_elsewhere(client: TestClient) -> None:
    for path in (*PAGES, f"{ROOT}/nothing"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
        assert re.findall(r"https?:|\*|connect-src|object-src", policy) == []
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "private, no-store")


def test_documents_have_no_origin_and_only_the_live_one_a_script(client: TestClient) -> None:
    def policy(path: str) -> str:
        found: str = client.get(path).headers["content-security-policy"]
        return found

    for path in PAGES:
        is_document = "/files/" in path or path.endswith("checks.html")
        assert ("sandbox" in policy(path)) == is_document
        assert ("script-src" in policy(path)) == path.endswith("explore.html")
        assert "allow-same-origin" not in policy(path)
    frames = re.findall(r"<iframe[^>]+>", text_of(client, f"{RELEASE}/view/notice/explore.html"))
    assert len(frames) == 1 and 'sandbox="allow-scripts allow-downloads"' in frames[0]
    assert 'sandbox=""' in text_of(client, f"{RELEASE}/view/notice/notice.html")


@pytest.mark.parametrize("code", ["330109-001", "武侯-甲", "510107/002", "510107 003#", "510107%004"])
def test_the_page_of_a_department_is_there_whatever_its_code(home: Path, client: TestClient, code: str) -> None:
    name = f"{quote(code, safe='')}.html"
    release = home / "releases" / "330109" / "2018Q1" / "r2"
    with (release / "csv" / "departments.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([("department_code", "department_name"), (code, "部门")])
    folder = release / "notice" / "departments"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("<p>本部门</p>", encoding="utf-8")
    # the test client takes the quotes of an address off twice, a server once
    framed = text_of(client, f"{RELEASE}/view/notice/departments/{quote(quote(name))}")
    (source,) = re.findall(r'<iframe[^>]*src="([^"]+)"', framed)
    assert source.endswith(f"/{quote(name)}")
    assert "本部门" in text_of(client, source.replace("%", "%25"))


def test_a_copy_kept_among_the_releases_is_no_region(home: Path, client: TestClient) -> None:
    shutil.copytree(home / "releases" / "330109", home / "releases" / "330109copy")
    assert "330109copy" not in text_of(client, f"{ROOT}/")


def test_files_have_their_type_and_those_to_be_kept_a_name(client: TestClient) -> None:
    pdf = client.get(f"{RELEASE}/files/notice/notice.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"] == 'attachment; filename="330109-2018Q1-r2-notice.pdf"'
    picture = client.get(f"{RELEASE}/files/notice/charts/satisfaction.svg")
    assert picture.headers["content-type"] == "image/svg+xml" and "content-disposition" not in picture.headers
    assert client.get(f"{RELEASE}/files/notice/explore.html").text == EXPLORE
    assert client.get(f"{RELEASE}/view/notice/notice.pdf").status_code == 404


def test_the_style_of_a_page_is_the_one_its_policy_names(client: TestClient) -> None:
    import base64
    from hashlib import sha256

    answer = client.get(f"{ROOT}/")
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["content-security-policy"]
    assert " style=" not in text_of(client, RELEASE) and "<script" not in text_of(client, RELEASE)


# --- how Airflow finds them


def test_airflow_is_given_one_application_and_one_entry() -> None:
    (mounted,), (entry,) = CallbackSurveyPlugin.fastapi_apps, CallbackSurveyPlugin.external_views
    assert isinstance(mounted["app"], LaterApp)
    assert entry["name"] == "Callback survey" and entry["destination"] == "nav"
    assert f"/{entry['href']}" == f"{mounted['url_prefix']}/"
