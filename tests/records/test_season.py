"""A season of real pathways: afterwards the records equal the journeys, and everything to be done is somebody's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from asyncpg import Pool, Record

from pathways.loader import find, shipped
from planner.journey import decide, start, wake
from planner.refused import Refused
from planner.turn import Outcome
from records import listings
from records.caseload import read_caseload
from records.commit import commit
from records.people import register
from records.reconcile import differences, recorded
from records.staff import staff_ids, upsert_staff
from records.staff_file import read_staff
from schemas.caseload import to_start
from schemas.codes import Attendance, Mechanism
from schemas.command import AnswerHandover, AnyCommand, Complete, OfferHandover, PutOnHold, RecordMilestone, Resume
from schemas.commit import Commit
from schemas.journey import Journey
from schemas.pathway import Pathway
from tests.records.journeys import said

DATA = Path(__file__).parents[2] / "cli" / "demo_data"
AS_OF = datetime(2026, 11, 16, tzinfo=UTC)
WEEKS = 20


def commands(journey: Journey, pathway: Pathway, week: int, now: datetime) -> list[AnyCommand]:
    """What people say in a week: a step or an attempt, and now and then something larger."""
    todo = [step for step in journey.steps.values() if step.state.actionable]
    said_now: list[AnyCommand] = []
    if todo and week % 3:
        step = todo[week % len(todo)]
        seen = Attendance.ATTENDED if week % 2 else Attendance.DID_NOT_ATTEND
        done = Complete(id=f"done-{week}", at=now, step=step.id)
        contact = {"attendance": seen, "mechanism": Mechanism.TELEPHONE}
        said_now.append(done.model_copy(update=contact) if step.kind.is_contact else done)
    milestones = [name for name in pathway.milestone if name not in journey.occurred]
    rare: dict[int, AnyCommand] = {
        4: OfferHandover(id="offer", at=now, to="coord-n2", answer_by=now + timedelta(days=9)),
        5: AnswerHandover(id="answer", at=now, accept=True),
        6: PutOnHold(id="hold", at=now, reason="away"),
        8: Resume(id="resume", at=now),
        10: RecordMilestone(id="milestone", at=now, milestone=milestones[0] if milestones else "ended"),
    }
    return said_now + ([rare[week]] if week in rare else [])


async def record(pool: "Pool[Record]", outcome: Outcome, now: datetime, command: AnyCommand | None) -> Journey:
    """Record what came of a command or of time; answers the journey as it then is."""
    if outcome.events:
        words = said(command) if command else None
        change = Commit(journey=outcome.journey, events=outcome.events, at=now, said=words)
        await commit(pool, change, email=True)
    return outcome.journey


async def test_after_a_season_the_records_equal_the_journeys(pool: "Pool[Record]") -> None:
    await upsert_staff(pool, read_staff(DATA / "staff-2026-11-16.csv").sound)
    pathways = {one: find(one) for one in shipped()}
    caseload = read_caseload(DATA / "caseload-2026-11-16.csv", await staff_ids(pool), pathways, AS_OF)
    journeys: dict[str, Journey] = {}
    for row in caseload.sound[::32]:
        one = await register(
            pool, row.person, pathway=row.pathway, started=row.started, taken_on=AS_OF, coordinator=row.coordinator,
            team=row.team,
        )  # fmt: skip
        pathway = pathways[row.pathway]
        journey, events = start(pathway, to_start(row, one, AS_OF))
        change = Commit(journey=journey, events=events, at=AS_OF, definition=pathway.canonical)
        await commit(pool, change, email=True)
        journeys[one] = journey
    for week in range(1, WEEKS + 1):
        now = AS_OF + timedelta(weeks=week, hours=week)
        for one, journey in journeys.items():
            pathway = pathways[journey.pathway]
            journey = await record(pool, wake(pathway, journey, now), now, None)
            for command in commands(journey, pathway, week, now):
                try:
                    outcome = decide(pathway, journey, command)
                except Refused:
                    continue
                journey = await record(pool, outcome, now, command)
            journeys[one] = journey
    told = {one: journey.model_dump(mode="json") for one, journey in journeys.items()}
    assert differences(told, {one: row async for one, row in recorded(pool)}) == []
    await everything_is_somebodys(pool, journeys, AS_OF + timedelta(weeks=WEEKS + 1))


async def everything_is_somebodys(pool: "Pool[Record]", journeys: dict[str, Journey], now: datetime) -> None:
    """Each open or missed step is in a worklist, and the missed ones are those listed as overdue."""
    todo = {(one, step.id) for one, j in journeys.items() for step in j.steps.values() if step.state.actionable}
    listed = set[tuple[str, str]]()
    for staff_id in await staff_ids(pool):
        page = await listings.tasks_for(pool, staff_id, now, limit=10_000)
        listed |= {(task.transition_id, task.step) for task in page.rows}
    assert todo
    assert todo <= listed
    overdue = (await listings.overdue(pool, limit=10_000)).rows
    views = [await listings.transition(pool, one) for one in journeys]
    assert len(overdue) == sum(view.overdue_count for view in views)
