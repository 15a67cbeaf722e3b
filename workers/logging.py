"""Logs: JSON for machines, readable in a terminal, and never about a person by name or number.

Our own modules log through `structlog.get_logger()`; libraries and `workflow.logger` through the standard
library. Both come out of the same chain. `bound` adds transition_id, step and command_id to what is logged
inside it.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PERSONAL = frozenset(
    {"name", "given_name", "family_name", "full_name", "recipient_name", "person", "patient", "nhs_number"}
    | {"born", "dob", "date_of_birth", "address", "postcode", "phone", "telephone", "mobile", "email", "e_mail"}
    | {"note", "notes", "text", "body"}
)
"""Keys that never reach a log line, at any depth. No caller should send one: this is the net under them."""

_OF_MACHINES = frozenset({"temporalio.service", "asyncpg.exceptions._base", "workers.stop"})
"""Where errors are from that are about a connection or a setting and nothing else."""
_ABOUT_VALUES = "22"
"""How the codes of those errors of PostgreSQL begin that repeat a value."""
_TEN_DIGITS = re.compile(r"(?<![\w.-])\d{3}([ -]?)\d{3}\1\d{4}(?![\w-])")
_WEIGHTS = range(10, 1, -1)


def configure(
    log_format: Literal["json", "console", "auto"] = "auto", level: str = "info", *, temporal: bool = True
) -> None:
    """Send all logs of this process to stderr; `auto` is console in a terminal and JSON otherwise.

    `temporal=False` spares a short command the import of Temporal's library.
    """
    plain = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        journey_of_workflow,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_ending(plain=plain)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("asyncio", "yoyo", "asyncpg"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    if temporal:
        _quieten_temporal()


def bound(
    *, transition_id: str | None = None, step: str | None = None, command_id: str | None = None
) -> AbstractContextManager[None]:
    """Add what is known of these to every line logged inside the block, in this task and what it awaits."""
    known = {"transition_id": transition_id, "step": step, "command_id": command_id}
    return structlog.contextvars.bound_contextvars(**{key: value for key, value in known.items() if value})


def _ending(*, plain: bool) -> list[Processor]:
    shown: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if plain:
        return [*shown, errors_without_words, impersonal, structlog.processors.JSONRenderer()]
    console = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_exception_in_console)
    return [*shown, errors_without_words, impersonal, console]


def _exception_in_console(stream: Any, exc_info: Any) -> None:
    structlog.dev.plain_traceback(stream, exc_info)


def errors_without_words(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Tell of an error, and of those behind it, what it is and where; what it says only when that is about machines.

    An error may say what it was given: a refusal the words of whoever asked, a model its fields, the database a row.
    Temporal keeps the whole of it, sealed, and shows it to whoever may see the person.
    """
    said = event.pop("exc_info", None)
    if not said:
        return event
    error = said[1] if isinstance(said, tuple) else said if isinstance(said, BaseException) else sys.exc_info()[1]
    if error is not None:
        event["exception"] = "".join(_told(error, set())).rstrip("\n")
    return event


def _told(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if behind is not None and id(behind) not in seen:
        yield from _told(behind, seen)
        yield "\nand from that:\n\n" if error.__cause__ else "\nand while that was dealt with:\n\n"
    yield from traceback.format_tb(error.__traceback__)
    kind = type(error)
    words = _about_machines(error)
    yield f"{kind.__module__}.{kind.__qualname__}{': ' if words else ''}{words}\n"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _told(one, seen)


def _about_machines(error: BaseException) -> str:
    """What an error says, when it can only be about a connection, a file or a rule of the database; else nothing."""
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        return "" if sqlstate.startswith(_ABOUT_VALUES) else str(error.args[0] if error.args else "")
    if isinstance(error, OSError) or type(error).__module__ in _OF_MACHINES:
        return str(error)
    return ""


def impersonal(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop what could name a person, and strike out what could be an NHS number."""
    return {key: _without_person(value) for key, value in event.items() if not _is_personal(key)}


def _without_person(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_person(inner) for key, inner in value.items() if not _is_personal(key)}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_person(inner) for inner in value]
    if isinstance(value, str):
        return _TEN_DIGITS.sub(_strike_out, value)
    if isinstance(value, int) and not isinstance(value, bool):
        return "[number removed]" if _is_nhs_number(str(value)) else value
    return value if value is None or isinstance(value, bool | float) else _TEN_DIGITS.sub(_strike_out, str(value))


def _is_personal(key: object) -> bool:
    return str(key).lower() in PERSONAL


def _strike_out(found: re.Match[str]) -> str:
    return "[number removed]" if _is_nhs_number(re.sub(r"\D", "", found[0])) else found[0]


def _is_nhs_number(digits: str) -> bool:
    if len(digits) != 10:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    return (11 - total % 11) % 11 == int(digits[9])


def journey_of_workflow(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """From what Temporal says about the workflow or activity that logs, keep which transition it is."""
    for source in ("temporal_workflow", "temporal_activity"):
        told = event.pop(source, None)
        workflow_id = told.get("workflow_id") if isinstance(told, dict) else None
        if isinstance(workflow_id, str) and workflow_id.startswith("transition-"):
            event.setdefault("transition_id", workflow_id.removeprefix("transition-"))
    return event


def _quieten_temporal() -> None:
    """Temporal repeats its details inside the message; we have them as keys."""
    from temporalio import activity, workflow

    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    _forward_core()


def _forward_core() -> None:
    """Temporal's own core writes to standard output unless told otherwise, in the middle of what we print there."""
    from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

    core = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logger=logging.getLogger("temporalio.core")),
    )
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=core)), error_if_already_set=False)
