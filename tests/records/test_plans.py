"""No listing reads a large table from end to end, however full the database is."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from asyncpg import Connection, Record, connect

from records import (
    absences,
    board,
    bulk,
    covering,
    definitions,
    erased,
    erasures,
    experience,
    feeds,
    foretold,
    goals,
    held,
    known,
    licences,
    listings,
    machines,
    measures,
    moves,
    my_people,
    notices,
    outcomes,
    payload_keys,
    peers,
    queries,
    reconcile,
    retention,
    search,
    staff,
    support,
    support_alerts,
    visit_notices,
    visits,
    word,
    work,
)
from records.caseload import PEOPLE_ALREADY
from records.commit import NOTICES_TO_MAIL, RECEIPT, RECORDED_COMMIT, RECORDED_JOURNEY
from records.people import BEGUN, FOLLOWED, ON_PATHWAY
from records.reports.asked import asked
from records.reports.counting import list_query, table_query
from records.reports.registry import REPORTS
from tests.keys import RING
from tests.records.filled import fill
from workers.postgres_server import DATABASE, PostgresServer

SMALL = {"teams", "staff", "cover", "definitions", "licences", "erased_again"}
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 1, 1, tzinfo=UTC)
BLIND = hashlib.sha256(b"5000").digest()
NAMED = ([BLIND[:8], BLIND[8:16]], [None, BLIND[:8]], [BLIND[:8]])
"""What stands for the number of somebody."""
ZERO, FULL = UUID(int=0), UUID(int=2**128 - 1)
STEP = (FIRST, ZERO, "")
ABSENCE = ("peer-3", *(datetime(2026, 1, day, tzinfo=UTC) for day in (10, 20, 9)))
QUEUES = (["Team 1", "Team 2"], ["peer-worker", "peer-worker"], ["coord-1", "coord-9"], [None, "Team 10"])
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SEARCHES = {
    "everything": work.Search(),
    "a local id": work.Search(find="AL5000"),
    "the beginning of an id": work.Search(find="1234abcd"),
    "entered and not begun": work.Search(state="registered"),
    "on hold": work.Search(state="on-hold"),
    "closed": work.Search(state="closed"),
    "closed on a day": work.Search(closed_from=NOW, closed_before=datetime(2026, 6, 2, tzinfo=UTC)),
    "started on a day": work.Search(started_from=NOW, started_before=datetime(2026, 6, 2, tzinfo=UTC)),
    "a pathway in a team": work.Search(pathway="small-pathway", team="Team 3"),
    "a coordinator": work.Search(coordinator="coord-3"),
    "nobody coordinates": work.Search(nobody=True),
    "late": work.Search(late="any"),
    "late about safety in a team": work.Search(late="safety", rung=2, team="Team 3"),
    "a version of the rules": work.Search(definition="f" * 64),
}
BOARD = {
    "board: late": (board.LATE, ()),
    "board: silence ahead": (board.SILENCE_AHEAD, (NOW, datetime(2026, 6, 3, tzinfo=UTC))),
    "board: without a coordinator": (board.WITHOUT_COORDINATOR, ()),
    "board: not delivered": (board.UNDELIVERED, (NOW, NOW)),
    "board: notices": (board.NOTICES, (NOW, NOW, None, FIRST, ZERO, 51)),
    "board: notices for one reason": (board.NOTICES, (NOW, NOW, "failed", NOW, ZERO, 51)),
    "board: mails": (board.MAILS, (NOW,)),
    "board: not back": (board.NOT_BACK, (NOW,)),
    "board: uncovered": (board.UNCOVERED, (NOW,)),
    "board: not covered": (board.NOT_COVERED, (NOW,)),
} | {
    f"late of the sort {what}{', in a team' if team else ''}": (query, (team, rung, *STEP, 51))
    for what, query in board.LATE_WORK.items()
    for team, rung in ((None, None), ("Team 3", 2))
} | {
    f"search: {what}, {'the newest' if newest else 'the most urgent'} first": work.planned(
        asked, RING, newest=newest, limit=51, after=None
    )
    for what, asked in SEARCHES.items()
    for newest in (False, True)
}  # fmt: skip
BULK = {
    "one thing for many": (bulk.ACTION, (ZERO,)),
    "what somebody asked for": (bulk.ACTIONS_OF, ("coord-3", 10)),
    "moves to newer definitions": (bulk.MOVES, (10,)),
    "the many": (bulk.ITEMS, (ZERO, 0, 101)),
    "the many of one outcome": (bulk.ITEMS_THAT, (ZERO, 0, 101, "done")),
    "whose turn it is": (bulk.NEXT, (ZERO, 4)),
    "what is under way": (bulk.UNDER_WAY, ()),
    "one is taken": (bulk.TAKE, (ZERO, 1)),
    "what is left": (bulk.LEAVE, (ZERO, "not wanted")),
    "those who run by a definition": (foretold.RUNNING, ("0" * 64, NOW, ZERO, 51)),
    "how many run by each": (definitions.ALL, ()),
    "who was told of a step": (word.TOLD_OF, (ZERO, "step-1")),
}
RETENTION = {
    "whose time is over": (
        retention.CANDIDATES,
        (datetime(2006, 6, 1, tzinfo=UTC), date(2016, 6, 1), FIRST, ZERO, 101),
    ),
    "time is over, the dead": (retention.CANDIDATES, (FIRST, date(2012, 6, 1), FIRST, ZERO, 101)),
    "until when somebody is kept": (retention.PERSON, (ZERO,)),
    "whose a local id is": (retention.BY_LOCAL_ID, (BLIND,)),
    "an erasure": (erasures.ONE, (ZERO,)),
    "an erasure of somebody": (erasures.OPEN_OF, (ZERO,)),
    "erasures": (erasures.LATEST, (LAST, FULL, 101)),
    "erasures under way": (erasures.UNDER_WAY, ()),
    "how an erasure stands": (erasures.THERE, (ZERO,)),
    "what is of somebody": (erasures.COUNTS, (ZERO,)),
    "whether somebody is followed": (erasures.FOLLOWED, (ZERO, "asked-by-person")),
    "whose a transition is": (payload_keys.OF_TRANSITION, (ZERO,)),
    "to whom a visit is": (payload_keys.OF_VISIT, (ZERO,)),
    "who is back": (erased.BACK, ([ZERO],)),
    "what is not closed of somebody": (erased.NOT_CLOSED, (ZERO,)),
    "whether somebody is there": (erased.SOMEBODY_IS_THERE, (ZERO,)),
    "whom Temporal has to forget": (erased.IN_TEMPORAL, ()),
    "a certificate": (erasures.CERTIFICATE, (ZERO,)),
    "the certificate of somebody": (erasures.CERTIFICATE_OF, (ZERO,)),
    "what Temporal has of somebody": (erasures.TRANSITIONS, (ZERO,)),
    "visits to somebody": (erasures.VISITS, (ZERO,)),
    "transitions of somebody": (held.TRANSITIONS, (ZERO,)),
}
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
HELD = (["coord-1", "coord-9"], [None, "Team 10"])
FILTERS = (False, None, False, None, None, False)
PLANNED = {
    "tasks_for": (queries.TASKS_FOR, (*QUEUES, *STEP, 201, datetime(2026, 6, 1, tzinfo=UTC))),
    "tasks_for, a later page": (
        queries.TASKS_FOR,
        (*QUEUES, datetime(2026, 6, 1, tzinfo=UTC), ZERO, "x", 201, datetime(2026, 6, 1, tzinfo=UTC)),
    ),
    "holders": (queries.HOLDERS, ()),
    "overdue": (queries.OVERDUE, (*STEP, 201)),
    "overdue in a team": (queries.OVERDUE_IN_TEAM, (*STEP, 201, "Team 3")),
    "people_of": (queries.PEOPLE_OF, ("coord-3", FIRST, ZERO, 201)),
    "find": (queries.FIND, (BLIND,)),
    "by id": (queries.BY_ID, (UUID(int=0x1234 << 112), UUID(int=(0x1235 << 112) - 1))),
    "transition": (queries.TRANSITION, (ZERO,)),
    "history": (queries.HISTORY, (ZERO, 0, 0, 201)),
    "inbox": (queries.INBOX, ("coord-3", False, LAST, FULL, 201)),
    "inbox of operations": (queries.INBOX, ("ops", True, LAST, FULL, 201)),
    "attempts": (queries.ATTEMPTS, (ZERO,)),
    "escalations": (queries.ESCALATIONS, (ZERO,)),
    "dates that moved": (moves.MOVED, (ZERO,)),
    "how somebody is called": (known.KNOWN, (ZERO,)),
    "counts": (queries.COUNTS, ()),
    "notices waiting": (notices.WAITING, (200,)),
    "visit": (visits.VISIT, (ZERO,)),
    "visit by the beginning of its id": (visits.BY_BEGINNING, (UUID(int=0x1234 << 112), UUID(int=(0x1235 << 112) - 1))),
    "visit by command": (visits.BY_COMMAND, ("back-1",)),
    "visit that somebody is out on": (visits.OUT, ("coord-3",)),
    "visits now": (visits.OUT_NOW, (201,)),
    "visited at home": (visits.VISITED_AT_HOME, (ZERO, FULL)),
    "notices of a visit waiting": (visit_notices.WAITING_FOR, (ZERO,)),
    "notices of a visit withdrawn": (visit_notices.WITHDRAW, (ZERO,)),
    "withdraw": (notices.WITHDRAW, (ZERO,)),
    "receipt": (RECEIPT, (ZERO, "start")),
    "recorded commit": (RECORDED_COMMIT, (ZERO, 1)),
    "recorded journey": (RECORDED_JOURNEY, (ZERO,)),
    "notices to mail": (NOTICES_TO_MAIL, (ZERO, 1)),
    "on a pathway": (ON_PATHWAY, (ZERO, "small-pathway")),
    "followed on a pathway": (FOLLOWED, (ZERO, "small-pathway")),
    "begun on a pathway": (BEGUN, (BLIND, ZERO, "small-pathway")),
    "coordinators": (my_people.COORDINATORS, ()),
    "caseload of somebody": (my_people.PEOPLE, (*HELD, [], FIRST, ZERO, 51, JUNE, *FILTERS)),
    "caseload of a team": (my_people.PEOPLE, ([], [], ["Team 3"], FIRST, ZERO, 51, JUNE, *FILTERS)),
    "needed of somebody": (my_people.NEEDED, (*HELD, *QUEUES[:2], [], JUNE, JUNE, False, *STEP, 51)),
    "needed of a team": (my_people.NEEDED, ([], [], [], [], ["Team 3"], JUNE, JUNE, False, *STEP, 51)),
    "found by name": (
        search.BY_NAME,
        (*NAMED, 2000, False, "Team 3", ["coord-3"], *QUEUES[:2], "coord-3", JUNE, 51),
    ),
    "found by number": (search.BY_NUMBER, (BLIND, [BLIND], 51)),
    "who may be the same": (search.ALIKE, (BLIND, [BLIND], date(1980, 5, 4), 2000)),
    "transitions of people": (search.THEIRS, ([ZERO, FULL],)),
    "people already here": (
        PEOPLE_ALREADY, ([2, 3], [BLIND, bytes(32)], [BLIND, None], ["small-pathway", "small-pathway"]),
    ),
    "feed": (feeds.CONTACTS_OF, ("peer-3", datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 1, 20, tzinfo=UTC))),
    "holder of a feed": (feeds.HOLDER, (bytes(32),)),
    "feeds of somebody": (feeds.FEEDS_OF, ("coord-3",)),
    "started under a key": (machines.STARTED, (BLIND, "small-pathway", "start")),
    "who has a local id": (machines.PERSON, (BLIND,)),
    "absences": (absences.AWAY, (["coord-3", "coord-4"], datetime(2023, 1, 1, tzinfo=UTC))),
    "an overlapping absence": (
        absences.OVERLAPPING, ("coord-3", datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 1, 9, tzinfo=UTC)),
    ),
    "who goes with somebody": (peers.ASSIGNMENT, (ZERO,)),
    "why somebody waits": (peers.WAITING_ALONE, (ZERO,)),
    "queue of a team": (peers.QUEUE, ("Team 3", 10)),
    "whole queue of a team": (peers.QUEUE, ("Team 3", None)),
    "length of the queues": (peers.QUEUES, (None,)),
    "length of one queue": (peers.QUEUES, ("Team 3",)),
    "contacts of a worker": (
        peers.CONTACTS_OF, ("peer-3", datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 1, 20, tzinfo=UTC)),
    ),
    "latest absence": (absences.LATEST, ("coord-3",)),
    "whom an absence concerns": (covering.CONCERNED, (*ABSENCE, False)),
    "whom a long absence concerns": (covering.CONCERNED, (*ABSENCE, True)),
    "groups in an absence": (covering.GROUPS, ABSENCE),
    "what happened at a command": (covering.HAPPENED, (ZERO, "cover-1")),
    "outcomes of an absence": (covering.OUTCOMES, (ZERO,)),
    "people of an absence": (covering.LOCAL_IDS, ([ZERO, FULL],)),
    "history of the staff": (staff.STAFF_HISTORY, ("coord-3",)),
    "last supervision": (support.LAST, (["peer-3", "peer-4"],)),
    "debriefs to offer": (support.TO_OFFER, ("coord-3",)),
    "debriefs to answer": (support.UNANSWERED, (["coord-3", "peer-3"],)),
    "debriefs offered": (support.OFFERED, ("coord-3", datetime(2026, 6, 1, tzinfo=UTC), "ops")),
    "debriefs answered": (support.ANSWERED, ("coord-3", True)),
    "recorded lately": (reconcile.LATELY, (JUNE, JUNE)),
    "recorded last": (reconcile.LAST, ()),
    "whose support is followed": (support.TO_FOLLOW, ()),
    "told of support": (support_alerts.TOLD, ("peer-3", "role", datetime(2026, 6, 1, tzinfo=UTC), 1, None)),
    "first scores": (measures.FIRST, (ZERO, date(2026, 6, 1))),
    "scores": (measures.SCORES, (ZERO, *measures.BEGIN, 201)),
    "measures that were asked": (measures.ASKED, (ZERO, 201)),
    "use of services": (outcomes.USED, (ZERO,)),
    "return to hospital": (outcomes.ADMITTED, (ZERO,)),
    "goals": (goals.GOALS, (ZERO,)),
    "whose goals": (goals.WHOSE, (ZERO,)),
    "weights of goals": (goals.WEIGHTS, (ZERO,)),
    "licences held": (licences.HELD, ()),
    "anonymous answers": (experience.COUNTED, ("FFT", date(2026, 1, 1), date(2026, 6, 1))),
    **BOARD,
    **BULK,
    **RETENTION,
}  # fmt: skip


@pytest.fixture(scope="module")
async def full(postgres_server: PostgresServer) -> "AsyncIterator[Connection[Record]]":
    """A connection to a database of 100,000 transitions, which is dropped at the end."""
    admin = await connect(postgres_server.url_of("postgres"))
    await admin.execute(f"CREATE DATABASE full_of_people TEMPLATE {DATABASE}")
    link = await connect(postgres_server.url_of("full_of_people"))
    try:
        await fill(link)
        yield link
    finally:
        await link.close()
        await admin.execute("DROP DATABASE full_of_people WITH (FORCE)")
        await admin.close()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan and every plan inside it."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


@pytest.mark.parametrize("what", PLANNED)
async def test_a_listing_goes_by_an_index(full: "Connection[Record]", what: str) -> None:
    query, arguments = PLANNED[what]
    told = await full.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *arguments)
    scanned = {node["Relation Name"] for node in nodes(json.loads(told)[0]["Plan"]) if node["Node Type"] == "Seq Scan"}
    assert scanned <= SMALL


COUNTED = {
    f"{report.id}, {'listed' if listed else 'counted'} by {by or 'nothing'}": (report, by, listed)
    for report in REPORTS
    for by in (*((None,) if report.added_up else ()), *report.all_splits)
    for listed in ((False,) if report.anonymous else (False, True))
}


def again_and_again(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The plans that are gone through once for each row of another."""
    inner = plan.get("Plans", [])
    if plan["Node Type"] == "Nested Loop":
        yield from nodes(inner[1])
    for one in inner:
        if one.get("Parent Relationship") == "SubPlan":
            yield from nodes(one)
        yield from again_and_again(one)


