"""Starting a transition over a real server: page by page, wrong input, who is here already, and once alone."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client

from records.staff import upsert_staff
from schemas.codes import Role
from tests.durable.following import COORDINATOR, FAMILY_NAME, GIVEN_NAME, Followed, place
from tests.records.journeys import begin, member, somebody, team_of
from tests.web.doors import form_token, house_on, served, sign_in
from workers.client import Pool
from workers.transitions import query_journey, workflow_id

TODAY = datetime.now(UTC).date()
PERSON = {
    "local_id": "AL77001",
    "nhs_number": "999 000 0018",
    "given_name": GIVEN_NAME,
    "family_name": FAMILY_NAME,
    "born-day": "27",
    "born-month": "3",
    "born-year": "1985",
    "known_as": "Clem",
    "ethnicity": "M",
}
ALONG = {"pathway": "inpatient-to-community", "coordinator": COORDINATOR, "team": ""}
DATES = {
    "started": f"{TODAY - timedelta(days=30)}",
    "happened-discharged": f"{TODAY - timedelta(days=4)}",
    "happened-discharged-time": "14:05",
    "fact-suicide_risk": "yes",
    "fact-peer_support": "accepted",
}
WHOLE = {"command_id": "start-once", **PERSON, **ALONG, **DATES}


@pytest_asyncio.fixture
async def browser(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who coordinates, at pages that nobody needs Temporal for."""
    coordinator = member(COORDINATOR, Role.COORDINATOR, "North")
    await upsert_staff(pool, [coordinator, *team_of("A"), member("roaming", Role.COORDINATOR, None)])
    async with served(await house_on(pool, demo=True)) as found:
        await sign_in(found, COORDINATOR)
        yield found


async def send(browser: httpx.AsyncClient, at: str, said: Mapping[str, str], go: str = "on") -> httpx.Response:
    return await browser.post("/start", data={"form_token": form_token(browser), "at": at, "go": go, **said})


def plain(html: str) -> str:
    main = html.split("<main", 1)[1].split("</main>", 1)[0]
    main = re.sub(r'<span class="nhsuk-table-responsive__heading"[^>]*>[^<]*</span>', " ", main)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", f"<{main}")).split())


def hidden(html: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html.split("<main", 1)[1])
    return {name: unescape(value) for name, value in found if name not in ("form_token", "at")}


async def people_here(pool: Pool) -> int:
    return int(await pool.fetchval("SELECT (SELECT count(*) FROM people) + (SELECT count(*) FROM transitions)"))


async def test_page_by_page_nothing_is_saved_before_the_last(browser: httpx.AsyncClient, pool: Pool) -> None:
    first = await browser.get("/start")
    assert "Who is it for?" in plain(first.text)
    carried = hidden(first.text)
    along = await send(browser, "person", carried | PERSON)
    assert "Where are they going" in plain(along.text)
    carried = hidden(along.text)
    assert carried["family_name"] == FAMILY_NAME
    dates = await send(browser, "pathway", carried | ALONG)
    assert "When the discharge was, if it has happened" in plain(dates.text)
    foretold = await send(browser, "dates", hidden(dates.text) | DATES)
    assert foretold.status_code == 200
    said = plain(foretold.text)
    assert "Send the care plan to everyone named in it" in said
    assert re.search(r"Due \w+ \d+ \w+ \d+ 14:05, \d days late Late already Safety Send the care plan", said)
    assert "Then every 7 days from discharge, 4 times" in said
    assert "will be told at once about: Send the care plan" in said
    assert "Agree the section 117 aftercare: only when section 117" in said
    assert "Started " + f"{datetime.fromisoformat(DATES['started']):%a %-d %b %Y} 00:00" in said
    assert hidden(foretold.text).keys() >= {*PERSON, "pathway", "coordinator", *DATES}
    assert await people_here(pool) == 0
    for answer in (first, along, dates, foretold):
        assert str(answer.url).endswith("/start")
        assert FAMILY_NAME not in answer.text.split("</title>")[0]


