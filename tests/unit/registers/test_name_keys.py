"""One name, one key: Python, the landing macros and the dbt macro fold a name alike, or gates and marts would disagree."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callback_survey.deliveries.headers import fold, name_key
from callback_survey.landing.vocabulary import Vocabulary
from callback_survey.landing.workbench import define_rules
from callback_survey.privacy import TokenKey
from callback_survey.scope import Scope
from lakes import REPOSITORY, SEEDS

WHITE_SPACE = " \t\n\r\f\v\u3000\u00a0\u2003\u2028\u0085\u001c"
# ASCII, its full-width forms, Chinese, and all kinds of white space: what a form or an export can hold
FORM_TEXT = st.text(
    st.one_of(
        st.characters(min_codepoint=0x21, max_codepoint=0x7E),
        st.characters(min_codepoint=0xFF01, max_codepoint=0xFF5E),
        st.sampled_from("区市场监管局公安分户籍〇一二三、。《》" + WHITE_SPACE),
    ),
    max_size=20,
)
# anything else, except letters whose lower case is a matter of opinion between Unicode libraries
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs", "Lu", "Lt"]), max_size=20)


def duckdb_macro(name: str, argument: str) -> str:
    """The SQL that dbt renders for DuckDB from a macro of names.sql."""
    source = (REPOSITORY / "dbt_project" / "macros" / "names.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment()
    macros: dict[str, Any] = {}

    def dispatch(wanted: str, package: str) -> Any:
        assert package == "callback_survey"
        return macros.get(f"duckdb__{wanted}") or macros[f"default__{wanted}"]

    environment.globals.update({"adapter": SimpleNamespace(dispatch=dispatch), "return": lambda value: value})
    macros.update(vars(environment.from_string(source).module))
    return str(macros[name](argument)).strip()


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        define_rules(connection, Vocabulary.read(SEEDS, Scope("330109", "2018Q1")), TokenKey.from_secret(b"k" * 32))
        connection.execute(f"create temp macro dbt_name_key(t) as {duckdb_macro('name_key', 't')}")
        yield connection


def ask(sql: duckdb.DuckDBPyConnection, macro: str, text: str) -> str:
    row = sql.execute(f"select {macro}($1)", [text]).fetchone()
    assert row is not None
    return str(row[0])


@settings(max_examples=300)
@given(FORM_TEXT)
def test_landing_compares_words_as_headers_are_compared(sql: duckdb.DuckDBPyConnection, text: str) -> None:
    assert ask(sql, "folded", text) == fold(text)


@settings(max_examples=300)
@given(st.one_of(FORM_TEXT, ANY_TEXT))
def test_the_register_and_dbt_know_the_same_names(sql: duckdb.DuckDBPyConnection, text: str) -> None:
    assert ask(sql, "dbt_name_key", text) == name_key(text)


@given(FORM_TEXT)
def test_a_key_has_no_full_width_ascii_and_no_white_space_and_is_its_own_key(text: str) -> None:
    key = name_key(text)
    assert not any(0xFF01 <= ord(char) <= 0xFF5E or char.isspace() for char in key)
    assert name_key(key) == key


def test_the_seeded_names_have_keys_of_their_own_in_all_three(sql: duckdb.DuckDBPyConnection) -> None:
    with (SEEDS / "departments.csv").open(encoding="utf-8", newline="") as file:
        names = [(row["department_name"], row["department_code"]) for row in csv.DictReader(file)]
    with (SEEDS / "department_aliases.csv").open(encoding="utf-8", newline="") as file:
        names += [(row["alias"], row["department_code"]) for row in csv.DictReader(file)]
    assert len({code for _, code in names}) == 36
    keys = {name: ask(sql, "dbt_name_key", name) for name, _ in names}
    offices = {(keys[name], code) for name, code in names}
    assert len({key for key, _ in offices}) == len(offices), "no two offices share a key"
    assert {name: name_key(name) for name in keys} == keys
    assert {name: ask(sql, "folded", name) for name in keys} == {name: fold(name) for name in keys}


@pytest.mark.parametrize(
    ("printed", "key"),
    [
        ("区公安分局（户籍）", "区公安分局(户籍)"),
        ("区公安分局(户 籍)", "区公安分局(户籍)"),
        ("区市场\n监管局", "区市场监管局"),
        ("　区教育局\u00a0", "区教育局"),
        ("区ＯＡ办", "区oa办"),
        ("区①局", "区①局"),
    ],
)
def test_the_spellings_found_in_the_annexes(sql: duckdb.DuckDBPyConnection, printed: str, key: str) -> None:
    assert name_key(printed) == ask(sql, "dbt_name_key", printed) == key
