"""A house for tests: real records, and Temporal where a test has one."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from temporalio.client import Client

from web.house import House
from web.render import Pages
from web.server import serving
from workers.client import Pool, Services, connect
from workers.ports import LOOPBACK, listen
from workers.settings import Settings

NOWHERE = "127.0.0.1:9"
"""Where nobody listens: pages that only read need no Temporal."""


async def house_on(pool: Pool, temporal: Client | None = None, *, demo: bool = False, **said: object) -> House:
    """A house on the records of a test."""
    settings = Settings.model_validate(said)
    away = Services("postgresql://nowhere", {"target_host": NOWHERE})
    return House(settings, pool, temporal or await connect(settings, away, db=pool, lazy=True), Pages(), demo)


@asynccontextmanager
async def served(here: House, door: socket.socket | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A browser, as it were, at a real server of the house: it keeps cookies, and follows nothing by itself."""
    listening = door or listen(LOOPBACK, 0)
    address = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    async with serving(here, listening), httpx.AsyncClient(base_url=address, trust_env=False, timeout=30) as browser:
        yield browser


async def sign_in(browser: httpx.AsyncClient, staff: str) -> None:
    """Be a member of staff, in a house with `demo`."""
    answer = await browser.post("/sign-in/demo", data={"who": staff, "to": "/"})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/"


def form_token(browser: httpx.AsyncClient) -> str:
    """What a form of whoever is signed in carries."""
    from web.security import form_token as made

    return made(browser.cookies["alongside"])
