"""The `alongside` command."""

import os
import sys
import traceback
from typing import NoReturn

import typer

from cli import (
    absence,
    backup,
    board_pack,
    capacity,
    caseload,
    commands,
    demo,
    export_person,
    feed,
    group,
    handover,
    keys,
    outcomes,
    pathway,
    peer_queue,
    peer_reads,
    peers,
    reads,
    ready,
    rebuild,
    reconcile,
    register,
    rehearse,
    report,
    retention,
    services,
    show,
    source,
    staff,
    start,
    support,
    synthesize,
    tokens,
    verify,
    visit,
    webhook,
    worklist,
)
from cli.errors import Stop

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")

COMMANDS = (
    *(reads, commands, show, handover, start, peers, peer_reads, peer_queue, group, staff, feed, absence, capacity),
    *(visit, support, services, register, caseload, demo, pathway, reconcile, rehearse, webhook, source, tokens, keys),
    *(outcomes, ready, retention, export_person, report, board_pack, synthesize, verify, worklist, rebuild, backup),
)
"""Each module adds its own commands to the app; what is heavy, it imports inside them."""

REFUSED = {"invalid": 2, "not-found": 3, "not-allowed": 4, "conflict": 5}
"""The exit code of each kind of refusal."""

for module in COMMANDS:
    module.add(app)


@app.callback()
def alongside() -> None:
    """Between one service and the next, nobody is lost."""
    from workers.logging import configure

    configure(level="warning", temporal=False)  # what runs for long sets its logs up by its settings


def main() -> NoReturn:
    """Run the command line: an expected error is a sentence on stderr and an exit code, never a traceback."""
    from workers.leaving import leave

    leave(_run())


def _run() -> int:
    try:
        app()
    except SystemExit as end:  # how typer ends, well or not
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - the last net: a person gets a sentence whatever happens
        if os.environ.get("ALONGSIDE_DEBUG", "") not in ("", "0", "false"):
            traceback.print_exc()
        stop = expected(error)
        sys.stderr.write(stop.message + "\n")
        return stop.exit_code
    return 0


def expected(error: Exception) -> Stop:
    """What to tell the person about an error."""
    if isinstance(error, Stop):
        return error
    message = getattr(error, "message", None)
    if hasattr(error, "kind") and isinstance(message, str):  # a refusal of the planner or of the records
        return Stop(message, REFUSED.get(str(error.kind), 1))
    if isinstance(error, ConnectionError | TimeoutError):
        return Stop(f"The connection was lost or refused ({error or type(error).__name__}). See `alongside doctor`.")
    if isinstance(error, OSError) and error.filename:
        return Stop(f"{error.filename}: {(error.strerror or 'it cannot be used').lower()}.", 2)
    from temporalio.service import RPCError  # takes long to load, and most errors are none of it

    if isinstance(error, RPCError):
        return Stop(f"Temporal did not do what it was asked ({error.message.rstrip('.')}). See `alongside doctor`.")
    return Stop(
        f"Something went wrong that Alongside did not expect ({type(error).__name__}). "
        "Set ALONGSIDE_DEBUG=1 and try again to see where.",
        70,
    )
