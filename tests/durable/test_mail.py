"""Notices by e-mail, taken by a real mail server: one message a notice, no name in it, and none twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest_asyncio
from aiosmtpd.smtp import SMTP
from temporalio.client import Client

from activities.notices import NoticeActivities
from records import notices
from schemas.command import Exit, OfferHandover
from tests.durable.following import FAMILY_NAME, GIVEN_NAME, Followed, Place, now, place, until
from workers.client import Pool
from workers.ports import free_port
from workers.worker import mailer_of

ASKED = "coordinator-2"
PUBLIC_URL = "https://alongside.example.org"


@dataclass
class Post:
    """A mail server of the test's own, which can be down."""

    port: int = field(default_factory=free_port)
    letters: list[Message] = field(default_factory=list)
    server: asyncio.Server | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a letter."""
        self.letters.append(message_from_bytes(envelope.content))
        return "250 taken"

    async def open(self) -> None:
        """Take letters from now on."""
        self.server = await asyncio.get_running_loop().create_server(lambda: SMTP(self), "127.0.0.1", self.port)

    async def close(self) -> None:
        """Take none any more."""
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()
            self.server = None


@pytest_asyncio.fixture
async def post() -> AsyncIterator[Post]:
    """A mail server that is open."""
    found = Post()
    await found.open()
    yield found
    await found.close()


@pytest_asyncio.fixture
async def mailing(temporal: Client, pool: Pool, post: Post) -> AsyncIterator[Place]:
    """A place whose worker runs and mails."""
    configured = {"smtp_host": "127.0.0.1", "smtp_port": post.port, "smtp_from": "alongside@example.org"}
    async with place(temporal, pool, public_url=PUBLIC_URL, **configured) as found, found.worker():
        yield found


async def somebody_is_told(person: Followed) -> None:
    """A handover is offered: whoever is asked gets a notice at once, at any time of day."""
    await person.send(OfferHandover(id="offer", at=now(), to=ASKED, answer_by=now() + timedelta(days=3)))


async def states(person: Followed) -> list[str]:
    """How far the e-mail of each notice has come."""
    rows = await person.pool.fetch("SELECT email FROM notices WHERE transition_id = $1 ORDER BY id", person.id)
    return [row["email"] for row in rows]


async def test_a_notice_is_mailed_with_a_link_and_without_a_name(mailing: Place, post: Post) -> None:
    person = await mailing.take_on()
    await somebody_is_told(person)
    await until(lambda: _all_are(person, "sent"))
    told = await person.pool.fetch("SELECT id, recipient FROM notices WHERE transition_id = $1", person.id)
    assert len(post.letters) == len(told) > 0
    assert {letter["To"] for letter in post.letters} == {f"{row['recipient']}@example.org" for row in told}
    assert len({letter["Message-ID"] for letter in post.letters}) == len(told)
    for letter in post.letters:
        text = letter.as_string()
        assert f"{PUBLIC_URL}/transitions/{person.id}" in text
        assert person.id[:8] in letter["Subject"]
        assert GIVEN_NAME not in text
        assert FAMILY_NAME not in text
        assert "ward" not in text


async def _all_are(person: Followed, state: str) -> bool:
    found = await states(person)
    return bool(found) and set(found) == {state}


async def test_what_the_server_did_not_take_goes_out_once_when_it_is_back(mailing: Place, post: Post) -> None:
    await post.close()
    person = await mailing.take_on()
    await somebody_is_told(person)
    await until(lambda: _all_are(person, "failed"))
    await post.open()
    await until(lambda: _all_are(person, "sent"))
    assert len(post.letters) == len(await states(person))


async def test_a_broken_mail_server_holds_no_journey_up(mailing: Place, post: Post) -> None:
    await post.close()
    person = await mailing.take_on()
    await somebody_is_told(person)
    await until(lambda: _all_are(person, "failed"))
    receipt = await person.send(Exit(id="end", at=now(), exit="moved-away"))
    assert (await person.commits())[-1] == (receipt.revision, "end")


async def test_nobody_hears_of_somebody_who_has_died(mailing: Place, post: Post) -> None:
    await post.close()
    person = await mailing.take_on()
    await somebody_is_told(person)
    await until(lambda: _all_are(person, "failed"))
    await person.send(Exit(id="end", at=now(), exit="died"))
    await post.open()
    assert await person.handle.result() == "died"
    assert await _all_are(person, "withdrawn")
    assert post.letters == []


async def test_what_may_have_gone_out_is_not_sent_again(here: Place, post: Post) -> None:
    """The worker dies between claiming a notice and knowing what became of it."""
    person = await here.take_on()
    await somebody_is_told(person)
    notice = await here.pool.fetchval(
        "UPDATE notices SET email = 'waiting' WHERE transition_id = $1 AND recipient = $2 RETURNING id",
        person.id,
        ASKED,
    )
    assert await notices.DESK.claim(here.pool, str(notice), now()) is not None
    settings = here.settings.model_copy(
        update={"smtp_host": "127.0.0.1", "smtp_port": post.port, "smtp_from": "alongside@example.org"}
    )
    await NoticeActivities(here.pool, mailer_of(settings)).deliver([str(notice)])
    assert await here.pool.fetchval("SELECT email FROM notices WHERE id = $1", notice) == "uncertain"
    assert post.letters == []
