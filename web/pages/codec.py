"""The codec server: Temporal's own pages show what is sealed in a history to those who may see it.

They ask from the browser of whoever is signed in here. What is of a person opens to whoever may see the whole of them,
and the access log keeps that they looked; what they may not see stays shut, and says so in its place.
"""

import json
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Request, Response
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from planner.policy import Action, Sight, sight
from records import access, payloads
from records.keyring import Unreadable
from records.payload_keys import TRANSITION, VISIT
from web.house import House
from web.viewer import House_, SignedOut, Viewer, signed_in
from workers.codec import is_of_a_person, is_sealed, workflow_of
from workers.execution import ui_url

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/codec/{namespace}")
LARGEST = 16 * 1024 * 1024
"""Bytes that are asked about at once."""
ELSEWHERE = "Temporal's pages are elsewhere: see ALONGSIDE_TEMPORAL_UI_URL."
OF_STAFF = ("support-", "cover-absence-", "webhook-", "bulk-", "privacy-alert-")
"""How the ids of workflows begin that hold staff, machines and ids, and of nobody else more."""


class NotOpened(Exception):
    """It is not opened, and Temporal's pages are told why with this status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _origin(request: Request, here: House_) -> str:
    """Where the asking page is from; refused when that is not where Temporal's pages are."""
    origin, allowed = request.headers.get("origin"), _pages(here)
    return origin if origin is not None and origin == allowed else ""


Origin = Annotated[str, Depends(_origin)]


@router.options("/decode")
async def asked_beforehand(origin: Origin) -> Response:
    """Whether a browser may ask at all."""
    if not origin:
        return _answer(403, "", {"message": ELSEWHERE})
    allowed = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "content-type, x-namespace"}
    return Response(status_code=204, headers=_cors(origin) | allowed)


@router.post("/decode")
async def decode(request: Request, here: House_, namespace: str, origin: Origin) -> Response:
    """What Temporal's pages ask for, opened as far as whoever asks may see it."""
    try:
        viewer = await _viewer(request, here, namespace, origin)
        asked = await _asked(request)
        opened = await _opened(here, viewer, list(asked.payloads))
    except NotOpened as why:
        return _answer(why.status, origin, {"message": str(why)})
    return _answer(200, origin, json_format.MessageToDict(Payloads(payloads=opened)))


async def _viewer(request: Request, here: House, namespace: str, origin: str) -> Viewer:
    if not origin:
        raise NotOpened(403, ELSEWHERE)
    if namespace != here.temporal.namespace:
        raise NotOpened(404, f"Here is the namespace {here.temporal.namespace} alone.")
    try:
        viewer = await signed_in(request, used=False)  # a page that asks by itself keeps nobody signed in
    except SignedOut:
        raise NotOpened(401, "Sign in to Alongside in this browser first.") from None
    if not viewer.may(Action.PAYLOADS):
        raise NotOpened(403, f"What Temporal holds is not for a {viewer.role.words}.")
    return viewer


async def _asked(request: Request) -> Payloads:
    text = b""
    async for part in request.stream():
        text += part
        if len(text) > LARGEST:
            raise NotOpened(413, "That is too much at once.")
    try:
        return json_format.Parse(text, Payloads(), ignore_unknown_fields=True)
    except (json_format.ParseError, ValueError):  # ValueError: it is no text
        raise NotOpened(422, "That is not what Temporal's pages send.") from None


async def _opened(here: House, viewer: Viewer, asked: list[Payload]) -> list[Payload]:
    shut: dict[str, str | None] = {}
    sealed = [one for one in asked if is_sealed(one)]
    of_people = {workflow_of(one) for one in sealed if is_of_a_person(one)}
    for workflow in {workflow_of(one) for one in sealed}:
        shut[workflow] = await _why_not(here, viewer, workflow, of_a_person=workflow in of_people)
    if shut:
        log.info(
            "asked to open what Temporal holds",
            staff=viewer.staff,
            opened=sorted(workflow for workflow, why in shut.items() if why is None),
            kept_shut=sorted(workflow for workflow, why in shut.items() if why is not None),
            payloads=len(asked),
        )
    return [await _one(here, one, shut) for one in asked]


async def _one(here: House, payload: Payload, shut: dict[str, str | None]) -> Payload:
    codec = here.temporal.data_converter.payload_codec
    if not is_sealed(payload) or codec is None:
        return payload
    why_not = shut[workflow_of(payload)]
    if why_not is not None:
        return _sentence(why_not)
    try:
        (opened,) = await codec.decode([payload])
    except Unreadable as unreadable:
        return _sentence(unreadable.message)
    return opened


async def _why_not(here: House, viewer: Viewer, workflow: str, *, of_a_person: bool) -> str | None:
    """Why what is of a workflow stays shut, in a sentence; None when it opens, and then it is kept that they looked."""
    if workflow.startswith(OF_STAFF) and not of_a_person:
        return None
    transition_id = await _transition(here, workflow)
    if transition_id is None:
        to_nobody = _uuid(workflow, VISIT) is not None and not of_a_person
        return None if to_nobody else "It is not known whose this is."
    now = here.clock()
    seen = await access.standing(here.db, viewer.staff, viewer.role, viewer.team, transition_id, now)
    if seen is None or sight(viewer.role, seen.standing) is not Sight.WHOLE:
        return f"You do not see this person. Open them with a reason: {here.settings.public_url}/people/{transition_id}"
    await payloads.looked(here.db, viewer.staff, viewer.role, transition_id, seen, now)
    return None


async def _transition(here: House, workflow: str) -> str | None:
    if (visit := _uuid(workflow, VISIT)) is not None:
        return await payloads.transition_of(here.db, visit)
    found = _uuid(workflow, TRANSITION)
    return str(found) if found is not None else None


def _uuid(workflow: str, prefix: str) -> UUID | None:
    try:
        return UUID(workflow.removeprefix(prefix)) if workflow.startswith(prefix) else None
    except ValueError:
        return None


def _sentence(text: str) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(text).encode())


def _pages(here: House) -> str | None:
    """The origin of Temporal's own pages."""
    where = ui_url(here.settings)
    if where is None:
        return None
    parts = urlsplit(where)
    return f"{parts.scheme}://{parts.netloc}"


def _cors(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }


def _answer(status: int, origin: str, said: dict[str, object]) -> Response:
    headers = _cors(origin) if origin else {"Vary": "Origin"}
    return Response(json.dumps(said), status, headers, media_type="application/json")
