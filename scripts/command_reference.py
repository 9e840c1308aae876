"""Write docs/commands.md from the command line itself: `.venv/bin/python scripts/command_reference.py`, or `--check` to compare only.

Every word of a section is what `--help` says; only the page's first lines are written here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from callback_survey.cli.main import _parser as command_line

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENT = REPOSITORY / "docs" / "commands.md"
_WIDTH = 100
_HEAD = """<!-- Made by scripts/command_reference.py of what `--help` says. Change the help, then run it again. -->
# Commands

What each command does, with its options and examples, as `--help` prints it. In a checkout the command is
`.venv/bin/callback-survey`. What the exit codes mean: [failures.md](failures.md#exit-codes). The environment variables that stand
behind the defaults: [settings.md](settings.md).

`run`, `airflow run`, `airflow standalone`, `rotate-key`, `plan` with a frame, and `dbt` where nothing is built yet need the
[privacy key](settings.md#the-privacy-key); for the demonstration,
`export CALLBACK_SURVEY_PRIVACY_KEY_FILE=.privacy-key`. `run` does what `airflow run` does, without Airflow: both call the same
functions and send the same alerts. A range of quarters stops at the first one that fails.

In bash and zsh, `eval "$(register-python-argcomplete callback-survey)"` lets the shell complete commands and options.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="write nothing; exit code 1 where the file would change")
    is_check = options.parse_args(arguments).check
    text = document(command_line())
    if is_check:
        if DOCUMENT.is_file() and DOCUMENT.read_text(encoding="utf-8") == text:
            return 0
        print(f"{DOCUMENT} is not what --help says: .venv/bin/python scripts/command_reference.py", file=sys.stderr)
        return 1
    DOCUMENT.write_text(text, encoding="utf-8")
    return 0


def document(parser: argparse.ArgumentParser) -> str:
    """The whole page, for a parser with its commands."""
    commands = list(_commands(parser))
    name = parser.prog
    index = [
        f"| [`{command.prog.removeprefix(f'{name} ')}`](#{_anchor(command)}) | {_escaped(summary)} |"
        for command, summary in commands
    ]
    lists = "\n".join(["| command | what it does |", "|---|---|", *index])
    sections = [_section(command, summary) for command, summary in commands]
    return "\n".join([_HEAD, lists, "", *sections]).rstrip("\n") + "\n"


def _commands(parser: argparse.ArgumentParser, summary: str = "") -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """Each command that does something, in the order of `--help`, with the line that its parent says of it."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield parser, summary
    for group in groups:
        said = {action.dest: action.help or "" for action in group._choices_actions}
        for name, command in group.choices.items():
            yield from _commands(command, said[name])


def _anchor(command: argparse.ArgumentParser) -> str:
    return command.prog.replace(" ", "-")


def _section(command: argparse.ArgumentParser, summary: str) -> str:
    parts = [f"## {command.prog}", _escaped(command.description or _sentence(summary))]
    parts += [f"```text\n{_usage(command)}\n```", _options(command)]
    for block in (command.epilog or "").split("\n\n"):
        title, _, rest = block.partition("\n")
        if title.strip() in ("example:", "examples:"):
            parts.append(f"```\n{_outdented(rest)}\n```")
        elif block.strip():
            parts.append(_escaped(block.strip()))
    return "\n\n".join(parts) + "\n"


def _usage(command: argparse.ArgumentParser) -> str:
    formatter = argparse.HelpFormatter(command.prog, width=_WIDTH)
    formatter.add_usage(command.usage, command._actions, command._mutually_exclusive_groups, prefix="")
    return formatter.format_help().strip()


def _options(command: argparse.ArgumentParser) -> str:
    rows = ["| option | meaning |", "|---|---|"]
    for action in command._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        help_text = (action.help or "") % {**vars(action), "prog": command.prog}
        if action.required and action.option_strings:
            help_text = f"{help_text} (required)".strip()
        rows.append(f"| `{_invocation(action)}` | {_escaped(help_text)} |")
    return "\n".join(rows) if len(rows) > 2 else "It has no options."


def _invocation(action: argparse.Action) -> str:
    shown = action.metavar if isinstance(action.metavar, str) else None
    if shown is None:
        shown = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper()
    if not action.option_strings:
        return shown
    return ", ".join(action.option_strings) + ("" if action.nargs == 0 else f" {shown}")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _outdented(block: str) -> str:
    return "\n".join(line.removeprefix("  ") for line in block.rstrip().splitlines())


def _escaped(text: str) -> str:
    """As Markdown that shows what the terminal shows: `<region>` is no tag, and a `|` ends no cell."""
    return text.replace("<", "\\<").replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
