"""Phones become keyed tokens, free text loses its numbers, and nothing personal gets past landing."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callback_survey import privacy
from callback_survey.deliveries.headers import name_key
from callback_survey.landing import ledger
from callback_survey.privacy import TokenKey
from lakes import FRAME_HEADER, ONE_CALL, ONE_CASE, SECRET, Lake, as_csv, calls, frame

# Data contract §2: how tests look for a phone number.
MOBILE = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")
NAME = "样例某某某"
PHONE = "15400000001"


def token_of(phone: str, secret: bytes = SECRET) -> str:
    """The key's id, and the HMAC by Python's own library."""
    key_id = hmac.new(secret, b"callback-survey key id", hashlib.sha256).hexdigest()[:8]
    return f"{key_id}:{hmac.new(secret, phone.encode(), hashlib.sha256).hexdigest()}"


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def ask(sql: duckdb.DuckDBPyConnection, query: str, **parameters: object) -> object:
    row = sql.execute(f"select {query}", parameters).fetchone()
    assert row is not None
    return row[0]


def token_in_sql(sql: duckdb.DuckDBPyConnection, text: str, secret: bytes) -> object:
    key = TokenKey.from_secret(secret)
    pads = {"inner_pad": key.inner_pad, "outer_pad": key.outer_pad}
    return ask(sql, privacy.token_sql("$text"), text=text, key_id=key.key_id, **pads)


@given(st.binary(min_size=1, max_size=200), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@example(b"k" * 32, PHONE)
@example(b"k" * 63, PHONE)
@example(b"k" * 64, PHONE)
@example(b"k" * 65, PHONE)
def test_tokens_are_hmac_sha_256_for_short_whole_and_long_keys(
    sql: duckdb.DuckDBPyConnection, secret: bytes, text: str
) -> None:
    assert token_in_sql(sql, text, secret) == token_of(text, secret)


def test_a_token_is_no_plain_hash_and_another_key_gives_another_token(sql: duckdb.DuckDBPyConnection) -> None:
    tokens = {token_in_sql(sql, PHONE, secret) for secret in (b"k" * 32, b"K" * 32)}
    assert len(tokens) == 2
    assert hashlib.sha256(PHONE.encode()).hexdigest() not in {str(token).partition(":")[2] for token in tokens}


def test_a_key_is_named_without_being_told() -> None:
    first, second = TokenKey.from_secret(b"k" * 32), TokenKey.from_secret(b"k" * 33)
    assert first.key_id == TokenKey.from_secret(b"k" * 32).key_id != second.key_id
    assert re.fullmatch("[0-9a-f]{8}", first.key_id)
    assert not hashlib.sha256(b"k" * 32).hexdigest().startswith(first.key_id), "no plain hash of the key either"


WITH_NUMBERS = st.lists(
    st.one_of(
        st.sampled_from(
            ["+86", "0086", "86", " ", "-", "－", "0571", "０５７１", "x", "X", "Ｘ", "电话", "a", "。", "\n"]
        ),
        st.text("0123456789０１２３４５６７８９", min_size=1, max_size=19),
        st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    ),
    max_size=8,
).map("".join)


@given(WITH_NUMBERS)
def test_python_and_sql_scrub_alike(sql: duckdb.DuckDBPyConnection, text: str) -> None:
    assert ask(sql, privacy.scrub_sql("$text"), text=text) == privacy.scrub(text)


@given(WITH_NUMBERS)
@example("1 3 8 0 0 1 3 8 0 0 01 3 8 0 0 1 3 8 0 0 0")
@example("13800000000-13900000000@qq.com")
def test_a_scrubbed_text_is_left_as_it_is_by_the_next_search(text: str) -> None:
    """The gate and the watch search with the scrubber's own rule: they must not find what it left."""
    scrubbed = privacy.scrub(text)
    assert privacy.scrub(scrubbed) == scrubbed == privacy.mask(scrubbed)


@given(WITH_NUMBERS)
def test_a_key_made_of_a_scrubbed_text_puts_no_number_together_again(text: str) -> None:
    """Reasons and names are compared without white space."""
    assert not privacy.holds_personal_number(name_key(privacy.scrub(text)))


