"""A text in which data can neither call anybody nor lead anywhere. Our own links stay as they are.

A chat makes a mention out of `<!channel>`, `@all` or `<at user_id=…>`, and a link out of anything that looks like an
address, in plain text as well. Escapes differ from service to service and some have none, so the one character that
starts a mention or a link is written in full width: it reads the same and means nothing to a service.
"""

from __future__ import annotations

import re
from collections.abc import Collection

# What people read as it stands, without mentions; and what another program reads, which escapes for what it shows.
_MAIL = ("mailto", "mailtos")
_FOR_PROGRAMS = ("json", "jsons", "xml", "xmls", "form", "forms")

_MENTION = {"@": "＠", "<": "＜", "!": "！"}
# `<` before a number or a space is "smaller than"; Apprise makes a mention of Slack's out of `!channel>` as well.
_STARTS_MENTION = re.compile(r"@(?=\S)|<(?=[^\s\d=])|!(?=[A-Za-z])")
_SCHEME = re.compile(r"(?<=[A-Za-z0-9])://")
# Clients link these without a scheme. No name of a file of ours ends so.
_DOMAINS = (
    "app|biz|cc|cn|club|co|com|dev|info|io|link|live|me|net|online|org|ru|shop|site|store|tech|top|tv|vip|win|xyz"
)
_BARE_LINK = re.compile(rf"(?i)(?<=www)\.|(?<=[\w-])\.(?=(?:{_DOMAINS})(?![\w-]))")


def defused(text: str, scheme: str, own_links: Collection[str]) -> str:
    """The text for a channel of this scheme. `own_links` are ours: each stays where it stands whole."""
    if scheme in _FOR_PROGRAMS:
        return text
    links = "|".join(re.escape(link) for link in sorted(own_links, key=len, reverse=True))
    # split() gives what stands between our links, and every other time a link
    pieces = re.split(rf"(?<![^\s：])({links})(?!\S)", text) if links else [text]
    for index in range(0, len(pieces), 2):
        piece = pieces[index] if scheme in _MAIL else _without_mentions(pieces[index])
        pieces[index] = _without_links(piece)
    return "".join(pieces)


def _without_mentions(text: str) -> str:
    return _STARTS_MENTION.sub(lambda match: _MENTION[match[0]], text)


def _without_links(text: str) -> str:
    return _BARE_LINK.sub("．", _SCHEME.sub("：//", text))
