"""A feed shows when and where somebody is expected, to whoever holds its token, until it is revoked."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg import Pool, Record
from icalendar import Calendar

from records import feeds
from records.errors import RecordsError, UnknownStaff
from records.people import register
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.person import Person
from tests.records.journeys import PATHWAY, T0, day, member, somebody, team_of

PEER = "peer-1"
BOOK = """
INSERT INTO bookings (id, transition_id, step, staff, starts, ends, busy, minutes, place, status, booked_at)
VALUES ($1, $2, $3, $4, $5, $6, tstzrange($5, $6), 60, $7, $8, $9)
"""


@pytest.fixture(autouse=True)
async def _staff(pool: "Pool[Record]") -> None:
    await upsert_staff(pool, [*team_of("feeds"), member(PEER, Role.PEER_WORKER, "Team feeds")])


async def person(pool: "Pool[Record]", given: str = "Ada", family: str = "Wong") -> str:
    """The transition of somebody of that name."""
    named = somebody().model_copy(update={"given_name": given, "family_name": family})
    return await register(
        pool, Person.model_validate(named.model_dump()), pathway=PATHWAY.id, started=T0, taken_on=T0,
        coordinator="coord-feeds", team=None,
    )  # fmt: skip


async def book(
    pool: "Pool[Record]", transition: str, at: datetime, *, place: str = "community", status: str = "booked"
) -> UUID:
    """A contact of an hour."""
    booking = uuid4()
    ends = at + timedelta(hours=1)
    await pool.execute(BOOK, booking, UUID(transition), f"step-{booking}", PEER, at, ends, place, status, T0)
    return booking


async def events(pool: "Pool[Record]", token: str, now: datetime = T0) -> list[Any]:
    """What a calendar program reads from the feed."""
    return list(Calendar.from_ical(await feeds.calendar(pool, token, now)).walk("VEVENT"))


async def test_a_contact_is_initials_and_a_place_and_nothing_else(pool: "Pool[Record]") -> None:
    transition = await person(pool, "Ada", "Wong")
    booking = await book(pool, transition, day(3))
    token = await feeds.create(pool, PEER)
    text = (await feeds.calendar(pool, token, T0)).decode()
    (event,) = await events(pool, token)
    assert str(event["SUMMARY"]) == "A.W. · community"
    assert str(event["UID"]) == f"{booking}@alongside"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (day(3), day(3) + timedelta(hours=1))
    assert (event["STATUS"], event["CLASS"], event["DTSTAMP"].dt) == ("CONFIRMED", "PRIVATE", T0)
    assert not {"DESCRIPTION", "LOCATION", "ATTENDEE", "ORGANIZER"} & set(event)
    local_id = await pool.fetchval("SELECT local_id FROM people p JOIN transitions t ON t.person_id = p.id")
    for secret in ("Ada", "Wong", "step-", transition, local_id, PEER):
        assert secret not in text


async def test_the_times_are_utc_on_both_sides_of_the_clocks_change(pool: "Pool[Record]") -> None:
    transition = await person(pool)
    before, after = datetime.fromisoformat("2026-10-23T10:00+01:00"), datetime.fromisoformat("2026-10-26T10:00+00:00")
    for at in (before, after):
        await book(pool, transition, at)
    token = await feeds.create(pool, PEER)
    text = (await feeds.calendar(pool, token, T0)).decode()
    assert "DTSTART:20261023T090000Z" in text
    assert "DTSTART:20261026T100000Z" in text
    assert "TZID" not in text


@pytest.mark.parametrize(
    ("given", "family", "summary"),
    [
        ("Ada", "O'Neill", "A.O. · ward"),
        ("élodie", "van Dyk", "É.V. · ward"),
        ("E\u0301lodie", "'t Hooft", "É.T. · ward"),
        ("محمد", "علي", "م.ع. · ward"),
        ("Li", "?", "L.?. · ward"),
    ],
)
async def test_initials_of_any_name(pool: "Pool[Record]", given: str, family: str, summary: str) -> None:
    await book(pool, await person(pool, given, family), day(1), place="ward")
    (event,) = await events(pool, await feeds.create(pool, PEER))
    assert str(event["SUMMARY"]) == summary


async def test_a_place_that_is_no_code_is_not_shown(pool: "Pool[Record]") -> None:
    await book(pool, await person(pool), day(1), place="12 Mill Road, ask for Ada")
    (event,) = await events(pool, await feeds.create(pool, PEER))
    assert str(event["SUMMARY"]) == "A.W."


async def test_a_group_has_no_initials(pool: "Pool[Record]") -> None:
    group = await pool.fetchval(
        "INSERT INTO group_sessions (team, title, place, starts, ends, people_at_most) "
        "VALUES ('Team feeds', 'Hearing voices', 'community', $1, $2, 8) RETURNING id",
        day(2),
        day(2) + timedelta(hours=1),
    )
    await pool.execute(
        "INSERT INTO bookings (id, group_id, staff, starts, ends, busy, minutes, place, booked_at) "
        "VALUES ($1, $2, $3, $4, $5, tstzrange($4, $5), 60, 'community', $6)",
        *(uuid4(), group, PEER, day(2), day(2) + timedelta(hours=1), T0),
    )
    (event,) = await events(pool, await feeds.create(pool, PEER))
    assert str(event["SUMMARY"]) == "group · community"


async def test_what_was_cancelled_says_so_under_the_same_uid(pool: "Pool[Record]") -> None:
    booking = await book(pool, await person(pool), day(5))
    token = await feeds.create(pool, PEER)
    (first,) = await events(pool, token)
    await pool.execute("UPDATE bookings SET status = 'released', released_why = 'moved' WHERE id = $1", booking)
    (then,) = await events(pool, token)
    assert (then["STATUS"], then["TRANSP"], then["UID"]) == ("CANCELLED", "TRANSPARENT", first["UID"])
    assert then["SEQUENCE"] > first["SEQUENCE"]
    assert await events(pool, token, day(5) + feeds.BACK + timedelta(hours=1)) == []


async def test_it_reaches_four_weeks_back_and_twelve_ahead(pool: "Pool[Record]") -> None:
    transition = await person(pool)
    for at in (day(-29), day(-27), day(83), day(85)):
        await book(pool, transition, at)
    found = await events(pool, await feeds.create(pool, PEER))
    assert [event["DTSTART"].dt for event in found] == [day(-27), day(83)]


async def test_it_is_the_workers_own(pool: "Pool[Record]") -> None:
    await book(pool, await person(pool), day(1))
    assert await events(pool, await feeds.create(pool, "nurse-feeds")) == []


async def test_of_a_token_only_a_hash_is_kept(pool: "Pool[Record]") -> None:
    token = await feeds.create(pool, PEER)
    kept = await pool.fetchval("SELECT feeds::text FROM feeds")
    assert token not in kept
    assert len(token) >= 43
    with pytest.raises(RecordsError, match="cannot be shown again: revoke it first") as refused:
        await feeds.create(pool, PEER)
    assert refused.value.kind == "conflict"


async def test_what_opens_nothing_is_told_in_the_same_words(pool: "Pool[Record]") -> None:
    revoked = await feeds.create(pool, PEER)
    await feeds.revoke(pool, PEER)
    left = await feeds.create(pool, "nurse-feeds")
    await pool.execute("UPDATE staff SET active = false WHERE id = 'nurse-feeds'")
    told = []
    for token in (revoked, left, "never-was", ""):
        with pytest.raises(RecordsError) as refused:
            await feeds.calendar(pool, token)
        told.append((refused.value.kind, refused.value.message))
    assert told == [("not-found", feeds.NO_FEED)] * 4
    assert [event["STATUS"] for event in await events(pool, await feeds.create(pool, PEER))] == []


async def test_a_feed_is_revoked_once_and_is_remembered(pool: "Pool[Record]") -> None:
    await feeds.create(pool, PEER, T0)
    await feeds.revoke(pool, PEER, day(1))
    await feeds.create(pool, PEER, day(2))
    assert [(one.created_at, one.revoked_at) for one in await feeds.feeds_of(pool, PEER)] == [
        (day(2), None),
        (T0, day(1)),
    ]
    await feeds.revoke(pool, PEER)
    with pytest.raises(RecordsError, match="has no feed to revoke"):
        await feeds.revoke(pool, PEER)
    with pytest.raises(UnknownStaff):
        await feeds.create(pool, "stranger")
