"""A new instance: the folder with all that belongs to one district, ready to be filled."""

from __future__ import annotations

import csv
import os
import secrets
import shlex
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from callback_survey.errors import UsageError
from callback_survey.register_layers import read_table
from callback_survey.registers.draft import lineage_rows
from callback_survey.setting_values import PREFIX
from callback_survey.settings import MINIMUM_KEY_LENGTH
from callback_survey.storage.files import remove_tree

SETTINGS, KEY, NOTICES = "settings.env", "privacy.key", "notices.toml"
_NOTICES = """# 通报里由本地区自己说的话。每段一个地区，自 since 季度起适用（有 until 的到该季度为止），后来的代替以前的；各项都可不写。
# What notices say in a district's own words. An entry holds from the quarter `since` on, or to `until`; no field is required.
# 文字中可用 / placeholders: {period} {region} {programme} {cases} {measures}
#
# [[notice]]
# region_code = "123456"
# since = "2018Q1"
# issuer = "某区跑改办"            # 印发单位 / the issuing office
# addressees = "各有关单位"        # 主送 / whom it is addressed to
# form = "long"                    # long：分五个部分，写明哪些差距超出抽样误差；short：两段式，检验结果放在统计附页
# title = "关于{period}{programme}|电话回访情况的通报"    # 标题，“|”处换行 / the title; it goes on in the next line at |
# programme = "“最多跑一次”改革"   # 工作名称 / the programme
# cases = "办件"                   # 回访的是什么：办件、工单 / what is counted
# basis = ["依据……。"]             # 正文开头：依据和背景 / the opening paragraphs
# target = "……的目标是……。"        # 平均值之后：目标 / a sentence after the averages
# request = ["请各单位……。"]       # 工作要求 / what departments are asked to do
# next_notice = "下一期……。"       # 下期通报 / the next notice
# contact = "某区跑改办"           # 联系人 / contact
# seal = "（某中心代章）"          # 代章 / whose seal stands for the issuer's
# copies = "区委办公室。"          # 抄送 / copies
# printed_by = "某区政府办公室"    # 印发机关，不写即印发单位 / the printing office
# is_red = false                   # 版头用红色 / a red head
"""
# What a district has of its own; the others are rules, and a file is added where one differs.
_OWN = (
    "regions",
    "departments",
    "department_aliases",
    "department_successions",
    "definition_periods",
    "benchmarks",
    "thresholds",
    "disclosure_rules",
    "published_notices",
    "annex_order",
)


def create(folder: Path, shipped: Path, region_code: str | None = None, names: Sequence[str] = ()) -> None:
    """Write the folder of a new instance, whole or not at all; `shipped` are the registers that come with the code.

    `names` are those of the region and of the divisions above it, from the top down; the ones that are not given are left
    for a person to write. Raises UsageError where the folder holds anything already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            "the folder exists and is not empty; nothing is written over what is there",
            where=str(folder),
            expected="a new folder, or an empty one",
            next_step=_instead(folder, region_code or "<region>"),
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        (aside / "exports").mkdir()
        (aside / "registers").mkdir()
        for name in _OWN:
            rows = lineage_rows(region_code, names) if name == "regions" and region_code else []
            _write_register(aside / "registers" / f"{name}.csv", read_table(shipped / f"{name}.csv").header, rows)
        (aside / KEY).write_text(secrets.token_hex(MINIMUM_KEY_LENGTH) + "\n", encoding="utf-8")
        (aside / KEY).chmod(0o600)
        (aside / SETTINGS).write_text(_settings(folder), encoding="utf-8")
        (aside / NOTICES).write_text(_NOTICES.replace("123456", region_code or "123456"), encoding="utf-8")
        (aside / "README.md").write_text(_readme(region_code or "123456"), encoding="utf-8")
        os.replace(aside, folder)
    except BaseException:
        remove_tree(aside)
        raise


def _instead(folder: Path, region: str) -> str:
    """What to do where the folder is taken: a further region belongs into the instance that is there."""
    if not (folder / "registers").is_dir():
        return "choose another folder"
    return (
        f"choose another folder; to add region {region} to the instance that is there, put its files into exports/{region}/<quarter>, "
        f"then: callback-survey register propose --region {region} --quarter <quarter>"
    )


def steps(folder: Path, region_code: str | None) -> list[str]:
    """The commands from the new folder to figures, in their order."""
    region, quarter = region_code or "<region>", "<quarter>"
    delivery = shlex.quote(str(folder / "exports")) + f"/{region}/{quarter}"
    asked = f"--region {region} --quarter {quarter}"
    return [
        f"set -a; . {shlex.quote(str(folder / SETTINGS))}; set +a",
        f"callback-survey manifest {delivery}",
        f"callback-survey register propose {asked}",
        "callback-survey register check",
        f"callback-survey run {asked}",
    ]


def _write_register(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def _settings(folder: Path) -> str:
    places = {"HOME": "home", "EXPORTS": "exports", "REGISTERS": "registers", "PRIVACY_KEY_FILE": KEY}
    lines = [f"{PREFIX}{name}={shlex.quote(str(folder / place))}" for name, place in places.items()]
    return "\n".join(["# set -a; . settings.env; set +a", *lines, f"#{PREFIX}LANGUAGE=zh", f"#{PREFIX}ALERT_URLS=", ""])


def _readme(region_code: str) -> str:
    text = resources.files("callback_survey.registers").joinpath("instance_readme.md").read_text(encoding="utf-8")
    return text.replace("123456", region_code)