@given(WITH_NUMBERS)
def test_python_and_sql_find_the_same_numbers_of_people(sql: duckdb.DuckDBPyConnection, text: str) -> None:
    assert ask(sql, privacy.holds_personal_number_sql("$text"), text=text) == privacy.holds_personal_number(text)


@given(WITH_NUMBERS)
def test_no_scrubbed_text_holds_a_mobile_number_or_seven_digits_in_a_row(text: str) -> None:
    scrubbed = privacy.scrub(text)
    assert MOBILE.search(scrubbed) is None
    assert re.search("[0-9０-９]{7}", scrubbed) is None


@pytest.mark.parametrize(
    "number",
    [
        "13800000000",
        "138 0000 0000",
        "138-0000-0000",
        "+8613800000000",
        "+86 138 0000 0000",
        "008613800000000",
        "１３８００００００００",
        "1３8０0００0０0０",
        "0571-88888888",
        "0571 8888888",
        "010-88888888",
        "88888888",
        "330109199001011234",
        "33010919900101123X",
        "３３０１０９１９９００１０１１２３Ｘ",
        *("138.0000.0000", "138·0000·0000", "138。0000。0000", "138—0000—0000", "138－0000－0000", "138/0000/0000"),
        *(
            "138  0000  0000",
            "138\u00a00000\u30000000",
            "138\n0000\n0000",
            "138_0000_0000",
            "138、0000、0000",
            "138)0000(0000",
        ),
        *("138\u200b0000\u200b0000", "1 3 8 0 0 0 0 0 0 0 0", "138 00 00 00 00", "1380 000 0000", "138OO000OOO"),
        *("٠٥٧١٨٨٨٨٨٨٨٨", "𝟏𝟑𝟖𝟎𝟎𝟎𝟎𝟎𝟎𝟎𝟎", "①③⑧①①①①①①①①", "一三八零零零零零零零零", "0571 8888 8888", "8888-8888"),
        *(
            "330109 19900101 1234",
            "330109-1990-0101-123X",
            "3301 0919 9001 0112 34",
            "３３０１０９　１９９００１０１　１２３Ｘ",
        ),
        *(
            "6222 0000 0000 0000 123",
            "6222-0000-0000-0000",
            "QQ 123456",
            "QQ：123456",
            "微信号zhang_san88",
            "vx: abc_12345",
        ),
        *("zhang.san@example.com", "zhang ＠ example.com", "浙A·12345", "浙AD12345", "浙Ａ１２３４５"),
    ],
)
def test_every_kind_of_personal_number_goes_and_the_words_stay(number: str) -> None:
    assert privacy.scrub(f"请打{number}找我") == f"请打{privacy.SCRUBBED}找我"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2018-03-01 09:30",
            "2018-03-01 0930 15",
            "12345热线",
            "等了3次，共120分钟",
            "XS2018Q1-000001",
            "第1/2页",
            "",
        ),
        *(
            "2018－2019年",
            "窗口13、14、15、16、17、18",
            "周一——周五",
            "①材料多②态度差",
            "一、二、三、四、五",
            "萧政发〔2018〕1号",
        ),
    ],
)
def test_dates_short_numbers_and_case_numbers_stay(text: str) -> None:
    assert privacy.scrub(text) == text


VALID_PHONES = {
    "15400000001": [
        "15400000001",
        " 154 0000 0001\t",
        "154-0000-0001",
        "154\u00a00000\u30000001",
        "１５４００００　０００１",
    ],
    "15400000002": [
        "+8615400000002",
        "+86 154-0000-0002",
        "＋８６１５４００００　０００２",
        "008615400000002",
        "8615400000002",
        "86-154 0000 0002",
        "015400000002",
        "０１５４００００　０００２",
        "0086-15400000002",
    ],
    "057188880001": [
        "057188880001",
        "0571-88880001",
        "(0571)88880001",
        "（０５７１）８８８８－０００１",
        "0571 8888 0001",
    ],
    "01088880001": ["010-88880001", "010-88880001转801", "(010)8888 0001"],
    "02188880001": ["021-88880001", "+86 021-88880001"],
    "05718888001": ["0571-8888001", "0571-8888001x12", "+86 0571 8888001 ext.7"],
    "057188880002": [
        "0571-88880002-8",
        "0571-88880002-801234",
        "0571 88880002 转 801",
        "057188880002分机801",
        "（０５７１）８８８８０００２－８０１",
        "0571-88880002#8",
        "+86-0571-88880002,1",
    ],
    "15400000003": ["15400000003.0"],
    "15400000004": [
        *(
            "15400000004/15400000005",
            "15400000004、0571-88880001",
            "15400000004 15400000005",
            "15400000004或15400000005",
        ),
        *(
            "124****0001/15400000004",
            "无，15400000004",
            "154-0000-0004 / 154-0000-0005",
            "15400000004；86 154 0000 0005",
        ),
    ],
}
NO_PHONES = [
    *("", "无", "-", "1540000001", "154000000011", "12400000001", "88880001", "1540000000a", "0171-8888001"),
    *("0571-888801", "86154000000010", "+1 15400000001", "12400000001/12400000002", "15400000001转"),
    *("0571-88880001-1234567", "88880001-12", "15400000001-12", "15400000001转801", "1.54e10"),
    *("0571-8888-0001-12", "15400000001.5", "0571-88880001转"),
]


