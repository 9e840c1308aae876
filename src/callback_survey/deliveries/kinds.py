"""What a file is: its first bytes decide, and its name only where they do not tell. And what lies beside data without being any."""

from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path, PurePosixPath

from callback_survey.deliveries.encodings import start_as_text

WORKBOOK, DOCUMENT, ARCHIVE, PARQUET, TEXT = "workbook", "document", "archive", "parquet", "text"
HTML, MHTML, XML_WORKBOOK = "html", "mhtml", "xml_workbook"
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_TEXTS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt")
SUFFIXES = (*_TEXTS, *_WORKBOOKS, ".parquet", ".docx", ".zip")
_BY_SUFFIX = {
    **dict.fromkeys(_WORKBOOKS, WORKBOOK),
    **dict.fromkeys(_TEXTS, TEXT),
    ".parquet": PARQUET,
    ".docx": DOCUMENT,
    ".zip": ARCHIVE,
}
# What cannot hold a table that could be read: what it is, and how it could be read
NO_TABLE = {
    "pdf": "a document in PDF",
    "picture": "a picture",
    "recording": "a sound or video recording",
    "doc": "a document of Word 97-2003, which Word saves as .docx",
    "rtf": "an RTF document, which Word saves as .docx",
    "presentation": "a presentation",
    "open_document": "an OpenDocument text, which Word saves as .docx",
    "json": "a JSON text, not a table",
    "sql": "an SQL script, not a table",
    "xml": "an XML text of another kind than Excel's",
    "unknown": "of a kind that is not known",
}
OTHER_ARCHIVES = {
    "rar": "a packed file of RAR",
    "7z": "a packed file of 7z",
    "tar": "a packed file of TAR",
    "bz2": "a bzip2 file",
    "xz": "an xz file",
    "split": "one part of an archive that was split when it was packed",
}
_MARKS = {
    b"%PDF-": "pdf",
    b"\x89PNG\r\n": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
    b"II*\0": "picture",
    b"MM\0*": "picture",
    b"{\\rtf": "rtf",
    b"PAR1": PARQUET,
    b"\x1f\x8b": TEXT,
    b"Rar!": "rar",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"BZh": "bz2",
    b"\xfd7zXZ\0": "xz",
    b"ID3": "recording",
    b"OggS": "recording",
    b"#!AMR": "recording",
}
_SPLIT = re.compile(r"[.](?:zip|7z|rar)[.][0-9]{3}$|[.]z[0-9]{2}$|[.]part[0-9]+[.]rar$|[.]r[0-9]{2}$", re.IGNORECASE)
_JSON = re.compile(r"\s*(?:\[\s*[{\[]|\{\s*\")")
_SQL = re.compile(
    r"\s*(?:--[^\n]*\s+|/[*].*?[*]/;?\s*)*(?:insert\s+into|create\s+table|drop\s+table|set\s+names)\b",
    re.IGNORECASE | re.DOTALL,
)
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = {"Workbook": WORKBOOK, "Book": WORKBOOK, "WordDocument": "doc", "PowerPoint Document": "presentation"}
_START_BYTES = 4096
_DIRECTORY_BYTES = 16 << 10
_CONTROL = re.compile("[\0-\x08\x0e-\x19\x1b-\x1f]")
_HTML = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|table|div|style|center)\b", re.IGNORECASE | re.DOTALL
)
_TAGS_OF_A_TABLE = re.compile(r"<(?:table|html)\b", re.IGNORECASE)
_XML_WORKBOOK = re.compile("urn:schemas-microsoft-com:office:spreadsheet|progid=.Excel[.]Sheet")
_MHTML = re.compile(r"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,20}?content-type:\s*multipart/related", re.IGNORECASE)
# What Excel, LibreOffice, macOS and Windows leave beside others
_LEFT_BEHIND = (
    "~$",
    ".~",
    "._",
    ".DS_Store",
    "Thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "Desktop.ini",
    "__MACOSX",
    ".Trash",
    ".Spotlight",
)
# Titles of tables about the data: sums, notes, lists of those who were not reached
_ABOUT_DATA = re.compile(
    "汇总|合计|统计(?!局)|总表|说明|须知|目录|封面|备注|字典|码表|代码|样表|模板|示例|透视|图表|进度|日报|周报|小结|报告|"
    "未接通|未联系|联系不上|未访到|未回访|失访|空号|停机|拒访|(?:未|无法|无效|失败|黑|排除|剔除|错误).*名单|"
    "summary|pivot|readme|unreached|dictionary|legend",
    re.IGNORECASE,
)


