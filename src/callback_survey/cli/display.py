"""A run shown to a person: a line per step, live on a terminal, plain lines elsewhere. Fed by `progress` events."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from callback_survey.cli.language import shown
from callback_survey.cli.terminal import open_console, pad, say
from callback_survey.progress import Event

__all__ = ["Display", "open_console"]

_MARKS = {"done": ("✔", "green"), "failed": ("✘", "red")}
_STEP_WIDTH, _SUBJECT_WIDTH = 10, 12
# A message goes on under its beginning where the terminal is wide enough for that.
_MESSAGE_AT, _WIDE = 33, 100
# Of a province a step names ninety regions: the run's log has them all.
_MOST_NAMES, _NAMES_SHOWN = 8, 3


class Display:
    """Shows events as they come. Use as a context manager: the live line disappears at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._running: dict[tuple[str, str], Event] = {}
        self._live = Live(console=console, transient=True, refresh_per_second=8) if console.is_terminal else None

    def __enter__(self) -> Display:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        key = (event.step, event.subject)
        if event.state in _MARKS:
            self._running.pop(key, None)
            say(self._console, _line(event), hang=_MESSAGE_AT if self._console.width >= _WIDE else 4)
        else:
            self._running[key] = event
        if self._live is not None:
            self._live.update(self._under_way())

    def _under_way(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for event in self._running.values():
            told = Text.assemble(_place(event), shown(event.message), no_wrap=True, overflow="ellipsis")
            table.add_row(Spinner("dots"), told)
        return table


def _place(event: Event) -> Text:
    return Text.assemble(pad(shown(event.step), _STEP_WIDTH), pad(event.subject, _SUBJECT_WIDTH))


def _line(event: Event) -> Text:
    mark, colour = _MARKS[event.state]
    line = Text()
    line.append(f"{mark} ", style=colour)
    line.append(_place(event).plain, style="bold")
    line.append(f"{event.seconds:6.1f} s  ", style="dim")
    line.append(_told(event), style="red" if event.state == "failed" else "")
    return line


def _told(event: Event) -> str:
    """What a step said at its end, in the language that is chosen; of a long list of names the first, and how many follow."""
    parts = event.message.split("; ")
    if event.state == "failed" or not any(map(_is_long, parts)):
        return shown(event.message)
    return "; ".join(_shortened(part) if _is_long(part) else shown(part) for part in parts)


def _is_long(part: str) -> bool:
    return part.count(", ") >= _MOST_NAMES


def _shortened(part: str) -> str:
    names = part.split(", ")
    return f"{shown(', '.join(names[:_NAMES_SHOWN]))} {shown(f'… and {len(names) - _NAMES_SHOWN} more')}"
