"""Whether a command line is one that `alongside` understands, asked of the real entry points; nothing is run."""

from collections.abc import Sequence

import typer
import typer.main
from typer.core import TyperGroup

from cli.app import app


def refusal(words: Sequence[str]) -> str | None:
    """Why `alongside WORDS` would be refused, or None: sub-commands, options and arguments are all checked."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="alongside")
    rest = list(words)
    while isinstance(command, TyperGroup):
        if not rest:
            return f"`{context.command_path}` needs a sub-command"
        name = rest.pop(0)
        found = command.get_command(context, name)
        if found is None:
            return f"`{context.command_path} {name}` is no command; there are {command.list_commands(context)}"
        command, context = found, typer.Context(found, parent=context, info_name=name)
    try:
        command.parse_args(context, rest)
    except typer.TyperException as error:
        return str(error)
    return None
