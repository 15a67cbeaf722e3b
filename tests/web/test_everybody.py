"""Denied by default: every route is asked as every role, from near and from far, and signed out.

Who is let in where stands below as it was decided, by hand. A route that is in no table fails the first test, so that
nobody adds one without saying whom it is for.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest_asyncio
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount, compile_path

from planner.journey import start
from planner.policy import Scope
from records.commit import commit
from records.people import register
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.command import Start
from schemas.commit import Commit
from schemas.person import Person
from tests.planner.story import INPATIENT
from tests.records.journeys import T0, day, member, said
from tests.web.doors import form_token, house_on, served, sign_in
from tests.web.machines import API, let_in, token
from tests.web.test_person import LATE, PATHWAY, Told
from web.app import build
from web.house import House
from workers.client import Pool

ROLES = {
    "co": Role.COORDINATOR, "nw": Role.NAMED_WORKER, "ic": Role.INCOMING_COORDINATOR, "tl": Role.TEAM_LEAD,
    "pw": Role.PEER_WORKER, "ct": Role.COMMUNITY_TEAM, "th": Role.THERAPIST, "as": Role.ADULT_SERVICE,
    "dm": Role.DUTY_MANAGER, "sm": Role.SERVICE_MANAGER, "sl": Role.SAFETY_LEAD, "pl": Role.PEER_LEAD,
    "op": Role.OPERATIONS, "po": Role.PRIVACY_OFFICER, "ad": Role.ADMINISTRATOR,
}  # fmt: skip
"""The columns of the tables. In them `x` lets in everybody of the role, `o` those alone who go with this person, by
their team or as their peer worker, and `.` nobody."""

PAGES = """
                                              co nw ic tl pw ct th as dm sm sl pl op po ad
GET  /                                         x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
POST /sign-out                                 x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
POST /still-here                               x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
GET  /inbox                                    x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
GET  /inbox.csv                                x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
GET  /tasks                                    x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
GET  /tasks.csv                                x  x  x  x  x  x  x  x  x  x  x  x  x  x  x

GET  /find                                     x  x  x  x  x  x  x  x  x  x  x  x  .  .  .
POST /find                                     x  x  x  x  x  x  x  x  x  x  x  x  .  .  .
GET  /people                                   x  x  x  x  .  x  x  x  x  x  x  .  .  .  .
GET  /people.csv                               x  x  x  x  .  x  x  x  x  x  x  .  .  .  .
GET  /people/today.csv                         x  x  x  x  .  x  x  x  x  x  x  .  .  .  .
GET  /start                                    x  x  .  x  .  x  x  .  x  x  x  .  .  .  .
POST /start                                    x  x  .  x  .  x  x  .  x  x  x  .  .  .  .

GET  /board                                    .  .  .  x  .  .  .  .  x  x  x  .  x  .  .
GET  /board/overdue                            .  .  .  x  .  .  .  .  x  x  x  .  x  .  .
GET  /board/overdue.csv                        .  .  .  x  .  .  .  .  x  x  x  .  x  .  .
GET  /board/notices                            .  .  .  x  .  .  .  .  x  x  x  .  x  .  .
GET  /board/notices.csv                        .  .  .  x  .  .  .  .  x  x  x  .  x  .  .
GET  /transitions                              .  .  .  x  .  .  .  .  x  x  x  .  x  .  .
GET  /transitions.csv                          .  .  .  x  .  .  .  .  x  x  x  .  x  .  .
GET  /system                                   .  .  .  x  .  .  .  .  x  x  x  .  x  .  .
GET  /capacity                                 x  x  .  x  .  .  .  .  x  x  x  x  x  .  .
GET  /capacity.svg                             x  x  .  x  .  .  .  .  x  x  x  x  x  .  .
GET  /capacity.csv                             x  x  .  x  .  .  .  .  x  x  x  x  x  .  .
GET  /transitions/{id}/execution               .  .  .  .  .  .  .  .  .  .  .  .  x  .  x
POST /transitions/{id}/execution/retry         .  .  .  .  .  .  .  .  .  .  .  .  x  .  x

