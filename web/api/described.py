"""The description of the API as OpenAPI 3.1: what FastAPI knows of it, with the bodies and the problems."""

from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from schemas import inbound
from web.api import asked, problems
from web.api.body import JSON, STRUCTURED

COMPONENTS = "#/components/schemas/"
PROBLEM = {"description": "", "content": {problems.MEDIA: {"schema": {"$ref": f"{COMPONENTS}Problem"}}}}
ALWAYS = (401, 403, 429, 500, 503)
"""Problems that any request may have."""
CHANGING = (400, 404, 409, 412, 413, 415, 422, 504)
"""Problems that a change may have beside."""


class Body(NamedTuple):
    """What is sent: what it is called, its model, examples of it, and how it says that it is JSON."""

    name: str
    model: TypeAdapter[Any]
    examples: dict[str, Any]
    media: str = JSON


BODIES = {
    "/transitions": Body(
        "Starting",
        asked.START,
        {
            "somebody leaves a ward": {
                "person": {
                    "local_id": "AL00999",
                    "given_name": "Sam",
                    "family_name": "Example",
                    "date_of_birth": "1990-05-04",
                },
                "pathway": "inpatient-to-community",
                "coordinator": "coord-1",
                "expected": {"discharged": "2026-12-04T14:00:00Z"},
            }
        },
    ),
    "/transitions/{transition_id}/commands": Body(
        "Command",
        asked.COMMAND,
        {
            "a contact took place": {
                "do": "complete",
                "step": "follow-up-72h",
                "attendance": "5",
                "mechanism": "01",
                "done_at": "2026-12-05T10:30:00Z",
            },
            "a milestone": {"do": "milestone", "milestone": "discharged", "occurred_at": "2026-12-04T15:10:00Z"},
            "a date moved": {"do": "expect", "expected": {"discharged": "2026-12-07T14:00:00Z"}, "reason": "no bed"},
            "on hold": {"do": "hold", "reason": "In hospital for an operation until the new year"},
        },
    ),
    "/events": Body(
        "Event",
        inbound.EVENT,
        {
            "a discharge": {
                "specversion": "1.0",
                "id": "ADT-2026-0001",
                "source": "urn:example:pas",
                "type": "alongside.milestone",
                "data": {
                    "local_id": "AL00999",
                    "milestone": "discharged",
                    "occurred_at": "2026-12-04T15:10:00Z",
                },
            }
        },
        STRUCTURED,
    ),
}
"""What is sent, by path, with examples."""


def describe(api: FastAPI) -> None:
    """Have the API answer with its description; made once, when first asked for."""

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _described(api)
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents for changing it


def _described(api: FastAPI) -> dict[str, Any]:
    told = get_openapi(
        title=api.title,
        version=api.version,
        summary=api.summary,
        description=api.description,
        routes=api.routes,
        servers=[{"url": "/api/v1"}],
    )
    schemas = told["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= _schemas(TypeAdapter(problems.Problem), "Problem")
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            _problems(path, method, operation)
            if method == "post":
                operation["requestBody"] = _body(path, schemas)
    _headers(told["paths"])
    return told


def _problems(path: str, method: str, operation: dict[str, Any]) -> None:
    also = CHANGING if method == "post" else (404, 409, 422) if "{" in path else (422,)
    for status in (*ALWAYS, *also):
        operation["responses"][str(status)] = PROBLEM | {"description": problems.TITLES[status][1]}


def _schemas(model: TypeAdapter[Any], name: str) -> dict[str, Any]:
    told = model.json_schema(ref_template=COMPONENTS + "{model}")
    return {**told.pop("$defs", {}), name: told}


def _body(path: str, schemas: dict[str, Any]) -> dict[str, Any]:
    body = BODIES[path]
    for one, schema in _schemas(body.model, body.name).items():
        schemas.setdefault(one, schema)
    shown = {what: {"value": value} for what, value in body.examples.items()}
    content = {"schema": {"$ref": COMPONENTS + body.name}, "examples": shown}
    return {"required": True, "content": {body.media: content}}


def _headers(paths: dict[str, Any]) -> None:
    text = {"schema": {"type": "string"}}
    opened = paths["/transitions/{transition_id}"]["get"]["responses"]["200"]
    opened["headers"] = {"ETag": {"description": "The revision, for If-Match.", **text}}
    started = paths["/transitions"]["post"]["responses"]["201"]
    started["headers"] = {"Location": {"description": "Where the transition is.", **text}}
