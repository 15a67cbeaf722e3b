"""What the faces are built with, and what every request of theirs finds on the application."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request
from temporalio.client import Client

from web.render import Pages
from workers.client import Pool
from workers.settings import Settings

A_MINUTE = 600
"""Requests a minute of one browser that is signed in, one token, or one address without either; as many at once."""


def now() -> datetime:
    """This instant."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class House:
    """The records, Temporal, the settings and the pages; `demo` lets anybody choose who they are.

    `a_minute` is how often one may ask.
    """

    settings: Settings
    db: Pool
    temporal: Client
    pages: Pages
    demo: bool = False
    clock: Callable[[], datetime] = now
    a_minute: int = A_MINUTE

    @property
    def secure(self) -> bool:
        """People come by HTTPS, so cookies and headers say so."""
        return self.settings.public_url.startswith("https://")


def house(request: Request) -> House:
    """The house that the request came to."""
    found: House = request.app.state.house
    return found
