"""What is given to a person who asks: everything that is held about them, and nothing of anybody else."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from planner.policy import Standing
from planner.refused import Refused
from records import access, bulk, goals, held, known, staff
from records.access import Reason, Seen
from records.errors import RecordsError
from records.held import APART, OF_NOBODY, OF_PERSON, OF_TRANSITION, PERSON
from records.people import names_of, write_names
from records.person_keys import destroy_key
from records.staff import upsert_staff
from schemas.bulk import OfferMany
from schemas.codes import Role
from schemas.person import Person
from tests.records.journeys import MANAGERS, Recorder, begin, complete, day, member, team_of
from tests.records.measured import Measured, measured
from tests.records.test_erasures import CLOSE, OFFICERS, erase
from web.held import html, named
from workers.client import Pool

OFFICER = "privacy-1"
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
BULK_ID = "3f0c1c9e-5f0a-4b53-9d0a-7d3b8f2f5a10"
OTHER = Person(
    local_id="OTHER-77", given_name="Perpetua", family_name="Quillfeather", date_of_birth=date(1951, 7, 19),
    nhs_number="9990000018",
)  # fmt: skip
OTHERS = ("OTHER-77", "Perpetua", "Quillfeather", "1951", "9990000018", "Learn the tuba", "Only for Perpetua")


@pytest.fixture
async def staffed(pool: Pool) -> Pool:
    await upsert_staff(pool, [*team_of("one"), *MANAGERS, *OFFICERS, member("peer-one", Role.PEER_WORKER, "Team one")])
    return pool


HOLD = """
CREATE FUNCTION hold(one uuid, at timestamptz, words text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO assignments (transition_id, staff, starts, why, considered, revision)
    VALUES (one, 'peer-one', at, words, '[{"staff": "peer-one", "could": true, "why": "free"}]', 1);
    INSERT INTO bookings (id, transition_id, step, staff, starts, ends, busy, minutes, place, booked_at, status,
        over_hours, override_by, override_reason, released_why)
    VALUES (gen_random_uuid(), one, 'plan', 'peer-one', at, at + interval '1 hour',
        tstzrange(at, at + interval '1 hour'), 60, 'home', at, 'released', true, 'lead-one', words, 'moved');
    INSERT INTO visits (id, staff, transition_id, place, alone_because, checked_in, expected_end, checked_out,
        checked_out_by, checked_out_command)
    VALUES (gen_random_uuid(), 'peer-one', one, 'home', words, at, at + interval '1 hour', at, 'peer-one', 'c');
    INSERT INTO ready_periods (transition_id, starts, reason, attribution, recorded_by, recorded_at, withdrawn_by,
        withdrawn_at, withdrawn_why)
    VALUES (one, at::date, '18', '05', 'coord-one', at, 'coord-one', at, words);
    INSERT INTO people_said (person_id, at, staff, ethnicity)
    SELECT person_id, at, 'coord-one', 'A' FROM transitions WHERE id = one;
    INSERT INTO group_sessions (team, title, place, starts, ends, people_at_most)
    VALUES ('Team one', 'Drop-in on Tuesdays', 'community', at, at + interval '1 hour', 9);
    INSERT INTO group_places (group_id, transition_id, step) SELECT id, one, 'plan' FROM group_sessions LIMIT 1;
    INSERT INTO webhook_messages (webhook_id, transition_id, revision) SELECT id, one, 1 FROM webhooks
    ON CONFLICT DO NOTHING;
    INSERT INTO peer_queue (transition_id, team, urgency, since, ask) VALUES (one, 'Team one', 0, at, '{"hours": 1}');
    INSERT INTO troubles (transition_id, revision, since, latest, why) VALUES (one, 9, at, at, words);
    INSERT INTO experience_heard (transition_id, revision, instrument) VALUES (one, 1, 'FFT');
    INSERT INTO fact_periods (transition_id, fact, value, since) VALUES (one, 'preferences', '["language:ur"]', at);
    INSERT INTO absence_outcomes (absence_id, transition_id, step, became, staff, why)
    SELECT id, one, 'plan', 'refused', '{peer-one}', words FROM absences;
$$
"""


async def fill(pool: Pool, transition_id: str, words: str, reason: str) -> None:
    """Something of every kind, beside what a journey leaves by itself."""
    at = day(3)
    await goals.add(pool, transition_id, words, staff="coord-one", now=at)
    await known.write(pool, transition_id, known_as=words, shares=[known.Share.DATES], staff="coord-one", now=at)
    seen = Seen(Standing(named=True), "Team one", None)
    await access.looked(pool, "coord-one", Role.COORDINATOR, transition_id, "person", seen, at)
    await access.break_glass(pool, "other-one", Role.COORDINATOR, transition_id, Reason.INCIDENT, reason, at)
    await pool.execute("SELECT hold($1, $2, $3)", UUID(transition_id), at, reason)


async def somebody_whole(pool: Pool) -> Measured:
    """Somebody of whom something of every kind is held, in words that are nobody else's; and somebody beside them."""
    await pool.execute("INSERT INTO absences (staff, starts, ends) VALUES ('peer-one', $1, $2)", day(5), day(9))
    await pool.execute(
        "INSERT INTO webhooks (url, secret, created_at) VALUES ('https://elsewhere.example/in', 'whsec_x', $1)", day(0)
    )
    await pool.execute(HOLD)
    person = await measured(pool)
    person = await person.say(1, QPR_15={"items": [3] * 15})
    async with pool.acquire() as link:
        (who,) = await link.fetch("SELECT id FROM people")
        await write_names(link, who["id"], (await names_of(link, who["id"]))._replace(nhs_number="9990000026"))
    other: Recorder = await begin(pool, "coord-one", person=OTHER)
    await fill(pool, person.id, "Walk to Zephyrine", "Because of the allotment")
    await fill(pool, other.journey.transition_id, "Learn the tuba", "Only for Perpetua")
    offer = OfferMany(to="other-one", answer_by=day(20), reason="a change of teams")
    both = [bulk.Asked(one, one) for one in (person.id, other.journey.transition_id)]
    await bulk.keep(pool, BULK_ID, "coord-one", offer, day(4), both)
    await other.tell(complete("plan", day(5), reason="Only for Perpetua"))
    return person


async def theirs(pool: Pool, transition_id: str) -> str:
    return str(
        await pool.fetchval(
            "SELECT local_id FROM people p JOIN transitions t ON t.person_id = p.id WHERE t.id = $1",
            UUID(transition_id),
        )
    )


async def test_each_thing_is_in_it_and_nothing_of_anybody_else(staffed: Pool) -> None:
    person = await somebody_whole(staffed)
    found = await held.held(staffed, await theirs(staffed, person.id), OFFICER, NOW)
    (journey,) = found.journeys
    page, data = html(found, await staff.names(staffed, named(found))), held.as_json(found)
    empty = [part.name for part in (*found.parts, *journey.parts) if not part.rows]
    assert set(empty) <= {"erasures", "escalations", "notices", "contacts"}, empty
    assert (journey.goals[0].words, found.person["nhs_number"]) == ("Walk to Zephyrine", "9990000026")
    for text in (page, data):
        for thing in (
            found.person["local_id"], "9990000026", "Walk to Zephyrine", "Because of the allotment", "QPR-15",
            "Drop-in on Tuesdays", "elsewhere.example", "Coord-One (coord-one)", "Peer-One (peer-one)", "language:ur",
        ):  # fmt: skip
            assert thing in text, thing
        for secret in OTHERS:
            assert secret not in text, secret
    for sentence in (
        "Ask how things are", "followed from here", "their page", "They are named for this person",
        "everything held about them, to give it to them", "An incident or a complaint is being looked into",
        "housing: supported accommodation", "community team", "Privacy-1",
    ):  # fmt: skip
        assert sentence in page, sentence
    for loaded in ("<script", "http-equiv", "<link", "src=", "url("):
        assert loaded not in page


async def test_taking_it_out_is_kept_as_a_look_before_anything_is_read(staffed: Pool) -> None:
    person = await begin(staffed, "coord-one")
    local_id = await theirs(staffed, person.journey.transition_id)
    found = await held.held(staffed, local_id, OFFICER, NOW)
    (look,) = (await access.looks(staffed, by=OFFICER)).rows
    assert (look.page, look.why, look.local_id, look.at) == (held.PAGE, access.GUARDS, local_id, NOW)
    looks = next(part for part in found.journeys[0].parts if part.name == "access_log")
    assert [row["staff"] for row in looks.rows] == ["Privacy-1 (privacy-1)"]
    for by in ("coord-one", "admin-1", "service"):
        with pytest.raises(Refused, match="it is for privacy officer"):
            await held.held(staffed, local_id, by, NOW)
    assert len((await access.looks(staffed)).rows) == 1
    with pytest.raises(RecordsError, match="Nobody here has that local id"):
        await held.held(staffed, "NOBODY", OFFICER, NOW)


async def test_of_whoever_was_erased_there_is_the_certificate_alone(staffed: Pool) -> None:
    person = await begin(staffed, "coord-one")
    await staffed.execute(CLOSE, UUID(person.journey.transition_id), day(30))
    local_id = await theirs(staffed, person.journey.transition_id)
    kept = await erase(staffed, local_id)
    with pytest.raises(RecordsError, match=f"was destroyed on .* See certificate {kept.id}"):
        await held.held(staffed, local_id, OFFICER, NOW)
    other = await begin(staffed, "coord-one")
    who = await staffed.fetchval("SELECT person_id FROM transitions WHERE id = $1", UUID(other.journey.transition_id))
    local_id = await theirs(staffed, other.journey.transition_id)
    await destroy_key(staffed, who, NOW + timedelta(days=1))
    with pytest.raises(RecordsError, match="made unreadable for good on"):
        await held.held(staffed, local_id, OFFICER, NOW)


async def test_every_table_that_has_something_of_a_person_is_given_to_them(staffed: Pool) -> None:
    rows = await staffed.fetch(
        "SELECT DISTINCT c.table_name FROM information_schema.columns c JOIN information_schema.tables t "
        "USING (table_schema, table_name) WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE' "
        "AND column_name IN ('transition_id', 'person_id')"
    )
    given = {kind.name for kind in (*OF_PERSON, *OF_TRANSITION)}
    assert {row["table_name"] for row in rows} == given | APART | OF_NOBODY, "say in records/held.py how it is given"


async def test_everything_that_the_row_of_a_person_has_is_given_to_them(staffed: Pool) -> None:
    columns: list[Any] = await staffed.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'people' "
        "AND column_name NOT IN ('id', 'local_id_blind', 'nhs_number_blind', 'found_by')"
    )
    assert [row["column_name"] for row in columns if row["column_name"] not in PERSON] == []


LED_BY = """
SELECT i.indrelid::regclass::text AS "table" FROM pg_index i
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE a.attname IN ('transition_id', 'person_id')
    AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = '(transition_id IS NOT NULL)')
"""


async def test_what_is_of_one_person_is_found_by_an_index(staffed: Pool) -> None:
    led = {row["table"] for row in await staffed.fetch(LED_BY)}
    assert {kind.name for kind in (*OF_PERSON, *OF_TRANSITION)} | APART <= led
