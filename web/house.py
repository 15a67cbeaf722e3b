"""What the faces are built with, and what every request of theirs finds on the application."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request
from temporalio.client import Client

from web.render import Pages
from workers.client import Pool
from workers.settings import Settings


def now() -> datetime:
    """This instant."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class House:
    """The records, Temporal, the settings and the pages; `demo` lets anybody choose who they are."""

    settings: Settings
    db: Pool
    temporal: Client
    pages: Pages
    demo: bool = False
    clock: Callable[[], datetime] = now

    @property
    def secure(self) -> bool:
        """People come by HTTPS, so cookies and headers say so."""
        return self.settings.public_url.startswith("https://")


def house(request: Request) -> House:
    """The house that the request came to."""
    found: House = request.app.state.house
    return found
