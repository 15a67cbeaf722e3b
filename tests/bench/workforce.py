"""Peer workers' hours against a caseload: who is given to whom, and which contacts get a time, in eight weeks."""

import heapq
import random
import resource
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from pathways.loader import find, shipped
from planner import journey as planner
from planner import peers
from planner.peer_commands import arrange
from planner.turn import SUPERSEDED
from planner.workforce.allocation import one_contact
from planner.workforce.hours import A_WEEK, available_minutes, week_of
from planner.workforce.pattern import DAYS, parse
from planner.workforce.roster import Ask, Roster, Worker
from records.caseload import read_caseload
from records.staff_file import read_staff
from schemas.caseload import to_start
from schemas.codes import Attendance, Mechanism, Role
from schemas.command import Complete, Start
from schemas.journey import Journey, State, StepState
from schemas.pathway import Pathway

DATA = Path(__file__).parents[2] / "cli" / "demo_data"
NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
WEEKS = 8
UNTIL = NOW + timedelta(weeks=WEEKS)
TEAMS, PEOPLE_A_TEAM, WORKERS_A_TEAM = 25, 200, 6
FOUR_HOURS = 240


class Figures(NamedTuple):
    """What became of a caseload in the weeks. `four_hours` is about the teams in which nobody works more than that."""

    people: int
    workers: int
    asked: int
    held: int
    waiting: int
    four_hours_asked: int
    four_hours_room: int
    four_hours_held: int
    seconds: float
    mebibytes: float


class Team:
    """One team's people and workers, as time passes: every contact that has a time takes place at it."""

    def __init__(self, workers: Iterable[Worker], starts: Iterable[tuple[Pathway, Start]]) -> None:
        self.roster = Roster(workers)
        self.journeys: list[tuple[Pathway, Journey]] = []
        self._queue: dict[int, tuple[tuple[int, datetime, int], Ask]] = {}
        self._due: list[tuple[datetime, int]] = []
        for number, (pathway, start) in enumerate(starts):
            self.journeys.append((pathway, planner.start(pathway, start).journey))
            self._settle(number, NOW)

    def play(self) -> None:
        """Let the weeks pass, from one thing that is due to the next."""
        while self._due and self._due[0][0] < UNTIL:
            at, number = heapq.heappop(self._due)
            if at == self._next(number):
                self._turn(number, at)

    def _turn(self, number: int, at: datetime) -> None:
        pathway, journey = self.journeys[number]
        over = [step for step, booked in _booked(journey) if booked == at]
        if over:
            command = Complete(
                id="c", at=at, step=over[0], attendance=Attendance.ATTENDED, mechanism=Mechanism.FACE_TO_FACE
            )
            journey = planner.decide(pathway, journey, command).journey
        else:
            journey = planner.wake(pathway, journey, at).journey
        self.journeys[number] = (pathway, journey)
        self._settle(number, at)

    def _settle(self, number: int, at: datetime) -> None:
        pathway, journey = self.journeys[number]
        if peers.unsettled(journey):
            self.roster.ahead = tuple(self._ahead(number, journey, at))
            journey = arrange(pathway, journey, self.roster, at).journey
            self.journeys[number] = (pathway, journey)
            self._stand_in_queue(number, at)
        if (following := self._next(number)) is not None:
            heapq.heappush(self._due, (following, number))

    def _stand_in_queue(self, number: int, at: datetime) -> None:
        pathway, journey = self.journeys[number]
        if journey.peers is None or journey.peers.waiting_since is None:
            self._queue.pop(number, None)
        else:
            wants = peers.ask(pathway, journey, self.roster.policy, at)
            self._queue[number] = (-peers.urgency(journey), journey.peers.waiting_since, number), wants

    def _ahead(self, number: int, journey: Journey, at: datetime) -> list[Ask]:
        since = journey.peers.waiting_since if journey.peers else None
        own = -peers.urgency(journey), since or at, number
        return [ask for place, ask in sorted(self._queue.values(), key=lambda one: one[0]) if place < own]

    def _next(self, number: int) -> datetime | None:
        pathway, journey = self.journeys[number]
        moments = [ends for _, ends in _booked(journey)]
        if (wake := planner.next_wake(pathway, journey)) is not None:
            moments.append(wake)
        return min(moments, default=None)

    @property
    def four_hours(self) -> bool:
        """Nobody in it works more than four hours a week."""
        return all(worker.minutes <= FOUR_HOURS for worker in self.roster.workers.values())

    def contacts(self) -> list[bool]:
        """The contacts asked for in the weeks, by the rules of each journey: whether each took place."""
        return [
            step.state is State.DONE
            for _, journey in self.journeys
            if peers.accepted(journey)
            for step in journey.steps.values()
            if _asked(step)
        ]

    def room(self) -> int:
        """How many contacts the hours of the weeks hold, each with the way there and the writing up."""
        return sum(
            available_minutes(worker, week_of(NOW) + number * A_WEEK, self.roster.division)
            // one_contact(self.roster.policy)
            for worker in self.roster.workers.values()
            for number in range(WEEKS)
        )

    def waiting(self) -> int:
        """The people for whom nobody was free in all that time."""
        return len(self._queue)


def _booked(journey: Journey) -> list[tuple[str, datetime]]:
    booked = journey.peers.booked if journey.peers else {}
    return [(step, one.ends) for step, one in booked.items()]


