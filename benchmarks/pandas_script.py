"""The other peer: the same rates from the same files by pandas, one district after the other, as a notebook would have it.

python -m benchmarks.pandas_script EXPORTS REGISTERS rates.csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

_SATISFACTION = r"[1-5]|满意|比较满意|基本满意|不太满意|不满意"
_VISITS = r"[0-9]+次?|零次|零上门|一次|两次.*|三次.*"


def _key(names: pd.Series) -> pd.Series:
    plain = names.str.replace(r"\s", "", regex=True).str.translate(str.maketrans("（）", "()"))
    return plain.str.lower()


def _files(folder: Path, kind: str) -> pd.DataFrame:
    read = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(folder.glob(f"{kind}*.csv"))]
    return pd.concat(read, ignore_index=True)


def _last(calls: pd.DataFrame, column: str, pattern: str) -> pd.Series:
    """Each case's last answer of those that mean something."""
    answered = calls[calls[column].fillna("").str.fullmatch(pattern)]
    return answered.groupby("办件编号")[column].last()


def _rates(folder: Path, names: pd.DataFrame) -> pd.DataFrame:
    frame = _files(folder, "frame").drop_duplicates("办件编号")
    frame = frame.assign(key=_key(frame["部门名称"])).merge(names, on="key", how="left")
    calls = _files(folder, "calls")
    calls = calls.assign(attempt=calls["第几次"].astype(int)).sort_values(["回访时间", "attempt"], kind="stable")
    cases = pd.DataFrame({"case_id": calls["办件编号"].unique()}).merge(
        frame[["办件编号", "department_code"]], left_on="case_id", right_on="办件编号"
    )
    for column, pattern in (("满意度", _SATISFACTION), ("跑动次数", _VISITS)):
        cases[column] = cases["case_id"].map(_last(calls, column, pattern))
    cases["is_satisfied"] = cases["满意度"].isin(["满意", "5"])
    counted = cases.groupby("department_code").agg(
        sample_count=("case_id", "size"),
        satisfaction_count=("满意度", "count"),
        satisfied_count=("is_satisfied", "sum"),
        visits_count=("跑动次数", "count"),
    )
    return counted.join(frame.groupby("department_code").size().rename("frame_row_count")).reset_index()


def main(exports: Path, registers: Path, target: Path) -> None:
    departments = pd.read_csv(registers / "departments.csv", dtype=str, keep_default_na=False)
    aliases = pd.read_csv(registers / "department_aliases.csv", dtype=str, keep_default_na=False)
    columns = ["region_code", "key", "department_code"]
    spelled = pd.concat(
        [
            departments.assign(key=_key(departments["department_name"]))[columns],
            aliases.assign(key=_key(aliases["alias"]))[columns],
        ]
    ).drop_duplicates(["region_code", "key"])
    rates = [
        _rates(folder, spelled[spelled["region_code"] == folder.parent.name]).assign(region_code=folder.parent.name)
        for folder in sorted(exports.glob("*/*"))
    ]
    pd.concat(rates).to_csv(target, index=False)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
