"""The robots of DingTalk, WeCom and Feishu (Lark): they say no inside an answer of 200, so their answer is read.

Apprise understands their URLs, and this module sends what those URLs name. Apprise's own plugins look at the status of
the answer only (docs/decisions.md).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apprise import NotifyBase

# Why a service said no, by its number. The rest is found in what it says, and else told by the number alone.
_DINGTALK = {
    -1: "busy",
    130101: "rate",
    300001: "token",
    300005: "token",
    400013: "token",
    400101: "token",
    400102: "token",
    400106: "token",
    410100: "rate",
    460101: "length",
}
_WECOM = {
    -1: "busy",
    45002: "length",
    45009: "rate",
    45033: "rate",
    60020: "address",
    93000: "token",
    93004: "token",
    93008: "token",
}
_FEISHU = {
    11232: "rate",
    19001: "token",
    19021: "signature",
    19022: "address",
    19024: "keyword",
    230025: "length",
    99991400: "rate",
}
# DingTalk has one number, 310000, for three reasons, and WeCom and Feishu one for anything wrong in a request.
_SAID = (
    ("keyword", re.compile(r"key ?words?|关键词", re.IGNORECASE)),
    ("signature", re.compile(r"(?<![a-z])sign(?![a-z])|signature|timestamp|签名|时间戳", re.IGNORECASE)),
    ("address", re.compile(r"(?<![a-z])ip(?![a-z])|white ?list|白名单", re.IGNORECASE)),
    ("rate", re.compile(r"too (?:many|fast)|frequen|freq out|rate.?limit|过快|频率|限流", re.IGNORECASE)),
    ("length", re.compile(r"max length|too (?:long|large)|size out of|过长|太长|超长", re.IGNORECASE)),
    ("token", re.compile(r"token|webhook|robot.*(?:not exist|disabled)|机器人.*(?:不存在|停用)", re.IGNORECASE)),
)
_SUCCESS = 200
# What a second may change: the way to the service, and a service that is busy.
_PASSING = ("status", "connection", "unexplained", "busy")


@dataclass(frozen=True)
class Refusal:
    """A no: the key of its words in the catalogue (`refused.…`), or of what went wrong on the way, and its number."""

    reason: str
    code: str

    @property
    def is_passing(self) -> bool:
        """Whether the same request may be taken a second later. A limit per minute is not over by then."""
        return self.reason in _PASSING


def _in_utf8(text: str) -> int:
    return len(text.encode("utf-8"))


def _in_json(text: str) -> int:
    """The bytes that a text takes in a request: a line break takes two there, a quotation mark too."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8")) - 2


@dataclass(frozen=True)
class Robot:
    """How one service is spoken to. `room` is what a text may take, measured by `size`; `zeros` say yes in an answer."""

    room: int
    size: Callable[[str], int]
    address: Callable[[Any], tuple[str, dict[str, str]]]
    message: Callable[[Any, str], dict[str, Any]]
    zeros: tuple[str, ...]
    reasons: Mapping[int, str]


def _dingtalk_address(service: Any) -> tuple[str, dict[str, str]]:
    if not service.secret:
        return service.notify_url.format(token=service.token), {}
    moment = str(round(time.time() * 1000))
    signed = hmac.new(service.secret.encode(), f"{moment}\n{service.secret}".encode(), hashlib.sha256).digest()
    # as it is: it is percent-encoded once when the address is made, and a second time would make it another signature
    return service.notify_url.format(token=service.token), {
        "timestamp": moment,
        "sign": base64.b64encode(signed).decode(),
    }


def _dingtalk_message(service: Any, text: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": text}, "at": {"atMobiles": service.targets, "isAtAll": False}}


def _feishu_message(_service: Any, text: str) -> dict[str, Any]:
    return {"msg_type": "text", "content": {"text": text}}


# What each takes in bytes: WeCom 2,048 of text; DingTalk 20,000 and Feishu 20 KB of the whole request.
_FRAME = 500
_BY_SCHEME = {
    "dingtalk": Robot(20_000 - _FRAME, _in_json, _dingtalk_address, _dingtalk_message, ("errcode",), _DINGTALK),
    "wecombot": Robot(
        2_048,
        _in_utf8,
        lambda service: (service.api_url, {}),
        lambda _service, text: {"msgtype": "text", "text": {"content": text}},
        ("errcode",),
        _WECOM,
    ),
    "feishu": Robot(
        20_000 - _FRAME,
        _in_json,
        lambda service: (service.notify_url.format(token=service.token), {}),
        _feishu_message,
        ("code", "StatusCode"),
        _FEISHU,
    ),
    "lark": Robot(
        20_000 - _FRAME,
        _in_json,
        lambda service: (service.webhook_url, {}),
        _feishu_message,
        ("code", "StatusCode"),
        _FEISHU,
    ),
}


def robot_of(service: NotifyBase) -> Robot | None:
    """How to speak to a service, if it is one of these; Apprise knows it by its scheme, or by its own web address."""
    return _BY_SCHEME.get(str(service.secure_protocol)) if isinstance(service.secure_protocol, str) else None


def post(robot: Robot, service: Any, text: str) -> Refusal | None:
    """Send one text; None is a yes.

    Certificates, time limits, proxies and redirects are those of Apprise: its URL may set them.
    """
    import requests

    address, parameters = robot.address(service)
    try:
        answer = requests.post(
            address,
            params=parameters,
            data=json.dumps(robot.message(service, text), ensure_ascii=False).encode("utf-8"),
            headers={"User-Agent": service.app_id, "Content-Type": "application/json; charset=utf-8"},
            verify=service.verify_certificate,
            timeout=service.request_timeout,
            allow_redirects=getattr(service, "redirects", True),  # Apprise has the setting since 1.13
        )
    except requests.RequestException:
        # its text holds the address, and with it the token
        return Refusal("connection", "")
    return refusal(robot, answer.status_code, answer.content)


def refusal(robot: Robot, status: int, content: bytes) -> Refusal | None:
    """What an answer means. Only a status of 200 with a zero in the service's own field is a yes."""
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    codes = [answer[name] for name in robot.zeros if name in answer] if isinstance(answer, dict) else []
    for code in codes:
        if str(code) != "0":
            return _reason(robot, code, answer)
    if status != _SUCCESS:
        return Refusal("status", str(status))
    return None if codes else Refusal("no_answer", "")


def _reason(robot: Robot, code: Any, answer: Mapping[str, Any]) -> Refusal:
    """Fixed words and a number: what the service says itself may quote the token."""
    number = code if isinstance(code, int) else int(code) if re.fullmatch(r"-?\d{1,9}", str(code)) else None
    said = " ".join(str(answer.get(name, "")) for name in ("errmsg", "msg", "StatusMessage"))
    known = robot.reasons.get(number) if number is not None else None
    reason = known or next((reason for reason, pattern in _SAID if pattern.search(said)), "other")
    return Refusal(reason, "?" if number is None else str(number))