GET  /people/{id}                              o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
GET  /people/{id}/history                      o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/history.csv                  o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/access                       .  .  .  o  .  .  .  .  o  o  o  .  .  x  .
GET  /people/{id}/access.csv                   .  .  .  o  .  .  .  .  o  o  o  .  .  x  .
GET  /people/{id}/known                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/known                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/steps/{clinical}             o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
GET  /people/{id}/steps/{peers}                o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
GET  /people/{id}/do/done/{clinical}           o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/do/leave-out/{clinical}      o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/do/met/{peers}               o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
POST /people/{id}/do/met/{peers}               o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
GET  /people/{id}/do/leave-out/{peers}         o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/milestone                    o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/milestone                    o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/date                         o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/date                         o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/facts                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/facts                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/hold                         o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/hold                         o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/handover                     o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/handover                     o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/leave                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/leave                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/add                          o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/add                          o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/support                      o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/support                      o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/wishes                       o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/wishes                       o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/assign                       o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/assign                       o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/accept                       o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/accept                       o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/step-back                    o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/step-back                    o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/peer                         o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/cover                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/cover                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /break-glass/{id}                         x  x  x  x  .  x  x  x  x  x  x  .  x  .  .
POST /break-glass/{id}                         x  x  x  x  .  x  x  x  x  x  x  .  x  .  .

GET  /week                                     .  .  .  .  x  .  .  .  .  .  .  x  .  .  .
POST /week/back                                .  .  .  .  x  .  .  .  .  .  .  x  .  .  .
GET  /week/help                                .  .  .  .  x  .  .  .  .  .  .  x  .  .  .
POST /week/help                                .  .  .  .  x  .  .  .  .  .  .  x  .  .  .
GET  /week/calendar                            .  .  .  .  x  .  .  .  .  .  .  x  .  .  .
POST /week/calendar                            .  .  .  .  x  .  .  .  .  .  .  x  .  .  .
GET  /week/contact/{id}/{peers}                o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
GET  /week/contact/{id}/{clinical}             o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /week/met/{id}/{peers}                    o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
POST /week/met/{id}/{clinical}                 o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /week/not-met/{id}/{peers}                o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
POST /week/not-met/{id}/{peers}                o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
GET  /week/not-met/{id}/{clinical}             o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /week/out/{id}/{peers}                    o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
POST /week/out/{id}/{clinical}                 o  o  o  o  .  o  o  o  o  o  o  .  .  .  .

GET  /access                                   .  .  .  .  .  .  .  .  .  .  .  .  .  x  .
POST /access                                   .  .  .  .  .  .  .  .  .  .  .  .  .  x  .
GET  /access/broken-glass.csv                  .  .  .  .  .  .  .  .  .  .  .  .  .  x  .
GET  /access/looks                             .  .  .  .  .  .  .  .  .  .  .  .  .  x  .
GET  /access/looks?person={id}                 .  .  .  .  .  .  .  .  .  .  .  .  .  x  .
GET  /access/looks.csv                         .  .  .  .  .  .  .  .  .  .  .  .  .  x  .
GET  /retention                                .  .  .  .  .  .  .  .  .  .  .  .  .  x  x
GET  /retention/ask                            .  .  .  .  .  .  .  .  .  .  .  .  .  x  x
POST /retention/ask                            .  .  .  .  .  .  .  .  .  .  .  .  .  x  x
GET  /retention/{bulk}                         .  .  .  .  .  .  .  .  .  .  .  .  .  x  x
POST /retention/{bulk}                         .  .  .  .  .  .  .  .  .  .  .  .  .  x  x
GET  /retention/certificates/{bulk}            .  .  .  .  .  .  .  .  .  .  .  .  .  x  x
GET  /machines                                 .  .  .  .  .  .  .  .  .  .  .  .  .  .  x
GET  /machines/new                             .  .  .  .  .  .  .  .  .  .  .  .  .  .  x
POST /machines/new                             .  .  .  .  .  .  .  .  .  .  .  .  .  .  x
POST /machines/{machine}/revoke                .  .  .  .  .  .  .  .  .  .  .  .  .  .  x

