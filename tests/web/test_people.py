"""My people and Find, over a real server: who needs me today, everybody else, and whoever is looked for."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from html import unescape
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio

from records.staff import add_cover, upsert_staff
from schemas.codes import Role
from schemas.command import OfferHandover, PutOnHold, RecordMilestone
from schemas.person import Person
from schemas.staff import Cover
from tests.records.journeys import MANAGERS, Recorder, begin, day, member, team_of
from tests.web.doors import form_token, house_on, served, sign_in
from workers.client import Pool

NHS = "9990000018"


class Place(NamedTuple):
    """A server whose clock stands 8 days after everybody started, and some of the people in it."""

    browser: httpx.AsyncClient
    late: Recorder
    held: Recorder
    other: Recorder


def somebody(local_id: str, given: str, family: str, nhs_number: str | None = None) -> Person:
    return Person(
        local_id=local_id,
        given_name=given,
        family_name=family,
        nhs_number=nhs_number,
        date_of_birth=date(1985, 3, 27),
    )


NOW = day(8)


@pytest_asyncio.fixture
async def place(pool: Pool) -> AsyncIterator[Place]:
    peer = member("peer-A", Role.PEER_WORKER, "Team A")
    await upsert_staff(pool, [*team_of("A"), *team_of("B"), *MANAGERS, peer])
    late = await begin(pool, "coord-A", person=somebody("AL00001", "Zoë", "O’Neill", NHS))
    late = await late.tell(RecordMilestone(id="m", at=day(5), milestone="discharged", occurred_at=day(5)))
    late = await late.until(NOW)
    held = await begin(pool, "coord-A", person=somebody("AL00002", "Ada", "Held-Smith"))
    held = await held.tell(PutOnHold(id="h", at=day(1), reason="abroad"))
    other = await begin(pool, "coord-B", person=somebody("AL00003", "Ben", "Elsewhere", "9990000026"))
    here = replace(await house_on(pool, demo=True), clock=lambda: NOW)
    async with served(here) as browser:
        yield Place(browser, late, held, other)


def plain(html: str) -> str:
    main = html.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", f"<{main}")).split())


def section(html: str, name: str) -> str:
    found = html.split(f'<h2 id="{name}">', 1)[1].split("</section>", 1)[0]
    return plain(f"<main>{found}</main>").removeprefix("> ")


async def find(browser: httpx.AsyncClient, text: str) -> httpx.Response:
    return await browser.post("/find", data={"form_token": form_token(browser), "q": text})


async def test_safety_comes_first_then_the_longest_late_with_whoever_was_told(place: Place) -> None:
    await sign_in(place.browser, "coord-A")
    answer = await place.browser.get("/people")
    needed = section(answer.text, "today")
    assert "See the person" in needed
    titles = re.findall(r"See the person|Write the plan|Talk with the therapist", needed)
    assert titles == ["See the person", "Write the plan", "Talk with the therapist"]
    assert "Safety See the person Due Mon 9 Nov 2026 10:00, 1 day late. For the community team." in needed
    assert "1 day late. For the community team. Told: Safety." in needed
    assert "Told: you, Lead-A." in needed
    assert "3 things are late or due today. 1 is about safety, and comes first." in needed
    assert "Elsewhere" not in answer.text
    assert f'href="/people/{place.late.journey.transition_id}"' in answer.text


async def test_everybody_is_listed_with_stage_next_date_and_what_to_know(place: Place) -> None:
    await sign_in(place.browser, "coord-A")
    listed = section((await place.browser.get("/people")).text, "everybody")
    assert "After the Discharged A small pathway" in listed
    assert re.search(r"Zoë O’Neill.*Look back Due Fri 7 May 2027.*3 late", listed)
    assert re.search(r"Ada Held-Smith.*Write the plan Due Thu 5 Nov 2026, stands still To know On hold", listed)


@pytest.mark.parametrize(
    ("query", "seen", "unseen"),
    [
        ("late=yes", "O’Neill", "Held-Smith"),
        ("hold=yes", "Held-Smith", "O’Neill"),
        ("stage=discharged", "O’Neill", "Held-Smith"),
        ("pathway=small-pathway", "O’Neill", "Elsewhere"),
        ("pathway=another", "Nobody is like that", "O’Neill"),
        ("waiting=yes", "Nobody is like that", "O’Neill"),
        ("week=yes", "Held-Smith", "O’Neill"),
        ("late=perhaps&stage=%00&who=", "Held-Smith", "Elsewhere"),
    ],
)
async def test_filters_stay_in_the_address(place: Place, query: str, seen: str, unseen: str) -> None:
    await sign_in(place.browser, "coord-A")
    listed = section((await place.browser.get(f"/people?{query}")).text, "everybody")
    assert seen in listed
    assert unseen not in listed.split("Show only those")[-1]


async def test_a_broken_place_in_the_listing_is_said_and_not_a_fault(place: Place) -> None:
    await sign_in(place.browser, "coord-A")
    for name in ("after", "later"):
        answer = await place.browser.get(f"/people?{name}=nonsense")
        assert answer.status_code == 422
        assert "no place in a listing" in answer.text


async def test_whoever_covers_has_the_people_too(place: Place, pool: Pool) -> None:
    await add_cover(pool, Cover(staff="coord-A", stands_in="other-A", starts=day(7), ends=day(9)))
    await sign_in(place.browser, "other-A")
    answer = await place.browser.get("/people")
    assert "See the person" in section(answer.text, "today")
    listed = section(answer.text, "everybody")
    assert "Zoë O’Neill" in listed
    assert "Coord-A goes with them" in listed


async def test_an_offer_is_shown_to_whoever_it_is_for_with_the_way_to_answer(place: Place) -> None:
    offer = OfferHandover(id="o", at=day(8), to="other-A", answer_by=day(10), reason="moving")
    await place.late.tell(offer)
    await sign_in(place.browser, "other-A")
    answer = await place.browser.get("/people")
    assert "Offered to you by Coord-A" in section(answer.text, "everybody")
    assert f'href="/people/{place.late.journey.transition_id}/handover"' in answer.text


async def test_a_lead_sees_the_lists_of_their_team_and_of_no_other(place: Place) -> None:
    browser = place.browser
    await sign_in(browser, "lead-A")
    assert "Zoë O’Neill" in (await browser.get("/people?team=Team+A")).text
    of_one = await browser.get("/people?who=coord-A")
    assert "The people of Coord-A" in plain(of_one.text)
    assert "Zoë O’Neill" in of_one.text
    for query in ("team=Team+B", "who=coord-B", "who=nobody-at-all"):
        assert (await browser.get(f"/people?{query}")).status_code == 403, query
    await sign_in(browser, "coord-A")
    for query in ("team=Team+A", "who=other-A"):
        assert (await browser.get(f"/people?{query}")).status_code == 403, query
    await sign_in(browser, "duty")
    assert "Ben Elsewhere" in (await browser.get("/people?team=Team+B")).text


async def test_a_caseload_is_for_those_who_go_with_people(place: Place) -> None:
    for staff in ("ops", "peer-A"):
        await sign_in(place.browser, staff)
        assert (await place.browser.get("/people")).status_code == 403


@pytest.mark.parametrize(
    "text", ["O'Neill", "zoe", "oneill zo", "ZOE ONEILL", "Ón", "al00001", "AL00001", NHS, "999 000 0018", "o neill"]
)
async def test_somebody_is_found_however_they_are_written(place: Place, text: str) -> None:
    await sign_in(place.browser, "coord-A")
    answer = await find(place.browser, text)
    assert answer.status_code == 200
    assert "1 person found Zoë O’Neill AL00001, born 27 March 1985" in plain(answer.text)
    assert str(answer.url).endswith("/find")


@pytest.mark.parametrize("text", ["Elsewhere", "ben el", "Nobody", "Zoë Elsewhere"])
async def test_who_is_not_seen_is_not_found_by_name(place: Place, text: str) -> None:
    await sign_in(place.browser, "coord-A")
    said = plain((await find(place.browser, text)).text)
    assert "Nobody whom you see is called that" in said
    assert "AL00003" not in said


@pytest.mark.parametrize("text", ["AL00003", "999 000 0026"])
async def test_an_exact_number_says_that_somebody_is_there_and_what_one_can_do(place: Place, text: str) -> None:
    await sign_in(place.browser, "coord-A")
    answer = await find(place.browser, text)
    assert "There is somebody with that number whom you do not see at present." in plain(answer.text)
    assert f'href="/people/{place.other.journey.transition_id}"' in answer.text
    assert "Elsewhere" not in plain(answer.text)
    await sign_in(place.browser, "peer-A")
    assert place.other.journey.transition_id not in (await find(place.browser, text)).text


@pytest.mark.parametrize("text", ["", "  ", "a", "%%", "_", "é"])
async def test_too_little_to_look_for_is_said_at_the_field(place: Place, text: str) -> None:
    await sign_in(place.browser, "coord-A")
    answer = await find(place.browser, text)
    assert answer.status_code == 422
    assert 'id="q-error"' in answer.text
    assert 'href="#q"' in answer.text


async def test_looking_for_somebody_is_only_ever_posted_with_the_form(place: Place) -> None:
    await sign_in(place.browser, "coord-A")
    assert "O’Neill" not in (await place.browser.get("/find?q=neill")).text
    assert (await place.browser.post("/find", data={"q": "neill"})).status_code == 403
    await sign_in(place.browser, "ops")
    assert (await place.browser.get("/find")).status_code == 403
