"""Broken glass is mailed to whoever guards privacy, by a real mail server: without a name, until it is taken, once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest_asyncio
from temporalio.client import Client

from activities.notices import NoticeActivities
from records import access, privacy_alerts
from records.staff import upsert_staff
from schemas.codes import Role
from tests.durable.following import FAMILY_NAME, GIVEN_NAME, TEAM, Followed, Place, now, place, until
from tests.durable.test_mail import Post, post
from tests.records.journeys import member
from tests.web.doors import form_token, house_on, served, sign_in
from workers.client import Pool
from workers.privacy_alerts import follow_all
from workers.worker import mailer_of

__all__ = ["post"]

WORDS = "They are at the door and nobody answers"


@pytest_asyncio.fixture
async def mailing(temporal: Client, pool: Pool, post: Post) -> AsyncIterator[Place]:
    """A place whose worker runs and mails, with two who guard privacy, one without an address."""
    await upsert_staff(
        pool,
        [
            member("privacy-1", Role.PRIVACY_OFFICER, None),
            member("privacy-2", Role.PRIVACY_OFFICER, None, email=False),
            member("nurse-far", Role.COMMUNITY_TEAM, "South"),
        ],
    )
    configured = {"smtp_host": "127.0.0.1", "smtp_port": post.port, "smtp_from": "alongside@example.org"}
    async with place(temporal, pool, **configured) as found, found.worker():
        yield found


async def breaks_the_glass(here: Place, person: Followed) -> None:
    """At a real door, as everybody does."""
    async with served(await house_on(here.pool, here.client, demo=True, **_mail(here))) as browser:
        await sign_in(browser, "nurse-far")
        said = {"reason": "urgent-care", "words": WORDS, "form_token": form_token(browser)}
        answer = await browser.post(f"/break-glass/{person.id}", data=said)
        assert answer.status_code == 303, answer.text


def _mail(here: Place) -> dict[str, object]:
    return {name: getattr(here.settings, name) for name in ("smtp_host", "smtp_port", "smtp_from")}


async def looked(here: Place) -> int:
    """What the worker does every half minute."""
    return await follow_all(here.client, here.settings.task_queue, here.pool)


async def state(here: Place, recipient: str = "privacy-1") -> str:
    return str(await here.pool.fetchval("SELECT email FROM privacy_alerts WHERE recipient = $1", recipient))


async def is_so(here: Place, wanted: str) -> bool:
    """Whether the alert of who has an address is in a state."""
    return await state(here) == wanted


async def test_it_is_mailed_once_and_names_nobody(mailing: Place, post: Post) -> None:
    person = await mailing.registered()
    await breaks_the_glass(mailing, person)
    assert await looked(mailing) == 1
    await until(lambda: is_so(mailing, "sent"), 60)
    assert await state(mailing, "privacy-2") == "none"
    assert await looked(mailing) == 0
    (letter,) = post.letters
    assert letter["To"] == "privacy-1@alongside.example"
    text = letter.as_string()
    assert "nurse-far opened a person whom they do not see otherwise" in text
    for secret in (GIVEN_NAME, FAMILY_NAME, TEAM, WORDS, person.id[:8]):
        assert secret not in text


async def test_what_the_mail_server_does_not_take_goes_out_when_it_is_back(mailing: Place, post: Post) -> None:
    await post.close()
    await breaks_the_glass(mailing, await mailing.registered())
    await looked(mailing)
    await until(lambda: is_so(mailing, "failed"), 60)
    why = await mailing.pool.fetchval("SELECT why FROM undelivered WHERE recipient = 'privacy-1'")
    assert why == "failed"
    await post.open()
    await until(lambda: is_so(mailing, "sent"), 60)
    assert len(post.letters) == 1


async def test_what_may_have_gone_out_is_not_sent_again(mailing: Place, post: Post) -> None:
    """The worker dies between claiming an alert and knowing what became of it."""
    person = await mailing.registered()
    code = access.Reason.URGENT_CARE
    await access.break_glass(mailing.pool, "nurse-far", Role.COMMUNITY_TEAM, person.id, code, WORDS, now(), email=True)
    (alert,) = await privacy_alerts.waiting(mailing.pool)
    assert await privacy_alerts.DESK.claim(mailing.pool, alert, datetime.now(UTC)) is not None
    await NoticeActivities(mailing.pool, mailer_of(mailing.settings)).privacy_deliver([alert])
    assert await mailing.pool.fetchval("SELECT email FROM privacy_alerts WHERE id = $1", UUID(alert)) == "uncertain"
    assert post.letters == []


async def test_without_mail_nothing_waits(mailing: Place) -> None:
    person = await mailing.registered()
    code = access.Reason.URGENT_CARE
    await access.break_glass(mailing.pool, "nurse-far", Role.COMMUNITY_TEAM, person.id, code, WORDS, now())
    assert await state(mailing) == "none"
    assert await looked(mailing) == 0