POST /people/many                              x  x  .  x  .  .  .  .  x  x  x  .  .  .  .
GET  /bulk/{bulk}                              x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
POST /bulk/{bulk}/stop                         x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
POST /bulk/{bulk}/go-on                        x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
POST /bulk/{bulk}/leave                        x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
GET  /definitions                              .  .  .  .  .  .  .  .  .  .  .  .  x  .  .
GET  /definitions/{was}/{to}                   .  .  .  .  .  .  .  .  .  .  .  .  x  .  .
POST /definitions/{was}/{to}                   .  .  .  .  .  .  .  .  .  .  .  .  x  .  .
GET  /reports                                  .  .  .  x  .  .  .  .  x  x  x  x  x  .  .
GET  /reports/{report}                         .  .  .  x  .  .  .  .  x  x  x  x  x  .  .
GET  /reports/{report}.csv                     .  .  .  x  .  .  .  .  x  x  x  x  x  .  .
GET  /reports/{report}.json                    .  .  .  x  .  .  .  .  x  x  x  x  x  .  .
GET  /reports/{report}.svg                     .  .  .  x  .  .  .  .  x  x  x  x  x  .  .
GET  /reports/{report}/list                    .  .  .  x  .  .  .  .  x  x  x  .  .  .  .
GET  /reports/{report}/marks                   .  .  .  x  .  .  .  .  x  x  x  .  .  .  .
POST /reports/{report}/marks                   .  .  .  x  .  .  .  .  x  x  x  .  .  .  .
POST /reports/{report}/marks/{mark}/withdraw   .  .  .  x  .  .  .  .  x  x  x  .  .  .  .
GET  /people/{id}/outcomes                     o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/outcomes.csv                 o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/goals                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/goals                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/goals/1                      o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/goals/1                      o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/about                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/about                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/ready                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/ready                        o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
GET  /people/{id}/ready/{mark}                 o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
POST /people/{id}/ready/{mark}                 o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
"""
OPEN_TO_ALL = {
    "GET /health", "HEAD /health",
    "GET /feeds/{token}.ics", "HEAD /feeds/{token}.ics",  # the address is the secret
    "GET /sign-in", "GET /sign-in/begin", "GET /sign-in/back",
    "POST /sign-in/demo",  # in the demo, on this machine alone
    "ANY /static",
    "GET /api/v1/openapi.json", "HEAD /api/v1/openapi.json",
}  # fmt: skip
"""Nobody has to be signed in for these: they tell of nobody."""
SIGNED = {"POST /api/v1/events"}
"""Let in by its signature, and by no token."""
FROM_TEMPORAL = {"OPTIONS /codec/{namespace}/decode", "POST /codec/{namespace}/decode"}
"""Asked by Temporal's pages from the browser of whoever is signed in: `test_codec.py` asks as everybody."""

MACHINES = """
                                                                      co nw ic tl pw ct th as dm sm sl pl op po ad
read:work         GET  /worklists/{self}                               x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
read:work         GET  /worklists/another                              .  .  .  x  .  .  .  .  x  x  x  .  x  .  .
read:work         GET  /transitions                                    x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
read:work         GET  /transitions?coordinator=another                .  .  .  x  .  .  .  .  x  x  x  .  x  .  .
read:work         GET  /overdue                                        .  .  .  x  .  .  .  .  x  x  x  .  x  .  .
read:work         GET  /inbox                                          x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
read:work         GET  /staff                                          x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
read:work         GET  /pathways                                       x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
read:work         GET  /pathways/inpatient-to-community                x  x  x  x  x  x  x  x  x  x  x  x  x  x  x
read:work         GET  /reports                                        .  .  .  x  .  .  .  .  x  x  x  x  x  .  .
read:work         GET  /reports/follow-up                              .  .  .  x  .  .  .  .  x  x  x  x  x  .  .
read:people       GET  /transitions/{id}                               o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
read:people       GET  /transitions/{id}/history                       o  o  o  o  .  o  o  o  o  o  o  .  .  .  .
read:people       GET  /transitions/{id}/waits                         o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
write:commands    POST /transitions/{id}/commands                      o  o  o  o  o  o  o  o  o  o  o  o  .  .  .
write:commands    POST /transitions/{id}/commands?preview=true         o  o  .  o  .  o  o  .  o  o  o  .  .  .  .
write:transitions POST /transitions                                    x  x  .  x  .  x  x  .  x  x  x  .  .  .  .
"""


class Row(NamedTuple):
    """A line of a table: what is asked, and the mark of each role; for machines, the scope that it needs."""

    method: str
    path: str
    marks: dict[Role, str]
    scope: Scope | None = None

    def lets_in(self, role: Role, near: bool) -> bool:
        """Whether somebody of the role is let in, who goes with this person or does not."""
        return self.marks[role] == "x" or (self.marks[role] == "o" and near)


