"""Erasing a person: by two people, once, with a certificate, and every figure the same before and after."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from planner.policy import Standing
from planner.refused import Refused
from planner.retention import Periods
from records import access, erasures, goals, listings, measures, retention
from records.errors import RecordsError
from records.people import register, upsert_person
from records.person_keys import destroy_key
from records.reports.asked import asked
from records.reports.counting import run
from records.reports.registry import REPORTS
from records.reports.table import plain
from records.rights import WRITER
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.command import Exit
from schemas.erasing import Became, RefusedFor, Rule, Verdict, Why
from schemas.person import Person
from schemas.retention import Decided, Erased
from tests.keys import RING
from tests.records.journeys import MANAGERS, PATHWAY, T0, Recorder, begin, day, member, somebody, team_of
from tests.records.measured import measured
from tests.records.test_rights import url_as
from workers.client import Pool, open_pool

ASKER, SECOND, ADMIN = "privacy-1", "privacy-2", "admin-1"
YEARS = Periods()
OFFICERS = [
    member(ASKER, Role.PRIVACY_OFFICER, None),
    member(SECOND, Role.PRIVACY_OFFICER, None),
    member(ADMIN, Role.ADMINISTRATOR, None),
]
LATER = datetime(2046, 12, 2, 12, tzinfo=UTC)
"""Twenty years after `day(30)`, to the day."""


@pytest.fixture
async def staffed(pool: Pool) -> Pool:
    await upsert_staff(pool, [*team_of("one"), *MANAGERS, *OFFICERS])
    return pool


async def gone(
    pool: Pool, exit_: str = "settled", at: datetime | None = None, person: Person | None = None
) -> Recorder:
    """Somebody whose journey has closed."""
    begun = await begin(pool, "coord-one", person=person)
    if exit_ == "died":
        return await begun.tell(Exit(id="close", at=at or day(30), exit=exit_))
    await pool.execute(CLOSE, UUID(begun.journey.transition_id), at or day(30))
    return begun


CLOSE = "UPDATE transitions SET status = 'closed', exit = 'settled', closed_at = $2 WHERE id = $1"


async def whose(pool: Pool, transition_id: str) -> tuple[UUID, str]:
    row = await pool.fetchrow(
        "SELECT p.id, p.local_id FROM people p JOIN transitions t ON t.person_id = p.id WHERE t.id = $1",
        UUID(transition_id),
    )
    assert row is not None
    return row["id"], row["local_id"]


async def ask(pool: Pool, local_id: str, why: Why = Why.ASKED_BY_PERSON, now: datetime = LATER, by: str = ASKER) -> str:
    return (await erasures.ask(pool, YEARS, str(uuid4()), local_id, why, by, now)).id


def decided(erasure_id: str, verdict: Verdict = Verdict.APPROVE, by: str = SECOND, **more: Any) -> Decided:
    return Decided(erasure_id=erasure_id, verdict=verdict, staff=by, at=LATER + timedelta(days=1), **more)


async def erase(pool: Pool, local_id: str) -> erasures.Certificate:
    """Ask, approve and do it."""
    one = await ask(pool, local_id)
    await erasures.decide(pool, decided(one))
    done = await erasures.erase(pool, one, LATER + timedelta(days=1))
    assert done.certificate_id is not None
    return await erasures.certificate(pool, done.certificate_id)


async def test_it_is_asked_approved_done_and_certified(staffed: Pool) -> None:
    person = await gone(staffed)
    who, local_id = await whose(staffed, person.journey.transition_id)
    one = await ask(staffed, local_id, Why.END_OF_RETENTION)
    assert (await erasures.one(staffed, local_id)).id == one
    await erasures.decide(staffed, decided(one, by=ADMIN))
    done = await erasures.erase(staffed, one, LATER + timedelta(days=1))
    assert await erasures.erase(staffed, one, LATER + timedelta(days=2)) == done
    kept = await erasures.certificate(staffed, done.certificate_id or "")
    assert (kept.person_id, kept.why, kept.rule, kept.asked_by, kept.approved_by) == (
        str(who), Why.END_OF_RETENTION, Rule.CLOSED, ASKER, ADMIN,
    )  # fmt: skip
    assert kept.kept_until == date(2046, 12, 2)
    assert kept.destroyed["transitions"] == 1
    assert kept.destroyed["events"] > 0
    told = "\n".join(kept.words())
    for secret in ("Ada", "Test", local_id, "1980"):
        assert secret not in told
    assert await staffed.fetchval("SELECT destroyed_at FROM person_keys WHERE person_id = $1", who) == kept.destroyed_at
    assert await staffed.fetchval("SELECT count(*) FROM erasure_certificates") == 1
    with pytest.raises(RecordsError, match=f"It is done already: see certificate {kept.id}"):
        await ask(staffed, local_id)


async def test_without_a_second_person_nothing_is_destroyed(staffed: Pool) -> None:
    person = await gone(staffed)
    who, local_id = await whose(staffed, person.journey.transition_id)
    one = await ask(staffed, local_id)
    assert await erasures.erase(staffed, one, LATER) == await erasures.erase(staffed, one, LATER)
    for by, match in ((ASKER, "a_second_person_decides"), ("lead-one", "may not do this"), ("nobody", "id nobody")):
        with pytest.raises((asyncpg.CheckViolationError, Refused, RecordsError), match=match):
            await erasures.decide(staffed, decided(one, by=by))
    for statement in (
        "UPDATE erasures SET became = 'done', decided_by = 'privacy-2', decided_at = now(), ended_at = now()",
        "UPDATE erasures SET asked_by = 'privacy-2'",
        "DELETE FROM erasures",
        "TRUNCATE erasures CASCADE",
        "INSERT INTO erasure_certificates (erasure_id, person_id, why, rule, asked_by, asked_at, approved_by, "
        "approved_at, destroyed_at, destroyed) SELECT id, person_id, why, rule, asked_by, asked_at, 'privacy-2', "
        "asked_at, asked_at, '{}' FROM erasures",
    ):
        with pytest.raises(asyncpg.PostgresError):
            await staffed.execute(statement)
    assert (await erasures.one(staffed, one)).became is Became.ASKED
    assert await staffed.fetchval("SELECT wrapped IS NOT NULL FROM person_keys WHERE person_id = $1", who)


async def test_a_certificate_stays(staffed: Pool) -> None:
    person = await gone(staffed)
    await erase(staffed, (await whose(staffed, person.journey.transition_id))[1])
    for statement in (
        "UPDATE erasure_certificates SET asked_by = 'admin-1'",
        "DELETE FROM erasure_certificates",
        "TRUNCATE erasure_certificates",
        "UPDATE erasures SET became = 'asked', decided_by = NULL, decided_at = NULL, ended_at = NULL",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await staffed.execute(statement)


async def test_one_is_asked_for_at_a_time_and_told_to_those_who_may_decide(staffed: Pool) -> None:
    person = await gone(staffed)
    _, local_id = await whose(staffed, person.journey.transition_id)
    one = await ask(staffed, local_id)
    with pytest.raises(RecordsError, match="It is asked for already"):
        await ask(staffed, local_id, by=SECOND)
    assert (await erasures.ask(staffed, YEARS, one, local_id, Why.ASKED_BY_PERSON, ASKER, LATER)).id == one
    rows = await staffed.fetch("SELECT recipient, text FROM privacy_alerts ORDER BY recipient")
    assert [row["recipient"] for row in rows] == [ADMIN, SECOND]
    assert all(local_id not in row["text"] and one[:8] in row["text"] for row in rows)
    assert [notice.kind for notice in (await listings.inbox(staffed, SECOND)).rows] == ["privacy"]
    await erasures.decide(staffed, decided(one, Verdict.WITHDRAW, by=ASKER))
    again = await ask(staffed, local_id)
    await erasures.decide(staffed, decided(again, Verdict.REFUSE, refused_for=RefusedFor.STILL_NEEDED))
    with pytest.raises(Refused, match="It is refused already"):
        await erasures.decide(staffed, decided(again))
    found = [(one.became, one.refused_for) for one in (await erasures.latest(staffed)).rows]
    assert sorted(found, key=str) == sorted(
        [(Became.REFUSED, RefusedFor.STILL_NEEDED), (Became.WITHDRAWN, None)], key=str
    )


async def test_what_cannot_be_asked_is_refused(staffed: Pool) -> None:
    followed = await begin(staffed, "coord-one")
    _, local_id = await whose(staffed, followed.journey.transition_id)
    for why, by, match in (
        (Why.ASKED_BY_PERSON, ASKER, "They are followed"),
        (Why.NEVER_BEGUN, ASKER, "They are followed"),
        (Why.ASKED_BY_PERSON, "coord-one", "may not do this"),
    ):
        with pytest.raises((Refused, RecordsError), match=match):
            await ask(staffed, local_id, why, by=by)
    with pytest.raises(RecordsError, match="Nobody here has that local id"):
        await ask(staffed, "NOBODY-1")
    with pytest.raises(RecordsError, match="Nothing is asked for that"):
        await erasures.one(staffed, str(uuid4()))
    with pytest.raises(RecordsError, match="no certificate"):
        await erasures.certificate(staffed, "x")


async def test_who_was_entered_and_never_begun_may_be_erased(staffed: Pool) -> None:
    person = somebody()
    one = await register(staffed, person, pathway=PATHWAY.id, started=T0, taken_on=T0, coordinator="coord-one")
    with pytest.raises(Refused, match="has not begun"):
        await ask(staffed, person.local_id)
    asked_for = await ask(staffed, person.local_id, Why.NEVER_BEGUN)
    await erasures.decide(staffed, decided(asked_for))
    done = await erasures.erase(staffed, asked_for, LATER + timedelta(days=1))
    assert done.became is Became.DONE
    assert (await listings.transition(staffed, one)).status == "registered"


async def test_who_comes_back_in_between_is_kept(staffed: Pool) -> None:
    person = await gone(staffed)
    who, local_id = await whose(staffed, person.journey.transition_id)
    one = await ask(staffed, local_id)
    known = Person(local_id=local_id, given_name="Ada", family_name="Test", date_of_birth=date(1980, 5, 4))
    await erasures.decide(staffed, decided(one))
    await register(staffed, known, pathway=PATHWAY.id, started=LATER, taken_on=LATER, coordinator="coord-one")
    done = await erasures.erase(staffed, one, LATER + timedelta(days=1))
    assert (done.became, done.certificate_id) == (Became.OVERTAKEN, None)
    assert await staffed.fetchval("SELECT wrapped IS NOT NULL FROM person_keys WHERE person_id = $1", who)
    assert (await retention.due(staffed, YEARS, LATER)).rows == []


async def test_nobody_approves_once_they_are_back(staffed: Pool) -> None:
    person = await gone(staffed)
    _, local_id = await whose(staffed, person.journey.transition_id)
    one = await ask(staffed, local_id)
    known = Person(local_id=local_id, given_name="Ada", family_name="Test", date_of_birth=date(1980, 5, 4))
    await register(staffed, known, pathway=PATHWAY.id, started=LATER, taken_on=LATER, coordinator="coord-one")
    with pytest.raises(RecordsError, match="They have come back since"):
        await erasures.decide(staffed, decided(one))
    assert (await erasures.one(staffed, one)).became is Became.ASKED


async def test_what_is_due_is_listed_the_longest_closed_first_in_pages(staffed: Pool) -> None:
    days = [3, 1, 2, 40]
    people = [await gone(staffed, at=day(number)) for number in days]
    dead = await gone(staffed, "died", at=day(35))
    followed = await begin(staffed, "coord-one")
    ids = [(await whose(staffed, one.journey.transition_id))[1] for one in [*people, dead, followed]]
    listed = [one.local_id for one in (await retention.due(staffed, YEARS, LATER)).rows]
    assert listed == [ids[1], ids[2], ids[0], ids[4]]
    first = await retention.due(staffed, YEARS, LATER, limit=2)
    second = await retention.due(staffed, YEARS, LATER, limit=2, after=first.next)
    assert [one.local_id for one in [*first.rows, *second.rows]] == listed
    assert second.next is None
    assert [one.local_id for one in (await retention.due(staffed, YEARS, day(40) + timedelta(days=3652))).rows] == [
        ids[4]
    ]
    asked_for = await ask(staffed, ids[1])
    assert [one.erasure_id for one in (await retention.due(staffed, YEARS, LATER)).rows] == [
        asked_for,
        None,
        None,
        None,
    ]
    await erasures.decide(staffed, decided(asked_for))
    await erasures.erase(staffed, asked_for, LATER + timedelta(days=1))
    assert [one.local_id for one in (await retention.due(staffed, YEARS, LATER)).rows] == [ids[2], ids[0], ids[4]]


async def test_who_was_a_child_is_not_listed_before_their_birthday(staffed: Pool) -> None:
    young = Person(local_id="YOUNG-1", given_name="Ada", family_name="Test", date_of_birth=date(2024, 1, 1))
    await gone(staffed, at=day(1), person=young)
    for year, listed in ((2046, []), (2048, []), (2049, ["YOUNG-1"])):
        rows = (await retention.due(staffed, YEARS, LATER.replace(year=year, month=1), limit=1)).rows
        assert [one.local_id for one in rows] == listed


async def figures(pool: Pool) -> dict[str, Any]:
    """What every report says of the months in which somebody was here."""
    found = {}
    for report in REPORTS:
        wanted = asked(report, date(2027, 3, 31), begins=date(2026, 10, 1), inside=True)
        found[report.id] = plain(await run(pool, report, wanted, LATER))
    return found


async def answered(pool: Pool, transition_id: str) -> dict[str, Any]:
    """What the history has of the one measure that was answered."""
    (found,) = [
        row.payload["scores"] for row in (await listings.history(pool, transition_id)).rows if "scores" in row.payload
    ]
    told: dict[str, Any] = found["QPR-15"]
    return told


async def test_every_figure_is_the_same_before_and_after(staffed: Pool) -> None:
    person = await measured(staffed)
    person = await person.say(1, QPR_15={"items": [3] * 15})
    number = await goals.add(staffed, person.id, "Walk to Zephyrine", staff="coord-one", now=day(1))
    other = await gone(staffed)
    who, local_id = await whose(staffed, person.id)
    await access.looked(
        staffed,
        "coord-one",
        Role.COORDINATOR,
        person.id,
        "person",
        access.Seen(Standing(named=True), "", None),
        day(2),
    )
    await staffed.execute(CLOSE, UUID(person.id), day(30))
    before, looks = await figures(staffed), await staffed.fetch("SELECT * FROM access_log")
    assert before
    assert await staffed.fetchval("SELECT count(*) FROM measures WHERE items IS NOT NULL") == 1
    scores = (await measures.scores(staffed, person.id)).rows
    assert (await answered(staffed, person.id))["items"] == {str(number): 3.0 for number in range(1, 16)}
    assert await staffed.fetchval("SELECT count(*) FROM events WHERE payload::text LIKE '%\"items\": {%'") == 0
    await erase(staffed, local_id)
    assert await figures(staffed) == before
    assert await staffed.fetch("SELECT * FROM access_log") == looks
    (goal,) = await goals.goals(staffed, person.id)
    assert (goal.number, goal.words) == (number, None)
    assert (await measures.scores(staffed, person.id)).rows == scores
    assert await staffed.fetchval("SELECT count(*) FROM measures WHERE items IS NOT NULL") == 0
    told = await answered(staffed, person.id)
    assert told["items"] is None
    assert told["scales"], "what was counted stays"
    for one in (person.id, other.journey.transition_id):
        assert (await listings.transition(staffed, one)).status == "closed"
        assert (await listings.history(staffed, one)).rows
    assert await erasures.certificate_of(staffed, who) is not None


async def test_what_was_asked_lapses_once_and_is_told_without_a_name(staffed: Pool) -> None:
    person = await gone(staffed)
    _, local_id = await whose(staffed, person.journey.transition_id)
    one = await ask(staffed, local_id)
    assert [await erasures.lapse(staffed, one, LATER + timedelta(days=30)) for _ in range(2)] == [
        Erased(became=Became.LAPSED)
    ] * 2
    texts = await staffed.fetch("SELECT recipient, text FROM privacy_alerts WHERE text LIKE 'Nobody decided%'")
    assert sorted(row["recipient"] for row in texts) == [ADMIN, ASKER, SECOND]
    with pytest.raises(Refused, match="It is lapsed already"):
        await erasures.decide(staffed, decided(one))


async def test_a_key_that_is_gone_already_is_certified_all_the_same(staffed: Pool) -> None:
    who = await upsert_person(staffed, known := somebody())
    one = await ask(staffed, known.local_id)
    await erasures.decide(staffed, decided(one))
    await destroy_key(staffed, who, LATER)
    assert (await erasures.erase(staffed, one, LATER + timedelta(days=1))).became is Became.DONE


async def test_the_writer_erases_and_changes_no_certificate(staffed: Pool, database_url: str) -> None:
    person = await measured(staffed)
    person = await person.say(1, QPR_15={"items": [3] * 15})
    await staffed.execute(CLOSE, UUID(person.id), day(30))
    who, local_id = await whose(staffed, person.id)
    async with await open_pool(url_as(database_url, WRITER), RING, size=2) as writer:
        kept = await erase(writer, local_id)
        assert await erasures.certificate_of(writer, who) == kept
        (one,) = (await erasures.latest(writer)).rows
        assert (one.local_id, one.certificate_id) == (None, kept.id)
        for statement in ("UPDATE erasure_certificates SET why = 'x'", "DELETE FROM erasures"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await writer.execute(statement)
    assert await staffed.fetchval("SELECT count(*) FROM measures WHERE items IS NOT NULL") == 0