def scans(plans: Iterable[dict[str, Any]]) -> list[str]:
    """The tables that plans read from end to end."""
    return [node["Relation Name"] for node in plans if node["Node Type"] == "Seq Scan"]


@pytest.mark.parametrize("what", COUNTED)
async def test_a_report_reads_no_table_again_and_again(full: "Connection[Record]", what: str) -> None:
    report, by, listed = COUNTED[what]
    wanted = asked(report, date(2026, 1, 31), begins=date(2026, 1, 1), by=by, inside=True)
    figure = next(one.name for one in report.figures if one.listed)
    query, arguments = list_query(report, wanted, figure, NOW) if listed else table_query(report, wanted, NOW)
    plan = json.loads(await full.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *arguments))[0]["Plan"]
    read = [table for table in scans(nodes(plan)) if table not in SMALL]
    assert len(read) == len(set(read)), read
    assert set(scans(again_and_again(plan))) <= SMALL


async def test_every_query_of_the_listings_is_planned_here() -> None:
    named = {query for name, query in vars(queries).items() if name.isupper()}
    small = {queries.TEAMS, queries.ROLE_OF}
    assert named - small <= {query for query, _ in PLANNED.values()}


async def test_a_full_worklist_comes_in_pages_that_meet(full: "Connection[Record]") -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    # Whose they are was sealed with no key at all: it is read as it stands.
    await full.set_type_codec("bytea", encoder=bytes, decoder=bytes.hex, schema="pg_catalog", format="binary")
    whole = await listings.tasks_for(full, "coord-1", now, limit=2_000)
    first = await listings.tasks_for(full, "coord-1", now, limit=50)
    second = await listings.tasks_for(full, "coord-1", now, limit=50, after=first.next)
    assert [task.step for task in first.rows + second.rows] == [task.step for task in whole.rows[:100]]
    assert [task.due for task in whole.rows] == sorted(task.due for task in whole.rows)