async def test_what_has_no_date_yet_says_what_it_waits_for(browser: httpx.AsyncClient) -> None:
    foretold = plain((await send(browser, "dates", PERSON | ALONG)).text)
    assert "Waiting for an expected date of the discharge Visit the new home" in foretold
    assert "Waiting for the discharge date Safety Send the care plan to everyone named in it" in foretold


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("local_id", "", "Write the local id"),
        ("local_id", "-1 2", "letters, digits and _ . / - only"),
        ("nhs_number", "999 000 0019", "fails its check digit"),
        ("nhs_number", "99", "has two digits"),
        ("nhs_number", "x", "is not made of digits"),
        ("given_name", " ", "Write their given name"),
        ("family_name", "x" * 201, "at most 200 letters"),
        ("ethnicity", "Q", "Choose one of the list"),
        ("known_as", "x" * 201, "at most 80 letters"),
        ("known_as", "a\nb", "in one line"),
        ("born-month", "13", "a date of birth that exists"),
        ("born-day", "٣", "a date of birth that exists"),
        ("born-year", "85", "too long ago"),
        ("born-year", f"{TODAY.year + 1}", "lies in the future"),
    ],
)
async def test_what_is_wrong_of_the_person_is_said_at_the_field(
    browser: httpx.AsyncClient, field: str, text: str, sentence: str
) -> None:
    answer = await send(browser, "person", PERSON | {field: text})
    assert answer.status_code == 422
    name = field.split("-")[0]
    at_field = unescape(answer.text.split(f'id="{name}-error"', 1)[1].split("</", 3)[1:3].__str__())
    assert sentence in at_field
    assert f'href="#{"born-day" if name == "born" else name}"' in answer.text
    assert f'value="{PERSON["born-day"] if field != "born-day" else text}"' in answer.text
    assert "Error: Start a transition" in answer.text


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("pathway", "", "Choose a pathway."),
        ("pathway", "/etc/passwd", "Choose a pathway."),
        ("pathway", "tests/pathways/x.yaml", "Choose a pathway."),
        ("coordinator", "", "Choose who goes with them."),
        ("coordinator", "nobody", "Choose who goes with them."),
        ("coordinator", "nurse-A", "Choose who goes with them."),
        ("team", "Nowhere", "Choose a team of the list."),
    ],
)
async def test_what_is_wrong_of_the_way_is_said_at_the_field(
    browser: httpx.AsyncClient, field: str, text: str, sentence: str
) -> None:
    answer = await send(browser, "pathway", PERSON | ALONG | {field: text})
    assert answer.status_code == 422
    assert sentence in answer.text.split(f'id="{field}-error"', 1)[1][:200]


async def test_whoever_is_in_no_team_needs_one_to_be_said(browser: httpx.AsyncClient) -> None:
    said = PERSON | ALONG | {"coordinator": "roaming"}
    assert "Roaming is in none" in (await send(browser, "pathway", said)).text
    assert (await send(browser, "pathway", said | {"team": "Team A"})).status_code == 200


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("started", "2026-02-30", "that exist"),
        ("started", "soon", "that exist"),
        ("started", f"{TODAY + timedelta(days=2)}", "cannot start in the future"),
        ("started-time", "14:05", "Write the day, too"),
        ("started", "1066-10-14", "too far away"),
        ("happened-discharged", f"{TODAY + timedelta(days=2)}", "between the start and now"),
        ("expected-discharged", f"{TODAY - timedelta(days=9)}", "a day that is past"),
        ("expected-discharged", f"{TODAY.year + 20}-01-01", "ten years ahead"),
        ("fact-suicide_risk", "perhaps", "Choose yes, no, or not known."),
        ("fact-bed_class", "999", "bed_class is one of"),
        ("fact-peer_support", "later", "peer_support is one of"),
    ],
)
async def test_what_is_wrong_of_the_dates_and_facts_is_said_at_the_field(
    browser: httpx.AsyncClient, field: str, text: str, sentence: str
) -> None:
    for at in ("dates", "preview"):
        answer = await send(browser, at, PERSON | ALONG | {field: text}, "confirm" if at == "preview" else "on")
        assert answer.status_code == 422
        name = field.removesuffix("-time")
        assert sentence in unescape(answer.text.split(f'id="{name}-error"', 1)[1][:400])
        assert "What is known already?" in plain(answer.text)


async def test_the_facts_of_each_pathway_are_asked_as_it_has_them(browser: httpx.AsyncClient) -> None:
    young = PERSON | ALONG | {"pathway": "camhs-to-adult", "born-year": f"{TODAY.year - 17}"}
    page = await send(browser, "pathway", young)
    assert "How far that is agreed" in plain(page.text)
    agreed = {"fact-destination": "adult-mental-health", "fact-destination-status": "accepted"}
    assert "First appointment in the adult service" in plain((await send(browser, "dates", young | agreed)).text)
    waiting = PERSON | ALONG | {"pathway": "waiting-list-to-discharge"}
    wishes = {"fact-preferences-language": "ur, pa", "fact-preferences-times": "evening"}
    page = await send(browser, "pathway", waiting)
    assert 'name="fact-preferences-language"' in page.text
    assert (await send(browser, "dates", waiting | wishes)).status_code == 200


async def test_going_back_keeps_what_was_said(browser: httpx.AsyncClient) -> None:
    back = await send(browser, "preview", WHOLE, "dates")
    assert back.status_code == 200
    assert DATES["happened-discharged"] in back.text
    further = await send(browser, "dates", hidden(back.text) | DATES, "person")
    assert f'value="{FAMILY_NAME}"' in further.text
    assert hidden(further.text)["happened-discharged-time"] == "14:05"
    assert hidden(further.text)["command_id"] == "start-once"