def test_a_phone_in_any_promised_spelling_has_the_token_of_its_plain_form(lake: Lake) -> None:
    spelled = [(spelling, plain) for plain, spellings in VALID_PHONES.items() for spelling in spellings]
    rows = [(f"XS-{index}", *ONE_CASE[1:3], spelling, "", "") for index, (spelling, _) in enumerate(spelled)]
    lake.deliver({"frame.csv": frame(*rows), "calls.csv": calls()})
    found = lake.rows("frame")
    assert [row["is_phone_valid"] for row in found] == [True] * len(spelled)
    assert [row["phone_token"] for row in found] == [token_of(plain) for _, plain in spelled]


def test_what_is_no_phone_has_no_token_and_its_row_is_kept(lake: Lake) -> None:
    rows = [(f"XS-{index}", *ONE_CASE[1:3], text, "", "") for index, text in enumerate(NO_PHONES)]
    lake.deliver({"frame.csv": frame(*rows), "calls.csv": calls()})
    assert [(row["phone_token"], row["is_phone_valid"]) for row in lake.rows("frame")] == [(None, False)] * len(rows)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ([f"154****{number:04d}" for number in range(24)], "154********"),
        (["1.54E+10"] * 24, "1.5*E+**"),
        ([f"样例某{number}" for number in range(24)], "□□□*、□□□**"),
        ([f"1540000{number:03d}" for number in range(24)], "154*******"),
    ],
    ids=["masked", "scientific", "names", "a digit short"],
)
def test_a_phone_column_without_phones_fails_as_that_and_shows_no_digits(
    lake: Lake, written: list[str], shown: str
) -> None:
    rows = [(f"XS-{row}", *ONE_CASE[1:3], phone, "", "") for row, phone in enumerate(written)]
    report = lake.deliver({"frame.csv": frame(*rows), "calls.csv": calls(ONE_CALL)})
    (told,) = lake.verdict(report)["phones_usable"]
    expected = f"frame.csv: 24 of 24 phones are no phones, such as {shown}"
    assert told == expected
    assert len(set(re.findall("[0-9]{4,}", told))) == 0


def test_a_second_phone_in_a_cell_is_told_and_an_extension_is_none(lake: Lake) -> None:
    phones = ["15400000004/15400000005", "15400000006", "0571-88880001,12", "(0571)8888 0002"]
    rows = [(f"XS-{row}", *ONE_CASE[1:3], phone, "", "") for row, phone in enumerate(phones)]
    report = lake.deliver({"frame.csv": frame(*rows), "calls.csv": calls()})
    assert report.remarks == (), "it was read: nothing is asked of anybody"
    (notes,) = (file.notes for file in report.files if file.dataset == "frame")
    assert notes == ("1 cells hold several phones, the first valid one counts",)
    assert lake.landed[-1].files == ledger.find(lake.folder, report.scope, report.delivery_id).files  # type: ignore[union-attr]


def test_a_case_has_the_same_token_in_frame_and_calls_and_another_one_in_another_region(lake: Lake) -> None:
    files = {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}
    lake.deliver(files)
    tokens = {lake.rows(name)[0]["case_token"] for name in ("frame", "calls")}
    assert tokens == {token_of("case:330109:XS-1")}
    lake.deliver(files, region="330110")
    assert lake.rows("frame")[0]["case_token"] == token_of("case:330110:XS-1")


