"""Telling other systems what changes: who is told, and what of it."""

from typing import Annotated

from pydantic import StringConstraints

from schemas.base import Instant, Stored

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s]*)?$", max_length=2000)]


class Webhook(Stored):
    """Somebody who is told by HTTP. Without `kinds` of everything, without a `team` of every team."""

    id: str
    url: str
    kinds: list[str]
    team: str | None
    created_by: str | None
    created_at: Instant
    ended_at: Instant | None = None
    ended_why: str | None = None
    waiting: int = 0
    given_up: int = 0


class WebhookState(Stored):
    """What the workflow of a webhook begins with."""

    webhook: str


class Told(Stored):
    """What came of telling: `ended` when there is nobody to tell any more."""

    sent: int = 0
    ended: bool = False
