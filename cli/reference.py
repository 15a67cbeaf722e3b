"""The reference of the commands, in Markdown, from the commands themselves.

`python -m cli.reference > docs/commands.md` writes it again.
"""

import enum
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from cli.app import REFUSED, app
from cli.options import RUNNING

SHARED = ("by", "reason", "command_id", "as_json", "preview")
"""Parameters that are told of once, for all the commands that have them."""
TYPES = {int: "NUMBER", float: "NUMBER", str: "TEXT", Path: "PATH", datetime: "DATE"}
WORDS = {
    "invalid": "can never be right as it was typed",
    "not-found": "names what is not there",
    "not-allowed": "is not for whoever asks",
    "conflict": "cannot be as things stand",
}
"""What each kind of refusal means."""

HEAD = """# Commands

Written by `python -m cli.reference > docs/commands.md` from the commands themselves. `alongside COMMAND --help` says
the same in a terminal.

**Which transition**: by its id, by the beginning of its id (4 characters or more), or by the person's local id.

**Dates** are those of London: `2026-11-26`, `26/11/2026`, `2026-11-26 14:05`, `2026-11-26T14:05+01:00`, `today`,
`yesterday`, `tomorrow`, `tomorrow 9:00`, or `14:05` for today. A day alone means noon for what happened (now, when
it is not noon yet), the beginning of the day for what is expected, and the end of the day for what has to be done by
then. Where the clocks go back, the first of the two hours is meant; an hour that they skip is refused.

**Exit codes**: every error is a sentence on stderr.

| | |
| --- | --- |
| 0 | it is done, or was done before under the same id |
| 1 | a service cannot be reached, or a check finds something |
{codes}
"""


def reference() -> str:
    """The whole reference."""
    root: Any = typer.main.get_command(app)
    panels: dict[str, list[str]] = {}
    shared: dict[str, Any] = {}
    for name, command in root.commands.items():
        for path, one in _leaves(name, command):
            shared |= {param.name: param for param in one.params if _is_shared(param)}
            panels.setdefault(command.rich_help_panel or RUNNING, []).append(_command(path, one))
    codes = "\n".join(f"| {code} | {kind}: it {WORDS[kind]} |" for kind, code in REFUSED.items())
    parts = [HEAD.format(codes=codes), "## What commands share\n", _table(shared[name] for name in SHARED)]
    for panel, commands in panels.items():
        parts += [f"## {panel}\n", *commands]
    return "\n".join(parts)


def _leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """A command, or the commands of a group, each with what is typed to reach it."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, one in command.commands.items():
        yield from _leaves(f"{path} {name}", one)


def _command(path: str, command: Any) -> str:
    own = [param for param in command.params if not _is_shared(param)]
    shared = [f"`{param.opts[0]}`" for param in command.params if _is_shared(param)]
    needed = [_usage(param) for param in own if param.required or param.param_type_name == "argument"]
    lines = [f"### `{' '.join(['alongside', path, *needed])}`\n", f"{command.help}\n"]
    told = [param for param in own if param.metavar != "TRANSITION"]
    if told:
        lines.append(_table(told))
    if shared:
        lines.append(f"Also: {', '.join(shared)}.\n")
    return "\n".join(lines)


def _is_shared(param: Any) -> bool:
    """One of the shared options, unless the command has an option of its own under that name."""
    own = {"by": "--as", "reason": "--reason", "command_id": "--id", "as_json": "--json", "preview": "--preview"}
    return param.name in SHARED and param.opts[:1] == [own[param.name]]


def _usage(param: Any) -> str:
    if param.param_type_name != "argument":
        return f"{param.opts[0]} {_kind(param)}".strip()
    name = _kind(param) + ("..." if param.nargs == -1 and not _kind(param).endswith("...") else "")
    return name if param.required else f"[{name}]"


def _kind(param: Any) -> str:
    if param.metavar:
        return str(param.metavar)
    if getattr(param, "is_flag", False):
        return ""
    annotation = param.type_descriptor.annotation
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return "|".join(str(one.value) for one in annotation)
    return TYPES.get(annotation, str(param.name).upper())


def _table(params: Any) -> str:
    lines = ["| | |", "| --- | --- |"]
    for param in params:
        names = " / ".join([*param.opts, *param.secondary_opts]) if param.param_type_name == "option" else ""
        typed = f"{names} {_kind(param)}".strip().replace("|", "\\|")
        lines.append(f"| `{typed}` | {' '.join([_sentence(param.help), *_notes(param)]).strip()} |")
    return "\n".join([*lines, ""])


def _sentence(text: str | None) -> str:
    plain = " ".join((text or "").split())
    return plain if not plain or plain.endswith((".", "?")) else f"{plain}."


def _notes(param: Any) -> list[str]:
    notes = []
    if param.required and param.param_type_name == "option":
        notes.append("Required.")
    if param.envvar:
        notes.append(f"Default: `{param.envvar}`.")
    elif param.default not in (None, False, True, ()) and param.show_default:
        default = param.default.value if isinstance(param.default, enum.Enum) else param.default
        notes.append(f"Default: `{default}`.")
    return notes


if __name__ == "__main__":
    sys.stdout.write(reference())
