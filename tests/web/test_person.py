"""A person's page, its history and who looked: each is shown what they may see, and no more."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from asyncpg import create_pool

from pathways.loader import find
from planner.journey import decide, next_wake, start, wake
from planner.turn import Outcome
from records import known
from records.commit import commit
from records.database import Keyed
from records.people import register
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.command import COMMAND, Start
from schemas.commit import Commit
from schemas.journey import FactValue, Journey
from tests.keys import RING
from tests.planner.story import INPATIENT
from tests.records.journeys import MANAGERS, T0, day, member, said, somebody, team_of
from tests.web.doors import form_token, house_on, served, sign_in
from web.pages import person
from workers.client import Pool, prepare

PATHWAY = find(INPATIENT)
RISK = "A risk of suicide was identified"
LATE = day(14)
"""Two weeks on, and three days after they left the ward."""


class Told(NamedTuple):
    """Somebody who left a ward: recorded command by command."""

    pool: Pool
    journey: Journey

    @property
    def path(self) -> str:
        return f"/people/{self.journey.transition_id}"

    async def do(self, at: datetime, do: str, **fields: Any) -> "Told":
        """Give a command as the coordinator, and record what came of it."""
        by = {"role": "coordinator", "staff": "coord-web"}
        command = COMMAND.validate_python({"do": do, "id": str(uuid4()), "at": at, "by": by, **fields})
        before = await self.until(at)
        outcome = decide(PATHWAY, before.journey, command)
        await _record(self.pool, outcome, at, command)
        return self._replace(journey=outcome.journey)

    async def until(self, now: datetime) -> "Told":
        """Let time pass as it would, from moment to moment."""
        journey = self.journey
        while (at := next_wake(PATHWAY, journey)) is not None and at <= now:
            outcome = wake(PATHWAY, journey, at)
            journey = outcome.journey
            await _record(self.pool, outcome, at, None)
        return self._replace(journey=journey)


async def _record(pool: Pool, outcome: Outcome, at: datetime, command: Any, definition: str | None = None) -> None:
    change = Commit(
        journey=outcome.journey, events=outcome.events, at=at, said=command and said(command), definition=definition
    )
    await commit(pool, change, email=True)


@pytest_asyncio.fixture
async def entered(pool: Pool) -> str:
    """The id of somebody who is entered, and not followed yet."""
    privacy = member("privacy", Role.PRIVACY_OFFICER, None)
    peers = [member("peer-web", Role.PEER_WORKER, "Team web"), member("lead-far", Role.TEAM_LEAD, "Team far")]
    await upsert_staff(pool, [*team_of("web"), *MANAGERS, privacy, *peers])
    return await register(pool, somebody(), pathway=INPATIENT, started=T0, taken_on=T0, coordinator="coord-web")


@pytest_asyncio.fixture
async def ada(pool: Pool, entered: str) -> Told:
    """Somebody at risk who left the ward three days ago; a peer worker goes with them."""
    facts: dict[str, FactValue] = {"suicide_risk": True, "peer_support": "accepted"}
    expected = {"discharged": day(10)}
    command = Start(id="start", transition_id=entered, at=T0, coordinator="coord-web", facts=facts, expected=expected)
    outcome = start(PATHWAY, command)
    await _record(pool, outcome, T0, command, PATHWAY.canonical)
    told = await Told(pool, outcome.journey).do(day(1), "complete", step="discharge-plan")
    told = await told.do(day(2), "expect", expected={"discharged": day(11)}, reason="The flat is not ready.")
    told = await told.do(day(11), "milestone", milestone="discharged")
    await pool.execute(
        "INSERT INTO assignments (transition_id, staff, starts, why, revision) VALUES ($1, 'peer-web', $2, 'free', 1)",
        UUID(entered),
        T0,
    )
    return await told.until(LATE)


@pytest_asyncio.fixture
async def browser(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    house = replace(await house_on(pool, demo=True), clock=lambda: LATE)
    async with served(house) as found:
        yield found


async def test_the_coordinator_sees_the_whole(browser: httpx.AsyncClient, ada: Told) -> None:
    await sign_in(browser, "coord-web")
    text = (await browser.get(ada.path)).text
    now = text.partition("What to do now")[2].partition("Over time")[0]
    assert "See or call them within 48 hours" in now
    assert "late, for the community team" in now
    assert "the discharge was on Fri 13 Nov 2026" in now
    assert f'href="{ada.path}/steps/follow-up-48h"' in now
    assert "Begin the discharge plan" not in now
    assert "Discharge 13 Nov 2026" in text.partition("<svg")[2]
    assert "The same as a table" in text
    assert RISK in text
    assert "after the discharge" in text
    for link in ("milestone", "date", "facts", "known", "peer", "hold", "handover", "cover", "leave", "history"):
        assert f'href="{ada.path}/{link}"' in text
    assert "style=" not in text
    assert "Ada" not in text.partition("<title>")[2].partition("</title>")[0]


async def test_who_was_told_and_who_moved_it_are_named(browser: httpx.AsyncClient, ada: Told) -> None:
    await sign_in(browser, "coord-web")
    text = (await browser.get(ada.path)).text
    care_plan = text.partition("Send the care plan")[2].partition("</li>")[0]
    assert "Told so far: Coord-Web, Duty, Service, Safety." in care_plan
    moved = "Moved from Thu 5 Nov 2026 on Wed 4 Nov 2026 by Coord-Web, when an expected date changed"
    assert f"{moved}: The flat is not ready." in text


async def test_a_peer_worker_sees_what_was_shared(browser: httpx.AsyncClient, ada: Told, pool: Pool) -> None:
    await sign_in(browser, "peer-web")
    text = (await browser.get(ada.path)).text
    assert "Catch up, weekly in the first month" in text
    hidden = {
        known.Share.STAGE: "After the discharge",
        known.Share.DATES: "Fri 13 Nov 2026 10:00",
        known.Share.STEPS: "Send the discharge summary to the GP",
        known.Share.FACTS: RISK,
    }
    for secret in (*hidden.values(), "Begin the discharge plan", "48 hours", "Test", "Told so far"):
        assert secret not in text, secret
    for share, shown in hidden.items():
        await _share(pool, ada, share)
        text = (await browser.get(ada.path)).text
        assert [one for one, words in hidden.items() if words in text] == [share], shown
    # What is done because of a risk would tell of it.
    await _share(pool, ada, known.Share.STEPS)
    assert "48 hours" not in (await browser.get(ada.path)).text
    await _share(pool, ada, known.Share.STEPS, known.Share.FACTS)
    assert "48 hours" in (await browser.get(ada.path)).text


async def _share(pool: Pool, ada: Told, *shares: known.Share) -> None:
    one = ada.journey.transition_id
    await known.write(pool, one, known_as=None, shares=shares, staff="coord-web", now=LATE)


async def test_a_peer_worker_sees_no_more_than_the_page(browser: httpx.AsyncClient, ada: Told) -> None:
    await sign_in(browser, "peer-web")
    for page in ("history", "access", "known"):
        assert (await browser.get(f"{ada.path}/{page}")).status_code == 403, page
    said = {"form_token": form_token(browser), "shares": "facts"}
    assert (await browser.post(f"{ada.path}/known", data=said)).status_code == 403
    assert RISK not in (await browser.get(ada.path)).text


async def test_how_they_wish_to_be_called_and_what_they_share(
    browser: httpx.AsyncClient, ada: Told, pool: Pool
) -> None:
    await sign_in(browser, "coord-web")
    assert "not asked yet" in (await browser.get(ada.path)).text
    asked = {"form_token": form_token(browser), "known_as": " Addy ", "shares": ["dates", "stage", "nonsense"]}
    answer = await browser.post(f"{ada.path}/known", data=asked)
    assert (answer.status_code, answer.headers["location"]) == (303, ada.path)
    text = (await browser.get(ada.path)).text
    assert "<h1" in text
    assert ">Addy</h1>" in text
    assert "What they share was recorded by Coord-Web on Mon 16 Nov 2026." in text
    found = await known.read(pool, ada.journey.transition_id)
    assert (found.known_as, found.shares) == ("Addy", [known.Share.DATES, known.Share.STAGE])
    form = (await browser.get(f"{ada.path}/known")).text
    assert 'value="Addy"' in form
    assert form.count("checked") == 2
    kept = await pool.fetchval("SELECT count(*) FROM agreements")
    assert kept == 1


async def test_a_name_that_cannot_be_is_said_at_its_field(browser: httpx.AsyncClient, ada: Told, pool: Pool) -> None:
    await sign_in(browser, "coord-web")
    asked = {"form_token": form_token(browser), "known_as": "A" * 81, "shares": "facts"}
    answer = await browser.post(f"{ada.path}/known", data=asked)
    assert answer.status_code == 422
    assert 'href="#known_as"' in answer.text
    assert "A" * 81 in answer.text
    assert "checked" in answer.text
    assert (await known.read(pool, ada.journey.transition_id)).at is None
    assert (await browser.post(f"{ada.path}/known", data=asked | {"form_token": "guessed"})).status_code == 403


async def test_history_is_told_in_sentences_page_by_page(
    browser: httpx.AsyncClient, ada: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(browser, "coord-web")
    whole = (await browser.get(f"{ada.path}/history")).text
    assert "Wed 4 Nov 2026 10:00</time>, Coord-Web" in whole
    assert "The flat is not ready" in whole
    assert "Recorded " in whole  # it is recorded on the day of this test, long after
    because = whole.partition("Why each date is what it is")[2].partition("</details>")[0]
    assert "the discharge was on Fri 13 Nov 2026 and the pathway says 7 days after that" in because
    monkeypatch.setattr(person, "ENTRIES", 20)
    pages = [await browser.get(f"{ada.path}/history")]
    while "What happened after that" in pages[-1].text:
        after = pages[-1].text.partition("/history?after=")[2].partition('"')[0]
        pages.append(await browser.get(f"{ada.path}/history?after={after}"))
    assert len(pages) > 2
    assert "Wed 4 Nov 2026 10:00</time>" not in pages[0].text
    assert "Why each date" not in pages[1].text
    assert (await browser.get(f"{ada.path}/history?after=nonsense")).status_code == 422


async def test_who_looked_is_for_team_leads_of_theirs_and_for_privacy(browser: httpx.AsyncClient, ada: Told) -> None:
    await sign_in(browser, "coord-web")
    await browser.get(ada.path)
    assert (await browser.get(f"{ada.path}/access")).status_code == 403
    await sign_in(browser, "lead-web")
    text = (await browser.get(f"{ada.path}/access")).text
    assert "Coord-Web, coordinator, saw their page" in text
    assert "Lead-Web, team lead, saw who looked at them" in text
    await sign_in(browser, "lead-far")
    assert (await browser.get(f"{ada.path}/access")).status_code == 403
    await sign_in(browser, "privacy")
    text = (await browser.get(f"{ada.path}/access")).text
    assert "Coord-Web, coordinator, saw their page" in text
    assert "Ada" not in text
    assert (await browser.get(f"/people/{uuid4()}/access")).status_code == 404
    assert (await browser.get(f"{ada.path}/access?after=nonsense")).status_code == 422


async def test_who_looked_comes_in_pages(
    browser: httpx.AsyncClient, ada: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "LOOKS", 3)
    await sign_in(browser, "coord-web")
    for _ in range(3):
        await browser.get(ada.path)
    await sign_in(browser, "privacy")
    first = (await browser.get(f"{ada.path}/access")).text
    assert first.count("saw their page") == 2
    assert "Privacy, privacy officer, saw who looked at them" in first
    assert "They guard privacy." in first
    following = first.partition("/access?after=")[2].partition('"')[0]
    second = (await browser.get(f"{ada.path}/access?after={following}")).text
    assert second.count("saw their page") == 1
    assert "/access?after=" not in second


async def test_a_hold_an_offer_and_an_end_are_said_first(browser: httpx.AsyncClient, ada: Told) -> None:
    await sign_in(browser, "coord-web")
    held = await ada.do(day(14), "hold", reason="In hospital for an operation.")
    held = await held.do(day(14), "handover-offer", to="other-web", answer_by=day(20))
    text = (await browser.get(ada.path)).text
    first = text.partition("What to do now")[0]
    assert "On hold since Mon 16 Nov 2026 10:00." in first
    assert "In hospital for an operation." in first
    assert "Offered to Other-Web" in first
    assert "See the offer, or withdraw it" in first
    now = text.partition("What to do now")[2].partition("Over time")[0]
    assert "See or call them within 48 hours" in now  # safety is not put on hold
    await sign_in(browser, "other-web")
    assert "Answer the offer" in (await browser.get(ada.path)).text
    await held.do(day(14), "exit", exit="moved-away")
    text = (await browser.get(ada.path)).text
    assert "This transition has ended: moved away, on Mon 16 Nov 2026." in text
    assert "What to do now" not in text
    assert f'href="{ada.path}/hold"' not in text


async def test_somebody_who_is_not_followed_yet(browser: httpx.AsyncClient, entered: str) -> None:
    await sign_in(browser, "coord-web")
    answer = await browser.get(f"/people/{entered}")
    assert answer.status_code == 200
    assert "entered and not followed yet" in answer.text
    assert (await browser.get(f"/people/{entered}/history")).status_code == 200


async def test_a_page_asks_the_database_little(pool: Pool, database_url: str, ada: Told) -> None:
    asked: list[str] = []

    async def listened(link: Any) -> None:
        await prepare(link, keys=RING)
        link.add_query_logger(lambda query: asked.append(query.query))

    async with create_pool(database_url, init=listened, connection_class=Keyed) as counting:
        house = replace(await house_on(counting, demo=True), clock=lambda: LATE)
        async with served(house) as browser:
            for staff, page in (("coord-web", ""), ("peer-web", ""), ("coord-web", "/history"), ("privacy", "/access")):
                await sign_in(browser, staff)
                asked.clear()
                assert (await browser.get(f"{ada.path}{page}")).status_code == 200
                queries = [query.strip().splitlines()[0] for query in asked if query.strip().startswith("--")]
                assert 1 < len(queries) <= 16, queries