async def test_who_is_here_already_is_shown_before_anything_is_saved(browser: httpx.AsyncClient, pool: Pool) -> None:
    known = somebody()
    await begin(pool, COORDINATOR, person=known)
    typed = PERSON | {"given_name": "Ada", "family_name": "Tests", "nhs_number": ""}
    typed |= {"born-day": "4", "born-month": "5", "born-year": "1980"}
    asked = await send(browser, "person", typed)
    assert "Is it one of these people?" in plain(asked.text)
    assert "the same date of birth and a name like theirs" in plain(asked.text)
    unanswered = await send(browser, "same", typed)
    assert unanswered.status_code == 422
    assert 'id="same-error"' in unanswered.text
    person_id = str(await pool.fetchval("SELECT id FROM people"))
    theirs = await send(browser, "dates", typed | ALONG | {"same": person_id})
    assert f"Ada Test, {known.local_id}, who is here already" in plain(theirs.text)
    other = await send(browser, "dates", typed | ALONG | {"same": "somebody-else"})
    assert "Ada Tests, AL77001" in plain(other.text)
    made_up = await send(browser, "dates", typed | ALONG | {"same": "00000000-0000-4000-8000-000000000000"})
    assert made_up.status_code == 422


async def test_a_number_is_one_persons_alone(browser: httpx.AsyncClient, pool: Pool) -> None:
    known = somebody()
    await begin(pool, COORDINATOR, person=known)
    answer = await send(browser, "same", PERSON | {"local_id": known.local_id, "same": "somebody-else"})
    assert answer.status_code == 422
    assert "one person’s alone" in plain(answer.text)


async def test_who_is_here_and_not_seen_is_not_named(browser: httpx.AsyncClient, pool: Pool) -> None:
    known = somebody()
    await begin(pool, "coord-A", person=known)
    typed = PERSON | {"local_id": known.local_id}
    asked = plain((await send(browser, "person", typed)).text)
    assert "whom you do not see at present" in asked
    assert "Ada" not in asked
    person_id = str(await pool.fetchval("SELECT id FROM people"))
    foretold = await send(browser, "dates", typed | ALONG | {"same": person_id})
    assert f"Who {known.local_id}, who is here already" in plain(foretold.text)


async def test_starting_is_for_those_who_may_and_with_the_form(browser: httpx.AsyncClient, pool: Pool) -> None:
    assert (await browser.post("/start", data=WHOLE)).status_code == 403
    await upsert_staff(pool, [member("ops", Role.OPERATIONS, None), member("peer", Role.PEER_WORKER, "Team A")])
    for staff in ("ops", "peer"):
        await sign_in(browser, staff)
        assert (await browser.get("/start")).status_code == 403
        assert (await send(browser, "preview", WHOLE, "confirm")).status_code == 403
    assert await people_here(pool) == 0


async def test_without_temporal_it_is_said_and_can_be_sent_again(browser: httpx.AsyncClient, pool: Pool) -> None:
    answer = await send(browser, "preview", WHOLE, "confirm")
    assert answer.status_code == 422
    assert "The service that follows people cannot be reached" in plain(answer.text)
    assert hidden(answer.text)["command_id"] == "start-once"
    assert await pool.fetchval("SELECT status FROM transitions") == "registered"


async def test_started_once_however_often_it_is_sent(temporal: Client, pool: Pool) -> None:
    async with place(temporal, pool) as here, here.worker():
        house = await house_on(pool, temporal, demo=True, task_queue=here.settings.task_queue)
        async with served(house) as browser:
            await sign_in(browser, COORDINATOR)
            sent = [send(browser, "preview", WHOLE, "confirm") for _ in range(3)]
            answers = [*await asyncio.gather(*sent), await send(browser, "preview", WHOLE, "confirm")]
            (row,) = await pool.fetch("SELECT id::text, team, coordinator_id, status FROM transitions")
            here.followed.append(Followed(row["id"], None, temporal, pool))  # type: ignore[arg-type]  # only to be ended
            assert [answer.status_code for answer in answers] == [303] * 4
            assert {answer.headers["location"] for answer in answers} == {f"/people/{row['id']}"}
            assert (row["team"], row["coordinator_id"], row["status"]) == ("North", COORDINATOR, "open")
            person = await pool.fetchrow("SELECT local_id, nhs_number, given_name, known_as, ethnicity FROM people")
            assert person is not None
            assert tuple(person) == ("AL77001", "9990000018", GIVEN_NAME, "Clem", "M")
            journey = await query_journey(temporal, row["id"])
            assert journey.facts["suicide_risk"] is True
            assert journey.facts["peer_support"] == "accepted"
            assert journey.occurred["discharged"].date() == TODAY - timedelta(days=4)
            commits = await pool.fetchval("SELECT count(*) FROM commits WHERE command_id = 'start-once'")
            assert commits == 1
            told = await browser.get("/people")
            assert "Started. From now on this is followed." in plain(told.text)
            again = await send(browser, "preview", WHOLE | {"command_id": "another"}, "confirm")
            assert again.status_code == 422
            assert "They are on this pathway already" in plain(again.text)
            history = await temporal.get_workflow_handle(workflow_id(row["id"])).fetch_history()
            assert FAMILY_NAME not in history.to_json()
