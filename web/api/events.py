"""What other systems tell us: CloudEvents, signed, each answered once and then always the same."""

import hashlib
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from planner.refused import Refused
from records import sources
from records.actors import member
from records.errors import RecordsError
from schemas import command as says
from schemas import inbound
from schemas.command import Receipt
from web import acting
from web.answers import STATUS
from web.api import body
from web.api.problems import NotSigned
from web.house import House
from web.viewer import House_, NotYours, Viewer, opened

router = APIRouter()


@router.post("/events", summary="Tell what happened", response_model=Receipt)
async def told(request: Request, here: House_) -> Response:
    """Record a milestone, an attendance or a changed date that another system knows of, as a CloudEvent.

    It is signed as Standard Webhooks say (webhook-id, webhook-timestamp, webhook-signature) with the secret of its
    source, which stands for a token. The same event again, by its source and id, is answered as the first time.
    """
    raw = await body.raw(request, body.STRUCTURED)
    event = body.model_of(raw, inbound.EVENT, tags=1)
    trusted = await _signed(here, request, raw, event.source)
    known = await sources.answered(here.db, event.source, event.id, raw)
    if known is None:
        known = await sources.answer(
            here.db, event.source, event.id, raw, await _answer(here, trusted, event), here.clock()
        )
    if known.status != 200:
        raise Refused(known.body["kind"], known.body["message"])
    return JSONResponse(known.body)


async def _signed(here: House, request: Request, raw: bytes, source: str) -> sources.Trusted:
    """What a source that we hear signs with; NotSigned when it is not heard, or this is not signed by it."""
    trusted = await sources.trusted(here.db, source)
    if trusted is None:
        raise NotSigned
    try:
        Verifier(trusted.secret).verify(raw, dict(request.headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        raise NotSigned from None
    return trusted


async def _answer(here: House, trusted: sources.Trusted, event: Any) -> sources.Answer:
    """What came of it: a receipt, or why it cannot be, which is answered again whenever the same is told again."""
    try:
        receipt = await _recorded(here, trusted, event)
    except (Refused, RecordsError) as why:
        return sources.Answer(STATUS[why.kind], {"kind": why.kind, "message": why.message})
    except NotYours:
        message = f"{trusted.acts_as}, as whom this source acts, does not see this person."
        return sources.Answer(403, {"kind": "not-allowed", "message": message})
    return sources.Answer(200, receipt.model_dump(mode="json"))


async def _recorded(here: House, trusted: sources.Trusted, event: Any) -> Receipt:
    one = await member(here.db, trusted.acts_as)
    viewer = Viewer(one.id, one.name, one.role, one.team, "", None)
    transition_id = await sources.about(here.db, event.data)
    found = await opened(here, viewer, transition_id, f"event of {event.source}")
    model, fields = _said(event)
    return await acting.sent(
        here, transition_id, await acting.command(here, found, model, command_id=_id(event), **fields)
    )


def _said(event: Any) -> tuple[type[says.Command], dict[str, Any]]:
    """An event as the command that records it."""
    data, reason = event.data, f"Told by {event.source}"
    match event:
        case inbound.MilestoneEvent():
            happened = {"milestone": data.milestone, "occurred_at": data.occurred_at}
            return says.RecordMilestone, {**happened, "reason": reason}
        case inbound.AttendanceEvent():
            contact = {"attendance": data.attendance, "mechanism": data.mechanism, "done_at": data.at}
            return says.Complete, {"step": data.step, **contact, "reason": reason}
    return says.Expect, {"expected": {data.milestone: data.expected}, "reason": reason}


def _id(event: Any) -> str:
    """The command's id: the same for the same event, so that it is done once whatever dies in between."""
    return f"event-{hashlib.sha256(f'{event.source} {event.id}'.encode()).hexdigest()[:48]}"