def rows(table: str) -> Iterator[Row]:
    """The lines of a table."""
    head, *lines = (line.split() for line in table.splitlines() if line.strip())
    for line in lines:
        asked, marks = line[: -len(head)], line[-len(head) :]
        assert set(marks) <= {"x", "o", "."}, line
        scope = Scope(asked.pop(0)) if len(asked) == 3 else None
        method, path = asked
        yield Row(method, path, dict(zip((ROLES[name] for name in head), marks, strict=True)), scope)


OF_PAGES, OF_MACHINES = list(rows(PAGES)), list(rows(MACHINES))


class Somebody(NamedTuple):
    """One member of staff of each role and place: who they are, and how they ask."""

    role: Role
    near: bool
    browser: httpx.AsyncClient
    machine: str

    @property
    def id(self) -> str:
        return _id(self.role, self.near)


class Town(NamedTuple):
    """Everybody, at a real server, and the person who is asked about."""

    here: House
    pool: Pool
    filled: dict[str, str]
    everybody: list[Somebody]
    stranger: httpx.AsyncClient

    def path(self, row: Row, who: Somebody | None = None) -> str:
        """The address that a line asks for."""
        found = row.path.format_map(self.filled | {"self": who.id if who else "another"})
        return f"{API}{found}" if row.scope else found


def _id(role: Role, near: bool) -> str:
    return f"{role}-{'near' if near else 'far'}"


NEAR, FAR = "Team near", "Team far"
NAME = "Featherstonehaugh"
CLINICAL = "care-plan-sent"
WITHOUT_PEOPLE = {Role.OPERATIONS, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR}
"""They see work, logs and machines, and nobody's name."""


@pytest_asyncio.fixture
async def town(pool: Pool) -> AsyncIterator[Town]:
    everybody = [(role, near) for role in Role for near in (True, False)]
    staff = [member(_id(role, near), role, NEAR if near else FAR) for role, near in everybody]
    await upsert_staff(pool, [*staff, member("another", Role.COORDINATOR, FAR)])
    person = await _taken_on(pool)
    filled = {
        "id": person.journey.transition_id, "clinical": CLINICAL, "machine": str(uuid4()), "bulk": str(uuid4()),
        "was": "0" * 64, "to": "1" * 64, "report": "follow-up", "mark": str(uuid4()),
        "peers": next(name for name, step in person.journey.steps.items() if step.owner is Role.PEER_WORKER),
    }  # fmt: skip
    here = replace(await house_on(pool, demo=True), clock=lambda: LATE)
    async with served(here) as stranger, _browsers(stranger, len(everybody)) as browsers:
        found = []
        for (role, near), browser in zip(everybody, browsers, strict=True):
            await sign_in(browser, _id(role, near))
            found.append(Somebody(role, near, browser, await token(pool, _id(role, near))))
        yield Town(here, pool, filled, found, stranger)


@asynccontextmanager
async def _browsers(like: httpx.AsyncClient, number: int) -> AsyncIterator[list[httpx.AsyncClient]]:
    found = [httpx.AsyncClient(base_url=like.base_url, trust_env=False, timeout=60) for _ in range(number)]
    yield found
    for browser in found:
        await browser.aclose()


async def _taken_on(pool: Pool) -> Told:
    """Somebody who left the ward, of the near team, with whom the near peer worker goes."""
    who = Person(local_id="SEEN-1", given_name="Clementine", family_name=NAME, date_of_birth=date(1980, 5, 4))
    coordinator = _id(Role.COORDINATOR, True)
    entered = await register(pool, who, pathway=INPATIENT, started=T0, taken_on=T0, coordinator=coordinator, team=NEAR)
    command = Start(
        id="start", transition_id=entered, at=T0, coordinator=coordinator, facts={"peer_support": "accepted"},
        expected={"discharged": day(11)},
    )  # fmt: skip
    journey, events = start(PATHWAY, command)
    begun = Commit(journey=journey, events=events, at=T0, said=said(command), definition=PATHWAY.canonical)
    await commit(pool, begun, email=True)
    await pool.execute(
        "INSERT INTO assignments (transition_id, staff, starts, why, revision) VALUES ($1, $2, $3, 'free', 1)",
        UUID(entered), _id(Role.PEER_WORKER, True), T0,
    )  # fmt: skip
    told = await Told(pool, journey).do(day(11), "milestone", milestone="discharged")
    return await told.until(LATE)


