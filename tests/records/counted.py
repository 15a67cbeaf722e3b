"""People whose journeys are counted: on a shipped pathway, each turn decided and recorded as the workflow does."""

from datetime import date, datetime, timedelta
from typing import Any

from asyncpg import Pool, Record

from pathways.loader import find
from planner import journey as planner
from planner import peers
from planner.peer_commands import ARRANGING
from planner.turn import Outcome
from records.arranging import arrange
from records.commit import commit
from records.people import register
from records.reports.asked import asked
from records.reports.counting import Case, cases, run
from records.reports.registry import find as report
from records.reports.table import Table
from schemas.arranging import Arranging
from schemas.command import Start
from schemas.commit import Commit
from schemas.journey import Journey
from schemas.pathway import Pathway
from schemas.person import Person
from tests.planner.story import Story, london
from tests.records.journeys import said, somebody

TEAM = "Team north"
COORDINATOR = "coord-north"


class Counted:
    """One person on one pathway, told in London times; time passes from wake-up to wake-up and is recorded."""

    def __init__(self, pool: "Pool[Record]", pathway: Pathway, journey: Journey, person: Person) -> None:
        self.pool = pool
        self.pathway = pathway
        self.journey = journey
        self.person = person
        self._told = 0

    @property
    def id(self) -> str:
        """The transition."""
        return self.journey.transition_id

    async def until(self, at: str) -> "Counted":
        """Let time pass until then."""
        goal = london(at)
        while (wake := planner.next_wake(self.pathway, self.journey)) is not None and wake <= goal:
            await self._record(planner.wake(self.pathway, self.journey, wake), wake, None)
        return self

    async def do(self, at: str, what: str, **fields: Any) -> "Counted":
        """Let time pass until then, and record a command."""
        await self.until(at)
        self._told += 1
        command = Story.command(what, at, number=self._told, **fields)
        if isinstance(command, ARRANGING):
            await self.arrange(command.at, command)
        else:
            await self._record(planner.decide(self.pathway, self.journey, command), command.at, command)
        return self

    async def met(self, at: str, step: str, *, attendance: str = "5", mechanism: str = "01", **more: Any) -> "Counted":
        """A contact, attended face to face unless it is said otherwise."""
        return await self.do(at, "complete", step=step, attendance=attendance, mechanism=mechanism, **more)

    async def _record(self, outcome: Outcome, at: datetime, command: Any) -> None:
        if outcome.journey.revision == self.journey.revision:
            return
        self.journey = outcome.journey
        words = said(command) if command else None
        told = await commit(
            self.pool, Commit(journey=outcome.journey, events=outcome.events, at=at, said=words), email=False
        )
        await self.settle(at, team_has_peers=bool(told.peers))

    async def settle(self, at: datetime, *, team_has_peers: bool) -> None:
        """Find a worker and times for what has none, where the team has peer workers."""
        if team_has_peers and peers.unsettled(self.journey):
            await self.arrange(at, None)

    async def arrange(self, at: datetime, command: Any) -> None:
        """Arrange peer support as it is, or as a command says."""
        asked = Arranging(transition_id=self.id, revision=self.journey.revision, at=at, command=command)
        answer = await arrange(self.pool, asked, email=False)
        assert answer.refused is None, answer.message
        self.journey = answer.journey or self.journey


async def follow(
    pool: "Pool[Record]", pathway: str, started: str, *, taken_on: str | None = None, person: Person | None = None,
    team: str = TEAM, coordinator: str = COORDINATOR, **start: Any,
) -> Counted:  # fmt: skip
    """Somebody is followed from then on; their pathway started at `started`."""
    rules, whom = find(pathway), person or somebody()
    begun, at = london(started), london(taken_on or started)
    transition_id = await register(
        pool, whom, pathway=rules.id, started=begun, taken_on=at, coordinator=coordinator, team=team
    )
    instants = {
        name: {key: london(text) for key, text in value.items()} if name in ("expected", "milestones") else value
        for name, value in start.items()
    }
    command = Start.model_validate(
        {"id": "start", "transition_id": transition_id, "at": at, "started": begun, "coordinator": coordinator,
         "born": whom.date_of_birth, **instants}
    )  # fmt: skip
    outcome = planner.start(rules, command)
    change = Commit(
        journey=outcome.journey, events=outcome.events, at=at, said=said(command), definition=rules.canonical
    )
    told = await commit(pool, change, email=False)
    one = Counted(pool, rules, outcome.journey, whom)
    await one.settle(at, team_has_peers=bool(told.peers))
    return one


async def counted(
    pool: "Pool[Record]", report_id: str, now: str, begins: str, ends: str, *, inside: bool = True, **more: Any
) -> Table:
    """A report as it is asked for inside, from one day to another."""
    one, at = report(report_id), london(now)
    wanted = asked(
        one, at.date(), begins=date.fromisoformat(begins), ends=date.fromisoformat(ends), inside=inside, **more
    )
    return await run(pool, one, wanted, at)


async def listed(
    pool: "Pool[Record]", report_id: str, figure: str, now: str, begins: str, ends: str, split: str | None = None,
    **more: Any,
) -> list[Case]:  # fmt: skip
    """Everything behind a figure, in pages of two."""
    one, at = report(report_id), london(now)
    wanted = asked(
        one, at.date(), begins=date.fromisoformat(begins), ends=date.fromisoformat(ends), inside=True, **more
    )
    found, after = [], None
    while True:
        page = await cases(pool, one, wanted, figure, at, split, limit=2, after=after)
        found += page.rows
        after = page.next
        if after is None:
            return found


async def agrees(pool: "Pool[Record]", report_id: str, now: str, begins: str, ends: str) -> None:
    """Every count of a report is exactly as long as the list behind it, in all and in each period."""
    found = await counted(pool, report_id, now, begins, ends)
    for figure in found.report.figures:
        if figure.sort.value == "count":
            rows = await listed(pool, report_id, figure.name, now, begins, ends)
            assert len(rows) == found.total.cells[figure.name], figure.name
            assert len({row.case_id for row in rows}) == len(rows), figure.name
            assert sum(row.cells[figure.name] for row in found.rows) == len(rows)  # type: ignore[misc]  # inside, numbers


def days(text: str, count: int) -> str:
    """The same time of day so many days later."""
    return f"{datetime.fromisoformat(text) + timedelta(days=count):%Y-%m-%d %H:%M}"
