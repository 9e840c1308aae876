"""The pages and their addresses. All are for whoever may open Airflow's own pages, and all only read.

/                                                releases, newest quarter first      ?region=123456&quarter=2018Q1&page=2
/releases/<region>/<quarter>/<r1>                one of them; /checks, and its documents: /view/<name>, /files/<name>
/issued/<region>/<quarter>/<r1>/…                what was issued of it: /view/<name>, /files/<name>
/runs  /runs/<run>                               the checks of all runs
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Annotated, Literal
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as AnyHTTPException

from callback_survey.airflow.pages import figures, files_offered, responses, runs
from callback_survey.airflow.pages import revisions as shelf
from callback_survey.airflow.pages.files_offered import Offer
from callback_survey.airflow.pages.revisions import UNREADABLE, QuarterShelf, Revision
from callback_survey.errors import SurveyError
from callback_survey.releases import has_documents
from callback_survey.scope import Scope
from callback_survey.settings import Settings, load_settings
from callback_survey.wording.translation import in_chinese

PAGE_SIZE = 40
_REFUSALS = {
    401: ("请先登录", "此页只对已登录 Airflow 的用户开放。登录可能已过期：请重新登录后再打开。"),
    403: ("没有权限", "您的账号不能查看 Airflow 的页面。"),
    404: ("没有这一页", "地址有误，或者所指的发布、文件不存在。"),
}
Origin = Literal["releases", "issued"]


def _settings(request: Request) -> Settings:
    found: Settings = request.app.state.load()
    return found


Read = Annotated[Settings, Depends(_settings)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]
Wanted = Annotated[str, Query(max_length=40)]
router = APIRouter()


def make_app(load: Callable[[], Settings] = load_settings) -> FastAPI:
    """The application that Airflow mounts. `load` reads the settings, anew for every page."""
    # the pages that FastAPI makes by itself would be open to anybody
    app = FastAPI(title="Callback survey", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.load = load
    app.include_router(router, dependencies=[Depends(requires_access_view(AccessView.WEBSITE))])
    app.add_exception_handler(AnyHTTPException, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse)
    for kind in (SurveyError, OSError):
        app.add_exception_handler(kind, _say)
    app.add_exception_handler(Exception, _fail)
    return app


@router.get("/")
def all_releases(
    request: Request, settings: Read, region: Wanted = "", quarter: Wanted = "", page: PageNumber = 1
) -> Response:
    now_served = shelf.served(settings)
    places = shelf.quarters(settings)
    wanted = [place for place in places if region in ("", place.region_code) and quarter in ("", place.quarter)]
    shown = wanted[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    shelves = [found for place in shown if (found := shelf.quarter_shelf(settings, place, now_served))]
    revisions = [revision for one in shelves for revision in one.revisions]
    return responses.page(
        "releases",
        root=_root(request),
        place="releases",
        names=figures.region_names(settings),
        regions=sorted({place.region_code for place in places}),
        quarters=sorted({place.quarter for place in places}, reverse=True),
        asked={"region": region, "quarter": quarter},
        page=page,
        page_count=_page_count(len(wanted)),
        served=now_served,
        shelves=shelves,
        issued={revision.place for revision in revisions if files_offered.of_issue(settings, revision)},
    )


@router.get("/releases/{region}/{quarter}/{name}")
def one_release(request: Request, settings: Read, region: str, quarter: str, name: str) -> Response:
    shelf_of_quarter, revision = _find(settings, region, quarter, name)
    offered = files_offered.of_release(revision)
    return responses.page(
        "release",
        root=_root(request),
        place="releases",
        names=figures.region_names(settings),
        shelf=shelf_of_quarter,
        revision=revision,
        release=revision.release,
        changed=shelf.integrity(revision.release) if revision.release else [],
        averages=figures.averages(offered),
        cases=figures.cases(settings, revision),
        offers=[offer for offer in offered.values() if not files_offered.is_of_department(offer)],
        departments=list(filter(files_offered.is_of_department, offered.values())),
        has_documents=revision.release is not None and has_documents(revision.release),
        measures=files_offered.measure_names(revision.folder),
        issued=files_offered.issued(settings, revision),
        issue=list(files_offered.of_issue(settings, revision).values()),
        run=runs.of_release(settings, revision),
    )


@router.get("/releases/{region}/{quarter}/{name}/checks")
def checks_of_release(request: Request, settings: Read, region: str, quarter: str, name: str) -> Response:
    revision = _find(settings, region, quarter, name)[1]
    return _framed(request, settings, revision, title="检查结果", file="checks.html")


@router.get("/releases/{region}/{quarter}/{name}/checks.html")
def checks_of_release_alone(request: Request, settings: Read, region: str, quarter: str, name: str) -> Response:
    release = _find(settings, region, quarter, name)[1].release
    if release is None:
        raise HTTPException(404)
    try:
        reports = release.check_reports()
    except UNREADABLE as error:
        return _message(request, 409, "检查结果已损坏", shelf.words_of(error))
    return _results(runs.render(settings, reports, release.run_id))


@router.get("/{origin}/{region}/{quarter}/{name}/view/{file:path}")
def view(request: Request, settings: Read, origin: Origin, region: str, quarter: str, name: str, file: str) -> Response:
    """A document below our own line of navigation."""
    revision = _find(settings, region, quarter, name)[1]
    offer = _offer(settings, origin, revision, file)
    if offer.kind == "file":
        raise HTTPException(404)
    title = f"{offer.title}（已印发）" if origin == "issued" else offer.title
    return _framed(
        request,
        settings,
        revision,
        title=title,
        file=f"files/{offer.name}",
        origin=origin,
        is_live=offer.kind == "live",
    )


@router.get("/{origin}/{region}/{quarter}/{name}/files/{file:path}")
def content(
    request: Request, settings: Read, origin: Origin, region: str, quarter: str, name: str, file: str
) -> Response:
    """A document, a picture or a table as it was frozen or issued."""
    offer = _offer(settings, origin, _find(settings, region, quarter, name)[1], file)
    found = offer.read()
    if found is None:
        words = f"{offer.name} 已丢失，或与当时记下的内容不符，因此不再展示。请从备份中恢复。"
        return _message(request, 409, "文件已损坏", words)
    return responses.document(
        found, offer.name, offer.kind, f"{region}-{quarter}-{name}-{PurePosixPath(offer.name).name}"
    )


@router.get("/runs")
def all_runs(request: Request, settings: Read, page: PageNumber = 1) -> Response:
    found, count = runs.newest(settings, (page - 1) * PAGE_SIZE, PAGE_SIZE)
    return responses.page(
        "runs",
        root=_root(request),
        place="runs",
        names=figures.region_names(settings),
        runs=found,
        page=page,
        page_count=_page_count(count),
    )


@router.get("/runs/{name}")
def one_run(request: Request, settings: Read, name: str) -> Response:
    found = runs.run(settings, name)
    if found is None:
        raise HTTPException(404)
    if found.damage:
        return _message(request, 200, "检查结果已损坏", found.damage)
    root = _root(request)
    return responses.page(
        "document",
        root=root,
        place="runs",
        trail=[("检查记录", f"{root}/runs")],
        title=found.name,
        source=f"{root}/runs/{found.name}/checks.html",
        is_live=False,
    )


@router.get("/runs/{name}/checks.html")
def one_run_alone(settings: Read, name: str) -> Response:
    found = runs.run(settings, name)
    if found is None:
        raise HTTPException(404)
    return _results(runs.render(settings, list(found.reports), found.name))


@router.get("/{anything:path}")
def unknown(anything: str) -> Response:  # noqa: ARG001
    """So that nobody learns without a login which addresses there are."""
    raise HTTPException(404)


def _find(settings: Settings, region: str, quarter: str, name: str) -> tuple[QuarterShelf, Revision]:
    found = shelf.quarter_shelf(settings, Scope(region, quarter), shelf.served(settings))
    revision = found.revision(name) if found else None
    if found is None or revision is None:
        raise HTTPException(404)
    return found, revision


def _offer(settings: Settings, origin: Origin, revision: Revision, file: str) -> Offer:
    offered = files_offered.of_release(revision) if origin == "releases" else files_offered.of_issue(settings, revision)
    if file not in offered:
        raise HTTPException(404)
    return offered[file]


def _framed(
    request: Request,
    settings: Settings,
    revision: Revision,
    *,
    title: str,
    file: str,
    origin: Origin = "releases",
    is_live: bool = False,
) -> Response:
    root = _root(request)
    region = figures.region_names(settings).get(revision.region_code, revision.region_code)
    return responses.page(
        "document",
        root=root,
        place="releases",
        trail=[
            ("发布版本", f"{root}/"),
            (f"{region} {revision.quarter} {revision.title}", f"{root}/releases/{revision.place}"),
        ],
        title=title,
        source=f"{root}/{origin}/{revision.place}/{quote(file)}",
        is_live=is_live,
    )


def _results(text: str) -> Response:
    return responses.document(text.encode(), "checks.html", "page", "checks.html")


def _page_count(count: int) -> int:
    return -(-count // PAGE_SIZE)


def _root(request: Request) -> str:
    """The path below which Airflow mounted us, behind whatever proxy."""
    found: str = request.scope.get("root_path", "")
    return found.rstrip("/")


def _refuse(request: Request, error: Exception) -> Response:
    status_code = error.status_code if isinstance(error, AnyHTTPException) else 404
    return _message(request, status_code, *_REFUSALS.get(status_code, ("不能这样打开", "请从列表中打开。")))


def _say(request: Request, error: Exception) -> Response:
    """A setting or a folder that cannot be read is told to whoever looks, not only to a log."""
    return _message(request, 503, "暂时不能读取", in_chinese(str(error)))


def _fail(request: Request, _error: Exception) -> Response:
    """Ours to mend; what it was stands in the server's log."""
    return _message(request, 500, "出错了", "这一页不能显示，原因见 Airflow 的 API 服务日志。")


def _message(request: Request, status_code: int, title: str, words: str) -> Response:
    root = _root(request)
    login = f"{root.rpartition('/')[0]}/" if status_code == 401 else ""
    return responses.page(
        "message", root=root, status_code=status_code, place="", title=title, words=words, login=login
    )
