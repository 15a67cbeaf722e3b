"""The search across all transitions: what each filter leaves, in which order, page by page."""

from typing import TypeAlias

import pytest
from asyncpg import Pool, Record

from records import work
from records.errors import RecordsError
from records.staff import upsert_staff
from records.work import ANY, Search
from schemas.codes import Role
from schemas.command import Actor, Exit, PutOnHold, RecordMilestone
from tests.records.journeys import MANAGERS, PATHWAY, T0, Recorder, begin, day, member, team_of

Db: TypeAlias = "Pool[Record]"
BY = Actor(role=Role.COORDINATOR)


@pytest.fixture
async def people(pool: Db) -> dict[str, str]:
    """Somebody of each sort, by what they are: their transitions' ids."""
    await upsert_staff(pool, [*team_of("north"), *team_of("south"), *MANAGERS])
    found = {
        "in time": await begin(pool, "coord-south"),
        "late": await (await begin(pool, "coord-north")).until(day(5)),
        "unsafe": await _unsafe(await begin(pool, "coord-north")),
        "on hold": await (await begin(pool, "coord-south")).tell(
            PutOnHold(id="h", at=day(0.5), reason="in court", by=BY)
        ),
        "closed": await (await begin(pool, "coord-south")).tell(Exit(id="e", at=day(2), exit="died", by=BY)),
        "alone": await begin(pool, None, "Team south"),
    }
    return {what: one.journey.transition_id for what, one in found.items()}


async def _unsafe(begun: Recorder) -> Recorder:
    out = RecordMilestone(id="out", at=day(1), milestone="discharged", by=BY)
    return await (await begun.tell(out)).until(day(5))


async def found(pool: Db, people: dict[str, str], asked: Search, *, newest: bool = False) -> list[str]:
    """What a search finds, page by page, as what they are."""
    names = {one: what for what, one in people.items()}
    got, after = list[str](), None
    while True:
        page = await work.search(pool, asked, newest=newest, limit=2, after=after)
        got += [names[row.id] for row in page.rows]
        if page.next is None:
            return got
        after = page.next


async def test_the_most_urgent_come_first_and_nobody_twice(pool: Db, people: dict[str, str]) -> None:
    everybody = await found(pool, people, Search())
    assert everybody[:2] == ["unsafe", "late"]
    assert everybody[-1] == "closed"
    assert sorted(everybody) == sorted(people)
    assert sorted(await found(pool, people, Search(), newest=True)) == sorted(people)


@pytest.mark.parametrize("newest", [False, True])
async def test_each_filter_leaves_exactly_those(pool: Db, people: dict[str, str], *, newest: bool) -> None:
    leaver = member("coord-south", Role.COORDINATOR, "Team south").model_copy(update={"active": False})
    await upsert_staff(pool, [leaver])
    for asked, wanted in {
        Search(state="open"): {"in time", "late", "unsafe", "alone"},
        Search(state="followed"): {"in time", "late", "unsafe", "alone", "on hold"},
        Search(state="on-hold"): {"on hold"},
        Search(state="closed"): {"closed"},
        Search(state="registered"): set[str](),
        Search(team="Team north"): {"late", "unsafe"},
        Search(coordinator="coord-south"): {"in time", "on hold", "closed"},
        Search(nobody=True): {"alone", "in time", "on hold"},
        Search(late=ANY): {"late", "unsafe"},
        Search(late="safety"): {"unsafe"},
        Search(late="safety", rung=3): {"unsafe"},
        Search(late="safety", rung=1): set[str](),
        Search(late="silence"): set[str](),
        Search(late=ANY, team="Team south"): set[str](),
        Search(closed_from=day(2), closed_before=day(3)): {"closed"},
        Search(closed_before=day(2)): set[str](),
        Search(started_from=day(0.1)): set[str](),
        Search(started_from=T0, started_before=day(1), state="closed"): {"closed"},
        Search(pathway=PATHWAY.id, definition=PATHWAY.digest, state="on-hold"): {"on hold"},
        Search(definition="0" * 64): set[str](),
    }.items():
        assert set(await found(pool, people, asked, newest=newest)) == wanted, asked


async def test_one_is_found_by_the_local_id_or_the_beginning_of_the_id(pool: Db, people: dict[str, str]) -> None:
    one = (await work.search(pool, Search(state="closed"))).rows[0]
    for find in (one.local_id, one.local_id.lower(), one.id, one.id[:13], one.id[:8].upper()):
        assert await found(pool, people, Search(find=find)) == ["closed"], find
    assert await found(pool, people, Search(find="nobody-1")) == []


async def test_a_row_says_nothing_of_who_it_is(pool: Db, people: dict[str, str]) -> None:
    rows = (await work.search(pool, Search())).rows
    assert len(rows) == len(people)
    assert not {"given_name", "family_name", "person_id", "journey"} & set(rows[0].model_dump())
    assert all("Ada" not in row.model_dump_json() for row in rows)


async def test_a_place_that_no_page_gave_is_refused(pool: Db) -> None:
    for newest in (False, True):
        with pytest.raises(RecordsError):
            await work.search(pool, Search(), newest=newest, after="elsewhere")


async def test_every_version_of_the_rules_is_known(pool: Db, people: dict[str, str]) -> None:
    assert people
    assert [(one.id, one.version, one.digest) for one in await work.definitions(pool)] == [
        (PATHWAY.id, PATHWAY.version, PATHWAY.digest)
    ]
