"""Phones become tokens, free text loses its numbers. One place, used by Python and, as SQL, by DuckDB.

A number of a person is looked for in the *plain form* of a text (`plain`, `plain_sql`), however it was typed: in the digits of
whatever script or width, with dots, dashes, slashes, brackets or spaces between them, in groups, with invisible characters. The
scrubber, the search of the gate and of the watch, and what may stand in a name or a reason all read that one form.
Patterns are written for RE2 (no look-around), which DuckDB uses; Python's `re` reads the same text.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

SCRUBBED = "[号码]"
_SHA256_BLOCK_BYTES = 64

# --- the plain form -------------------------------------------------------------------------------------------------------

# Zero-width, bidi and control characters, soft hyphens, byte order marks, variation selectors
_INVISIBLE = (
    r"[\x{00}-\x{08}\x{0E}-\x{1B}\x{7F}\x{AD}\x{034F}\x{061C}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180E}\x{200B}-\x{200F}"
    r"\x{202A}-\x{202E}\x{2060}-\x{206F}\x{2800}\x{3164}\x{FE00}-\x{FE0F}\x{FEFF}\x{FFA0}\x{FFF9}-\x{FFFB}]"
)
_SPACES = r"[\s\x{0B}\x{1C}-\x{1F}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]+"
# The zero of each row of ten digits: full width, Arabic, Persian, Indian, Thai, Tibetan, Mongolian, mathematical, subscripts
_ZEROS = (0xFF10, 0x0660, 0x06F0, 0x0966, 0x0E50, 0x0F20, 0x1810, *range(0x1D7CE, 0x1D800, 10), 0x2080)
_PLAIN = {
    **{chr(zero + digit): str(digit) for zero in _ZEROS for digit in range(10)},
    # in circles, brackets and black circles, which have no zero, and superscripts
    **{chr(one + digit): str(digit + 1) for one in (0x2460, 0x2474, 0x2776) for digit in range(9)},
    **dict(zip("⓪⁰¹²³⁴⁵⁶⁷⁸⁹", "00123456789", strict=True)),
    **{chr(0xFEE0 + ord(letter)): letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@+_()~|[]"},
    **dict.fromkeys("‐‑‒–—―−﹣－─━﹘ー", "-"),
    **dict.fromkeys("．·•・․‧∙⋅｡", "."),
    **dict.fromkeys("／⁄∕＼\\", "/"),
}
_FROM, _TO = "".join(_PLAIN), "".join(_PLAIN.values())
_TRANSLATION = str.maketrans(_FROM, _TO)
# What may hold a number at all: most cells hold none of these and are not looked at twice
_WORTH_A_LOOK = "|".join(
    (
        "[0-9@]",
        r"[^\x{00}-\x{7F}一-龥，。、；：（）“”]",
        "[〇零一二三四五六七八九幺]( ?[〇零一二三四五六七八九幺]){6}",
        "(微信|[Ww][Xx]|[Vv][Xx]|[Qq][Qq]|[Ww]e[Cc]hat)[^。]*[A-Za-z]",
    )
)


def _python(pattern: str) -> str:
    r"""RE2's `\x{AD}` as Python's `\u00ad`."""
    return re.sub(r"\\x\{([0-9A-F]+)\}", lambda code: f"\\U{int(code[1], 16):08x}", pattern)


_INVISIBLE_IN_PYTHON, _SPACES_IN_PYTHON = re.compile(_python(_INVISIBLE)), re.compile(_python(_SPACES))


def plain(text: str) -> str:
    """The form in which numbers are looked for: digits, letters and separators of all kinds as ASCII has them, nothing
    invisible, and every stretch of white space one space. Words and their punctuation stay."""
    visible = _INVISIBLE_IN_PYTHON.sub("", text)
    return _SPACES_IN_PYTHON.sub(" ", visible.translate(_TRANSLATION))


def plain_sql(text_sql: str) -> str:
    visible = f"regexp_replace({text_sql}, '{_INVISIBLE}', '', 'g')"
    return f"regexp_replace(translate({visible}, '{_FROM}', '{_TO}'), '{_SPACES}', ' ', 'g')"


# --- numbers of people, in plain text -------------------------------------------------------------------------------------

_ANY = "[ ./_~()-]{0,4}"  # between any two digits
_GROUP = "[ .,，、。:：/_|~()-]{0,4}"  # between groups of them
_86 = rf"(?:(?:\+|00)?86{_ANY})?"
# A mobile number as people group it, which no date and no list of numbers is: 3-4-4, 3-3-5, 4-3-4, 5-6, 3-2-2-2-2, one by one
_MOBILE = "|".join(
    (
        f"1[3-9][0-9]{_GROUP}[0-9]{{4}}{_GROUP}[0-9]{{4}}",
        f"1[3-9][0-9]{_GROUP}[0-9]{{3}}{_GROUP}[0-9]{{5}}",
        f"1[3-9][0-9]{{2}}{_GROUP}[0-9]{{3}}{_GROUP}[0-9]{{4}}",
        f"1[3-9][0-9]{{3}}{_GROUP}[0-9]{{6}}",
        f"1[3-9][0-9](?:{_GROUP}[0-9]{{2}}){{4}}",
        f"1{_GROUP}[3-9](?:[ ./_~-]{{1,4}}[0-9]){{9}}",
    )
)


def _identity(gap: str) -> str:
    """A resident identity number (GB 11643): region, date of birth, serial, check character; `gap` between any two digits."""
    year, month = f"(?:1{gap}9|2{gap}0)", f"(?:0{gap}[1-9]|1{gap}[0-2])"
    day = f"(?:0{gap}[1-9]|[12]{gap}[0-9]|3{gap}[01])"
    digit = "[0-9]"
    return gap.join(["[1-9]", *[digit] * 5, year, digit, digit, month, day, *[digit] * 3, "[0-9Xx]"])


_LEFT, _RIGHT = "(^|[^0-9A-Za-z])", "($|[^0-9A-Za-z])"
# A number that stands by itself, beyond doubt one of a person. In a name, digits in groups are rather dates and serials:
# there only spaces may part an identity number.
PERSONAL_NUMBER = f"{_LEFT}(?:{_86}(?:{_MOBILE})|{_identity(' ?')}){_RIGHT}"
# Without eleven digits (of any script) that no letter parts there is none: making the plain form is the costly part
ELEVEN_DIGITS = "(?:[0-9][^0-9A-Za-z]*){11}"
MAY_HOLD_PERSONAL_NUMBER = rf"{ELEVEN_DIGITS}|[^\x{{00}}-\x{{7F}}一-龥]"
# The same in a case number, for which a whole column is judged (landing/case_numbers.py)
MOBILE_IN_CASE = f"{_LEFT}{_86}({_MOBILE}){_RIGHT}"
IDENTITY_IN_CASE = f"{_LEFT}({_identity(_ANY)}){_RIGHT}"

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使"
_PLATE_SIGN = "0-9A-HJ-NP-Za-hj-np-z"
# In free text whatever may be a number of a person goes, and any seven digits in a row: a word too many costs nothing there.
_IN_TEXT = "|".join(
    (
        r"[0-9A-Za-z._%+-]+ ?@ ?[0-9A-Za-z-]+(?:[.][0-9A-Za-z-]+)+",
        r"(?:微信|[Ww]e[Cc]hat|[Ww][Xx]|[Vv][Xx]|[Qq]{2})(?:号码|号)?[ :：是为]{0,3}[0-9A-Za-z_-]{5,}",
        f"[{_PROVINCES}][A-HJ-NP-Za-hj-np-z][ .-]?[{_PLATE_SIGN}]{{4,5}}[{_PLATE_SIGN}学警港澳挂]",
        "[〇零一二三四五六七八九幺](?: ?[〇零一二三四五六七八九幺]){6,}",
        # what follows has no digit before it: 2018-03-01 09 30 15 is no mobile number 18030109301
        "(^|[^0-9])(?:"
        + "|".join(
            (
                _identity(_ANY),
                "[3-6][0-9]{3}(?:[ ./_-]{1,3}[0-9]{4}){3}(?:[ ./_-]{0,3}[0-9]{1,3})?",
                f"{_86}(?:{_MOBILE})",
                f"{_86}1{_ANY}[3-9](?:{_ANY}[0-9]){{9}}",
                "1[3-9][0-9Oo]{9}",
                f"0[0-9]{{2,3}}{_ANY}[0-9]{{3,4}}{_ANY}[0-9]{{4}}",
                "[5-8][0-9]{3}[ -][0-9]{4}",
            )
        )
        # with all its digits: what is left of a number must not be another one
        + ")[0-9]*",
        "[0-9]{7,}[Xx]?",
    )
)
_NUMBER, _TEXT_NUMBER = re.compile(PERSONAL_NUMBER), re.compile(_IN_TEXT)
_LOOK = re.compile(_python(_WORTH_A_LOOK))
_MASKED = re.compile(rf"(?<![0-9A-Za-z])(?:{_86}(?:{_MOBILE})|{_identity(' ?')})(?![0-9A-Za-z])")


def scrub(text: str) -> str:
    """Free text without numbers, addresses and plates of people. A text that holds one is returned in its plain form."""
    if not _LOOK.search(text):
        return text
    form = plain(text)
    return _TEXT_NUMBER.sub(rf"\1{SCRUBBED}", form) if _TEXT_NUMBER.search(form) else text


def scrub_sql(text_sql: str) -> str:
    form = plain_sql(text_sql)
    scrubbed = rf"regexp_replace({form}, '{_IN_TEXT}', '\1{SCRUBBED}', 'g')"
    is_worth_a_look = f"regexp_matches({text_sql}, '{_WORTH_A_LOOK}')"
    return f"case when {is_worth_a_look} and regexp_matches({form}, '{_IN_TEXT}') then {scrubbed} else {text_sql} end"


def mask(text: str) -> str:
    """A message without mobile and identity numbers. Case numbers, run ids and dates survive: they are looked up."""
    form = plain(text)
    return _MASKED.sub(SCRUBBED, form) if _MASKED.search(form) else text


def holds_personal_number(text: str) -> bool:
    """Whether a mobile or identity number stands in a text that is kept as it is, such as the name of a file."""
    return _NUMBER.search(plain(text)) is not None


def holds_personal_number_sql(text_sql: str) -> str:
    is_worth_a_look = f"regexp_matches({text_sql}, '{MAY_HOLD_PERSONAL_NUMBER}')"
    return f"case when {is_worth_a_look} then regexp_matches({plain_sql(text_sql)}, '{PERSONAL_NUMBER}') else false end"


# --- tokens ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TokenKey:
    """The two padded keys of HMAC-SHA-256 (RFC 2104), so that DuckDB can compute it over millions of rows.

    `key_id` names the key without telling it: tokens of two keys cannot be compared, and the ledger says which was used.
    """

    inner_pad: bytes
    outer_pad: bytes
    key_id: str

    @classmethod
    def from_secret(cls, secret: bytes) -> TokenKey:
        block = hashlib.sha256(secret).digest() if len(secret) > _SHA256_BLOCK_BYTES else secret
        block = block.ljust(_SHA256_BLOCK_BYTES, b"\0")
        key_id = hmac.new(secret, b"callback-survey key id", "sha256").hexdigest()[:8]
        return cls(bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block), key_id)


def token_sql(text_sql: str) -> str:
    """SQL for a token: the key's id and the HMAC-SHA-256 (hex) of a text.

    Takes $key_id (text) and the pads $inner_pad and $outer_pad (BLOB).
    """
    return f"$key_id || ':' || sha256($outer_pad::blob || unhex(sha256($inner_pad::blob || encode({text_sql}))))"


def is_no_token_sql(text_sql: str) -> str:
    """SQL: a text that `token_sql` cannot have made."""
    return f"not regexp_full_match({text_sql}, '[0-9a-f]{{8}}:[0-9a-f]{{64}}')"


# --- phones ---------------------------------------------------------------------------------------------------------------


def normalised_phone_sql(text_sql: str) -> str:
    """SQL for a phone in half width, without spaces of any kind, hyphens, parentheses, +86 or 0086, and a mobile number
    without 86 or 0 before it.

    A landline loses its extension, whether after 转, ext or a third hyphen; a spreadsheet's number loses its point.
    """
    half_width = f"translate({text_sql}, '０１２３４５６７８９＋－（）　', '0123456789+-() ')"
    landline = r"(?:[+]86|0086)?[\s\p{Z}-]*[(]?0[0-9]{2,3}[)]?[\s\p{Z}-]*[0-9]{7,8}"
    extension = r"[\s\p{Z}]*(?:-|转|分机|[eE][xX][tT][.]?|[xX]|#|,)[\s\p{Z}]*[0-9]{1,6}"
    trimmed = rf"regexp_replace({half_width}, '^[\s\p{{Z}}]*({landline}){extension}[\s\p{{Z}}]*$', '\1')"
    whole = f"regexp_replace({trimmed}, '[.]0$', '')"
    joined = rf"regexp_replace({whole}, '[\s\p{{Z}}\-()]', '', 'g')"
    return rf"regexp_replace({joined}, '^(?:\+86|0086|86|0)(1[3-9][0-9]{{9}})$|^(?:\+86|0086)', '\1')"


def is_valid_phone_sql(normalised_sql: str) -> str:
    """A mobile number, or a landline with its area code. Allocated ranges are not looked at: they change."""
    return rf"regexp_full_match({normalised_sql}, '1[3-9][0-9]{{9}}|0(10|2[0-9]|[3-9][0-9]{{2}})[0-9]{{7,8}}')"