def texts_below(folder: Path) -> Iterator[tuple[str, str]]:
    """Every text a folder holds, with its place: text columns of Parquet, lines of anything else, names of files."""
    for path in (path for path in folder.rglob("*") if path.is_file()):
        yield "file name", path.name
        if path.suffix != ".parquet":
            yield str(path), path.read_text(encoding="utf-8")
            continue
        with duckdb.connect() as connection:
            table = connection.execute("select * from read_parquet($1)", [str(path)])
            names = [column[0] for column in table.description or ()]
            for row in table.fetchall():
                yield from (
                    (f"{path.parent}.{name}", value)
                    for name, value in zip(names, row, strict=True)
                    if isinstance(value, str)
                )


def test_nothing_personal_gets_past_landing_wherever_it_stands(lake: Lake) -> None:
    """A phone in every column of every dataset, in rows that are accepted and in rows that are not."""
    note = f"打{PHONE}问"
    frame_rows = [
        ("XS-1", f"区档案局{PHONE}", "2018-03-01", PHONE, f"查档{PHONE}", NAME),
        ("XS-2", "区档案局", PHONE, PHONE, note, NAME),
        (PHONE, "区档案局", "2018-03-01", PHONE, note, NAME),
        ("XS-3", "区档案局", "2018-03-01", PHONE, "查档"),
        ("XS-4", "区档案局", "2018-03-01", PHONE, "查档", NAME, PHONE),
    ]
    frame_header = [*FRAME_HEADER[:5], "申请人"]
    calls_header = [
        "办件编号",
        "部门名称",
        "回访时间",
        "回访结果",
        "满意度",
        "跑动次数",
        "第几次",
        "工号",
        "原因",
        "备注",
    ]
    sound = ("XS-1", note, "2018-04-10", "成功", "满意", "一次", "1", PHONE, note, note)
    faulty = [(*sound[:place], PHONE, *sound[place + 1 :]) for place in (0, 2, 3, 4, 5, 6)]
    annex_header = ["序号", "部门名称", "有效样本框", "抽样数", "满意率(%)", "比较满意率(%)"]
    annex = ("1", "区档案局", "12", "5", "100.00", "0.00")
    annexes = [annex, *((*annex[:place], PHONE, *annex[place + 1 :]) for place in range(6))]
    lake.deliver(
        {
            "frame.csv": (as_csv([*frame_header, PHONE], [(*row, PHONE) for row in frame_rows]), 5),
            "calls.csv": (as_csv(calls_header, [sound, *faulty]), 7),
            "published.csv": (as_csv(annex_header, annexes), 7),
        },
        note=note,
    )
    # a row may end early; one that is too long is rejected
    assert [row["case_id"] for row in lake.rows("frame")] == ["XS-1", "XS-3"]
    assert len(lake.rows("calls")) == 1
    assert lake.rows("calls")[0]["comment"] == "打[号码]问"
    found = list(texts_below(lake.folder))
    assert len(found) > 100
    assert {place for place, text in found if MOBILE.search(text) or NAME in text} == set()


def test_an_error_of_landing_names_no_cell(lake: Lake) -> None:
    broken = f'{",".join(FRAME_HEADER)}\nXS-1,"{NAME}{PHONE},c,d,e,f\n'.encode()
    with pytest.raises(Exception, match="cannot be read") as refused:
        lake.deliver({"frame.csv": (broken, 1), "calls.csv": calls()})
    assert MOBILE.search(str(refused.value)) is None
    assert NAME not in str(refused.value)


@pytest.mark.parametrize(
    "written", ["154 0000 0001", "１５４００００　０００１", "154—0000—0001", "330109 19800101 001X"]
)
def test_a_case_number_that_is_a_number_of_a_person_is_no_case_number_however_written(lake: Lake, written: str) -> None:
    lake.deliver({"frame.csv": frame(ONE_CASE, (written, *ONE_CASE[1:])), "calls.csv": calls()})
    (reject,) = lake.rows("rejects")
    assert reject["reason"] == "case_id_is_personal"
    assert "0001" not in reject["row_text"] and "001X" not in reject["row_text"]
