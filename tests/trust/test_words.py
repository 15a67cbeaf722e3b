"""What staff write of a person in their own words: sealed wherever it stands, read by whoever may, gone when erased.

Every command that there is says something of its own, as does every form beside the commands. Then the whole database
is read, every column of every table: none of it is there. Whoever may see the person reads all of it; after an erasure
nobody does, and every figure is as before.
"""

import itertools
import re
from dataclasses import is_dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel, StringConstraints

from planner.journey import decide, start, wake
from records import access, bulk, chain, held, listings, ready, reconcile, visits, words_before
from records.access import Reason
from records.arranging import arrange
from records.commit import commit
from records.migrate import MIGRATIONS
from records.people import register
from records.person_keys import destroy_key
from records.ready import Spell
from records.staff import upsert_staff
from records.story import lines
from records.words import BEGINS, GONE, plan
from schemas import command as says
from schemas.arranging import Arranging
from schemas.base import Own
from schemas.bulk import OfferMany
from schemas.codes import Role
from schemas.command import Actor, AnyCommand, Start
from schemas.commit import Commit, Said
from schemas.event import Event, Kind
from schemas.journey import Journey
from schemas.pathway import Pathway
from schemas.visit import Visit
from schemas.workforce import Place
from tests.keys import RING
from tests.records.journeys import MANAGERS, T0, day, member, said, somebody, team_of
from tests.records.test_arranging import PATHWAY as COMPANY
from tests.records.test_erasures import CLOSE, OFFICERS, erase, figures
from workers.client import Pool, open_pool

ROOT = Path(__file__).parents[2]
OFFICER = "privacy-1"
LEAD, COORDINATOR = Actor(role=Role.TEAM_LEAD, staff="lead-one"), Actor(role=Role.COORDINATOR, staff="coord-one")
PATHWAY = Pathway.model_validate(
    COMPANY.model_dump(by_alias=True, exclude_unset=True)
    | {
        "milestones": [{"id": "started", "name": "Started"}, {"id": "discharged", "name": "Discharged"}],
        "facts": COMPANY.model_dump(by_alias=True, exclude_unset=True)["facts"]
        | {"preferences": {"type": "asked-for", "values": ["language", "culture", "times"]}},
        "steps": [
            *COMPANY.model_dump(by_alias=True, exclude_unset=True)["steps"],
            *(
                {"id": name, "title": f"The {name}", "kind": "document", "owner": "coordinator",
                 "due": {"after": "started", "working_days": days}, "ladder": "standard"}
                for name, days in {"plan": 3, "letter": 4, "review": 60, "summary": 61}.items()
            ),
        ],
    }
)  # fmt: skip
LATER_RULES = Pathway.model_validate(PATHWAY.model_dump(by_alias=True, exclude_unset=True) | {"version": 2})
ARRANGED = {"wishes", "assign", "accept-person", "step-back", "book", "cancel-booking", "cover-absence"}
COMMANDS: tuple[type[says.Command], ...] = get_args(get_args(AnyCommand)[0])


