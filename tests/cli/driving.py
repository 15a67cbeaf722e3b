"""The command line as a person uses it: what it prints, and the exit code that it ends with."""

import asyncio
from typing import NamedTuple

from typer.testing import CliRunner

from cli.app import app, expected


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All that it said, on one line."""
        return " ".join(f"{self.out} {self.err}".split())


async def alongside(*arguments: str) -> Ended:
    """Run a command beside the worker of the test, and show an error as `main` does."""
    return await asyncio.to_thread(_run, [str(argument) for argument in arguments])


def _run(arguments: list[str]) -> Ended:
    result = CliRunner().invoke(app, arguments)
    if isinstance(result.exception, Exception):
        stop = expected(result.exception)
        return Ended(stop.exit_code, result.stdout, stop.message)
    return Ended(result.exit_code, result.stdout, result.stderr)
