"""The `alongside` command."""

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def alongside() -> None:
    """Between one service and the next, nobody is lost."""


def main() -> None:
    """Run the command line."""
    app()