class Spoken:
    """Everything that somebody says, each thing in words of its own."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def __call__(self, what: str) -> str:
        text = f'Because of “{what}”, says aunt Zebedäa\nand "{len(self.words)} herons"'
        self.words[what] = text
        return text


class Person:
    """Somebody whose journey is recorded as the workflow records it."""

    def __init__(self, pool: Pool, journey: Journey, spoken: Spoken) -> None:
        self.pool, self.journey, self.spoken = pool, journey, spoken
        self._numbers = itertools.count(1)

    @property
    def id(self) -> str:
        return self.journey.transition_id

    async def say(self, model: type[says.Command], at: datetime, by: Actor = COORDINATOR, **more: Any) -> None:
        """Say something, with a reason in words of its own."""
        what = f"{model.model_fields['do'].default} {next(self._numbers)}"
        why: dict[str, Any] = {} if "reason" in more else {"reason": self.spoken(what)}
        command: Any = model(id=what.replace(" ", "-"), at=at, by=by, **why, **more)
        if command.do in ARRANGED:
            asking = Arranging(transition_id=self.id, revision=self.journey.revision, at=at, command=command)
            answer = await arrange(self.pool, asking, email=False)
            assert answer.refused is None, (command.do, answer.message)
            self.journey = answer.journey or self.journey
            return
        outcome = decide(PATHWAY, self.journey, command)
        rules = LATER_RULES.canonical if command.do == "move-definition" else None
        await self.record(outcome.journey, outcome.events, at, said(command), rules)

    async def record(
        self, journey: Journey, events: list[Event], at: datetime, words: Said | None, rules: str | None = None
    ) -> None:
        change = Commit(journey=journey, events=events, at=at, said=words, definition=rules)
        done = await commit(self.pool, change, email=True)
        assert await commit(self.pool, change, email=True) == done, "said again it is the same"
        self.journey = journey

    async def until(self, at: datetime) -> None:
        outcome = wake(PATHWAY, self.journey, at)
        await self.record(outcome.journey, outcome.events, at, None)


@pytest.fixture
async def staffed(pool: Pool) -> Pool:
    peers = [
        member(one, Role.PEER_WORKER, "Team one").model_copy(
            update={"hours_per_week": hours, "works": "mon-fri 09:00-17:00"}
        )
        for one, hours in {"peer-one": 37.5, "peer-two": 4}.items()
    ]
    await upsert_staff(pool, [*team_of("one"), *MANAGERS, *OFFICERS, *peers])
    return pool


async def begun(pool: Pool, spoken: Spoken) -> Person:
    one = await register(
        pool, somebody(), pathway=PATHWAY.id, started=T0, taken_on=T0, coordinator="coord-one", team=None
    )
    command = Start(
        id="start", transition_id=one, at=T0, coordinator="coord-one",
        facts={"preferences": ["language:ur", f"culture:{wish(spoken, 'start')}"]},
    )  # fmt: skip
    journey, events = start(PATHWAY, command)
    person = Person(pool, journey, spoken)
    await person.record(journey, events, T0, said(command), PATHWAY.canonical)
    return person


def wish(spoken: Spoken, what: str) -> str:
    """A wish is one line."""
    spoken.words[f"wish of {what}"] = text = f"as aunt {what.title()} of the herons said"
    return text


async def everything_said(pool: Pool, spoken: Spoken) -> Person:
    """One person, of whom every command and every form says something."""
    person = await begun(pool, spoken)
    await person.say(says.ChangeFacts, day(0.1), facts={"preferences": [f"times:{wish(spoken, 'facts')}"]})
    await person.say(says.Expect, day(0.2), expected={"discharged": day(40)})
    await person.say(says.Wish, day(0.3), wishes=["language:ur", f"culture:{wish(spoken, 'wishes')}"])
    await person.say(says.AssignPeerWorker, day(0.4), LEAD, staff="peer-two")
    await person.say(says.BookContact, day(0.5), LEAD, step="first", starts=day(1), minutes=180)
    await person.say(says.BookContact, day(0.6), LEAD, step="first", starts=day(2), minutes=300, over_hours=True)
    await person.say(says.CoverAbsence, day(0.65), LEAD, staff="peer-two", starts=day(2), ends=day(3))
    await person.say(says.BookContact, day(0.7), LEAD, step="first", starts=day(7))
    await person.say(says.CancelBooking, day(0.8), LEAD, step="first")
    await person.say(
        says.StepBack, day(0.9), Actor(role=Role.PEER_WORKER, staff="peer-two"), staff="peer-two", reason=None
    )
    await person.say(says.SetDue, day(1), LEAD, step="review", due=day(50))
    await person.say(says.AddStep, day(1.1), step="own-1", title=spoken("title")[:110], due=day(20))
    await person.say(says.AddStep, day(1.2), step="own-2", title="Ring aunt Zebedäa of the last heron", due=day(30))
    spoken.words["second title"] = "Ring aunt Zebedäa of the last heron"
    spoken.words["title"] = spoken.words["title"][:110]
    await person.say(says.Waive, day(1.3), LEAD, step="summary")
    await person.say(says.OfferHandover, day(1.4), to="other-one", answer_by=day(5))
    await person.say(
        says.AnswerHandover, day(1.5), Actor(role=Role.INCOMING_COORDINATOR, staff="other-one"), accept=False
    )
    await person.say(says.OfferHandover, day(1.6), to="other-one", answer_by=day(5))
    await person.say(says.WithdrawHandover, day(1.7))
    await person.until(day(10))
    await person.say(says.Acknowledge, day(10.1), step="letter", until=day(12))
    await person.say(says.Complete, day(10.2), step="plan")
    await person.say(says.PutOnHold, day(10.3))
    await person.say(says.Resume, day(10.4))
    await person.say(says.MoveDefinition, day(10.5), LEAD, definition=LATER_RULES.canonical)
    await person.say(says.RecordMilestone, day(10.6), milestone="discharged")
    await told_beside(person)
    await person.say(says.Exit, day(11), LEAD, exit="left")
    return person


async def told_beside(person: Person) -> None:
    """What is said beside the commands, and of commands what their journey did not come to."""
    pool, spoken = person.pool, person.spoken
    for number, model in enumerate(COMMANDS):
        at, do = day(10.7) + timedelta(minutes=number), model.model_fields["do"].default
        journey = person.journey.model_copy(update={"revision": person.journey.revision + 1})
        words = Said(id=f"any-{number}", do=do, at=at, staff="coord-one", reason=spoken(f"any {do}"))
        await person.record(journey, [Event(event=Kind.RESUMED, at=at)], at, words)
    await access.break_glass(pool, "other-one", Role.COORDINATOR, person.id, Reason.INCIDENT, spoken("glass"), day(3))
    period = await ready.begin(pool, person.id, Spell(day(5).date(), None, "18", "05"), staff="coord-one", now=day(6))
    await ready.withdraw(pool, period.id, why=spoken("ready"), staff="coord-one", now=day(7))
    for number, whom in enumerate((person.id, None)):
        out = Visit(
            id=str(uuid4()), staff="peer-one", team="Team one", transition_id=whom, place=Place.HOME,
            alone_because=spoken(f"alone {number}"), checked_in=day(8), expected_end=day(8.1), checked_out=day(8.05),
            checked_out_by="peer-one", checked_out_command=f"back-{number}",
        )  # fmt: skip
        assert (await visits.check_in(pool, out)).visit.alone_because == spoken.words[f"alone {number}"]
        await visits.check_out(pool, out)
    offer = OfferMany(to="other-one", answer_by=day(20), reason=spoken("many"))
    many = str(uuid4())
    await bulk.keep(pool, many, "coord-one", offer, day(4), [bulk.Asked(person.id, person.id)])
    (action,) = await bulk.actions_of(pool, "coord-one")
    assert action.said == offer


OF_MANY = {"many", "alone 1"}
"""What is said of nobody in particular: sealed with the key ring, and of no one person."""


async def the_whole_database(pool: Pool) -> str:
    """Every column of every table, as text."""
    tables = await pool.fetch(
        "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    rows = [await pool.fetch(f"SELECT r::text AS row FROM {table['name']} r") for table in tables]
    return "\n".join(row["row"] for of_table in rows for row in of_table)


def found_in(text: str, words: dict[str, str]) -> list[str]:
    """What is in a text of what was said, however it is written there."""

    def ways(said: str) -> set[str]:
        in_json = said.replace("\n", "\\n").replace('"', '\\"')
        return {
            said,
            in_json,
            in_json.replace("\\", "\\\\").replace('"', '""'),
            said.replace('"', '""'),
            said.encode().hex(),
        }

    return [what for what, said in words.items() if any(way in text for way in ways(said))]


async def test_no_word_is_in_the_database_and_whoever_may_reads_all(staffed: Pool) -> None:
    spoken = Spoken()
    person = await everything_said(staffed, spoken)
    whole = await the_whole_database(staffed)
    assert found_in(whole, spoken.words) == []
    assert "Zebed" not in whole
    assert "heron" not in whole
    assert "language:ur" in whole, "one word is a code of the staff list, and is counted"
    assert whole.count(BEGINS) > 50
    local_id = await staffed.fetchval("SELECT local_id FROM people")
    theirs = {what: said for what, said in spoken.words.items() if what not in OF_MANY}
    given = held.as_json(await held.held(staffed, local_id, OFFICER, day(60)))
    assert found_in(given, theirs) == list(theirs)
    history = (await listings.history(staffed, person.id, limit=500)).rows
    reasons = {row.reason for row in history} | {row.payload.get("reason") for row in history}
    assert {said for what, said in theirs.items() if "any " in what or "-" in what} <= reasons
    told = "\n".join(line.text for row in history for line in lines([row]))
    assert found_in(told, {what: said for what, said in theirs.items() if what.startswith(("hold ", "waive "))})
    assert {row.title for row in history} >= {spoken.words["second title"]}
    assert [one.words for one in (await access.glass(staffed)).rows] == [spoken.words["glass"]]
    assert (await ready.periods(staffed, person.id))[0].withdrawn_why == spoken.words["ready"]
    (recorded,) = (await read_all(staffed)).values()
    assert Journey.model_validate(recorded.journey) == person.journey, "what is opened is what was said"


async def read_all(pool: Pool) -> dict[str, reconcile.Recorded]:
    return {one: row async for one, row in reconcile.recorded(pool)}


async def test_what_was_said_is_gone_with_the_key_and_every_figure_stays(staffed: Pool) -> None:
    spoken = Spoken()
    person = await everything_said(staffed, spoken)
    before, hashes = await figures(staffed), await staffed.fetch("SELECT * FROM links ORDER BY 1, 2")
    local_id = await staffed.fetchval("SELECT local_id FROM people")
    assert person.journey.closed is not None
    await staffed.execute(CLOSE, UUID(person.id), day(30))
    await erase(staffed, local_id)
    assert await figures(staffed) == before
    assert await staffed.fetch("SELECT * FROM links ORDER BY 1, 2") == hashes
    history = (await listings.history(staffed, person.id, limit=500)).rows
    assert found_in("\n".join(row.model_dump_json() for row in history), spoken.words) == []
    assert {row.reason for row in history} >= {GONE}
    view = await listings.transition(staffed, person.id)
    assert view.journey is not None
    assert (view.journey.steps["own-1"].title, view.journey.steps["review"].by_hand) == (GONE, GONE)
    assert found_in(view.model_dump_json(), spoken.words) == []
    assert [one.words for one in (await access.glass(staffed)).rows] == [GONE]
    assert (await ready.periods(staffed, person.id))[0].withdrawn_why == GONE
    assert [fault async for fault in chain.faults(staffed, lambda _: None)] == []
    await reconcile.list_again(staffed, person.id)
    records = await read_all(staffed)
    assert reconcile.differences({}, records) == []
    assert found_in(await the_whole_database(staffed), spoken.words) == []
    (action,) = await bulk.actions_of(staffed, "coord-one")
    assert action.said.reason == spoken.words["many"], "said of many, it is no one person's"


AS_IT_WAS = """
-- Every text of one column as it was before anything was sealed.
UPDATE {table} r SET {column} = $2::text::{kind} WHERE r.ctid = $1
"""


async def as_it_was(pool: Pool, person: Person) -> None:
    """Everything written open again that is not chained, as it was before anything was sealed."""
    async with pool.acquire() as link:
        await link.execute("ALTER TABLE ready_periods DISABLE TRIGGER keeps_what_was_said")
        columns = [*((table, one, "text") for table, one, _ in words_before.TEXTS),
                   *((table, one, "jsonb") for table, one in words_before.JSON),
                   *(("steps", one, "text") for one in ("title", "reason", "by_hand")),
                   ("bulk_actions", "said", "jsonb")]  # fmt: skip
        for table, column, kind in columns:
            whose = "NULL::uuid" if table == "bulk_actions" else "r.transition_id"
            read = f"SELECT r.ctid AS place, readable({whose}, r.{column}) AS said FROM {table} r"
            for row in await link.fetch(read):
                await link.execute(AS_IT_WAS.format(table=table, column=column, kind=kind), row["place"], row["said"])
        await link.execute(
            "UPDATE transitions SET journey = $2::text::json WHERE id = $1",
            UUID(person.id), person.journey.model_dump_json(),
        )  # fmt: skip
        await link.execute("ALTER TABLE ready_periods ENABLE TRIGGER keeps_what_was_said")
        migration = (MIGRATIONS / "0052_sealed_words.sql").read_text()
        (wait,) = [one for one in migration.split(";") if "INSERT INTO words_open" in one]
        await link.execute(wait[wait.index("INSERT") :])


@pytest.mark.parametrize("erased", [False, True])
async def test_what_was_written_before_is_sealed_by_the_first_who_has_the_keys(
    staffed: Pool, database_url: str, erased: bool
) -> None:
    spoken = Spoken()
    person = await everything_said(staffed, spoken)
    local_id = await staffed.fetchval("SELECT local_id FROM people")
    given = (await held.held(staffed, local_id, OFFICER, day(60))).journeys
    await as_it_was(staffed, person)
    assert len(found_in(await the_whole_database(staffed), spoken.words)) > 10
    if erased:
        await destroy_key(staffed, await staffed.fetchval("SELECT id FROM people"), day(61))
    async with await open_pool(database_url, RING, size=1) as opened:
        assert found_in(await the_whole_database(opened), spoken.words) == []
        assert await opened.fetchval("SELECT count(*) FROM words_open") == 0
        if erased:
            view = await listings.transition(opened, person.id)
            assert view.journey is not None
            assert view.journey.steps["own-1"].title == GONE
        else:
            again = (await held.held(opened, local_id, OFFICER, day(60))).journeys
            assert again[0].history == given[0].history
            assert again[0].parts[:-1] == given[0].parts[:-1], "all but who looked"
        assert [fault async for fault in chain.faults(opened, lambda _: None)] == []


# Nothing that somebody may write is forgotten: every text of a command, event or journey is a code, or their words.

CODES = {
    *("id", "do", "transition_id", "step", "to", "staff", "coordinator", "milestone", "exit", "ladder", "definition"),
    *("fact", "type", "along", "of", "pathway", "group", "worker", "joining", "past", "asked_for", "not_with"),
    *("stepped_back", "team", "checked_out_command"),
}
"""Names of fields that hold codes: ids, names of the pathway, and staff by their ids."""


def texts(kind: Any, name: str = "", seen: frozenset[Any] = frozenset()) -> set[str]:
    """The names of fields that hold text which nothing constrains, and which are not marked as somebody's words."""
    meta = getattr(kind, "__metadata__", ())
    if any(isinstance(one, Own) for one in meta):
        return set()
    if any(isinstance(one, StringConstraints) and one.pattern for one in meta):
        return set()
    if meta:
        return texts(get_args(kind)[0], name, seen)
    if kind is str or kind is Any:
        return {name}
    inner = get_args(kind)
    if inner and get_origin(kind) is dict:
        return texts(inner[1], name, seen)
    if inner:
        return set().union(*(texts(one, name, seen) for one in inner))
    if isinstance(kind, type) and kind not in seen and (is_dataclass(kind) or issubclass(kind, BaseModel)):
        hints = get_type_hints(kind, include_extras=True)
        own = {one: hint for one, hint in hints.items() if one != "model_config"}
        return set().union(*(texts(hint, one, seen | {kind}) for one, hint in own.items()))
    return set()


async def test_of_every_table_with_text_it_is_said_how_it_is_kept(pool: Pool) -> None:
    rows = await pool.fetch(
        "SELECT DISTINCT c.table_name AS name FROM information_schema.columns c JOIN information_schema.tables t "
        "USING (table_schema, table_name) WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' "
        "AND c.data_type IN ('text', 'json', 'jsonb', 'ARRAY')"
    )
    told = (ROOT / "docs" / "keys.md").read_text().partition("### Somebody's own words")[2]
    missing = {row["name"] for row in rows if not re.search(f"`{row['name']}[`.]", told)}
    assert missing == set(), "say in docs/keys.md how its texts are kept"


@pytest.mark.parametrize(
    "kind", [*COMMANDS, Start, Event, Journey, Said, Visit, OfferMany], ids=lambda one: one.__name__
)
def test_every_text_is_a_code_or_marked_as_words(kind: Any) -> None:
    assert texts(kind) <= CODES
    if "reason" in getattr(kind, "model_fields", {}):
        found = plan(kind)
        assert isinstance(found, dict)
        assert found["reason"] is Own.WORDS