def _asked(step: StepState) -> bool:
    if not peers.is_peer_contact(step) or step.due is None:
        return False
    if step.state is State.DONE:
        return True
    return NOW < step.due < UNTIL and step.reason in (None, SUPERSEDED)


def demo() -> Figures:
    """The caseload and the staff of the demo."""
    staff = [member for _, member in sorted((one.id, one) for one in read_staff(DATA / "staff-2026-11-16.csv").sound)]
    pathways = {name: find(name) for name in shipped()}
    file = DATA / "caseload-2026-11-16.csv"
    rows = read_caseload(file, {one.id for one in staff}, pathways, NOW).sound
    team_of = {one.id: one.team for one in staff}
    rows.sort(key=lambda row: (row.facts.get("suicide_risk") is not True, row.started))
    found = []
    for team in sorted({one.team for one in staff if one.role is Role.PEER_WORKER and one.team}):
        workers = [
            Worker(
                one.id, parse(one.works or ""), round((one.hours_per_week or 0) * 60), frozenset(one.languages),
                frozenset(one.attributes), frozenset(one.settings), job_share=one.job_share,
            )
            for one in staff
            if one.role is Role.PEER_WORKER and one.team == team
        ]  # fmt: skip
        own = [row for row in rows if (row.team or team_of.get(row.coordinator)) == team]
        found.append((workers, [(pathways[row.pathway], to_start(row, str(row.row), NOW)) for row in own]))
    return _measured(found)


def many() -> Figures:
    """5,000 people like those of the demo, and 150 workers: always the same."""
    chance = random.Random(3)
    pathways = {name: find(name) for name in shipped()}
    staff_ids = {one.id for one in read_staff(DATA / "staff-2026-11-16.csv").sound}
    likeness = read_caseload(DATA / "caseload-2026-11-16.csv", staff_ids, pathways, NOW).sound
    found = []
    for team in range(TEAMS):
        workers = [_somebody(chance, f"p-{team}-{number}") for number in range(WORKERS_A_TEAM)]
        rows = chance.choices(likeness, k=PEOPLE_A_TEAM)
        rows.sort(key=lambda row: (row.facts.get("suicide_risk") is not True, row.started))
        starts = [(pathways[row.pathway], to_start(row, str(number), NOW)) for number, row in enumerate(rows)]
        found.append((workers, starts))
    return _measured(found)


def _somebody(chance: random.Random, staff: str) -> Worker:
    """A worker of some hours, who comes on as many days as those take."""
    minutes = chance.choice([240, 450, 900, 1125, 1350, 1800, 2250])
    first = chance.randrange(5 - (minutes - 1) // 450)
    last = first + (minutes - 1) // 450
    return Worker(
        staff,
        parse(f"{DAYS[first]}-{DAYS[last]} 09:00-16:30"),
        minutes,
        languages=frozenset({"en", chance.choice(["en", "ur", "pl"])}),
        attributes=frozenset({chance.choice(["gender:female", "gender:male"])}),
        settings=frozenset(chance.choice([("community",), ("community", "secure-ward")])),
    )


def _measured(found: list[tuple[list[Worker], list[tuple[Pathway, Start]]]]) -> Figures:
    began = time.perf_counter()
    teams = []
    for workers, starts in found:
        teams.append(team := Team(workers, starts))
        team.play()
    seconds = time.perf_counter() - began
    contacts = [one for team in teams for one in team.contacts()]
    few = [one for team in teams if team.four_hours for one in team.contacts()]
    return Figures(
        people=sum(len(team.journeys) for team in teams),
        workers=sum(len(team.roster.workers) for team in teams),
        asked=len(contacts),
        held=sum(contacts),
        waiting=sum(team.waiting() for team in teams),
        four_hours_asked=len(few),
        four_hours_room=sum(team.room() for team in teams if team.four_hours),
        four_hours_held=sum(few),
        seconds=seconds,
        mebibytes=_peak(),
    )


def _peak() -> float:
    """The most memory that this process ever had, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def measure(what: Callable[[], Figures]) -> Figures:
    """Measure in a process of its own, whose memory is nobody else's."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(what).result()


def report() -> str:
    """Both, as a table for the README, and what the four-hours-a-week workers of the demo can hold."""
    ours = measure(demo)
    lines = [
        f"| peer support of {WEEKS} weeks | people | workers | contacts asked for | held | without a time "
        "| people who wait | seconds | MiB |",
        "| --- " + "| ---: " * 8 + "|",
        *(_row(name, figures) for name, figures in {"the demo": ours, "25 teams": measure(many)}.items()),
        "",
        f"FIRST outreach, four people with four hours a week: in {WEEKS} weeks their hours hold {ours.four_hours_room} "
        f"contacts, and {ours.four_hours_held} of the {ours.four_hours_asked} that are asked for get a time.",
    ]
    return "\n".join(lines)


def _row(name: str, found: Figures) -> str:
    cells = (found.people, found.workers, found.asked, found.held, found.asked - found.held, found.waiting)
    return f"| {name} | {' | '.join(f'{one:,}' for one in cells)} | {found.seconds:.1f} | {found.mebibytes:.0f} |"


if __name__ == "__main__":
    print(report())
