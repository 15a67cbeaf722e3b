"""Somebody dies: nobody is reminded of anything, whoever was about to visit hears not to, and is asked how they are."""

from datetime import timedelta

from asyncpg import Pool

from pathways.loader import find
from planner.journey import decide, start
from records.arranging import arrange
from records.commit import commit
from records.people import register
from records.staff import upsert_staff
from schemas.arranging import Arranging
from schemas.codes import Division, Role
from schemas.command import Exit, Start
from schemas.commit import Commit, Said
from schemas.staff import StaffMember
from tests.records.journeys import MANAGERS, T0, somebody, team_of

PATHWAY = find("waiting-list-to-discharge")
TEAM = "Team mourning"


async def test_the_worker_hears_not_to_come_and_is_offered_a_debrief(pool: Pool) -> None:
    worker = StaffMember(
        id="peer-1", name="A worker", role=Role.PEER_WORKER, team=TEAM, hours_per_week=8, works="mon-fri 09:00-17:00"
    )
    await upsert_staff(pool, [*team_of("mourning"), *MANAGERS, worker])
    one = await register(
        pool, somebody(), pathway=PATHWAY.id, started=T0, taken_on=T0, coordinator=None, team=TEAM,
        division=Division.ENGLAND_AND_WALES,
    )  # fmt: skip
    begun = start(PATHWAY, Start(id="start", transition_id=one, at=T0, facts={"peer_support": "accepted"}))
    first = Commit(journey=begun.journey, events=begun.events, at=T0, definition=PATHWAY.canonical)
    await commit(pool, first, email=False)
    arranged = await arrange(pool, Arranging(transition_id=one, revision=1, at=T0), email=False)
    assert arranged.journey is not None
    assert await pool.fetchval("SELECT count(*) FROM bookings WHERE status = 'booked'") == 1

    at = T0 + timedelta(hours=2)
    died = decide(PATHWAY, arranged.journey, Exit(id="died", at=at, exit="died"))
    said = Said(id="died", do="exit", at=at)
    await commit(pool, Commit(journey=died.journey, events=died.events, at=at, said=said), email=False)
    settled = await arrange(pool, Arranging(transition_id=one, revision=3, at=at), email=False)

    assert settled.journey is not None
    assert settled.journey.peers is not None
    assert (settled.journey.peers.worker, settled.journey.peers.booked) == (None, {})
    assert await pool.fetchval("SELECT count(*) FROM bookings WHERE status = 'booked'") == 0
    told = await pool.fetch("SELECT recipient, kind FROM notices WHERE email <> 'withdrawn'")
    assert [tuple(row) for row in told] == [("peer-1", "booking")]
    owed = await pool.fetch("SELECT staff, cause FROM debriefs")
    assert [tuple(row) for row in owed] == [("peer-1", "death")]
    assert await pool.fetchval("SELECT count(*) FROM assignments WHERE ends IS NULL") == 0