def let_through(answer: httpx.Response) -> bool:
    """Whether whoever asked was let in: what came of it does not matter here, but for a fault of ours."""
    assert answer.status_code != 500, answer.text
    entrance = answer.headers.get("location", "").startswith("/sign-in?")
    return answer.status_code not in (401, 403) and not entrance


# Every route is in a table


async def test_no_route_is_forgotten(town: Town) -> None:
    there = list(_routes(build(town.here).routes))
    asked = {_first(there, row.method, town.path(row).partition("?")[0]) for row in (*OF_PAGES, *OF_MACHINES)}
    for row in (*OPEN_TO_ALL, *SIGNED, *FROM_TEMPORAL):
        assert row in there, f"{row} is in the table, and not there"
    assert None not in asked
    assert set(there) == asked | OPEN_TO_ALL | SIGNED | FROM_TEMPORAL


def _routes(routes: list[BaseRoute], before: str = "") -> Iterator[str]:
    for found in iter_route_contexts(routes):
        inner = found.original_route
        if isinstance(inner, Mount) and inner.routes:
            yield from _routes(inner.routes, before + inner.path)
        else:
            methods = getattr(inner, "methods", None) or {"ANY"}  # what is mounted, or a WebSocket
            yield from (f"{method} {before}{found.path}" for method in sorted(methods))


def _first(there: list[str], method: str, path: str) -> str | None:
    """The route that answers: the first that fits, as the application looks for it."""
    fits = (one for one in there if one.split()[0] == method and compile_path(one.split()[1])[0].match(path))
    return next(fits, None)


# Every route, as everybody


async def test_everybody_is_let_in_where_they_may_and_nowhere_else(town: Town) -> None:
    await _each(town, _asks_for_pages)


async def _asks_for_pages(town: Town, who: Somebody) -> list[str]:
    wrong: list[str] = []
    for row in (row for row in OF_PAGES if who.near or "{id}" in row.path):  # elsewhere it is the same from afar
        answer = await _ask(town, row, who)
        wrong += _wrong(row, who, answer)
        if row.path == "/sign-out":
            await sign_in(who.browser, who.id)
    return wrong


async def _ask(town: Town, row: Row, who: Somebody) -> httpx.Response:
    if row.method == "GET":
        return await who.browser.get(town.path(row))
    return await who.browser.post(town.path(row), data={"form_token": form_token(who.browser)})


async def test_signed_out_nobody_is_let_in(town: Town) -> None:
    for row in OF_PAGES:
        answer = await town.stranger.request(row.method, town.path(row))
        assert answer.status_code == 303, row
        assert answer.headers["location"].startswith("/sign-in?to="), row


LOOKERS = {Role.COORDINATOR, Role.TEAM_LEAD, Role.PEER_WORKER, Role.PRIVACY_OFFICER}
KEPT_ELSEWHERE = {"/transitions/{id}/execution", "/break-glass/{id}"}
"""The one names nobody; the other asks why, and keeps the answer."""


async def test_every_look_at_a_person_is_kept(town: Town) -> None:
    """Whoever is let in to a page of a person stands in the access log for each, whatever lets them."""
    pages = [row for row in OF_PAGES if row.method == "GET" and "{id}" in row.path and row.path not in KEPT_ELSEWHERE]
    for who in (one for one in town.everybody if one.near and one.role in LOOKERS):
        for row in (row for row in pages if row.lets_in(who.role, who.near)):
            before = await _looks(town, who)
            await _ask(town, row, who)
            assert await _looks(town, who) == before + 1, (who.id, row)


async def _looks(town: Town, who: Somebody) -> int:
    return int(await town.pool.fetchval("SELECT count(*) FROM access_log WHERE staff = $1", who.id))


# What another site, or somebody who guesses, makes a browser send

FORGED: dict[str, tuple[dict[str, str], bool]] = {
    "no token of the form": ({}, False),
    "from another origin": ({"Origin": "https://example.org"}, True),
    "from no origin that is told": ({"Origin": "null"}, True),
    "from another site": ({"Sec-Fetch-Site": "cross-site"}, True),
    "from a neighbour of the site": ({"Sec-Fetch-Site": "same-site"}, True),
}
"""Each with its headers, and whether it carries the token that a form of ours carries."""