def is_left_behind(name: str) -> bool:
    """Whether a program left the file (or a folder above it) beside others; nobody sent it."""
    return any(part.startswith(_LEFT_BEHIND) for part in PurePosixPath(name.replace("\\", "/")).parts)


def is_about_data(title: str) -> bool:
    """Whether the title of a sheet or a file says that it tells of the data and is none."""
    return _ABOUT_DATA.search(title) is not None


def suffix_of(name: str) -> str | None:
    """The longest known ending of a name."""
    return next((end for end in sorted(SUFFIXES, key=len, reverse=True) if name.lower().endswith(end)), None)


def kind_of(path: Path) -> str:
    """By the content; where that does not tell (an empty or damaged file, a part of a split archive) by the name."""
    if _SPLIT.search(path.name):
        return "split"
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    kind = _kind_by_content(path, start)
    return kind or _BY_SUFFIX.get(suffix_of(path.name) or "", "unknown")


def _kind_by_content(path: Path, start: bytes) -> str | None:
    for mark, kind in _MARKS.items():
        if start.startswith(mark):
            return kind
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _packed_kind(path)
    if start.startswith(_COMPOUND):
        return _compound_kind(path, start)
    if start[257:262] == b"ustar":
        return "tar"
    if start[:4] == b"RIFF" or start[4:8] == b"ftyp":
        return "picture" if start[8:12] == b"WEBP" else "recording"
    return _text_kind(start)


def _packed_kind(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
            mime = package.read("mimetype")[:200] if "mimetype" in names else b""
    except Exception:  # damage, in the words of whoever reads what the name promises
        return None
    if mime:
        return WORKBOOK if b"spreadsheet" in mime else "open_document"
    if "[Content_Types].xml" in names:
        for folder, kind in (("xl/", WORKBOOK), ("word/", DOCUMENT), ("ppt/", "presentation")):
            if any(name.startswith(folder) for name in names):
                return kind
    return ARCHIVE


def _compound_kind(path: Path, start: bytes) -> str | None:
    """By the streams of an OLE file; one that is encrypted has none of these."""
    if len(start) < 52:
        return None
    (shift,) = struct.unpack_from("<H", start, 30)
    (sector,) = struct.unpack_from("<I", start, 48)
    if shift not in (9, 12):
        return None
    with path.open("rb") as file:
        file.seek((sector + 1) << shift)
        directory = file.read(_DIRECTORY_BYTES)
    for stream, kind in _STREAMS.items():
        if f"{stream}\0".encode("utf-16-le") in directory:
            return kind
    return None


def _text_kind(start: bytes) -> str | None:
    text = start_as_text(start)
    if text is None or _CONTROL.search(text):
        return None
    if _HTML.match(text) and _TAGS_OF_A_TABLE.search(text):
        return HTML
    if text.lstrip("\ufeff").lstrip().startswith("<?xml") and _XML_WORKBOOK.search(text):
        return XML_WORKBOOK
    if _MHTML.match(text):
        return MHTML
    plain = text.lstrip("\ufeff").lstrip()
    if plain.startswith("<?xml"):
        return "xml"
    if _JSON.match(plain) or _SQL.match(plain):
        return "json" if _JSON.match(plain) else "sql"
    return TEXT if "\n" in text or "\r" in text else None
