"""A past is written as its commits would have written it, never among real people, and the same again for a seed."""

import io
import json
from datetime import datetime
from typing import Any

import pytest

from records import reconcile
from records.commit import commit
from records.errors import RecordsError
from records.people import enter, register_id, upsert_person
from records.staff import upsert_staff
from records.synthetic.life import Life
from records.synthetic.playing import Past
from records.synthetic.service import LOCAL
from records.synthetic.writing import fill
from schemas.codes import Role
from schemas.commit import Commit
from schemas.person import Registration, checked_nhs_number
from schemas.staff import StaffMember
from tests.records.journeys import somebody
from tests.synthesis.conftest import NOW
from workers.client import Pool

PEOPLE = 25
PEOPLE_COLUMNS = "id, local_id, nhs_number, given_name, family_name, date_of_birth, died_on"
TABLES = {
    "transitions": "id, person_id, pathway, started, taken_on, team, coordinator_id, handover_to, status, on_hold, "
    "stage, next_due, overdue_count, highest_rung, exit, closed_at, definition, revision, "
    "readable(id, journey::jsonb) AS journey",
    "steps": "transition_id, step, kind, readable(transition_id, title) AS title, owner, ladder, state, due, late, "
    "opened, done_on, ended, rung, acknowledged_until, readable(transition_id, reason) AS reason, "
    "readable(transition_id, by_hand) AS by_hand, team, holder",
    "contacts": "*",
    "escalations": "*",
    "measures": "*",
    "measure_scores": "*",
    "milestones": "*",
    "fact_periods": "transition_id, fact, readable(transition_id, value) AS value, since, until",
    "events": "transition_id, revision, seq, event, step, at, said_at, command_id, command, role, staff, "
    "readable(transition_id, reason) AS reason, readable(transition_id, payload) AS payload",
}


def past(seed: int = 4, people: int = PEOPLE, ledger: io.StringIO | None = None) -> Past:
    """A small past."""
    return Past(seed, people, 1.5, NOW, ledger=ledger)


class Heard(Past):
    """A past of which every commit is heard."""

    def __init__(self, seed: int, people: int, years: float, until: datetime) -> None:
        super().__init__(seed, people, years, until)
        self.heard: list[tuple[Life, Commit]] = []

    def kept(self, life: Life, commit: Commit) -> None:
        self.heard.append((life, commit))


async def written(pool: Pool) -> dict[str, list[str]]:
    """What the tables hold, as who has the keys reads it, in an order of its own."""
    found = {"people": sorted(str(dict(row)) for row in await pool.fetch(f"SELECT {PEOPLE_COLUMNS} FROM people"))}
    for table, columns in TABLES.items():
        found[table] = sorted(str(dict(row)) for row in await pool.fetch(f"SELECT {columns} FROM {table}"))
    return found


async def test_it_is_what_the_commits_would_have_written(pool: Pool, another: Pool) -> None:
    async for _ in fill(pool, past()):
        pass
    told = Heard(4, PEOPLE, 1.5, NOW)
    assert list(told.lived())
    await upsert_staff(another, told.staff)
    for life, change in told.heard:
        await record(another, life, change)
    at_once, one_by_one = await written(pool), await written(another)
    for table, rows in at_once.items():
        assert rows == one_by_one[table], table
        assert rows, table


async def record(pool: Pool, life: Life, change: Commit) -> None:
    """A commit recorded as the workflow records it."""
    journey = change.journey
    if journey.revision == 1:
        whom = life.whom.person
        async with pool.acquire() as link:
            await enter(link, {life.whom.id: whom})
        await register_id(pool, whom, Registration(
            id=life.uuid, pathway=life.pathway.id, started=journey.started, taken_on=journey.taken_on,
            team=life.first_team, coordinator=journey.coordinator,
        ))  # fmt: skip
    await commit(pool, change, email=False)


async def test_the_same_seed_is_the_same_past() -> None:
    def lived(seed: int) -> tuple[list[str], str]:
        ledger = io.StringIO()
        lives = [life.journey.model_dump_json() for life in past(seed, 8, ledger).lived()]
        return lives, ledger.getvalue()

    assert lived(4) == lived(4)
    assert lived(4) != lived(5)


async def test_the_records_agree_with_themselves(pool: Pool) -> None:
    async for filled in fill(pool, past()):
        assert filled.transitions >= filled.open > 0
    found = {one: row async for one, row in reconcile.recorded(pool)}
    said = reconcile.differences({}, found)
    assert [one for one in said if "does not run in Temporal" not in one] == []
    assert len(said) == sum(row.status == "open" for row in found.values())
    assert await pool.fetchval("SELECT count(*) FROM notices") == 0


async def test_everybody_is_made_up(pool: Pool) -> None:
    async for _ in fill(pool, past()):
        pass
    rows = await pool.fetch("SELECT local_id, nhs_number FROM people")
    assert len(rows) == PEOPLE
    assert all(row["local_id"].startswith(LOCAL) for row in rows)
    numbers = [row["nhs_number"] for row in rows if row["nhs_number"]]
    assert numbers
    assert all(number.startswith("999") and checked_nhs_number(number) == number for number in numbers)


async def test_never_among_real_people(pool: Pool) -> None:
    await upsert_person(pool, somebody())
    with pytest.raises(RecordsError, match="never mixed"):
        await anext(fill(pool, past()))


async def test_nor_where_real_people_work(pool: Pool) -> None:
    await upsert_staff(pool, [StaffMember(id="coord-1", name="A Person", role=Role.COORDINATOR)])
    with pytest.raises(RecordsError, match="never mixed"):
        await anext(fill(pool, past()))
    assert await pool.fetchval("SELECT count(*) FROM staff") == 1


async def test_nor_twice(pool: Pool) -> None:
    async for _ in fill(pool, past(people=2)):
        pass
    with pytest.raises(RecordsError, match="a synthetic past already"):
        await anext(fill(pool, past(seed=9)))


async def test_nothing_happens_after_its_end(pool: Pool) -> None:
    ledger = io.StringIO()
    async for _ in fill(pool, past(ledger=ledger)):
        pass
    assert await pool.fetchval("SELECT max(at) FROM events") <= NOW
    told: list[dict[str, Any]] = [json.loads(line) for line in ledger.getvalue().splitlines()]
    assert max(one.get("at", "") for one in told) <= NOW.isoformat()