async def test_a_change_is_made_from_our_own_forms_alone(town: Town) -> None:
    for row in (row for row in OF_PAGES if row.method != "GET"):
        who = next(one for one in town.everybody if row.lets_in(one.role, one.near))
        other = next(one for one in town.everybody if one is not who)
        sent = {name: ({"form_token": form_token(who.browser)} if token else {}, headers)
                for name, (headers, token) in FORGED.items()}  # fmt: skip
        sent["a token of another's form"] = ({"form_token": form_token(other.browser)}, {})
        for name, (data, headers) in sent.items():
            answer = await who.browser.post(town.path(row), data=data, headers=headers)
            assert answer.status_code == 403, (name, row)


async def test_a_browser_that_is_signed_in_is_no_machine(town: Town) -> None:
    for row in OF_MACHINES:
        who = next(one for one in town.everybody if row.lets_in(one.role, one.near))
        answer = await who.browser.request(row.method, town.path(row, who), json=_body(row))
        assert answer.status_code == 401, row


# Every route of the API, as a machine that acts as everybody


async def test_a_machine_is_let_in_where_its_role_may_and_nowhere_else(town: Town) -> None:
    await _each(town, _asks_as_a_machine)


async def _asks_as_a_machine(town: Town, who: Somebody) -> list[str]:
    wrong: list[str] = []
    for row in OF_MACHINES:
        answer = await _as_machine(town, row, who, who.machine)
        wrong += _wrong(row, who, answer)
    return wrong


async def _as_machine(town: Town, row: Row, who: Somebody, given: str | None) -> httpx.Response:
    headers = {"Idempotency-Key": str(uuid4())} | (let_in(given) if given else {})
    return await town.stranger.request(row.method, town.path(row, who), headers=headers, json=_body(row))


def _body(row: Row) -> dict[str, Any] | None:
    """What is sent: something that is as it may be, so that it is for want of leave that it is refused."""
    if row.method == "GET":
        return None
    if row.scope is Scope.WRITE_COMMANDS:
        return {"do": "hold", "reason": "Somebody asks"}
    who = {"local_id": "SEEN-2", "given_name": "Sam", "family_name": "Example", "date_of_birth": "1990-05-04"}
    return {"person": who, "pathway": INPATIENT, "coordinator": _id(Role.COORDINATOR, True)}


async def test_a_token_opens_what_it_is_for(town: Town) -> None:
    for row in OF_MACHINES:
        who = next(one for one in town.everybody if row.lets_in(one.role, one.near))
        others = await token(town.pool, who.id, *(scope for scope in Scope if scope is not row.scope))
        for given, status in ((None, 401), ("alongside_guessed", 401), (others, 403)):
            answer = await _as_machine(town, row, who, given)
            assert answer.status_code == status, (row, given)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_an_event_is_let_in_by_its_signature_alone(town: Town) -> None:
    happened = {"local_id": "SEEN-1", "milestone": "discharged", "occurred_at": "2026-11-13T15:10:00Z"}
    about = {"specversion": "1.0", "id": "1", "source": "urn:example:pas", "type": "alongside.milestone"}
    event = about | {"data": happened}
    for who in town.everybody:
        headers = let_in(who.machine) | {"Content-Type": "application/cloudevents+json"}
        answer = await town.stranger.post(f"{API}/events", json=event, headers=headers)
        assert answer.status_code == 401, who.id


def _wrong(row: Row, who: Somebody, answer: httpx.Response) -> Iterator[str]:
    """What of an answer is not as the table says; and names that are read by somebody who does not see the person."""
    there, expected = let_through(answer), row.lets_in(who.role, who.near)
    if there is not expected:
        yield f"{row.method} {row.path}: {who.id} is {'' if there else 'not '}let in ({answer.status_code})"
    if NAME in answer.text and (not expected or who.role in WITHOUT_PEOPLE):
        yield f"{row.method} {row.path}: {who.id} reads the name of somebody whom they do not see"


async def _each(town: Town, asks: Any) -> None:
    """Everybody asks; what was wrong is told together, so that a table is corrected at once."""
    told = await asyncio.gather(*(asks(town, who) for who in town.everybody))
    assert not (wrong := [line for lines in told for line in lines]), "\n".join(wrong)
