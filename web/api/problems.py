"""What the API answers when something cannot be done: problem+json (RFC 9457), which says what to change."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from temporalio.service import RPCError

from planner.refused import Refused
from records.database import LOST
from records.errors import RecordsError
from web.acting import NoAnswer
from web.answers import AWAY, STATUS
from web.forms import NotAsItMayBe
from web.viewer import NotYours

log = structlog.get_logger(__name__)

MEDIA = "application/problem+json"
TITLES = {
    400: ("malformed", "The request cannot be read"),
    401: ("not-let-in", "No token that opens this"),
    403: ("not-allowed", "This is not allowed"),
    404: ("not-found", "There is no such thing"),
    405: ("no-such-method", "This cannot be done here"),
    409: ("conflict", "As things stand this cannot be done"),
    412: ("changed", "It changed in the meantime"),
    413: ("too-large", "The body is too large"),
    415: ("not-json", "The body is not JSON"),
    422: ("invalid", "Something is not as it may be"),
    429: ("too-often", "This was asked for too often"),
    500: ("fault", "A fault of ours"),
    503: ("away", "A service cannot be reached"),
    504: ("no-answer", "No answer came in time"),
}
"""Each kind of problem: the end of its type, and its title."""
FAULT = "Something went wrong that was not expected. It is in the log: tell whoever runs this when it was."
AGAIN = {503: "30", 504: "5"}
"""After how many seconds it is worth asking again."""


class Fault(BaseModel):
    """One thing that is wrong: where in the body, or in which parameter, and what to do about it."""

    pointer: str | None = Field(None, description="A JSON pointer into the body, as a URI fragment.")
    parameter: str | None = Field(None, description="The parameter or header, when it is not in the body.")
    detail: str

    @classmethod
    def at(cls, place: tuple[object, ...], detail: str) -> "Fault":
        """A fault at a place in the body."""
        parts = [str(part).replace("~", "~0").replace("/", "~1") for part in place]
        return cls(pointer="#" + "".join(f"/{part}" for part in parts), detail=detail)


class Problem(BaseModel):
    """Why something was not done, and what to change."""

    type: str = Field(description="What kind of problem it is, for programs to switch on.")
    title: str = Field(description="The kind in words; the same for every problem of the type.")
    status: int = Field(description="The HTTP status again.")
    detail: str = Field(description="What happened here, and what to change.")
    errors: list[Fault] = Field([], description="Each thing that is wrong with what was sent.")


class NotLetIn(Exception):
    """No token, or one that opens nothing (any more)."""


class NotSigned(Exception):
    """An event that no source which we hear has signed."""


class NotInScope(Exception):
    """A token that is not for this; `scope` is what would be."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class NotAsAskedFor(Exception):
    """What was sent is wrong in these places."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} things are not as they may be")
        self.faults = faults


def problem(
    status: int, detail: str, errors: list[Fault] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem, as it is answered."""
    kind, title = TITLES.get(status, ("other", HTTPStatus(status).phrase))
    told = Problem(
        type=f"urn:alongside:problem:{kind}", title=title, status=status, detail=detail, errors=errors or []
    ).model_dump_json(exclude_none=True)
    again = {"Retry-After": AGAIN[status]} if status in AGAIN else {}
    return Response(told, status, {**again, **(headers or {})}, MEDIA)


def answer_problems(api: FastAPI) -> None:
    """Everything that cannot be done is answered as a problem."""
    expected = (Refused, RecordsError, NoAnswer, RPCError, *LOST, asyncpg.DataError)
    ours = (
        NotLetIn,
        NotSigned,
        NotInScope,
        NotAsAskedFor,
        NotAsItMayBe,
        NotYours,
        RequestValidationError,
        HTTPException,
    )
    for one in (*expected, *ours):
        api.add_exception_handler(one, _answered)


async def _answered(request: Request, error: Exception) -> Response:
    match error:
        case NotLetIn():
            detail = "Send a token that holds, as Authorization: Bearer TOKEN. An administrator makes them."
            return problem(401, detail, headers={"WWW-Authenticate": 'Bearer realm="Alongside"'})
        case NotSigned():
            detail = (
                "No source that is heard has signed this. Sign it as Standard Webhooks say, with the secret of its "
                "`source` and this moment's time; an administrator makes sources."
            )
            return problem(401, detail, headers={"WWW-Authenticate": 'Webhook-Signature realm="Alongside"'})
        case NotInScope(scope=scope):
            said = f'Bearer realm="Alongside", error="insufficient_scope", scope="{scope}"'
            detail = f"The token is not for this: ask an administrator for one with {scope}."
            return problem(403, detail, headers={"WWW-Authenticate": said})
        case NotYours():
            detail = f"{error.viewer.staff}, as whom this token acts, does not see that much of this person."
            return problem(403, detail)
        case NotAsAskedFor(faults=faults):
            return problem(422, "Correct what `errors` names, and send it again.", faults)
        case NotAsItMayBe(problems=found):
            return problem(422, str(error), [Fault.at((name,), text) for name, text in found.items()])
        case RequestValidationError():
            return problem(422, "Correct what `errors` names, and ask again.", [_of(one) for one in error.errors()])
        case HTTPException(status_code=405):
            allow = _allowed(request, (error.headers or {}).get("Allow", "GET"))
            return problem(405, "Ask with another method, as `Allow` says.", headers={"Allow": allow})
        case HTTPException(status_code=404):
            return problem(404, "There is no such address in this API: see /api/v1/openapi.json.")
        case HTTPException():
            return problem(error.status_code, error.detail, headers=error.headers)
        case Refused() | RecordsError():
            return problem(STATUS[error.kind], error.message)
    return _of_ours(error)


def _allowed(request: Request, otherwise: str) -> str:
    """Every method of an address; the framework tells those of the first route that it comes to alone."""
    asked = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    found = {
        method.upper() for path, methods in paths.items() if compile_path(path)[0].match(asked) for method in methods
    }
    return ", ".join(sorted(found)) or otherwise


def _of_ours(error: Exception) -> Response:
    """What is not the fault of whoever asks, but for a value that the records cannot keep."""
    match error:
        case asyncpg.DataError():
            return problem(422, "A value is not as the records can keep it: check texts, numbers and the cursor.")
        case NoAnswer():
            return problem(
                504, "It may be recorded or not: send it again under the same Idempotency-Key, and it is done once."
            )
        case RPCError():
            log.warning("Temporal cannot be reached", error=type(error).__name__)
            return problem(503, "The service that follows people cannot be reached. Nothing was changed.")
    log.warning("the records cannot be reached", error=type(error).__name__)  # never the address: it may be a secret
    return problem(503, AWAY)


def _of(detail: Any) -> Fault:
    _, *names = detail["loc"]
    return Fault(pointer=None, parameter=".".join(map(str, names)), detail=f"{detail['msg']}.")
