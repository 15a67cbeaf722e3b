"""The feed over a real server and a real client: what it says, what it refuses, and what it never writes down."""

import logging
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from icalendar import Calendar

from records import feeds
from records.people import register
from records.staff import upsert_staff
from schemas.codes import Role
from tests.records.journeys import PATHWAY, T0, member, somebody, team_of
from tests.web.doors import house_on
from web.answers import AWAY
from web.server import serving
from workers.client import Pool
from workers.ports import LOOPBACK, listen

PEER = "peer-1"


@pytest.fixture
def door() -> socket.socket:
    """A socket on a free port."""
    return listen(LOOPBACK, 0)


@pytest_asyncio.fixture
async def client(pool: Pool, door: socket.socket) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that runs for this test, with a worker in its records."""
    await upsert_staff(pool, [*team_of("web"), member(PEER, Role.PEER_WORKER, "Team web")])
    address = f"http://{LOOPBACK}:{door.getsockname()[1]}"
    async with serving(await house_on(pool), door), httpx.AsyncClient(base_url=address, trust_env=False) as http:
        yield http


async def booked(pool: Pool) -> UUID:
    """A contact tomorrow."""
    transition = await register(
        pool, somebody(), pathway=PATHWAY.id, started=T0, taken_on=T0, coordinator="coord-web", team=None
    )
    booking, starts = uuid4(), datetime.now(UTC) + timedelta(days=1)
    ends = starts + timedelta(hours=1)
    await pool.execute(
        "INSERT INTO bookings (id, transition_id, step, staff, starts, ends, busy, minutes, place, booked_at) "
        "VALUES ($1, $2, 'talk', $3, $4, $5, tstzrange($4, $5), 60, 'ward', $4)",
        *(booking, UUID(transition), PEER, starts, ends),
    )
    return booking


async def test_a_calendar_program_reads_it(pool: Pool, client: httpx.AsyncClient) -> None:
    booking = await booked(pool)
    token = await feeds.create(pool, PEER)
    answer = await client.get(f"/feeds/{token}.ics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "server" not in answer.headers
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert (str(event["SUMMARY"]), str(event["UID"])) == ("A.T. · ward", f"{booking}@alongside")
    asked = await client.head(f"/feeds/{token}.ics")
    assert (asked.status_code, asked.content) == (200, b"")


async def test_unknown_revoked_and_left_answer_alike(pool: Pool, client: httpx.AsyncClient) -> None:
    revoked = await feeds.create(pool, PEER)
    assert (await client.get(f"/feeds/{revoked}.ics")).status_code == 200
    await feeds.revoke(pool, PEER)
    left = await feeds.create(pool, "nurse-web")
    await pool.execute("UPDATE staff SET active = false WHERE id = 'nurse-web'")
    never = "A" * len(revoked)
    answers = [await client.get(f"/feeds/{token}.ics") for token in (revoked, left, never, "short", "%00", "é" * 400)]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.text for answer in answers} == {feeds.NO_FEED + "\n"}
    told = [{k: v for k, v in answer.headers.items() if k != "date"} for answer in answers]
    assert all(one == told[0] for one in told)
    assert told[0]["cache-control"] == "private, no-store"


async def test_the_secret_address_is_never_logged(
    pool: Pool,
    client: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", True)  # the client's own log names what it asks for
    token = await feeds.create(pool, PEER)
    with caplog.at_level("DEBUG"):
        assert (await client.get(f"/feeds/{token}.ics")).status_code == 200
        await pool.close()
        assert (await client.get(f"/feeds/{token}.ics")).status_code == 503
    said = "".join([caplog.text, *capfd.readouterr()])
    assert "the records cannot be reached" in said
    assert token not in said


async def test_health_is_that_of_the_records(pool: Pool, client: httpx.AsyncClient) -> None:
    well = await client.get("/health")
    assert (well.status_code, well.json()) == (200, {"status": "ok"})
    await pool.close()
    ill = await client.get("/health")
    assert (ill.status_code, ill.text) == (503, AWAY + "\n")


async def test_there_is_no_other_door(client: httpx.AsyncClient) -> None:
    for path in ("/docs", "/openapi.json", "/feeds/", "/feeds/x"):
        assert (await client.get(path)).status_code == 404
    assert (await client.post("/health")).status_code == 405
