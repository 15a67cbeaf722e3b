"""The arguments and options that acting commands share."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

import typer

EVERY_DAY, STEERING, PEER_SUPPORT, PEOPLE = "Every day", "Steering", "Peer support", "People"
RUNNING = "Running it"
"""The panels of `alongside --help`."""

Which = Annotated[
    str,
    typer.Argument(
        metavar="TRANSITION", help="Its id, the beginning of it, or the person's local id.", show_default=False
    ),
]
Step = Annotated[str, typer.Argument(metavar="STEP", help="The step, as `alongside show` lists it.")]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="STAFF", envvar="ALONGSIDE_AS", help="Who acts: an id of the staff list."),
]
Reason = Annotated[str | None, typer.Option(metavar="TEXT", help="Why, for whoever reads the history.")]
Id = Annotated[
    str | None,
    typer.Option("--id", metavar="ID", help="The command's own id: sent twice, it is done once. Default: a new one."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Preview = Annotated[bool, typer.Option("--preview", help="Say what it would change, and change nothing.")]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="WHEN",
        help="When it really happened. A day alone is noon of that day (now, when it is not noon yet). Default: now.",
    ),
]


@dataclass(frozen=True)
class Asking:
    """How something is asked: who asks, why, under which id, and how the answer is shown."""

    by: str | None
    reason: str | None
    command_id: str | None
    as_json: bool
    preview: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
