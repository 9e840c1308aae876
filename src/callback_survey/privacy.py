"""Phones become tokens, free text loses its numbers. One place, used by Python and, as SQL, by DuckDB."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

_D = "[0-9０-９]"
# Mobile (also after 86, also in groups), landline with area code, and any run of seven digits or more, which holds
# identity numbers and local numbers too. No look-around, so that the same text serves Python's re and DuckDB's RE2.
PERSONAL_NUMBER = (
    rf"((\+|＋)?(00)?86[ -]?)?[1１][3-9３-９]([ -]?{_D}){{9}}|[0０]{_D}{{2,3}}[ －-]?{_D}{{7,8}}|{_D}{{7,}}[XxＸｘ]?"
)
SCRUBBED = "[号码]"
# A whole mobile number standing by itself. Data contract §2 gives the form.
MOBILE_NUMBER = r"(^|[^0-9A-Za-z])1[3-9][0-9]{9}($|[^0-9A-Za-z])"
# A resident identity number (GB 11643): region, date of birth, serial, check character.
IDENTITY_NUMBER = r"(^|[^0-9A-Za-z])[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]($|[^0-9A-Za-z])"
_SHA256_BLOCK_BYTES = 64


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


def scrub(text: str) -> str:
    """The text without phone, identity or other long numbers."""
    return re.sub(PERSONAL_NUMBER, SCRUBBED, text)


def holds_personal_number(text: str) -> bool:
    """Whether a mobile or identity number stands in a text that is kept as it is, such as the name of a file."""
    return re.search(f"{MOBILE_NUMBER}|{IDENTITY_NUMBER}", text) is not None


def scrub_sql(text_sql: str) -> str:
    return f"regexp_replace({text_sql}, '{PERSONAL_NUMBER}', '{SCRUBBED}', 'g')"


def normalised_phone_sql(text_sql: str) -> str:
    """SQL for a phone in half width, without spaces of any kind, hyphens, parentheses, +86 or 0086.

    A landline loses its extension, whether after 转, ext or a third hyphen; a spreadsheet's number loses its point.
    """
    half_width = f"translate({text_sql}, '０１２３４５６７８９＋－（）　', '0123456789+-() ')"
    landline = r"(?:[+]86|0086)?[\s\p{Z}-]*[(]?0[0-9]{2,3}[)]?[\s\p{Z}-]*[0-9]{7,8}"
    extension = r"[\s\p{Z}]*(?:-|转|分机|[eE][xX][tT][.]?|[xX]|#|,)[\s\p{Z}]*[0-9]{1,6}"
    trimmed = rf"regexp_replace({half_width}, '^[\s\p{{Z}}]*({landline}){extension}[\s\p{{Z}}]*$', '\1')"
    whole = f"regexp_replace({trimmed}, '[.]0$', '')"
    return rf"regexp_replace(regexp_replace({whole}, '[\s\p{{Z}}\-()]', '', 'g'), '^(\+86|0086)', '')"


def is_valid_phone_sql(normalised_sql: str) -> str:
    """A mobile number, or a landline with its area code. Allocated ranges are not looked at: they change."""
    return rf"regexp_full_match({normalised_sql}, '1[3-9][0-9]{{9}}|0(10|2[0-9]|[3-9][0-9]{{2}})[0-9]{{7,8}}')"
